"""One step of training by hand: where the gradient is asked for, what is done to it, and the rule at each leaf."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.descent import asked_at, per_leaf, program_of, step
from verified_cat.functions import Functions
from verified_cat.loss import total
from verified_cat.machine import evaluate
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, UNIT, Pair, Sort, space
from verified_cat.optimiser import Optimiser, gradient_descent, momentum, nesterov
from verified_cat.program import running
from verified_cat.terms import Copy, First, Pairing, Term

TENTH, HALF = Fraction(1, 10), Fraction(1, 2)
PARAM = Pair(SCALAR, Pair(UNIT, space(2)))
POINT, DATA = ((3,), ((), (1, -2))), ((5,), ((), (7, 11)))


def objective() -> Objective:
    """Σ (p² / 2 + d p), whose gradient is p + d: E = 3²/2 + 1²/2 + 2²/2 + 15 + 7 - 22 = 7."""

    def half_square(shape: tuple[int, ...]) -> Term:
        return Copy(space(*shape)) >> p.multiply(shape) >> p.scale(HALF, shape)

    squares = First(PARAM, PARAM) >> p.map_on(PARAM, half_square) >> total(PARAM)
    tilted = p.multiply_on(PARAM) >> total(PARAM)
    return Objective(PARAM, PARAM, Pairing(squares, tilted) >> p.add(()))


def pair(rule: Optimiser, plain: Functions) -> Any:
    """The state of the rule before the first step, and the parameters."""
    return plain.meaning(rule.initial(PARAM))(()), POINT


def test_gradient_descent(plain: Functions) -> None:
    """The gradient is (8, 8, 9)."""
    rule = gradient_descent(TENTH)
    state, loss = step(objective(), rule, pair(rule, plain), DATA, plain.engine)
    assert loss == (7,)
    assert state == (((), ((), ())), ((Fraction(22, 10),), ((), (Fraction(2, 10), Fraction(-29, 10)))))


def test_the_state_moves_with_its_leaf(plain: Functions) -> None:
    """s' = s / 2 + (8, 8, 9), p' = p - s' / 10."""
    rule = momentum(TENTH, HALF)
    state, loss = step(objective(), rule, (((2,), ((), (4, 6))), POINT), DATA, plain.engine)
    assert loss == (7,)
    assert state == (((9,), ((), (10, 12))), ((Fraction(21, 10),), ((), (0, Fraction(-32, 10)))))


def test_the_gradient_is_asked_for_ahead(plain: Functions) -> None:
    """At p - s / 20, which is (29/10, 8/10, -23/10): the gradient is that and d, and so is the loss."""
    rule, held = nesterov(TENTH, HALF), ((2,), ((), (4, 6)))
    ahead = ((Fraction(29, 10),), ((), (Fraction(8, 10), Fraction(-23, 10))))
    assert asked_at(PARAM, rule, (held, POINT), plain.engine) == ahead
    state, loss = step(objective(), rule, (held, POINT), DATA, plain.engine)
    assert state[0] == ((1 + Fraction(79, 10),), ((), (2 + Fraction(78, 10), 3 + Fraction(87, 10))))
    numbers = [Fraction(29, 10), Fraction(8, 10), Fraction(-23, 10)]
    assert loss == (sum(x * x / 2 + d * x for x, d in zip(numbers, (5, 7, 11), strict=True)),)
    assert asked_at(PARAM, momentum(TENTH, HALF), (held, POINT), plain.engine) is POINT


def test_a_rate_scales_the_step_and_where_it_asks(plain: Functions) -> None:
    """A rule at rate 1, with the rate 1/10, steps as the rule at rate 1/10."""
    held = ((2,), ((), (4, 6)))
    for make in (momentum, nesterov):
        one, tenth = make(Fraction(1), HALF), make(TENTH, HALF)
        expected = step(objective(), tenth, (held, POINT), DATA, plain.engine)
        assert step(objective(), one, (held, POINT), DATA, plain.engine, rate=(TENTH,)) == expected
        assert asked_at(PARAM, one, (held, POINT), plain.engine, (TENTH,)) == asked_at(
            PARAM, tenth, (held, POINT), plain.engine
        )


def test_what_counts_is_what_is_combined(plain: Functions) -> None:
    """The rule is given what ``combine`` makes of the gradient, leaf by leaf, and of the loss."""
    seen: list[Any] = []

    def doubled(slopes: list[Any], loss: Any, engine: Any) -> tuple[list[Any], Any]:
        seen.append((slopes, loss, engine))
        return [tuple(2 * number for number in slope) for slope in slopes], (loss[0] + 1,)

    rule = gradient_descent(TENTH)
    state, loss = step(objective(), rule, pair(rule, plain), DATA, plain.engine, doubled)
    assert seen == [([(8,), (8, 9)], (7,), plain.engine)]
    assert (loss, state[1]) == ((8,), ((Fraction(14, 10),), ((), (Fraction(-6, 10), Fraction(-38, 10)))))


def test_the_gradient_is_prepared_with_the_parameters(plain: Functions) -> None:
    """g' = p - g = (-5, -7, -11), from the gradient of all leaves and where they are."""
    rule = replace(gradient_descent(TENTH), prepare=p.subtract_on)
    state, _ = step(objective(), rule, pair(rule, plain), DATA, plain.engine)
    assert state[1] == ((Fraction(35, 10),), ((), (Fraction(17, 10), Fraction(-9, 10))))


@pytest.mark.parametrize("paced", [False, True])
def test_a_step_as_a_program(paced: bool, plain: Functions) -> None:
    """(S ⊗ P) ⊗ D → (S ⊗ P) ⊗ R; paced, with the rate as the last datum."""
    rule, held = momentum(Fraction(1), HALF), ((2,), ((), (4, 6)))
    made = program_of(objective(), rule, paced=paced)
    states = Pair(PARAM, PARAM)
    assert made.dom == Pair(states, Pair(PARAM, SCALAR) if paced else PARAM)
    assert made.cod == Pair(states, SCALAR)
    data, rate = ((DATA, (TENTH,)), (TENTH,)) if paced else (DATA, None)
    expected = step(objective(), rule, (held, POINT), DATA, plain.engine, rate=rate)
    assert running(made, plain.engine)(((held, POINT), data)) == expected


def test_a_program_of_what_is_combined(plain: Functions) -> None:
    def nothing(slopes: list[Any], loss: Any, engine: Any) -> tuple[list[Any], Any]:
        none = [evaluate(p.scale(0, shape), slope, engine) for slope, shape in zip(slopes, [(), (2,)], strict=True)]
        return none, loss

    rule = gradient_descent(TENTH)
    made = program_of(objective(), rule, nothing)
    (_, point), loss = running(made, plain.engine)((pair(rule, plain), DATA))
    assert (point, loss) == (POINT, (7,))


def test_the_states_of_the_leaves() -> None:
    """From left to right; what has no numbers has none, and a sort has one."""
    ob = Pair(Pair(SCALAR, UNIT), Pair(Sort("A"), space(2)))
    assert per_leaf(ob, (("a", ()), ("b", "c"))) == ["a", "b", "c"]
    assert per_leaf(SCALAR, "s") == ["s"] and per_leaf(UNIT, ()) == []
