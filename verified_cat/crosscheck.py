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
from verified_cat.objects import Ob, Space, size
from verified_cat.primitives import Primitive, constant, contract, reshape
from verified_cat.reference.agreement import DERIVATIVES, VALUES, Comparison, Crosscheck, Excess, Outcome
from verified_cat.reference.evaluate import CannotEnclose
from verified_cat.reference.rounding import RoundingEngine
from verified_cat.reference.truth import Truth, flat, truth, uncertainty
from verified_cat.terms import Compose, Discard, Generator, Pairing, Term, fold, operations

KINDS = ("any", "any", "any", "smooth", "polynomial", "linear")
FUELS = (2, 3, 4, 5)
FORMS = ("drawn",) * 9 + ("product",)
PRODUCTS = ("bij,bjk->bik", "bij,bkj->kbi", "ib,bij->jb", "bi,bi->b", "bi,bj->bij", "ij,ij->")
"""Contractions with axes in both operands and the result, and sums over two axes: drawn terms have neither."""
LENGTHS = {"b": 2, "i": 3, "j": 2, "k": 2}
MIXED = (3, -5, 8, -2, 7, 1, -12, 5, -7, 2, -3)


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
    style, dom = Style(choose(KINDS), choose(FUELS)), draw_object(choose)
    term = _product(choose, dom, style) if choose(FORMS) == "product" else _drawn(choose, dom, style)
    if choose((True, True, False)):
        term = fold(term, _mixing)
    return Instance(seed, index, term, draw_exact(choose, dom), draw_exact(choose, term.cod))


def _drawn(choose: Any, dom: Ob, style: Style) -> Term:
    cod = draw_object(choose, 1)
    while is_trivial(cod):
        cod = draw_object(choose, 1)
    return draw_term(choose, dom, cod, style)


def _product(choose: Any, dom: Ob, style: Style) -> Term:
    """A contraction of two drawn factors, of one of the kinds in ``PRODUCTS``."""
    subscripts = choose(PRODUCTS)
    shapes = [tuple(LENGTHS[letter] for letter in part) for part in subscripts.split("->")[0].split(",")]
    left, right = (draw_term(choose, dom, Space(shape), style) for shape in shapes)
    return Pairing(left, right) >> contract(subscripts, *shapes)


def _mixing(node: Term, parts: list[Term]) -> Term:
    """The same term with "sum, then repeat" as a product with a matrix: equal entries hide a wrong axis or order."""
    if isinstance(node, Compose) and all(isinstance(part, Generator) for part in parts):
        first, second = (operation for part in parts for operation in operations(part))
        if isinstance(first, Primitive) and (first.name, second.name) == ("sum", "broadcast"):
            return _matrix(first.dom, second.cod)
    return node if isinstance(node, Generator) else type(node)(*parts, *node._data)


def _matrix(dom: Ob, cod: Ob) -> Term:
    """A linear map of two spaces by a constant matrix of eighths, where every row and column has an entry of its own.

    No fuller than that: SymPy's derivative of a product of long sums takes seconds.
    """
    assert isinstance(dom, Space) and isinstance(cod, Space)
    n, m = size(dom), size(cod)
    entries = [
        Fraction(MIXED[(row + column) % len(MIXED)], 8) if (row - column) % max(1, min(n, m)) == 0 else Fraction(0)
        for row in range(n)
        for column in range(m)
    ]
    matrix = Discard(dom) >> constant((n, m), *entries)
    return Pairing(reshape(dom.shape, (n,)), matrix) >> contract("i,ij->j", (n,), (n, m)) >> reshape((m,), cod.shape)


# ------------------------------------------------------------------------------------------------ one instance


Both = tuple[list[Any], list[Any]]
"""Flat numbers for f(x), and for J(x)ᵀ w."""


def both(engine: Any, at: Instance, out: Callable[[Ob, Any], Any]) -> Both:
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
    bounds = {precision: bounds_of(at, precision) for precision in {engine.precision for engine in engines}}
    found = [each for engine in engines for each in in_engine(at, engine, exact, bounds[engine.precision])]
    return Outcome(at.index, primitives, exact.at_kink, "", tuple(found))


def bounds_of(at: Instance, precision: str) -> Both:
    """What an engine of this precision may be off by, for the same two: the same term and the same D over balls."""
    engine = RoundingEngine(precision)
    return both(engine, at, engine.bound)


def in_engine(at: Instance, engine: CheckableEngine, exact: Truth, bounds: Both) -> Iterator[Comparison]:
    """Values and derivatives. An engine that raises an exception fails the instance: that is no way to agree."""
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
    yield compare(at, engine, VALUES, value, exact.value, bounds[0])
    yield compare(at, engine, DERIVATIVES, pulled, exact.pulled, bounds[1])


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
