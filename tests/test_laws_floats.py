"""Laws about rounding: compared to the bit, by plain float arithmetic too, and not run where nothing is rounded."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.check import LAWS
from verified_cat.comparing import compare_bits
from verified_cat.laws import suite
from verified_cat.laws.engines import EXACT, SOLVER, bounds_for
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.report import Strength
from verified_cat.sampling import sampled

suite.load()
ABOUT_FLOATS = [name for name, stated in LAWS.items() if stated.floats]


def test_the_family() -> None:
    names = {"FLOAT-PLUMB", "FLOAT-ASSOC", "FLOAT-COMM-ZERO", "FLOAT-RD2", "FLOAT-LEARN", "FLOAT-RANGE"}
    assert names <= set(ABOUT_FLOATS)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("name", ABOUT_FLOATS)
def test_it_holds_in_plain_float_arithmetic(name: str, precision: str) -> None:
    """So that the death of a mutant there is the mutant's own."""
    stated = LAWS[name]
    for world in stated.worlds:
        verdict = sampled(stated, world, NumpyEngine(precision), bounds_for(precision), 5)
        assert verdict.strength is Strength.SAMPLED, (world, verdict)


@pytest.mark.parametrize("engine", [SOLVER, EXACT])
def test_it_is_not_run_where_nothing_is_rounded(engine: str) -> None:
    for name in ABOUT_FLOATS:
        row = suite.row(name, engine)
        assert row.strength is Strength.NOT_RUN
        assert "does not round" in row.as_json()["reason"]


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (0.0, -0.0, False),
        (-0.0, -0.0, True),
        (NAN, NAN, True),
        (NAN, 0.0, False),
        (INFINITE, INFINITE, True),
        (INFINITE, -INFINITE, False),
        (1.0, 1.0 + 2**-52, False),
    ],
)
def test_bits(left: float, right: float, same: bool) -> None:
    assert compare_bits([1.0, left], [1.0, right]).holds is same


def test_nothing_to_compare_counts_for_nothing() -> None:
    assert not compare_bits([], []).counts


def test_the_last_bit_decides() -> None:
    """A composite by way of 49 (x / 49) is within every bound, and refuted by the law that asks for bits alone."""
    stated = LAWS["FLOAT-PLUMB"]
    (mutant,) = stated.mutants
    found: Any = sampled(stated, mutant.world, NumpyEngine(), bounds_for("float64"), 15, mutant)
    assert found.strength is Strength.REFUTED
    within: Any = sampled(LAWS["CAT-UNIT"], mutant.world, NumpyEngine(), bounds_for("float64"), 15, mutant)
    assert within.strength is Strength.SAMPLED
