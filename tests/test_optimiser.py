"""Update rules by hand, on pairs componentwise, at another rate, and as lenses; exact wherever the rule is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives
from verified_cat.functions import Functions
from verified_cat.lens import Bundle
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.optimiser import (
    Optimiser,
    adagrad,
    adam,
    asked,
    gradient_descent,
    momentum,
    nesterov,
    scheduled,
    sign_descent,
)
from verified_cat.terms import First, Identity, Second

TENTH, NINE_TENTHS = Fraction(1, 10), Fraction(9, 10)
ALL = {
    "gradient descent": gradient_descent(TENTH),
    "momentum": momentum(TENTH, NINE_TENTHS),
    "nesterov": nesterov(TENTH, NINE_TENTHS),
    "sign descent": sign_descent(TENTH),
    "adagrad": adagrad(TENTH),
    "adam": adam(TENTH),
}
ROOTLESS = [name for name in ALL if name not in ("adagrad", "adam")]


def test_gradient_descent_by_hand(plain: Functions) -> None:
    update = plain.meaning(gradient_descent(TENTH).update(space(2)))
    assert update((((), (1, 2)), (10, -10))) == ((), (0, 3))


def test_momentum_by_hand(plain: Functions) -> None:
    """s = 1, 0.9 + 1, p = 5 - 0.1, 4.9 - 0.19 at the gradient 1: the sign of γ is plus."""
    rule = momentum(TENTH, NINE_TENTHS)
    update, state = plain.meaning(rule.update(SCALAR)), plain.meaning(rule.initial(SCALAR))(())
    once = update(((state, (5,)), (1,)))
    assert once == ((1,), (Fraction(49, 10),))
    assert update((once, (1,))) == ((Fraction(19, 10),), (Fraction(471, 100),))
    wrong = plain.meaning(momentum(TENTH, -NINE_TENTHS).update(SCALAR))
    assert wrong((once, (1,))) == ((Fraction(1, 10),), (Fraction(489, 100),))


def test_adam_by_hand(plain: Functions) -> None:
    """The first step is ε g / (|g| + δ), whatever the size of the gradient."""
    rule = adam(TENTH, delta=Fraction(0))
    state, param = plain.meaning(rule.update(space(2)))(
        ((plain.meaning(rule.initial(space(2)))(()), (1, 1)), (100, -4))
    )
    assert state == (((10, Fraction(-2, 5)), (10, Fraction(16, 1000))), ((NINE_TENTHS,), (Fraction(999, 1000),)))
    assert param == pytest.approx((0.9, 1.1), rel=1e-15)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("param", [SCALAR, UNIT, Pair(space(2), Pair(UNIT, space(0)))], ids=str)
def test_boundaries(name: str, param: Any) -> None:
    rule = ALL[name]
    state = rule.state(param)
    assert (rule.initial(param).dom, rule.initial(param).cod) == (UNIT, state)
    assert (rule.update(param).dom, rule.update(param).cod) == (Pair(Pair(state, param), param), Pair(state, param))
    assert (rule.ask(param).dom, rule.ask(param).cod) == (Pair(state, param), param)
    lens, held = rule.lens(param), Pair(state, param)
    assert (lens.dom, lens.cod) == (Bundle(held, held), Bundle(param, param))
    assert (lens.get, lens.put) == (rule.ask(param), rule.update(param))


@pytest.mark.parametrize("name", ALL)
def test_the_rule_on_a_pair_is_the_pair_of_the_rules(name: str, plain: Functions) -> None:
    rule, left, right = ALL[name], space(2), Pair(SCALAR, UNIT)
    p, q, dp, dq = (1, 2), ((3,), ()), (10, -10), ((7,), ())
    for _ in range(2):
        whole = plain.meaning(rule.initial(Pair(left, right)))(())
        (one, two), after = plain.meaning(rule.update(Pair(left, right)))(((whole, (p, q)), (dp, dq)))
        start = plain.meaning(rule.initial(left))(()), plain.meaning(rule.initial(right))(())
        alone = [plain.meaning(rule.update(left))(((start[0], p), dp))]
        alone += [plain.meaning(rule.update(right))(((start[1], q), dq))]
        assert (one, after[0]) == alone[0]
        assert (two, after[1]) == alone[1]
        p, q = after


MATRIX, STATE = space(2, 3), (1, -1, 2, -2, 3, -3)
GRADIENT = (0, 1, -2, 3, -4, 5)


def test_states_by_hand(plain: Functions) -> None:
    """Nothing, a moment, the sum of squares; two moments and the powers of both decays: zeros, and ones."""
    starts = {name: plain.meaning(rule.initial(space(2)))(()) for name, rule in ALL.items()}
    zero = (0, 0)
    assert starts == {
        "gradient descent": (),
        "momentum": zero,
        "nesterov": zero,
        "sign descent": (),
        "adagrad": zero,
        "adam": ((zero, zero), ((1,), (1,))),
    }


def test_rules_say_their_name() -> None:
    plain_rules = [gradient_descent(TENTH), momentum(TENTH, TENTH), sign_descent(TENTH), adagrad(TENTH), adam(TENTH)]
    assert [rule.name for rule in [*plain_rules, nesterov(TENTH, TENTH)]] == [
        "gradient descent",
        "momentum",
        "sign descent",
        "adagrad",
        "adam",
        "nesterov",
    ]


def test_nesterov_asks_ahead(plain: Functions) -> None:
    """At p - ε γ s = 1 - 9/100 · 10; on a pair at each of the two, and the update is that of momentum."""
    rule = ALL["nesterov"]
    assert plain.meaning(rule.ask(space(2)))(((10, 20), (1, 2))) == (Fraction(1, 10), Fraction(1, 5))
    found = plain.meaning(rule.ask(Pair(SCALAR, Pair(UNIT, SCALAR))))((((10,), ((), (20,))), ((1,), ((), (2,)))))
    assert found == ((Fraction(1, 10),), ((), (Fraction(1, 5),)))
    assert rule.update(space(2)) == ALL["momentum"].update(space(2))
    assert plain.meaning(ALL["momentum"].ask(space(2)))(((10, 20), (1, 2))) == (1, 2)


def test_sign_descent_by_hand(plain: Functions) -> None:
    update = plain.meaning(ALL["sign descent"].update(space(3)))
    assert update((((), (1, 2, 3)), (10, 0, Fraction(-1, 9)))) == ((), (Fraction(9, 10), 2, Fraction(31, 10)))


def test_adagrad_by_hand(plain: Functions) -> None:
    """v = 16 + 3², p = 7 - 1/10 · 3 / (1 + √25); and by default δ = 10⁻¹⁰, which is all that divides at g = v = 0."""
    state, param = plain.meaning(adagrad(TENTH, Fraction(1)).update(SCALAR))((((16,), (7,)), (3,)))
    assert (state, param) == ((25,), (pytest.approx(6.95, rel=1e-15),))
    small = Fraction(1, 10**10)
    _, param = plain.meaning(adagrad(TENTH).update(SCALAR))((((0,), (0,)), (small,)))
    assert param == (pytest.approx(-0.05, rel=1e-12),)


def test_adam_by_default(plain: Functions) -> None:
    """At g = 10⁻⁸ the first step is ε/2: δ is 10⁻⁸. The powers of the decays are those of 9/10 and of 999/1000."""
    rule = adam(TENTH)
    start = plain.meaning(rule.initial(SCALAR))(())
    (_, powers), param = plain.meaning(rule.update(SCALAR))(((start, (0,)), (Fraction(1, 10**8),)))
    assert powers == ((NINE_TENTHS,), (Fraction(999, 1000),))
    assert param == (pytest.approx(-0.05, rel=1e-12),)


def test_adam_after_the_first_step(plain: Functions) -> None:
    """m = 1/2 · 8 + 1/2 · 4 = 6, m̂ = 6 / (1 - 1/4); v = 3/4 · 4 + 1/4 · 16 = 7, v̂ = 7 / (1 - 9/16) = 16."""
    rule = adam(Fraction(1), Fraction(1, 2), Fraction(3, 4), Fraction(1))
    powers = (Fraction(1, 2),), (Fraction(3, 4),)
    state, param = plain.meaning(rule.update(space(2)))((((((8, 0), (4, 0)), powers), (5, 1)), (4, 0)))
    assert state == (((6, 0), (7, 0)), ((Fraction(1, 4),), (Fraction(9, 16),)))
    assert param == (pytest.approx(5 - 8 / 5, rel=1e-15), 1)


# ------------------------------------------------------------------------------------------------ at another rate


@pytest.mark.parametrize("name", ROOTLESS)
@pytest.mark.parametrize("pace", [Fraction(1, 2), Fraction(3)])
def test_a_rule_at_half_its_rate(name: str, pace: Fraction, plain: Functions) -> None:
    """The update of a rule at rate 1 with its rate times k is that of the rule at rate k; so is where it asks."""
    one, other = made(name, Fraction(1)), made(name, pace)
    state = STATE if name in ("momentum", "nesterov") else ()
    point, held = tuple(range(6)), Pair(one.state(MATRIX), MATRIX)
    term = scheduled(one, (2, 3))
    assert (term.dom, term.cod) == (Pair(held, Pair(MATRIX, SCALAR)), held)
    moved = plain.meaning(term)(((state, point), (GRADIENT, (pace,))))
    assert moved == plain.meaning(other.update(MATRIX))(((state, point), GRADIENT))
    where = asked(one, (2, 3))
    assert (where.dom, where.cod) == (Pair(held, SCALAR), MATRIX)
    assert plain.meaning(where)(((state, point), (pace,))) == plain.meaning(other.ask(MATRIX))((state, point))


def test_a_rule_asks_by_part_of_its_state(plain: Functions) -> None:
    """With the state (t, s), at p + s; with the rate times k, at p + k s."""
    state = Pair(SCALAR, MATRIX)
    ask = (Second(SCALAR, MATRIX) @ Identity(MATRIX)) >> primitives.add((2, 3))
    rule = replace(gradient_descent(TENTH), leaf_state=lambda shape: state, leaf_ask=lambda shape: ask)
    term, at = asked(rule, (2, 3)), ((((7,), STATE), (0, 10, 20, 30, 40, 50)), (Fraction(3),))
    assert (term.dom, term.cod) == (Pair(Pair(state, MATRIX), SCALAR), MATRIX)
    assert plain.meaning(term)(at) == (3, 7, 26, 24, 49, 41)


def made(name: str, rate: Fraction) -> Optimiser:
    """The rule of this name at this rate."""
    decay = (NINE_TENTHS,) if name in ("momentum", "nesterov") else ()
    rules = {"gradient descent": gradient_descent, "sign descent": sign_descent}
    return (rules | {"momentum": momentum, "nesterov": nesterov})[name](rate, *decay)


def test_a_rule_says_how_it_is_paced() -> None:
    """What a rule says of itself is taken as it is said."""
    said = First(Pair(UNIT, SCALAR), Pair(SCALAR, SCALAR))
    rule = replace(gradient_descent(TENTH), leaf_paced=lambda shape: said)
    assert scheduled(rule, ()) is said


def test_what_is_done_first_sees_all_parameters(plain: Functions) -> None:
    """(p, g) ↦ p - g before the step, on a pair; ``apart`` is the step without it."""
    rule = replace(gradient_descent(TENTH), prepare=primitives.subtract_on)
    ob = Pair(SCALAR, space(2))
    at = ((((), ()), ((10,), (20, 30))), ((5,), (-20, 0)))
    term = rule.update(ob)
    assert term.dom == Pair(Pair(rule.state(ob), ob), ob)
    assert plain.meaning(term)(at) == (((), ()), ((Fraction(19, 2),), (16, 27)))
    assert plain.meaning(rule.apart(ob))(at) == (((), ()), ((Fraction(19, 2),), (22, 30)))


def test_what_is_not_numbers_stays(plain: Functions) -> None:
    """On 1, and on a sort, the rule asks at the parameter itself."""
    for rule in ALL.values():
        assert plain.meaning(rule.update(UNIT))((((), ()), ())) == ((), ())
    assert ALL["nesterov"].ask(UNIT) == Second(UNIT, UNIT)
