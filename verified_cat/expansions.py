"""Rows of the table as terms in simpler rows: what they are, for engines that have no operation of their own for them.

The exact engines, enclosures and power series read these, so that they know such a row by its definition alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verified_cat import geometry
from verified_cat.objects import Space
from verified_cat.primitives import (
    Primitive,
    Shape,
    contract,
    fold_windows,
    place,
    reshape,
    slice_axes,
    windows,
)
from verified_cat.terms import Term

Couple = tuple[int, int]

# ------------------------------------------------------------------------------------------------ convolutions


def _shapes(image: Shape, kernel: Shape, out: Shape, groups: int) -> tuple[Shape, Shape, Shape]:
    """Result, windows of the image and kernel with an axis for the groups: n g o h w, n g c h w i j and g o c i j."""
    (n, c), (o, h, w), (i, j) = image[:2], out[1:], kernel[2:]
    split = groups, c // groups
    return (n, groups, o // groups, h, w), (n, *split, h, w, i, j), (groups, o // groups, split[1], i, j)


def _framed(image: Shape, padding: Couple) -> tuple[Shape, Shape, Shape]:
    """Where the image stands in its frame of zeros: the arguments of ``place`` and ``slice``."""
    return geometry.padded(image, padding), (0, 0, *padding), image


def _stretches(image: Shape, kernel: Shape, stride: Couple, padding: Couple, dilation: Couple) -> Term:
    """x ↦ all its windows, with zeros around it."""
    frame = geometry.padded(image, padding)
    return place(*_framed(image, padding)) >> windows(frame, kernel[2:], stride, dilation)


def _convolve(image: Shape, kernel: Shape, stride: Couple, padding: Couple, dilation: Couple, groups: int) -> Term:
    """Σ over channels and entries of a window."""
    out = geometry.convolved(image, kernel, stride, padding, dilation, groups)
    result, patches, weights = _shapes(image, kernel, out, groups)
    stretches = _stretches(image, kernel, stride, padding, dilation)
    assert isinstance(stretches.cod, Space)
    both = (stretches >> reshape(stretches.cod.shape, patches)) @ reshape(kernel, weights)
    return both >> contract("ngchwij,gocij->ngohw", patches, weights) >> reshape(result, out)


def _convolve_weight(
    image: Shape, kernel: Shape, stride: Couple, padding: Couple, dilation: Couple, groups: int
) -> Term:
    """Σ over images and places."""
    out = geometry.convolved(image, kernel, stride, padding, dilation, groups)
    result, patches, weights = _shapes(image, kernel, out, groups)
    stretches = _stretches(image, kernel, stride, padding, dilation)
    assert isinstance(stretches.cod, Space)
    both = reshape(out, result) @ (stretches >> reshape(stretches.cod.shape, patches))
    return both >> contract("ngohw,ngchwij->gocij", result, patches) >> reshape(weights, kernel)


def _convolve_input(
    image: Shape, kernel: Shape, stride: Couple, padding: Couple, dilation: Couple, groups: int
) -> Term:
    """Σ over outputs, added up where windows overlap; what falls outside the image is dropped."""
    out = geometry.convolved(image, kernel, stride, padding, dilation, groups)
    result, patches, weights = _shapes(image, kernel, out, groups)
    frame = geometry.padded(image, padding)
    flat = geometry.windowed(frame, kernel[2:], stride, dilation)
    spread = contract("ngohw,gocij->ngchwij", result, weights) >> reshape(patches, flat)
    together = fold_windows(frame, kernel[2:], stride, dilation)
    return (
        (reshape(out, result) @ reshape(kernel, weights)) >> spread >> together >> slice_axes(*_framed(image, padding))
    )


EXPANSIONS: dict[str, Callable[..., Term]] = {
    "convolve": _convolve,
    "convolve_input": _convolve_input,
    "convolve_weight": _convolve_weight,
}
"""Row ↦ its arguments ↦ the term that it abbreviates."""


def expanded(operation: Any) -> Term | None:
    """The term that an operation of the table abbreviates; None where it abbreviates none."""
    if not isinstance(operation, Primitive) or operation.name not in EXPANSIONS:
        return None
    return EXPANSIONS[operation.name](*operation.arguments)
