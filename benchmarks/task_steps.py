"""Seconds per step of the tasks that classify, beside eager PyTorch on the same network, batches and rule.

    python benchmarks/task_steps.py [--data FOLDER-OF-FASHION] [--rounds 7] [--json FILE]

Each side makes whole steps as a training does: gathering the batch, the step, and reading the loss. Slices of each side
are interleaved in random order on one thread; the clock is CPU time. Before anything is timed, the loss of both after
twenty steps in float64 is compared. Fashion is timed on its pictures, or, without the files, on random ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from verified_cat.errors import VerifiedCatError
from verified_cat.gpu import digits, digits_conv, fashion, iris
from verified_cat.gpu.classification import Classification, table_of
from verified_cat.gpu.data import Shuffled
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import initial_weights, shuffled, stream
from verified_cat.gpu.step import Step
from verified_cat.optimiser import momentum

SLICE = 0.3
"""Seconds of a slice."""

Make = Callable[[int], float]
"""Step number ↦ its loss."""


def conv(side: int, *above: nn.Module) -> list[nn.Module]:
    one = [nn.Unflatten(1, (1, side, side)), nn.Conv2d(1, 16, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
    return [*one, nn.Conv2d(16, 32, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), *above]


PLAIN: dict[str, Callable[[], list[nn.Module]]] = {
    "iris": lambda: [nn.Linear(4, 20), nn.Tanh(), nn.Linear(20, 3)],
    "digits": lambda: [nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)],
    "digits-conv": lambda: conv(8, nn.Linear(128, 10)),
    "fashion": lambda: conv(28, nn.Linear(1568, 128), nn.ReLU(), nn.Linear(128, 10)),
}
"""The same networks in torch.nn."""


@dataclass(frozen=True)
class Problem:
    """A task with its data in one precision, and its first weights."""

    task: Classification
    data: tuple[Any, Any]
    precision: str

    def batches(self) -> Shuffled:
        engine = TorchEngine(self.precision)
        return Shuffled(table_of(self.data, engine), self.task.batch, 0, self.task.name)

    def weights(self) -> dict[str, Any]:
        model = self.task.network(self.task.batch)
        return initial_weights(model.map.param, model.names, 0)


def ours(given: Problem, backend: str) -> Make:
    """The compiled step of the task."""
    task, batches, engine = given.task, given.batches(), TorchEngine(given.precision)
    step = Step(task.objective(task.batch), momentum(task.rate, task.decay), engine, backend=backend)
    step.start(given.weights())
    return lambda number: step.step(*batches.at(number)).item()


def eager(given: Problem) -> Make:
    """The usual loop of PyTorch, with its fused rule."""
    batches, module = given.batches(), nn.Sequential(*PLAIN[given.task.name]())
    module = module.to(TorchEngine(given.precision).dtype)
    flips = [isinstance(layer, nn.Linear) for layer in module for _ in layer.parameters()]
    with torch.no_grad():
        for parameter, value, flip in zip(module.parameters(), given.weights().values(), flips, strict=True):
            parameter.copy_(torch.tensor(value.T if flip else value))
    rule = torch.optim.SGD(module.parameters(), lr=float(given.task.rate), momentum=float(given.task.decay), fused=True)
    squares = given.task.loss is digits.loss

    def step(number: int) -> float:
        x, y = batches.at(number)
        rule.zero_grad()
        z = module(x)
        loss = ((z - y) ** 2).sum() / len(x) if squares else nn.functional.cross_entropy(z, y)
        loss.backward()
        rule.step()
        return loss.item()

    return step


def problem(task: Classification, folder: Path | None, precision: str) -> Problem:
    if task.name != "fashion" or folder is not None:
        return Problem(
            task, task.examples(0, **({"data": folder} if folder and task.name == "fashion" else {})).learned, precision
        )
    numbers = stream(0, "task-steps", "pictures")
    labels = np.eye(10)[(numbers.random(2000) * 10).astype(int)]
    return Problem(task, (numbers.random((2000, 784)), labels), precision)


def agree(task: Classification, folder: Path | None) -> float:
    """How far the losses of the twentieth step are apart, in float64; refuses more than 10⁻⁹ of the first."""
    given = problem(task, folder, "float64")
    sides = [ours(given, "python"), eager(given)]
    losses = [[side(number) for number in range(20)] for side in sides]
    apart = abs(losses[0][-1] - losses[1][-1]) / losses[1][0]
    if not apart < 1e-9:
        raise SystemExit(f"{task.name}: the two networks are not the same: {apart:.3g} apart after 20 steps")
    return apart


def measured(sides: dict[str, Make], rounds: int) -> dict[str, list[float]]:
    """CPU seconds per step of each side in each round."""
    made = dict.fromkeys(sides, 0)
    times: dict[str, list[float]] = {name: [] for name in sides}
    order = stream(0, "task-steps", "order")
    for turn in range(rounds + 1):
        for index in shuffled(len(sides), order):
            name = list(sides)[index]
            began, count = time.process_time(), 0
            while time.process_time() < began + SLICE:
                sides[name](made[name])
                made[name], count = made[name] + 1, count + 1
            if turn:  # the first warms up
                times[name].append((time.process_time() - began) / count)
    return times


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--data", type=Path)
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--json", type=Path)
    given, rows = asked.parse_args(), []
    torch.set_num_threads(1)
    for task in (iris.TASK, digits.TASK, digits_conv.TASK, fashion.TASK):
        apart, data = agree(task, given.data), problem(task, given.data, "float32")
        sides = {"eager": eager(data), "python": ours(data, "python")}
        try:
            sides["native"] = ours(data, "native")
        except VerifiedCatError as missing:
            print(f"{task.name:12} native: not run: {missing}")
        times = measured(sides, given.rounds)
        for name, values in times.items():
            ratios = [one / other for one, other in zip(times["eager"], values, strict=True)]
            low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
            rows.append(
                {"task": task.name, "side": name, "seconds": float(np.median(values)), "ratio": middle, "apart": apart}
            )
            print(
                f"{task.name:12} {name:8} {1e6 * np.median(values):9.1f} µs a step   eager / this "
                f"{middle:.2f} [{low:.2f}, {high:.2f}]",
                flush=True,
            )
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
