"""max |vc_f(x) - f(x)| / ulp(f(x)) ≤ the declared bound: for float32 over all 2^32 numbers, for float64 sampled.

    python -m verified_cat.gpu.native_check [--exhaustive] [--only exp,tanh]

**float32.** The reference is the C library's function in double precision. glibc's manual ("Known Maximum Errors")
states at most 1 ulp for exp, log, log1p, sin and cos, 2 for tanh and 5 for erfc; tests/test_gpu_native_math.py holds
256 ulps against balls, on samples. A float has 29 bits less than a double, so an error of k ulps of the reference is
k 2^-29 ulps of float32; the operations around it add as little, except in the tail of the normal distribution, where
the rounding of x / sqrt 2 is enlarged x x + 1 < 210 times: 2^-20.6 in all. So ``SLACK`` is above every error of a
reference; what is reported is the largest error measured plus it.
Without ``--exhaustive``: a stride through all bit patterns, with both ends of every exponent.

**float64.** Sampled, against balls: ``native_check_f64``.

Of every number it is also checked that NaN, infinities, zeros and signs are where the reference has them, and that the
vector code of a loop and a single call give the same bits.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from verified_cat.errors import UsageError
from verified_cat.gpu import native
from verified_cat.gpu.native_math import BOUNDS, C_TYPE, EXACT, named, prelude, shipped

SLACK = 2.0**-20
BLOCK = 4096

REFERENCES = {
    "exp": "exp(x)",
    "log": "log(x)",
    "tanh": "tanh(x)",
    "sigmoid": "(x < 0 ? exp(x) : 1) / (1 + exp(-fabs(x)))",
    "softplus": "(x > 0 ? x : 0) + log1p(exp(-fabs(x)))",
    "sin": "sin(x)",
    "cos": "cos(x)",
    "sqrt": "sqrt(x)",
    "reciprocal": "1 / x",
    "gaussian": "0x1.9884533d43651p-2 * exp(-0.5 * x * x)",
    "gaussian_cdf": "0.5 * erfc(-x * 0x1.6a09e667f3bcdp-1)",
    "relu": "x < 0 ? 0 : x",
    "step": "x > 0 ? 1 : 0",
}
"""C expressions in double precision of a float x, which is exact there."""

CHECKED_F32 = (*BOUNDS["float32"], *(name for name in EXACT if name in REFERENCES))

LOOPS = """
void vector_{name}(const {type} *restrict x, {type} *restrict y, long n) {{
    for (long i = 0; i < n; i++) y[i] = {call}(x[i]);
}}
__attribute__((noinline, optimize("no-tree-vectorize"))) void single_{name}(const {type} *x, {type} *y, long n) {{
    for (long i = 0; i < n; i++) y[i] = {call}(x[i]);
}}
"""

CHECK = """
static double reference_{name}(double x) {{ return {reference}; }}

void check_{name}(uint64_t first, uint64_t last, uint64_t stride, vc_found *found) {{
    float x[{block}], y[{block}], z[{block}];
    double want[{block}];
    for (uint64_t at = first; at < last;) {{
        long n = 0;
        for (; n < {block} && at < last; n++, at += stride) x[n] = vc_from_bits_f32((uint32_t)at);
        for (long i = 0; i < n; i++) want[i] = reference_{name}(x[i]);
        vector_{name}(x, y, n);
        if (!alike(y, want, n, found->worst)) judge(x, y, want, n, found);
        if (stride == 1 && last - first > {block}) continue; /* all numbers: single calls are compared on samples */
        single_{name}(x, z, n);
        for (long i = 0; i < n; i++)
            if (vc_bits_f32(y[i]) != vc_bits_f32(z[i]) && !(isnan(y[i]) && isnan(z[i]))) amiss(x[i], found);
    }}
}}
"""


class Found(ctypes.Structure):
    """What a check of some numbers found: the worst error, where, and how many were wrong in kind."""

    _fields_ = (
        ("worst", ctypes.c_double),
        ("where", ctypes.c_uint32),
        ("first_wrong", ctypes.c_uint32),
        ("wrong", ctypes.c_int64),
    )


@dataclass(frozen=True, slots=True)
class Figure:
    """The outcome for one function: the worst error in ulps (slack included), and what was wrong in kind."""

    function: str
    dtype: str
    count: int
    worst: float
    where: float
    wrong: int
    first_wrong: float
    bound: float
    strength: str  # "exhaustive" or "sampled"
    seconds: float

    @property
    def holds(self) -> bool:
        return self.wrong == 0 and self.worst <= self.bound

    def __str__(self) -> str:
        about = f"{self.function:15}{self.dtype:8} {self.strength:10} {self.count:>10} numbers in {self.seconds:6.1f} s"
        worst = f"worst {self.worst:.4f} ulp at {float(self.where).hex()}, declared {self.bound:g}"
        bad = f"; {self.wrong} wrong in kind, the first at {float(self.first_wrong).hex()}" if self.wrong else ""
        return f"{'ok     ' if self.holds else 'REFUTED'} {about}: {worst}{bad}"


def source(dtype: str, functions: tuple[str, ...], text: str | None = None) -> str:
    """The C text of the loops, and for float32 of the checks; ``text`` stands for the prelude where it is given."""
    parts = [prelude(dtype) if text is None else text]
    for name in functions:
        parts.append(LOOPS.format(name=name, type=C_TYPE[dtype], call=named(name, dtype)))
    return "\n".join(parts)


def float32_checks(functions: tuple[str, ...], text: str | None = None) -> str:
    """The checks of float32 after the loops; the type ``vc_found`` and its helpers once."""
    checks = [CHECK.format(name=name, block=BLOCK, reference=REFERENCES[name]) for name in functions]
    return "\n".join([source("float32", functions, text), shipped("native_judge.h"), *checks])


def float32_figures(
    functions: tuple[str, ...] = CHECKED_F32, exhaustive: bool = False, text: str | None = None
) -> Iterator[Figure]:
    """One figure a function. Sampled: every 4111th pattern, and 64 patterns on each side of each change of exponent."""
    built = native.library(float32_checks(functions, text))
    for name in functions:
        begun, found, count = time.perf_counter(), Found(), 0
        check = getattr(built, f"check_{name}")
        check.argtypes, check.restype = [ctypes.c_uint64] * 3 + [ctypes.POINTER(Found)], None
        for first, last, stride in runs(exhaustive):
            check(first, last, stride, ctypes.byref(found))
            count += -(-(last - first) // stride)
        yield Figure(
            name,
            "float32",
            count,
            found.worst + (0 if name in EXACT else SLACK),
            pattern(found.where),
            found.wrong,
            pattern(found.first_wrong),
            BOUNDS["float32"].get(name, 0.0) + SLACK,
            "exhaustive" if exhaustive else "sampled",
            time.perf_counter() - begun,
        )


def runs(exhaustive: bool) -> list[tuple[int, int, int]]:
    """Half-open ranges of bit patterns with a stride."""
    if exhaustive:
        step = 1 << 28
        return [(first, first + step, 1) for first in range(0, 1 << 32, step)]
    edges = [(max(0, at - 64), min(1 << 32, at + 64), 1) for at in range(0, (1 << 32) + 1, 1 << 23)]
    return [(0, 1 << 32, 4111), *edges]


def pattern(bits: int) -> float:
    """The float32 with these bits."""
    return ctypes.c_float.from_buffer_copy(bits.to_bytes(4, sys.byteorder)).value


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m verified_cat.gpu.native_check", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--exhaustive", action="store_true", help="float32 on all 2^32 numbers (minutes)")
    parser.add_argument("--only", default="", help="functions, separated by commas")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    given = parser.parse_args(arguments)
    good = True
    for figure in figures(given.dtype, tuple(given.only.split(",")) if given.only else None, given.exhaustive):
        print(figure, flush=True)
        good &= figure.holds
    return 0 if good else 1


def figures(dtype: str, functions: tuple[str, ...] | None, exhaustive: bool) -> Iterator[Figure]:
    """The figures of one dtype, of all functions where none are named."""
    if dtype == "float32":
        return float32_figures(functions or CHECKED_F32, exhaustive)
    if exhaustive:
        raise UsageError("2^64 numbers cannot all be tried: --exhaustive is for float32")
    from verified_cat.gpu.native_check_f64 import float64_figures

    return float64_figures(functions or tuple(BOUNDS["float64"]))


if __name__ == "__main__":
    sys.exit(main())
