"""The operations of the table as diagrams of catgrad 0.2.2, composed of its own operations with derivatives.

It has none for exp, log, sin, cos and tanh.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

from verified_cat.errors import MissingExtra, MissingOperation
from verified_cat.objects import Ob, leaves

try:
    from catgrad.bidirectional import operation as rd
    from catgrad.signature import Dtype, NdArrayType, obj, op
except ModuleNotFoundError as _missing:  # of torch too: catgrad imports it without declaring it
    raise MissingExtra(
        f"the catgrad engine needs {_missing.name}: pip install verified-cat[catgrad], in an environment of its own"
    ) from _missing


def wire(*shape: int) -> Any:
    """R^shape as one wire: float32 is the one floating type of catgrad."""
    return NdArrayType(shape, Dtype.float32)


def wires(ob: Ob) -> Any:
    """An object as catgrad has it, the list of its leaves."""
    return obj(*(wire(*leaf.shape) for leaf in leaves(ob)))  # type: ignore[attr-defined]


def elementwise(make: Callable[[Any], Any]) -> Callable[[tuple[int, ...]], Any]:
    """A diagram that catgrad gives on every object, on R^shape."""
    return lambda shape: make(obj(wire(*shape)))


def permuted(shape: tuple[int, ...], order: tuple[int, ...]) -> Any:
    return op(rd.Permute(wire(*shape), list(order)))


def reshaped(old: tuple[int, ...], new: tuple[int, ...]) -> Any:
    return op(rd.Reshape(wire(*old), wire(*new)))


def _last(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[tuple[int, ...], Any, Any]:
    """The order that puts ``axes`` last, and the types of the other axes and of these."""
    kept = tuple(axis for axis in range(len(shape)) if axis not in axes)
    return kept + axes, wire(*(shape[axis] for axis in kept)), wire(*(shape[axis] for axis in axes))


def summed(shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    order, kept, gone = _last(shape, axes)
    return permuted(shape, order) >> op(rd.NAdd(kept, gone))


def repeated(shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    order, kept, new = _last(shape, axes)
    back = tuple(order.index(axis) for axis in range(len(shape)))
    return op(rd.NCopy(kept, new)) >> permuted((*kept.shape, *new.shape), back)


def filled(shape: tuple[int, ...], values: tuple[Any, ...]) -> Any:
    """One entry everywhere, or scalars put together: a constant of catgrad has one entry."""
    if len(values) < 2:
        return rd.constant(float(values[0]) if values else 0.0)(obj(wire(*shape)))
    entries = rd.constant(0.0)(obj())
    for value in values:
        entries = entries @ rd.constant(float(value))(obj(wire()))
    return entries >> op(rd.NConcatenate(wire(), len(values))) >> reshaped((len(values),), shape)


def contracted(subscripts: str, left: tuple[int, ...], right: tuple[int, ...]) -> Any:
    """Axes in order, then ``Compose``; ``MatrixMultiply`` where a letter stands in both factors and in the result."""
    inputs, out = subscripts.split("->")
    first, second = inputs.split(",")
    length = dict(zip(first + second, left + right, strict=True))
    batch = [each for each in first if each in second and each in out]
    rows, columns = ([each for each in part if each in out and each not in batch] for part in (first, second))
    inner = [each for each in first if each in second and each not in out]

    def shape(letters: list[str]) -> tuple[int, ...]:
        return tuple(length[each] for each in letters)

    def arranged(letters: str, target: list[str]) -> Any:
        return permuted(shape(list(letters)), tuple(letters.index(each) for each in target))

    factors = arranged(first, batch + rows + inner) @ arranged(second, batch + inner + columns)
    if not batch:
        product = op(rd.Compose(wire(*shape(rows)), wire(*shape(inner)), wire(*shape(columns))))
    else:
        n, (a, b, c) = shape(batch), (prod(shape(part)) for part in (rows, inner, columns))
        flat = reshaped(shape(batch + rows + inner), (*n, a, b)) @ reshaped(shape(batch + inner + columns), (*n, b, c))
        product = flat >> op(rd.MatrixMultiply(wire(*n), wire(a), wire(b), wire(c)))
        product = product >> reshaped((*n, a, c), shape(batch + rows + columns))
    found = batch + rows + columns
    return factors >> product >> permuted(shape(found), tuple(found.index(each) for each in out))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": elementwise(rd.add),
    "negate": elementwise(rd.negate),
    "scale": lambda factor, shape: rd.scale(float(factor))(obj(wire(*shape))),
    "sum": summed,
    "broadcast": repeated,
    "reshape": reshaped,
    "permute": permuted,
    "multiply": elementwise(rd.multiply),
    "contract": contracted,
    "constant": filled,
    "reciprocal": elementwise(rd.exponentiate(-1.0)),
    "sqrt": elementwise(rd.exponentiate(0.5)),
    "sigmoid": elementwise(rd.sigmoid),
    "relu": elementwise(rd.relu),
    "step": elementwise(rd.gt_constant(0)),
}
"""The operations of the table as catgrad has them, each a diagram of operations with derivatives."""


def _diagram_of(operation: Any) -> Any:
    """An operation of the table as a diagram of catgrad. Raises MissingOperation where it has none."""
    if operation.name not in OPERATIONS:
        raise MissingOperation(f"catgrad has no {operation.name} with a derivative")
    return OPERATIONS[operation.name](*operation.arguments)


diagram_of: Any = cache(_diagram_of)
"""The same, each made once."""
