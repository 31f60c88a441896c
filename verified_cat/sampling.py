"""A law held against an engine at drawn instances: a derived bound, a count of what was not trivial, an example."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from verified_cat.check import LAWS, Bitwise, Claim, Counterexample, Law, claims, sides
from verified_cat.comparing import Comparison, compare, compare_bits, entries, is_finite
from verified_cat.engine import CheckableEngine
from verified_cat.equation import Equation
from verified_cat.errors import BoundaryError, DataError, MissingOperation, UsageError
from verified_cat.floats import added
from verified_cat.functions import Arrow, OperationFault, Value
from verified_cat.held import OwnFault, Unstated
from verified_cat.objects import Ob, flatten, leaves, size
from verified_cat.own import absent, declared
from verified_cat.report import Strength, Verdict, not_run
from verified_cat.worlds import DrawnSource, Draws, Mutant, drawing, replayed, world


def instances_of(stated: Law, examples: int) -> int:
    """How many instances of a law are drawn where ``examples`` is the usual number."""
    return max(2 * stated.minimum, examples // 10) if stated.costly else examples


@dataclass(slots=True)
class Tally:
    """What a run of instances has found so far."""

    instances: int = 0
    witnesses: int = 0
    worst: Comparison = field(default=Comparison(0.0, 0.0, True, False))
    failed: dict[str, Any] | None = None

    def add(self, comparison: Comparison, example: Callable[[], dict[str, Any]], *, negative: bool) -> None:
        """Count one instance; keep the first that does not hold."""
        self.instances += 1
        self.witnesses += comparison.counts
        if comparison.share >= self.worst.share:
            self.worst = comparison
        if comparison.holds == negative and self.failed is None:
            self.failed = example() | {"gap": comparison.gap, "allowed": comparison.allowed}


def try_instance(
    stated: Law,
    name: str,
    engine: Any,
    bounds: Any,
    draws: Draws,
    tally: Tally,
    mutant: Mutant | None = None,
    only: int | None = None,
) -> None:
    """State a law at what ``draws`` gives, in ``engine`` and in the category of bounds, and compare the sides.

    ``only`` is the number of the one equation to look at. Raises EngineRaised where the engine raises an exception.
    """
    tracked: list[tuple[Arrow, Arrow, Any]] = []
    for number, (claim, lhs, rhs) in enumerate(claimed(stated, name, engine, draws, mutant)):
        if only is not None and number != only:
            continue
        fixed = None if isinstance(claim, Equation) else claim.point
        special = engine.precision if isinstance(claim, Bitwise) and claim.special else ""
        point = draws.point(f"point {number}", lhs.dom, special) if fixed is None else fixed
        draws.points[f"point {number}"] = lhs.dom, point
        try:
            left, right = (seen(engine, side, point) for side in (lhs, rhs))
        except (MissingOperation, RecursionError, Unstated):
            raise
        except (Exception, SystemExit) as fault:
            raise EngineRaised(number, fault) from fault
        if isinstance(claim, Bitwise) or (stated.floats and fixed is not None):
            found = compare_bits(left, right)
        elif left == right and all(map(is_finite, left)):
            found = compare(left, right, [0.0] * len(left))  # equal to the bit: no bound is needed
        else:
            tracked = tracked or list(sides(stated, world(name, DrawnSource(bounds, draws), mutant)))
            low, high, _ = tracked[number]
            bound = _total_bound(bounds, lhs.cod, [side.run(bounds.lift(lhs.dom, point)) for side in (low, high)])
            found = compare(left, right, bound)
        example = example_of(stated, name, engine.name, number, draws)
        tally.add(found, example, negative=isinstance(claim, Counterexample))


def claimed(
    stated: Law, name: str, engine: Any, draws: Draws, mutant: Mutant | None
) -> list[tuple[Claim, Arrow, Arrow]]:
    """The claims of a law. Raises EngineRaised where the fault is with an operation or a method of another's, and
    Unstated where the law asks for more than a category of another's has."""
    try:
        return list(claims(stated, world(name, DrawnSource(engine, draws), mutant)))
    except (OwnFault, OperationFault) as fault:
        raise EngineRaised(0, fault) from fault
    except (MissingOperation, UsageError, Unstated):
        raise
    except (Exception, SystemExit) as fault:
        if declared(engine) is None:
            raise
        if isinstance(fault, BoundaryError):
            raise EngineRaised(0, fault) from fault
        raise Unstated(f"the law asks for more than a category: {type(fault).__name__}: {fault}") from fault


def lacking_in(engine: Any, fault: MissingOperation) -> str:
    """Why a law is not run where an operation is missing: no more than was declared, where operations are."""
    return str(fault) if hasattr(engine, "operations") else f"the engine lacks an operation: {fault}"


def seen(engine: Any, side: Arrow, point: Any) -> list[Any]:
    """The entries of the value of one side at an exact point; of an engine that rounds, as Python's own numbers.

    What a number of the engine's own says of ``==`` is not asked.
    """
    entries = _numbers(side.cod, engine.lower(side.cod, side.run(engine.lift(side.dom, point))))
    return entries if engine.precision == "exact" else [_plain(entry) for entry in entries]


def _plain(number: Any) -> Any:
    return number if type(number) in (float, int, Fraction) else float(number)


def _numbers(ob: Ob, observed: Any) -> list[Any]:
    """The entries of what ``lower`` gave. Raises DataError where it is no value of the object."""
    try:
        found = flatten(ob, observed)
    except ValueError as fault:
        raise DataError(f"`lower` gave no value of {ob}: {fault}") from fault
    for leaf, given in zip(leaves(ob), found, strict=True):
        if not isinstance(given, tuple):
            raise DataError(f"`lower` gave {type(given).__name__} for {leaf}, not a tuple of its entries")
        if len(given) != size(leaf):
            raise DataError(f"`lower` gave {len(given)} entries for {leaf}, which has {size(leaf)}")
    numbers = [number for given in found for number in given]
    for number in numbers:
        if not hasattr(number, "__float__"):  # as real numbers have, and expressions for them
            raise DataError(f"`lower` gave {number!r} in {ob}, which is {type(number).__name__} and no real number")
    return numbers


def example_of(stated: Law, name: str, engine: str, number: int, draws: Draws) -> Callable[[], dict[str, Any]]:
    return lambda: {"law": stated.name, "world": name, "engine": engine, "equation": number} | draws.as_example()


def _total_bound(bounds: Any, ob: Ob, values: list[Value]) -> list[float]:
    """The sum of the errors of both sides: neither is taken for the truth."""
    errors = [entries(ob, bounds.bound(ob, value)) for value in values]
    return [added(entry) for entry in zip(*errors, strict=True)]


SHRINKS = 200
"""How many smaller instances are tried once one has failed: counted, not timed, so that a run can be repeated."""


@dataclass(slots=True)
class _Shrinking:
    """The smallest instance that has failed so far, and how many were tried after the first that did."""

    smallest: dict[str, Any] | None = None
    tried: int = 0

    @property
    def over(self) -> bool:
        """Whether enough was tried."""
        return self.tried >= SHRINKS

    def note(self, failed: dict[str, Any] | None) -> None:
        """Count one instance, failed or not."""
        self.tried += self.smallest is not None
        self.smallest = failed or self.smallest


def sampled(
    stated: Law,
    name: str,
    engine: CheckableEngine,
    bounds: Any,
    examples: int,
    mutant: Mutant | None = None,
    seed: int = 0,
    *,
    shrink: bool = True,
) -> Verdict:
    """Draw instances with Hypothesis, and compare the sides of the law in ``engine`` within the derived bound.

    ``bounds`` is an engine whose values carry rounding errors (``bound(ob, value)`` gives them). A failing instance is
    shrunk where that is asked for, except against a mutant, where any will do.
    """
    from hypothesis import HealthCheck, Phase, given, settings, strategies
    from hypothesis import seed as seeded_by
    from hypothesis.errors import Flaky, Unsatisfiable

    if why := absent(engine, name):
        return not_run("hypothesis", why)
    tally, shrinking, start = Tally(), _Shrinking(), time.perf_counter()
    phases = [Phase.generate, Phase.shrink] if shrink and not mutant else [Phase.generate]

    @seeded_by(seed)
    @settings(
        max_examples=instances_of(stated, examples),
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.randoms(use_true_random=False))  # shrinks like any strategy, and draws ten times faster
    def run(random: Any) -> None:
        if shrinking.over:  # Hypothesis, which is told that nothing smaller fails, then comes to an end
            return
        tally.failed = None
        draws = drawing(engine, name, random.choice, stated.style)
        try:
            try_instance(stated, name, engine, bounds, draws, tally, mutant)
        except EngineRaised as fault:
            tally.failed = example_of(stated, name, engine.name, fault.equation, draws)() | fault.as_example()
        shrinking.note(tally.failed)
        if tally.failed is not None:
            raise _Refuted

    try:
        run()
    except (_Refuted, Unsatisfiable):  # where every instance was thrown away there are no witnesses
        pass
    except Unstated as fault:
        return not_run("hypothesis", fault)
    except MissingOperation as fault:
        if declared(engine) is None and not hasattr(engine, "operations"):
            raise
        return not_run("hypothesis", lacking_in(engine, fault))
    except Flaky:  # the same draws, another outcome: the engine has state, unless we gave up on smaller ones
        if shrinking.over:
            tally.failed = shrinking.smallest
            return _verdict(stated, tally, "hypothesis", time.perf_counter() - start)
        told = {"raised": "the same instance gave different results: the engine is not deterministic"}
        tally.failed = {"gap": math.inf, "allowed": 0.0} | (tally.failed or {"law": stated.name, "world": name}) | told
    return _verdict(stated, tally, "hypothesis", time.perf_counter() - start)


class _Refuted(Exception):
    """An instance of a law does not hold."""


class EngineRaised(Exception):
    """An engine raised an exception on an instance, which is no way to satisfy a law."""

    def __init__(self, equation: int, fault: BaseException) -> None:
        super().__init__(str(fault))
        self.equation = equation
        self.fault = fault

    def as_example(self) -> dict[str, Any]:
        """What was raised, with an infinite gap."""
        return {"gap": math.inf, "allowed": 0.0, "raised": f"{type(self.fault).__name__}: {self.fault}"}


def _verdict(stated: Law, tally: Tally, method: str, seconds: float) -> Verdict:
    gap, allowed = tally.worst.gap, tally.worst.allowed
    if tally.failed is not None:
        failed = tally.failed
        return Verdict(
            Strength.REFUTED, method, tally.witnesses, failed["gap"], failed["allowed"], failed, seconds=seconds
        )
    if tally.witnesses < (1 if stated.negative else stated.minimum):
        reason = f"{tally.witnesses} non-trivial instances of {tally.instances}; the law asks for {stated.minimum}"
        return Verdict(Strength.VACUOUS, method, tally.witnesses, gap, allowed, reason=reason, seconds=seconds)
    return Verdict(Strength.SAMPLED, method, tally.witnesses, gap, allowed, seconds=seconds)


def replay(example: dict[str, Any], engine: Any, bounds: Any) -> Tally:
    """An example of a report, stated again in ``engine``. Raises UsageError where the example is not one of a law."""
    stated = LAWS.get(str(example.get("law")))
    name = str(example.get("world"))
    if stated is None or name not in stated.worlds:
        raise UsageError(f"the example is of the law {example.get('law')!r} in {name!r}, which is not stated here")
    if why := absent(engine, name):
        raise UsageError(f"the example is of the world {name!r}: {why}")
    number = example.get("equation", 0)
    if type(number) is not int or number < 0:
        raise UsageError(f"the number of an equation is a whole number >= 0, not {number!r:.40}")
    tally, draws = Tally(), replayed(example)
    draws.by_terms = draws.by_terms or declared(engine) is not None
    try:
        try_instance(stated, name, engine, bounds, draws, tally, only=number)
    except EngineRaised as fault:
        tally.failed = fault.as_example()
    return tally
