"""What a functor makes of the same few held-out examples, path by path: pictures, numbers, and plots of many points."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from verified_cat.gpu.functor_maps import FunctorMaps, factors, picture_size
from verified_cat.gpu.randomness import Array
from verified_cat.plots import scatter
from verified_cat.png import address, png
from verified_cat.schema import Path
from verified_cat.schema_checks import measured
from verified_cat.schema_sheets import Samples

COLUMNS, POINTS, NUMBERED, NUMBERS, PANELS = 8, 200, 5, 4, 3
"""So many examples in a row, points in a plot, numbered ones, numbers of an example, and dimensions that are drawn."""


def samples(maps: FunctorMaps) -> list[Samples]:
    """The data of each object, the image under each arrow, and both sides of each equation."""
    return [row for path, says, other in _paths(maps) for row in _rows(maps, path, says, other)]


def _paths(maps: FunctorMaps) -> Iterator[tuple[Path, str, Path | None]]:
    """Each path with what it is; with the left side of an equation its right side."""
    for name in maps.tables:
        yield Path(name), f"data of {name}", None
    for arrow in maps.whole.arrows:
        if arrow.source in maps.tables:
            yield Path(arrow.source, (arrow.name,)), f"{arrow.source} → {arrow.target}", None
    for demand in maps.whole.demands:
        starts = [path for path in measured(maps.whole, demand) if path.source in maps.tables]
        for start in starts[:1]:
            left, right = (Path(start.source, start.edges + side.edges) for side in (demand.lhs, demand.rhs))
            yield left, f"left side of {demand.equation}", right
            yield right, f"right side of {demand.equation}", None


def _rows(maps: FunctorMaps, path: Path, says: str, other: Path | None) -> Iterator[Samples]:
    """A row for each factor of the target."""
    target = maps.whole.schema.target(path)
    made, beside = maps.image(path), None if other is None else maps.image(other)
    real = maps.tables.get(target) if path.edges and other is None else None
    for name, part in factors(maps.whole, target):
        said = says if name == target else f"{says}, factor {name}"
        leaves = maps.whole.leaves(name)
        size = picture_size(leaves[0]) if len(leaves) == 1 else None
        if size is not None:
            drawn = tuple(picture(row, *size) for row in made[:COLUMNS, part])
            yield Samples(str(path), said + _outside(made[:COLUMNS, part]), drawn, True)
            continue
        numbers = tuple(_numbers(row) for row in made[:COLUMNS, part])
        fits = sum(map(prod, leaves)) <= PANELS
        three = (None if each is None else each[:POINTS, part] for each in (real, beside))
        again = says.startswith("right") and not path.edges  # the data, which are drawn already
        plots = tuple(_plots(f"{path}, {said}", made[:POINTS, part], *three)) if fits and not again else ()
        yield Samples(str(path), said, numbers, False, plots)


# ------------------------------------------------------------------------------------------------ pictures and numbers


def picture(row: Array, channels: int, height: int, width: int) -> str:
    """Numbers in [0, 1] as a picture; those outside are drawn as the nearest."""
    bytes_ = np.round(255 * np.clip(row, 0, 1)).astype(np.uint8).reshape(channels, height, width)
    return address("image/png", png(width, height, bytes_.transpose(1, 2, 0).tobytes()))


def _outside(rows: Array) -> str:
    outside = float(((rows < -0.01) | (rows > 1.01)).mean())
    return f"; {outside:.0%} of its numbers lie outside [0, 1] and are drawn as 0 or 1" if outside >= 0.01 else ""


def _numbers(row: Array) -> str:
    more = f", … ({len(row)} numbers)" if len(row) > NUMBERS else ""
    return ", ".join(f"{value + 0.0:.2f}" for value in row[:NUMBERS]) + more


# ------------------------------------------------------------------------------------------------ plots


def _plots(title: str, made: Array, real: Array | None, other: Array | None) -> Iterator[str]:
    """One plot of the plane; of a line, how many lie below each; of space, its three sides."""
    size = made.shape[1]
    if size == 1:
        yield scatter(title, _below(made), [] if real is None else _below(real), _pairs_on_a_line(made, other), BELOW)
        return
    for first, second in [(0, 1)] if size == 2 else [(0, 1), (0, 2), (1, 2)]:
        points = _points(made, first, second)
        behind = [] if real is None else _points(real, first, second)
        joined = [] if other is None else list(zip(points, _points(other, first, second), strict=True))
        names = f"coordinate {first + 1}", f"coordinate {second + 1}"
        yield scatter(title, points, behind, joined, names, NUMBERED)


BELOW = ("value", "share of the examples below")


def _points(table: Array, first: int, second: int) -> list[tuple[float, float]]:
    return [(float(row[first]), float(row[second])) for row in table]


def _below(table: Array) -> list[tuple[float, float]]:
    return [(float(x), (place + 0.5) / len(table)) for place, x in enumerate(np.sort(table[:, 0]))]


def _pairs_on_a_line(made: Array, other: Array | None) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Each example at its height on one side, joined to where it is on the other."""
    if other is None:
        return []
    order = np.argsort(made[:, 0])
    heights = [(place + 0.5) / len(made) for place in range(len(made))]
    return [((float(made[i, 0]), y), (float(other[i, 0]), y)) for i, y in zip(order, heights, strict=True)]
