"""Distances, shares of them, and how much of a table another one tells."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.gpu import measuring
from verified_cat.gpu.measuring import (
    covered,
    determined,
    distances,
    energy_distance,
    energy_share,
    explained,
    recovery,
    unrelated,
)
from verified_cat.gpu.randomness import stream


def test_distances_and_shares() -> None:
    one, other = np.array([[0.0, 0], [3, 4]]), np.array([[0.0, 0], [0, 4]])
    assert np.array_equal(distances(one, other), [[0, 4], [5, 3]])
    assert unrelated(one) == 5
    draws = stream(0, "test", "measuring")
    x, y = draws.random((800, 2)), draws.random((800, 2))
    assert abs(energy_share(x, y)) < 0.005 and energy_share(x, y + 5) > 0.8
    assert covered(x, y)[0] == 0 and covered(x / 2, y)[0] > 0.4 and covered(x + 5, y)[1] == 0


@pytest.mark.parametrize("columns", [1, measuring.WIDE, measuring.WIDE + 1])
def test_distances_of_few_and_of_many_columns_far_from_the_origin(columns: int) -> None:
    draws = stream(0, "test", "columns")
    one, other = 100 + draws.random((40, columns)), 100 + draws.random((30, columns))
    other[0] = one[0]
    found, wanted = distances(one, other), np.linalg.norm(one[:, None] - other[None], axis=2)
    exact = columns <= measuring.WIDE
    assert np.abs(found - wanted).max() < (1e-12 if exact else 1e-6) and (found[0, 0] == 0 or not exact)


def test_the_energy_distance_of_points_by_hand() -> None:
    """2 E|x - y| is 2 (1 + 1 + 3 + 1) / 4 = 3 for x in {0, 2}, y in {1, 3}; pairs within are 2 apart."""
    x, y = np.array([[0.0], [2]]), np.array([[1.0], [3]])
    assert energy_distance(x, y) == -1 and energy_share(x, y) == -1 / 3


def test_recovery_up_to_an_automorphism() -> None:
    x = stream(0, "test", "recovery").random((400, 2))
    exact, up_to = recovery(1 - x[:, ::-1], x)
    assert exact < 0 and up_to > 0.999
    assert recovery(x, x)[0] == 1 and recovery(x[::-1], x)[1] < 0.3


@pytest.mark.parametrize("columns", [6, 10, 11, 100])
def test_squares_are_told_by_codes_of_any_width(columns: int) -> None:
    draws = stream(0, "test", "codes")
    code = draws.random((1024, columns))
    assert determined(code, code[:, :3] ** 2 + code[:, 3:6]) > 0.999
    assert determined(code, draws.random((1024, 3))) < 0.1
    products = determined(code, code[:, :3] * code[:, 3:6])
    assert products > 0.999 if columns <= 10 else products < 0.99


def test_a_constant_tells_nothing() -> None:
    wanted = stream(0, "test", "constant").random((200, 3))
    assert abs(determined(np.full((200, 3), 0.5), wanted)) < 0.05
    assert explained(wanted, wanted) == 1 and explained(np.ones((5, 1)), np.ones((5, 1))) == 1
