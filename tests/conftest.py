"""An engine as a third party would write one: flat tuples of Python numbers, exact wherever the operation is."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from verified_cat.errors import MissingOperation
from verified_cat.functions import Functions

Shape = tuple[int, ...]
Run = Callable[[Any], Any]


def pytest_configure(config: pytest.Config) -> None:
    """What surrounds the tests does not reach into them.

    A shell starts what it runs in the background deaf to interrupts, and then no test of one could pass; options that
    were given to this pytest are not meant for those that tests start.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTEST_ADDOPTS", None)


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


def strided(starts: Shape, steps: Shape, index: Shape) -> Shape:
    """starts + index · steps."""
    return tuple(start + step * here for start, step, here in zip(starts, steps, index, strict=True))


def sources(name: str, shape: Shape, *arguments: Any) -> list[int]:
    """Where each entry of a slice, of gathered entries or of windows comes from, by their definitions."""
    if name == "slice":
        starts, lengths, steps = arguments
        return [at(shape, strided(starts, steps, index)) for index in indices(lengths)]
    if name == "gather":
        axis, positions = arguments
        cod = (*shape[:axis], len(positions), *shape[axis + 1 :])
        return [at(shape, (*i[:axis], positions[i[axis]], *i[axis + 1 :])) for i in indices(cod)]
    window, stride, dilation = arguments
    k, lead = len(window), len(shape) - len(window)
    counts = tuple(
        sum(1 for start in range(0, n, s) if start + d * (w - 1) < n)
        for n, w, s, d in zip(shape[lead:], window, stride, dilation, strict=True)
    )
    cod = (*shape[:lead], *counts, *window)
    return [
        at(shape, (*i[:lead], *strided(strided((0,) * k, stride, i[lead : lead + k]), dilation, i[lead + k :])))
        for i in indices(cod)
    ]


def read(name: str) -> Callable[..., Run]:
    """x ↦ its entries at those places."""
    return lambda *arguments: lambda x: tuple(x[place] for place in sources(name, *arguments))


def put_back(name: str) -> Callable[..., Run]:
    """y ↦ zeros, where each entry of y is added at its place."""

    def rule(*arguments: Any) -> Run:
        def run(y: Any) -> Any:
            x = [Fraction(0)] * math.prod(arguments[0])
            for place, number in zip(sources(name, *arguments), y, strict=True):
                x[place] += number
            return tuple(x)

        return run

    return rule


def correlated(made: str) -> Callable[..., Run]:
    """The sum of image · kernel · result over all that meet, with the one that is ``made`` left out."""

    def rule(image: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int) -> Run:
        h, w = (
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, p, d in zip(image[2:], kernel[2:], stride, padding, dilation, strict=True)
        )
        out = (image[0], kernel[0], h, w)

        def run(xy: Any) -> Any:
            shapes = {"image": image, "kernel": kernel, "out": out}
            given = ("image", "kernel") if made == "out" else ("out", "kernel" if made == "image" else "image")
            values = dict(zip(given, xy, strict=True))
            total = [Fraction(0)] * math.prod(shapes[made])
            for (n, o, i, j), (c, u, v) in product(indices(out), indices(kernel[1:])):
                row, column = i * stride[0] + u * dilation[0] - padding[0], j * stride[1] + v * dilation[1] - padding[1]
                if not (0 <= row < image[2] and 0 <= column < image[3]):
                    continue
                channel = o // (kernel[0] // groups) * kernel[1] + c
                place = {"image": (n, channel, row, column), "kernel": (o, c, u, v), "out": (n, o, i, j)}
                factors = [values[name][at(shapes[name], place[name])] for name in given]
                total[at(shapes[made], place[made])] += factors[0] * factors[1]
            return tuple(total)

        return run

    return rule


def lines(shape: Shape, axes: Shape, x: Any) -> list[dict[int, Any]]:
    """The entries over ``axes``, line by line: place ↦ number, in row-major order."""
    found: dict[Shape, dict[int, Any]] = {without(index, axes): {} for index in indices(shape)}
    for place, index in enumerate(indices(shape)):
        found[without(index, axes)][place] = x[place]
    return list(found.values())


def rewritten(shape: Shape, axes: Shape, rule: Callable[[dict[int, Any]], Callable[[int], Any]]) -> Run:
    """Each line by a rule that gives the number at a place."""

    def run(x: Any) -> Any:
        new: dict[int, Any] = {}
        for line in lines(shape, axes, x):
            new |= {place: rule(line)(place) for place in line}
        return tuple(new[place] for place in sorted(new))

    return run


def shares(line: dict[int, Any]) -> Callable[[int], Any]:
    """exp(x) / Σ exp(x)."""
    return lambda place: math.exp(line[place]) / sum(map(math.exp, line.values()))


def logarithms(line: dict[int, Any]) -> Callable[[int], Any]:
    """log of these."""
    return lambda place: math.log(shares(line)(place))


def first(line: dict[int, Any]) -> Callable[[int], Any]:
    """1 at the first largest number."""
    return lambda place: Fraction(place == max(line, key=lambda each: line[each]))


RULES: dict[str, Callable[..., Run]] = {
    "add": both(lambda x, y: x + y),
    "multiply": both(lambda x, y: x * y),
    "negate": each(lambda x: -x),
    "scale": lambda factor, shape: lambda x: tuple(factor * number for number in x),
    "sum": summed,
    "broadcast": repeated,
    "reshape": lambda old, new: lambda x: x,
    "permute": permuted,
    "slice": read("slice"),
    "place": put_back("slice"),
    "gather": read("gather"),
    "scatter": put_back("gather"),
    "windows": read("windows"),
    "fold_windows": put_back("windows"),
    "contract": contracted,
    "convolve": correlated("out"),
    "convolve_input": correlated("image"),
    "convolve_weight": correlated("kernel"),
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
    "softplus": each(lambda x: max(x, x * 0) + math.log1p(math.exp(-abs(x)))),
    "gaussian": each(lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    "gaussian_cdf": each(lambda x: math.erfc(-x / math.sqrt(2)) / 2),
    "maximum": lambda shape, axes: lambda x: tuple(max(line.values()) for line in lines(shape, axes, x)),
    "first_maximum": lambda shape, axes: rewritten(shape, axes, first),
    "softmax": lambda shape, axis: rewritten(shape, (axis,), shares),
    "log_softmax": lambda shape, axis: rewritten(shape, (axis,), logarithms),
    "one_hot": lambda shape, classes: (
        lambda x: tuple(Fraction(2 * k - 1 < 2 * number <= 2 * k + 1) for number in x for k in range(classes))
    ),
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
