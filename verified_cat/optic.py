"""Optics: morphisms that keep a residual on the way forward and use it on the way back, up to sliding.

An optic (A, A') → (B, B') is an object M with l : A → M ⊗ B and r : M ⊗ B' → A' (Riley 2018, Definition 2.0.1). Unlike
a lens it asks for no copying, so it lives over any symmetric monoidal category, and nothing is computed twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from verified_cat.category import Cartesian, Symmetric
from verified_cat.errors import must_meet
from verified_cat.lens import Bidirectional, Bundle, LensMap

M = TypeVar("M")


@dataclass(frozen=True)
class OpticMap(Generic[M]):
    """An optic dom → cod: forward : A → residual ⊗ B and backward : residual ⊗ B' → A'."""

    dom: Bundle
    cod: Bundle
    residual: Any
    forward: M
    backward: M


@dataclass(frozen=True)
class Slide(Generic[M]):
    """A 2-cell (N, l ; (k ⊗ B), r) ⇒ (M, l, (k ⊗ B') ; r), for k = ``along`` : M → N. Its ends are the same optic."""

    source: OpticMap[M]
    target: OpticMap[M]
    along: M
    name: str = "sliding"


class Optic(Bidirectional[OpticMap[M]]):
    """Optics over a symmetric monoidal category; the equations of a category hold along slides of the residuals."""

    def __init__(self, base: Symmetric[M]) -> None:
        self.base = base
        self.name = f"optics over {base.name}"

    def of(self, dom: Bundle, cod: Bundle, residual: Any, forward: M, backward: M) -> OpticMap[M]:
        """The optic with these parts. Raises BoundaryError where they are not those of an optic dom → cod."""
        base = self.base
        must_meet(self.name, "the source of the way forward", "A", base.dom(forward), dom.front)
        must_meet(self.name, "the way forward", "M ⊗ B", base.cod(forward), base.pair(residual, cod.front))
        must_meet(self.name, "the source of the way back", "M ⊗ B'", base.dom(backward), base.pair(residual, cod.back))
        must_meet(self.name, "the way back", "A'", base.cod(backward), dom.back)
        return OpticMap(dom, cod, residual, forward, backward)

    def dom(self, f: OpticMap[M]) -> Bundle:
        return f.dom

    def cod(self, f: OpticMap[M]) -> Bundle:
        return f.cod

    def _iso(self, dom: Bundle, cod: Bundle, there: M, back: M) -> OpticMap[M]:
        base = self.base
        forward = base.compose(there, base.left_unitor_inverse(cod.front))
        return OpticMap(dom, cod, base.unit, forward, base.compose(base.left_unitor(cod.back), back))

    def identity(self, a: Bundle) -> OpticMap[M]:
        return OpticMap(a, a, self.base.unit, self.base.left_unitor_inverse(a.front), self.base.left_unitor(a.back))

    def compose(self, f: OpticMap[M], g: OpticMap[M]) -> OpticMap[M]:
        """(M ⊗ N, l ; (M ⊗ l') ; α⁻¹, α ; (M ⊗ r') ; r): the inner residual comes first."""
        must_meet(self.name, "an optic", "the next", f.cod, g.dom)
        base, m, n = self.base, f.residual, g.residual
        kept = base.identity(m)
        forward = base.sequence(f.forward, base.tensor(kept, g.forward), base.associator_inverse(m, n, g.cod.front))
        backward = base.sequence(base.associator(m, n, g.cod.back), base.tensor(kept, g.backward), f.backward)
        return OpticMap(f.dom, g.cod, base.pair(m, n), forward, backward)

    def tensor(self, f: OpticMap[M], g: OpticMap[M]) -> OpticMap[M]:
        base, m, n = self.base, f.residual, g.residual
        apart = base.middle_four(m, f.cod.front, n, g.cod.front)
        forward = base.compose(base.tensor(f.forward, g.forward), apart)
        together = base.middle_four(m, n, f.cod.back, g.cod.back)
        backward = base.compose(together, base.tensor(f.backward, g.backward))
        return OpticMap(self.pair(f.dom, g.dom), self.pair(f.cod, g.cod), base.pair(m, n), forward, backward)

    # -------------------------------------------------------------------------------------------- sliding

    def slide(self, dom: Bundle, cod: Bundle, forward: M, along: M, backward: M) -> Slide[M]:
        """The 2-cell of l : A → M ⊗ B, k : M → N and r : N ⊗ B' → A'. Raises BoundaryError where they do not meet.

        k must be a morphism: one that draws random numbers gives other values the second time it runs.
        """
        base, before, after = self.base, self.base.dom(along), self.base.cod(along)
        ahead = base.compose(forward, base.tensor(along, base.identity(cod.front)))
        behind = base.compose(base.tensor(along, base.identity(cod.back)), backward)
        source = self.of(dom, cod, after, ahead, backward)
        return Slide(source, self.of(dom, cod, before, forward, behind), along)

    # -------------------------------------------------------------------------------------------- lenses

    def _cartesian(self) -> Cartesian[M]:
        if not isinstance(self.base, Cartesian):
            raise TypeError(f"optics are lenses over a cartesian category, and {self.base.name} is none")
        return self.base

    def as_lens(self, f: OpticMap[M]) -> LensMap[M]:
        """(l ; π₁, ((l ; π₀) ⊗ B') ; r). Raises TypeError where the category underneath is not cartesian."""
        base, m, b = self._cartesian(), f.residual, f.cod
        residual = base.compose(f.forward, base.first(m, b.front))
        put = base.compose(base.tensor(residual, base.identity(b.back)), f.backward)
        return LensMap(f.dom, b, base.compose(f.forward, base.second(m, b.front)), put)

    def of_lens(self, f: LensMap[M]) -> OpticMap[M]:
        """(A, ⟨id, get⟩, put): the residual is the whole input. Raises TypeError where the base is not cartesian."""
        base, a = self._cartesian(), f.dom.front
        return OpticMap(f.dom, f.cod, a, base.pairing(base.identity(a), f.get), f.put)
