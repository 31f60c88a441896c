"""Laws as obligations: the law function runs on opaque objects and morphisms, and the solvers judge what it returns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from verified_cat.check import Law, sides
from verified_cat.errors import MissingOperation, ShapeError
from verified_cat.functions import Arrow
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
    finite_counterexample,
    registered_model,
    traced,
)
from verified_cat.proofs.smtlib import in_order
from verified_cat.proofs.solvers import default_solvers
from verified_cat.proofs.sources import OpaqueSource
from verified_cat.proofs.symbols import TraceError
from verified_cat.report import Strength, Verdict
from verified_cat.worlds import Mutant, world

METHOD = "z3+cvc5"


def proof_of(stated: Law, name: str, mutant: Mutant | None = None) -> Verdict:
    """What both solvers make of a law in one world, first without and then with what is assumed of the symbols.

    A law that speaks of particular numbers or derivatives of the table is not run, with the reason. A mutant is refuted
    by a finite model in which the law holds of the right code and fails of the wrong one.
    """
    if stated.without_solver or stated.floats:
        return Verdict(Strength.NOT_RUN, METHOD, reason=stated.without_solver or stated.floats)
    start = time.perf_counter()
    try:
        results = _proofs(obligation_of(stated, name)) if mutant is None else [_told_apart(stated, name, mutant)]
    except (MissingOperation, TraceError) as fault:
        return Verdict(Strength.NOT_RUN, METHOD, reason=str(fault), seconds=time.perf_counter() - start)
    except ShapeError as fault:  # it uses the table of operations on objects of which nothing is known
        reason = f"{fault}; the law has to say why with `without_solver`"
        return Verdict(Strength.NOT_RUN, METHOD, reason=reason, seconds=time.perf_counter() - start)
    return _verdict(results, time.perf_counter() - start)


def obligation_of(stated: Law, name: str, mutant: Mutant | None = None, *, one_sort: bool = False) -> Obligation:
    """What a law says of opaque symbols in one world, with everything that may be assumed of them.

    Raises MissingOperation or TraceError where it cannot be said of symbols.
    """
    source = OpaqueSource(one_sort=one_sort)
    goals = [Goal(lhs, rhs, f"{stated.name} {i}") for i, (lhs, rhs) in enumerate(_stated(stated, name, source, mutant))]
    return Obligation(f"{stated.name} in {name}", tuple(goals), source.hypotheses)


def _proofs(obligation: Obligation) -> list[ProofResult]:
    """Each goal on its own, first without and then with what is assumed."""
    results = []
    for goal in obligation.goals:
        found = discharge(Obligation(obligation.name, (goal,)))
        if found.status != "proved" and obligation.hypotheses:
            found = discharge(Obligation(obligation.name, (goal,), relevant(goal, obligation.hypotheses)))
        results.append(found)
    return results


def _told_apart(stated: Law, name: str, mutant: Mutant) -> ProofResult:
    """A finite model that tells a mutant from the right code: all objects are one sort, so typing hides nothing."""
    right = obligation_of(stated, name, one_sort=True)
    wrong = obligation_of(stated, name, mutant, one_sort=True)
    for assumed in ((), right.hypotheses):
        for good, bad in zip(right.goals, wrong.goals, strict=True):
            found = finite_counterexample(replace(wrong, goals=(bad,), hypotheses=assumed))
            if found and finite_counterexample(replace(right, goals=(good,), hypotheses=assumed)) is None:
                return ProofResult(right.name, "refuted", f"{bad.name} fails in a finite model", (), (), found)
    return ProofResult(right.name, "undecided", "no finite model tells the mutant apart", ())


def replayed(stated: Law, name: str, mutant: Mutant | None = None, *, assuming: bool = True) -> Counterexample | None:
    """The first point of a finite model at which the sides differ when the code itself, unboxed, runs on numbers.

    The model is one of the hypotheses, or, not ``assuming`` them, any at all.
    """
    one_sort = mutant is not None
    assumed = obligation_of(stated, name, one_sort=one_sort).hypotheses if assuming else ()
    for seed in range(SEEDS):
        source = OpaqueSource(FiniteEngine(registered_model(assumed), seed), one_sort=one_sort)
        for number, (lhs, rhs) in enumerate(_stated(stated, name, source, mutant)):
            for point in draws(lhs.dom, seed, POINTS):
                left, right = lhs.run(point), rhs.run(point)
                if left != right:
                    return Counterexample(f"{stated.name} {number}", seed, point, left, right)
    return None


def assumed_in(stated: Law) -> tuple[Hypotheses, ...]:
    """Every set of hypotheses that a proof of the law in one of its worlds may use."""
    if stated.without_solver or stated.floats:
        return ()
    found: dict[str, Hypotheses] = {}
    for name in stated.worlds:
        try:
            found |= {each.name: each for each in obligation_of(stated, name).hypotheses}
        except (MissingOperation, TraceError, ShapeError):
            continue
    return tuple(found.values())


def consistent(text: str) -> bool:
    """Whether neither solver can refute the assertions of an SMT-LIB text: none of them answers unsat."""
    return all(solver.check(text).answer != "unsat" for solver in default_solvers())


def relevant(goal: Goal, assumed: tuple[Hypotheses, ...]) -> tuple[Hypotheses, ...]:
    """The hypotheses that speak of a symbol of the goal; more of them would only slow the solvers down."""
    formula = traced(goal, "x")
    terms = in_order((formula.lhs, formula.rhs))
    met = {(term.name, term.parts[0].ob, term.ob) for term in terms if term.kind == "apply"}

    def speaks_of_it(group: Hypotheses) -> bool:
        symbols = [symbol for symbol, _ in group.model]
        own = [symbol for symbol in symbols if symbol.name not in ("zero", "add")] or symbols
        return any((symbol.name, symbol.dom, symbol.cod) in met for symbol in own)

    return tuple(group for group in assumed if speaks_of_it(group))


def _stated(stated: Law, name: str, source: OpaqueSource, mutant: Mutant | None) -> Iterator[tuple[Arrow, Arrow]]:
    where = world(name, source, mutant)
    for lhs, rhs, fixed in sides(stated, where):
        if fixed is not None:
            raise TraceError(f"{stated.name} speaks of particular numbers")
        yield lhs, rhs


_WORDS = {
    "proved": Strength.PROVED,
    "undecided": Strength.UNDECIDED,
    "vacuous": Strength.VACUOUS,
    "refuted": Strength.REFUTED,
}


def _verdict(results: list[ProofResult], seconds: float) -> Verdict:
    """The weakest of the results; its counterexample, if it has one, is the example."""
    order = list(_WORDS)
    worst = max(results, key=lambda result: order.index(result.status))
    example = None
    if worst.counterexample is not None:
        found = worst.counterexample
        example = {"law": worst.name, "goal": found.goal, "model": f"Z3, seed {found.seed}", "point": repr(found.point)}
        example |= {"lhs": repr(found.lhs), "rhs": repr(found.rhs)}
    reason = "" if worst.status == "proved" else worst.reason
    return Verdict(_WORDS[worst.status], METHOD, len(results), example=example, reason=reason, seconds=seconds)
