"""A convolution, or its transpose in one argument, as one C function: products of matrices over the windows of a tile.

The windows of as many rows of as many images as fit into ``TILE`` entries are copied side by side (im2col), and a BLAS
does the rest; of a transpose in the image, what it gives in each window is added up there. The loops are those of
``native_convolution.h``; here are the sizes. Sums are in the order of the products, tile after tile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from verified_cat.geometry import convolved, padded, reach
from verified_cat.gpu import blas
from verified_cat.gpu.lowering import CONVOLUTIONS, Call
from verified_cat.gpu.native_gemm import Product
from verified_cat.gpu.native_math import shipped

TILE = 2**17
"""Entries of the windows of a tile: with what the product copies of them they stay in the second level of cache."""

WIDE = 256
"""So many windows at once are enough for a product to be fast."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """The sizes of a convolution, in the order of ``vc_geometry``, and how many images and rows are in a tile."""

    image: tuple[int, int, int, int]
    out: tuple[int, int, int]
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int
    images: int
    rows: int

    @property
    def literal(self) -> str:
        """The sizes as a C initialiser."""
        parts = (*self.image, *self.out, *self.window, *self.stride, *self.padding, *self.dilation)
        return "{" + ", ".join(map(str, (*parts, self.groups, self.images, self.rows))) + "}"

    @property
    def outputs(self) -> int:
        """The channels of the result, in one group."""
        return self.out[0] // self.groups

    @property
    def inner(self) -> int:
        """The entries of a window, in one group."""
        return self.image[1] // self.groups * prod(self.window)

    @property
    def columns(self) -> int:
        """The windows of a tile."""
        return self.images * self.rows * self.out[2]

    @property
    def direct(self) -> bool:
        """Whether the windows of an image are the image itself, so that none is copied."""
        return (self.window, self.stride, self.padding) == ((1, 1), (1, 1), (0, 0))

    @property
    def scratch(self) -> int:
        """Entries for a frame, the windows of a tile, and its outputs side by side."""
        if self.direct:
            return 0
        _, _, high, wide = padded(self.image, self.padding)
        if self.rows != self.out[1]:
            high = (self.rows - 1) * self.stride[0] + reach(self.window[0], self.dilation[0])
        frame = high * self.stride[1] * -(-wide // self.stride[1])
        return frame + (self.inner + (self.outputs if self.images > 1 else 0)) * self.columns


def geometry(call: Call) -> Geometry:
    """The sizes of a call, and its tiles: whole images, several where few windows are in one, or some of its rows."""
    image, kernel, stride, padding, dilation, groups = call.detail
    _, *out = convolved(*call.detail)
    whole = Geometry(image, (out[0], out[1], out[2]), kernel[2:], stride, padding, dilation, groups, 1, out[1])
    rows = _most(out[1], max(1, TILE // (whole.inner * out[2]), WIDE // out[2]))
    together = 1
    if rows == out[1] and not whole.direct:
        together = _most(image[0], max(1, min(WIDE // (out[1] * out[2]), TILE // (whole.inner * out[1] * out[2]))))
    return replace(whole, rows=rows, images=together)


def _most(length: int, limit: int) -> int:
    """The largest divisor that is not above a limit."""
    return next(part for part in range(min(length, limit), 0, -1) if not length % part)


def scratch(call: Call) -> int:
    """How many entries of memory of its own a call needs while it runs."""
    return geometry(call).scratch if call.kernel in CONVOLUTIONS else 0


def prelude() -> str:
    """What the text of a convolution needs before it, after the type T of entries."""
    return shipped("native_convolution.h")


def convolution_text(name: str, call: Call, dtype: str) -> str:
    """``static int NAME(T *const *p)`` with p[0], p[1], p[2], p[3] = both arguments, the result and scratch."""
    g = geometry(call)
    products = _products(call.kernel, g)
    names = [f"{name}_product{index}" for index in range(len(products))]
    inside = [
        blas.gemm(each_name, sizes, dtype, 1.0, beta) for each_name, (sizes, beta) in zip(names, products, strict=True)
    ]
    return (
        f"{''.join(inside)}static int {name}(T *const *p) {{\n    const vc_geometry g = {g.literal};\n"
        f"    return vc_{call.kernel}(g, {', '.join(names)}, p[0], p[1], p[2], p[3]);\n}}\n"
    )


def _products(kernel: str, g: Geometry) -> list[tuple[Product, float]]:
    """The products of a tile, and how much each takes of what is there."""
    each, columns = g.out[1] * g.out[2], g.columns
    beside = each if g.images == 1 else columns  # the length of a row of outputs as the product reads it
    apart = each if g.direct else columns  # the same of windows
    if kernel == "convolve":
        return [(Product(g.outputs, columns, g.inner, ldb=apart, ldc=beside), 0.0)]
    if kernel == "convolve_input":
        return [(Product(g.inner, columns, g.outputs, transposed_a=True, ldb=beside, ldc=apart), 0.0)]
    sizes = Product(g.outputs, g.inner, columns, transposed_b=True, lda=beside, ldb=apart)
    return [(sizes, 0.0), (sizes, 1.0)]
