"""An object of examples as one table of numbers, a row for each, and back: what dense layers take and give."""

from __future__ import annotations

from math import prod

from verified_cat import primitives
from verified_cat.axes import concatenate, part
from verified_cat.gpu.wasserstein import rows
from verified_cat.objects import Ob, Pair, Space
from verified_cat.terms import Identity, Pairing, Term


def width(ob: Ob) -> int:
    """How many numbers an example of the object holds."""
    if isinstance(ob, Pair):
        return width(ob.left) + width(ob.right)
    assert isinstance(ob, Space)
    return prod(ob.shape[1:])


def joined(ob: Ob) -> Term:
    """A → R[rows, width], the spaces side by side, each flat."""
    count = rows(ob)
    if isinstance(ob, Pair):
        left, right = (count, width(ob.left)), (count, width(ob.right))
        return (joined(ob.left) @ joined(ob.right)) >> concatenate(left, right, 1)
    assert isinstance(ob, Space)
    return Identity(ob) if len(ob.shape) == 2 else primitives.reshape(ob.shape, (count, width(ob)))


def parted(ob: Ob) -> Term:
    """R[rows, width] → A: the inverse of ``joined``."""
    count, table = rows(ob), (rows(ob), width(ob))
    if isinstance(ob, Pair):
        middle = width(ob.left)
        left, right = part(table, 1, 0, middle), part(table, 1, middle, table[1])
        return Pairing(left >> parted(ob.left), right >> parted(ob.right))
    assert isinstance(ob, Space)
    return Identity(ob) if len(ob.shape) == 2 else primitives.reshape((count, width(ob)), ob.shape)
