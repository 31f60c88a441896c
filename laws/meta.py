"""Laws about the suite: its hypotheses have models, its equalities are named, its mutants die, its table is right."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

from verified_cat.audits import audit
from verified_cat.check import EQUALITIES, LAWS, Counterexample, Law, instance
from verified_cat.deciding import exact
from verified_cat.draw import Style, seeded
from verified_cat.errors import DataError
from verified_cat.functions import Functions
from verified_cat.laws.engines import bounds_for, exact_engine, judge
from verified_cat.objects import Sort
from verified_cat.primitives import TABLE, Elementwise, Primitive, pullback, scale_on
from verified_cat.proofs.evidence import assumed_in, consistent
from verified_cat.proofs.hypotheses import Hypotheses, hypotheses
from verified_cat.proofs.obligations import model_failure, registered_model
from verified_cat.reference.cases import every_small_case
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.report import Strength
from verified_cat.sampling import sampled
from verified_cat.terms import First, Second
from verified_cat.worlds import DrawnSource, Draws, Mutant, world

# ------------------------------------------------------------------------------------------------ META-SAT


def _contradictory() -> Hypotheses:
    """x = y for all x and y: it has a model of one element, and none of two."""
    a = Sort("A")
    return hypotheses("everything is equal", {"x = y": (First(a, a), Second(a, a))}, {})


UNGUARDED_ROOT = """
(set-logic ALL)
(declare-fun root (Real) Real)
(declare-fun square (Real) Real)
(assert (= (square 1.0) 1.0))
(assert (= (square (- 1.0)) 1.0))
(assert (forall ((x Real)) (= (root (square x)) x)))
(check-sat)
"""
"""sqrt(x · x) = x without x ≥ 0, an axiom of a published proof of backpropagation: it implies 1 = -1."""


@audit(
    "META-SAT",
    source="derived here; certigrad, tfacts.lean line 70",
    controls={
        "x = y for all x and y": lambda: _without_model(_contradictory()),
        "sqrt(x · x) = x without a guard": lambda: [] if consistent(UNGUARDED_ROOT) else ["it implies 1 = -1"],
    },
)
def every_hypothesis_has_a_checked_model():
    """Each set of hypotheses that a proof may use holds in its registered model, whose carriers have three elements."""
    sets = {each.name: each for stated in LAWS.values() for each in assumed_in(stated)}
    return len(sets), [failure for each in sets.values() for failure in _without_model(each)]


def _without_model(each: Hypotheses) -> list[str]:
    failure = model_failure((each,), registered_model((each,)))
    return [f"{each.name}: {failure}"] if failure else []


# ------------------------------------------------------------------------------------------------ META-EQ


def _equality_faults(stated: Law) -> Iterator[str]:
    if stated.equality not in EQUALITIES:
        yield f"{stated.name}: {stated.equality!r} is no declared equality"
        return
    draws = Draws(seeded(0), Style("polynomial", 1))
    found = instance(stated, world(stated.worlds[0], DrawnSource(exact_engine(), draws)))
    named = [bool(each.along) for each in found if not isinstance(each, Counterexample)]
    if stated.equality == "iso" and not any(named):
        yield f"{stated.name}: no equation names the isomorphism that it holds along"
    if stated.equality == "strict" and any(named):
        yield f"{stated.name}: called strict, but an equation holds along an isomorphism"
    if stated.negative and not any(isinstance(each, Counterexample) for each in found):
        yield f"{stated.name}: called a failure, but has no counterexample"


@audit(
    "META-EQ",
    source="derived here",
    controls={
        "an approximate equality": lambda: _equality_faults(replace(LAWS["CAT-UNIT"], equality="≈")),
        "an isomorphism that is not named": lambda: _equality_faults(replace(LAWS["CAT-UNIT"], equality="iso")),
        "a strict law along an isomorphism": lambda: _equality_faults(replace(LAWS["PARA-ASSOC"], equality="strict")),
        "a failure without a counterexample": lambda: _equality_faults(replace(LAWS["CAT-UNIT"], negative=True)),
    },
)
def every_law_names_its_equality():
    """Each law is strict, or names its isomorphism, or carries the point at which the equation fails; none is "≈"."""
    return len(LAWS), [fault for stated in LAWS.values() for fault in _equality_faults(stated)]


# ------------------------------------------------------------------------------------------------ META-MUT


def kill_matrix(draws: int = 120) -> dict[tuple[str, str], bool]:
    """Which mutant the law named for it refutes, exactly, by drawn instances at symbolic inputs."""
    return {
        (stated.name, f"{mutant.world}: {mutant.says}"): refutes(stated, mutant, draws)
        for stated in LAWS.values()
        for mutant in stated.mutants
    }


def refutes(stated: Law, mutant: Mutant, draws: int = 120) -> bool:
    """Whether the law refutes the mutant, by the exact engine; a law about rounding, by plain float arithmetic."""
    if stated.floats:
        verdict = sampled(stated, mutant.world, NumpyEngine(), bounds_for("float64"), 60, mutant)
        return verdict.strength is Strength.REFUTED and "raised" not in verdict.example  # what raises, any law refutes
    for seed in range(draws):
        with suppress(DataError):  # a wrong map may leave the domain of 1/x, which is no comparison
            verdict = exact(stated, mutant.world, exact_engine(), judge, [seeded(seed)], mutant)
            if verdict.strength is Strength.REFUTED:
                return True
    return False


def _harmless() -> Mutant:
    """A change that changes nothing: no law may refute it."""

    def padded(functions, f, g):
        return Functions.compose(functions, f, Functions.compose(functions, functions.identity(g.dom), g))

    return Mutant("functions", {"compose": padded}, "an identity is put in between")


def _mutant_faults(matrix: dict[tuple[str, str], bool], laws: Iterable[Law]) -> list[str]:
    wrong = [f"{law} does not refute: {says}" for (law, says), dead in matrix.items() if not dead]
    return wrong + [f"{stated.name} has no mutant" for stated in laws if not stated.mutants]


def _with_mutants(*mutants: Mutant) -> list[str]:
    """What is found wrong with a law that nothing is wrong with but its mutants."""
    stated = replace(LAWS["CAT-ASSOC"], mutants=mutants)
    return _mutant_faults({(stated.name, each.says): refutes(stated, each) for each in mutants}, [stated])


@audit(
    "META-MUT",
    source="derived here",
    controls={
        "a mutant that changes nothing": lambda: _with_mutants(_harmless()),
        "a law without a mutant": lambda: _with_mutants(),
    },
)
def every_law_refutes_its_mutants():
    """Each law comes with at least one wrong implementation, and refutes it."""
    matrix = kill_matrix()
    return len(matrix), _mutant_faults(matrix, LAWS.values())


# ------------------------------------------------------------------------------------------------ META-PRIM


def _derivative_faults(name: str, arguments: tuple, doubled: bool = False) -> Iterator[str]:
    from verified_cat.reference.jacobian import derivative_gap, kink_gap  # SymPy: only where the law is run

    operation = Primitive(name, arguments)
    rule = pullback(operation) >> scale_on(2, operation.dom) if doubled else None
    for mode in ("reverse",) if doubled else ("reverse", "forward"):
        decision = derivative_gap(operation, mode, rule).decision
        if decision.verdict != "equal":
            yield f"{operation!r}, {mode}: {decision}"
    if isinstance(TABLE[name], Elementwise) and not doubled:
        yield from (
            f"{operation!r} at a kink: {gap.decision}" for gap in kink_gap(operation) if gap.decision.verdict != "equal"
        )


@audit(
    "META-PRIM",
    source="derived here",
    controls={f"{name}' = 2 {name}'": partial(_derivative_faults, name, ((2,),), True) for name in ("exp", "multiply")},
)
def every_derivative_of_the_table_is_that_of_calculus():
    """The pullback and pushforward of each operation are SymPy's derivative of it; at kinks the convention."""
    cases = [(case.name, case.arguments) for case in every_small_case()]
    return len(cases), [fault for name, arguments in cases for fault in _derivative_faults(name, arguments)]
