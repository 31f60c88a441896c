"""Actions of parameters on data, and Para over them: on itself, of terms on functions, of numbers by powers."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.actegory import ActegoryPara, Embedding, self_action
from verified_cat.category import Terms, interpret
from verified_cat.errors import BoundaryError
from verified_cat.functions import Arrow, Functions
from verified_cat.objects import UNIT, Ob, Pair, Sort
from verified_cat.para import Para, ParaMap
from verified_cat.powers import Indices, Powers, Reindexing
from verified_cat.primitives import symbol
from verified_cat.terms import Copy, Swap

A, B, C, P, Q = (Sort(name) for name in "ABCPQ")


def learnt(name: str, param: Ob, dom: Ob, cod: Ob) -> ParaMap[Arrow]:
    return ParaMap(param, dom, cod, Arrow(Pair(param, dom), cod, lambda x: f"{name}({x[0]}, {x[1]})"))


def reads(name: str, number: int, powers: Powers[Arrow], dom: Ob, cod: Ob) -> ParaMap[Arrow]:
    """Writes down the inputs that it reads."""
    return ParaMap(number, dom, cod, Arrow(powers.object(number, dom), cod, lambda x: f"{name}{x}".replace("'", "")))


# ------------------------------------------------------------------------------------------------ embeddings


def test_over_the_action_on_itself_it_is_para(plain: Functions) -> None:
    f, g = learnt("f", P, A, B), learnt("g", Q, B, C)
    acted, para = ActegoryPara(self_action(plain)).compose(f, g), Para(plain).compose(f, g)
    assert (acted.param, acted.dom, acted.cod) == (para.param, para.dom, para.cod)
    assert acted.inside((("p", "q"), "a")) == para.inside((("p", "q"), "a")) == "g(q, f(p, a))"


def test_terms_act_on_functions(plain: Functions) -> None:
    """The parameters are changed by terms, which have a syntax, and the data by any function."""
    action = Embedding(Terms(), plain, lambda term: interpret(term, plain))
    para = ActegoryPara(action)
    f = learnt("f", Pair(P, P), A, B)
    assert para.reparam(f, Copy(P)).inside(("p", "a")) == "f(('p', 'p'), a)"
    assert para.reparam(para.reparam(f, Swap(P, P)), Copy(P)).param == P
    assert para.identity(A).inside(((), "a")) == "a"
    with pytest.raises(BoundaryError, match="a reparametrisation does not compose with the parameters"):
        para.reparam(f, symbol("r", A, A))


def test_of_checks_its_boundary(plain: Functions) -> None:
    para = ActegoryPara(self_action(plain))
    inside = learnt("f", P, A, B).inside
    assert para.of(P, A, B, inside).inside is inside
    for boundary, words in (((Q, A, B), "P ⊛ A"), ((P, A, C), "does not compose with B")):
        with pytest.raises(BoundaryError, match=words):
            para.of(*boundary, inside)
    with pytest.raises(BoundaryError, match="a 1-cell does not compose with the next"):
        para.compose(learnt("f", P, A, B), learnt("g", Q, A, C))


# ------------------------------------------------------------------------------------------------ powers


@pytest.fixture
def powers(plain: Functions) -> Powers[Arrow]:
    return Powers(plain)


def test_the_objects_of_powers(powers: Powers[Arrow]) -> None:
    assert [powers.object(n, A) for n in range(4)] == [UNIT, A, Pair(A, A), Pair(A, Pair(A, A))]
    assert [entry(("x", ("y", "z"))) for entry in powers.entries(3, A)] == ["x", "y", "z"]
    assert powers.entries(0, A) == []
    assert powers.morphism(Reindexing(2, 0, ()), powers.base.identity(A))(("x", "y")) == ()


def test_rows(powers: Powers[Arrow]) -> None:
    """Six entries are two rows of three, and back."""
    six: Any = (0, (1, (2, (3, (4, 5)))))
    rows = ((0, (1, 2)), (3, (4, 5)))
    assert powers.multiplicator(2, 3, A)(six) == rows
    assert powers.multiplicator_inverse(2, 3, A)(rows) == six
    assert powers.multiplicator(3, 0, A)(()) == ((), ((), ()))


def test_reindexings_act(powers: Powers[Arrow]) -> None:
    note = Arrow(A, B, lambda x: f"e({x})")
    assert powers.morphism(Reindexing(3, 2, (2, 0)), note)(("x", ("y", "z"))) == ("e(z)", "e(x)")


def test_composition_multiplies_the_numbers_of_inputs(powers: Powers[Arrow], plain: Functions) -> None:
    """The index of the inner map is the outer digit: the j-th copy of f reads entry (i, j) as its i-th."""
    f, g = reads("f", 2, powers, A, B), reads("g", 3, powers, B, C)
    both = ActegoryPara(powers).compose(f, g)
    assert both.param == 6
    assert both.inside((0, (1, (2, (3, (4, 5)))))) == "g(f(0, 3), (f(1, 4), f(2, 5)))"


def test_reindexings_form_a_symmetric_monoidal_category() -> None:
    c = Indices()
    f, g = Reindexing(2, 3, (1, 0, 1)), Reindexing(3, 2, (2, 2))
    assert c.compose(f, g) == Reindexing(2, 2, (1, 1))
    assert c.compose(c.tensor(f, g), c.swap(3, 2)) == c.compose(c.swap(2, 3), c.tensor(g, f))
    assert c.compose(c.swap(2, 3), c.swap(3, 2)) == c.identity(6)
    with pytest.raises(BoundaryError, match=r"\(0, 2\) are not 2 indices below 2"):
        Reindexing(2, 2, (0, 2))
    with pytest.raises(BoundaryError, match="reindexings"):
        c.compose(f, f)
