"""Functors that are planted in tests of what reports say: true ones, and some that are wrong in a known way."""

from __future__ import annotations

from pathlib import Path as File

import numpy as np

from verified_cat.gpu.functor_maps import FunctorMaps, Map, held_out
from verified_cat.gpu.randomness import Array
from verified_cat.gpu.true_maps import true_image
from verified_cat.schema_file import load
from verified_cat.specification import Specification

FOLDER = File(__file__).parent.parent / "examples" / "schemas"


def spec(name: str) -> Specification:
    return load(FOLDER / f"{name}.toml")


def true_map(whole: Specification, arrow: str) -> Map:
    truth = dict(whole.truth)[arrow]
    return lambda table: true_image(truth, table)


def planted(name: str, **wrong: Map) -> FunctorMaps:
    """The true functor of an example but for some arrows."""
    whole = spec(name)
    true = {arrow: true_map(whole, arrow) for arrow, _ in whole.truth}
    return FunctorMaps(whole, held_out(whole, 600), {**true, **wrong})


def same(table: Array) -> Array:
    return table


def point(table: Array) -> Array:
    return np.tile(table[:1], (len(table), 1)) + 1


def turned(table: Array) -> Array:
    """Half a turn of the square about its middle, then the shift."""
    return -table + [1, -0.5]


def unturned(table: Array) -> Array:
    return -(table - [1, -0.5])


CIRCLES = """name = "Circles"
adversary = "energy"
[objects.A]
shape = [3, 8, 8]
data = "circles"
[objects.B]
shape = [3, 8, 8]
data = "plain"
[objects.C]
shape = [3]
data = { kind = "uniform", low = 0, high = 1 }
[objects."B * C"]
product = ["B", "C"]
data = "factors"
[arrows.f]
from = "A"
to = "B * C"
network = "mlp"
[arrows.g]
from = "B * C"
to = "A"
network = "mlp"
[[equations]]
left = "f ; g"
right = "id_A"
[[equations]]
left = "g ; f"
right = "id_B * C"
[truth.f]
kind = "circles"
inverse = "g"
"""
