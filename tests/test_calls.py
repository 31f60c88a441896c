"""Emitted programs watched as they run: one program by hand, and each way in which it may be wrong, call by call.

s ↦ s + 2 x and the result exp(s + 2 x), with the numbers 2 and 3 in a constant and 2 x in a temporary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

import torch

from verified_cat import calls, native_calls
from verified_cat.calls import Watched, array_of, same, unwritten, watched_run
from verified_cat.errors import MissingOperation
from verified_cat.functions import Functions
from verified_cat.gpu import emit_python
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.fusing import Group
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.meanings import meaning
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.interpreting import Memory, bracketed
from verified_cat.native_calls import walked_run
from verified_cat.reference.agreement import STEP, Row
from verified_cat.reference.balls import Ball
from verified_cat.reference.ieee import NumpyEngine

S, X, TWO = Buffer(Role.STATE, 2, "s"), Buffer(Role.DATA, 2, "x"), Buffer(Role.CONSTANT, 2, "two")
DOUBLE, RESULT = Buffer(Role.TEMPORARY, 2, "double"), Buffer(Role.TEMPORARY, 2, "result")
STATE, DATA = [1.0, 2.0], [0.1, 1 / 3]
NEXT = [1.0 + 2 * 0.1, 2.0 + 2 * (1 / 3)]
EXP = np.exp(NEXT).tolist()


def whole(of: Buffer) -> View:
    return View(of, (of.entries,), (1,))


CALLS = (
    Call("multiply", whole(DOUBLE), (whole(X), View(TWO, (2,), (0,)))),
    Call("add", whole(S), (whole(S), whole(DOUBLE))),
    Call("exp", whole(RESULT), (whole(S),)),
)
PLAN = Schedule(CALLS, (whole(S), whole(X)), 1, (whole(RESULT),), {TWO: (Fraction(2), Fraction(3))})
EMIT = emit_python.emit


def data() -> Any:
    """x as every second number from the second of five on."""
    five = torch.tensor([7.0, DATA[0], DATA[1], 8.0], dtype=torch.float64)
    return (five[1:3],)


def step(plan: Schedule = PLAN) -> Any:
    engine = TorchEngine("float64")
    emitted = EMIT(plan, engine)
    emitted.state[0].copy_(torch.tensor(STATE, dtype=torch.float64))
    return SimpleNamespace(plan=plan, engine=engine, emitted=emitted)


Change = Callable[[Any], Any]


def watched(
    monkeypatch: pytest.MonkeyPatch,
    after: Callable[[Any, int], None],
    made: Change = lambda emitted: emitted,
    plan: Schedule = PLAN,
    given: Any = None,
) -> Watched:
    """The program with something done between its calls, and the emitted program changed."""

    def emit(plan: Schedule, engine: TorchEngine, observer: Any) -> Any:
        def observed(number: int, call: Call) -> None:
            after(holder[0], number)
            observer(number, call)

        holder = [EMIT(plan, engine, observed)]
        return made(holder[0])

    monkeypatch.setattr(calls, "emit", emit)
    return watched_run(step(plan), data() if given is None else given)


def filled(view: View, number: float, at: int = -1) -> Callable[[Any, int], None]:
    """A view gets another number, before the call of that number is looked at."""

    def after(emitted: Any, number_of_call: int) -> None:
        if number_of_call == at:
            emitted.memory(view).fill_(number)

    return after


# ------------------------------------------------------------------------------------------------ what is right


def test_a_program_that_is_right() -> None:
    one = step()
    found = watched_run(one, data())
    assert (found.findings, found.reasons) == ((), ())
    assert {name: (row.terms, row.entries, row.excesses) for name, row in found.kernels.items()} == {
        "constant": (1, 2, 0),
        "multiply": (1, 2, 0),
        "add": (1, 2, 0),
        "exp": (1, 2, 0),
    }
    assert all(row.share <= 1 and row.unbounded == 0 for row in found.kernels.values())
    assert found.outputs is not None and [each.tolist() for each in found.outputs] == [NEXT, EXP]
    assert one.emitted.state[0].tolist() == STATE


def test_calls_of_one_kernel_are_one_row() -> None:
    again = replace(PLAN, calls=(*CALLS[:2], Call("add", whole(S), (whole(S), whole(DOUBLE))), CALLS[2]))
    found = watched_run(step(again), data())
    assert found.kernels["add"].terms == 2 and found.kernels["add"].entries == 4
    assert found.findings == ()


def test_calls_without_entries_are_not_compared() -> None:
    empty = Call("exp", View(RESULT, (0,), (1,)), (View(S, (0,), (1,)),))
    found = watched_run(step(replace(PLAN, calls=(empty, *CALLS))), data())
    assert found.findings == () and found.kernels["exp"].terms == 1


def test_what_was_never_written_holds_no_number() -> None:
    """It is read, and nothing is claimed of what comes out."""
    early = Call("exp", whole(RESULT), (whole(DOUBLE),))
    found = watched_run(step(replace(PLAN, calls=(early, *CALLS))), data())
    assert found.findings == () and (found.kernels["exp"].entries, found.kernels["exp"].unbounded) == (4, 2)


# ------------------------------------------------------------------------------------------------ what is wrong


def nothing(emitted: Any, number: int) -> None:
    """No fault."""


def test_a_wrong_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(emitted: Any) -> Any:
        emitted.memory(whole(TWO)).fill_(3.0)
        return emitted

    found = watched(monkeypatch, nothing, made)
    assert found.findings == (
        "the constant two: entry (0,) is np.float64(3.0), exactly np.float64(2.0), allowed 0 (1 of 2 entries)",
    )
    assert found.outputs is not None and found.outputs[0].tolist() == [1 + 3 * 0.1, 3.0]  # as it ran


def test_a_wrong_result_of_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    found = watched(monkeypatch, filled(whole(DOUBLE), 0.5, at=0))
    assert len(found.findings) == 1
    assert found.findings[0].startswith("call 0, multiply: entry (0,) is np.float64(0.5), exactly ")
    assert found.kernels["multiply"].excesses == 2


def test_what_is_written_over_between_two_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    def after(emitted: Any, number: int) -> None:
        if number == 1:
            emitted.memory(whole(TWO)).fill_(9.0)  # nobody reads it any more
            emitted.memory(whole(DOUBLE)).fill_(9.0)

    assert watched(monkeypatch, after).findings == ()
    late = replace(PLAN, calls=(CALLS[0], CALLS[2], CALLS[1]))

    def spoiled(emitted: Any, number: int) -> None:
        if number == 1:
            emitted.memory(whole(DOUBLE)).fill_(9.0)

    found = watched(monkeypatch, spoiled, plan=late)
    assert found.findings == ("call 2, add: argument 1, double, is not what was last written to it",)


def test_data_and_states_that_are_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    given = data()

    def spoiled(emitted: Any, number: int) -> None:
        if number == 2:
            emitted.memory(whole(S)).fill_(5.0)
            given[0].fill_(6.0)

    assert watched(monkeypatch, spoiled, given=given).findings == (
        "at the end s does not hold what was written to it",
        "at the end x does not hold what was written to it",
        "the tensor of s does not hold its value",
    )


def test_tensors_that_are_not_those_of_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(emitted: Any) -> Any:
        return replace(emitted, state=tuple(each.clone() for each in emitted.state))

    def result(emitted: Any) -> Any:
        return replace(emitted, results=(torch.zeros(2, dtype=torch.float64),))

    assert "the tensor of s does not hold its value" in watched(monkeypatch, nothing, elsewhere).findings
    assert watched(monkeypatch, nothing, result).findings == ("the tensor of a result does not hold its value",)


def test_what_cannot_be_compared_is_a_reason_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def compared(kernel: str, *_: Any) -> Any:
        raise MissingOperation("no bound for exp" if kernel == "exp" else "no bound")

    monkeypatch.setattr(calls, "compared", compared)
    found = watched_run(step(), data())
    assert (found.reasons, found.findings, dict(found.kernels)) == (("no bound", "no bound for exp"), (), {})


def test_arrays_of_numbers_and_of_none() -> None:
    nan = np.nan
    assert np.isnan(unwritten(3)).tolist() == [True] * 3
    assert same(np.array([1.0, nan]), np.array([1.0, nan])) is True and same(np.array([1.0]), np.array([nan])) is False
    found = array_of(torch.tensor([0.5, 0.1], dtype=torch.float32, requires_grad=True))
    assert found.dtype == np.float64 and found.tolist() == [0.5, float(np.float32(0.1))]


# ------------------------------------------------------------------------------------------------ native programs


class Native:
    """A program of groups, walked through: each is its calls one after the other, and then whatever spoils them."""

    def __init__(
        self, groups: tuple[Group, ...], local: tuple[Buffer, ...], spoil: Callable[[Native, int], Any]
    ) -> None:
        self.groups, self.local, self.spoil = groups, local, spoil
        self.memory = Memory(unwritten)
        self.memory.write(whole(TWO), np.array([2.0, 3.0]))
        self.state = (torch.tensor([0.0, 0.0], dtype=torch.float64),)
        self.results = (torch.tensor([0.0, 0.0], dtype=torch.float64),)

    def is_local(self, buffer: Buffer) -> bool:
        return buffer in self.local

    def tensor(self, view: View, given: Any) -> Any:
        kept = {S: self.state, X: given, RESULT: self.results}.get(view.buffer)
        if kept is None:
            return torch.tensor(self.memory.read(view))
        return kept[0].as_strided(view.shape, view.strides, view.offset + kept[0].storage_offset())

    def walk(self, *given: Any) -> Iterator[int]:
        functions = Functions(NumpyEngine())
        for place, group in enumerate(self.groups):
            yield place
            for call in group.calls:
                read = bracketed([self.tensor(arg, given).numpy().copy() for arg in call.args])
                value = functions.meaning(meaning(call)).run(read)
                if call.out.buffer in (S, RESULT):
                    self.tensor(call.out, given).copy_(torch.tensor(value))
                else:
                    self.memory.write(call.out, value)
            self.spoil(self, place)
        yield len(self.groups)


Groups = tuple[tuple[Group, ...], tuple[Buffer, ...]]


def grouped(*sizes: int, local: tuple[Buffer, ...] = ()) -> Groups:
    """The calls in groups: a loop of each size above one, and a call alone."""
    rest, groups = list(CALLS), []
    for size in sizes:
        members = tuple(SimpleNamespace(call=call) for call in rest[:size])
        groups.append(Group(members, (2,) if size > 1 else None))  # type: ignore[arg-type]
        del rest[:size]
    return tuple(groups), local


def walked(
    monkeypatch: pytest.MonkeyPatch, groups: Groups, spoil: Callable[[Native, int], Any] = lambda native, place: None
) -> Watched:
    def emit(plan: Schedule, engine: TorchEngine) -> Native:
        assert plan is PLAN and isinstance(engine, TorchEngine)
        return Native(*groups, spoil)

    monkeypatch.setattr(native_calls, "emit", emit)
    return walked_run(step(), data())


ALONE, LOOP = grouped(1, 1, 1), grouped(2, 1, local=(DOUBLE,))


@pytest.mark.parametrize("groups", [ALONE, LOOP, grouped(2, 1), grouped(3), grouped(1, 2)])
def test_groups_that_are_right(monkeypatch: pytest.MonkeyPatch, groups: Groups) -> None:
    found = walked(monkeypatch, groups)
    assert (found.findings, found.reasons) == ((), ())
    kept = {call.kernel for call in CALLS if call.out.buffer not in groups[1]} | {"constant"}
    assert set(found.kernels) == kept and all(row.terms == 1 for row in found.kernels.values())
    assert all(row.share <= 1 and row.unbounded == 0 for row in found.kernels.values())
    assert found.outputs is not None and [each.tolist() for each in found.outputs] == [NEXT, EXP]


def test_a_group_that_gives_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(native: Native, place: int) -> None:
        if place == 0:
            native.state[0][1] = 5.0

    found = walked(monkeypatch, LOOP, spoil)
    assert len(found.findings) == 1
    start = (
        "group 0, a loop that ends in add: entry (1,) is np.float64(5.0), not np.float64(2.6666666666666665), allowed "
    )
    assert found.findings[0].startswith(start) and found.findings[0].endswith(" (1 of 2 entries)")
    assert found.kernels["add"].excesses == 1

    def alone(native: Native, place: int) -> None:
        if place == 0:
            native.memory.write(whole(DOUBLE), np.array([0.5, 2 / 3]))

    found = walked(monkeypatch, ALONE, alone)
    assert [each.partition(" is ")[0] for each in found.findings] == ["group 0, multiply: entry (0,)"]


def test_what_groups_read_is_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(native: Native, place: int) -> None:
        if place == 0:
            native.state[0].fill_(4.0)

    found = walked(monkeypatch, ALONE, spoil)  # the state is not written by the first group
    assert found.findings == ("group 1, add: s is not what was last written to it",)
    found = walked(monkeypatch, grouped(1, 2), spoil)
    assert found.findings == ("group 1, add: s is not what was last written to it",)


def test_what_a_loop_makes_is_not_read_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of a local is anything: only what comes from outside of the loop is looked at."""
    native = Native(*grouped(3, local=(DOUBLE,)), lambda native, place: None)
    native.memory.write(whole(DOUBLE), np.array([8.0, 9.0]))
    monkeypatch.setattr(native_calls, "emit", lambda plan, engine: native)
    assert walked_run(step(), data()).findings == ()


def test_a_loop_that_cannot_be_followed_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def function_of(term: Any, engine: Any) -> Any:
        raise MissingOperation("no bound")

    monkeypatch.setattr(native_calls, "function_of", function_of)
    found = walked(monkeypatch, LOOP)
    assert (found.reasons, found.findings) == (("no bound",), ())
    assert set(found.kernels) == {"constant", "exp"} and found.outputs is not None


def test_a_loop_without_entries_or_without_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """exp(1000) has no bound in float64: nothing is claimed of it; no entry is no excess."""
    one = step()
    one.emitted.state[0].fill_(1000.0)
    monkeypatch.setattr(native_calls, "emit", lambda plan, engine: Native(*grouped(3), lambda native, place: None))
    found = walked_run(one, data())
    assert found.findings == () and (found.kernels["exp"].entries, found.kernels["exp"].unbounded) == (2, 2)
    assert (found.kernels["add"].entries, found.kernels["add"].unbounded) == (2, 0)
    empty = Call("exp", View(RESULT, (0,), (1,)), (View(S, (0,), (1,)),))
    group = Group((SimpleNamespace(call=empty), SimpleNamespace(call=empty)), (0,))  # type: ignore[arg-type]
    found = walked(monkeypatch, ((*ALONE[0], group), ()))
    assert found.findings == () and (found.kernels["exp"].terms, found.kernels["exp"].entries) == (3, 2)
    apart = walked(monkeypatch, ((Group((SimpleNamespace(call=empty),), (0,)),), ()))  # type: ignore[arg-type]
    assert apart.kernels["exp"] == Row("compiled", STEP, 1)


OFF: list[tuple[float, float, Row, str]] = [
    (0.0, 0.0, Row("compiled", STEP, 1, 2, 0, 0, 0.0, 0.0, 0.0), ""),
    (0.25, 0.0, Row("compiled", STEP, 1, 2, 0, 0, 0.0, 0.0, 0.5), ""),
    (0.25, 0.25, Row("compiled", STEP, 1, 2, 0, 0, 0.5, 0.25, 0.5), ""),
    (0.25, -0.5, Row("compiled", STEP, 1, 2, 0, 0, 1.0, 0.5, 0.5), ""),
    (0.25, 0.75, Row("compiled", STEP, 1, 2, 0, 2, 1.5, 0.75, 0.5), "2.75), not np.float64(2.0), allowed 0.5 (2 of 2"),
    (0.0, 0.5, Row("compiled", STEP, 1, 2, 0, 2, np.inf, 0.5, 0.0), "2.5), not np.float64(2.0), allowed 0 (2 of 2"),
]


@pytest.mark.parametrize(("radius", "gap", "row", "words"), OFF)
def test_a_loop_may_be_off_by_twice_the_radius(
    monkeypatch: pytest.MonkeyPatch, radius: float, gap: float, row: Row, words: str
) -> None:
    """What is computed and the middle are both within one radius of the exact value."""
    off_by(monkeypatch, radius)
    found = walked(monkeypatch, grouped(2, local=(DOUBLE,)), lambda native, place: native.state[0].fill_(2.0 + gap))
    assert found.kernels["add"] == row
    expected = f"group 0, a loop that ends in add: entry (0,) is np.float64({words} entries)"
    assert list(found.findings) == ([expected] if words else [])


def off_by(monkeypatch: pytest.MonkeyPatch, radius: float) -> None:
    """Every meaning is 2, up to a radius."""
    ball = Ball(np.full(2, 2.0), np.full(2, radius))
    monkeypatch.setattr(native_calls, "function_of", lambda term, engine: lambda given: ball)


def test_a_loop_that_gives_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    off_by(monkeypatch, 0.25)
    found = walked(monkeypatch, grouped(2, local=(DOUBLE,)), lambda native, place: native.state[0].fill_(np.nan))
    assert found.kernels["add"].excesses == 2 and found.kernels["add"].share == np.inf
    assert len(found.findings) == 1


def test_roots_in_a_loop_are_taken_to_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """√(eˢ - eˢ): the ball of the difference reaches below 0, and the root of it is bounded all the same."""
    members = (
        Call("exp", whole(DOUBLE), (whole(S),)),
        Call("subtract", whole(DOUBLE), (whole(DOUBLE), whole(DOUBLE))),
        Call("sqrt", whole(RESULT), (whole(DOUBLE),)),
    )
    group = Group(tuple(SimpleNamespace(call=call) for call in members), (2,))  # type: ignore[misc]
    found = walked(monkeypatch, ((group,), (DOUBLE,)))
    assert found.findings == () and found.kernels["sqrt"].unbounded == 0 and found.kernels["sqrt"].allowed > 0
