"""The decision procedure: what must be equal, what must be different with a witness, and what must stay undecided."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest
import sympy as sp

from verified_cat.errors import DataError
from verified_cat.objects import UNIT, Pair, space
from verified_cat.reference.decide import decide, decide_values
from verified_cat.reference.evaluate import CannotEnclose, enclose
from verified_cat.reference.kinked import Relu, Step

x, y = sp.symbols("x y", real=True)
t = sp.Rational(1, 3)


def sigmoid(u: Any) -> Any:
    return 1 / (1 + sp.exp(-u))


EQUAL = [
    ((x + y) ** 2, x**2 + 2 * x * y + y**2),
    (1 / (x - y) - 1 / (x + y), 2 * y / (x**2 - y**2)),
    (sp.diff(sigmoid(x), x), sigmoid(x) * (1 - sigmoid(x))),
    (sigmoid(-x), 1 - sigmoid(x)),
    (sigmoid(2 * x), (1 + sp.tanh(x)) / 2),
    (sp.tanh(x + y), (sp.tanh(x) + sp.tanh(y)) / (1 + sp.tanh(x) * sp.tanh(y))),
    (sp.diff(sp.tanh(x * sp.tanh(y)), y), x * (1 - sp.tanh(x * sp.tanh(y)) ** 2) * (1 - sp.tanh(y) ** 2)),
    (sp.exp(x / (1 + y**2)) * sp.exp(x * y**2 / (1 + y**2)), sp.exp(x)),
    (sp.exp(t * x) ** 3 * sp.exp(y), sp.exp(x + y)),
    (sp.sin(x) ** 2 + sp.cos(x) ** 2, sp.S.One),
    (sp.sin(x + y), sp.sin(x) * sp.cos(y) + sp.cos(x) * sp.sin(y)),
    (sp.cos(3 * x), 4 * sp.cos(x) ** 3 - 3 * sp.cos(x)),
    (sp.log(1 + sp.exp(x)), x + sp.log(1 + sp.exp(-x))),
    (sp.log(8 * x * y**2), 3 * sp.log(2) + sp.log(x) + 2 * sp.log(sp.Abs(y))),
    (sp.sqrt(1 + x**2) ** 2 / sp.sqrt(1 + x**2), sp.sqrt(1 + x**2)),
    (sp.diff(sp.sqrt(1 + x**2), x) * sp.sqrt(1 + x**2), x),
    (Relu(x) - Relu(-x), x),
    (Relu(Relu(x)), Relu(x)),
    (Relu(x) * Step(x), Relu(x)),
    (Relu(x * y), Relu(x) * Relu(y) + Relu(-x) * Relu(-y)),
    (Relu(sp.tanh(x)), sp.tanh(Relu(x))),
    (Relu(x) ** 2 + Relu(-x) ** 2, sp.Abs(x) ** 2),
    (sp.Piecewise((x, x > 0), (-x, True)), sp.Abs(x)),
    (sp.Piecewise((x, sp.And(x > 0, y > 0)), (0, True)), Relu(x) * Step(y)),
    (
        sp.Piecewise((x, sp.ITE(x > 0, y > 0, y < 0)), (0, True)),
        sp.Piecewise((x, x * y > 0), (x, sp.And(~(x > 0), y < 0)), (0, True)),
    ),
    (Relu(x) / x, Step(x)),
    (sp.exp(sp.Integer(2)) * sp.exp(-1), sp.E),
]
DIFFERENT = [
    (x**2, x**2 + sp.Rational(1, 10**40)),
    (sp.exp(x), 1 + x),
    (sp.diff(sp.tanh(x), x), 1 - sp.tanh(x)),
    (sp.exp(x * y), sp.exp(x) * sp.exp(y)),
    (sp.tanh(x), 2 * sigmoid(x) - 1),
    (sp.log(x**2), sp.log(x)),
    (sp.sqrt(x**2), x),
    (Relu(x), x),
    (Relu(x), sp.Abs(x)),
    (Step(x) + Step(-x), sp.S.One),
    (Step(x**2), sp.S.One),
    (sp.tanh(x * (y - x)), sp.tanh(x**2 - x * y)),
    (sp.sin(x * (y - x)), sp.sin(x**2 - x * y)),
    (sp.cos(x * (y - x)), -sp.cos(x**2 - x * y)),
    (Step(x), sp.Piecewise((1, x >= 0), (0, True))),
    (sp.exp(sp.sqrt(2)) + sp.pi, sp.Rational(725_484_338_147_119, 10**14)),
    (sp.S.Zero, sp.Rational(1, 7)),
]
UNDECIDED = [
    (sp.gamma(x + 1), x * sp.gamma(x)),
    (sp.sqrt(x**2 + 2 * x + 1), sp.Abs(x + 1)),
    (sp.exp(Relu(x)), 1 + Relu(sp.exp(x) - 1)),
    (Step(sp.exp(-(x**2)) - 1 - x**2), sp.S.Zero),
    (Step(x + sp.Rational(10**9 + 1, 10**7)), Step(x + sp.Rational(10**9, 10**7))),
    (1 / (sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1), sp.S.One),
    (sp.log(-(x**2)), sp.S.One),
]


@pytest.mark.parametrize(("lhs", "rhs"), EQUAL, ids=str)
def test_equal(lhs: Any, rhs: Any) -> None:
    for one, two in ((lhs, rhs), (rhs, lhs)):
        assert decide(one, two).verdict == "equal", str(decide(one, two))


@pytest.mark.parametrize(("lhs", "rhs"), DIFFERENT, ids=str)
def test_different_with_a_witness_that_can_be_replayed(lhs: Any, rhs: Any) -> None:
    decision = decide(lhs, rhs)
    assert decision.verdict == "different" and decision.witness is not None, str(decision)
    at = dict(decision.witness.point)
    point = {variable: at[str(variable)] for variable in lhs.free_symbols | rhs.free_symbols}
    one, two = enclose([lhs, rhs], point, 60)
    assert one.apart(two)


@pytest.mark.parametrize(("lhs", "rhs"), UNDECIDED, ids=str)
def test_undecided_and_not_guessed(lhs: Any, rhs: Any) -> None:
    assert decide(lhs, rhs).verdict == "undecided", str(decide(lhs, rhs))


@pytest.mark.parametrize(("lhs", "rhs"), EQUAL, ids=str)
def test_an_equal_pair_with_a_small_error_is_never_equal(lhs: Any, rhs: Any) -> None:
    assert decide(lhs, rhs + sp.Rational(1, 10**20)).verdict != "equal"


def test_an_equal_verdict_survives_evaluation() -> None:
    """Soundness is not taken on trust: every pair above is evaluated where both sides are defined."""
    choice, tried = Random(1), 0
    for lhs, rhs in EQUAL:
        for _ in range(6):
            point = {variable: Fraction(choice.randrange(-24, 25), 8) for variable in (x, y)}
            try:
                one, two = enclose([lhs, rhs], point, 40)
            except CannotEnclose:
                continue
            tried += 1
            assert not one.apart(two)
    assert tried > 4 * len(EQUAL)


def test_a_decision_is_no_bool() -> None:
    with pytest.raises(TypeError, match="three values"):
        bool(decide(x, x))


def test_no_float_is_decided() -> None:
    with pytest.raises(DataError, match="without floats"):
        decide(sp.Float(0.1), t)


def test_it_ends_when_the_budget_is_spent() -> None:
    power = (x + y + 1) ** 60
    decision = decide(power, sp.expand((x + y + 1) ** 4) ** 15, budget=1000)
    assert decision.verdict == "undecided" and "budget" in decision.how


def test_a_very_deep_expression_is_undecided_and_not_a_crash() -> None:
    deep = x
    for _ in range(400):
        deep = sp.sin(deep, evaluate=False) + x
    assert decide(deep, deep + y - sp.tanh(y)).verdict in ("different", "undecided")


def test_values_are_decided_entry_by_entry() -> None:
    ob = Pair(space(2), Pair(UNIT, space(1)))
    assert (
        decide_values(ob, ((x, (x + y) ** 2), ((), (x,))), ((x, x**2 + 2 * x * y + y**2), ((), (x,)))).verdict
        == "equal"
    )
    wrong = decide_values(ob, ((x, y), ((), (x,))), ((x, y), ((), (x + 1,))))
    assert wrong.verdict == "different" and wrong.witness is not None and wrong.witness.entry == 2
    hard = decide_values(space(2), (x, UNDECIDED[0][0]), (x, UNDECIDED[0][1]))
    assert hard.verdict == "undecided" and "entry 1" in hard.how
    assert decide_values(space(0), (), ()).how == "there are no entries"


def test_values_that_do_not_match_are_refused() -> None:
    with pytest.raises(DataError, match="2 and 1 entries"):
        decide_values(space(2), (x, y), (x,))
    with pytest.raises(DataError, match="is a pair"):
        decide_values(Pair(space(1), space(1)), ((x,),), ((x,),))
