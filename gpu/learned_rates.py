"""A learned update rule on regressions whose inputs differ in scale: a rate and a decay for every parameter.

A task: find w and b of y = w·x + b + noise from 32 points in 20 steps from 0, judged on 32 others. Input i has the
scale s_i, from 1/10 to 10, the same in all tasks; neighbours are correlated. What all tasks have in common is the
scales, and this is what a rule can learn: Meta-SGD with momentum (``unrolled.learned_rates``), learned through all 20
steps, against gradient descent, momentum and Adam at the rates and decays that are best for the same family.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from verified_cat.gpu.cyclegan_points import normal
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.meta_learning import Family, MetaTask, Tasks, best_of
from verified_cat.gpu.randomness import Array
from verified_cat.networks import Objective, dense, mean_square, supervised
from verified_cat.objects import Space, leaves
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum
from verified_cat.unrolled import as_error, in_range, learned_rates, rated, unrolled

NAME = "learned-rates"
DESCRIPTION = "learn an update rule through 20 steps of training, for regressions whose inputs differ in scale"
STEPS, RATE = 1000, 0.05
UNROLLED, ROWS, WIDTH, NOISE = 20, 32, 8, 0.1
BATCH, JUDGED, REPORTED = 32, 256, 1024
SCALES = np.logspace(-1, 1, WIDTH)
FIRST_RATE = 1e-3
GRID = [[10.0**power] for power in np.arange(-5, 1.01, 0.125)]
"""The rates that the counterparts are tried at."""

COUNTERPARTS: dict[str, tuple[Optimiser, ...]] = {
    "gradient descent": (gradient_descent(Fraction(1)),),
    "momentum": tuple(momentum(Fraction(1), Fraction(decay, 100)) for decay in (50, 80, 90, 95)),
    "adam": tuple(
        adam(Fraction(1), Fraction(first, 1000), Fraction(second, 1000))
        for first, second in ((900, 999), (900, 990), (500, 900))
    ),
}


TOLD = "momentum, told the scales"
"""What is not compared with: momentum on inputs divided by their scales, which the learned rule has to find."""


def points(weights: Array, level: Array, numbers: np.random.Generator) -> tuple[Array, Array]:
    """x = s ⊙ z with z normal and neighbours correlated by a half, and y, for each task."""
    count = len(weights)
    z = normal(count * ROWS * WIDTH, numbers).reshape(count, ROWS, WIDTH)
    z[:, :, 1:] = z[:, :, :-1] / 2 + np.sqrt(3 / 4) * z[:, :, 1:]
    noise = NOISE * normal(count * ROWS, numbers).reshape(count, ROWS, 1)
    return z * SCALES, np.asarray(z @ weights[:, :, None] + level[:, None, None] + noise)


def draw(count: int, numbers: np.random.Generator) -> Tasks:
    """Tasks: ((0, 0), ((x, y), (x', y')))."""
    weights, level = normal(count * WIDTH, numbers).reshape(count, WIDTH), normal(count, numbers)
    start = (np.zeros((count, WIDTH, 1)), np.zeros((count, 1)))
    return (*start, *points(weights, level, numbers), *points(weights, level, numbers))


def told(count: int, numbers: np.random.Generator) -> Tasks:
    """The same tasks with every input divided by its scale."""
    w, b, x, y, x_other, y_other = draw(count, numbers)
    return w, b, x / SCALES, y, x_other / SCALES, y_other


def inner() -> Objective:
    """The mean square of a line through the points of a task."""
    return supervised(dense(ROWS, WIDTH, 1, "line").map, mean_square(ROWS, 1))


def learned() -> tuple[Objective, tuple[str, ...], dict[str, Array]]:
    """The unrolled objective of the learned rule, the names of what is learned, and where that starts."""
    error = inner()
    objective = unrolled(as_error(error), in_range(learned_rates()), UNROLLED, error)
    names = ("weight.log_rate", "weight.decay", "bias.log_rate", "bias.decay")
    shapes = [leaf.shape for leaf in leaves(objective.param) if isinstance(leaf, Space)]
    start = {
        name: np.full(shape, np.log(FIRST_RATE) if name.endswith("rate") else 0.0)
        for name, shape in zip(names, shapes, strict=True)
    }
    return objective, names, start


def tuned(rules: tuple[Optimiser, ...], family: Family, seed: int, engine: TorchEngine) -> float:
    """The error on held-out tasks of the rule and rate that are best on known ones."""
    error = inner()
    objectives = [unrolled(as_error(error), rated(rule), UNROLLED, error) for rule in rules]
    return min((best_of(each, GRID, family, seed, engine) for each in objectives), key=lambda each: each.known).held_out


def compared(family: Family, seed: int, engine: TorchEngine) -> tuple[dict[str, float], dict[str, float]]:
    """The errors of the best fixed rules, and that of the rule that is told the scales."""
    fixed = {name: tuned(rules, family, seed, engine) for name, rules in COUNTERPARTS.items()}
    return fixed, {TOLD: tuned(COUNTERPARTS["momentum"], replace(family, draw=told), seed, engine)}


TASK = MetaTask(Family(NAME, draw, BATCH, JUDGED, REPORTED), "learned rule", STEPS, RATE, learned, compared)
train = TASK.train
