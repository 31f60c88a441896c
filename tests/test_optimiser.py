"""Update rules: by hand, against those of torch, and on pairs componentwise."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum

TENTH, NINE_TENTHS = Fraction(1, 10), Fraction(9, 10)
STEPS = 50
ALL = {
    "gradient descent": gradient_descent(TENTH),
    "momentum": momentum(TENTH, NINE_TENTHS),
    "adam": adam(TENTH),
}


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


# ------------------------------------------------------------------------------------------------ against torch


def gradient(param: Any) -> Any:
    """∇ of Σ (pᵢ⁴/4 - i pᵢ): of all sizes and both signs on the way."""
    torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
    return param**3 - torch.arange(1, param.numel() + 1, dtype=param.dtype)


def ours(rule: Optimiser) -> list[list[float]]:
    from verified_cat.gpu.engine import TorchEngine

    functions, param_ob = Functions(TorchEngine("float64")), space(3)
    param = functions.engine.lift(param_ob, (Fraction(2), Fraction(-1), Fraction(1, 2)))  # type: ignore[attr-defined]
    state, update, met = (
        functions.meaning(rule.initial(param_ob))(()),
        functions.meaning(rule.update(param_ob)),
        [],
    )
    for _ in range(STEPS):
        state, param = update(((state, param), gradient(param)))
        met.append(param.tolist())
    return met


def theirs(make: Callable[[Any], Any]) -> list[list[float]]:
    torch = pytest.importorskip("torch")
    param = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
    optimiser, met = make([param]), []
    for _ in range(STEPS):
        param.grad = gradient(param)
        optimiser.step()
        met.append(param.tolist())
    return met


def sgd(**options: Any) -> Callable[[Any], Any]:
    return lambda params: pytest.importorskip("torch").optim.SGD(params, **options)


def torch_adam(**options: Any) -> Callable[[Any], Any]:
    return lambda params: pytest.importorskip("torch").optim.Adam(params, **options)


HUNDREDTH = Fraction(1, 100)
SAME: list[tuple[Optimiser, Callable[[Any], Any]]] = [
    (gradient_descent(TENTH), sgd(lr=0.1)),
    (momentum(HUNDREDTH, NINE_TENTHS), sgd(lr=0.01, momentum=0.9)),
    (adam(TENTH), torch_adam(lr=0.1)),
    (adam(HUNDREDTH, Fraction(1, 2), NINE_TENTHS, Fraction(1, 1000)), torch_adam(lr=0.01, betas=(0.5, 0.9), eps=1e-3)),
]
DIFFERENT: list[tuple[Optimiser, Callable[[Any], Any]]] = [
    (momentum(HUNDREDTH, -NINE_TENTHS), sgd(lr=0.01, momentum=0.9)),
    (momentum(HUNDREDTH, NINE_TENTHS), sgd(lr=0.01, momentum=0.9, nesterov=True)),
    (adam(TENTH, delta=Fraction(1, 1000)), torch_adam(lr=0.1)),
]


def largest_difference(rule: Optimiser, make: Callable[[Any], Any]) -> float:
    return max(
        abs(one - two) for a, b in zip(ours(rule), theirs(make), strict=True) for one, two in zip(a, b, strict=True)
    )


@pytest.mark.parametrize(("rule", "make"), SAME, ids=lambda part: getattr(part, "name", ""))
def test_as_torch_does(rule: Optimiser, make: Callable[[Any], Any]) -> None:
    """50 steps of some 20 roundings each, of numbers below 4, that may grow on the way: 1e-11 is 10⁴ roundings."""
    assert largest_difference(rule, make) < 1e-11


@pytest.mark.parametrize(("rule", "make"), DIFFERENT, ids=lambda part: getattr(part, "name", ""))
def test_another_rule_is_seen(rule: Optimiser, make: Callable[[Any], Any]) -> None:
    assert largest_difference(rule, make) > 1e-6
