"""Runs of calls that walk over the same many entries in the same order: they may go stretch by stretch.

A stretch of every tensor of the run stays in the cache from the first call of the run to the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verified_cat.gpu.lowering import ENTRYWISE, Call
from verified_cat.gpu.storage import Storage
from verified_cat.gpu.views import Buffer, Role, View

LONG, STRETCH = 2**16, 2**15
"""From how many entries on a run of entrywise calls is cut into stretches, and how long those are: some hundred kB for
all the tensors of an update, which a second-level cache holds."""


@dataclass(frozen=True, slots=True)
class Run:
    """Calls that go together stretch by stretch. What lives only between them has a stretch of memory of its own."""

    start: int
    length: int
    local: frozenset[Buffer]


def run_of(calls: tuple[Call, ...], start: int, storage: Storage, spans: Mapping[Buffer, tuple[int, int]]) -> Run:
    """The calls from here on that walk over the same many entries in the same order, and may do so by stretches."""
    entries, stop = calls[start].out.entries, start
    if entries >= LONG:
        while stop < len(calls) and _goes_along(calls[stop], entries):
            stop += 1
    while stop > start + 1:
        own = range(start, stop)
        local = frozenset(
            call.out.buffer
            for call in calls[start:stop]
            if call.out.buffer in spans and all(end in own for end in spans[call.out.buffer])
        )
        clash = next((each for each in own if _clashes(calls[each], calls[start:each], storage, local)), stop)
        if clash == stop:
            return Run(start, stop - start, local)
        stop = clash
    return Run(start, 1, frozenset())


def _goes_along(call: Call, entries: int) -> bool:
    """Whether a call walks over so many entries, one after the other, and not over one number only."""
    alike = all(_walked(view, call.out) for view in (call.out, *call.args))
    many = any(not view.is_one_number for view in call.args)  # else its result is one number, too
    return call.kernel in ENTRYWISE and call.out.entries == entries and alike and many


def _clashes(call: Call, before: tuple[Call, ...], storage: Storage, local: frozenset[Buffer]) -> bool:
    """Whether a call writes what one before it reads or writes at another stretch, or reads what one writes there.

    Memory that is given up within a run may be taken again: what was there is still read in the stretches to come.
    """
    earlier = [[view for view in (each.out, *each.args) if view.buffer not in local] for each in before]
    reads = [view for view in call.args if view.buffer not in local]
    written = [each.out for each in before if each.out.buffer not in local]
    out = call.out
    return (out.buffer not in local and any(_crossing(out, view, storage) for each in earlier for view in each)) or any(
        _crossing(each, view, storage) for each in written for view in reads
    )


def _crossing(out: View, view: View, storage: Storage) -> bool:
    """Whether two views share memory, and are not walked over alike."""
    (one, start), (other, begin) = (
        (None, storage.offsets[each.buffer] + each.offset)
        if each.buffer in storage.offsets
        else (each.buffer, each.offset)
        for each in (out, view)
    )
    length = 1 if view.is_one_number else view.entries
    if one is not other or start + out.entries <= begin or begin + length <= start:
        return False
    return start != begin or view.is_one_number


def _walked(view: View, out: View) -> bool:
    """Whether a view is one number, or has its entries in a row in the order of ``out``."""
    if view.buffer.role in (Role.DATA, Role.MADE):  # another tensor in each step
        return False
    return view.is_one_number or (view.is_dense and view.compact == out.compact)
