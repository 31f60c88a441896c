"""Equations: both sides have the same boundary, and the gap is the distance between them."""

from __future__ import annotations

import pytest

from verified_cat import primitives as p
from verified_cat.category import Terms
from verified_cat.equation import Equation
from verified_cat.errors import BoundaryError
from verified_cat.functions import Functions
from verified_cat.lens import Bundle, LensMap
from verified_cat.loss import mean_absolute_error
from verified_cat.objects import SCALAR, Pair, space
from verified_cat.para import ParaMap, Reparam
from verified_cat.terms import Copy, Discard, Identity, Pairing, Swap, Term

DOUBLE: Term = Copy(SCALAR) >> p.add(())


def test_the_gap_of_terms_is_a_term(plain: Functions) -> None:
    """|2 x - 3 x| at 5."""
    gap = Equation[Term](DOUBLE, p.scale(3, ())).gap(Terms(), mean_absolute_error(SCALAR))
    assert gap is Pairing(DOUBLE, p.scale(3, ())) >> mean_absolute_error(SCALAR)
    assert plain.meaning(gap)((5,)) == (5,)


def test_the_gap_in_functions_is_a_function(plain: Functions) -> None:
    distance = plain.meaning(mean_absolute_error(SCALAR))
    sides = plain.meaning(DOUBLE), plain.meaning(p.scale(2, ()))
    gap = Equation(*sides, along="nothing").gap(plain, distance)
    assert (gap.dom, gap.cod, gap((5,))) == (SCALAR, SCALAR, (0,))


def test_sides_that_are_not_parallel_are_refused() -> None:
    for rhs, words in (
        (p.exp((2,)), "the sides of an equation are not parallel: they start from R and R[2]"),
        (Discard(SCALAR), "the sides of an equation are not parallel: they end in R and 1"),
    ):
        with pytest.raises(BoundaryError) as caught:
            Equation[Term](DOUBLE, rhs).gap(Terms(), mean_absolute_error(SCALAR))
        assert str(caught.value) == words


def test_brackets_are_part_of_the_boundary() -> None:
    a, b = space(1), space(2)
    with pytest.raises(BoundaryError, match="they end in"):
        Equation[Term](Swap(a, b), Identity(Pair(a, b))).check_parallel(Terms())


def test_the_distance_must_fit(plain: Functions) -> None:
    with pytest.raises(BoundaryError):
        Equation[Term](DOUBLE, DOUBLE).gap(Terms(), mean_absolute_error(space(2)))


def test_the_kind_of_morphism_may_be_said() -> None:
    """On Python 3.11 a frozen class with slots cannot be called by a subscripted name."""
    sides = Equation[str]("f", "g", along="associator")
    assert (sides.lhs, sides.rhs, sides.along) == ("f", "g", "associator")
    assert Equation[str]("f", "g").along == ""  # strictly
    assert ParaMap[str](SCALAR, SCALAR, SCALAR, "f").inside == "f"
    assert Reparam[str](None, None, "r").along == "r"
    assert LensMap[str](Bundle(SCALAR, SCALAR), Bundle(SCALAR, SCALAR), "get", "put").put == "put"
    with pytest.raises(AttributeError):
        sides.lhs = "h"  # type: ignore[misc]
