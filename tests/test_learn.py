"""Learners compose with the old parameters, and L makes them of differentiable maps: one step by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.category import interpret
from verified_cat.errors import BoundaryError
from verified_cat.functions import Arrow, Functions
from verified_cat.gad import reverse_mode
from verified_cat.learn import GradientLearning, Learn, Learner
from verified_cat.loss import QUADRATIC
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, space
from verified_cat.para import Para, ParaMap
from verified_cat.terms import Associator, Identity, Swap

A, B, C, P, Q = (Sort(name) for name in "ABCPQ")
TENTH = Fraction(1, 10)


def learner(names: tuple[str, str, str], param: Ob, dom: Ob, cod: Ob) -> Learner:
    """I(p, a), U(p, a, b) and r(p, a, b), written down."""
    i, u, r = names
    return Learner(
        param,
        dom,
        cod,
        lambda pa: f"{i}({pa[0]}, {pa[1]})",
        lambda pab: f"{u}({pab[0][0]}, {pab[0][1]}, {pab[1]})",
        lambda pab: f"{r}({pab[0][0]}, {pab[0][1]}, {pab[1]})",
    )


F, G = learner(("I", "U", "r"), P, A, B), learner(("J", "V", "s"), Q, B, C)


@pytest.fixture
def learn(plain: Functions) -> Learn:
    return Learn(plain)


@pytest.fixture
def descent(plain: Functions, learn: Learn) -> GradientLearning:
    """L for the quadratic error and a rate of 1/10."""

    def step(ob: Ob) -> Callable[[Any], Any]:
        return plain.meaning((Identity(ob) @ p.scale_on(-TENTH, ob)) >> p.add_on(ob)).run

    return GradientLearning(learn, QUADRATIC.on(plain), step)


def test_composition_uses_the_old_parameters(learn: Learn) -> None:
    both, at = learn.compose(F, G), ((("p", "q"), "a"), "c")
    assert (both.param, both.dom, both.cod) == (Pair(P, Q), A, C)
    assert both.implement(at[0]) == "J(q, I(p, a))"
    assert both.update(at) == ("U(p, a, s(q, I(p, a), c))", "V(q, I(p, a), c)")
    assert both.request(at) == "r(p, a, s(q, I(p, a), c))"


def test_tensor(learn: Learn) -> None:
    both, at = learn.tensor(F, G), ((("p", "q"), ("a", "b")), ("b'", "c"))
    assert both.implement(at[0]) == ("I(p, a)", "J(q, b)")
    assert both.update(at) == ("U(p, a, b')", "V(q, b, c)")
    assert both.request(at) == ("r(p, a, b')", "s(q, b, c)")


def test_structure_asks_for_the_inverse_image(learn: Learn) -> None:
    identity = learn.identity(A)
    assert (identity.param, identity.implement(((), "a"))) == (UNIT, "a")
    assert (identity.update((((), "a"), "b")), identity.request((((), "a"), "b"))) == ((), "b")
    swap = interpret(Swap(A, B), learn)
    assert swap.implement(((), ("a", "b"))) == ("b", "a")
    assert swap.request((((), ("a", "b")), ("b'", "a'"))) == ("a'", "b'")
    associator = interpret(Associator(A, B, C), learn)
    assert associator.request((((), "abc"), ("a", ("b", "c")))) == (("a", "b"), "c")


def test_transport_along_a_bijection(learn: Learn) -> None:
    there, back = Arrow(Q, P, lambda q: f"t({q})"), Arrow(P, Q, lambda x: f"b({x})")
    moved = learn.transport(F, there, back)
    assert moved.param == Q
    assert moved.implement(("q", "a")) == "I(t(q), a)"
    assert moved.update((("q", "a"), "b")) == "b(U(t(q), a, b))"
    assert moved.request((("q", "a"), "b")) == "r(t(q), a, b)"


def test_learners_know_the_functions_they_are_over(learn: Learn, plain: Functions) -> None:
    assert learn.base is plain


def test_learners_that_do_not_meet(learn: Learn) -> None:
    with pytest.raises(BoundaryError) as caught:
        learn.compose(G, F)
    assert str(caught.value) == (
        "learners over functions of plain: a learner does not compose with the next: the first ends in C, "
        "the second starts from A"
    )
    with pytest.raises(BoundaryError, match="a bijection does not compose with the parameters"):
        learn.transport(F, Arrow(Q, Q, lambda q: q), Arrow(Q, Q, lambda q: q))


# ------------------------------------------------------------------------------------------------ L


def test_one_step_by_hand(descent: GradientLearning, plain_engine: Callable[..., Any]) -> None:
    """f(p, a) = p a at (3, 5) with the target 17: y - b = -2, so p' = 3 + 0.1 · 2 · 5 = 4, a' = 5 + 2 · 3 = 11."""
    gad = reverse_mode(plain_engine())
    found = descent(ParaMap(SCALAR, SCALAR, SCALAR, gad.differentiate(p.multiply(()))))
    at = (((3,), (5,)), (17,))
    assert found.implement(at[0]) == (15,)
    assert found.update(at) == (4,)
    assert found.request(at) == (11,)
    assert found.update((((3,), (5,)), (15,))) == (3,)


def test_two_layers_by_hand(descent: GradientLearning, plain_engine: Callable[..., Any]) -> None:
    """q (p a) at p = 2, q = 3, a = 1, target 16: y = 6, dy = -10; dq = -10 · 2, dp = -10 · 3, da = -10 · 6."""
    gad = reverse_mode(plain_engine())
    over = Para(gad)
    layer = over.of(SCALAR, SCALAR, SCALAR, gad.differentiate(p.multiply(())))
    at = ((((2,), (3,)), (1,)), (16,))
    joint, composed = descent(over.compose(layer, layer)), descent.learn.compose(descent(layer), descent(layer))
    for found in (joint, composed):
        assert found.implement(at[0]) == (6,)
        assert found.update(at) == ((5,), (5,))
        assert found.request(at) == (61,)


def test_affine_layer_on_a_pair_of_parameters(descent: GradientLearning, plain_engine: Callable[..., Any]) -> None:
    """W x + b at W = [[1, 2]], b = 1, x = (3, 1), target 16: y = 6, dy = -10."""
    gad = reverse_mode(plain_engine())
    param = Pair(space(1), space(1, 2))
    inside = Associator(space(1), space(1, 2), space(2)) >> (Identity(space(1)) @ p.matvec(1, 2)) >> p.add((1,))
    found = descent(ParaMap(param, space(2), space(1), gad.differentiate(inside)))
    at = ((((1,), (1, 2)), (3, 1)), (16,))
    assert found.implement(at[0]) == (6,)
    assert found.update(at) == ((2,), (4, 3))
    assert found.request(at) == (13, 21)
    assert (found.param, found.dom, found.cod) == (param, space(2), space(1))
