"""Para(C): parametrised morphisms over a symmetric monoidal category, with reparametrisations as 2-cells.

A 1-cell A → B is an object P with a morphism P ⊗ A → B. ``compose(f, g)`` has the parameters P ⊗ Q, inner first:
(g ∘ f)((p, q), a) = g(q, f(p, a)). Associativity and units hold along the named reparametrisations, not on the nose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from verified_cat.category import Symmetric
from verified_cat.errors import must_meet
from verified_cat.objects import Ob
from verified_cat.shown import Shown
from verified_cat.terms import Operation

M = TypeVar("M")
N = TypeVar("N")


@dataclass(frozen=True)
class ParaMap(Shown, Generic[M]):
    """A 1-cell dom → cod: ``inside`` : param ⊗ dom → cod in the category underneath."""

    param: Any
    dom: Any
    cod: Any
    inside: M


@dataclass(frozen=True)
class Reparam(Shown, Generic[M]):
    """A 2-cell (P, f) ⇒ (P', f'): a morphism ``along`` : P' → P with f' = f ∘ (along ⊗ A). ``name`` is for reports."""

    source: Any
    target: Any
    along: M
    name: str = "reparametrisation"


class Para(Symmetric[ParaMap[M]]):
    """Para over a symmetric monoidal category (Fong, Spivak and Tuyéras 2019, III.1; Cruttwell et al. 2021, 2.1).

    The parameter order is that of the slides, P ⊗ Q with the inner map first; Cruttwell et al. use the other one.
    """

    def __init__(self, base: Symmetric[M]) -> None:
        self.base = base
        self.name = f"para over {base.name}"

    def of(self, param: Any, dom: Any, cod: Any, inside: M) -> ParaMap[M]:
        """(P, f : P ⊗ A → B). Raises BoundaryError where the boundary of f is another one."""
        must_meet(self.name, "the source of the map", "P ⊗ A", self.base.dom(inside), self.base.pair(param, dom))
        must_meet(self.name, "the map", "B", self.base.cod(inside), cod)
        return ParaMap(param, dom, cod, inside)

    def dom(self, f: ParaMap[M]) -> Any:
        return f.dom

    def cod(self, f: ParaMap[M]) -> Any:
        return f.cod

    @property
    def unit(self) -> Any:
        return self.base.unit

    def pair(self, a: Any, b: Any) -> Any:
        return self.base.pair(a, b)

    def image(self, ob: Ob) -> Any:
        return self.base.image(ob)

    def identity(self, a: Any) -> ParaMap[M]:
        return ParaMap(self.base.unit, a, a, self.base.left_unitor(a))

    def compose(self, f: ParaMap[M], g: ParaMap[M]) -> ParaMap[M]:
        """((p, q), a) ↦ g(q, f(p, a)), as a morphism: (σ ⊗ A) ; α ; (Q ⊗ f) ; g."""
        must_meet(self.name, "a 1-cell", "the next", f.cod, g.dom)
        base, p, q, a = self.base, f.param, g.param, f.dom
        inside = base.sequence(
            base.tensor(base.swap(p, q), base.identity(a)),
            base.associator(q, p, a),
            base.tensor(base.identity(q), f.inside),
            g.inside,
        )
        return ParaMap(base.pair(p, q), a, g.cod, inside)

    def tensor(self, f: ParaMap[M], g: ParaMap[M]) -> ParaMap[M]:
        """((p, q), (a, c)) ↦ (f(p, a), g(q, c))."""
        base = self.base
        inside = base.compose(base.middle_four(f.param, g.param, f.dom, g.dom), base.tensor(f.inside, g.inside))
        return ParaMap(base.pair(f.param, g.param), base.pair(f.dom, g.dom), base.pair(f.cod, g.cod), inside)

    def embed(self, f: M) -> ParaMap[M]:
        """(1, f ∘ λ): a morphism of the base with nothing to learn."""
        base = self.base
        return ParaMap(base.unit, base.dom(f), base.cod(f), base.compose(base.left_unitor(base.dom(f)), f))

    def associator(self, a: Any, b: Any, c: Any) -> ParaMap[M]:
        return self.embed(self.base.associator(a, b, c))

    def associator_inverse(self, a: Any, b: Any, c: Any) -> ParaMap[M]:
        return self.embed(self.base.associator_inverse(a, b, c))

    def left_unitor(self, a: Any) -> ParaMap[M]:
        return self.embed(self.base.left_unitor(a))

    def left_unitor_inverse(self, a: Any) -> ParaMap[M]:
        return self.embed(self.base.left_unitor_inverse(a))

    def right_unitor(self, a: Any) -> ParaMap[M]:
        return self.embed(self.base.right_unitor(a))

    def right_unitor_inverse(self, a: Any) -> ParaMap[M]:
        return self.embed(self.base.right_unitor_inverse(a))

    def swap(self, a: Any, b: Any) -> ParaMap[M]:
        return self.embed(self.base.swap(a, b))

    def generator(self, operation: Operation) -> ParaMap[M]:
        return self.embed(self.base.generator(operation))

    # -------------------------------------------------------------------------------------------- 2-cells

    def reparam(self, f: ParaMap[M], along: M) -> ParaMap[M]:
        """(P', f ∘ (r ⊗ A)) for r : P' → P. Raises BoundaryError where r does not end in P."""
        base = self.base
        must_meet(self.name, "a reparametrisation", "the parameters", base.cod(along), f.param)
        inside = base.compose(base.tensor(along, base.identity(f.dom)), f.inside)
        return ParaMap(base.dom(along), f.dom, f.cod, inside)

    def cell(self, f: ParaMap[M], along: M, name: str = "reparametrisation") -> Reparam[M]:
        """The 2-cell (P, f) ⇒ (P', f ∘ (r ⊗ A)) that r : P' → P is."""
        return Reparam(f, self.reparam(f, along), along, name)

    def vertical(self, first: Reparam[M], second: Reparam[M]) -> Reparam[M]:
        """(P, f) ⇒ (P', f') ⇒ (P'', f''): the composite reparametrisation P'' → P' → P."""
        along = self.base.compose(second.along, first.along)
        return Reparam(first.source, second.target, along, f"{second.name} ; {first.name}")

    def horizontal(self, first: Reparam[M], second: Reparam[M]) -> Reparam[M]:
        """r beside s: the 2-cell between the composites of the sources and of the targets, along r ⊗ s."""
        return Reparam(
            self.compose(first.source, second.source),
            self.compose(first.target, second.target),
            self.base.tensor(first.along, second.along),
            f"{first.name} ⊗ {second.name}",
        )

    def associator_cell(self, f: ParaMap[M], g: ParaMap[M], h: ParaMap[M]) -> Reparam[M]:
        """f ; (g ; h) ⇒ (f ; g) ; h along α : (P ⊗ Q) ⊗ R → P ⊗ (Q ⊗ R)."""
        along = self.base.associator(f.param, g.param, h.param)
        return self.cell(self.compose(f, self.compose(g, h)), along, "associator")

    def left_unitor_cell(self, f: ParaMap[M]) -> Reparam[M]:
        """f ⇒ id ; f along λ : 1 ⊗ P → P."""
        return self.cell(f, self.base.left_unitor(f.param), "left unitor")

    def right_unitor_cell(self, f: ParaMap[M]) -> Reparam[M]:
        """f ⇒ f ; id along ρ : P ⊗ 1 → P."""
        return self.cell(f, self.base.right_unitor(f.param), "right unitor")

    def interchanger_cell(self, f: ParaMap[M], f2: ParaMap[M], g: ParaMap[M], g2: ParaMap[M]) -> Reparam[M]:
        """(f ; g) ⊗ (f' ; g') ⇒ (f ⊗ f') ; (g ⊗ g') along the middle-four swap of the parameters."""
        along = self.base.middle_four(f.param, f2.param, g.param, g2.param)
        return self.cell(self.tensor(self.compose(f, g), self.compose(f2, g2)), along, "interchanger")


def tie(para: Para[M], f: ParaMap[M]) -> ParaMap[M]:
    """reparam along Δ: (P ⊗ P, f) becomes (P, p ↦ f((p, p), -)). Raises BoundaryError where the halves differ.

    The category underneath must be cartesian.
    """
    base = para.base
    if not hasattr(base, "copy"):
        raise TypeError(f"tying parameters copies them, and {base.name} has no copy")
    copy = base.copy(getattr(f.param, "left", f.param))
    return para.reparam(f, copy)


def change_base(
    f: ParaMap[M], functor: Callable[[M], N], on_objects: Callable[[Any], Any] = lambda ob: ob
) -> ParaMap[N]:
    """Para(F)(P, f) = (F P, F f) for a strict symmetric monoidal F (Capucci et al. 2022, Proposition 2)."""
    return ParaMap(on_objects(f.param), on_objects(f.dom), on_objects(f.cod), functor(f.inside))
