"""Errors and distances: values, derivatives and inverses by hand, and what has no mean."""

from __future__ import annotations

from fractions import Fraction

import pytest

from verified_cat import primitives as p
from verified_cat.functions import Functions
from verified_cat.lens import reverse_derivative
from verified_cat.loss import QUADRATIC, absolute, constantly, mean_absolute_error, mean_squared_error, total
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, space

NESTED = Pair(space(2), Pair(UNIT, SCALAR))
X, Y = ((1, 2), ((), (3,))), ((4, 0), ((), (-7,)))
HALF = Fraction(1, 2)


def test_quadratic_error(plain: Functions) -> None:
    """½ Σ (x - y)² = ½ (9 + 4 + 100); its derivative x - y; and the y with x - y = v."""
    assert plain.meaning(QUADRATIC.total(NESTED))((X, Y)) == (Fraction(113, 2),)
    error = QUADRATIC.on(plain)
    difference = error.derivative(NESTED)((X, Y))
    assert difference == ((-3, 2), ((), (10,)))
    assert error.inverse(NESTED)((X, difference)) == Y


def test_the_derivative_of_the_quadratic_error_is_the_one_stated(plain: Functions) -> None:
    by_x, by_y = plain.meaning(reverse_derivative(QUADRATIC.total(NESTED)))(((X, Y), (1,)))
    assert by_x == QUADRATIC.on(plain).derivative(NESTED)((X, Y))
    assert by_y == ((3, -2), ((), (-10,)))


def test_total(plain: Functions) -> None:
    assert plain.meaning(total(NESTED))(X) == (6,)
    assert plain.meaning(total(UNIT @ space(0)))(((), ())) == (0,)
    with pytest.raises(TypeError, match="A is opaque: it has no entries to sum"):
        total(Sort("A"))


def test_mean_absolute_error_weighs_leaves_alike(plain: Functions) -> None:
    """½ ((3 + 2) / 2 + 10)."""
    assert plain.meaning(mean_absolute_error(NESTED))((X, Y)) == (HALF * (HALF * 5 + 10),)
    assert plain.meaning(mean_absolute_error(space(2, 2)))(((1, 2, 3, 4), (0, 0, 0, 0))) == (HALF * 5,)
    assert plain.meaning(mean_absolute_error(UNIT))(((), ())) == (0,)


def test_mean_squared_error_weighs_leaves_alike(plain: Functions) -> None:
    """½ ((9 + 4) / 2 + 100)."""
    assert plain.meaning(mean_squared_error(NESTED))((X, Y)) == (HALF * (HALF * 13 + 100),)


@pytest.mark.parametrize("distance", [mean_absolute_error, mean_squared_error])
def test_distances_go_to_scalars(distance: type, plain: Functions) -> None:
    term = distance(NESTED)
    assert (term.dom, term.cod) == (Pair(NESTED, NESTED), SCALAR)
    assert plain.meaning(term)((X, X)) == (0,)
    assert plain.meaning(term)((X, Y)) == plain.meaning(term)((Y, X))


@pytest.mark.parametrize("ob", [space(0), Pair(SCALAR, space(2, 0))])
@pytest.mark.parametrize("distance", [mean_absolute_error, mean_squared_error])
def test_an_empty_leaf_has_no_mean(distance: type, ob: Ob) -> None:
    with pytest.raises(ValueError, match="has no entries, so no mean"):
        distance(ob)


def test_absolute_value_and_its_convention_at_zero(plain: Functions) -> None:
    assert plain.meaning(absolute((3,)))((Fraction(-5, 2), 0, 3)) == (Fraction(5, 2), 0, 3)
    assert plain.meaning(reverse_derivative(absolute((3,))))(((-5, 0, 3), (1, 1, 1))) == (-1, 0, 1)


def test_constantly(plain: Functions) -> None:
    assert plain.meaning(constantly(NESTED, HALF))(X) == (HALF,)
    assert constantly(NESTED, 1).dom == NESTED
    assert plain.meaning(constantly(SCALAR, 2) >> p.negate(()))((9,)) == (-2,)
