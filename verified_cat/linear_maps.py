"""The affine maps x ↦ M x + t that schema files name, each as its matrix and its shift over exact numbers.

Some are given by their entries, some by what they do: a turn of the plane, a turn of the hue, the mean over squares of
a picture, the mean over its channels. Pictures are (channels, height, width), or (height, width).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import cos, prod, radians, sin, sqrt

from verified_cat.schema_kinds import LINEAR, Settings

Shape = tuple[int, ...]
Rows = tuple[tuple[Fraction, ...], ...]


def is_linear(made: Settings) -> bool:
    """Whether the kind is one of those that have a matrix here."""
    return made.kind in LINEAR


def linear(made: Settings, shape: Shape) -> tuple[Rows, tuple[Fraction, ...]]:
    """(M, t) for a map of one of the kinds of ``LINEAR`` out of R^shape; t is empty where it is 0."""
    if made.kind == "pool":
        return pool(shape, made["size"]), ()
    if made.kind == "luma":
        return luma(shape, made["weights"]), ()
    if made.kind == "affine":
        return made["matrix"], made["shift"]
    return (turn if made.kind == "turn" else hue)(made["degrees"]), made["shift"]


def turn(degrees: Fraction) -> Rows:
    """((cos, -sin), (sin, cos)), as float64 has them; exact for quarters of a turn."""
    c, s = _circle(degrees)
    return (c, -s), (s, c)


def hue(degrees: Fraction) -> Rows:
    """The turn of R³ about (1, 1, 1) (Rodrigues): grey stays, and a third of a turn takes red to green to blue."""
    c, s = _circle(degrees)
    same, other = (1 + 2 * c) / 3, (1 - c) / 3
    root = s / Fraction(sqrt(3))
    if degrees % 120 == 0:
        same, up = Fraction(degrees % 360 == 0), Fraction(degrees % 360 == 120)
        down = 1 - same - up
    else:
        up, down = other + root, other - root
    return (same, down, up), (up, same, down), (down, up, same)


def _circle(degrees: Fraction) -> tuple[Fraction, Fraction]:
    quarters = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}
    if degrees % 360 in quarters:
        c, s = quarters[int(degrees % 360)]
        return Fraction(c), Fraction(s)
    angle = radians(float(degrees))
    return Fraction(cos(angle)), Fraction(sin(angle))


def pool(shape: Shape, size: int) -> Rows:
    """The mean over squares of ``size`` × ``size`` pixels: R[…,h,w] → R[…,h/size,w/size]."""
    *before, height, width = shape
    layers, high, wide = prod(before), height // size, width // size
    share = Fraction(1, size**2)
    rows = [[Fraction(0)] * prod(shape) for _ in range(layers * high * wide)]
    for layer in range(layers):
        for i in range(height):
            for j in range(width):
                rows[(layer * high + i // size) * wide + j // size][(layer * height + i) * width + j] = share
    return tuple(map(tuple, rows))


def luma(shape: Shape, weights: tuple[Fraction, ...]) -> Rows:
    """Σ_c w_c x_c : R[c,h,w] → R[h,w], one brightness for each pixel."""
    pixels = prod(shape[1:])
    return tuple(
        tuple(weight if place == pixel else Fraction(0) for weight in weights for place in range(pixels))
        for pixel in range(pixels)
    )


# ------------------------------------------------------------------------------------------------ what does not fit


def unfit_linear(where: str, made: Settings, shape: Shape | None, into: int, out: int) -> Iterator[str]:
    """Why this is no map from R^into (of this shape, None for a product) to R^out."""
    if made.kind in ("pool", "luma"):
        why = _unfit_picture(made, shape)
        if why is not None:
            yield f"{where} {why}"
            return
    matrix, shift = linear(made, shape or ())
    if (len(matrix), len(matrix[0])) != (out, into):
        yield f"the matrix of {where} has {len(matrix)} rows of {len(matrix[0])}; it needs {out} rows of {into}"
    if shift and len(shift) != out:
        yield f"the shift of {where} has {len(shift)} entries; it needs {out}"


def _unfit_picture(made: Settings, shape: Shape | None) -> str | None:
    if shape is None or len(shape) < 2:
        return f"takes pictures, (height, width) or (channels, height, width), not {shape or 'a product'}"
    if made.kind == "pool" and any(length % made["size"] for length in shape[-2:]):
        return f"takes squares of {made['size']} pixels, which do not fill {shape[-2]} × {shape[-1]}"
    if made.kind == "luma" and (len(shape) != 3 or shape[0] != len(made["weights"])):
        return f"has {len(made['weights'])} weights and needs as many channels; the pictures are {shape}"
    return None
