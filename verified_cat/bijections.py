"""Bijections as terms with their inverses: shears along any map, so that they are neither linear nor volume-scaling.

What is equal up to a bijection of parameters is stated with these; for a solver they are symbols, assumed inverse.
"""

from __future__ import annotations

from collections.abc import Callable

from verified_cat.objects import UNIT, Ob, Pair, Unit
from verified_cat.primitives import add_on, scale_on
from verified_cat.terms import Discard, First, Identity, Pairing, Second, Term

MakeTerm = Callable[[str, Ob, Ob], Term]


def shear(name: str, ob: Ob, make: MakeTerm) -> tuple[Term, Term]:
    """(x, y) ↦ (y + f(x), x) : A ⊗ B → B ⊗ A and its inverse, for f = ``make(name, A, B)``; else y ↦ y + f."""
    if isinstance(ob, Unit):
        return Identity(ob), Identity(ob)
    if not isinstance(ob, Pair):
        moved, back = translation(name, UNIT, ob, make)
        point = Pairing(Discard(ob), Identity(ob))
        return point >> moved, point >> back
    a, b = ob.left, ob.right
    moved, back = translation(name, a, b, make)
    there = Pairing(moved, First(a, b))
    return there, Pairing(Second(b, a), Pairing(Second(b, a), First(b, a)) >> back)


def translation(name: str, point: Ob, ob: Ob, make: MakeTerm) -> tuple[Term, Term]:
    """(x, y) ↦ y + f(x) and (x, y) ↦ y - f(x) : X ⊗ A → A: for each x a bijection of A and its inverse."""
    x, y = First(point, ob), Second(point, ob)
    by = x >> make(name, point, ob)
    return Pairing(y, by) >> add_on(ob), Pairing(y, by >> scale_on(-1, ob)) >> add_on(ob)
