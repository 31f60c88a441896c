"""Store or recompute: time and memory of one training step under several schedules, beside eager PyTorch.

    OMP_NUM_THREADS=1 python benchmarks/schedules.py [--layers 64] [--width 256] [--batch 256] [--rounds 11]

A chain of dense layers with tanh and descent. Every schedule starts from the same parameters and must end one step in
the same ones, bit for bit; only then is it timed: slices of one step, interleaved in random order, one process, one
thread, CPU time; the ratio to "stored" is paired within rounds. The memory of ours is that of its temporaries, which is
known before anything runs; that of eager (autograd, and torch.utils.checkpoint in √n segments) is the highest resident
memory of a step above what there was before it.

Prediction, written before this file was first run: of 8 segments of a chain of 64 layers 7 run forward twice, which is
7/8 of the third of a step that the forward pass is: a ratio of 1.29 for the products, a little less with the rest; the
memory falls to about 8 + 8 of 64 layers' values, a quarter.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch

from verified_cat import primitives
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import initial_weights
from verified_cat.gpu.step import Step
from verified_cat.networks import mean_square, perceptron, supervised
from verified_cat.optimiser import gradient_descent

RATE = Fraction(1, 100)


def ours(layers: int, width: int, batch: int) -> dict[str, Step]:
    """A step for each schedule, at the same point."""
    model = perceptron(batch, (width,) * (layers + 1), primitives.tanh)
    objective, engine = supervised(model.map, mean_square(batch, width)), TorchEngine("float32")
    weights = initial_weights(model.map.param, model.names, 0)
    made = {"stored": Step(objective, gradient_descent(RATE), engine)}
    quarter = made["stored"].arena // 4
    for name, memory in {"square root": "square root", "half": 2 * quarter, "third": 4 * quarter // 3}.items():
        made[name] = Step(objective, gradient_descent(RATE), engine, memory=memory)
    for step in made.values():
        step.start(weights)
    return made


def eager(layers: int, width: int, segments: int) -> Callable[[torch.Tensor, torch.Tensor], None]:
    """The usual five lines, with the layers in so many checkpointed segments; 0 for none."""
    modules = [part for _ in range(layers) for part in (torch.nn.Linear(width, width), torch.nn.Tanh())][:-1]
    net = torch.nn.Sequential(*modules)
    rule = torch.optim.SGD(net.parameters(), lr=float(RATE))

    def step(x: torch.Tensor, y: torch.Tensor) -> None:
        rule.zero_grad()
        from torch.utils.checkpoint import checkpoint_sequential

        z = checkpoint_sequential(net, segments, x, use_reentrant=False) if segments else net(x)  # type: ignore[no-untyped-call]
        (((z - y) ** 2).sum() / len(x)).backward()
        rule.step()

    return step


def same_after_a_step(steps: dict[str, Step], x: torch.Tensor, y: torch.Tensor) -> None:
    """Every schedule gives the same parameters, or SystemExit."""
    reached = {}
    for name, step in steps.items():
        step.step(x, y)
        reached[name] = step.saved()
    for name, state in reached.items():
        if not all(map(torch.equal, state, reached["stored"])):
            raise SystemExit(f"{name}: the parameters after one step are not those of the stored schedule")


def highest(run: Callable[[], Any]) -> int:
    """How many bytes the resident memory rises in a run; 0 where the system does not say."""
    status, refs = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not status.exists():
        return 0
    run()
    ctypes.CDLL(None).malloc_trim(0)
    refs.write_text("5", encoding="ascii")
    before = _field(status, "VmRSS")
    run()
    return max(0, _field(status, "VmHWM") - before)


def _field(status: Path, name: str) -> int:
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
    return int(lines[name].split()[0]) * 1024


def timed(runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of a step, by implementation and round."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name in random.sample([*runs], len(runs)):
            runs[name]()
            began = time.process_time()
            for _ in range(3):
                runs[name]()
            found[name].append((time.process_time() - began) / 3)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Run, and print a line for each schedule."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    for name, default in (("layers", 64), ("width", 256), ("batch", 256), ("rounds", 11)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    steps = ours(given.layers, given.width, given.batch)
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(given.batch, given.width, generator=generator) for _ in range(2))
    same_after_a_step(steps, x, y)
    plain, checkpointed = (eager(given.layers, given.width, segments) for segments in (0, int(given.layers**0.5)))
    runs: dict[str, Callable[[], Any]] = {name: lambda step=step: step.step(x, y) for name, step in steps.items()}
    runs |= {"eager": lambda: plain(x, y), "eager, checkpointed": lambda: checkpointed(x, y)}
    memory = {name: step.arena for name, step in steps.items()}
    memory |= {name: highest(runs[name]) for name in ("eager", "eager, checkpointed")}
    seconds = timed(runs, given.rounds)
    rows = []
    for name, taken in seconds.items():
        ratios = [one / stored for one, stored in zip(taken, seconds["stored"], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        rows.append(
            {"name": name, "bytes": memory[name], "ms": 1e3 * statistics.median(taken), "ratio": [low, middle, high]}
        )
        sys.stdout.write(
            f"{name:<20} {memory[name] / 2**20:8.2f} MiB = {memory[name] / memory['stored']:5.2f} of stored   "
            f"{1e3 * statistics.median(taken):8.1f} ms   {middle:.2f} [{low:.2f}, {high:.2f}] of the time of stored\n"
        )
    if given.json:
        given.json.write_text(
            json.dumps({"rows": rows, "arguments": vars(given)}, default=str, indent=1), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
