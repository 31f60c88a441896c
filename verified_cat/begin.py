"""Begin_k^r: forward mode (Elliott 2018, section 14). A morphism A → B turns maps r → A of k into maps r → B."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from verified_cat.category import Biproduct
from verified_cat.errors import must_meet
from verified_cat.objects import Ob
from verified_cat.terms import Operation

M = TypeVar("M")


class Beginning(Generic[M]):
    """A morphism dom → cod of Begin_k^r: ``transform`` takes h : r → dom to a map r → cod."""

    __slots__ = ("cod", "dom", "transform")

    def __init__(self, dom: Any, cod: Any, transform: Callable[[M], M]) -> None:
        self.dom = dom
        self.cod = cod
        self.transform = transform

    def __repr__(self) -> str:
        return f"Beginning({self.dom} → {self.cod})"


class Begin(Biproduct[Beginning[M]]):
    """Begin_k^r over a biproduct category k, with all its structure by homomorphic specification (Elliott 2018, 14).

    Cartesian on all transformers; its product is a coproduct on those with F(0) = 0 and F(h + h') = F(h) + F(h').
    Over the additive maps of R with r = R it is forward mode, for (R ⊸ A) ≅ A along h ↦ h(1).
    """

    def __init__(self, k: Biproduct[M], start: Any) -> None:
        self.k = k
        self.start = start
        self.name = f"beginnings of {k.name} from {start}"

    def of(self, f: M) -> Beginning[M]:
        """begin f = h ↦ f ∘ h, the functor k → Begin_k^r."""
        return Beginning(self.k.dom(f), self.k.cod(f), lambda h: self.k.compose(h, f))

    def dom(self, f: Beginning[M]) -> Any:
        return f.dom

    def cod(self, f: Beginning[M]) -> Any:
        return f.cod

    @property
    def unit(self) -> Any:
        return self.k.unit

    def pair(self, a: Any, b: Any) -> Any:
        return self.k.pair(a, b)

    def image(self, ob: Ob) -> Any:
        return self.k.image(ob)

    def identity(self, a: Any) -> Beginning[M]:
        return Beginning(a, a, lambda h: h)

    def compose(self, f: Beginning[M], g: Beginning[M]) -> Beginning[M]:
        must_meet(self.name, f, g, f.cod, g.dom)
        return Beginning(f.dom, g.cod, lambda h: g.transform(f.transform(h)))

    def tensor(self, f: Beginning[M], g: Beginning[M]) -> Beginning[M]:
        k = self.k

        def transform(h: M) -> M:
            left, right = k.compose(h, k.first(f.dom, g.dom)), k.compose(h, k.second(f.dom, g.dom))
            return k.pairing(f.transform(left), g.transform(right))

        return Beginning(k.pair(f.dom, g.dom), k.pair(f.cod, g.cod), transform)

    def first(self, a: Any, b: Any) -> Beginning[M]:
        return self.of(self.k.first(a, b))

    def second(self, a: Any, b: Any) -> Beginning[M]:
        return self.of(self.k.second(a, b))

    def copy(self, a: Any) -> Beginning[M]:
        return Beginning(a, self.k.pair(a, a), lambda h: self.k.pairing(h, h))

    def discard(self, a: Any) -> Beginning[M]:
        return Beginning(a, self.k.unit, lambda _: self.k.discard(self.start))

    def zero(self, a: Any, b: Any) -> Beginning[M]:
        return Beginning(a, b, lambda _: self.k.zero(self.start, b))

    def merge(self, a: Any) -> Beginning[M]:
        return self.of(self.k.merge(a))

    def inject_first(self, a: Any, b: Any) -> Beginning[M]:
        return Beginning(a, self.k.pair(a, b), lambda h: self.k.pairing(h, self.k.zero(self.start, b)))

    def inject_second(self, a: Any, b: Any) -> Beginning[M]:
        return Beginning(b, self.k.pair(a, b), lambda h: self.k.pairing(self.k.zero(self.start, a), h))

    def associator(self, a: Any, b: Any, c: Any) -> Beginning[M]:
        return self.of(self.k.associator(a, b, c))

    def associator_inverse(self, a: Any, b: Any, c: Any) -> Beginning[M]:
        return self.of(self.k.associator_inverse(a, b, c))

    def left_unitor(self, a: Any) -> Beginning[M]:
        return self.of(self.k.left_unitor(a))

    def left_unitor_inverse(self, a: Any) -> Beginning[M]:
        return self.of(self.k.left_unitor_inverse(a))

    def right_unitor(self, a: Any) -> Beginning[M]:
        return self.of(self.k.right_unitor(a))

    def right_unitor_inverse(self, a: Any) -> Beginning[M]:
        return self.of(self.k.right_unitor_inverse(a))

    def swap(self, a: Any, b: Any) -> Beginning[M]:
        return self.of(self.k.swap(a, b))

    def derivative(self, operation: Operation) -> Callable[[Any], Beginning[M]]:
        """graph ↦ begin of the derivative of an operation there."""
        inner = self.k.derivative(operation)  # type: ignore[attr-defined]
        return lambda graph: self.of(inner(graph))
