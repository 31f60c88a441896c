"""Rows of the table as terms in simpler rows: what they are, for engines that have no operation of their own for them.

The exact engines, enclosures and power series read these, so that they know such a row by its definition alone.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod

from verified_cat import geometry
from verified_cat.objects import Space
from verified_cat.primitives import (
    Primitive,
    Shape,
    add,
    broadcast,
    constant,
    contract,
    exp,
    fold_windows,
    log,
    multiply,
    permute,
    place,
    reciprocal,
    relu,
    reshape,
    slice_axes,
    step,
    subtract_on,
    sum_axes,
    windows,
)
from verified_cat.terms import Discard, First, Identity, Operation, Pairing, Second, Term

Couple = tuple[int, int]

# ------------------------------------------------------------------------------------------------ convolutions


def _shapes(image: Shape, kernel: Shape, out: Shape, groups: int) -> tuple[Shape, Shape, Shape]:
    """Result, windows of the image and kernel with an axis for the groups: n g o h w, n g c h w i j and g o c i j."""
    (n, c), (o, h, w), (i, j) = image[:2], out[1:], kernel[2:]
    split = groups, c // groups
    return (n, groups, o // groups, h, w), (n, *split, h, w, i, j), (groups, o // groups, split[1], i, j)


def _framed(image: Shape, padding: Couple) -> tuple[Shape, Shape, Shape]:
    """Where the image stands in its frame of zeros: the arguments of ``place`` and ``slice``."""
    return geometry.padded(image, padding), (0, 0, *padding), image


def _stretches(image: Shape, kernel: Shape, stride: Couple, padding: Couple, dilation: Couple) -> Term:
    """x ↦ all its windows, with zeros around it."""
    frame = geometry.padded(image, padding)
    return place(*_framed(image, padding)) >> windows(frame, kernel[2:], stride, dilation)


def _convolve(image: Shape, kernel: Shape, stride: Couple, padding: Couple, dilation: Couple, groups: int) -> Term:
    """Σ over channels and entries of a window."""
    out = geometry.convolved(image, kernel, stride, padding, dilation, groups)
    result, patches, weights = _shapes(image, kernel, out, groups)
    stretches = _stretches(image, kernel, stride, padding, dilation)
    assert isinstance(stretches.cod, Space)
    both = (stretches >> reshape(stretches.cod.shape, patches)) @ reshape(kernel, weights)
    return both >> contract("ngchwij,gocij->ngohw", patches, weights) >> reshape(result, out)


def _convolve_weight(
    image: Shape, kernel: Shape, stride: Couple, padding: Couple, dilation: Couple, groups: int
) -> Term:
    """Σ over images and places."""
    out = geometry.convolved(image, kernel, stride, padding, dilation, groups)
    result, patches, weights = _shapes(image, kernel, out, groups)
    stretches = _stretches(image, kernel, stride, padding, dilation)
    assert isinstance(stretches.cod, Space)
    both = reshape(out, result) @ (stretches >> reshape(stretches.cod.shape, patches))
    return both >> contract("ngohw,ngchwij->gocij", result, patches) >> reshape(weights, kernel)


def _convolve_input(
    image: Shape, kernel: Shape, stride: Couple, padding: Couple, dilation: Couple, groups: int
) -> Term:
    """Σ over outputs, added up where windows overlap; what falls outside the image is dropped."""
    out = geometry.convolved(image, kernel, stride, padding, dilation, groups)
    result, patches, weights = _shapes(image, kernel, out, groups)
    frame = geometry.padded(image, padding)
    flat = geometry.windowed(frame, kernel[2:], stride, dilation)
    spread = contract("ngohw,gocij->ngchwij", result, weights) >> reshape(patches, flat)
    together = fold_windows(frame, kernel[2:], stride, dilation)
    return (
        (reshape(out, result) @ reshape(kernel, weights)) >> spread >> together >> slice_axes(*_framed(image, padding))
    )


# ------------------------------------------------------------------------------------------------ maxima


def _rows(shape: Shape, axes: Shape) -> tuple[Term, int, int]:
    """R^shape → R[rows,length] with ``axes`` along each row, the number of rows and their length."""
    order = _order(shape, axes)
    turned = tuple(shape[axis] for axis in order)
    kept = len(order) - len(axes)
    rows, length = prod(turned[:kept]), prod(turned[kept:])
    return permute(shape, order) >> reshape(turned, (rows, length)), rows, length


def _order(shape: Shape, axes: Shape) -> Shape:
    """The other axes, then ``axes``, each in the order of the shape: the first of equals is the first in row-major."""
    return (*(axis for axis in range(len(shape)) if axis not in axes), *sorted(axes))


def _larger(rows: int) -> Term:
    """(a, b) ↦ a + relu(b - a): max(a, b), with the derivative of a where they are equal."""
    column = Space((rows, 1))
    first, second = First(column, column), Second(column, column)
    above = Pairing(second, first) >> subtract_on(column) >> relu((rows, 1))
    return Pairing(first, above) >> add((rows, 1))


def _halves(rows: int, length: int) -> tuple[Term, Term, int]:
    half = (length + 1) // 2
    left = slice_axes((rows, length), (0, 0), (rows, half))
    return left, slice_axes((rows, length), (0, half), (rows, length - half)), half


def _top(rows: int, length: int) -> Term:
    """x ↦ the largest entry of each row, by halves."""
    if length == 1:
        return Identity(Space((rows, 1)))
    left, right, half = _halves(rows, length)
    return Pairing(left >> _top(rows, half), right >> _top(rows, length - half)) >> _larger(rows)


def _place_of_top(rows: int, length: int) -> Term:
    """x ↦ 1 at the first largest entry of each row: of the half whose largest is larger, the left one at a tie."""
    if length == 1:
        return Discard(Space((rows, 1))) >> constant((rows, 1), 1)
    left, right, half = _halves(rows, length)
    column, rest = Space((rows, 1)), length - half
    gap = Pairing(right >> _top(rows, rest), left >> _top(rows, half)) >> subtract_on(column) >> step((rows, 1))
    one = Discard(Space((rows, length))) >> constant((rows, 1), 1)
    stays = Pairing(one, gap) >> subtract_on(column)
    parts = []
    for part, chosen, count, start in ((left, stays, half, 0), (right, gap, rest, half)):
        factor = chosen >> reshape((rows, 1), (rows,)) >> broadcast((rows, count), (1,))
        inside = Pairing(part >> _place_of_top(rows, count), factor) >> multiply((rows, count))
        parts.append(inside >> place((rows, length), (0, start), (rows, count)))
    return Pairing(*parts) >> add((rows, length))


def _maximum(shape: Shape, axes: Shape) -> Term:
    """By halves of each row."""
    turned, rows, length = _rows(shape, axes)
    return turned >> _top(rows, length) >> reshape((rows, 1), geometry.without_axes("maximum", shape, axes))


def _first_maximum(shape: Shape, axes: Shape) -> Term:
    """By halves of each row."""
    turned, rows, length = _rows(shape, axes)
    order = _order(shape, axes)
    back = reshape((rows, length), tuple(shape[axis] for axis in order))
    inverse = tuple(order.index(axis) for axis in range(len(order)))
    turn_back = permute(tuple(shape[axis] for axis in order), inverse)
    return turned >> _place_of_top(rows, length) >> back >> turn_back


# ------------------------------------------------------------------------------------------------ softmax and the like


def _softplus(shape: Shape) -> Term:
    """log(1 + eˣ)."""
    one = Discard(Space(shape)) >> constant(shape, 1)
    return Pairing(one, exp(shape)) >> add(shape) >> log(shape)


def _whole(shape: Shape, axis: int) -> Term:
    """x ↦ Σ exp(x)."""
    return exp(shape) >> sum_axes(shape, (axis,))


def _softmax(shape: Shape, axis: int) -> Term:
    """exp(x) · 1 / Σ exp(x); exact numbers need no shift."""
    less = geometry.without_axes("softmax", shape, (axis,))
    share = _whole(shape, axis) >> reciprocal(less) >> broadcast(shape, (axis,))
    return Pairing(exp(shape), share) >> multiply(shape)


def _log_softmax(shape: Shape, axis: int) -> Term:
    """x - log Σ exp(x)."""
    less = geometry.without_axes("log_softmax", shape, (axis,))
    level = _whole(shape, axis) >> log(less) >> broadcast(shape, (axis,))
    return Pairing(Identity(Space(shape)), level) >> subtract_on(Space(shape))


def _one_hot(shape: Shape, classes: int) -> Term:
    """step(x - k + 1/2) - step(x - k - 1/2) for each class k: 1 in (k - 1/2, k + 1/2]."""
    wide = (*shape, classes)
    spread = broadcast(wide, (len(shape),))

    def above(shift: Fraction) -> Term:
        levels = constant((classes,), *([shift - k for k in range(classes)] or [Fraction(0)]))
        moved = Discard(Space(shape)) >> levels >> broadcast(wide, tuple(range(len(shape))))
        return Pairing(spread, moved) >> add(wide) >> step(wide)

    return Pairing(above(Fraction(1, 2)), above(Fraction(-1, 2))) >> subtract_on(Space(wide))


EXPANSIONS: dict[str, Callable[..., Term]] = {
    "convolve": _convolve,
    "convolve_input": _convolve_input,
    "convolve_weight": _convolve_weight,
    "maximum": _maximum,
    "first_maximum": _first_maximum,
    "softplus": _softplus,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "one_hot": _one_hot,
}
"""Row ↦ its arguments ↦ the term that it abbreviates."""


def expanded(operation: Operation) -> Term | None:
    """The term that an operation of the table abbreviates; None where it abbreviates none."""
    if not isinstance(operation, Primitive) or operation.name not in EXPANSIONS:
        return None
    return EXPANSIONS[operation.name](*operation.arguments)
