"""The benchmark's layers as 1-cells of Para over terms, on batches."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from benchmarks.step.workloads import Activation, Convolution, Dense, GroupNorm, Layer, Reshape
from verified_cat import primitives
from verified_cat.gpu.wasserstein import plus
from verified_cat.networks import PARA, Network, dense, entrywise
from verified_cat.objects import Pair, Space, space
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, First, Identity, Pairing, Second, Term

ACTIVATIONS = {"relu": primitives.relu, "sigmoid": primitives.sigmoid, "tanh": primitives.tanh}
SMALL = Fraction(1, 100_000)


def network(name: str, layers: tuple[Layer, ...], shape: Shape) -> Network:
    """The layers composed, from a batch of ``shape``; parameters bear the benchmark's names."""
    made = []
    for layer in layers:
        made.append(layer_of(layer, name, shape))
        shape = made[-1].map.cod.shape
    return composed(made)


def composed(networks: list[Network]) -> Network:
    """f₁ ; … ; fₙ, in halves: the tree of its parameters is then log n deep, not n."""
    if len(networks) == 1:
        return networks[0]
    half = len(networks) // 2
    return composed(networks[:half]) >> composed(networks[half:])


def layer_of(layer: Layer, name: str, shape: Shape) -> Network:
    match layer:
        case Dense(own, inputs, outputs):
            return dense(shape[0], inputs, outputs, f"{name}.{own}")
        case Activation(function):
            return entrywise(ACTIVATIONS.get(function, leaky_relu), *shape)
        case Reshape(row):
            return Network(PARA.embed(primitives.reshape(shape, (shape[0], *row))), ())
        case GroupNorm(own, channels, groups):
            return affine(f"{name}.{own}", shape, channels, normalised(shape, groups))
        case Convolution():
            return convolution(layer, f"{name}.{layer.name}", shape)


def leaky_relu(shape: Shape) -> Term:
    """x ↦ x / 5 + 4/5 relu(x)."""
    low = primitives.scale(Fraction(1, 5), shape)
    high = primitives.relu(shape) >> primitives.scale(Fraction(4, 5), shape)
    return Copy(Space(shape)) >> (low @ high) >> primitives.add(shape)


def convolution(layer: Convolution, name: str, shape: Shape) -> Network:
    """(K, x) ↦ x * K, or its transpose in x, and with a bias (K, b, x) ↦ the same + b on every channel."""
    stride, padding = (layer.stride,) * 2, (layer.padding,) * 2
    if layer.transposed:
        sizes = tuple((n - 1) * layer.stride - 2 * layer.padding + layer.window for n in shape[2:])
        ended: Shape = (shape[0], layer.filters, *sizes)
        kernel: Shape = (layer.channels, layer.filters, layer.window, layer.window)
        run = primitives.convolve_input(ended, kernel, stride, padding)
    else:
        kernel = (layer.filters, layer.channels, layer.window, layer.window)
        run = primitives.convolve(shape, kernel, stride, padding)
        assert isinstance(run.cod, Space)
        ended = run.cod.shape
    weight, image = space(*kernel), space(*shape)
    inside = Pairing(Second(weight, image), First(weight, image)) >> run
    plain = Network(PARA.of(weight, image, space(*ended), inside), (f"{name}.weight",))
    return plain >> biased(name, ended, layer.filters) if layer.bias else plain


def biased(name: str, shape: Shape, channels: int) -> Network:
    """(b, x) ↦ x + b, b repeated over all axes but that of the channels."""
    inside = (spread(shape, channels) @ Identity(space(*shape))) >> primitives.add(shape)
    return Network(PARA.of(space(channels), space(*shape), space(*shape), inside), (f"{name}.bias",))


def spread(shape: Shape, channels: int) -> Term:
    """R[channels] → R^shape, along axis 1."""
    assert shape[1] == channels
    return primitives.broadcast(shape, tuple(axis for axis in range(len(shape)) if axis != 1))


def affine(name: str, shape: Shape, channels: int, before: Term) -> Network:
    """((w, b), x) ↦ w f(x) + b, channel by channel."""
    one, image = space(channels), space(*shape)
    param, along = Pair(one, one), spread(shape, channels)
    p, x = First(param, image), Second(param, image) >> before
    scaled = Pairing(p >> First(one, one) >> along, x) >> primitives.multiply(shape)
    inside = Pairing(scaled, p >> Second(one, one) >> along) >> primitives.add(shape)
    return Network(PARA.of(param, image, image, inside), (f"{name}.weight", f"{name}.bias"))


def normalised(shape: Shape, groups: int) -> Term:
    """x ↦ (x - mean) / √(variance + δ) over each group of channels of each row (Wu and He 2018, section 3)."""
    count = prod(shape[1:]) // groups
    table: Shape = (shape[0], groups, count)
    mean = primitives.sum_axes(table, (2,)) >> primitives.scale(Fraction(1, count), table[:2])
    along = primitives.broadcast(table, (2,))
    level = Pairing(Identity(Space(table)), mean >> along) >> primitives.subtract_on(Space(table))
    variance = Copy(Space(table)) >> primitives.multiply(table) >> mean
    share = variance >> plus(table[:2], SMALL) >> primitives.sqrt(table[:2]) >> primitives.reciprocal(table[:2])
    scaled = Pairing(Identity(Space(table)), share >> along) >> primitives.multiply(table)
    return primitives.reshape(shape, table) >> level >> scaled >> primitives.reshape(table, shape)
