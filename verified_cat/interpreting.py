"""A schedule run over any engine: every call is its meaning, at what its views hold, in memory as the plan lays it out.

Strides, offsets, updates in place, the order of the calls and the sharing of memory by temporaries are those of the
plan, so whatever is wrong with them is wrong here too; only the kernels are replaced by the terms that they stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.errors import VerifiedCatError
from verified_cat.functions import Engine, Functions
from verified_cat.gpu.lowering import ENTRYWISE, Call
from verified_cat.gpu.meanings import meaning
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.storage import Storage
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.primitives import Shape

Array = NDArray[Any]


class OutsideMemory(VerifiedCatError):
    """A view reaches beyond its buffer, or a buffer has no place."""


class Memory:
    """The entries of every buffer: an array of its own, or a stretch of the arena where ``storage`` gives it one."""

    def __init__(self, empty: Callable[[int], Array], storage: Storage | None = None) -> None:
        self._empty, self._storage = empty, storage
        self._arena = empty(storage.entries) if storage else None
        self._flat: dict[Buffer, Array] = {}

    def entries(self, view: View) -> Array:
        """The array of a view: reading and writing it is reading and writing the memory. Raises OutsideMemory."""
        within(view)
        flat = self._buffer(view.buffer)
        steps = tuple(stride * flat.itemsize for stride in view.strides)
        return np.lib.stride_tricks.as_strided(flat[view.offset :], view.shape, steps)

    def read(self, view: View) -> Array:
        """What the view holds now, as an array of its own."""
        return np.array(self.entries(view))

    def write(self, view: View, value: Array) -> None:
        """The view holds the value from now on."""
        if view.entries:
            self.entries(view)[...] = value

    def _buffer(self, buffer: Buffer) -> Array:
        if buffer not in self._flat:
            self._flat[buffer] = self._placed(buffer)
        return self._flat[buffer]

    def _placed(self, buffer: Buffer) -> Array:
        if self._storage is None or self._arena is None or buffer not in self._storage.offsets:
            return self._empty(buffer.entries)
        start = self._storage.offsets[buffer]
        if not 0 <= start <= len(self._arena) - buffer.entries:
            raise OutsideMemory(f"{buffer} of {buffer.entries} entries from {start} is not in the arena")
        return self._arena[start : start + buffer.entries]


def within(view: View) -> None:
    """Raises OutsideMemory where an entry of the view is not one of its buffer."""
    low, high = reach(view)
    if view.entries and not 0 <= low <= high < view.buffer.entries:
        raise OutsideMemory(f"{view} reaches from {low} to {high} in {view.buffer.entries} entries")


def reach(view: View) -> tuple[int, int]:
    """The first and the last entry of the buffer that a view holds."""
    steps = [stride * (length - 1) for length, stride in zip(view.shape, view.strides, strict=True)]
    return view.offset + sum(min(0, step) for step in steps), view.offset + sum(max(0, step) for step in steps)


# ------------------------------------------------------------------------------------------------ running


def run(
    plan: Schedule,
    memory: Memory,
    engine: Engine,
    inputs: Sequence[Array],
    constant: Callable[[Shape, tuple[Any, ...]], Array],
    note: Callable[[Call, Array], None] = lambda call, value: None,
) -> tuple[list[Array], list[Array]]:
    """(the new state, the results) of the plan at ``inputs``; ``note`` is told what each call gives."""
    for buffer, values in plan.constants.items():
        memory.write(View(buffer, (buffer.entries,), (1,)), constant((buffer.entries,), values))
    for view, value in zip(plan.inputs, inputs, strict=True):
        memory.write(view, value)
    functions = Functions(engine)
    for call in plan.calls:
        if call.out.entries:
            value = functions.meaning(meaning(call)).run(bracketed([memory.read(arg) for arg in call.args]))
            memory.write(call.out, value)
            note(call, value)
    return [memory.read(view) for view in plan.inputs[: plan.states]], [memory.read(view) for view in plan.results]


def bracketed(values: Sequence[Any]) -> Any:
    """((x₁, x₂), …, xₙ), as ``meaning`` takes its arguments."""
    return reduce(lambda left, right: (left, right), values) if values else ()


# ------------------------------------------------------------------------------------------------ what a call may do


def unlawful(plan: Schedule, storage: Storage) -> Iterator[str]:
    """What no kernel may be asked for: entries outside a buffer, written twice, or written while they are read."""
    for number, call in enumerate(plan.calls):
        where = f"call {number}, {call.kernel}"
        try:
            for view in (call.out, *call.args):
                within(view)
        except OutsideMemory as fault:
            yield f"{where}: {fault}"
            continue
        if call.out.entries and _repeats(call.out):
            yield f"{where}: writes an entry twice"
        if call.out.buffer.role in (Role.DATA, Role.CONSTANT):
            yield f"{where}: writes to {call.out.buffer}, which is not to be written to"
        for position, arg in enumerate(call.args):
            if not _in_step(call, position, storage) and _meet(call.out, arg, storage):
                yield f"{where}: writes over its argument {position} while it reads it"


def _repeats(view: View) -> bool:
    """Whether two places of a view are one entry of its buffer."""
    step = 0
    for length, stride in sorted(view.compact, key=lambda axis: abs(axis[1])):
        if abs(stride) <= step:
            return True
        step += abs(stride) * (length - 1)
    return False


def _in_step(call: Call, position: int, storage: Storage) -> bool:
    """Whether the kernel reads each entry of the argument before it writes there, and needs it no more."""
    arg = call.args[position]
    same = arg.compact == call.out.compact and _start(arg, storage) == _start(call.out, storage)
    product = call.kernel in ("product", "batched_product") and len(call.args) == 3 and position == 0
    return same and (call.kernel in ENTRYWISE or product)


def _start(view: View, storage: Storage) -> tuple[int, int]:
    """(region, entry): where the view starts; the arena is one region, and every other buffer its own."""
    if view.buffer in storage.offsets:
        return -1, storage.offsets[view.buffer] + view.offset
    return view.buffer.serial, view.offset


def _meet(one: View, other: View, storage: Storage) -> bool:
    """Whether two views share memory: at first by where they begin and end, then entry by entry."""
    (region, _), (place, _) = _start(one, storage), _start(other, storage)
    if region != place or not one.entries or not other.entries:
        return False
    (low, high), (start, end) = (_absolute(view, storage) for view in (one, other))
    if high < start or end < low:
        return False
    return bool(np.intersect1d(_addresses(one, storage), _addresses(other, storage)).size)


def _absolute(view: View, storage: Storage) -> tuple[int, int]:
    shift = _start(view, storage)[1] - view.offset
    low, high = reach(view)
    return low + shift, high + shift


def _addresses(view: View, storage: Storage) -> Array:
    found: Array = np.array(_start(view, storage)[1], dtype=np.int64)
    for length, stride in view.compact:
        found = found[..., None] + np.arange(length) * stride
    return found.ravel()
