"""Costs and their gradients are those of torch: huge and tiny differences, soft labels, and labels by number."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import activations
from verified_cat.costs import binary_cross_entropy, critic, huber
from verified_cat.functions import Functions
from verified_cat.lens import reverse_derivative
from verified_cat.terms import Term

torch: Any = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

SHAPE = (2, 3)
HALF = Fraction(1, 2)


def torch_cost(name: str, **options: Any) -> Callable[[Any, Any], Any]:
    return lambda x, t: getattr(torch.nn.functional, name)(x, t, **options)


AGAINST: dict[str, tuple[Term, Callable[[Any, Any], Any]]] = {
    "bce": (binary_cross_entropy(SHAPE), torch_cost("binary_cross_entropy_with_logits")),
    "huber": (huber(SHAPE, HALF), torch_cost("huber_loss", delta=0.5)),
    "l1": (activations.mean_absolute(SHAPE), torch_cost("l1_loss")),
    "squared": (activations.mean_squared(SHAPE), torch_cost("mse_loss")),
    "soft labels": (activations.cross_entropy(*SHAPE), torch_cost("cross_entropy")),
    "critic": (critic(SHAPE), lambda x, t: (x * t).mean()),
}


@pytest.mark.parametrize("name", AGAINST)
def test_costs_and_their_gradients_are_torchs(name: str) -> None:
    """Six entries, some 20 roundings of numbers below 32 each; huge and tiny differences are among them."""
    from verified_cat.gpu.engine import TorchEngine

    ours, theirs = AGAINST[name]
    functions = Functions(TorchEngine("float64"))
    x = torch.tensor([[30.0, -0.25, 1e-9], [0.75, -30.0, 2.0]], dtype=torch.float64, requires_grad=True)
    t = torch.tensor([[0.5, 0.25, 0.0], [0.125, 0.375, 0.5]], dtype=torch.float64)
    wanted = theirs(x, t)
    wanted.backward()
    point = x.detach(), t
    found = functions.meaning(ours)(point)
    slope, _ = functions.meaning(reverse_derivative(ours))((point, torch.ones((), dtype=torch.float64)))
    assert float((found - wanted.detach()).abs()) <= 20 * 6 * 32 * 2.0**-53
    assert float((slope - x.grad).abs().max()) <= 20 * 2.0**-53
    assert float(slope.abs().max()) > 0.05


def test_labels_are_read_by_one_hot() -> None:
    """Classes 2 and 0 of three: the soft labels (0, 0, 1) and (1, 0, 0)."""
    from verified_cat.gpu.engine import TorchEngine

    functions = Functions(TorchEngine("float64"))
    x = torch.tensor([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]], dtype=torch.float64)
    found = functions.meaning(activations.cross_entropy_of_labels(2, 3))((x, torch.tensor([2.0, 0.0]).double()))
    wanted = torch.nn.functional.cross_entropy(x, torch.tensor([2, 0]))
    assert float((found - wanted).abs()) < 1e-15
