"""Maxima, one-hot vectors and softmax on arrays of floats, and the bounds of their rounding."""

from __future__ import annotations

from collections.abc import Callable
from math import log, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.functions import Run
from verified_cat.geometry import without_axes
from verified_cat.primitives import Shape
from verified_cat.reference.balls import ULPS, Array, Ball, Rules

Floats = NDArray[Any]

# ------------------------------------------------------------------------------------------------ on floats


def maximum(shape: Shape, axes: Shape) -> Callable[[Floats], Floats]:
    """x ↦ its maxima over ``axes``."""
    return lambda x: np.asarray(x.max(axis=axes))


def first_maximum(shape: Shape, axes: Shape) -> Callable[[Floats], Floats]:
    """x ↦ 1 at the first largest entry over ``axes`` in row-major order, 0 elsewhere."""
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    order = [*kept, *sorted(axes)]
    length = prod(shape[axis] for axis in axes)

    def run(x: Floats) -> Floats:
        turned = x.transpose(order)
        rows = turned.reshape(-1, length)
        chosen = np.zeros_like(rows)
        chosen[np.arange(len(rows)), rows.argmax(axis=1)] = 1
        return chosen.reshape(turned.shape).transpose(np.argsort(order))

    return run


def one_hot(shape: Shape, classes: int) -> Callable[[Floats], Floats]:
    """x ↦ for each entry 1 at the k with k - 1/2 < x ≤ k + 1/2."""
    k = np.arange(classes)
    return lambda x: ((x[..., None] > k - 0.5) & (x[..., None] <= k + 0.5)).astype(x.dtype)


def log_softmax(shape: Shape, axis: int) -> Callable[[Floats], Floats]:
    """x ↦ x - m - log Σ exp(x - m), with m = max x."""

    def run(x: Floats) -> Floats:
        below = x - x.max(axis=axis, keepdims=True)
        return np.asarray(below - np.log(np.exp(below).sum(axis=axis, keepdims=True)))

    return run


def softmax(shape: Shape, axis: int) -> Callable[[Floats], Floats]:
    """x ↦ exp(x - m) / Σ exp(x - m), with m = max x."""

    def run(x: Floats) -> Floats:
        grown = np.exp(x - x.max(axis=axis, keepdims=True))
        return np.asarray(grown / grown.sum(axis=axis, keepdims=True))

    return run


IN_FLOATS: dict[str, Callable[..., Callable[[Floats], Floats]]] = {
    "maximum": maximum,
    "first_maximum": first_maximum,
    "one_hot": one_hot,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
"""Rows that are neither entrywise nor linear."""

# ------------------------------------------------------------------------------------------------ on balls


def _largest(rules: Rules, shape: Shape, axes: Shape) -> Run:
    """|max x - max x̂| ≤ max |x - x̂|, and nothing is rounded."""
    top = maximum(shape, axes)
    return lambda x: Ball(top(x.mid), top(x.error))


def _first_largest(rules: Rules, shape: Shape, axes: Shape) -> Run:
    """Sure where one entry alone can be the largest, or all are known exactly; unknown where one is not at all."""
    choose = first_maximum(shape, axes)
    cod = without_axes("first_maximum", shape, axes)

    def over(part: Array) -> Array:
        return np.asarray(np.broadcast_to(np.expand_dims(part.reshape(cod), tuple(sorted(axes))), shape))

    def run(x: Ball) -> Ball:
        able = x.mid + 2 * x.error >= over((x.mid - 2 * x.error).max(axis=axes))
        alone, widest = over(able.sum(axis=axes, dtype=float)) == 1, over(x.error.max(axis=axes))
        error = np.where((widest == 0) | alone | ~able, 0.0, 1.0)
        return Ball(choose(x.mid), np.where(np.isfinite(widest), error, np.inf))

    return run


def _sum_of_exponentials(rules: Rules, n: int) -> float:
    """The relative error δ of Σ exp(x_j - m): each t_j errs by u |t_j|, where |t| e^t ≤ 0.37 and Σ e^t ≥ 1."""
    u = rules.form.u
    return 1.1 * (u * (0.37 * n + 2 * ULPS["exp"]) + rules.form.gamma(n)) + n * rules.form.tiny


def _shares(rules: Rules, shape: Shape, axis: int) -> Run:
    """y = softmax(x): |∂y·v| ≤ 2 y |v|, y grows by at most e^2d where x moves by d; every factor errs relatively."""
    f, u, delta = softmax(shape, axis), rules.form.u, _sum_of_exponentials(rules, shape[axis])

    def run(x: Ball) -> Ball:
        mid, moved = f(x.mid), x.error.max(axis=axis, keepdims=True)
        drift = np.minimum(1.0, 2 * moved * mid * np.exp(np.minimum(4 * moved, 700.0)))
        below = np.abs(x.mid - x.mid.max(axis=axis, keepdims=True)) + 4 * moved
        relative = np.expm1(np.minimum(u * below, 700.0)) + (2 * ULPS["exp"] + 4) * u + delta
        return rules.ball(mid, drift + 1.1 * (mid + 2 * drift) * relative + 2 * rules.form.tiny, mid + 2 * drift)

    return run


def _log_shares(rules: Rules, shape: Shape, axis: int) -> Run:
    """y = x - m - log Σ: y_i moves with x_i and the mean of all; the logarithm errs by δ / (1 - δ) and its ulps."""
    f, u, delta = log_softmax(shape, axis), rules.form.u, _sum_of_exponentials(rules, shape[axis])
    of_sum = delta / (1 - delta) + (2 * ULPS["log"] + 1) * u * log(shape[axis]) if delta < 0.5 else np.inf

    def run(x: Ball) -> Ball:
        mid, moved = f(x.mid), x.error.max(axis=axis, keepdims=True)
        drift = x.error + moved
        below = np.abs(x.mid - x.mid.max(axis=axis, keepdims=True)) + 4 * moved
        reach = below + log(shape[axis]) + 2 * drift
        return rules.ball(mid, drift + 1.1 * (2 * u * below + of_sum + 2 * rules.form.tiny), reach)

    return run


ON_BALLS: dict[str, Callable[..., Run]] = {
    "maximum": _largest,
    "first_maximum": _first_largest,
    "softmax": _shares,
    "log_softmax": _log_shares,
}
"""The rules for these rows: rules of a format and arguments ↦ function on balls."""
