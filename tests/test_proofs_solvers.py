"""The solvers' processes: killed and restarted, limited in steps, and never more than an unknown when they fail."""

from __future__ import annotations

import pytest

from verified_cat.proofs.solvers import ChildSolver

HARD = """(set-logic ALL)
(declare-fun f (Int Int) Int)
(assert (forall ((x Int) (y Int)) (= (f x (f y x)) (+ (* x y y) (f y (+ x 1))))))
(assert (forall ((x Int)) (> (* x (f x x)) (f (* x x x) 3))))
(check-sat)
"""


@pytest.mark.parametrize("name", ["z3", "cvc5"])
def test_a_solver_that_does_not_end_is_killed_and_restarted(name: str) -> None:
    solver = ChildSolver(name, steps=10**9, wall=1.0)
    try:
        slow = solver.check(HARD)
        if slow.answer == "not run":
            pytest.skip(f"not run: {slow.reason}")
        assert slow.answer == "unknown"
        assert solver.check("(set-logic ALL)(assert false)(check-sat)").answer == "unsat"
    finally:
        solver.close()


@pytest.mark.parametrize("name", ["z3", "cvc5"])
@pytest.mark.parametrize("text", ["(assert", "(assert (= x 1))(check-sat)", "", "nonsense"])
def test_a_text_that_cannot_be_read_is_an_unknown_or_says_nothing(name: str, text: str) -> None:
    solver = ChildSolver(name)
    try:
        assert solver.check(text).answer in ("unknown", "not run")
    finally:
        solver.close()


def test_a_crash_is_an_unknown() -> None:
    solver = ChildSolver("z3")
    try:
        assert solver.check("(assert true)(check-sat)").answer == "sat"
        assert solver._child is not None
        solver._child.kill()
        solver._child.wait()
        assert solver.check("(assert false)(check-sat)").answer == "unsat"
    finally:
        solver.close()


@pytest.mark.parametrize("name", ["z3", "cvc5"])
def test_steps_are_limited(name: str) -> None:
    """The same few steps end the same way wherever they run: long before the wall."""
    solver = ChildSolver(name, steps=10_000, wall=20.0)
    try:
        outcome = solver.check(HARD)
        if outcome.answer == "not run":
            pytest.skip(f"not run: {outcome.reason}")
        assert outcome.answer == "unknown"
        assert outcome.seconds < 5
        assert "killed" not in outcome.reason
    finally:
        solver.close()


def test_a_missing_solver_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    solver = ChildSolver("cvc5")
    monkeypatch.setattr(solver, "_read", lambda: {"missing": "No module named 'cvc5'"})
    outcome = solver.check("(check-sat)")
    assert outcome.answer == "not run"
    assert "pip install verified-cat[solvers]" in outcome.reason
