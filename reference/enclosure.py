"""Functions on balls of any precision: f ↦ (an enclosure of f), by Arb (Johansson 2017, IEEE Trans. Computers 66:8).

A value of R^shape is an array of balls [m ± r]: for all points of the argument's balls, f of them lies in the result's.
Every operation of the table has one; D, forward mode and all constructions are enclosed with it, being made of these.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isfinite, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.engine import Exact, Observed
from verified_cat.errors import DataError, MissingOperation, ShapeError, UsageError, near
from verified_cat.expansions import expanded
from verified_cat.functions import Functions, Run, Value
from verified_cat.objects import Ob, Pair, Space, Unit
from verified_cat.primitives import Primitive, Shape
from verified_cat.reference import moves
from verified_cat.reference.arb import arb, arb_mat, ctx, fmpq
from verified_cat.reference.matrices_of import matrices_of
from verified_cat.terms import Operation

Balls = NDArray[np.object_]
"""An array whose entries are balls of Arb."""

Function = Callable[[Any], Any]

BITS = 192
"""Enough for float64: a hundred bits are left for what the depth of a program costs."""


def balls(entries: Any, shape: Shape) -> Balls:
    """Balls in row-major order as an array."""
    made = np.empty(prod(shape), dtype=object)
    made[:] = entries
    return made.reshape(shape)


def ball_of(number: Any) -> Any:
    """The ball around a number: of radius 0 for a float. Raises DataError where the number is not finite."""
    if isinstance(number, float):
        if not isfinite(number):
            raise DataError(f"{number} is not a finite number: nothing encloses it")
        return arb(number)
    return arb(fmpq(number.numerator, number.denominator))


class EnclosureEngine:
    """Functions on arrays of balls with so many bits; ``operation``, ``lift`` and ``lower`` are those of an engine."""

    precision = "balls"

    def __init__(self, bits: int = BITS) -> None:
        if isinstance(bits, bool) or not isinstance(bits, int) or bits < 2:
            raise UsageError(f"the bits of a ball are a whole number >= 2, not {bits!r}")
        self.bits = bits
        self.name = f"balls of {bits} bits"

    def operation(self, operation: Operation) -> Run:
        """The operation on balls. Raises MissingOperation for one that is not in the table."""
        term = None if operation.name in ENCLOSED else expanded(operation)
        if term is not None:
            return Functions(self).meaning(term).run
        if not isinstance(operation, Primitive) or operation.name not in ENCLOSED:
            raise MissingOperation(
                f"{self.name}: nothing encloses {operation.name!r}; {near(operation.name, [*ENCLOSED])}"
            )
        run, bits = ENCLOSED[operation.name](*operation.arguments), self.bits

        def enclosed(value: Value) -> Value:
            with ctx.workprec(bits):
                return run(value)

        return enclosed

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The balls around exact leaves, fractions or floats. Raises DataError on a wrong shape."""
        if isinstance(ob, Pair):
            if not isinstance(exact, tuple | list) or len(exact) != 2:
                raise DataError(f"an exact value of {ob} is a pair, not {exact!r}")
            return self.lift(ob.left, exact[0]), self.lift(ob.right, exact[1])
        if isinstance(ob, Unit):
            return ()
        shape = _shape(ob)
        if not isinstance(exact, tuple | list) or len(exact) != prod(shape):
            raise DataError(f"an exact value of {ob} is a flat tuple of {prod(shape)} numbers, not {exact!r}")
        with ctx.workprec(self.bits):
            return balls([ball_of(number) for number in exact], shape)

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The midpoints, as flat tuples of floats; NaN where nothing is known of a value."""
        if isinstance(ob, Pair):
            return self.lower(ob.left, value[0]), self.lower(ob.right, value[1])
        if isinstance(ob, Unit):
            return ()
        if value.shape != _shape(ob):
            raise ShapeError(f"{self.name}: a value of {ob} has the shape {_shape(ob)}, not {value.shape}")
        return tuple(float(entry.mid()) if entry.is_finite() else float("nan") for entry in value.flat)


def _shape(ob: Ob) -> Shape:
    if not isinstance(ob, Space):
        raise DataError(f"{ob} is opaque: nothing encloses its values")
    return ob.shape


# ------------------------------------------------------------------------------------------------ the operations


def _sum(shape: Shape, axes: tuple[int, ...]) -> Run:
    left = tuple(length for axis, length in enumerate(shape) if axis not in axes)
    zero: Any = arb(0)
    return lambda x: np.asarray(np.sum(x, axis=axes, initial=zero), dtype=object).reshape(left) if axes else x


def repeated(shape: Shape, axes: tuple[int, ...]) -> Run:
    """x ↦ x repeated along ``axes``, for arrays of anything."""
    narrow = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return lambda x: np.broadcast_to(x.reshape(narrow), shape)


def contracted(subscripts: str, left_shape: Shape, right_shape: Shape) -> Run:
    """Σ x y over the letters that the result lacks, as a product of matrices for each index that all three share."""
    form = matrices_of(subscripts, left_shape, right_shape)
    b, n, k, m = form.b, form.n, form.k, form.m

    def run(xy: Value) -> Balls:
        x, y = form.left(xy[0]), form.right(xy[1])
        made = np.empty((b, n * m), dtype=object)
        for index in range(b if n and m else 0):
            first, second = (arb_mat(n, k, x[index].ravel().tolist()), arb_mat(k, m, y[index].ravel().tolist()))
            made[index, :] = (first * second).entries()
        return form.out(made)  # type: ignore[no-any-return]

    return run


def _constant(shape: Shape, values: tuple[Fraction, ...]) -> Run:
    def run(_: Value) -> Balls:
        made = [ball_of(value) for value in values]
        return balls(made if len(made) == prod(shape) else made * prod(shape), shape)

    return run


def _scale(factor: Fraction, shape: Shape) -> Run:
    return lambda x: np.asarray(x * ball_of(factor), dtype=object)


def relu(x: Any) -> Any:
    """max(x, 0), which is x from 0 on: an open sign gives all that it can be."""
    return x.nonnegative_part()


def step(x: Any) -> Any:
    """1 where x > 0, 0 where x ≤ 0, and [0, 1] where that is open."""
    if x > 0:
        return arb(1)
    return arb(0) if x <= 0 else arb(0.5, 0.5)


def tanh(x: Any) -> Any:
    """tanh x."""
    return x.tanh()


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return 1 / (1 + (-x).exp())


def gaussian(x: Any) -> Any:
    """exp(-x²/2) / √(2π)."""
    return (-x * x / 2).exp() / (2 * arb.pi()).sqrt()


def gaussian_cdf(x: Any) -> Any:
    """½ erfc(-x / √2)."""
    return (-x / arb(2).sqrt()).erfc() / 2


POINTWISE: dict[str, Function] = {
    "exp": arb.exp,
    "log": arb.log,
    "reciprocal": lambda x: 1 / x,
    "sqrt": arb.sqrt,
    "sin": arb.sin,
    "cos": arb.cos,
    "tanh": tanh,
    "sigmoid": sigmoid,
    "relu": relu,
    "step": step,
    "softplus": lambda x: x.exp().log1p(),
    "gaussian": gaussian,
    "gaussian_cdf": gaussian_cdf,
}
"""Each function of one number on a ball."""


def entrywise(f: Function) -> Run:
    """f at each entry."""
    each = np.frompyfunc(f, 1, 1)
    return lambda x: np.asarray(each(x), dtype=object)


ENCLOSED: dict[str, Callable[..., Run]] = {
    "add": lambda shape: lambda xy: np.asarray(xy[0] + xy[1], dtype=object),
    "negate": lambda shape: lambda x: np.asarray(-x, dtype=object),
    "scale": _scale,
    "sum": _sum,
    "broadcast": repeated,
    "reshape": lambda old, new: lambda x: x.reshape(new),
    "permute": lambda shape, order: lambda x: x.transpose(order),
    "multiply": lambda shape: lambda xy: np.asarray(xy[0] * xy[1], dtype=object),
    "contract": contracted,
    "constant": _constant,
    **moves.rows(lambda entries: sum(entries, start=arb(0))),
    **{name: (lambda shape, f=f: entrywise(f)) for name, f in POINTWISE.items()},
}
"""Each row of the table on arrays of balls."""


# ------------------------------------------------------------------------------------------------ in floats


def in_floats(enclosure: Balls) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(h, l, r) with |x - (h + l)| ≤ r for every x of the ball: two floats for the middle; r is infinite at a NaN."""
    count = enclosure.size
    with ctx.workprec(128):
        entries = enclosure.ravel().tolist()
        high = np.fromiter(map(_nearest, entries), np.float64, count)
        low = np.fromiter(
            (float((x - h).mid()) for x, h in zip(entries, high.tolist(), strict=True)), np.float64, count
        )
        radius = np.fromiter(map(_radius, entries), np.float64, count)
    spread = radius * (1 + 2.0**-50) + np.abs(high) * 2.0**-100 + 2.0**-1000 * (radius != 0)
    exact = (radius == 0) & (low == 0)
    found = np.where(exact, 0.0, spread)
    return tuple(part.reshape(enclosure.shape) for part in (high, low, found))  # type: ignore[return-value]


def _nearest(x: Any) -> float:
    return float(x.mid()) if x.is_finite() else 0.0


def _radius(x: Any) -> float:
    return float(x.rad()) if x.is_finite() else float("inf")
