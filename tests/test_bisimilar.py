"""States that start equal and move alike are one: which are, which are not, and that the runs are the same."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

from verified_cat.bisimilar import Merged, merged
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, flatten, unflatten
from verified_cat.primitives import Primitive
from verified_cat.program import Program, Wire, Wires, running, trace

HALF = Fraction(1, 2)


def row(spaces: list[Ob]) -> Ob:
    """A ⊗ (B ⊗ …)."""
    whole: Ob = spaces[-1] if spaces else UNIT
    for each in reversed(spaces[:-1]):
        whole = Pair(each, whole)
    return whole


def machine(
    states: list[Ob], data: list[Ob], move: Callable[[Wires, list[Wire]], list[Wire]], more: int = 0
) -> Program:
    """States and data in a row ↦ the new states, and ``more`` results that are numbers."""
    dom, cod = row([*states, *data]), row([*states, *[SCALAR] * more])
    return trace(lambda wires, x: unflatten(cod, move(wires, flatten(dom, x))), dom, cod)


def constants(*values: Any) -> list[Wire | None]:
    """First values: a constant, or None for what is given from outside."""
    wires = Wires()
    return [None if value is None else wires.constant((), Fraction(value)) for value in values]


def half(wires: Wires, x: Wire) -> Wire:
    return wires.scaled(HALF, x)


def add(wires: Wires, x: Wire, y: Wire) -> Wire:
    return wires.at(Primitive("add", ((),)), (x, y))


def runs_alike(whole: Program, found: Merged, states: list[Any], data: list[Any], functions: Functions) -> bool:
    """Four steps of both, from these first values: the states of each place, and the results."""
    kept = [states[found.places.index(place)] for place in range(len(set(found.places)))]
    for _ in range(4):
        runs = [running(each, functions.engine) for each in (whole, found.program)]
        outputs = [
            flatten(each.cod, run(unflatten(each.dom, [*now, *data])))
            for each, run, now in zip((whole, found.program), runs, (states, kept), strict=True)
        ]
        states, kept = outputs[0][: len(states)], outputs[1][: len(kept)]
        if [kept[place] for place in found.places] != states:
            return False
        if outputs[0][len(states) :] != outputs[1][len(kept) :]:
            return False
    return True


def test_two_that_start_equal_and_move_alike_are_one(plain: Functions) -> None:
    """(a, b, c, x) ↦ (a / 2, b / 2, c + x a, a + b): a and b are one, c is another."""

    def move(wires: Wires, given: list[Wire]) -> list[Wire]:
        a, b, c, x = given
        return [half(wires, a), half(wires, b), add(wires, c, add(wires, x, a)), add(wires, a, b)]

    whole = machine([SCALAR] * 3, [SCALAR], move, more=1)
    found = merged(whole, 3, constants(1, 1, 1))
    assert found.places == (0, 0, 1)
    assert (found.program.dom, found.program.cod) == (row([SCALAR] * 3), row([SCALAR] * 3))
    assert len(found.program.inputs) == 3 and found.program.outputs[0].args[0] is found.program.inputs[0]
    assert runs_alike(whole, found, [(1,), (1,), (1,)], [(5,)], plain)


def test_the_first_of_a_class_is_not_always_the_first_place(plain: Functions) -> None:
    """(c, a, x, b) with a and b one: places are numbered in the order of the leaders."""

    def move(wires: Wires, given: list[Wire]) -> list[Wire]:
        c, a, d, b = given
        return [add(wires, c, a), half(wires, a), add(wires, d, d), half(wires, b), add(wires, b, c)]

    whole = machine([SCALAR] * 4, [], move, more=1)
    found = merged(whole, 4, constants(2, 1, 3, 1))
    assert found.places == (0, 1, 2, 1)
    assert (found.program.dom, found.program.cod) == (row([SCALAR] * 3), row([SCALAR] * 4))
    assert runs_alike(whole, found, [(2,), (1,), (3,), (1,)], [], plain)


def test_different_first_values_are_different_states() -> None:
    def move(wires: Wires, given: list[Wire]) -> list[Wire]:
        return [half(wires, each) for each in given]

    whole = machine([SCALAR] * 2, [], move)
    for first in (constants(1, 2), constants(None, None), constants(1, None), [None, Wires().fresh(())]):
        found = merged(whole, 2, first)
        assert found.program is whole and found.places == (0, 1)
    inputs = Wires()
    x = inputs.fresh(())
    assert merged(whole, 2, [x, x]).places == (0, 1)  # equal, and not known to be so: no constants


def test_equal_numbers_of_other_shapes_are_different_states() -> None:
    wires = Wires()
    whole = trace(lambda wires, x: x, Pair(SCALAR, Space((1,))), Pair(SCALAR, Space((1,))))
    first: list[Wire | None] = [wires.constant((), Fraction(1)), wires.constant((1,), Fraction(1))]
    assert merged(whole, 2, first).places == (0, 1)


def test_what_moves_differently_is_split_again_and_again(plain: Functions) -> None:
    """A chain of counters, each adding the one before: all start at 0, and the k-th first differs after k steps."""

    def move(wires: Wires, given: list[Wire]) -> list[Wire]:
        first = add(wires, given[0], wires.constant((), Fraction(1)))
        return [first, *(add(wires, one, two) for one, two in pairwise(given))]

    whole = machine([SCALAR] * 4, [], move)
    found = merged(whole, 4, constants(0, 0, 0, 0))
    assert found.places == (0, 1, 2, 3)
    assert runs_alike(whole, found, [(0,)] * 4, [], plain)


def test_halves_that_lean_on_each_other_are_merged_together(plain: Functions) -> None:
    """(a, b, c, d) ↦ (b, a, d, c) from equal values: nothing ever tells them apart."""

    def move(wires: Wires, given: list[Wire]) -> list[Wire]:
        a, b, c, d = given
        return [b, a, d, c]

    whole = machine([SCALAR] * 4, [], move)
    assert merged(whole, 4, constants(3, 3, 3, 3)).places == (0, 0, 0, 0)
    two = merged(whole, 4, constants(3, 3, 4, 4))
    assert two.places == (0, 0, 1, 1) and runs_alike(whole, two, [(3,), (3,), (4,), (4,)], [], plain)


def test_a_program_of_data_alone_is_left_as_it_is() -> None:
    whole = machine([], [SCALAR], lambda wires, given: given, more=1)
    found = merged(whole, 0, [])
    assert found.program is whole and found.places == ()
