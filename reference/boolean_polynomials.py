"""POLY over ℤ₂: tuples of polynomials, with x² and x told apart, and the engine whose values they are.

Run in this engine at variables, a term of scalars gives its polynomials, so terms are compared as syntax modulo the
laws of commutative rings of characteristic 2 alone (Cockett et al. 2019, Example 14). ``boolean.py`` has the functions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from verified_cat.engine import Exact, Observed
from verified_cat.errors import DataError, MissingOperation
from verified_cat.functions import Run, Value
from verified_cat.objects import SCALAR, Ob, Pair, Unit, flatten, leaves, unflatten
from verified_cat.primitives import Primitive
from verified_cat.reference.boolean import bit
from verified_cat.terms import Operation

Monomial = tuple[int, ...]
"""The exponent of each variable, without zeros at the end: x₀ x₂³ is (1, 0, 3)."""

Polynomial = frozenset[Monomial]
"""The monomials with coefficient 1."""

ZERO: Polynomial = frozenset()
ONE: Polynomial = frozenset({()})


def variable(number: int) -> Polynomial:
    """x_number."""
    return frozenset({(0,) * number + (1,)})


def add(p: Polynomial, q: Polynomial) -> Polynomial:
    """p + q: what is in both cancels."""
    return p ^ q


def multiply(p: Polynomial, q: Polynomial) -> Polynomial:
    """p q."""
    return reduce(add, (frozenset({_times(one, two)}) for one in p for two in q), ZERO)


def _times(one: Monomial, two: Monomial) -> Monomial:
    long, short = (one, two) if len(one) >= len(two) else (two, one)
    return tuple(a + b for a, b in zip(long, short + (0,) * (len(long) - len(short)), strict=True))


def derivative(p: Polynomial, number: int) -> Polynomial:
    """∂p/∂x_number, formally: xⁿ ↦ n xⁿ⁻¹, so even powers go."""
    return reduce(add, (_lowered(each, number) for each in p), ZERO)


def _lowered(monomial: Monomial, number: int) -> Polynomial:
    if number >= len(monomial) or monomial[number] % 2 == 0:
        return ZERO
    powers = [*monomial[:number], monomial[number] - 1, *monomial[number + 1 :]]
    while powers and powers[-1] == 0:
        powers.pop()
    return frozenset({tuple(powers)})


def reduced(p: Polynomial) -> Polynomial:
    """The polynomial without squares of the same function on {0, 1}: x² ↦ x."""
    return reduce(add, (frozenset({tuple(min(power, 1) for power in each)}) for each in p), ZERO)


def reverse_derivative(outputs: list[Polynomial], inputs: int) -> list[Polynomial]:
    """Σ_j ∂f_j/∂x_i y_j for each input i, where the cotangents y_j are the variables after the inputs."""
    cotangents = [variable(inputs + j) for j in range(len(outputs))]
    return [
        reduce(add, (multiply(derivative(p, i), y) for p, y in zip(outputs, cotangents, strict=True)), ZERO)
        for i in range(inputs)
    ]


# ------------------------------------------------------------------------------------------------ the engine


def _scaled(factor: Any, shape: Any) -> Run:
    kept = bit(factor)
    return lambda p: p if kept else ZERO


def _constantly(shape: Any, values: Any) -> Run:
    value = ONE if bit(values[0]) else ZERO
    return lambda _: value


OPERATIONS: dict[str, Callable[..., Run]] = {
    "add": lambda shape: lambda pq: add(*pq),
    "negate": lambda shape: lambda p: p,
    "scale": _scaled,
    "multiply": lambda shape: lambda pq: multiply(*pq),
    "constant": _constantly,
}
"""The rows of the table that mean something on one polynomial."""


class BooleanPolynomials:
    """Functions on trees of polynomials over ℤ₂, for terms between trees of R."""

    name = "Z2[x]"
    precision = "exact"

    def operation(self, operation: Operation) -> Run:
        """The operation on polynomials. Raises MissingOperation where it is none on R."""
        spaces = [leaf for ob in (operation.dom, operation.cod) for leaf in leaves(ob)]
        if not isinstance(operation, Primitive) or operation.name not in OPERATIONS or set(spaces) != {SCALAR}:
            raise MissingOperation(f"Z2[x]: {operation} is no polynomial operation on R")
        return OPERATIONS[operation.name](*operation.arguments)

    def symbols(self, ob: Ob) -> Value:
        """The variables x₀, x₁, … at the leaves."""
        return unflatten(ob, [variable(number) for number, _ in enumerate(leaves(ob))])

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """Numbers as constant polynomials. Raises DataError for an even denominator."""
        if isinstance(ob, Pair):
            return self.lift(ob.left, exact[0]), self.lift(ob.right, exact[1])
        return () if isinstance(ob, Unit) else ONE if bit(exact[0]) else ZERO

    def lower(self, ob: Ob, value: Value) -> Observed:
        """Each leaf as a row of one polynomial. Raises DataError where it is none."""
        if any(not isinstance(leaf, frozenset) for leaf in flatten(ob, value)):
            raise DataError(f"a value of {ob} is a tree of polynomials, not {value!r}")
        return unflatten(ob, [(leaf,) for leaf in flatten(ob, value)])
