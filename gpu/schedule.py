"""The order of the calls: updates as early as they can be, in place where nothing is lost by it.

The new value of a state may be written over the old one once everything that reads the old one has run. A gradient is
then used up where it arises, and what it was computed from is free for others; the parameters need no second copy.
Invariants, which ``verified_cat.gpu.storage`` and the tests check: every call comes after the calls it reads from,
and after every reader of what it overwrites.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import heappop, heappush

from verified_cat.gpu.lowering import ENTRYWISE, Call, Lowered
from verified_cat.gpu.views import Buffer, Role, View

HEAVY = frozenset({"product", "batched_product", "convolve", "convolve_input", "convolve_weight"})
"""Kernels that read few numbers often. A call that no such call waits for belongs to the update of one parameter."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Calls in the order in which they run. The first ``states`` inputs are state, with their new values in place."""

    calls: tuple[Call, ...]
    inputs: tuple[View, ...]
    states: int
    results: tuple[View, ...]
    constants: Mapping[Buffer, tuple[Fraction, ...]]


def schedule(lowered: Lowered, states: int) -> Schedule:
    """The calls of a step whose first ``states`` inputs and outputs are the state before and after it."""
    olds, news = lowered.inputs[:states], lowered.outputs[:states]
    planned = dict(enumerate(_in_place(lowered.calls, olds, news)))
    while True:
        copies = [
            Call("copy", old, (new,))
            for slot, (old, new) in enumerate(zip(olds, news, strict=True))
            if planned[slot] is None and not _same(old, new)
        ]
        written = {call: olds[slot].buffer for slot, call in planned.items() if call is not None}
        ordered = _ordered(lowered.calls, copies, written)
        if isinstance(ordered, int):  # this writer waits for a reader that waits for it: it writes elsewhere
            planned = {slot: None if call == ordered else call for slot, call in planned.items()}
            continue
        renamed = {lowered.calls[call].out.buffer: buffer for call, buffer in written.items()}
        calls = tuple(_renamed(call, renamed) for call in ordered)
        results = tuple(_moved(view, renamed) for view in lowered.outputs[states:])
        return Schedule(calls, lowered.inputs, states, results, lowered.constants)


def _same(one: View, other: View) -> bool:
    return (one.buffer, one.compact, one.offset) == (other.buffer, other.compact, other.offset)


def _in_place(calls: tuple[Call, ...], olds: tuple[View, ...], news: tuple[View, ...]) -> list[int | None]:
    """For each state the call that may write its new value over the old one, or None."""
    writers = {call.out.buffer: position for position, call in enumerate(calls)}
    taken: set[Buffer] = set()
    found: list[int | None] = []
    for old, new in zip(olds, news, strict=True):
        position = writers.get(new.buffer)
        fits = (
            position is not None
            and new.buffer not in taken
            and new.compact == old.compact
            and new.entries == new.buffer.entries
            and _may_overwrite(calls[position], old)
        )
        found.append(position if fits else None)
        taken.add(new.buffer)
    return found


def _may_overwrite(call: Call, old: View) -> bool:
    """Whether the call may write over the old value: it does not read it, or each entry just before it is written."""
    readers = [position for position, arg in enumerate(call.args) if arg.buffer is old.buffer]
    alike = all(call.args[position].compact == call.out.compact for position in readers)
    if call.kernel in ENTRYWISE:
        return alike
    if call.kernel in ("product", "batched_product"):
        return alike and set(readers) <= {0} and (not readers or len(call.args) == 3)
    return not readers


def _ordered(calls: tuple[Call, ...], copies: list[Call], written: Mapping[int, Buffer]) -> list[Call] | int:
    """The calls, then the copies that are left, in an order that can be run; or a writer that stands in a circle."""
    every = [*calls, *copies]
    makers = {call.out.buffer: position for position, call in enumerate(calls)}
    overwriters = dict((buffer, position) for position, buffer in written.items())
    overwriters |= {call.out.buffer: len(calls) + position for position, call in enumerate(copies)}
    after: dict[int, set[int]] = defaultdict(set)
    for position, call in enumerate(every):
        for arg in call.args:
            if arg.buffer in makers:
                after[makers[arg.buffer]].add(position)
            overwriter = overwriters.get(arg.buffer)
            if overwriter is not None and overwriter != position:
                after[position].add(overwriter)
    early = _updates(every, makers)
    missing = [0] * len(every)
    for followers in after.values():
        for follower in followers:
            missing[follower] += 1
    ready: list[tuple[bool, int]] = []
    for position, count in enumerate(missing):
        if not count:
            heappush(ready, (position not in early, position))
    order: list[Call] = []
    while ready:
        _, position = heappop(ready)
        order.append(every[position])
        for follower in after[position]:
            missing[follower] -= 1
            if not missing[follower]:
                heappush(ready, (follower not in early, follower))
    if len(order) == len(every):
        return order
    return min(position for position in written if missing[position])


def _updates(calls: list[Call], makers: Mapping[Buffer, int]) -> set[int]:
    """The calls that no product waits for, directly or through others."""
    awaited: set[int] = set()
    for position in reversed(range(len(calls))):
        if calls[position].kernel in HEAVY or position in awaited:
            awaited.update(makers[arg.buffer] for arg in calls[position].args if arg.buffer in makers)
    return set(range(len(calls))) - awaited


def _renamed(call: Call, names: Mapping[Buffer, Buffer]) -> Call:
    return replace(call, out=_moved(call.out, names), args=tuple(_moved(arg, names) for arg in call.args))


def _moved(view: View, names: Mapping[Buffer, Buffer]) -> View:
    return replace(view, buffer=names[view.buffer]) if view.buffer in names else view


def readable_order(plan: Schedule) -> bool:
    """Whether every temporary is written before it is read: the invariant of the order."""
    ready = {view.buffer for view in plan.inputs} | set(plan.constants)
    for call in plan.calls:
        if any(arg.buffer not in ready for arg in call.args):
            return False
        ready.add(call.out.buffer)
    return all(view.buffer in ready or view.buffer.role is Role.STATE for view in plan.results)
