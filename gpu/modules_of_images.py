"""Rows for the layers of ``torch.nn`` on images and channels: convolutions, pools, frames, sizes and normalisation."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import torch
from torch import nn

from verified_cat import images, norms, primitives
from verified_cat.errors import DataError, ShapeError
from verified_cat.gpu.module_rows import Layer, couple, only, refused
from verified_cat.networks import PARA
from verified_cat.objects import Space
from verified_cat.para import ParaMap
from verified_cat.primitives import Shape
from verified_cat.terms import Discard, Identity, Pairing, Term

# ------------------------------------------------------------------------------------------------ convolutions


def _channels(layer: Any, name: str, shape: Shape, wanted: int) -> None:
    if len(shape) < 2 or shape[1] != wanted:
        raise ShapeError(f"layer {name!r} ({type(layer).__name__}): it takes {wanted} channels, not the shape {shape}")


def _conv2d(layer: nn.Conv2d, name: str, shape: Shape) -> ParaMap[Term]:
    only(layer, name, padding_mode="zeros")
    _channels(layer, name, shape, layer.in_channels)
    window, stride, dilation = map(couple, (layer.kernel_size, layer.stride, layer.dilation))
    around = _around(layer, name)
    made = images.conv2d(
        shape,
        layer.out_channels,
        window,
        stride,
        around,
        dilation,
        layer.groups,
        bias=layer.bias is not None,
        name=name,
    )
    return made.map


def _around(layer: nn.Conv2d, name: str) -> tuple[int, int]:
    """The padding in numbers, the same on both sides."""
    if layer.padding == "valid":
        return 0, 0
    if layer.padding == "same":
        whole = [d * (w - 1) for d, w in zip(couple(layer.dilation), couple(layer.kernel_size), strict=True)]
        if any(each % 2 for each in whole):
            raise refused(layer, name, f"padding='same' is not the same on both sides for {layer.kernel_size}")
        return whole[0] // 2, whole[1] // 2
    return couple(layer.padding)


def _conv_transpose2d(layer: nn.ConvTranspose2d, name: str, shape: Shape) -> ParaMap[Term]:
    only(layer, name, padding_mode="zeros")
    _channels(layer, name, shape, layer.in_channels)
    window, stride, around, more, dilation = map(
        couple, (layer.kernel_size, layer.stride, layer.padding, layer.output_padding, layer.dilation)
    )
    made = images.conv_transpose2d(
        *(shape, layer.out_channels, window, stride, around, more, dilation, layer.groups),
        bias=layer.bias is not None,
        name=name,
    )
    return made.map


# ------------------------------------------------------------------------------------------------ pools, frames, sizes


def _average_pool(layer: nn.AvgPool2d, name: str, shape: Shape) -> ParaMap[Term]:
    only(layer, name, ceil_mode=False, divisor_override=None)
    around = couple(layer.padding)
    if around != (0, 0):
        only(layer, name, count_include_pad=True)
    return PARA.embed(images.average_pool(shape, couple(layer.kernel_size), couple(layer.stride), around))


def _max_pool(layer: nn.MaxPool2d, name: str, shape: Shape) -> ParaMap[Term]:
    only(layer, name, ceil_mode=False, return_indices=False)
    given = map(couple, (layer.kernel_size, layer.stride, layer.padding, layer.dilation))
    return PARA.embed(images.max_pool(shape, *given))


def _adaptive_average(layer: nn.AdaptiveAvgPool2d, name: str, shape: Shape) -> ParaMap[Term]:
    """Windows of one size, where the sizes divide."""
    sizes = couple(layer.output_size)
    if len(shape) != 4 or any(new is None or old % new for old, new in zip(shape[2:], sizes, strict=True)):
        raise refused(layer, name, f"{shape} is not cut into {sizes} windows of one size")
    window = shape[2] // sizes[0], shape[3] // sizes[1]
    return PARA.embed(images.average_pool(shape, window))


def _zero_pad(layer: nn.ZeroPad2d, name: str, shape: Shape) -> ParaMap[Term]:
    left, right, top, bottom = layer.padding
    if len(shape) != 4 or min(layer.padding) < 0:
        raise refused(layer, name, f"padding={tuple(layer.padding)} of the shape {shape} has no term here")
    frame = (*shape[:2], shape[2] + top + bottom, shape[3] + left + right)
    return PARA.embed(primitives.place(frame, (0, 0, top, left), shape))


def _reflect(layer: nn.ReflectionPad2d, name: str, shape: Shape) -> ParaMap[Term]:
    left, right, top, bottom = layer.padding
    if (left, top) != (right, bottom):
        raise refused(layer, name, f"padding={tuple(layer.padding)} is not the same on both sides")
    return PARA.embed(images.reflect(shape, (top, left)))


def _resized(layer: nn.Upsample, name: str, shape: Shape) -> ParaMap[Term]:
    if len(shape) != 4 or layer.mode not in ("nearest", "bilinear") or layer.align_corners:
        raise refused(
            layer, name, f"mode={layer.mode!r}, align_corners={layer.align_corners} of {shape} has no term here"
        )
    if layer.size is not None:
        sizes = couple(layer.size)
    else:
        factors = layer.scale_factor if isinstance(layer.scale_factor, tuple) else (layer.scale_factor or 1.0,) * 2
        exact = [Fraction(factor) * n for factor, n in zip(factors, shape[2:], strict=True)]
        if any(each.denominator != 1 for each in exact):
            raise refused(layer, name, f"scale_factor={layer.scale_factor} of {shape} is no whole number of entries")
        sizes = int(exact[0]), int(exact[1])
    resize = images.resize_nearest if layer.mode == "nearest" else images.resize_bilinear
    return PARA.embed(resize(shape, sizes))


# ------------------------------------------------------------------------------------------------ normalisation


def _layer_norm(layer: nn.LayerNorm, name: str, shape: Shape) -> ParaMap[Term]:
    last = tuple(layer.normalized_shape)
    if shape[len(shape) - len(last) :] != last:
        raise ShapeError(f"layer {name!r} (LayerNorm): it takes {last} last, not the shape {shape}")
    if layer.weight is not None and layer.bias is not None:
        return norms.layer_norm(shape, len(last), Fraction(layer.eps), name).map
    only(layer, name, weight=None, bias=None)
    return PARA.embed(norms.normalised(shape, tuple(range(len(shape) - len(last), len(shape))), Fraction(layer.eps)))


def _group_norm(layer: nn.GroupNorm, name: str, shape: Shape) -> ParaMap[Term]:
    _channels(layer, name, shape, layer.num_channels)
    only(layer, name, affine=True)
    return norms.group_norm(shape, layer.num_groups, Fraction(layer.eps), name).map


def _instance_norm(layer: nn.InstanceNorm1d | nn.InstanceNorm2d, name: str, shape: Shape) -> ParaMap[Term]:
    only(layer, name, track_running_stats=False)
    if len(shape) != (3 if type(layer) is nn.InstanceNorm1d else 4):
        raise ShapeError(f"layer {name!r} ({type(layer).__name__}): it takes a batch, not the shape {shape}")
    _channels(layer, name, shape, layer.num_features)
    if layer.affine:  # one channel in each group
        return norms.group_norm(shape, shape[1], Fraction(layer.eps), name).map
    return PARA.embed(norms.instance_norm(shape, Fraction(layer.eps)))


def _batch_norm(layer: nn.BatchNorm1d | nn.BatchNorm2d, name: str, shape: Shape) -> ParaMap[Term]:
    """The statistics of the batch, or in evaluation the running ones, which are then constants of the term."""
    _channels(layer, name, shape, layer.num_features)
    if layer.training and layer.track_running_stats:
        why = "it changes its running statistics where nobody sees it; call eval(), or set track_running_stats=False"
        raise refused(layer, name, why)
    axes, small = (0, *range(2, len(shape))), Fraction(layer.eps)
    before = norms.normalised(shape, axes, small)
    if layer.running_mean is not None and layer.running_var is not None:
        statistics = Pairing(_constant(shape, name, layer.running_mean), _constant(shape, name, layer.running_var))
        before = Pairing(statistics, Identity(Space(shape))) >> norms.batch_norm_at(shape, small)
    return norms.affine(name, shape, axes, before).map if layer.affine else PARA.embed(before)


def _constant(shape: Shape, name: str, values: torch.Tensor) -> Term:
    """x ↦ these numbers, exactly."""
    if not bool(torch.isfinite(values).all()):
        raise DataError(f"layer {name!r}: its running statistics hold a number that is not finite")
    exact = [Fraction(value) for value in values.tolist()]
    return Discard(Space(shape)) >> primitives.constant((prod(values.shape),), *exact)


IMAGES: dict[type[nn.Module], Layer] = {
    nn.Conv2d: Layer(_conv2d),
    nn.ConvTranspose2d: Layer(_conv_transpose2d),
    nn.AvgPool2d: Layer(_average_pool),
    nn.MaxPool2d: Layer(_max_pool),
    nn.AdaptiveAvgPool2d: Layer(_adaptive_average),
    nn.ZeroPad2d: Layer(_zero_pad),
    nn.ReflectionPad2d: Layer(_reflect),
    nn.Upsample: Layer(_resized),
    nn.LayerNorm: Layer(_layer_norm),
    nn.GroupNorm: Layer(_group_norm),
    nn.InstanceNorm1d: Layer(_instance_norm),
    nn.InstanceNorm2d: Layer(_instance_norm),
    nn.BatchNorm1d: Layer(_batch_norm),
    nn.BatchNorm2d: Layer(_batch_norm),
}
