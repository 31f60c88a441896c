"""vc_NAME_f32, vc_NAME_f64 : elementary functions as C text, without branches, each within a declared number of ulps.

Algorithms: exp by n log 2 + r in two parts (Cody and Waite 1980) and a near-minimax polynomial; log by 2 atanh (as
e_log.c of fdlibm) or a polynomial; tanh by e^(2a) - 1; sin and cos of float32 by a table of 2^e modulo 2π, of
float64 by Payne and Hanek (1983); the distribution function of the normal law by its scaled tail (Mills' ratio). The C
is in ``native_common.h``, ``native_f64.h`` and ``native_f32.h`` beside this file; how the bounds are checked, and what
happens at the edges, is in docs/elementary.md.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from verified_cat.errors import UsageError, near

SUFFIX = {"float32": "f32", "float64": "f64"}
C_TYPE = {"float32": "float", "float64": "double"}

BOUNDS: dict[str, dict[str, float]] = {
    "float32": {
        "exp": 1.1,
        "log": 1.0,
        "tanh": 2.6,
        "sigmoid": 2.5,
        "softplus": 1.8,
        "sin": 1.8,
        "cos": 1.8,
        "sqrt": 0.5,
        "reciprocal": 0.5,
        "gaussian": 0.51,
        "gaussian_cdf": 0.51,
    },
    "float64": {
        "exp": 1.5,
        "log": 1.5,
        "tanh": 3.5,
        "sigmoid": 3.5,
        "softplus": 3.0,
        "sin": 1.5,
        "cos": 1.5,
        "sqrt": 0.5,
        "reciprocal": 0.5,
        "gaussian": 4.0,
        "gaussian_cdf": 8.0,
    },
}
"""|result - exact| in units in the last place of the exact result, 2^-149 or 2^-1074 at least."""

EXACT = ("relu", "step", "leaky_relu")
"""Selections; ``leaky_relu`` takes its slope as a second argument and rounds once."""


def named(function: str, dtype: str) -> str:
    """The C name of an elementary function. Raises UsageError where there is none."""
    known = [*BOUNDS.get(dtype, ()), *EXACT]
    if dtype not in SUFFIX:
        raise UsageError(f"the native backend does not compute in {dtype!r}; {near(dtype, [*SUFFIX])}")
    if function not in known:
        raise UsageError(f"the native backend has no elementary function {function!r}; {near(function, known)}")
    return f"vc_{function}_{SUFFIX[dtype]}"


@lru_cache(maxsize=2)
def prelude(dtype: str) -> str:
    """The C text that defines the functions of one dtype; that of float32 has those of float64 as well."""
    named("exp", dtype)
    texts = [shipped("native_common.h"), two_over_pi(), shipped("native_f64.h")]
    if dtype == "float32":
        texts += [turns(), shipped("native_f32.h")]
    return "\n".join(texts)


def shipped(name: str) -> str:
    """A C text beside this file."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


PI_BITS = 320


def pi_scaled(bits: int) -> int:
    """⌊π 2^bits⌋ or one less, by Machin's π = 16 atan(1/5) - 4 atan(1/239) with 32 more bits than are kept."""
    one = 1 << bits + 32

    def inverse_tangent(n: int) -> int:
        total, term, k = 0, one // n, 0
        while term:
            total += (-1) ** k * (term // (2 * k + 1))
            term, k = term // (n * n), k + 1
        return total

    return (16 * inverse_tangent(5) - 4 * inverse_tangent(239)) >> 32


@lru_cache(maxsize=1)
def turns() -> str:
    """Tables T, L of 2^(e - 23) modulo 2π for each exponent e of a float32: T in multiples of 2^-26, L what is left."""
    turn = 2 * pi_scaled(PI_BITS)
    high: list[str] = []
    low: list[str] = []
    for exponent in range(-150, 106):
        kept = (1 << PI_BITS + exponent) % turn
        first = kept >> PI_BITS - 26 << PI_BITS - 26 if exponent > 2 else kept
        high.append(_hex(first))
        low.append(_hex(kept - first))
    return _table("vc_turns_high", high) + _table("vc_turns_low", low)


WORDS = 20


@lru_cache(maxsize=1)
def two_over_pi() -> str:
    """The bits of 2/π in words of 64, the first of them 0: those before the binary point."""
    bits = 64 * (WORDS - 1)
    whole = (2 << 2 * bits) // pi_scaled(bits)
    words = [f"{whole >> 64 * (WORDS - 1 - at) & (1 << 64) - 1:#x}u" for at in range(WORDS)]
    return f"static const uint64_t vc_two_over_pi[{WORDS}] __attribute__((unused)) = {{{', '.join(words)}}};\n"


def _hex(scaled: int) -> str:
    """scaled 2^-PI_BITS as the nearest double, in C's notation: Python's quotient of integers is rounded correctly."""
    return (scaled / (1 << PI_BITS)).hex()


def _table(name: str, entries: list[str]) -> str:
    return f"static const double {name}[{len(entries)}] __attribute__((unused)) = {{{', '.join(entries)}}};\n"
