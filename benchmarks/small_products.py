"""Where a call of the BLAS begins to pay: straight C for constant sizes against sgemm and dgemm, and our general one.

    OMP_NUM_THREADS=1 python benchmarks/small_products.py [--rounds 9]

Every product is called many times in a loop of C on one thread (CPU time, contestants interleaved in random order):
C := A B, A B' and A' B for the sizes of small networks and for squares, as ``blas.gemm`` emits them. The figure is ns
per product, the median of the rounds; GF/s is of the fastest.

Prediction, written before this file was first run, on a processor with AVX-512: a call costs 150 ns before it computes
anything, so straight C wins 10 times on 1 × 20 × 4 and up to about 32 × 32 × 32 (32,768 multiply-adds), is level up to
64 × 64 × 64, and loses beyond, where copies of B pay. Our general product: 60 % of MKL's speed for 512 × 512 × 512.
"""

from __future__ import annotations

import argparse
import ctypes
import random
import statistics
import time

import torch

from verified_cat.gpu import blas, native
from verified_cat.gpu.engine import DTYPES
from verified_cat.gpu.native_gemm import Product
from verified_cat.gpu.native_math import C_TYPE

SIZES = (
    (1, 20, 4), (1, 3, 20), (20, 4, 1), (32, 20, 4), (32, 3, 20), (20, 4, 32), (8, 8, 8), (16, 16, 16), (32, 32, 32),
    (48, 48, 48), (64, 64, 64), (96, 96, 96), (32, 64, 64), (64, 64, 32), (64, 10, 512), (512, 10, 64), (1, 128, 128),
    (1, 512, 512), (128, 128, 128),
)  # fmt: skip
FORMS = ((False, False), (False, True), (True, False))
LARGE = ((256, 256, 256), (512, 512, 512), (64, 512, 784))


def text(dtype: str, products: list[Product]) -> str:
    """Loops over each product in each form: straight C and a call."""
    real, parts = C_TYPE[dtype], [blas.prelude(dtype)]
    for at, product in enumerate(products):
        for form in (0, 1):
            parts.append(blas.gemm(f"p{at}_{form}", product, dtype, own=bool(form)))
            parts.append(
                f"void loop{at}_{form}(const {real} *a, const {real} *b, {real} *c, long n) "
                f'{{ while (n--) {{ p{at}_{form}(a, b, c); __asm__ volatile("" ::: "memory"); }} }}\n'
            )
    return "".join(parts)


def nanoseconds(library: ctypes.CDLL, symbol: str, arrays: list[torch.Tensor], repeats: int) -> float:
    function = getattr(library, symbol)
    function.argtypes, function.restype = [ctypes.c_void_p] * 3 + [ctypes.c_long], None
    begun = time.process_time_ns()
    function(*(array.data_ptr() for array in arrays), repeats)
    return (time.process_time_ns() - begun) / repeats


def medians(calls: dict[str, tuple[ctypes.CDLL, str]], p: Product, dtype: str, rounds: int) -> dict[str, float]:
    """ns per product of each contestant."""
    lengths = (p.m * p.k, p.n * p.k, p.m * p.n)
    arrays = [torch.rand(length, dtype=DTYPES[dtype]) for length in lengths]
    repeats = max(3, 2_000_000 // (p.m * p.n * p.k + 2000))
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name in random.sample([*calls], len(calls)):
            times[name].append(nanoseconds(*calls[name], arrays, repeats))
    return {name: statistics.median(found) for name, found in times.items()}


def report(dtype: str, sizes: tuple[tuple[int, int, int], ...], straight: bool, rounds: int) -> None:
    products = [Product(*size, *form) for size in sizes for form in FORMS]
    library, alone = (native.library(text(dtype, products) + f"/* {use} */") for use in ("blas", "own"))
    blas.attach(library, dtype)
    for at, p in enumerate(products):
        calls = {"BLAS": (library, f"loop{at}_0"), "general": (alone, f"loop{at}_0")}
        if straight:
            calls["straight"] = (library, f"loop{at}_1")
        found = medians(calls, p, dtype, rounds)
        shape = f"{p.m} × {p.n} × {p.k}{' ABᵀ' if p.transposed_b else ' AᵀB' if p.transposed_a else ' AB'}"
        work, best = p.m * p.n * p.k, min(found.values())
        row = [f"{found[name]:.0f}" if name in found else "" for name in ("straight", "BLAS", "general")]
        print(f"| {dtype} | {shape} | {work} | {' | '.join(row)} | {2 * work / best:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print("| dtype | m × n × k | m n k | straight C, ns | BLAS, ns | our general, ns | GF/s |")
    print("|---|---|---|---|---|---|---|")
    for dtype in ("float32", "float64"):
        report(dtype, SIZES, True, given.rounds)
        report(dtype, LARGE, False, given.rounds)


if __name__ == "__main__":
    main()
