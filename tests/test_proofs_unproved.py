"""Laws of which a proof is asked: each is proved, as the ledger says, or is listed with a reason why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from verified_cat import proofs
from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.laws import suite
from verified_cat.proofs import ledger, unproved

suite.load()
REASONS = unproved.reasons()
ASKED = unproved.asked()
PAGE = (Path(proofs.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_what_is_asked_is_proved_or_has_its_reason() -> None:
    assert len(ASKED) == len(set(ASKED)) == 77
    assert set(ASKED) <= set(LAWS | AUDITS)
    assert set(unproved.unproved()) == set(REASONS)


def test_the_table_of_the_page_is_the_one_of_today() -> None:
    """python -m verified_cat.proofs.unproved prints it."""
    written = PAGE.split("<!-- unproved -->\n")[1].split("<!-- end -->")[0]
    assert written.strip() == "\n".join(unproved.table())


def test_a_law_without_a_proof_and_without_a_reason_has_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *rest = REASONS
    monkeypatch.setattr(unproved, "reasons", lambda: {law: REASONS[law] for law in rest})
    with pytest.raises(KeyError, match=first):
        unproved.table()


def test_a_law_that_is_no_longer_proved_comes_into_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = ledger.kept()
    lost = next(law for law in ASKED if law not in REASONS)
    weaker = kept | {lost: replace(kept[lost], evidence="exact")}
    monkeypatch.setattr(ledger, "kept", lambda: weaker)
    assert lost in unproved.unproved()


@pytest.mark.parametrize("name", REASONS)
def test_it_is_a_law_that_no_solver_is_asked_of(name: str) -> None:
    assert name in AUDITS or LAWS[name].without_solver or LAWS[name].floats
    assert len(REASONS[name]) > 40


@pytest.mark.parametrize("name", REASONS)
def test_laws_that_the_reason_leans_on_can_be_asked(name: str) -> None:
    """A reason that names another law names one that a solver is asked of; `verified-cat proofs` has it proved."""
    words = REASONS[name].replace(",", " ").replace(";", " ").split()
    leaned_on = [word for word in words if word in LAWS and word != name]
    assert all(not LAWS[word].without_solver for word in leaned_on)
