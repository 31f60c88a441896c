"""What describes the project: CITATION.cff, codemeta.json, the locks, and the bill of materials made of one."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = re.search(r"^EXTRAS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)


@pytest.fixture(scope="module")
def metadata() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tools_metadata", ROOT / "tools" / "metadata.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def locked(metadata: ModuleType, name: str) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for package, version, _, hashes in metadata.pinned((ROOT / "locks" / name).read_text(encoding="utf-8")):
        assert hashes, f"{package} has no hash"
        found.setdefault(package.lower().replace("_", "-"), []).append(Version(version))
    return found


def missing(found: dict[str, list[Version]], wanted: list[str]) -> list[str]:
    """The requirements that no locked version meets."""
    asked = [Requirement(each) for each in wanted]
    return [
        str(each)
        for each in asked
        if each.name != "torch" and not any(each.specifier.contains(v) for v in found.get(each.name, []))
    ]


def test_the_locks_meet_what_the_project_asks_for(metadata: ModuleType) -> None:
    assert EXTRAS is not None
    core, whole = locked(metadata, "core.txt"), locked(metadata, "all.txt")
    extras = [each for name in EXTRAS[1].split(",") for each in PROJECT["optional-dependencies"][name]]
    assert missing(core, PROJECT["dependencies"]) == []
    assert missing(whole, PROJECT["dependencies"] + extras) == []
    assert missing(core, ["sympy>=99"]) == ["sympy>=99"] and missing(core, ["cvc5"]) == ["cvc5"]
    assert {name: core[name] for name in core} == {name: whole[name] for name in core}, "both pin the same"


def test_the_locks_name_no_host_and_no_torch(metadata: ModuleType) -> None:
    for name in ("core.txt", "all.txt"):
        text = (ROOT / "locks" / name).read_text(encoding="utf-8")
        assert "://" not in text and "index" not in text
        assert "torch" not in locked(metadata, name)


def test_a_line_that_pins_nothing_is_refused(metadata: ModuleType) -> None:
    with pytest.raises(ValueError, match="NAME==VERSION"):
        list(metadata.pinned("sympy>=1.13\n"))


def test_codemeta_is_up_to_date(metadata: ModuleType) -> None:
    """python -m tools.metadata codemeta > codemeta.json"""
    assert json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8")) == metadata.codemeta()


def test_one_version_everywhere(metadata: ModuleType) -> None:
    cited = metadata.cff((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == PROJECT["version"] == metadata.codemeta()["version"]
    assert cited["license"] == PROJECT["license"] and cited["cff-version"] == "1.2.0"
    assert {"message", "title", "type"} <= set(cited), "required by the format, or by those who show it"


def test_the_bill_of_materials_is_a_function_of_the_lock(metadata: ModuleType, tmp_path: Path) -> None:
    lock = ROOT / "locks" / "core.txt"
    made: dict[str, Any] = metadata.sbom(lock)
    assert json.dumps(made) == json.dumps(metadata.sbom(lock)) and "serialNumber" not in made
    assert {each["name"] for each in made["components"]} == {each[0] for each in metadata.pinned(lock.read_text())}
    other = tmp_path / "lock.txt"
    other.write_text(lock.read_text().replace("sympy==", "sympy==9."))
    assert metadata.sbom(other) != made


def test_the_command(metadata: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert metadata.main(["codemeta"]) == 0 and json.loads(capsys.readouterr().out)["name"] == "verified_cat"
    assert metadata.main(["sbom", "locks/none.txt"]) == 2
