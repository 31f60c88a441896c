"""The layers and losses in torch, twice: as ``torch.nn`` modules, and as functions of named parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.step.program import Parameters
from benchmarks.step.workloads import Activation, Convolution, Dense, GroupNorm, Layer, Network, Reshape, Workload

SLOPE = 0.2
Tensors = dict[str, Tensor]


def dense_weights(workload: Workload) -> set[str]:
    """The names of dense weights: torch keeps them as R[outputs,inputs]."""
    return {
        f"{network}.{layer.name}.weight"
        for network, layers in workload.networks.items()
        for layer in layers
        if isinstance(layer, Dense)
    }


def to_torch(workload: Workload, parameters: Parameters, dtype: torch.dtype = torch.float32) -> Tensors:
    """Copies of the parameters, dense weights turned."""
    turned = dense_weights(workload)
    made = {n: np.ascontiguousarray(np.swapaxes(a, -1, -2)) if n in turned else a for n, a in parameters.items()}
    return {name: torch.tensor(array, dtype=dtype) for name, array in made.items()}


def from_torch(workload: Workload, tensors: Tensors) -> Parameters:
    turned = dense_weights(workload)
    arrays = {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}
    return {name: np.swapaxes(array, -1, -2) if name in turned else array for name, array in arrays.items()}


def to_tensors(batches: list[dict[str, Any]], dtype: torch.dtype = torch.float32) -> list[Tensors]:
    """The data as tensors; labels stay integers."""
    return [
        {name: torch.tensor(array, dtype=dtype if array.dtype.kind == "f" else None) for name, array in batch.items()}
        for batch in batches
    ]


# ---------------------------------------------------------------------------------------------------- as functions

Watch = Callable[[Tensor], Tensor]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "leaky_relu": lambda x: functional.leaky_relu(x, SLOPE),
}


def run_layer(layer: Layer, name: str, parameters: Tensors, x: Tensor) -> Tensor:
    match layer:
        case Activation(function):
            return ACTIVATIONS[function](x)
        case Reshape(shape):
            return x.reshape(len(x), *shape)
        case GroupNorm(own, _, groups):
            return functional.group_norm(
                x, groups, parameters[f"{name}.{own}.weight"], parameters[f"{name}.{own}.bias"]
            )
        case Dense(own):
            return run_dense(parameters[f"{name}.{own}.weight"], parameters[f"{name}.{own}.bias"], x)
        case Convolution(own):
            made = functional.conv_transpose2d if layer.transposed else functional.conv2d
            bias = parameters.get(f"{name}.{own}.bias")
            return made(x, parameters[f"{name}.{own}.weight"], bias, layer.stride, layer.padding)


def run_dense(weight: Tensor, bias: Tensor, x: Tensor) -> Tensor:
    """x Wᵀ + b; with a leading axis of copies, for each of them."""
    if weight.dim() == 2:
        return functional.linear(x, weight, bias)
    return torch.baddbmm(bias[:, None, :], x.expand(len(weight), *x.shape[-2:]), weight.mT)


def run_network(workload: Workload, name: str, parameters: Tensors, x: Tensor, watch: Watch | None = None) -> Tensor:
    for layer in workload.networks[name]:
        x = run_layer(layer, name, parameters, x)
        if watch is not None:
            x = watch(x)
    return x


# ------------------------------------------------------------------------------------------------------ as modules


def module_of(layer: Layer) -> nn.Module:
    match layer:
        case Activation(function):
            kinds = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
            return nn.LeakyReLU(SLOPE) if function == "leaky_relu" else kinds[function]()
        case Reshape(shape):
            return nn.Unflatten(1, shape) if shape else nn.Flatten(0)
        case GroupNorm(_, channels, groups):
            return nn.GroupNorm(groups, channels)
        case Dense(_, inputs, outputs):
            return nn.Linear(inputs, outputs)
        case Convolution(_, channels, filters, window, stride, padding, bias, transposed):
            made = nn.ConvTranspose2d if transposed else nn.Conv2d
            return made(channels, filters, window, stride, padding, bias=bias)


def sequential(layers: Network) -> nn.Sequential:
    """The network as it is written with torch.nn."""
    return nn.Sequential(*map(module_of, layers))


def named(layers: Network, network: nn.Sequential, name: str) -> Tensors:
    """The parameters of a sequential under the benchmark's names."""
    return {
        f"{name}.{layer.name}.{part}": parameter  # type: ignore[union-attr]
        for layer, module in zip(layers, network, strict=True)
        for part, parameter in module.named_parameters()
    }


# ---------------------------------------------------------------------------------------------------------- numbers


@dataclass(frozen=True, slots=True)
class TorchNumbers:
    """The losses' arithmetic; gradients by autograd, or by torch.func inside a functional program."""

    functional: bool = False

    def softplus(self, x: Tensor) -> Tensor:
        return functional.softplus(x)

    def mean(self, x: Tensor) -> Tensor:
        return x.mean()

    def absolute(self, x: Tensor) -> Tensor:
        return x.abs()

    def half_squares(self, x: Tensor) -> Tensor:
        return 0.5 * (x**2).sum()

    def cross_entropy(self, scores: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(scores, labels)

    def constant(self, x: Tensor) -> Tensor:
        return x.detach()

    def row_norms(self, x: Tensor) -> Tensor:
        return (x.reshape(len(x), -1) ** 2).sum(1).sqrt()

    def gradient(self, function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        if self.functional:
            slopes: Tensor = torch.func.grad(lambda at: function(at).sum())(x)
            return slopes
        point = x.detach().requires_grad_()
        return torch.autograd.grad(function(point).sum(), point, create_graph=True)[0]
