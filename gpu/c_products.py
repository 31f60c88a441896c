"""A product of matrices as one C function: α x y, or added to β times what lies where it writes.

The views say how x and y lie; a BLAS is told by flags and the lengths of rows. A product with one column is done as one
with one row, of the transposes in the other order: then both factors are read along the inner index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from verified_cat.gpu import blas
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.native_gemm import Product
from verified_cat.gpu.views import View


@dataclass(frozen=True, slots=True)
class Matrix:
    """rows × columns entries with a stride for each."""

    rows: int
    columns: int
    down: int
    across: int

    @property
    def transposed(self) -> Matrix:
        """The same entries, rows for columns."""
        return Matrix(self.columns, self.rows, self.across, self.down)

    def by_rows(self) -> int | None:
        """The length of a row in memory, where the entries of a row lie side by side."""
        least = max(1, self.columns)
        if self.across != 1 and self.columns != 1:
            return None
        if self.rows == 1:
            return least
        return self.down if self.down >= least else None


def matrix_of(view: View) -> Matrix:
    """The last two axes of a view."""
    (rows, columns), (down, across) = view.shape[-2:], view.strides[-2:]
    return Matrix(rows, columns, down, across)


def product_text(name: str, call: Call, factor: Callable[[Fraction], float], dtype: str) -> str:
    """``static int NAME(T *const *p)`` with p[0], p[1], p[2] = x, y and the result."""
    x, y = call.args[-2:]
    beta, alpha = (factor(number) for number in call.numbers)
    left, right, out = matrix_of(x), matrix_of(y), matrix_of(call.out)
    places, places_of = (0, 1), (x, y)
    if right.columns == 1 and left.rows > 1:
        left, right, out, places, places_of = right.transposed, left.transposed, out.transposed, (1, 0), (y, x)
    text = blas.gemm(f"{name}_one", _sizes(left, right, out), dtype, alpha, beta)
    inside = f"{name}_one"
    if call.kernel == "batched_product":
        strides = (places_of[0].strides[0], places_of[1].strides[0], call.out.strides[0])
        text += blas.batched(f"{name}_all", inside, call.out.shape[0], strides, dtype)
        inside = f"{name}_all"
    return f"{text}static int {name}(T *const *p) {{ return {inside}(p[{places[0]}], p[{places[1]}], p[2]); }}\n"


def _sizes(left: Matrix, right: Matrix, out: Matrix) -> Product:
    ta, lda = _stored(left, False)
    tb, ldb = _stored(right, left.rows == 1)
    ldc = out.by_rows()
    assert ldc is not None
    return Product(left.rows, right.columns, left.columns, ta, tb, lda, ldb, ldc)


def _stored(matrix: Matrix, prefers_transposed: bool) -> tuple[bool, int]:
    """Whether the matrix is stored transposed, and the length of a row as it is stored."""
    plain, other = matrix.by_rows(), matrix.transposed.by_rows()
    if plain is None or (prefers_transposed and other is not None):
        assert other is not None, "the lowering copies a matrix that has no axis without gaps"
        return True, other
    return False, plain
