"""x ↦ y of one operation in an engine: is |y - f(x)| within the rounding bound of f at this very x?

f(x) is enclosed at the engine's own floats x, so that no error of an earlier operation counts. A program whose every
operation passes computes what its terms say, up to the rounding of each: the bound composes as the program does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import prod
from typing import Any

import numpy as np

from verified_cat.engine import CheckableEngine, Observed
from verified_cat.functions import Run, Value
from verified_cat.objects import Ob, Pair, Unit, flatten, size
from verified_cat.primitives import Primitive, Shape
from verified_cat.reference.balls import Array, Ball
from verified_cat.reference.bounding import bounding
from verified_cat.reference.enclosure import EnclosureEngine, ball_of, balls, in_floats
from verified_cat.reference.error_free import MOVES, Parts, exactly, two_product
from verified_cat.terms import Operation

Note = Callable[[Primitive, Value, Value], None]

SURE = 2.0**-48
"""The rounding of a difference of floats, generously."""


class Watched:
    """An engine, where ``note`` is told each operation with its argument and its result."""

    def __init__(self, engine: CheckableEngine, note: Note) -> None:
        self.engine, self.note = engine, note
        self.name, self.precision = engine.name, engine.precision
        self.lift, self.lower = engine.lift, engine.lower

    def operation(self, operation: Operation) -> Run:
        """The function of the engine, watched."""
        return watched(operation, self.engine.operation(operation), self.note)


def watched(operation: Operation, run: Run, note: Note) -> Run:
    """The same function; ``note`` is told of each call."""

    def told(x: Value) -> Value:
        y = run(x)
        if isinstance(operation, Primitive):
            note(operation, x, y)
        return y

    return told


@dataclass(frozen=True, slots=True)
class Measured:
    """How far one result was from its enclosure: the worst ``share`` = gap / allowed, of ``entries`` entries.

    ``unbounded`` of them have no finite bound. ``entry`` is where the worst is, with ``found`` and ``exact`` there.
    """

    operation: Primitive
    x: Observed
    entries: int
    unbounded: int
    share: float
    gap: float
    allowed: float
    entry: int = 0
    found: float = 0.0
    exact: float = 0.0


def measured(operation: Primitive, x: Observed, y: Observed, precision: str) -> Measured:
    """The result y of an operation at x against the enclosure of the exact one, entry by entry."""
    count = size(operation.cod)
    found = np.array(y, dtype=np.float64)
    if not _finite(operation.dom, x):
        return Measured(operation, x, count, count, 0.0, 0.0, 0.0)
    if count and _moved_exactly(operation, x, found):
        return Measured(operation, x, count, 0, 0.0, 0.0, 0.0, 0, float(found[0]), float(found[0]))
    bound = allowed(operation, x, precision)
    gap, middle = gaps(found, exact_parts(operation, x, precision))
    with np.errstate(all="ignore"):
        share = np.where(gap == 0, 0.0, np.where(np.isfinite(bound), gap / bound, 0.0))
    share = np.where(np.isnan(found) & np.isfinite(bound), np.inf, share)
    unbounded = int(np.count_nonzero(~np.isfinite(bound)))
    if not count:
        return Measured(operation, x, 0, 0, 0.0, 0.0, 0.0)
    worst = int(np.argmax(share))
    figures = float(share[worst]), float(gap[worst]), float(bound[worst])
    return Measured(operation, x, count, unbounded, *figures, worst, float(found[worst]), float(middle[worst]))


def _moved_exactly(operation: Primitive, x: Observed, found: Array) -> bool:
    """Whether the result is what a move, whose bound is 0, must give: a quarter of all operations, looked at first.

    Anything else is measured as every operation is.
    """
    move = MOVES.get(operation.name)
    return move is not None and np.array_equal(np.ravel(move(*operation.arguments)(_arrays(operation.dom, x))), found)


def exact_parts(operation: Primitive, x: Observed, precision: str) -> Parts:
    """f(x) as h + l ± r: in floats where that is sharp enough, else in balls."""
    if operation.name == "constant":
        shape, values = operation.arguments
        return _numbers(shape, values)
    at = _arrays(operation.dom, x)
    if operation.name == "scale":
        factor, shape = operation.arguments
        found = _scaled(_numbers((), (factor,)), at)
    else:
        found = exactly(operation, at, precision)
    return found or in_floats(_enclosing().operation(operation)(_enclosed(operation.dom, x)))


@lru_cache(1024)
def _numbers(shape: Shape, values: tuple[Fraction, ...]) -> Parts:
    """Constants, each different number enclosed once."""
    different = {value: place for place, value in enumerate(dict.fromkeys(values))}
    apart = Primitive("constant", ((len(different),), tuple(different)))
    parts = in_floats(_enclosing().operation(apart)(()))
    places = np.array([different[value] for value in values], dtype=np.intp)
    places = np.broadcast_to(places.reshape(shape if len(values) == prod(shape) else ()), shape)
    high, low, radius = (np.asarray(part[places]) for part in parts)
    return high, low, radius


def _scaled(factor: Parts, x: Array) -> Parts | None:
    """a x for a = h + l ± r: h x exactly (Dekker), and l x rounded; the radius is above the roundings."""
    with np.errstate(all="ignore"):
        product = two_product(np.broadcast_to(factor[0], x.shape), x)
        if product is None:
            return None
        rest = np.asarray(factor[1] * x)
        low = np.asarray(product[1] + rest)
        radius = np.abs(x) * factor[2] + 2.0**-52 * (np.abs(product[1]) + np.abs(rest)) + 2.0**-1070
    exact = (factor[1] == 0) & (factor[2] == 0)
    found = product[0], low, np.asarray(np.where(exact, 0.0, radius * (1 + 2.0**-50)))
    return found if all(bool(np.isfinite(part).all()) for part in found) else None


def gaps(found: Array, exact: Parts) -> tuple[Array, Array]:
    """(how far each entry is certain to be from the exact one, the middles); infinite where it is not finite."""
    high, low, radius = (part.ravel() for part in exact)
    with np.errstate(all="ignore"):
        apart = np.abs((found - high) - low)
        gap = np.where(np.isfinite(found), np.maximum(apart * (1 - SURE) - radius, 0.0), np.inf)
    return np.asarray(np.where(np.isinf(radius), 0.0, gap)), high


def allowed(operation: Primitive, x: Observed, precision: str) -> Array:
    """The rounding bound of the operation at x, which is taken as exact."""
    at = _leaves(operation.dom, x, lambda entries, shape: Ball(entries.reshape(shape), np.zeros(shape)))
    error = bounding(precision).operation(operation)(at).error
    return np.asarray(error, dtype=np.float64).ravel()


@cache
def _enclosing() -> EnclosureEngine:
    return EnclosureEngine()


def _arrays(ob: Ob, x: Observed) -> Value:
    return _leaves(ob, x, lambda entries, shape: entries.reshape(shape))


def _enclosed(ob: Ob, x: Observed) -> Value:
    return _leaves(ob, x, lambda entries, shape: balls([ball_of(number) for number in entries.tolist()], shape))


def _leaves(ob: Ob, x: Observed, leaf: Callable[[Array, tuple[int, ...]], Any]) -> Value:
    if isinstance(ob, Pair):
        return _leaves(ob.left, x[0], leaf), _leaves(ob.right, x[1], leaf)
    if isinstance(ob, Unit):
        return ()
    shape: tuple[int, ...] = ob.shape  # type: ignore[attr-defined]
    return leaf(np.array(x, dtype=np.float64).reshape(-1)[: prod(shape)], shape)


def _finite(ob: Ob, x: Observed) -> bool:
    return all(bool(np.isfinite(leaf).all()) for leaf in map(np.array, flatten(ob, x)) if leaf.size)
