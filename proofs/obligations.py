"""From two running morphisms to a proof: trace, print, ask both solvers, and doubt the answer.

"proved" needs all of: unsat from Z3 and from cvc5; hypotheses that neither solver can refute alone and whose
registered model passes an exhaustive check; no finite model that breaks the equation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from verified_cat.errors import BoundaryError
from verified_cat.functions import Arrow, Functions, Run, Value
from verified_cat.objects import Ob, leaves, unflatten
from verified_cat.primitives import Symbol
from verified_cat.proofs.finite import MODULUS, FiniteEngine, draws, evaluate, values
from verified_cat.proofs.hypotheses import Hypotheses, Hypothesis
from verified_cat.proofs.smtlib import Formula, in_order, smtlib
from verified_cat.proofs.solvers import Outcome, Solver, SolverDisagreement, agree, default_solvers
from verified_cat.proofs.symbols import term_of, variable
from verified_cat.proofs.worlds import OpaqueEngine

Status = Literal["proved", "refuted", "vacuous", "undecided"]

REQUIRED = ("z3", "cvc5")
"""The solvers that must both answer unsat: one alone is no proof."""

SEEDS, POINTS = 6, 60
"""How many finite models, and how many points in each, look for a counterexample."""

LARGEST_CHECK = MODULUS**9
"""A hypothesis over more values than this is not checked exhaustively, and then proves nothing."""


@dataclass(frozen=True, slots=True)
class Goal:
    """∀ x ∈ dom. lhs(x) = rhs(x), for arrows of opaque functions. Raises BoundaryError where they are not parallel."""

    lhs: Arrow
    rhs: Arrow
    name: str = ""

    def __post_init__(self) -> None:
        for side, left, right in (("start from", self.lhs.dom, self.rhs.dom), ("end in", self.lhs.cod, self.rhs.cod)):
            if left != right:
                raise BoundaryError(f"the sides of the goal {self.name!r} {side} {left} and {right}")


@dataclass(frozen=True, slots=True)
class Obligation:
    """Under the hypotheses, all of the goals."""

    name: str
    goals: tuple[Goal, ...]
    hypotheses: tuple[Hypotheses, ...] = ()


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A finite model (Z₃, tables of the seed) and a point of it at which the sides of a goal differ."""

    goal: str
    seed: int
    point: Value
    lhs: Value
    rhs: Value


@dataclass(frozen=True, slots=True)
class ProofResult:
    """What is known of an obligation, why, and who said so. It is not a truth value: compare the status."""

    name: str
    status: Status
    reason: str
    outcomes: tuple[Outcome, ...]
    consistency: tuple[Outcome, ...] = ()
    counterexample: Counterexample | None = None
    syntactic: bool = False
    """Both sides of every goal traced to one and the same term, so the solvers had nothing to do."""
    text: str = ""

    def __bool__(self) -> bool:
        raise TypeError("a proof result is not a truth value: compare its status")

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of each solver on the goals."""
        return {outcome.solver: outcome.seconds for outcome in self.outcomes}


# ------------------------------------------------------------------------------------------------ tracing


def traced(goal: Goal, name: str) -> Formula:
    """Run both sides once on one arbitrary value."""
    argument = variable(name, goal.lhs.dom)
    point = term_of(argument, goal.lhs.dom)
    lhs, rhs = (term_of(side.run(argument), side.cod) for side in (goal.lhs, goal.rhs))
    return Formula((point,), lhs, rhs)


def quantified(hypothesis: Hypothesis) -> Formula:
    """The equation at a tuple of variables, one for each leaf: the shape that solvers instantiate best."""
    lhs, rhs = hypothesis.equation.lhs, hypothesis.equation.rhs
    functions = Functions(OpaqueEngine())
    parts: list[Ob] = list(leaves(lhs.dom))
    variables = [variable(f"x{i}", ob) for i, ob in enumerate(parts)]
    argument = unflatten(lhs.dom, list(variables))
    sides = [term_of(functions.meaning(side).run(argument), side.cod) for side in (lhs, rhs)]
    bound = tuple(term_of(value, ob) for value, ob in zip(variables, parts, strict=True))
    return Formula(bound, *sides)


def texts(obligation: Obligation) -> tuple[str, str]:
    """The SMT-LIB texts of the obligation and of its hypotheses alone."""
    hypotheses = [quantified(each) for group in obligation.hypotheses for each in group.members]
    goals = [traced(goal, f"x{i}") for i, goal in enumerate(obligation.goals)]
    return smtlib(hypotheses, goals), smtlib(hypotheses)


# ------------------------------------------------------------------------------------------------ models


def registered_model(groups: Sequence[Hypotheses]) -> dict[Symbol, Run]:
    """The registered models together; where two give the same symbol, the check below decides whether they agree."""
    meanings: dict[Symbol, Run] = {}
    for group in groups:
        for symbol, meaning in group.model:
            meanings.setdefault(symbol, meaning)
    return meanings


def model_failure(groups: Sequence[Hypotheses], model: dict[Symbol, Run]) -> str:
    """Why the registered model is no model of the hypotheses, or "" after checking each at every value."""
    functions = Functions(FiniteEngine(model))
    for hypothesis in (each for group in groups for each in group.members):
        lhs, rhs = (functions.meaning(side).run for side in (hypothesis.equation.lhs, hypothesis.equation.rhs))
        ob = hypothesis.equation.lhs.dom
        if MODULUS ** sum(1 for _ in leaves(ob)) > LARGEST_CHECK:
            return f"{hypothesis.name}: too many values of {ob} for an exhaustive check"
        for value in values(ob):
            if lhs(value) != rhs(value):
                return f"{hypothesis.name} fails in its registered model at {value}: {lhs(value)} ≠ {rhs(value)}"
    return ""


def finite_counterexample(obligation: Obligation, *, seeds: int = SEEDS, points: int = POINTS) -> Counterexample | None:
    """The first point of a finite model of the hypotheses at which a goal fails, by evaluating its traced terms."""
    model = registered_model(obligation.hypotheses)
    for number, goal in enumerate(obligation.goals):
        formula = traced(goal, f"x{number}")
        order = in_order((formula.lhs, formula.rhs))
        for seed in range(seeds):
            engine = FiniteEngine(model, seed)
            for point in draws(goal.lhs.dom, seed, points):
                found = evaluate(order, {formula.variables[0]: point}, engine)
                if found[formula.lhs] != found[formula.rhs]:
                    return Counterexample(goal.name, seed, point, found[formula.lhs], found[formula.rhs])
    return None


# ------------------------------------------------------------------------------------------------ discharge


def discharge(obligation: Obligation, solvers: Sequence[Solver] | None = None) -> ProofResult:
    """What the solvers make of the obligation. Raises SolverDisagreement where they, or the models, contradict."""
    if not obligation.goals:
        return ProofResult(obligation.name, "vacuous", "there is no goal", ())
    chosen = default_solvers() if solvers is None else solvers
    problem, alone = texts(obligation)
    outcomes = tuple(solver.check(problem) for solver in chosen)
    consistency = tuple(solver.check(alone, quick=True) for solver in chosen) if obligation.hypotheses else ()
    agree(consistency)
    formulas = [traced(goal, "x") for goal in obligation.goals]
    syntactic = all(formula.lhs is formula.rhs for formula in formulas)

    def result(status: Status, reason: str, found: Counterexample | None = None) -> ProofResult:
        return ProofResult(obligation.name, status, reason, outcomes, consistency, found, syntactic, problem)

    contradiction = [outcome.solver for outcome in consistency if outcome.answer == "unsat"]
    if contradiction:
        return result("vacuous", f"the hypotheses contradict each other (says {', '.join(contradiction)})")
    agree(outcomes)
    failure = model_failure(obligation.hypotheses, registered_model(obligation.hypotheses))
    if failure:
        return result("undecided", f"the hypotheses have no registered model: {failure}")
    return _verdict(obligation, outcomes, result)


def _verdict(obligation: Obligation, outcomes: tuple[Outcome, ...], result: Any) -> ProofResult:
    """The status once the hypotheses are known to be satisfiable."""
    found = finite_counterexample(obligation)
    unsat = [outcome.solver for outcome in outcomes if outcome.answer == "unsat"]
    sat = [outcome.solver for outcome in outcomes if outcome.answer == "sat"]
    if found and unsat:
        raise SolverDisagreement(f"{', '.join(unsat)} answered unsat, but a finite model fails: {found}")
    if found:
        return result("refuted", f"{found.goal or 'the goal'} fails in a finite model", found)  # type: ignore[no-any-return]
    if sat:
        return result("refuted", f"{', '.join(sat)} found a model; no small one was replayed")  # type: ignore[no-any-return]
    missing = [name for name in REQUIRED if name not in unsat]
    if missing:
        said = {outcome.solver: f"{outcome.answer} ({outcome.reason})" for outcome in outcomes}
        reasons = "; ".join(f"{name}: {said.get(name, 'not asked')}" for name in missing)
        return result("undecided", f"one solver alone is no proof; {reasons}" if unsat else reasons)  # type: ignore[no-any-return]
    return result("proved", f"unsat from {' and '.join(REQUIRED)}")  # type: ignore[no-any-return]


def prove(
    lhs: Arrow,
    rhs: Arrow,
    hypotheses: Sequence[Hypotheses] = (),
    *,
    name: str = "",
    solvers: Sequence[Solver] | None = None,
) -> ProofResult:
    """∀ x. lhs(x) = rhs(x) under the hypotheses, for arrows of opaque functions. Raises BoundaryError, TraceError."""
    return discharge(Obligation(name, (Goal(lhs, rhs, name),), tuple(hypotheses)), solvers)
