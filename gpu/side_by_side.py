"""Small parameters side by side: the same update of many leaves is one update of all of them in a row.

An entrywise map of a concatenation is the concatenation of its values, f(x ++ y) = f(x) ++ f(y), and calls on buffers
of their own commute. So isomorphic chains of entrywise calls over disjoint leaves are one chain over a row of them: the
states, the gradients and what lies between them become stretches of one buffer each, in the same order. Every number
is the same, to the bit: kernels whose result depends on where an entry stands are left out.

Invariants, which the tests check: the stretches of a row are disjoint and cover it; calls that touch the same entries,
one of them writing, stay in their order; and no state is written before an operation that may fail.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush

from verified_cat.gpu.lowering import ENTRYWISE, Call
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.program import Outside

SMALL_LEAF = 2**13
"""Up to so many entries a leaf is joined: a call on it takes longer to be made than to run."""

JOINED = ENTRYWISE - {"sigmoid", "softplus"}
"""Kernels of which each entry is computed alike wherever it stands in its tensor. Of these two, torch computes the last
entries, too few for a vector register, by other instructions, which round otherwise."""

ALIGNED = 16
"""Leaves stand in a row by the power of two in their lengths, up to this: those of whole cache lines stay on them."""

ROLES = (Role.STATE, Role.TEMPORARY)

Key = tuple[object, ...]
Leaf = tuple[int, ...]
"""The calls of one leaf that are made together with those of others; the same calls in the same order for each."""


def side_by_side(plan: Schedule) -> Schedule:
    """The same step with the updates of small leaves made together, where nothing waits for itself then."""
    plan = _brought(plan)
    calls, chosen = _Calls(plan, all_along=True), list[list[Leaf]]()
    for group in _groups(calls):
        if _ordered(plan, [*chosen, group]) is not None:
            chosen.append(group)
    return _joined(plan, chosen) if chosen else plan


# ------------------------------------------------------------------------------------------------ which calls are alike


class _Calls:
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


def _groups(calls: _Calls) -> Iterator[list[Leaf]]:
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


def _shape(calls: _Calls, leaf: Leaf) -> Key:
    """Which of the buffers of a leaf each of its calls touches, and what each of them is for."""
    buffers = _buffers(calls, leaf)
    slots = tuple(buffer and buffers[buffer] for place in leaf for buffer in calls.touched(place))
    return slots, tuple(buffer.role for buffer in buffers)


def _buffers(calls: _Calls, leaf: Leaf) -> dict[Buffer, int]:
    """The buffers of a leaf, numbered as they come."""
    found: dict[Buffer, int] = {}
    for place in leaf:
        for buffer in calls.touched(place):
            if buffer is not None:
                found.setdefault(buffer, len(found) + 1)
    return found


def _components(calls: _Calls) -> Iterable[list[int]]:
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


# ------------------------------------------------------------------------------------------------ what is copied first


def _brought(plan: Schedule) -> Schedule:
    """The plan with a copy of what a row would lack, where joining is fewer calls all the same."""
    calls = _Calls(plan, all_along=False)
    wanted: set[int] = set()
    for group in _groups(calls):
        places = [place for leaf in group for place in leaf]
        lacking = {
            calls.calls[place].args[i] for place in places for i in calls.arguments(place) if calls.elsewhere(place, i)
        }
        if len(lacking) < len(places) - len(group[0]):
            wanted.update(places)
    made: list[Call] = []
    known: dict[Key, View] = {}
    maker: dict[Buffer, int] = {}
    for place, call in enumerate(plan.calls):
        args = list(call.args)
        for position, arg in enumerate(call.args):
            if place in wanted and calls.elsewhere(place, position):
                key = arg, maker.get(arg.buffer), call.out.strides
                if key not in known:
                    known[key] = View(Buffer(Role.TEMPORARY, arg.entries), arg.shape, call.out.strides)
                    made.append(Call("copy", known[key], (arg,)))
                args[position] = known[key]
        made.append(replace(call, args=tuple(args)))
        maker[call.out.buffer] = place
    return replace(plan, calls=tuple(made))


# ------------------------------------------------------------------------------------------------ made together


def _joined(plan: Schedule, groups: Sequence[list[Leaf]]) -> Schedule:
    """The plan with the calls of each group on whole rows, and everything else on their stretches."""
    calls = _Calls(plan, all_along=True)
    stretches: dict[Buffer, tuple[Buffer, int]] = {}
    whole: dict[int, Call] = {}
    for group in groups:
        leaves = sorted(group, key=lambda leaf: _alignment(plan.calls[leaf[0]].out.entries), reverse=True)
        stretches |= _laid_out([list(_buffers(calls, leaf)) for leaf in leaves])
        for place in group[0]:
            whole[place] = _on_rows(plan.calls[place], calls.touched(place), stretches)

    def moved(view: View) -> View:
        row, offset = stretches.get(view.buffer, (view.buffer, 0))
        return replace(view, buffer=row, offset=view.offset + offset)

    def call(place: int) -> Call:
        given = plan.calls[place]
        return whole.get(place) or replace(given, out=moved(given.out), args=tuple(map(moved, given.args)))

    order = _ordered(plan, groups)
    assert order is not None
    return replace(
        plan,
        calls=tuple(map(call, order)),
        inputs=tuple(map(moved, plan.inputs)),
        results=tuple(map(moved, plan.results)),
    )


def _alignment(entries: int) -> int:
    return min(ALIGNED, entries & -entries)


def _laid_out(leaves: Sequence[Sequence[Buffer]]) -> dict[Buffer, tuple[Buffer, int]]:
    """For each buffer of each leaf its row, and where its stretch starts there."""
    found: dict[Buffer, tuple[Buffer, int]] = {}
    for alike in zip(*leaves, strict=True):
        row, offset = Buffer(alike[0].role, sum(buffer.entries for buffer in alike)), 0
        for buffer in alike:
            found[buffer] = row, offset
            offset += buffer.entries
    return found


def _on_rows(call: Call, touched: Sequence[Buffer | None], stretches: Mapping[Buffer, tuple[Buffer, int]]) -> Call:
    """The call on whole rows instead of on its own stretches."""
    rows = [buffer and stretches[buffer][0] for buffer in touched]
    assert rows[0] is not None
    shape = (rows[0].entries,)
    views = [
        View(row, shape, (1,)) if row else View(view.buffer, shape, (0,), view.offset)
        for view, row in zip((call.out, *call.args), rows, strict=True)
    ]
    return replace(call, out=views[0], args=tuple(views[1:]), detail=(shape,) if call.detail else (), wire=None)


def _ordered(plan: Schedule, groups: Sequence[list[Leaf]]) -> list[int] | None:
    """The calls in an order that can be run, each group's as those of its first leaf; None where there is none.

    Calls that touch the same buffer, one of them writing, stay in their order, and what may fail stays before every
    later change of the state. Otherwise each call comes as early as it came before; a joined one, as its last part.
    """
    node = list(range(len(plan.calls)))
    rank = list(range(len(plan.calls)))
    for group in groups:
        for same in zip(*group, strict=True):
            rank[same[0]] = max(same)
            for place in same:
                node[place] = same[0]
    after: dict[int, set[int]] = defaultdict(set)
    for before, place in _conflicts(plan.calls):
        if node[before] != node[place]:
            after[node[before]].add(node[place])
    missing = Counter(follower for followers in after.values() for follower in followers)
    ready = [(rank[place], place) for place in set(node) if not missing[place]]
    heapify(ready)
    order: list[int] = []
    while ready:
        _, place = heappop(ready)
        order.append(place)
        for follower in after.get(place, ()):
            missing[follower] -= 1
            if not missing[follower]:
                heappush(ready, (rank[follower], follower))
    return order if len(order) == len(set(node)) else None


def _conflicts(calls: Sequence[Call]) -> Iterator[tuple[int, int]]:
    """Pairs of calls that have to stay in this order; what follows from others is left out."""
    writer: dict[Buffer, int] = {}
    readers: dict[Buffer, list[int]] = defaultdict(list)
    failing: list[int] = []
    for place, call in enumerate(calls):
        for buffer in {arg.buffer for arg in call.args}:
            if buffer in writer:
                yield writer[buffer], place
            readers[buffer].append(place)
        out = call.out.buffer
        earlier = [*readers.pop(out, ()), *([writer[out]] if out in writer else ())]
        yield from ((before, place) for before in earlier if before != place)
        if out.role is Role.STATE:
            yield from ((before, place) for before in failing)
        writer[out] = place
        if call.wire is not None and isinstance(call.wire.operation, Outside):
            failing.append(place)
