"""gemm for compiled code: the address of a BLAS that is in the process already, or our own; and which of them to call.

torch's wheels carry a BLAS (MKL, OpenBLAS, ...) and export ``sgemm_`` and ``dgemm_`` of the reference interface
(Dongarra et al., ACM TOMS 16, 1990). Such a symbol is used only after it has computed small products rightly, in every
combination of transposes, alpha, beta and row lengths longer than a row: an interface with 64-bit integers, say, has
the same names. Compiled code is given the address (``attach``); nothing is linked. It runs on as many threads as torch
(``torch.set_num_threads``), which sets those of its BLAS; ours run on the thread that calls.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from verified_cat.gpu import native_gemm
from verified_cat.gpu.native_gemm import Product, general_gemm, number
from verified_cat.gpu.native_math import C_TYPE, SUFFIX

SYMBOLS = {"float32": "sgemm_", "float64": "dgemm_"}
NUMPY: dict[str, type[np.floating[Any]]] = {"float32": np.float32, "float64": np.float64}

OWN_UP_TO, OWN_TRANSPOSED_UP_TO = 131_072, 16_384
"""Products of so many multiply-adds m n k are computed by straight C (B transposed: it is copied first).
Measured with benchmarks/small_products.py; the table is in docs/elementary.md."""


def libraries() -> Iterator[Path]:
    """Where torch keeps the shared libraries that may export a BLAS."""
    folder = Path(torch.__file__).parent / "lib"
    for pattern in ("libtorch_cpu.*", "libopenblas*", "libmkl_rt*"):
        yield from sorted(path for path in folder.glob(pattern) if ".so" in path.name or path.suffix == ".dylib")


@lru_cache(maxsize=2)
def pointers(dtype: str) -> int:
    """The address of a gemm of the reference interface that passed ``agrees``; 0 where there is none."""
    for path in libraries():
        try:
            function = getattr(ctypes.CDLL(str(path)), SYMBOLS[dtype])
        except (OSError, AttributeError):
            continue
        if agrees(function, dtype):
            return ctypes.cast(function, ctypes.c_void_p).value or 0
    return 0


def agrees(function: Any, dtype: str) -> bool:
    """Whether it computes products of 5 × 3 with 3 × 4 small integers exactly as they are, and no entry beyond them."""
    cases = product((False, True), (False, True), ((1.0, 0.0), (-0.5, 1.0), (2.0, -3.0)))
    return all(_case(function, dtype, ta, tb, *factors) for ta, tb, factors in cases)


def _case(function: Any, dtype: str, ta: bool, tb: bool, alpha: float, beta: float) -> bool:
    real, m, n, k, longer = NUMPY[dtype], 5, 4, 3, 2
    drawn = np.random.default_rng(0)
    a = drawn.integers(-9, 9, (k, m + longer) if ta else (m, k + longer)).astype(real)
    b = drawn.integers(-9, 9, (n, k + longer) if tb else (k, n + longer)).astype(real)
    c = drawn.integers(-9, 9, (m, n + longer)).astype(real)
    left, right = (a[:, :m].T if ta else a[:, :k]), (b[:, :k].T if tb else b[:, :n])
    expected = c.copy()
    expected[:, :n] = alpha * (left @ right) + beta * c[:, :n]
    # A row-major product is a column-major one of the transposes, in the other order: C' = B' A'.
    # As 32-bit integers these are the sizes; read as 64 bits they are negative, which every BLAS refuses.
    sizes = [ctypes.byref(ctypes.c_int64(size - 2**32)) for size in (n, m, k)]
    strides = [ctypes.byref(ctypes.c_int64(array.shape[1] - 2**32)) for array in (b, a, c)]
    kind = ctypes.c_float if dtype == "float32" else ctypes.c_double
    factors = [ctypes.byref(kind(factor)) for factor in (alpha, beta)]
    flags = [b"T" if transposed else b"N" for transposed in (tb, ta)]
    pointer = [ctypes.c_void_p(array.ctypes.data) for array in (b, a, c)]
    function.restype = None
    function(
        *flags, *sizes, factors[0], pointer[0], strides[0], pointer[1], strides[1], factors[1], pointer[2], strides[2]
    )
    return bool(np.array_equal(c, expected))


def prefers_own(sizes: Product) -> bool:
    """Whether a product of constant size is computed by ``small_gemm``, and not by a call of the BLAS."""
    most = OWN_TRANSPOSED_UP_TO if sizes.transposed_b else OWN_UP_TO
    return sizes.m * sizes.n * sizes.k <= most


# ------------------------------------------------------------------------------------------------ C text


def prelude(dtype: str) -> str:
    """What ``gemm`` needs before it: vector types, our general product, and ``vc_attach_f32(address)``."""
    text = CALL.replace("REAL", C_TYPE[dtype]).replace("SUFFIX", SUFFIX[dtype])
    return native_gemm.prelude(dtype) + general_gemm(dtype) + text


CALL = """
typedef const int *vc_size;
typedef void (*vc_blas_SUFFIX_t)(const char *, const char *, vc_size, vc_size, vc_size, const REAL *, const REAL *,
                                 vc_size, const REAL *, vc_size, const REAL *, REAL *, vc_size);
static vc_blas_SUFFIX_t vc_blas_SUFFIX = 0;

void vc_attach_SUFFIX(void *address) { vc_blas_SUFFIX = (vc_blas_SUFFIX_t)address; }

/* Row-major: a column-major product of the transposes in the other order. 0, or -1 where there was no memory. */
__attribute__((unused))
static int vc_gemm_SUFFIX(int ta, int tb, int m, int n, int k, REAL alpha, const REAL *a, int lda, const REAL *b,
                          int ldb, REAL beta, REAL *c, int ldc) {
    if (!vc_blas_SUFFIX) return vc_own_gemm_SUFFIX(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    vc_blas_SUFFIX(tb ? "T" : "N", ta ? "T" : "N", &n, &m, &k, &alpha, b, &ldb, a, &lda, &beta, c, &ldc);
    return 0;
}
"""


def attach(library: ctypes.CDLL, dtype: str) -> bool:
    """Give a library that has ``prelude(dtype)`` the BLAS; False where there is none, and it uses its own product."""
    address = pointers(dtype)
    function = getattr(library, f"vc_attach_{SUFFIX[dtype]}")
    function.argtypes, function.restype = [ctypes.c_void_p], None
    function(address)
    return address != 0


def gemm(name: str, sizes: Product, dtype: str, alpha: float = 1.0, beta: float = 0.0, own: bool | None = None) -> str:
    """``static int NAME(const T *a, const T *b, T *c)``: C := alpha op(A) op(B) + beta C; 0, or -1 without memory.

    ``own`` chooses between straight C for these sizes and a call; it follows ``prefers_own`` where it is not given.
    """
    if prefers_own(sizes) if own is None else own:
        inside = native_gemm.small_gemm(f"{name}_own", sizes, dtype, alpha, beta)
        call = f"{name}_own(a, b, c); return 0;"
    else:
        first, second = (number(value, dtype) for value in (alpha, beta))
        inside, flags = "", f"{int(sizes.transposed_a)}, {int(sizes.transposed_b)}"
        shape = f"{sizes.m}, {sizes.n}, {sizes.k}"
        places = f"a, {sizes.lda}, b, {sizes.ldb}, {second}, c, {sizes.ldc}"
        call = f"return vc_gemm_{SUFFIX[dtype]}({flags}, {shape}, {first}, {places});"
    real = C_TYPE[dtype]
    return f"{inside}static int {name}(const {real} *a, const {real} *b, {real} *c) {{ {call} }}\n"


def batched(name: str, one: str, count: int, strides: tuple[int, int, int], dtype: str) -> str:
    """``static int NAME(a, b, c)``: ``one``, ``count`` times, each array further by its stride in entries."""
    real, (a, b, c) = C_TYPE[dtype], strides
    return (
        f"static int {name}(const {real} *a, const {real} *b, {real} *c) {{\n"
        f"    for (long s = 0; s < {count}; s++)\n"
        f"        if ({one}(a + s * {a}, b + s * {b}, c + s * {c})) return -1;\n"
        "    return 0;\n}\n"
    )
