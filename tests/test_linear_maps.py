"""The affine maps of schema files as matrices, exact where they can be, and why a map does not fit."""

from __future__ import annotations

from fractions import Fraction
from math import cos, radians, sin, sqrt
from typing import Any

import numpy as np
import pytest

from verified_cat.linear_maps import hue, is_linear, linear, luma, pool, turn, unfit_linear
from verified_cat.schema_kinds import LINEAR, settings

HALF, QUARTER, NONE = Fraction(1, 2), Fraction(1, 4), Fraction(0)


@pytest.mark.parametrize(
    ("degrees", "matrix"),
    [
        (0, ((1, 0), (0, 1))),
        (90, ((0, -1), (1, 0))),
        (180, ((-1, 0), (0, -1))),
        (270, ((0, 1), (-1, 0))),
        (-90, ((0, 1), (-1, 0))),
        (450, ((0, -1), (1, 0))),
    ],
)
def test_quarters_of_a_turn_are_exact(degrees: int, matrix: Any) -> None:
    found = turn(Fraction(degrees))
    assert found == matrix and all(type(entry) is Fraction for row in found for entry in row)


@pytest.mark.parametrize("degrees", [Fraction(30), Fraction(-72), Fraction(1), Fraction(1, 2), Fraction(400)])
def test_other_turns_are_those_of_float64(degrees: Fraction) -> None:
    c, s = Fraction(cos(radians(float(degrees)))), Fraction(sin(radians(float(degrees))))
    assert turn(degrees) == ((c, -s), (s, c))


@pytest.mark.parametrize(
    ("degrees", "first"),
    [(0, (1, 0, 0)), (120, (0, 0, 1)), (240, (0, 1, 0)), (360, (1, 0, 0)), (-120, (0, 1, 0)), (480, (0, 0, 1))],
)
def test_thirds_of_the_circle_of_hues_are_exact(degrees: int, first: Any) -> None:
    """120°: red goes to green, green to blue; 240° is back."""
    a, b, c = first
    assert hue(Fraction(degrees)) == ((a, b, c), (c, a, b), (b, c, a))


@pytest.mark.parametrize("degrees", [90, 180, 40, -100])
def test_other_hues_turn_about_grey(degrees: int) -> None:
    """By Rodrigues: I + sin θ K + (1 - cos θ) K² for the unit axis (1, 1, 1) / √3."""
    k = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / sqrt(3)
    angle = radians(degrees)
    expected = np.eye(3) + sin(angle) * k + (1 - cos(angle)) * (k @ k)
    found = hue(Fraction(degrees))
    assert np.allclose(np.array(found, dtype=float), expected, atol=1e-15)
    assert abs(float(sum(found[0]) - 1)) < 1e-15
    rows = [list(row) for row in found]
    assert rows[1] == rows[0][-1:] + rows[0][:-1] and rows[2] == rows[1][-1:] + rows[1][:-1]


def test_the_mean_over_squares() -> None:
    """Of a picture of 2 × 4 by squares of 2: two means of four; layers stay apart."""
    assert pool((2, 4), 2) == (
        (QUARTER, QUARTER, NONE, NONE, QUARTER, QUARTER, NONE, NONE),
        (NONE, NONE, QUARTER, QUARTER, NONE, NONE, QUARTER, QUARTER),
    )
    assert pool((2, 2, 2), 2) == ((QUARTER,) * 4 + (NONE,) * 4, (NONE,) * 4 + (QUARTER,) * 4)
    assert pool((1, 3, 2), 1) == tuple(tuple(int(i == j) for j in range(6)) for i in range(6))
    tall = np.array(pool((2, 4, 2), 2)) @ np.arange(16)
    assert tall.tolist() == [Fraction(0 + 1 + 2 + 3, 4), Fraction(22, 4), Fraction(38, 4), Fraction(54, 4)]


def test_the_brightness_of_pixels() -> None:
    """Σ w_c x_c, a row for each pixel, the channels one after another."""
    assert luma((2, 1, 2), (HALF, QUARTER)) == ((HALF, NONE, QUARTER, NONE), (NONE, HALF, NONE, QUARTER))
    assert luma((1, 2, 2), (Fraction(3),)) == tuple(tuple(3 * int(i == j) for j in range(4)) for i in range(4))


MADE: list[tuple[str, dict[str, Any], tuple[int, ...], Any]] = [
    ("affine", {"matrix": [[1, 2], [3, 4]], "shift": [5, 6]}, (2,), (((1, 2), (3, 4)), (5, 6))),
    ("affine", {"matrix": [[1, 2]]}, (2,), (((1, 2),), ())),
    ("turn", {"degrees": 90}, (2,), (((0, -1), (1, 0)), ())),
    ("turn", {"degrees": 180, "shift": [1, 2]}, (2,), (((-1, 0), (0, -1)), (1, 2))),
    ("hue", {"degrees": 120, "shift": [1, 0, 0]}, (3,), (((0, 0, 1), (1, 0, 0), (0, 1, 0)), (1, 0, 0))),
    ("pool", {}, (2, 2), (((QUARTER,) * 4,), ())),
    ("pool", {"size": 1}, (1, 2), (((1, 0), (0, 1)), ())),
    ("luma", {"weights": [1, 2]}, (2, 1, 1), (((1, 2),), ())),
]


@pytest.mark.parametrize(("kind", "options", "shape", "expected"), MADE)
def test_each_kind_has_its_matrix_and_its_shift(
    kind: str, options: dict[str, Any], shape: tuple[int, ...], expected: Any
) -> None:
    made = settings("truth", kind, **options)
    assert linear(made, shape) == expected
    into, out = len(expected[0][0]), len(expected[0])
    assert list(unfit_linear("it", made, shape, into, out)) == []


def test_the_kinds_that_have_a_matrix() -> None:
    assert {kind for kind, *_ in MADE} == set(LINEAR)
    assert is_linear(settings("truth", "turn", degrees=1)) and not is_linear(settings("truth", "tint"))


PICTURES = "takes pictures, (height, width) or (channels, height, width), not"
UNFIT: list[tuple[str, dict[str, Any], tuple[int, ...] | None, int, int, list[str]]] = [
    ("pool", {}, None, 4, 1, [f"it {PICTURES} a product"]),
    ("luma", {}, (12,), 12, 4, [f"it {PICTURES} (12,)"]),
    ("pool", {"size": 3}, (6, 4), 24, 1, ["it takes squares of 3 pixels, which do not fill 6 × 4"]),
    ("pool", {"size": 3}, (1, 4, 6), 24, 1, ["it takes squares of 3 pixels, which do not fill 4 × 6"]),
    ("pool", {"size": 2}, (5, 2, 4), 40, 10, []),
    (
        "luma",
        {"weights": [1]},
        (4, 4),
        16,
        16,
        ["it has 1 weights and needs as many channels; the pictures are (4, 4)"],
    ),
    (
        "luma",
        {"weights": [1, 2]},
        (3, 1, 1),
        3,
        1,
        ["it has 2 weights and needs as many channels; the pictures are (3, 1, 1)"],
    ),
    ("pool", {}, (2, 2), 4, 2, ["the matrix of it has 1 rows of 4; it needs 2 rows of 4"]),
    ("turn", {"degrees": 5}, None, 3, 2, ["the matrix of it has 2 rows of 2; it needs 2 rows of 3"]),
    ("turn", {"degrees": 5, "shift": [1]}, None, 2, 2, ["the shift of it has 1 entries; it needs 2"]),
    (
        "hue",
        {"degrees": 5, "shift": [1]},
        (3,),
        3,
        2,
        ["the matrix of it has 3 rows of 3; it needs 2 rows of 3", "the shift of it has 1 entries; it needs 2"],
    ),
]


@pytest.mark.parametrize(("kind", "options", "shape", "into", "out", "lines"), UNFIT)
def test_why_a_map_does_not_fit(
    kind: str, options: dict[str, Any], shape: tuple[int, ...] | None, into: int, out: int, lines: list[str]
) -> None:
    assert list(unfit_linear("it", settings("truth", kind, **options), shape, into, out)) == lines
