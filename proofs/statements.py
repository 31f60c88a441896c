"""What is proved of the constructions: each statement runs the package's own code in a world and gives an obligation.

Names are those of the law catalogue. The same statement is traced in the opaque world, for the solvers, and run on
numbers in a finite world, where a wrong implementation shows a counterexample of the code itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from verified_cat.errors import UsageError, near
from verified_cat.functions import Arrow
from verified_cat.observe import Functional, observe
from verified_cat.proofs.finite import FiniteEngine, draws
from verified_cat.proofs.hypotheses import Hypotheses
from verified_cat.proofs.obligations import (
    POINTS,
    SEEDS,
    Counterexample,
    Goal,
    Obligation,
    ProofResult,
    discharge,
    prove,
    registered_model,
)
from verified_cat.proofs.solvers import Solver
from verified_cat.proofs.worlds import World, world
from verified_cat.terms import Term

Sides = tuple[str, Any, Any]
"""A name and two parallel morphisms of a construction."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A named law of a construction: from the world to the goals and the hypotheses that they need."""

    name: str
    state: Callable[[World], Obligation]

    def obligation(self, where: World) -> Obligation:
        """The obligation that this statement is in a world."""
        given = self.state(where)
        return Obligation(self.name, given.goals, given.hypotheses)


STATEMENTS: dict[str, Statement] = {}


def statement(name: str) -> Callable[[Callable[[World], Obligation]], Callable[[World], Obligation]]:
    """Register what the function below states. Raises ValueError where the name is taken."""

    def register(state: Callable[[World], Obligation]) -> Callable[[World], Obligation]:
        if name in STATEMENTS:
            raise ValueError(f"two statements are called {name}")
        STATEMENTS[name] = Statement(name, state)
        return state

    return register


def _stated(name: str) -> Statement:
    if name not in STATEMENTS:
        raise UsageError(f"no statement is called {name!r}; {near(name, list(STATEMENTS))}")
    return STATEMENTS[name]


def equal(
    category: Any,
    sides: Sequence[Sides],
    hypotheses: Sequence[Hypotheses] = (),
    functional: Functional | None = None,
) -> Obligation:
    """The two morphisms of each row look the same."""
    goals = [
        Goal(observe(category, lhs, functional), observe(category, rhs, functional), name) for name, lhs, rhs in sides
    ]
    return Obligation("", tuple(goals), tuple(hypotheses))


def prove_statement(name: str, where: World | None = None, solvers: Sequence[Solver] | None = None) -> ProofResult:
    """Discharge a statement, in the opaque world where no other is given. Raises UsageError for an unknown name."""
    return discharge(_stated(name).obligation(where or world()), solvers)


def prove_terms(lhs: Term, rhs: Term, hypotheses: Sequence[Hypotheses] = ()) -> ProofResult:
    """lhs = rhs whatever their operations are: both are read over uninterpreted symbols. Raises BoundaryError."""
    functions = world().functions
    return prove(functions.meaning(lhs), functions.meaning(rhs), hypotheses, name=f"{lhs} = {rhs}")


def replay(
    name: str, *, seeds: int = SEEDS, points: int = POINTS, sort: Callable[[str], Any] | None = None, **classes: Any
) -> Counterexample | None:
    """The first point of a finite world at which the statement's sides differ, by running the code on numbers."""
    options: dict[str, Any] = classes if sort is None else {"sort": sort, **classes}
    model = registered_model(_stated(name).obligation(world(**options)).hypotheses)
    for seed in range(seeds):
        obligation = _stated(name).obligation(world(FiniteEngine(model, seed), box=False, **options))
        for goal in obligation.goals:
            found = _difference(goal.lhs, goal.rhs, seed, points)
            if found is not None:
                return Counterexample(goal.name, seed, *found)
    return None


def _difference(lhs: Arrow, rhs: Arrow, seed: int, points: int) -> tuple[Any, Any, Any] | None:
    for point in draws(lhs.dom, seed, points):
        left, right = lhs.run(point), rhs.run(point)
        if left != right:
            return point, left, right
    return None
