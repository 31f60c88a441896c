"""Schedules without torch: cosines by their formula, and what a rule on a schedule makes of its steps, exactly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from math import cos, pi
from typing import Any

import pytest

from verified_cat.errors import UsageError
from verified_cat.functions import Functions
from verified_cat.machine import evaluate
from verified_cat.objects import SCALAR, UNIT, Pair
from verified_cat.optimiser import Optimiser, gradient_descent, momentum, nesterov
from verified_cat.schedules import (
    PI,
    Schedule,
    constant,
    cosine,
    every,
    exponential,
    factors,
    inverse_time,
    on_schedule,
    one_cycle,
    tabled,
    warm_up,
)

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)


def first(schedule: Schedule, count: int, plain: Functions) -> list[Any]:
    return [value[0] for value in islice(factors(schedule, plain.engine), count)]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: constant(), [1, 1, 1]),
        (lambda: every(2, HALF), [1, 1, HALF, HALF, HALF**2]),
        (lambda: every(3), [1, 1, 1, TENTH, TENTH, TENTH, TENTH**2]),
        (lambda: warm_up(2), [0, HALF, 1, 1]),
        (lambda: warm_up(4, Fraction(1, 5)), [Fraction(n, 5) for n in (1, 2, 3, 4, 5, 5)]),
        (lambda: inverse_time(HALF), [1, Fraction(2, 3), HALF]),
        (lambda: tabled(3, HALF, 2), [3, HALF, 2, 2]),
        (lambda: tabled(7), [7, 7]),
        (lambda: exponential(HALF) * tabled(2, 3), [2, Fraction(3, 2), Fraction(3, 4)]),
    ],
)
def test_rational_factors(make: Callable[[], Schedule], expected: list[Any], plain: Functions) -> None:
    assert first(make(), len(expected), plain) == expected


def annealed(x: float, start: float, end: float) -> float:
    return end + (start - end) * (1 + cos(pi * x)) / 2


def cycle(steps: int, rise: float, first: float, last: float) -> Callable[[int], float]:
    """Up to 1 at rise · n - 1, then down to ``last`` at n - 1, both by half a cosine."""
    top, end = rise * steps - 1, steps - 1

    def factor(t: int) -> float:
        return annealed(t / top, first, 1.0) if t <= top else annealed((t - top) / (end - top), 1.0, last)

    return factor


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (lambda: cosine(8), lambda t: annealed(t / 8, 1.0, 0.0)),
        (lambda: cosine(5, TENTH), lambda t: annealed(t / 5, 1.0, 0.1)),
        (lambda: cosine(1), lambda t: annealed(t, 1.0, 0.0)),
        (lambda: one_cycle(10), cycle(10, 0.3, 1 / 25, 1 / 250000)),
        (lambda: one_cycle(8, HALF, TENTH, Fraction(1, 100)), cycle(8, 0.5, 0.1, 0.01)),
    ],
)
def test_cosines(make: Callable[[], Schedule], formula: Callable[[int], float], plain: Functions) -> None:
    schedule = make()
    steps = 8 if schedule.name == "one cycle" else 12
    found = [float(value) for value in first(schedule, steps, plain)]
    assert found == pytest.approx([formula(t) for t in range(steps)], abs=1e-12)


def test_pi_is_right_to_its_last_digit() -> None:
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(70):
        exact = mpmath.mpf(PI.numerator) / PI.denominator
        assert abs(mpmath.pi - exact) < mpmath.mpf(10) ** -50 / 2


def test_names() -> None:
    made = (
        constant(),
        exponential(HALF),
        every(3),
        warm_up(2),
        cosine(2),
        one_cycle(9),
        inverse_time(HALF),
        tabled(1, 2),
    )
    assert [each.name for each in made] == [
        "a constant", "exponential decay", "steps of 3", "a warm-up", "a cosine", "one cycle", "inverse time",
        "a table of 2",
    ]  # fmt: skip
    assert (made[3] * made[1]).name == "a warm-up times exponential decay"
    assert (made[3] * made[2]).state == Pair(SCALAR, Pair(SCALAR, SCALAR))
    assert (made[0].state, made[2].state, made[3].state) == (UNIT, Pair(SCALAR, SCALAR), SCALAR)


def test_what_is_refused() -> None:
    makers: dict[str, Any] = {"every": every, "warm_up": warm_up, "cosine": cosine, "one_cycle": one_cycle}
    for name, make in makers.items():
        for wrong in (0, -1, True, 2.5):
            with pytest.raises(UsageError, match=f"^{name}: the number of steps is a whole number >= 1, not {wrong}$"):
                make(wrong)
    with pytest.raises(UsageError, match=r"^tabled: the number of steps is a whole number >= 1, not 0$"):
        tabled()
    for steps, rise, reason in (
        (10, TENTH, "of 10 steps the rise ends at 0, which is not between 0 and 9"),
        (10, Fraction(1), "of 10 steps the rise ends at 9, which is not between 0 and 9"),
        (2, HALF, "of 2 steps the rise ends at 0, which is not between 0 and 1"),
    ):
        with pytest.raises(UsageError, match=f"^one_cycle: {reason}$"):
            one_cycle(steps, rise)
    assert one_cycle(10, Fraction(2, 10)).name == "one cycle"


@pytest.mark.parametrize("rule", [gradient_descent(HALF), momentum(HALF, TENTH), nesterov(HALF, TENTH)])
def test_a_rule_on_a_schedule_steps_by_its_factors(rule: Optimiser, plain: Functions) -> None:
    """p ↦ p + k d with (s', d) = U((s, 0), g), asked for at p + k ask(s, 0); then the next factor."""
    engine, plan = plain.engine, tabled(1, Fraction(1, 3), 2) * warm_up(4, HALF)
    whole = on_schedule(rule, plan)
    assert whole.name == f"{rule.name} with a table of 3 times a warm-up"
    assert whole.state(SCALAR) == Pair(rule.state(SCALAR), plan.state)
    state, p = evaluate(whole.initial(SCALAR), (), engine), (Fraction(8),)
    own, expected = evaluate(rule.initial(SCALAR), (), engine), Fraction(8)
    for factor, slope in zip(first(plan, 5, plain), (4, -1, 3, 5, -2), strict=True):
        away = evaluate(rule.ask(SCALAR), (own, (Fraction(0),)), engine)[0]
        assert evaluate(whole.ask(SCALAR), (state, p), engine) == (expected + factor * away,)
        own, step = evaluate(rule.update(SCALAR), ((own, (Fraction(0),)), (Fraction(slope),)), engine)
        expected += factor * step[0]
        state, p = evaluate(whole.update(SCALAR), ((state, p), (Fraction(slope),)), engine)
        assert p == (expected,) and state[0] == own


def test_gradient_descent_on_a_table(plain: Functions) -> None:
    rule = on_schedule(gradient_descent(HALF), tabled(1, HALF, Fraction(1, 4)))
    assert rule.leaf_ask is None and rule.leaf_paced is None
    state, p = evaluate(rule.initial(SCALAR), (), plain.engine), (Fraction(8),)
    met = []
    for _ in range(4):
        state, p = evaluate(rule.update(SCALAR), ((state, p), (Fraction(4),)), plain.engine)
        met.append(p[0])
    assert met == [6, 5, Fraction(9, 2), 4]
