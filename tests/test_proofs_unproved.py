"""Laws that no solver has proved although one might be asked: each is listed with a reason, and none is proved."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from verified_cat import proofs
from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.laws import suite

suite.load()
UNPROVED = tomllib.loads((Path(proofs.__file__).parent / "unproved.toml").read_text(encoding="utf-8"))


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
