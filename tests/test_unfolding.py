"""Which parts stay folded: exactly, on terms of two alike halves."""

from __future__ import annotations

from verified_cat import primitives
from verified_cat.unfolding import opaque, operations_in

ONE = primitives.scale(2, ()) >> primitives.scale(3, ())
OTHER = primitives.scale(5, ()) >> primitives.scale(7, ())


def test_the_first_of_two_alike_is_opened_while_there_are_boxes() -> None:
    both = ONE @ OTHER
    assert operations_in(both)[both] == 4
    assert [opaque(both, boxes) for boxes in (1, 2, 3, 4)] == [{both}, {ONE, OTHER}, {OTHER}, set()]
