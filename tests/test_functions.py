"""Functions on values and additive maps, in Python's own numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import functions as plumbing
from verified_cat import primitives as p
from verified_cat.errors import BoundaryError, MissingOperation
from verified_cat.functions import AdditiveMaps, Arrow, Functions
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.primitives import Primitive, Symbol
from verified_cat.terms import Copy

A, B = space(2), space(3)
PAIR = Pair(A, Pair(UNIT, SCALAR))


@pytest.fixture
def additive(plain_engine: Callable[..., Any]) -> AdditiveMaps:
    return AdditiveMaps(plain_engine())


def tagged(tag: str) -> Callable[[Any], Any]:
    return lambda x: (tag, x)


@pytest.mark.parametrize(
    ("wire", "before", "after"),
    [
        (plumbing.same, "a", "a"),
        (plumbing.rebracket_right, (("a", "b"), "c"), ("a", ("b", "c"))),
        (plumbing.rebracket_left, ("a", ("b", "c")), (("a", "b"), "c")),
        (plumbing.left_of, ("a", "b"), "a"),
        (plumbing.right_of, ("a", "b"), "b"),
        (plumbing.with_unit_left, "a", ((), "a")),
        (plumbing.with_unit_right, "a", ("a", ())),
        (plumbing.exchange, ("a", "b"), ("b", "a")),
        (plumbing.exchange_middle, (("a", "b"), ("c", "d")), (("a", "c"), ("b", "d"))),
        (plumbing.twice, "a", ("a", "a")),
        (plumbing.nothing, "a", ()),
        (plumbing.then(tagged("f"), tagged("g")), "a", ("g", ("f", "a"))),
        (plumbing.beside(tagged("f"), tagged("g")), ("a", "b"), (("f", "a"), ("g", "b"))),
        (plumbing.fork(tagged("f"), tagged("g")), "a", (("f", "a"), ("g", "a"))),
        (
            plumbing.pairwise(tagged("f"), tagged("g")),
            (("a", "b"), ("c", "d")),
            (("f", ("a", "c")), ("g", ("b", "d"))),
        ),
    ],
)
def test_plumbing(wire: Callable[[Any], Any], before: Any, after: Any) -> None:
    assert wire(before) == after


def test_a_term_is_a_function(plain: Functions) -> None:
    """p a + b, by hand: (2, 3) · 5 + 1."""
    affine = (p.multiply(()) @ p.negate(())) >> p.add(())
    arrow = plain.meaning(affine)
    assert arrow((((2,), (5,)), (-1,))) == (11,)
    assert (arrow.dom, arrow.cod) == (Pair(Pair(SCALAR, SCALAR), SCALAR), SCALAR)
    assert repr(arrow) == "Arrow(((R ⊗ R) ⊗ R) → R)"


def test_functions_are_fractions_where_the_numbers_are(plain: Functions) -> None:
    third = Fraction(1, 3)
    assert plain.meaning(p.matvec(2, 2))(((1, 2, 3, 4), (third, third))) == (1, Fraction(7, 3))


def test_composition_is_checked_in_words(plain: Functions) -> None:
    f, g = plain.identity(A), plain.identity(B)
    with pytest.raises(BoundaryError) as caught:
        plain.compose(f, g)
    assert str(caught.value) == (
        "functions of plain: Arrow(R[2] → R[2]) does not compose with Arrow(R[3] → R[3]): "
        "the first ends in R[2], the second starts from R[3]"
    )
    with pytest.raises(BoundaryError, match="functions of plain: the pairing's left does not compose with its right"):
        plain.pairing(f, g)


# ------------------------------------------------------------------------------------------------ additive maps


def test_zero_and_sum_on_pairs(additive: AdditiveMaps) -> None:
    assert additive.zero_value(PAIR) == ((0, 0), ((), (0,)))
    assert additive.sum_of(PAIR)((((1, 2), ((), (3,))), ((10, 20), ((), (30,))))) == ((11, 22), ((), (33,)))
    assert additive.merge(PAIR).dom == Pair(PAIR, PAIR)
    assert additive.zero(A, B)((7, 7)) == (0, 0, 0)


def test_only_linear_operations_are_additive_maps(additive: AdditiveMaps) -> None:
    assert additive.meaning(Copy(A) >> p.add((2,)))((1, 2)) == (2, 4)
    assert additive.meaning(p.constant((2,), 0))(()) == (0, 0)
    for term in (p.multiply(()), p.exp(()), p.constant((), 1)):
        with pytest.raises(MissingOperation, match="is not linear, so it is no additive map"):
            additive.meaning(term)


def test_derivatives_of_operations_with_their_residual(additive: AdditiveMaps) -> None:
    """(x, y) ↦ x y at (3, 5): forward v ↦ 5 v₀ + 3 v₁, reverse w ↦ (5 w, 3 w)."""
    times = Primitive("multiply", ((),))
    graph = (((3,), (5,)), (15,))
    forward, reverse = additive.derivative(times)(graph), additive.transposed_derivative(times)(graph)
    assert forward(((1,), (10,))) == (35,)
    assert reverse((2,)) == ((10,), (6,))
    assert (forward.dom, forward.cod) == (times.dom, times.cod)
    assert (reverse.dom, reverse.cod) == (times.cod, times.dom)


def test_the_residual_is_used_not_recomputed(additive: AdditiveMaps) -> None:
    """exp' is read off the stored y: a wrong y is seen in the derivative."""
    assert additive.derivative(Primitive("exp", ((),)))(((0.0,), (7.0,)))((2.0,)) == (14.0,)


def test_a_free_symbol_has_no_derivative(additive: AdditiveMaps) -> None:
    with pytest.raises(MissingOperation, match="f is a free symbol; the table holds no derivative of it"):
        additive.derivative(Symbol("f", A, B))


def test_an_arrow_is_its_run() -> None:
    assert Arrow(A, B, lambda x: x * 2)("ab") == "abab"
