"""A second float engine: IEEE 754 arithmetic by NumPy, plainly, one operation of the table after the other.

It shares no code with the engine under test and needs nothing but NumPy, so that laws about rounding can refute their
wrong implementations wherever the suite runs.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erfc, pi, prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.engine import Exact, Observed
from verified_cat.errors import DataError, MissingOperation, UsageError, near
from verified_cat.expansions import expanded
from verified_cat.functions import Functions, Run, Value
from verified_cat.objects import Ob, Pair, Space
from verified_cat.primitives import Primitive, Shape
from verified_cat.reference import moves
from verified_cat.reference.reductions import IN_FLOATS
from verified_cat.terms import Operation

Array = NDArray[Any]


def _repeated(dtype: Any, shape: Shape, axes: tuple[int, ...]) -> Run:
    narrow = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return lambda x: np.broadcast_to(x.reshape(narrow), shape)


def _sigmoid(x: Array) -> Array:
    """e^(-|x|) never overflows."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1 / (1 + small), small / (1 + small)))


_half_erfc = np.frompyfunc(lambda x: 0.5 * erfc(x), 1, 1)


def _both(f: Callable[..., Any]) -> Callable[..., Run]:
    return lambda dtype, *_: lambda xy: np.asarray(f(*xy))


def _each(f: Callable[[Array], Any]) -> Callable[..., Run]:
    return lambda dtype, *_: lambda x: np.asarray(f(x))


OPERATIONS: dict[str, Callable[..., Run]] = {
    "add": _both(np.add),
    "multiply": _both(np.multiply),
    "contract": lambda dtype, subscripts, left, right: lambda xy: np.asarray(np.einsum(subscripts, *xy)),
    "negate": _each(np.negative),
    "scale": lambda dtype, factor, shape: lambda x: np.asarray(x * dtype(float(factor))),
    "sum": lambda dtype, shape, axes: lambda x: np.asarray(np.sum(x, axis=axes)),
    "broadcast": _repeated,
    "reshape": lambda dtype, old, new: lambda x: x.reshape(new),
    "permute": lambda dtype, shape, order: lambda x: x.transpose(order),
    "constant": lambda dtype, shape, values: (
        lambda _: np.broadcast_to(
            np.array([float(value) for value in values], dtype).reshape(shape if len(values) == prod(shape) else ()),
            shape,
        )
    ),
    **{name: (lambda dtype, *arguments, make=make: make(*arguments)) for name, make in moves.rows().items()},
    **{name: (lambda dtype, *arguments, make=make: make(*arguments)) for name, make in IN_FLOATS.items()},
    "softplus": _each(lambda x: np.logaddexp(x, np.zeros_like(x))),
    "gaussian": _each(lambda x: np.exp(-0.5 * x * x) * x.dtype.type(1 / sqrt(2 * pi))),
    "gaussian_cdf": _each(lambda x: np.asarray(_half_erfc(-x / sqrt(2)), dtype=x.dtype)),
    "exp": _each(np.exp),
    "log": _each(np.log),
    "reciprocal": _each(np.reciprocal),
    "sqrt": _each(np.sqrt),
    "sin": _each(np.sin),
    "cos": _each(np.cos),
    "tanh": _each(np.tanh),
    "sigmoid": _each(_sigmoid),
    "relu": _each(lambda x: np.where(x <= 0, np.zeros_like(x), x)),
    "step": _each(lambda x: (x > 0).astype(x.dtype)),
}
"""The meaning of every row of ``primitives.TABLE`` that is no term: number type and arguments ↦ its function."""


class NumpyEngine:
    """Functions on NumPy arrays of float64 or float32. Raises UsageError for another precision."""

    def __init__(self, precision: str = "float64") -> None:
        if precision not in ("float64", "float32"):
            raise UsageError(f"NumPy computes in float64 or float32 here, not in {precision!r}")
        self.precision = precision
        self.name = f"numpy-{precision}"
        self._dtype = np.dtype(precision).type

    def operation(self, operation: Operation) -> Run:
        """The function that the operation is. Raises MissingOperation for what is not a row of the table."""
        term = None if operation.name in OPERATIONS else expanded(operation)
        if term is not None:
            return Functions(self).meaning(term).run
        if not isinstance(operation, Primitive) or operation.name not in OPERATIONS:
            raise MissingOperation(
                f"{self.name}: no operation is called {operation.name!r}; {near(operation.name, list(OPERATIONS))}"
            )
        run = OPERATIONS[operation.name](self._dtype, *operation.arguments)

        def quiet(value: Value) -> Value:
            with np.errstate(all="ignore"):  # overflow and NaN are values here, not faults
                return run(value)

        return quiet

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The value with the given exact leaves, rounded to nearest. Raises DataError on a wrong count."""
        if isinstance(ob, Pair):
            return self.lift(ob.left, exact[0]), self.lift(ob.right, exact[1])
        if not isinstance(ob, Space):
            return ()
        if len(exact) != prod(ob.shape):
            raise DataError(f"a value of {ob} is lifted from {prod(ob.shape)} numbers, not from {exact!r}")
        return np.array([float(number) for number in exact], self._dtype).reshape(ob.shape)

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The leaves as flat row-major tuples of floats. Raises DataError where a shape is not that of its space."""
        if isinstance(ob, Pair):
            return self.lower(ob.left, value[0]), self.lower(ob.right, value[1])
        if not isinstance(ob, Space):
            return ()
        if value.shape != ob.shape:
            raise DataError(f"a value of {ob} has the shape {ob.shape}, not {value.shape}")
        return tuple(map(float, value.flat))
