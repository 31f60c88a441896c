"""The symbolic zero: 0 ∈ R^shape as a value that costs nothing to add and nothing to multiply by.

The pullback of a projection or a discard is a zero, so most cotangents that reach a copy are zeros. As a value of its
own a zero is neutral for addition and absorbs products without touching memory. It differs from a tensor of zeros in
one way: 0 · x is 0 even where x is infinite or not a number (IEEE 754 has NaN there), and it has no sign.
"""

from __future__ import annotations

from dataclasses import dataclass

from verified_cat.primitives import Shape


@dataclass(frozen=True, slots=True)
class Zero:
    """0 ∈ R^shape."""

    shape: Shape
