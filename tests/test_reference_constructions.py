"""The constructions over the exact engine: D, lenses, continuations, Para and Learn against SymPy, exactly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.cont import Cont
from verified_cat.functions import AdditiveMaps, Functions, Run
from verified_cat.gad import GAD, Differentiable, forward_mode, reverse_mode
from verified_cat.learn import GradientLearning, Learn, Learner
from verified_cat.lens import reverse_derivative
from verified_cat.loss import QUADRATIC
from verified_cat.networks import Network, dense, entrywise
from verified_cat.objects import SCALAR, Ob, Pair
from verified_cat.para import Para, ParaMap
from verified_cat.reference import SympyEngine
from verified_cat.reference.decide import Decision, decide_values
from verified_cat.reference.jacobian import entries, matrix, times_vector, value_of
from verified_cat.terms import Identity, Term

ENGINE = SympyEngine()
FUNCTIONS = Functions(ENGINE)
D = reverse_mode(ENGINE)
NETWORK = dense(1, 2, 3, "inner") >> entrywise(p.tanh, 1, 3) >> dense(1, 3, 1, "outer")
TERM: Term = NETWORK.map.inside


def compared(ob: Ob, found: Any, expected: Any) -> Decision:
    """found = expected as values of ob, decided."""
    return decide_values(ob, ENGINE.lower(ob, found), ENGINE.lower(ob, expected))


def by_sympy(term: Term, x: Any, w: Any) -> Any:
    """Jᵀ w by SymPy's own differentiation."""
    y = FUNCTIONS.meaning(term)(x)
    j = matrix(entries(term.cod, y), entries(term.dom, x))
    return value_of(term.dom, times_vector(j.T, entries(term.cod, w)))


def test_reverse_mode_of_a_network_is_sympys_derivative() -> None:
    x, w = ENGINE.symbols(TERM.dom), ENGINE.symbols(TERM.cod, "w")
    y, pullback = D.differentiate(TERM)(x)
    assert compared(TERM.cod, y, FUNCTIONS.meaning(TERM)(x)).verdict == "equal"
    assert compared(TERM.dom, pullback(w), by_sympy(TERM, x, w)).verdict == "equal"


def test_a_wrong_pullback_is_different() -> None:
    x, w = ENGINE.symbols(TERM.dom), ENGINE.symbols(TERM.cod, "w")
    _, pullback = D.differentiate(TERM)(x)
    wrong = FUNCTIONS.meaning(p.scale_on(2, TERM.dom))(pullback(w))
    decision = compared(TERM.dom, wrong, by_sympy(TERM, x, w))
    assert decision.verdict == "different" and decision.witness is not None


def test_the_lens_of_reverse_derivatives_is_the_pullback_of_D() -> None:
    x, w = ENGINE.symbols(TERM.dom), ENGINE.symbols(TERM.cod, "w")
    _, pullback = D.differentiate(TERM)(x)
    assert compared(TERM.dom, FUNCTIONS.meaning(reverse_derivative(TERM))((x, w)), pullback(w)).verdict == "equal"


def test_the_second_derivative_through_the_lens_is_sympys() -> None:
    term = p.sin(()) >> p.exp(())
    twice = reverse_derivative(reverse_derivative(term))
    x, w, v = (ENGINE.symbols(ob, name) for ob, name in ((SCALAR, "x"), (SCALAR, "w"), (SCALAR, "v")))
    found = FUNCTIONS.meaning(twice)(((x, w), v))
    assert compared(twice.cod, found, by_sympy(reverse_derivative(term), (x, w), v)).verdict == "equal"


def test_continuations_and_dual_and_forward_mode_agree() -> None:
    """MODE: ⟨w, J v⟩ is the same number by forward mode, by the pullback, and by a continuation at ⟨w, -⟩."""
    x, v, w = ENGINE.symbols(TERM.dom), ENGINE.symbols(TERM.dom, "v"), ENGINE.symbols(TERM.cod, "w")
    maps = AdditiveMaps(ENGINE)
    _, push = forward_mode(ENGINE).differentiate(TERM)(x)
    _, pullback = D.differentiate(TERM)(x)
    _, continuation = GAD(FUNCTIONS, Cont(maps, SCALAR)).differentiate(TERM)(x)
    functional = maps.arrow(TERM.cod, SCALAR, lambda y: inner(TERM.cod, w, y))
    by_forward = inner(TERM.cod, w, push(v))
    assert compared(SCALAR, by_forward, inner(TERM.dom, pullback(w), v)).verdict == "equal"
    assert compared(SCALAR, by_forward, continuation.transform(functional)(v)).verdict == "equal"


def inner(ob: Ob, x: Any, y: Any) -> Any:
    """⟨x, y⟩ as a scalar value."""
    total = sum(a * b for a, b in zip(entries(ob, x), entries(ob, y), strict=True))
    return value_of(SCALAR, [total])


def test_para_composes_along_its_associator_exactly() -> None:
    para = Para(FUNCTIONS)
    f, g, h = (
        change(n) for n in (dense(1, 2, 2, "f") >> entrywise(p.tanh, 1, 2), dense(1, 2, 2, "g"), dense(1, 2, 1, "h"))
    )
    cell = para.associator_cell(f, g, h)
    other = para.compose(para.compose(f, g), h)
    ob = Pair(other.param, other.dom)
    x = ENGINE.symbols(ob)
    assert cell.target.param == other.param
    assert compared(other.cod, cell.target.inside(x), other.inside(x)).verdict == "equal"


def change(network: Network) -> ParaMap[Any]:
    """A network as a 1-cell over the functions of the exact engine."""
    m = network.map
    return ParaMap(m.param, m.dom, m.cod, FUNCTIONS.meaning(m.inside))


def descent(rate: Fraction) -> Callable[[Ob], Run]:
    """(p, dp) ↦ p - rate dp."""
    return lambda ob: FUNCTIONS.meaning((Identity(ob) @ p.scale_on(-rate, ob)) >> p.add_on(ob)).run


def learner(f: ParaMap[Differentiable], rate: Fraction) -> Learner:
    return GradientLearning(Learn(FUNCTIONS), QUADRATIC.on(FUNCTIONS), descent(rate))(f)


@pytest.mark.parametrize(("other_rate", "verdict"), [(Fraction(1, 3), "equal"), (Fraction(2, 3), "different")])
def test_the_functor_to_learners_composes(other_rate: Fraction, verdict: str) -> None:
    """L(g ∘ f) = L(g) ∘ L(f) for the quadratic error; with another step in one of them the updates differ."""
    para, learn, rate = Para(D), Learn(FUNCTIONS), Fraction(1, 3)
    one, two = dense(1, 1, 2, "f") >> entrywise(p.tanh, 1, 2), dense(1, 2, 1, "g")
    f, g = (ParaMap(n.map.param, n.map.dom, n.map.cod, D.differentiate(n.map.inside)) for n in (one, two))
    whole = learner(para.compose(f, g), rate)
    parts = learn.compose(learner(f, other_rate), learner(g, rate))
    assert (whole.param, whole.dom, whole.cod) == (parts.param, parts.dom, parts.cod)
    x = ENGINE.symbols(Pair(Pair(whole.param, whole.dom), whole.cod))
    assert compared(whole.cod, whole.implement(x[0]), parts.implement(x[0])).verdict == "equal"
    assert compared(whole.dom, whole.request(x), parts.request(x)).verdict == "equal"
    assert compared(whole.param, whole.update(x), parts.update(x)).verdict == verdict
