"""Matrix products in C: exact on small integers in every form, and a BLAS is used only where it is right."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from itertools import cycle, product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from verified_cat.errors import ShapeError, VerifiedCatError
from verified_cat.gpu import blas, native, native_gemm
from verified_cat.gpu.native_gemm import Product, Registers
from verified_cat.gpu.native_math import C_TYPE, SUFFIX

try:
    native.compiler()
except VerifiedCatError:
    pytest.skip("no C compiler here", allow_module_level=True)

Array = NDArray[Any]
DTYPES = ("float32", "float64")
SIZES = ((1, 1, 1), (1, 20, 4), (32, 3, 20), (5, 17, 31), (33, 50, 7), (9, 49, 3), (4, 7, 2))
FACTORS = ((1.0, 0.0), (-0.5, 1.0), (2.0, -3.0), (1.0, 1.0))
Case = tuple[Product, float, float]


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def cases() -> list[Case]:
    """Every size in every form; factors, and gaps between rows, in turn."""
    turns, gaps = cycle(FACTORS), cycle((0, 3, 1, 0, 2))
    found = []
    for (m, n, k), ta, tb in product(SIZES, (False, True), (False, True)):
        gap = next(gaps)
        sizes = Product(m, n, k, ta, tb, (m if ta else k) + gap, (k if tb else n) + gap, n + gap)
        found.append((sizes, *next(turns)))
    return found


def operands(sizes: Product, dtype: str, beta: float) -> tuple[Array, Array, Array]:
    """Matrices of small integers. Where C is not to be read, NaN."""
    drawn, real = np.random.default_rng(sizes.m * sizes.n + sizes.k), blas.NUMPY[dtype]
    a = drawn.integers(-9, 9, (sizes.k if sizes.transposed_a else sizes.m, sizes.lda)).astype(real)
    b = drawn.integers(-9, 9, (sizes.n if sizes.transposed_b else sizes.k, sizes.ldb)).astype(real)
    c = drawn.integers(-9, 9, (sizes.m, sizes.ldc)).astype(real)
    if beta == 0:
        c[:, : sizes.n] = np.nan
    return a, b, c


def expected(sizes: Product, alpha: float, beta: float, a: Array, b: Array, c: Array) -> Array:
    """By NumPy; the gap behind each row as it was."""
    left = a[:, : sizes.m].T if sizes.transposed_a else a[:, : sizes.k]
    right = b[:, : sizes.k].T if sizes.transposed_b else b[:, : sizes.n]
    result = c.copy()
    result[:, : sizes.n] = alpha * (left @ right) + (beta * c[:, : sizes.n] if beta else 0)
    return result


def shown(name: str, dtype: str) -> str:
    """A function that can be called from outside, of one that cannot."""
    real = C_TYPE[dtype]
    return f"int call_{name}(const {real} *a, const {real} *b, {real} *c) {{ return {name}(a, b, c); }}\n"


def run(library: ctypes.CDLL, name: str, *arrays: Array) -> int:
    function = getattr(library, f"call_{name}")
    function.argtypes, function.restype = [ctypes.c_void_p] * 3, ctypes.c_int
    return int(function(*(array.ctypes.data for array in arrays)))


def library_of(given: list[Case], dtype: str, own: bool | None) -> ctypes.CDLL:
    text = blas.prelude(dtype)
    for at, (sizes, alpha, beta) in enumerate(given):
        text += blas.gemm(f"p{at}", sizes, dtype, alpha, beta, own=own) + shown(f"p{at}", dtype)
    return native.library(text)


def wrong(library: ctypes.CDLL, given: list[Case], dtype: str) -> list[Case]:
    found = []
    for at, (sizes, alpha, beta) in enumerate(given):
        a, b, c = operands(sizes, dtype, beta)
        want = expected(sizes, alpha, beta, a, b, c)
        if run(library, f"p{at}", a, b, c) != 0 or not np.array_equal(c, want):
            found.append((sizes, alpha, beta))
    return found


@pytest.mark.parametrize("dtype", DTYPES)
def test_straight_c_is_exact_on_small_integers(dtype: str) -> None:
    assert wrong(library_of(cases(), dtype, own=True), cases(), dtype) == []


@pytest.mark.parametrize("registers", [Registers(16, 6, 2), Registers(32, 6, 2)])
def test_other_widths_of_registers(registers: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_gemm, "registers", lambda: registers)
    given = cases()[4:12]
    assert wrong(library_of(given, "float32", own=True), given, "float32") == []
    assert wrong(library_of(given, "float32", own=False), given, "float32") == []


@pytest.mark.parametrize("dtype", DTYPES)
def test_calls_are_exact_with_and_without_a_blas(dtype: str) -> None:
    library = library_of(cases(), dtype, own=False)
    assert wrong(library, cases(), dtype) == []  # nothing is attached yet: our own
    blas.attach(library, dtype)
    assert wrong(library, cases(), dtype) == []


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_general_product_beyond_one_strip_in_every_direction(dtype: str) -> None:
    given = [(Product(150, 2000, 300, ta, tb), 0.5, 1.0) for ta, tb in product((False, True), (False, True))]
    assert wrong(library_of(given, dtype, own=False), given, dtype) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("s0_0 += a0 * b0;", "s0_0 = a0 * b0;"),
        ("t[p * 20 + j] = b[", "t[p * 20 + j] = b[1 + "),
        ("c + (i + 0) * 20", "c + (i + 1) * 20"),
    ],
)
def test_a_planted_error_is_noticed(old: str, new: str) -> None:
    sizes = Product(5, 17, 31, False, True, ldc=20)
    text = native_gemm.prelude("float32") + native_gemm.small_gemm("inner", sizes, "float32")
    assert old in text
    text = (
        text.replace(old, new)
        + "static int p0(const float *a, const float *b, float *c) { inner(a, b, c); return 0; }\n"
    )
    assert wrong(native.library(text + shown("p0", "float32")), [(sizes, 1.0, 0.0)], "float32") != []


@pytest.mark.parametrize("dtype", DTYPES)
def test_rounding_stays_within_the_bound_of_a_sum(dtype: str) -> None:
    """|computed - exact| ≤ γ_k |A| |B| (Higham, Accuracy and Stability, 3.5), whatever the order of a sum."""
    drawn, real = np.random.default_rng(3), blas.NUMPY[dtype]
    given = [(Product(7, 18, 40, ta, tb), 1.0, 0.0) for ta, tb in product((False, True), (False, True))]
    library = library_of(given, dtype, own=True)
    for at, (sizes, _, _) in enumerate(given):
        a, b, c = (array.copy() for array in operands(sizes, dtype, 0.0))
        a[:], b[:] = drawn.normal(size=a.shape), drawn.normal(size=b.shape)
        run(library, f"p{at}", a, b, c)
        left = (a.T if sizes.transposed_a else a).astype(np.longdouble)
        right = (b.T if sizes.transposed_b else b).astype(np.longdouble)
        u = np.finfo(real).eps / 2
        assert np.all(np.abs(c - left @ right) <= sizes.k * u / (1 - sizes.k * u) * (np.abs(left) @ np.abs(right)))


def test_batched() -> None:
    sizes, count = Product(3, 5, 4), 6
    one = blas.gemm("one", sizes, "float64", own=True)
    text = (
        blas.prelude("float64")
        + one
        + blas.batched("all", "one", count, (12, 0, 15), "float64")
        + shown("all", "float64")
    )
    drawn = np.random.default_rng(0)
    a, b, c = drawn.integers(-9, 9, (count, 3, 4)) * 1.0, drawn.integers(-9, 9, (4, 5)) * 1.0, np.zeros((count, 3, 5))
    assert run(native.library(text), "all", a, b, c) == 0
    assert np.array_equal(c, a @ b)


@pytest.mark.parametrize(
    "sizes", [(0, 1, 1), (2, 3, 4, False, False, 3), (2, 3, 4, True, False, 1), (2, 3, 4, False, True, 0, 3)]
)
def test_sizes_that_cannot_be(sizes: tuple[Any, ...]) -> None:
    with pytest.raises(ShapeError, match=r"a row has \d entries|at least one row"):
        Product(*sizes)


# ------------------------------------------------------------------------------------------------ which BLAS is used

FAKE = """
void sgemm_(const char *ta, const char *tb, const INT *m, const INT *n, const INT *k, const float *alpha,
            const float *a, const INT *lda, const float *b, const INT *ldb, const float *beta, float *c,
            const INT *ldc) {
    if (*m < 0 || *n < 0 || *k < 0) return;
    for (long j = 0; j < *n; j++) for (long i = 0; i < *m; i++) {
        float s = 0;
        for (long p = 0; p < *k; p++)
            s += (*ta == 'T' ? a[i * *lda + p] : a[p * *lda + i]) * (*tb == 'T' ? b[p * *ldb + j] : b[j * *ldb + p]);
        float *to = c + j * *ldc + i;
        *to = ALPHA * s + (*beta == 0 ? 0 : *beta * *to);
    }
}
"""


@pytest.mark.parametrize(
    ("integers", "old", "new", "right"),
    [
        ("int", "", "", True),
        ("long long", "", "", False),  # 64-bit sizes under the same name
        ("int", "*alpha * s", "s", False),
        ("int", "*beta * *to", "*to", False),
        ("int", "c + j * *ldc", "c + j * *m", False),
        ("int", "*ta == 'T'", "*ta == 't'", False),
    ],
)
def test_a_blas_is_used_only_where_it_computes_rightly(integers: str, old: str, new: str, right: bool) -> None:
    text = FAKE.replace("INT", integers).replace("ALPHA", "*alpha")
    assert old in text
    library = native.library(text.replace(old, new) if old else text)
    assert blas.agrees(library.sgemm_, "float32") is right


def test_without_any_blas_our_own_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "libraries", lambda: iter(()))
    blas.pointers.cache_clear()
    try:
        library = library_of([(Product(30, 20, 10), 1.0, 0.0)], "float32", own=False)
        assert blas.attach(library, "float32") is False
        assert wrong(library, [(Product(30, 20, 10), 1.0, 0.0)], "float32") == []
    finally:
        blas.pointers.cache_clear()


def test_small_products_are_straight_c_and_large_ones_are_calls() -> None:
    small, large = Product(32, 20, 4), Product(512, 512, 512)
    assert blas.prefers_own(small) and not blas.prefers_own(large)
    assert f"vc_gemm_{SUFFIX['float32']}" not in blas.gemm("p", small, "float32")
    assert f"vc_gemm_{SUFFIX['float32']}" in blas.gemm("p", large, "float32")
