"""Networks between pictures, or pictures with a code beside them: a picture is changed by an addition to it.

A picture is cut into square patches, and dense layers make one row of features of them. Where a code comes in beside
the picture it scales and shifts the features (Perez et al. 2018, section 2: FiLM); where one goes out it is read off
them. What is made of the features is added to the picture, so a network that adds nothing does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import sqrt

import numpy as np

from verified_cat import primitives
from verified_cat.axes import concatenate, part
from verified_cat.gpu.cyclegan_points import normal
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.schema_networks import ACTIVATIONS, embedded, layers
from verified_cat.gpu.shaping import width
from verified_cat.gpu.wasserstein import chained, plus, rows
from verified_cat.networks import PARA, Network, dense, entrywise
from verified_cat.objects import Ob, Pair, Space, leaves
from verified_cat.primitives import Shape
from verified_cat.schema_kinds import Settings
from verified_cat.terms import Copy, First, Identity, Pairing, Second, Term

Activation = Callable[[Shape], Term]


def picture(ob: Ob) -> Space:
    """The picture of an object: itself, or the left factor."""
    found = ob.left if isinstance(ob, Pair) else ob
    assert isinstance(found, Space) and len(found.shape) == 4
    return found


def code(ob: Ob) -> Space | None:
    """What stands beside the picture; None where nothing does."""
    if not isinstance(ob, Pair):
        return None
    assert isinstance(ob.right, Space)
    return ob.right


def beside(left: Network, right: Network) -> Network:
    """((p, q), (x, y)) ↦ (f(p, x), g(q, y))."""
    return Network(PARA.tensor(left.map, right.map), left.names + right.names)


def kept(ob: Ob) -> Network:
    """x ↦ x."""
    return embedded(Identity(ob))


# ------------------------------------------------------------------------------------------------ patches


def cut(shape: Shape, side: int) -> Term:
    """R[rows,c,h,w] → R[rows · patches, c · side²]: a row for each square patch."""
    count, channels, high, wide = shape
    down, across = high // side, wide // side
    split = (count, channels, down, side, across, side)
    turned = primitives.reshape(shape, split) >> primitives.permute(split, (0, 2, 4, 1, 3, 5))
    patches = (count * down * across, channels * side * side)
    return turned >> primitives.reshape((count, down, across, channels, side, side), patches)


def pasted(shape: Shape, side: int) -> Term:
    """R[rows · patches, c · side²] → R[rows,c,h,w]: the inverse of ``cut``."""
    count, channels, high, wide = shape
    down, across = high // side, wide // side
    apart = (count, down, across, channels, side, side)
    patches = (count * down * across, channels * side * side)
    turned = primitives.reshape(patches, apart) >> primitives.permute(apart, (0, 3, 1, 4, 2, 5))
    return turned >> primitives.reshape((count, channels, down, side, across, side), shape)


def features(made: Settings, shape: Shape, name: str) -> Network:
    """A picture ↦ a row of features: each patch by one dense layer, then two on all of them."""
    act, count, wide, side = ACTIVATIONS[made["activation"]], shape[0], made["width"], made["patch"]
    patches, inputs = shape[0] * shape[2] * shape[3] // side**2, shape[1] * side**2
    row = patches // count * wide
    return chained(
        embedded(cut(shape, side)),
        dense(patches, inputs, wide, f"{name}.patches"),
        embedded(act((patches, wide)) >> primitives.reshape((patches, wide), (count, row))),
        layers(count, (row, made["hidden"], made["hidden"]), act, name),
        entrywise(act, count, made["hidden"]),
    )


# ------------------------------------------------------------------------------------------------ painters


def painter(made: Settings, shape: Shape, name: str) -> Network:
    """A row of features ↦ what is added to a picture."""
    act, count, hidden = ACTIVATIONS[made["activation"]], shape[0], made["hidden"]
    head = [dense(count, hidden, hidden, f"{name}.paint1"), entrywise(act, count, hidden)]
    return chained(*head, *PAINTERS[made["painter"]](made, act, shape, name))


def _by_patches(made: Settings, act: Activation, shape: Shape, name: str) -> list[Network]:
    """A row of features for each patch, and a dense layer to its entries."""
    count, wide, side = shape[0], made["width"], made["patch"]
    patches, outputs = count * shape[2] * shape[3] // side**2, shape[1] * side**2
    row = patches // count * wide
    spread = act((count, row)) >> primitives.reshape((count, row), (patches, wide))
    return [
        dense(count, made["hidden"], row, f"{name}.paint2"),
        embedded(spread),
        dense(patches, wide, outputs, f"{name}.last"),
        embedded(pasted(shape, side)),
    ]


def _dense(made: Settings, act: Activation, shape: Shape, name: str) -> list[Network]:
    """A narrow row of numbers, and a picture for each of them."""
    count, narrow, entries = shape[0], made["width"], shape[1] * shape[2] * shape[3]
    return [
        dense(count, made["hidden"], narrow, f"{name}.paint2"),
        dense(count, narrow, entries, f"{name}.last"),
        embedded(primitives.reshape((count, entries), shape)),
    ]


PAINTERS: dict[str, Callable[[Settings, Activation, Shape, str], list[Network]]] = {
    "patches": _by_patches,
    "dense": _dense,
}


# ------------------------------------------------------------------------------------------------ networks


def patches(made: Settings, source: Ob, target: Ob, name: str) -> Network:
    """(x, c) ↦ (x + paint(h), read(h)) with the features h of x, scaled and shifted by c; without c, without read."""
    image, given, asked = picture(source), code(source), code(target)
    count, hidden = rows(source), made["hidden"]
    row = Space((count, hidden))
    seen = features(made, image.shape, name)
    steps: list[Network] = []
    if given is None:
        steps += [embedded(Copy(image)), beside(kept(image), seen)]
    else:
        x, c = First(image, given), Second(image, given)
        steps += [
            embedded(Pairing(x, Pairing(x, c))),
            beside(kept(image), beside(seen, modulation(made, given, name))),
            beside(kept(image), embedded(modulated(count, hidden, ACTIVATIONS[made["activation"]]))),
        ]
    if asked is not None:
        steps += [embedded(Pairing(Identity(Pair(image, row)), Second(image, row)))]
    added = chained(beside(kept(image), painter(made, image.shape, name)), embedded(primitives.add(image.shape)))
    steps.append(added if asked is None else beside(added, reading(made, asked, name)))
    return chained(*steps)


def modulation(made: Settings, given: Space, name: str) -> Network:
    """c ↦ (scale, shift) of the features: two dense layers of 2 c - 1."""
    count, entries = given.shape
    hidden = made["hidden"]
    centred = primitives.scale(2, given.shape) >> plus(given.shape, -1)
    both = layers(count, (entries, hidden, 2 * hidden), ACTIVATIONS[made["activation"]], f"{name}.code")
    return chained(embedded(centred), both)


def modulated(count: int, hidden: int, act: Activation) -> Term:
    """(h, (s, t)) ↦ act((1 + s) h + t)."""
    row, both = Space((count, hidden)), Space((count, 2 * hidden))
    h, given = First(row, both), Second(row, both)
    scale, shift = part(both.shape, 1, 0, hidden), part(both.shape, 1, hidden, 2 * hidden)
    scaled = Pairing(h, given >> scale >> plus(row.shape, 1)) >> primitives.multiply(row.shape)
    return Pairing(scaled, given >> shift) >> primitives.add(row.shape) >> act(row.shape)


def reading(made: Settings, asked: Space, name: str) -> Network:
    """h ↦ σ(W h + b): a code in [0, 1]."""
    count, entries = asked.shape
    return chained(
        dense(count, made["hidden"], entries, f"{name}.read"), embedded(primitives.sigmoid((count, entries)))
    )


KINDS = {"patches": patches}
"""(settings, source, target, name) ↦ the network."""


# ------------------------------------------------------------------------------------------------ critics


def critic(made: Settings, ob: Ob, name: str) -> Network:
    """One number for each picture; with a code beside it, of both jointly."""
    image, beside_it, count, hidden = picture(ob), code(ob), rows(ob), made["hidden"]
    act, seen = ACTIVATIONS[made["activation"]], features(made, image.shape, name)
    if beside_it is None:
        return chained(seen, dense(count, hidden, 1, f"{name}.score"))
    both = embedded(concatenate((count, hidden), beside_it.shape, 1))
    return chained(
        beside(seen, kept(beside_it)),
        both,
        layers(count, (hidden + width(beside_it), hidden, 1), act, f"{name}.joint"),
    )


# ------------------------------------------------------------------------------------------------ first weights


def first_weights(param: Ob, names: tuple[str, ...], seed: int, last: Fraction) -> list[Array]:
    """Weights from N(0, 1/inputs), ``last`` times that where the addition to a picture is made; biases 0."""
    made: list[Array] = []
    for leaf, name in zip(leaves(param), names, strict=True):
        assert isinstance(leaf, Space)
        if len(leaf.shape) == 1:
            made.append(np.zeros(leaf.shape))
            continue
        spread = (float(last) if ".last." in name else 1.0) / sqrt(leaf.shape[0])
        made.append(spread * normal(leaf.shape[0] * leaf.shape[1], stream(seed, name, "initial")).reshape(leaf.shape))
    return made
