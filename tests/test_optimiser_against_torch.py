"""Update rules against those of torch: 50 steps from one point, and other rules that must differ."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat.functions import Functions
from verified_cat.objects import space
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum

torch: Any = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

TENTH, NINE_TENTHS = Fraction(1, 10), Fraction(9, 10)
STEPS = 50


def gradient(param: Any) -> Any:
    """∇ of Σ (pᵢ⁴/4 - i pᵢ): of all sizes and both signs on the way."""
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
    param = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
    optimiser, met = make([param]), []
    for _ in range(STEPS):
        param.grad = gradient(param)
        optimiser.step()
        met.append(param.tolist())
    return met


def sgd(**options: Any) -> Callable[[Any], Any]:
    return lambda params: torch.optim.SGD(params, **options)


def torch_adam(**options: Any) -> Callable[[Any], Any]:
    return lambda params: torch.optim.Adam(params, **options)


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
