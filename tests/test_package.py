"""The package itself: its version, where its parts are found, and the program that it is when it is run."""

from __future__ import annotations

import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import verified_cat

ROOT = Path(__file__).resolve().parent.parent


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert verified_cat.__version__ == project["version"]


def test_in_a_checkout_the_folders_beside_the_package_are_its_parts(tmp_path: Path) -> None:
    """Only there: beside an installed package may be anything."""
    if Path(verified_cat.__file__).resolve().parent.parent == ROOT:
        assert [*verified_cat.__path__][-1] == str(ROOT)
    for files, found in (
        ((), []),
        (("pyproject.toml",), []),
        (("pyproject.toml", "laws/__init__.py"), [str(tmp_path)]),
    ):
        for name in files:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        assert verified_cat._beside(tmp_path) == found
    (tmp_path / "pyproject.toml").unlink()
    assert verified_cat._beside(tmp_path) == []


def test_the_package_is_run_as_the_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["__main__.py", "--help"])
    monkeypatch.delitem(sys.modules, "verified_cat.__main__", raising=False)
    with pytest.raises(SystemExit) as ended:
        import_module("verified_cat.__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("Usage: verified-cat [OPTIONS] ")
