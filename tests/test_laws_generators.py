"""What is drawn is counted; planted generators fall short; a run says what it met; special floats are compared."""

from __future__ import annotations

import math

import pytest

from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.comparing import compare
from verified_cat.draw import Style, seeded
from verified_cat.laws import generators, suite
from verified_cat.laws.coverage import Coverage, is_constant, kinds_of, kinds_of_point
from verified_cat.laws.engines import bounds_for
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.portable import decode_exact, encode_exact
from verified_cat.primitives import TABLE, constant, permute, scale
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.report import Strength, summed
from verified_cat.sampling import sampled
from verified_cat.terms import Copy, Discard, Identity, LeftUnitor, Swap
from verified_cat.worlds import Draws

suite.load()


def test_enough_of_each_kind_is_drawn_and_every_planted_generator_falls_short() -> None:
    verdict = AUDITS["META-GEN"].verdict()
    assert verdict.strength is Strength.EXACT, verdict.example


def test_the_census_is_the_same_each_time() -> None:
    assert generators.Generators().census() == generators.Generators().census()


def test_a_constant_map_reads_no_input() -> None:
    assert is_constant(Discard(SCALAR) >> constant((), 1))
    assert not is_constant(Identity(SCALAR))
    assert not is_constant(Copy(SCALAR) >> (Identity(SCALAR) @ (Discard(SCALAR) >> constant((), 1))))
    assert not is_constant(Discard(SCALAR))  # nothing comes out


def test_kinds_of_maps() -> None:
    assert "an order of axes that is not its own inverse" in set(kinds_of(permute((2, 2, 2), (1, 2, 0))))
    assert "an order of axes that is not its own inverse" not in set(kinds_of(permute((2, 2, 2), (2, 1, 0))))
    assert "axes in another order" not in set(kinds_of(permute((2, 2), (0, 1))))
    assert {"factors exchanged", "a map between equal objects"} <= set(kinds_of(Swap(SCALAR, SCALAR)))
    assert "a unitor forwards" in set(kinds_of(LeftUnitor(SCALAR)))
    assert "a map that is not linear" not in set(kinds_of(scale(2, ())))


def test_kinds_of_points() -> None:
    assert set(kinds_of_point(space(2), (0, 0))) == {"a zero", "all entries equal"}
    assert set(kinds_of_point(Pair(space(2, 2), UNIT), ((1, -2, 1, -2), ()))) == {
        "a negative number",
        "equal entries beside others",
        "equal rows that are not constant",
    }
    assert "large beside tiny" in set(kinds_of_point(space(2), (1024, 1 / 1024)))


def test_a_run_says_what_it_met() -> None:
    met = Coverage()
    draws = Draws(seeded(0), Style("any", 3))
    for name in "ABCDEFGH":
        met.note(draws.object(name))
        met.note(draws.term(name.lower(), draws.object(name), draws.object("A")))
    found = met.as_json()
    assert set(found["operations"]) == set(TABLE)
    assert sum(found["operations"].values()) > 0
    assert found["maps"]["a map between equal objects"] + found["maps"]["a map between different objects"] == 8
    both = summed(found, found)
    assert both["maps"]["a map that is not linear"] == 2 * found["maps"]["a map that is not linear"] > 0
    assert summed({}, found) == found


def test_special_floats_travel() -> None:
    ob, exact = Pair(space(4), UNIT), ((-0.0, math.inf, -math.inf, 5e-324), ())
    back = decode_exact(ob, encode_exact(ob, exact))
    assert [math.copysign(1, float(number)) for number in back[0]] == [-1, 1, -1, 1]
    assert tuple(map(float, back[0])) == exact[0]
    (number,) = decode_exact(SCALAR, encode_exact(SCALAR, (math.nan,)))
    assert math.isnan(number)


@pytest.mark.parametrize(
    ("left", "right", "bound", "holds", "counts"),
    [
        (math.nan, math.nan, 1.0, False, True),
        (math.inf, math.inf, 1.0, False, True),
        (math.nan, 0.0, 1.0, False, True),
        (math.nan, 0.0, math.inf, True, False),
        (1.0, 1.5, 1.0, True, True),
    ],
)
def test_within_a_finite_bound_nothing_is_infinite(
    left: float, right: float, bound: float, holds: bool, counts: bool
) -> None:
    found = compare([left], [right], [bound])
    assert (found.holds, found.counts) == (holds, counts)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("name", ["FLOAT-MOVE", "FLOAT-SPECIAL"])
def test_laws_of_special_floats_hold_in_plain_arithmetic(name: str, precision: str) -> None:
    for world in LAWS[name].worlds:
        verdict = sampled(LAWS[name], world, NumpyEngine(precision), bounds_for(precision), 15)
        assert verdict.strength is Strength.SAMPLED, (world, verdict)
