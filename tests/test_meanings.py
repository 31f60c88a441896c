"""Generic morphisms of each world: which terms are asked for, and what is made of them, in ours and in another's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.category import Terms, interpret
from verified_cat.cont import Cont
from verified_cat.draw import Style
from verified_cat.dual import Dual
from verified_cat.functions import AdditiveMaps, Functions
from verified_cat.learn import Learn
from verified_cat.lens import Bundle, Lens, ReverseDerivative
from verified_cat.meanings import MEANINGS, meaning
from verified_cat.objects import SCALAR, Ob, Pair, Sort, space
from verified_cat.own import OwnCategory
from verified_cat.para import Para
from verified_cat.primitives import symbol
from verified_cat.terms import First, Second, Term

A, B, C, E, P, Q = map(Sort, "ABCEPQ")


class Source:
    """Gives symbols with the name that was asked for, and the objects P and Q for parameters."""

    def __init__(self, **terms: Term) -> None:
        self.terms = terms
        self.style = Style("any", 7)
        self.draws = SimpleNamespace(style=self.style, term=self.linear)

    def term(self, name: str, dom: Ob, cod: Ob) -> Term:
        found = self.terms.get(name, symbol(name, dom, cod))
        assert (found.dom, found.cod) == (dom, cod)
        return found

    def linear(self, name: str, dom: Ob, cod: Ob, style: Style) -> Term:
        assert style == Style("linear", 7)
        return self.terms.get(name, symbol(f"linear {name}", dom, cod))

    def object(self, name: str) -> Ob:
        return {"f.P": P, "f.P back": Q}[name]


class Own(OwnCategory):
    """Another's category: what it makes is written down."""

    def __init__(self, over: str = "") -> None:
        self.over = over

    @property
    def base(self) -> Any:
        return Own(f"{self.over}under ")

    def meaning(self, term: Term) -> Any:
        return f"{self.over}{term}"

    def of(self, *parts: Any) -> Any:
        return (self.over, *parts)


def symbols(name: str, dom: Any, cod: Any, category: Any = None) -> Any:
    return MEANINGS[name](Terms() if category is None else category, Source(), "f", dom, cod)


@pytest.mark.parametrize("name", ["functions", "forward", "D"])
def test_plain_worlds_have_the_meaning_of_a_term(name: str) -> None:
    assert symbols(name, A, B) is symbol("f", A, B)
    assert symbols(name, A, B, Own()) == "f"


def test_reverse_derivatives_are_of_the_term_itself() -> None:
    assert symbols("R", A, B, ReverseDerivative(Terms())) is symbols("R", A, B, Own()) is symbol("f", A, B)


def test_additive_worlds_draw_linear_terms() -> None:
    assert symbols("additive", A, B) is symbol("linear f", A, B)
    for name in ("additive", "dual", "cont"):
        assert symbols(name, A, B, Own()) == "linear f"


def test_a_linear_term_in_dual_is_its_transpose(plain: Functions) -> None:
    cut = p.slice_axes((3,), (1,), (2,))
    dual: Any = Dual(AdditiveMaps(plain.engine))
    found = MEANINGS["dual"](dual, Source(f=cut), "f", space(3), space(2))
    assert (dual.dom(found), dual.cod(found)) == (space(3), space(2))
    assert found((10, 20)) == (0, 10, 20)


def test_a_linear_term_in_cont_is_followed_by_what_is_given(plain: Functions) -> None:
    additive: AdditiveMaps = AdditiveMaps(plain.engine)
    source: Any = Source(f=p.slice_axes((3,), (1,), (2,)))
    source.additive = additive
    cont: Any = Cont(additive, SCALAR)
    found = MEANINGS["cont"](cont, source, "f", space(3), space(2))
    assert (cont.dom(found), cont.cod(found)) == (space(3), space(2))
    assert found.transform(interpret(p.sum_axes((2,)), additive))((1, 10, 100)) == (110,)


def test_lenses_are_two_terms() -> None:
    dom, cod = Bundle(A, B), Bundle(C, E)
    get, put = symbol("f.get", A, C), symbol("f.put", Pair(A, E), B)
    found = symbols("lens", dom, cod, Lens(Terms()))
    assert (found.dom, found.cod, found.get, found.put) == (dom, cod, get, put)
    assert symbols("lens", dom, cod, Own()) == ("", dom, cod, "under f.get", "under f.put")


@pytest.mark.parametrize("name", ["para", "para over D"])
def test_parametrised_maps_have_an_object_of_parameters(name: str) -> None:
    found = symbols(name, A, B, Para(Terms()))
    assert (found.param, found.dom, found.cod, found.inside) == (P, A, B, symbol("f", Pair(P, A), B))


def test_parametrised_lenses_have_a_bundle_of_parameters() -> None:
    dom, cod, param = Bundle(A, B), Bundle(C, E), Bundle(P, Q)
    found = symbols("para over lens", dom, cod, Para(Lens(Terms())))
    assert (found.param, found.dom, found.cod) == (param, dom, cod)
    assert found.inside.get is symbol("f.get", Pair(P, A), C)
    assert found.inside.put is symbol("f.put", Pair(Pair(P, A), E), Pair(Q, B))


def test_learners_are_three_terms(plain: Functions) -> None:
    assert symbols("learn", A, B, Own()) == ("", P, A, B, "under f.I", "under f.U", "under f.r")
    both = Pair(space(2), SCALAR)
    point = First(both, space(3))
    terms: dict[str, Term] = {
        "f.I": First(space(2), SCALAR) >> p.sum_axes((2,)) >> p.broadcast((3,), (0,)),
        "f.U": point >> First(space(2), SCALAR),
        "f.r": point >> Second(space(2), SCALAR),
    }
    source: Any = Source(**terms)
    source.object = {"f.P": space(2)}.__getitem__
    made = MEANINGS["learn"](Learn(plain), source, "f", SCALAR, space(3))
    assert (made.param, made.dom, made.cod) == (space(2), SCALAR, space(3))
    assert made.implement(((2, 3), (7,))) == (5, 5, 5)
    asked = (((2, 3), (7,)), (8, 8, 8))
    assert (made.update(asked), made.request(asked)) == ((2, 3), (7,))


def test_the_worlds_that_an_engine_may_have_a_category_of() -> None:
    over = ["para", "para over D", "para over lens"]
    assert sorted(MEANINGS) == sorted(
        ["functions", "additive", "dual", "cont", "forward", "D", "R", "lens", "learn", *over]
    )


def test_a_term_means_what_the_category_says() -> None:
    term = symbol("f", A, B)
    assert meaning(Terms(), term) is term and meaning(Own("held "), term) == "held f"
