"""Functions on h + l ± r: twice the digits of float64, with a radius, for whole arrays at a time.

Sums and products of two floats are split exactly (Knuth's TwoSum, Dekker's product; Muller et al. 2018, sections 4.3
and 4.4); products of matrices are made of integer slices that float64 multiplies exactly (Ozaki et al. 2012, Numerical
Algorithms 59). What cannot be said so (other functions, the ends of the range) raises ``NotDoubled``: balls say it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor, log2, prod
from typing import Any

import numpy as np

from verified_cat.errors import VerifiedCatError
from verified_cat.functions import Run, Value
from verified_cat.primitives import Primitive, Shape
from verified_cat.reference.balls import Array
from verified_cat.reference.enclosure import ball_of, balls, in_floats, repeated
from verified_cat.reference.error_free import two_product, two_sum
from verified_cat.reference.matrices_of import matrices_of
from verified_cat.terms import Operation

ROUND = 2.0**-50
"""A rounding of a low part, several times over."""

LEAST, MOST = 2.0**-200, 2.0**200
"""Within these sizes no part of a product leaves the normal range."""


class NotDoubled(VerifiedCatError):
    """The operation, or a number in it, is not one that two floats can follow."""


@dataclass(frozen=True, slots=True)
class Doubled:
    """Every exact value lies within ``radius`` of ``high`` + ``low``."""

    high: Array
    low: Array
    radius: Array

    @property
    def size(self) -> Array:
        """A bound of |exact|."""
        return np.asarray(np.abs(self.high) + np.abs(self.low) + self.radius)

    def moved(self, f: Callable[[Array], Any]) -> Doubled:
        """The same entries elsewhere."""
        return Doubled(*(np.asarray(f(part)) for part in (self.high, self.low, self.radius)))


def of_floats(x: Array) -> Doubled:
    """The floats themselves. Raises NotDoubled where one is not of moderate size."""
    sizes = np.abs(x[x != 0])
    if sizes.size and not (sizes.min() > LEAST and sizes.max() < MOST):
        raise NotDoubled("a number of the argument is too large or too small")
    zero = np.zeros(x.shape)
    return Doubled(x, zero, zero)


class DoubledEngine:
    """Functions on arrays of h + l ± r. ``operation`` raises NotDoubled for what it does not know."""

    name = "doubled float64"
    precision = "balls"

    def operation(self, operation: Operation) -> Run:
        """The function of an operation."""
        if not isinstance(operation, Primitive) or operation.name not in _ROWS:
            raise NotDoubled(f"{operation} is not said with two floats")
        run = _ROWS[operation.name](*operation.arguments)

        def sure(value: Value) -> Doubled:
            with np.errstate(all="ignore"):
                found: Doubled = run(value)
                if not all(bool(np.isfinite(part).all()) for part in (found.high, found.low, found.radius)):
                    raise NotDoubled(f"{operation} leaves the range")
            return found

        return sure


# ------------------------------------------------------------------------------------------------ operations


def added(x: Doubled, y: Doubled) -> Doubled:
    """x + y."""
    high, rest, _ = two_sum(x.high, y.high)
    low = rest + (x.low + y.low)
    size = np.abs(rest) + np.abs(x.low) + np.abs(y.low)
    return Doubled(high, low, (x.radius + y.radius + ROUND * size) * (1 + ROUND))


def multiplied(x: Doubled, y: Doubled) -> Doubled:
    """x y."""
    parts = two_product(x.high, y.high)
    if parts is None:
        raise NotDoubled("a product leaves the range")
    high, rest, _ = parts
    one, two = x.high * y.low, x.low * y.high
    low = rest + (one + two)
    local = ROUND * (np.abs(rest) + np.abs(one) + np.abs(two)) + np.abs(x.low * y.low)
    radius = x.radius * y.size + y.radius * x.size + local
    return Doubled(high, low, radius * (1 + ROUND) + np.where((high == 0) & (radius == 0), 0.0, 2.0**-1000))


def inverted(x: Doubled) -> Doubled:
    """1 / x = h (1 + ρ + ρ² + …) with ρ = 1 - h x."""
    if bool((np.abs(x.high) <= 4 * (np.abs(x.low) + x.radius)).any()):
        raise NotDoubled("a division by what may be 0")
    high = np.asarray(1 / x.high)
    one, zero = np.ones(high.shape), np.zeros(high.shape)
    product = multiplied(Doubled(high, zero, zero), x)
    left = added(Doubled(one, zero, zero), Doubled(-product.high, -product.low, product.radius))
    rho = left.high + left.low
    reach = left.size
    low = high * rho
    radius = np.abs(high) * (left.radius + 2 * reach**2 + ROUND * reach) + ROUND * np.abs(low)
    return Doubled(high, np.asarray(low), np.asarray(radius * (1 + ROUND)))


def rooted(x: Doubled) -> Doubled:
    """√x = h + δ / 2h - δ² / 8h³ + … with δ = x - h²; exactly 0 at 0."""
    high = np.sqrt(x.high)
    none = x.high == 0
    if bool((none & ((x.low != 0) | (x.radius != 0))).any()):
        raise NotDoubled("the root of what may be 0")
    divisor, zero = np.where(none, 1.0, high), np.zeros(high.shape)
    square = multiplied(Doubled(high, zero, zero), Doubled(high, zero, zero))
    left = added(x, Doubled(-square.high, -square.low, square.radius))
    low = (left.high + left.low) / (2 * divisor)
    radius = left.radius / divisor + left.size**2 / (4 * divisor**3) + 4 * ROUND * left.size / divisor
    return Doubled(high, np.asarray(np.where(none, 0.0, low)), np.asarray(np.where(none, 0.0, radius)))


def number(value: Fraction) -> tuple[float, float, float]:
    """(h, l, r) of a rational."""
    high, low, radius = in_floats(balls([ball_of(value)], (1,)))
    return float(high[0]), float(low[0]), float(radius[0])


def _constant(shape: Shape, values: tuple[Fraction, ...]) -> Run:
    known = {value: number(value) for value in set(values)}
    rows = np.array([known[value] for value in values], dtype=np.float64).reshape(len(values), 3)
    each = [rows[:, part].reshape(shape if len(values) == prod(shape) else ()) for part in range(3)]
    made = Doubled(*(np.broadcast_to(part, shape) for part in each))
    return lambda _: made


def _scale(factor: Fraction, shape: Shape) -> Run:
    by = _constant(shape, (factor,))(())
    return lambda x: multiplied(by, x)


def _sum(shape: Shape, axes: tuple[int, ...]) -> Run:
    kept = tuple(axis for axis in range(len(shape)) if axis not in axes)
    rows, count = tuple(shape[axis] for axis in kept), prod(shape[axis] for axis in axes)
    return lambda x: halved(x.moved(lambda part: part.transpose(axes + kept).reshape(count, *rows)))


def halved(x: Doubled) -> Doubled:
    """The sum over the first axis, by halves."""
    while x.high.shape[0] > 1:
        half = x.high.shape[0] // 2
        whole = added(_rows(x, 0, half), _rows(x, half, 2 * half))
        rest = _rows(x, 2 * half, None)
        x = Doubled(*(np.concatenate(both) for both in zip(_parts(whole), _parts(rest), strict=True)))
    return x.moved(lambda part: part[0] if len(part) else np.zeros(part.shape[1:]))


def _rows(x: Doubled, start: int, end: int | None) -> Doubled:
    return x.moved(lambda part: part[start:end])


def _parts(x: Doubled) -> tuple[Array, Array, Array]:
    return x.high, x.low, x.radius


def _step(x: Doubled) -> Doubled:
    if bool((np.abs(x.low) + x.radius > 0).any()):
        raise NotDoubled("the sign of what is not one float")
    zero = np.zeros(x.high.shape)
    return Doubled(np.where(x.high > 0, 1.0, 0.0), zero, zero)


def _broadcast(shape: Shape, axes: tuple[int, ...]) -> Run:
    spread = repeated(shape, axes)
    return lambda x: x.moved(spread)


def _contract(subscripts: str, left_shape: Shape, right_shape: Shape) -> Run:
    """Σ x y of floats as products of matrices."""
    form = matrices_of(subscripts, left_shape, right_shape)

    def run(xy: Value) -> Doubled:
        if any(bool(each.low.any() or each.radius.any()) for each in xy):
            raise NotDoubled("a product of matrices that are not floats")
        return matmul(form.left(xy[0].high), form.right(xy[1].high)).moved(form.out)

    return run


def matmul(x: Array, y: Array) -> Doubled:
    """X Y for stacks of matrices of floats: three slices of each, six products of slices, all of them exact."""
    k = x.shape[-1]
    if not (x.size and y.size):
        zero = np.zeros((*x.shape[:-1], y.shape[-1]))
        return Doubled(zero, zero, zero)
    bits = floor((52 - log2(k)) / 2)
    reach_x, slices_x = _sliced(x, bits, -1)
    reach_y, slices_y = _sliced(y, bits, -2)
    zero = np.zeros((*x.shape[:-1], y.shape[-1]))
    whole = Doubled(zero, zero, zero)
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0)):
        term = (slices_x[i] @ slices_y[j]) * 2.0 ** (-bits * (i + j + 2))
        whole = added(whole, Doubled(term, zero, zero))
    scale = np.asarray(reach_x * reach_y)
    left_over = np.where(scale > 0, 4 * k * 2.0 ** (-3 * bits), 0.0)
    return Doubled(whole.high * scale, whole.low * scale, (whole.radius + left_over) * scale)


def _sliced(x: Array, bits: int, axis: int) -> tuple[Array, list[Array]]:
    """(powers of two, integers t₁, t₂, t₃): x = reach · (t₁ 2^-b + t₂ 2^-2b + t₃ 2^-3b + rest), |rest| ≤ 2^-3b / 2."""
    largest = np.abs(x).max(axis=axis, keepdims=True)
    reach = np.where(largest > 0, np.exp2(np.frexp(largest)[1].astype(np.float64)), 0.0)
    rest = np.where(reach > 0, x / np.where(reach > 0, reach, 1.0), 0.0)
    slices = []
    for _ in range(3):
        rest = rest * 2.0**bits
        whole = np.rint(rest)
        slices.append(whole)
        rest = rest - whole
    return np.asarray(reach), slices


_ROWS: dict[str, Callable[..., Run]] = {
    "add": lambda shape: lambda xy: added(*xy),
    "negate": lambda shape: lambda x: Doubled(-x.high, -x.low, x.radius),
    "scale": _scale,
    "sum": _sum,
    "broadcast": _broadcast,
    "reshape": lambda old, new: lambda x: x.moved(lambda part: part.reshape(new)),
    "permute": lambda shape, order: lambda x: x.moved(lambda part: part.transpose(order)),
    "multiply": lambda shape: lambda xy: multiplied(*xy),
    "contract": _contract,
    "constant": _constant,
    "reciprocal": lambda shape: inverted,
    "sqrt": lambda shape: rooted,
    "step": lambda shape: _step,
}
