"""Random terms, the exact reference against an engine: values and derivatives, entry by entry, within a derived bound.

|engine - exact| ≤ bound, where exact is a number that no table of derivatives enters (``verified_cat.reference.truth``)
and the bound is a running error analysis of the same term (``verified_cat.reference.rounding``); and each operation on
the way, at the very numbers that it met, within its own rounding (``verified_cat.reference.stepwise``). Instance i of
seed s depends on (s, i) alone: ``instance(s, i)`` replays it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from fractions import Fraction
from functools import partial
from multiprocessing import get_context
from typing import Any

from verified_cat.engine import CheckableEngine, Exact, Observed
from verified_cat.errors import MissingExtra, MissingOperation, ShapeError, UsageError
from verified_cat.functions import Functions
from verified_cat.gad import forward_mode, reverse_mode
from verified_cat.instances import PRODUCTS, Instance, instance
from verified_cat.objects import Ob, flatten, fold, size, unflatten
from verified_cat.primitives import Primitive
from verified_cat.reference.agreement import (
    PARTS,
    STEP,
    VALUES,
    Comparison,
    Crosscheck,
    Excess,
    Outcome,
    gathered,
)
from verified_cat.reference.bounding import bounding
from verified_cat.reference.evaluate import CannotEnclose
from verified_cat.reference.truth import Truth, agree, best_truth, flat, truth, uncertainty
from verified_cat.shard import Shard
from verified_cat.terms import Generator, operations

__all__ = ["PRODUCTS", "Instance", "check", "compare", "crosscheck", "instance", "torch_engines"]

SYMBOLIC = 25
"""Of so many instances one is also given to SymPy, so that the two exact sides are held against each other."""

SEARCHED = 2000
"""So many instances more are looked through for primitives that have to occur."""

WHOLE = Shard()

Numbers = tuple[list[Any], list[Any], list[Any]]
"""Flat numbers for f(x), J(x)ᵀ w and J(x) v."""


# ------------------------------------------------------------------------------------------------ one instance


Out = Callable[[Ob, Any], Any]
"""Takes values of an engine out of it."""


def numbers(engine: CheckableEngine, at: Instance, out: Out) -> Numbers:
    """f(x), J(x)ᵀ w by D and J(x) v in forward mode over the engine, each computed as a user would compute it alone."""
    value = Functions(engine).meaning(at.term)(engine.lift(at.term.dom, at.point))
    _, pulled = backward(engine, at, out)
    return flat(at.term.cod, out(at.term.cod, value)), pulled, pushed_forward(engine, at, out)


def backward(engine: CheckableEngine, at: Instance, out: Out) -> tuple[list[Any], list[Any]]:
    """f(x) and J(x)ᵀ w by D."""
    dom, cod = at.term.dom, at.term.cod
    value, pullback = reverse_mode(engine).differentiate(at.term)(engine.lift(dom, at.point))
    pulled = pullback(engine.lift(cod, at.cotangent))
    return flat(cod, out(cod, value)), flat(dom, out(dom, pulled))


def pushed_forward(engine: CheckableEngine, at: Instance, out: Out) -> list[Any]:
    """J(x) v in forward mode."""
    dom, cod = at.term.dom, at.term.cod
    _, push = forward_mode(engine).differentiate(at.term)(engine.lift(dom, at.point))
    return flat(cod, out(cod, push(engine.lift(dom, at.tangent))))


def check(at: Instance, engines: Sequence[CheckableEngine]) -> Outcome:
    """The instance in each engine against the exact values."""
    names = frozenset(operation.name for operation in operations(at.term))
    try:
        exact = exact_values(at)
    except CannotEnclose as open_question:
        return Outcome(at.index, names, False, str(open_question), ())
    bounds = {precision: bounds_of(at, precision) for precision in {engine.precision for engine in engines}}
    found: list[Comparison] = []
    steps: list[Comparison] = []
    for engine in engines:
        watch = _Steps(engine)
        own = list(in_engine(at, watch, exact, bounds[engine.precision]))
        found += own
        steps += watch.compared(at) if len(own) == len(PARTS) else []  # an engine that raised has no more to show
    return Outcome(at.index, names, exact.at_kink, "", tuple(found), tuple(steps))


def exact_values(at: Instance) -> Truth:
    """The exact numbers; now and then both ways to them. Raises CannotEnclose where they are open, or contradict."""
    given = at.term, at.point, at.cotangent, at.tangent
    best = best_truth(*given)
    if at.index % SYMBOLIC == 0 and len(best.numbers) and sum(1 for _ in operations(at.term)) <= SYMBOLIC:
        try:
            other = truth(*given)
        except CannotEnclose:
            return best
        if not agree(best, other):
            raise CannotEnclose("balls and SymPy contradict each other: one of the exact sides is wrong")
    return best


def bounds_of(at: Instance, precision: str) -> Numbers:
    """What an engine of this precision may be off by, for the same three: the same term and derivatives over balls."""
    engine = bounding(precision)
    (value, pulled), pushed = backward(engine, at, engine.bound), pushed_forward(engine, at, engine.bound)
    return value, pulled, pushed


def in_engine(at: Instance, engine: CheckableEngine, exact: Truth, bounds: Numbers) -> Iterator[Comparison]:
    """Values and derivatives. An engine that raises an exception fails the instance: that is no way to agree."""
    expected = exact.value, exact.pulled, exact.pushed
    try:
        found = numbers(engine, at, engine.lower)
        _must_match([len(part) for part in found], [len(part) for part in expected])
    except MissingOperation:
        raise
    except Exception as fault:  # whatever it is, it is a fault of the engine under test, and is reported as one
        raised = f"{type(fault).__name__}: {fault}"
        excess = Excess(engine.name, VALUES, 0, raised, "no exception", 0.0, at)
        yield Comparison(engine.name, VALUES, 1, 0, math.inf, math.inf, 0.0, excess)
        return
    for part, one, other, bound in zip(PARTS, found, expected, bounds, strict=True):
        yield compare(at, engine.name, part, one, other, bound)


def _must_match(found: list[int], expected: list[int]) -> None:
    if found != expected:
        raise ShapeError(f"{found} entries where {expected} were expected")


def compare(
    at: Instance, engine: str, part: str, found: list[float], exact: Sequence[Fraction], bounds: list[float]
) -> Comparison:
    """|found - exact| ≤ bound, entry by entry; NaN and infinities exceed every finite bound."""
    worst, share, gap, unbounded = 0, 0.0, 0.0, 0
    for entry, (one, two, bound) in enumerate(zip(found, exact, bounds, strict=True)):
        if math.isinf(bound):
            unbounded += 1
            continue
        here, apart = _share(one, two, bound)
        if here > share:
            worst, share, gap = entry, here, apart
    excess = None
    if share > 1:
        excess = Excess(engine, part, worst, repr(found[worst]), repr(_float(exact[worst])), bounds[worst], at)
    return Comparison(engine, part, len(found), unbounded, share, gap, bounds[worst] if share else 0.0, excess)


def _share(found: float, exact: Fraction, bound: float) -> tuple[float, float]:
    """(gap / bound, gap), with the reference's own last digit granted; the share is above 1 exactly at an excess."""
    if not math.isfinite(found):
        return math.inf, math.inf
    gap = max(Fraction(0), abs(Fraction(float(found)) - exact) - uncertainty(exact))
    if gap == 0 or bound == 0:
        return (math.inf if gap else 0.0), _float(gap)
    share = gap / Fraction(bound)
    return (max(_float(share), math.nextafter(1, 2)) if share > 1 else min(_float(share), 1.0)), _float(gap)


def _float(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


# ------------------------------------------------------------------------------------------------ each operation


class _Steps:
    """An engine whose operations are kept with their arguments and results, to be compared one by one."""

    def __init__(self, engine: CheckableEngine) -> None:
        self.engine, self.name, self.precision = engine, engine.name, engine.precision
        self.lift, self.lower = engine.lift, engine.lower
        self.kept: list[tuple[Primitive, Any, Any]] = []

    def operation(self, operation: Any) -> Any:
        """The function of the engine; each call is kept."""
        run = self.engine.operation(operation)
        if not isinstance(operation, Primitive):
            return run

        def kept(x: Any) -> Any:
            y = run(x)
            self.kept.append((operation, x, y))
            return y

        return kept

    def compared(self, at: Instance) -> list[Comparison]:
        """Each operation at its argument, the same call once; none where python-flint is missing."""
        try:
            from verified_cat.reference.stepwise import measured
        except MissingExtra:
            return []
        calls = dict.fromkeys(filter(None, (self._lowered(*call) for call in self.kept)))
        return [self._compared(at, measured(*call, self.precision)) for call in calls]

    def _lowered(self, operation: Primitive, x: Any, y: Any) -> tuple[Primitive, Any, Any] | None:
        """A call in floats. A result of another shape is NaN: no bound allows it; an argument of one was a result."""
        try:
            point = self.lower(operation.dom, x)
        except Exception:
            return None
        try:
            return operation, point, self.lower(operation.cod, y)
        except Exception:
            return operation, point, (math.nan,) * size(operation.cod)

    def _compared(self, at: Instance, found: Any) -> Comparison:
        figures = found.entries, found.unbounded, found.share, found.gap, found.allowed
        excess = None
        if found.share > 1:
            alone = alone_at(found.operation, found.x, at)
            excess = Excess(
                self.name,
                f"{STEP}: {found.operation}",
                found.entry,
                repr(found.found),
                repr(found.exact),
                found.allowed,
                alone,
            )
        return Comparison(self.name, STEP, *figures, excess, found.operation.name)


def alone_at(operation: Primitive, x: Observed, at: Instance) -> Instance:
    """The operation as a term of its own, at these floats: the smallest term that shows its fault."""
    term = Generator(operation)
    point = _exactly(operation.dom, x)
    return replace(at, term=term, point=point, cotangent=ones(operation.cod), tangent=ones(operation.dom))


def _exactly(ob: Ob, x: Observed) -> Exact:
    return unflatten(ob, [tuple(map(Fraction, leaf)) for leaf in flatten(ob, x)])


def ones(ob: Ob) -> Exact:
    """The value of an object whose entries are all 1."""
    return fold(ob, unit=(), leaf=lambda leaf: (Fraction(1),) * size(leaf), pair=lambda left, right: (left, right))


# ------------------------------------------------------------------------------------------------ all of them


def crosscheck(
    terms: int,
    seed: int,
    engines: Sequence[CheckableEngine] | None = None,
    jobs: int = 1,
    progress: Callable[[Outcome], None] = lambda _: None,
    part: Shard = WHOLE,
    containing: Collection[str] = (),
) -> Crosscheck:
    """Compare ``terms`` instances of ``seed`` in each engine: by default torch in float64 and float32.

    ``part`` is the share of them that is this run's. Of each primitive in ``containing`` that none of them has, the
    first instance that has it is added. ``progress`` is called with each outcome. Raises UsageError for less than one
    term or job, MissingExtra without torch.
    """
    for name, number in (("terms", terms), ("jobs", jobs)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise UsageError(f"the number of {name} is a whole number >= 1, not {number!r}")
    own, start = tuple(torch_engines() if engines is None else engines), time.perf_counter()

    def shown(outcome: Outcome) -> Outcome:
        progress(outcome)
        return outcome

    indices = [*part.numbers(terms), *_first_with(containing, terms, seed)]
    found = map(shown, _outcomes(partial(_numbered, own, seed), indices, jobs))
    whole = gathered(seed, (engine.name for engine in own), found)
    return replace(whole, seconds=time.perf_counter() - start)


def torch_engines(precisions: Sequence[str] = ("float64", "float32"), device: str = "cpu") -> list[CheckableEngine]:
    """The torch engine in each precision. Raises MissingExtra where torch is not installed."""
    from verified_cat.gpu.engine import TorchEngine

    return [TorchEngine(precision, device) for precision in precisions]


def _numbered(engines: Sequence[CheckableEngine], seed: int, index: int) -> Outcome:
    return check(instance(seed, index), engines)


def _first_with(names: Collection[str], terms: int, seed: int) -> Iterator[int]:
    """The first instances from ``terms`` on that have a primitive which none before them has; of ``SEARCHED`` many."""
    missing = set(names)
    for index in range(terms + SEARCHED):
        if not missing:
            return
        here = missing & {operation.name for operation in operations(instance(seed, index).term)}
        missing -= here
        if here and index >= terms:
            yield index


def _outcomes(numbered: Callable[[int], Outcome], indices: Sequence[int], jobs: int) -> Iterator[Outcome]:
    if jobs == 1:
        yield from map(numbered, indices)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(numbered, indices, chunksize=max(1, min(100, len(indices) // jobs)))
