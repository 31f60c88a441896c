"""What the entries of a drawn array are like: mixed, equal, tied, in equal rows, zero, large, tiny; or special floats.

Exact entries are k/8 times 1 or 2^±10, which every engine holds exactly, so that lifting them rounds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import prod
from typing import Any

Choose = Callable[[Sequence[Any]], Any]
Entries = tuple[Any, ...]

EIGHTHS = tuple(Fraction(k, 8) for k in (0, 1, -1, 3, -5, 8, -8, 12, 2, -7, 16, -16, 5))
SIZES = (Fraction(1, 2**10), Fraction(1), Fraction(2**10))


def _mixed(choose: Choose, shape: tuple[int, ...]) -> Iterator[Fraction]:
    return (choose(EIGHTHS) for _ in range(prod(shape)))


def _equal(choose: Choose, shape: tuple[int, ...]) -> Iterator[Fraction]:
    return iter([choose(EIGHTHS)] * prod(shape))


def _tied(choose: Choose, shape: tuple[int, ...]) -> Iterator[Fraction]:
    two = choose(EIGHTHS), choose(EIGHTHS)
    return (choose(two) for _ in range(prod(shape)))


def _equal_rows(choose: Choose, shape: tuple[int, ...]) -> Iterator[Fraction]:
    return iter([*_mixed(choose, shape[1:])] * prod(shape[:1]))


def _zero(choose: Choose, shape: tuple[int, ...]) -> Iterator[Fraction]:
    return iter([Fraction(0)] * prod(shape))


def _tiny(choose: Choose, shape: tuple[int, ...]) -> Iterator[Fraction]:
    return (SIZES[0] * number for number in _mixed(choose, shape))


def _large(choose: Choose, shape: tuple[int, ...]) -> Iterator[Fraction]:
    return (SIZES[-1] * number for number in _mixed(choose, shape))


def _of_all_sizes(choose: Choose, shape: tuple[int, ...]) -> Iterator[Fraction]:
    return (choose(SIZES) * number for number in _mixed(choose, shape))


_TEXTURES = (*(_mixed,) * 9, _equal, _tied, _equal_rows, _zero, _tiny, _large, _of_all_sizes)


def entries(choose: Choose, shape: tuple[int, ...]) -> Entries:
    """Exact entries of R^shape in row-major order, mixed more often than not."""
    return tuple(choose(_TEXTURES)(choose, shape))


LARGEST = {
    "float64": 2.0**1023 * (2 - 2.0**-52),
    "float32": 2.0**127 * (2 - 2.0**-23),
    "float16": 2.0**15 * (2 - 2.0**-10),
    "bfloat16": 2.0**127 * (2 - 2.0**-7),
}
"""The largest finite number of each precision."""

LEAST = {"float64": 2.0**-1074, "float32": 2.0**-149, "float16": 2.0**-24, "bfloat16": 2.0**-133}
"""The least positive number of each precision, which is subnormal."""


def specials(precision: str) -> tuple[float, ...]:
    """-0, the infinities, NaN, the numbers at both ends of the range, and a few plain ones."""
    largest, least = LARGEST[precision], LEAST[precision]
    return 0.0, -0.0, float("inf"), float("-inf"), float("nan"), largest, -largest, least, -least, 1.0, -2.5


def special_entries(choose: Choose, shape: tuple[int, ...], precision: str) -> Entries:
    """Entries of R^shape among the special floats."""
    numbers = specials(precision)
    return tuple(choose(numbers) for _ in range(prod(shape)))
