"""D and forward mode on p a + b and others, by hand, in exact numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.cont import Cont
from verified_cat.draw import Style, draw_exact, draw_object, draw_term, seeded
from verified_cat.dual import Dual
from verified_cat.errors import BoundaryError, MissingOperation
from verified_cat.functions import AdditiveMaps, Functions
from verified_cat.gad import GAD, change_of_derivatives, forward_mode, reverse_mode
from verified_cat.lens import reverse_derivative
from verified_cat.objects import SCALAR
from verified_cat.primitives import symbol
from verified_cat.terms import Copy, Discard, Identity, LeftUnitor, Swap, Term

AFFINE = (p.multiply(()) @ Identity(SCALAR)) >> p.add(())
"""((p, a), b) ↦ p a + b."""
CUBE = Copy(SCALAR) >> (Copy(SCALAR) @ Identity(SCALAR)) >> (p.multiply(()) @ Identity(SCALAR)) >> p.multiply(())


@pytest.fixture
def reverse(plain_engine: Callable[..., Any]) -> GAD:
    return reverse_mode(plain_engine())


@pytest.fixture
def forward(plain_engine: Callable[..., Any]) -> GAD:
    return forward_mode(plain_engine())


def test_reverse_mode_of_an_affine_map(reverse: GAD) -> None:
    """∂(p a + b) = (a, p, 1) at ((3, 5), 7)."""
    value, pullback = reverse.differentiate(AFFINE)((((3,), (5,)), (7,)))
    assert value == (22,)
    assert pullback((1,)) == (((5,), (3,)), (1,))
    assert pullback((2,)) == (((10,), (6,)), (2,))
    assert (pullback.dom, pullback.cod) == (SCALAR, AFFINE.dom)


def test_forward_mode_of_an_affine_map(forward: GAD) -> None:
    value, tangent = forward.differentiate(AFFINE)((((3,), (5,)), (7,)))
    assert value == (22,)
    assert tangent((((1,), (0,)), (0,))) == (5,)
    assert tangent((((1,), (10,)), (100,))) == (135,)
    assert (tangent.dom, tangent.cod) == (AFFINE.dom, SCALAR)


def test_a_variable_that_is_used_three_times(reverse: GAD, forward: GAD) -> None:
    """x³ at 5: 125, 3 x² = 75."""
    for gad in (reverse, forward):
        value, derivative = gad.differentiate(CUBE)((Fraction(5),))
        assert (value, derivative((Fraction(1),))) == ((125,), (75,))


def test_what_is_discarded_has_no_gradient(reverse: GAD) -> None:
    _, pullback = reverse.differentiate((Discard(SCALAR) @ p.relu(())) >> LeftUnitor(SCALAR))(((3,), (-2,)))
    assert pullback((9,)) == ((0,), (0,))


def test_matrix_vector_product(reverse: GAD) -> None:
    """W x at W = [[1, 2], [3, 4]], x = (5, 6): pulled back w = (1, 10) is (w xᵀ, Wᵀ w)."""
    value, pullback = reverse.differentiate(p.matvec(2, 2))(((1, 2, 3, 4), (5, 6)))
    assert value == (17, 39)
    assert pullback((1, 10)) == ((5, 6, 50, 60), (31, 42))


@pytest.mark.parametrize("seed", range(60))
def test_three_ways_to_a_derivative_agree(seed: int, plain: Functions, reverse: GAD, forward: GAD) -> None:
    """GAD over Dual, the term R[f], and the transpose of forward mode, in exact numbers."""
    choose = seeded(seed)
    a, b = draw_object(choose), draw_object(choose)
    term = draw_term(choose, a, b, Style("polynomial", 2))
    x, v, w = draw_exact(choose, a), draw_exact(choose, a), draw_exact(choose, b)
    value, pullback = reverse.differentiate(term)(x)
    same, pushforward = forward.differentiate(term)(x)
    assert value == same == plain.meaning(term)(x)
    assert pullback(w) == plain.meaning(reverse_derivative(term))((x, w))
    assert dot(pushforward(v), w) == dot(v, pullback(w))


def dot(x: Any, y: Any) -> Any:
    return x * y if isinstance(x, int | Fraction) else sum(map(dot, x, y))


def test_linear_maps_compose_their_derivatives_once(reverse: GAD) -> None:
    linear = reverse.differentiate(Swap(SCALAR, SCALAR) >> p.add(()))
    assert linear.linear is not None
    (_, one), (_, two) = linear(((1,), (2,))), linear(((3,), (4,)))
    assert one is two
    assert one((5,)) == ((5,), (5,))
    assert reverse.differentiate(Copy(SCALAR) >> p.multiply(())).linear is None


@pytest.mark.parametrize("term", [p.constant((2,), 1), p.constant((2,), 0)])
def test_constants_are_not_their_own_derivative(term: Term, reverse: GAD, forward: GAD) -> None:
    assert reverse.differentiate(term)(())[1]((1, 2)) == ()
    assert forward.differentiate(term)(())[1](()) == (0, 0)


def test_forget_is_the_value(reverse: GAD, plain: Functions) -> None:
    assert reverse.forget(reverse.differentiate(CUBE))((2,)) == plain.meaning(CUBE)((2,)) == (8,)


def test_any_second_component_is_a_morphism(reverse: GAD) -> None:
    """GAD does not ask that the second component is the derivative of the first; it composes by the chain rule."""
    lie = reverse.of(SCALAR, SCALAR, lambda a: ((a[0] + 1,), reverse.k.k.meaning(p.scale(10, ()))))  # type: ignore[attr-defined]
    value, pullback = reverse.compose(lie, reverse.differentiate(CUBE))((1,))
    assert (value, pullback((1,))) == ((8,), (120,))


def test_dual_twice_is_forward_mode(forward: GAD) -> None:
    base = forward.base
    twice = GAD(base, Dual(Dual(forward.k)))
    x, v = ((2,), (3,)), ((1,), (1,))
    assert twice.differentiate(p.multiply(()))(x)[1](v) == forward.differentiate(p.multiply(()))(x)[1](v) == (5,)


def test_change_of_derivatives_applies_the_functor(reverse: GAD) -> None:
    doubled = change_of_derivatives(reverse, reverse, lambda df: reverse.k.compose(df, df))
    _, pullback = doubled(reverse.differentiate(p.scale(3, ())))((1,))
    assert pullback((1,)) == (9,)


def test_boundaries_are_checked_in_words(reverse: GAD) -> None:
    one, two = reverse.differentiate(p.exp((2,))), reverse.differentiate(p.exp((3,)))
    words = r"GAD over dual of additive maps of plain: Differentiable\(R\[2\] → R\[2\]\) does not compose with"
    with pytest.raises(BoundaryError, match=words):
        reverse.compose(one, two)
    with pytest.raises(BoundaryError, match="the pairing's left does not compose with its right"):
        reverse.pairing(one, two)


def test_a_free_symbol_has_no_derivative(reverse: GAD) -> None:
    term = symbol("f", SCALAR, SCALAR)
    with pytest.raises(MissingOperation, match="plain has no 'f'"):
        reverse.differentiate(term)


def test_values_and_derivatives_are_of_two_categories(plain: Functions, plain_engine: Callable[..., Any]) -> None:
    """The identity is the value's own, with the identity of the derivatives: of continuations, here."""
    gad = GAD(plain, Cont(AdditiveMaps(plain_engine()), SCALAR))
    value, derivative = gad.identity(SCALAR)((3,))
    assert (value, derivative.dom, derivative.cod) == ((3,), SCALAR, SCALAR)
    assert derivative.transform("h") == "h"
