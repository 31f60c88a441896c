"""Continuations into R: a map A → B turns functionals on B into functionals on A."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.category import interpret
from verified_cat.cont import Cont, Continuation
from verified_cat.errors import BoundaryError
from verified_cat.functions import AdditiveMaps, Arrow
from verified_cat.gad import GAD
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, space
from verified_cat.terms import Associator, Copy, Discard, First, LeftUnitor, Second, Swap, Term

A, B = space(2), space(1)


@pytest.fixture
def additive(plain_engine: Callable[..., Any]) -> AdditiveMaps:
    return AdditiveMaps(plain_engine())


@pytest.fixture
def cont(additive: AdditiveMaps) -> Cont[Arrow]:
    return Cont(additive, SCALAR)


def weigh(ob: Ob, value: Any, weight: int = 1) -> tuple[int, int]:
    """(Σ 10^i xᵢ, the next weight): a functional that tells all entries apart."""
    if isinstance(ob, Pair):
        left, weight = weigh(ob.left, value[0], weight)
        right, weight = weigh(ob.right, value[1], weight)
        return left + right, weight
    total = 0
    for number in value:
        total, weight = total + weight * number, weight * 10
    return total, weight


def functional(ob: Ob) -> Arrow:
    return Arrow(ob, SCALAR, lambda x: (weigh(ob, x)[0],))


SEEN: list[tuple[Term, Any, int]] = [
    (p.scale(3, (2,)), (1, 2), 63),
    (Copy(A), (1, 2), 2121),
    (Swap(A, B), ((1, 2), (3,)), 213),
    (Discard(A), (1, 2), 0),
    (First(A, B), ((1, 2), (3,)), 21),
    (Second(A, B), ((1, 2), (3,)), 3),
    (Associator(A, B, B), (((1, 2), (3,)), (4,)), 4321),
    (LeftUnitor(A), ((), (1, 2)), 21),
    (Copy(A) >> (p.negate((2,)) @ Discard(A)), (1, 2), -21),
]


@pytest.mark.parametrize(("term", "point", "seen"), SEEN, ids=lambda part: str(part)[:30])
def test_transformers_precompose(term: Term, point: Any, seen: int, cont: Cont[Arrow], additive: AdditiveMaps) -> None:
    """Built from the structure of Cont, and as cont of the map itself: both are h ↦ h ∘ f."""
    h = functional(term.cod)
    direct = cont.of(additive.meaning(term))
    assert direct.transform(h)(point) == (seen,)
    built = interpret(term, cont, lambda operation: cont.of(additive.generator(operation)))
    assert built.transform(h)(point) == (seen,)
    assert (cont.dom(built), cont.cod(built)) == (term.dom, term.cod)


def test_coproduct_structure(cont: Cont[Arrow]) -> None:
    h, both = functional(B), functional(Pair(B, B))
    assert cont.merge(B).transform(h)(((3,), (4,))) == (7,)
    assert cont.inject_first(B, B).transform(both)((3,)) == (3,)
    assert cont.inject_second(B, B).transform(both)((3,)) == (30,)
    assert cont.zero(A, B).transform(h)((1, 2)) == (0,)


def test_what_is_transformed_has_its_boundary(cont: Cont[Arrow], additive: AdditiveMaps) -> None:
    """h : cod → R goes to a map dom → R; on a tensor of maps of three spaces, part by part."""
    c = space(3)
    f = cont.of(additive.meaning(p.sum_axes((2,)) >> p.broadcast((3,), (0,))))
    both = cont.tensor(f, cont.identity(B))
    assert both.transform(functional(Pair(c, B)))(((1, 2), (5,))) == (3 + 30 + 300 + 5000,)
    for made, dom, cod in (
        (both, Pair(A, B), Pair(c, B)),
        (cont.zero(A, c), A, c),
        (cont.discard(A), A, UNIT),
        (cont.copy(A), A, Pair(A, A)),
        (cont.first(A, c), Pair(A, c), A),
        (cont.second(A, c), Pair(A, c), c),
        (cont.inject_first(A, c), A, Pair(A, c)),
        (cont.inject_second(A, c), c, Pair(A, c)),
        (cont.merge(A), Pair(A, A), A),
    ):
        assert (made.dom, made.cod) == (dom, cod)
        moved = made.transform(additive.zero(cod, SCALAR))
        assert (moved.dom, moved.cod) == (dom, SCALAR)
    assert repr(cont.zero(A, c)) == "Continuation(R[2] → R[3])"


def test_composition_runs_the_second_transformer_first(cont: Cont[Arrow]) -> None:
    f: Continuation[Any] = Continuation(A, B, lambda h: f"f({h})")
    g: Continuation[Any] = Continuation(B, UNIT, lambda h: f"g({h})")
    assert cont.compose(f, g).transform("h") == "f(g(h))"  # type: ignore[arg-type,comparison-overlap]
    assert cont.identity(A).transform("h") == "h"  # type: ignore[arg-type,comparison-overlap]
    with pytest.raises(
        BoundaryError, match=r"continuations of additive maps of plain into R: Continuation\(R\[1\] → 1"
    ):
        cont.compose(g, f)


def test_derivatives_over_continuations_are_gradients(cont: Cont[Arrow], plain: Any) -> None:
    """GAD over Cont: at (3, 5) the product turns h into h ∘ (v ↦ 5 v₀ + 3 v₁)."""
    value, derivative = GAD(plain, cont).differentiate(p.multiply(()))(((3,), (5,)))
    identity = Arrow(SCALAR, SCALAR, lambda x: x)
    assert value == (15,)
    assert derivative.transform(identity)(((1,), (10,))) == (35,)
