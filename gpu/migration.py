"""Trained functors moved along maps of schemas: pulled back, which is exact and free, and used as a warm start.

Δ_F moves an instance of the large schema to the small one (Spivak 2012, section 2.2): a composite becomes one arrow,
with the same parameters. The other way there is no such functor for smooth maps (law MIG-SMOOTH: Σ does not exist), and
a warm start is only a choice of first parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verified_cat.errors import SchemaError
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import Array
from verified_cat.gpu.schema_metrics import figures
from verified_cat.gpu.schema_task import Built, architecture_of, task_of
from verified_cat.schema_map import SchemaMap, pulled_back_architecture
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


def warmed(
    along: SchemaMap,
    trained: Mapping[str, np.ndarray[Any, Any]],
    first: Mapping[str, Array],
    owners: Mapping[str, str],
) -> tuple[dict[str, Array], list[str]]:
    """First parameters of the large schema, with those of a trained small one where F takes an arrow to one arrow.

    ``first`` are the parameters it would begin with, by name; ``owners`` says whose parameters an arrow has. Returns
    them and the arrows that were warmed. Raises SchemaError where shapes differ, where two arrows would give one arrow
    other parameters, and where nothing is warmed.
    """
    whole, taken = dict(first), dict[str, str]()
    for edge in along.source.edges:
        image = along.edges[edge.name].edges
        own = {name: array for name, array in trained.items() if name.startswith(f"{edge.name}.")}
        if len(image) != 1 or not own:
            continue
        owner = owners.get(image[0], image[0])
        for name, array in own.items():
            _give(whole, f"{owner}.{name.removeprefix(f'{edge.name}.')}", array, edge.name, taken)
        taken[owner] = edge.name
    if not taken:
        raise SchemaError(
            f"nothing of a run of {along.source.name} starts one of {along.target.name}: "
            "no trained arrow goes to one arrow"
        )
    return whole, sorted(taken)


def _give(whole: dict[str, Array], name: str, array: Array, edge: str, taken: Mapping[str, str]) -> None:
    if name not in whole or whole[name].shape != array.shape:
        found = f"of shape {list(whole[name].shape)}" if name in whole else "none"
        raise SchemaError(f"{edge} has parameters of shape {list(array.shape)} for {name}, where there is {found}")
    owner = name.partition(".")[0]
    if owner in taken and not np.array_equal(whole[name], array):
        raise SchemaError(f"{edge} and {taken[owner]} both go to {owner}, with other parameters {name}")
    whole[name] = array


def owners_of(whole: Specification) -> dict[str, str]:
    """Each arrow ↦ the arrow whose parameters it has."""
    return {arrow.name: arrow.other for arrow in whole.arrows}


def named(names: Sequence[str], arrays: Sequence[Array]) -> dict[str, Array]:
    """Parameters by name."""
    return dict(zip(names, arrays, strict=True))
