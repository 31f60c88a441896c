"""Examples for the objects of a schema: laws that can be sampled afresh, sets that are drawn once, and CSV files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from math import isqrt, prod, tau
from pathlib import Path as File
from typing import Any

import numpy as np
import torch

from verified_cat.errors import DataError
from verified_cat.functions import Value
from verified_cat.gpu import image_data, made_images
from verified_cat.gpu.alternation import Sampler
from verified_cat.gpu.cyclegan_points import normal, rods
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.training import tensor_of
from verified_cat.gpu.true_maps import carried
from verified_cat.objects import unflatten
from verified_cat.schema_kinds import Settings
from verified_cat.specification import Specification

Draws = np.random.Generator


def floats(rows: Any) -> Array:
    """Exact numbers as an array."""
    return np.array([[float(each) for each in row] for row in rows])


def gaussian(count: int, dimension: int, draws: Draws) -> Array:
    """Standard normal points."""
    return normal(count * dimension, draws).reshape(count, dimension)


def ring_centres(data: Settings) -> Array:
    """The middles of the modes of a ring, before it is moved."""
    turn = tau * np.arange(data["modes"]) / data["modes"]
    return float(data["radius"]) * np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _around(centres: Array, shares: Array, spread: float, count: int, draws: Draws) -> Array:
    chosen = np.searchsorted(np.cumsum(shares)[:-1] / shares.sum(), draws.random(count), side="right")
    return np.asarray(centres[chosen] + spread * gaussian(count, centres.shape[1], draws))


def _beta(data: Settings, count: int, dimension: int, draws: Draws) -> Array:
    """B(a, b) as the a-th smallest of a + b - 1 uniform numbers."""
    drawn = draws.random((count, dimension, data["a"] + data["b"] - 1))
    return np.asarray(np.sort(drawn, axis=2)[:, :, data["a"] - 1])


def _betas(data: Settings, count: int, dimension: int, draws: Draws) -> Array:
    """Independent coordinates, each with a law B(a, b) of its own."""
    columns = [
        np.sort(draws.random((count, a + b - 1)), axis=1)[:, a - 1] for a, b in zip(data["a"], data["b"], strict=True)
    ]
    return np.stack(columns, axis=1)


def mosaic(data: Settings, count: int, shape: tuple[int, ...], draws: Draws) -> Array:
    """Pictures of n × n cells: one of some palettes, its colours ± width, and ± texture on every pixel, uniform."""
    channels, side = shape[0], shape[1]
    cells = isqrt(len(data["centres"][0]) // channels)
    colours = LAWS["mixture"](data, count, 0, draws).reshape(count, channels, cells, cells)
    plain = colours.repeat(side // cells, axis=2).repeat(side // cells, axis=3)
    rough = float(data["texture"]) * (2 * draws.random(plain.shape) - 1)
    return np.asarray((plain + rough).reshape(count, -1))


def _ring(data: Settings, count: int, dimension: int, draws: Draws) -> Array:
    return _around(ring_centres(data), np.ones(data["modes"]), float(data["width"]), count, draws)


def _mixture(data: Settings, count: int, dimension: int, draws: Draws) -> Array:
    centres = floats(data["centres"])
    shares = np.array([float(each) for each in data["shares"]] or [1.0] * len(centres))
    return _around(centres, shares, float(data["width"]), count, draws)


def _circle(data: Settings, count: int, dimension: int, draws: Draws) -> Array:
    turn = tau * draws.random(count)
    radius = float(data["radius"]) + float(data["width"]) * normal(count, draws)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


def _segment(data: Settings, count: int, dimension: int, draws: Draws) -> Array:
    start, end = floats([data["start"], data["end"]])
    along = start + draws.random((count, 1)) * (end - start)
    return np.asarray(along + float(data["width"]) * gaussian(count, len(start), draws))


LAWS: dict[str, Callable[[Settings, int, int, Draws], Array]] = {
    "normal": lambda data, count, d, draws: float(data["spread"]) * gaussian(count, d, draws),
    "uniform": lambda data, count, d, draws: (
        float(data["low"]) + float(data["high"] - data["low"]) * draws.random((count, d))
    ),
    "beta": _beta,
    "betas": _betas,
    "ring": _ring,
    "mixture": _mixture,
    "rods": lambda data, count, d, draws: rods(count, draws),
    "circle": _circle,
    "segment": _segment,
}


def moved(data: Settings, points: Array) -> Array:
    """M x + t, as far as the data say so."""
    if data["matrix"]:
        points = points @ floats(data["matrix"]).T
    return points + floats([data["shift"]])[0] if data["shift"] else points


def own_dimension(data: Settings, dimension: int) -> int:
    """The dimension before the points are moved."""
    return len(data["matrix"][0]) if data["matrix"] else dimension


def examples(whole: Specification, name: str, count: int, draws: Draws, held: bool = False) -> Array:
    """Fresh examples of an object, each as a row of numbers; of a file, some of its rows with replacement: of those
    that are ``held`` out, where the kind of data holds some out."""
    thing = whole.thing(name)
    assert thing.data is not None
    if thing.data.kind == "factors":
        return np.concatenate([examples(whole, each, count, draws, held) for each in thing.product], axis=1)
    if thing.data.kind == "image":
        points = examples(whole, thing.data["of"], count, draws, held)
        return moved(thing.data, carried(whole, thing.data["along"], points) if thing.data["along"] else points)
    if thing.data.kind == "csv":
        table = read_points(thing.data["path"], whole.dimension(name))
        return np.asarray(table[(draws.random(count) * len(table)).astype(np.int64)])
    if thing.data.kind == "pairs":
        arrow = whole.arrow(thing.data["arrow"])
        points = examples(whole, arrow.source, count, draws, held)
        return np.concatenate([points, carried(whole, arrow.name, points)], axis=1)
    if thing.data.kind in image_data.KINDS:
        assert thing.shape is not None
        return image_data.examples(thing.data, name, thing.shape, count, draws, held)
    if thing.data.kind in made_images.LAWS:
        return made_images.LAWS[thing.data.kind](thing.data, count, whole.dimension(name), draws)
    if thing.data.kind == "mosaic":
        assert thing.shape is not None
        return mosaic(thing.data, count, thing.shape, draws)
    dimension = own_dimension(thing.data, whole.dimension(name))
    return moved(thing.data, LAWS[thing.data.kind](thing.data, count, dimension, draws))


def read_points(path: str, dimension: int) -> Array:
    """The rows of a CSV file of numbers. Raises DataError with the line of what is none."""
    found: list[list[float]] = []
    try:
        with File(path).open(newline="", encoding="utf-8") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if not row or (number == 1 and not _numeric(row[0])):
                    continue
                if len(row) != dimension:
                    raise DataError(f"{path}, line {number}: {len(row)} numbers; an example holds {dimension}")
                try:
                    found.append([float(each) for each in row])
                except ValueError:
                    raise DataError(f"{path}, line {number}: {row!r} are not all numbers") from None
                if not all(np.isfinite(found[-1])):
                    raise DataError(f"{path}, line {number}: a number that is not finite")
    except (OSError, UnicodeDecodeError, csv.Error) as refused:
        raise DataError(f"{path} cannot be read: {refused}") from None
    if not found:
        raise DataError(f"{path} holds no examples")
    return np.array(found)


def _numeric(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


# ------------------------------------------------------------------------------------------------ batches


def valued(whole: Specification, name: str, table: Array, engine: TorchEngine) -> Value:
    """Rows of numbers as examples of the object, all at once."""
    return _parts(whole, name, tensor_of(table, engine))


def told(whole: Specification, name: str) -> str:
    """What there is of the data of an object, in words; files are read now. Raises DataError, with the object."""
    try:
        return _told(whole, name)
    except DataError as fault:
        raise DataError(f"the data of {name}: {fault}") from None


def _told(whole: Specification, name: str) -> str:
    thing = whole.thing(name)
    assert thing.data is not None
    if thing.data.kind in image_data.KINDS:
        assert thing.shape is not None
        return image_data.told(thing.data, name, thing.shape)
    if thing.data.kind == "csv":
        return f"{name}: {len(read_points(thing.data['path'], whole.dimension(name)))} examples"
    for factor in thing.product if thing.data.kind == "factors" else ():
        _told(whole, factor)
    return f"{name}: {thing.data.kind}"


def sampler(whole: Specification, name: str, batch: int, seed: int, engine: TorchEngine) -> Sampler:
    """Batches of an object: fresh ones, or rows of a set that is drawn once (or read), with replacement."""
    data = whole.thing(name).data
    assert data is not None
    _told(whole, name)
    if data.kind == "csv":
        table = read_points(data["path"], whole.dimension(name))
    elif dict(data.options).get("points"):
        table = examples(whole, name, data["points"], stream(seed, name, "points"))
    else:
        return lambda draws: valued(whole, name, examples(whole, name, batch, draws), engine)
    known = torch.tensor(table, dtype=engine.dtype, device=engine.device)

    def sample(draws: Draws) -> Value:
        chosen = (draws.random(batch) * len(known)).astype(np.int64)
        return _parts(whole, name, known[torch.from_numpy(chosen)])

    return sample


def _parts(whole: Specification, name: str, table: torch.Tensor) -> Value:
    """The columns of each leaf as a tensor of its own."""
    count, start, parts = len(table), 0, []
    for shape in whole.leaves(name):
        parts.append(table[:, start : start + prod(shape)].reshape(count, *shape).contiguous())
        start += prod(shape)
    return unflatten(whole.ob(name, count), parts)
