"""What results depend on: the variables that are pinned, the packages as installed, the commit of the source."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest

from verified_cat import surroundings
from verified_cat.reproducing import EXPECTED


def recorded() -> dict[str, str]:
    """The environment of the record in artifact/expected.json."""
    whole = json.loads((Path(__file__).parent.parent / EXPECTED).read_text(encoding="utf-8"))
    return dict(whole["environment"])


def test_the_variables_that_are_pinned() -> None:
    """They are part of the record: another one makes it the record of another environment."""
    pinned = surroundings.variables()
    assert pinned == surroundings.PINNED and pinned.items() <= recorded().items()
    assert surroundings.variables("default") == pinned | {"ATEN_CPU_CAPABILITY": "default"}
    assert surroundings.INSTRUCTIONS == ("avx2", "default", "avx512")


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The record has the same entries: the machine, the packages with their versions, what is pinned."""
    monkeypatch.setattr(surroundings, "version_of", lambda name: f"version of {name}")
    monkeypatch.setattr(surroundings, "maker", lambda: "Processors of Ours")
    machine = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    machine["processor"] = "Processors of Ours"
    versions = {name: f"version of {name}" for name in recorded()}
    assert surroundings.environment() == versions | machine | surroundings.variables()
    assert surroundings.environment("avx512") == versions | machine | surroundings.variables("avx512")


def test_what_the_system_says_of_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the first; a value may have colons, and a name no value."""
    said = tmp_path / "cpuinfo"
    said.write_text("model name\t: A: B\npower management:\n\nmodel name\t: C\nflags\t: fpu\n", encoding="utf-8")
    monkeypatch.setattr(surroundings, "CPUINFO", said)
    assert surroundings.processor() == {"model name": "A: B", "power management": ""}
    said.unlink()
    assert surroundings.processor() == {}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: A: B\n\nvendor_id\t: Another\n", "AuthenticAMD"),
        ("processor\t: 0\nCPU implementer\t: 0x41\n", "a processor"),
        ("model name\t: \udcff\nvendor_id\t: GenuineIntel\n", "GenuineIntel"),
        (None, "a processor"),
    ],
)
def test_who_made_the_processor(said: str | None, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first that is named, among whatever bytes; what the system says where none is, or nothing can be read."""
    assert Path("/proc/cpuinfo") == surroundings.CPUINFO
    if said is not None:
        (tmp_path / "cpuinfo").write_text(said, encoding="utf-8", errors="surrogateescape")
    monkeypatch.setattr(surroundings, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(platform, "processor", lambda: "a processor")
    assert surroundings.maker() == found


# ------------------------------------------------------------------------------------------------ packages


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """The packages are looked up once in a process."""
    surroundings.packages.cache_clear()
    yield
    surroundings.packages.cache_clear()


class Installed(PurePosixPath):
    """A file of an installed package, with its digest where the installer kept one."""

    hash: SimpleNamespace | None = None


def installed(path: str, digest: str | None) -> Installed:
    made = Installed(path)
    made.hash = None if digest is None else SimpleNamespace(value=digest)
    return made


def test_installed_files_are_known_by_one_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of their names; scripts, notes of the installer, and what has no digest are left out."""
    files = [
        installed("x/b.py", "22"),
        installed("x/a.py", "11"),
        installed("x-1.dist-info/RECORD", "33"),
        installed("../../bin/x", "44"),
        installed("x/a.pyc", None),
        installed("x/x.dist-info", "55"),
    ]
    there = {"sympy": files, "numpy": None}
    monkeypatch.setattr(surroundings, "distributions", lambda name: [name] if name in there else [])
    monkeypatch.setattr(surroundings, "distribution", lambda name: SimpleNamespace(files=there[name]))
    monkeypatch.setattr(surroundings, "version_of", lambda name: f"version of {name}")
    assert surroundings.packages() == {
        "numpy": {"version": "version of numpy", "files": sha256(b"").hexdigest()},
        "sympy": {
            "version": "version of sympy",
            "files": sha256(b"x/a.py 11\nx/b.py 22\nx/x.dist-info 55").hexdigest(),
        },
    }
    assert surroundings.packages() is surroundings.packages(), "a thousand files are read once"


# ------------------------------------------------------------------------------------------------ the source


class Git:
    """What git would answer: the commit, and the files that differ but for those that are left out."""

    def __init__(self, differs: str = "", code: int = 0) -> None:
        self.differs, self.code, self.given = differs, code, list[list[str]]()

    def __call__(self, words: list[str], *, capture_output: bool, text: bool, check: bool) -> SimpleNamespace:
        assert capture_output and text and not check
        self.given.append(words)
        answer = "abcd\n" if "rev-parse" in words else self.differs
        return SimpleNamespace(returncode=self.code, stdout=answer)


@pytest.mark.parametrize(
    ("git", "found"),
    [
        (Git(), {"commit": "abcd", "dirty": False}),
        (Git(" M x.py\n"), {"commit": "abcd", "dirty": True}),
        (Git(" M x.py\n", 128), {"commit": "", "dirty": False}),
    ],
)
def test_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Git, found: dict[str, object]) -> None:
    monkeypatch.setattr(subprocess, "run", git)
    assert surroundings.source(tmp_path) == found
    begin = ["git", "-C", str(tmp_path)]
    assert git.given == [[*begin, "rev-parse", "HEAD"], [*begin, "status", "--porcelain", "--", "."]]


def test_the_folder_of_the_results_is_no_change_of_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = Git()
    monkeypatch.setattr(subprocess, "run", git)
    root = tmp_path / "tree"
    for out in (root / "a" / ".." / "out", tmp_path / "out"):
        surroundings.source(root, out)
    begin = ["git", "-C", str(root), "status", "--porcelain", "--", "."]
    assert [words for words in git.given if "status" in words] == [[*begin, ":(exclude)out"], begin]
