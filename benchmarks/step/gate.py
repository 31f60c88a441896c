"""Whether an implementation computes the step at all: its updated parameters against float64 autograd.

A loss value sees neither a dropped factor nor a wrong stride, so what is compared is p after the step. What is allowed
is of rounding size, and found by rounding: the float64 reference is run again with noise of the size of float32's
rounding errors after every layer, forwards and backwards. After one step each entry is compared: its gradient may be
off by 8 times the largest deviation of its leaf under noise, and the update is monotone in the gradient, so the updated
entry has to lie between the two ends, and rounding of the update itself. After several steps each leaf is compared, in
the Euclidean norm. Where the allowance hides the step (for nine of ten entries of a leaf, or by a tenth of its norm),
the comparison says nothing of that leaf and the verdict is undecided.

Adam's step does not change when a gradient is multiplied by a positive number, so for Adam a wrong factor of one
leaf's whole gradient is not seen here; a wrong sign, term, entry, batch or rate is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from math import sqrt

import numpy as np
import torch
from torch import Tensor

from benchmarks.step.losses import Evaluation, player_loss
from benchmarks.step.program import Batches, Parameters
from benchmarks.step.torch_layers import Tensors, TorchNumbers, Watch, from_torch, run_network, to_tensors, to_torch
from benchmarks.step.workloads import Adam, Array, Convolution, Dense, Workload

SAMPLED, REFUTED, UNDECIDED = "sampled", "refuted", "undecided"
ROUNDOFF = 2.0**-24
FIRST, SECOND = 0.9, 0.999
SAFETY, SAY_NOTHING, MOST = 8.0, 0.1, 0.9
SMALLEST = 2.0**-126  # below it float32 has fewer digits


@dataclass(frozen=True, slots=True)
class Expected:
    """The parameters after ``steps`` steps in float64, how far they moved, and how far off they may be, by name.

    After one step ``moved`` and ``allowed`` have a number for each entry; after several, one for each leaf.
    """

    steps: int
    parameters: Parameters
    moved: Parameters
    allowed: Parameters


@dataclass(frozen=True, slots=True)
class Verdict:
    """``share`` is the largest error / allowed; ``reason`` says where it is too large, or cannot be told."""

    word: str
    share: float
    reason: str = ""


def compare(expected: Expected, found: Parameters) -> Verdict:
    """Refuted where a parameter is further off than rounding allows; undecided where the allowance hides the step."""
    if sorted(found) != sorted(expected.parameters):
        return Verdict(REFUTED, float("inf"), f"the parameters are {sorted(found)}")
    shares = {name: _share(expected, name, found[name]) for name in expected.parameters}
    worst = max(shares, key=lambda name: shares[name])
    if not shares[worst] <= 1:
        return Verdict(REFUTED, shares[worst], f"{worst} is off by {shares[worst]:.3g} times what rounding allows")
    hidden = [name for name in shares if _hidden(expected, name)]
    if hidden:
        return Verdict(UNDECIDED, shares[worst], f"rounding may hide the step of {hidden[0]}")
    return Verdict(SAMPLED, shares[worst])


def _share(expected: Expected, name: str, found: Array) -> float:
    right = expected.parameters[name]
    if found.shape != right.shape or not np.all(np.isfinite(found)):
        return float("inf")
    error = _size(expected.steps, found.astype(np.float64) - right)
    return float(np.max(error / expected.allowed[name], initial=0.0))


def _hidden(expected: Expected, name: str) -> bool:
    """A leaf that does not move at all hides nothing."""
    moved = expected.moved[name]
    return bool(np.any(moved)) and float(np.mean(expected.allowed[name] > SAY_NOTHING * moved)) > MOST


def _size(steps: int, array: Array) -> Array:
    return np.abs(array) if steps == 1 else np.asarray(np.linalg.norm(array))


# ------------------------------------------------------------------------------------------------- the reference


def expected(workload: Workload, parameters: Parameters, batches: Batches, steps: int = 1) -> Expected:
    """The reference after ``steps`` steps, and what rounding may do to it."""
    right = reference(workload, parameters, batches, steps, None)
    moved = {name: _size(steps, array - parameters[name]) for name, array in right.items()}
    several = partial(after_several, workload, parameters, batches, steps, right)
    off = after_one(workload, parameters, batches) if steps == 1 else several()
    relative = ROUNDOFF * (2 / (1 - SECOND) if isinstance(workload.optimiser, Adam) else 4)
    allowed = {
        name: off[name] + relative * moved[name] + 2 * steps * ROUNDOFF * _size(steps, array) + SMALLEST
        for name, array in right.items()
    }
    return Expected(steps, right, moved, allowed)


def after_one(workload: Workload, parameters: Parameters, batches: Batches) -> Parameters:
    """|U(p, g ± t) - U(p, g)| for each entry, t being 8 times the largest deviation of its leaf under noise."""
    tensors = {n: t.requires_grad_() for n, t in to_torch(workload, parameters, torch.float64).items()}
    batch = to_tensors(batches[:1], torch.float64)[0]
    exact = gradients(workload, tensors, batch, None)
    noisy = [gradients(workload, tensors, batch, Noise(seed)) for seed in range(3)]
    found = {}
    for name, slope in exact.items():
        end = SAFETY * max(float((run[name] - slope).abs().max()) for run in noisy)
        step, *ends = (first_move(workload, slope + shift) for shift in (0.0, end, -end))
        found[name] = torch.maximum(*((one - step).abs() for one in ends))
    return from_torch(workload, found)


def after_several(
    workload: Workload, parameters: Parameters, batches: Batches, steps: int, right: Parameters
) -> Parameters:
    """8 times the largest distance, in the Euclidean norm of a leaf, at which steps under noise end."""
    noisy = [reference(workload, parameters, batches, steps, seed) for seed in range(2)]
    return {
        name: np.asarray(SAFETY * max(float(np.linalg.norm(run[name] - array)) for run in noisy))
        for name, array in right.items()
    }


def reference(workload: Workload, parameters: Parameters, batches: Batches, steps: int, seed: int | None) -> Parameters:
    """Autograd and the rule of the optimiser in float64; with a seed, under noise of float32's size."""
    tensors = {n: t.requires_grad_() for n, t in to_torch(workload, parameters, torch.float64).items()}
    data, noise = to_tensors(batches, torch.float64), Noise(seed) if seed is not None else None
    state = {name: (torch.zeros_like(t), torch.zeros_like(t)) for name, t in tensors.items()}
    for count in range(steps):
        slopes = gradients(workload, tensors, data[count % len(data)], noise)
        with torch.no_grad():
            for name, tensor in tensors.items():
                tensor -= move(workload, slopes[name], state[name], count + 1)
    return from_torch(workload, tensors)


def gradients(workload: Workload, tensors: Tensors, batch: Tensors, noise: Noise | None) -> Tensors:
    """∇ of each player's loss by its own parameters, each loss evaluated by itself."""
    found: Tensors = {}
    for player, entry in workload.players.items():

        def apply(name: str, x: Tensor) -> Tensor:
            watch = noise.after(workload, name) if noise else None
            return run_network(workload, name, tensors, x, watch)

        loss = player_loss(workload, player, Evaluation(apply, batch, {}, Counter()), TorchNumbers())
        own = [name for name in tensors if name.partition(".")[0] in entry.networks]
        found |= dict(zip(own, torch.autograd.grad(loss, [tensors[name] for name in own]), strict=True))
    return found


def move(workload: Workload, slope: Tensor, state: tuple[Tensor, Tensor], count: int) -> Tensor:
    """ε g, or ε m̂ / (√v̂ + δ) with the moments updated in place (Kingma and Ba 2015, Algorithm 1)."""
    rate = float(workload.optimiser.rate)
    if not isinstance(workload.optimiser, Adam):
        return rate * slope
    mean, square = state
    mean.mul_(FIRST).add_(slope, alpha=1 - FIRST)
    square.mul_(SECOND).addcmul_(slope, slope, value=1 - SECOND)
    return rate * (mean / (1 - FIRST**count)) / ((square / (1 - SECOND**count)).sqrt() + 1e-8)


def first_move(workload: Workload, slope: Tensor) -> Tensor:
    """The move of the first step, where the moments are 0 before it."""
    return move(workload, slope, (torch.zeros_like(slope), torch.zeros_like(slope)), 1)


class Noise:
    """After a layer, y (1 + ξ) + ξ' rms(y) with ξ, ξ' up to 2 √k u, k the longest sum in a layer of the network.

    The factor moves the cotangent as well, when autograd comes back through it.
    """

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def after(self, workload: Workload, network: str) -> Watch:
        size = 2 * sqrt(max(longest_sum(layer) for layer in workload.networks[network])) * ROUNDOFF

        def disturbed(y: Tensor) -> Tensor:
            factor, summand = (2 * torch.rand(y.shape, generator=self.generator, dtype=y.dtype) - 1 for _ in range(2))
            return y * (1 + size * factor) + size * summand * y.detach().square().mean().sqrt()

        return disturbed


def longest_sum(layer: object) -> int:
    match layer:
        case Dense(_, inputs, outputs):
            return max(inputs, outputs)
        case Convolution():
            return max(layer.channels, layer.filters) * layer.window**2
        case _:
            return 4
