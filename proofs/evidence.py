"""Laws as obligations: the law function runs on opaque objects and morphisms, and the solvers judge what it returns."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from verified_cat.check import Law, claims
from verified_cat.equation import Equation
from verified_cat.errors import BoundaryError, MissingOperation, ShapeError
from verified_cat.functions import Arrow
from verified_cat.proofs.finite import FiniteEngine, draws
from verified_cat.proofs.hypotheses import Hypotheses
from verified_cat.proofs.needed import key, needed
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
from verified_cat.proofs.solvers import Solver, default_solvers
from verified_cat.proofs.sources import OpaqueSource
from verified_cat.proofs.symbols import TraceError
from verified_cat.proofs.trivial import triviality
from verified_cat.report import Strength, Verdict
from verified_cat.worlds import Mutant, world

METHOD = "z3+cvc5"


def proof_of(
    stated: Law, name: str, mutant: Mutant | None = None, *, solvers: Sequence[Solver] | None = None
) -> Verdict:
    """What both solvers make of a law in one world, first without and then with what is assumed of the symbols.

    A law that speaks of particular numbers or derivatives of the table is not run, with the reason. A mutant is refuted
    by a finite model in which the law holds of the right code and fails of the wrong one.
    """
    if stated.without_solver or stated.floats:
        return Verdict(Strength.NOT_RUN, METHOD, reason=stated.without_solver or stated.floats)
    start = time.perf_counter()
    try:
        results = _proofs(stated, name, solvers) if mutant is None else [_told_apart(stated, name, mutant)]
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


def _proofs(stated: Law, name: str, solvers: Sequence[Solver] | None = None) -> list[ProofResult]:
    """What was made of each goal of a law; goals that are trivial beside others that are not count for nothing."""
    results = [found for _, found in attempts(stated, name, solvers)]
    telling = [found for found in results if not found.trivial]
    if telling or not by_definition(stated, name):
        return telling or results
    return [replace(found, status="proved", reason=f"by definition: {found.reason}") for found in results]


def attempts(
    stated: Law, name: str, solvers: Sequence[Solver] | None = None
) -> Iterator[tuple[Obligation, ProofResult]]:
    """Each goal on its own with what was made of it, first without hypotheses and then with those that it needs."""
    obligation = obligation_of(stated, name)
    for number, goal in enumerate(obligation.goals):
        tried = Obligation(obligation.name, (goal,))
        found = discharge(tried, solvers)
        if found.status in ("refuted", "undecided"):
            groups = needed(key(stated.name, name, number), traced(goal, "x"), obligation.hypotheses, ease=True)
            tried = replace(tried, hypotheses=groups)
            found = discharge(tried, solvers) if groups else found
        yield tried, found


def by_definition(stated: Law, name: str) -> bool:
    """Whether a law whose goals are all trivial in a world depends on the construction there, or says more elsewhere.

    Composition in Dual *is* composition the other way round, and naturality of Δ there is additivity, which is assumed;
    but a mutant changes the goals. No mutant changes an equation f = f.
    """
    if any(other != name and not _says_nothing(stated, other) for other in stated.worlds):
        return True
    mutants = [mutant for mutant in stated.mutants if mutant.world == name]
    return any(not _says_nothing(stated, name, mutant) for mutant in mutants)


def _says_nothing(stated: Law, name: str, mutant: Mutant | None = None) -> bool:
    try:
        obligation = obligation_of(stated, name, mutant, one_sort=mutant is not None)
        return all(triviality(goal, traced(goal, "x"), obligation.hypotheses) for goal in obligation.goals)
    except (TraceError, BoundaryError):  # the types alone refuse the mutant
        return mutant is None


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


def replayed(
    stated: Law, name: str, mutant: Mutant | None = None, *, assuming: bool = True, one_sort: bool | None = None
) -> Counterexample | None:
    """The first point of a finite model at which the sides differ when the code itself, unboxed, runs on numbers.

    The model is one of the hypotheses, or, not ``assuming`` them, any at all. All objects are one for a mutant, unless
    ``one_sort`` says otherwise.
    """
    one_sort = mutant is not None if one_sort is None else one_sort
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


def _stated(stated: Law, name: str, source: OpaqueSource, mutant: Mutant | None) -> Iterator[tuple[Arrow, Arrow]]:
    where = world(name, source, mutant)
    for claim, lhs, rhs in claims(stated, where):
        if not isinstance(claim, Equation):
            raise TraceError(f"{stated.name} speaks of particular numbers")
        one = claim.lhs is claim.rhs  # observed twice, it would be two arrows
        yield lhs, lhs if one else rhs


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
    definition = worst.status == "proved" and all(result.trivial for result in results)
    reason = worst.reason if definition or worst.status != "proved" else ""
    return Verdict(_WORDS[worst.status], METHOD, len(results), example=example, reason=reason, seconds=seconds)
