"""What describes and packs the artifact: the wheel's list, NOTICE, the audit, no network, no folders of a machine."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from tools import audit, claims_table, newcomer, offline, wheel
from verified_cat.claims import Claim, Result, read
from verified_cat.results_folder import MACHINE

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WANTED = wheel.lines(wheel.LIST.read_text(encoding="utf-8"))


def tracked() -> list[str]:
    """The files of the commit and of the index; without git, or outside of a repository, this is not run."""
    if shutil.which("git") is None:
        pytest.skip("not run: git not found")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not run: outside of a repository")
    return [name for name in done.stdout.split("\0") if (ROOT / name).is_file()]


# ------------------------------------------------------------------------------------------------ the wheel


def test_the_list_names_what_the_tree_packs() -> None:
    """Data that setuptools would pack is on the list: a new kind of file is noticed without building a wheel."""
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders: dict[str, str] = setuptools["package-dir"]
    patterns = ["*.py", *setuptools["package-data"]["*"]]
    packed = {
        f"{name.replace('.', '/')}/{path.relative_to(ROOT / folder).as_posix()}"
        for name, folder in folders.items()
        for pattern in patterns
        for path in (ROOT / folder).glob(pattern)
        if name == "verified_cat" or not path.is_symlink()
    }
    assert {name for name in packed if not any(wheel.fits(name, line) for line in WANTED)} == set()
    assert set(wheel.tree(WANTED)) == packed


def test_nothing_else_is_on_the_list() -> None:
    assert not [line for line in WANTED if not line.startswith(("verified_cat/", "verified_cat.dist-info/"))]
    assert not [line for line in WANTED if re.search(r"/(tests|tools|docs|benchmarks|examples)/", line)]


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """What a wheel of this tree holds, as the list says."""
    path = tmp_path / "verified_cat-9.0-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        for name in wheel.tree(WANTED):
            folder = name.removeprefix("verified_cat/")
            there = ROOT / folder if (ROOT / folder).is_file() else ROOT / name
            archive.write(there, name)
        for line in WANTED:
            if ".dist-info/" in line:
                archive.writestr(line.replace("verified_cat.", "verified_cat-9.0."), "x")
    return path


def test_a_wheel_as_the_list_says(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert wheel.main([str(packed)]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda files: files.update({"tests/test_x.py": "0"}), "tests/test_x.py is on no line"),
        (lambda files: files.update({"laws/suite.py": "0"}), "laws/suite.py is in no folder of the tree"),
        (lambda files: files.update({"verified_cat/stray.py": "0"}), "verified_cat/stray.py is in no folder"),
        (lambda files: files.pop("verified_cat/para.py"), "verified_cat/para.py is not in the wheel"),
        (lambda files: files.pop("verified_cat/py.typed"), "nothing fits verified_cat/py.typed"),
        (lambda files: files.update({"verified_cat/para.py": "0"}), "verified_cat/para.py is another than"),
    ],
)
def test_wheels_that_are_refused(packed: Path, change: Callable[[dict[str, str]], object], reason: str) -> None:
    inside = wheel.held(packed)
    change(inside)
    assert any(reason in wrong for wrong in wheel.faults(inside, WANTED, wheel.tree(WANTED)))


# ------------------------------------------------------------------------------------------------ others


def test_every_package_has_a_row_in_the_notice() -> None:
    text = (ROOT / "NOTICE").read_text(encoding="utf-8")
    extras = PROJECT["optional-dependencies"]
    asked = {Requirement(each).name for each in PROJECT["dependencies"]} | {
        Requirement(each).name for extra in extras.values() for each in extra
    }
    rows = re.findall(r"^  (\S+) {2,}(\S.*?) {2,}(\S+)$", text.partition("Packages")[2], re.MULTILINE)[1:]
    assert {name for name, _, _ in rows} == asked
    assert {what for _, _, what in rows} <= {"core", *extras}
    assert "NOTICE" in PROJECT["license-files"]


# ------------------------------------------------------------------------------------------------ the audit

AUDITED = {
    "dependencies": [
        {"name": "sympy", "version": "1.14.0", "vulns": []},
        {"name": "click", "version": "8.5.1", "vulns": [{"id": "CVE-1"}]},
        {"name": "numpy", "skip_reason": "not found"},
    ]
}


@pytest.mark.parametrize(("kept", "code"), [((0,), 0), ((0, 2), 3), ((0, 1), 1), ((0, 1, 2), 1), ((2,), 3), ((), 3)])
def test_what_was_not_looked_up_is_no_pass(kept: tuple[int, ...], code: int) -> None:
    printed = json.dumps({"dependencies": [AUDITED["dependencies"][k] for k in kept]})
    found = audit.audited(printed, b"lock", "1")
    assert audit.code(found) == code
    assert found["lock"] == sha256(b"lock").hexdigest() and re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"])


@pytest.mark.parametrize("printed", ["", "[]", '{"dependencies": [{}]}', '{"dependencies": 3}'])
def test_what_is_no_audit_is_refused(printed: str) -> None:
    with pytest.raises(ValueError, match="no list of dependencies"):
        audit.audited(printed, b"", "1")


def test_no_audit_without_the_tool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lock.txt").write_text("")
    assert audit.main([str(tmp_path / "lock.txt"), "--out", str(tmp_path / "out.json")]) == audit.NOT_LOOKED_UP


# ------------------------------------------------------------------------------------------------ no network


@pytest.mark.skipif(bool(offline.missing()), reason=offline.missing() or "there is one")
def test_an_empty_network_reaches_nothing() -> None:
    """Not even a server of this machine, which is reached without it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert offline.reaches(port, ()) and not offline.reaches(port)


@pytest.mark.skipif(bool(offline.missing()), reason=offline.missing() or "there is one")
def test_laws_need_no_network(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ["laws/", "-q", "--law", "CAT-ASSOC,PARA-ASSOC", "--engine", "solver,sympy", "--law-report", str(report)]
    run = [sys.executable, "-m", "tools.offline", "pytest", *words, "-p", "no:cacheprovider"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = {row["verdict"] for row in json.loads(report.read_text())["verdicts"]}
    assert found == {"proved", "exact"}


# ------------------------------------------------------------------------------------------------ the machine

PLANTED = (
    "tests/test_established.py",
    "tests/test_results_folder.py",
    "tests/test_results_made.py",
    "tests/test_tools_artifact.py",
)
"""These tests plant folders of a machine, to see that they are noticed."""


def test_no_file_names_a_folder_of_a_machine() -> None:
    found = {name: MACHINE.search((ROOT / name).read_bytes()) for name in tracked() if name not in PLANTED}
    systems = (b"/usr/bin/", b"/usr/share/")
    assert {name: match[0] for name, match in found.items() if match and not match[0].startswith(systems)} == {}


def test_no_code_asks_who_or_where_it_is() -> None:
    asks = re.compile(r"\b(gethostname|getfqdn|getuser|getlogin|platform\.node|platform\.uname|os\.uname)\b")
    found = [name for name in tracked() if name.endswith(".py") and name not in PLANTED]
    assert found and [name for name in found if asks.search((ROOT / name).read_text(encoding="utf-8"))] == []


# ------------------------------------------------------------------------------------------------ the newcomer

MAKEFILE = """
setup:
\t@echo $(PYTHON) > python
laws: setup
\t@echo 'law               solver         sympy          torch          torch-float32'
\t@echo 'PARA-ASSOC        {word}         exact          sampled        sampled'
"""


def test_the_first_command_is_that_of_the_readme() -> None:
    assert newcomer.first_command((ROOT / "README.md").read_text(encoding="utf-8")) == "make laws"
    with pytest.raises(ValueError, match="shows no command"):
        newcomer.first_command("# Nothing\n")


@pytest.mark.skipif(not all(map(shutil.which, ("git", "make"))), reason="not run: git or make not found")
@pytest.mark.parametrize(("word", "fault"), [("proved", ""), ("refuted", "no verdict table")])
def test_the_stages_of_a_newcomer(tmp_path: Path, word: str, fault: str) -> None:
    (tmp_path / "README.md").write_text("```console\nmake laws\n```\n")
    (tmp_path / "Makefile").write_text(MAKEFILE.format(word=word))
    who = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    for words in (["init", "--quiet"], ["add", "-A"], ["commit", "--quiet", "-m", "all"]):
        subprocess.run([*who, *words], cwd=tmp_path, check=True, capture_output=True)
    found = list(newcomer.stages(sys.executable, False, tmp_path))
    assert [each.what.split(",")[0] for each in found] == ["clone", "environment", "verdict table"]
    assert [bool(each.fault) for each in found] == [False, False, bool(fault)] and fault in found[-1].fault
    assert all(0 <= each.seconds < 60 and each.python.startswith("Python 3") for each in found)
    lacking = newcomer.without_a_model(tmp_path)
    assert "model.safetensors and metrics.json not written" in lacking


# ------------------------------------------------------------------------------------------------ the page of reviewers


def test_the_page_has_the_claims_of_the_file() -> None:
    """python -m tools.claims_table writes what stands between the two marks."""
    page = (ROOT / "docs" / "reviewers.md").read_text(encoding="utf-8")
    written = page.partition("<!-- claims -->\n")[2].partition("<!-- end -->")[0]
    assert written == claims_table.table(read(ROOT / "artifact" / "claims.toml"))


def test_what_judges_a_claim_is_said() -> None:
    results = Result("a.json", figure="error", at_most=0.1), Result("m", bits=True), Result("output", page="x.md")
    assert claims_table.judges(Claim("x", "y", "z", 1.0)) == "exit code"
    said = claims_table.judges(Claim("x", "y", "z", 1.0, results=results))
    assert said == "error ≤ 0.1; SHA-256 of `m`, as recorded; `x.md`, to the byte"


def test_the_verdicts_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"name": "GAN", "verdict": "identical", "why": "as recorded", "seconds": 19.3, "cpu_seconds": 12.0}
    (tmp_path / "manifest.json").write_text(json.dumps({"claims": [row]}))
    assert claims_table.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "| GAN | identical | as recorded | 19 | 12 |"
    with pytest.raises(SystemExit):
        claims_table.main([str(tmp_path / "nowhere")])
    assert "nowhere has no manifest.json" in capsys.readouterr().err


def test_tools_are_modules_of_their_own() -> None:
    assert all(importlib.import_module(f"tools.{name}").__doc__ for name in ("audit", "newcomer", "offline", "wheel"))
