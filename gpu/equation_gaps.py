"""lhs - rhs of an equation of a schema, as a term over any number of examples, and its size at given examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import numpy as np
import torch

from verified_cat import primitives
from verified_cat.functions import Functions
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import Array
from verified_cat.gpu.schema_task import architecture_of
from verified_cat.gpu.training import tensor_of
from verified_cat.objects import Ob, Space, flatten, leaves, unflatten
from verified_cat.schema import Architecture, PathEquation
from verified_cat.specification import Specification
from verified_cat.terms import Pairing, Term

Weights = Mapping[str, Array]
ROWS, LEAST = 1024, 128
"""So many examples at once, of at most 16 numbers each; fewer of larger ones, but not fewer than some."""


def gap(
    whole: Specification, equation: PathEquation, rows: int
) -> tuple[Architecture[Term], tuple[str, ...], Ob, Term]:
    """The architecture and its names, F(A), and (π, x) ↦ F_π(lhs)(x) - F_π(rhs)(x) : Π P ⊗ F(A) → F(B)."""
    architecture, names = architecture_of(whole, rows)
    sides = architecture.equation(equation)
    term = Pairing(sides.lhs, sides.rhs) >> primitives.subtract_on(sides.lhs.cod)
    return architecture, names, architecture.objects[equation.lhs.source], term


def shapes(ob: Ob) -> list[tuple[int, ...]]:
    """Those of its spaces, from left to right."""
    return [leaf.shape for leaf in leaves(ob) if isinstance(leaf, Space)]


def gap_at(
    whole: Specification, equation: PathEquation, weights: Weights, precision: str = "float64"
) -> Callable[[Array], Array]:
    """The largest entry of |lhs - rhs| at each row of numbers, computed in a precision by the engine of trainings."""
    count = max(LEAST, ROWS * 16 // max(16, whole.dimension(equation.lhs.source)))
    architecture, names, source, term = gap(whole, equation, count)
    engine = TorchEngine(precision)
    run = Functions(engine).meaning(term).run
    params = unflatten(architecture.parameters, [tensor_of(weights[name], engine) for name in names])

    def largest(x: Array) -> Array:
        filled = np.concatenate([x, np.repeat(x[:1], count - len(x), axis=0)])
        parts, start = [], 0
        for shape in shapes(source):
            stop = start + prod(shape[1:])
            parts.append(tensor_of(filled[:, start:stop].reshape(shape), engine))
            start = stop
        with torch.inference_mode():
            made = flatten(term.cod, run((params, unflatten(source, parts))))
        found = [engine.dense(each).double().numpy().reshape(count, -1) for each in made]
        return np.asarray(np.abs(np.concatenate(found, axis=1)).max(axis=1)[: len(x)])

    return lambda x: np.concatenate([largest(x[at : at + count]) for at in range(0, len(x), count)])
