"""The catalogue: every law has one entry and every entry one law, and the page that is made of both is current."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.errors import DataError
from verified_cat.laws import suite
from verified_cat.laws.catalogue import Catalogue, Entry, catalogue, markdown

suite.load()
STATED = LAWS | AUDITS
LISTED = catalogue()
ROOT = Path(__file__).resolve().parents[1]


def test_every_law_has_an_entry_and_every_entry_a_law() -> None:
    assert LISTED.faults(STATED) == []
    assert not set(LAWS) & set(AUDITS)


def test_the_list_that_the_suite_started_from_is_whole() -> None:
    first = [entry for entry in LISTED.entries.values() if not entry.own]
    count = Counter(entry.family for entry in first)
    assert count == {
        **{"META": 6, "CAT": 10, "ADD": 10, "GAD": 13, "DUAL": 9, "RDC": 17, "PARA": 17, "LEARN": 16},
        **{"LENS": 12, "COMP": 19, "SCH": 14, "MIG": 3, "GAME": 3, "FLOAT": 6},
    }
    assert sum(count.values()) == 155


def test_what_is_lost_or_unlisted_is_found() -> None:
    without = {name: law for name, law in STATED.items() if name != "CAT-UNIT"}
    assert LISTED.faults(without) == ["the entry CAT-UNIT has no law"]
    assert LISTED.faults({**STATED, "CAT-NEW": None}) == ["the law CAT-NEW has no entry"]
    assert Catalogue({}, {"X": Entry("CAT", "a law")}).faults({"X": None}) == ["X is of no family: CAT"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[laws", "no TOML"),
        ('[laws.X]\nfamily = "CAT"', "has a family and a name"),
        ('[laws.X]\nfamily = "CAT"\nname = "a"\nproof = "b"', "nothing else"),
        ('[laws.X]\nfamily = "CAT"\nname = 3', "wrong kind"),
        ("[laws]\nX = 3", "has a family and a name"),
    ],
)
def test_what_is_no_entry_is_refused(text: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        catalogue(text)


def test_an_entry_is_read_whole() -> None:
    text = '[laws.X]\nfamily = "CAT"\nname = "a"\nviolations = ["b"]\ncorrected = "c"\nown = true'
    assert catalogue(text).entries == {"X": Entry("CAT", "a", ("b",), "c", True)}


def test_the_page_has_every_law_under_its_family() -> None:
    page = markdown(STATED, LISTED)
    for name, law in STATED.items():
        assert page.count(f"### {name}: ") == 1
        assert len(law.source) > 0
    assert page.index("### PARA-ASSOC") > page.index("## PARA: ") > page.index("### RD.5")
    assert "Must refute: the two parameters are exchanged" in page
    assert "](" not in page, "a derivative R[f](a, b) reads as a link"


def test_a_page_of_laws_that_are_not_listed_is_refused() -> None:
    with pytest.raises(DataError, match="CAT-NEW has no entry"):
        markdown({**STATED, "CAT-NEW": None}, LISTED)


def test_the_page_is_current() -> None:
    made, kept = markdown(STATED, LISTED), (ROOT / "docs" / "laws.md").read_text("utf-8")
    assert made == kept, "docs/laws.md is not what the laws say now: verified-cat laws --markdown docs/laws.md"
