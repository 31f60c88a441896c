"""The whole step in JAX: jit with donated buffers, and 64 steps in one call by lax.scan.

python -m venv .venv-jax && .venv-jax/bin/python -m pip install jax==0.10.2
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.step.losses import Evaluation, player_loss
from benchmarks.step.program import Batches, Parameters, Program
from benchmarks.step.workloads import Activation, Adam, Convolution, Dense, GroupNorm, Layer, Reshape, Workload

FIRST, SECOND, DELTA = 0.9, 0.999, 1e-8
STEPS = 64
LAYOUT = ("NCHW", "OIHW", "NCHW")
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "leaky_relu": lambda x: jnp.where(x > 0, x, 0.2 * x),
}


def run_layer(layer: Layer, name: str, parameters: dict[str, Any], x: Any) -> Any:
    match layer:
        case Activation(function):
            return ACTIVATIONS[function](x)
        case Reshape(shape):
            return x.reshape(len(x), *shape)
        case Dense(own):
            return x @ parameters[f"{name}.{own}.weight"] + parameters[f"{name}.{own}.bias"]
        case GroupNorm(own, _, groups):
            rows = x.reshape(len(x), groups, -1)
            level = (rows - rows.mean(-1, keepdims=True)) * jax.lax.rsqrt(rows.var(-1, keepdims=True) + 1e-5)
            weight, bias = (parameters[f"{name}.{own}.{part}"][:, None, None] for part in ("weight", "bias"))
            return level.reshape(x.shape) * weight + bias
        case Convolution(own):
            result = convolved(layer, parameters[f"{name}.{own}.weight"], x)
            return result + parameters[f"{name}.{own}.bias"][:, None, None] if layer.bias else result


def convolved(layer: Convolution, kernel: Any, x: Any) -> Any:
    stride, pad = (layer.stride,) * 2, layer.padding
    if not layer.transposed:
        return jax.lax.conv_general_dilated(x, kernel, stride, [(pad, pad)] * 2, dimension_numbers=LAYOUT)
    turned, edge = jnp.flip(kernel, (2, 3)).transpose(1, 0, 2, 3), layer.window - 1 - pad
    return jax.lax.conv_general_dilated(
        x, turned, (1, 1), [(edge, edge)] * 2, lhs_dilation=stride, dimension_numbers=LAYOUT
    )


@dataclass(frozen=True, slots=True)
class JaxNumbers:
    """The losses' arithmetic in jax.numpy."""

    def softplus(self, x: Any) -> Any:
        return jax.nn.softplus(x)

    def mean(self, x: Any) -> Any:
        return x.mean()

    def absolute(self, x: Any) -> Any:
        return jnp.abs(x)

    def half_squares(self, x: Any) -> Any:
        return 0.5 * (x**2).sum()

    def cross_entropy(self, scores: Any, labels: Any) -> Any:
        return -jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], 1).mean()

    def constant(self, x: Any) -> Any:
        return jax.lax.stop_gradient(x)

    def row_norms(self, x: Any) -> Any:
        return jnp.sqrt((x.reshape(len(x), -1) ** 2).sum(1))

    def gradient(self, function: Callable[[Any], Any], x: Any) -> Any:
        return jax.grad(lambda at: function(at).sum())(x)


def loss(workload: Workload, player: str, rest: dict[str, Any], batch: dict[str, Any], own: dict[str, Any]) -> Any:
    """The loss of a player as a function of its own parameters, the last argument."""
    every = {**own, **rest}

    def apply(network: str, x: Any) -> Any:
        for layer in workload.networks[network]:
            x = run_layer(layer, network, every, x)
        return x

    return player_loss(workload, player, Evaluation(apply, batch, {}, Counter()), JaxNumbers())


def gradients(workload: Workload, parameters: dict[str, Any], batch: dict[str, Any]) -> dict[str, Any]:
    """∇ of each player's loss by its own parameters; of all copies at once by vmap."""
    found: dict[str, Any] = {}
    for player, entry in workload.players.items():
        own = {name: array for name, array in parameters.items() if name.partition(".")[0] in entry.networks}
        rest = {name: array for name, array in parameters.items() if name not in own}
        slopes = jax.grad(partial(loss, workload, player, rest, batch))
        found |= jax.vmap(slopes)(own) if workload.copies else slopes(own)
    return found


def updated(workload: Workload, state: dict[str, Any], batch: dict[str, Any]) -> dict[str, Any]:
    """The state after one step."""
    old, rate = state["parameters"], float(workload.optimiser.rate)
    slopes = gradients(workload, old, batch)
    if not isinstance(workload.optimiser, Adam):
        return {"parameters": {name: old[name] - rate * slopes[name] for name in old}}
    count = state["count"] + 1
    mean = {n: FIRST * state["mean"][n] + (1 - FIRST) * slopes[n] for n in old}
    square = {n: SECOND * state["square"][n] + (1 - SECOND) * slopes[n] ** 2 for n in old}
    one, two = 1 - FIRST**count, jnp.sqrt(1 - SECOND**count)
    moved = {n: old[n] - rate * (mean[n] / one) / (jnp.sqrt(square[n]) / two + DELTA) for n in old}
    return {"parameters": moved, "mean": mean, "square": square, "count": count}


def first_state(workload: Workload, parameters: Parameters) -> dict[str, Any]:
    state: dict[str, Any] = {"parameters": {name: jnp.array(array) for name, array in parameters.items()}}
    if isinstance(workload.optimiser, Adam):
        for moment in ("mean", "square"):
            state[moment] = {name: jnp.zeros_like(array) for name, array in state["parameters"].items()}
        state["count"] = jnp.zeros(())
    return state


def program(workload: Workload, parameters: Parameters, call: Callable[[Any, int], Any], steps: int) -> Program:
    held = [first_state(workload, parameters)]

    def step(index: int) -> None:
        held[0] = call(held[0], index)

    def reset() -> None:
        held[0] = first_state(workload, parameters)
        finish()

    def finish() -> None:
        jax.block_until_ready(held[0])

    def now() -> Parameters:
        return {name: np.array(array) for name, array in held[0]["parameters"].items()}

    return Program(step, reset, now, finish, steps)


def jit(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """jax.jit of the whole step, its buffers donated."""
    data = [{name: jnp.array(array) for name, array in batch.items()} for batch in batches]
    compiled = jax.jit(lambda state, batch: updated(workload, state, batch), donate_argnums=0)
    return program(workload, parameters, lambda state, index: compiled(state, data[index % len(data)]), 1)


def scan(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """64 steps in one call; every slice starts at batch 0, so the order of batches is that of the others."""
    stacked = {name: jnp.stack([jnp.array(batch[name]) for batch in batches]) for name in batches[0]}

    def body(state: Any, batch: Any) -> Any:
        return updated(workload, state, batch), None

    def whole(state: Any, data: Any) -> Any:
        return jax.lax.scan(lambda s, _: (jax.lax.scan(body, s, data)[0], None), state, None, STEPS // len(batches))[0]

    compiled = jax.jit(whole, donate_argnums=0)
    return program(workload, parameters, lambda state, index: compiled(state, stacked), STEPS)
