"""One training step of the task ``digits`` against eager PyTorch: autograd and torch.optim on the same network.

    python benchmarks/digits_step.py [--dtype float32|float64] [--rounds 21] [--json FILE]

Both sides run the same network (64-128-10, relu), batch (64 images), loss, rule (momentum) and first parameters, in one
process on one thread, in slices of about 100 ms, interleaved in random order; the clock is CPU time. Before anything is
timed, the *updated parameters* of the first step are compared with float64 autograd within a derived bound. The figure
is the ratio eager / ours of each round, by its median and quartiles; above 1, ours is faster.

Predictions and what was measured are in README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import numpy as np
import torch

from verified_cat.gpu import digits
from verified_cat.gpu.engine import DTYPES, TorchEngine
from verified_cat.gpu.randomness import Array, initial_weights, shuffled, stream
from verified_cat.gpu.step import Step

RATE, DECAY = 1 / 40, 9 / 10
SLICE, BATCHES = 0.1, 28
ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24}


@dataclass(frozen=True, slots=True)
class Problem:
    """The first parameters by name, and some batches."""

    weights: dict[str, Array]
    batches: list[tuple[Array, Array]]


def problem(dtype: str) -> Problem:
    """What every implementation is given: the first seed at which rounding cannot move an activation over its kink."""
    return next(given for given in map(drawn_problem, count()) if clear_of_kinks(given, dtype))


def drawn_problem(seed: int) -> Problem:
    """First parameters, and the batches of one pass over all images."""
    pixels, labels = digits.images()
    engine = TorchEngine("float64")
    drawn = islice(digits.drawn(pixels, labels, seed, engine), BATCHES)
    model = digits.network(digits.BATCH)
    weights = initial_weights(model.map.param, model.names, seed)
    return Problem(weights, [(x.numpy(), y.numpy()) for x, y in drawn])


# ------------------------------------------------------------------------------------------------ the contestants


class Ours:
    """The compiled step that ``verified-cat train digits`` runs."""

    name = "ours"

    def __init__(self, given: Problem, dtype: str) -> None:
        engine = TorchEngine(dtype)
        model = digits.network(digits.BATCH)
        self.names, self.first = model.names, given.weights
        self.compiled = Step(digits.objective(digits.BATCH), digits.optimiser(), engine, names=model.names)
        self.data = [tuple(torch.tensor(part, dtype=engine.dtype) for part in batch) for batch in given.batches]
        self.reset()

    def reset(self) -> None:
        self.count = 0
        self.compiled.start(self.first)

    def step(self) -> float:
        with torch.inference_mode():
            loss = self.compiled.step(*self.data[self.count % len(self.data)])
            self.count += 1
            return float(loss)

    def weights(self) -> dict[str, Array]:
        return {name: tensor.numpy() for name, tensor in zip(self.names, self.compiled.parameters(), strict=True)}


class Eager:
    """The usual five lines of PyTorch."""

    def __init__(self, given: Problem, dtype: str, fused: bool = False) -> None:
        self.name = "eager, fused optimiser" if fused else "eager"
        kind = DTYPES[dtype]
        one, two = (torch.nn.Linear(a, b, dtype=kind) for a, b in zip(digits.WIDTHS, digits.WIDTHS[1:], strict=False))
        self.given, self.layers, self.net = given, (one, two), torch.nn.Sequential(one, torch.nn.ReLU(), two)
        self.rule = torch.optim.SGD(self.net.parameters(), lr=RATE, momentum=DECAY, fused=fused or None)
        self.data = [tuple(torch.tensor(part, dtype=kind) for part in batch) for batch in given.batches]
        self.reset()

    def reset(self) -> None:
        self.count = 0
        self.rule.state.clear()
        with torch.no_grad():
            for index, layer in enumerate(self.layers, start=1):
                layer.weight.copy_(torch.tensor(self.given.weights[f"layer{index}.weight"]).t())
                layer.bias.copy_(torch.tensor(self.given.weights[f"layer{index}.bias"]))

    def step(self) -> float:
        x, y = self.data[self.count % len(self.data)]
        self.count += 1
        self.rule.zero_grad()
        loss = torch.nn.functional.mse_loss(self.net(x), y, reduction="sum") / len(x)
        loss.backward()  # type: ignore[no-untyped-call]
        self.rule.step()
        return loss.item()

    def weights(self) -> dict[str, Array]:
        made = {}
        for index, layer in enumerate(self.layers, start=1):
            made[f"layer{index}.weight"] = layer.weight.detach().t().numpy()
            made[f"layer{index}.bias"] = layer.bias.detach().numpy()
        return made


# ------------------------------------------------------------------------------------------------ the check


def gamma(rounds: int, dtype: str) -> float:
    """γ_k = k u / (1 - k u), which bounds the relative error of k roundings (Higham 2002, Lemma 3.1)."""
    return rounds * ROUNDOFF[dtype] / (1 - rounds * ROUNDOFF[dtype])


def clear_of_kinks(given: Problem, dtype: str) -> bool:
    """Whether every activation of the first batch is further from 0 than its rounding error in ``dtype``."""
    x, w, b = given.batches[0][0], given.weights["layer1.weight"], given.weights["layer1.bias"]
    error = gamma(len(w) + 1, dtype) * (np.abs(x) @ np.abs(w) + np.abs(b))
    return bool(np.all(np.abs(x @ w + b) > 2 * error))


def allowed(given: Problem, dtype: str) -> dict[str, Array]:
    """|error| of each updated parameter after one step in ``dtype``: γ_k times the step on absolute values.

    A polynomial program errs by at most γ_k times its value with every number and sign made positive, where no path has
    more than k roundings (Higham 2002, section 3.1); relu and its derivative select, and round nothing, where no
    activation is within rounding of 0.
    """
    x, y = (np.abs(part) for part in given.batches[0])
    w1, b1, w2, b2 = (given.weights[f"layer{i}.{part}"] for i in (1, 2) for part in ("weight", "bias"))
    before = given.batches[0][0] @ w1 + b1
    rounds = sum(digits.WIDTHS) + 2 * digits.BATCH + 16
    on = before > 0
    hidden = (x @ np.abs(w1) + np.abs(b1)) * on
    back = 2 / len(x) * (hidden @ np.abs(w2) + np.abs(b2) + y)
    inner = (back @ np.abs(w2).T) * on
    slopes = {"layer1.weight": x.T @ inner, "layer1.bias": inner.sum(0)}
    slopes |= {"layer2.weight": hidden.T @ back, "layer2.bias": back.sum(0)}
    return {name: gamma(rounds, dtype) * (np.abs(given.weights[name]) + RATE * slope) for name, slope in slopes.items()}


def check_first_step(given: Problem, dtype: str) -> list[dict[str, Any]]:
    """The updated parameters of every implementation against float64 autograd; the worst share of what is allowed."""
    exact = Eager(given, "float64")
    exact.step()
    expected, own, reference = exact.weights(), allowed(given, dtype), allowed(given, "float64")
    rows = []
    for contestant in contestants(given, dtype):
        contestant.step()
        share = max(
            _share(np.abs(array - expected[name]), own[name] + reference[name])
            for name, array in contestant.weights().items()
        )
        if not share <= 1:
            raise SystemExit(f"{contestant.name}: the first step is wrong, {share:.3g} times the error allowed")
        rows.append({"name": contestant.name, "share_of_allowed": share})
    return rows


def _share(error: Array, bound: Array) -> float:
    """The largest error / bound; infinite where nothing is allowed and there is an error all the same."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.max(np.where(error == 0, 0.0, error / bound)))


def contestants(given: Problem, dtype: str) -> list[Any]:
    return [Ours(given, dtype), Eager(given, dtype), Eager(given, dtype, fused=True)]


# ------------------------------------------------------------------------------------------------ the clock


def slice_time(contestant: Any, steps: int) -> float:
    """CPU seconds per step over the first ``steps`` steps of a training.

    Each slice starts anew: on a few batches learned by heart, momenta decay to subnormal numbers, which are slow.
    """
    contestant.reset()
    began = time.process_time()
    for _ in range(steps):
        contestant.step()
    return (time.process_time() - began) / steps


def measure(given: Problem, dtype: str, rounds: int) -> dict[str, list[float]]:
    """CPU seconds per step of every implementation in every round."""
    field = contestants(given, dtype)
    counts = [max(1, round(SLICE / slice_time(one, 200))) for one in field]
    times: dict[str, list[float]] = {one.name: [] for one in field}
    order = stream(0, "digits-step", "order of rounds")
    for _ in range(rounds):
        for index in shuffled(len(field), order):
            times[field[index].name].append(slice_time(field[index], counts[index]))
    return times


def quartiles(values: list[float]) -> list[float]:
    return [float(q) for q in np.quantile(values, [0.25, 0.5, 0.75])]


def summary(times: dict[str, list[float]]) -> dict[str, Any]:
    """Microseconds per step, and the ratio to ours in each round, by quartiles."""
    ours = times["ours"]
    return {
        name: {
            "microseconds": quartiles([1e6 * t for t in values]),
            "ratio_to_ours": quartiles([t / o for t, o in zip(values, ours, strict=True)]),
        }
        for name, values in times.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dtype", choices=list(DTYPES), default=digits.DTYPE)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    torch.set_num_threads(1)
    given = problem(options.dtype)
    checked = check_first_step(given, options.dtype)
    figures = summary(measure(given, options.dtype, options.rounds))
    for row in checked:
        low, middle, high = figures[row["name"]]["microseconds"]
        ratio = figures[row["name"]]["ratio_to_ours"]
        print(
            f"{row['name']:24}{middle:8.1f} µs [{low:.1f}, {high:.1f}]   ratio {ratio[1]:.3f} [{ratio[0]:.3f}, "
            f"{ratio[2]:.3f}]   first step: {row['share_of_allowed']:.2g} of the allowed error"
        )
    result = {
        "benchmark": "digits-step",
        "dtype": options.dtype,
        "rounds": options.rounds,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "first_step": checked,
        "figures": figures,
    }
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
            file.write("\n")
    return 0 if figures["eager"]["ratio_to_ours"][0] >= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
