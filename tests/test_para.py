"""Para: the order of parameters, 2-cells, tying and embedding, by what the maps write down of their arguments."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.category import Terms
from verified_cat.errors import BoundaryError
from verified_cat.functions import Arrow, Functions
from verified_cat.gad import GAD, reverse_mode
from verified_cat.lens import Lens
from verified_cat.objects import SCALAR, UNIT, Pair, Sort
from verified_cat.para import Para, ParaMap, change_base, tie
from verified_cat.terms import Identity, LeftUnitor, Swap, Term

A, B, C, D, P, Q, R = (Sort(name) for name in "ABCDPQR")


def cell(name: str, param: Any, dom: Any, cod: Any) -> ParaMap[Arrow]:
    """f(p, a), written down."""
    return ParaMap(param, dom, cod, Arrow(Pair(param, dom), cod, lambda pa: f"{name}({pa[0]}, {pa[1]})"))


@pytest.fixture
def para(plain: Functions) -> Para[Arrow]:
    return Para(plain)


F, G, H = cell("f", P, A, B), cell("g", Q, B, C), cell("h", R, C, D)


def test_composition_has_the_inner_parameters_first(para: Para[Arrow]) -> None:
    both = para.compose(F, G)
    assert both.param == Pair(P, Q)
    assert both.inside((("p", "q"), "a")) == "g(q, f(p, a))"


def test_tensor(para: Para[Arrow]) -> None:
    both = para.tensor(F, G)
    assert (both.param, both.dom, both.cod) == (Pair(P, Q), Pair(A, B), Pair(B, C))
    assert both.inside((("p", "q"), ("a", "b"))) == ("f(p, a)", "g(q, b)")


def test_what_has_nothing_to_learn(para: Para[Arrow], plain: Functions) -> None:
    assert para.identity(A).param == UNIT
    assert para.identity(A).inside(((), "a")) == "a"
    embedded = para.embed(plain.swap(A, B))
    assert (embedded.param, embedded.inside(((), ("a", "b")))) == (UNIT, ("b", "a"))
    assert para.swap(A, B).inside(((), ("a", "b"))) == ("b", "a")


def test_units_stay_in_the_parameters(para: Para[Arrow]) -> None:
    assert para.compose(para.identity(A), F).param == Pair(UNIT, P)
    assert para.compose(F, para.identity(B)).param == Pair(P, UNIT)


def test_reparametrisation(para: Para[Arrow]) -> None:
    found = para.reparam(F, Arrow(Q, P, lambda q: f"r({q})"))
    assert (found.param, found.inside(("q", "a"))) == (Q, "f(r(q), a)")


def test_two_cells_compose(para: Para[Arrow]) -> None:
    one = para.cell(F, Arrow(Q, P, lambda q: f"r({q})"), "r")
    two = para.cell(one.target, Arrow(R, Q, lambda x: f"s({x})"), "s")
    both = para.vertical(one, two)
    assert (both.along("x"), both.name) == ("r(s(x))", "s ; r")
    assert both.target.inside(("x", "a")) == "f(r(s(x)), a)"
    beside = para.horizontal(one, para.cell(G, Arrow(R, Q, lambda x: f"t({x})"), "t"))
    assert beside.along(("q", "x")) == ("r(q)", "t(x)")
    assert beside.target.inside((("q", "x"), "a")) == "g(t(x), f(r(q), a))"
    assert beside.name == "r ⊗ t"


def test_structural_two_cells(para: Para[Arrow]) -> None:
    """Each goes from the source to the target that its docstring says, along the isomorphism of the parameters."""
    associator = para.associator_cell(F, G, H)
    assert associator.along((("p", "q"), "r")) == ("p", ("q", "r"))
    left = para.compose(para.compose(F, G), H).inside(((("p", "q"), "r"), "a"))
    assert associator.target.inside(((("p", "q"), "r"), "a")) == left == "h(r, g(q, f(p, a)))"
    unit = para.left_unitor_cell(F)
    assert unit.target.param == para.compose(para.identity(A), F).param
    assert unit.target.inside((((), "p"), "a")) == "f(p, a)"
    assert para.right_unitor_cell(F).target.inside((("p", ()), "a")) == "f(p, a)"
    f2, g2 = cell("f2", R, C, D), cell("g2", Sort("S"), D, A)
    interchanger = para.interchanger_cell(F, f2, G, g2)
    at = ((("p", "r"), ("q", "s")), ("a", "c"))
    other_way = para.compose(para.tensor(F, f2), para.tensor(G, g2))
    assert interchanger.target.inside(at) == other_way.inside(at) == ("g(q, f(p, a))", "g2(s, f2(r, c))")


def test_boundaries_are_checked_in_words(para: Para[Arrow]) -> None:
    with pytest.raises(BoundaryError) as caught:
        para.compose(F, H)
    assert str(caught.value) == (
        "para over functions of plain: a 1-cell does not compose with the next: the first ends in B, "
        "the second starts from C"
    )
    with pytest.raises(BoundaryError, match="a reparametrisation does not compose with the parameters"):
        para.reparam(F, Arrow(Q, R, lambda q: q))
    with pytest.raises(BoundaryError, match="the source of the map does not compose with P ⊗ A"):
        para.of(Q, A, B, F.inside)
    with pytest.raises(BoundaryError, match="the map does not compose with B"):
        para.of(P, A, C, F.inside)


# ------------------------------------------------------------------------------------------------ tying


def test_tying_copies_the_parameter(para: Para[Arrow]) -> None:
    twice = tie(para, para.compose(cell("f", P, A, A), cell("g", P, A, B)))
    assert (twice.param, twice.inside(("p", "a"))) == (P, "g(p, f(p, a))")


def test_tying_unequal_parameters_is_refused(para: Para[Arrow]) -> None:
    with pytest.raises(BoundaryError, match="a reparametrisation does not compose with the parameters"):
        tie(para, para.compose(F, G))
    with pytest.raises(BoundaryError):
        tie(para, F)


def test_tying_needs_copies(plain: Functions) -> None:
    lenses = Para(Lens(plain))
    with pytest.raises(TypeError, match="tying parameters copies them, and lenses over functions of plain has no copy"):
        tie(lenses, lenses.identity(Lens(plain).unit))


def test_the_gradient_of_a_tied_parameter_is_the_sum(plain_engine: Any) -> None:
    """(p, q), a ↦ q (p a) has the gradients (q a, p a) in p and q; tied, p² a has 2 p a."""
    gad: GAD = reverse_mode(plain_engine())
    over = Para(gad)
    layer = over.of(SCALAR, SCALAR, SCALAR, gad.differentiate(p.multiply(())))
    free, tied = over.compose(layer, layer), tie(over, over.compose(layer, layer))
    value, pullback = free.inside((((3,), (3,)), (5,)))
    assert (value, pullback((1,))) == ((45,), (((15,), (15,)), (9,)))
    value, pullback = tied.inside(((3,), (5,)))
    assert (value, pullback((1,))) == ((45,), ((30,), (9,)))


# ------------------------------------------------------------------------------------------------ other bases


def test_over_terms_composites_are_terms() -> None:
    terms = Para(Terms())
    layer = terms.of(SCALAR, SCALAR, SCALAR, p.multiply(()))
    inside: Term = terms.compose(layer, layer).inside
    assert inside.dom == Pair(Pair(SCALAR, SCALAR), SCALAR)
    assert terms.identity(SCALAR).inside is LeftUnitor(SCALAR)
    assert terms.reparam(terms.compose(layer, layer), Swap(SCALAR, SCALAR)).param == Pair(SCALAR, SCALAR)


def test_change_of_base_interprets(plain: Functions) -> None:
    terms = Para(Terms())
    composite = terms.compose(terms.of(SCALAR, SCALAR, SCALAR, p.multiply(())), terms.embed(Identity(SCALAR)))
    found = change_base(composite, plain.meaning)
    assert found.inside((((3,), ()), (5,))) == (15,)
    assert found.param == composite.param
