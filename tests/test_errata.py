"""The page of errata: each entry says what was said, how far that was read, what is so, and which law shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from verified_cat.laws import suite

PAGE = (Path(__file__).parent.parent / "docs" / "errata.md").read_text(encoding="utf-8")
MARKS = ("seen", "code read", "code run", "second-hand", "folklore")


def entries(page: str) -> dict[str, str]:
    return {part.split("\n", 1)[0]: part for part in re.split(r"^### ", page, flags=re.M)[1:]}


def lacks(entry: str) -> list[str]:
    """What an entry lacks."""
    wrong = [f"no {key}" for key in ("*Said*:", "*So it is*:") if key not in entry]
    said = entry.partition("*Said*:")[2].partition("*So it is*")[0]
    if not any(mark in said for mark in MARKS):
        wrong.append("how far the source was read")
    laws = re.findall(r"^pytest laws/ --engine sympy --law (\S+)$", entry, re.M)
    return wrong if laws else [*wrong, "no command"]


@pytest.mark.parametrize("title", entries(PAGE))
def test_an_entry_is_whole(title: str) -> None:
    entry = entries(PAGE)[title]
    assert lacks(entry) == []
    for names in re.findall(r"--law (\S+)$", entry, re.M):
        for name in names.split(","):
            assert suite.check_law(name) == name


def test_what_is_missing_is_noticed() -> None:
    whole = next(iter(entries(PAGE).values()))
    assert lacks(whole.replace("*So it is*:", "")) == ["no *So it is*:"]
    assert lacks(re.sub(r"\((seen|second-hand|code run)\)", "", whole)) == ["how far the source was read"]
    assert lacks(whole.replace("--engine sympy", "")) == ["no command"]


def test_laws_that_name_a_breaker_among_the_papers_are_on_the_page() -> None:
    """Where a law's record says that a paper or the talk breaks it, the page has that law."""
    said = {"Cruttwell et al. 2021", "Elliott 2018", "Fong, Spivak and Tuyéras 2019", "Gavranović 2020", "slide"}
    text = (Path(__file__).parent.parent / "docs" / "laws.md").read_text(encoding="utf-8")
    for part in re.split(r"^### ", text, flags=re.M)[1:]:
        name = part.split(":", 1)[0]
        broken = re.findall(r"^- Known to break it: (.*)$", part, re.M)
        if any(line.startswith(tuple(said)) for line in broken):
            assert re.search(rf"--law \S*\b{re.escape(name)}\b", PAGE), f"{name}: {broken}"
