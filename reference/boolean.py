"""The engine of ℤ₂: the polynomial rows of the table modulo 2, so that terms are Boolean circuits of xor and and.

A function ℤ₂ⁿ → ℤ₂ is one polynomial without squares, but x² and x are two polynomials for the same function: the
derivative is of the term, not of the function (Wilson and Zanasi 2020, Reverse Derivative Ascent).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.engine import Exact, Observed
from verified_cat.errors import DataError, MissingOperation
from verified_cat.expansions import expanded
from verified_cat.functions import Functions, Run, Value
from verified_cat.objects import Ob, Pair, Space
from verified_cat.primitives import Primitive, Shape
from verified_cat.reference import moves
from verified_cat.terms import Operation

Array = NDArray[np.int64]


def bit(number: Fraction | int) -> int:
    """The image of a number in ℤ₂. Raises DataError for an even denominator, which has none."""
    exact = Fraction(number)
    if exact.denominator % 2 == 0:
        raise DataError(f"{number} has no image in ℤ₂: its denominator is even")
    return exact.numerator % 2


def _modulo(f: Callable[..., Any]) -> Run:
    return lambda value: np.asarray(f(value) % 2, dtype=np.int64)


def _repeated(shape: Shape, axes: tuple[int, ...]) -> Run:
    narrow = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return lambda x: np.broadcast_to(x.reshape(narrow), shape)


def _constantly(shape: Shape, values: tuple[Fraction, ...]) -> Run:
    bits = np.array([bit(value) for value in values], dtype=np.int64)
    value = np.broadcast_to(bits.reshape(shape if len(values) == prod(shape) else ()), shape)
    return lambda _: value


def _scaled(factor: Fraction, shape: Shape) -> Run:
    by = bit(factor)
    return lambda x: x * by


OPERATIONS: dict[str, Callable[..., Run]] = {
    "add": lambda shape: _modulo(lambda xy: xy[0] + xy[1]),
    "negate": lambda shape: lambda x: x,
    "scale": _scaled,
    "sum": lambda shape, axes: _modulo(lambda x: np.sum(x, axis=axes)),
    "broadcast": _repeated,
    "reshape": lambda old, new: lambda x: x.reshape(new),
    "permute": lambda shape, order: lambda x: x.transpose(order),
    "multiply": lambda shape: lambda xy: xy[0] * xy[1],
    "contract": lambda subscripts, left, right: _modulo(lambda xy: np.einsum(subscripts, *xy)),
    "constant": _constantly,
    **{name: (lambda *arguments, make=make: _modulo(make(*arguments))) for name, make in moves.rows().items()},
}
"""The rows of the table that mean something in every commutative ring: arguments ↦ their function modulo 2."""


class BooleanEngine:
    """Functions on arrays of 0 and 1."""

    name = "Z2"
    precision = "exact"

    def operation(self, operation: Operation) -> Run:
        """The function modulo 2. Raises MissingOperation for a row that is no polynomial."""
        term = expanded(operation)
        if term is not None:
            return Functions(self).meaning(term).run
        if not isinstance(operation, Primitive) or operation.name not in OPERATIONS:
            raise MissingOperation(f"Z2: {operation} is no polynomial with integer coefficients")
        return OPERATIONS[operation.name](*operation.arguments)

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The value modulo 2. Raises DataError on a wrong count or an even denominator."""
        if isinstance(ob, Pair):
            return self.lift(ob.left, exact[0]), self.lift(ob.right, exact[1])
        if not isinstance(ob, Space):
            return ()
        if len(exact) != prod(ob.shape):
            raise DataError(f"a value of {ob} is lifted from {prod(ob.shape)} numbers, not from {exact!r}")
        return np.array([bit(number) for number in exact], dtype=np.int64).reshape(ob.shape)

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The leaves as flat row-major tuples of 0 and 1. Raises DataError where a shape is not that of its space."""
        if isinstance(ob, Pair):
            return self.lower(ob.left, value[0]), self.lower(ob.right, value[1])
        if not isinstance(ob, Space):
            return ()
        if value.shape != ob.shape:
            raise DataError(f"a value of {ob} has the shape {ob.shape}, not {value.shape}")
        return tuple(map(int, value.flat))
