"""Morphisms of another's category, held: the boundary, and each part that a law may read off what is observed."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.functions import Arrow
from verified_cat.held import PARTS, Held, OwnFault, Unstated
from verified_cat.lens import Bundle
from verified_cat.objects import Ob, Pair, space
from verified_cat.own import OwnCategory

A, B, P = space(2), space(3), space(4)
ENDS: dict[str, tuple[Ob, Ob]] = {
    "functions": (A, B),
    "additive": (A, B),
    "dual": (B, A),
    "forward": (Pair(A, A), Pair(B, B)),
    "D": (Pair(A, B), Pair(B, A)),
    "para": (Pair(P, A), B),
    "para over D": (Pair(Pair(P, A), B), Pair(B, Pair(P, A))),
    "learn": (Pair(Pair(P, A), B), Pair(Pair(B, P), A)),
    "lens": (Pair(A, B), Pair(B, A)),
    "para over lens": (Pair(Pair(P, A), B), Pair(B, Pair(P, A))),
}
"""The function that is observed of A → B in each world, or of (P, A → B)."""


class Watched:
    """A category whose morphisms are words. What is observed of one gives back what it is given, with a mark."""

    def __init__(self, world: str) -> None:
        self.world, self.observed = world, 0
        self.over = Bundle if world in ("lens", "para over lens") else lambda front, back: front
        self.ends = ENDS[world]

    def dom(self, f: str) -> Any:
        return self.over(A, A)

    def cod(self, f: str) -> Any:
        return self.over(B, B)

    def param(self, f: str) -> Any:
        return self.over(P, P)

    def inside(self, f: str) -> str:
        return f"inside {f}"

    def observe(self, f: str) -> Any:
        self.observed += 1
        return Arrow(*self.ends, lambda x: answer(self.world, x))


def answer(world: str, x: Any) -> Any:
    """What the observed function gives: of two parts, or of three, each with the whole of what it was given."""
    if world == "learn":
        return (("I", x), ("U", x)), ("r", x)
    return ("run", x) if world in ("functions", "additive", "dual", "para") else (("first", x), ("second", x))


class Engine:
    """Every world, with nothing promised; values are the exact numbers."""

    name, precision = "watched", "exact"
    worlds = frozenset(ENDS)

    def category(self, world: str) -> Watched:
        return Watched(world)

    def lift(self, ob: Ob, exact: Any) -> Any:
        return exact


def held(world: str) -> Held:
    return Held(OwnCategory(Engine(), world), "f")


NONE: dict[str, Any] = {"A": (0, 0), "B": (0, 0, 0)}


def test_it_is_named_by_its_category() -> None:
    assert repr(held("lens")) == "a morphism of lens of watched"


@pytest.mark.parametrize("world", ENDS)
def test_boundaries(world: str) -> None:
    """That of the category; a morphism of Dual is a function the other way, and its boundary is that one's."""
    f = held(world)
    over = Bundle if world in ("lens", "para over lens") else lambda front, back: front
    expected = (B, A) if world == "dual" else (over(A, A), over(B, B))
    assert (f.dom, f.cod) == expected
    assert (f.seen().dom, f.seen().cod) == ENDS[world]


def test_it_is_observed_once() -> None:
    f = held("functions")
    assert f.seen() is f.seen() and f.run("x") == ("run", "x") and f._category._given.observed == 1


def test_functions_run() -> None:
    for world in ("functions", "additive", "dual"):
        assert held(world).run("x") == ("run", "x") and held(world).length == 1


@pytest.mark.parametrize(("world", "zero", "other"), [("forward", NONE["A"], (A, B)), ("D", NONE["B"], (B, A))])
def test_derivatives_run_to_a_value_and_an_additive_map(world: str, zero: Any, other: tuple[Ob, Ob]) -> None:
    """a ↦ (f(a), f'(a)): the value does not depend on the tangent, which is 0 there."""
    value, slope = held(world).run("a")
    assert value == ("first", ("a", zero))
    assert (slope.dom, slope.cod) == other and slope.run("v") == ("second", ("a", "v"))


def test_lenses_have_a_get_and_a_put() -> None:
    get, put = held("lens").get, held("lens").put
    assert (get.dom, get.cod) == (A, B) and get.run("a") == ("first", ("a", NONE["B"]))
    assert (put.dom, put.cod) == (Pair(A, B), A) and put.run(("a", "b")) == ("second", ("a", "b"))


@pytest.mark.parametrize(("world", "under"), [("para", "functions"), ("para over D", "D"), ("para over lens", "lens")])
def test_parametrised_maps_have_parameters_and_a_map_inside(world: str, under: str) -> None:
    f = held(world)
    assert f.param == (Bundle(P, P) if world == "para over lens" else P)
    assert isinstance(f.inside, Held) and repr(f.inside) == f"a morphism of {under} of watched"
    assert f.inside._inside == "inside f"


def test_learners_implement_update_and_request() -> None:
    f, given = held("learn"), (("p", "a"), "b")
    assert f.param == P
    assert f.implement(("p", "a")) == ("I", (("p", "a"), NONE["B"]))
    assert f.update(given) == ("U", given) and f.request(given) == ("r", given)


def test_no_other_part_is_read() -> None:
    for world in ENDS:
        parts = {name for each, name in PARTS if each == world}
        for name in {name for _, name in PARTS} - parts:
            with pytest.raises(Unstated, match=f"^the law reads `{name}` of a morphism$"):
                getattr(held(world), name)
        with pytest.raises(AttributeError, match="__length_hint__"):
            held(world).__length_hint__  # noqa: B018


def test_what_is_observed_has_the_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENDS, "functions", (A, A))
    with pytest.raises(OwnFault, match=r"gave a function R\[2\] → R\[2\], not R\[2\] → R\[3\]"):
        held("functions").seen()
