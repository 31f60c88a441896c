"""Bounds over families: never below what is met, close to it after enough boxes, and the boxes cover the family."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from verified_cat import primitives as p
from verified_cat.errors import UsageError
from verified_cat.functions import Functions
from verified_cat.reference.affine import AffineEngine
from verified_cat.reference.affine_forms import Form
from verified_cat.reference.balls import Array
from verified_cat.reference.subdividing import (
    Family,
    Sizes,
    bounded,
    drawn,
    rounded_down,
    rounded_up,
    sizes,
)
from verified_cat.terms import Copy, Identity, Pairing, Term

SHAPE = (3,)
CURVED: Term = Pairing(p.tanh(SHAPE) >> p.scale(3, SHAPE), Identity(p.tanh(SHAPE).dom)) >> p.multiply(SHAPE)
"""x ↦ 3 x tanh(x), entry by entry."""
GAP = Copy(CURVED.dom) >> (CURVED @ (Copy(CURVED.dom) >> p.multiply(SHAPE) >> p.negate(SHAPE))) >> p.add(SHAPE)
BOX = Family("box", (-1.0, 0.5, -2.0), (1.0, 3.0, 0.25))


def true(x: Array) -> Array:
    return np.abs(3 * x * np.tanh(x) - x * x)


def over(family: Family) -> Callable[[Array, Array], Sizes]:
    run = Functions(AffineEngine()).meaning(GAP).run
    return lambda low, high: sizes([run(family.form(low, high))], low.shape[1])


def at(family: Family) -> Callable[[Array], Array]:
    return lambda theta: np.asarray(true(family.points(theta)).max(axis=1))


@pytest.mark.parametrize("budget", [1, 2, 50, 3000])
def test_no_point_is_beyond_the_bounds(budget: int) -> None:
    found = bounded(over(BOX), at(BOX), BOX, budget=budget)
    values = true(drawn(BOX, 20_000, 0))
    assert values.max() <= found.largest and values.mean(axis=1).max() <= found.mean
    assert values.mean() <= found.average <= found.mean * (1 + 1e-8) <= found.largest * (1 + 1e-7)
    assert found.evaluations <= budget


def test_the_bound_is_close_after_some_boxes() -> None:
    found = bounded(over(BOX), at(BOX), BOX, budget=3000)
    assert found.largest <= 1.06 * found.reached
    assert found.average <= 1.3 * true(drawn(BOX, 20_000, 0)).mean()


def test_the_boxes_cover_the_family_once_and_each_has_its_own_bound() -> None:
    found = bounded(over(BOX), at(BOX), BOX, budget=400)
    most, _, _ = over(BOX)(found.low, found.high)
    assert np.prod(found.high - found.low, axis=1).sum() == pytest.approx(2 * 2.5 * 2.25)
    for theta in drawn(BOX, 500, 3):
        inside = ((found.low <= theta) & (theta <= found.high)).all(axis=1)
        assert inside.any() and true(theta).max() <= most[inside].min()


def test_the_same_family_and_budget_give_the_same_boxes() -> None:
    one, other = (bounded(over(BOX), at(BOX), BOX, budget=300) for _ in range(2))
    assert one.largest == other.largest and (one.low == other.low).all()


def test_boxes_are_halved_where_the_result_moves() -> None:
    family = Family("image", (-1.0, -1.0), (1.0, 1.0), np.array([[1.0, 0.001], [0.0, 0.001], [1.0, 0.0]]))
    found = bounded(over(family), at(family), family, budget=200)
    edges = (found.high - found.low).min(axis=0)
    assert edges[0] <= edges[1] / 4 and found.largest <= 1.06 * found.reached


def test_a_linear_image_has_as_many_parameters_as_it_says() -> None:
    matrix, shift = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, -1.0]]), np.array([0.0, 0.1, -0.3])
    family = Family("image", (-1.0, 0.0), (1.0, 2.0), matrix, shift)
    found = bounded(over(family), at(family), family, budget=2000)
    values = true(family.points(drawn(family, 20_000, 1)))
    assert values.max() <= found.largest <= 1.06 * values.max()
    assert family.width == pytest.approx(2.0)


def test_a_point_is_a_family_and_an_infinite_bound_stays_one() -> None:
    point = Family("point", (0.3, 0.3, 0.3), (0.3, 0.3, 0.3))
    found = bounded(over(point), at(point), point, budget=100)
    assert found.boxes == 1 and found.largest == pytest.approx(found.reached)

    def nothing(low: Array, high: Array) -> Sizes:
        return sizes([Form(np.zeros_like(low), None, np.full_like(low, np.inf))], low.shape[1])

    lost = bounded(nothing, at(BOX), BOX, budget=64)
    assert lost.largest == np.inf and lost.boxes > 32 and lost.evaluations <= 64


def test_what_is_no_family_is_refused() -> None:
    for low, high in (((), ()), ((1.0,), (0.0,)), ((float("nan"),), (1.0,)), ((0.0,), (float("inf"),))):
        with pytest.raises(UsageError, match="box"):
            Family("wrong", low, high)
    with pytest.raises(UsageError, match="at least one box"):
        bounded(over(BOX), at(BOX), BOX, budget=0)


@pytest.mark.parametrize("x", [0.1, 1.0, 123456.789, 1e-9, 0.999999999, 3.3333333e17])
def test_numbers_are_rounded_outward_to_six_digits(x: float) -> None:
    assert rounded_down(x) <= x <= rounded_up(x) <= x * (1 + 1.1e-5)
    assert rounded_down(x) >= x * (1 - 1.1e-5)
    assert rounded_up(0.0) == 0.0 and rounded_up(float("inf")) == float("inf")
