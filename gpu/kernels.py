"""One lowering for each row of the table: from the arguments of an operation to a function on tensors.

A kernel never writes to its inputs, never records for autograd, and uses no ``alpha`` or ``beta`` of torch: an
operation is exactly what its row of the table says. Kernels that are linear keep a symbolic zero symbolic.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import pi, prod
from typing import Any

import torch

from verified_cat.functions import Run
from verified_cat.geometry import without_axes
from verified_cat.gpu.contraction import Kernel, lower_contraction, same
from verified_cat.gpu.linear_kernels import LINEAR, Host, linear
from verified_cat.gpu.window_kernels import WINDOWS
from verified_cat.gpu.zero import Zero
from verified_cat.primitives import Shape


def _multiply(host: Host, shape: Shape) -> Run:
    zero = Zero(shape)

    def multiply(xy: Any) -> Any:
        x, y = xy
        if type(x) is Zero or type(y) is Zero:
            return zero
        return torch.mul(x, y)

    return multiply


def _contract(host: Host, subscripts: str, left: Shape, right: Shape) -> Run:
    return lower_contraction(subscripts, left, right)


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
    **LINEAR,
    **WINDOWS,
    "multiply": _multiply,
    "contract": _contract,
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
