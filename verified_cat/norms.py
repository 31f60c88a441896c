"""Normalisation over axes, with parameters for scale and shift; the statistics of batches are values, never hidden."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from verified_cat import primitives as p
from verified_cat.errors import ShapeError
from verified_cat.networks import PARA, Network
from verified_cat.objects import Pair, Space
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second, Term

SMALL = Fraction(1, 100_000)


def _kept(shape: Shape, axes: Shape) -> Shape:
    return tuple(length for axis, length in enumerate(shape) if axis not in axes)


def mean(shape: Shape, axes: Shape) -> Term:
    """x ↦ its means over ``axes``. Raises ShapeError where these hold nothing."""
    count = prod(shape[axis] for axis in axes)
    if not count:
        raise ShapeError(f"mean: there is no entry along the axes {axes} of {shape}")
    return p.sum_axes(shape, axes) >> p.scale(Fraction(1, count), _kept(shape, axes))


def centred(shape: Shape, axes: Shape) -> Term:
    """x ↦ x - mean x."""
    level = mean(shape, axes) >> p.broadcast(shape, axes)
    return Pairing(Identity(Space(shape)), level) >> p.subtract_on(Space(shape))


def variance(shape: Shape, axes: Shape) -> Term:
    """x ↦ the mean of (x - mean x)²."""
    return centred(shape, axes) >> Copy(Space(shape)) >> p.multiply(shape) >> mean(shape, axes)


def _scaled_down(shape: Shape, axes: Shape, small: Fraction) -> Term:
    """(x, v) ↦ x / √(v + small), v repeated along ``axes``."""
    kept = _kept(shape, axes)
    shifted = Pairing(Identity(Space(kept)), Discard(Space(kept)) >> p.constant(kept, small)) >> p.add(kept)
    factor = shifted >> p.sqrt(kept) >> p.reciprocal(kept) >> p.broadcast(shape, axes)
    return (Identity(Space(shape)) @ factor) >> p.multiply(shape)


def normalised(shape: Shape, axes: Shape, small: Fraction = SMALL) -> Term:
    """x ↦ (x - mean x) / √(variance x + small) over ``axes``."""
    middle = centred(shape, axes)
    spread = Copy(Space(shape)) >> p.multiply(shape) >> mean(shape, axes)
    return middle >> Pairing(Identity(Space(shape)), spread) >> _scaled_down(shape, axes, small)


def affine(name: str, shape: Shape, axes: Shape, before: Term) -> Network:
    """((γ, β), x) ↦ γ before(x) + β, with γ and β repeated along ``axes``."""
    own = Space(_kept(shape, axes))
    pair, images = Pair(own, own), Space(shape)
    parameters, x = First(pair, images), Second(pair, images)
    factor = parameters >> First(own, own) >> p.broadcast(shape, axes)
    level = parameters >> Second(own, own) >> p.broadcast(shape, axes)
    inside = Pairing(Pairing(x >> before, factor) >> p.multiply(shape), level) >> p.add(shape)
    return Network(PARA.of(pair, images, images, inside), (f"{name}.weight", f"{name}.bias"), (name, name))


def layer_norm(shape: Shape, last: int = 1, small: Fraction = SMALL, name: str = "layer_norm") -> Network:
    """((γ, β), x) ↦ γ x̂ + β over the ``last`` axes, which γ and β have (Ba, Kiros and Hinton 2016)."""
    if not 1 <= last <= len(shape):
        raise ShapeError(f"{name}: {shape} has no {last} last axes")
    split = len(shape) - last
    before = normalised(shape, tuple(range(split, len(shape))), small)
    return affine(name, shape, tuple(range(split)), before)


def group_norm(shape: Shape, groups: int, small: Fraction = SMALL, name: str = "group_norm") -> Network:
    """((γ, β), x) ↦ γ x̂ + β over the channels of each group and all places (Wu and He 2018); γ and β by channel."""
    _, own = _channels(name, shape), shape
    if groups < 1 or shape[1] % groups:
        raise ShapeError(f"{name}: the {shape[1]} channels of {shape} are not in {groups} groups of equal size")
    split = (shape[0], groups, shape[1] // groups, *shape[2:])
    inner = normalised(split, tuple(range(2, len(split))), small)
    before = p.reshape(own, split) >> inner >> p.reshape(split, own)
    return affine(name, shape, _channels(name, shape), before)


def instance_norm(shape: Shape, small: Fraction = SMALL) -> Term:
    """x ↦ x̂ over the places of each channel of each image, without parameters (Ulyanov, Vedaldi and Lempitsky 2016)."""
    _channels("instance_norm", shape)
    return normalised(shape, tuple(range(2, len(shape))), small)


def _channels(name: str, shape: Shape) -> Shape:
    """All axes but that of the channels, the second."""
    if len(shape) < 2:
        raise ShapeError(f"{name}: it takes (batch, channels, …), not the shape {shape}")
    return (0, *range(2, len(shape)))


# ------------------------------------------------------------------------------------------------ batches


def batch_norm(shape: Shape, small: Fraction = SMALL, name: str = "batch_norm") -> Network:
    """((γ, β), x) ↦ γ x̂ + β by channel, over the batch and all places, as in training (Ioffe and Szegedy 2015)."""
    axes = _channels(name, shape)
    return affine(name, shape, axes, normalised(shape, axes, small))


def batch_statistics(shape: Shape) -> Term:
    """x ↦ (mean, variance) of each channel : what ``batch_norm`` uses of a batch, for a running estimate."""
    axes = _channels("batch_statistics", shape)
    return Pairing(mean(shape, axes), variance(shape, axes))


def running_statistics(shape: Shape, momentum: Fraction = Fraction(1, 10)) -> Term:
    """((m, v), x) ↦ ((1 - μ) m + μ mean x, (1 - μ) v + μ n/(n - 1) variance x) for n entries a channel, as in torch.

    The state is an argument and a result; whoever trains hands it on. Raises ShapeError for one entry a channel.
    """
    axes = _channels("running_statistics", shape)
    n, own = prod(shape[axis] for axis in axes), Space((shape[1],))
    if n < 2:
        raise ShapeError(f"running_statistics: one entry for each channel of {shape} has no variance")
    pair, images = Pair(own, own), Space(shape)
    state, x = First(pair, images), Second(pair, images)

    def moved(old: Term, new: Term, factor: Fraction) -> Term:
        kept = old >> p.scale(1 - momentum, own.shape)
        return Pairing(kept, new >> p.scale(momentum * factor, own.shape)) >> p.add(own.shape)

    means = moved(state >> First(own, own), x >> mean(shape, axes), Fraction(1))
    return Pairing(means, moved(state >> Second(own, own), x >> variance(shape, axes), Fraction(n, n - 1)))


def batch_norm_at(shape: Shape, small: Fraction = SMALL) -> Term:
    """((m, v), x) ↦ (x - m) / √(v + small) by channel, for given statistics, as torch's in evaluation; then γ and β."""
    axes = _channels("batch_norm_at", shape)
    own, images = Space((shape[1],)), Space(shape)
    pair = Pair(own, own)
    state, x = First(pair, images), Second(pair, images)
    gap = Pairing(x, state >> First(own, own) >> p.broadcast(shape, axes)) >> p.subtract_on(images)
    return Pairing(gap, state >> Second(own, own)) >> _scaled_down(shape, axes, small)
