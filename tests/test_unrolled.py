"""Learning to learn as terms: unrolled training exactly, its second derivatives three ways, rules, losses, refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import count
from typing import Any

import pytest

sp = pytest.importorskip("sympy", reason="not run: sympy not installed (pip install verified-cat[reference])")

from verified_cat import primitives as table  # noqa: E402
from verified_cat.errors import BoundaryError, UsageError  # noqa: E402
from verified_cat.functions import Functions  # noqa: E402
from verified_cat.machine import differentiate, evaluate  # noqa: E402
from verified_cat.networks import PARA, Objective, dense, mean_square, supervised  # noqa: E402
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, flatten, fold, size, space  # noqa: E402
from verified_cat.optimiser import gradient_descent, momentum, nesterov  # noqa: E402
from verified_cat.program import program  # noqa: E402
from verified_cat.reference.engine import SympyEngine  # noqa: E402
from verified_cat.rules import clipped_by_norm  # noqa: E402
from verified_cat.terms import Discard, First, Identity, Pairing, Second  # noqa: E402
from verified_cat.unrolled import (  # noqa: E402
    as_error,
    fixed,
    gradient,
    in_range,
    judged_by,
    learned_loss,
    learned_rates,
    rated,
    repeated,
    tilted_huber,
    training_step,
    unrolled,
)

ENGINE = SympyEngine()
ONE = ENGINE.lift(SCALAR, (Fraction(1),))


def drawn(ob: Ob, start: int = 1) -> Any:
    """An exact value with small rational entries."""
    numbers = count(start)

    def leaf(space_: Ob) -> tuple[Fraction, ...]:
        return tuple(Fraction((-1) ** k * (k % 7 + 1), k % 5 + 3) for k in (next(numbers) for _ in range(size(space_))))

    return ENGINE.lift(ob, fold(ob, unit=(), leaf=leaf, pair=lambda left, right: (left, right)))


def numbers(ob: Ob, value: Any) -> list[Fraction]:
    return [Fraction(str(entry)) for leaf in flatten(ob, value) for entry in leaf.flat]


def regression() -> Objective:
    """Two points of the plane and a line."""
    return supervised(dense(2, 1, 1, "line").map, mean_square(2, 1))


def meta(steps: int, *, tied: bool = True) -> Objective:
    error = regression()
    return unrolled(as_error(error), learned_rates(), steps, error, tied=tied)


# ---------------------------------------------------------------------------------------------- second derivatives


def by_hand(steps: int, given: list[Any]) -> tuple[Any, list[Any]]:
    """The outer error after so many steps of momentum with a rate and a decay for w and for b, by SymPy alone."""
    rate_w, decay_w, rate_b, decay_b = q = sp.symbols("rate_w decay_w rate_b decay_b")
    w, b, x1, x2, y1, y2, u1, u2, v1, v2 = given
    m_w = m_b = sp.Integer(0)
    p_w, p_b = w, b
    for _ in range(steps):
        r1, r2 = p_w * x1 + p_b - y1, p_w * x2 + p_b - y2  # the gradient of (r₁² + r₂²) / 2, written out
        m_w, m_b = decay_w * m_w + r1 * x1 + r2 * x2, decay_b * m_b + r1 + r2
        p_w, p_b = p_w - rate_w * m_w, p_b - rate_b * m_b
    return ((p_w * u1 + p_b - v1) ** 2 + (p_w * u2 + p_b - v2) ** 2) / 2, list(q)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_value_and_gradient_are_those_of_training_written_out_by_hand(steps: int) -> None:
    objective = meta(steps)
    q, data = drawn(objective.param), drawn(objective.data, 20)
    found, pullback = differentiate(objective.term, (q, data), ENGINE)
    slope, _ = pullback(ONE)
    given = [entry for leaf in flatten(objective.data, data) for entry in leaf.flat]
    error, symbols = by_hand(steps, given)
    at = dict(zip(symbols, [sp.Rational(str(each)) for each in numbers(objective.param, q)], strict=True))
    assert numbers(SCALAR, found) == [Fraction(str(error.subs(at)))]
    wanted = [Fraction(str(sp.diff(error, each).subs(at))) for each in symbols]
    assert numbers(objective.param, slope) == wanted
    assert steps == 1 or all(wanted)


def test_second_derivatives_against_differences_of_rationals() -> None:
    """Central differences with h = 10⁻²⁰, in rationals, so that nothing but h² is lost; three steps, all parameters."""
    objective = meta(3)
    q, data = drawn(objective.param), drawn(objective.data, 20)
    slope, _ = differentiate(objective.term, (q, data), ENGINE)[1](ONE)
    h, point = Fraction(1, 10**20), numbers(objective.param, q)
    for place, wanted in enumerate(numbers(objective.param, slope)):
        sides = []
        for sign in (1, -1):
            moved = [each + sign * h if i == place else each for i, each in enumerate(point)]
            supply = iter(moved)
            leaves = fold(objective.param, unit=(), leaf=lambda _: (next(supply),), pair=lambda a, b: (a, b))  # noqa: B023
            sides += numbers(SCALAR, evaluate(objective.term, (ENGINE.lift(objective.param, leaves), data), ENGINE))
        assert abs((sides[0] - sides[1]) / (2 * h) - wanted) < Fraction(1, 10**30)


def test_one_rate_for_each_step_solves_a_quadratic_with_two_curvatures_in_two_steps() -> None:
    """½ (a x² + b y²) with rates 1/a and then 1/b; the same rate twice does not."""
    plane, a, b = space(2), Fraction(3), Fraction(7)
    point = First(plane, UNIT)
    square = Pairing(point, point) >> table.multiply((2,))
    halves = Discard(Pair(plane, UNIT)) >> table.constant((2,), a / 2, b / 2)
    weigh = Pairing(square, halves) >> table.contract("i,i->", (2,), (2,))
    objective = Objective(plane, UNIT, weigh)
    rule = rated(gradient_descent(Fraction(1)))
    start = ENGINE.lift(plane, (Fraction(5), Fraction(-2)))
    untied = unrolled(as_error(objective), rule, 2, objective, tied=False)
    assert str(untied.param) == "((1 ⊗ R) ⊗ (1 ⊗ R))"
    q = ENGINE.lift(untied.param, (((), (1 / a,)), ((), (1 / b,))))
    found, pullback = differentiate(untied.term, (q, (start, ((), ()))), ENGINE)
    slope, _ = pullback(ONE)
    assert numbers(SCALAR, found) == [0] and numbers(untied.param, slope) == [0, 0]
    tied = unrolled(as_error(objective), rule, 2, objective)
    for rate in (1 / a, 1 / b, 2 / (a + b)):
        q = ENGINE.lift(tied.param, ((), (rate,)))
        assert numbers(SCALAR, evaluate(tied.term, (q, (start, ((), ()))), ENGINE))[0] > 0


# ---------------------------------------------------------------------------------------------- rules


def test_a_rated_rule_is_the_rule_at_that_rate_on_every_leaf() -> None:
    error, rate = regression(), Fraction(2, 9)
    for make in (gradient_descent, lambda each: momentum(each, Fraction(1, 3))):
        one, two = rated(make(Fraction(1))), fixed(make(rate))
        steps = [repeated(training_step(as_error(error), rule), 3) for rule in (one, two)]
        assert [str(step.param) for step in steps] == ["(1 ⊗ R)", "(1 ⊗ 1)"]
        given = drawn(steps[0].dom, 5)
        found = [
            numbers(step.cod, evaluate(step.inside, (q, given), ENGINE))
            for step, q in zip(steps, [((), ENGINE.lift(SCALAR, (rate,))), ((), ())], strict=True)
        ]
        assert found[0] == found[1]


def test_learned_rates_with_the_same_numbers_everywhere_are_momentum() -> None:
    error, rate, decay = regression(), Fraction(2, 9), Fraction(1, 3)
    rule = training_step(as_error(error), learned_rates())
    same = training_step(as_error(error), fixed(momentum(rate, decay)))
    given = drawn(rule.dom, 5)
    rates = ENGINE.lift(rule.param.right, (((rate,), (decay,)), ((rate,), (decay,))))
    one = evaluate(repeated(rule, 4).inside, (((), rates), given), ENGINE)
    two = evaluate(repeated(same, 4).inside, (((), ()), given), ENGINE)
    assert numbers(rule.cod, one) == numbers(rule.cod, two)


def test_in_range_is_along_exp_and_sigmoid() -> None:
    rule, plain = in_range(learned_rates()), learned_rates()
    assert rule.param(SCALAR) == plain.param(SCALAR)
    given = drawn(rule.update(SCALAR).dom)
    q = ENGINE.lift(Pair(SCALAR, SCALAR), ((Fraction(0),), (Fraction(0),)))
    there = ENGINE.lift(Pair(SCALAR, SCALAR), ((Fraction(1),), (Fraction(1, 2),)))
    update, ours = plain.update(SCALAR), rule.update(SCALAR)
    one = flatten(update.cod, evaluate(ours.inside, (q, given), ENGINE))
    two = flatten(update.cod, evaluate(update.inside, (there, given), ENGINE))
    assert [sp.simplify(a.flat[0] - b.flat[0]) for a, b in zip(one, two, strict=True)] == [0, 0]


def test_the_length_of_an_unrolled_program_grows_with_the_steps() -> None:
    lengths = [len(program(meta(steps).term).wires) for steps in (2, 4, 8)]
    assert lengths[2] - lengths[1] == 2 * (lengths[1] - lengths[0])


# ---------------------------------------------------------------------------------------------- losses


def residuals(*entries: Fraction) -> Any:
    return ENGINE.lift(space(len(entries)), entries)


def test_tilted_huber_is_what_it_says() -> None:
    loss, at = tilted_huber(4), (Fraction(3), Fraction(1, 2), Fraction(-1, 2), Fraction(-4))

    def huber(u: Fraction, delta: Fraction) -> Fraction:
        return u * u / 2 if u <= delta else delta * (u - delta / 2)

    for delta, tilt in ((Fraction(1), Fraction(1, 5)), (Fraction(10), Fraction(1, 2))):
        q = ENGINE.lift(loss.param, ((delta,), (tilt,)))
        wanted = sum((tilt if r > 0 else 1 - tilt) * huber(abs(r), delta) for r in at) / 4
        assert numbers(SCALAR, evaluate(loss.inside, (q, residuals(*at)), ENGINE)) == [wanted]


def test_a_learned_loss_is_a_network_on_each_residual() -> None:
    loss, at = learned_loss(2, 3), (Fraction(1), Fraction(-2), Fraction(1, 2))
    q = ENGINE.lift(loss.param, ((Fraction(2), Fraction(-1)), ((Fraction(1), Fraction(3)), (Fraction(0), Fraction(1)))))
    found = evaluate(loss.inside, (q, residuals(*at)), ENGINE)
    soft = [2 * sp.log(1 + sp.exp(r)) - sp.log(1 + sp.exp(3 * r + 1)) for r in map(sp.Rational, map(str, at))]
    assert abs(sp.N(found.flat[0] - sum(soft) / 3, 40)) < sp.Rational(1, 10**30)


def test_judged_by_takes_the_loss_of_target_less_output() -> None:
    model = dense(2, 1, 1, "line").map
    error = judged_by(tilted_huber(2), model)
    q = ENGINE.lift(error.param, ((Fraction(1000),), (Fraction(1, 2),)))
    point = drawn(error.dom, 3)
    half = evaluate(error.inside, (q, point), ENGINE)
    square = evaluate(regression().term, point, ENGINE)
    assert 4 * numbers(SCALAR, half)[0] == numbers(SCALAR, square)[0]


# ---------------------------------------------------------------------------------------------- refusals


def test_what_does_not_fit_is_refused() -> None:
    error = regression()
    with pytest.raises(UsageError, match="unrolled for one step or more, not 0"):
        meta(0)
    with pytest.raises(BoundaryError, match="an inner objective goes from P ⊗ D to R"):
        training_step(dense(2, 1, 1, "line").map, learned_rates())
    other = Objective(SCALAR, UNIT, First(SCALAR, UNIT))
    with pytest.raises(BoundaryError, match="the outer objective is over R; what is trained is in"):
        unrolled(as_error(error), learned_rates(), 1, other)
    with pytest.raises(BoundaryError, match="does not judge a model that ends in"):
        judged_by(tilted_huber(3), dense(2, 1, 1, "line").map)
    with pytest.raises(BoundaryError, match="updates spaces and pairs of them"):
        learned_rates().update(UNIT)


# ---------------------------------------------------------------------------------------------- on plain numbers

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
PAIR = Pair(space(2), SCALAR)


def test_a_learned_rate_and_decay_for_every_entry(plain: Functions) -> None:
    """m' = γ m + g = (2 + 11, 30 + 13), p' = p - ε m'."""
    rule, ob = learned_rates(), space(2)
    assert (rule.name, rule.shared) == ("learned rates", False)
    assert (rule.param(ob), rule.state(ob)) == (Pair(ob, ob), ob)
    assert plain.meaning(rule.initial(ob))(()) == (0, 0)
    made = rule.update(ob)
    assert (made.param, made.dom, made.cod) == (Pair(ob, ob), Pair(Pair(ob, ob), ob), Pair(ob, ob))
    found = plain.meaning(made.inside)((((HALF, THIRD), (2, 3)), (((1, 10), (5, 7)), (11, 13))))
    assert found == ((13, 43), (5 - Fraction(13, 2), 7 - Fraction(43, 3)))


def test_each_leaf_has_its_own_parameters_or_all_share_one(plain: Functions) -> None:
    own, one = learned_rates(), rated(momentum(Fraction(1), THIRD))
    assert own.param(PAIR) == Pair(Pair(space(2), space(2)), Pair(SCALAR, SCALAR))
    assert (one.param(PAIR), one.name, one.shared) == (SCALAR, "momentum", True)
    held = ((((1, 10), (4,)), ((5, 7), (6,))), ((11, 13), (2,)))
    for rule in (own, one):
        assert (rule.state(PAIR), rule.initial(PAIR).cod) == (PAIR, PAIR)
        made = rule.update(PAIR)
        assert (made.param, made.dom, made.cod) == (rule.param(PAIR), Pair(Pair(PAIR, PAIR), PAIR), Pair(PAIR, PAIR))
    shared = plain.meaning(one.update(PAIR).inside)(((HALF,), held))
    assert shared == plain.meaning(momentum(HALF, THIRD).update(PAIR))(held)
    each = plain.meaning(own.update(PAIR).inside)(((((HALF, HALF), (THIRD, THIRD)), ((HALF,), (THIRD,))), held))
    assert each == shared


def test_a_fixed_rule_has_nothing_to_learn(plain: Functions) -> None:
    rule = fixed(momentum(HALF, THIRD))
    assert (rule.param(PAIR), rule.name, rule.shared) == (UNIT, "momentum", True)
    held = ((((1, 10), (4,)), ((5, 7), (6,))), ((11, 13), (2,)))
    made = rule.update(PAIR)
    assert (made.param, made.dom) == (UNIT, Pair(Pair(PAIR, PAIR), PAIR))
    assert plain.meaning(made.inside)(((), held)) == plain.meaning(momentum(HALF, THIRD).update(PAIR))(held)
    for wrong in (nesterov(HALF, THIRD), clipped_by_norm(momentum(HALF, THIRD), HALF)):
        for make in (fixed, rated):
            with pytest.raises(UsageError, match="an unrolled step takes the gradient at p, as it is"):
                make(wrong)


def test_rates_in_range(plain: Functions) -> None:
    rule = in_range(learned_rates())
    assert (rule.name, rule.param(SCALAR), rule.state(SCALAR)) == (
        "learned rates in range",
        Pair(SCALAR, SCALAR),
        SCALAR,
    )
    (m,), (p,) = plain.meaning(rule.update(SCALAR).inside)((((1,), (0,)), (((4,), (7,)), (5,))))
    assert (m, p) == (pytest.approx(7), pytest.approx(7 - 7 * math.e))
    assert plain.meaning(rule.initial(SCALAR))(()) == (0,)


def weighed() -> Any:
    """(l, (p, d)) ↦ l ⟨p, d⟩ : an inner objective with a parameter, whose gradient is l d."""
    plane = space(2)
    inner = table.contract("i,i->", (2,), (2,))
    return PARA.of(SCALAR, Pair(plane, plane), SCALAR, (Identity(SCALAR) @ inner) >> table.multiply(()))


def test_a_step_of_training_by_hand(plain: Functions) -> None:
    """p' = p - k l d; the data go on to the next step."""
    error, rule = weighed(), rated(gradient_descent(Fraction(1)))
    assert plain.meaning(gradient(error))(((3,), ((5, 7), (1, 10)))) == (3, 30)
    step = training_step(error, rule)
    given = Pair(Pair(UNIT, space(2)), space(2))
    assert (step.param, step.dom, step.cod) == (Pair(SCALAR, SCALAR), given, given)
    found = plain.meaning(step.inside)((((3,), (HALF,)), (((), (5, 7)), (1, 10))))
    assert found == (((), (5 - Fraction(3, 2), -8)), (1, 10))


def test_steps_in_a_row(plain: Functions) -> None:
    """Untied, each step has its own l and k; tied, all have the same."""
    body = training_step(weighed(), rated(gradient_descent(Fraction(1))))
    one = Pair(SCALAR, SCALAR)
    untied, tied = repeated(body, 3, tied=False), repeated(body, 3)
    assert untied.param == Pair(Pair(one, one), one) and tied.param == one
    given = (((), (0, 0)), (1, 10))
    parameters = ((((1,), (1,)), ((2,), (1,))), ((3,), (10,)))
    assert plain.meaning(untied.inside)((parameters, given)) == (((), (-33, -330)), (1, 10))
    assert plain.meaning(tied.inside)((((2,), (5,)), given)) == (((), (-30, -300)), (1, 10))
    assert repeated(body, 1, tied=False) == body
    for steps in (0, -1, True, 2.0):
        with pytest.raises(UsageError, match="training is unrolled for one step or more, not"):
            repeated(body, steps)  # type: ignore[arg-type]


def test_the_error_that_counts_is_taken_after_the_steps(plain: Functions) -> None:
    """F(p, w) = w p₀ + p₁ at p₂ = p₀ - 2 k l d, over data of its own."""
    plane = space(2)
    first = Pairing(First(plane, SCALAR) >> table.slice_axes((2,), (0,), (1,)), Second(plane, SCALAR))
    scaled = first >> (table.reshape((1,), ()) @ Identity(SCALAR)) >> table.multiply(())
    rest = First(plane, SCALAR) >> table.slice_axes((2,), (1,), (1,)) >> table.reshape((1,), ())
    outer = Objective(plane, SCALAR, Pairing(scaled, rest) >> table.add(()))
    made = unrolled(weighed(), rated(momentum(Fraction(1), Fraction(0))), 2, outer)
    assert made.param == Pair(SCALAR, SCALAR)
    assert made.data == Pair(plane, Pair(plane, SCALAR))
    assert plain.meaning(made.term)((((2,), (5,)), ((100, 0), ((1, 10), (3,))))) == (3 * (100 - 20) - 200,)
    apart = unrolled(weighed(), rated(momentum(Fraction(1), Fraction(0))), 2, outer, tied=False)
    assert apart.param == Pair(made.param, made.param)


def test_losses_of_residuals(plain: Functions) -> None:
    """Of y - f(p, x), the target first, as one vector; the loss has its parameters, the model its own."""
    model, loss = dense(2, 3, 1, "plane").map, tilted_huber(2)
    error = judged_by(loss, model)
    assert (error.param, error.dom, error.cod) == (loss.param, Pair(model.param, Pair(model.dom, model.cod)), SCALAR)
    point = (((3, 1, 2), (1,)), ((1, 2, 0, 0, 1, 1), (9, 2)))  # residuals 9 - 6 and 2 - 4
    found = plain.meaning(error.inside)((((2,), (Fraction(1, 5),)), point))
    assert found == ((Fraction(1, 5) * 4 + Fraction(4, 5) * 2) / 2,)
    for wrong in (PARA.of(UNIT, SCALAR, SCALAR, Second(UNIT, SCALAR)), tilted_huber(3), judged_by(loss, model)):
        with pytest.raises(BoundaryError, match="does not judge a model that ends in"):
            judged_by(wrong, model)
    with pytest.raises(BoundaryError, match="does not judge a model that ends in"):
        judged_by(loss, training_step(weighed(), learned_rates()))


def test_a_learned_loss_by_its_formula(plain: Functions) -> None:
    """1/3 Σ_i Σ_j a_j log(1 + e^(b_j r_i + c_j))."""
    loss, a, b, c, r = learned_loss(2, 3), (2, -1), (1, 3), (0, 1), (1, -2, 5)
    assert (loss.param, loss.dom, loss.cod) == (Pair(space(2), Pair(space(2), space(2))), space(3), SCALAR)
    terms = [a[j] * math.log(1 + math.exp(b[j] * each + c[j])) for each in r for j in range(2)]
    assert plain.meaning(loss.inside)(((a, (b, c)), r)) == (pytest.approx(sum(terms) / 3, rel=1e-12),)


def test_tilted_huber_by_its_formula(plain: Functions) -> None:
    loss, r = tilted_huber(4), (3, HALF, -HALF, -4)
    assert (loss.param, loss.dom, loss.cod) == (Pair(SCALAR, SCALAR), space(4), SCALAR)
    wanted = (THIRD * Fraction(5, 2) + THIRD / 8 + 2 * THIRD / 8 + 2 * THIRD * Fraction(7, 2)) / 4
    assert plain.meaning(loss.inside)((((1,), (THIRD,)), r)) == (wanted,)


def test_refusals_in_words() -> None:
    step = training_step(weighed(), learned_rates())
    with pytest.raises(BoundaryError) as caught:
        training_step(step, learned_rates())
    assert str(caught.value) == f"an inner objective goes from P ⊗ D to R, not from {step.dom} to {step.cod}"
    with pytest.raises(BoundaryError, match="an inner objective goes from P ⊗ D to R, not from R to R"):
        training_step(PARA.of(UNIT, SCALAR, SCALAR, Second(UNIT, SCALAR)), learned_rates())
    for ask in (learned_rates().state, learned_rates().initial):
        with pytest.raises(BoundaryError, match="a learned rule updates spaces and pairs of them, not 1"):
            ask(UNIT)
