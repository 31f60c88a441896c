"""What drawn entries are like: each texture by a list of choices, and the ends of the range."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from verified_cat.textures import EIGHTHS, LARGEST, LEAST, SIZES, entries, special_entries, specials


def scripted(*places: int) -> Callable[[Sequence[Any]], Any]:
    """Chooses what is at these places, one after another; the last one again and again."""
    left = list(places)
    return lambda given: given[left.pop(0) if len(left) > 1 else left[0]]


A, B, C, D, E, F = EIGHTHS[:6]
SMALL, ONE, LARGE = SIZES

DRAWN: list[tuple[tuple[int, ...], tuple[int, ...], tuple[Fraction, ...]]] = [
    # choices, the shape, the entries: the first choice is that of the texture
    *(((texture, 0, 1, 2, 3, 4, 5), (2, 3), (A, B, C, D, E, F)) for texture in range(9)),  # mixed, nine times of 16
    ((9, 3), (2, 2), (D, D, D, D)),  # one number
    ((10, 4, 5, 0, 1, 1, 0), (4,), (E, F, F, E)),  # two numbers
    ((11, 3, 4, 5), (2, 3), (D, E, F, D, E, F)),  # equal rows
    ((11, 3), (), (D,)),
    ((12, 3), (2, 1), (Fraction(0), Fraction(0))),
    ((13, 3, 4), (2,), (D * SMALL, E * SMALL)),
    ((14, 3, 4), (2,), (D * LARGE, E * LARGE)),
    ((15, 3, 0, 4, 1, 5, 2), (3,), (D * SMALL, E * ONE, F * LARGE)),  # of all sizes, after each number
]


@pytest.mark.parametrize(("choices", "shape", "expected"), DRAWN)
def test_textures(choices: tuple[int, ...], shape: tuple[int, ...], expected: tuple[Fraction, ...]) -> None:
    assert entries(scripted(*choices), shape) == expected


def test_there_are_sixteen_and_nothing_is_drawn_for_nothing() -> None:
    seen: list[int] = []

    def choose(given: Sequence[Any]) -> Any:
        seen.append(len(given))
        return given[0]

    assert entries(choose, (0, 3)) == () and entries(choose, (2,)) == (EIGHTHS[0],) * 2
    assert seen == [16, 16, len(EIGHTHS), len(EIGHTHS)]


def test_what_a_seed_draws_is_what_it_drew() -> None:
    """Counterexamples are found again by their seed: the draws do not change from a version to the next."""
    random = Random(1)
    assert " ".join(map(str, entries(random.choice, (40,)))) == (
        "-7/8 5/8 5/8 1/8 -5/8 1/8 3/2 5/8 3/2 3/2 2 -1 5/8 3/8 1/8 3/2 0 -1 -1 -7/8 5/8 5/8 0 -2 3/2 -5/8 -2 "
        "5/8 3/8 -7/8 1/8 1 0 0 0 2 1/4 0 -1 2"
    )
    assert " ".join(map(str, entries(Random(12).choice, (12,)))) == (
        "-640 256 1/1024 -1/1024 1 -640 5/8 -2048 384 0 -7/8192 3/2"
    )


def test_eighths_are_exact_in_every_format() -> None:
    for number in EIGHTHS:
        for size in SIZES:
            exact = number * size
            assert all(Fraction(float(kind(float(exact)))) == exact for kind in (np.float16, np.float32, float))
    assert len(set(EIGHTHS)) == len(EIGHTHS) and {0, 1, -1} <= set(EIGHTHS)


def test_the_ends_of_the_range() -> None:
    """Those of NumPy; of bfloat16 the upper half of a float32."""

    def upper(bits: int) -> float:
        return float(np.array([bits << 16], dtype=np.uint32).view(np.float32)[0])

    assert {
        "float64": sys.float_info.max,
        "float32": float(np.finfo(np.float32).max),
        "float16": float(np.finfo(np.float16).max),
        "bfloat16": upper(0x7F7F),
    } == LARGEST
    assert {
        "float64": math.ulp(0.0),
        "float32": float(np.finfo(np.float32).smallest_subnormal),
        "float16": float(np.finfo(np.float16).smallest_subnormal),
        "bfloat16": upper(0x0001),
    } == LEAST


@pytest.mark.parametrize("precision", LARGEST)
def test_special_floats(precision: str) -> None:
    most, least = LARGEST[precision], LEAST[precision]
    found = specials(precision)
    ends = map(repr, (most, -most, least, -least))
    assert list(map(repr, found)) == ["0.0", "-0.0", "inf", "-inf", "nan", *ends, "1.0", "-2.5"]
    drawn = special_entries(scripted(5, 7, 0, 1), (2, 2), precision)
    assert list(map(repr, drawn)) == list(map(repr, (most, least, 0.0, -0.0)))
