"""What the suite asks of an engine: unit roundoffs are those of the formats, and protocols tell engines from others."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verified_cat.engine import UNIT_ROUNDOFF, CheckableEngine
from verified_cat.reference.ieee import NumpyEngine


def test_the_precisions() -> None:
    assert list(UNIT_ROUNDOFF) == ["exact", "float64", "float32", "float16", "bfloat16"]
    assert UNIT_ROUNDOFF["exact"] == 0 and all(isinstance(each, Fraction) for each in UNIT_ROUNDOFF.values())


@pytest.mark.parametrize("precision", ["float64", "float32", "float16"])
def test_unit_roundoffs_are_half_the_distance_from_one_to_the_next_number(precision: str) -> None:
    one: Any = np.dtype(precision).type(1)
    next_one = np.nextafter(one, one + one)
    assert UNIT_ROUNDOFF[precision] == (Fraction(float(next_one)) - 1) / 2


def test_bfloat16_is_the_upper_half_of_float32() -> None:
    """Its next number after 1 is that of float32 with the lowest of the upper 16 bits set."""
    bits = np.float32(1).view(np.uint32) + np.uint32(1 << 16)
    assert UNIT_ROUNDOFF["bfloat16"] == (Fraction(float(bits.view(np.float32))) - 1) / 2


def test_engines_are_told_by_what_they_have() -> None:
    assert isinstance(NumpyEngine(), CheckableEngine) and not isinstance(3, CheckableEngine)
