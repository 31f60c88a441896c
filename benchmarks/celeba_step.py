"""Seconds per step of the schema of CelebA (41.9 million parameters) beside eager PyTorch on the same model and data.

    python benchmarks/celeba_step.py [--batch 64] [--device cuda] [--rounds 7] [--critic-steps 5] [--small]
                                     [--backend python] [--json FILE]

A step is what a training makes: so many updates of the critics, each with its gradient penalty, then one of both
arrows; Adam for both. Before anything is timed the losses of both sides are compared over three steps of a narrow
model in float64, on the CPU. Rounds of each side alternate. On a GPU the clock is wall time between synchronisations,
and TF32 is as torch has it by default; on a CPU it is CPU time, on one thread. The pictures are random numbers: a step
costs the same on any. ``--small`` times the narrow model.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.schema_training import Run, with_training
from verified_cat.objects import flatten
from verified_cat.schema_file import load
from verified_cat.schema_kinds import settings
from verified_cat.specification import Specification

FILE = Path(__file__).parent.parent / "examples" / "schemas" / "celeba.toml"
GAMMA, PENALTY, SMALL = 20.0, 10.0, 1e-8
NARROW = {"network": [8, 12, 16], "critic": [8, 8, 12, 12, 12], "latent": [16, 16]}

Make = Callable[[], float]
"""One step ↦ the loss of the arrows."""


def specification(batch: int, critic_steps: int, narrow: bool) -> Specification:
    """The schema of CelebA on random pictures, without a head start."""
    whole = load(FILE)
    noise = settings("data", "uniform", low=0, high=1)
    things = [each if each.product else replace(each, data=noise) for each in whole.things]
    arrows, critic = list(whole.arrows), whole.critic
    if narrow:
        arrows = [replace(each, network=_with(each.network, channels=NARROW["network"])) for each in arrows]
        critic = _with(critic, channels=NARROW["critic"])
        things = [replace(each, critic=each.critic and _with(each.critic, hidden=NARROW["latent"])) for each in things]
    made = replace(whole, things=tuple(things), arrows=tuple(arrows), critic=critic)
    return with_training(made, steps=10**6, batch=batch, critic_steps=critic_steps, head_start=0)


def _with(kind: Any, **options: Any) -> Any:
    return settings(kind.family, kind.kind, **{**dict(kind.options), **options})


def ours(whole: Specification, engine: TorchEngine, backend: str) -> tuple[Make, dict[str, torch.Tensor]]:
    """The compiled steps, and the first parameters by name."""
    run = Run(with_training(whole, backend=backend), engine, 0)
    job = run.built()
    learning = run.learning(job.task)
    state, data = run.start(job, learning), iter(run.data(job.task).since(_place()))
    own = dict(zip(job.names, flatten(job.task.architecture.parameters, learning.parameters(state)), strict=True))
    judges = dict(zip(job.critic_names, flatten(job.task.critic_params, learning.judges(state[1])), strict=True))
    first = {name: leaf.clone() for name, leaf in {**own, **judges}.items()}
    held = [state]

    def step() -> float:
        held[0], shown = learning.update(held[0], next(data))
        return float(shown["loss"])

    return step, first


def _place() -> Any:
    from verified_cat.gpu.data import Place

    return Place()


# ------------------------------------------------------------------------------------------------ in torch.nn


class Arrow(nn.Module):
    """The network of the kind ``conv``: with a code that comes in (FiLM), or one that goes out."""

    def __init__(self, first: dict[str, torch.Tensor], name: str) -> None:
        super().__init__()
        own = {key.removeprefix(f"{name}."): each for key, each in first.items() if key.startswith(f"{name}.")}
        self.layers = nn.ModuleDict()
        for key in dict.fromkeys(each.rpartition(".")[0] for each in own):
            self.layers[key] = layer(own[f"{key}.weight"], own[f"{key}.bias"], 2 if key.startswith("down") else 1)
        self.depth = sum(key.startswith("down") for key in self.layers)

    def forward(self, x: torch.Tensor, z: torch.Tensor | None = None) -> Any:
        h = x
        for number in range(1, self.depth + 1):
            h = functional.relu(self.layers[f"down{number}"](h))
        h = self.modulated("middle", h, z)
        code = torch.sigmoid(self.layers["head"](h.flatten(1))) if "head" in self.layers else None
        for number in range(self.depth, 0, -1):
            h = self.modulated(f"up{number}", functional.interpolate(h, scale_factor=2), z)
        picture = x + self.layers["last"](h)
        return picture if code is None else (picture, code)

    def modulated(self, key: str, h: torch.Tensor, z: torch.Tensor | None) -> torch.Tensor:
        y = self.layers[key](h)
        if z is not None:
            scale, shift = self.layers[f"{key}_code"](z)[:, :, None, None].chunk(2, 1)
            y = (1 + scale) * y + shift
        return functional.relu(y)


def layer(weight: torch.Tensor, bias: torch.Tensor, stride: int) -> nn.Module:
    """A convolution or a dense layer with these parameters."""
    made: nn.Module
    if weight.ndim == 4:
        out, into, window, _ = weight.shape
        made, known = nn.Conv2d(into, out, window, stride, window // 2), weight
    else:
        made, known = nn.Linear(*weight.shape), weight.T
    made.to(weight.device, weight.dtype)
    with torch.no_grad():
        made.weight.copy_(known)
        assert made.bias is not None
        made.bias.copy_(bias)
    return made


def critic(first: dict[str, torch.Tensor], name: str, strides: tuple[int, ...] = ()) -> nn.Sequential:
    """The critic of an image, or without strides that of a latent."""
    names = [key.rpartition(".")[0] for key in first if key.startswith(f"{name}.") and key.endswith(".weight")]
    parts: list[nn.Module] = []
    for key, stride in zip(names, (*strides, *(1 for _ in names)), strict=False):
        if key == names[-1] and strides:
            parts.append(nn.Flatten())
        parts += [layer(first[f"{key}.weight"], first[f"{key}.bias"], stride), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def eager(whole: Specification, engine: TorchEngine, first: dict[str, torch.Tensor]) -> Make:
    """The same steps by autograd and torch.optim, every evaluation made once."""
    assert whole.critic is not None
    strides, run = whole.critic["strides"], Run(whole, engine, 0)
    d, c = Arrow(first, "d"), Arrow(first, "c")
    judges = [
        critic(first, "critic_A * Z.A", strides),
        critic(first, "critic_A * Z.Z"),
        critic(first, "critic_F", strides),
    ]
    betas = float(whole.training["beta1"]), float(whole.training["beta2"])
    fused = engine.device.type == "cuda"
    rate, critic_rate = run.rates(0)
    below = torch.optim.Adam([*d.parameters(), *c.parameters()], rate, betas, fused=fused)
    above = torch.optim.Adam([p for each in judges for p in each.parameters()], critic_rate, betas, fused=fused)
    data = iter(run.data(run.built().task).since(_place()))

    def judged(judge: nn.Module, real: torch.Tensor, made: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        u = share.reshape(-1, *[1] * (real.ndim - 1))
        between = (u * real + (1 - u) * made).requires_grad_()
        (gradient,) = torch.autograd.grad(judge(between).sum(), between, create_graph=True)
        lengths = (gradient.flatten(1).square().sum(1) + SMALL).sqrt()
        found: torch.Tensor = judge(made).mean() - judge(real).mean() + PENALTY * (lengths - 1).square().mean()
        return found

    def step() -> float:
        rounds, (f, (_, (_, (b, y)))), _ = next(data)
        for (g, (_, (_, (p, q)))), (one, other) in rounds:
            with torch.no_grad():
                (made_p, made_q), made_g = d(g), c(p, q)
            above.zero_grad()
            loss = judged(judges[0], p, made_p, one) + judged(judges[1], q, made_q, one)
            torch.autograd.backward(loss + judged(judges[2], g, made_g, other))
            above.step()
        below.zero_grad()
        (e, w), h = d(f), c(b, y)
        loss = -judges[0](e).mean() - judges[1](w).mean() - judges[2](h).mean()
        back, (again, code) = c(e, w), d(h)
        loss = loss + GAMMA * (back - f).abs().mean()
        loss = loss + GAMMA * ((again - b).abs().mean() + (code - y).abs().mean()) / 2
        loss.backward()
        below.step()
        return float(loss.item())

    return step


# ------------------------------------------------------------------------------------------------ timing


def agree() -> float:
    """How far the losses of three steps are apart, in float64 on a narrow model; refuses more than 10⁻⁹ of them."""
    engine, whole = TorchEngine("float64"), specification(2, 2, True)
    own, first = ours(whole, engine, "python")
    other = eager(whole, engine, first)
    apart = max(abs(one - two) / abs(two) for one, two in ((own(), other()) for _ in range(3)))
    if not apart < 1e-9:
        raise SystemExit(f"the two sides are not the same: their losses are {apart:.3g} apart")
    return apart


def measured(sides: dict[str, Make], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """Seconds per step of each side in each round, after one that is not counted."""
    gpu, times = device.type == "cuda", {name: list[float]() for name in sides}
    clock = time.perf_counter if gpu else time.process_time

    def now() -> float:
        if gpu:
            torch.cuda.synchronize(device)
        return clock()

    for turn in range(rounds + 1):
        for name in sorted(sides, reverse=turn % 2 == 1):
            began = now()
            sides[name]()
            if turn:
                times[name].append(now() - began)
    return times


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--batch", type=int, default=64)
    asked.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--critic-steps", type=int, default=5)
    asked.add_argument("--small", action="store_true")
    asked.add_argument("--backend", default="python")
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    torch.set_num_threads(1)
    apart = agree()
    whole = specification(given.batch, given.critic_steps, given.small)
    engine = TorchEngine("float32", device=given.device)
    began = time.process_time()
    own, first = ours(whole, engine, given.backend)
    built = time.process_time() - began
    sides = {"ours": own, "eager": eager(whole, engine, first)}
    times = measured(sides, given.rounds, engine.device)
    ratios = [two / one for one, two in zip(times["ours"], times["eager"], strict=True)]
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    row = {
        "device": torch.cuda.get_device_name(engine.device) if engine.device.type == "cuda" else "cpu",
        "batch": given.batch,
        "critic_steps": given.critic_steps,
        "parameters": sum(each.numel() for each in first.values()),
        "build_seconds": built,
        "seconds": {name: float(np.median(each)) for name, each in times.items()},
        "eager_over_ours": [float(low), float(middle), float(high)],
        "apart": apart,
    }
    print(json.dumps(row, indent=1))
    if given.json:
        given.json.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
