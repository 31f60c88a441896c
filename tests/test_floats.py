"""Sums of floats, that are the same in every Python."""

from __future__ import annotations

import pytest

from verified_cat.floats import added, mean


def test_each_addition_is_rounded() -> None:
    """From Python 3.12 on ``sum`` makes these 1 and 1."""
    assert added([0.1] * 10) == 0.9999999999999999
    assert added([1e100, 1.0, -1e100]) == added(iter([])) == 0.0 and added([1e308, 1e308]) == float("inf")


def test_a_mean() -> None:
    assert mean([1.0, 2.0, 6.0]) == 3.0 and mean({0.5: 1}) == 0.5
    with pytest.raises(ZeroDivisionError):
        mean([])
