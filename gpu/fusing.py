"""Calls in groups, each of which is one loop: what lies between them is read and written once, or not at all.

A group is one call of ``ALONE`` (a product, a convolution, a move by a table), or entrywise calls and sums (or maxima)
over one index space. **Legality.** Running the calls c₁, ..., cₙ of a group for each index i in turn is running c₁ for
all i, then c₂ for all i, and so on, if each buffer that one of them writes is reached by all of them at the same entry
for the same i (the same strides over the axes that are longer than 1 and the same offset), and if nobody in the group
reads what a sum of it gives: then no call touches at another index what a call writes at this one.

Between groups the order of the calls is kept wherever it matters: a call comes into a group no earlier than that of the
last call that wrote what it reads, and of the last that read or wrote what it writes. ``respected`` is all of this, for
the tests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from verified_cat.gpu.lowering import CONVOLUTIONS, Call
from verified_cat.gpu.views import Buffer, View, compact
from verified_cat.primitives import Shape

PRODUCTS = frozenset({"product", "batched_product"})
MOVES = frozenset({"gather", "scatter", "fold_windows", "one_hot", "first_maximum"})
POOLS = frozenset({"max_pool", "max_pool_backward"})
ALONE = PRODUCTS | CONVOLUTIONS | MOVES | POOLS  # a call of these is a group of its own
REDUCTIONS = frozenset({"sum", "maximum"})
MOST_CALLS = 48  # of a group: a C compiler takes longer than in proportion over a long body
LOOKED_BACK = 8  # groups that touch a buffer and are tried


@dataclass(frozen=True, slots=True)
class Access:
    """The entries at offset + Σ i_k stride_k of a buffer, for the indices of a group."""

    buffer: Buffer
    strides: Shape
    offset: int


@dataclass(frozen=True, slots=True)
class Member:
    """A call of a group: where it writes and reads for an index. What a sum writes has stride 0 where it sums."""

    call: Call
    out: Access
    args: tuple[Access, ...]

    @property
    def reduces(self) -> bool:
        """Whether the call adds up entries over some axes, or takes the largest."""
        return self.call.kernel in REDUCTIONS


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that run as one: over the index space ``space``, or one of ``ALONE``, which has none."""

    members: tuple[Member, ...]
    space: Shape | None

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls, in their order."""
        return tuple(member.call for member in self.members)


def fused(calls: Iterable[Call]) -> tuple[Group, ...]:
    """The calls in groups. A call joins the latest group that shares a buffer with it and may take it."""
    fusion = _Fusion()
    for call in calls:
        fusion.place(call)
    return tuple(Group(tuple(group.members), group.space) for group in fusion.groups if group.members)


class _Fusion:
    """Groups as they grow, and for each buffer the group that wrote it last, those that read it and that touch it."""

    def __init__(self) -> None:
        self.groups: list[_Growing] = []
        self.written: dict[Buffer, int] = defaultdict(lambda: -1)
        self.readers: dict[Buffer, list[int]] = defaultdict(list)
        self.touching: dict[Buffer, list[int]] = defaultdict(list)

    def place(self, call: Call) -> None:
        """Put the call into a group: of those that it may join the latest, else one of its own."""
        needed = self.needed(call)
        least = max(needed, default=-1)
        near = sorted(
            {place for buffer in _shared(call) for place in self.touching[buffer][-LOOKED_BACK:]}, reverse=True
        )
        place = self._merged(call, needed, near)
        if place is None:
            place = next((place for place in near if place >= least and self.groups[place].takes(call)), None)
        if place is None:
            place = len(self.groups)
            self.groups.append(_Growing(call))
        self.groups[place].least = max(self.groups[place].least, *(each for each in needed if each != place), -1)
        self._note(call, place)

    def needed(self, call: Call) -> set[int]:
        """The groups that the call must not come before."""
        out = call.out.buffer
        return {self.written[out], *self.readers[out], *(self.written[arg.buffer] for arg in call.args)} - {-1}

    def _merged(self, call: Call, needed: set[int], near: list[int]) -> int | None:
        """An earlier group that takes the call and all of the group that it waits for, which may come earlier too."""
        last = max(needed, default=-1)
        if last < 0 or self.groups[last].space is None or call.kernel in ALONE:
            return None
        least = max(self.groups[last].least, *(each for each in needed if each != last), -1)
        waiting = [member.call for member in self.groups[last].members]
        for place in near:
            if least <= place < last and self.groups[place].takes(*waiting, call):
                self.groups[place].least = max(self.groups[place].least, self.groups[last].least)
                for moved in waiting:
                    self._moved(moved, last, place)
                self.groups[last].members = []
                return place
        return None

    def _note(self, call: Call, place: int) -> None:
        self.written[call.out.buffer] = place
        for arg in call.args:
            self.readers[arg.buffer].append(place)
        for view in (call.out, *call.args):
            if place not in self.touching[view.buffer][-LOOKED_BACK:]:
                self.touching[view.buffer].append(place)

    def _moved(self, call: Call, old: int, new: int) -> None:
        if self.written[call.out.buffer] == old:
            self.written[call.out.buffer] = new
        for arg in call.args:
            self.readers[arg.buffer].remove(old)
            self.readers[arg.buffer].append(new)
        for view in (call.out, *call.args):
            places = self.touching[view.buffer]
            places[:] = sorted({new if place == old else place for place in places})


def _shared(call: Call) -> set[Buffer]:
    """The buffers for whose sake a call may join others: it reads or writes more than one number of them."""
    views = (call.out, *call.args)
    most = max(view.entries for view in views)
    return {view.buffer for view in views if most <= 1 or any(view.strides)}


class _Growing:
    """A group that takes calls as long as it is legal; it comes after the group at the place ``least``."""

    def __init__(self, call: Call) -> None:
        self.least = -1
        self.space = None if call.kernel in ALONE else narrow(_space(call))
        whole = Member(call, _whole(call.out), tuple(map(_whole, call.args)))
        self.members = [whole] if self.space is None else self._over([call], self.space)

    @staticmethod
    def _over(calls: Iterable[Call], space: Shape) -> list[Member]:
        """The calls over one index space; none, if one of them cannot be put so."""
        members = [over(call, space) for call in calls]
        return [member for member in members if member is not None] if None not in members else []

    def takes(self, *calls: Call) -> bool:
        """Whether the calls may join; if so they have."""
        if self.space is None or not self.members or any(call.kernel in ALONE for call in calls):
            return False
        if len(self.members) + len(calls) > MOST_CALLS:
            return False
        for space in dict.fromkeys((self.space, *(narrow(_space(call)) for call in calls))):
            same = space == self.space
            kept = self.members if same else self._over([member.call for member in self.members], space)
            new = self._over(calls, space)
            if kept and new:
                if not _may_join(kept, new):
                    return False
                self.space, self.members = space, [*kept, *new]
                return True
        return False


def _may_join(members: Sequence[Member], new: Sequence[Member]) -> bool:
    """The legality condition, for new members one after the other."""
    written = {member.out.buffer: member for member in members}
    read: dict[Buffer, set[Access]] = defaultdict(set)
    for member in members:
        for access in member.args:
            read[access.buffer].add(access)
    for member in new:
        for access in (member.out, *member.args):
            writer = written.get(access.buffer)
            summed = writer is not None and (writer.reduces or (member.reduces and access is member.out))
            if summed or (writer is not None and writer.out != access):
                return False
        for access in member.args:
            read[access.buffer].add(access)
        reached = read.get(member.out.buffer)
        if reached and (member.reduces or reached != {member.out}):
            return False
        written[member.out.buffer] = member
    return True


def over(call: Call, space: Shape) -> Member | None:
    """The call as one that runs over the indices of ``space``; None where its views have no such strides."""
    if call.kernel in REDUCTIONS:
        return _summed(call) if narrow(_space(call)) == space else None
    accesses = []
    for view in (call.out, *call.args):
        found = view if narrow(view.shape) == space else _reshaped(view, space)
        if found is None:
            return None
        accesses.append(Access(view.buffer, _strides(found), view.offset))
    return Member(call, accesses[0], tuple(accesses[1:]))


def _reshaped(view: View, space: Shape) -> View | None:
    return view.reshaped(space) if prod(space) == view.entries else None


def _summed(call: Call) -> Member:
    shape, axes = call.detail
    kept = iter(call.out.strides)
    strides = tuple(0 if axis in axes else next(kept) for axis in range(len(shape)))
    (arg,) = call.args
    out = tuple(stride for length, stride in zip(shape, strides, strict=True) if length != 1)
    return Member(call, Access(call.out.buffer, out, call.out.offset), (Access(arg.buffer, _strides(arg), arg.offset),))


def _space(call: Call) -> Shape:
    return call.args[0].shape if call.kernel in REDUCTIONS else call.out.shape


def narrow(shape: Shape) -> Shape:
    """The axes that matter: those of another length than 1."""
    return tuple(length for length in shape if length != 1)


def _strides(view: View) -> Shape:
    return tuple(stride for _, stride in compact(view.shape, view.strides))


def _whole(view: View) -> Access:
    return Access(view.buffer, view.strides, view.offset)


def respected(calls: Sequence[Call], groups: Sequence[Group]) -> bool:
    """Whether the groups have each call once, keep the order of what reads and writes the same, and are legal."""
    placed = {id(call): (place, step) for place, group in enumerate(groups) for step, call in enumerate(group.calls)}
    if sum(len(group.members) for group in groups) != len(calls) or any(id(call) not in placed for call in calls):
        return False
    for later, call in enumerate(calls):
        for earlier in calls[:later]:
            if _meet(earlier, call) and placed[id(earlier)] > placed[id(call)]:
                return False
    return all(_legal(group) for group in groups)


def _meet(one: Call, other: Call) -> bool:
    """Whether one of the calls writes what the other reads or writes."""
    first, second = ({view.buffer for view in (call.out, *call.args)} for call in (one, other))
    return one.out.buffer in second or other.out.buffer in first


def _legal(group: Group) -> bool:
    """The condition above, entry by entry of its statement."""
    if group.space is None:
        return len(group.members) == 1
    for writer in group.members:
        for other in group.members:
            reached = [access for access in other.args if access.buffer is writer.out.buffer]
            again = [other.out] if other is not writer and other.out.buffer is writer.out.buffer else []
            if (writer.reduces and (reached or again)) or any(access != writer.out for access in reached + again):
                return False
    return True
