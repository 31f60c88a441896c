"""Observation: what a morphism of any construction does, as one function on values. Equality looks at nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verified_cat.category import Terms
from verified_cat.cont import Cont
from verified_cat.dual import Dual
from verified_cat.errors import MissingOperation
from verified_cat.functions import Arrow, Functions, Run, Value, fork
from verified_cat.gad import GAD
from verified_cat.learn import Learn
from verified_cat.lens import Lens
from verified_cat.objects import Ob, Pair
from verified_cat.para import Para
from verified_cat.terms import Term

Functional = Callable[[Ob], Arrow]


def observe(category: Any, morphism: Any, functions: Functions, functional: Functional | None = None) -> Arrow:
    """The function that tells two morphisms of ``category`` apart, made by ``functions``.

    Functions and additive maps: themselves; Dual: the map of k that it is; GAD: (a, w) ↦ (f(a), f'(a) w); Cont: the
    map that it makes of ``functional(cod)``; lenses: (a, b') ↦ (get a, put(a, b')); Para: what its inside does; Learn:
    ((p, a), b) ↦ ((I, U), r); terms: their meaning. Raises MissingOperation for another category.
    """
    if isinstance(morphism, Term) and (isinstance(category, Terms) or not hasattr(category, "base")):
        return functions.meaning(morphism)
    if isinstance(category, Functions | Dual):
        return morphism  # type: ignore[no-any-return]
    if isinstance(category, GAD):
        return _observe_differentiable(category, morphism, functions)
    if isinstance(category, Cont):
        if functional is None:
            raise MissingOperation(f"a continuation is observed at a functional on {morphism.cod}; none was given")
        return morphism.transform(functional(morphism.cod))  # type: ignore[no-any-return]
    if isinstance(category, Para):
        return observe(category.base, morphism.inside, functions, functional)
    if isinstance(category, Learn):
        return _observe_learner(morphism, functions)
    if isinstance(category, Lens):
        return _observe_lens(category, morphism, functions)
    raise MissingOperation(f"morphisms of {getattr(category, 'name', category)} have no observation")


def _observe_differentiable(gad: GAD, morphism: Any, functions: Functions) -> Arrow:
    a, b = morphism.dom, morphism.cod
    into, out = (b, a) if isinstance(gad.k, Dual) else (a, b)
    return functions.arrow(Pair(a, into), Pair(b, out), value_and_derivative(morphism.run))


def _observe_lens(lens: Lens[Any], morphism: Any, functions: Functions) -> Arrow:
    get = observe(lens.base, morphism.get, functions)
    put = observe(lens.base, morphism.put, functions)
    dom = Pair(morphism.dom.front, morphism.cod.back)
    return functions.arrow(dom, Pair(morphism.cod.front, morphism.dom.back), get_and_put(get.run, put.run))


def _observe_learner(learner: Any, functions: Functions) -> Arrow:
    p, a, b = learner.param, learner.dom, learner.cod
    answer = all_of_learner(learner.implement, learner.update, learner.request)
    return functions.arrow(Pair(Pair(p, a), b), Pair(Pair(b, p), a), answer)


def value_and_derivative(f: Run) -> Run:
    """(a, w) ↦ (f(a), f'(a) w)."""

    def both(x: Value) -> Value:
        a, w = x
        b, df = f(a)
        return b, df.run(w)

    return both


def get_and_put(get: Run, put: Run) -> Run:
    """(a, b') ↦ (get(a), put(a, b'))."""

    def both(x: Value) -> Value:
        a, _ = x
        return get(a), put(x)

    return both


def all_of_learner(implement: Run, update: Run, request: Run) -> Run:
    """((p, a), b) ↦ ((I(p, a), U(p, a, b)), r(p, a, b))."""

    def both(x: Value) -> Value:
        pa, _ = x
        return implement(pa), update(x)

    return fork(both, request)
