"""The mean of the parameters: beside torch's own, the parameters unchanged, with a rate of its own at each step."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn  # noqa: E402

from verified_cat.averaging import averaged  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.machine import evaluate  # noqa: E402
from verified_cat.objects import SCALAR, Pair, space  # noqa: E402
from verified_cat.optimiser import adam, gradient_descent, scheduled  # noqa: E402

ENGINE = TorchEngine("float64")
PARAM = Pair(space(2), SCALAR)


def number(value: float) -> Any:
    return torch.tensor(value, dtype=torch.float64)


def test_the_mean_is_that_of_torch() -> None:
    """torch begins its mean at the first parameters it is shown, ours divides by the weights: after one more step with
    e = p₁ in place of 0 they are one recurrence, so the two are compared through it, over 20 steps."""
    rule = adam(Fraction(1, 10))
    mean, plain = averaged(rule, Fraction(9, 10)), rule
    state = evaluate(mean.initial(PARAM), (), ENGINE)
    other = evaluate(plain.initial(PARAM), (), ENGINE)
    p = q = (torch.tensor([1.0, -2.0], dtype=torch.float64), number(3.0))
    model = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    theirs: Any = AveragedModel(model, avg_fn=get_ema_avg_fn(0.9))  # type: ignore[no-untyped-call]
    seen: list[Any] = []
    for step in range(20):
        gradient = (p[0] * (step + 1), p[1] - 1)
        state, p = evaluate(mean.update(PARAM), ((state, p), gradient), ENGINE)
        other, q = evaluate(plain.update(PARAM), ((other, q), gradient), ENGINE)
        assert torch.equal(p[0], q[0]) and torch.equal(p[1], q[1])
        with torch.no_grad():
            model.weight.copy_(p[0][None])
        theirs.update_parameters(model)
        seen.append(p[0])
    (_, (total, left)), _ = state
    weights = torch.tensor([0.1 * 0.9 ** (19 - step) for step in range(20)], dtype=torch.float64)
    assert torch.allclose(total, (weights[:, None] * torch.stack(seen)).sum(0), rtol=1e-12, atol=1e-12)
    assert abs(float(left) - 0.9**20) < 1e-15 and abs(1 - float(left) - float(weights.sum())) < 1e-12
    from_theirs = theirs.module.weight.detach()[0] - 0.9**19 * seen[0]  # their mean without its beginning …
    assert torch.allclose(total - 0.1 * 0.9**19 * seen[0], from_theirs, rtol=1e-12, atol=1e-12)


def test_the_rate_as_an_input() -> None:
    rule, shape = averaged(gradient_descent(Fraction(1)), Fraction(1, 2)), (2,)
    state = evaluate(rule.initial(space(2)), (), ENGINE)
    p, g = torch.tensor([1.0, 2.0], dtype=torch.float64), torch.tensor([1.0, 1.0], dtype=torch.float64)
    (_, (total, left)), moved = evaluate(scheduled(rule, shape), ((state, p), (g, number(0.5))), ENGINE)
    assert moved.tolist() == [0.5, 1.5] and total.tolist() == [0.25, 0.75] and float(left) == 0.5
