"""The tutorial: its engine has some forty lines, and its verdict table is what the suite says of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from verified_cat.laws import engines, suite
from verified_cat.report import Report

PAGE = (Path(__file__).parent.parent / "docs" / "your-engine.md").read_text(encoding="utf-8")
NAME = "my_engine:Engine"


def block(language: str) -> str:
    """The first block of a language on the page."""
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The engine of the page as a module that can be imported."""
    (tmp_path / "my_engine.py").write_text(block("python"), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield NAME
    sys.modules.pop("my_engine", None)
    engines.engine.cache_clear()


def test_the_engine_of_the_page_has_forty_lines() -> None:
    lines = [line for line in block("python").splitlines() if line.strip()]
    assert len(lines) <= 40


def test_the_table_of_the_page_is_what_the_suite_says(engine: str) -> None:
    """Every row of the page, found again; the command above it names the same laws."""
    command = re.search(r"^pytest laws/ --engine my_engine:Engine --law (\S+)$", PAGE, re.MULTILINE)
    assert command is not None
    report = Report()
    for law in command[1].split(","):
        report.record(suite.row(suite.check_law(law), engine))
    assert [line.rstrip() for line in report.table()] == block("text").rstrip().splitlines()
