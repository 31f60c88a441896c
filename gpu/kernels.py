"""One lowering for each row of the table: from the arguments of an operation to a function on tensors.

A kernel never writes to its inputs, never records for autograd, and uses no ``alpha`` or ``beta`` of torch: an
operation is exactly what its row of the table says. Kernels that are linear keep a symbolic zero symbolic.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

import torch

from verified_cat.functions import Run
from verified_cat.gpu.contraction import Kernel, lower_contraction, same
from verified_cat.gpu.zero import Zero
from verified_cat.primitives import Shape


class Host(Protocol):
    """What a lowering asks of its engine: tensors of exact entries, and a symbolic zero written out."""

    def tensor(self, shape: Shape, values: tuple[Fraction, ...]) -> torch.Tensor: ...
    def dense(self, value: Any) -> Any: ...


def linear(kernel: Kernel, cod: Shape) -> Run:
    """A linear map of one argument: the kernel on tensors, 0 at 0."""
    zero = Zero(cod)

    def run(x: Any) -> Any:
        if type(x) is Zero:
            return zero
        return kernel(x)

    return run


def _add(host: Host, shape: Shape) -> Run:
    def add(xy: Any) -> Any:
        x, y = xy
        if type(x) is Zero:
            return y
        if type(y) is Zero:
            return x
        return torch.add(x, y)

    return add


def _multiply(host: Host, shape: Shape) -> Run:
    zero = Zero(shape)

    def multiply(xy: Any) -> Any:
        x, y = xy
        if type(x) is Zero or type(y) is Zero:
            return zero
        return torch.mul(x, y)

    return multiply


def _negate(host: Host, shape: Shape) -> Run:
    return linear(torch.neg, shape)


def _scale(host: Host, factor: Fraction, shape: Shape) -> Run:
    zero = Zero(shape)
    if factor == 0:
        return lambda _: zero
    if factor in (1, -1):
        return same if factor == 1 else _negate(host, shape)
    number = host.tensor((), (factor,))  # a tensor, not a Python number: torch would wrap that anew in each call
    return linear(lambda x: torch.mul(x, number), shape)


def _sum(host: Host, shape: Shape, axes: tuple[int, ...]) -> Run:
    cod = tuple(length for axis, length in enumerate(shape) if axis not in axes)
    if not axes:
        return same  # torch.sum over no axis sums over all of them
    if len(axes) == len(shape):
        return linear(torch.sum, cod)
    over = axes[0] if len(axes) == 1 else axes
    return linear(lambda x: torch.sum(x, over), cod)


def _broadcast(host: Host, shape: Shape, axes: tuple[int, ...]) -> Run:
    if not axes:
        return same
    if axes == tuple(range(len(axes))):
        return linear(lambda x: x.expand(shape), shape)  # new leading axes need no index
    index = tuple(None if axis in axes else slice(None) for axis in range(len(shape)))
    return linear(lambda x: x[index].expand(shape), shape)


def _reshape(host: Host, old: Shape, new: Shape) -> Run:
    return linear(lambda x: x.reshape(new), new)


def _permute(host: Host, shape: Shape, order: tuple[int, ...]) -> Run:
    return linear(lambda x: x.permute(order), tuple(shape[axis] for axis in order))


def _contract(host: Host, subscripts: str, left: Shape, right: Shape) -> Run:
    return lower_contraction(subscripts, left, right)


def _constant(host: Host, shape: Shape, values: tuple[Fraction, ...]) -> Run:
    value: Any = Zero(shape) if not any(values) else host.tensor(shape, values)
    return lambda _: value


def _elementwise(kernel: Kernel) -> Callable[[Host, Shape], Run]:
    """y = f(x) entry by entry, where f(0) need not be 0: a symbolic zero is written out first."""

    def lowering(host: Host, shape: Shape) -> Run:
        def run(x: Any) -> Any:
            return kernel(host.dense(x) if type(x) is Zero else x)

        return run

    return lowering


def _odd(kernel: Kernel) -> Callable[[Host, Shape], Run]:
    """y = f(x) entry by entry with f(0) = 0: a symbolic zero stays one."""
    return lambda host, shape: linear(kernel, shape)


def _step(x: torch.Tensor) -> torch.Tensor:
    """1 where x > 0, else 0; 0 at a NaN, which is not above 0. Faster than a comparison, whose result is not floats."""
    return torch.sign(torch.relu(x))


LOWERINGS: dict[str, Callable[..., Run]] = {
    "add": _add,
    "negate": _negate,
    "scale": _scale,
    "sum": _sum,
    "broadcast": _broadcast,
    "reshape": _reshape,
    "permute": _permute,
    "multiply": _multiply,
    "contract": _contract,
    "constant": _constant,
    "exp": _elementwise(torch.exp),
    "log": _elementwise(torch.log),
    "reciprocal": _elementwise(torch.reciprocal),
    "sqrt": _odd(torch.sqrt),
    "sin": _odd(torch.sin),
    "cos": _elementwise(torch.cos),
    "tanh": _odd(torch.tanh),
    "sigmoid": _elementwise(torch.sigmoid),
    "relu": _odd(torch.relu),
    "step": _odd(_step),
}
