"""The mean of the parameters, exactly: kept beside the state of a rule, by which the parameters move as before."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from verified_cat.averaging import averaged
from verified_cat.errors import UsageError
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.optimiser import adam, gradient_descent, momentum, nesterov, scheduled

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
MATRIX = space(2, 1)
OWN, KEPT, POINT, GRADIENT = (8, 9), ((6, 12), (HALF,)), (5, 7), (2, -4)


def test_it_starts_from_nothing_with_the_whole_weight_left(plain: Functions) -> None:
    rule = averaged(momentum(HALF, THIRD), THIRD)
    assert rule.name == "momentum, averaged"
    assert rule.state(MATRIX) == Pair(MATRIX, Pair(MATRIX, SCALAR))
    assert rule.initial(MATRIX).cod == rule.state(MATRIX)
    assert plain.meaning(rule.initial(MATRIX))(()) == ((0, 0), ((0, 0), (1,)))


def expected(own: Any, moved: Any) -> Any:
    """((s', (e / 3 + 2/3 p', b / 3)), p')."""
    mean = tuple(THIRD * old + (1 - THIRD) * new for old, new in zip(KEPT[0], moved, strict=True))
    return (own, (mean, (THIRD * HALF,))), moved


def test_a_step(plain: Functions) -> None:
    """Of momentum: s' = (8, 9) / 3 + g, p' = p - s' / 2."""
    inner = momentum(HALF, THIRD)
    rule = averaged(inner, THIRD)
    own, moved = plain.meaning(inner.update(MATRIX))(((OWN, POINT), GRADIENT))
    assert own == (Fraction(14, 3), -1)
    term, held = rule.update(MATRIX), Pair(rule.state(MATRIX), MATRIX)
    assert (term.dom, term.cod) == (Pair(held, MATRIX), held)
    assert plain.meaning(term)((((OWN, KEPT), POINT), GRADIENT)) == expected(own, moved)


def test_a_step_of_a_rule_without_a_state(plain: Functions) -> None:
    rule = averaged(gradient_descent(HALF), THIRD)
    found = plain.meaning(rule.update(MATRIX))(((((), KEPT), POINT), GRADIENT))
    assert found == expected((), (4, 9))


@pytest.mark.parametrize("pace", [Fraction(1), Fraction(1, 5)])
def test_a_step_at_another_rate(pace: Fraction, plain: Functions) -> None:
    """The rate scales the step of the rule, not the weights of the mean."""
    rule, shape = averaged(momentum(Fraction(1), THIRD), THIRD), (2, 1)
    own, moved = plain.meaning(momentum(pace, THIRD).update(MATRIX))(((OWN, POINT), GRADIENT))
    term, held = scheduled(rule, shape), Pair(rule.state(MATRIX), MATRIX)
    assert (term.dom, term.cod) == (Pair(held, Pair(MATRIX, SCALAR)), held)
    assert plain.meaning(term)((((OWN, KEPT), POINT), (GRADIENT, (pace,)))) == expected(own, moved)


def test_a_decay_of_nothing_keeps_the_last(plain: Functions) -> None:
    rule = averaged(gradient_descent(HALF), Fraction(0))
    (_, kept), moved = plain.meaning(rule.update(SCALAR))(((((), ((6,), (HALF,))), (5,)), (2,)))
    assert (kept, moved) == (((4,), (0,)), (4,))


@pytest.mark.parametrize("decay", [Fraction(1), Fraction(-1, 9), Fraction(3, 2)])
def test_decays_that_are_refused(decay: Fraction) -> None:
    with pytest.raises(UsageError, match=rf"averaged: a decay of {decay} is not in \[0, 1\)"):
        averaged(adam(Fraction(1)), decay)


def test_a_rule_that_asks_elsewhere_is_refused() -> None:
    with pytest.raises(UsageError, match="nesterov: where the gradient is asked for is not known to the mean"):
        averaged(nesterov(Fraction(1), HALF), HALF)


def test_what_a_rule_prepares_is_kept() -> None:
    inner = gradient_descent(HALF)
    assert averaged(inner, HALF).prepare is inner.prepare
    assert averaged(inner, HALF).state(UNIT) == UNIT
