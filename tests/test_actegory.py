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

A, B, C, P, Q, R = (Sort(name) for name in "ABCPQR")


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
    assert para.of(P, A, B, inside) == ParaMap(P, A, B, inside)
    for boundary, words in (((Q, A, B), "P ⊛ A"), ((P, A, C), "does not compose with B")):
        with pytest.raises(BoundaryError, match=words):
            para.of(*boundary, inside)
    with pytest.raises(BoundaryError, match="a 1-cell does not compose with the next"):
        para.compose(learnt("f", P, A, B), learnt("g", Q, A, C))


def test_structure_of_an_action(plain: Functions) -> None:
    """Of terms on functions: P ⊛ A = P ⊗ A with μ = α and η = λ; the names of both categories."""
    action = Embedding(Terms(), plain, lambda term: interpret(term, plain))
    assert action.name == f"{Terms().name} acting on {plain.name}"
    assert (action.scalars.name, action.base) == (Terms().name, plain)
    assert action.object(P, A) == Pair(P, A)
    moved = action.morphism(Swap(P, Q), Arrow(A, B, lambda a: f"f({a})"))
    assert (moved.dom, moved.cod) == (Pair(Pair(P, Q), A), Pair(Pair(Q, P), B))
    assert moved((("p", "q"), "a")) == (("q", "p"), "f(a)")
    there, back = action.multiplicator(P, Q, A), action.multiplicator_inverse(P, Q, A)
    assert (there.dom, there.cod) == (back.cod, back.dom) == (Pair(Pair(P, Q), A), Pair(P, Pair(Q, A)))
    assert there((("p", "q"), "a")) == ("p", ("q", "a")) and back(("p", ("q", "a"))) == (("p", "q"), "a")
    there, back = action.unitor(A), action.unitor_inverse(A)
    assert (there.dom, there.cod) == (back.cod, back.dom) == (Pair(UNIT, A), A)
    assert there(((), "a")) == "a" and back("a") == ((), "a")


def test_one_cells_and_two_cells_have_their_boundaries(plain: Functions) -> None:
    para = ActegoryPara(self_action(plain))
    assert para.name == f"para of {plain.name} acting on {plain.name}"
    assert para.base is plain and para.image(Pair(A, B)) == Pair(A, B)
    f, g, h = learnt("f", P, A, B), learnt("g", Q, B, C), learnt("h", R, C, A)
    identity, both = para.identity(A), para.compose(f, g)
    assert (identity.param, para.dom(identity), para.cod(identity)) == (UNIT, A, A)
    assert (both.param, para.dom(both), para.cod(both)) == (Pair(P, Q), A, C)
    assert (both.inside.dom, both.inside.cod) == (Pair(Pair(P, Q), A), C)
    r = Arrow(Q, P, lambda q: f"r({q})")
    cell = para.cell(f, r)
    assert (cell.source, cell.along, cell.name) == (f, r, "reparametrisation")
    assert (cell.target.param, cell.target.dom, cell.target.cod) == (Q, A, B)
    assert cell.target.inside(("q", "a")) == "f(r(q), a)"
    found = para.associator_cell(f, g, h)
    assert (found.source.param, found.target.param) == (Pair(P, Pair(Q, R)), Pair(Pair(P, Q), R))
    assert found.name == "associator"
    assert found.target.inside(((("p", "q"), "r"), "a")) == "h(r, g(q, f(p, a)))"
    for found, param, point in (
        (para.left_unitor_cell(f), Pair(UNIT, P), ((), "p")),
        (para.right_unitor_cell(f), Pair(P, UNIT), ("p", ())),
    ):
        assert (found.source, found.target.param) == (f, param)
        assert found.target.inside((point, "a")) == "f(p, a)"
    assert (para.left_unitor_cell(f).name, para.right_unitor_cell(f).name) == ("left unitor", "right unitor")


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


def test_powers_have_their_boundaries(powers: Powers[Arrow]) -> None:
    assert powers.name == f"powers in {powers.base.name}" and powers.scalars.name == "reindexings"
    moved = powers.morphism(Reindexing(2, 3, (1, 0, 1)), Arrow(A, B, lambda x: f"e({x})"))
    assert (moved.dom, moved.cod) == (powers.object(2, A), powers.object(3, B))
    there, back = powers.multiplicator(2, 3, A), powers.multiplicator_inverse(2, 3, A)
    rows, none = powers.object(2, powers.object(3, A)), powers.multiplicator(3, 0, A)
    assert (none.dom, none.cod) == (UNIT, powers.object(3, UNIT))
    assert (there.dom, there.cod) == (back.cod, back.dom) == (powers.object(6, A), rows)
    for entry in powers.entries(3, A):
        assert (entry.dom, entry.cod) == (powers.object(3, A), A)
    for same in (powers.unitor(A), powers.unitor_inverse(A)):
        assert (same.dom, same.cod, same("x")) == (A, A, "x")
    assert (powers.row(A, []).cod, powers.row(A, [])("x")) == (UNIT, ())


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
    assert c.compose(f, Reindexing(3, 4, (0, 2, 1, 0))) == Reindexing(2, 4, (1, 1, 0, 1))
    assert c.tensor(Reindexing(1, 2, (0, 0)), g) == Reindexing(3, 4, (2, 2, 2, 2))
    assert c.tensor(f, g) == Reindexing(6, 6, (5, 5, 2, 2, 5, 5))  # 3 i + j, from (1, 0, 1) and (2, 2)
    assert c.swap(2, 3) == Reindexing(6, 6, (0, 3, 1, 4, 2, 5))
    assert (c.dom(f), c.cod(f), c.unit, c.pair(2, 3)) == (2, 3, 1, 6)
    assert c.associator(2, 3, 4) == c.associator_inverse(2, 3, 4) == c.identity(24)
    assert c.left_unitor(5) == c.left_unitor_inverse(5) == c.right_unitor(5) == c.right_unitor_inverse(5)
    assert c.right_unitor(5) == Reindexing(5, 5, (0, 1, 2, 3, 4))
    with pytest.raises(BoundaryError, match=r"\(0, 2\) are not 2 indices below 2"):
        Reindexing(2, 2, (0, 2))
    for cod, at in ((1, (0, 0)), (3, (0, 0)), (2, (-1, 0))):
        with pytest.raises(BoundaryError, match=f"are not {cod} indices below 2"):
            Reindexing(2, cod, at)
    with pytest.raises(BoundaryError, match="reindexings"):
        c.compose(f, f)
