"""The whole step as one function of torch.func, with the update written by hand; as it is, and compiled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from benchmarks.step.losses import Evaluation, player_loss
from benchmarks.step.program import Batches, Parameters, Program
from benchmarks.step.torch_layers import Tensors, TorchNumbers, from_torch, run_network, to_tensors, to_torch
from benchmarks.step.workloads import Adam, Workload

FIRST, SECOND, DELTA = 0.9, 0.999, 1e-8


def loss(workload: Workload, player: str, rest: Tensors, batch: Tensors, own: Tensors) -> Tensor:
    """The loss of a player as a function of its own parameters, the last argument."""
    every = {**own, **rest}
    evaluation = Evaluation(lambda name, x: run_network(workload, name, every, x), batch, {}, Counter())
    value: Tensor = player_loss(workload, player, evaluation, TorchNumbers(functional=True))
    return value


def gradients(workload: Workload, parameters: Tensors, batch: Tensors) -> Tensors:
    """∇ of each player's loss by its own parameters; of all copies at once by vmap."""
    found: Tensors = {}
    for player, entry in workload.players.items():
        own = {name: t for name, t in parameters.items() if name.partition(".")[0] in entry.networks}
        rest = {name: t for name, t in parameters.items() if name not in own}

        slopes = torch.func.grad(partial(loss, workload, player, rest, batch))
        found |= torch.func.vmap(slopes)(own) if workload.copies else slopes(own)
    return found


def update(workload: Workload, parameters: Tensors, state: dict[str, Any], slopes: Tensors) -> None:
    """Descent or Adam in place, alpha-free: torch 2.13's compiler drops the alpha of add(W, a @ b, alpha)."""
    rate = float(workload.optimiser.rate)
    if not isinstance(workload.optimiser, Adam):
        for name, tensor in parameters.items():
            tensor.sub_(rate * slopes[name])
        return
    state["count"].add_(1)
    one, two = 1 - FIRST ** state["count"], torch.sqrt(1 - SECOND ** state["count"])
    for name, tensor in parameters.items():
        mean, square, slope = state["mean"][name], state["square"][name], slopes[name]
        mean.mul_(FIRST).add_((1 - FIRST) * slope)
        square.mul_(SECOND).add_((1 - SECOND) * slope * slope)
        tensor.sub_(rate * (mean / one) / (square.sqrt() / two + DELTA))


def functional_step(workload: Workload, parameters: Parameters, batches: Batches, compiled: bool) -> Program:
    first, data = to_torch(workload, parameters), to_tensors(batches)
    tensors = {name: tensor.clone() for name, tensor in first.items()}
    state: dict[str, Any] = {}
    if isinstance(workload.optimiser, Adam):
        moments = ({name: torch.zeros_like(tensor) for name, tensor in first.items()} for _ in range(2))
        state = {"count": torch.zeros(()), "mean": next(moments), "square": next(moments)}

    def whole(parameters: Tensors, state: dict[str, Any], batch: Tensors) -> None:
        update(workload, parameters, state, gradients(workload, parameters, batch))

    made: Callable[..., None] = torch.compile(whole, fullgraph=True) if compiled else whole

    def reset() -> None:
        for name, tensor in tensors.items():
            tensor.copy_(first[name])
        for tensor in [state["count"], *state["mean"].values(), *state["square"].values()] if state else []:
            tensor.zero_()

    @torch.no_grad()
    def step(index: int) -> None:
        made(tensors, state, data[index % len(data)])

    return Program(step, reset, lambda: from_torch(workload, tensors))


def uncompiled(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """torch.func and a hand-written update, kernel by kernel."""
    return functional_step(workload, parameters, batches, compiled=False)


def compiled_step(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """torch.compile of the whole of it, fullgraph: the strongest ordinary use."""
    return functional_step(workload, parameters, batches, compiled=True)
