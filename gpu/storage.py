"""Where the temporaries of a step live: one arena, known to the byte before anything runs.

Buffers that do not live at the same time share memory, and an entrywise kernel writes over an argument that nobody
reads again. Invariant, checked by ``conflicts``: two buffers whose memory overlaps are never alive at the same time,
except where one takes the memory over, entry by entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verified_cat.gpu.lowering import ENTRYWISE, Call
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Buffer, Role

ALIGNMENT = 16
"""Buffers start at a multiple of so many entries: 64 bytes of float32, a cache line and a vector register."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where each temporary starts in the arena, and how many entries that has."""

    offsets: Mapping[Buffer, int]
    entries: int


def lifetimes(plan: Schedule) -> dict[Buffer, tuple[int, int]]:
    """For each temporary the call that writes it first and the last that needs it; results live to the end."""
    spans: dict[Buffer, tuple[int, int]] = {}
    for position, call in enumerate(plan.calls):
        for view in (call.out, *call.args):
            if view.buffer.role is Role.TEMPORARY:
                spans[view.buffer] = (spans.get(view.buffer, (position, position))[0], position)
    for view in plan.results:
        if view.buffer in spans:
            spans[view.buffer] = (spans[view.buffer][0], len(plan.calls))
    return spans


def allocate(plan: Schedule) -> Storage:
    """The arena, by best fit in the order of the calls."""
    spans = lifetimes(plan)
    ends: dict[int, list[Buffer]] = {}
    for buffer, (_, end) in spans.items():
        ends.setdefault(end, []).append(buffer)
    arena, offsets, inherited = Arena(), dict[Buffer, int](), set[Buffer]()
    for position, call in enumerate(plan.calls):
        buffer = call.out.buffer
        if buffer in spans and buffer not in offsets:
            heir = _taken_over(call, spans, position)
            if heir is not None and heir not in inherited:
                inherited.add(heir)
                offsets[buffer] = offsets[heir]
            else:
                offsets[buffer] = arena.take(rounded(buffer.entries))
        for dead in ends.get(position, ()):
            if dead not in inherited:
                arena.give(offsets[dead], rounded(dead.entries))
    return Storage(offsets, arena.top)


def taken(plan: Schedule) -> int:
    """How many entries the temporaries take at most: the arena, and the tensors that kernels make while they live."""
    ends: dict[Buffer, int] = {}
    for position, call in enumerate(plan.calls):
        ends |= {view.buffer: position for view in (call.out, *call.args) if view.buffer.role is Role.MADE}
    dying: dict[int, int] = {}
    for buffer, position in ends.items():
        dying[position] = dying.get(position, 0) + buffer.entries
    alive = most = 0
    for position, call in enumerate(plan.calls):
        if call.out.buffer in ends:
            alive += call.out.buffer.entries
        most = max(most, alive)
        alive -= dying.get(position, 0)
    return allocate(plan).entries + most


def rounded(entries: int) -> int:
    return max(1, -(-entries // ALIGNMENT)) * ALIGNMENT


def _taken_over(call: Call, spans: Mapping[Buffer, tuple[int, int]], position: int) -> Buffer | None:
    """The temporary that an entrywise call may write over: it is read for the last time, at the entries written."""
    if call.kernel not in ENTRYWISE:
        return None
    for arg in call.args:
        last = arg.buffer in spans and spans[arg.buffer][1] == position
        others = [other for other in call.args if other.buffer is arg.buffer]
        alike = all((other.compact, other.offset) == (call.out.compact, call.out.offset) for other in others)
        if last and alike and arg.buffer.entries == call.out.buffer.entries:
            return arg.buffer
    return None


class Arena:
    """Free stretches of a row of entries that grows at its end."""

    def __init__(self) -> None:
        self.top = 0
        self._free: dict[int, int] = {}

    def take(self, entries: int) -> int:
        """The start of a stretch of this length: the shortest free one that holds it, else at the end."""
        fitting = [(length, start) for start, length in self._free.items() if length >= entries]
        if fitting:
            length, start = min(fitting)
            del self._free[start]
            if length > entries:
                self._free[start + entries] = length - entries
            return start
        last = max(self._free, default=-1)
        start = last if last >= 0 and last + self._free[last] == self.top else self.top
        self._free.pop(start, None)
        self.top = start + entries
        return start

    def give(self, start: int, entries: int) -> None:
        """The stretch is free again; it is joined with free neighbours."""
        self._free[start] = entries
        following = start + entries
        if following in self._free:
            self._free[start] += self._free.pop(following)
        for before, length in self._free.items():
            if before + length == start:
                self._free[before] += self._free.pop(start)
                break


def conflicts(plan: Schedule, storage: Storage) -> list[tuple[Buffer, Buffer]]:
    """Pairs of temporaries that are alive at the same time in the same memory; there must be none."""
    spans = lifetimes(plan)
    ordered = sorted(spans.items(), key=lambda item: item[1])
    found = []
    for index, (one, (_, end)) in enumerate(ordered):
        for other, (start, _) in ordered[index + 1 :]:
            if start > end:
                break
            apart = (
                storage.offsets[one] + one.entries <= storage.offsets[other]
                or storage.offsets[other] + other.entries <= storage.offsets[one]
            )
            handed = start == end and _taken_over(plan.calls[end], spans, end) is one
            if not apart and not handed:
                found.append((one, other))
    return found
