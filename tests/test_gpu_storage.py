"""The arena: nothing that is alive at the same time shares memory, and it is never larger than everything apart."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives  # noqa: E402
from verified_cat.gpu.lowering import lower  # noqa: E402
from verified_cat.gpu.schedule import Schedule, schedule  # noqa: E402
from verified_cat.gpu.storage import ALIGNMENT, Arena, allocate, conflicts, lifetimes, rounded  # noqa: E402
from verified_cat.gpu.views import Role  # noqa: E402
from verified_cat.instances import instance  # noqa: E402
from verified_cat.machine import differentiate  # noqa: E402
from verified_cat.objects import Pair, Space  # noqa: E402
from verified_cat.program import Program, Wires, program, trace  # noqa: E402
from verified_cat.terms import Copy, Identity, Term  # noqa: E402


def planned(made: Program) -> Schedule:
    return schedule(lower(made, (Role.DATA,) * len(made.inputs)), 0)


def derivative(term: Term) -> Program:
    """(x, w) ↦ (f(x), J(x)ᵀ w): what was computed first is needed last."""

    def both(wires: Wires, given: Any) -> Any:
        value, back = differentiate(term, given[0], wires)
        return value, back(given[1])

    return trace(both, Pair(term.dom, term.cod), Pair(term.cod, term.dom))


@pytest.mark.parametrize("part", range(3))
def test_nothing_that_is_alive_shares_memory(part: int) -> None:
    seen = 0
    for index in range(part, 300, 3):
        plan = planned(derivative(instance(21, index).term))
        storage, spans = allocate(plan), lifetimes(plan)
        assert conflicts(plan, storage) == [], index
        assert storage.entries <= sum(rounded(buffer.entries) for buffer in spans)
        assert all(place % ALIGNMENT == 0 for place in storage.offsets.values())
        assert all(place + buffer.entries <= storage.entries for buffer, place in storage.offsets.items())
        assert set(storage.offsets) == set(spans)
        seen += storage.entries < sum(rounded(buffer.entries) for buffer in spans)
    assert seen > 30


def test_an_overlap_is_found() -> None:
    """Each pair of temporaries that live together, put into one place."""
    found = 0
    for index in range(40):
        plan = planned(derivative(instance(22, index).term))
        storage, spans = allocate(plan), lifetimes(plan)
        buffers = [buffer for buffer in spans if buffer.entries]
        for one in buffers:
            for other in buffers:
                (start, end), (begin, _) = spans[one], spans[other]
                if one is not other and start < begin < end:
                    planted = replace(storage, offsets={**storage.offsets, other: storage.offsets[one]})
                    assert conflicts(plan, planted), index
                    found += 1
    assert found > 50


def test_a_chain_of_entrywise_calls_needs_one_place() -> None:
    term: Term = primitives.exp((100,))
    for _ in range(20):
        term = term >> primitives.tanh((100,)) >> primitives.sin((100,))
    storage = allocate(planned(program(term)))
    assert storage.entries == rounded(100)


def test_results_live_to_the_end() -> None:
    three = Space((3,))
    plan = planned(program(primitives.exp((3,)) >> Copy(three) >> (primitives.sin((3,)) @ Identity(three))))
    spans = lifetimes(plan)
    assert all(spans[view.buffer][1] == len(plan.calls) for view in plan.results)


def test_an_arena_gives_no_entry_twice() -> None:
    draw = Random(0)
    for _ in range(200):
        arena, taken = Arena(), dict[int, int]()
        for _ in range(60):
            if taken and draw.random() < 0.5:
                start = draw.choice(list(taken))
                arena.give(start, taken.pop(start))
            else:
                entries = ALIGNMENT * draw.randrange(1, 9)
                start = arena.take(entries)
                assert all(start + entries <= other or other + held <= start for other, held in taken.items())
                assert start + entries <= arena.top
                taken[start] = entries
        for start, entries in taken.items():
            arena.give(start, entries)
        assert arena.take(arena.top) == 0  # all that is free again is one stretch
