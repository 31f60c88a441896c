"""The order of calls and updates in place: whatever becomes of the state, the schedule is the map of the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives  # noqa: E402
from verified_cat.draw import Style, draw_term, seeded  # noqa: E402
from verified_cat.gpu.lowering import lower  # noqa: E402
from verified_cat.gpu.schedule import Schedule, readable_order, schedule  # noqa: E402
from verified_cat.gpu.storage import allocate, conflicts  # noqa: E402
from verified_cat.gpu.views import Role  # noqa: E402
from verified_cat.interpreting import Memory, run, unlawful  # noqa: E402
from verified_cat.objects import SCALAR, Ob, Pair, Space, flatten, leaves  # noqa: E402
from verified_cat.primitives import Primitive  # noqa: E402
from verified_cat.program import Program, program, running, trace  # noqa: E402
from verified_cat.reference.modular import ModularEngine  # noqa: E402

A, B, M = Space((3,)), Space((4,)), Space((3, 3))


def planned(made: Program, states: int) -> Schedule:
    roles = (Role.STATE,) * states + (Role.DATA,) * (len(made.inputs) - states)
    return schedule(lower(made, roles), states)


def differing(made: Program, plan: Schedule, seed: int = 0) -> list[int]:
    """The outputs that a program and its schedule, its temporaries in their arena, make differently of a point."""
    engine = ModularEngine(Random(seed))
    x = engine.random(made.dom)
    memory = Memory(lambda entries: np.array(engine.random(Space((entries,)))), allocate(plan))
    state, results = run(plan, memory, engine, flatten(made.dom, x), engine.constant)
    pairs = zip(flatten(made.cod, running(made, engine)(x)), [*state, *results], strict=True)
    return [place for place, (one, other) in enumerate(pairs) if not np.array_equal(one, other)]


def is_sound(made: Program, states: int, seed: int = 0) -> list[Any]:
    """What is wrong with the schedule of a program: its map, its order, its overwriting, its memory."""
    plan = planned(made, states)
    wrong: list[Any] = [*differing(made, plan, seed), *unlawful(plan, allocate(plan)), *conflicts(plan, allocate(plan))]
    return wrong if readable_order(plan) else [*wrong, "a call reads what is not there yet"]


# ------------------------------------------------------------------------------------------------ the state moves

Step = Callable[[Callable[..., Any], Any, Any], tuple[Any, Any]]
"""(operations, state, data) ↦ (new state, result)."""

MOVES: dict[str, tuple[Ob, Step]] = {
    "two states change places": (Pair(A, A), lambda at, s, d: ((s[1], s[0]), d)),
    "three states turn": (Pair(A, Pair(A, A)), lambda at, s, d: ((s[1][1], (s[0], s[1][0])), d)),
    "a state stays": (Pair(A, A), lambda at, s, d: ((s[0], at("add", s[1], d)), d)),
    "one wire for two states": (Pair(A, A), lambda at, s, d: ((new := at("add", s[0], d), new), d)),
    "one state for both": (Pair(A, A), lambda at, s, d: ((s[0], s[0]), d)),
    "a state is data": (A, lambda at, s, d: (d, s)),
    "a state is a number": (A, lambda at, s, d: (at("constant", (3,), (Fraction(1, 2),)), d)),
    "a state is its double": (A, lambda at, s, d: (at("add", s, s), d)),
    "the old state is the result": (A, lambda at, s, d: (at("add", s, d), s)),
    "the new state is the result": (A, lambda at, s, d: (new := at("add", s, d), new)),
    "the old state is read at the end": (A, lambda at, s, d: (at("exp", d), at("tanh", at("exp", s)))),
    "the old state seen otherwise is the result": (
        M, lambda at, s, d: (at("negate", s), at("sum", (3, 3), (0,), at("permute", (3, 3), (1, 0), s))),
    ),
    "a matrix is transposed": (M, lambda at, s, d: (at("permute", (3, 3), (1, 0), s), d)),
    "a matrix and its transpose are added": (
        M, lambda at, s, d: (at("add", s, at("permute", (3, 3), (1, 0), s)), d),
    ),
    "a matrix is squared": (M, lambda at, s, d: (at("contract", "ij,jk->ik", (3, 3), (3, 3), s, s), d)),
    "a matrix moves along its product": (
        M, lambda at, s, d: (at("add", s, at("contract", "ij,jk->ik", (3, 3), (3, 3), s, s)), d),
    ),
    "two matrices move along each other": (
        Pair(M, M),
        lambda at, s, d: (
            (
                at("add", s[0], at("contract", "ij,jk->ik", (3, 3), (3, 3), s[1], s[0])),
                at("add", s[1], at("contract", "ij,jk->ki", (3, 3), (3, 3), s[0], s[1])),
            ),
            d,
        ),
    ),
    "each new state reads the other's old one": (
        Pair(A, A), lambda at, s, d: ((at("multiply", s[0], s[1]), at("add", s[1], s[0])), d),
    ),
    "a state in a circle with a copy": (
        Pair(A, A), lambda at, s, d: ((at("exp", s[1]), s[0]), at("add", s[0], s[1])),
    ),
}  # fmt: skip


def moving(state: Ob, step: Step) -> Program:
    def traced(wires: Any, given: Any) -> Any:
        def at(name: str, *arguments: Any) -> Any:
            args = tuple(each for each in arguments if hasattr(each, "serial"))
            rest = tuple(each for each in arguments if not hasattr(each, "serial")) or (args[0].shape,)
            return wires.at(Primitive(name, rest), args)

        return step(at, *given)

    return trace(traced, Pair(state, A), Pair(state, A))


@pytest.mark.parametrize("name", MOVES)
def test_whatever_becomes_of_the_state(name: str) -> None:
    state, step = MOVES[name]
    assert is_sound(moving(state, step), sum(1 for _ in leaves(state))) == []


def test_updates_are_in_place_where_they_can_be() -> None:
    plan = planned(moving(*MOVES["a state stays"]), 2)
    assert [call.kernel for call in plan.calls] == ["add", "copy"]  # the result is data, which are gone after the step
    assert plan.calls[0].out.buffer is plan.inputs[1].buffer
    assert planned(moving(*MOVES["a state is its double"]), 1).calls[0].out.buffer.role is Role.STATE
    assert "copy" in [call.kernel for call in planned(moving(*MOVES["two states change places"]), 2).calls]


# ------------------------------------------------------------------------------------------------ random programs


def drawn(index: int) -> tuple[Program, int]:
    """A random step: a term S ⊗ D → S ⊗ B, and how many leaves S has."""
    choose = seeded(1000 + index)
    leaf = choose((SCALAR, A, B, M, Space((2, 3))))
    state: Ob = choose((leaf, Pair(leaf, leaf), Pair(leaf, Pair(choose((A, M)), leaf))))
    dom, cod = Pair(state, choose((A, M, SCALAR))), Pair(state, choose((SCALAR, A, leaf)))
    term = draw_term(choose, dom, cod, Style(choose(("any", "linear", "polynomial")), choose((2, 3, 4))))
    return program(term), sum(1 for _ in leaves(state))


@pytest.mark.parametrize("part", range(3))
def test_random_steps(part: int) -> None:
    for index in range(part, 450, 3):
        made, states = drawn(index)
        assert is_sound(made, states, index) == [], index


def test_a_wrong_order_is_seen() -> None:
    made = moving(*MOVES["each new state reads the other's old one"])
    plan = planned(made, 2)
    assert not differing(made, plan)
    assert differing(made, replace(plan, calls=plan.calls[::-1]))
    deep = program(primitives.exp((3,)) >> primitives.tanh((3,)))
    plan = planned(deep, 0)
    assert readable_order(plan) and not readable_order(replace(plan, calls=plan.calls[::-1]))


def test_unlawful_overwriting_is_seen() -> None:
    made = moving(*MOVES["a matrix moves along its product"])
    plan = planned(made, 1)
    storage = allocate(plan)
    assert not list(unlawful(plan, storage))
    place = next(place for place, call in enumerate(plan.calls) if call.kernel == "product")
    over = replace(plan.calls[place], out=replace(plan.calls[place].args[-1], offset=0))
    calls = (*plan.calls[:place], over, *plan.calls[place + 1 :])
    assert any("writes over its argument" in each for each in unlawful(replace(plan, calls=calls), storage))
    doubled = replace(plan.calls[place], out=replace(plan.calls[place].out, strides=(0, 1)))
    calls = (*plan.calls[:place], doubled, *plan.calls[place + 1 :])
    assert any("writes an entry twice" in each for each in unlawful(replace(plan, calls=calls), storage))
