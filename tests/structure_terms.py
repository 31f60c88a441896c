"""The constructors of structure at three objects: what a category that interprets terms is tried with."""

from __future__ import annotations

from verified_cat.objects import Ob, Pair
from verified_cat.terms import (
    Associator,
    AssociatorInverse,
    Copy,
    Discard,
    First,
    Identity,
    LeftUnitor,
    LeftUnitorInverse,
    RightUnitor,
    RightUnitorInverse,
    Second,
    Swap,
    Term,
)


def symmetric(a: Ob, b: Ob, c: Ob) -> list[Term]:
    """1, α, λ, ρ, their inverses, and σ."""
    return [
        Identity(Pair(a, b)),
        Associator(a, b, c),
        AssociatorInverse(a, b, c),
        LeftUnitor(a),
        LeftUnitorInverse(a),
        RightUnitor(b),
        RightUnitorInverse(b),
        Swap(a, b),
    ]


def cartesian(a: Ob, b: Ob) -> list[Term]:
    """Copies, discards and projections."""
    return [Copy(b), Discard(a), First(a, b), Second(a, b)]
