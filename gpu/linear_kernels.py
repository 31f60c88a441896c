"""The linear rows of the table that move, add and scale entries, as functions on tensors; a symbolic zero stays one."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

import torch

from verified_cat.functions import Run
from verified_cat.gpu.contraction import Kernel, same
from verified_cat.gpu.zero import Zero
from verified_cat.primitives import Shape


class Host(Protocol):
    """What a lowering asks of its engine: tensors of exact entries, and a symbolic zero written out."""

    device: torch.device
    dtype: torch.dtype

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


def _slice(host: Host, shape: Shape, starts: Shape, lengths: Shape, steps: Shape) -> Run:
    index = slices(starts, lengths, steps)
    return linear(lambda x: x[index], lengths)


def _place(host: Host, shape: Shape, starts: Shape, lengths: Shape, steps: Shape) -> Run:
    index = slices(starts, lengths, steps)

    def place(y: Any) -> Any:
        x = y.new_zeros(shape)
        x[index] = y
        return x

    return linear(place, shape)


def slices(starts: Shape, lengths: Shape, steps: Shape) -> tuple[slice, ...]:
    """Of each axis so many entries, from the start on, by steps."""
    each = zip(starts, lengths, steps, strict=True)
    return tuple(slice(start, start + length * step, step) for start, length, step in each)


def _gather(host: Host, shape: Shape, axis: int, positions: Shape) -> Run:
    index = torch.tensor(positions, dtype=torch.int64, device=host.device)
    cod = (*shape[:axis], len(positions), *shape[axis + 1 :])
    return linear(lambda x: torch.index_select(x, axis, index), cod)


def _scatter(host: Host, shape: Shape, axis: int, positions: Shape) -> Run:
    index = torch.tensor(positions, dtype=torch.int64, device=host.device)
    return linear(lambda y: y.new_zeros(shape).index_add(axis, index, y), shape)


LINEAR: dict[str, Callable[..., Run]] = {
    "add": _add,
    "negate": _negate,
    "scale": _scale,
    "sum": _sum,
    "broadcast": _broadcast,
    "reshape": _reshape,
    "permute": _permute,
    "slice": _slice,
    "place": _place,
    "gather": _gather,
    "scatter": _scatter,
}
