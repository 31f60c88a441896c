"""The table in pyproject.toml, the links, the versions and the imports agree with one another."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import verified_cat

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# What `import verified_cat` brings in beyond the standard library.
IMPORTS = """
import json, sys
before = set(sys.modules)
import verified_cat
roots = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(roots - set(sys.stdlib_module_names))))
"""

# Which names each law file was loaded under, once pytest has collected laws/. `laws/__init__.py` is left
# out: pytest imports it as the parent of `laws.test_x`.
COLLECT = """
import json, sys
from pathlib import Path
import pytest

laws = Path("laws").resolve()

class Names:
    def __init__(self):
        self.found = {}

    def pytest_collection_finish(self, session):
        for name, module in sorted(sys.modules.items()):
            path = Path(getattr(module, "__file__", None) or ".").resolve()
            if path.parent == laws and path.name != "__init__.py":
                self.found.setdefault(path.name, []).append(name)

names = Names()
options = ["--collect-only", "-q", "-p", "no:cacheprovider", "--engine", "sympy"]  # torch would be loaded for nothing
code = pytest.main([*options, "laws"], plugins=[names])
print()
print(json.dumps([int(code), names.found]))
"""


def last_line(script: str) -> Any:
    """What a script, run by a fresh interpreter in the root of the checkout, prints last, read as JSON."""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def linked(path: Path) -> str:
    """Where a link leads. Where git could not make links, it leaves a text file that says so."""
    return path.readlink().as_posix() if path.is_symlink() else path.read_text(encoding="utf-8").strip()


def test_table_and_links_agree() -> None:
    table = PYPROJECT["tool"]["setuptools"]
    assert sorted(table["packages"]) == sorted(table["package-dir"])
    for package, folder in table["package-dir"].items():
        assert (ROOT / folder / "__init__.py").is_file(), f"{package}: {folder}/__init__.py is missing"
        if package != "verified_cat":
            name = package.removeprefix("verified_cat.")
            assert name == folder
            assert linked(ROOT / "verified_cat" / name) == f"../{folder}"


def test_no_link_and_no_package_outside_the_table() -> None:
    table: dict[str, str] = PYPROJECT["tool"]["setuptools"]["package-dir"]
    links = {path.name for path in (ROOT / "verified_cat").iterdir() if path.is_symlink()}
    assert links <= set(table.values())
    for folder in table.values():
        nested = [path for path in (ROOT / folder).glob("*/*.py") if not path.parent.is_symlink()]
        assert not nested, f"{folder}/ is kept flat: the wheel would leave out {nested}"


def test_plugin_is_named_like_its_module() -> None:
    assert PYPROJECT["project"]["entry-points"]["pytest11"] == {"verified_cat.plugin": "verified_cat.plugin"}
    assert "verified_cat.plugin" in PYPROJECT["tool"]["pytest"]["ini_options"]["addopts"]


def test_versions_are_equal() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^version: (.+)$", citation) == [PYPROJECT["project"]["version"]]
    assert verified_cat.__version__ == PYPROJECT["project"]["version"]


def test_import_needs_the_standard_library_alone() -> None:
    assert last_line(IMPORTS) == ["verified_cat"]


def test_each_law_file_is_loaded_once() -> None:
    code, found = last_line(COLLECT)
    assert code == 0, f"pytest could not collect laws/: exit code {code}"
    assert found, "no law file was loaded, so nothing was checked"
    assert {file: names for file, names in found.items() if len(names) > 1} == {}
