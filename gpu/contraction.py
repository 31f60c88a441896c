"""Lowering of Σ x y over named axes to one product of torch: mul, dot, mv, mm or bmm, with transposes as views.

Every axis of a contraction is one of four kinds: batch (in both operands and the result), left-only, right-only, or
contracted. Which product it is, and how the operands are laid out for it, is decided once, from the letters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import torch

from verified_cat.gpu.zero import Zero
from verified_cat.primitives import Shape

Kernel = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Letters:
    """The axes of 'left,right->out' by kind, each in the order in which the result needs them."""

    left: str
    right: str
    out: str
    batch: str
    left_only: str
    right_only: str
    contracted: str


def letters_of(subscripts: str) -> Letters:
    """The kinds of the axes. A letter stands in two or three of left, right and out, so there are four kinds."""
    inputs, out = subscripts.split("->")
    left, right = inputs.split(",")
    return Letters(
        left,
        right,
        out,
        batch="".join(letter for letter in out if letter in left and letter in right),
        left_only="".join(letter for letter in out if letter not in right),
        right_only="".join(letter for letter in out if letter not in left),
        contracted="".join(letter for letter in left if letter in right and letter not in out),
    )


def lower_contraction(subscripts: str, left: Shape, right: Shape) -> Kernel:
    """(x, y) ↦ Σ x y on tensors, for 'left,right->out' of the given shapes."""
    kinds = letters_of(subscripts)
    lengths = dict(zip(kinds.left + kinds.right, left + right, strict=True))
    zero = Zero(tuple(lengths[letter] for letter in kinds.out))
    if not kinds.contracted:
        product = _outer(kinds)
    elif kinds.batch:
        product = _batched(kinds, lengths)
    elif kinds.left_only and kinds.right_only:
        product = _matrices(kinds, lengths)
    else:
        product = _vector(kinds, lengths)

    def contract(xy: Any) -> Any:
        x, y = xy
        if type(x) is Zero or type(y) is Zero:
            return zero
        return product(x, y)

    return contract


def _outer(kinds: Letters) -> Kernel:
    """Nothing is summed: the operands with their axes in the order of the result, multiplied entry by entry."""
    x_axes = _spread(kinds.left, kinds.out)
    y_axes = _spread(kinds.right, kinds.out)

    def product(x: Any, y: Any) -> Any:
        return torch.mul(x_axes(x), y_axes(y))

    return product


def _vector(kinds: Letters, lengths: dict[str, int]) -> Kernel:
    """Σ over k of x[i,k] y[k], of x[k] y[k,j], or of x[k] y[k]: a matrix times a vector, or two vectors."""
    rows = kinds.left_only or kinds.right_only
    one = _arranged(kinds.left, (kinds.left_only, kinds.contracted), lengths)
    two = _arranged(kinds.right, (kinds.right_only, kinds.contracted), lengths)
    split = _split((rows,), kinds.out, lengths)

    def inner(x: Any, y: Any) -> Any:
        return torch.dot(one(x), two(y))

    def matrix_first(x: Any, y: Any) -> Any:
        return split(torch.mv(one(x), two(y)))

    def matrix_second(x: Any, y: Any) -> Any:
        return split(torch.mv(two(y), one(x)))

    if not rows:
        return inner
    return matrix_first if kinds.left_only else matrix_second


def _matrices(kinds: Letters, lengths: dict[str, int]) -> Kernel:
    """Σ over k of x[i,k] y[k,j]; computed as (Yᵀ Xᵀ) where the result wants the axes of y first."""
    if kinds.out == kinds.right_only + kinds.left_only:
        one = _arranged(kinds.left, (kinds.contracted, kinds.left_only), lengths)
        two = _arranged(kinds.right, (kinds.right_only, kinds.contracted), lengths)
        split = _split((kinds.right_only, kinds.left_only), kinds.out, lengths)
        if one is same and two is same and split is same:
            return _flipped_mm
        return lambda x, y: split(torch.mm(two(y), one(x)))
    one = _arranged(kinds.left, (kinds.left_only, kinds.contracted), lengths)
    two = _arranged(kinds.right, (kinds.contracted, kinds.right_only), lengths)
    split = _split((kinds.left_only, kinds.right_only), kinds.out, lengths)
    if one is same and two is same and split is same:
        return torch.mm
    return lambda x, y: split(torch.mm(one(x), two(y)))


def _flipped_mm(x: Any, y: Any) -> Any:
    return torch.mm(y, x)


def _batched(kinds: Letters, lengths: dict[str, int]) -> Kernel:
    """Σ over k of x[b,i,k] y[b,k,j] for every b."""
    one = _arranged(kinds.left, (kinds.batch, kinds.left_only, kinds.contracted), lengths, always=True)
    two = _arranged(kinds.right, (kinds.batch, kinds.contracted, kinds.right_only), lengths, always=True)
    split = _split((kinds.batch, kinds.left_only, kinds.right_only), kinds.out, lengths, always=True)
    return lambda x, y: split(torch.bmm(one(x), two(y)))


# ------------------------------------------------------------------------------------------------ layouts


def same(x: Any) -> Any:
    """x ↦ x."""
    return x


def transposed(x: Any) -> Any:
    """Xᵀ of a matrix, as a view."""
    return x.t()


def _permuted(order: tuple[int, ...]) -> Kernel:
    if order == tuple(range(len(order))):
        return same
    return transposed if order == (1, 0) else lambda x: x.permute(order)


def _arranged(letters: str, groups: tuple[str, ...], lengths: dict[str, int], *, always: bool = False) -> Kernel:
    """A tensor with the axes ``letters`` as one with an axis for each group; empty groups only if ``always``."""
    groups = tuple(group for group in groups if group or always)
    order = _permuted(tuple(letters.index(letter) for letter in "".join(groups)))
    if all(len(group) == 1 for group in groups):
        return order
    shape = tuple(prod(lengths[letter] for letter in group) for group in groups)
    return (lambda x: x.reshape(shape)) if order is same else lambda x: order(x).reshape(shape)


def _split(groups: tuple[str, ...], out: str, lengths: dict[str, int], *, always: bool = False) -> Kernel:
    """The inverse of ``_arranged`` on the result: an axis for each letter, in the order of ``out``."""
    groups = tuple(group for group in groups if group or always)
    letters = "".join(groups)
    order = _permuted(tuple(letters.index(letter) for letter in out))
    if all(len(group) == 1 for group in groups):
        return order
    shape = tuple(lengths[letter] for letter in letters)
    return (lambda x: x.reshape(shape)) if order is same else lambda x: order(x.reshape(shape))


def _spread(letters: str, out: str) -> Kernel:
    """A tensor with the axes ``letters`` as a view with those of ``out``: length 1 where it lacks one."""
    order = _permuted(tuple(letters.index(letter) for letter in out if letter in letters))
    index = tuple(slice(None) if letter in letters else None for letter in out)
    if None not in index:
        return order
    return (lambda x: x[index]) if order is same else lambda x: order(x)[index]
