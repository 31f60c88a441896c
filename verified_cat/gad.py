"""GAD_k: generalised automatic differentiation (Elliott 2018, section 4). A morphism is a ↦ (f(a), f'(a) in k).

``D`` is GAD over Dual of additive maps: a ↦ (b, pullback), with the residuals of the forward pass stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verified_cat.category import Biproduct, Cartesian, interpret
from verified_cat.chains import SHORT, ChainRule
from verified_cat.dual import Dual
from verified_cat.errors import must_meet
from verified_cat.functions import AdditiveMaps, Arrow, Engine, Functions, Run, Value
from verified_cat.objects import Ob, Pair
from verified_cat.primitives import Linear, Primitive, row
from verified_cat.terms import Operation, Term

Derive = Callable[[Any, Any], Any]


class Differentiable:
    """A morphism of GAD_k: ``run`` takes a value of dom to the pair (value of cod, morphism dom → cod of k).

    ``linear`` is (f, f') where the morphism is a ↦ (f(a), f') with one f' for all a, and None where that is not known.
    ``length`` is how many morphisms it was composed from, where it is a composite.
    """

    __slots__ = ("cod", "dom", "length", "linear", "run")

    def __init__(self, dom: Ob, cod: Ob, run: Run, linear: tuple[Arrow, Any] | None = None) -> None:
        self.dom = dom
        self.cod = cod
        self.run = run
        self.linear = linear
        self.length = 1

    def __call__(self, value: Value) -> tuple[Value, Any]:
        return self.run(value)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Differentiable({self.dom} → {self.cod})"


# ------------------------------------------------------------------------------------------------ plumbing


def chain(f: Run, g: Run, compose: Derive) -> Run:
    """a ↦ (g(f(a)), f'(a) ; g'(f(a))): the chain rule."""

    def composite(a: Value) -> Value:
        b, df = f(a)
        c, dg = g(b)
        return c, compose(df, dg)

    return composite


def cross(f: Run, g: Run, tensor: Derive) -> Run:
    """(a, b) ↦ ((f(a), g(b)), f'(a) ⊗ g'(b)): the rule for parallel maps."""

    def both(ab: Value) -> Value:
        a, b = ab
        c, df = f(a)
        d, dg = g(b)
        return (c, d), tensor(df, dg)

    return both


def share(f: Run, g: Run, pairing: Derive) -> Run:
    """a ↦ ((f(a), g(a)), ⟨f'(a), g'(a)⟩)."""

    def both(a: Value) -> Value:
        b, df = f(a)
        c, dg = g(a)
        return (b, c), pairing(df, dg)

    return both


def linear(f: Run, derivative: Any) -> Run:
    """a ↦ (f(a), f): a linear map is its own derivative, everywhere."""

    def run(a: Value) -> Value:
        return f(a), derivative

    return run


def tabulated(f: Run, derivative: Run) -> Run:
    """a ↦ (f(a), f'(a)), from the graph point (a, f(a)) that the derivative may reuse."""

    def run(a: Value) -> Value:
        b = f(a)
        return b, derivative((a, b))

    return run


def mapped(f: Run, functor: Run) -> Run:
    """a ↦ (f(a), F(f'(a))): the action of a functor k → k' on GAD_k."""

    def run(a: Value) -> Value:
        b, df = f(a)
        return b, functor(df)

    return run


# ------------------------------------------------------------------------------------------------ the category


class GAD(Cartesian[Differentiable]):
    """GAD_k over the functions of an engine, for any biproduct category k of derivatives.

    Cartesian for *all* its morphisms, not only for those whose second component is the derivative of the first.
    """

    def __init__(self, base: Functions, k: Biproduct[Any]) -> None:
        self.base = base
        self.k = k
        self.name = f"GAD over {k.name}"

    def of(self, dom: Ob, cod: Ob, run: Run) -> Differentiable:
        """The morphism with the given function a ↦ (b, derivative)."""
        return Differentiable(dom, cod, run)

    def _linear(self, f: Arrow, derivative: Any) -> Differentiable:
        made = self.of(f.dom, f.cod, linear(f.run, derivative))
        return Differentiable(made.dom, made.cod, made.run, (f, derivative))

    def dom(self, f: Differentiable) -> Ob:
        return f.dom

    def cod(self, f: Differentiable) -> Ob:
        return f.cod

    def identity(self, a: Ob) -> Differentiable:
        return self._linear(self.base.identity(a), self.k.identity(a))

    def compose(self, f: Differentiable, g: Differentiable) -> Differentiable:
        must_meet(self.name, f, g, f.cod, g.dom)
        if f.linear and g.linear:  # composites of linear maps are linear: their derivatives compose once, here
            (value, df), (then, dg) = f.linear, g.linear
            return self._linear(self.base.compose(value, then), self.k.compose(df, dg))
        length, onward = f.length + g.length, self.k.follow
        run = chain(f.run, g.run, onward) if length <= SHORT else ChainRule(f.run, g.run, onward)
        made = self.of(f.dom, g.cod, run)
        made.length = length
        return made

    def tensor(self, f: Differentiable, g: Differentiable) -> Differentiable:
        if f.linear and g.linear:
            (left, df), (right, dg) = f.linear, g.linear
            return self._linear(self.base.tensor(left, right), self.k.tensor(df, dg))
        return self.of(Pair(f.dom, g.dom), Pair(f.cod, g.cod), cross(f.run, g.run, self.k.tensor))

    def pairing(self, f: Differentiable, g: Differentiable) -> Differentiable:
        must_meet(self.name, "the pairing's left", "its right", f.dom, g.dom)
        if f.linear and g.linear:
            (left, df), (right, dg) = f.linear, g.linear
            return self._linear(self.base.pairing(left, right), self.k.pairing(df, dg))
        return self.of(f.dom, Pair(f.cod, g.cod), share(f.run, g.run, self.k.pairing))

    def associator(self, a: Ob, b: Ob, c: Ob) -> Differentiable:
        return self._linear(self.base.associator(a, b, c), self.k.associator(a, b, c))

    def associator_inverse(self, a: Ob, b: Ob, c: Ob) -> Differentiable:
        return self._linear(self.base.associator_inverse(a, b, c), self.k.associator_inverse(a, b, c))

    def left_unitor(self, a: Ob) -> Differentiable:
        return self._linear(self.base.left_unitor(a), self.k.left_unitor(a))

    def left_unitor_inverse(self, a: Ob) -> Differentiable:
        return self._linear(self.base.left_unitor_inverse(a), self.k.left_unitor_inverse(a))

    def right_unitor(self, a: Ob) -> Differentiable:
        return self._linear(self.base.right_unitor(a), self.k.right_unitor(a))

    def right_unitor_inverse(self, a: Ob) -> Differentiable:
        return self._linear(self.base.right_unitor_inverse(a), self.k.right_unitor_inverse(a))

    def swap(self, a: Ob, b: Ob) -> Differentiable:
        return self._linear(self.base.swap(a, b), self.k.swap(a, b))

    def copy(self, a: Ob) -> Differentiable:
        return self._linear(self.base.copy(a), self.k.copy(a))

    def discard(self, a: Ob) -> Differentiable:
        return self._linear(self.base.discard(a), self.k.discard(a))

    def first(self, a: Ob, b: Ob) -> Differentiable:
        return self._linear(self.base.first(a, b), self.k.first(a, b))

    def second(self, a: Ob, b: Ob) -> Differentiable:
        return self._linear(self.base.second(a, b), self.k.second(a, b))

    def generator(self, operation: Operation) -> Differentiable:
        value = self.base.generator(operation)
        if isinstance(operation, Primitive) and isinstance(row(operation.name), Linear):
            return self._linear(value, self.k.derivative(operation)(()))  # type: ignore[attr-defined]  # at any point
        return self.of(value.dom, value.cod, tabulated(value.run, self.k.derivative(operation)))  # type: ignore[attr-defined]

    def forget(self, f: Differentiable) -> Arrow:
        """The value functor GAD_k → functions: a ↦ fst(f(a))."""

        def value(a: Value) -> Value:
            b, _ = f.run(a)
            return b

        return self.base.arrow(f.dom, f.cod, value)

    def differentiate(self, term: Term) -> Differentiable:
        """D(term): the value with its derivative in k."""
        return interpret(term, self)  # type: ignore[no-any-return]


def forward_mode(engine: Engine) -> GAD:
    """GAD over additive maps: a ↦ (b, v ↦ J v)."""
    return GAD(Functions(engine), AdditiveMaps(engine))


def reverse_mode(engine: Engine) -> GAD:
    """D: GAD over Dual of additive maps: a ↦ (b, w ↦ Jᵀ w). The pullback is an arrow cod → dom."""
    return GAD(Functions(engine), Dual(AdditiveMaps(engine)))


def change_of_derivatives(
    source: GAD, target: GAD, functor: Callable[[Any], Any]
) -> Callable[[Differentiable], Differentiable]:
    """GAD_F : GAD_k → GAD_k', for a functor F : k → k' that is the identity on objects."""

    def on(f: Differentiable) -> Differentiable:
        must_meet("change of derivatives", source.name, target.name, source.base.name, target.base.name)
        return target.of(f.dom, f.cod, mapped(f.run, functor))

    return on
