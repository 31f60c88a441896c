"""TRUST.md says what is so: the lengths of the trusted files, the versions that are accepted, the commands and laws."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.cli import main
from verified_cat.laws import suite
from verified_cat.proofs import trust

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("TRUST.md", "proofs/README.md")
PAGE = (ROOT / "TRUST.md").read_text("utf-8")
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SLACK = 0.15
"""A length may be off by so much before it counts as stale."""

suite.load()


def stated() -> dict[str, int]:
    """The lengths in the page, by what the part does."""
    block = PAGE.split("<!-- base -->")[1].split("<!-- end -->")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in block.strip().splitlines()[2:]]
    return {row[0]: int(row[2]) for row in rows}


def test_every_part_of_the_base_is_in_the_page_with_its_length() -> None:
    said, now = stated(), {part.what: part.lines() for part in trust.BASE}
    assert list(said) == [*now, "together"]
    stale = {what: (said[what], lines) for what, lines in now.items() if abs(said[what] - lines) > SLACK * lines}
    assert stale == {}, "the lengths in TRUST.md are stale: python -m verified_cat.proofs.trust"
    assert said["together"] == sum(lines for what, lines in said.items() if what != "together")


def test_the_printed_table_is_that_of_the_page_up_to_lengths() -> None:
    printed = re.sub(r"\d+", "n", "\n".join(trust.table()))
    assert printed in re.sub(r"\d+", "n", PAGE)


def test_a_length_that_is_wrong_would_be_noticed() -> None:
    part = trust.BASE[0]
    lengths = [len((trust.PACKAGE / name).read_text("utf-8").splitlines()) for name in part.files]
    assert part.lines() == sum(lengths) > 100


def test_the_accepted_versions_are_those_of_the_package() -> None:
    project = PYPROJECT["project"]
    extras = (each for group in project["optional-dependencies"].values() for each in group)
    wanted = [*project["dependencies"], *extras]
    said = re.findall(r"`([a-z0-9-]+(?:[=<>]=?[\w.,<>=]+))`", PAGE)
    assert len(said) >= 8
    assert [each for each in said if each not in wanted] == []
    assert f"`{project['requires-python']}`" in PAGE


@pytest.mark.parametrize("name", PAGES)
def test_the_laws_and_commands_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    named = set(re.findall(r"\b(?:L|D|OPT|CONT|META|FLOAT|CHAIN|CART)-[A-Z]+[A-Z0-9]*\b", text))
    assert len(named) >= 5
    assert named <= set(LAWS | AUDITS)
    commands = set(re.findall(r"`verified-cat (\w+)", text))
    assert commands
    assert commands <= set(main.commands)


@pytest.mark.parametrize("name", PAGES)
def test_the_files_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    paths = set(re.findall(r"`((?:proofs|reference|laws|verified_cat)/[\w./]+)`", text))
    files = [path if "." in path or path.endswith("/") else f"{path}.py" for path in paths]
    at = [path for path in files if not ((ROOT / path).exists() or (ROOT / "verified_cat" / path).exists())]
    assert at == []
    modules = re.findall(r"`(\w+)`", text.split("| files | |")[-1]) if name.endswith("README.md") else []
    assert [each for each in modules if not (ROOT / "proofs" / f"{each}.py").is_file()] == []
