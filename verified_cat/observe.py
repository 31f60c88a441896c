"""Observation: what can be seen of a morphism, as one function. Two morphisms are equal when these functions are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verified_cat.actegory import ActegoryPara
from verified_cat.begin import Begin
from verified_cat.cont import Cont
from verified_cat.dual import Dual
from verified_cat.errors import MissingOperation
from verified_cat.functions import Arrow, Functions, Value
from verified_cat.gad import GAD, Differentiable
from verified_cat.learn import Learn, Learner
from verified_cat.lens import Lens, LensMap
from verified_cat.objects import Ob, Pair
from verified_cat.optic import Optic, OpticMap
from verified_cat.para import Para

Probe = Callable[[Any, Any], Any]
"""A, B ↦ a morphism A → B of k, at which continuations into r (B → r) and beginnings from r (r → A) are observed."""


def observe(category: Any, morphism: Any, probe: Probe | None = None) -> Arrow:
    """The function that is all there is to see of a morphism.

    Of a Para map, its inside; of a GAD map, (a, v) ↦ (f(a), f'(a)(v)), where over Dual v is a cotangent and f'(a) the
    pullback; of a lens or an optic, (a, b') ↦ (get(a), put(a, b')); of a learner, ((p, a), b) ↦ ((I, U), r). A
    continuation is seen at the probe from its codomain, a beginning at the probe into its domain. Raises
    MissingOperation for a category that it does not know.
    """
    if isinstance(category, Functions):
        return morphism  # type: ignore[no-any-return]
    if isinstance(category, Dual):
        return observe(category.k, morphism, probe)
    if isinstance(category, Cont):
        at = _given(category, probe)(morphism.cod, category.result)
        return observe(category.k, morphism.transform(at), probe)
    if isinstance(category, Begin):
        at = _given(category, probe)(category.start, morphism.dom)
        return observe(category.k, morphism.transform(at), probe)
    if isinstance(category, Para | ActegoryPara):
        return observe(category.base, morphism.inside, probe)
    if isinstance(category, GAD):
        return _differentiable(category, morphism, probe)
    if isinstance(category, Lens):
        return _lens(category, morphism)
    if isinstance(category, Optic):
        return _optic(category, morphism)
    if isinstance(category, Learn):
        return _learner(category, morphism)
    raise MissingOperation(f"{getattr(category, 'name', category)} has no observation")


def _given(category: Any, probe: Probe | None) -> Probe:
    if probe is None:
        raise MissingOperation(f"{category.name} is observed at a probe, and none was given")
    return probe


def boundary(k: Any, dom: Ob, cod: Ob) -> tuple[Ob, Ob]:
    """Where the observation of a morphism dom → cod of k starts and ends, for k that observes as arrows."""
    if isinstance(k, Dual):
        return boundary(k.k, cod, dom)
    if isinstance(k, Begin):
        return boundary(k.k, k.start, cod)
    return boundary(k.k, dom, k.result) if isinstance(k, Cont) else (dom, cod)


def _differentiable(gad: GAD, f: Differentiable, probe: Probe | None) -> Arrow:
    """(a, v) ↦ (f(a), f'(a)(v))."""
    source, target = boundary(gad.k, f.dom, f.cod)

    def both(av: Value) -> Value:
        a, v = av
        b, derivative = f.run(a)
        return b, observe(gad.k, derivative, probe).run(v)

    return gad.base.arrow(Pair(f.dom, source), Pair(f.cod, target), both)


def _lens(lens: Lens[Any], f: LensMap[Any]) -> Arrow:
    """(a, b') ↦ (get(a), put(a, b')), over functions."""
    base = lens.base
    if not isinstance(base, Functions):
        raise MissingOperation(f"{lens.name}: only a lens over functions is observed")

    def both(ab: Value) -> Value:
        a, _ = ab
        return f.get.run(a), f.put.run(ab)

    return base.arrow(Pair(f.dom.front, f.cod.back), Pair(f.cod.front, f.dom.back), both)


def _optic(optic: Optic[Any], f: OpticMap[Any]) -> Arrow:
    """(a, b') ↦ (b, r(m, b')) with (m, b) = l(a), over functions: all that slides leave as it is."""
    base = optic.base
    if not isinstance(base, Functions):
        raise MissingOperation(f"{optic.name}: only an optic over functions is observed")

    def both(ab: Value) -> Value:
        a, back = ab
        m, b = f.forward.run(a)
        return b, f.backward.run((m, back))

    return base.arrow(Pair(f.dom.front, f.cod.back), Pair(f.cod.front, f.dom.back), both)


def _learner(learn: Learn, f: Learner) -> Arrow:
    """((p, a), b) ↦ ((I(p, a), U(p, a, b)), r(p, a, b))."""

    def all_three(pab: Value) -> Value:
        pa, _ = pab
        return (f.implement(pa), f.update(pab)), f.request(pab)

    seen = Pair(f.param, f.dom)
    return learn.base.arrow(Pair(seen, f.cod), Pair(Pair(f.cod, f.param), f.dom), all_three)
