"""What proofs assume is needed: without it there is a finite model in which the goal fails, replayed by look-up."""

from __future__ import annotations

import importlib.util

import pytest

from verified_cat.laws import suite
from verified_cat.objects import UNIT, Pair, Sort
from verified_cat.primitives import Symbol
from verified_cat.proofs import necessity
from verified_cat.proofs.hypotheses import Hypotheses, commutative_monoid, inverse_pair, right_inverse
from verified_cat.proofs.necessity import Model, counter_model, minimal, needs
from verified_cat.proofs.obligations import Goal, quantified, traced
from verified_cat.proofs.smtlib import Formula, Script
from verified_cat.proofs.solvers import default_solvers
from verified_cat.proofs.worlds import OpaqueFunctions

suite.load()

needs_both = pytest.mark.skipif(
    importlib.util.find_spec("cvc5") is None,
    reason="not run: cvc5 not installed (pip install verified-cat[solvers])",
)
A, B = Sort("A"), Sort("B")
F = OpaqueFunctions()


def formulas(*groups: Hypotheses) -> list[tuple[str, Formula]]:
    return [(each.name, quantified(each)) for group in groups for each in group.members]


def round_trip() -> Formula:
    """back(there(x)) = x."""
    there, back = F.generator(Symbol("there", A, B)), F.generator(Symbol("back", B, A))
    return traced(Goal(F.compose(there, back), F.identity(A)), "x")


@needs_both
def test_composition_of_l_needs_the_right_inverse_and_identities_the_left() -> None:
    found = {need.goal: need for need in needs("L-FUNCT", "para over D", default_solvers())}
    assert found[0].hypothesis == "e(b, inverse(b, v)) = v on B"
    assert found[1].hypothesis == "inverse(a, e(a, b)) = b on A"
    assert all("B: 2" in found[0].model or "A: 2" in need.model for need in found.values())


@needs_both
def test_what_is_not_needed_is_dropped() -> None:
    there, back = Symbol("there", A, B), Symbol("back", B, A)
    kept = minimal(
        formulas(inverse_pair(there, back), commutative_monoid(A), right_inverse(B)), round_trip(), default_solvers()
    )
    assert [name for name, _ in kept] == ["back(there(x)) = x"]


@needs_both
def test_a_model_has_two_values_where_the_goal_fails() -> None:
    assert "A: 2" in counter_model([], round_trip())


@needs_both
def test_where_the_goal_follows_there_is_none() -> None:
    there, back = Symbol("there", A, B), Symbol("back", B, A)
    assert counter_model([formula for _, formula in formulas(inverse_pair(there, back))], round_trip()) == ""


def _model() -> tuple[Model, Formula]:
    """there is the identity of {0, 1}, back the exchange."""
    goal, script = round_trip(), Script()
    script.negated([goal])
    there, back = (script.function(name, dom, cod) for name, dom, cod in (("there", A, B), ("back", B, A)))
    (point,) = goal.variables
    tables = {there: [[0, 0], [1, 1]], back: [[0, 1], [1, 0]], script.constant(point): [[None, 0]]}
    return Model(script, {"functions": tables, "sizes": {script.sort(A): 2, script.sort(B): 2}}), goal


def test_tables_are_evaluated_without_a_solver() -> None:
    model, goal = _model()
    assert not model.holds_here(goal)
    assert not model.holds(goal)
    assert model.values(Pair(A, UNIT)) == [(0, ()), (1, ())]


@pytest.mark.parametrize("said", [{}, {"answer": "unknown"}, {"answer": "unsat"}])
def test_without_an_answer_there_is_no_model(said: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(necessity, "_asked", lambda text: said)
    assert counter_model([], round_trip()) == ""


def test_a_model_that_is_none_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables in which the goal holds, or an assumption fails, show nothing, whatever the solver said."""
    goal, script = round_trip(), Script()
    script.negated([goal])
    there, back = (script.function(name, dom, cod) for name, dom, cod in (("there", A, B), ("back", B, A)))
    (point,) = goal.variables
    tables = {there: [[0, 0], [1, 1]], back: [[0, 0], [1, 1]], script.constant(point): [[None, 0]]}
    reply = {"answer": "sat", "functions": tables, "sizes": {script.sort(A): 2, script.sort(B): 2}}
    monkeypatch.setattr(necessity, "_asked", lambda text: reply)
    assert counter_model([], goal) == ""


def test_a_child_that_fails_gives_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("", "garbage", "[]"):
        monkeypatch.setattr("subprocess.run", lambda *_, out=text, **__: type("Done", (), {"stdout": out})())
        assert necessity._asked("(check-sat)") == {}
