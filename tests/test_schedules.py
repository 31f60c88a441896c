"""Schedules against torch's lr_scheduler over 1,000 steps, and rules that hold a schedule."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

from verified_cat.loss import QUADRATIC
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, Pair, space
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum, nesterov
from verified_cat.rules import adamw, decayed
from verified_cat.schedules import (
    Schedule,
    constant,
    cosine,
    every,
    exponential,
    factors,
    on_schedule,
    one_cycle,
    warm_up,
)

STEPS = 1000
HALF, TENTH = Fraction(1, 2), Fraction(1, 10)


# ------------------------------------------------------------------------------------------------ against torch

torch: Any = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")


def scheduler(name: str, **options: Any) -> Callable[[Any], Any]:
    return lambda rule: getattr(torch.optim.lr_scheduler, name)(rule, **options)


SCHEDULES: dict[str, tuple[Schedule, Callable[[Any], Any]]] = {
    "constant": (constant(), scheduler("ConstantLR", factor=1.0)),
    "exponential": (exponential(Fraction(99, 100)), scheduler("ExponentialLR", gamma=0.99)),
    "every": (every(100, HALF), scheduler("StepLR", step_size=100, gamma=0.5)),
    "warm-up": (warm_up(300, TENTH), scheduler("LinearLR", start_factor=0.1, total_iters=300)),
    "cosine": (cosine(1000, Fraction(1, 100)), scheduler("CosineAnnealingLR", T_max=1000, eta_min=0.01)),
    "one cycle": (
        one_cycle(1001),
        scheduler("OneCycleLR", max_lr=1.0, total_steps=1001, cycle_momentum=False),
    ),
}


def torch_factors(make: Callable[[Any], Any]) -> list[float]:
    rule = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    plan, met = make(rule), []
    for _ in range(STEPS):
        met.append(rule.param_groups[0]["lr"])
        rule.step()
        plan.step()
    return met


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_factors_are_torchs(name: str) -> None:
    """torch goes on from the last rate, with up to 6 roundings of a factor near 1 a step; 1,000 steps of them.

    Those of its cosine divide by 1 + cos, which multiplies what is lost by up to 2/(1 + cos) ≤ 2/0.01.
    """
    from verified_cat.gpu.engine import TorchEngine

    mine, their = SCHEDULES[name]
    found = [float(value) for value in islice(factors(mine, TorchEngine("float64")), STEPS)]
    assert max(abs(a - b) for a, b in zip(found, torch_factors(their), strict=True)) <= 6 * STEPS * 2.0**-53 * 200
    assert found[0] != found[-1] or name == "constant"


# ------------------------------------------------------------------------------------------------ rules that hold one

BOWL = Objective(Pair(space(2), SCALAR), Pair(space(2), SCALAR), QUADRATIC.total(Pair(space(2), SCALAR)))
STARTS = {"a": [2.0, -1.0], "b": 0.5}


def data(step: int) -> tuple[Any, Any]:
    numbers = [((step * step * 5 + 3 * step * i) % 13 - 6) / 8 for i in range(3)]
    made = torch.tensor(numbers, dtype=torch.float64)
    return made[:2].clone(), made[2].clone()


RULES: dict[str, tuple[Optimiser, Callable[[Any], Any]]] = {
    "descent": (gradient_descent(TENTH), lambda params: torch.optim.SGD(params, lr=0.1)),
    "momentum": (momentum(TENTH, HALF), lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.5)),
    "nesterov": (nesterov(TENTH, HALF), lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.5)),
    "adam": (adam(TENTH), lambda params: torch.optim.Adam(params, lr=0.1)),
    "decayed adam": (decayed(adam(TENTH), HALF), lambda params: torch.optim.Adam(params, lr=0.1, weight_decay=0.5)),
    "adamw": (adamw(TENTH), lambda params: torch.optim.AdamW(params, lr=0.1)),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_on_a_schedule_is_torchs_and_the_paced_one(name: str) -> None:
    """A bowl contracts, so what is rounded away at a step (≤ 64 units of numbers ≤ 4) is at most added up.

    Nesterov's is torch's momentum whose gradient is asked for at p - ε γ s, with the rate ε of that step.
    """
    from verified_cat.gpu.engine import TorchEngine
    from verified_cat.gpu.step import Step

    rule, make = RULES[name]
    engine, plan = TorchEngine("float64"), cosine(STEPS, Fraction(1, 100)) * warm_up(50, TENTH)
    held, paced = Step(BOWL, on_schedule(rule, plan), engine), Step(BOWL, rule, engine, paced=True)
    params = [torch.tensor(value, dtype=torch.float64) for value in STARTS.values()]
    theirs, rates = make(params), factors(plan, engine)
    held.start(STARTS)
    paced.start(STARTS)
    assert len(held.emitted.state) - len(paced.emitted.state) == 1  # one clock, for both factors and all leaves
    for number in range(STEPS):
        batch, factor = data(number), next(rates)
        for param, target in zip(params, batch, strict=True):
            pushed = theirs.state[param].get("momentum_buffer", 0.0) if name == "nesterov" else 0.0
            param.grad = param - 0.5 * (0.1 * float(factor)) * pushed - target
        theirs.param_groups[0]["lr"] = 0.1 * float(factor)
        theirs.step()
        held.step(*batch)
        paced.step(*batch, factor.clone())
        for one, two, three in zip(held.parameters(), paced.parameters(), params, strict=True):
            assert float((one - two).abs().max()) <= 64 * STEPS * 4 * 2.0**-53
            assert float((one - three).abs().max()) <= 64 * STEPS * 4 * 2.0**-53
