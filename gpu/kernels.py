"""One lowering for each row of the table: from the arguments of an operation to a function on tensors.

A kernel never writes to its inputs, never records for autograd, and uses no ``alpha`` or ``beta`` of torch: an
operation is exactly what its row of the table says. Kernels that are linear keep a symbolic zero symbolic.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import product
from math import pi, prod
from typing import Any, Protocol

import torch

from verified_cat.functions import Run
from verified_cat.geometry import convolved, reach, windowed, without_axes
from verified_cat.gpu.contraction import Kernel, lower_contraction, same
from verified_cat.gpu.zero import Zero
from verified_cat.primitives import Shape


class Host(Protocol):
    """What a lowering asks of its engine: tensors of exact entries, and a symbolic zero written out."""

    device: torch.device
    dtype: torch.dtype

    def tensor(self, shape: Shape, values: tuple[Fraction, ...]) -> torch.Tensor: ...
    def dense(self, value: Any) -> Any: ...


def linear(kernel: Kernel, cod: Shape) -> Run:
    """A linear map of one argument: the kernel on tensors, 0 at 0."""
    zero = Zero(cod)

    def run(x: Any) -> Any:
        if type(x) is Zero:
            return zero
        return kernel(x)

    return run


def _add(host: Host, shape: Shape) -> Run:
    def add(xy: Any) -> Any:
        x, y = xy
        if type(x) is Zero:
            return y
        if type(y) is Zero:
            return x
        return torch.add(x, y)

    return add


def _multiply(host: Host, shape: Shape) -> Run:
    zero = Zero(shape)

    def multiply(xy: Any) -> Any:
        x, y = xy
        if type(x) is Zero or type(y) is Zero:
            return zero
        return torch.mul(x, y)

    return multiply


def _negate(host: Host, shape: Shape) -> Run:
    return linear(torch.neg, shape)


def _scale(host: Host, factor: Fraction, shape: Shape) -> Run:
    zero = Zero(shape)
    if factor == 0:
        return lambda _: zero
    if factor in (1, -1):
        return same if factor == 1 else _negate(host, shape)
    number = host.tensor((), (factor,))  # a tensor, not a Python number: torch would wrap that anew in each call
    return linear(lambda x: torch.mul(x, number), shape)


def _sum(host: Host, shape: Shape, axes: tuple[int, ...]) -> Run:
    cod = tuple(length for axis, length in enumerate(shape) if axis not in axes)
    if not axes:
        return same  # torch.sum over no axis sums over all of them
    if len(axes) == len(shape):
        return linear(torch.sum, cod)
    over = axes[0] if len(axes) == 1 else axes
    return linear(lambda x: torch.sum(x, over), cod)


def _broadcast(host: Host, shape: Shape, axes: tuple[int, ...]) -> Run:
    if not axes:
        return same
    if axes == tuple(range(len(axes))):
        return linear(lambda x: x.expand(shape), shape)  # new leading axes need no index
    index = tuple(None if axis in axes else slice(None) for axis in range(len(shape)))
    return linear(lambda x: x[index].expand(shape), shape)


def _reshape(host: Host, old: Shape, new: Shape) -> Run:
    return linear(lambda x: x.reshape(new), new)


def _permute(host: Host, shape: Shape, order: tuple[int, ...]) -> Run:
    return linear(lambda x: x.permute(order), tuple(shape[axis] for axis in order))


def _contract(host: Host, subscripts: str, left: Shape, right: Shape) -> Run:
    return lower_contraction(subscripts, left, right)


def _slice(host: Host, shape: Shape, starts: Shape, lengths: Shape, steps: Shape) -> Run:
    index = _slices(starts, lengths, steps)
    return linear(lambda x: x[index], lengths)


def _place(host: Host, shape: Shape, starts: Shape, lengths: Shape, steps: Shape) -> Run:
    index = _slices(starts, lengths, steps)

    def place(y: Any) -> Any:
        x = y.new_zeros(shape)
        x[index] = y
        return x

    return linear(place, shape)


def _slices(starts: Shape, lengths: Shape, steps: Shape) -> tuple[slice, ...]:
    each = zip(starts, lengths, steps, strict=True)
    return tuple(slice(start, start + length * step, step) for start, length, step in each)


def _gather(host: Host, shape: Shape, axis: int, positions: Shape) -> Run:
    index = torch.tensor(positions, dtype=torch.int64, device=host.device)
    cod = (*shape[:axis], len(positions), *shape[axis + 1 :])
    return linear(lambda x: torch.index_select(x, axis, index), cod)


def _scatter(host: Host, shape: Shape, axis: int, positions: Shape) -> Run:
    index = torch.tensor(positions, dtype=torch.int64, device=host.device)
    return linear(lambda y: y.new_zeros(shape).index_add(axis, index, y), shape)


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
            x[(..., *_slices(starts, counts, stride))].add_(y[(..., *entry)])
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


def _constant(host: Host, shape: Shape, values: tuple[Fraction, ...]) -> Run:
    value: Any = Zero(shape) if not any(values) else host.tensor(shape, values)
    return lambda _: value


def _elementwise(kernel: Kernel) -> Callable[[Host, Shape], Run]:
    """y = f(x) entry by entry, where f(0) need not be 0: a symbolic zero is written out first."""

    def lowering(host: Host, shape: Shape) -> Run:
        def run(x: Any) -> Any:
            return kernel(host.dense(x) if type(x) is Zero else x)

        return run

    return lowering


def _odd(kernel: Kernel) -> Callable[[Host, Shape], Run]:
    """y = f(x) entry by entry with f(0) = 0: a symbolic zero stays one."""
    return lambda host, shape: linear(kernel, shape)


def _step(x: torch.Tensor) -> torch.Tensor:
    """1 where x > 0, else 0; 0 at a NaN, which is not above 0. Faster than a comparison, whose result is not floats."""
    return torch.sign(torch.relu(x))


def _maximum(host: Host, shape: Shape, axes: tuple[int, ...]) -> Run:
    if not axes:
        return same
    return linear(lambda x: torch.amax(x, axes), without_axes("maximum", shape, axes))


def _first_maximum(host: Host, shape: Shape, axes: tuple[int, ...]) -> Run:
    """argmax gives the first; the axes are put last, and become one."""
    kept = tuple(axis for axis in range(len(shape)) if axis not in axes)
    order = kept + axes
    back = tuple(order.index(axis) for axis in range(len(order)))
    turned = tuple(shape[axis] for axis in order)
    rows = (*(shape[axis] for axis in kept), prod(shape[axis] for axis in axes))

    def choose(x: Any) -> Any:
        lines = x.permute(order).reshape(rows)
        chosen = torch.zeros_like(lines).scatter_(-1, lines.argmax(-1, keepdim=True), 1.0)
        return chosen.reshape(turned).permute(back)

    return _elementwise(choose)(host, shape)


def _one_hot(host: Host, shape: Shape, classes: int) -> Run:
    k = torch.arange(classes, dtype=host.dtype, device=host.device)

    def chosen(x: Any) -> Any:
        near = x.unsqueeze(-1) - k
        return ((near > -0.5) & (near <= 0.5)).to(host.dtype)

    return _elementwise(chosen)(host, shape)


def _along(kernel: Kernel) -> Callable[[Host, Shape, int], Run]:
    return lambda host, shape, axis: _elementwise(lambda x: kernel(x, axis))(host, shape)


def _softplus(x: Any) -> Any:
    """log(1 + eˣ); from 40 on x is nearer to it than the rounding of a float64 (torch's own limit is 20)."""
    return torch.nn.functional.softplus(x, threshold=40)


def _gaussian(x: Any) -> Any:
    return torch.exp(x * x * -0.5) * _DENSITY_AT_0


def _gaussian_cdf(x: Any) -> Any:
    """erfc(-x / √2) / 2: ``torch.special.ndtr`` is 1 + erf below 0 as well, and loses every digit there."""
    return torch.erfc(x * -(0.5**0.5)) * 0.5


_DENSITY_AT_0 = (2 * pi) ** -0.5

LOWERINGS: dict[str, Callable[..., Run]] = {
    "add": _add,
    "negate": _negate,
    "scale": _scale,
    "sum": _sum,
    "broadcast": _broadcast,
    "reshape": _reshape,
    "permute": _permute,
    "multiply": _multiply,
    "contract": _contract,
    "slice": _slice,
    "place": _place,
    "gather": _gather,
    "scatter": _scatter,
    "windows": _windows,
    "fold_windows": _fold_windows,
    "convolve": _convolve,
    "convolve_input": _convolve_input,
    "convolve_weight": _convolve_weight,
    "constant": _constant,
    "exp": _elementwise(torch.exp),
    "log": _elementwise(torch.log),
    "reciprocal": _elementwise(torch.reciprocal),
    "sqrt": _odd(torch.sqrt),
    "sin": _odd(torch.sin),
    "cos": _elementwise(torch.cos),
    "tanh": _odd(torch.tanh),
    "sigmoid": _elementwise(torch.sigmoid),
    "relu": _odd(torch.relu),
    "step": _odd(_step),
    "softplus": _elementwise(_softplus),
    "gaussian": _elementwise(_gaussian),
    "gaussian_cdf": _elementwise(_gaussian_cdf),
    "maximum": _maximum,
    "first_maximum": _first_maximum,
    "softmax": _along(torch.softmax),
    "log_softmax": _along(torch.log_softmax),
    "one_hot": _one_hot,
}
