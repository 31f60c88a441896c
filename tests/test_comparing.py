"""Both sides of an equation at a point: gaps against bounds, numbers that are not finite, and bits."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nan
from typing import Any

import pytest

from verified_cat.comparing import Comparison, compare, compare_bits, entries, is_finite
from verified_cat.objects import SCALAR, UNIT, Pair, Space

CASES: list[tuple[list[Any], list[Any], list[float], Comparison]] = [
    ([1.0], [1.0], [0.0], Comparison(0.0, 0.0, holds=True, counts=True)),
    ([1.0], [1.5], [0.5], Comparison(0.5, 0.5, holds=True, counts=True)),
    ([1.0], [1.5], [0.25], Comparison(0.5, 0.25, holds=False, counts=True)),
    ([1.0], [1.5], [0.0], Comparison(0.5, 0.0, holds=False, counts=True)),
    ([Fraction(1, 3)], [Fraction(1, 3)], [0.0], Comparison(0.0, 0.0, holds=True, counts=True)),
    ([1.0, 2.0], [1.25, 2.5], [1.0, 4.0], Comparison(0.25, 1.0, holds=True, counts=True)),  # 1/4 of it, and 1/8
    ([2.0, 1.0], [2.5, 1.25], [4.0, 1.0], Comparison(0.25, 1.0, holds=True, counts=True)),
    ([1.0, 2.0], [1.5, 2.0], [0.25, 1.0], Comparison(0.5, 0.25, holds=False, counts=True)),
    ([1.0, 2.0], [1.5, 4.0], [0.25, 1.0], Comparison(0.5, 0.25, holds=False, counts=True)),  # the first excess
    ([3.0, 1.0], [3.0, 1.5], [0.0, 1.0], Comparison(0.5, 1.0, holds=True, counts=True)),  # no share of a bound 0
    ([nan], [1.0], [9.0], Comparison(inf, 9.0, holds=False, counts=True)),
    ([1.0], [nan], [9.0], Comparison(inf, 9.0, holds=False, counts=True)),
    ([inf], [inf], [9.0], Comparison(inf, 9.0, holds=False, counts=True)),
    ([0.0], [-inf], [9.0], Comparison(inf, 9.0, holds=False, counts=True)),
    ([nan], [1.0], [inf], Comparison(0.0, 0.0, holds=True, counts=False)),
    ([nan, 1.0], [1.0, 2.0], [inf, 1.0], Comparison(1.0, 1.0, holds=True, counts=False)),
    ([nan, 1.0], [1.0, 2.0], [inf, 0.5], Comparison(1.0, 0.5, holds=False, counts=False)),
    ([], [], [], Comparison(0.0, 0.0, holds=True, counts=False)),
]


@pytest.mark.parametrize(("left", "right", "bounds", "expected"), CASES)
def test_entries_are_held_against_their_bounds(
    left: list[Any], right: list[Any], bounds: list[float], expected: Comparison
) -> None:
    assert compare(left, right, bounds) == expected


BITS: list[tuple[list[Any], list[Any], Comparison]] = [
    ([1.0, nan], [1.0, -nan], Comparison(0.0, 0.0, holds=True, counts=True)),
    ([0.0], [-0.0], Comparison(0.0, 0.0, holds=False, counts=True)),
    ([-0.0], [-0.0], Comparison(0.0, 0.0, holds=True, counts=True)),
    ([-1.0], [1.0], Comparison(2.0, 0.0, holds=False, counts=True)),
    ([1.0, 5.0], [3.0, 4.0], Comparison(2.0, 0.0, holds=False, counts=True)),
    ([5.0, 1.0], [4.0, 3.0], Comparison(2.0, 0.0, holds=False, counts=True)),
    ([1.0, 2.0], [3.0, 2.0], Comparison(2.0, 0.0, holds=False, counts=True)),
    ([1.0], [nan], Comparison(inf, 0.0, holds=False, counts=True)),
    ([inf], [-inf], Comparison(inf, 0.0, holds=False, counts=True)),
    ([Fraction(1, 3)], [Fraction(1, 3)], Comparison(0.0, 0.0, holds=True, counts=True)),
    ([Fraction(1, 2)], [Fraction(3, 2)], Comparison(1.0, 0.0, holds=False, counts=True)),
    ([], [], Comparison(0.0, 0.0, holds=True, counts=False)),
]


@pytest.mark.parametrize(("left", "right", "expected"), BITS)
def test_entries_have_the_same_bits(left: list[Any], right: list[Any], expected: Comparison) -> None:
    assert compare_bits(left, right) == expected


def test_what_is_of_another_length_is_an_error() -> None:
    for left, right, bounds in (([1.0], [], [1.0]), ([1.0], [1.0], []), ([], [1.0], [1.0])):
        with pytest.raises(ValueError, match="zip"):
            compare(left, right, bounds)
    with pytest.raises(ValueError, match="zip"):
        compare_bits([1.0], [])


def test_the_share_of_what_is_allowed() -> None:
    gaps = [(0.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.5, 2.0, 0.25), (1.0, 0.0, inf), (inf, 2.0, inf)]
    for gap, allowed, share in gaps:
        assert Comparison(gap, allowed, holds=True, counts=True).share == share


def test_a_comparison_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match="look at what holds and what counts"):
        bool(Comparison(0.0, 0.0, holds=True, counts=True))


def test_entries_in_a_row() -> None:
    assert entries(Pair(Space((2,)), Pair(UNIT, SCALAR)), ((1, 2), ((), (3,)))) == [1, 2, 3]


def test_numbers_that_are_finite() -> None:
    finite = [is_finite(number) for number in (1, Fraction(1, 3), 1e308, inf, -inf, nan)]
    assert finite == [True, True, True, False, False, False]
