"""Σ x y over named axes as products of matrices, one for each index that both operands and the result share."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from verified_cat.primitives import Shape


@dataclass(frozen=True, slots=True)
class Matrices:
    """How the operands of a contraction are arrays of matrices, b of n by k and of k by m, and the result of n by m."""

    b: int
    n: int
    k: int
    m: int
    turns: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    made: Shape

    def left(self, x: Any) -> Any:
        """The left operand as b matrices."""
        return x.transpose(self.turns[0]).reshape(self.b, self.n, self.k)

    def right(self, y: Any) -> Any:
        """The right operand as b matrices."""
        return y.transpose(self.turns[1]).reshape(self.b, self.k, self.m)

    def out(self, z: Any) -> Any:
        """The result, from b matrices."""
        return z.reshape(self.made).transpose(self.turns[2])


def matrices_of(subscripts: str, left_shape: Shape, right_shape: Shape) -> Matrices:
    """The arrangement of the contraction 'left,right->out' of these shapes."""
    inputs, out = subscripts.split("->")
    left, right = inputs.split(",")
    sizes = dict(zip(left + right, left_shape + right_shape, strict=True))
    shared = [letter for letter in left if letter in right and letter in out]
    inner = [letter for letter in left if letter in right and letter not in out]
    rows, columns = [a for a in left if a not in right], [a for a in right if a not in left]
    b, n, k, m = (prod(sizes[a] for a in letters) for letters in (shared, rows, inner, columns))
    order = [*shared, *rows, *columns]
    turns = (
        tuple(left.index(a) for a in (*shared, *rows, *inner)),
        tuple(right.index(a) for a in (*shared, *inner, *columns)),
        tuple(order.index(a) for a in out),
    )
    return Matrices(b, n, k, m, turns, tuple(sizes[a] for a in order))
