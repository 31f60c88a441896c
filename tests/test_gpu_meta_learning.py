"""Learning on families of tasks: the compiled meta-gradient against autograd, grids, and both tasks, briefly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.gpu import learned_loss, learned_rates  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.meta_learning import Family, Judge, Tasks, best_of, over_tasks  # noqa: E402
from verified_cat.gpu.randomness import stream  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.gpu.tasks import TASKS  # noqa: E402
from verified_cat.gpu.training import tensor_of  # noqa: E402
from verified_cat.networks import Objective  # noqa: E402
from verified_cat.optimiser import gradient_descent  # noqa: E402

ENGINE, COUNT, UNROLLED = TorchEngine(), 3, 4


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for task in (learned_rates, learned_loss):
        monkeypatch.setattr(task, "UNROLLED", UNROLLED)


def compiled(objective: Objective, start: dict[str, Any], tasks: Tasks) -> tuple[float, dict[str, Any]]:
    """The mean error over the tasks and its gradient, from one compiled step of gradient descent at rate 1."""
    step = Step(over_tasks(objective, COUNT), gradient_descent(Fraction(1)), ENGINE, names=tuple(start))
    step.start(start)
    loss = float(step.step(*(tensor_of(leaf, ENGINE) for leaf in tasks)))
    return loss, {name: start[name] - leaf.numpy() for name, leaf in zip(start, step.parameters(), strict=True)}


def close(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(np.allclose(found[name], wanted[name], rtol=1e-9, atol=1e-12) for name in wanted)


def test_the_gradient_in_the_rates_is_that_of_autograd_through_training() -> None:
    objective, names, start = learned_rates.learned()
    numbers = stream(0, "test", "rates")
    start = {name: array + numbers.random(array.shape) / 3 for name, array in start.items()}
    tasks = learned_rates.draw(COUNT, numbers)
    loss, gradient = compiled(objective, start, tasks)
    q = {name: torch.tensor(array, requires_grad=True) for name, array in start.items()}
    w, b, x, y, u, v = map(torch.tensor, tasks)
    total = torch.zeros((), dtype=torch.float64)
    for i in range(COUNT):
        p = [w[i].clone().requires_grad_(), b[i].clone().requires_grad_()]
        m = [torch.zeros_like(each) for each in p]
        for _ in range(UNROLLED):
            error = ((x[i] @ p[0] + p[1] - y[i]) ** 2).sum() / len(x[i])
            slopes = torch.autograd.grad(error, p, create_graph=True)
            m = [torch.sigmoid(q[f"{k}.decay"]) * a + g for k, a, g in zip(("weight", "bias"), m, slopes, strict=True)]
            p = [each - torch.exp(q[f"{k}.log_rate"]) * a for k, each, a in zip(("weight", "bias"), p, m, strict=True)]
        total = total + ((u[i] @ p[0] + p[1] - v[i]) ** 2).sum() / len(u[i]) / COUNT
    wanted = dict(zip(names, torch.autograd.grad(total, [q[name] for name in names]), strict=True))
    assert loss == pytest.approx(total.item(), rel=1e-10)
    assert close(gradient, {name: each.numpy() for name, each in wanted.items()})


def test_the_gradient_in_the_loss_is_that_of_autograd_through_training() -> None:
    objective, names, start = learned_loss.learned()
    tasks = learned_loss.draw(COUNT, stream(0, "test", "loss"))
    loss, gradient = compiled(objective, start, tasks)
    a, b, c = (torch.tensor(start[name], requires_grad=True) for name in names)
    w, level, x, y, u, v = map(torch.tensor, tasks)
    total, rate = torch.zeros((), dtype=torch.float64), float(learned_loss.INNER_RATE)
    for i in range(COUNT):
        p = [w[i].clone().requires_grad_(), level[i].clone().requires_grad_()]
        for _ in range(UNROLLED):
            residual = (y[i] - x[i] @ p[0] - p[1]).reshape(-1, 1)
            error = (torch.nn.functional.softplus(residual * b + c, threshold=500) @ a).mean()
            slopes = torch.autograd.grad(error, p, create_graph=True)
            p = [each - rate * slope for each, slope in zip(p, slopes, strict=True)]
        total = total + ((u[i] @ p[0] + p[1] - v[i]) ** 2).sum() / len(u[i]) / COUNT
    wanted = dict(zip(names, torch.autograd.grad(total, [a, b, c]), strict=True))
    assert loss == pytest.approx(total.item(), rel=1e-10)
    assert close(gradient, {name: each.numpy() for name, each in wanted.items()})


# ---------------------------------------------------------------------------------------------- judging


def test_a_judge_takes_the_mean_over_tasks_and_calls_what_diverges_infinite() -> None:
    objective, _, start = learned_rates.learned()
    tasks = learned_rates.draw(COUNT, stream(1, "test", "judge"))
    q = [torch.tensor(array) for array in start.values()]
    alone = [Judge(objective, tuple(leaf[i : i + 1] for leaf in tasks), ENGINE).at(q) for i in range(COUNT)]
    assert Judge(objective, tasks, ENGINE).at(q) == pytest.approx(sum(alone) / COUNT, rel=1e-12)
    assert Judge(objective, tasks, ENGINE).at([each + 300 for each in q]) == float("inf")


def test_the_best_of_a_grid_is_the_best_on_known_tasks() -> None:
    family = Family("loss", learned_loss.draw, COUNT, 8, 8)
    objective, grid = learned_loss.counterpart(), learned_loss.COUNTERPARTS["square"]
    best = best_of(objective, grid, family, 0, ENGINE)
    judge = Judge(objective, family.known(0), ENGINE)
    errors = [judge.at([torch.tensor(each, dtype=torch.float64) for each in point]) for point in grid]
    assert best.known == min(errors) and best.point == grid[errors.index(min(errors))]
    again = Judge(objective, family.held_out(0), ENGINE)
    assert best.held_out == again.at([torch.tensor(each, dtype=torch.float64) for each in best.point])


def test_half_of_the_bad_targets_is_not_good() -> None:
    _, _, x, y, u, v = learned_loss.draw(200, stream(0, "test", "draw"))
    assert x.shape == u.shape == (200, 32, 4) and y.shape == v.shape
    w, _, _, _ = np.linalg.lstsq(np.concatenate([u[0], np.ones((32, 1))], axis=1), v[0], rcond=None)
    away = y[0] - np.concatenate([x[0], np.ones((32, 1))], axis=1) @ w
    assert 3 <= (away > 2).sum() <= 18 and (away < -1).sum() == 0


# ---------------------------------------------------------------------------------------------- both tasks, briefly


def test_both_tasks_report_what_is_learned_beside_what_is_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned_rates, "GRID", [[1e-3], [1e-2]])
    grids = {name: grid[:3] for name, grid in learned_loss.COUNTERPARTS.items()}
    monkeypatch.setattr(learned_loss, "COUNTERPARTS", grids)
    for name, task, counterparts, own in (
        ("learned-rates", learned_rates.TASK, learned_rates.COUNTERPARTS, "learned rule"),
        ("learned-loss", learned_loss.TASK, grids, "learned loss"),
    ):
        assert TASKS[name].train == task.train
        few = replace(task, family=replace(task.family, batch=COUNT, judged=8, reported=8))
        metrics = few.train(tmp_path / name, steps=3)
        assert metrics["steps"] == 3 and metrics["task"] == name
        best = min(metrics[each] for each in counterparts)
        assert metrics["share of the best fixed"] == metrics[own] / best
