"""The networks and fixed maps that schema files name, between any objects of examples.

A network sees an example as one row of numbers (``shaping``); a product is its factors side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import prod, sqrt

import numpy as np

from verified_cat import primitives
from verified_cat.activations import leaky_relu, silu
from verified_cat.axes import concatenate, part
from verified_cat.category import Terms
from verified_cat.gpu.cyclegan_points import normal
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.shaping import joined, parted, width
from verified_cat.gpu.wasserstein import chained, residual, rows
from verified_cat.linear_maps import Rows, is_linear, linear
from verified_cat.networks import PARA, Network, dense, entrywise
from verified_cat.objects import Ob, Pair, Space, leaves
from verified_cat.primitives import Shape
from verified_cat.schema import product, project
from verified_cat.schema_kinds import Settings
from verified_cat.terms import Discard, First, Identity, Pairing, Second, Term

ACTIVATIONS: dict[str, Callable[[Shape], Term]] = {
    "tanh": primitives.tanh,
    "relu": primitives.relu,
    "leaky relu": lambda shape: leaky_relu(shape, Fraction(1, 5)),
    "silu": silu,
    "sigmoid": primitives.sigmoid,
}


def network(made: Settings, source: Ob, target: Ob, name: str) -> Network:
    """The network of a kind, from one object to another."""
    if made.kind == "coupling":
        inside = coupling(made, source, target, name, inverse=False)
        return Network(inside.map, inside.names, (name, name))
    hidden = made["hidden"] if made.kind == "mlp" else ()
    activation = ACTIVATIONS[made["activation"]] if made.kind == "mlp" else primitives.tanh
    body = layers(rows(source), (width(source), *hidden, width(target)), activation, name)
    ending = dict(made.options).get("ending", "none")
    last = [embedded(ACTIVATIONS[ending]((rows(source), width(target))))] if ending != "none" else []
    middle = chained(body, *last)
    return chained(embedded(joined(source)), residual(middle) if made["residual"] else middle, embedded(parted(target)))


def layers(count: int, widths: tuple[int, ...], activation: Callable[[Shape], Term], name: str) -> Network:
    """Dense layers with the activation between, bracketed so that the reverse derivative is short."""
    parts: list[Network] = []
    for position, (inputs, outputs) in enumerate(pairwise(widths), start=1):
        if parts:
            parts.append(entrywise(activation, count, inputs))
        parts.append(dense(count, inputs, outputs, f"{name}.layer{position}"))
    return chained(*parts)


def embedded(term: Term) -> Network:
    """A term as a network with nothing to learn."""
    return Network(PARA.embed(term), ())


# ------------------------------------------------------------------------------------------------ couplings


def coupling(made: Settings, source: Ob, target: Ob, name: str, *, inverse: bool) -> Network:
    """x = (u, v) ↦ (u, v + m₁(u)) ↦ (u + m₂(v), v) ↦ …, on the row of numbers (Dinh et al. 2015, section 3.2).

    Its inverse takes the same away in the other order: g(f(x)) = x but for rounding, whatever the parameters are. The
    parameters are those of m₁, m₂, … for both.
    """
    count, whole = rows(source), width(source)
    sizes = (whole // 2, whole - whole // 2)
    halves = Pair(*(Space((count, size)) for size in sizes))
    activation, parts = ACTIVATIONS[made["activation"]], list[Network]()
    for number in range(made["layers"]):
        into, out = (sizes[0], sizes[1]) if number % 2 == 0 else (sizes[1], sizes[0])
        parts.append(layers(count, (into, *made["hidden"], out), activation, f"{name}.coupling{number + 1}"))
    params = [each.map.param for each in parts]
    param = product(Terms(), params)
    split = joined(source) >> Pairing(part((count, whole), 1, 0, sizes[0]), part((count, whole), 1, sizes[0], whole))
    state: Term = Second(param, source) >> split
    for number in reversed(range(len(parts))) if inverse else range(len(parts)):
        own = First(param, source) >> project(Terms(), params, number)
        state = Pairing(own, state) >> _shift(parts[number], halves, number % 2 == 1, inverse)
    ended = state >> concatenate((count, sizes[0]), (count, sizes[1]), 1) >> parted(target)
    names = tuple(each for network in parts for each in network.names)
    return Network(PARA.of(param, source, target, ended), names)


def _shift(network: Network, halves: Pair, turned: bool, back: bool) -> Term:
    """(p, (u, v)) ↦ (u, v ± m(p, u)); ``turned``: (u ± m(p, v), v)."""
    own, both = First(network.map.param, halves), Second(network.map.param, halves)
    u, v = both >> First(halves.left, halves.right), both >> Second(halves.left, halves.right)
    kept, moved = (v, u) if turned else (u, v)
    by = Pairing(own, kept) >> network.map.inside
    added = primitives.subtract_on(moved.cod) if back else primitives.add_on(moved.cod)
    after = Pairing(moved, by) >> added
    return Pairing(after, kept) if turned else Pairing(kept, after)


# ------------------------------------------------------------------------------------------------ fixed maps


def fixed(made: Settings, source: Ob, target: Ob) -> Term:
    """A map with nothing to learn: x ↦ M x + t, a polynomial in the coordinates, or the identity."""
    if made.kind == "identity":
        return Identity(source) if source == target else joined(source) >> parted(target)
    table = joined(source)
    if is_linear(made):
        assert isinstance(source, Space) or made.kind in ("affine", "turn", "hue")
        shape = source.shape[1:] if isinstance(source, Space) else ()
        return table >> affine(*linear(made, shape), rows(source)) >> parted(target)
    return table >> polynomial(made["terms"], rows(source)) >> parted(target)


def affine(matrix: Rows, shift: tuple[Fraction, ...], count: int) -> Term:
    """x ↦ M x + t, row by row; no t where it is empty."""
    out, into = len(matrix), len(matrix[0])
    table = Space((count, into))
    entries = Discard(table) >> primitives.constant((out, into), *(each for row in matrix for each in row))
    image = Pairing(entries, Identity(table)) >> primitives.contract("ij,bj->bi", (out, into), (count, into))
    if not shift:
        return image
    spread = Discard(table) >> primitives.constant((out,), *shift) >> primitives.broadcast((count, out), (0,))
    return Pairing(image, spread) >> primitives.add((count, out))


def polynomial(terms: tuple[tuple[Fraction, ...], ...], count: int) -> Term:
    """x ↦ Σ c Π_i x_i^k_i, row by row; each term is c and the exponents k."""
    into, column = len(terms[0]) - 1, (count, 1)
    table = Space((count, into))
    summands: list[Term] = []
    for coefficient, *exponents in terms:
        summand: Term = Discard(table) >> primitives.constant(column, coefficient)
        for axis, exponent in enumerate(exponents):
            for _ in range(int(exponent)):
                here = part((count, into), 1, axis, axis + 1)
                summand = Pairing(summand, here) >> primitives.multiply(column)
        summands.append(summand)
    whole = summands[0]
    for summand in summands[1:]:
        whole = Pairing(whole, summand) >> primitives.add(column)
    return whole


def factors(taken: tuple[int, ...], parts: list[Ob]) -> Term:
    """(x₁, …, xₙ) ↦ (x_i, x_j, …): factors of a product, numbered from 1, in any order and as often as named."""
    chosen = [project(Terms(), parts, number - 1) for number in taken]
    whole = chosen[-1]
    for one in reversed(chosen[:-1]):
        whole = Pairing(one, whole)
    return whole


# ------------------------------------------------------------------------------------------------ first weights


def first_weights(param: Ob, names: tuple[str, ...], seed: int, last: Fraction = Fraction(1)) -> list[Array]:
    """Matrices from N(0, 1/inputs), kernels from N(0, 2/inputs) (He et al. 2015, equation 10), biases 0; ``last``
    times that in what ends a network: the last of dense layers, and the layer of convolutions that is called so."""
    made: list[Array] = []
    final = {_stem(name): name for name in names if name.endswith(".weight") and ".layer" in name}
    for leaf, name in zip(leaves(param), names, strict=True):
        assert isinstance(leaf, Space)
        shape = leaf.shape
        if len(shape) == 1:
            made.append(np.zeros(shape))
            continue
        ends = ".last." in name or final.get(_stem(name)) == name
        spread = sqrt(2 / prod(shape[1:])) if len(shape) == 4 else 1 / sqrt(shape[0])
        drawn = normal(prod(shape), stream(seed, name, "initial")).reshape(shape)
        made.append((float(last) if ends else 1.0) * spread * drawn)
    return made


def _stem(name: str) -> str:
    """The network that a layer belongs to."""
    return name.rpartition(".layer")[0]
