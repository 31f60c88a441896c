"""Laws of which a proof is asked: each is proved, as the ledger says, or is listed with a reason why not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from verified_cat import proofs
from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.laws import suite
from verified_cat.proofs import ledger
from verified_cat.report import Strength

suite.load()
UNPROVED = tomllib.loads((Path(proofs.__file__).parent / "unproved.toml").read_text(encoding="utf-8"))
ASKED = UNPROVED.pop("asked").split()
PROVED = {law for law, each in ledger.kept().items() if each.evidence == Strength.PROVED.value}


def test_what_is_asked_is_proved_or_has_its_reason() -> None:
    assert len(ASKED) == len(set(ASKED)) == 77
    assert set(ASKED) <= set(LAWS | AUDITS)
    assert set(ASKED) - PROVED == set(UNPROVED)


@pytest.mark.parametrize("name", UNPROVED)
def test_it_is_a_law_that_no_solver_is_asked_of(name: str) -> None:
    assert name in AUDITS or LAWS[name].without_solver or LAWS[name].floats
    assert set(UNPROVED[name]) == {"reason"}
    assert len(UNPROVED[name]["reason"]) > 40


@pytest.mark.parametrize("name", UNPROVED)
def test_laws_that_the_reason_leans_on_can_be_asked(name: str) -> None:
    """A reason that names another law names one that a solver is asked of; `verified-cat proofs` has it proved."""
    words = UNPROVED[name]["reason"].replace(",", " ").replace(";", " ").split()
    leaned_on = [word for word in words if word in LAWS and word != name]
    assert all(not LAWS[word].without_solver for word in leaned_on)
