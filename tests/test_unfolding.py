"""Which parts stay folded: exactly, on terms of two alike halves."""

from __future__ import annotations

from verified_cat import primitives
from verified_cat.objects import SCALAR
from verified_cat.terms import Copy, Identity
from verified_cat.unfolding import opaque, operations_in

ONE = primitives.scale(2, ()) >> primitives.scale(3, ())
OTHER = primitives.scale(5, ()) >> primitives.scale(7, ())


def test_the_first_of_two_alike_is_opened_while_there_are_boxes() -> None:
    both = ONE @ OTHER
    assert operations_in(both)[both] == 4
    assert [opaque(both, boxes) for boxes in (1, 2, 3, 4)] == [{both}, {ONE, OTHER}, {OTHER}, set()]


def test_the_larger_is_opened_first_and_named_parts_stay_a_box() -> None:
    larger = ONE >> primitives.scale(11, ())
    both = OTHER @ larger
    assert [opaque(both, boxes) for boxes in (2, 3, 4, 5)] == [{OTHER, larger}, {OTHER, ONE}, {ONE}, set()]
    assert [opaque(both, boxes, {larger: "named"}) for boxes in (1, 2, 3)] == [{both}, {OTHER}, set()]
    assert opaque(both, 5, {both: "whole"}) == set()


def test_a_part_that_is_all_of_its_whole_takes_no_box_more() -> None:
    """Structure has no box, so that beside it a part is opened even where no box is left."""
    wired = Copy(SCALAR) >> (ONE @ Identity(SCALAR))
    assert operations_in(wired)[wired] == 2 and operations_in(Copy(SCALAR)) == {Copy(SCALAR): 0}
    assert opaque(wired, 0) == opaque(wired, 1) == {ONE} and opaque(wired, 2) == set()
    assert opaque(Copy(SCALAR), 0) == set()
