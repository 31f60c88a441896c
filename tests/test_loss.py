"""Errors and distances: values, derivatives and inverses by hand, and what has no mean."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.functions import Functions
from verified_cat.lens import reverse_derivative
from verified_cat.loss import (
    ADMITTED,
    DOT,
    LOGISTIC,
    POISSON,
    QUADRATIC,
    SeparableError,
    absolute,
    constantly,
    cross_entropy,
    dot,
    largest,
    log_softmax,
    log_sum_exp,
    maximum,
    mean_absolute_error,
    mean_squared_error,
    softmax,
    softplus,
    total,
)
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


# ------------------------------------------------------------------------------------------------ separable errors


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


# error ↦ e(x, y), ∂e/∂x(x, y), and the y with ∂e/∂x(x, y) = v, for numbers
FORMULAS: dict[str, tuple[SeparableError, Any, Any, Any]] = {
    "quadratic": (QUADRATIC, lambda x, y: (x - y) ** 2 / 2, lambda x, y: x - y, lambda x, v: x - v),
    "dot product": (DOT, lambda x, y: x * y, lambda x, y: y, lambda x, v: v),
    "binary cross-entropy on logits": (
        LOGISTIC,
        lambda x, y: math.log(1 + math.exp(x)) - x * y,
        lambda x, y: sigmoid(x) - y,
        lambda x, v: sigmoid(x) - v,
    ),
    "Poisson": (
        POISSON,
        lambda x, y: math.exp(x) - x * y,
        lambda x, y: math.exp(x) - y,
        lambda x, v: math.exp(x) - v,
    ),
}


def close(numbers: list[float]) -> Any:
    return tuple(pytest.approx(number, rel=1e-12, abs=1e-14) for number in numbers)


@pytest.mark.parametrize("name", FORMULAS)
def test_separable_errors_by_their_formulas(name: str, plain: Functions) -> None:
    """Entry by entry on R²; each goes from a pair of equal spaces, and the total to R."""
    error, value, derivative, inverse = FORMULAS[name]
    ob, x, y = space(2), (2, -1), (3, HALF)
    for part, formula in ((error.value, value), (error.derivative, derivative), (error.inverse, inverse)):
        assert (part((2,)).dom, part((2,)).cod) == (Pair(ob, ob), ob)
        assert plain.meaning(part((2,)))((x, y)) == close(list(map(formula, x, y)))
    assert (error.total(NESTED).dom, error.total(NESTED).cod) == (Pair(NESTED, NESTED), SCALAR)
    assert plain.meaning(error.total(ob))((x, y)) == close([sum(map(value, x, y))])
    on = error.on(plain)
    assert on.derivative(Pair(ob, UNIT))(((x, ()), (y, ()))) == (close(list(map(derivative, x, y))), ())
    assert on.inverse(Pair(ob, UNIT))(((x, ()), (y, ()))) == (close(list(map(inverse, x, y))), ())


def test_errors_say_their_name() -> None:
    assert {error.name: error for error in ADMITTED} == {name: row[0] for name, row in FORMULAS.items()}


# ------------------------------------------------------------------------------------------------ classification


def test_softplus_by_its_formula(plain: Functions) -> None:
    """log(1 + eˣ); where eˣ would not fit, x, and where 1 would swallow it, 0."""
    found = plain.meaning(softplus((5,)))((0, 1, -2, 2000, -2000))
    assert found == close([math.log(2), math.log(1 + math.e), math.log(1 + math.exp(-2)), 2000, 0])
    assert softplus((2, 1)).dom == softplus((2, 1)).cod == space(2, 1)


def test_the_larger_of_two(plain: Functions) -> None:
    """Exactly one of the two, where they are far apart, too; the derivative goes to the second where they are equal."""
    term, huge = maximum((4,)), 10**40
    assert (term.dom, term.cod) == (Pair(space(4), space(4)), space(4))
    assert plain.meaning(term)(((1, -5, 7, -huge), (3, -6, 7, huge))) == (3, -5, 7, huge)
    by_x, by_y = plain.meaning(reverse_derivative(term))((((1, 8, 7, 0), (3, 6, 7, 0)), (1, 1, 1, 1)))
    assert (by_x, by_y) == ((0, 1, 0, 0), (1, 0, 1, 1))


@pytest.mark.parametrize(("x", "y"), [(1.7e308, 1.6e308), (1.7e308, -1.7e308), (-1.6e308, -1.7e308)])
def test_the_larger_of_two_at_the_ends_of_the_range(x: float, y: float, plain: Functions) -> None:
    """Neither a sum nor a difference on the way is infinite."""
    assert plain.meaning(maximum((1,)))(((x,), (y,))) == plain.meaning(maximum((1,)))(((y,), (x,))) == (x,)


@pytest.mark.parametrize("length", range(1, 8))
def test_the_largest_of_a_vector(length: int, plain: Functions) -> None:
    """Wherever it stands, among negative numbers, too."""
    run = plain.meaning(largest(length))
    for place in range(length):
        numbers = [-10 - entry for entry in range(length)]
        numbers[place] = -3
        assert run(tuple(numbers)) == (-3,)
    assert (largest(length).dom, largest(length).cod) == (space(length), SCALAR)


def test_nothing_is_the_largest_of_nothing() -> None:
    with pytest.raises(ValueError, match="an empty vector has no largest entry"):
        largest(0)


def test_softmax_by_its_formula(plain: Functions) -> None:
    x = (1, -2, 3)
    sum_exp = sum(map(math.exp, x))
    assert plain.meaning(log_sum_exp(3))(x) == close([math.log(sum_exp)])
    assert plain.meaning(log_softmax(3))(x) == close([number - math.log(sum_exp) for number in x])
    assert plain.meaning(softmax(3))(x) == close([math.exp(number) / sum_exp for number in x])
    assert plain.meaning(log_sum_exp(2))((5000, 5000)) == close([5000 + math.log(2)])
    for term, cod in ((log_sum_exp(3), SCALAR), (log_softmax(3), space(3)), (softmax(3), space(3))):
        assert (term.dom, term.cod) == (space(3), cod)


def test_cross_entropy_and_dot(plain: Functions) -> None:
    """-Σ t log softmax(x), linear in t; the targets come first."""
    t, x = (2, 0, 5), (1, -2, 3)
    expected = sum(each * (math.log(sum(map(math.exp, x))) - number) for each, number in zip(t, x, strict=True))
    assert plain.meaning(cross_entropy(3))((t, x)) == close([expected])
    assert plain.meaning(dot(3))((t, x)) == (17,)
    for term in (cross_entropy(3), dot(3)):
        assert (term.dom, term.cod) == (Pair(space(3), space(3)), SCALAR)


def test_opaque_objects_have_no_mean() -> None:
    for distance in (mean_absolute_error, mean_squared_error):
        with pytest.raises(TypeError):
            distance(Pair(SCALAR, Sort("A")))
