"""Convolutions and their transposes on arrays of float64, and how many products an entry adds up."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat import geometry
from verified_cat.primitives import Shape
from verified_cat.reference import moves

Array = NDArray[Any]
Both = tuple[Array, Array]

CONVOLUTIONS = ("convolve", "convolve_input", "convolve_weight")

PRODUCTS = {
    "convolve": "ngchwij,gocij->ngohw",
    "convolve_input": "ngohw,gocij->ngchwij",
    "convolve_weight": "ngohw,ngchwij->gocij",
}


def bilinear_in_floats(
    name: str,
    image: Shape,
    kernel: Shape,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
) -> tuple[Callable[[Both], Array], int]:
    """(the function on arrays, n): every entry of the result is a sum of at most n products."""
    out = geometry.convolved(image, kernel, stride, padding, dilation, groups)
    frame = geometry.padded(image, padding)
    split = (image[0], groups, image[1] // groups, *out[2:], *kernel[2:])
    result, weights = (out[0], groups, -1, *out[2:]), (groups, -1, *kernel[1:])
    inside = (slice(None), slice(None), *(slice(p, p + length) for p, length in zip(padding, image[2:], strict=True)))
    together = moves.added("fold_windows", frame, kernel[2:], stride, dilation)

    def stretches(x: Array) -> Array:
        wide = np.zeros(frame, dtype=x.dtype)
        wide[inside] = x
        return moves.READS["windows"](wide, kernel[2:], stride, dilation).reshape(split)

    def run(xy: Both) -> Array:
        x, y = xy
        left = stretches(x) if name == "convolve" else x.reshape(result)
        right = stretches(y) if name == "convolve_weight" else y.reshape(weights)
        product = np.einsum(PRODUCTS[name], left, right, optimize=True)
        if name == "convolve_input":
            return np.asarray(together(product.reshape((*image[:2], *out[2:], *kernel[2:])))[inside])
        return np.asarray(product.reshape(out if name == "convolve" else kernel))

    each = {
        "convolve": prod(kernel[1:]),
        "convolve_input": kernel[0] // groups * prod(kernel[2:]),
        "convolve_weight": out[0] * prod(out[2:]),
    }
    return run, each[name]
