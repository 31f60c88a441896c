"""f(x) for one operation at floats x as h + l ± r, without balls: moves, x + y and x y exactly, sums with a radius.

x + y = h + l by Knuth's TwoSum and x y = h + l by Dekker's product (Muller et al. 2018, Handbook of Floating-Point
Arithmetic, sections 4.3 and 4.4). A sum of products of shorter floats is taken in float64, where |error| ≤ γ_n Σ|x||y|
in any order (Higham 2002, section 3.1): 2⁻²⁹ of what float32 may be off by.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from verified_cat.primitives import Primitive, Shape
from verified_cat.reference import moves
from verified_cat.reference.balls import Array
from verified_cat.reference.convolutions import CONVOLUTIONS, bilinear_in_floats
from verified_cat.reference.reductions import IN_FLOATS

Parts = tuple[Array, Array, Array]
"""(h, l, r): every exact value lies within r of h + l."""

SAFE = (2.0**-900, 2.0**900)
"""Products of this size have a low part that is a normal number."""


def exactly(operation: Primitive, x: Any, precision: str) -> Parts | None:
    """h, l and r for the operation at x, arrays of floats; None where balls are needed."""
    name, arguments = operation.name, operation.arguments
    if name in MOVES:
        moved = np.asarray(MOVES[name](*arguments)(x))
        return moved, np.zeros(moved.shape), np.zeros(moved.shape)
    with np.errstate(all="ignore"):
        if name == "add":
            return _if_finite(two_sum(*x))
        if name == "multiply":
            return _if_finite(two_product(*x))
        if name in SUMS and precision != "float64":
            return _if_finite(SUMS[name](*arguments)(x))
    return None


def _if_finite(parts: Parts | None) -> Parts | None:
    return parts if parts is not None and all(bool(np.isfinite(part).all()) for part in parts) else None


def two_sum(x: Array, y: Array) -> Parts:
    """x + y = h + l (Knuth)."""
    h = x + y
    part = h - x
    return h, np.asarray((x - (h - part)) + (y - part)), np.zeros(h.shape)


def two_product(x: Array, y: Array) -> Parts | None:
    """x y = h + l (Dekker, Veltkamp); None where a part could leave the range."""
    h = np.asarray(x * y)
    sizes = np.abs(np.stack([h, x, y]))[:, h != 0]
    if sizes.size and not (sizes.min() > SAFE[0] and sizes.max() < SAFE[1]):
        return None
    if bool(((h == 0) & (x != 0) & (y != 0)).any()):
        return None
    (a, b), (c, d) = _halves(x), _halves(y)
    return h, np.asarray(((a * c - h) + a * d + b * c) + b * d), np.zeros(h.shape)


def _halves(x: Array) -> tuple[Array, Array]:
    scaled = x * (2.0**27 + 1)
    upper = np.asarray(scaled - (scaled - x))
    return upper, np.asarray(x - upper)


def _sum(shape: Shape, axes: tuple[int, ...]) -> Callable[[Any], Parts]:
    n = prod(shape[axis] for axis in axes)
    return lambda x: _rounded(np.asarray(x.sum(axes)), np.asarray(np.abs(x).sum(axes)), n)


def _contract(subscripts: str, left: Shape, right: Shape) -> Callable[[Any], Parts]:
    inputs, out = subscripts.split("->")
    sizes = dict(zip(inputs.replace(",", ""), left + right, strict=True))
    n = prod(length for letter, length in sizes.items() if letter not in out)

    def run(xy: Any) -> Parts:
        x, y = xy
        total = np.einsum(subscripts, x, y, optimize=True)
        return _rounded(np.asarray(total), np.asarray(np.einsum(subscripts, np.abs(x), np.abs(y), optimize=True)), n)

    return run


def _rounded(total: Array, size: Array, n: int) -> Parts:
    """γ_{n+1} with room to spare: n + 2 roundings of 2⁻⁵³, each half of what is taken here."""
    return total, np.zeros(total.shape), (n + 2) * (2.0**-52 * size + 2.0**-1070)


def _broadcast(shape: Shape, axes: tuple[int, ...]) -> Callable[[Any], Any]:
    narrow = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return lambda x: np.broadcast_to(x.reshape(narrow), shape)


def _added(name: str) -> Callable[..., Callable[[Any], Parts]]:
    """A transposed move: entries that meet are added."""

    def make(*arguments: Any) -> Callable[[Any], Parts]:
        run, n = moves.added(name, *arguments), moves.meetings(name, *arguments)
        return lambda y: _rounded(run(y), run(np.abs(y)), n)

    return make


def _convolved(name: str) -> Callable[..., Callable[[Any], Parts]]:
    """A convolution, or a transpose of one."""

    def make(*arguments: Any) -> Callable[[Any], Parts]:
        run, n = bilinear_in_floats(name, *arguments)
        return lambda xy: _rounded(run(xy), run(tuple(map(np.abs, xy))), n)

    return make


SUMS: dict[str, Callable[..., Callable[[Any], Parts]]] = {
    "sum": _sum,
    "contract": _contract,
    "scatter": _added("scatter"),
    "fold_windows": _added("fold_windows"),
    **{name: _convolved(name) for name in CONVOLUTIONS},
}
MOVES: dict[str, Callable[..., Callable[[Any], Any]]] = {
    **{name: moves.rows()[name] for name in ("slice", "gather", "windows", "place")},
    **{name: IN_FLOATS[name] for name in ("maximum", "first_maximum", "one_hot")},
    "negate": lambda shape: lambda x: -x,
    "broadcast": _broadcast,
    "reshape": lambda old, new: lambda x: x.reshape(new),
    "permute": lambda shape, order: lambda x: x.transpose(order),
    "relu": lambda shape: lambda x: np.where(x > 0, x, 0.0),
    "step": lambda shape: lambda x: np.where(x > 0, 1.0, 0.0),
}
"""The operations whose results are entries of their argument, perhaps negated, or 0 or 1."""
