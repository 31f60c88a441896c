"""Handwritten digits: a dense network, composed in Para over terms, on the 1,797 real images of scikit-learn.

The loss is the squared error to the one-hot label. With relu between the layers a whole step is then made of +, · and
comparisons: on exact inputs it has an exact rational value, so the exact reference decides it digit for digit, where a
softmax would leave exponentials. It needs no guard against overflow either.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from verified_cat import primitives
from verified_cat.errors import MissingExtra
from verified_cat.functions import Value
from verified_cat.gpu.classification import Classification, Examples, table_of
from verified_cat.gpu.data import Place, Shuffled
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import Array, Index, shuffled, stream
from verified_cat.networks import Network, Objective, mean_square, perceptron
from verified_cat.optimiser import Optimiser, momentum
from verified_cat.terms import Term

NAME = "digits"
DESCRIPTION = "read 1,797 handwritten digits (8 by 8 pixels) with a dense network; one fifth is held out"
STEPS = 2000
WIDTHS, BATCH, HELD_OUT = (64, 128, 10), 64, 360
RATE, DECAY = Fraction(1, 40), Fraction(9, 10)
DTYPE = "float32"


def optimiser() -> Optimiser:
    """Gradient descent with momentum, s ↦ 0.9 s + g, p ↦ p - s / 40."""
    return momentum(RATE, DECAY)


def network(rows: int) -> Network:
    """R[rows,64] → R[rows,64] → R[rows,10], relu between."""
    return perceptron(rows, WIDTHS, primitives.relu)


def loss(rows: int) -> Term:
    """(z, y) ↦ 1/rows Σ (z - y)², over rows and digits."""
    return mean_square(rows, WIDTHS[-1])


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


def examples(seed: int) -> Examples:
    """The images with their labels, one fifth held out."""
    pixels, labels = images()
    learned, held_out = split(len(pixels), seed)
    return Examples((pixels[learned], labels[learned]), (pixels[held_out], labels[held_out]))


TASK = Classification(NAME, STEPS, network, loss, examples, BATCH, RATE, DECAY)
train = TASK.train


def objective(rows: int) -> Objective:
    """(p, (x, y)) ↦ 1/rows Σ (f(p, x) - y)², over rows and digits."""
    return TASK.objective(rows)


def drawn(pixels: Array, labels: Array, seed: int, engine: TorchEngine) -> Iterator[Value]:
    """Batches of images with their labels, without end."""
    return Shuffled(table_of((pixels, labels), engine), BATCH, seed, NAME).since(Place())
