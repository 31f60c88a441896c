"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): pictures of clothes, 28 by 28 pixels, and a convolutional network.

The four files are those of the data set, plain or compressed by gzip, in a folder that the option ``data`` names, or
the environment variable VERIFIED_CAT_FASHION. Debian's package dataset-fashion-mnist puts them into
/usr/share/datasets/fashion-mnist. 60,000 are learned from, the 10,000 of the other two files are held out.
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np

from verified_cat import primitives
from verified_cat.activations import cross_entropy
from verified_cat.errors import DataError, UsageError
from verified_cat.gpu import idx
from verified_cat.gpu.classification import Classification, Examples
from verified_cat.gpu.configuration import Option
from verified_cat.gpu.digits_conv import tower
from verified_cat.gpu.randomness import Array
from verified_cat.networks import Network, dense, entrywise
from verified_cat.terms import Term

NAME = "fashion"
DESCRIPTION = "tell ten kinds of clothes apart on 60,000 pictures (28 by 28 pixels) with a convolutional network"
STEPS = 6000
SIDE, CHANNELS, HIDDEN, CLASSES, BATCH = 28, (16, 32), 128, 10, 100
FOLDER = "VERIFIED_CAT_FASHION"
"""The environment variable that names the folder, where no option does."""


def network(rows: int) -> Network:
    """R[rows,784] → R[rows,16,14,14] → R[rows,32,7,7] → R[rows,128] → R[rows,10]."""
    below, width = tower(rows, SIDE, CHANNELS)
    hidden = dense(rows, width, HIDDEN, "layer1") >> entrywise(primitives.relu, rows, HIDDEN)
    return below >> hidden >> dense(rows, HIDDEN, CLASSES, "layer2")


def loss(rows: int) -> Term:
    """(z, y) ↦ -1/rows Σ y log softmax(z)."""
    return cross_entropy(rows, CLASSES)


def examples(seed: int, data: Path | None = None) -> Examples:
    """The pictures with their labels, as the files part them. Raises UsageError where no folder is named."""
    folder = data or Path(os.environ.get(FOLDER, ""))
    if folder == Path(""):
        raise UsageError(
            f"{NAME} reads the four idx files of Fashion-MNIST in a folder: --data FOLDER, or the variable {FOLDER}"
        )
    return Examples(pictures(folder, "train"), pictures(folder, "t10k"))


def pictures(folder: Path, part: str) -> tuple[Array, Array]:
    """The pixels of one part, from 0 to 1, and the one-hot labels. Raises DataError where they do not fit together."""
    seen = idx.found(folder, f"{part}-images-idx3-ubyte")
    pixels, labels = idx.read(seen, 3), idx.read(idx.found(folder, f"{part}-labels-idx1-ubyte"), 1)
    if pixels.shape[1:] != (SIDE, SIDE):
        raise DataError(f"{seen} has pictures of {pixels.shape[1]} by {pixels.shape[2]} pixels, not {SIDE} by {SIDE}")
    if len(pixels) != len(labels):
        raise DataError(f"{folder} has {len(pixels)} pictures and {len(labels)} labels in the part {part}")
    if len(labels) and labels.max() >= CLASSES:
        raise DataError(f"{folder}: the labels of the part {part} go up to {labels.max()}, not to {CLASSES - 1}")
    shades = np.asarray(pixels.reshape(len(pixels), -1) / np.float32(255), dtype=np.float32)
    return shades, np.eye(CLASSES, dtype=np.float32)[labels]  # type: ignore[return-value]


TASK = Classification(
    NAME,
    STEPS,
    network,
    loss,
    examples,
    BATCH,
    Fraction(1, 25),
    schedule="linear",
    own=(Option("data", None, "the folder of the four idx files", Path),),
)
train = TASK.train
