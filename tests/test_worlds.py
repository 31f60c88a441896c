"""Worlds: the same name is the same thing, examples replay, and a mutant breaks a copy."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat.category import Terms, interpret
from verified_cat.draw import Style, seeded
from verified_cat.errors import MissingOperation, UsageError
from verified_cat.fragment import Fragment
from verified_cat.functions import Arrow, Functions
from verified_cat.lens import Bundle, ReverseDerivative
from verified_cat.meanings import MEANINGS
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, space
from verified_cat.own import OwnCategory, OwnReverse
from verified_cat.para import ParaMap
from verified_cat.primitives import exp, multiply
from verified_cat.terms import Copy, Swap, Term
from verified_cat.worlds import WORLDS, DrawnSource, Draws, Mutant, World, drawing, mutated, replayed, world

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


@pytest.mark.parametrize(("place", "again"), [(0, True), (1, True), (2, False)])
def test_two_times_in_three_an_object_is_one_met_before(place: int, again: bool) -> None:
    met, drawn = space(9, 9), Draws(lambda options: options[place % len(options)], Style())
    drawn.objects["A"] = met
    assert (drawn.object("B") == met) is again


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


def test_an_example_is_written_for_engines_and_for_readers() -> None:
    draws = Draws(seeded(5), Style("any", 2), by_terms=True)
    draws.objects["A"] = A
    draws.terms["f"] = Swap(SCALAR, A)
    draws.points["x"] = SCALAR, (Fraction(1, 3),)
    example = json.loads(json.dumps(draws.as_example()))
    assert example["text"] == {"f": f"{Swap(SCALAR, A)} : (R ⊗ R[2]) → (R[2] ⊗ R)"}
    assert set(example) == {"objects", "terms", "points", "by terms", "text"}
    again = replayed(example)
    assert (again.objects, again.terms, again.points) == (draws.objects, draws.terms, draws.points)
    assert (
        again.by_terms and not replayed(example | {"by terms": 1}).by_terms and not Draws(seeded(0), Style()).by_terms
    )


@pytest.mark.parametrize("point", [[1], [1, 2, 3], {"ob": 1}, "ab"])
def test_a_point_is_an_object_with_a_value_of_it(point: Any) -> None:
    with pytest.raises(UsageError, match="the point 'x' of the example is not an object with a value of it"):
        replayed({"objects": {}, "terms": {}, "points": {"x": point}})


def test_special_points_are_special_floats() -> None:
    drawn = [Draws(seeded(seed), Style()).point("x", SCALAR, "float64") for seed in range(40)]
    plain = [Draws(seeded(seed), Style()).point("x", SCALAR) for seed in range(40)]
    assert any(isinstance(number, float) for (number,) in drawn)
    assert not any(isinstance(number, float) for (number,) in plain)


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


OBJECTS: dict[str, Ob] = {"A": space(2), "B": space(3), "A back": space(4), "B back": space(5)}
OBJECTS |= {"f.P": space(6), "f.P back": space(7), "f.M": space(8)}

DRAWN: dict[str, dict[str, str]] = {
    "functions": {"f": "R[2] → R[3]"},
    "additive": {"f": "R[2] → R[3]"},
    "dual": {"f": "R[3] → R[2]"},
    "cont": {"f": "R[2] → R[3]"},
    "begin": {"f": "R[2] → R[3]"},
    "forward": {"f": "R[2] → R[3]", "f derivative": "R[2] → R[3]"},
    "D": {"f": "R[2] → R[3]", "f derivative": "R[2] → R[3]"},
    "lens": {"f.get": "R[2] → R[3]", "f.put": "(R[2] ⊗ R[5]) → R[4]"},
    "optic": {"f.l": "R[2] → (R[8] ⊗ R[3])", "f.r": "(R[8] ⊗ R[5]) → R[4]"},
    "R": {"f": "R[2] → R[3]"},
    "para": {"f": "(R[6] ⊗ R[2]) → R[3]"},
    "para over D": {"f": "(R[6] ⊗ R[2]) → R[3]", "f derivative": "(R[6] ⊗ R[2]) → R[3]"},
    "para over lens": {
        "f.get": "(R[6] ⊗ R[2]) → R[3]",
        "f.put": "((R[6] ⊗ R[2]) ⊗ R[5]) → (R[7] ⊗ R[4])",
    },
    "acting on itself": {"f": "(R[6] ⊗ R[2]) → R[3]"},
    "acting linearly": {"f": "(R[6] ⊗ R[2]) → R[3]"},
    "acting by powers": {"f": "(R[2] ⊗ R[2]) → R[3]"},
    "learn": {
        "f.I": "(R[6] ⊗ R[2]) → R[3]",
        "f.U": "((R[6] ⊗ R[2]) ⊗ R[3]) → R[6]",
        "f.r": "((R[6] ⊗ R[2]) ⊗ R[3]) → R[2]",
    },
}
"""What a generic morphism f : A → B of each world is made of, where all objects differ."""


def differing(engine: Any, **given: Any) -> DrawnSource:
    draws = Draws(seeded(0), Style("polynomial", 1), **given)
    draws.objects.update(OBJECTS)
    return DrawnSource(engine, draws)


def boundaries(where: World) -> dict[str, str]:
    terms: dict[str, Term] = where.source.draws.terms  # type: ignore[attr-defined]
    return {name: f"{term.dom} → {term.cod}" for name, term in terms.items()}


def test_every_world_is_looked_at() -> None:
    assert list(WORLDS) == list(DRAWN)


@pytest.mark.parametrize("name", WORLDS)
def test_what_a_generic_morphism_is_made_of(name: str, plain_engine: Make) -> None:
    where = world(name, differing(plain_engine()))
    a, b = where.object("A"), where.object("B")
    where.morphism("f", a, b)
    assert boundaries(where) == DRAWN[name]
    bundles = "lens" in name or name == "optic"
    assert a == (Bundle(space(2), space(4)) if bundles else space(2))
    assert where.pair(a, b) == (Bundle(Pair(space(2), space(3)), Pair(space(4), space(5))) if bundles else Pair(a, b))
    assert where.image(SCALAR) == (Bundle(SCALAR, SCALAR) if bundles else SCALAR)


@pytest.mark.parametrize("name", [name for name in DRAWN if name in MEANINGS])
def test_the_same_from_terms_alone(name: str, plain_engine: Make) -> None:
    """As categories of others are asked: derivatives are then those of the terms, and no family beside them."""
    where = world(name, differing(plain_engine(), by_terms=True))
    where.morphism("f", where.object("A"), where.object("B"))
    expected = {key: text for key, text in DRAWN[name].items() if not key.endswith("derivative")}
    if name == "dual":  # the term is read backwards there
        expected = {"f": "R[2] → R[3]"}
    assert boundaries(where) == expected


OVER = {"para": {"r"}, "para over D": {"r", "r derivative"}, "para over lens": {"r.get", "r.put"}}
OVER |= {"acting on itself": {"r"}, "acting linearly": {"r"}}


@pytest.mark.parametrize("name", OVER)
def test_what_a_morphism_underneath_is_made_of(name: str, plain_engine: Make) -> None:
    where = world(name, differing(plain_engine()))
    where.underneath("r", where.object("A"), where.object("B"))
    assert set(boundaries(where)) == OVER[name]
    if name in MEANINGS:
        where = world(name, differing(plain_engine(), by_terms=True))
        where.underneath("r", where.object("A"), where.object("B"))
        assert set(boundaries(where)) == {key for key in OVER[name] if "derivative" not in key}


def test_powers_are_reindexed_by_functions_that_are_neither_monotone_nor_constant(plain_engine: Make) -> None:
    where = world("acting by powers", differing(plain_engine()))
    assert where.underneath("r", 3, 4).at == (1, 2, 2, 1)
    assert where.underneath("rr", 2, 3).at == (0, 1, 0)
    assert {name: where.morphism(name, A, B).param for name in "fghk"} == {"f": 2, "g": 3, "h": 2, "k": 1}


def test_a_learner_has_its_three_parts_in_their_places(plain_engine: Make) -> None:
    """The update goes to the parameters, and the request to the input."""
    where = world("learn", differing(plain_engine()))
    learner = where.morphism("f", where.object("A"), where.object("B"))
    assert (learner.param, learner.dom, learner.cod) == (space(6), space(2), space(3))
    at = ((tuple(map(Fraction, range(6))), (Fraction(7), Fraction(8))), (Fraction(9), Fraction(1), Fraction(2)))
    assert (len(learner.implement(at[0])), len(learner.update(at)), len(learner.request(at))) == (3, 6, 2)
    assert where.observe(learner).cod == Pair(Pair(space(3), space(6)), space(2))


def test_a_bijection_is_undone_by_its_inverse(plain_engine: Make) -> None:
    """(x, y) ↦ (y + f(x), x), and for each x of another object y ↦ y + f(x)."""
    drawn, a = source(plain_engine(), 3), Pair(A, B)
    x, y = (Fraction(2), Fraction(-3)), (Fraction(5), Fraction(7), Fraction(1, 2))
    there, back = drawn.bijection("s", a)
    assert (there.dom, there.cod, back.dom, back.cod) == (a, Pair(B, A), Pair(B, A), a)
    moved, kept = there((x, y))
    assert kept == x and moved != y and back((moved, kept)) == (x, y)
    there, back = drawn.bijections("t", A, B)
    assert (there.dom, there.cod, back.dom, back.cod) == (a, B, a, B)
    assert there((x, y)) != y and back((x, there((x, y)))) == y
    assert [set(drawn.draws.terms), {str(term.dom) for term in drawn.draws.terms.values()}] == [{"s", "t"}, {"R[2]"}]


@pytest.mark.parametrize("name", ["forward", "D"])
def test_an_isomorphism_of_derivatives_is_undone_with_them(name: str, plain_engine: Make) -> None:
    where = world(name, source(plain_engine(), 3))
    there, back = where.source.diffeomorphism("s", where.category, Pair(A, B))
    x, dx = (((Fraction(2), Fraction(-3)), (Fraction(5), Fraction(7), Fraction(1, 2))) for _ in range(2))
    value, derivative = where.category.compose(there, back).run(x)
    assert there.run(x)[0] != x[::-1] and value == x and derivative(dx) == dx


def test_learning_steps_down_the_square_of_the_error(plain_engine: Make) -> None:
    """y = p x at p = 2, x = 3, against 1: ∂/∂p ½ (p x - 1)² = 15, ∂/∂x = 10; so p - 15/10, and the wish x - 10."""
    where = world("para over D", source(plain_engine()))
    line = ParaMap(SCALAR, SCALAR, SCALAR, where.category.base.differentiate(multiply(())))
    learner, two, three, one = where.learning(line), (Fraction(2),), (Fraction(3),), (Fraction(1),)
    assert learner.implement((two, three)) == (6,)
    assert learner.update(((two, three), one)) == (Fraction(1, 2),)
    assert learner.request(((two, three), one)) == (-7,)
    derivative, inverse = (part(A) for part in (where.source.error().derivative, where.source.error().inverse))
    assert derivative(((5, 7), (2, 3))) == (3, 4) and inverse(((5, 7), (3, 4))) == (2, 3)


def test_a_step_goes_a_tenth_of_the_way_down(plain_engine: Make) -> None:
    step = source(plain_engine()).step(Pair(SCALAR, SCALAR))
    assert step((((Fraction(3),), (Fraction(5),)), ((Fraction(10),), (Fraction(1),)))) == ((2,), (Fraction(49, 10),))


def test_a_derivative_may_be_of_another_function(plain_engine: Make) -> None:
    """So that a law that confuses f' with something of f is seen to."""
    where = world("forward", differing(plain_engine()))
    f = where.morphism("f", SCALAR, SCALAR)
    terms = where.source.draws.terms  # type: ignore[attr-defined]
    functions, at = where.source.functions, (Fraction(3, 2),)
    value, derivative = f.run(at)
    assert value == functions.meaning(terms["f"])(at)
    _, other = where.category.differentiate(terms["f derivative"]).run(at)
    assert derivative((Fraction(1),)) == other((Fraction(1),))


def test_the_reverse_derivative_of_a_term(plain_engine: Make) -> None:
    where = world("R", source(plain_engine()))
    back = where.reverse(Copy(SCALAR) >> multiply(()))
    assert where.observe(back)(((Fraction(3),), (Fraction(1),))) == (6,)


def test_additive_maps_act_on_functions(plain_engine: Make) -> None:
    where = world("acting linearly", source(plain_engine()))
    action = where.category.action
    assert action.scalars is where.source.additive and action.base is where.source.functions
    r = where.underneath("r", A, A)
    assert action.morphism(r, where.source.functions.meaning(Copy(B)))(((1, 2), (3, 4, 5)))[1] == ((3, 4, 5),) * 2


class Symbolic(Terms):
    """A category of another's, whose morphisms are terms, with reverse derivatives of them."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def observe(self, f: Term) -> Arrow:
        return Functions(self.engine).meaning(f)

    def reverse(self, f: Term) -> Term:
        return interpret(f, ReverseDerivative(Terms())).put  # type: ignore[no-any-return]


def test_in_a_category_of_another_terms_are_observed_as_its_own(plain_engine: Make) -> None:
    """R[f] of a term f is an operation in R, and has the meaning that the category gives it."""
    engine = plain_engine()
    engine.worlds, engine.category = {"R", "functions"}, lambda name: Symbolic(engine)
    square, at = Copy(SCALAR) >> multiply(()), ((Fraction(3),), (Fraction(2),))
    draws = Draws(seeded(0), Style(), by_terms=True)
    where = world("R", DrawnSource(engine, draws))
    assert type(where.category) is OwnReverse and type(where.category.own) is OwnCategory
    assert where.observe(where.reverse(square))(at) == (12,)
    where = world("functions", DrawnSource(engine, draws))
    assert type(where.category) is OwnCategory and where.observe(multiply(()))(at) == (6,)


def test_what_is_drawn_is_what_has_a_meaning_in_the_engine(plain_engine: Make) -> None:
    draws = drawing(plain_engine(), "para", seeded(0), Style("linear", 1))
    assert (draws.style, draws.by_terms, draws.fragment) == (Style("linear", 1), False, Fragment())
    assert (draws.objects, draws.terms, draws.points) == ({}, {}, {})
    few = plain_engine()
    few.operations = ("negate", "scale")
    assert drawing(few, "para", seeded(0), Style()).fragment == Fragment(operations=frozenset({"negate", "scale"}))
    few.worlds, few.category = {"D"}, lambda name: Functions(few)
    assert drawing(few, "D", seeded(0), Style()).by_terms


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


@pytest.mark.parametrize("part", ["learning", "components", "spans"])
def test_a_mutant_breaks_what_stands_beside_the_category(plain_engine: Make, part: str) -> None:
    """The functor L, losses and steps, and learners as spans: the world's is broken, and the class is not."""
    right = getattr(world("learn", source(plain_engine())), part)
    methods = [each for each in dir(type(right)) if not each.startswith("_") and callable(getattr(right, each))]
    name = methods[0] if methods else "__call__"
    broken = world("learn", source(plain_engine()), Mutant("learn", {name: lambda *_: "broken"}, "is wrong", part))
    assert getattr(broken, part).__class__.__name__ == f"Broken{type(right).__name__}"
    assert getattr(getattr(broken, part), name)() == "broken"
    assert type(getattr(world("learn", source(plain_engine())), part)) is type(right)
    assert type(broken.category).__name__ == "Learn"


def test_broken_additive_maps_and_functions_are_those_of_the_source(plain_engine: Make) -> None:
    for name, attribute in (("additive", "additive"), ("functions", "functions")):
        given = source(plain_engine())
        before = getattr(given, attribute)
        where = world(name, given, Mutant(name, {"swap": exchanged}, "the swap does nothing"))
        assert where.category is getattr(given, attribute) is not before


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
