"""Handwritten digits with a convolutional network: two convolutions with relu and pools, and a dense layer on top.

As in ``digits`` the loss is the squared error, so that a whole step is made of +, · and comparisons. The images are
those of ``digits``, and the same are held out; they are neither enlarged, shifted nor otherwise multiplied.
"""

from __future__ import annotations

from fractions import Fraction

from verified_cat import primitives
from verified_cat.gpu import digits
from verified_cat.gpu.classification import Classification
from verified_cat.images import conv2d, max_pool
from verified_cat.networks import PARA, Network, dense, entrywise
from verified_cat.primitives import Shape
from verified_cat.terms import Term

NAME = "digits-conv"
DESCRIPTION = "read the same handwritten digits with a convolutional network: 0.975 or more of those held out"
STEPS = 2000
CHANNELS, BATCH = (16, 32), 64
SIDE = 8


def fixed(term: Term, name: str) -> Network:
    """A map with nothing to learn, as a layer."""
    return Network(PARA.embed(term), (), (name, name))


def convolved(shape: Shape, filters: int, name: str) -> tuple[Network, Shape]:
    """Windows of 3 by 3 in a frame of zeros, the largest of each 2 by 2, and relu: half as high and half as wide."""
    rows, _, height, width = shape
    wide, narrow = (rows, filters, height, width), (rows, filters, height // 2, width // 2)
    layer = conv2d(shape, filters, (3, 3), padding=(1, 1), name=name)
    return layer >> fixed(max_pool(wide, (2, 2)), "pool") >> entrywise(primitives.relu, *narrow), narrow


def tower(rows: int, side: int, channels: tuple[int, ...]) -> tuple[Network, int]:
    """Convolutions one after the other on images of one channel, and how many numbers a row then has, laid flat."""
    shape: Shape = (rows, 1, side, side)
    whole = fixed(primitives.reshape((rows, side * side), shape), "images")
    for number, filters in enumerate(channels, start=1):
        layer, shape = convolved(shape, filters, f"conv{number}")
        whole = whole >> layer
    flat = shape[1] * shape[2] * shape[3]
    return whole >> fixed(primitives.reshape(shape, (rows, flat)), "flat"), flat


def network(rows: int) -> Network:
    """R[rows,64] → R[rows,16,4,4] → R[rows,32,2,2] → R[rows,10]."""
    below, width = tower(rows, SIDE, CHANNELS)
    return below >> dense(rows, width, 10, "layer")


TASK = Classification(NAME, STEPS, network, digits.loss, digits.examples, BATCH, Fraction(1, 20), schedule="linear")
train = TASK.train
