"""Calls in groups, each of which is one loop: what lies between them is read and written once, or not at all.

A group is one product, or entrywise calls and sums over one index space. **Legality.** Running the calls c₁, ..., cₙ of
a group for each index i in turn is running c₁ for all i, then c₂ for all i, and so on, if each buffer that one of them
writes is reached by all of them at the same entry for the same i (the same strides over the axes that are longer than 1
and the same offset), and if nobody in the group reads what a sum of it gives: then no call touches at another index
what a call writes at this one. Between groups the order of the calls is kept wherever it matters: a call comes into a
group no earlier than that of the last call that wrote what it reads, and of the last that read or wrote what it writes.
``respected`` is all of this, for the tests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from verified_cat.gpu.lowering import Call
from verified_cat.gpu.views import Buffer, View, compact
from verified_cat.primitives import Shape

PRODUCTS = frozenset({"product", "batched_product"})
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
    """A call of a group: where it writes and reads for an index. What a sum writes has stride 0 along what it sums."""

    call: Call
    out: Access
    args: tuple[Access, ...]

    @property
    def is_sum(self) -> bool:
        """Whether the call adds up entries over some axes."""
        return self.call.kernel == "sum"


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that run as one: over the index space ``space``, or one product, which has none."""

    members: tuple[Member, ...]
    space: Shape | None

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls, in their order."""
        return tuple(member.call for member in self.members)


def fused(calls: Iterable[Call]) -> tuple[Group, ...]:
    """The calls in groups. A call joins the latest group that shares a buffer with it and may take it."""
    found: list[_Growing] = []
    written: dict[Buffer, int] = defaultdict(lambda: -1)
    read: dict[Buffer, int] = defaultdict(lambda: -1)
    touching: dict[Buffer, list[int]] = defaultdict(list)
    for call in calls:
        out = call.out.buffer
        least = max(written[out], read[out], *(written[arg.buffer] for arg in call.args), -1)
        near = {place for buffer in _shared(call) for place in touching[buffer][-LOOKED_BACK:] if place >= least}
        place = next((place for place in sorted(near, reverse=True) if found[place].takes(call)), len(found))
        if place == len(found):
            found.append(_Growing(call))
        for arg in call.args:
            read[arg.buffer] = max(read[arg.buffer], place)
        written[out] = place
        for buffer in {view.buffer for view in (call.out, *call.args)}:
            if place not in touching[buffer]:
                touching[buffer].append(place)
    return tuple(Group(tuple(group.members), group.space) for group in found)


def _shared(call: Call) -> set[Buffer]:
    """The buffers for whose sake a call may join others: it reads or writes more than one number of them."""
    views = (call.out, *call.args)
    most = max(view.entries for view in views)
    return {view.buffer for view in views if most <= 1 or any(view.strides)}


class _Growing:
    """A group that takes calls as long as it is legal."""

    def __init__(self, call: Call) -> None:
        self.space: Shape | None = None
        self.members: list[Member] = []
        self.written: dict[Buffer, Member] = {}
        self.read: dict[Buffer, set[Access]] = defaultdict(set)
        if call.kernel in PRODUCTS:
            self.members.append(Member(call, _whole(call.out), tuple(map(_whole, call.args))))
        else:
            self.space = narrow(_space(call))
            self._add([over(call, self.space)])

    def takes(self, call: Call) -> bool:
        """Whether the call may join; if so it has."""
        if self.space is None or call.kernel in PRODUCTS or len(self.members) >= MOST_CALLS:
            return False
        member = over(call, self.space)
        if member is not None:
            return self._may_join(member) and self._add([member])
        return self._refined(narrow(_space(call)), call)

    def _refined(self, space: Shape, call: Call) -> bool:
        """The same over the index space of the call, where all members can be put so."""
        members = [over(member.call, space) for member in self.members]
        if any(member is None for member in members):
            return False
        other = _Growing(call)
        other.space, other.members, other.written, other.read = space, [], {}, defaultdict(set)
        other._add(members)
        new = over(call, space)
        if new is None or not other._may_join(new):
            return False
        self.space, self.members, self.written, self.read = space, other.members, other.written, other.read
        return self._add([new])

    def _add(self, members: Sequence[Member | None]) -> bool:
        for member in members:
            assert member is not None
            self.members.append(member)
            self.written[member.out.buffer] = member
            for access in member.args:
                self.read[access.buffer].add(access)
        return True

    def _may_join(self, new: Member) -> bool:
        """The legality condition, for one more member."""
        for access in (new.out, *new.args):
            writer = self.written.get(access.buffer)
            if writer is not None and (writer.is_sum or (new.is_sum and access is new.out) or writer.out != access):
                return False
        reached = self.read.get(new.out.buffer, set()) | {arg for arg in new.args if arg.buffer is new.out.buffer}
        return not reached or (not new.is_sum and reached == {new.out})


def over(call: Call, space: Shape) -> Member | None:
    """The call as one that runs over the indices of ``space``; None where its views have no such strides."""
    if call.kernel == "sum":
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
    return call.args[0].shape if call.kernel == "sum" else call.out.shape


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
            if (writer.is_sum and (reached or again)) or any(access != writer.out for access in reached + again):
                return False
    return True
