"""Lens(C): pairs (get, put) over a cartesian category, and the reverse derivative as the functor R : C → Lens(C)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from verified_cat import primitives
from verified_cat.category import Cartesian, Symmetric, Terms, interpret
from verified_cat.errors import MissingOperation, must_meet
from verified_cat.objects import Ob
from verified_cat.shown import Shown
from verified_cat.terms import Operation, Term

M = TypeVar("M")
N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class Bundle(Shown):
    """An object (A, A') of lenses: what flows forward, and what flows back."""

    front: Any
    back: Any

    def __str__(self) -> str:
        return f"({self.front} over {self.back})"


@dataclass(frozen=True)
class LensMap(Shown, Generic[M]):
    """A lens dom → cod: get : A → B and put : A ⊗ B' → A', morphisms of the category underneath."""

    dom: Bundle
    cod: Bundle
    get: M
    put: M


class Bidirectional(Symmetric[N]):
    """A symmetric monoidal category over bundles (A, A'): what flows forward, over what flows back.

    Its structural isomorphisms are those of the category underneath, on the front, with their inverses on the back.
    """

    base: Symmetric[Any]

    @abstractmethod
    def _iso(self, dom: Bundle, cod: Bundle, there: Any, back: Any) -> N:
        """The morphism of an isomorphism on the front and one the other way on the back."""

    @property
    def unit(self) -> Bundle:
        return Bundle(self.base.unit, self.base.unit)

    def pair(self, a: Bundle, b: Bundle) -> Bundle:
        return Bundle(self.base.pair(a.front, b.front), self.base.pair(a.back, b.back))

    def image(self, ob: Ob) -> Bundle:
        return Bundle(self.base.image(ob), self.base.image(ob))

    def associator(self, a: Bundle, b: Bundle, c: Bundle) -> N:
        there = self.base.associator(a.front, b.front, c.front)
        back = self.base.associator_inverse(a.back, b.back, c.back)
        return self._iso(self.pair(self.pair(a, b), c), self.pair(a, self.pair(b, c)), there, back)

    def associator_inverse(self, a: Bundle, b: Bundle, c: Bundle) -> N:
        there = self.base.associator_inverse(a.front, b.front, c.front)
        back = self.base.associator(a.back, b.back, c.back)
        return self._iso(self.pair(a, self.pair(b, c)), self.pair(self.pair(a, b), c), there, back)

    def left_unitor(self, a: Bundle) -> N:
        there, back = self.base.left_unitor(a.front), self.base.left_unitor_inverse(a.back)
        return self._iso(self.pair(self.unit, a), a, there, back)

    def left_unitor_inverse(self, a: Bundle) -> N:
        there, back = self.base.left_unitor_inverse(a.front), self.base.left_unitor(a.back)
        return self._iso(a, self.pair(self.unit, a), there, back)

    def right_unitor(self, a: Bundle) -> N:
        there, back = self.base.right_unitor(a.front), self.base.right_unitor_inverse(a.back)
        return self._iso(self.pair(a, self.unit), a, there, back)

    def right_unitor_inverse(self, a: Bundle) -> N:
        there, back = self.base.right_unitor_inverse(a.front), self.base.right_unitor(a.back)
        return self._iso(a, self.pair(a, self.unit), there, back)

    def swap(self, a: Bundle, b: Bundle) -> N:
        there, back = self.base.swap(a.front, b.front), self.base.swap(b.back, a.back)
        return self._iso(self.pair(a, b), self.pair(b, a), there, back)


class Lens(Bidirectional[LensMap[M]]):
    """Lenses over a cartesian category (Cruttwell et al. 2021, Definition 2.4); symmetric monoidal, not cartesian."""

    base: Cartesian[M]

    def __init__(self, base: Cartesian[M]) -> None:
        self.base = base
        self.name = f"lenses over {base.name}"

    def of(self, dom: Bundle, cod: Bundle, get: M, put: M) -> LensMap[M]:
        """The lens with these parts. Raises BoundaryError where their boundaries are not those of a lens dom → cod."""
        base = self.base
        must_meet(self.name, "the source of get", "the lens", base.dom(get), dom.front)
        must_meet(self.name, "get", "the lens", base.cod(get), cod.front)
        must_meet(self.name, "the source of put", "A ⊗ B'", base.dom(put), base.pair(dom.front, cod.back))
        must_meet(self.name, "put", "A'", base.cod(put), dom.back)
        return LensMap(dom, cod, get, put)

    def dom(self, f: LensMap[M]) -> Bundle:
        return f.dom

    def cod(self, f: LensMap[M]) -> Bundle:
        return f.cod

    def identity(self, a: Bundle) -> LensMap[M]:
        return LensMap(a, a, self.base.identity(a.front), self.base.second(a.front, a.back))

    def compose(self, f: LensMap[M], g: LensMap[M]) -> LensMap[M]:
        """get = f.get ; g.get and put(a, c) = f.put(a, g.put(f.get(a), c))."""
        must_meet(self.name, "a lens", "the next", f.cod, g.dom)
        base, a, back = self.base, f.dom.front, g.cod.back
        asked = base.compose(base.tensor(f.get, base.identity(back)), g.put)
        put = base.compose(base.pairing(base.first(a, back), asked), f.put)
        return LensMap(f.dom, g.cod, base.compose(f.get, g.get), put)

    def tensor(self, f: LensMap[M], g: LensMap[M]) -> LensMap[M]:
        base = self.base
        put = base.compose(
            base.middle_four(f.dom.front, g.dom.front, f.cod.back, g.cod.back), base.tensor(f.put, g.put)
        )
        return LensMap(self.pair(f.dom, g.dom), self.pair(f.cod, g.cod), base.tensor(f.get, g.get), put)

    def _iso(self, dom: Bundle, cod: Bundle, there: M, back: M) -> LensMap[M]:
        """The lens of an isomorphism on the front and one the other way on the back."""
        return LensMap(dom, cod, there, self.base.compose(self.base.second(dom.front, cod.back), back))


class ReverseDerivative(Lens[M], Cartesian[LensMap[M]]):
    """R : A ↦ (A, A), f ↦ (f, R[f]): lenses on diagonal objects, where copying and discarding have an additive put.

    Interpreting a term here differentiates it (Cockett et al. 2019, Definition 13; Cruttwell et al. 2021, 2.7).
    """

    def __init__(self, base: Cartesian[M]) -> None:
        super().__init__(base)
        self.name = f"reverse derivatives over {base.name}"

    def copy(self, a: Bundle) -> LensMap[M]:
        base = self.base
        put = base.compose(base.second(a.front, base.pair(a.back, a.back)), interpret(primitives.add_on(a.back), base))
        return LensMap(a, self.pair(a, a), base.copy(a.front), put)

    def discard(self, a: Bundle) -> LensMap[M]:
        base = self.base
        put = base.compose(base.second(a.front, base.unit), interpret(primitives.zero_on(a.back), base))
        return LensMap(a, self.unit, base.discard(a.front), put)

    def first(self, a: Bundle, b: Bundle) -> LensMap[M]:
        base = self.base
        zero = base.compose(base.discard(a.back), interpret(primitives.zero_on(b.back), base))
        put = base.compose(base.second(base.pair(a.front, b.front), a.back), base.pairing(base.identity(a.back), zero))
        return LensMap(self.pair(a, b), a, base.first(a.front, b.front), put)

    def second(self, a: Bundle, b: Bundle) -> LensMap[M]:
        base = self.base
        zero = base.compose(base.discard(b.back), interpret(primitives.zero_on(a.back), base))
        put = base.compose(base.second(base.pair(a.front, b.front), b.back), base.pairing(zero, base.identity(b.back)))
        return LensMap(self.pair(a, b), b, base.second(a.front, b.front), put)

    def pairing(self, f: LensMap[M], g: LensMap[M]) -> LensMap[M]:
        """put(a, (b, c)) = f.put(a, b) + g.put(a, c)."""
        must_meet(self.name, "the pairing's left", "its right", f.dom, g.dom)
        base, a, b, c = self.base, f.dom, f.cod, g.cod
        one = base.identity(a.front)
        left = base.compose(base.tensor(one, base.first(b.back, c.back)), f.put)
        right = base.compose(base.tensor(one, base.second(b.back, c.back)), g.put)
        put = base.compose(base.pairing(left, right), interpret(primitives.add_on(a.back), base))
        return LensMap(a, self.pair(b, c), base.pairing(f.get, g.get), put)

    def generator(self, operation: Operation) -> LensMap[M]:
        if not isinstance(operation, primitives.Primitive):
            raise MissingOperation(f"{self.name}: {operation} is a free symbol; the table holds no derivative of it")
        return LensMap(
            self.image(operation.dom),
            self.image(operation.cod),
            self.base.generator(operation),
            interpret(primitives.reverse(operation), self.base),
        )


def reverse_derivative(term: Term) -> Term:
    """R[f] : A ⊗ B → A, (a, w) ↦ J_f(a)ᵀ w, as a term: it can be interpreted, and differentiated again."""
    return interpret(term, ReverseDerivative(Terms())).put  # type: ignore[no-any-return]
