"""Where a program is cut and what runs again, line by line; no library is needed for these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from verified_cat.errors import UsageError
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space
from verified_cat.primitives import Primitive
from verified_cat.program import Program, Wire, Wires, needed, trace
from verified_cat.recompute import recomputed, square_root_segments


def at(wires: Wires, name: str, *arguments: Any, of: Sequence[Wire]) -> Wire:
    return wires.at(Primitive(name, arguments), tuple(of))


def through(wires: Wires, x: Wire, *names: str) -> list[Wire]:
    """The values of functions one after the other."""
    values = [x]
    for name in names:
        values.append(at(wires, name, x.shape, of=values[-1:]))
    return values[1:]


def times(wires: Wires, x: Wire, others: Sequence[Wire]) -> Wire:
    for other in others:
        x = at(wires, "multiply", x.shape, of=(x, other))
    return x


def program_of(run: Callable[[Wires, Wire], Any], dom: Ob = SCALAR, state: Ob = SCALAR) -> Program:
    """x ↦ (state, result)."""
    return trace(run, dom, Pair(state, SCALAR))


def four(wires: Wires, x: Wire) -> Any:
    """The reverse pass reads all four values, the result among them."""
    values = through(wires, x, "exp", "tanh", "sin", "cos")
    return times(wires, values[3], values[2::-1]), values[3]


def six(wires: Wires, x: Wire) -> Any:
    """The reverse pass reads every second of twelve values, from the last to the first."""
    values = through(wires, x, *("exp", "tanh") * 6)
    (start,) = through(wires, values[-1], "cos")
    return times(wires, start, values[::-2]), values[-1]


def wide(wires: Wires, x: Wire) -> Any:
    """A value of 1 entry, two of 4 and one of 1 are read."""
    (a,) = through(wires, x, "exp")
    b = at(wires, "broadcast", (4,), (0,), of=(a,))
    (c,) = through(wires, b, "tanh")
    (d,) = through(wires, at(wires, "sum", (4,), (0,), of=(c,)), "sin")
    (result,) = through(wires, d, "cos")
    back = times(wires, at(wires, "broadcast", (4,), (0,), of=(d,)), (c, b))
    return times(wires, at(wires, "sum", (4,), (0,), of=(back,)), (a,)), result


FOUR = ["%1 : R = exp(%0)", "%2 : R = tanh(%1)", "%3 : R = sin(%2)", "%4 : R = cos(%3)"]
SIX = [f"%{k} : R = {'exp' if k % 2 else 'tanh'}(%{k - 1})" for k in range(1, 13)]


def lines(program: Program) -> list[str]:
    """The operations, and what is returned."""
    return str(program).splitlines()[1:]


@pytest.mark.parametrize("segments", [2, 3])
def test_four_values_in_two_or_three_parts(segments: int) -> None:
    """Of the first part of two only the first value is not at its end; it alone runs again."""
    found = recomputed(program_of(four), 1, segments)
    assert lines(found) == [
        *FOUR,
        "%8 : R = multiply(%3, %4)",
        "%9 : R = multiply(%2, %8)",
        "%10 : R = exp(%0)",
        "%11 : R = multiply(%10, %9)",
        "return %11, %4",
    ]


@pytest.mark.parametrize("segments", [4, 5, 9, 1000])
def test_a_part_for_each_value_keeps_them_all(segments: int) -> None:
    """More parts than values are as many as there are values: nothing of the last one runs again."""
    found = recomputed(program_of(four), 1, segments)
    back = ["%8 : R = multiply(%3, %4)", "%9 : R = multiply(%2, %8)", "%10 : R = multiply(%1, %9)"]
    assert lines(found) == [*FOUR, *back, "return %10, %4"]


def test_parts_run_again_with_what_they_need_and_once() -> None:
    """Two parts: values 1 to 4 run again from the input. Three: 5 and 6 from the value 4 that is kept, then 1 and 2."""
    whole = program_of(six)
    start = ["%20 : R = cos(%12)", "%21 : R = multiply(%12, %20)", "%22 : R = multiply(%10, %21)"]
    assert lines(recomputed(whole, 1, 2)) == [
        *SIX,
        *start,
        "%23 : R = multiply(%8, %22)",
        "%24 : R = multiply(%6, %23)",
        "%25 : R = exp(%0)",
        "%26 : R = tanh(%25)",
        "%27 : R = exp(%26)",
        "%28 : R = tanh(%27)",
        "%29 : R = multiply(%28, %24)",
        "%30 : R = multiply(%26, %29)",
        "return %30, %12",
    ]
    assert lines(recomputed(whole, 1, 3)) == [
        *SIX,
        *start,
        "%23 : R = multiply(%8, %22)",
        "%24 : R = exp(%4)",
        "%25 : R = tanh(%24)",
        "%26 : R = multiply(%25, %23)",
        "%27 : R = multiply(%4, %26)",
        "%28 : R = exp(%0)",
        "%29 : R = tanh(%28)",
        "%30 : R = multiply(%29, %27)",
        "return %30, %12",
    ]


def test_parts_are_of_equal_numbers_of_entries() -> None:
    """Of 1 + 4 + 4 + 1 entries the first half ends within the second value: only the first one runs again."""
    assert lines(recomputed(program_of(wide), 1, 2)) == [
        "%1 : R = exp(%0)",
        "%2 : R[4] = broadcast(%1)",
        "%3 : R[4] = tanh(%2)",
        "%4 : R = sum(%3)",
        "%5 : R = sin(%4)",
        "%6 : R = cos(%5)",
        "%12 : R[4] = broadcast(%5)",
        "%13 : R[4] = multiply(%3, %12)",
        "%14 : R[4] = multiply(%2, %13)",
        "%15 : R = sum(%14)",
        "%16 : R = exp(%0)",
        "%17 : R = multiply(%16, %15)",
        "return %17, %6",
    ]


@pytest.mark.parametrize("run", [four, six, wide])
@pytest.mark.parametrize("segments", range(1, 12))
def test_every_operation_is_needed_and_the_results_run_once(run: Any, segments: int) -> None:
    whole = program_of(run)
    found = recomputed(whole, 1, segments)
    assert [wire.serial for wire in needed(found.outputs)] == [wire.serial for wire in found.wires]
    assert found.outputs[1:] == whole.outputs[1:] and found.inputs == whole.inputs
    assert (found.dom, found.cod) == (whole.dom, whole.cod)


def test_one_part_is_the_program_itself_and_none_is_refused() -> None:
    whole = program_of(six)
    assert recomputed(whole, 1, 1) is whole
    for segments in (0, -1):
        with pytest.raises(UsageError) as refused:
            recomputed(whole, 1, segments)
        assert str(refused.value) == f"a program is cut into one segment or more, not {segments}"


@pytest.mark.parametrize(("run", "expected"), [(four, 2), (six, 2), (wide, 2)])
def test_as_many_parts_as_the_root_of_the_values_that_are_read(run: Any, expected: int) -> None:
    assert square_root_segments(program_of(run), 1) == expected


def test_nothing_that_is_read_is_one_part() -> None:
    """A result alone, without a state; and a program without operations."""
    alone = trace(lambda wires, x: through(wires, x, "exp", "tanh")[-1], SCALAR, SCALAR)
    assert square_root_segments(alone, 0) == 1
    assert lines(recomputed(alone, 0, 3)) == lines(alone)
    still = trace(lambda wires, x: x, Pair(SCALAR, UNIT), Pair(SCALAR, UNIT))
    assert lines(recomputed(still, 0, 3)) == ["return %0"]
    nine = trace(
        lambda wires, x: (times(wires, x, through(wires, x, *["exp"] * 9)), through(wires, x, *["exp"] * 9)[-1]),
        SCALAR,
        Pair(SCALAR, SCALAR),
    )
    assert square_root_segments(nine, 1) == 3


def test_parts_of_arrays_are_counted_by_their_entries() -> None:
    """Two values of 3 entries and then six of 1: the first two are half; one of them is kept for the rest."""

    def run(wires: Wires, x: Wire) -> Any:
        first = through(wires, x, "exp", "tanh")
        rest = through(wires, at(wires, "sum", (3,), (0,), of=first[-1:]), *("sin", "cos") * 3)
        back = at(wires, "broadcast", (3,), (0,), of=(times(wires, rest[-1], rest[-2::-1]),))
        return times(wires, back, first[::-1]), rest[-1]

    found = recomputed(program_of(run, Space((3,)), Space((3,))), 1, 2)
    again = [str(wire.operation) for wire in found.wires if wire.serial > found.wires[0].serial + 8]
    assert [name for name in again if name not in ("multiply", "broadcast")] == ["exp"]
