"""Cont_k^r: continuations (Elliott 2018, section 12). A morphism A → B turns maps B → r of k into maps A → r."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from verified_cat.category import Biproduct
from verified_cat.errors import must_meet
from verified_cat.objects import Ob
from verified_cat.terms import Operation

M = TypeVar("M")


class Continuation(Generic[M]):
    """A morphism dom → cod of Cont_k^r: ``transform`` takes h : cod → r to a map dom → r."""

    __slots__ = ("cod", "dom", "transform")

    def __init__(self, dom: Any, cod: Any, transform: Callable[[M], M]) -> None:
        self.dom = dom
        self.cod = cod
        self.transform = transform

    def __repr__(self) -> str:
        return f"Continuation({self.dom} → {self.cod})"


class Cont(Biproduct[Continuation[M]]):
    """Cont_k^r over a biproduct category k. Lawful as a biproduct only on additive transformers (law CONT-IMAGE)."""

    def __init__(self, k: Biproduct[M], result: Any) -> None:
        self.k = k
        self.result = result
        self.name = f"continuations of {k.name} into {result}"

    def of(self, f: M) -> Continuation[M]:
        """cont f = h ↦ h ∘ f, the functor k → Cont_k^r."""
        return Continuation(self.k.dom(f), self.k.cod(f), lambda h: self.k.compose(f, h))

    def dom(self, f: Continuation[M]) -> Any:
        return f.dom

    def cod(self, f: Continuation[M]) -> Any:
        return f.cod

    @property
    def unit(self) -> Any:
        return self.k.unit

    def pair(self, a: Any, b: Any) -> Any:
        return self.k.pair(a, b)

    def image(self, ob: Ob) -> Any:
        return self.k.image(ob)

    def identity(self, a: Any) -> Continuation[M]:
        return Continuation(a, a, lambda h: h)

    def compose(self, f: Continuation[M], g: Continuation[M]) -> Continuation[M]:
        must_meet(self.name, f, g, f.cod, g.dom)
        return Continuation(f.dom, g.cod, lambda h: f.transform(g.transform(h)))

    def tensor(self, f: Continuation[M], g: Continuation[M]) -> Continuation[M]:
        k = self.k

        def transform(h: M) -> M:
            left = k.compose(k.inject_first(f.cod, g.cod), h)
            right = k.compose(k.inject_second(f.cod, g.cod), h)
            return k.copairing(f.transform(left), g.transform(right))

        return Continuation(k.pair(f.dom, g.dom), k.pair(f.cod, g.cod), transform)

    def first(self, a: Any, b: Any) -> Continuation[M]:
        k = self.k
        return Continuation(k.pair(a, b), a, lambda h: k.copairing(h, k.zero(b, self.result)))

    def second(self, a: Any, b: Any) -> Continuation[M]:
        k = self.k
        return Continuation(k.pair(a, b), b, lambda h: k.copairing(k.zero(a, self.result), h))

    def copy(self, a: Any) -> Continuation[M]:
        k = self.k

        def transform(h: M) -> M:
            return k.add(k.compose(k.inject_first(a, a), h), k.compose(k.inject_second(a, a), h))

        return Continuation(a, k.pair(a, a), transform)

    def discard(self, a: Any) -> Continuation[M]:
        return Continuation(a, self.k.unit, lambda _: self.k.zero(a, self.result))

    def zero(self, a: Any, b: Any) -> Continuation[M]:
        return Continuation(a, b, lambda _: self.k.zero(a, self.result))

    def merge(self, a: Any) -> Continuation[M]:
        return Continuation(self.k.pair(a, a), a, lambda h: self.k.copairing(h, h))

    def inject_first(self, a: Any, b: Any) -> Continuation[M]:
        k = self.k
        return Continuation(a, k.pair(a, b), lambda h: k.compose(k.inject_first(a, b), h))

    def inject_second(self, a: Any, b: Any) -> Continuation[M]:
        k = self.k
        return Continuation(b, k.pair(a, b), lambda h: k.compose(k.inject_second(a, b), h))

    def associator(self, a: Any, b: Any, c: Any) -> Continuation[M]:
        return self.of(self.k.associator(a, b, c))

    def associator_inverse(self, a: Any, b: Any, c: Any) -> Continuation[M]:
        return self.of(self.k.associator_inverse(a, b, c))

    def left_unitor(self, a: Any) -> Continuation[M]:
        return self.of(self.k.left_unitor(a))

    def left_unitor_inverse(self, a: Any) -> Continuation[M]:
        return self.of(self.k.left_unitor_inverse(a))

    def right_unitor(self, a: Any) -> Continuation[M]:
        return self.of(self.k.right_unitor(a))

    def right_unitor_inverse(self, a: Any) -> Continuation[M]:
        return self.of(self.k.right_unitor_inverse(a))

    def swap(self, a: Any, b: Any) -> Continuation[M]:
        return self.of(self.k.swap(a, b))

    def derivative(self, operation: Operation) -> Callable[[Any], Continuation[M]]:
        """graph ↦ cont of the derivative of an operation there."""
        inner = self.k.derivative(operation)  # type: ignore[attr-defined]
        return lambda graph: self.of(inner(graph))
