"""Wrong operations: each takes the right one and gives one that is wrong in a single respect, of the right shape.

They use the methods that tensors and arrays of expressions have in common, so one fault serves several engines. A fault
that has nothing to be wrong about (a vector to transpose) leaves the value as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from verified_cat.functions import Run
from verified_cat.primitives import Primitive

Fault = Callable[[Run, Primitive], Run]
"""(the right function, the operation) ↦ the function that is put in its place."""


def before(change: Callable[[Any], Any]) -> Fault:
    """x ↦ f(change(x))."""
    return lambda right, _: lambda x: right(change(x))


def after(change: Callable[[Any], Any]) -> Fault:
    """x ↦ change(f(x))."""
    return lambda right, _: lambda x: change(right(x))


def instead(run: Run) -> Fault:
    """Another function of the same type."""
    return lambda right, operation: run


def on_left(change: Callable[[Any], Any]) -> Fault:
    """(x, y) ↦ f(change(x), y)."""
    return lambda right, _: lambda xy: right((change(xy[0]), xy[1]))


def on_right(change: Callable[[Any], Any]) -> Fault:
    """(x, y) ↦ f(x, change(y))."""
    return lambda right, _: lambda xy: right((xy[0], change(xy[1])))


def flatly(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """``change`` on the entries in a row: arithmetic on an array of no axes would give a bare number."""
    return lambda x: change(x.reshape(-1)).reshape(tuple(x.shape))


# ------------------------------------------------------------------------------------------------ of entries


def column_major(x: Any) -> Any:
    """The entries read by columns and written by rows: the shape is right, the places are not."""
    return x.T.reshape(tuple(x.shape)) if len(x.shape) == 2 else x


def reversed_entries(x: Any) -> Any:
    """The entries in the opposite order."""
    return x.reshape(-1).flip(0).reshape(x.shape)


def transposed_square(x: Any) -> Any:
    """The transpose of a square matrix, whose shape does not give it away."""
    return x.T if len(x.shape) == 2 and x.shape[0] == x.shape[1] else x


def last_entry_lost(x: Any) -> Any:
    """The last entry as 0: a loop that stops one short."""
    flat = x.reshape(-1).clone()
    flat[-1:] = 0
    return flat.reshape(x.shape)


def first_entry_alone(x: Any) -> Any:
    """All entries 0 but the first."""
    flat = x.reshape(-1).clone()
    flat[1:] = 0
    return flat.reshape(x.shape)


def first_entry_everywhere(x: Any) -> Any:
    """The first entry in every place."""
    return x.reshape(-1)[:1].expand(x.numel()).reshape(x.shape) if x.numel() else x


def in_single(x: Any) -> Any:
    """Rounded to 24 bits, and stored in the old format."""
    return x.float().to(x.dtype)


def in_half(x: Any) -> Any:
    """Rounded to 11 bits, and stored in the old format."""
    return x.half().to(x.dtype)


def in_bfloat16(x: Any) -> Any:
    """Rounded to 8 bits, and stored in the old format."""
    return x.bfloat16().to(x.dtype)


def zeros_nudged(x: Any) -> Any:
    """1e-30 in place of 0."""
    return x + 1e-30 * (x == 0)


def small_flushed(x: Any) -> Any:
    """0 in place of what is below 10⁻³: far above the denormal numbers, whose flushing the bounds grant."""
    return x * (x.abs() > 1e-3)


# ------------------------------------------------------------------------------------------------ of operations


def mean_for_sum(right: Run, operation: Primitive) -> Run:
    """Σ divided by the number of terms."""
    shape, axes = operation.arguments
    count = math.prod(shape[axis] for axis in axes) or 1
    return lambda x: right(x) / count


def shared_out(right: Run, operation: Primitive) -> Run:
    """Each copy a fair share of the entry."""
    shape, axes = operation.arguments
    count = math.prod(shape[axis] for axis in axes) or 1
    return lambda x: right(x) / count


def factor_twice(right: Run, operation: Primitive) -> Run:
    """factor² x."""
    return lambda x: right(right(x))


def sign_ignored(right: Run, operation: Primitive) -> Run:
    """|factor| x."""
    return (lambda x: -right(x)) if operation.arguments[0] < 0 else right


def factor_added(right: Run, operation: Primitive) -> Run:
    """x + factor."""
    factor = float(operation.arguments[0])
    return lambda x: x + factor


def factor_rounded(right: Run, operation: Primitive) -> Run:
    """The factor to three decimals."""
    factor = round(float(operation.arguments[0]), 3)
    return lambda x: x * factor


def not_moved(right: Run, operation: Primitive) -> Run:
    """The axes renamed, the entries left where they were."""
    return lambda x: x.reshape(right(x).shape)


def inverse_order(right: Run, operation: Primitive) -> Run:
    """The axes in the inverse order, where the lengths allow it."""
    shape, order = operation.arguments
    inverse = [order.index(axis) for axis in range(len(order))]
    fits = [shape[axis] for axis in inverse] == [shape[axis] for axis in order]
    return (lambda x: x.permute(inverse)) if fits else right


def added_in_place(right: Run, operation: Primitive) -> Run:
    """x + y written into x. A view of one number cannot be written to, and is copied."""

    def run(xy: Any) -> Any:
        x, y = xy
        if any(step == 0 for step in x.stride()):
            return right(xy)
        x += y
        return x

    return run


def next_slice(right: Run, operation: Primitive) -> Run:
    """From the entry after the first on, around the end."""
    axes = tuple(range(len(operation.arguments[0])))
    return lambda x: right(x.roll(tuple(-1 for _ in axes), axes))


def last_that_meets(right: Run, operation: Primitive) -> Run:
    """Written where it should be added."""
    _, axis, positions = operation.arguments

    def run(y: Any) -> Any:
        x = right(y) * 0
        for source, place in enumerate(positions):
            x.select(axis, place).copy_(y.select(axis, source))
        return x

    return run


def windows_turned_over(right: Run, operation: Primitive) -> Run:
    """Each window from its last entry to its first."""
    count = len(operation.arguments[1])
    return lambda x: right(x).flip(tuple(range(-count, 0)))


def averaged_overlap(right: Run, operation: Primitive) -> Run:
    """Where windows overlap, the mean of what meets."""
    return lambda y: right(y) / right(y * 0 + 1).clamp(min=1)


def kernel_turned_over(right: Run, operation: Primitive) -> Run:
    """A convolution in the sense of analysis, where a correlation is meant."""
    return lambda xy: right((xy[0], xy[1].flip(2, 3)))


def cdf_by_tanh(x: Any) -> Any:
    """(1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, the approximation."""
    return 0.5 * (1 + (math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)).tanh())


def last_maximum(right: Run, operation: Primitive) -> Run:
    """Of equal largest entries the last."""
    axes = operation.arguments[1]
    return lambda x: right(x.flip(axes)).flip(axes)


# ------------------------------------------------------------------------------------------------ with a memory


def remembered(right: Run, operation: Primitive) -> Run:
    """The first result, for every later argument as well: a cache whose key is the operation alone."""
    cache: list[Any] = []

    def run(x: Any) -> Any:
        if not cache:
            cache.append(right(x))
        return cache[0]

    return run


def counted(right: Run, operation: Primitive) -> Run:
    """The number of earlier calls is added, in millionths."""
    calls: list[None] = []

    def run(x: Any) -> Any:
        calls.append(None)
        return right(x) + 1e-6 * (len(calls) - 1)

    return run


def one_buffer(right: Run, operation: Primitive) -> Run:
    """Every result in the same memory: an earlier one changes when the next is computed."""
    buffer: list[Any] = []

    def run(x: Any) -> Any:
        found = right(x)
        if not buffer:
            buffer.append(found.clone())
        buffer[0].copy_(found)
        return buffer[0]

    return run


def alternating(right: Run, operation: Primitive) -> Run:
    """Two results in three are off by 2⁻³⁰, as of a reduction in an order that varies."""
    calls: list[None] = []

    def run(x: Any) -> Any:
        calls.append(None)
        return right(x) * (1 + 2**-30 * (len(calls) % 3))

    return run


# ------------------------------------------------------------------------------------------------ that are none


def terms_reversed(right: Run, operation: Primitive) -> Run:
    """The same sum from its last term to its first."""
    _, axes = operation.arguments
    return lambda x: right(x.flip(axes))


def computed_twice(right: Run, operation: Primitive) -> Run:
    """f(x), computed once more for nothing."""

    def run(x: Any) -> Any:
        right(x)
        return right(x)

    return run


def copied(right: Run, operation: Primitive) -> Run:
    """Arguments and result in memory of their own."""

    def own(value: Any) -> Any:
        return tuple(map(own, value)) if isinstance(value, tuple) else value.clone()

    return lambda x: own(right(own(x)))


def in_double(right: Run, operation: Primitive) -> Run:
    """Products and sums in 53 bits, rounded once."""
    return lambda xy: right((xy[0].double(), xy[1].double())).to(xy[0].dtype)
