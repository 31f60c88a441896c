"""A functor as functions of tables: a row for each example, its numbers one after the other, factors side by side.

What is measured of a learned functor is measured of such a value, so a planted functor is measured the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from verified_cat.errors import DataError
from verified_cat.functions import Value
from verified_cat.gpu.alternation import instance
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.made_images import plain, side_of
from verified_cat.gpu.made_points import examples, valued
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.schema_task import built
from verified_cat.gpu.true_maps import true_image
from verified_cat.linear_maps import is_linear
from verified_cat.objects import flatten
from verified_cat.schema import Path
from verified_cat.specification import Specification

Map = Callable[[Array], Array]

SEED = 987654
"""Of the examples that reports are made on: no training draws from it, and every run is shown the same."""


class FunctorMaps:
    """The images of arrows as functions of tables, with held-out examples of the objects that have data."""

    def __init__(self, whole: Specification, tables: Mapping[str, Array], arrows: Mapping[str, Map]) -> None:
        self.whole, self.tables, self.arrows = whole, tables, arrows
        self._known: dict[Path, Array] = {}

    def image(self, path: Path) -> Array:
        """What the path makes of the held-out examples of its source. Each prefix is made once."""
        if not path.edges:
            return self.tables[path.source]
        if path not in self._known:
            before = self.image(Path(path.source, path.edges[:-1]))
            self._known[path] = self.applied(path.edges[-1], before)
        return self._known[path]

    def applied(self, arrow: str, table: Array) -> Array:
        """An arrow on a table. Raises DataError where what it makes is not finite."""
        made = self.arrows[arrow](table)
        if not np.all(np.isfinite(made)):
            raise DataError(f"schema {self.whole.name}: {arrow} makes numbers that are not finite")
        return made

    def truth(self, arrow: str) -> Array | None:
        """The true images of the held-out examples; None where the truth is not given point by point."""
        return true_images(self.whole, arrow, self.tables)


def true_images(whole: Specification, arrow: str, tables: Mapping[str, Array]) -> Array | None:
    """What the arrow should make of the examples, no number where that is said of some factors only; None where it is
    not known, or only up to a symmetry."""
    truth, source = dict(whole.truth).get(arrow), whole.arrow(arrow).source
    if truth is None or source not in tables:
        return None
    if truth.kind == "circles":
        return _without_disc(tables[source], whole.dimension(whole.arrow(arrow).target))
    if not is_linear(truth) or truth["up_to"] != "nothing":
        return None
    return true_image(truth, tables[source], whole.thing(source).shape)


def _without_disc(pictures: Array, dimension: int) -> Array:
    """Plain pictures of the colour in the corner, where no disc reaches; a code stands for a colour in any way."""
    side = side_of(pictures.shape[1])
    colour = pictures.reshape(-1, 3, side, side)[:, :, 0, 0]
    bare = plain(colour, side).reshape(len(pictures), -1)
    return np.hstack([bare, np.full((len(pictures), dimension - bare.shape[1]), np.nan)])


def held_out(whole: Specification, count: int) -> dict[str, Array]:
    """Examples of each object with data, the same for every run of a schema."""
    return {
        thing.name: examples(whole, thing.name, count, stream(SEED, thing.name, "report"), True)
        for thing in whole.things
        if thing.data is not None
    }


def told(whole: Specification, tables: Mapping[str, Array]) -> str:
    """How many examples there are, where the same occur again and again, and where the training saw them too."""
    count = len(next(iter(tables.values())))
    few = {name: len(np.unique(table, axis=0)) for name, table in tables.items()}
    said = [f"{distinct} different ones of {name}" for name, distinct in few.items() if distinct < count]
    seen = [thing.name for thing in whole.things if thing.data is not None and thing.data.kind == "csv"]
    again = f"; among them are {', '.join(said)}" if said else ""
    trained = f"; those of {', '.join(seen)} are rows that the training drew from too" if seen else ""
    kind = "examples" if seen else "held-out examples"
    return f"{count} {kind} of each object (seed {SEED}){again}{trained}"


def learned(whole: Specification, params: Value, tables: Mapping[str, Array], engine: TorchEngine) -> FunctorMaps:
    """The functor at a point of Π_e P_e, on tables of as many rows each."""
    count = len(next(iter(tables.values())))
    functor = instance(built(whole, count).task, params, engine)

    def applied(name: str) -> Map:
        arrow = whole.arrow(name)

        def run(table: Array) -> Array:
            return table_of(
                whole, arrow.target, functor.edges[name](valued(whole, arrow.source, table, engine)), engine
            )

        return run

    return FunctorMaps(whole, tables, {arrow.name: applied(arrow.name) for arrow in whole.arrows})


def table_of(whole: Specification, name: str, value: Any, engine: TorchEngine) -> Array:
    """Examples of an object, a value of the engine, as a table."""
    leaves = flatten(whole.ob(name, 1), value)
    parts = [engine.dense(leaf).cpu().double().numpy() for leaf in leaves]
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


def factors(whole: Specification, name: str) -> list[tuple[str, slice]]:
    """The factors of an object, by name, each with its columns; the object itself where it is no product."""
    parts = whole.thing(name).product or (name,)
    widths = [sum(map(prod, whole.leaves(part))) for part in parts]
    edges = [0, *accumulate(widths)]
    return [(part, slice(start, end)) for part, start, end in zip(parts, edges, edges[1:], strict=False)]


def picture_size(shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Channels, height and width of a shape that is that of pictures; None for another."""
    return shape if len(shape) == 3 and shape[0] in (1, 3) and min(shape[1:]) >= 2 else None
