"""Arrays of exact numbers for tests, and terms run on them by the plain engine, whose values are flat tuples."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from verified_cat.functions import Functions
from verified_cat.objects import flatten, leaves, unflatten
from verified_cat.terms import Term


def array(*shape: int, seed: int = 0) -> Any:
    """Halves between -8 and 8, neighbours apart; as an array of Fractions."""
    count = int(np.prod(shape, dtype=int))
    made = np.empty(count, dtype=object)
    made[:] = [Fraction((13 * place + 5 * seed + place * place) % 33 - 16, 2) for place in range(count)]
    return made.reshape(shape)


def flat(made: Any) -> tuple[Any, ...]:
    """Row by row."""
    return tuple(np.asarray(made, dtype=object).reshape(-1))


def run(term: Term, functions: Functions, *arrays: Any) -> list[Any]:
    """The leaves of the value of a term at these leaves, each an array of the shape that the term says it has."""
    spaces = [leaf.shape for leaf in leaves(term.dom)]  # type: ignore[attr-defined]
    assert spaces == [np.shape(each) for each in arrays]
    value = functions.meaning(term)(unflatten(term.dom, list(map(flat, arrays))))
    shapes = [leaf.shape for leaf in leaves(term.cod)]  # type: ignore[attr-defined]
    found = []
    for numbers, shape in zip(flatten(term.cod, value), shapes, strict=True):
        one = np.empty(len(numbers), dtype=object)
        one[:] = numbers
        found.append(one.reshape(shape))
    return found


def image(term: Term, functions: Functions, *arrays: Any) -> Any:
    """The same for a term into one space."""
    (found,) = run(term, functions, *arrays)
    return found


def same(found: Any, expected: Any) -> bool:
    """Exactly the same numbers in the same shape."""
    return np.shape(found) == np.shape(expected) and flat(found) == flat(expected)


def near(found: Any, expected: Any) -> bool:
    """The same shape, and the same numbers up to 10⁻¹² of the largest."""
    if np.shape(found) != np.shape(expected):
        return False
    one, other = (np.array(flat(each), dtype=float) for each in (found, expected))
    return bool(np.all(np.abs(one - other) <= 1e-12 * max(1.0, float(np.abs(other).max(initial=0.0)))))
