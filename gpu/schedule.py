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
from heapq import heapify, heappop, heappush

from verified_cat.gpu.lowering import ENTRYWISE, Call, Lowered
from verified_cat.gpu.views import Buffer, Role, View, fresh
from verified_cat.program import Outside

HEAVY = frozenset({"product", "batched_product", "convolve", "convolve_input", "convolve_weight"})
"""Kernels that read few numbers often. A call that no such call waits for belongs to the update of one parameter."""


SMALL = 64
"""Up to so many entries a call of an update is a small one."""


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
    olds, news, calls = lowered.inputs[:states], list(lowered.outputs[:states]), list(lowered.calls)
    planned = dict(enumerate(_in_place(lowered.calls, olds, lowered.outputs[:states])))
    results = [_kept(calls, view, olds, news) for view in lowered.outputs[states:]]
    for slot, old in enumerate(olds):
        if news[slot].buffer is old.buffer and not _same(old, news[slot]):
            news[slot] = _aside(calls, news[slot])
    while True:
        slots = [slot for slot, old in enumerate(olds) if planned[slot] is None and not _same(old, news[slot])]
        copies = [Call("copy", olds[slot], (news[slot],)) for slot in slots]
        written = {call: olds[slot].buffer for slot, call in planned.items() if call is not None}
        ordered = _ordered(tuple(calls), copies, written)
        if not isinstance(ordered, int):
            break
        if ordered in written:  # this writer waits for a reader that waits for it: it writes elsewhere
            planned = {slot: None if call == ordered else call for slot, call in planned.items()}
        else:  # states that change places: one of them is put aside first
            slot = slots[ordered - len(calls)]
            news[slot] = _aside(calls, news[slot])
    renamed = {calls[call].out.buffer: buffer for call, buffer in written.items()}
    moved = tuple(_moved(view, renamed) for view in results)
    return Schedule(
        tuple(_renamed(call, renamed) for call in ordered), lowered.inputs, states, moved, lowered.constants
    )


def _aside(calls: list[Call], view: View) -> View:
    """A copy of what the view holds before anything is overwritten."""
    calls.append(Call("copy", fresh(view.shape), (view,)))
    return calls[-1].out


def _kept(calls: list[Call], view: View, olds: tuple[View, ...], news: list[View]) -> View:
    """A result, or a copy of it where it looks at a state that changes, or at data, which are gone after the step."""
    changed = {old.buffer for old, new in zip(olds, news, strict=True) if not _same(old, new)}
    return _aside(calls, view) if view.buffer in changed or view.buffer.role is Role.DATA else view


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
    """The calls, then the copies that are left, in an order that can be run; or a writer that stands in a circle.

    That is one of ``written`` if there is one, else one of the copies.
    """
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
        if call.wire is not None and isinstance(call.wire.operation, Outside):
            after[position].update(set(overwriters.values()) - {position})  # it may fail: no state is lost by that
    order = _in_turn(every, after, _gates(every, after))
    if len(order) == len(every):
        return [every[position] for position in order]
    stuck = set(range(len(every))) - set(order)
    return min(stuck & set(written) or {position for position in stuck if position >= len(calls)})


def _gates(calls: list[Call], after: Mapping[int, set[int]]) -> list[int | None]:
    """For each call of an update the call of the gradient after which it is due; None for calls of the gradient.

    The gradient is what some product waits for. The update of one parameter is due when nothing of the gradient is left
    that it, or a state that it overwrites, waits for: then it runs in one go. What reads no gradient at all is due with
    the first call that needs it, so that its result need not be kept long.
    """
    makers = {call.out.buffer: each for each, call in enumerate(calls) if call.out.buffer.role is not Role.STATE}
    sources = [[makers[arg.buffer] for arg in call.args if arg.buffer in makers] for call in calls]
    awaited: set[int] = set()
    for position in reversed(range(len(calls))):
        if calls[position].kernel in HEAVY or position in awaited:
            awaited.update(sources[position])
    groups = _Groups(len(calls))
    for position, call in enumerate(calls):
        for arg in call.args:
            source = makers.get(arg.buffer)
            if source is not None and not {source, position} & awaited and 1 < arg.buffer.entries == call.out.entries:
                groups.join(source, position)
    due = [-1] * len(calls)
    for position, followers in after.items():
        for follower in followers - awaited:
            if position in awaited:
                due[groups.of(follower)] = max(due[groups.of(follower)], position)
    for position in range(len(calls)):
        for source in sources[position]:
            if not {source, position} & awaited:
                due[groups.of(position)] = max(due[groups.of(position)], due[groups.of(source)])
    for position in reversed(range(len(calls))):
        needed = [due[groups.of(follower)] for follower in after.get(position, ()) if follower not in awaited]
        if position not in awaited and due[groups.of(position)] == -1 and needed:
            due[groups.of(position)] = min(needed)
    return [None if position in awaited else due[groups.of(position)] for position in range(len(calls))]


class _Groups:
    """Sets of positions that are joined one by one."""

    def __init__(self, count: int) -> None:
        self._leader = list(range(count))

    def of(self, position: int) -> int:
        """The one that stands for the set of this position."""
        while self._leader[position] != position:
            self._leader[position] = position = self._leader[self._leader[position]]
        return position

    def join(self, one: int, other: int) -> None:
        """Both sets are one from now on."""
        self._leader[self.of(other)] = self.of(one)


def _in_turn(calls: list[Call], after: Mapping[int, set[int]], gates: list[int | None]) -> list[int]:
    """The calls of the gradient in the order in which they were made, those of updates as soon as they are due.

    Of these the small ones come first: what several updates need, the powers of Adam, does not come between others.
    """

    def rank(position: int) -> tuple[bool, bool, int]:
        return gates[position] is None, calls[position].out.entries > SMALL, position

    missing = [0] * len(calls)
    for followers in after.values():
        for follower in followers:
            missing[follower] += 1
    due, order = -1, list[int]()
    waiting: dict[int, list[int]] = defaultdict(list)
    ready = [rank(each) for each, count in enumerate(missing) if not count and not _held(each, gates, due, waiting)]
    heapify(ready)
    while ready:
        *_, position = heappop(ready)
        order.append(position)
        released = [follower for follower in after.get(position, ()) if not _less(missing, follower)]
        if gates[position] is None:
            due = max(due, position)
            released += waiting.pop(position, [])
        for follower in released:
            if not _held(follower, gates, due, waiting):
                heappush(ready, rank(follower))
    return order


def _less(missing: list[int], position: int) -> int:
    missing[position] -= 1
    return missing[position]


def _held(position: int, gates: list[int | None], due: int, waiting: dict[int, list[int]]) -> bool:
    """Whether a call that could run is not due yet; it is then kept until the call that it waits for has run."""
    gate = gates[position]
    if gate is None or gate <= due:
        return False
    waiting[gate].append(position)
    return True


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
