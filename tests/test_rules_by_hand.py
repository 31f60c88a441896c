"""Rules and rules of rules by hand, on plain numbers: one step each, exactly wherever no root is taken."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat.errors import UsageError
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum, scheduled
from verified_cat.rules import (
    adamw,
    ascending,
    clipped_by_leaf_norm,
    clipped_by_norm,
    clipped_by_value,
    damped_momentum,
    decayed,
    decoupled,
    rmsprop,
)

TENTH, HALF, THIRD = Fraction(1, 10), Fraction(1, 2), Fraction(1, 3)
ROW = space(1, 2)
DESCENT = gradient_descent(TENTH)


def stepped(rule: Optimiser, ob: Any, state: Any, point: Any, gradient: Any, plain: Functions) -> Any:
    """(s', p'), from a term with the boundary that it has to have."""
    term, held = rule.update(ob), Pair(rule.state(ob), ob)
    assert (term.dom, term.cod) == (Pair(held, ob), held)
    return plain.meaning(term)(((state, point), gradient))


def near(numbers: Any) -> Any:
    return tuple(pytest.approx(float(number), rel=1e-12) for number in numbers)


# ------------------------------------------------------------------------------------------------ rules


def test_the_first_step_is_not_dampened(plain: Functions) -> None:
    """m' = m / 2 + g at first, then m / 2 + 2/3 g."""
    rule = damped_momentum(TENTH, HALF, THIRD)
    assert (rule.name, rule.state(ROW)) == ("damped momentum", Pair(ROW, SCALAR))
    assert plain.meaning(rule.initial(ROW))(()) == ((0, 0), (1,))
    first = stepped(rule, ROW, ((8, -4), (1,)), (5, 7), (3, 6), plain)
    assert first == (((7, 4), (0,)), (Fraction(43, 10), Fraction(66, 10)))
    later = stepped(rule, ROW, ((8, -4), (0,)), (5, 7), (3, 6), plain)
    assert later == (((6, 2), (0,)), (Fraction(44, 10), Fraction(68, 10)))


@pytest.mark.parametrize("flag", [0, 1])
def test_looking_ahead(flag: int, plain: Functions) -> None:
    """p - (g + m' / 2) / 10, with nothing dampened."""
    rule = damped_momentum(TENTH, HALF, Fraction(0), look_ahead=True)
    assert rule.name == "look-ahead momentum"
    found = stepped(rule, ROW, ((8, -4), (flag,)), (5, 7), (3, 6), plain)
    assert found == (((7, 4), (0,)), (5 - Fraction(65, 100), 7 - Fraction(8, 10)))
    with pytest.raises(UsageError) as caught:
        damped_momentum(TENTH, HALF, THIRD, look_ahead=True)
    assert str(caught.value) == "damped_momentum: looking ahead goes with a dampening of 0, not of 1/3"


def test_not_looking_ahead_is_what_is_meant() -> None:
    assert damped_momentum(TENTH, HALF, THIRD).name == "damped momentum"


def test_rmsprop(plain: Functions) -> None:
    """v' = (23 + 9) / 2 = 16, p' = 5 - 3 / (4 + 1) / 10; by default α is 99/100 and δ is 10⁻⁸."""
    rule = rmsprop(TENTH, HALF, Fraction(1))
    assert (rule.name, rule.state(ROW)) == ("rmsprop", Pair(ROW, Pair(UNIT, UNIT)))
    assert plain.meaning(rule.initial(ROW))(()) == ((0, 0), ((), ()))
    (v, rest), p = stepped(rule, ROW, ((23, 0), ((), ())), (5, 7), (3, 0), plain)
    assert (v, rest, p) == ((16, 0), ((), ()), near((5 - Fraction(3, 50), 7)))
    small = Fraction(1, 10**7)  # √v' = 10⁻⁸
    (v, _), p = stepped(rmsprop(TENTH), SCALAR, ((0,), ((), ())), (0,), (small,), plain)
    assert (v, p) == ((small * small / 100,), near((-Fraction(1, 2),)))


def test_centered_rmsprop(plain: Functions) -> None:
    """m' = (1 + 3) / 2, v' = (17 + 9) / 2 = 13, √(13 - 4) = 3; what rounding takes below 0 counts as 0."""
    rule = rmsprop(TENTH, HALF, Fraction(1), centered=True)
    assert (rule.name, rule.state(ROW)) == ("centered rmsprop", Pair(ROW, Pair(ROW, UNIT)))
    (v, (m, _)), p = stepped(rule, ROW, ((17, -9), ((1, 5), ())), (5, 7), (3, 3), plain)
    assert (v, m, p) == ((13, 0), (2, 4), near((5 - Fraction(3, 40), 7 - Fraction(3, 10))))


@pytest.mark.parametrize("centered", [False, True])
def test_rmsprop_with_inertia(centered: bool, plain: Functions) -> None:
    """b' = b / 3 + g / (√… + 1), p' = p - b' / 10."""
    rule = rmsprop(TENTH, HALF, Fraction(1), centered=centered, inertia=THIRD)
    assert rule.state(SCALAR) == Pair(SCALAR, Pair(SCALAR if centered else UNIT, SCALAR))
    v, m = (17, (1,)) if centered else (23, ())
    (_, (mean, push)), p = stepped(rule, SCALAR, ((v,), (m, (6,))), (5,), (3,), plain)
    length = 3 if centered else 4
    assert mean == ((2,) if centered else ())
    assert push == near((2 + Fraction(3, length + 1),)) and p == near((5 - (2 + Fraction(3, length + 1)) / 10,))


def test_adamw(plain: Functions) -> None:
    """Adam's step from (1 - ε λ) p; by default with Adam's own numbers, and λ is 1/100."""
    numbers = (TENTH, HALF, THIRD, Fraction(1, 7))
    state = (((3,), (4,)), ((HALF,), (THIRD,)))
    for rule, plain_rule, shrunk in (
        (adamw(*numbers, Fraction(2)), adam(*numbers), Fraction(4)),
        (adamw(TENTH), adam(TENTH), Fraction(4995, 1000)),
    ):
        assert (rule.name, rule.state(SCALAR)) == ("adamw", plain_rule.state(SCALAR))
        found = stepped(rule, SCALAR, state, (5,), (2,), plain)
        assert found == stepped(plain_rule, SCALAR, state, (shrunk,), (2,), plain)


def test_the_decay_of_adamw_passes_no_moment(plain: Functions) -> None:
    """At g = 0 p is (1 - ε λ) p, and the moments stay 0; with half the pace (1 - ε λ / 2) p."""
    rule = adamw(Fraction(1, 10), weight_decay=HALF)
    start = plain.meaning(rule.initial(SCALAR))(())
    (moments, _), param = plain.meaning(rule.update(SCALAR))(((start, (4,)), (0,)))
    assert moments == ((0,), (0,))
    assert param == pytest.approx((3.8,), rel=1e-15)
    _, param = plain.meaning(scheduled(rule, ()))(((start, (4,)), ((0,), (HALF,))))
    assert param == pytest.approx((3.9,), rel=1e-15)


# ------------------------------------------------------------------------------------------------ rules of rules

STAGES: dict[str, tuple[Callable[[Optimiser], Optimiser], tuple[Any, ...]]] = {
    # name ↦ what is made of a rule, and the gradient that it then sees at p = (10, -20) for (3, -4)
    "ascending": (ascending, (-3, 4)),
    "decayed": (lambda rule: decayed(rule, HALF), (8, -14)),
    "clipped": (lambda rule: clipped_by_value(rule, THIRD), (THIRD, -THIRD)),
    "clipped by leaf": (
        lambda rule: clipped_by_leaf_norm(rule, Fraction(3), Fraction(1)),
        (Fraction(3, 2), Fraction(-2)),
    ),
    "clipped by norm": (lambda rule: clipped_by_norm(rule, Fraction(3), Fraction(1)), (Fraction(3, 2), Fraction(-2))),
}


@pytest.mark.parametrize("name", STAGES)
def test_what_a_rule_sees(name: str, plain: Functions) -> None:
    make, seen = STAGES[name]
    inner = momentum(TENTH, HALF)
    rule = make(inner)
    assert rule.name == f"{name} momentum"
    found = stepped(rule, ROW, (8, 6), (10, -20), (3, -4), plain)
    expected = stepped(inner, ROW, (8, 6), (10, -20), seen, plain)
    assert [near(part) for part in expected] == list(found)


def test_entries_within_the_limit_are_kept(plain: Functions) -> None:
    gradient = (-3, -2, Fraction(-19, 10), 0, 2, Fraction(21, 10))
    _, point = stepped(clipped_by_value(DESCENT, Fraction(2)), space(6), (), (0,) * 6, gradient, plain)
    assert point == tuple(-TENTH * number for number in (-2, -2, Fraction(-19, 10), 0, 2, 2))


def test_clipping_by_value_is_exact(plain: Functions) -> None:
    """Inside the interval nothing is rounded, and far outside the limit itself is left."""
    rule = clipped_by_value(gradient_descent(Fraction(1)), HALF)
    update = plain.meaning(rule.update(space(5)))
    given = (Fraction(1, 10**30), HALF, -HALF, Fraction(10**30), Fraction(-(10**30)))
    assert update((((), (0,) * 5), given)) == ((), (-given[0], -HALF, HALF, -HALF, HALF))


NESTED = Pair(SCALAR, Pair(UNIT, space(2, 2)))


def test_all_leaves_or_each_of_them(plain: Functions) -> None:
    """|(2, (2, 4, 4, 8))|² = 4 + 100, δ such that it counts: of all leaves together and of each."""
    gradient, start, none = ((2,), ((), (1, 3, 5, 1))), ((0,), ((), (0,) * 4)), ((), ((), ()))
    for make, shares in (
        (clipped_by_norm, ((40**0.5 + 1) / 2,) * 2),
        (clipped_by_leaf_norm, (3 / 2, 7 / 2)),
    ):
        _, point = stepped(make(DESCENT, Fraction(2), Fraction(1)), NESTED, none, start, gradient, plain)
        assert point[0] == near((-0.2 / shares[0],))
        assert point[1][1] == near(tuple(-number / 10 / shares[1] for number in (1, 3, 5, 1)))


def test_clipping_by_norm_looks_at_all_leaves(plain: Functions) -> None:
    """|(3, 4)| = 5: with δ = 0 and the limit 1, (3, 4) / 5; each leaf alone goes to length 1."""
    pair, start = Pair(SCALAR, Pair(UNIT, SCALAR)), ((0,), ((), (0,)))
    gradient, nothing = ((3,), ((), (4,))), ((), ((), ()))
    joint = clipped_by_norm(gradient_descent(Fraction(1)), Fraction(1), Fraction(0))
    alone = clipped_by_leaf_norm(gradient_descent(Fraction(1)), Fraction(1), Fraction(0))
    _, moved = plain.meaning(joint.update(pair))(((nothing, start), gradient))
    assert (moved[0][0], moved[1][1][0]) == pytest.approx((-0.6, -0.8), rel=1e-15)
    _, moved = plain.meaning(alone.update(pair))(((nothing, start), gradient))
    assert (moved[0][0], moved[1][1][0]) == pytest.approx((-1, -1), rel=1e-15)


@pytest.mark.parametrize("make", [clipped_by_norm, clipped_by_leaf_norm])
def test_what_is_short_is_left_as_it_is(make: Callable[..., Optimiser], plain: Functions) -> None:
    """Below the limit by δ, which by default is 10⁻⁶, and at the limit shorter by that."""
    _, point = stepped(make(DESCENT, Fraction(6)), ROW, (), (0, 0), (3, 4), plain)
    assert point == near((Fraction(-3, 10), Fraction(-4, 10)))
    _, point = stepped(make(DESCENT, Fraction(5)), ROW, (), (0, 0), (3, 4), plain)
    share = 1 + Fraction(1, 5 * 10**6)
    assert point == near((-3 / share / 10, -4 / share / 10))


def test_stages_come_in_the_order_in_which_they_are_put_in_front(plain: Functions) -> None:
    """Clipped to [-1, 1] first, then λ p is added: g' = 1 + 10 / 2; the other way round 8 is clipped."""
    limit = Fraction(1)
    _, point = stepped(clipped_by_value(decayed(DESCENT, HALF), limit), SCALAR, (), (10,), (3,), plain)
    assert point == (10 - Fraction(6, 10),)
    _, point = stepped(decayed(clipped_by_value(DESCENT, limit), HALF), SCALAR, (), (10,), (3,), plain)
    assert point == (10 - Fraction(1, 10),)


def test_stages_come_in_the_order_in_which_they_are_written(plain: Functions) -> None:
    """-g, then + λ p: 3 - (-10 + 2 · 3) = 7; the other way round 3 - -(10 + 6) = 19."""
    rate = Fraction(1)
    one = ascending(decayed(gradient_descent(rate), Fraction(2)))
    two = decayed(ascending(gradient_descent(rate)), Fraction(2))
    at = (((), (3,)), (10,))
    assert plain.meaning(one.update(SCALAR))(at) == ((), (7,))
    assert plain.meaning(two.update(SCALAR))(at) == ((), (19,))
    assert one.name == "ascending decayed gradient descent"


def test_stages_on_trees(plain: Functions) -> None:
    """p - (g + p / 2) / 10 on each leaf; and on 1 there is nothing."""
    rule = decayed(DESCENT, HALF)
    _, point = stepped(rule, NESTED, ((), ((), ())), ((2,), ((), (4, 6, 8, 10))), ((1,), ((), (1, 2, 3, 4))), plain)
    assert point == (
        (Fraction(18, 10),),
        ((), (Fraction(37, 10), Fraction(55, 10), Fraction(73, 10), Fraction(91, 10))),
    )
    assert stepped(ascending(rule), UNIT, (), (), (), plain) == ((), ())


@pytest.mark.parametrize("pace", [Fraction(1), Fraction(1, 4)])
def test_decay_beside_the_rule(pace: Fraction, plain: Functions) -> None:
    """(1 - a) p, then the step, which has not seen it; with the rate times k it is (1 - k a) p."""
    inner = momentum(TENTH, HALF)
    rule, held = decoupled(inner, THIRD), Pair(ROW, ROW)
    assert (rule.name, rule.state(ROW)) == ("decoupled momentum", ROW)
    term = scheduled(rule, (1, 2))
    assert (term.dom, term.cod) == (Pair(held, Pair(ROW, SCALAR)), held)
    state, point = plain.meaning(term)((((8, 6), (10, -20)), ((3, -4), (pace,))))
    kept = 1 - pace * THIRD
    assert state == (7, -1)
    assert point == (10 * kept - pace * Fraction(7, 10), -20 * kept + pace * Fraction(1, 10))
    if pace == 1:
        assert stepped(rule, ROW, (8, 6), (10, -20), (3, -4), plain) == (state, point)


def test_decay_beside_a_rule_without_a_state(plain: Functions) -> None:
    term, held = scheduled(decoupled(DESCENT, THIRD), (1, 2)), Pair(UNIT, ROW)
    assert (term.dom, term.cod) == (Pair(held, Pair(ROW, SCALAR)), held)
    state, point = plain.meaning(term)((((), (12, -24)), ((3, -4), (HALF,))))
    assert (state, point) == ((), (10 - Fraction(3, 20), -20 + Fraction(1, 5)))


@pytest.mark.parametrize("make", [clipped_by_value, clipped_by_norm, clipped_by_leaf_norm])
@pytest.mark.parametrize("limit", [Fraction(0), Fraction(-1, 2)])
def test_limits_are_above_0(make: Callable[..., Optimiser], limit: Fraction) -> None:
    with pytest.raises(UsageError) as caught:
        make(DESCENT, limit)
    assert str(caught.value) == f"{make.__name__}: the limit is a number > 0, not {limit}"
