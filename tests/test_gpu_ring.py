"""The ring of eight Gaussians: what its measures say of points that are known, and a short game, verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.gpu import ring  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.games import GameStep  # noqa: E402
from verified_cat.gpu.randomness import stream  # noqa: E402
from verified_cat.gpu.ring import BATCH, SPREAD, drawn, first_weights, game, measured, middles, names, real_points  # noqa: E402
from verified_cat.gpu.tasks import TASKS  # noqa: E402
from verified_cat.objects import flatten  # noqa: E402
from verified_cat.players import alternating  # noqa: E402


def test_measures_of_real_points() -> None:
    found = measured(real_points(40000, stream(0, "test", "ring")))
    assert found.modes == 8
    assert found.quality == pytest.approx(1 - np.exp(-4.5), abs=2e-3)  # a plane normal within three deviations
    assert found.width == pytest.approx(1, abs=0.02) and found.unevenness < 0.02


def test_measures_of_what_is_wrong() -> None:
    one = measured(np.repeat(middles()[:1], 100, axis=0))
    assert (one.modes, one.quality, one.width) == (1, 1.0, 0.0) and one.unevenness == pytest.approx(7 / 8)
    nowhere = measured(np.zeros((100, 2)))
    assert (nowhere.modes, nowhere.quality, nowhere.width) == (0, 0.0, 0.0)
    few = np.concatenate([np.repeat(middles()[:7], 100, axis=0), np.repeat(middles()[7:], 20, axis=0)])
    assert measured(few).modes == 7 and measured(np.concatenate([few, few[-20:]])).modes == 8
    edge = middles()[[0, 0]] + np.array([[2.999 * SPREAD, 0], [3.001 * SPREAD, 0]])
    assert measured(edge).quality == 0.5


def test_the_costs_are_those_of_the_page() -> None:
    """Critic and generator against torch.nn.functional and autograd, at the first weights."""
    engine = TorchEngine()
    made, called = game(BATCH), names()
    weights = first_weights(made.params, called, 0)
    step = GameStep(made, alternating, engine, names=called)
    step.start(weights)
    data = flatten(made.data, next(drawn(BATCH, 0, "test", engine)))
    costs = step.step(*data)
    p = {name: torch.tensor(array, requires_grad=True) for name, array in weights.items()}

    def layers(who: str, x: Any, bend: Any) -> Any:
        for i in (1, 2, 3):
            x = x @ p[f"{who}.layer{i}.weight"] + p[f"{who}.layer{i}.bias"]
            x = bend(x) if i < 3 else x
        return x

    x = data[0].clone().requires_grad_()
    soft = torch.nn.functional.softplus
    real, fake = layers("critic", x, torch.tanh), layers("critic", layers("generator", data[1], torch.relu), torch.tanh)
    (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
    critic = soft(-real).mean() + soft(fake).mean() + float(ring.PENALTY) / 2 * (slope**2).sum(dim=1).mean()
    wanted = [critic.item(), soft(-fake).mean().item(), 0.0]
    assert costs.tolist() == pytest.approx(wanted, rel=1e-9)
    first = "critic.layer2.weight"
    (gradient,) = torch.autograd.grad(critic, p[first])
    moved = dict(zip(called, step.parameters(), strict=True))[first]
    away = -float(ring.RATE) * gradient / (gradient.abs() + 1e-8)  # the first step of Adam
    assert torch.allclose(moved - p[first].detach(), away, rtol=1e-4, atol=1e-9)


def test_the_average_starts_at_the_generator_and_follows_it() -> None:
    engine, called = TorchEngine("float32"), names()
    step = GameStep(game(BATCH), alternating, engine, names=called)
    step.start(first_weights(game(BATCH).params, called, 0))
    before = dict(zip(called, step.saved()[-len(called) :], strict=True))
    step.step(*flatten(step.game.data, next(drawn(BATCH, 0, "test", engine))))
    after = dict(zip(called, step.parameters(), strict=True))
    for name in called:
        if name.startswith("average"):
            leader = name.replace("average", "generator")
            share = float(ring.FOLLOWING)
            assert torch.equal(before[name], before[leader])
            assert torch.allclose(after[name], (1 - share) * before[name] + share * after[leader], rtol=1e-5, atol=1e-7)


def test_a_short_game_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "BATCH", 8)
    monkeypatch.setattr(ring, "HIDDEN", 4)
    monkeypatch.setattr(ring, "RESPONSE_STEPS", 2)
    metrics = TASKS["gan-ring"].train(tmp_path / "run", steps=2)
    assert {"modes", "quality", "gap", "gap at the start", "critic pays"} <= set(metrics)
    assert metrics["gap"] >= 0 and metrics["gap"] == metrics["gain of the critic"] + metrics["gain of the generator"]
    assert json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))["steps"] == 2


def test_a_round_is_the_map_of_its_term(monkeypatch: pytest.MonkeyPatch) -> None:
    from verified_cat.report import Strength
    from verified_cat.validation import validate

    monkeypatch.setattr(ring, "HIDDEN", 4)
    step = GameStep(game(8), alternating, TorchEngine("float32"), names=names())
    step.start(first_weights(step.game.params, names(), 0))
    report = validate(step, flatten(step.game.data, next(drawn(8, 0, "test", step.engine))), points=1)
    assert report.verdict is Strength.SAMPLED, report.summary
