"""What a learned functor does on held-out examples: residuals, laws, and, where the truth is known, errors to it.

The truth is used here and in making data, never in training. Beside each error stands that of doing nothing.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from verified_cat.functions import Functions, Value
from verified_cat.gpu import circle_metrics, tinted
from verified_cat.gpu.alternation import instance, nested
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import FunctorTask
from verified_cat.gpu.functor_maps import table_of
from verified_cat.gpu.made_points import examples, floats, moved, ring_centres, valued
from verified_cat.gpu.measuring import MOST, distances, energy_distance
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.schema_task import Built, built
from verified_cat.gpu.true_maps import angle_error, error, error_up_to_symmetry, true_image
from verified_cat.linear_maps import Shape, is_linear
from verified_cat.schema import Path
from verified_cat.schema_kinds import Settings
from verified_cat.specification import Specification, path_of


def figures(
    whole: Specification, params: Value, seed: int, engine: TorchEngine, job: Built | None = None
) -> dict[str, float]:
    """All figures of a functor at a point, on examples that no training saw; ``job`` is the task on all of them."""
    count = whole.training["held_out"]
    task = (job or built(whole, count)).task
    tables = {name: examples(whole, name, count, stream(seed, name, "held out"), True) for name in task.data}
    batches = nested([valued(whole, name, tables[name], engine) for name in task.data])
    shown = residuals(task, params, batches, engine)
    functor = instance(task, params, engine)

    def image(path: Path) -> Array:
        value = functor.on_path(path)(valued(whole, path.source, tables[path.source], engine))
        return table_of(whole, whole.schema.target(path), value, engine)

    for path in whole.matched:
        target = whole.schema.target(path)
        shown |= law(whole, path, image(path), tables[target], seed)
    for loss in task.losses:
        starts = [whole.schema.then(loss.asked[0], side) for side in (loss.equation.lhs, loss.equation.rhs)]
        shown[f"relative residual {loss.equation}"] = relative(*map(image, starts))
    for name, truth in whole.truth:
        if truth.kind == "circles":
            whole_set = built(whole, circle_metrics.COUNT).task
            shown |= circle_metrics.figures(whole, name, truth["inverse"], instance(whole_set, params, engine), engine)
            continue
        path = path_of(whole, name)
        if path.source in tables:
            shown |= against(name, truth, image(path), tables[path.source], whole.thing(path.source).shape)
    return shown


def relative(one: Array, other: Array) -> float:
    """The mean distance of two sides, over that of the images of two different examples: about 1 where the sides have
    nothing to do with one another, and no number where both are constant."""
    apart = (error(one, np.roll(one, 1, axis=0)) + error(other, np.roll(other, 1, axis=0))) / 2
    return float(error(one, other) / apart) if apart > 0 else float("nan")


def residuals(task: FunctorTask, params: Value, batches: Value, engine: TorchEngine) -> dict[str, float]:
    """The gap of each equation, as its loss has it but for γ."""
    functions = Functions(engine)
    return {
        f"residual {loss.equation}": float(functions.meaning(task.gap(loss))((params, batches))) for loss in task.losses
    }


def law(whole: Specification, path: Path, made: Array, real: Array, seed: int) -> dict[str, float]:
    """How far the law of the images is from that of the data; and the modes of a ring."""
    target = whole.schema.target(path)
    shown = {f"energy distance of {path}": energy_distance(made, real)}
    data = whole.thing(target).data
    if data is not None and data.kind == "ring":
        shown |= modes(path, data, made)
    return shown


def modes(path: Path, data: Settings, made: Array) -> dict[str, float]:
    """How many modes have a quarter or more of their share within 3 widths, and the share of all that lies so."""
    centres = moved(data, ring_centres(data))
    apart = distances(made, centres)
    near = apart.min(axis=1) <= 3 * float(data["width"])
    counts = np.bincount(apart.argmin(axis=1)[near], minlength=len(centres))
    hit = int((counts >= len(made) / len(centres) / 4).sum())
    return {f"modes of {path}": float(hit), f"share of {path} near a mode": float(near.mean())}


def against(name: str, truth: Settings, made: Array, given: Array, shape: Shape | None = None) -> dict[str, float]:
    """The error to the truth: of an affine map, point by point; of a curve, as sets. ``shape``: of the points given."""
    if truth.kind == "tint":
        return tinted.figures(name, made, given)
    if is_linear(truth):
        wanted = true_image(truth, given, shape)
        shown = {f"error of {name}": error(made, wanted)}
        if given.shape == wanted.shape:
            shown[f"error of {name}, doing nothing"] = error(given, wanted)
        if truth["up_to"] != "nothing":
            shown[f"error of {name} up to {truth['up_to']}"] = error_up_to_symmetry(truth, made, given, shape)
        if truth.kind == "turn":
            shown[f"angle error of {name}"] = angle_error(made, given, float(truth["degrees"]))
        return shown
    low, high = float(truth["low"]), float(truth["high"])
    x = np.linspace(low, high, MOST)
    curve = np.stack([x, evaluated(truth["terms"], x)], axis=1)
    apart = distances(made, curve)
    off, uncovered = apart.min(axis=1), apart.min(axis=0)
    return {
        f"distance of {name} to the curve": float(off.mean()),
        f"Hausdorff distance of {name}": float(max(off.max(), uncovered.max())),
        f"uncovered by {name}": float(uncovered.max()),
    }


def evaluated(terms: tuple[tuple[Fraction, ...], ...], x: Array) -> Array:
    """Σ c x^k."""
    return np.asarray(sum(row[0] * x ** row[1] for row in floats(terms)))


def summary(shown: dict[str, Any]) -> list[str]:
    """One figure a line, and beside it that of what learned nothing."""
    numbers = {name: value for name, value in shown.items() if isinstance(value, float)}
    lines = []
    for name, value in numbers.items():
        if name.rpartition(", ")[0] not in numbers:
            others = [
                (each.removeprefix(f"{name}, "), v) for each, v in numbers.items() if each.startswith(f"{name}, ")
            ]
            beside = f"  ({', '.join(f'{who} {v:.4g}' for who, v in others)})" if others else ""
            lines.append(f"{name:<44} {value:.4g}{beside}")
    return lines
