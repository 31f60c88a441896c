"""Beginnings from R: a map A → B turns elements of A into elements of B; GAD over them is forward mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.begin import Begin, Beginning
from verified_cat.category import interpret
from verified_cat.errors import BoundaryError
from verified_cat.functions import AdditiveMaps, Arrow
from verified_cat.gad import GAD
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.terms import Associator, Copy, Discard, First, LeftUnitor, Second, Swap, Term

A, B = space(2), space(1)


@pytest.fixture
def additive(plain_engine: Callable[..., Any]) -> AdditiveMaps:
    return AdditiveMaps(plain_engine())


@pytest.fixture
def begin(additive: AdditiveMaps) -> Begin[Arrow]:
    return Begin(additive, SCALAR)


def scaled(value: Any, factor: int) -> Any:
    """Every number of a nested tuple times the factor."""
    return tuple(scaled(part, factor) if isinstance(part, tuple) else part * factor for part in value)


def element(ob: Any, value: Any) -> Arrow:
    """s ↦ s v : R → A."""
    return Arrow(SCALAR, ob, lambda s: scaled(value, s[0]))


SEEN: list[tuple[Term, Any]] = [
    (p.scale(3, (2,)), (1, 2)),
    (Copy(A), (1, 2)),
    (Swap(A, B), ((1, 2), (3,))),
    (Discard(A), (1, 2)),
    (First(A, B), ((1, 2), (3,))),
    (Second(A, B), ((1, 2), (3,))),
    (Associator(A, B, B), (((1, 2), (3,)), (4,))),
    (LeftUnitor(A), ((), (1, 2))),
    (Copy(A) >> (p.negate((2,)) @ Discard(A)), (1, 2)),
]


@pytest.mark.parametrize(("term", "value"), SEEN, ids=lambda part: str(part)[:30])
def test_transformers_follow(term: Term, value: Any, begin: Begin[Arrow], additive: AdditiveMaps) -> None:
    """Built from the structure of Begin, and as begin of the map itself: both take v to f(v)."""
    h, f = element(term.dom, value), additive.meaning(term)
    built = interpret(term, begin, lambda operation: begin.of(additive.generator(operation)))
    for found in (begin.of(f), built):
        assert found.transform(h)((5,)) == f(scaled(value, 5))
        assert (begin.dom(found), begin.cod(found)) == (term.dom, term.cod)


def test_coproduct_structure(begin: Begin[Arrow]) -> None:
    assert begin.merge(B).transform(element(Pair(B, B), ((3,), (4,))))((1,)) == (7,)
    assert begin.inject_first(B, B).transform(element(B, (3,)))((1,)) == ((3,), (0,))
    assert begin.inject_second(B, B).transform(element(B, (3,)))((1,)) == ((0,), (3,))
    assert begin.zero(A, B).transform(element(A, (1, 2)))((1,)) == (0,)


def test_what_is_transformed_has_its_boundary(begin: Begin[Arrow], additive: AdditiveMaps) -> None:
    """h : R → dom goes to a map R → cod; on a tensor of maps of three spaces, part by part."""
    c = space(3)
    f = begin.of(additive.meaning(p.sum_axes((2,)) >> p.broadcast((3,), (0,))))
    both = begin.tensor(f, begin.identity(B))
    assert (both.dom, both.cod) == (Pair(A, B), Pair(c, B))
    assert both.transform(element(Pair(A, B), ((1, 2), (5,))))((1,)) == ((3, 3, 3), (5,))
    for made, dom, cod in (
        (both, Pair(A, B), Pair(c, B)),
        (begin.zero(A, c), A, c),
        (begin.discard(A), A, UNIT),
        (begin.copy(A), A, Pair(A, A)),
        (begin.inject_first(A, c), A, Pair(A, c)),
        (begin.inject_second(A, c), c, Pair(A, c)),
        (begin.merge(A), Pair(A, A), A),
    ):
        assert (made.dom, made.cod) == (dom, cod)
        moved = made.transform(additive.zero(SCALAR, dom))
        assert (moved.dom, moved.cod) == (SCALAR, cod)
    assert repr(begin.zero(A, c)) == "Beginning(R[2] → R[3])"


def test_composition_runs_the_first_transformer_first(begin: Begin[Arrow]) -> None:
    f: Beginning[Any] = Beginning(A, B, lambda h: f"f({h})")
    g: Beginning[Any] = Beginning(B, UNIT, lambda h: f"g({h})")
    assert begin.compose(f, g).transform("h") == "g(f(h))"  # type: ignore[arg-type,comparison-overlap]
    assert begin.identity(A).transform("h") == "h"  # type: ignore[arg-type,comparison-overlap]
    with pytest.raises(BoundaryError, match=r"beginnings of additive maps of plain from R: Beginning\(R\[1\] → 1"):
        begin.compose(g, f)


def test_a_transformer_that_is_not_additive_breaks_the_coproduct_alone(begin: Begin[Arrow]) -> None:
    """F h = h + 1 is no additive transformer: ⟨F, F⟩ ; π₀ = F still holds, ι₀ ; [F, F] = F + F(0) is not F."""
    shifted: Beginning[Arrow] = Beginning(B, B, lambda h: Arrow(SCALAR, B, lambda s: (h(s)[0] + 1,)))
    h = element(B, (3,))
    paired = begin.compose(begin.pairing(shifted, shifted), begin.first(B, B))
    assert paired.transform(h)((1,)) == shifted.transform(h)((1,)) == (4,)
    copaired = begin.compose(begin.inject_first(B, B), begin.copairing(shifted, shifted))
    assert copaired.transform(h)((1,)) == (5,)


def test_derivatives_over_beginnings_are_forward_mode(begin: Begin[Arrow], plain: Any) -> None:
    """GAD over Begin: at (3, 5) the product takes s ↦ s v to s ↦ s (5 v₀ + 3 v₁)."""
    value, derivative = GAD(plain, begin).differentiate(p.multiply(()))(((3,), (5,)))
    assert value == (15,)
    direction = element(Pair(SCALAR, SCALAR), ((1,), (10,)))
    assert derivative.transform(direction)((1,)) == (35,)
    assert derivative.transform(direction)((2,)) == (70,)
