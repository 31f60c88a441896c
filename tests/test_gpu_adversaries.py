"""Each adversary against PyTorch written by hand: values and gradients of both costs, with critics and without."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
from torch.nn import functional as nn  # noqa: E402

from verified_cat import primitives  # noqa: E402
from verified_cat.errors import SchemaError  # noqa: E402
from verified_cat.gad import reverse_mode  # noqa: E402
from verified_cat.gpu import adversaries  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.shaping import joined, parted, width  # noqa: E402
from verified_cat.gpu.wasserstein import SMALL, chained  # noqa: E402
from verified_cat.machine import evaluate  # noqa: E402
from verified_cat.networks import PARA, dense, entrywise  # noqa: E402
from verified_cat.objects import UNIT, Ob, Pair, flatten, leaves, space, unflatten  # noqa: E402
from verified_cat.terms import Term  # noqa: E402

ENGINE = TorchEngine("float64")
ROUNDING = 1e-12
ROWS, PLANE = 5, space(5, 2)
CRITIC = chained(
    dense(ROWS, 2, 4, "one"), entrywise(primitives.tanh, ROWS, 4), dense(ROWS, 4, 1, "two")
).map  # fmt: skip
Scores = Callable[[Any], Any]


def drawn(ob: Ob, seed: int) -> list[Any]:
    generator = torch.Generator().manual_seed(seed)
    return [
        (2 * torch.rand(leaf.shape, generator=generator, dtype=torch.float64) - 1).requires_grad_()  # type: ignore[attr-defined]
        for leaf in leaves(ob)
    ]


def score(p: list[Any]) -> Scores:
    return lambda x: torch.tanh(x @ p[0] + p[1]) @ p[2] + p[3]


def slope(c: Scores, x: Any) -> Any:
    x = x if x.requires_grad else x.requires_grad_()
    (found,) = torch.autograd.grad(c(x).sum(), x, create_graph=True)
    return found


def wgan_gp(c: Scores, x: Any, y: Any, z: Any) -> tuple[Any, Any]:
    lengths = (slope(c, z).pow(2).sum(1) + float(SMALL)).sqrt()
    return c(y).mean() - c(x).mean() + 0.3 * ((lengths - 1) ** 2).mean(), -c(y).mean()


def lsgan(c: Scores, x: Any, y: Any, z: Any) -> tuple[Any, Any]:
    ones, zeros = torch.ones(ROWS, 1, dtype=torch.float64), torch.zeros(ROWS, 1, dtype=torch.float64)
    judge = (nn.mse_loss(c(x), ones) + nn.mse_loss(c(y), zeros)) / 2
    return judge, nn.mse_loss(c(y), ones) / 2


def non_saturating(c: Scores, x: Any, y: Any, z: Any) -> tuple[Any, Any]:
    real = nn.binary_cross_entropy_with_logits(c(x), torch.ones_like(c(x)))
    made = nn.binary_cross_entropy_with_logits(c(y), torch.zeros_like(c(y)))
    penalty = 2.0 / 2 * slope(c, x).pow(2).sum(1).mean()
    return real + made + penalty, nn.binary_cross_entropy_with_logits(c(y), torch.ones_like(c(y)))


def hinge(c: Scores, x: Any, y: Any, z: Any) -> tuple[Any, Any]:
    return nn.relu(1 - c(x)).mean() + nn.relu(1 + c(y)).mean(), -c(y).mean()


def compared(term: Term, tensors: list[Any], wanted: Any) -> None:
    """The value of the term and its gradient at all inputs are those of autograd."""
    value = unflatten(term.dom, [tensor.detach() for tensor in tensors])
    mine, pullback = reverse_mode(ENGINE).differentiate(term)(value)
    gradient = flatten(term.dom, pullback(torch.tensor(1.0, dtype=torch.float64)))
    assert abs(float(mine) - wanted.item()) <= ROUNDING
    for one, two in zip(gradient, torch.autograd.grad(wanted, tensors, allow_unused=True), strict=True):
        expected = torch.zeros_like(ENGINE.dense(one)) if two is None else two
        assert torch.allclose(ENGINE.dense(one), expected, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize(
    ("made", "by_hand"),
    [
        (adversaries.wgan_gp(CRITIC, Fraction(3, 10)), wgan_gp),
        (adversaries.lsgan(CRITIC), lsgan),
        (adversaries.non_saturating(CRITIC, Fraction(2)), non_saturating),
        (adversaries.hinge(CRITIC), hinge),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_critics_against_torch(made: Any, by_hand: Any) -> None:
    for seed in range(3):
        p, (x, y, z) = drawn(CRITIC.param, seed), drawn(Pair(PLANE, Pair(PLANE, PLANE)), 10 + seed)
        judge, deceive = by_hand(score(p), x, y, z)
        compared(made.judge, [*p, x, y, z], judge)
        compared(made.deceive, [*p, x, y], deceive)


def distances(x: Any, y: Any) -> Any:
    return (x[:, None] - y[None]).pow(2).sum(2)


def different(kernel: Any) -> Any:
    """The mean over pairs of different points."""
    return (kernel.sum() - kernel.diagonal().sum()) / (ROWS * (ROWS - 1))


def test_energy_against_torch() -> None:
    x, y = drawn(Pair(PLANE, PLANE), 1)

    def length(a: Any, b: Any) -> Any:
        return (distances(a, b) + float(SMALL)).sqrt()

    wanted = 2 * length(x, y).mean() - different(length(x, x)) - different(length(y, y))
    compared(adversaries.energy(PLANE).deceive, [x, y], wanted - 2 * float(SMALL) ** 0.5 / (ROWS - 1))


def test_mmd_against_torch() -> None:
    x, y = drawn(Pair(PLANE, PLANE), 2)
    widths = (Fraction(1, 2), Fraction(2))

    def kernel(a: Any, b: Any) -> Any:
        return sum(torch.exp(-distances(a, b) / (2 * float(each) ** 2)) for each in widths)

    wanted = different(kernel(x, x)) + different(kernel(y, y)) - 2 * kernel(x, y).mean()
    own = 2 * len(widths) / (ROWS - 1)  # a point with itself: 1 for each width
    compared(adversaries.mmd(PLANE, widths).deceive, [x, y], wanted + own)


def test_factor_by_factor() -> None:
    """On X ⊗ Y: the costs of both, each with its own critic or none."""
    left, right = adversaries.lsgan(CRITIC), adversaries.energy(PLANE)
    both = adversaries.beside(left, right)
    assert both.param == Pair(CRITIC.param, UNIT) and both.dom == Pair(PLANE, PLANE)
    p, (x, u, y, v) = (
        [t.detach() for t in drawn(CRITIC.param, 1)],
        [t.detach() for t in drawn(Pair(both.dom, both.dom), 2)],
    )
    param = unflatten(CRITIC.param, p)
    whole = evaluate(both.deceive, ((param, ()), ((x, u), (y, v))), ENGINE)
    parts = evaluate(left.deceive, (param, (x, y)), ENGINE) + evaluate(right.deceive, ((), (u, v)), ENGINE)
    assert abs(float(whole) - float(parts)) <= ROUNDING
    assert both.judge is not None and left.judge is not None
    judged = evaluate(both.judge, ((param, ()), ((x, u), ((y, v), (x, u)))), ENGINE)
    assert abs(float(judged) - float(evaluate(left.judge, (param, (x, (y, x))), ENGINE))) <= ROUNDING
    assert adversaries.beside(right, right).judge is None


def test_equal_laws_cost_nothing_and_others_do() -> None:
    """The control: energy and MMD fall as a batch is moved onto another of the same law."""
    x = torch.randn(ROWS, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = torch.randn(ROWS, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for made in (adversaries.energy(PLANE), adversaries.mmd(PLANE, (Fraction(1),))):
        costs = [float(evaluate(made.deceive, ((), (x, y + far)), ENGINE)) for far in (0.0, 1.0, 3.0)]
        assert costs[0] < costs[1] < costs[2]


def test_tables_of_examples() -> None:
    ob = Pair(space(3, 2, 2), Pair(space(3), space(3, 1)))
    assert width(ob) == 6
    value = unflatten(ob, [tensor.detach() for tensor in drawn(ob, 1)])
    table = evaluate(joined(ob), value, ENGINE)
    assert table.shape == (3, 6) and torch.equal(table[:, 4], value[1][0])
    again = evaluate(parted(ob), table, ENGINE)
    assert all(map(torch.equal, flatten(ob, again), flatten(ob, value)))
    assert PARA.embed(joined(ob)).cod == space(3, 6)


@pytest.mark.parametrize("make", [adversaries.energy, lambda ob: adversaries.mmd(ob, (Fraction(1),))])
def test_pairs_need_two_points(make: Any) -> None:
    with pytest.raises(SchemaError, match=r"a batch of .* has one"):
        make(space(1, 2))
