"""Which calls of a step do the same with leaves of their own: isomorphic chains of entrywise calls.

Calls hang together by the buffers that they touch, so each set of these is of one leaf, or of leaves that move
together. Chains are compared from their ends, the new states, backwards, as far as they are alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from verified_cat.gpu.lowering import ENTRYWISE, Call
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Buffer, Role, View

SMALL_LEAF = 2**13
"""Up to so many entries a leaf is joined: a call on it takes longer to be made than to run."""

JOINED = ENTRYWISE - {"sigmoid", "softplus"}
"""Kernels of which each entry is computed alike wherever it stands in its tensor. Of these two, torch computes the last
entries, too few for a vector register, by other instructions, which round otherwise."""

ROLES = (Role.STATE, Role.TEMPORARY)

Key = tuple[object, ...]
Leaf = tuple[int, ...]
"""The calls of one leaf that are made together with those of others; the same calls in the same order for each."""


class SmallCalls:
    """The entrywise calls on small leaves, how they read each argument, and who reads what they write.

    With ``all_along`` they are those whose arguments all can be stretches of a row, or are one number for all leaves.
    """

    def __init__(self, plan: Schedule, *, all_along: bool) -> None:
        self.calls = plan.calls
        small = [place for place, call in enumerate(plan.calls) if _is_small(call)]
        self._numbers = {_start(arg) for place in small for arg in self.calls[place].args if _is_repeated(arg)}
        self.small = [
            place
            for place in small
            if _start(self.calls[place].out) not in self._numbers
            and not (all_along and any(self.elsewhere(place, position) for position in self.arguments(place)))
        ]
        self.readers = self._readers(frozenset(self.small))

    def arguments(self, place: int) -> range:
        return range(len(self.calls[place].args))

    def number(self, place: int, position: int) -> Key | None:
        """Where an argument stands that is one number for all entries, and for all leaves."""
        arg = self.calls[place].args[position]
        return _start(arg) if arg.is_one_number and (arg.entries > 1 or _start(arg) in self._numbers) else None

    def along(self, place: int, position: int) -> bool:
        """Whether an argument is a whole buffer that is walked as the result is: it can be a stretch of a row."""
        arg, out = self.calls[place].args[position], self.calls[place].out
        return self.number(place, position) is None and _is_whole(arg) and arg.compact == out.compact

    def elsewhere(self, place: int, position: int) -> bool:
        """Whether an argument has to be copied to a row first."""
        return self.number(place, position) is None and not self.along(place, position)

    def touched(self, place: int) -> list[Buffer | None]:
        """What the call writes, and then what it reads, as far as these are stretches of rows."""
        args = [arg.buffer if self.along(place, i) else None for i, arg in enumerate(self.calls[place].args)]
        return [self.calls[place].out.buffer, *args]

    def _readers(self, members: frozenset[int]) -> Mapping[int, list[tuple[int, int]]]:
        """For each of these calls the calls and positions at which its result is read as a stretch."""
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        maker: dict[Buffer, int] = {}
        for place, call in enumerate(self.calls):
            if place in members:
                for position, buffer in enumerate(self.touched(place)[1:]):
                    if buffer is not None and maker.get(buffer) in members:
                        found[maker[buffer]].append((place, position))
            maker[call.out.buffer] = place
        return found

    def kinds(self) -> dict[int, int]:
        """A number for each call, the same where the same is done with the results, up to the last: chains are alike
        as far back from their ends as their kinds are the same.
        """
        found: dict[int, int] = {}
        known: dict[Key, int] = {}
        for place in reversed(self.small):
            call = self.calls[place]
            what = (call.kernel, call.numbers, bool(call.detail), call.out.buffer.role)
            how = tuple((arg.buffer is call.out.buffer, self.number(place, i)) for i, arg in enumerate(call.args))
            after = sorted((found[reader], position) for reader, position in self.readers.get(place, ()))
            found[place] = known.setdefault((what, how, tuple(after)), len(known))
        return found


def _is_small(call: Call) -> bool:
    return call.kernel in JOINED and 0 < call.out.entries <= SMALL_LEAF and _is_whole(call.out)


def _is_whole(view: View) -> bool:
    """Whether a view is all of a buffer that may lie elsewhere, each entry once."""
    return view.buffer.role in ROLES and view.entries == view.buffer.entries and not view.offset and view.is_dense


def _is_repeated(view: View) -> bool:
    return view.is_one_number and view.entries > 1


def _start(view: View) -> Key:
    return view.buffer.serial, view.offset


def groups(calls: SmallCalls) -> Iterator[list[Leaf]]:
    """Leaves whose updates are alike, as far back from the new states as they are."""
    kinds = calls.kinds()
    alike: dict[Key, list[dict[int, int]]] = defaultdict(list)
    for places in _components(calls):
        counts = Counter(kinds[place] for place in places)
        once = {kinds[place]: place for place in places if counts[kinds[place]] == 1}
        ends = sorted(kind for kind, place in once.items() if calls.calls[place].out.buffer.role is Role.STATE)
        if ends:
            alike[tuple(ends)].append(once)
    for members in alike.values():
        common = sorted((kind for kind in members[0] if all(kind in each for each in members)), key=members[0].get)  # type: ignore[arg-type]
        shapes: dict[Key, list[Leaf]] = defaultdict(list)
        for each in members:
            leaf = tuple(each[kind] for kind in common)
            shapes[_shape(calls, leaf)].append(leaf)
        yield from (group for group in shapes.values() if len(group) > 1)


def _shape(calls: SmallCalls, leaf: Leaf) -> Key:
    """Which of the buffers of a leaf each of its calls touches, and what each of them is for."""
    buffers = buffers_of(calls, leaf)
    slots = tuple(buffer and buffers[buffer] for place in leaf for buffer in calls.touched(place))
    return slots, tuple(buffer.role for buffer in buffers)


def buffers_of(calls: SmallCalls, leaf: Leaf) -> dict[Buffer, int]:
    """The buffers of a leaf, numbered as they come."""
    found: dict[Buffer, int] = {}
    for place in leaf:
        for buffer in calls.touched(place):
            if buffer is not None:
                found.setdefault(buffer, len(found) + 1)
    return found


def _components(calls: SmallCalls) -> Iterable[list[int]]:
    """The calls that hang together by the buffers that they touch: one such set for each leaf."""
    leader: dict[Buffer, Buffer] = {}

    def of(buffer: Buffer) -> Buffer:
        while leader.setdefault(buffer, buffer) is not buffer:
            leader[buffer] = buffer = leader[leader[buffer]]
        return buffer

    for place in calls.small:
        out, *read = calls.touched(place)
        for buffer in read:
            if buffer is not None and out is not None:
                leader[of(buffer)] = of(out)
    found: dict[Buffer, list[int]] = defaultdict(list)
    for place in calls.small:
        found[of(calls.calls[place].out.buffer)].append(place)
    return found.values()
