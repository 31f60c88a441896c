"""Sums of floats, and that nothing else adds them."""

from __future__ import annotations

import builtins
from types import FunctionType

import pytest

from verified_cat.floats import added, mean

TENTHS = [0.1] * 10
"""Their sum, rounded after each, is below 1; from Python 3.12 on ``sum`` makes it 1."""


def whole(values: list[float]) -> float:
    return sum(values)


def test_each_addition_is_rounded() -> None:
    assert added(TENTHS) == 0.9999999999999999 and added([1e308, 1e308]) == float("inf")
    assert added([1e100, 1.0, -1e100]) == added(iter([])) == 0.0


def test_a_mean() -> None:
    assert mean([1.0, 2.0, 6.0]) == 3.0 and mean({0.5: 1}) == 0.5
    with pytest.raises(ZeroDivisionError):
        mean([])


@pytest.mark.parametrize(
    ("name", "values", "refused"),
    [
        ("verified_cat.columns", TENTHS, True),
        ("verified_cat.columns", [1, 2, 0.5], True),
        ("verified_cat.columns", TENTHS[:2], False),
        ("verified_cat.columns", [1, 2, 3], False),
        ("numpy", TENTHS, False),
    ],
)
def test_our_code_may_not_add_three_floats_by_sum(name: str, values: list[float], refused: bool) -> None:
    there = FunctionType(whole.__code__, {"__name__": name, "__builtins__": builtins})
    if refused:
        with pytest.raises(AssertionError, match=f"^{name} adds floats by sum()"):
            there(values)
    else:
        assert abs(there(values) - added(values)) < 1e-15
