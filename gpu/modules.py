"""One row for each layer of ``torch.nn`` that has a term here: the 1-cell it is at a shape, and the layout it keeps.

A row says exactly what the layer computes, or refuses: an option that would make it another map is an error with the
path of the layer, never ignored. Only the classes themselves are known, for a subclass may compute something else.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod

from torch import nn

from verified_cat import activations, primitives
from verified_cat.errors import ShapeError
from verified_cat.gpu.module_rows import Build, Layer, only, refused
from verified_cat.gpu.modules_of_images import IMAGES
from verified_cat.networks import PARA, dense
from verified_cat.objects import space
from verified_cat.para import ParaMap
from verified_cat.primitives import Shape
from verified_cat.terms import Identity, Term

# ------------------------------------------------------------------------------------------------ dense layers


def _linear(layer: nn.Linear, name: str, shape: Shape) -> ParaMap[Term]:
    """(W, b, x) ↦ x W + b along the last axis, whatever stands before it."""
    if not shape or shape[-1] != layer.in_features:
        raise ShapeError(f"layer {name!r} (Linear): it takes {layer.in_features} features last, not the shape {shape}")
    rows = prod(shape[:-1])
    flat, ended = (rows, layer.in_features), (*shape[:-1], layer.out_features)
    if layer.bias is not None:
        middle = dense(rows, *flat[1:], layer.out_features).map
    else:
        weight = space(layer.in_features, layer.out_features)
        product = primitives.contract("ij,bi->bj", weight.shape, flat)
        middle = PARA.of(weight, space(*flat), space(rows, layer.out_features), product)
    return reshaped(shape, middle, ended)


def reshaped(shape: Shape, middle: ParaMap[Term], ended: Shape) -> ParaMap[Term]:
    """A 1-cell between other shapes of the same entries."""
    flat, out = middle.dom.shape, middle.cod.shape
    if (flat, out) == (shape, ended):
        return middle
    before = Identity(middle.param) @ primitives.reshape(shape, flat)
    return PARA.of(
        middle.param, space(*shape), space(*ended), before >> middle.inside >> primitives.reshape(out, ended)
    )


def _flatten(layer: nn.Flatten, name: str, shape: Shape) -> ParaMap[Term]:
    first, last = (axis % len(shape) for axis in (layer.start_dim, layer.end_dim)) if shape else (0, -1)
    ended = (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :])
    return PARA.embed(primitives.reshape(shape, ended))


def _unflatten(layer: nn.Unflatten, name: str, shape: Shape) -> ParaMap[Term]:
    if not isinstance(layer.dim, int):
        raise refused(layer, name, "its axis is named; give the number of the axis")
    axis = layer.dim % len(shape)
    return PARA.embed(primitives.reshape(shape, (*shape[:axis], *tuple(layer.unflattened_size), *shape[axis + 1 :])))


# ------------------------------------------------------------------------------------------------ activations


def entrywise(activation: Callable[[Shape], Term]) -> Build:
    """An activation without options that matter."""
    return lambda layer, name, shape: PARA.embed(activation(shape))


def _softplus(layer: nn.Softplus, name: str, shape: Shape) -> ParaMap[Term]:
    """torch's softplus is x above its threshold; from 40 on that is log(1 + eˣ) to the last bit of float64."""
    if layer.beta != 1 or layer.threshold < 40:
        raise refused(
            layer, name, f"log(1 + eˣ) is Softplus(beta=1, threshold=40), not {layer.beta} and {layer.threshold}"
        )
    return PARA.embed(primitives.softplus(shape))


def _softmax(layer: nn.Softmax | nn.LogSoftmax, name: str, shape: Shape) -> ParaMap[Term]:
    """exp(x_i) / Σ_j exp(x_j) along one axis, and its logarithm."""
    if layer.dim is None or not -len(shape) <= layer.dim < len(shape):
        raise refused(layer, name, f"dim={layer.dim} is no axis of the shape {shape}")
    row = primitives.softmax if type(layer) is nn.Softmax else primitives.log_softmax
    return PARA.embed(row(shape, layer.dim % len(shape)))


def _leaky_relu(layer: nn.LeakyReLU, name: str, shape: Shape) -> ParaMap[Term]:
    return PARA.embed(activations.leaky_relu(shape, Fraction(layer.negative_slope)))


def _gelu(layer: nn.GELU, name: str, shape: Shape) -> ParaMap[Term]:
    only(layer, name, approximate="none")
    return PARA.embed(activations.gelu(shape))


def _identity(layer: nn.Module, name: str, shape: Shape) -> ParaMap[Term]:
    return PARA.identity(space(*shape))


def _dropout(layer: nn.Dropout | nn.Dropout2d, name: str, shape: Shape) -> ParaMap[Term]:
    if layer.training and layer.p:
        raise refused(layer, name, "it draws numbers that are no input of it; call eval(), or make the mask an input")
    return _identity(layer, name, shape)


LAYERS: dict[type[nn.Module], Layer] = {
    nn.Linear: Layer(_linear, {"weight": (1, 0)}),
    nn.Flatten: Layer(_flatten),
    nn.Unflatten: Layer(_unflatten),
    nn.Identity: Layer(_identity),
    nn.Dropout: Layer(_dropout),
    nn.Dropout2d: Layer(_dropout),
    nn.Tanh: Layer(entrywise(primitives.tanh)),
    nn.Sigmoid: Layer(entrywise(primitives.sigmoid)),
    nn.ReLU: Layer(entrywise(primitives.relu)),
    nn.Softplus: Layer(_softplus),
    nn.SiLU: Layer(entrywise(activations.silu)),
    nn.LeakyReLU: Layer(_leaky_relu),
    nn.GELU: Layer(_gelu),
    nn.Softmax: Layer(_softmax),
    nn.LogSoftmax: Layer(_softmax),
    **IMAGES,
}
