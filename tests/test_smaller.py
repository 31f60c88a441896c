"""What a failing instance is made smaller to: which parts, which simpler numbers, in which order, and until when."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat.errors import DataError
from verified_cat.instances import Instance
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.primitives import add, exp, log, multiply, negate, scale, tanh
from verified_cat.shrinking import TRIES, parts, shrunk, simpler, weights
from verified_cat.terms import Copy, Discard, Identity, Pairing, Swap, operations


def f(*numbers: Any) -> tuple[Fraction, ...]:
    return tuple(Fraction(number) for number in numbers)


W = Fraction(3, 8)


def test_weights_differ_and_are_eighths() -> None:
    assert weights(Pair(SCALAR, space(2))) == (f("3/8"), f("-5/8", 1))
    assert weights(UNIT) == ()
    fourteen = weights(space(13))
    assert [number * 8 for number in fourteen] == [3, -5, 8, -2, 7, 1, -12, 5, -7, 2, -3, 3, -5]


def test_parts_of_a_composite_are_at_the_values_that_they_have_there() -> None:
    at = Instance(negate(()) >> scale(2, ()), f(5), f(7), f(9), 3, 4)
    assert list(parts(at)) == [
        Instance(negate(()), f(5), f(W), f(9), 3, 4),
        Instance(scale(2, ()), f(-5), f(7), f(W), 3, 4),
        Instance(scale(2, ()), f(-5), f(W), f(W), 3, 4),
    ]


def test_parts_of_a_product_have_each_their_own() -> None:
    at = Instance(negate(()) @ exp((2,)), (f(5), f(1, 2)), (f(7), f(3, 4)), (f(9), f(5, 6)))
    assert list(parts(at)) == [
        Instance(negate(()), f(5), f(7), f(9)),
        Instance(negate(()), f(5), f(W), f(9)),
        Instance(exp((2,)), f(1, 2), f(3, 4), f(5, 6)),
        Instance(exp((2,)), f(1, 2), f(W, "-5/8"), f(5, 6)),
    ]


def test_parts_of_a_pairing_share_the_point() -> None:
    at = Instance(Pairing(negate(()), exp(())), f(5), (f(7), f(8)), f(9))
    assert [(each.term, each.point, each.tangent, each.cotangent) for each in parts(at)] == [
        (negate(()), f(5), f(9), f(7)),
        (negate(()), f(5), f(9), f(W)),
        (exp(()), f(5), f(9), f(8)),
        (exp(()), f(5), f(9), f(W)),
    ]


def test_what_computes_nothing_is_no_part() -> None:
    bare = Instance(Copy(SCALAR) >> Swap(SCALAR, SCALAR), f(5), (f(7), f(8)), f(9))
    assert list(parts(bare)) == []
    nowhere = Instance(Pairing(negate(()) >> Discard(SCALAR), negate(())), f(5), ((), f(8)), f(9))
    assert [each.term for each in parts(nowhere)] == [negate(())] * 2
    assert list(parts(Instance(negate(()), f(5), f(7), f(9)))) == []


def test_a_part_is_not_looked_at_where_its_point_is_undefined_or_too_large() -> None:
    for first, point in ((log(()), 0), (exp(()), 1000)):
        found = parts(Instance(first >> negate(()), f(point), f(1), f(1)))
        assert [each.term for each in found] == [first]
    largest = Fraction(2**128 - 2**104)
    assert len(list(parts(Instance(negate(()) >> negate(()), f(largest), f(1), f(1))))) == 3, "the last float32"
    assert len(list(parts(Instance(negate(()) >> negate(()), f(2 * largest), f(1), f(1))))) == 1
    near = parts(Instance(exp(()) >> negate(()), f(1), f(1), f(1)))
    assert [each.point for each in near][1:] == [f("2850325/1048576")] * 2, "e to 24 bits"


def test_simpler_numbers_are_written_shorter() -> None:
    at = Instance(negate(()), f("27/10"), f(0), f(-1))
    assert list(simpler(at)) == [
        Instance(negate(()), f("27/10"), f(0), f(0)),
        Instance(negate(()), f("27/10"), f(0), f(1)),
        *(Instance(negate(()), f(number), f(0), f(-1)) for number in (0, 1, 3, "11/4")),
    ]


def test_one_entry_is_made_simpler_at_a_time() -> None:
    at = Instance(add((2,)), (f(0, 2), f(1, 0)), f(0, 0), (f(0, 0), f(0, 0)))
    assert [each.point for each in simpler(at)] == [
        (f(0, 0), f(1, 0)),
        (f(0, 1), f(1, 0)),
        (f(0, 2), f(0, 0)),
    ]
    assert all((each.cotangent, each.tangent) == (at.cotangent, at.tangent) for each in simpler(at))


TERM = (Identity(SCALAR) @ exp(())) >> multiply(()) >> tanh(())
AT = Instance(TERM, (f("5/3"), f("9/7")), f("11/3"), (f(2), f(3)))


def has(name: str) -> Callable[[Instance], bool]:
    return lambda at: any(operation.name == name for operation in operations(at.term))


def test_the_first_smaller_failure_is_taken_and_so_on() -> None:
    small = shrunk(AT, has("exp"))
    assert small == Instance(exp(()), f(0), f(0), f(0))
    assert shrunk(AT, lambda at: has("exp")(at) and at.point[-1] != 0).point == f(1)


def test_there_is_an_end_to_trying() -> None:
    assert TRIES == 400
    tried: list[Instance] = []

    def never(at: Instance) -> bool:
        tried.append(at)
        return False

    for tries in (0, 1, 3):
        tried.clear()
        assert shrunk(AT, never, tries) == AT and len(tried) == tries
    assert shrunk(AT, has("exp"), 1).term in (AT.term, *(each.term for each in islice(parts(AT), 1)))


def test_what_cannot_be_judged_is_no_smaller_failure() -> None:
    def fails(at: Instance) -> bool:
        if at.term != AT.term:
            raise DataError("outside")
        return True

    assert shrunk(AT, fails).term == AT.term
