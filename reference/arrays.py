"""The table of operations on NumPy arrays of exact entries, whatever the entries are.

Expressions, nodes of a shared graph and residues modulo a prime differ in how two entries are added and multiplied and
in what exp of one is. All else (axes, contractions, shapes, the way in and out) is said here once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import count
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from verified_cat.engine import Exact, Observed
from verified_cat.errors import DataError, MissingOperation, ShapeError, near
from verified_cat.expansions import expanded
from verified_cat.functions import Functions, Run, Value
from verified_cat.objects import Ob, Pair, Space, Unit, flatten, leaves, unflatten
from verified_cat.primitives import Primitive, Shape, Symbol
from verified_cat.reference import moves
from verified_cat.terms import Operation

Entry = Any
"""One entry of an array: an expression, a node, a residue."""

Array = NDArray[np.object_]


class Numbers(Protocol):
    """A commutative ring of entries, with the functions of one entry that it knows, by name."""

    name: str
    functions: Mapping[str, Callable[[Entry], Entry]]

    def number(self, exact: Any) -> Entry:
        """The entry for an exact number. Raises DataError for what is none."""
        ...

    def variable(self, name: str) -> Entry:
        """A real variable."""
        ...

    def is_entry(self, entry: Any) -> bool:
        """Whether it is an entry: nothing else is ever computed with."""
        ...

    def total(self, entries: list[Entry]) -> Entry:
        """Σ entries; 0 where there are none."""
        ...

    def times(self, x: Entry, y: Entry) -> Entry:
        """x y."""
        ...


BITS = 10**6
"""No number of more bits is kept: squared again and again, a rational would fill the memory."""


def bounded(where: str, number: Any) -> None:
    """Raises DataError where a rational has more than ``BITS`` bits."""
    if max(int(number.numerator).bit_length(), int(number.denominator).bit_length()) > BITS:
        raise DataError(f"{where}: an exact number of more than {BITS} bits")


def array(entries: list[Entry], shape: Shape) -> Array:
    """The entries in row-major order as an array."""
    out = np.empty(len(entries), dtype=object)
    for position, entry in enumerate(entries):
        out[position] = entry
    return out.reshape(shape)


def entrywise(f: Callable[[Entry], Entry]) -> Callable[[Array], Array]:
    """f on every entry."""
    return lambda x: array([f(entry) for entry in x.flat], x.shape)


# ------------------------------------------------------------------------------------------------ operations


def operations(numbers: Numbers) -> dict[str, Callable[..., Run]]:
    """What each row of ``primitives.TABLE`` is on arrays of these entries: arguments ↦ function on values.

    A function of one entry that the numbers do not know is left out, and so is a row that is a term in others.
    """
    one_entry = {name: _elementwise(f) for name, f in numbers.functions.items()}
    minus_one = numbers.number(-1)

    def constantly(shape: Shape, values: tuple[Fraction, ...]) -> Run:
        entries = list(map(numbers.number, values))
        value = array(entries if len(entries) == prod(shape) else entries * prod(shape), shape)
        return lambda _: value

    def scaled(factor: Fraction, shape: Shape) -> Run:
        by = numbers.number(factor)
        return entrywise(lambda entry: numbers.times(by, entry))

    return (
        one_entry
        | moves.rows(numbers.total)
        | {
            "add": lambda shape: _both(lambda x, y: numbers.total([x, y])),
            "negate": lambda shape: entrywise(lambda entry: numbers.times(minus_one, entry)),
            "scale": scaled,
            "sum": lambda shape, axes: lambda x: _summed(numbers, x, axes),
            "broadcast": _repeated,
            "reshape": lambda old, new: lambda x: x.reshape(new),
            "permute": lambda shape, order: lambda x: x.transpose(order),
            "multiply": lambda shape: _both(numbers.times),
            "contract": lambda subscripts, left, right: _contracted(numbers, subscripts),
            "constant": constantly,
        }
    )


def _elementwise(f: Callable[[Entry], Entry]) -> Callable[[Shape], Run]:
    return lambda shape: entrywise(f)


def _both(f: Callable[[Entry, Entry], Entry]) -> Run:
    def run(xy: Value) -> Value:
        x, y = xy
        return array([f(a, b) for a, b in zip(x.flat, y.flat, strict=True)], x.shape)

    return run


def _summed(numbers: Numbers, x: Array, axes: tuple[int, ...]) -> Array:
    """Σ over ``axes``. One n-ary sum per entry: terms are collected once, not once per addition."""
    kept = tuple(axis for axis in range(x.ndim) if axis not in axes)
    shape = tuple(x.shape[axis] for axis in kept)
    rows = x.transpose(kept + axes).reshape(prod(shape), prod(x.shape[axis] for axis in axes))
    return array([numbers.total(list(row)) for row in rows], shape)


def _contracted(numbers: Numbers, subscripts: str) -> Run:
    inputs, out = subscripts.split("->")
    left, right = inputs.split(",")
    letters = out + "".join(letter for letter in left if letter not in out)
    summed = tuple(range(len(out), len(letters)))
    product = np.frompyfunc(numbers.times, 2, 1)

    def aligned(x: Array, own: str) -> Array:
        """x with its axes in the order of ``letters``, of length 1 where it has none."""
        order = tuple(own.index(letter) for letter in letters if letter in own)
        lengths = iter(x.transpose(order).shape)
        return x.transpose(order).reshape([next(lengths) if letter in own else 1 for letter in letters])

    def run(xy: Value) -> Value:
        x, y = xy
        terms = np.empty(np.broadcast_shapes(aligned(x, left).shape, aligned(y, right).shape), dtype=object)
        terms[...] = product(aligned(x, left), aligned(y, right))
        return _summed(numbers, terms, summed)

    return run


def _repeated(shape: Shape, axes: tuple[int, ...]) -> Run:
    narrow = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return lambda x: np.broadcast_to(x.reshape(narrow), shape)


# ------------------------------------------------------------------------------------------------ the engine


class ArrayEngine:
    """Functions on arrays of exact entries. ``meanings`` gives free symbols a function on values, by name."""

    precision = "exact"

    def __init__(self, numbers: Numbers, meanings: Mapping[str, Run] | None = None) -> None:
        self.name = numbers.name
        self.numbers = numbers
        self.table = operations(numbers)
        self.meanings = dict(meanings or {})

    def operation(self, operation: Operation) -> Run:
        """The function that the operation is. Raises MissingOperation for one with no meaning here."""
        name = operation.name
        if isinstance(operation, Symbol):
            if name not in self.meanings:
                raise MissingOperation(
                    f"{self.name}: the free symbol {name!r} was given no meaning; pass meanings={{{name!r}: f}}"
                )
            return self._checked(operation, self.meanings[name])
        term = None if name in self.table else expanded(operation)
        if term is not None:
            return self._checked(operation, Functions(self).meaning(term).run)
        if not isinstance(operation, Primitive) or name not in self.table:
            raise MissingOperation(f"{self.name}: no operation is called {name!r}; {near(name, list(self.table))}")
        return self._checked(operation, self.table[name](*operation.arguments))

    def _checked(self, operation: Operation, run: Run) -> Run:
        """``run`` on values of the domain only: another shape would be broadcast, a string might be evaluated."""
        dom, where = operation.dom, f"{self.name}: {operation}"

        def checked(value: Value) -> Value:
            self.check_value(where, dom, value)
            return run(value)

        return checked

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The value with these exact leaves. Raises DataError for a wrong count, a float, or another bracketing."""
        try:
            parts = flatten(ob, exact)
        except ValueError as error:
            raise DataError(f"{self.name}: {error}") from None
        return unflatten(ob, [self._leaf(leaf, part) for leaf, part in zip(leaves(ob), parts, strict=True)])

    def _leaf(self, leaf: Ob, exact: Any) -> Array:
        shape = self.shape_of(leaf)
        if not isinstance(exact, tuple | list) or len(exact) != prod(shape):
            raise DataError(f"an exact value of {leaf} is a flat tuple of {prod(shape)} numbers, not {exact!r}")
        return array([self.numbers.number(number) for number in exact], shape)

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The leaves of a value as flat tuples of entries. Raises ShapeError where it is no value of ``ob``."""
        self.check_value(f"{self.name}: lower", ob, value)
        return unflatten(ob, [tuple(part.flat) for part in flatten(ob, value)])

    def symbols(self, ob: Ob, prefix: str = "x") -> Value:
        """A value of real variables prefix0, prefix1, …, left to right; the same names are the same variables."""
        if not isinstance(prefix, str) or not prefix.isidentifier():
            raise DataError(f"a prefix of variables is a word of letters, not {prefix!r}")
        numbers = count()

        def leaf(part: Ob) -> Array:
            shape = self.shape_of(part)
            return array([self.numbers.variable(f"{prefix}{next(numbers)}") for _ in range(prod(shape))], shape)

        return unflatten(ob, [leaf(part) for part in leaves(ob)])

    def shape_of(self, ob: Ob) -> Shape:
        """The shape of a space. Raises DataError on an opaque sort, whose values are no arrays."""
        if not isinstance(ob, Space):
            raise DataError(f"{self.name}: {ob} is opaque, so it has no values of expressions")
        return ob.shape

    def check_value(self, where: str, ob: Ob, value: Value) -> None:
        """Raises ShapeError where ``value`` is no value of ``ob``: other brackets, another shape, or other entries."""
        pending = [(ob, value)]
        while pending:
            here, part = pending.pop()
            if isinstance(here, Pair):
                if not isinstance(part, tuple) or len(part) != 2:
                    raise ShapeError(f"{where}: a value of {here} is a pair, not {part!r}")
                pending += [(here.right, part[1]), (here.left, part[0])]
            elif isinstance(here, Unit):
                if not isinstance(part, tuple) or part:
                    raise ShapeError(f"{where}: the value of 1 is the empty tuple, not {part!r}")
            else:
                self._check_leaf(where, here, part)

    def _check_leaf(self, where: str, ob: Ob, value: Value) -> None:
        if not isinstance(value, np.ndarray) or value.dtype != object:
            raise ShapeError(f"{where}: a value of {ob} is an array of expressions, not {type(value).__name__}")
        if value.shape != self.shape_of(ob):
            raise ShapeError(f"{where}: expected a value of {ob}, but the shape is {value.shape}")
        wrong = next((entry for entry in value.flat if not self.numbers.is_entry(entry)), None)
        if wrong is not None:
            raise ShapeError(f"{where}: an entry is {str(wrong)[:40]!r}, a {type(wrong).__name__} and no expression")
