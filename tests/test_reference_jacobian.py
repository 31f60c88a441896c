"""The table of derivatives against SymPy's differentiation, and the evaluation of expressions at rational points."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath  # type: ignore[import-untyped]
import pytest
import sympy as sp

from verified_cat import primitives as p
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.objects import SCALAR, size, space
from verified_cat.reference import SympyEngine
from verified_cat.reference.cases import every_small_case
from verified_cat.reference.decide import decide_values
from verified_cat.reference.evaluate import CannotEnclose, enclose, evaluate, evaluate_all
from verified_cat.reference.jacobian import derivative_gap, entries, jacobian, kink_gap, operation_of
from verified_cat.reference.kinked import Relu, Step

x, y = sp.symbols("x y", real=True)
FUNCTIONS = [p.exp, p.log, p.reciprocal, p.sqrt, p.sin, p.cos, p.tanh, p.sigmoid, p.relu, p.step]
OPERATIONS = every_small_case()


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_table_gives_sympys_derivative(operation: p.Primitive, mode: str) -> None:
    gap = derivative_gap(operation, mode)
    assert gap.decision.verdict == "equal", str(gap.decision)
    assert gap.table or not size(gap.ob)


def test_every_row_was_compared() -> None:
    assert {operation.name for operation in OPERATIONS} == set(p.TABLE)


@pytest.mark.parametrize("operation", [operation_of(f(())) for f in FUNCTIONS if f is not p.step], ids=str)
def test_a_derivative_doubled_is_refuted(operation: p.Primitive) -> None:
    """exp' = 2 exp obeys every law of reverse derivatives; here it does not pass (META-PRIM)."""
    wrong = p.pullback(operation) >> p.scale(2, ())
    assert derivative_gap(operation, rule=wrong).decision.verdict == "different"


def test_at_the_kinks_the_declared_convention_holds() -> None:
    for f in (p.relu, p.step):
        (gap,) = kink_gap(operation_of(f(())))
        assert gap.table == (0,) and gap.decision.verdict == "equal"
    assert kink_gap(operation_of(p.exp(()))) == []
    (wrong,) = kink_gap(operation_of(p.relu(())), slope=lambda graph_w: graph_w[1])
    assert wrong.decision.verdict == "different"


def test_the_jacobian_of_a_term_is_what_D_pulls_back() -> None:
    term = p.matmul(2, 2, 1) >> p.tanh((2, 1)) >> p.sum_axes((2, 1)) >> p.exp(())
    engine = SympyEngine()
    point, j = jacobian(term)
    _, pullback = reverse_mode(engine).differentiate(term)(point)
    assert j.shape == (1, 6)
    found = entries(term.dom, pullback(engine.lift(SCALAR, (1,))))
    assert decide_values(space(6), tuple(j[0]), tuple(found)).verdict == "equal"


def test_a_deep_relu_network_is_differentiated_without_multiplying_its_branches_out() -> None:
    hidden = p.matmul(6, 6, 1) >> p.relu((6, 1)) >> p.reshape((6, 1), (1, 6))
    term = hidden >> p.sum_axes((1, 6)) >> p.relu(())
    point, j = jacobian(term)
    engine = SympyEngine()
    _, pullback = reverse_mode(engine).differentiate(term)(point)
    found = entries(term.dom, pullback(engine.lift(SCALAR, (1,))))
    at = {symbol: Fraction(position % 7 - 3, 4) for position, symbol in enumerate(entries(term.dom, point))}
    assert evaluate_all(list(j[0]), at) == evaluate_all(found, at)
    assert any(evaluate_all(found, at))


def test_operation_of_refuses_a_composite() -> None:
    with pytest.raises(TypeError, match="not one operation"):
        operation_of(p.exp(()) >> p.log(()))


# ------------------------------------------------------------------------------------------------ evaluation

AT = {x: Fraction(1, 3), y: Fraction(-7, 4)}


@pytest.mark.parametrize(
    "expression",
    [
        sp.exp(x) * y,
        sp.tanh(-50 * x),
        sp.log(x) / y,
        sp.sqrt(x + 2) ** 3,
        1 / sp.sqrt(x),
        sp.sin(100 * x) + sp.cos(y),
        sp.exp(-300 + y),
        sp.erf(x),
        sp.erf(3 * y) + sp.erf(-x / 1000),
        sp.erf(100 * x) * (1 + sp.erf(-80 + x)),
        1 + sp.erf(-7 * x - sp.Rational(1, 3)),
        sp.Abs(y) + Relu(y) + Step(x),
        sp.Piecewise((sp.exp(x), sp.exp(x) > 2), (x, True)),
        sp.pi * sp.E**x,
        (x + sp.sqrt(2)) ** 20 - (sp.sqrt(2) + x + sp.Rational(1, 10**25)) ** 20,
    ],
    ids=str,
)
def test_evaluate_agrees_with_mpmath(expression: Any) -> None:
    plain = expression.rewrite(sp.Piecewise) if expression.has(Relu, Step) else expression
    wanted = plain.subs({v: sp.Rational(q.numerator, q.denominator) for v, q in AT.items()}).evalf(50)
    found = evaluate(expression, AT, 40)
    with mpmath.workdps(60):
        distance = abs(mpmath.mpf(found.numerator) / found.denominator - mpmath.mpf(wanted))
        assert distance <= mpmath.mpf(10) ** -39 * max(1, abs(mpmath.mpf(wanted)))


def test_rational_values_are_exact() -> None:
    (found,) = enclose([(x + y) ** 3 / (x - 1) + Relu(x * y) + sp.tanh(x - x) + sp.exp(0 * y)], AT)
    assert found.exact and found.low == (AT[x] + AT[y]) ** 3 / (AT[x] - 1) + 1


def test_an_enclosure_encloses_and_narrows() -> None:
    wide, narrow = (enclose([sp.exp(x)], AT, digits)[0] for digits in (10, 40))
    assert wide.low <= narrow.low < narrow.high <= wide.high
    assert narrow.high - narrow.low < Fraction(1, 10**40)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (sp.log(y), "not positive"),
        (sp.sqrt(y), "negative"),
        (1 / (x - sp.Rational(1, 3)), "division by zero"),
        (sp.Piecewise((1, x > 1)), "no branch"),
        (Step(sp.log(sp.exp(1, evaluate=False) * sp.exp(x)) - 1 - x + sp.sin(0 * x)), "sign"),
        (Step((sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1) ** 2), "sign"),
        (sp.gamma(x), "gamma"),
        (sp.exp(sp.exp(100 * sp.exp(-y))), "too large"),
    ],
    ids=str,
)
def test_what_has_no_enclosure_says_why(expression: Any, message: str) -> None:
    with pytest.raises(CannotEnclose, match=message):
        evaluate(expression, AT, 30)


def test_shared_parts_are_evaluated_once() -> None:
    """A tower of 80 doublings has 2^80 paths, and 80 nodes."""
    tower = sp.tanh(x)
    for _ in range(80):
        tower = sp.sin(tower) * sp.cos(tower)
    assert abs(evaluate_all([tower, tower + 1], AT)[1]) > 1


def test_network_gradient_evaluates_to_the_exact_engine_at_the_point() -> None:
    term = p.matmul(2, 2, 2) >> p.sigmoid((2, 2)) >> p.sum_axes((2, 2))
    engine = SympyEngine()
    symbols = engine.symbols(term.dom)
    point = {symbol: Fraction(position - 3, 4) for position, symbol in enumerate(entries(term.dom, symbols))}
    at = engine.lift(term.dom, (tuple(point.values())[:4], tuple(point.values())[4:]))
    f = Functions(engine).meaning(term)
    one = evaluate(f(symbols)[()], point)
    assert abs(one - evaluate(f(at)[()], {})) < Fraction(1, 10**29)
