"""A learned loss for regressions with bad targets: what to minimise, so that what was not minimised becomes small.

A task: find w and b of y = w·x + b + noise from 32 points in 20 steps of gradient descent from 0. Of the targets that
are given three tenths are bad, too high by 3 to 6; the result is judged on 32 good ones. A loss of the residuals, a
network with one hidden layer (``unrolled.learned_loss``), is learned through all 20 steps, against the square, the
absolute value, Huber's loss and Huber's loss tilted, each at the best of a grid of rates, thresholds and tilts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from verified_cat.gpu.cyclegan_points import normal
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.meta_learning import Family, MetaTask, Tasks, best_of
from verified_cat.gpu.randomness import Array
from verified_cat.networks import Objective, dense, mean_square, supervised
from verified_cat.optimiser import gradient_descent
from verified_cat.unrolled import fixed, judged_by, learned_loss, rated, tilted_huber, unrolled

NAME = "learned-loss"
DESCRIPTION = "learn a loss through 20 steps of training, for regressions of whose targets three tenths are bad"
STEPS, RATE = 2500, 0.01
UNROLLED, ROWS, WIDTH, NOISE, HIDDEN = 20, 32, 4, 0.1, 16
BAD, LEAST, MOST = 0.3, 3.0, 6.0
BATCH, JUDGED, REPORTED = 32, 256, 1024
INNER_RATE = Fraction(1, 2)

RATES = [10.0**power for power in np.arange(-1.5, 1.01, 0.125)]
THRESHOLDS, TILTS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0), (0.05, 0.1, 0.15, 0.2, 0.3)
COUNTERPARTS: dict[str, Sequence[Sequence[float]]] = {
    "square": [(1e6, 0.5, rate) for rate in RATES],
    "absolute value": [(1e-3, 0.5, 1e3 * rate) for rate in RATES],
    "huber": [(delta, 0.5, rate / delta) for delta, rate in product(THRESHOLDS, RATES)],
    "tilted huber": [(delta, tilt, rate / delta) for delta, tilt, rate in product(THRESHOLDS, TILTS, RATES)],
}
"""For each fixed loss the (δ, τ, rate) that it is tried at; the absolute value has its kink rounded by a thousandth."""


def draw(count: int, numbers: np.random.Generator) -> Tasks:
    """Tasks: ((0, 0), ((x, y), (x', y'))), the y of which three tenths are too high, the y' good."""
    weights, level = normal(count * WIDTH, numbers).reshape(count, WIDTH, 1), normal(count, numbers)

    def points(bad: float) -> tuple[Array, Array]:
        x = normal(count * ROWS * WIDTH, numbers).reshape(count, ROWS, WIDTH)
        noise = NOISE * normal(count * ROWS, numbers).reshape(count, ROWS, 1)
        high = LEAST + (MOST - LEAST) * numbers.random((count, ROWS, 1))
        return x, x @ weights + level[:, None, None] + noise + (numbers.random((count, ROWS, 1)) < bad) * high

    return (np.zeros((count, WIDTH, 1)), np.zeros((count, 1)), *points(BAD), *points(0.0))


def outer() -> Objective:
    """The mean square on good points."""
    return supervised(dense(ROWS, WIDTH, 1, "line").map, mean_square(ROWS, 1))


def learned() -> tuple[Objective, tuple[str, ...], dict[str, Array]]:
    """The unrolled objective of the learned loss, its names, and where it starts: near the absolute value."""
    model = dense(ROWS, WIDTH, 1, "line").map
    error = judged_by(learned_loss(HIDDEN, ROWS), model)
    objective = unrolled(error, fixed(gradient_descent(INNER_RATE)), UNROLLED, outer())
    start = {
        "height": np.full(HIDDEN, 2 / HIDDEN),
        "slope": np.where(np.arange(HIDDEN) % 2 == 0, 1.0, -1.0),
        "shift": np.linspace(-3, 3, HIDDEN),
    }
    return objective, tuple(start), start


def counterpart() -> Objective:
    """The unrolled objective of tilted Huber losses, over (δ, τ) and the rate."""
    error = judged_by(tilted_huber(ROWS), dense(ROWS, WIDTH, 1, "line").map)
    return unrolled(error, rated(gradient_descent(Fraction(1))), UNROLLED, outer())


def compared(family: Family, seed: int, engine: TorchEngine) -> tuple[dict[str, float], dict[str, Any]]:
    """The errors of the best fixed losses on good points, and at which (δ, τ, rate) they are."""
    found = {name: best_of(counterpart(), grid, family, seed, engine) for name, grid in COUNTERPARTS.items()}
    points = {name: best.point for name, best in found.items()}
    return {name: best.held_out for name, best in found.items()}, {"chosen": points}


TASK = MetaTask(Family(NAME, draw, BATCH, JUDGED, REPORTED), "learned loss", STEPS, RATE, learned, compared)
train = TASK.train
