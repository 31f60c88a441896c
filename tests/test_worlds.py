"""Worlds: the same name is the same thing, examples replay, and a mutant breaks a copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verified_cat.draw import Style, seeded
from verified_cat.errors import MissingOperation, UsageError
from verified_cat.functions import Arrow, Functions
from verified_cat.lens import Bundle
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.para import ParaMap
from verified_cat.primitives import exp, multiply
from verified_cat.terms import Copy, Swap
from verified_cat.worlds import WORLDS, DrawnSource, Draws, Mutant, mutated, replayed, world

Make = Callable[..., Any]
A, B = space(2), space(3)


def source(engine: Any, seed: int = 0) -> DrawnSource:
    return DrawnSource(engine, Draws(seeded(seed), Style("polynomial", 1)))


# ------------------------------------------------------------------------------------------------ draws


def test_the_same_name_is_the_same_thing() -> None:
    draws = Draws(seeded(0), Style())
    assert draws.object("A") is draws.object("A")
    assert draws.term("f", A, B) is draws.term("f", A, B)
    assert draws.point("x", A) is draws.point("x", A)


def test_objects_are_met_again_under_other_names() -> None:
    """Equal types are where wrong plumbing still fits; unequal ones are where it does not."""
    drawn = [Draws(seeded(seed), Style()) for seed in range(100)]
    equal = sum(draws.object("A") == draws.object("B") for draws in drawn)
    assert 30 < equal < 90


def test_an_example_is_replayed_with_nothing_left_to_choose() -> None:
    draws = Draws(seeded(5), Style("any", 2))
    ob, term = draws.object("A"), draws.term("f", A, Pair(B, SCALAR))
    point = draws.point("x", A)
    again = replayed(draws.as_example())
    assert again.object("A") == ob
    assert again.term("f", A, Pair(B, SCALAR)) is term
    assert again.point("x", A) == point
    with pytest.raises(UsageError, match="the example does not hold all that the law draws"):
        again.object("B")


@pytest.mark.parametrize("example", [{}, {"objects": {}, "terms": {}}, {"objects": [], "terms": {}, "points": {}}])
def test_what_is_no_example_is_refused(example: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="an example holds objects, terms and points"):
        replayed(example)


# ------------------------------------------------------------------------------------------------ worlds


@pytest.mark.parametrize("name", WORLDS)
def test_generic_morphisms_have_the_boundary_asked_for(name: str, plain_engine: Make) -> None:
    """And two that meet compose, in every world, to one that can be observed on values."""
    where = world(name, source(plain_engine()))
    a, b, c = (where.object(each) for each in "ABC")
    f, g = where.morphism("f", a, b), where.morphism("g", b, c)
    if name == "R":
        assert (f.dom, f.cod) == (a, b)
        return
    assert (where.category.dom(f), where.category.cod(f)) == (a, b)
    both = where.observe(where.category.compose(f, g))
    assert isinstance(both, Arrow)
    point = where.source.draws.point("x", both.dom)  # type: ignore[attr-defined]
    both(point)


def test_lenses_stand_over_unrelated_objects(plain_engine: Make) -> None:
    where = world("lens", source(plain_engine(), seed=4))
    ob = where.object("A")
    assert isinstance(ob, Bundle)
    assert (ob.front, ob.back) == (where.source.object("A"), where.source.object("A back"))
    assert where.image(UNIT) == Bundle(UNIT, UNIT)
    assert where.pair(ob, ob).front == Pair(ob.front, ob.front)


def test_what_a_law_may_speak_of_is_observed(plain_engine: Make) -> None:
    where = world("para", source(plain_engine()))
    arrow = where.source.functions.identity(A)
    assert where.observe(arrow) is arrow
    assert where.observe(Copy(A))((1, 2)) == ((1, 2), (1, 2))
    inside = where.source.functions.meaning(multiply(()))
    assert where.observe(ParaMap(SCALAR, SCALAR, SCALAR, inside))(((3,), (5,))) == (15,)


def test_only_para_is_built_over_another_category(plain_engine: Make) -> None:
    assert isinstance(world("para", source(plain_engine())).underneath("r", A, B), Arrow)
    with pytest.raises(MissingOperation, match="functions of plain is not built over another category"):
        world("functions", source(plain_engine())).underneath("r", A, B)


def test_additive_worlds_draw_linear_terms(plain_engine: Make) -> None:
    for seed in range(20):
        f = world("additive", source(plain_engine(), seed)).morphism("f", A, B)
        assert f((0, 0)) == (0, 0, 0)
        assert f((2, 4)) == tuple(2 * number for number in f((1, 2)))


def test_an_unknown_world_is_refused(plain_engine: Make) -> None:
    with pytest.raises(UsageError, match=r"no world is called 'function'; did you mean functions\?"):
        world("function", source(plain_engine()))


# ------------------------------------------------------------------------------------------------ mutants


def exchanged(category: Any, a: Any, b: Any) -> Any:
    """σ that does nothing."""
    return category.arrow(Pair(a, b), Pair(b, a), lambda x: x)


def test_a_mutant_breaks_a_copy(plain_engine: Make) -> None:
    mutant = Mutant("functions", {"swap": exchanged}, "the swap does nothing")
    broken = world("functions", source(plain_engine()), mutant)
    assert broken.observe(Swap(A, A))(("a", "b")) == ("a", "b")
    assert broken.category.swap(A, A)(("a", "b")) == ("a", "b")
    assert world("functions", source(plain_engine())).category.swap(A, A)(("a", "b")) == ("b", "a")


def test_a_mutant_breaks_a_part(plain_engine: Make) -> None:
    """The pullback of a copy that forgets to add: D of x² is x instead of 2 x."""

    def first_only(k: Any, a: Any) -> Any:
        return k.arrow(Pair(a, a), a, lambda x: x[0])

    square = Copy(SCALAR) >> multiply(())
    mutant = Mutant("D", {"merge": first_only}, "cotangents are not added", "k.k")
    for planted, slope in ((mutant, 5), (None, 10)):
        where = world("D", source(plain_engine()), planted)
        assert where.category.differentiate(square)((5,))[1]((1,)) == (slope,)


def test_a_mutant_of_what_is_not_there_is_refused(plain_engine: Make) -> None:
    where = world("functions", source(plain_engine()))
    with pytest.raises(UsageError, match="Functions has no method 'swop' to break"):
        mutated(where.category, {"swop": exchanged})


def test_what_is_broken_is_a_copy_of_the_same_class(plain_engine: Make) -> None:
    whole = world("D", source(plain_engine())).category
    functions = whole.base
    broken = mutated(functions, {"swap": exchanged})
    assert Mutant("D", {"swap": exchanged}, "the swap does nothing", "base").applied(whole).base is not functions
    assert (broken.swap(A, A)(("a", "b")), functions.swap(A, A)(("a", "b"))) == (("a", "b"), ("b", "a"))
    assert (whole.base is functions, type(functions)) == (True, Functions)
    assert isinstance(broken, Functions)
    assert type(broken).__name__ == "BrokenFunctions"
    assert broken.meaning(exp(()))((0.0,)) == (1.0,)
