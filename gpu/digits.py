"""Handwritten digits: a dense network, composed in Para over terms, on the 1,797 real images of scikit-learn.

The loss is the squared error to the one-hot label. With relu between the layers a whole step is then made of +, · and
comparisons: on exact inputs it has an exact rational value, so the exact reference decides it digit for digit, where a
softmax would leave exponentials. It needs no guard against overflow either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from verified_cat import primitives
from verified_cat.errors import MissingExtra
from verified_cat.functions import Functions, Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import Array, Index, batches, initial_weights, shuffled, stream
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.step import Step
from verified_cat.gpu.training import compiled, conclude, environment, iterate, tensor_of, weights_of
from verified_cat.networks import Network, Objective, mean_square, perceptron, supervised
from verified_cat.objects import size
from verified_cat.optimiser import Optimiser, momentum

NAME = "digits"
DESCRIPTION = "read 1,797 handwritten digits (8 by 8 pixels) with a dense network; one fifth is held out"
STEPS = 2000
WIDTHS, BATCH, HELD_OUT = (64, 128, 10), 64, 360
DTYPE = "float32"


def optimiser() -> Optimiser:
    """Gradient descent with momentum, s ↦ 0.9 s + g, p ↦ p - s / 40."""
    return momentum(Fraction(1, 40), Fraction(9, 10))


def network(rows: int) -> Network:
    """R[rows,64] → R[rows,64] → R[rows,10], relu between."""
    return perceptron(rows, WIDTHS, primitives.relu)


def objective(rows: int) -> Objective:
    """(p, (x, y)) ↦ 1/rows Σ (f(p, x) - y)², over rows and digits."""
    return supervised(network(rows).map, mean_square(rows, WIDTHS[-1]))


def images() -> tuple[Array, Array]:
    """The pixels, from 0 to 1 in sixteenths, and the one-hot labels. Raises MissingExtra without scikit-learn."""
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as missing:
        raise MissingExtra("the digits come with scikit-learn: pip install verified-cat[data]") from missing
    pixels, labels = load_digits(return_X_y=True)
    return np.asarray(pixels, dtype=np.float64) / 16, np.eye(10)[labels]


def split(count: int, seed: int) -> tuple[Index, Index]:
    """Rows to learn from, and rows held out."""
    order = shuffled(count, stream(seed, NAME, "held out"))
    return order[HELD_OUT:], order[:HELD_OUT]


def accuracy(param: Value, pixels: Array, labels: Array, engine: TorchEngine) -> float:
    """The share of images whose largest output is at their label."""
    rows = len(pixels)
    predict = Functions(engine).meaning(network(rows).map.inside)
    outputs = predict((param, tensor_of(pixels, engine))).cpu().numpy()
    return float(np.mean(outputs.argmax(axis=1) == labels.argmax(axis=1)))


def train(out: str | os.PathLike[str] | None, steps: int | None = None, seed: int = 0) -> dict[str, Any]:
    """Train on four fifths of the images, and report the accuracy on the fifth held out."""
    pixels, labels = images()
    learned, held_out = split(len(pixels), seed)
    engine, folder = TorchEngine(DTYPE), RunFolder(out) if out is not None else None
    model, rule = network(BATCH), optimiser()
    param = model.map.param
    step = Step(objective(BATCH), rule, engine, names=model.names)
    begin = step.first(initial_weights(param, model.names, seed))
    data = drawn(pixels[learned], labels[learned], seed, engine)
    outcome = iterate(compiled(step), begin, data, STEPS if steps is None else steps)
    reached = step.point(outcome.state)
    metrics = {
        "task": NAME,
        "seed": seed,
        "accuracy": accuracy(reached, pixels[held_out], labels[held_out], engine),
        "training_accuracy": accuracy(reached, pixels[learned], labels[learned], engine),
        **outcome.figures,
        "parameters": size(param),
        "held_out": len(held_out),
        "environment": environment(engine),
    }
    return conclude(folder, outcome, weights_of(param, model.names, reached, engine), metrics)


def drawn(pixels: Array, labels: Array, seed: int, engine: TorchEngine) -> Iterator[Value]:
    """Batches of images with their labels, without end."""
    images_, labels_ = tensor_of(pixels, engine), tensor_of(labels, engine)
    for rows in batches(len(pixels), BATCH, seed, NAME):
        chosen = rows.tolist()
        yield images_[chosen], labels_[chosen]
