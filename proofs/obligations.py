"""From two running morphisms to a proof: trace, print, ask both solvers, and doubt the answer.

"proved" needs all of: unsat from Z3 and from cvc5; hypotheses that neither solver can refute alone, whose registered
model (three values in each sort) passes an exhaustive check, and that speak of the goal; a goal that is not true
whatever the code does (``trivial``); no finite model that breaks the equation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from verified_cat.errors import BoundaryError, MissingOperation
from verified_cat.functions import Arrow, Functions, Run, Value
from verified_cat.objects import Ob, leaves, unflatten
from verified_cat.primitives import Symbol
from verified_cat.proofs.finite import MODULUS, FiniteEngine, draws, evaluator, values
from verified_cat.proofs.hypotheses import Hypotheses, Hypothesis
from verified_cat.proofs.smtlib import Formula, in_order, smtlib
from verified_cat.proofs.solvers import Answer, Outcome, Solver, SolverDisagreement, agree, default_solvers
from verified_cat.proofs.symbols import TraceError, term_of, variable
from verified_cat.proofs.trivial import WORDS, Triviality, relevant, triviality
from verified_cat.proofs.worlds import OpaqueEngine, OpaqueFunctions
from verified_cat.terms import Term

Status = Literal["proved", "refuted", "vacuous", "undecided"]

REQUIRED = ("z3", "cvc5")
"""The solvers that must both answer unsat: one alone is no proof."""

SEEDS, POINTS = 6, 40
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
    trivial: Triviality = ""
    """Why every goal would hold whatever the constructions did."""
    problems: tuple[str, ...] = ()
    """The SMT-LIB texts that were asked, one for each goal."""

    def __bool__(self) -> bool:
        raise TypeError("a proof result is not a truth value: compare its status")

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of each solver on the goals."""
        return {outcome.solver: outcome.seconds for outcome in self.outcomes}


# ------------------------------------------------------------------------------------------------ tracing


def traced(goal: Goal, name: str) -> Formula:
    """Run both sides on one arbitrary value, twice. Raises TraceError where one looks inside it, or is no function."""
    argument, looks = variable(name, goal.lhs.dom), TraceError.count
    point = term_of(argument, goal.lhs.dom)
    lhs, rhs, again, again2 = (term_of(side.run(argument), side.cod) for side in (goal.lhs, goal.rhs) * 2)
    if TraceError.count != looks:
        raise TraceError(f"{goal.name or 'a goal'}: the code caught the error of looking inside an opaque value")
    if lhs is not again or rhs is not again2:
        raise TraceError(f"{goal.name or 'a goal'}: two runs on the same value gave two terms, so it is no function")
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


def problems(obligation: Obligation) -> tuple[str, ...]:
    """One SMT-LIB text for each goal under the hypotheses: apart, they do not lead the solver into one another."""
    assumed = [quantified(each) for group in obligation.hypotheses for each in group.members]
    return tuple(smtlib(assumed, [traced(goal, "x")]) for goal in obligation.goals)


def hypotheses_alone(obligation: Obligation) -> str:
    """The SMT-LIB text of the hypotheses without a goal: unsat is a contradiction."""
    return smtlib([quantified(each) for group in obligation.hypotheses for each in group.members])


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
    for hypothesis in (each for group in groups for each in group.members):
        try:
            failure = _failure(hypothesis, Functions(FiniteEngine(model, seed=None)))
        except (MissingOperation, ValueError) as fault:  # no meaning, or one that gives no value of its object
            failure = str(fault)
        if failure:
            return f"{hypothesis.name}: {failure}"
    return ""


def _failure(hypothesis: Hypothesis, functions: Functions) -> str:
    lhs, rhs = (functions.meaning(side).run for side in (hypothesis.equation.lhs, hypothesis.equation.rhs))
    ob = hypothesis.equation.lhs.dom
    if MODULUS ** sum(1 for _ in leaves(ob)) > LARGEST_CHECK:
        return f"too many values of {ob} for an exhaustive check"
    for value in values(ob):
        if lhs(value) != rhs(value):
            return f"fails in its registered model at {value}: {lhs(value)} ≠ {rhs(value)}"
    return ""


def finite_counterexample(obligation: Obligation, *, seeds: int = SEEDS, points: int = POINTS) -> Counterexample | None:
    """The first point of a finite model of the hypotheses at which a goal fails, by evaluating its traced terms."""
    model = registered_model(obligation.hypotheses)
    for goal in obligation.goals:
        formula = traced(goal, "x")
        if formula.lhs is formula.rhs:
            continue
        order = in_order((formula.lhs, formula.rhs))
        for seed in range(seeds):
            evaluate = evaluator(order, FiniteEngine(model, seed))
            for point in draws(goal.lhs.dom, seed, points):
                found = evaluate({formula.variables[0]: point})
                if found[formula.lhs] != found[formula.rhs]:
                    return Counterexample(goal.name, seed, point, found[formula.lhs], found[formula.rhs])
    return None


# ------------------------------------------------------------------------------------------------ discharge


def discharge(obligation: Obligation, solvers: Sequence[Solver] | None = None) -> ProofResult:
    """What the solvers make of the obligation. Raises SolverDisagreement where they, or the models, contradict."""
    if not obligation.goals:
        return ProofResult(obligation.name, "vacuous", "there is no goal", ())
    chosen = default_solvers() if solvers is None else solvers
    failure = model_failure(obligation.hypotheses, registered_model(obligation.hypotheses))
    found = None if failure else finite_counterexample(obligation)
    asked, alone = problems(obligation), hypotheses_alone(obligation)
    # A counterexample settles the matter; the solvers are then asked only whether they contradict it.
    outcomes = tuple(_answer_to_all(solver, asked, quick=found is not None) for solver in chosen)
    consistency = tuple(solver.check(alone, quick=True) for solver in chosen) if obligation.hypotheses else ()
    status, reason = _judge(outcomes, consistency, failure, found)
    formulas = [traced(goal, "x") for goal in obligation.goals]
    syntactic = all(formula.lhs is formula.rhs for formula in formulas)
    trivial, why = _empty(obligation, formulas)
    if status == "proved" and why:
        status, reason = "vacuous", why
    return ProofResult(obligation.name, status, reason, outcomes, consistency, found, syntactic, trivial, asked)


def _empty(obligation: Obligation, formulas: Sequence[Formula]) -> tuple[Triviality, str]:
    """Why a proof of the obligation would be worth nothing: all its goals are trivial, or what it assumes is idle."""
    pairs = list(zip(obligation.goals, formulas, strict=True))
    found = [triviality(goal, formula, obligation.hypotheses) for goal, formula in pairs]
    if all(found):
        return found[0], "; ".join(dict.fromkeys(WORDS[each] for each in found))
    if obligation.hypotheses and not any(relevant(formula, obligation.hypotheses) for formula in formulas):
        return "", "the hypotheses speak of no symbol of the goal"
    return "", ""


def _answer_to_all(solver: Solver, asked: Sequence[str], *, quick: bool) -> Outcome:
    """unsat where the solver says so of every text; else what it says of the first where it does not."""
    seconds = 0.0
    for text in asked:
        outcome = solver.check(text, quick=quick)
        seconds += outcome.seconds
        if outcome.answer != "unsat":
            break
    return replace(outcome, seconds=seconds)


def _judge(
    outcomes: tuple[Outcome, ...], consistency: tuple[Outcome, ...], failure: str, found: Counterexample | None
) -> tuple[Status, str]:
    """The status and why. "proved" is reached only past every doubt."""
    agree(consistency)
    if contradiction := _saying("unsat", consistency):
        return "vacuous", f"the hypotheses contradict each other (says {' and '.join(contradiction)})"
    agree(outcomes)
    unsat, sat = _saying("unsat", outcomes), _saying("sat", outcomes)
    if found and unsat:
        raise SolverDisagreement(f"{' and '.join(unsat)} answered unsat, but a finite model fails: {found}")
    if failure:
        return "vacuous", f"the hypotheses have no registered model: {failure}"
    if found:
        return "refuted", f"{found.goal or 'the goal'} fails in a finite model"
    if sat:
        return "refuted", f"{' and '.join(sat)} found a model; no small one was replayed"
    said = {outcome.solver: f"{outcome.answer} ({outcome.reason})" for outcome in outcomes}
    reasons = [f"{name}: {said.get(name, 'not asked')}" for name in REQUIRED if name not in unsat]
    if not reasons:
        return "proved", f"unsat from {' and '.join(REQUIRED)}"
    return "undecided", "; ".join(["one solver alone is no proof"] * bool(unsat) + reasons)


def _saying(answer: Answer, outcomes: tuple[Outcome, ...]) -> list[str]:
    return [outcome.solver for outcome in outcomes if outcome.answer == answer]


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


def prove_terms(lhs: Term, rhs: Term, hypotheses: Sequence[Hypotheses] = ()) -> ProofResult:
    """lhs = rhs whatever their operations are: both are read over uninterpreted symbols. Raises BoundaryError."""
    functions = OpaqueFunctions()
    return prove(functions.meaning(lhs), functions.meaning(rhs), hypotheses, name=f"{lhs} = {rhs}")
