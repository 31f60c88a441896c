"""Shears and translations: each with its inverse, on spaces, pairs and 1; and what is assumed of them for a solver."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.bijections import shear, translation
from verified_cat.draw import Style, draw_exact, draw_term, seeded
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, space
from verified_cat.primitives import Symbol, constant, scale, sum_axes
from verified_cat.proofs.hypotheses import additive_in_second, inverse_families, resting
from verified_cat.proofs.obligations import model_failure, registered_model
from verified_cat.reference import SympyEngine
from verified_cat.terms import Identity

ENGINE = SympyEngine()
OBJECTS = (UNIT, SCALAR, space(3), Pair(SCALAR, space(2)), Pair(Pair(SCALAR, SCALAR), UNIT))


def drawn(name: str, dom: Ob, cod: Ob) -> Any:
    return draw_term(seeded(len(name)), dom, cod, Style("polynomial", 2))


@pytest.mark.parametrize("ob", OBJECTS, ids=str)
def test_a_shear_is_undone_by_its_inverse(ob: Ob) -> None:
    there, back = shear("f", ob, drawn)
    assert there.dom == back.cod == ob
    assert there.cod == back.dom
    for both in (there >> back, back >> there):
        point = ENGINE.lift(both.dom, draw_exact(seeded(1), both.dom))
        found = Functions(ENGINE).meaning(both).run(point)
        assert ENGINE.lower(both.cod, found) == ENGINE.lower(both.dom, point)


def test_a_shear_moves_something() -> None:
    there, _ = shear("f", space(3), lambda name, dom, cod: drawn(name * 5, dom, cod))
    point = ENGINE.lift(space(3), draw_exact(seeded(1), space(3)))
    found = Functions(ENGINE).meaning(there).run(point)
    assert ENGINE.lower(space(3), found) != ENGINE.lower(space(3), point)


def test_a_translation_is_a_bijection_at_each_point() -> None:
    there, back = translation("f", SCALAR, space(2), drawn)
    assert (there.dom, there.cod) == (Pair(SCALAR, space(2)), space(2))
    x = ENGINE.lift(SCALAR, draw_exact(seeded(2), SCALAR))
    y = ENGINE.lift(space(2), draw_exact(seeded(3), space(2)))
    moved, undone = (Functions(ENGINE).meaning(each).run for each in (there, back))
    assert ENGINE.lower(space(2), undone((x, moved((x, y))))) == ENGINE.lower(space(2), y)


def test_shears_by_hand(plain: Functions) -> None:
    """(x, y) ↦ (y + 3 Σ x, x), and y ↦ y + 3."""
    asked = []

    def make(name: str, dom: Ob, cod: Ob) -> Any:
        asked.append((name, dom, cod))
        return constant((), 3) if dom == UNIT else sum_axes((2,)) >> scale(3, ())

    there, back = shear("f", Pair(space(2), SCALAR), make)
    assert plain.meaning(there)(((1, 2), (10,))) == ((19,), (1, 2))
    assert plain.meaning(back)(((19,), (1, 2))) == ((1, 2), (10,))
    there, back = shear("g", SCALAR, make)
    assert (plain.meaning(there)((10,)), plain.meaning(back)((10,))) == ((13,), (7,))
    assert asked == [("f", space(2), SCALAR), ("g", UNIT, SCALAR)]
    assert shear("h", UNIT, make) == (Identity(UNIT), Identity(UNIT))
    there, back = translation("f", space(2), SCALAR, make)
    assert plain.meaning(there)(((1, 2), (10,))) == (19,) and plain.meaning(back)(((1, 2), (19,))) == (10,)


A, B, X = Sort("A"), Sort("B"), Sort("X")


def test_what_is_assumed_has_a_model() -> None:
    there, back = Symbol("h", Pair(X, A), B), Symbol("k", Pair(X, B), A)
    families = inverse_families(there, back)
    additive = tuple(additive_in_second(each, invertible=True) for each in (there, back))
    assumed = (families, *additive, resting(A))
    assert not model_failure(assumed, registered_model(assumed))


def test_families_that_are_not_opposite_are_refused() -> None:
    with pytest.raises(ValueError, match="not opposite"):
        inverse_families(Symbol("h", Pair(X, A), B), Symbol("k", Pair(X, A), B))
