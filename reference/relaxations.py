"""f ↦ lines with f(x) - λ x ∈ [low, high] for every x of [l, u], for curves f : R → R and many intervals at once.

Three lines are tried, and for each interval the narrowest is taken. Where λ is a lower bound of f' on [l, u],
f(x) - λ x rises, and is between its values at the ends (Singh et al. 2018, Theorem 3.2); where λ is an upper bound, it
falls. And f(x) = f(c) + f'(c) (x - c) + ½ f''(ξ) (x - c)², where bounds of f'' on [l, u] are known (Taylor): that one
is quadratic in the width. Any λ is sound, so nothing is lost where λ is rounded; each of the ends is moved outward by
more than the rounding of its evaluation (``SLACK``), given that numpy's functions are within ``balls.ULPS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from verified_cat.reference.balls import ELEMENTARY, Array

Range = tuple[Array, Array]
Whole = Callable[[Array], Array]

SLACK = 2.0**-45
"""What an evaluation may be off, relative to its size, and for a function that is bounded by 2 with its derivatives in
absolute terms: 8 ulps are 2^-49, and each is the result of at most four more operations, without cancellation or of
numbers below 2."""

TINY = 2.0**-1000
"""More than what underflow takes from a sum of some thousands of products."""


@dataclass(frozen=True, slots=True)
class Curve:
    """f, and enclosures of the ranges of f' and f'' over intervals; ``absolute`` is what evaluations of f may be off
    besides ``SLACK`` of their size. ``inside`` says over which intervals f is defined."""

    value: Whole
    first: Callable[[Array, Array], Range]
    second: Callable[[Array, Array], Range]
    absolute: float = TINY
    inside: Callable[[Array, Array], NDArray[np.bool_]] | None = None


def outward(low: Array, high: Array, absolute: float) -> Range:
    """The interval, larger by what its ends may be off."""
    return low - SLACK * np.abs(low) - absolute, high + SLACK * np.abs(high) + absolute


def between(g: Whole, turns: tuple[tuple[float, float], ...] = (), absolute: float = TINY) -> Callable[..., Range]:
    """The range of g over [l, u]: of its values at the ends and at those of its turning points (x, g(x)) that are in it
    or next to it; between them g is monotone."""

    def over(low: Array, high: Array) -> Range:
        one, other = g(low), g(high)
        least, most = np.minimum(one, other), np.maximum(one, other)
        for place, value in turns:
            beside = 2.0**-40 * (abs(place) + 1)
            met = (low <= place + beside) & (high >= place - beside)
            least, most = np.where(met, np.minimum(least, value), least), np.where(met, np.maximum(most, value), most)
        return outward(least, most, absolute)

    return over


def near(g: Whole) -> Callable[[Array, Array], Range]:
    """For g with |g| ≤ 1 and |g'| ≤ 1: g(c) ± (u - l) / 2, within [-1, 1]."""

    def over(low: Array, high: Array) -> Range:
        middle = low + (high - low) / 2
        reach = (high - low) / 2 + 2.0**-50 * (np.abs(low) + np.abs(high)) + 2.0**-45
        return np.maximum(g(middle) - reach, -1.0), np.minimum(g(middle) + reach, 1.0)

    return over


# ------------------------------------------------------------------------------------------------ the curves


SMALL = 2.0**-45
"""What derivatives that are bounded by 2 may be off."""


def _of(name: str) -> Whole:
    return ELEMENTARY[name][0]


sigmoid, gaussian = _of("sigmoid"), _of("gaussian")


def _tanh_first(x: Array) -> Array:
    t = np.tanh(x)
    return np.asarray(1 - t * t)


def _tanh_second(x: Array) -> Array:
    t = np.tanh(x)
    return np.asarray(-2 * t * (1 - t * t))


def _sigmoid_first(x: Array) -> Array:
    s = sigmoid(x)
    return np.asarray(s * (1 - s))


def _sigmoid_second(x: Array) -> Array:
    s = sigmoid(x)
    return np.asarray(s * (1 - s) * (1 - 2 * s))


TANH_TURN, TANH_MOST = np.arctanh(1 / sqrt(3)), 4 / (3 * sqrt(3))
SIGMOID_TURN, SIGMOID_MOST = np.log((3 + sqrt(3)) / (3 - sqrt(3))), 1 / (6 * sqrt(3))
GAUSS = 1 / sqrt(2 * pi)


def _positive(low: Array, high: Array) -> NDArray[np.bool_]:
    return np.asarray(low > 0)


def _not_through_zero(low: Array, high: Array) -> NDArray[np.bool_]:
    return np.asarray((low > 0) | (high < 0))


CURVES: dict[str, Curve] = {
    "exp": Curve(np.exp, between(np.exp), between(np.exp)),
    "log": Curve(np.log, between(lambda x: 1 / x), between(lambda x: -1 / (x * x)), SMALL, _positive),
    "reciprocal": Curve(
        lambda x: np.asarray(1 / x),
        between(lambda x: -1 / (x * x)),
        between(lambda x: 2 / (x * x * x)),
        inside=_not_through_zero,
    ),
    "sqrt": Curve(
        np.sqrt,
        between(lambda x: 0.5 / np.sqrt(x)),
        between(lambda x: -0.25 / (x * np.sqrt(x))),
        inside=_positive,
    ),
    "sin": Curve(np.sin, near(np.cos), near(lambda x: -np.sin(x)), SMALL),
    "cos": Curve(np.cos, near(lambda x: -np.sin(x)), near(lambda x: -np.cos(x)), SMALL),
    "tanh": Curve(
        np.tanh,
        between(_tanh_first, ((0.0, 1.0),), SMALL),
        between(_tanh_second, ((-TANH_TURN, TANH_MOST), (TANH_TURN, -TANH_MOST)), SMALL),
        SMALL,
    ),
    "sigmoid": Curve(
        sigmoid,
        between(_sigmoid_first, ((0.0, 0.25),), SMALL),
        between(_sigmoid_second, ((-SIGMOID_TURN, SIGMOID_MOST), (SIGMOID_TURN, -SIGMOID_MOST)), SMALL),
        SMALL,
    ),
    "softplus": Curve(
        _of("softplus"), between(sigmoid, (), SMALL), between(_sigmoid_first, ((0.0, 0.25),), SMALL), SMALL
    ),
    "gaussian": Curve(
        gaussian,
        between(lambda x: -x * gaussian(x), ((-1.0, GAUSS / sqrt(np.e)), (1.0, -GAUSS / sqrt(np.e))), SMALL),
        between(
            lambda x: (x * x - 1) * gaussian(x),
            ((0.0, -GAUSS), (-sqrt(3), 2 * GAUSS * np.exp(-1.5)), (sqrt(3), 2 * GAUSS * np.exp(-1.5))),
            SMALL,
        ),
        SMALL,
    ),
    "gaussian_cdf": Curve(
        _of("gaussian_cdf"),
        between(gaussian, ((0.0, GAUSS),), SMALL),
        between(lambda x: -x * gaussian(x), ((-1.0, GAUSS / sqrt(np.e)), (1.0, -GAUSS / sqrt(np.e))), SMALL),
        SMALL,
    ),
}
"""The rows of the table that are curves."""


# ------------------------------------------------------------------------------------------------ lines


@dataclass(frozen=True, slots=True)
class Line:
    """f(x) - λ x ∈ [middle - half, middle + half] on the interval."""

    slope: Array
    middle: Array
    half: Array


def line(curve: Curve, low: Array, centre: Array, high: Array) -> Line:
    """The narrowest of the lines for each interval; infinite where f is not defined on the whole of it."""
    least, most = curve.first(low, high)
    at_low, at_high = curve.value(low), curve.value(high)
    rising = _ends(curve, least, (at_low, low), (at_high, high))
    falling = _ends(curve, most, (at_high, high), (at_low, low))
    slope, middle, half = _narrowest(rising, falling, _taylor(curve, low, centre, high))
    if curve.inside is not None:
        half = np.where(curve.inside(low, high), half, np.inf)
    return Line(slope, middle, half)


Part = tuple[Array, Array, Array]


def _ends(curve: Curve, slope: Array, first: tuple[Array, Array], last: tuple[Array, Array]) -> Part:
    """λ with f - λ x between its values at the two ends, the least first."""
    bounds = []
    for sign, (value, place) in ((-1, first), (1, last)):
        off = SLACK * (np.abs(value) + np.abs(slope * place)) + curve.absolute
        bounds.append(value - slope * place + sign * off)
    return _part(slope, bounds[0], bounds[1])


def _taylor(curve: Curve, low: Array, centre: Array, high: Array) -> Part:
    """λ = f'(c), nearly, and the remainder of second order."""
    least, most = curve.first(centre, centre)
    slope = least + (most - least) / 2
    down, up = curve.second(low, high)
    reach = np.maximum(high - centre, centre - low) * (1 + SLACK) + TINY
    value = curve.value(centre)
    off = SLACK * (np.abs(value) + np.abs(slope * centre)) + curve.absolute + (most - least) * reach
    square = 0.5 * reach * reach
    base = value - slope * centre
    return _part(slope, base + np.minimum(0.0, down * square) - off, base + np.maximum(0.0, up * square) + off)


def _part(slope: Array, low: Array, high: Array) -> Part:
    """Middle and half of the width; infinite where an end is no finite number."""
    middle = low + (high - low) / 2
    half = (high - low) / 2 + SLACK * (np.abs(low) + np.abs(high)) + TINY
    sure = np.isfinite(middle) & np.isfinite(half) & np.isfinite(slope)
    return np.where(sure, slope, 0.0), np.where(sure, middle, 0.0), np.where(sure, half, np.inf)


def _narrowest(*parts: Part) -> Part:
    slope, middle, half = parts[0]
    for other in parts[1:]:
        less = other[2] < half
        slope, middle, half = (np.where(less, new, old) for new, old in zip(other, (slope, middle, half), strict=True))
    return slope, middle, half


def kinked(low: Array, high: Array) -> Line:
    """relu: x from 0 on, 0 up to 0; else λ = u / (u - l), and relu(x) - λ x ∈ [0, max(-λ l, (1 - λ) u)], for any λ in
    [0, 1]."""
    slope = np.where(low >= 0, 1.0, np.where(high <= 0, 0.0, high / np.where(high > low, high - low, 1.0)))
    slope = np.clip(slope, 0.0, 1.0)
    most = np.maximum(-slope * low, (1 - slope) * high) * (1 + SLACK) + TINY
    most = np.where((low >= 0) | (high <= 0), 0.0, most)
    return Line(slope, most / 2, most / 2)


def jumping(low: Array, high: Array) -> Line:
    """step: 1 above 0, 0 up to 0, and [0, 1] where that is open."""
    middle = np.where(low > 0, 1.0, np.where(high <= 0, 0.0, 0.5))
    open_ = (low <= 0) & (high > 0)
    return Line(np.zeros_like(middle), middle, np.where(open_, 0.5, 0.0))
