"""Schedules run call by call: what views hold, what may not be asked of a kernel, and what the run gives."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.gpu.lowering import Call
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.storage import Storage
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.interpreting import Array, Memory, OutsideMemory, bracketed, reach, run, unlawful, within
from verified_cat.reference.ieee import NumpyEngine

STATE, DATA, CONSTANT, TEMPORARY = Role.STATE, Role.DATA, Role.CONSTANT, Role.TEMPORARY
NOWHERE = Storage({}, 0)


def buffer(entries: int, role: Role = TEMPORARY, name: str = "") -> Buffer:
    return Buffer(role, entries, name)


def whole(of: Buffer) -> View:
    return View(of, (of.entries,), (1,))


def counted(entries: int) -> Array:
    return np.full(entries, -1.0)


# ------------------------------------------------------------------------------------------------ views

REACHES: list[tuple[View, tuple[int, int]]] = [
    (View(buffer(9), (3,), (1,)), (0, 2)),
    (View(buffer(9), (3,), (2,), 4), (4, 8)),
    (View(buffer(9), (3,), (-2,), 4), (0, 4)),
    (View(buffer(9), (2, 3), (4, -1), 2), (0, 6)),
    (View(buffer(9), (5,), (0,), 8), (8, 8)),
    (View(buffer(9), (), (), 3), (3, 3)),
]


@pytest.mark.parametrize(("view", "expected"), REACHES)
def test_views_reach_from_their_first_to_their_last_entry(view: View, expected: tuple[int, int]) -> None:
    assert reach(view) == expected
    within(view)


@pytest.mark.parametrize(
    ("shape", "strides", "offset", "words"),
    [
        ((3,), (1,), 7, "x[3] from 7 reaches from 7 to 9 in 9 entries"),
        ((3,), (-1,), 1, "x[3] by [-1] from 1 reaches from -1 to 1 in 9 entries"),
        ((), (), 9, "x[] from 9 reaches from 9 to 9 in 9 entries"),
    ],
)
def test_views_beyond_their_buffer_are_refused(shape: Any, strides: Any, offset: int, words: str) -> None:
    view = View(buffer(9, name="x"), shape, strides, offset)
    for look in (within, Memory(counted).read):
        with pytest.raises(OutsideMemory) as refused:
            look(view)
        assert str(refused.value) == words


def test_views_without_entries_are_nowhere() -> None:
    within(View(buffer(0), (0, 3), (3, 1), 5))
    memory, empty = Memory(counted), View(buffer(2), (0,), (1,), 7)
    memory.write(empty, np.zeros(0))


def test_memory_is_read_and_written_by_views() -> None:
    memory, x = Memory(counted), buffer(6)
    memory.write(whole(x), np.arange(6.0))
    turned = View(x, (3, 2), (1, 3))
    assert memory.read(turned).tolist() == [[0, 3], [1, 4], [2, 5]]
    kept = memory.read(turned)
    memory.write(View(x, (2,), (-2,), 4), np.array([10.0, 20.0]))
    assert memory.read(whole(x)).tolist() == [0, 1, 20, 3, 10, 5] and kept.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert memory.read(View(x, (2, 2), (0, 1), 4)).tolist() == [[10, 5], [10, 5]]
    memory.entries(View(x, (1,), (1,), 1))[0] = 7
    assert memory.read(whole(x)).tolist() == [0, 7, 20, 3, 10, 5]
    assert memory.read(whole(buffer(2))).tolist() == [-1, -1]


def test_buffers_with_a_place_share_the_arena() -> None:
    x, y, apart, tight = buffer(4), buffer(3), buffer(2), buffer(2, name="tight")
    memory = Memory(counted, Storage({x: 0, y: 2, tight: 4}, 6))
    memory.write(whole(x), np.arange(4.0))
    memory.write(whole(apart), np.array([8.0, 9.0]))
    assert memory.read(whole(y)).tolist() == [2, 3, -1]
    assert memory.read(whole(tight)).tolist() == [-1, -1] and memory.read(whole(apart)).tolist() == [8, 9]
    empty = buffer(0)
    assert Memory(counted, Storage({empty: 6}, 6)).read(whole(empty)).tolist() == []
    for place in (5, -1):
        with pytest.raises(OutsideMemory, match=f"^tight of 2 entries from {place} is not in the arena$"):
            Memory(counted, Storage({tight: place}, 6)).read(whole(tight))


# ------------------------------------------------------------------------------------------------ what may be asked


def plan(*calls: Call) -> Schedule:
    return Schedule(calls, (), 0, (), {})


def found(call: Call, storage: Storage = NOWHERE) -> list[str]:
    """What is wrong with a call, after one that is right."""
    right = Call("add", whole(buffer(2)), (whole(buffer(2)), whole(buffer(2))))
    both = list(unlawful(plan(right, call), storage))
    assert all(each.startswith(f"call 1, {call.kernel}: ") for each in both)
    return [each.partition(": ")[2] for each in both]


X, Y, Z = buffer(6, STATE, "x"), buffer(6, TEMPORARY, "y"), buffer(6, TEMPORARY, "z")
SQUARE = View(X, (2, 2), (2, 1))
OVER = "writes over its argument {} while it reads it"


def test_calls_that_are_lawful() -> None:
    rows = View(X, (2, 3), (3, 1))
    lawful = [
        Call("add", whole(Y), (whole(X), whole(Z))),
        Call("add", whole(X), (whole(X), whole(X))),  # entry by entry, in step
        Call("exp", rows, (rows,)),
        Call("product", View(Y, (2, 2), (2, 1)), (SQUARE, SQUARE)),
        Call("product", SQUARE, (SQUARE, View(Y, (2, 2), (2, 1)), View(Z, (2, 2), (2, 1)))),  # β z + x y, in place of z
        Call("batched_product", SQUARE, (SQUARE, whole(Y), whole(Z))),
        Call("sum", View(X, (1,), (1,), 5), (View(X, (5,), (1,)),)),  # side by side in one buffer
        Call("sum", View(X, (2,), (2,), 1), (View(X, (3,), (2,)),)),  # the odd ones of the even ones
        Call("sum", View(X, (0,), (1,)), (whole(X),)),
        Call("exp", View(X, (3,), (2,)), (View(X, (3,), (2,)),)),
    ]
    for call in lawful:
        assert found(call) == [], str(call)


def test_writing_over_what_is_read() -> None:
    assert found(Call("sum", View(X, (1,), (1,)), (whole(X),))) == [OVER.format(0)]
    assert found(Call("exp", View(X, (5,), (1,), 1), (View(X, (5,), (1,)),))) == [OVER.format(0)]  # one later
    assert found(Call("exp", View(X, (2, 2), (1, 2)), (SQUARE,))) == [OVER.format(0)]  # in another order
    assert found(Call("sum", View(X, (1,), (1,), 4), (View(X, (3,), (2,)),))) == [OVER.format(0)]  # the last entry
    y = View(Y, (2, 2), (2, 1))
    assert found(Call("product", SQUARE, (SQUARE, y))) == [OVER.format(0)]
    assert found(Call("product", SQUARE, (y, SQUARE, SQUARE))) == [OVER.format(1), OVER.format(2)]
    assert found(Call("conv", SQUARE, (SQUARE, y, y))) == [OVER.format(0)]


def test_buffers_in_the_arena_are_one_memory() -> None:
    """y at 0 to 5 and z at 4 to 9 share two entries; at 6 to 11 they share none."""
    call = Call("sum", View(Z, (1,), (1,)), (whole(Y),))
    assert found(call) == [] and found(call, Storage({Y: 0, Z: 6}, 12)) == []
    assert found(call, Storage({Y: 0, Z: 4}, 10)) == [OVER.format(0)]
    assert found(replace(call, out=View(Z, (1,), (1,), 2)), Storage({Y: 0, Z: 4}, 10)) == []
    assert found(replace(call, out=View(Z, (1,), (1,), 1)), Storage({Y: 0, Z: 4}, 10)) == [OVER.format(0)]
    assert found(Call("exp", whole(Z), (whole(Y),)), Storage({Y: 3, Z: 3}, 9)) == []  # the same place, in step
    assert found(Call("exp", whole(Z), (whole(Y),)), Storage({Y: 3, Z: 2}, 9)) == [OVER.format(0)]
    assert found(Call("sum", View(Y, (1,), (1,)), (whole(X),)), Storage({Y: X.serial}, 9)) == []
    for serial in (0, 1, 2):  # no number of a buffer is that of the arena
        other = Buffer(STATE, 6, "other", serial)
        assert found(Call("sum", View(Y, (1,), (1,)), (whole(other),)), Storage({Y: 0}, 6)) == []


def test_writing_an_entry_twice() -> None:
    source = View(Y, (2, 2), (2, 1))
    twice = [((2, 2), (0, 1)), ((2, 2), (1, 1)), ((3, 2), (1, 2)), ((2, 2), (-1, 1)), ((2, 3), (2, 1))]
    for shape, strides in twice:
        out = View(X, shape, strides, 1)
        assert "writes an entry twice" in found(Call("copy", out, (source,))), (shape, strides)
    for shape, strides in (((2, 3), (3, 1)), ((3, 2), (1, 3)), ((2, 2), (-3, 1)), ((1, 2), (0, 1)), ((0, 2), (0, 1))):
        assert found(Call("copy", View(X, shape, strides, 3 if strides[0] < 0 else 0), (source,))) == []


@pytest.mark.parametrize("role", list(Role))
def test_data_and_constants_are_not_written_to(role: Role) -> None:
    out = buffer(2, role, "w")
    expected = ["writes to w, which is not to be written to"] if role in (DATA, CONSTANT) else []
    assert found(Call("copy", whole(out), (whole(buffer(2)),))) == expected


def test_views_beyond_their_buffer_are_found_in_any_place() -> None:
    inside, beyond = whole(buffer(2)), View(buffer(2, name="w"), (3,), (1,))
    words = ["w[3] reaches from 0 to 2 in 2 entries"]
    for out, args in ((beyond, (inside, inside)), (inside, (beyond, inside)), (inside, (inside, beyond))):
        assert found(Call("add", out, args)) == words


# ------------------------------------------------------------------------------------------------ runs


def test_a_plan_is_run_call_by_call() -> None:
    """s ↦ s + 2 x and the result exp(s + 2 x), with the number 2 from a constant; what each call gave is noted."""
    s, x, two = buffer(2, STATE), buffer(2, DATA), buffer(3, CONSTANT)
    double, result = buffer(2), buffer(2, Role.OUTPUT)
    spread = View(two, (2,), (0,), 2)
    calls = (
        Call("multiply", whole(double), (whole(x), spread)),
        Call("add", whole(s), (whole(s), whole(double))),
        Call("copy", View(s, (0,), (1,)), (View(s, (0,), (1,)),)),
        Call("exp", whole(result), (whole(s),)),
    )
    made = Schedule(
        calls,
        (whole(s), whole(x)),
        1,
        (whole(result), View(double, (1,), (1,), 1)),
        {two: (Fraction(7), Fraction(8), Fraction(2))},
    )
    seen: list[tuple[str, list[float]]] = []

    def constant(shape: tuple[int, ...], values: tuple[Any, ...]) -> Array:
        assert shape == (3,) and values == (7, 8, 2)
        return np.array([7.0, 8.0, 2.0])

    inputs = [np.array([1.0, 2.0]), np.array([-0.5, -1.0])]
    state, results = run(
        made,
        Memory(counted),
        NumpyEngine(),
        inputs,
        constant,
        lambda call, value: seen.append((call.kernel, value.tolist())),
    )
    assert [each.tolist() for each in state] == [[0.0, 0.0]]
    assert [each.tolist() for each in results] == [[1.0, 1.0], [-2.0]]
    assert seen == [("multiply", [-1.0, -2.0]), ("add", [0.0, 0.0]), ("exp", [1.0, 1.0])]
    assert [each.tolist() for each in inputs] == [[1.0, 2.0], [-0.5, -1.0]]
    again, _ = run(made, Memory(counted), NumpyEngine(), inputs, constant)
    assert again[0].tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="zip"):
        run(made, Memory(counted), NumpyEngine(), inputs[:1], constant)


def test_arguments_are_bracketed_to_the_left() -> None:
    assert [bracketed(list(range(count))) for count in range(4)] == [(), 0, (0, 1), ((0, 1), 2)]
