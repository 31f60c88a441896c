"""Every statement about the constructions is proved by both solvers on the running code, and holds on numbers."""

from __future__ import annotations

import importlib.util

import pytest

from verified_cat.errors import BoundaryError, UsageError
from verified_cat.observe import observe
from verified_cat.proofs.builders import opaque_para
from verified_cat.proofs.catalogue import STATEMENTS
from verified_cat.proofs.obligations import Goal, Obligation, finite_counterexample, prove
from verified_cat.proofs.statements import prove_statement, replay, statement
from verified_cat.proofs.worlds import one_sort, world

needs_both = pytest.mark.skipif(
    importlib.util.find_spec("cvc5") is None,
    reason="not run: cvc5 not installed (pip install verified-cat[solvers])",
)


@needs_both
@pytest.mark.parametrize("name", STATEMENTS)
def test_both_solvers_prove(name: str) -> None:
    result = prove_statement(name)
    assert result.status == "proved", result.reason
    assert {outcome.solver: outcome.answer for outcome in result.outcomes} == {"z3": "unsat", "cvc5": "unsat"}


@pytest.mark.parametrize("name", STATEMENTS)
def test_holds_on_numbers(name: str) -> None:
    assert replay(name, seeds=2, points=20) is None


@needs_both
@pytest.mark.parametrize(
    "name", ["PARA-ASSOC and PARA-UNIT over functions", "PARA-COH", "LEARN-CAT", "CAT of lenses", "L-MON"]
)
def test_the_solver_has_work_to_do(name: str) -> None:
    result = prove_statement(name)
    assert not result.syntactic
    assert all("pair" in problem for problem in result.problems)


def test_what_the_statements_cover() -> None:
    assert len(STATEMENTS) >= 60
    for part in ("PARA-ASSOC", "PARA-COH", "PARA-INTERCHANGE", "D-RULES", "DUAL-CAT", "CONT-FUNCT", "LENS-CAT"):
        assert any(part in name for name in STATEMENTS), part
    for part in ("LEARN-CAT", "L-FUNCT", "L-MON", "L-DEF", "MON-FUNCT", "CART"):
        assert any(part in name for name in STATEMENTS), part


def test_an_unknown_statement_is_an_error() -> None:
    with pytest.raises(UsageError, match="did you mean"):
        prove_statement("PARA-CO")


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="two statements"):
        statement("PARA-COH")(lambda where: Obligation("", ()))


@needs_both
def test_composition_of_the_functor_l_needs_its_hypothesis() -> None:
    for name in ("L-FUNCT composition", "L-FUNCT identity"):
        needed = STATEMENTS[name].obligation(world())
        (goal,) = needed.goals
        assert prove(goal.lhs, goal.rhs, needed.hypotheses).status == "proved"
        without = prove(goal.lhs, goal.rhs)
        assert without.status == "refuted"
        assert without.counterexample is not None


@pytest.mark.parametrize("name", [n for n, s in STATEMENTS.items() if s.obligation(world()).hypotheses])
def test_the_hypotheses_are_needed(name: str) -> None:
    goals = STATEMENTS[name].obligation(world()).goals
    assert finite_counterexample(Obligation(name, goals)) is not None


@needs_both
def test_associativity_is_not_strict() -> None:
    """f ; (g ; h) and (f ; g) ; h have different parameter objects, so the strict law is not even a statement."""
    w = world(sort=one_sort)
    (x,) = w.sorts("X")
    f, g, h = (opaque_para(w.para, name, x, x, x) for name in "fgh")
    nested, chained = w.para.compose(f, w.para.compose(g, h)), w.para.compose(w.para.compose(f, g), h)
    with pytest.raises(BoundaryError, match="start from"):
        Goal(observe(w.para, nested), observe(w.para, chained))
