"""Proofs assume what they need and nothing else: the solvers are asked so, and the certificates use all of it."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import pytest

from verified_cat.check import LAWS
from verified_cat.laws import suite
from verified_cat.proofs import needed
from verified_cat.proofs.certificates import replay_law
from verified_cat.proofs.evidence import attempts, obligation_of
from verified_cat.proofs.hypotheses import Hypotheses
from verified_cat.proofs.needed import EASE, key, stored
from verified_cat.proofs.obligations import Obligation, discharge, traced
from verified_cat.proofs.smtlib import Formula
from verified_cat.proofs.statements import assumptions
from verified_cat.proofs.trivial import relevant

suite.load()

needs_both = pytest.mark.skipif(
    importlib.util.find_spec("cvc5") is None,
    reason="not run: cvc5 not installed (pip install verified-cat[solvers])",
)
COMPOSITION = key("L-FUNCT", "para over D", 0)


def goal_of(law: str, world: str, number: int) -> tuple[Formula, tuple[Hypotheses, ...]]:
    obligation = obligation_of(LAWS[law], world)
    return traced(obligation.goals[number], "x"), obligation.hypotheses


def names(groups: tuple[Hypotheses, ...]) -> list[str]:
    return [each.name for group in groups for each in group.members]


def test_of_all_that_is_true_of_the_symbols_only_what_is_needed_is_assumed() -> None:
    formula, assumed = goal_of("L-FUNCT", "para over D", 0)
    assert names(needed.needed(COMPOSITION, formula, assumed)) == ["e(b, inverse(b, v)) = v on B"]
    assert len(names(relevant(formula, assumed))) > 5


def test_of_a_goal_that_is_not_in_the_file_everything_is_assumed() -> None:
    formula, assumed = goal_of("L-FUNCT", "para over D", 0)
    assert needed.needed("NO-SUCH-LAW | nowhere | 0", formula, assumed) == relevant(formula, assumed)


def test_what_the_file_names_and_the_code_does_not_assume_is_not_assumed() -> None:
    formula, _ = goal_of("L-FUNCT", "para over D", 0)
    assert needed.needed(COMPOSITION, formula, ()) == ()
    assert assumptions(COMPOSITION, formula, ()) == []


def test_what_helps_a_solver_is_for_solvers_alone() -> None:
    name = key("CONT-ADDITIVE", "cont", 2)
    formula, assumed = goal_of("CONT-ADDITIVE", "cont", 2)
    more = set(names(needed.needed(name, formula, assumed, ease=True)))
    less = set(names(needed.needed(name, formula, assumed)))
    assert less < more
    assert more - less == {each for each, row in stored()[name].items() if row == EASE}


@needs_both
def test_the_solvers_are_asked_with_what_is_needed() -> None:
    tried, found = next(attempts(LAWS["L-FUNCT"], "para over D"))
    assert found.status == "proved"
    assert names(tried.hypotheses) == list(stored()[COMPOSITION])


@needs_both
@pytest.mark.parametrize(
    ("law", "world"), [("L-FUNCT", "para over D"), ("CLA-LEFT", "functions"), ("CD.1-5", "forward")]
)
def test_without_one_of_them_a_goal_is_not_proved(law: str, world: str) -> None:
    """The stored models say so; here the whole path says it again, for the first hypothesis of each goal."""
    for tried, found in attempts(LAWS[law], world):
        if found.status == "proved" and tried.hypotheses:
            first, *rest = tried.hypotheses
            less = [replace(first, members=first.members[1:])] * (len(first.members) > 1) + rest
            poorer = discharge(Obligation(tried.name, tried.goals, tuple(less)))
            assert poorer.status in ("refuted", "undecided")


def test_certificates_use_all_that_is_needed() -> None:
    """A certificate that did without a needed hypothesis would contradict the model that shows it to be needed."""
    rows = [row for law in ("L-FUNCT", "ADD-COCART", "GAD-BASE", "CART-NAT") for row in replay_law(LAWS[law])]
    assert len([row for row in rows if row.method == "steps"]) > 10
    assert [row for row in rows if row.unused or row.status != "certified"] == []
