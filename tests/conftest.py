"""An engine as a third party would write one: flat tuples of Python numbers, exact wherever the operation is."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from verified_cat.errors import MissingOperation
from verified_cat.functions import Functions

Shape = tuple[int, ...]
Run = Callable[[Any], Any]


def indices(shape: Shape) -> list[Shape]:
    """The indices of an array of this shape in row-major order."""
    return list(product(*map(range, shape)))


def at(shape: Shape, index: Shape) -> int:
    """Where the entry at ``index`` lies in row-major order."""
    place = 0
    for length, here in zip(shape, index, strict=True):
        place = place * length + here
    return place


def without(index: Shape, axes: Shape) -> Shape:
    return tuple(here for axis, here in enumerate(index) if axis not in axes)


def each(f: Run) -> Callable[..., Run]:
    return lambda *arguments: lambda x: tuple(map(f, x))


def both(f: Callable[[Any, Any], Any]) -> Callable[..., Run]:
    return lambda shape: lambda xy: tuple(map(f, *xy))


def summed(shape: Shape, axes: Shape) -> Run:
    def run(x: Any) -> Any:
        total = dict.fromkeys(indices(without(shape, axes)), Fraction(0))
        for index, number in zip(indices(shape), x, strict=True):
            total[without(index, axes)] += number
        return tuple(total.values())

    return run


def repeated(shape: Shape, axes: Shape) -> Run:
    return lambda x: tuple(x[at(without(shape, axes), without(index, axes))] for index in indices(shape))


def permuted(shape: Shape, order: Shape) -> Run:
    cod = tuple(shape[axis] for axis in order)
    old = [tuple(index[order.index(axis)] for axis in range(len(shape))) for index in indices(cod)]
    return lambda x: tuple(x[at(shape, index)] for index in old)


def contracted(subscripts: str, left_shape: Shape, right_shape: Shape) -> Run:
    inputs, out = subscripts.split("->")
    left, right = inputs.split(",")
    sizes = dict(zip(left + right, left_shape + right_shape, strict=True))
    letters = out + "".join(letter for letter in left if letter not in out)

    def run(xy: Any) -> Any:
        x, y = xy
        total = dict.fromkeys(indices(tuple(sizes[letter] for letter in out)), Fraction(0))
        for index in indices(tuple(sizes[letter] for letter in letters)):
            here = dict(zip(letters, index, strict=True))
            one = x[at(left_shape, tuple(here[letter] for letter in left))]
            two = y[at(right_shape, tuple(here[letter] for letter in right))]
            total[index[: len(out)]] += one * two
        return tuple(total.values())

    return run


RULES: dict[str, Callable[..., Run]] = {
    "add": both(lambda x, y: x + y),
    "multiply": both(lambda x, y: x * y),
    "negate": each(lambda x: -x),
    "scale": lambda factor, shape: lambda x: tuple(factor * number for number in x),
    "sum": summed,
    "broadcast": repeated,
    "reshape": lambda old, new: lambda x: x,
    "permute": permuted,
    "contract": contracted,
    "constant": lambda shape, values: (
        lambda _: values if len(values) == math.prod(shape) else values * math.prod(shape)
    ),
    "exp": each(math.exp),
    "log": each(math.log),
    "reciprocal": each(lambda x: 1 / x),
    "sqrt": each(math.sqrt),
    "sin": each(math.sin),
    "cos": each(math.cos),
    "tanh": each(math.tanh),
    "sigmoid": each(lambda x: (1 + math.tanh(x / 2)) / 2),  # exp(-x) overflows, and Python raises
    "relu": each(lambda x: max(x, x * 0)),
    "step": each(lambda x: Fraction(x > 0)),
}


class PlainEngine:
    """A value of R^shape is the flat row-major tuple of its numbers: Fractions, or floats after exp and the like."""

    name = "plain"
    precision = "float64"

    def __init__(self, **instead: Callable[..., Run]) -> None:
        self.rules = RULES | instead

    def operation(self, operation: Any) -> Run:
        if operation.name not in self.rules:
            raise MissingOperation(f"plain has no {operation.name!r}")
        return self.rules[operation.name](*operation.arguments)

    def lift(self, ob: Any, exact: Any) -> Any:
        return exact

    def lower(self, ob: Any, value: Any) -> Any:
        return value


@pytest.fixture(scope="session")
def plain_engine() -> Callable[..., Any]:
    """Makes the engine, with other rules in place of some of its own where given."""
    return PlainEngine


@pytest.fixture(scope="session")
def plain() -> Functions:
    """Functions on flat tuples of Python numbers."""
    return Functions(PlainEngine())
