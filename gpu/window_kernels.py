"""Windows and convolutions as functions on tensors, with their transposes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from math import prod
from typing import Any

import torch

from verified_cat.functions import Run
from verified_cat.geometry import convolved, reach, windowed
from verified_cat.gpu.contraction import Kernel
from verified_cat.gpu.linear_kernels import Host, linear, slices
from verified_cat.gpu.zero import Zero
from verified_cat.primitives import Shape


def _windows(host: Host, shape: Shape, window: Shape, stride: Shape, dilation: Shape) -> Run:
    view = partial(_windows_of, window=window, stride=stride, dilation=dilation)
    return linear(view, windowed(shape, window, stride, dilation))


def _windows_of(x: Any, window: Shape, stride: Shape, dilation: Shape) -> Any:
    """Every window, as a view."""
    first = x.dim() - len(window)
    for number, (size, step, apart) in enumerate(zip(window, stride, dilation, strict=True)):
        x = x.unfold(first + number, reach(size, apart), step)[..., ::apart]
    return x


def _fold_windows(host: Host, shape: Shape, window: Shape, stride: Shape, dilation: Shape) -> Run:
    """For each entry of a window, what stands there is added to where it came from."""
    counts = windowed(shape, window, stride, dilation)[len(shape) - len(window) : len(shape)]

    def fold(y: Any) -> Any:
        x = y.new_zeros(shape)
        for entry in product(*map(range, window)):
            starts = tuple(place * apart for place, apart in zip(entry, dilation, strict=True))
            x[(..., *slices(starts, counts, stride))].add_(y[(..., *entry)])
        return x

    return linear(fold, shape)


def _convolve(host: Host, image: Shape, kernel: Shape, stride: Shape, padding: Shape, *more: Any) -> Run:
    given = (stride, padding, *more)
    return _product(host, image, kernel, given, lambda x, k: torch.conv2d(x, k, None, *given), 0)


def _convolve_input(host: Host, image: Shape, kernel: Shape, *given: Any) -> Run:
    """torch's conv_transpose2d, with what the stride leaves over as its output padding."""
    stride, padding, dilation, groups = given
    _, _, *ends = convolved(image, kernel, *given)
    each = zip(image[2:], ends, kernel[2:], stride, padding, dilation, strict=True)
    over = tuple(n - (m - 1) * s + 2 * around - reach(w, d) for n, m, w, s, around, d in each)
    if host.device.type == "cpu" and host.dtype == torch.float32 and groups == 1 and image[1] <= FEW_CHANNELS:
        slow = torch.ops.aten.slow_conv_transpose2d

        def transposed(y: Any, k: Any) -> Any:
            return slow(y, k, kernel[2:], None, stride, padding, over, dilation)
    else:

        def transposed(y: Any, k: Any) -> Any:
            return torch.conv_transpose2d(y, k, None, stride, padding, over, groups, dilation)

    return _product(host, image, kernel, given, transposed, 1)


FEW_CHANNELS = 4
"""Into so few channels a product and torch's col2im take half the time of oneDNN (float32, measured in 2.13)."""


def _convolve_weight(host: Host, image: Shape, kernel: Shape, stride: Shape, padding: Shape, *more: Any) -> Run:
    """Of the kernel, which the transpose in it does not depend on, only the shape is read."""
    given, sizes = (stride, padding, *more), (stride, padding, more[0], False, (0, 0), more[1])

    def transposed(y: Any, x: Any) -> Any:
        k = y.new_empty(kernel)
        return torch.ops.aten.convolution_backward(y, x, k, None, *sizes, (False, True, False))[1]

    return _product(host, image, kernel, given, transposed, 2)


def _product(host: Host, image: Shape, kernel: Shape, given: Any, run: Kernel, cod: int) -> Run:
    """A bilinear map of the family: 0 at 0 and where nothing is summed; never in TF32, which cuDNN would take."""
    zero = Zero((convolved(image, kernel, *given), image, kernel)[cod])
    rounds = host.device.type == "cuda" and host.dtype == torch.float32

    def bilinear(xy: Any) -> Any:
        x, y = xy
        if type(x) is Zero or type(y) is Zero or not (x.numel() and y.numel() and prod(zero.shape)):
            return zero
        if not rounds:
            return run(x, y)
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            return run(x, y)

    return bilinear


WINDOWS: dict[str, Callable[..., Run]] = {
    "windows": _windows,
    "fold_windows": _fold_windows,
    "convolve": _convolve,
    "convolve_input": _convolve_input,
    "convolve_weight": _convolve_weight,
}
