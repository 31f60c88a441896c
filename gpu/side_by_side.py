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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush

from verified_cat.gpu.alike import Key, Leaf, SmallCalls, buffers_of, groups
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.program import Outside

ALIGNED = 16
"""Leaves stand in a row by the power of two in their lengths, up to this: those of whole cache lines stay on them."""


def side_by_side(plan: Schedule) -> Schedule:
    """The same step with the updates of small leaves made together, where nothing waits for itself then."""
    plan = _brought(plan)
    calls, chosen = SmallCalls(plan, all_along=True), list[list[Leaf]]()
    for group in groups(calls):
        if _ordered(plan, [*chosen, group]) is not None:
            chosen.append(group)
    return _joined(plan, chosen) if chosen else plan


# ------------------------------------------------------------------------------------------------ what is copied first


def _brought(plan: Schedule) -> Schedule:
    """The plan with a copy of what a row would lack, where joining is fewer calls all the same."""
    calls = SmallCalls(plan, all_along=False)
    wanted: set[int] = set()
    for group in groups(calls):
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
    calls = SmallCalls(plan, all_along=True)
    stretches: dict[Buffer, tuple[Buffer, int]] = {}
    whole: dict[int, Call] = {}
    for group in groups:
        leaves = sorted(group, key=lambda leaf: _alignment(plan.calls[leaf[0]].out.entries), reverse=True)
        stretches |= _laid_out([list(buffers_of(calls, leaf)) for leaf in leaves])
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
