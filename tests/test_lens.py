"""Lenses compose as get forward and put back; the reverse derivative is the functor into them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.category import Terms, interpret
from verified_cat.errors import BoundaryError, MissingOperation
from verified_cat.functions import Arrow, Functions
from verified_cat.lens import Bundle, Lens, LensMap, ReverseDerivative, reverse_derivative
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, Space
from verified_cat.primitives import symbol
from verified_cat.terms import Associator, Copy, Discard, First, Identity, LeftUnitor, RightUnitor, Second, Swap, Term

A, A2, B, B2, C, C2 = (Sort(name) for name in ("A", "A'", "B", "B'", "C", "C'"))
IN, MID, OUT = Bundle(A, A2), Bundle(B, B2), Bundle(C, C2)


def lens(name: str, dom: Bundle, cod: Bundle) -> LensMap[Arrow]:
    """get and put that write down what they were called with."""
    get = Arrow(dom.front, cod.front, lambda a: f"{name}.get({a})")
    put = Arrow(Pair(dom.front, cod.back), dom.back, lambda ab: f"{name}.put({ab[0]}, {ab[1]})")
    return LensMap(dom, cod, get, put)


def test_composition(plain: Functions) -> None:
    """get = g.get ∘ f.get, put(a, c') = f.put(a, g.put(f.get(a), c'))."""
    both = Lens(plain).compose(lens("f", IN, MID), lens("g", MID, OUT))
    assert both.get("a") == "g.get(f.get(a))"
    assert both.put(("a", "c'")) == "f.put(a, g.put(f.get(a), c'))"
    assert (both.dom, both.cod) == (IN, OUT)


def test_tensor(plain: Functions) -> None:
    both = Lens(plain).tensor(lens("f", IN, MID), lens("g", MID, OUT))
    assert both.get(("a", "b")) == ("f.get(a)", "g.get(b)")
    assert both.put((("a", "b"), ("b'", "c'"))) == ("f.put(a, b')", "g.put(b, c')")
    assert both.dom == Bundle(Pair(A, B), Pair(A2, B2))


def test_identity_puts_what_it_is_given(plain: Functions) -> None:
    same = Lens(plain).identity(IN)
    assert (same.get("a"), same.put(("a", "a'"))) == ("a", "a'")


@pytest.mark.parametrize(
    ("term", "point", "there", "asked", "back"),
    [
        (Swap(A, B), ("a", "b"), ("b", "a"), ("b'", "a'"), ("a'", "b'")),
        (Associator(A, B, C), (("a", "b"), "c"), ("a", ("b", "c")), ("a'", ("b'", "c'")), (("a'", "b'"), "c'")),
        (LeftUnitor(A), ((), "a"), "a", "a'", ((), "a'")),
        (RightUnitor(A), ("a", ()), "a", "a'", ("a'", ())),
    ],
)
def test_isomorphisms_go_there_and_back(
    term: Term, point: Any, there: Any, asked: Any, back: Any, plain: Functions
) -> None:
    found = interpret(term, Lens(plain))
    assert (found.get(point), found.put((point, asked))) == (there, back)


def test_of_checks_each_part(plain: Functions) -> None:
    make, f = Lens(plain), lens("f", IN, MID)
    assert make.of(IN, MID, f.get, f.put).put is f.put
    for bad, words in (
        ((OUT, MID, f.get, f.put), "the source of get does not compose with the lens"),
        ((IN, OUT, f.get, f.put), "get does not compose with the lens: the first ends in B"),
        ((IN, Bundle(B, C2), f.get, f.put), "the source of put does not compose with A ⊗ B'"),
        ((Bundle(A, C2), MID, f.get, f.put), "put does not compose with A'"),
    ):
        with pytest.raises(BoundaryError, match=f"lenses over functions of plain: {words}"):
            make.of(*bad)


def test_lenses_that_do_not_meet(plain: Functions) -> None:
    with pytest.raises(BoundaryError) as caught:
        Lens(plain).compose(lens("f", IN, MID), lens("g", Bundle(B, C2), OUT))
    assert str(caught.value) == (
        "lenses over functions of plain: a lens does not compose with the next: the first ends in (B over B'), "
        "the second starts from (B over C')"
    )


# ------------------------------------------------------------------------------------------------ R

REVERSED: list[tuple[Term, Any, Any, Any]] = [
    (Copy(SCALAR), (3,), ((2,), (10,)), (12,)),
    (Discard(SCALAR), (3,), (), (0,)),
    (First(SCALAR, Space((2,))), ((3,), (4, 5)), (1,), ((1,), (0, 0))),
    (Second(SCALAR, UNIT), ((3,), ()), (), ((0,), ())),
    (p.multiply(()), ((3,), (5,)), (2,), ((10,), (6,))),
    (p.relu((2,)), (3, -3), (7, 7), (7, 0)),
    (Copy(SCALAR) >> p.multiply(()), (3,), (1,), (6,)),
    (p.constant((2,), 5), (), (1, 2), ()),
    (p.reciprocal(()), (Fraction(2),), (1,), (Fraction(-1, 4),)),
    ((p.negate(()) @ Identity(SCALAR)) >> p.add(()), ((3,), (5,)), (2,), ((-2,), (2,))),
]


@pytest.mark.parametrize(("term", "point", "cotangent", "pulled"), REVERSED, ids=lambda part: str(part)[:30])
def test_reverse_derivative(term: Term, point: Any, cotangent: Any, pulled: Any, plain: Functions) -> None:
    derivative = reverse_derivative(term)
    assert (derivative.dom, derivative.cod) == (Pair(term.dom, term.cod), term.dom)
    assert plain.meaning(derivative)((point, cotangent)) == pulled


def test_second_derivatives(plain: Functions) -> None:
    """R[R[x²]] at ((x, w), 1): R[x²](x, w) = 2 x w, so (2 w, 2 x)."""
    twice = reverse_derivative(reverse_derivative(Copy(SCALAR) >> p.multiply(())))
    assert plain.meaning(twice)((((3,), (5,)), (1,))) == ((10,), (6,))


def test_pairing_adds_cotangents(plain: Functions) -> None:
    r = ReverseDerivative(plain)
    f, g = (interpret(p.scale(factor, ()), r) for factor in (2, 3))
    assert r.pairing(f, g).put(((7,), ((1,), (10,)))) == (32,)
    with pytest.raises(BoundaryError, match="the pairing's left"):
        r.pairing(f, interpret(p.exp((2,)), r))


def test_objects_are_doubled(plain: Functions) -> None:
    found = interpret(p.add(()), ReverseDerivative(Terms()))
    scalars: Ob = Pair(SCALAR, SCALAR)
    assert found.dom == Bundle(scalars, scalars)
    assert found.get is p.add(())


def test_a_free_symbol_has_no_reverse_derivative() -> None:
    with pytest.raises(MissingOperation, match="f is a free symbol; the table holds no derivative of it"):
        reverse_derivative(symbol("f", SCALAR, SCALAR))
