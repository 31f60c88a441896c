"""The smallest task: a line through points. y = 3 + 7 x with small noise, or the columns x and y of a given file."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from verified_cat.errors import DataError, UsageError, inside
from verified_cat.gpu.configuration import Option
from verified_cat.gpu.data import Repeated, table
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import Array, initial_weights, stream
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.step import Step
from verified_cat.gpu.training import compiled, conclude, environment, iterate, weights_of
from verified_cat.networks import dense, mean_square, supervised
from verified_cat.optimiser import gradient_descent

NAME = "linear-regression"
DESCRIPTION = "recover y = 3 + 7 x from points with small noise (or fit a line to the columns x, y of a CSV file)"
STEPS = 100
WEIGHT, BIAS, ROWS, NOISE = 7.0, 3.0, 200, 0.1
OPTIONS = (Option("data", None, "a CSV file with columns x, y", Path),)
RATE = Fraction(1, 4)
"""On standardised points the mean square has curvature 2, so each step halves what is missing: 1 - 2 · 1/4."""


def train(
    out: str | os.PathLike[str] | None,
    steps: int | None = None,
    seed: int = 0,
    data: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """Gradient descent on 1/n Σ (w x + b - y)² over standardised points; the figures are in the units of the data."""
    x, y = made_points(seed) if data is None else read_points(Path(data))
    with inside(data or "the made points"):
        (x_unit, x_middle, x_spread), (y_unit, y_middle, y_spread) = standardised(x, "x"), standardised(y, "y")
    engine, folder = TorchEngine(), RunFolder(out) if out is not None else None
    network = dense(len(x), 1, 1, "line")
    objective = supervised(network.map, mean_square(len(x), 1))
    optimiser, param = gradient_descent(RATE), network.map.param
    step = Step(objective, optimiser, engine, names=network.names)
    begin = step.first(initial_weights(param, network.names, seed))
    batch = Repeated(table(engine, x=x_unit.reshape(-1, 1), y=y_unit.reshape(-1, 1)))
    outcome = iterate(compiled(step), begin, batch, STEPS if steps is None else steps)
    found = weights_of(param, network.names, step.point(outcome.state), engine)
    weight = float(found["line.weight"][0, 0]) * y_spread / x_spread
    bias = float(found["line.bias"][0]) * y_spread + y_middle - weight * x_middle
    metrics = {"task": NAME, "seed": seed, "rows": len(x), "environment": environment(engine)}
    metrics |= figures(x, y, weight, bias, known=data is None)
    return conclude(folder, outcome, {"weight": np.array(weight), "bias": np.array(bias)}, metrics)


def figures(x: Array, y: Array, weight: float, bias: float, *, known: bool) -> dict[str, float]:
    """The line, how far it is from the one that made the points (where that is known), and from least squares."""
    x_middle, y_middle = x.mean(), y.mean()
    slope = float(((x - x_middle) * (y - y_middle)).sum() / ((x - x_middle) ** 2).sum())
    level = float(y_middle - slope * x_middle)
    shown = {"weight": weight, "bias": bias, "mean_square": float(((weight * x + bias - y) ** 2).mean())}
    if known:
        shown |= {"weight_error": abs(weight - WEIGHT), "bias_error": abs(bias - BIAS)}
    return shown | {"least_squares_weight": slope, "least_squares_bias": level}


def made_points(seed: int) -> tuple[Array, Array]:
    """x uniform on [-2, 2] and y = 3 + 7 x + e, with e uniform on [-0.05, 0.05]."""
    x = 4 * stream(seed, NAME, "x").random(ROWS) - 2
    return x, BIAS + WEIGHT * x + NOISE * (stream(seed, NAME, "noise").random(ROWS) - 0.5)


def standardised(column: Array, name: str) -> tuple[Array, float, float]:
    """(x - m) / s with the mean m and the standard deviation s. Raises DataError where that cannot be computed."""
    with np.errstate(over="ignore", invalid="ignore"):
        middle, spread = float(column.mean()), float(column.std())
    if not math.isfinite(middle) or not math.isfinite(spread):
        raise DataError(f"the numbers in column {name} are too large: their mean or spread is not finite in float64")
    if spread == 0 and name == "x":
        raise DataError(f"every x is {middle}: such points determine no line")
    spread = spread or 1.0
    return (column - middle) / spread, middle, spread


def read_points(path: Path) -> tuple[Array, Array]:
    """The columns x and y of a CSV file. Raises UsageError for no file, DataError with the line of a bad entry."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            points = list(_points(path, file))
    except OSError as refused:
        raise UsageError(f"cannot read {path}: {refused.strerror or refused}") from None
    except (UnicodeDecodeError, csv.Error) as refused:
        raise DataError(f"{path} is not a CSV file in UTF-8: {refused}") from None
    if not points:
        raise DataError(f"{path} has no rows below its header")
    table = np.array(points)
    return table[:, 0], table[:, 1]


def _points(path: Path, file: Any) -> Iterator[tuple[float, float]]:
    reader = csv.DictReader(file)
    header = [name.strip() for name in reader.fieldnames or []]
    if header.count("x") != 1 or header.count("y") != 1:
        raise DataError(
            f"{path}, line 1: the columns x and y are needed, once each; found {', '.join(header) or 'none'}"
        )
    reader.fieldnames = header
    for row in reader:
        yield _number(path, reader.line_num, "x", row["x"]), _number(path, reader.line_num, "y", row["y"])


def _number(path: Path, line: int, column: str, text: str | None) -> float:
    try:
        number = float(text or "")
    except ValueError:
        raise DataError(f"{path}, line {line}, column {column}: {text!r} is not a number") from None
    if not math.isfinite(number):
        raise DataError(f"{path}, line {line}, column {column}: {text!r} is not a finite number")
    return number
