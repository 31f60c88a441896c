"""A category of another's: which methods are asked for, what is passed to them, and the boundary of what is seen."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from verified_cat.draw import Style, seeded
from verified_cat.dual import Dual
from verified_cat.errors import MissingOperation
from verified_cat.fragment import Fragment
from verified_cat.functions import AdditiveMaps, Arrow, Functions
from verified_cat.held import Held, OwnFault, Unstated
from verified_cat.laws.strict_categories import WORLDS, SealedEngine
from verified_cat.lens import Bundle
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, space
from verified_cat.own import (
    CELLS,
    METHODS,
    UNDERNEATH,
    OwnCategory,
    OwnFunctions,
    OwnReverse,
    Reversed,
    absent,
    declared,
    fragment_of,
    functions_of,
    table_of,
)
from verified_cat.primitives import exp, multiply, negate, tanh
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.terms import Copy, First, Pairing, Second, operations
from verified_cat.worlds import DrawnSource, Draws, World, world

SEALED = SealedEngine(NumpyEngine())
A, B = space(2), space(3)


def engine(category: Any, worlds: Any = ("functions",), **more: Any) -> Any:
    """An engine with this category in each of these worlds."""
    given = NumpyEngine()
    found = {"name": "mine", "precision": "float64", "worlds": worlds, "lift": given.lift, "lower": given.lower}
    return SimpleNamespace(category=lambda name: category, **found | more)


# ------------------------------------------------------------------------------------------------ what is declared


def test_worlds_are_declared_with_a_promise_or_without() -> None:
    assert declared(NumpyEngine()) is None
    assert declared(engine(None, {"D": "cartesian", "lens": "monoidal"})) == {"D": "cartesian", "lens": "monoidal"}
    assert declared(engine(None, {"lens", "D"})) == {"D": "", "lens": ""}
    assert absent(NumpyEngine(), "D") == "" == absent(engine(None, {"D"}), "D")
    assert absent(engine(None, {"D"}), "lens") == "the engine declares no 'lens'"
    assert OwnCategory(engine(Functions(NumpyEngine()), {"D": "cartesian"}), "D").name == "D of mine"


def test_what_constructions_are_built_over() -> None:
    assert UNDERNEATH == {
        "forward": "functions",
        "D": "functions",
        "lens": "functions",
        "para": "functions",
        "para over D": "D",
        "para over lens": "lens",
        "learn": "functions",
    }
    for name, under in UNDERNEATH.items():
        if name in WORLDS:
            assert OwnCategory(SEALED, name).base.world == under
    alone = OwnCategory(engine(Functions(NumpyEngine()), {"D"}), "D")
    with pytest.raises(Unstated, match=r"^the law asks what D is built over, and the engine declares no 'functions'$"):
        alone.base  # noqa: B018
    with pytest.raises(Unstated, match=r"^the law asks what functions is built over, and the engine declares no ''$"):
        OwnCategory(SEALED, "functions").base  # noqa: B018


class Chains:
    """Composites and nothing else."""

    compose = identity = dom = cod = generator = observe = None

    def __init__(self) -> None:
        for name in ("compose", "identity", "dom", "cod", "generator", "observe"):
            setattr(self, name, lambda *given: None)


def test_the_fragment_is_that_of_the_category_that_terms_are_drawn_for() -> None:
    plain = Functions(NumpyEngine())
    known = frozenset({"add", "negate"})
    assert fragment_of(NumpyEngine(), "D") == Fragment()
    assert fragment_of(SimpleNamespace(operations=["add", "negate"]), "D") == Fragment(operations=known)
    core = engine(Chains(), {"functions", "D", "lens", "learn", "para over D"}, operations=["add", "negate"])
    assert fragment_of(core, "functions") == Fragment("category", known) == fragment_of(core, "D")
    assert fragment_of(core, "lens") == fragment_of(core, "learn") == Fragment("category", known), "of the functions"
    assert fragment_of(core, "para over D") == Fragment("category", known), "of D"
    assert fragment_of(core, "para") == Fragment("category", known), "of the functions"
    assert fragment_of(engine(plain, {"D"}), "lens") == Fragment(), "there are no functions to look at"
    assert fragment_of(SEALED, "functions").doctrine == "cartesian" == fragment_of(SEALED, "para over D").doctrine

    def broken(name: str) -> Any:
        raise RuntimeError("out of memory")

    assert fragment_of(SimpleNamespace(name="m", worlds={"D"}, category=broken), "D") == Fragment()


def test_derivatives_have_a_fragment_of_their_own() -> None:
    """Terms are drawn for D itself, where what is built over functions is drawn for these."""
    few, all_of_it = Chains(), SEALED.category("functions")
    for rich in ("D", "forward"):
        given: Any = engine(None, {"functions", "lens", "D", "forward"})
        given.category = lambda name: all_of_it if name == rich else few  # noqa: B023
        found = {name: fragment_of(given, name).doctrine for name in ("functions", "lens", "D", "forward")}
        assert found == dict.fromkeys(found, "category") | {rich: "cartesian"}


# ------------------------------------------------------------------------------------------------ boundaries

OBJECTS: dict[str, Ob] = {"A": A, "B": B, "A back": space(4), "B back": space(5), "f.P": space(6), "f.P back": space(7)}
P, A1, B1, P1 = space(6), space(4), space(5), space(7)

SEEN: dict[str, tuple[Ob, Ob]] = {
    "functions": (A, B),
    "additive": (A, B),
    "dual": (B, A),
    "cont": (A, SCALAR),
    "forward": (Pair(A, A), Pair(B, B)),
    "D": (Pair(A, B), Pair(B, A)),
    "lens": (Pair(A, B1), Pair(B, A1)),
    "para": (Pair(P, A), B),
    "para over D": (Pair(Pair(P, A), B), Pair(B, Pair(P, A))),
    "para over lens": (Pair(Pair(P, A), B1), Pair(B, Pair(P1, A1))),
    "learn": (Pair(Pair(P, A), B), Pair(Pair(B, P), A)),
}
"""Where the observation of a generic morphism A → B starts and ends, where all objects differ."""


def generic(name: str) -> tuple[World, Any]:
    draws = Draws(seeded(0), Style("polynomial", 1), by_terms=True)
    draws.objects.update(OBJECTS)
    sealed: Any = SEALED
    where = world(name, DrawnSource(sealed, draws))
    return where, where.morphism("f", where.object("A"), where.object("B"))


@pytest.mark.parametrize("name", SEEN)
def test_the_boundary_of_what_is_seen(name: str) -> None:
    where, f = generic(name)
    seen = where.observe(f)
    assert (seen.dom, seen.cod) == SEEN[name]
    bundles = "lens" in name
    dom, cod = (Bundle(A, A1), Bundle(B, B1)) if bundles else (A, B)
    category = where.category
    assert (category.dom(f), category.cod(f)) == (dom, cod)
    assert (f.dom, f.cod) == ((cod, dom) if name == "dual" else (dom, cod)), "as of the function that it is"
    assert category.unit == (Bundle(UNIT, UNIT) if bundles else UNIT)
    assert category.image(A) == (Bundle(A, A) if bundles else A)
    assert category.pair(dom, cod) == (Bundle(Pair(A, B), Pair(A1, B1)) if bundles else Pair(A, B))
    if name.startswith("para") or name == "learn":
        assert category.param(f) == (Bundle(P, P1) if bundles else P)


def test_every_world_of_the_sealed_engine_is_looked_at() -> None:
    assert set(WORLDS) - {"R"} <= set(SEEN)


def test_derivatives_are_seen_in_additive_maps_or_in_their_dual() -> None:
    forward, reverse = OwnCategory(SEALED, "forward").k, OwnCategory(SEALED, "D").k
    assert type(forward) is AdditiveMaps and type(reverse) is Dual and type(reverse.k) is AdditiveMaps
    with pytest.raises(Unstated, match=r"^the law asks what 'lens' is made of$"):
        OwnCategory(SEALED, "lens").k  # noqa: B018


# ------------------------------------------------------------------------------------------------ methods


def test_composites_are_bracketed_to_the_left() -> None:
    category = OwnCategory(SEALED, "functions")
    double = category.meaning(Copy(SCALAR) >> multiply(()))
    down = category.meaning(negate(()))
    at = SEALED.lift(SCALAR, (Fraction(3),))
    assert SEALED.lower(SCALAR, category.sequence(double, down, double).run(at)) == (81.0,)
    assert SEALED.lower(SCALAR, category.follow(double, down).run(at)) == (-9.0,)


def test_cells_of_para_are_defined_from_its_reparametrisation() -> None:
    assert CELLS == (
        "cell",
        "vertical",
        "horizontal",
        "associator_cell",
        "left_unitor_cell",
        "right_unitor_cell",
        "interchanger_cell",
    )
    para, functions = OwnCategory(SEALED, "para"), OwnCategory(SEALED, "functions")
    for cell in CELLS:
        assert callable(getattr(para, cell))
        with pytest.raises(Unstated, match=f"for `{cell}`, which is of our construction$"):
            getattr(functions, cell)
    assert {"embed", "transport", "compose", "tensor", "swap", "copy", "merge", "reverse"} <= METHODS
    assert "arrow" not in METHODS


def test_the_inside_of_a_morphism_of_para_is_one_of_the_category_underneath() -> None:
    para, functions = OwnCategory(SEALED, "para"), OwnCategory(SEALED, "functions")
    f = para.of(SCALAR, SCALAR, SCALAR, functions.meaning(First(SCALAR, SCALAR)))
    inside = para.inside(f)
    one, two = (SEALED.lift(SCALAR, (Fraction(n),)) for n in (1, 2))
    assert (inside.dom, inside.cod) == (Pair(SCALAR, SCALAR), SCALAR)
    assert SEALED.lower(SCALAR, inside.run((one, two))) == (1.0,)


def test_what_is_looked_for_by_python_is_no_method() -> None:
    with pytest.raises(AttributeError):
        OwnCategory(SEALED, "functions").__array__  # noqa: B018


def test_a_missing_method_is_a_fault_where_it_was_promised() -> None:
    plain = Chains()
    promised = OwnCategory(engine(plain, {"functions": "symmetric"}), "functions")
    with pytest.raises(OwnFault, match=r"^it is declared symmetric, and its category of 'functions' has no `swap`$"):
        promised.swap(A, B)
    for category in (promised, OwnCategory(engine(plain), "functions")):
        with pytest.raises(Unstated, match=r"^its category of 'functions' has no `merge`$"):
            category.merge(A)
    with pytest.raises(Unstated, match="has no `swap`"):
        OwnCategory(engine(plain), "functions").swap  # noqa: B018 - told before anything is made to be given
    assert OwnCategory(engine(SimpleNamespace()), "functions").brings == "category", "the least that there is"
    assert promised.brings == "category" and OwnCategory(SEALED, "additive").brings == "biproduct"


class Recording:
    """Tells what it was given."""

    def __init__(self, *methods: str) -> None:
        self.given: list[Any] = []
        for name in methods:
            setattr(self, name, self._note(name))

    def _note(self, name: str) -> Callable[..., Any]:
        def method(*given: Any) -> Any:
            self.given.append((name, *given))
            return f"<{name}>"

        return method


def test_methods_are_given_what_is_theirs_and_what_is_common() -> None:
    """Their own morphisms, objects, terms and operations; functions of ours by ``arrow``, where they have it."""
    theirs = Recording("compose", "swap", "embed", "arrow", "generator")
    category = OwnCategory(engine(theirs), "functions")
    own, one = Held(category, "f"), Bundle(A, B)
    assert isinstance(category.compose(own, own), Held)
    (operation,) = operations(tanh(()))
    category.swap(A, one)
    category.embed(tanh(()), operation)
    category.compose(own, Arrow(A, B, abs))
    category.generator(operation)
    assert theirs.given == [
        ("compose", "f", "f"),
        ("swap", A, one),
        ("embed", tanh(()), operation),
        ("arrow", A, B, abs),
        ("compose", "f", "<arrow>"),
        ("generator", operation),
    ]
    del theirs.arrow  # type: ignore[attr-defined]
    for odd in (Arrow(A, B, abs), 3):
        with pytest.raises(Unstated, match=r"^the law gives `compose` something of its own \((Arrow|int)\)$"):
            category.compose(own, odd)


def test_derivatives_are_asked_for_where_there_are_any() -> None:
    with pytest.raises(Unstated, match=r"^the law differentiates in functions$"):
        OwnCategory(SEALED, "functions").differentiate(tanh(()))
    forward = OwnCategory(engine(Recording("differentiate"), {"forward"}), "forward")
    assert forward.differentiate(tanh(()))._inside == "<differentiate>"
    theirs = Recording("differentiate", "generator")
    category = OwnCategory(engine(theirs, {"D"}), "D")
    assert category.differentiate(tanh(()))._inside == "<differentiate>"
    del theirs.differentiate  # type: ignore[attr-defined]
    assert category.differentiate(tanh(()))._inside == "<generator>"
    (operation,) = operations(tanh(()))
    assert theirs.given == [("differentiate", tanh(())), ("generator", operation)]


def test_an_operation_that_is_not_claimed_may_be_missing() -> None:
    def generator(operation: Any) -> Any:
        raise MissingOperation(f"no {operation.name}")

    theirs: Any = Recording("compose")
    theirs.generator = generator
    (operation,) = operations(exp(()))
    for claimed in ({}, {"operations": ["add"]}):
        with pytest.raises(MissingOperation, match=r"^no exp$"):
            OwnCategory(engine(theirs, **claimed), "functions").generator(operation)
    with pytest.raises(OwnFault, match=r"^its `generator` raised MissingOperation: no exp$"):
        OwnCategory(engine(theirs, operations=["exp"]), "functions").generator(operation)


@pytest.mark.parametrize("fault", [RuntimeError("gone"), SystemExit("gone")])
def test_whatever_it_raises_is_a_fault_of_its_own(fault: BaseException) -> None:
    def raises(*_: Any) -> Any:
        raise fault

    theirs: Any = SimpleNamespace(identity=raises)
    with pytest.raises(OwnFault, match=rf"^its `identity` raised {type(fault).__name__}: gone$"):
        OwnCategory(engine(theirs), "functions").identity(A)
    with pytest.raises(OwnFault, match=rf"^its `category\('D'\)` raised {type(fault).__name__}: gone$"):
        OwnCategory(SimpleNamespace(worlds={"D"}, name="m", category=raises), "D")


def test_what_is_seen_is_a_function_with_the_boundary_of_the_morphism() -> None:
    theirs: Any = SimpleNamespace(dom=lambda f: A, cod=lambda f: B)
    category = OwnCategory(engine(theirs), "functions")
    for given, says in [
        (3, "its `observe` gave int, not an Arrow(dom, cod, run)"),
        (Arrow(B, A, abs), "its `observe` gave a function R[3] → R[2], not R[2] → R[3]"),
        (Arrow(A, A, abs), "its `observe` gave a function R[2] → R[2], not R[2] → R[3]"),
    ]:
        theirs.observe = lambda f: given  # noqa: B023
        with pytest.raises(OwnFault) as fault:
            Held(category, "f").seen()
        assert str(fault.value) == says
    right = Arrow(A, B, abs)
    theirs.observe = lambda f: right
    assert Held(category, "f").seen() is right
    bare = OwnCategory(engine(SimpleNamespace()), "functions")
    with pytest.raises(Unstated, match=r"^its category of 'functions' has no `dom`$"):
        bare.dom(Held(bare, "f"))
    theirs.dom = lambda f: "R"
    with pytest.raises(OwnFault, match=r"^its `dom` gave str, not an object$"):
        category.dom(Held(category, "f"))


def test_a_function_that_it_cannot_hold_is_its_fault() -> None:
    def arrow(*_: Any) -> Any:
        raise ValueError("no functions")

    category = OwnCategory(engine(SimpleNamespace(arrow=arrow, compose=lambda *_: None)), "functions")
    with pytest.raises(OwnFault, match=r"^its `arrow` raised ValueError: no functions$"):
        category.compose(Held(category, "f"), Arrow(A, B, abs))


def test_derived_structure_is_for_terms_where_it_is_missing() -> None:
    given: Any = Functions(NumpyEngine())
    fewer: Any = SimpleNamespace(
        **{name: getattr(given, name) for name in METHODS if hasattr(given, name)} | {"observe": lambda f: f}
    )
    for name in ("first", "second", "pairing"):
        delattr(fewer, name)
    category = OwnCategory(engine(fewer), "functions")
    turned = category.meaning(Pairing(Second(SCALAR, SCALAR), First(SCALAR, SCALAR)))
    one, two = (NumpyEngine().lift(SCALAR, (Fraction(n),)) for n in (1, 2))
    assert [float(each) for each in turned.run((one, two))] == [2.0, 1.0]


def test_structure_that_a_category_has_of_its_own_is_asked_of_it() -> None:
    theirs = Recording("first", "second", "pairing", "compose")
    category = OwnCategory(engine(theirs), "functions")
    category.meaning(Pairing(Second(A, B), First(A, B)))
    assert theirs.given == [("second", A, B), ("first", A, B), ("pairing", "<second>", "<first>")]
    with pytest.raises(Unstated, match=r"^its category of 'functions' has no `copy`$"):
        category.meaning(Copy(A))


# ------------------------------------------------------------------------------------------------ R and functions


def test_a_reversed_term_is_an_operation() -> None:
    f = Reversed(Copy(SCALAR))
    assert (f.name, f.dom, f.cod) == (f"R[{Copy(SCALAR)}]", Pair(SCALAR, Pair(SCALAR, SCALAR)), SCALAR)


def test_lenses_of_terms_have_the_reverse_derivative_of_another() -> None:
    theirs = Recording("reverse", "generator", "compose")
    category: Any = OwnReverse(OwnCategory(engine(theirs, {"R"}), "R"))
    assert category.name == "R of mine" and category.own.world == "R"
    f, g = category.copy(SCALAR), category.swap(SCALAR, SCALAR)
    one, two = Bundle(SCALAR, SCALAR), Bundle(Pair(SCALAR, SCALAR), Pair(SCALAR, SCALAR))
    assert (f.dom, f.cod, f.get) == (one, two, Copy(SCALAR))
    both = category.compose(f, g)
    (back,) = operations(both.put)
    assert back == Reversed(both.get) and (both.put.dom, both.put.cod) == (back.dom, SCALAR)
    assert category.identity(one).get.dom == SCALAR
    (operation,) = operations(tanh(()))
    held = category.own.generator(Reversed(tanh(())))
    assert held._inside == "<reverse>" and theirs.given == [("generator", operation), ("reverse", "<generator>")]


def test_functions_are_those_of_its_category_where_it_has_one() -> None:
    plain = NumpyEngine()
    assert type(functions_of(plain)) is Functions and functions_of(plain).engine is plain is table_of(plain)
    own = functions_of(SEALED)
    assert type(own) is OwnFunctions and own.engine.name == SEALED.name
    at = SEALED.lift(SCALAR, (Fraction(2),))
    assert SEALED.lower(SCALAR, own.meaning(negate(()))(at)) == (-2.0,)
    table = table_of(SEALED)
    (operation,) = operations(negate(()))
    assert SEALED.lower(SCALAR, table.operation(operation)(at)) == (-2.0,)
    assert table.name == SEALED.name
    with pytest.raises(Unstated, match=r"^the law needs .*, and the engine has neither `operation` nor 'functions'$"):
        table_of(engine(None, {"D"})).operation(operation)
    assert type(functions_of(engine(None, {"D"}))) is Functions
