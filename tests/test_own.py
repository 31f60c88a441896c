"""Categories of others: asked through their own methods, seen by what they observe, and never looked into."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from verified_cat.check import LAWS
from verified_cat.draw import Style, seeded
from verified_cat.engine import OwnEngine
from verified_cat.errors import MissingOperation, UsageError
from verified_cat.fragment import Fragment
from verified_cat.functions import Arrow, Functions
from verified_cat.held import Held, Unstated
from verified_cat.laws import engines, suite
from verified_cat.laws.strict import ProtocolError
from verified_cat.laws.strict_categories import WORLDS, Sealed, SealedCategory, SealedEngine
from verified_cat.lens import Bundle
from verified_cat.meanings import MEANINGS
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, leaves, space
from verified_cat.own import OwnCategory, declared, fragment_of, table_of
from verified_cat.primitives import add, exp, negate, tanh
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.report import Strength, Verdict
from verified_cat.sampling import replay, sampled
from verified_cat.terms import Copy, First, Identity, Swap, fold, operations

suite.load()
_EXAMPLE: Any = importlib.import_module("examples.core_engine")
Chains, CoreEngine = _EXAMPLE.Chains, _EXAMPLE.CoreEngine
CATEGORY_LAWS = [name for name, law in LAWS.items() if law.doctrine == "category" and "functions" in law.worlds]


def verdict(engine: Any, law: str, world: str = "functions", examples: int = 12) -> Verdict:
    return sampled(LAWS[law], world, engine, engines.bounds_for("float64"), examples, shrink=False)


def core(**methods: Any) -> Any:
    """The core engine with other methods."""
    engine: Any = CoreEngine()
    engine.category = lambda world: type("Wrong", (Chains,), methods)()
    return engine


# ------------------------------------------------------------------------------------------------ the core engine


def test_the_core_engine_takes_under_fifty_lines() -> None:
    text = (Path(__file__).parent.parent / "examples" / "core_engine.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 50
    assert "Functions" not in text


def test_every_law_of_categories_holds_in_the_core_engine() -> None:
    assert {"CAT-UNIT", "CAT-ASSOC"} <= set(CATEGORY_LAWS)
    for law in CATEGORY_LAWS:
        found = verdict(core(), law)
        assert (found.strength, found.reason) == (Strength.SAMPLED, ""), law


def test_the_other_laws_are_not_run_in_it_each_with_a_reason() -> None:
    ran: set[tuple[str, str]] = set()
    for name, law in LAWS.items():
        found = {world: verdict(core(), name, world, 4) for world in law.worlds}
        assert all(each.reason for each in found.values() if each.strength is Strength.NOT_RUN), name
        ran |= {(name, world) for world, each in found.items() if each.strength is not Strength.NOT_RUN}
    assert ran == {(name, "functions") for name in [*CATEGORY_LAWS, "META-PURE"]}
    assert verdict(core(), "MON-FUNCT").reason == "its category of 'functions' has no `tensor`"
    assert verdict(core(), "MON-FUNCT", "cont").reason == "the engine declares no 'cont'"


def backwards(self: Any, f: Any, g: Any) -> Any:
    """g ; f for f ; g where the types fit."""
    return f[0], g[1], (g[2] + f[2] if f[0] == f[1] == g[0] == g[1] else f[2] + g[2])


def once_more(self: Any, f: Any, g: Any) -> Any:
    """f ; f ; g for f ; g where the types fit."""
    return f[0], g[1], (f[2] * 2 if f[0] == f[1] else f[2]) + g[2]


@pytest.mark.parametrize("compose", [backwards, once_more])
def test_composition_that_is_wrong_where_the_types_fit_is_refuted(compose: Any) -> None:
    found = [verdict(core(compose=compose), law, examples=60) for law in CATEGORY_LAWS]
    assert Strength.REFUTED in {each.strength for each in found}
    assert all("raised" not in each.example for each in found if each.example)


def test_what_is_refuted_is_replayed_there_and_elsewhere() -> None:
    """The example is of terms alone, so that another engine can say that it holds."""
    wrong = core(compose=once_more)
    example = verdict(wrong, "CAT-ASSOC", examples=60).example
    bounds = engines.bounds_for("float64")
    assert replay(example, wrong, bounds).failed is not None
    assert replay(example, core(), bounds).failed is None
    assert replay(example, NumpyEngine(), bounds).failed is None


def test_an_example_of_a_construction_of_ours_is_replayed_through_the_methods_of_a_category() -> None:
    own = core(compose=once_more)
    example = verdict(own, "CAT-ASSOC", examples=60).example | {"by terms": False}
    assert replay(example, own, engines.bounds_for("float64")).failed is not None
    with pytest.raises(UsageError, match="of the world 'D': the engine declares no 'D'"):
        replay(example | {"world": "D"}, own, engines.bounds_for("float64"))


# ------------------------------------------------------------------------------------------------ what goes wrong


def boom(*_: Any) -> Any:
    raise RuntimeError("out of memory")


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ({"compose": boom}, "its `compose` raised RuntimeError: out of memory"),
        ({"identity": boom}, "its `identity` raised RuntimeError"),
        ({"generator": boom}, "its `generator` raised RuntimeError"),
        ({"dom": lambda self, f: "R"}, "its `dom` gave str, not an object"),
        ({"observe": lambda self, f: f[2]}, "its `observe` gave tuple, not an Arrow(dom, cod, run)"),
        ({"observe": lambda self, f: Arrow(space(7), f[1], list)}, "its `observe` gave a function R[7] → R"),
        ({"compose": lambda self, f, g: (g[0], f[1], f[2])}, "are not parallel"),
        ({"compose": None}, "it is declared category, and its category of 'functions' has no `compose`"),
        ({"generator": lambda self, op: (_ for _ in ()).throw(MissingOperation("no"))}, "MissingOperation: no"),
    ],
)
def test_a_fault_of_the_category_refutes_and_says_what(methods: dict[str, Any], said: str) -> None:
    found = [verdict(core(**methods), law, examples=30) for law in ("CAT-UNIT", "CAT-ASSOC")]
    assert Strength.REFUTED in {each.strength for each in found}
    assert any(said in str(each.example["raised"]) for each in found if each.example)


def test_without_a_promise_a_missing_method_is_not_run() -> None:
    engine = core(identity=None)
    engine.worlds = frozenset({"functions"})
    found = verdict(engine, "CAT-UNIT")
    assert (found.strength, found.reason) == (Strength.NOT_RUN, "its category of 'functions' has no `identity`")


def test_a_category_that_cannot_be_had_refutes() -> None:
    engine = core()
    engine.category = boom
    found = verdict(engine, "CAT-UNIT")
    assert found.strength is Strength.REFUTED
    assert "its `category('functions')` raised RuntimeError" in found.example["raised"]


# ------------------------------------------------------------------------------------------------ strict categories

SEALED = SealedEngine(NumpyEngine())
_typed: OwnEngine = SEALED


def test_sealed_morphisms_tell_nothing() -> None:
    category: Any = SEALED.category("functions")
    f: Any = category.generator(operations(tanh(()))[0])
    looks: list[Any] = [
        lambda: f.dom,
        lambda: f(1.0),
        lambda: f == f,
        lambda: bool(f),
        lambda: f >> f,
        lambda: list(f),
    ]
    for look in looks:
        with pytest.raises(ProtocolError):
            look()
    with pytest.raises(AttributeError):
        category.engine  # noqa: B018
    assert category.dom(f) == SCALAR


def test_no_law_looks_into_sealed_morphisms() -> None:
    """Each law is sampled or says what it asks for: none fails."""
    for name, law in LAWS.items():
        for world in (each for each in law.worlds if each in WORLDS):
            found = verdict(SEALED, name, world, 1)
            assert found.strength in (Strength.SAMPLED, Strength.NOT_RUN, Strength.VACUOUS), (name, world, found)
            assert found.reason or found.strength is Strength.SAMPLED


@pytest.mark.parametrize(
    ("world", "laws"),
    [
        ("functions", "MON-COH CART-UNIV"),
        ("additive", "ADD-BIPROD"),
        ("dual", "MON-ISO"),
        ("cont", "ADD-COCART"),
        ("forward", "D-FUNCT D-RULES"),
        ("D", "D-FUNCT D-RULES DUAL-ADJ"),
        ("lens", "LENS-CAT LENS-MON"),
        ("para", "PARA-ASSOC PARA-2CAT PARA-INTERCHANGE"),
        ("para over D", "PARA-ASSOC L-FUNCT"),
        ("para over lens", "PARA-COH"),
        ("learn", "LEARN-COMP LEARN-ID"),
    ],
)
def test_laws_of_every_construction_hold_of_sealed_morphisms(world: str, laws: str) -> None:
    assert world in MEANINGS
    for law in laws.split():
        assert verdict(SEALED, law, world, 8).strength is Strength.SAMPLED, law


class Broken(SealedCategory):
    """A right construction, one method of which is wrong."""

    def __init__(self, category: SealedCategory, **wrong: Callable[..., Any]) -> None:
        super().__init__(category._category, category._generator, category._of)
        for name, method in wrong.items():
            object.__setattr__(self, name, method)

    __slots__ = ("__dict__",)


@pytest.mark.parametrize("world", ["functions", "dual", "D", "lens"])
def test_an_idle_swap_is_refuted_in_every_construction(world: str) -> None:
    """σ does nothing where the two objects agree, which typing does not see."""
    engine = SealedEngine(NumpyEngine())
    right: Any = engine.category(world)
    idle = Broken(right, swap=lambda a, b: right.identity(right._category.pair(a, b)) if a == b else right.swap(a, b))
    own: Any = type("Own", (), {"worlds": engine.worlds, "lift": engine.lift, "lower": engine.lower})()
    own.name, own.precision = "idle", "float64"
    own.category = lambda name: idle if name == world else engine.category(name)
    assert verdict(own, "MON-ISO", world, 40).strength is Strength.REFUTED


# ------------------------------------------------------------------------------------------------ held morphisms


def test_a_held_morphism_has_the_parts_that_are_observed_of_it() -> None:
    functions, d = OwnCategory(SEALED, "functions"), OwnCategory(SEALED, "D")
    f = functions.meaning(Swap(SCALAR, space(2)))
    assert isinstance(f._inside, Sealed)
    assert (f.dom, f.cod) == (Pair(SCALAR, space(2)), Pair(space(2), SCALAR))
    with pytest.raises(Unstated, match="the law reads `inside` of a morphism"):
        f.inside  # noqa: B018
    lifted = SEALED.lift(SCALAR, (Fraction(1, 2),))
    value, back = d.differentiate(negate(())).run(lifted)
    assert (SEALED.lower(SCALAR, value), SEALED.lower(SCALAR, back.run(lifted))) == ((-0.5,), (-0.5,))
    para = OwnCategory(SEALED, "para")
    g = para.of(space(3), UNIT, space(3), functions.meaning(First(space(3), UNIT)))
    assert (g.param, g.inside.dom, para.dom(g)) == (space(3), Pair(space(3), UNIT), UNIT)
    assert para.associator_cell(g, para.identity(space(3)), para.identity(space(3))).name == "associator"


def test_a_lens_has_get_and_put() -> None:
    functions, lens = OwnCategory(SEALED, "functions"), OwnCategory(SEALED, "lens")
    one = Bundle(SCALAR, SCALAR)
    f = lens.of(one, one, functions.meaning(negate(())), functions.meaning(add(())))
    two, three = (SEALED.lift(SCALAR, (Fraction(n),)) for n in (2, 3))
    assert SEALED.lower(SCALAR, f.get.run(two)) == (-2.0,)
    assert SEALED.lower(SCALAR, f.put.run((two, three))) == (5.0,)


def test_what_is_no_method_of_a_category_is_not_asked_for() -> None:
    functions = OwnCategory(SEALED, "functions")
    with pytest.raises(Unstated, match="`arrow`, which is of our construction"):
        functions.arrow(SCALAR, SCALAR, abs)
    d = OwnCategory(SEALED, "D")
    with pytest.raises(Unstated, match="something of its own"):
        d.compose(Arrow(SCALAR, SCALAR, abs), d.identity(SCALAR))
    with pytest.raises(Unstated, match="the law asks what 'functions' is made of"):
        functions.k  # noqa: B018
    with pytest.raises(Unstated, match="the engine declares no ''"):
        functions.base  # noqa: B018


def test_without_a_table_the_operations_are_those_of_its_functions() -> None:
    table = table_of(core())
    assert Functions(table).meaning(tanh(()))([0.0]) == [0.0]
    with pytest.raises(MissingOperation, match="core: no exp"):
        Functions(table).meaning(exp(()))
    assert declared(NumpyEngine()) is None
    assert table_of(NumpyEngine()).name.startswith("numpy")


# ------------------------------------------------------------------------------------------------ fragments


@pytest.mark.parametrize("doctrine", ["category", "monoidal", "symmetric"])
def test_terms_of_a_fragment_use_no_more_than_it_has(doctrine: str) -> None:
    fragment = Fragment(doctrine)
    for seed in range(200):
        choose = seeded(seed)
        dom, cod = fragment.object(choose), fragment.object(choose)
        found = fragment.term(choose, dom, cod, Style("any", 2))
        assert (found.dom, found.cod) == (dom, cod)
        kinds: set[str] = set()
        fold(found, partial(_note, kinds))
        assert not kinds & {"Copy", "Discard", "First", "Second", "Pairing", "Associator"}
        assert doctrine == "symmetric" or "Swap" not in kinds
        assert doctrine != "category" or not kinds & {"Tensor", "RightUnitorInverse"}


def _note(kinds: set[str], node: Any, _: list[None]) -> None:
    kinds.add(type(node).__name__)


def test_a_fragment_has_its_operations_alone() -> None:
    known = frozenset({"add", "negate", "sum", "broadcast", "constant", "reshape"})
    for seed in range(100):
        choose = seeded(seed)
        fragment = Fragment("cartesian", known)
        found = fragment.term(choose, fragment.object(choose), space(2, 3), Style("any", 2))
        assert {each.name for each in operations(found)} <= known


def test_what_a_fragment_cannot_draw_is_said() -> None:
    choose = seeded(0)
    with pytest.raises(MissingOperation, match="in a category without a tensor"):
        Fragment("category").term(choose, SCALAR, Pair(SCALAR, SCALAR), Style())
    with pytest.raises(MissingOperation, match="in a category without a discard"):
        Fragment("monoidal").term(choose, SCALAR, UNIT, Style())


def test_the_fragment_of_an_engine_is_that_of_its_methods() -> None:
    assert fragment_of(core(), "functions").doctrine == "category"
    assert fragment_of(SEALED, "functions").copies
    assert fragment_of(SEALED, "para").copies
    assert fragment_of(NumpyEngine(), "functions") == Fragment()


def test_derived_structure_is_for_terms_and_not_for_laws() -> None:
    """π₀ has a meaning in a category with copies; a law about π₀ is not held against its own definition."""

    class Fewer(SealedCategory):
        __slots__ = ()
        first = None

    given = Fewer(Functions(NumpyEngine()))
    category = OwnCategory(SEALED, "functions", given)
    assert isinstance(category.meaning(First(SCALAR, SCALAR) >> Copy(SCALAR)), Held)
    with pytest.raises(Unstated, match="has no `first`"):
        category.first(SCALAR, SCALAR)
    assert category.meaning(Identity(UNIT)).dom == UNIT


def test_objects_of_a_core_category_are_spaces() -> None:
    drawn: list[Ob] = [Fragment("category").object(seeded(seed)) for seed in range(50)]
    assert all(list(leaves(ob)) == [ob] for ob in drawn)
