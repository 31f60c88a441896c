"""Dual of additive maps: every structure is that of the opposite, seen on values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.category import Biproduct, interpret
from verified_cat.dual import Dual
from verified_cat.errors import BoundaryError
from verified_cat.functions import AdditiveMaps, Arrow
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.primitives import Primitive
from verified_cat.terms import Associator, Copy, Discard, First, LeftUnitor, Pairing, RightUnitor, Second, Swap, Term

A, B, C = space(2), space(3), SCALAR


@pytest.fixture
def additive(plain_engine: Callable[..., Any]) -> AdditiveMaps:
    return AdditiveMaps(plain_engine())


@pytest.fixture
def dual(additive: AdditiveMaps) -> Dual[Arrow]:
    return Dual(additive)


TRANSPOSES: list[tuple[Term, Any, Any]] = [
    (Copy(A), ((1, 2), (10, 20)), (11, 22)),
    (Discard(A), (), (0, 0)),
    (First(A, B), (1, 2), ((1, 2), (0, 0, 0))),
    (Second(A, B), (1, 2, 3), ((0, 0), (1, 2, 3))),
    (Swap(A, B), ("b", "a"), ("a", "b")),
    (Associator(A, B, C), ("a", ("b", "c")), (("a", "b"), "c")),
    (LeftUnitor(A), "a", ((), "a")),
    (RightUnitor(A), "a", ("a", ())),
    (Pairing(First(A, A), Second(A, A)), ((1, 2), (3, 4)), ((1, 2), (3, 4))),
    (Pairing(Swap(A, A), Swap(A, A)), (((1, 2), (3, 4)), ((10, 20), (30, 40))), ((33, 44), (11, 22))),
]


@pytest.mark.parametrize(("term", "cotangent", "pulled"), TRANSPOSES, ids=lambda part: str(part)[:20])
def test_structure_is_transposed(term: Term, cotangent: Any, pulled: Any, dual: Dual[Arrow]) -> None:
    found = interpret(term, dual)
    assert (dual.dom(found), dual.cod(found)) == (term.dom, term.cod)
    assert found(cotangent) == pulled


def test_composition_is_turned_round(dual: Dual[Arrow], additive: AdditiveMaps) -> None:
    """In the dual, f ; g runs g first."""
    f, g = Arrow(B, A, lambda w: f"f({w})"), Arrow(C, B, lambda w: f"g({w})")
    assert dual.compose(f, g)("w") == "f(g(w))"
    with pytest.raises(BoundaryError):
        dual.compose(g, f)
    assert dual.tensor(f, g)(("x", "y")) == ("f(x)", "g(y)")


def test_middle_four_is_its_own_default(dual: Dual[Arrow]) -> None:
    objects, value = (A, B, C, UNIT), (("a", "c"), ("b", "d"))
    native, derived = dual.middle_four(*objects), super(Dual, dual).middle_four(*objects)
    assert native(value) == derived(value) == (("a", "b"), ("c", "d"))
    assert native.dom == derived.dom == Pair(Pair(A, C), Pair(B, UNIT))


def test_products_are_coproducts(dual: Dual[Arrow], additive: AdditiveMaps) -> None:
    double = additive.meaning(p.scale(2, ()))
    minus = additive.meaning(p.negate(()))
    assert dual.pairing(double, minus)(((1,), (10,))) == (-8,)
    assert dual.copairing(double, minus)((1,)) == ((2,), (-1,))
    assert dual.merge(C)((1,)) == ((1,), (1,))
    assert dual.inject_first(C, C)(((1,), (2,))) == (1,)
    assert dual.inject_second(C, C)(((1,), (2,))) == (2,)
    assert dual.zero(A, B)((1, 2, 3)) == (0, 0)
    assert Biproduct.add(dual, double, minus)((5,)) == (5,)


def test_derivatives_are_swapped(dual: Dual[Arrow]) -> None:
    times, graph = Primitive("multiply", ((),)), (((3,), (5,)), (15,))
    assert dual.derivative(times)(graph)((1,)) == ((5,), (3,))
    assert dual.transposed_derivative(times)(graph)(((1,), (1,))) == (8,)


def test_the_dual_of_the_dual_is_the_category(dual: Dual[Arrow], additive: AdditiveMaps) -> None:
    back = Dual(dual)
    assert back.copy(A)((1, 2)) == additive.copy(A)((1, 2)) == ((1, 2), (1, 2))
    assert back.first(A, B)(("a", "b")) == "a"
    assert back.name == "dual of dual of additive maps of plain"
