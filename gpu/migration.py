"""Trained functors moved along maps of schemas: pulled back, which is exact and free, and used as a warm start.

Δ_F moves an instance of the large schema to the small one (Spivak 2012, section 2.2): a composite becomes one arrow,
with the same parameters. The other way there is no such functor for smooth maps (law MIG-SMOOTH: Σ does not exist), and
a warm start is only a choice of first parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from verified_cat.errors import SchemaError
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import Array
from verified_cat.gpu.saving import load_weights
from verified_cat.gpu.schema_folder import restored
from verified_cat.gpu.schema_metrics import figures
from verified_cat.gpu.schema_task import Built, architecture_of, built, task_of
from verified_cat.schema_map import SchemaMap, inclusion, pulled_back_architecture
from verified_cat.schema_map import load as load_map
from verified_cat.specification import Specification


def pulled(along: SchemaMap, large: Specification, small: Specification, count: int) -> Built:
    """The small schema's task, its arrows those of the large one along F : small → large, on batches of ``count``.

    Its parameters are those of the large schema, all of them. Raises SchemaError where an object and its image have
    other spaces.
    """
    for name, image in along.objects.items():
        here, there = small.ob(name, count), large.ob(image, count)
        if here != there:
            raise SchemaError(f"{name} of {small.name} is {here}, and its image {image} in {large.name} is {there}")
    architecture, names = architecture_of(large, count)
    return task_of(small, count, pulled_back_architecture(along, architecture), names)


def figures_along(
    along: SchemaMap, large: Specification, small: Specification, params: Value, seed: int, engine: TorchEngine
) -> dict[str, float]:
    """The figures of the small schema, on its own held-out data, for an instance of the large one pulled back."""
    return figures(small, params, seed, engine, pulled(along, large, small, small.training["held_out"]))


# ------------------------------------------------------------------------------------------------ warm starts


def started(folder: Path, along: Path | None, whole: Specification) -> dict[str, Array]:
    """First parameters for a training of ``whole`` from the trained run in a folder, along the map in a file; without
    one, each arrow begins the arrow of its name. Raises SchemaError where the schemas do not go together so."""
    run = restored(folder)
    source, target = run.whole.schema, whole.schema
    through = inclusion(source, target) if along is None else load_map(along, source, target)
    job = built(whole, 2)  # parameters do not depend on the number of examples
    shapes = dict(zip(job.names, (array.shape for array in job.first_weights(0)), strict=True))
    return warmed(through, load_weights(folder), shapes, {arrow.name: arrow.other for arrow in whole.arrows})


def warmed(
    along: SchemaMap,
    trained: Mapping[str, Array],
    shapes: Mapping[str, tuple[int, ...]],
    owners: Mapping[str, str],
) -> dict[str, Array]:
    """The parameters that a trained small schema gives a large one: those of arrows that F takes to one arrow, by name.

    ``shapes`` are those of the parameters of the large one; ``owners`` says whose parameters an arrow has. Raises
    SchemaError where shapes differ, where two arrows would give one other parameters, and where none is given.
    """
    given: dict[str, tuple[str, Array]] = {}
    for edge in along.source.edges:
        image = along.edges[edge.name].edges
        if len(image) != 1:
            continue
        for name, array in trained.items():
            if name.startswith(f"{edge.name}."):
                _give(
                    given, f"{owners.get(image[0], image[0])}{name.removeprefix(edge.name)}", array, edge.name, shapes
                )
    if not given:
        raise SchemaError(
            f"nothing of a run of {along.source.name} begins one of {along.target.name}: "
            "no trained arrow goes to one arrow"
        )
    return {name: array for name, (_, array) in given.items()}


def _give(
    given: dict[str, tuple[str, Array]],
    name: str,
    array: Array,
    edge: str,
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    if shapes.get(name) != array.shape:
        there = f"one of shape {list(shapes[name])}" if name in shapes else "none"
        raise SchemaError(f"{edge} gives a parameter of shape {list(array.shape)} for {name}, and there is {there}")
    before, other = given.setdefault(name, (edge, array))
    if not np.array_equal(other, array):
        raise SchemaError(f"{before} and {edge} give other parameters for {name}")
