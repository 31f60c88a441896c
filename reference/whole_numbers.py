"""One operation of an engine on small whole numbers, where sums and products round nothing: there the bound is 0.

On other numbers a sum of n products may be off by γ_n Σ|x||y| (Higham 2002, section 3.1): in float32, with n = 64, that
is more than 10⁻⁴ of the sum wherever Σ|x||y| is 26 times as large as |Σ x y|, and an error of that size is not seen. On
whole numbers below 2²⁴ it is, in every entry that is not 0.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np

from verified_cat.engine import CheckableEngine, Exact, Observed
from verified_cat.objects import Ob, leaves, size, unflatten
from verified_cat.primitives import Primitive
from verified_cat.reference.stepwise import Measured, allowed, measured

POSITIVE = ("log", "sqrt", "reciprocal")
LARGEST = 9


def whole_numbers(ob: Ob, seed: int, lowest: int = -LARGEST) -> Exact:
    """A value of whole numbers from ``lowest`` to 9; none is 0, so that no product hides an entry."""
    choose = Random(seed).choice
    numbers = [number for number in range(lowest, LARGEST + 1) if number]
    return unflatten(ob, [tuple(Fraction(choose(numbers)) for _ in range(size(leaf))) for leaf in leaves(ob)])


def on_whole_numbers(engine: CheckableEngine, operation: Primitive, seed: int = 0) -> tuple[Measured, int]:
    """The operation at whole numbers against its enclosure, and for how many of its entries the bound is 0."""
    x = engine.lift(operation.dom, whole_numbers(operation.dom, seed, 1 if operation.name in POSITIVE else -LARGEST))
    at: Observed = engine.lower(operation.dom, x)
    y = engine.lower(operation.cod, engine.operation(operation)(x))
    exact = int(np.count_nonzero(allowed(operation, at, engine.precision) == 0))
    return measured(operation, at, y, engine.precision), exact
