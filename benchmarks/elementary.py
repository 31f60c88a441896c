"""Elementary functions of our own against torch's vectorised ones and the C library's, in ns per element.

    OMP_NUM_THREADS=1 python benchmarks/elementary.py [--rounds 15] [--dtype float32]

One process, one thread, CPU time, contestants interleaved in random order within each round; every call writes to an
array that is there already. Inputs are uniform on [-4, 4] (on (0, 4] for log and sqrt), 4,096 of them (in the first
level of cache) and 1,048,576. The figure is the median of the rounds; the ratio is that of each round, torch / ours, by
its median and quartiles. The C library is called in a loop of C compiled with the same flags, element by element: no
compiler turns that into vector code without -ffast-math.

Prediction, written before this file was first run, for 4,096 numbers of float32 on a processor with AVX-512: exp 0.25,
tanh and sigmoid 0.5, log 0.4, sin 1.5 ns per element, and torch (MKL's vector mathematics for most of these) 0.4, 0.6,
0.7, 0.4 and 0.5: at or below torch's time for exp, tanh, sigmoid and log, above it for sin. float64: 2.5 times as much
on both sides, sin and cos excepted, which are the C library's here (10 ns). The C library: 3 to 10 ns. For 1,048,576
numbers of float32 (4 MB read, 4 MB written) memory adds 0.2 to each, so ratios fall towards 1.
"""

from __future__ import annotations

import argparse
import ctypes
import random
import statistics
import time
from collections.abc import Callable

import torch

from verified_cat.gpu import native, native_check
from verified_cat.gpu.engine import DTYPES

FUNCTIONS = ("exp", "log", "tanh", "sigmoid", "softplus", "sin", "cos", "sqrt", "reciprocal", "gaussian_cdf", "relu")
LIBM = {"exp": "exp", "log": "log", "tanh": "tanh", "sin": "sin", "cos": "cos"}
POSITIVE = ("log", "sqrt", "reciprocal")
SIZES = (4096, 1 << 20)
Call = Callable[[], object]


def torch_call(name: str, x: torch.Tensor, y: torch.Tensor) -> Call:
    """The function of torch that computes the same, into y."""
    if name == "softplus":
        return lambda: torch.ops.aten.softplus(x, out=y)
    if name == "relu":
        return lambda: torch.clamp_min(x, 0.0, out=y)
    kernel = torch.special.ndtr if name == "gaussian_cdf" else getattr(torch, name)
    return lambda: kernel(x, out=y)


def loops(dtype: str) -> ctypes.CDLL:
    """Ours as vector loops, and the C library's functions in loops of the same form."""
    suffix, c_type = ("f", "float") if dtype == "float32" else ("", "double")
    text = native_check.source(dtype, FUNCTIONS)
    for name, function in LIBM.items():
        text += (
            f"void libm_{name}(const {c_type} *restrict x, {c_type} *restrict y, long n) "
            f"{{ for (long i = 0; i < n; i++) y[i] = {function}{suffix}(x[i]); }}\n"
        )
    return native.library(text)


def c_call(built: ctypes.CDLL, symbol: str, x: torch.Tensor, y: torch.Tensor) -> Call:
    function = getattr(built, symbol)
    function.argtypes, function.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long], None
    source, target, count = x.data_ptr(), y.data_ptr(), x.numel()
    return lambda: function(source, target, count)


def contestants(built: ctypes.CDLL, name: str, x: torch.Tensor, y: torch.Tensor) -> dict[str, Call]:
    calls = {"ours": c_call(built, f"vector_{name}", x, y), "torch": torch_call(name, x, y)}
    if name in LIBM:
        calls["libm"] = c_call(built, f"libm_{name}", x, y)
    return calls


def nanoseconds(call: Call, elements: int, repeats: int) -> float:
    begun = time.process_time_ns()
    for _ in range(repeats):
        call()
    return (time.process_time_ns() - begun) / (elements * repeats)


def measured(calls: dict[str, Call], elements: int, rounds: int) -> dict[str, list[float]]:
    """Rounds of every contestant in random order, after one that is not counted."""
    repeats = max(2, 3_000_000 // elements)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        nanoseconds(call, elements, max(1, repeats // 4))
    for _ in range(rounds):
        for name in random.sample([*calls], len(calls)):
            times[name].append(nanoseconds(calls[name], elements, repeats))
    return times


def quartiles(numbers: list[float]) -> str:
    first, middle, third = statistics.quantiles(numbers, n=4)
    return f"{middle:5.2f} [{first:.2f}, {third:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--dtype", choices=["float32", "float64"], default=None)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for dtype in (given.dtype,) if given.dtype else ("float32", "float64"):
        built = loops(dtype)
        print(f"\n| {dtype} | numbers | ours, ns | torch, ns | libm, ns | torch / ours |\n|---|---|---|---|---|---|")
        for name in FUNCTIONS:
            for size in SIZES:
                x = torch.rand(size, dtype=DTYPES[dtype]) * 8 - 4
                x = x.abs() + 0.01 if name in POSITIVE else x
                times = measured(contestants(built, name, x, torch.empty_like(x)), size, given.rounds)
                ratio = [theirs / ours for theirs, ours in zip(times["torch"], times["ours"], strict=True)]
                libm = f"{statistics.median(times['libm']):.2f}" if "libm" in times else ""
                ours, theirs = statistics.median(times["ours"]), statistics.median(times["torch"])
                print(f"| {name} | {size} | {ours:.2f} | {theirs:.2f} | {libm} | {quartiles(ratio)} |", flush=True)


if __name__ == "__main__":
    main()
