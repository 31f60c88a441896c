"""How long it takes to enclose every gradient of a program, and to hold the engine and each operation against that.

Run it as `OMP_NUM_THREADS=1 python benchmarks/enclosures.py`; it prints one line a program, then the worst share of its
bound for each operation.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import torch

from verified_cat import primitives
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.layers import convolution_of_images
from verified_cat.networks import mean_square, perceptron, supervised
from verified_cat.objects import Ob, leaves, unflatten
from verified_cat.reference.programs import Program, enclosed_program
from verified_cat.terms import Term


def dense_network() -> Term:
    """784-512-512-10 with relu, batch 64, mean square: 669,706 parameters."""
    model = perceptron(64, (784, 512, 512, 10), primitives.relu)
    return supervised(model.map, mean_square(64, 10)).term


def convolutional_network() -> Term:
    """Two convolutions of an image of 3 channels, 16 by 16, with tanh between: 1,032 parameters."""
    first = convolution_of_images(3, (16, 16), 8, (4, 4))
    second = convolution_of_images(8, (13, 13), 5, (4, 4))
    assert second.dom.left is not None  # type: ignore[attr-defined]
    kernel, image = first.dom.left, first.dom.right  # type: ignore[attr-defined]
    other = second.dom.left  # type: ignore[attr-defined]
    from verified_cat.terms import Associator, Identity

    inner = first >> primitives.tanh((8, 13, 13))
    last = second >> primitives.sum_axes((5, 10, 10))
    return Associator(other, kernel, image) >> (Identity(other) @ inner) >> last


def values(ob: Ob, seed: int) -> Value:
    """Normal numbers, scaled by the first length of each leaf."""
    numbers = np.random.Generator(np.random.Philox(seed))
    made = [
        numbers.standard_normal(leaf.shape) / max(1, leaf.shape[:1][0] if leaf.shape else 1) ** 0.5
        for leaf in leaves(ob)
    ]  # type: ignore[attr-defined]
    return unflatten(ob, [torch.tensor(array, dtype=torch.float32) for array in made])


def measured(name: str, term: Term) -> Program:
    """One program, and its line."""
    engine = TorchEngine("float32")
    found = enclosed_program(engine, term, values(term.dom, 0), engine.tensor((), (Fraction(1),)))
    worst = max((leaf.ulps, leaf.share) for leaf in found.gradient)
    entries = sum(int(np.prod(leaf.shape)) for leaf in found.gradient)
    radius = max(leaf.radius for leaf in found.gradient)
    print(
        f"{name}: {entries} gradients in {found.seconds:.2f} s with {found.bits} bits (radius {radius:.1g}): "
        f"{found.strength.value}, worst {worst[0]:.1f} ulps of the largest entry, {worst[1]:.2g} of the whole bound"
    )
    for operation, row in found.operations.items():
        print(f"  {operation:<11} {row.terms:>4} calls {row.entries:>9} entries  worst share {row.share:.3f}")
    return found


if __name__ == "__main__":
    measured("dense 784-512-512-10, batch 64", dense_network())
    measured("convolutions of 3x16x16", convolutional_network())
