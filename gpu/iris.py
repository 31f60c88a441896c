"""Iris: 150 flowers of three species by four lengths (Anderson 1935, Fisher 1936), with a dense network 4-20-3.

The loss is the cross-entropy of the softmax. Lengths are standardised by the mean and the deviation of the flowers that
are learned from; nothing of those held out is used.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verified_cat import primitives
from verified_cat.activations import cross_entropy
from verified_cat.errors import MissingExtra
from verified_cat.gpu.classification import Classification, Examples
from verified_cat.gpu.randomness import Array, shuffled, stream
from verified_cat.networks import Network, perceptron
from verified_cat.terms import Term

NAME = "iris"
DESCRIPTION = "tell three species of iris apart by four lengths, with a dense network; one fifth of 150 is held out"
STEPS = 1000
WIDTHS, BATCH, HELD_OUT = (4, 20, 3), 30, 30


def network(rows: int) -> Network:
    """R[rows,4] → R[rows,20] → R[rows,3], tanh between."""
    return perceptron(rows, WIDTHS, primitives.tanh)


def loss(rows: int) -> Term:
    """(z, y) ↦ -1/rows Σ y log softmax(z)."""
    return cross_entropy(rows, WIDTHS[-1])


def flowers() -> tuple[Array, Array]:
    """The four lengths in centimetres, and the one-hot species. Raises MissingExtra without scikit-learn."""
    try:
        from sklearn.datasets import load_iris
    except ModuleNotFoundError as missing:
        raise MissingExtra("iris comes with scikit-learn: pip install verified-cat[data]") from missing
    lengths, species = load_iris(return_X_y=True)
    return np.asarray(lengths, dtype=np.float64), np.eye(3)[species]


def examples(seed: int) -> Examples:
    """The flowers with their species, one fifth held out."""
    lengths, species = flowers()
    order = shuffled(len(lengths), stream(seed, NAME, "held out"))
    learned, held_out = order[HELD_OUT:], order[:HELD_OUT]
    middle, spread = lengths[learned].mean(axis=0), lengths[learned].std(axis=0)
    lengths = (lengths - middle) / spread
    return Examples((lengths[learned], species[learned]), (lengths[held_out], species[held_out]))


TASK = Classification(NAME, STEPS, network, loss, examples, BATCH, Fraction(1, 50))
train = TASK.train
