"""Random terms, the exact reference against an engine: values and derivatives, entry by entry, within a derived bound.

|engine - exact| ≤ bound, where exact is SymPy's value and SymPy's derivative of the expression at a rational point,
and the bound is a running error analysis of the same term (``verified_cat.reference.rounding``). Instance i of seed s
depends on (s, i) alone: ``instance(s, i)`` replays it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from typing import Any

from verified_cat.draw import Style, draw_exact, draw_object, draw_term, is_trivial, seeded
from verified_cat.engine import CheckableEngine, Exact
from verified_cat.errors import MissingOperation, ShapeError, UsageError
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.objects import Ob
from verified_cat.reference.agreement import DERIVATIVES, VALUES, Comparison, Crosscheck, Excess, Outcome
from verified_cat.reference.evaluate import CannotEnclose
from verified_cat.reference.rounding import RoundingEngine
from verified_cat.reference.truth import Truth, flat, truth, uncertainty
from verified_cat.terms import Term, operations

KINDS = ("any", "any", "any", "smooth", "polynomial", "linear")
FUELS = (2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, slots=True)
class Instance:
    """A term f : A → B, a point of A and a cotangent of B, drawn from (seed, index)."""

    seed: int
    index: int
    term: Term
    point: Exact
    cotangent: Exact


def instance(seed: int, index: int) -> Instance:
    """The instance with this number. Its codomain is never trivial, so there is always something to compare."""
    choose = seeded(int.from_bytes(sha256(f"{seed},{index}".encode()).digest()))
    style, dom, cod = Style(choose(KINDS), choose(FUELS)), draw_object(choose), draw_object(choose, 1)
    while is_trivial(cod):
        cod = draw_object(choose, 1)
    term = draw_term(choose, dom, cod, style)
    return Instance(seed, index, term, draw_exact(choose, dom), draw_exact(choose, cod))


# ------------------------------------------------------------------------------------------------ one instance


def both(engine: Any, at: Instance, out: Callable[[Ob, Any], Any]) -> tuple[list[Any], list[Any]]:
    """f(x), and J(x)ᵀ w by D, over the engine; ``out`` takes values of the engine out of it."""
    dom, cod = at.term.dom, at.term.cod
    x, w = engine.lift(dom, at.point), engine.lift(cod, at.cotangent)
    value = Functions(engine).meaning(at.term)(x)
    _, pullback = reverse_mode(engine).differentiate(at.term)(x)
    return flat(cod, out(cod, value)), flat(dom, out(dom, pullback(w)))


def check(at: Instance, engines: Sequence[CheckableEngine]) -> Outcome:
    """The instance in each engine against the exact values."""
    primitives = frozenset(operation.name for operation in operations(at.term))
    try:
        exact = truth(at.term, at.point, at.cotangent)
    except CannotEnclose as open_question:
        return Outcome(at.index, primitives, False, str(open_question), ())
    found = [comparison for engine in engines for comparison in in_engine(at, engine, exact)]
    return Outcome(at.index, primitives, exact.at_kink, "", tuple(found))


def in_engine(at: Instance, engine: CheckableEngine, exact: Truth) -> Iterator[Comparison]:
    """Values and derivatives. An engine that raises an exception fails the instance: that is no way to agree."""
    bounds = RoundingEngine(engine.precision)
    value_bounds, derivative_bounds = both(bounds, at, bounds.bound)
    try:
        value, pulled = both(engine, at, engine.lower)
        _must_match(len(value) + len(pulled), len(exact.value) + len(exact.pulled))
    except MissingOperation:
        raise
    except Exception as fault:  # whatever it is, it is a fault of the engine under test, and is reported as one
        raised = f"{type(fault).__name__}: {fault}"
        excess = _excess(at, engine, VALUES, 0, raised, "no exception", 0.0)
        yield Comparison(engine.name, VALUES, 1, 0, math.inf, math.inf, 0.0, excess)
        return
    yield compare(at, engine, VALUES, value, exact.value, value_bounds)
    yield compare(at, engine, DERIVATIVES, pulled, exact.pulled, derivative_bounds)


def _must_match(found: int, expected: int) -> None:
    if found != expected:
        raise ShapeError(f"{found} entries where {expected} were expected")


def compare(
    at: Instance, engine: CheckableEngine, part: str, found: list[float], exact: Sequence[Fraction], bounds: list[float]
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
        excess = _excess(at, engine, part, worst, repr(found[worst]), repr(float(exact[worst])), bounds[worst])
    allowed = bounds[worst] if share else 0.0
    return Comparison(engine.name, part, len(found), unbounded, share, gap, allowed, excess)


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
        return math.inf


def _excess(
    at: Instance, engine: CheckableEngine, part: str, entry: int, found: str, exact: str, bound: float
) -> Excess:
    again = repr(at.term), repr(at.point), repr(at.cotangent)
    return Excess(at.seed, at.index, engine.name, part, entry, found, exact, bound, *again)


# ------------------------------------------------------------------------------------------------ all of them


def crosscheck(
    terms: int,
    seed: int,
    engines: Sequence[CheckableEngine] | None = None,
    jobs: int = 1,
    progress: Callable[[Outcome], None] = lambda _: None,
) -> Crosscheck:
    """Compare ``terms`` instances of ``seed`` in each engine: by default torch in float64 and float32.

    ``progress`` is called with each outcome. Raises UsageError for less than one term or job, MissingExtra without it.
    """
    for name, number in (("terms", terms), ("jobs", jobs)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise UsageError(f"the number of {name} is a whole number >= 1, not {number!r}")
    own, start, outcomes = tuple(torch_engines() if engines is None else engines), time.perf_counter(), []
    for outcome in _outcomes(partial(_numbered, own, seed), terms, jobs):
        outcomes.append(outcome)
        progress(outcome)
    return Crosscheck(seed, tuple(engine.name for engine in own), tuple(outcomes), time.perf_counter() - start)


def torch_engines(precisions: Sequence[str] = ("float64", "float32")) -> list[CheckableEngine]:
    """The torch engine in each precision. Raises MissingExtra where torch is not installed."""
    from verified_cat.gpu.engine import TorchEngine

    return [TorchEngine(precision) for precision in precisions]


def _numbered(engines: Sequence[CheckableEngine], seed: int, index: int) -> Outcome:
    return check(instance(seed, index), engines)


def _outcomes(numbered: Callable[[int], Outcome], terms: int, jobs: int) -> Iterator[Outcome]:
    if jobs == 1:
        yield from map(numbered, range(terms))
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(numbered, range(terms), chunksize=max(1, min(100, terms // jobs)))
