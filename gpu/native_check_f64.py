"""max |vc_f(x) - f(x)| / ulp(f(x)) over samples of float64, f(x) enclosed by python-flint's balls of 160 bits.

The samples: some of every exponent and sign, many in the range where a function is not constant, the two sides of every
change of the reduction (multiples of log 2, halves of them, multiples of π / 2), edges of the range, and arguments
known to be hard. Such a figure is sampled: between the samples the error may be larger.
"""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.errors import MissingExtra
from verified_cat.gpu import native
from verified_cat.gpu.native_check import Figure, source
from verified_cat.gpu.native_math import BOUNDS

try:
    from flint import arb, ctx
except ModuleNotFoundError as _missing:
    raise MissingExtra("balls of any precision need python-flint: pip install verified-cat[balls]") from _missing

Array = NDArray[np.float64]
Enclosed = Callable[[Any], Any]
BITS = 160


def _decay(x: Any) -> Any:
    return (-abs(x)).exp()


ENCLOSED: dict[str, Enclosed] = {
    "exp": lambda x: x.exp() if x < 1000 else arb(2) ** 1200,  # which overflows as well
    "log": lambda x: x.log(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: (x.exp() if x < 0 else arb(1)) / (1 + _decay(x)),
    "softplus": lambda x: (x if x > 0 else arb(0)) + _decay(x).log1p(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "sqrt": lambda x: x.sqrt(),
    "reciprocal": lambda x: 1 / x,
    "gaussian": lambda x: (-x * x / 2).exp() / (2 * arb.pi()).sqrt(),
    "gaussian_cdf": lambda x: (-x / arb(2).sqrt()).erfc() / 2,
}

HARD = (6381956970095103.0 * 2.0**797, 2.0**1000, 5.0e-324, 2.0**-1022, 1.7976931348623157e308)
"""The first is the double nearest to a multiple of π / 2 (Muller, Elementary Functions, 3rd ed., table 11.1)."""

POSITIVE = ("log", "sqrt")


def samples(count: int, seed: int) -> Array:
    """Some numbers of every exponent, ``count`` of [-40, 40] and of [-750, 750], and the places named above."""
    drawn = np.random.default_rng(seed)
    exponents = np.repeat(np.arange(-1074.0, 1024.0), 2)
    wide = np.ldexp(drawn.uniform(1, 2, exponents.size), exponents.astype(np.int64))
    ends = np.concatenate(
        [
            np.arange(-2200, 2200) * math.log(2) / 2,
            np.arange(-600, 600) * math.pi / 2,
            1 + drawn.normal(size=500) * 2**-20,
        ]
    )
    ends = ends if count >= 10_000 else ends[::8]
    near = np.concatenate([ends, np.nextafter(ends, np.inf), np.nextafter(ends, -np.inf)])
    dense = [drawn.uniform(-span, span, count) for span in (1, 40, 750)]
    return np.concatenate([wide, -wide, near, *dense, HARD, -np.asarray(HARD)])


def computed(built: ctypes.CDLL, symbol: str, x: Array) -> Array:
    """A loop of the library, applied."""
    y = np.empty_like(x)
    loop = getattr(built, symbol)
    loop.argtypes, loop.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long], None
    loop(x.ctypes.data, y.ctypes.data, x.size)
    return y


def error_in_ulps(got: float, exact: Any) -> float:
    """An upper bound of |got - exact| in ulps of the exact result; what overflows counts as 2^1024."""
    limit = arb(2) ** 1024
    if exact.abs_lower() >= limit:
        exact = limit if exact > 0 else -limit
    number = arb(got) if math.isfinite(got) else (limit if got > 0 else -limit)
    size = float(exact.mid())
    unit = math.ulp(size) if math.isfinite(size) else 2.0**971
    return float((abs(number - exact) / arb(unit)).upper()) if not math.isnan(got) else math.inf


def kind_of(function: str, x: float) -> float | None:
    """The result where it is no number, 0, or ±∞ in the limit; None elsewhere."""
    edge = math.inf
    ends = {
        "exp": (0.0, edge),
        "log": (math.nan, edge),
        "tanh": (-1.0, 1.0),
        "sigmoid": (0.0, 1.0),
        "softplus": (0.0, edge),
        "sqrt": (math.nan, edge),
        "reciprocal": (-0.0, 0.0),
        "gaussian": (0.0, 0.0),
        "gaussian_cdf": (0.0, 1.0),
    }
    if math.isnan(x):
        return math.nan
    if math.isinf(x):
        return ends.get(function, (math.nan, math.nan))[x > 0]
    if x == 0 and function in ("log", "reciprocal"):
        return -edge if function == "log" else math.copysign(edge, x)
    if x == 0 and function in ("tanh", "sin", "sqrt"):
        return x
    return math.nan if x < 0 and function in POSITIVE else None


def same(first: float, second: float) -> bool:
    """Equal, the sign of zero included; NaN is NaN."""
    return (math.isnan(first) and math.isnan(second)) or (
        first == second and math.copysign(1, first) == math.copysign(1, second)
    )


SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0)


def float64_figure(built: ctypes.CDLL, function: str, count: int, seed: int) -> Figure:
    """Judge one function on all samples."""
    begun, bits = time.perf_counter(), ctx.prec
    x = np.concatenate([samples(count, seed), SPECIAL])
    y, single = (computed(built, f"{form}_{function}", x) for form in ("vector", "single"))
    wrong = [at for at, (one, other) in enumerate(zip(y, single, strict=True)) if not same(one, other)]
    worst, where = 0.0, 0.0
    ctx.prec = BITS
    try:
        for at, (given, got) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
            expected = kind_of(function, given)
            if expected is not None:
                wrong += [] if same(got, expected) else [at]
                continue
            error = error_in_ulps(got, ENCLOSED[function](arb(given)))
            if not error <= worst:
                worst, where = error, given
    finally:
        ctx.prec = bits
    first = float(x[wrong[0]]) if wrong else 0.0
    bound, seconds = BOUNDS["float64"][function], time.perf_counter() - begun
    return Figure(function, "float64", x.size, worst, where, len(wrong), first, bound, "sampled", seconds)


def float64_figures(
    functions: tuple[str, ...] = tuple(BOUNDS["float64"]), count: int = 50_000, seed: int = 0, text: str | None = None
) -> Iterator[Figure]:
    """One figure a function, from ``count`` numbers in each of three ranges and those of every exponent."""
    built = native.library(source("float64", functions, text))
    for function in functions:
        yield float64_figure(built, function, count, seed)
