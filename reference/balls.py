"""Balls (mid, error) and the rules by which one operation enlarges them; what they bound is said in ``rounding``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import erfc, frexp, ldexp, pi, prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.functions import Run, Value
from verified_cat.primitives import Shape

Array = NDArray[np.float64]

ULPS = {"reciprocal": 1, "sqrt": 1, "exp": 4, "log": 4, "sin": 4, "cos": 4, "tanh": 4, "sigmoid": 8} | {
    "softplus": 8,
    "gaussian": 6,
    "gaussian_cdf": 8,
}
"""The assumed accuracy of the elementary functions, in units in the last place of the exact result (2 u each)."""

ARGUMENT = {"gaussian": 2, "gaussian_cdf": 4}
"""What they may round of their argument first, in units of u: the -x²/2 of an exponential, the x / √2 of erfc."""

NEVER_ZERO = {"exp", "reciprocal", "sigmoid", "softplus", "gaussian", "gaussian_cdf"}
"""Where these are computed as 0, that is an underflow."""

INFLATION = 1 + 2.0**-20
"""Every bound is enlarged by this factor: its own evaluation in float64 rounds, far less than that."""


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format: bits of the significand, the smallest normal number, the largest number."""

    name: str
    bits: int
    tiny: float
    largest: float

    @property
    def u(self) -> float:
        """The unit roundoff 2^-bits."""
        return 2.0**-self.bits

    def nearest(self, number: float) -> float:
        """The nearest number with so many bits, ties to even; the range is not looked at."""
        significand, exponent = frexp(number)
        return ldexp(round(ldexp(significand, self.bits)), exponent - self.bits)

    def gamma(self, n: int) -> float:
        """γ_n = n u / (1 - n u); infinite where n u ≥ 1."""
        return n * self.u / (1 - n * self.u) if n * self.u < 1 else float("inf")


FORMATS = {
    "bfloat16": Format("bfloat16", 8, 2.0**-126, 2.0**128 * (1 - 2.0**-8)),
    "float16": Format("float16", 11, 2.0**-14, 2.0**16 * (1 - 2.0**-11)),
    "float32": Format("float32", 24, 2.0**-126, 2.0**128 * (1 - 2.0**-24)),
    "float64": Format("float64", 53, 2.0**-1022, 2.0**1023 * (2 - 2.0**-52)),
}


@dataclass(frozen=True, slots=True)
class Ball:
    """A value of R^shape: |exact - mid| ≤ error and |exact - computed| ≤ error, entry by entry."""

    mid: Array
    error: Array

    @property
    def size(self) -> Array:
        """|mid| + 2 error bounds the exact, the computed and our own value; no product of two such underflows to 0."""
        size = np.abs(self.mid) + 2 * self.error
        return np.asarray(np.where(size == 0, 0.0, np.maximum(size, 2.0**-500)))

    def moved(self, f: Callable[[Array], Any]) -> Ball:
        """The same entries elsewhere, for f that only moves them."""
        return Ball(np.asarray(f(self.mid)), np.asarray(f(self.error)))


# ------------------------------------------------------------------------------------------------ exactness


def grain(x: Array) -> Array:
    """The largest power of two of which each entry is a multiple; infinite for 0."""
    significand, exponent = np.frexp(x)
    whole = np.asarray(np.ldexp(significand, 53), dtype=np.int64)
    return np.asarray(np.where(x == 0, np.inf, np.ldexp((whole & -whole).astype(np.float64), exponent - 53)))


class Rules:
    """The rules of one format. Each takes balls to the ball of the result.

    ``exact_sums`` says whether sums of multiples of one power of two may be taken as exact. They are where they are
    computed as written; a compiler that scales the terms of a sum before it adds them up rounds them. ``roots_exist``
    says whether what a root is taken of may be taken as ≥ 0 where its ball reaches below: then |√a - √b| ≤ √|a - b|
    bounds the root, and whoever asks has to look for NaN.
    """

    def __init__(self, form: Format, *, exact_sums: bool = True, roots_exist: bool = False) -> None:
        self.form, self.exact_sums, self.roots_exist = form, exact_sums, roots_exist

    def ball(self, mid: Any, error: Any, reach: Any) -> Ball:
        """The ball with its error enlarged; infinite where anything up to ``reach`` is not a finite number here."""
        mid, error = np.asarray(mid, dtype=np.float64), np.asarray(error, dtype=np.float64) * INFLATION
        sure = np.isfinite(mid) & np.isfinite(error) & (np.asarray(reach) + 2 * error <= self.form.largest)
        return Ball(np.where(sure, mid, 0.0), np.where(sure, error, np.inf))

    def rounded(self, reach: Array, count: float, steps: int, grid: Array, certain: Any) -> Array:
        """The rounding of ``steps`` operations on terms of total size ``reach``: 0 where they are exact, or all 0.

        Multiples of ``grid`` whose sizes add up to less than 2^bits grid are added without rounding, in any order.
        """
        exact = self.exact_sums & certain & (reach < 2.0**self.form.bits * grid) & (grid >= self.form.tiny)
        return np.asarray(np.where(exact | (reach == 0), 0.0, count * reach + steps * self.form.tiny))

    # ---------------------------------------------------------------------------------------- arithmetic

    def add(self, xy: Value) -> Ball:
        x, y = xy
        mid, error = x.mid + y.mid, x.error + y.error
        cancelled = np.abs(mid) * (1 + 2.0**-50) + 2 * error
        grid, both = np.minimum(grain(x.mid), grain(y.mid)), np.abs(x.mid) + np.abs(y.mid)
        exact = (error == 0) & (both < 2.0**self.form.bits * grid) & (grid >= self.form.tiny)
        local = np.where(exact | (cancelled == 0), 0.0, self.form.u * cancelled + self.form.tiny)
        return self.ball(mid, error + local, cancelled)

    def sum(self, shape: Shape, axes: tuple[int, ...]) -> Run:
        n = prod(shape[axis] for axis in axes)

        def run(x: Ball) -> Ball:
            reach, error = x.size.sum(axes), x.error.sum(axes)
            grid = np.min(grain(x.mid), axis=axes, initial=np.inf)
            local = self.rounded(reach, self.form.gamma(max(n - 1, 0)), n, grid, error == 0) if n > 1 else 0.0
            return self.ball(x.mid.sum(axes), error + local, reach)

        return run

    def scale(self, factor: Fraction, shape: Shape) -> Run:
        by = self.constant((), (factor,))(())
        return lambda x: self.multiply((Ball(np.full(shape, by.mid), np.full(shape, by.error)), x))

    def multiply(self, xy: Value) -> Ball:
        x, y = xy
        reach = x.size * y.size
        error = x.error * y.size + y.error * x.size
        local = self.rounded(reach, self.form.u, 1, grain(x.mid) * grain(y.mid), error == 0)
        return self.ball(x.mid * y.mid, error + local, reach)

    def contract(self, subscripts: str, left_shape: Shape, right_shape: Shape) -> Run:
        inputs, out = subscripts.split("->")
        sizes = dict(zip(inputs.replace(",", ""), left_shape + right_shape, strict=True))
        n = prod(length for letter, length in sizes.items() if letter not in out)
        return self.bilinear(lambda xy: np.asarray(np.einsum(subscripts, *xy)), n)

    def bilinear(self, f: Callable[[tuple[Array, Array]], Array], n: int) -> Run:
        """For f whose entries are sums of at most n products of an entry of x and one of y, added in any order."""

        def run(xy: Value) -> Ball:
            x, y = xy
            reach = f((x.size, y.size))
            error = f((x.error, y.size)) + f((x.size, y.error))
            grid = np.min(grain(x.mid), initial=np.inf) * np.min(grain(y.mid), initial=np.inf)
            local = self.rounded(reach, self.form.gamma(n), n, np.asarray(grid), error == 0)
            return self.ball(f((x.mid, y.mid)), error + local, reach)

        return run

    def added(self, f: Callable[[Array], Array], n: int) -> Run:
        """For f whose entries are sums of at most n entries of x, added in any order."""

        def run(x: Ball) -> Ball:
            reach, error = f(x.size), f(x.error)
            grid = np.asarray(np.min(grain(x.mid), initial=np.inf))
            local = self.rounded(reach, self.form.gamma(max(n - 1, 0)), n, grid, error == 0) if n > 1 else 0.0
            return self.ball(f(x.mid), error + local, reach)

        return run

    def constant(self, shape: Shape, values: tuple[Fraction, ...]) -> Run:
        found = {value: self.number(value) for value in set(values)}
        balls = [found[value] for value in (values if len(values) == prod(shape) else values * prod(shape))]
        mid = np.array([mid for mid, _ in balls], dtype=np.float64).reshape(shape)
        value = Ball(mid, np.array([error for _, error in balls], dtype=np.float64).reshape(shape))
        return lambda _: value

    def number(self, value: Fraction) -> tuple[float, float]:
        """(the nearest float64, the distance of the value to the nearest number of the format)."""
        if abs(value) > Fraction(self.form.largest):
            return 0.0, float("inf")
        mid = float(value)
        nearest = self.form.nearest(mid)
        distance = max(abs(value - Fraction(mid)), abs(value - Fraction(nearest)))
        return mid, float(distance) * INFLATION + (
            self.form.tiny if 0 < abs(mid) < self.form.tiny or (not mid and value) else 0.0
        )

    # ---------------------------------------------------------------------------------------- elementary functions

    def elementary(self, name: str, f: Callable[[Array], Array], slope: Callable[[Array, Array], Array]) -> Run:
        """|f̂(x̂) - f(x)| ≤ L e + 2 k u |f|, with L ≥ |f'| on the ball of radius 2 e, which holds x and x̂.

        Where f first rounds its argument, by ``ARGUMENT``, that is part of e.
        """

        def run(x: Ball) -> Ball:
            mid, off = f(x.mid), x.error
            if name in ARGUMENT:
                off = off + ARGUMENT[name] * self.form.u * (np.abs(x.mid) + 2 * x.error)
            lipschitz = slope(x.mid - 2 * off, x.mid + 2 * off)
            drift = np.where(off == 0, np.where(np.isfinite(lipschitz), 0.0, np.inf), lipschitz * off)
            if name == "sqrt" and self.roots_exist:
                drift = np.where(x.mid >= 0, np.minimum(drift, np.sqrt(off)), drift)
            reach = np.abs(mid) * (1 + 2.0**-45) + 2 * drift
            exactly_zero = (reach == 0) & (name not in NEVER_ZERO)
            local = np.where(exactly_zero, 0.0, 2 * ULPS[name] * self.form.u * reach + self.form.tiny)
            return self.ball(mid, drift + local, reach)

        return run

    def relu(self, x: Ball) -> Ball:
        nowhere = x.mid + 2 * x.error <= 0
        return Ball(np.maximum(x.mid, 0.0), np.where(nowhere, 0.0, x.error))

    def step(self, x: Ball) -> Ball:
        sure = (x.mid - 2 * x.error > 0) | (x.mid + 2 * x.error <= 0)
        unknown = np.where(np.isfinite(x.error), 1.0, np.inf)
        return Ball((x.mid > 0).astype(np.float64), np.where(sure, 0.0, unknown))


# ------------------------------------------------------------------------------------------------ bounds of slopes


def _nearest_zero(low: Array, high: Array) -> Array:
    """The least |x| in [low, high]."""
    return np.asarray(np.maximum(np.maximum(low, -high), 0.0))


def _where_positive(low: Array, slope: Array) -> Array:
    return np.asarray(np.where(low > 0, slope, np.inf))


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


_half_erfc = np.frompyfunc(lambda x: 0.5 * erfc(x), 1, 1)


def _gaussian(x: Array) -> Array:
    """exp(-x²/2) / √(2π)."""
    return np.asarray(np.exp(-0.5 * x * x) / sqrt(2 * pi))


def _gaussian_within(low: Array, high: Array) -> Array:
    """The largest value of the density between low and high."""
    return _gaussian(_nearest_zero(low, high))


def _slope_of_gaussian(low: Array, high: Array) -> Array:
    """|x| exp(-x²/2) / √(2π) falls from |x| = 1 on; its largest value there is below 0.242."""
    near = _nearest_zero(low, high)
    return np.asarray(np.where(near <= 1, 0.242, near * _gaussian(near)))


ELEMENTARY: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]] = {
    "exp": (np.exp, lambda low, high: np.asarray(np.exp(high))),
    "log": (np.log, lambda low, high: _where_positive(low, 1 / low)),
    "reciprocal": (
        lambda x: np.asarray(1 / x),
        lambda low, high: _where_positive(_nearest_zero(low, high), _nearest_zero(low, high) ** -2.0),
    ),
    "sqrt": (
        np.sqrt,
        lambda low, high: np.asarray(np.where((low == 0) & (high == 0), 0.0, _where_positive(low, 0.5 / np.sqrt(low)))),
    ),
    "sin": (np.sin, lambda low, high: np.ones_like(low)),
    "cos": (np.cos, lambda low, high: np.ones_like(low)),
    "tanh": (np.tanh, lambda low, high: np.asarray(np.minimum(1.0, 4 * np.exp(-2 * _nearest_zero(low, high))))),
    "softplus": (
        lambda x: np.asarray(np.logaddexp(x, 0.0)),
        lambda _, high: np.asarray(np.minimum(1.0, np.exp(high))),
    ),
    "gaussian": (_gaussian, _slope_of_gaussian),
    "gaussian_cdf": (lambda x: np.asarray(_half_erfc(-x / sqrt(2)), dtype=np.float64), _gaussian_within),
    "sigmoid": (_sigmoid, lambda low, high: np.asarray(np.minimum(0.25, np.exp(-_nearest_zero(low, high))))),
}
"""f, and a bound of |f'| on [low, high]: infinite where the interval reaches the edge of the domain."""
