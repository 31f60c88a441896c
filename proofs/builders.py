"""Arbitrary morphisms of every construction: free symbols in the right places, over any engine that knows symbols.

Over the opaque engine they are arbitrary for the solver; over the finite engine they are tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verified_cat.cont import Cont, Continuation
from verified_cat.dual import Dual
from verified_cat.errors import MissingOperation
from verified_cat.functions import AdditiveMaps, Arrow, Functions, Value
from verified_cat.gad import GAD, Differentiable
from verified_cat.learn import Learn, Learner
from verified_cat.lens import Bundle, Lens, LensMap
from verified_cat.objects import Ob, Pair
from verified_cat.para import Para, ParaMap
from verified_cat.primitives import Symbol
from verified_cat.proofs.hypotheses import Hypotheses, additive_in_second, additive_map


def opaque_arrow(category: Functions, name: str, dom: Ob, cod: Ob) -> Arrow:
    """An arbitrary function dom → cod."""
    return category.generator(Symbol(name, dom, cod))


def opaque_additive(category: AdditiveMaps, name: str, dom: Ob, cod: Ob) -> tuple[Arrow, Hypotheses]:
    """An arbitrary additive map, with the hypotheses that make it one."""
    symbol = Symbol(name, dom, cod)
    return category.generator(symbol), additive_map(symbol)


def derivative_symbol(k: Any, name: str, dom: Ob, cod: Ob, point: Ob) -> Symbol:
    """(a, v) ↦ the derivative of ``name`` at a, along v: dom → cod of k, read as a function on values."""
    if isinstance(k, Dual):
        return derivative_symbol(k.k, name, cod, dom, point)
    if isinstance(k, Cont):
        return derivative_symbol(k.k, name, dom, cod, point)
    return Symbol(f"derivative of {name}", Pair(point, dom), cod)


def _derivative_at(k: Any, symbol: Symbol) -> Callable[[Value], Any]:
    """a ↦ (v ↦ symbol(a, v)) as a morphism of k."""
    if isinstance(k, Dual):
        return _derivative_at(k.k, symbol)
    if isinstance(k, Cont):
        inner = _derivative_at(k.k, symbol)
        return lambda a: k.of(inner(a))
    assert isinstance(k, Functions) and isinstance(symbol.dom, Pair)
    apply, direction = k.engine.operation(symbol), symbol.dom.right

    def at(a: Value) -> Arrow:
        def along(v: Value) -> Value:
            return apply((a, v))

        return k.arrow(direction, symbol.cod, along)

    return at


def opaque_differentiable(gad: GAD, name: str, dom: Ob, cod: Ob) -> Differentiable:
    """a ↦ (f(a), f'(a)) with f and f' arbitrary; that f'(a) is additive is :func:`derivative_is_additive`."""
    value = gad.base.generator(Symbol(name, dom, cod))
    derivative = _derivative_at(gad.k, derivative_symbol(gad.k, name, dom, cod, dom))

    def run(a: Value) -> Value:
        return value.run(a), derivative(a)

    return gad.of(dom, cod, run)


def derivative_is_additive(gad: GAD, name: str, dom: Ob, cod: Ob) -> Hypotheses:
    """The hypotheses that f'(a) is additive at every a."""
    return additive_in_second(derivative_symbol(gad.k, name, dom, cod, dom))


def opaque_morphism(category: Any, name: str, dom: Any, cod: Any) -> Any:
    """An arbitrary morphism of functions, additive maps, a Dual, a GAD, Lens; of Cont, an arbitrary one in the image.

    Raises MissingOperation for another category: Para and Learn need parameters.
    """
    if isinstance(category, GAD):
        return opaque_differentiable(category, name, dom, cod)
    if isinstance(category, Functions):
        return opaque_arrow(category, name, dom, cod)
    if isinstance(category, Dual):
        return opaque_morphism(category.k, name, cod, dom)
    if isinstance(category, Cont):
        return opaque_continuation(category, name, dom, cod)
    if isinstance(category, Lens):
        return opaque_lens(category, name, dom, cod)
    raise MissingOperation(f"{category.name}: no arbitrary morphism without more parts")


def opaque_continuation(category: Cont[Arrow], name: str, dom: Ob, cod: Ob) -> Continuation[Arrow]:
    """h ↦ h ∘ f for an arbitrary f: an arbitrary morphism in the image of cont."""
    return category.of(opaque_morphism(category.k, name, dom, cod))


def opaque_functional(category: Cont[Arrow], name: str = "h") -> Callable[[Ob], Arrow]:
    """B ↦ an arbitrary map B → r: where continuations are observed."""
    return lambda ob: opaque_morphism(category.k, name, ob, category.result)


def opaque_para(para: Para[Any], name: str, param: Any, dom: Any, cod: Any) -> ParaMap[Any]:
    """An arbitrary parametrised map."""
    return para.of(param, dom, cod, opaque_morphism(para.base, name, para.pair(param, dom), cod))


def opaque_lens(lens: Lens[Any], name: str, dom: Bundle, cod: Bundle) -> LensMap[Any]:
    """An arbitrary lens: get and put unrelated."""
    get = opaque_morphism(lens.base, f"get {name}", dom.front, cod.front)
    put = opaque_morphism(lens.base, f"put {name}", lens.base.pair(dom.front, cod.back), dom.back)
    return lens.of(dom, cod, get, put)


def opaque_learner(learn: Learn, name: str, param: Ob, dom: Ob, cod: Ob) -> Learner:
    """An arbitrary learner: I, U and r unrelated."""
    operation, seen = learn.base.engine.operation, Pair(param, dom)
    asked = Pair(seen, cod)
    return learn.of(
        param,
        dom,
        cod,
        operation(Symbol(f"implement {name}", seen, cod)),
        operation(Symbol(f"update {name}", asked, param)),
        operation(Symbol(f"request {name}", asked, dom)),
    )
