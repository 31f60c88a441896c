"""Enclosures hold what they enclose, jets differentiate, single operations are measured, and all of it is sharp."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat import primitives as p
from verified_cat.engine import Observed
from verified_cat.errors import DataError, MissingOperation, UsageError
from verified_cat.expansions import EXPANSIONS
from verified_cat.functions import Functions
from verified_cat.instances import growth, instance, of_json
from verified_cat.objects import SCALAR, UNIT, Pair, flatten, leaves, size, space
from verified_cat.primitives import Primitive
from verified_cat.reference.arb import arb
from verified_cat.reference.bounding import bounding
from verified_cat.reference.enclosure import ENCLOSED, EnclosureEngine, in_floats
from verified_cat.reference.error_free import exactly, two_product, two_sum
from verified_cat.reference.evaluate import BeyondRange, CannotEnclose
from verified_cat.reference.jets import jacobian_in_balls, truth_by_jets
from verified_cat.reference.rounding import RoundingEngine
from verified_cat.reference.stepwise import allowed, exact_parts, gaps, measured
from verified_cat.reference.truth import agree, best_truth, truth
from verified_cat.terms import operations

ONE = Fraction(1)


def test_every_row_of_the_table_is_enclosed() -> None:
    assert set(ENCLOSED) | set(EXPANSIONS) == set(p.TABLE)


@pytest.mark.parametrize("bits", [20, 53, 300])
def test_enclosures_hold_the_exact_value_at_any_precision(bits: int) -> None:
    """Against SymPy's forty digits, over random terms."""
    for index in range(12):
        at = instance(7, index)
        engine = EnclosureEngine(bits)
        value = Functions(engine).meaning(at.term)(engine.lift(at.term.dom, at.point))
        exact = truth(at.term, at.point, at.cotangent, at.tangent).value
        for ball, number in zip(_balls(at.term.cod, value), exact, strict=True):
            tenth = Fraction(1, 10**30) * max(ONE, abs(number))
            assert not ball.is_finite() or ball.overlaps(arb(float(number), float(tenth) + abs(float(number)) * 2**-52))


def _balls(ob: Any, value: Any) -> list[Any]:
    return [entry for leaf in flatten(ob, value) for entry in leaf.flat]


def test_balls_and_sympy_agree() -> None:
    """Wherever both can tell: SymPy refuses numbers beyond every range, and expressions that are too large."""
    told = 0
    for index in range(25):
        at = instance(3, index)
        given = at.term, at.point, at.cotangent, at.tangent
        try:
            symbolic = truth(*given)
        except CannotEnclose:
            continue
        told += 1
        assert agree(truth_by_jets(*given), symbolic), index
    assert told >= 20


def test_a_kink_at_a_ball_that_holds_0() -> None:
    engine = EnclosureEngine(64)
    unsure = np.array([arb(0, 1), arb(2, 0.5), arb(-2, 0.5)], dtype=object)
    relu, step = (engine.operation(Primitive(name, ((3,),)))(unsure) for name in ("relu", "step"))
    assert relu[0].contains(0) and relu[0].contains(1) and not relu[0].contains(-0.5)
    assert step[0].contains(0) and step[0].contains(1)
    assert (relu[1].overlaps(unsure[1]), relu[2].is_zero(), step[1] == 1, step[2] == 0) == (True,) * 4
    of_a_root = p.sqrt(()) >> p.sin(()) >> p.relu(())
    with pytest.raises(CannotEnclose):
        jacobian_in_balls(p.log(()) >> p.relu(()), (Fraction(-1),), 64)
    assert jacobian_in_balls(of_a_root, (ONE,), 64)[2] is False


def test_towers_end_at_once() -> None:
    """exp(exp(16)) would fill the memory as a fraction; exp(-exp(16)) is 0 as far as forty digits go."""
    tower = p.exp(()) >> p.exp(())
    with pytest.raises(BeyondRange):
        best_truth(tower, (Fraction(16),), (ONE,), (ONE,))
    tiny = p.exp(()) >> p.negate(()) >> p.exp(())
    assert not any(best_truth(tiny, (Fraction(16),), (ONE,), (ONE,)).numbers)


def test_what_has_no_enclosure_is_refused() -> None:
    engine = EnclosureEngine()
    with pytest.raises(DataError, match="inf is not a finite number"):
        engine.lift(SCALAR, (math.inf,))
    with pytest.raises(DataError, match="is a pair"):
        engine.lift(Pair(SCALAR, UNIT), (ONE,))
    with pytest.raises(DataError, match="flat tuple of 2"):
        engine.lift(space(2), (ONE,))
    with pytest.raises(MissingOperation):
        engine.operation(p.symbol("f", SCALAR, SCALAR).operation)
    with pytest.raises(UsageError):
        EnclosureEngine(True)
    log = engine.operation(Primitive("log", ((),)))(engine.lift(SCALAR, (Fraction(-1),)))
    assert math.isnan(engine.lower(SCALAR, log)[0])


# ------------------------------------------------------------------------------------------------ in floats


def test_two_floats_and_a_radius_hold_the_ball() -> None:
    third = EnclosureEngine(192).operation(Primitive("constant", ((2,), (Fraction(1, 3), ONE))))(())
    high, low, radius = in_floats(third)
    apart = abs(Fraction(high[0]) + Fraction(low[0]) - Fraction(1, 3))
    assert 0 < apart <= Fraction(radius[0]) < Fraction(1, 2**90)
    assert (high[1], low[1], radius[1]) == (1, 0, 0)


def test_sums_and_products_are_exact() -> None:
    numbers = np.random.default_rng(0)
    x, y = (numbers.standard_normal(500) * 2.0 ** numbers.integers(-60, 60, 500) for _ in range(2))
    for parts, exact in ((two_sum(x, y), operator.add), (two_product(x, y), operator.mul)):
        assert parts is not None
        for h, low, a, b in zip(parts[0], parts[1], x, y, strict=True):
            assert Fraction(h) + Fraction(low) == exact(Fraction(a), Fraction(b))
    assert two_product(np.array([1e-200]), np.array([1e-200])) is None
    assert two_product(np.array([1e300]), np.array([1.5])) is None


@pytest.mark.parametrize("factor", [Fraction(1, 3), Fraction(-7, 5), Fraction(3, 4), Fraction(1, 10**9), Fraction(0)])
def test_scaled_numbers_and_constants_hold_the_exact_ones(factor: Fraction) -> None:
    numbers = np.random.default_rng(2)
    drawn = numbers.standard_normal(40) * 2.0 ** numbers.integers(-300, 300, 40)
    x = (*map(float, drawn), 0.0, -1.0)
    for operation, at, exact in (
        (Primitive("scale", (factor, (42,))), x, [factor * Fraction(number) for number in x]),
        (Primitive("constant", ((2, 2), (factor, ONE, factor, -factor))), (), [factor, ONE, factor, -factor]),
        (Primitive("constant", ((3,), (factor,))), (), [factor] * 3),
    ):
        high, low, radius = (part.ravel().tolist() for part in exact_parts(operation, at, "float64"))
        for number, h, part, r in zip(exact, high, low, radius, strict=True):
            assert (
                abs(Fraction(h) + Fraction(part) - number) <= Fraction(r) <= abs(number) / 2**96 + Fraction(2) ** -1060
            )
            assert r == 0 or factor.denominator not in (1, 4)


CONTRACT = Primitive("contract", ("ij,jk->ik", (4, 30), (30, 3)))


@pytest.mark.parametrize("operation", [CONTRACT, Primitive("sum", ((6, 20), (1,))), Primitive("multiply", ((40,),))])
def test_floats_and_balls_hold_the_same_value(operation: Primitive) -> None:
    numbers = np.random.default_rng(1)
    drawn = [numbers.standard_normal(size(each)).astype(np.float32) for each in leaves(operation.dom)]
    x: Observed = tuple(tuple(map(float, leaf)) for leaf in drawn)
    x = x if len(x) == 2 else x[0]
    high, low, radius = exact_parts(operation, x, "float32")
    sharp_high, sharp_low, sharp_radius = exact_parts(operation, x, "float64")
    with np.errstate(all="ignore"):
        apart = np.abs((high - sharp_high) + (low - sharp_low))
    assert (apart <= radius + sharp_radius).all()
    assert (radius <= 2.0**-20 * allowed(operation, x, "float32").reshape(radius.shape) + 2.0**-1000).all()


def test_one_operation_is_measured() -> None:
    tanh = Primitive("tanh", ((3,),))
    x = (0.5, -1.0, 0.0)
    right = tuple(map(math.tanh, x))
    assert measured(tanh, x, right, "float64").share <= 1
    wrong = measured(tanh, x, (right[0] * (1 + 1e-13), *right[1:]), "float64")
    assert wrong.share > 1 and wrong.entry == 0
    assert measured(tanh, x, (math.nan, *right[1:]), "float64").share == math.inf
    assert measured(tanh, (math.inf, 0.0, 0.0), right, "float64").unbounded == 3
    assert exactly(tanh, np.array(x), "float64") is None
    assert gaps(np.array([2.0]), (np.array([1.0]), np.array([0.5]), np.array([0.25])))[0][0] <= 0.25


def test_a_move_has_no_bound_to_hide_in() -> None:
    """What moves entries is compared without balls where it is right; where it is not, no error is small enough."""
    for operation in (Primitive("permute", ((2, 2), (1, 0))), Primitive("negate", ((4,),)), Primitive("relu", ((4,),))):
        x = (1.0, -2.0, 0.0, 3.0)
        exact = tuple(map(float, exact_parts(operation, x, "float64")[0].flat))
        right = measured(operation, x, exact, "float64")
        assert (right.entries, right.unbounded, right.share, right.gap) == (4, 0, 0.0, 0.0)
        assert not allowed(operation, x, "float64").any()
        assert measured(operation, x, (math.nextafter(exact[0], 9), *exact[1:]), "float64").share == math.inf
        assert measured(operation, x, (math.nan, *exact[1:]), "float64").share == math.inf


def test_bounds_that_are_remembered_are_the_bounds() -> None:
    for index in range(12):
        term, point = instance(5, index).term, instance(5, index).point
        found = [
            engine.bound(term.cod, Functions(engine).meaning(term)(engine.lift(term.dom, point)))
            for engine in (bounding("float32"), RoundingEngine("float32"), bounding("float32"))
        ]
        assert found[0] == found[1] == found[2]


# ------------------------------------------------------------------------------------------------ instances


def test_terms_grow_and_can_be_written() -> None:
    assert [growth(index) for index in (0, 1023, 1024, 2048, 100_000)] == [0, 0, 1, 2, 7]
    small, large = (
        sum(sum(1 for _ in operations(instance(0, base + index).term)) for index in range(150)) for base in (0, 100_000)
    )
    assert large > 1.3 * small
    for index in range(12):
        assert of_json(instance(5, index).as_json()) == instance(5, index)
    with pytest.raises(UsageError, match="no instance"):
        of_json({"term": []})
