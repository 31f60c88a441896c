"""The exact engine: a value of R^shape is a NumPy array of SymPy expressions, and every rational stays a rational.

What SymPy does on its own when an expression is built (collecting equal terms and equal bases) is trusted; nothing here
asks it to simplify, and no string is ever read as an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import count
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from verified_cat.engine import Exact, Observed
from verified_cat.errors import DataError, MissingOperation, ShapeError, near
from verified_cat.functions import Run, Value
from verified_cat.objects import Ob, Pair, Space, Unit, fold
from verified_cat.primitives import Primitive, Shape, Symbol
from verified_cat.reference.kinked import Relu, Step
from verified_cat.terms import Operation

Expression = Any
"""A SymPy expression; SymPy ships no types."""

Array = NDArray[np.object_]


# ------------------------------------------------------------------------------------------------ numbers


def subexpressions(*roots: Expression) -> set[Expression]:
    """Every subexpression, each once: SymPy's own walks take a shared part again each time it is met."""
    found: set[Expression] = set()
    pending = list(roots)
    while pending:
        here = pending.pop()
        if here not in found:
            found.add(here)
            pending += here.args
    return found


def rational(number: Any) -> Expression:
    """An exact number as an expression. Raises DataError for a float, and for what is no number."""
    if isinstance(number, Fraction | int) and not isinstance(number, bool):
        return sp.Rational(number.numerator, number.denominator)
    if isinstance(number, sp.Expr) and not any(part.is_Float for part in subexpressions(number)):
        return number
    raise DataError(f"the exact engine takes int, Fraction or an expression without floats, not {number!r}")


def array(entries: list[Expression], shape: Shape) -> Array:
    """The entries in row-major order as an array of expressions."""
    out = np.empty(len(entries), dtype=object)
    for position, entry in enumerate(entries):
        out[position] = entry
    return out.reshape(shape)


def entrywise(f: Callable[[Expression], Expression]) -> Callable[[Array], Array]:
    """f on every entry."""
    return lambda x: array([f(entry) for entry in x.flat], x.shape)


# ----------------------------------------------------------------------------------- functions of one entry


def _outside(name: str, x: Expression, domain: str) -> DataError:
    return DataError(f"{name}: {x} is outside its domain, the {domain} numbers")


def _log(x: Expression) -> Expression:
    if x.is_Rational and x <= 0:
        raise _outside("log", x, "positive")
    return sp.log(x)


def _sqrt(x: Expression) -> Expression:
    if x.is_Rational and x < 0:
        raise _outside("sqrt", x, "nonnegative")
    return sp.sqrt(x)


def _reciprocal(x: Expression) -> Expression:
    if x.is_Rational and x == 0:
        raise _outside("reciprocal", x, "nonzero")
    return 1 / x


def _sigmoid(x: Expression) -> Expression:
    return 1 / (1 + sp.exp(-x))


# ----------------------------------------------------------------------------------- operations of the table


def _summed(x: Array, axes: tuple[int, ...]) -> Array:
    """Σ over ``axes``. One n-ary sum per entry: SymPy collects its terms once, not once per addition."""
    kept = tuple(axis for axis in range(x.ndim) if axis not in axes)
    shape = tuple(x.shape[axis] for axis in kept)
    rows = x.transpose(kept + axes).reshape(prod(shape), prod(x.shape[axis] for axis in axes))
    return array([sp.Add(*row) for row in rows], shape)


def _contracted(subscripts: str, left_shape: Shape, right_shape: Shape) -> Run:
    inputs, out = subscripts.split("->")
    left, right = inputs.split(",")
    letters = out + "".join(letter for letter in left if letter not in out)
    summed = tuple(range(len(out), len(letters)))

    def aligned(x: Array, own: str) -> Array:
        """x with its axes in the order of ``letters``, of length 1 where it has none."""
        order = tuple(own.index(letter) for letter in letters if letter in own)
        lengths = iter(x.transpose(order).shape)
        return x.transpose(order).reshape([next(lengths) if letter in own else 1 for letter in letters])

    def run(xy: Value) -> Value:
        x, y = xy
        product = np.multiply(aligned(x, left), aligned(y, right), dtype=object)
        return _summed(np.asarray(product, dtype=object), summed)

    return run


def _added(xy: Value) -> Value:
    x, y = xy
    return np.asarray(x + y, dtype=object)


def _multiplied(xy: Value) -> Value:
    x, y = xy
    return np.asarray(x * y, dtype=object)


def _repeated(shape: Shape, axes: tuple[int, ...]) -> Run:
    narrow = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return lambda x: np.broadcast_to(x.reshape(narrow), shape)


def _constantly(shape: Shape, values: tuple[Fraction, ...]) -> Run:
    entries = list(map(rational, values))
    value = array(entries if len(entries) == prod(shape) else entries * prod(shape), shape)
    return lambda _: value


def _scaled(factor: Fraction, shape: Shape) -> Run:
    by = rational(factor)
    return entrywise(lambda entry: by * entry)


def _elementwise(f: Callable[[Expression], Expression]) -> Callable[[Shape], Run]:
    return lambda shape: entrywise(f)


OPERATIONS: dict[str, Callable[..., Run]] = {
    "add": lambda shape: _added,
    "negate": _elementwise(lambda x: -x),
    "scale": _scaled,
    "sum": lambda shape, axes: lambda x: _summed(x, axes),
    "broadcast": _repeated,
    "reshape": lambda old, new: lambda x: x.reshape(new),
    "permute": lambda shape, order: lambda x: x.transpose(order),
    "multiply": lambda shape: _multiplied,
    "contract": _contracted,
    "constant": _constantly,
    "exp": _elementwise(sp.exp),
    "log": _elementwise(_log),
    "reciprocal": _elementwise(_reciprocal),
    "sqrt": _elementwise(_sqrt),
    "sin": _elementwise(sp.sin),
    "cos": _elementwise(sp.cos),
    "tanh": _elementwise(sp.tanh),
    "sigmoid": _elementwise(_sigmoid),
    "relu": _elementwise(Relu),
    "step": _elementwise(Step),
}
"""The meaning of every row of ``primitives.TABLE``: arguments of the operation ↦ its function on values."""


# ------------------------------------------------------------------------------------------------ the engine


class SympyEngine:
    """Functions on exact expressions. ``meanings`` gives free symbols a function on values, by name."""

    name = "sympy"
    precision = "exact"

    def __init__(self, meanings: Mapping[str, Run] | None = None) -> None:
        self.meanings = dict(meanings or {})

    def operation(self, operation: Operation) -> Run:
        """The function that the operation is. Raises MissingOperation for one with no meaning here."""
        name = operation.name
        if isinstance(operation, Symbol):
            if name not in self.meanings:
                raise MissingOperation(
                    f"sympy: the free symbol {name!r} was given no meaning; pass meanings={{{name!r}: f}}"
                )
            return self._checked(operation, self.meanings[name])
        if not isinstance(operation, Primitive) or name not in OPERATIONS:
            raise MissingOperation(f"sympy: no operation is called {name!r}; {near(name, list(OPERATIONS))}")
        return self._checked(operation, OPERATIONS[name](*operation.arguments))

    def _checked(self, operation: Operation, run: Run) -> Run:
        """``run`` on values of the domain only: a value of another shape would be broadcast silently."""
        dom, where = operation.dom, f"sympy: {operation}"

        def checked(value: Value) -> Value:
            check_value(where, dom, value)
            return run(value)

        return checked

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The value with these exact leaves. Raises DataError for a wrong count, a float, or another bracketing."""
        if isinstance(ob, Pair):
            left, right = halves(ob, exact)
            return self.lift(ob.left, left), self.lift(ob.right, right)
        if isinstance(ob, Unit):
            return ()
        shape = shape_of(ob)
        if not isinstance(exact, tuple | list) or len(exact) != prod(shape):
            raise DataError(f"an exact value of {ob} is a flat tuple of {prod(shape)} numbers, not {exact!r}")
        return array([rational(number) for number in exact], shape)

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The leaves of a value as flat tuples of expressions. Raises ShapeError where it is no value of ``ob``."""
        check_value("sympy: lower", ob, value)
        if isinstance(ob, Pair):
            return self.lower(ob.left, value[0]), self.lower(ob.right, value[1])
        return () if isinstance(ob, Unit) else tuple(value.flat)

    def symbols(self, ob: Ob, prefix: str = "x") -> Value:
        """A value of real variables prefix0, prefix1, …, left to right; the same names are the same variables."""
        if not prefix.isidentifier():
            raise DataError(f"a prefix of variables is a word of letters, not {prefix!r}")
        numbers = count()

        def leaf(part: Ob) -> Array:
            shape = shape_of(part)
            return array([sp.Symbol(f"{prefix}{next(numbers)}", real=True) for _ in range(prod(shape))], shape)

        return fold(ob, unit=(), leaf=leaf, pair=lambda left, right: (left, right))


def shape_of(ob: Ob) -> Shape:
    """The shape of a space. Raises DataError on an opaque sort, whose values are not expressions."""
    if not isinstance(ob, Space):
        raise DataError(f"sympy: {ob} is opaque, so it has no values of expressions")
    return ob.shape


def halves(ob: Pair, value: Value) -> tuple[Value, Value]:
    """The two components of a value of a pair. Raises DataError where it is none."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise DataError(f"a value of {ob} is a pair, not {value!r}")
    return value


def check_value(where: str, ob: Ob, value: Value) -> None:
    """Raises ShapeError where ``value`` is not a value of ``ob``: other brackets, another shape, not expressions."""
    if isinstance(ob, Pair):
        if not isinstance(value, tuple) or len(value) != 2:
            raise ShapeError(f"{where}: a value of {ob} is a pair, not {value!r}")
        check_value(where, ob.left, value[0])
        check_value(where, ob.right, value[1])
    elif isinstance(ob, Unit):
        if value != ():
            raise ShapeError(f"{where}: the value of 1 is the empty tuple, not {value!r}")
    elif not isinstance(value, np.ndarray) or value.dtype != object:
        raise ShapeError(f"{where}: a value of {ob} is an array of expressions, not {type(value).__name__}")
    elif value.shape != shape_of(ob):
        raise ShapeError(f"{where}: expected a value of {ob}, but the shape is {value.shape}")
