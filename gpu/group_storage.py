"""Which temporaries of a step in groups need memory, and where in one arena.

What only one loop touches, index by index, is a local variable of it and has no memory. Buffers that do not live at the
same time share memory, and what a loop writes may take over what it reads for the last time at the same entries: a loop
reads everything at an index before it writes anything there. ``clashes`` is the invariant, for the tests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from verified_cat.gpu.fusing import Access, Group
from verified_cat.gpu.storage import Arena, Storage, rounded
from verified_cat.gpu.views import Buffer, Role, View

Spans = dict[Buffer, tuple[int, int]]


def lifetimes(groups: Sequence[Group], results: Sequence[View]) -> Spans:
    """For each temporary that needs memory the first and the last group that touches it; results live to the end."""
    spans: Spans = {}
    summed = {member.out.buffer for group in groups for member in group.members if member.reduces}
    for place, group in enumerate(groups):
        for access in _accesses(group):
            if access.buffer.role in (Role.TEMPORARY, Role.MADE):
                spans[access.buffer] = (spans.get(access.buffer, (place, place))[0], place)
    for view in results:
        if view.buffer in spans:
            spans[view.buffer] = (spans[view.buffer][0], len(groups))
    return {
        buffer: (first, last)
        for buffer, (first, last) in spans.items()
        if buffer.entries and (first < last or groups[first].space is None or buffer in summed)
    }


def _accesses(group: Group) -> Iterator[Access]:
    for member in group.members:
        yield member.out
        yield from member.args


def allocate(groups: Sequence[Group], results: Sequence[View]) -> Storage:
    """The arena, by best fit in the order of the groups."""
    spans = lifetimes(groups, results)
    ends: dict[int, list[Buffer]] = defaultdict(list)
    for buffer, (_, end) in spans.items():
        ends[end].append(buffer)
    arena, given = Arena(), set[Buffer]()
    offsets: dict[Buffer, int] = {}
    for place, group in enumerate(groups):
        for member in group.members:
            buffer = member.out.buffer
            if buffer in spans and buffer not in offsets:
                dying = [old for old in ends[place] if old not in given and spans[old][0] < place]
                heir = next((old for old in dying if may_take_over(group, buffer, old)), None)
                offsets[buffer] = arena.take(rounded(buffer.entries)) if heir is None else offsets[heir]
                given |= {heir} if heir is not None else set()
        for dead in ends[place]:
            if dead not in given:
                arena.give(offsets[dead], rounded(dead.entries))
    return Storage(offsets, arena.top)


def may_take_over(group: Group, new: Buffer, old: Buffer) -> bool:
    """Whether a loop may write one buffer where another lies: both are reached at equal entries only, none summed."""
    if group.space is None or new.entries != old.entries:
        return False
    both = [access for access in _accesses(group) if access.buffer in (new, old)]
    summed = any(member.reduces and member.out.buffer in (new, old) for member in group.members)
    return not summed and len({(access.strides, access.offset) for access in both}) == 1


def clashes(
    groups: Sequence[Group], results: Sequence[View], offsets: Mapping[Buffer, int]
) -> list[tuple[Buffer, Buffer]]:
    """Pairs of temporaries that are alive at the same time in the same memory; there must be none."""
    spans = lifetimes(groups, results)
    found = []
    for one, (begin, end) in spans.items():
        for other, (start, stop) in spans.items():
            if one is other or (begin, one.serial) > (start, other.serial) or start > end or begin > stop:
                continue
            apart = offsets[one] + one.entries <= offsets[other] or offsets[other] + other.entries <= offsets[one]
            handed = start == end and begin < start and may_take_over(groups[end], other, one)
            if not apart and not handed:
                found.append((one, other))
    return found
