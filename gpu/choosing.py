"""Which kernel computes each wire: one for several operations where that is the same map, none for what is not read.

A wire that no chosen kernel reads is not computed. What is folded into another kernel is folded only where it has no
other reader, or costs nothing to have twice. Each rule is an equation of terms over the reals; ``kernels.meaning`` is
its other side, and the tests hold both against each other exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verified_cat.program import Program, Wire

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Choice:
    """A kernel at wires: what it reads, the exact numbers in it, and what else there is to say of it."""

    kernel: str
    args: tuple[Wire, ...]
    numbers: tuple[Fraction, ...] = ()
    detail: tuple[Any, ...] = ()


MOVES = frozenset({"reshape", "permute", "broadcast", "slice", "windows"})
"""Operations that only look elsewhere for their entries: they become views."""


class Chooser:
    """The choice for each wire of a program that is needed, from the last to the first."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.readers = Counter(arg.serial for wire in program.wires for arg in wire.args)
        self.readers.update(wire.serial for wire in program.outputs)
        self._relus = {wire.args[0].serial: wire for wire in program.wires if wire.kind == "relu"}

    def choices(self) -> dict[int, Choice]:
        """The choice for each needed wire, by its serial number."""
        wanted = {wire.serial for wire in self.program.outputs}
        found: dict[int, Choice] = {}
        for wire in reversed(self.program.wires):
            if wire.serial in wanted:
                choice = found[wire.serial] = self.choice(wire)
                wanted.update(arg.serial for arg in choice.args)
        return found

    def choice(self, wire: Wire) -> Choice:
        """The first rule that fits, or the operation itself."""
        for rule in _RULES.get(wire.kind, ()):
            for choice in rule(self, wire):
                return choice
        assert wire.operation is not None
        if wire.kind == "scale":
            return Choice("scale", wire.args, (number_of(wire),))
        return Choice(wire.kind, wire.args, (), wire.operation.arguments)

    # -------------------------------------------------------------------------------------------- rules for +

    def added_product(self, wire: Wire) -> Iterator[Choice]:
        """z + x y, for a product that nobody else reads and a z that was just computed, such as y = b + x W.

        A BLAS may add the terms of x y to z one by one, and then a step that is small against a weight is lost: each of
        its terms is rounded away, where their sum is not. (MKL does so in narrow products on some processors.) So an
        input, and what has a factor, is added to the finished product.
        """
        for z, product in _both_ways(wire):
            made = z.operation is not None and z.kind not in ("scale", "negate")
            if made and self.is_own_product(product):
                arguments = product.operation.arguments  # type: ignore[union-attr]
                yield Choice("product", (z, *product.args), (ONE, ONE), arguments)

    def added_fraction(self, wire: Wire) -> Iterator[Choice]:
        """z + c x / y and z + c x y, entry by entry."""
        for z, term in _both_ways(wire):
            factor, inner = self.factor(term)
            if inner.kind == "multiply" and self.alone(term) and self.alone(inner) and not any(self.slope(inner)):
                for x, y in _both_ways(inner):
                    if y.kind == "reciprocal":
                        yield Choice("add_quotient", (z, x, y.args[0]), (factor,))
                yield Choice("add_product", (z, *inner.args), (factor,))

    def added_number(self, wire: Wire) -> Iterator[Choice]:
        """x + c."""
        for x, number in _both_ways(wire):
            if number.uniform is not None:
                yield Choice("shift", (x,), (number.uniform,))

    def mixed(self, wire: Wire) -> Iterator[Choice]:
        """(1 - c) x + c y, for 0 < c ≤ 1/2."""
        for x, y in _both_ways(wire):
            if x.kind == y.kind == "scale" and self.alone(x) and self.alone(y):
                share, other = number_of(y), number_of(x)
                if 0 < share <= other and share + other == 1:
                    yield Choice("mix", (x.args[0], y.args[0]), (share,))

    def added_scaled(self, wire: Wire) -> Iterator[Choice]:
        """x - y, and x + c y."""
        for x, term in _both_ways(wire):
            if term.kind == "negate" and x.kind != "negate":
                yield Choice("subtract", (x, term.args[0]))
            if term.kind == "scale" and self.alone(term):
                yield Choice("add_scaled", (x, term.args[0]), (self.factor(term)[0],))

    # -------------------------------------------------------------------------------------------- rules for ·

    def slope(self, wire: Wire) -> Iterator[Choice]:
        """f'(x) w for tanh, sigmoid and relu, from y = f(x)."""
        for slope, w in _both_ways(wire):
            y = _tanh_of_slope(slope)
            if y is not None:
                yield Choice("tanh_backward", (w, y))
            y = _sigmoid_of_slope(slope)
            if y is not None:
                yield Choice("sigmoid_backward", (w, y))
            if slope.kind == "step":
                yield Choice("relu_backward", (w, self._relus.get(slope.args[0].serial, slope.args[0])))

    def quotient(self, wire: Wire) -> Iterator[Choice]:
        """x / y."""
        for x, term in _both_ways(wire):
            if term.kind == "reciprocal" and self.alone(term):
                yield Choice("divide", (x, term.args[0]))

    # -------------------------------------------------------------------------------------------- products

    def scaled_product(self, wire: Wire) -> Iterator[Choice]:
        """α x y."""
        inner = wire.args[0]
        if self.alone(inner) and inner.kind == "contract" and is_product(inner):
            arguments = inner.operation.arguments  # type: ignore[union-attr]
            yield Choice("product", inner.args, (Fraction(0), number_of(wire)), arguments)

    def plain_product(self, wire: Wire) -> Iterator[Choice]:
        """x y."""
        arguments = wire.operation.arguments  # type: ignore[union-attr]
        if is_product(wire):
            yield Choice("product", wire.args, (Fraction(0), ONE), arguments)
        else:
            yield Choice("outer", wire.args, (), arguments)

    # -------------------------------------------------------------------------------------------- windows

    def pool(self, wire: Wire) -> Iterator[Choice]:
        """The largest entry of each window of an image."""
        seen = wire.args[0]
        if _over_windows(wire):
            yield Choice("max_pool", seen.args, (), _arguments(seen))

    def pool_backward(self, wire: Wire) -> Iterator[Choice]:
        """Σ first_maximum(windows x) ⊙ w over the windows that an entry is in: w, at the first of the largest."""
        inner = wire.args[0]
        if inner.kind == "multiply" and self.alone(inner):
            for chosen, spread in _both_ways(inner):
                if chosen.kind == "first_maximum" and self.alone(chosen) and _over_windows(chosen):
                    seen, axes = chosen.args[0], _arguments(chosen)[1]
                    repeated = spread.kind == "broadcast" and _arguments(spread)[1] == axes
                    if repeated and _arguments(seen) == _arguments(wire):
                        arguments = (spread.args[0], seen.args[0])
                        yield Choice("max_pool_backward", arguments, (), _arguments(wire))

    # -------------------------------------------------------------------------------------------- looking at wires

    def alone(self, wire: Wire) -> bool:
        """Whether one kernel only reads the wire."""
        return self.readers[wire.serial] == 1

    def factor(self, wire: Wire) -> tuple[Fraction, Wire]:
        """(c, x) with wire = c x, where it is that and nobody else reads it; (1, wire) otherwise."""
        if wire.kind in ("scale", "negate") and self.alone(wire):
            return number_of(wire), wire.args[0]
        return ONE, wire

    def is_own_product(self, wire: Wire) -> bool:
        """Whether the wire is x y as it lies, and nobody else reads it."""
        return wire.kind == "contract" and is_product(wire) and self.alone(wire) and _rows_then_columns(wire)


def number_of(wire: Wire) -> Fraction:
    """c, for a wire c x."""
    assert wire.operation is not None
    return wire.operation.arguments[0] if wire.kind == "scale" else -ONE


def _arguments(wire: Wire) -> tuple[Any, ...]:
    assert wire.operation is not None
    return wire.operation.arguments


def _over_windows(wire: Wire) -> bool:
    """Whether a maximum, or the choice of one, is that of each window of the last two axes of something."""
    seen = wire.args[0]
    rank = len(seen.shape)
    return seen.kind == "windows" and len(_arguments(seen)[1]) == 2 and _arguments(wire)[1] == (rank - 2, rank - 1)


def is_product(wire: Wire) -> bool:
    """Whether a contraction sums over something: else it is a product entry by entry."""
    left, right, out = _letters(wire)
    return any(letter in right and letter not in out for letter in left)


def _rows_then_columns(wire: Wire) -> bool:
    """Whether the result of a contraction is a matrix product (one for each batch entry) as it lies, nothing moved."""
    left, right, out = _letters(wire)
    rows = "".join(letter for letter in out if letter not in right)
    columns = "".join(letter for letter in out if letter not in left)
    each = "".join(letter for letter in out if letter in left and letter in right)
    return out in (each + rows + columns, each + columns + rows)


def _letters(wire: Wire) -> tuple[str, str, str]:
    assert wire.operation is not None
    inputs, out = wire.operation.arguments[0].split("->")
    left, right = inputs.split(",")
    return left, right, out


def _both_ways(wire: Wire) -> tuple[tuple[Wire, Wire], tuple[Wire, Wire]]:
    x, y = wire.args
    return (x, y), (y, x)


def _one_minus(wire: Wire) -> Wire | None:
    """x where the wire is 1 - x."""
    if wire.kind == "add":
        for one, term in _both_ways(wire):
            if one.uniform == 1 and term.kind == "negate":
                return term.args[0]
    return None


def _tanh_of_slope(wire: Wire) -> Wire | None:
    """y where the wire is 1 - y²."""
    square = _one_minus(wire)
    if square is not None and square.kind == "multiply" and square.args[0] is square.args[1]:
        return square.args[0]
    return None


def _sigmoid_of_slope(wire: Wire) -> Wire | None:
    """y where the wire is y (1 - y)."""
    if wire.kind == "multiply":
        for y, term in _both_ways(wire):
            if _one_minus(term) is y:
                return y
    return None


_RULES: dict[str, tuple[Callable[[Chooser, Wire], Iterator[Choice]], ...]] = {
    "add": (
        Chooser.added_number,
        Chooser.added_product,
        Chooser.added_fraction,
        Chooser.mixed,
        Chooser.added_scaled,
    ),
    "multiply": (Chooser.slope, Chooser.quotient),
    "scale": (Chooser.scaled_product,),
    "negate": (Chooser.scaled_product,),
    "contract": (Chooser.plain_product,),
    "maximum": (Chooser.pool,),
    "fold_windows": (Chooser.pool_backward,),
}
