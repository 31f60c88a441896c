"""Costs and caps as parametric lenses: by hand, as composites, and the one step that they leave."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from verified_cat.costs import as_lens, binary_cross_entropy, cap, cost, critic, huber, training_step
from verified_cat.descent import program_of
from verified_cat.errors import BoundaryError, ShapeError, UsageError
from verified_cat.functions import Functions
from verified_cat.lens import Bundle, reverse_derivative
from verified_cat.networks import dense, entrywise, mean_square, supervised
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum, nesterov
from verified_cat.primitives import multiply, negate, scale, sum_axes, tanh
from verified_cat.program import Program, needed, program, running
from verified_cat.rules import clipped_by_norm, decayed
from verified_cat.terms import Discard, Identity

sys.path.insert(0, str(Path(__file__).parent))
from exact_arrays import array, flat, image, near

SHAPE = (2, 3)
TENTH, HALF = Fraction(1, 10), Fraction(1, 2)

# ------------------------------------------------------------------------------------------------ costs


def test_huber_by_hand(plain: Functions) -> None:
    """Up to 2: d²/2; from there 2 |d| - 2; the slopes d and ±2; tiny and huge differences are exact."""
    value, slope = plain.meaning(huber((), 2)), plain.meaning(reverse_derivative(huber((), 2)))
    for d, level, pull in ((1, HALF, 1), (-2, 2, -2), (5, 8, 2), (-10, 18, -2), (0, 0, 0)):
        assert value(((d,), (0,))) == (level,)
        assert slope((((d + 3,), (3,)), (1,))) == ((pull,), (-pull,))


def test_the_critic_by_hand(plain: Functions) -> None:
    """Mean of the made less the mean of the real, halved: (3 + 5 - 1 - 2) / 4."""
    assert plain.meaning(critic((4,)))(((3, 5, 1, 2), (1, 1, -1, -1))) == (Fraction(5, 4),)


def test_a_mean_over_nothing_and_a_wrong_limit() -> None:
    for make in (binary_cross_entropy, huber, critic):
        with pytest.raises(ShapeError, match="a mean over nothing"):
            make((0, 2))
    with pytest.raises(UsageError, match="the limit is a number > 0"):
        huber((), 0)


@pytest.mark.parametrize("shape", [(), SHAPE])
def test_costs_by_their_formulas(shape: tuple[int, ...], plain: Functions) -> None:
    """Means over all entries; huber's limit is 1 by default."""
    x, target = array(*shape) / 4, array(*shape, seed=1) / 4
    gaps = [abs(one - other) for one, other in zip(flat(x), flat(target), strict=True)]
    pairs = list(zip(map(float, flat(x)), map(float, flat(target)), strict=True))
    bends = [gap * gap / 2 if gap <= 1 else gap - HALF for gap in gaps]
    for term, expected in (
        (binary_cross_entropy(shape), sum(math.log(1 + math.exp(one)) - one * other for one, other in pairs)),
        (huber(shape), sum(bends)),
        (critic(shape), sum(one * other for one, other in pairs)),
    ):
        assert (term.dom, term.cod) == (Pair(space(*shape), space(*shape)), SCALAR)
        assert near(image(term, plain, x, target), np.array(expected / len(gaps), dtype=object))
    assert huber(shape) == huber(shape, 1)


# ------------------------------------------------------------------------------------------------ lenses


def test_a_cost_is_a_parametric_lens(plain: Functions) -> None:
    """½ Σ (x - t)² has R[e]((t, x), α) = α (t - x, x - t)."""
    made = cost(mean_square(1, 2))
    assert (made.param, made.dom, made.cod) == tuple(Bundle(a, a) for a in (space(1, 2), space(1, 2), SCALAR))
    put = plain.meaning(made.inside.put)
    assert put((((1, 5), (4, 3)), (HALF,))) == ((-3, 2), (3, -2))
    assert plain.meaning(made.inside.get)(((1, 5), (4, 3))) == (13,)


def test_targets_need_not_be_predictions(plain: Functions) -> None:
    """(x, t) ↦ t (x₀ + x₁) : R[2] ⊗ R → R, whose targets are weights."""
    made = cost((sum_axes((2,)) @ Identity(SCALAR)) >> multiply(()))
    assert (made.param, made.dom) == (Bundle(SCALAR, SCALAR), Bundle(space(2), space(2)))
    assert plain.meaning(made.inside.get)(((3,), (5, 7))) == (36,)
    assert plain.meaning(made.inside.put)((((3,), (5, 7)), (1,))) == ((12,), (3, 3))


def test_a_cap_ends_in_the_unit(plain: Functions) -> None:
    plain_cap = cap(TENTH)
    assert (plain_cap.dom, plain_cap.cod) == (Bundle(SCALAR, SCALAR), Bundle(UNIT, UNIT))
    made = cap(-TENTH, Pair(SCALAR, space(2)))
    assert made.dom == Bundle(Pair(SCALAR, space(2)), Pair(SCALAR, space(2)))
    assert made.cod == Bundle(UNIT, UNIT)
    assert plain.meaning(made.get)(((7,), (8, 9))) == ()
    assert plain.meaning(made.put)((((7,), (8, 9)), ())) == ((-TENTH,), (-TENTH, -TENTH))


def test_what_is_no_cost() -> None:
    with pytest.raises(BoundaryError, match="a cost is of a distance"):
        cost(Identity(Pair(SCALAR, SCALAR)))
    with pytest.raises(BoundaryError, match="a cost is of a distance B ⊗ T → R, not of R → 1"):
        cost(Discard(SCALAR))
    with pytest.raises(BoundaryError, match="a cost is of a distance B ⊗ T → R, not of R → R"):
        cost(negate(()))
    with pytest.raises(BoundaryError, match="of a term P ⊗ A → B, not of one from R"):
        as_lens(negate(()))


MODEL = (dense(4, 3, 2, "first") >> entrywise(tanh, 4, 2) >> dense(4, 2, 1, "second")).map
RULES: dict[str, Optimiser] = {
    "descent": gradient_descent(TENTH),
    "momentum": momentum(TENTH, HALF),
    "nesterov": nesterov(TENTH, HALF),
    "adam": adam(TENTH),
    "clipped and decayed": clipped_by_norm(decayed(momentum(TENTH, HALF), TENTH), HALF),
}


def shape_of(found: Program) -> list[str]:
    return sorted(map(str, found.operations))


@pytest.mark.parametrize("name", RULES)
def test_what_is_left_of_the_composite_is_the_step_of_the_engine(name: str) -> None:
    """((x, a), t) ↦ x' of the composed lenses, and descent's ((x, (a, t)) ↦ (x', E): one program, but for E's own part.

    The composite has nothing that the step has not; the step has the loss besides.
    """
    rule, distance = RULES[name], mean_square(4, 1)
    composed = program(training_step(MODEL, distance, rule))
    direct = program_of(supervised(MODEL, distance), rule)
    operations = sorted(str(wire.operation) for wire in needed(direct.outputs[:-1]))
    assert shape_of(composed) == operations


def test_the_composite_and_the_step_agree_exactly(plain: Functions) -> None:
    """Two layers without the bend, on rationals, with a cap of 1/2."""
    model = (dense(2, 1, 2, "first") >> dense(2, 2, 1, "second")).map
    rule, distance = momentum(TENTH, HALF), mean_square(2, 1)
    step = plain.meaning(training_step(model, distance, rule, HALF))
    halved = supervised(model, distance >> scale(HALF, ()))
    param = (((1, 2), (3, -1)), ((2, -3), (Fraction(1, 3),)))
    state = (((0, 1), (0, 0)), ((1, 0), (2,)))
    x, t = (3, -2), (1, 5)
    found = step((((state, param), x), t))
    wanted, _ = running(program_of(halved, rule), plain.engine)(((state, param), (x, t)))
    assert found == wanted
    assert found[1] != param
