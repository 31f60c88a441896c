"""Actegories: a monoidal category M of parameters acts on a category C, and Para lives over any such action.

An action has P ⊛ A in C with μ : (P ⊗ Q) ⊛ A ≅ P ⊛ (Q ⊛ A) and η : 1 ⊛ A ≅ A, natural, with a pentagon and a triangle
(Capucci and Gavranović 2022; Capucci et al. 2022, Definition 2). Parameters may then live elsewhere than the data: in a
subcategory (linear, quantised or Boolean reparametrisations), or among finite sets, which act by powers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from verified_cat.category import Category, Symmetric
from verified_cat.errors import must_meet
from verified_cat.objects import Ob
from verified_cat.para import ParaMap, Reparam

S = TypeVar("S")
M = TypeVar("M")


class Action(ABC, Generic[S, M]):
    """An action of the symmetric monoidal category ``scalars`` on the category ``base``."""

    scalars: Symmetric[S]
    base: Category[M]
    name: str

    @abstractmethod
    def object(self, p: Any, a: Any) -> Any:
        """P ⊛ A."""

    @abstractmethod
    def morphism(self, r: S, f: M) -> M:
        """r ⊛ f : P ⊛ A → Q ⊛ B, for r : P → Q and f : A → B."""

    @abstractmethod
    def multiplicator(self, p: Any, q: Any, a: Any) -> M:
        """μ : (P ⊗ Q) ⊛ A → P ⊛ (Q ⊛ A)."""

    @abstractmethod
    def multiplicator_inverse(self, p: Any, q: Any, a: Any) -> M:
        """μ⁻¹ : P ⊛ (Q ⊛ A) → (P ⊗ Q) ⊛ A."""

    @abstractmethod
    def unitor(self, a: Any) -> M:
        """η : 1 ⊛ A → A."""

    @abstractmethod
    def unitor_inverse(self, a: Any) -> M:
        """η⁻¹ : A → 1 ⊛ A."""


class Embedding(Action[S, M]):
    """P ⊛ A = F(P) ⊗ A, for a strict symmetric monoidal functor F : M → C, the identity on objects; μ = α and η = λ.

    With F = id this is the action of C on itself; an inclusion leaves fewer reparametrisations; ``interpret`` makes
    terms act on functions.
    """

    def __init__(self, scalars: Symmetric[S], base: Symmetric[M], functor: Callable[[S], M]) -> None:
        self.scalars = scalars
        self.base: Symmetric[M] = base
        self.functor = functor
        self.name = f"{scalars.name} acting on {base.name}"

    def object(self, p: Any, a: Any) -> Any:
        return self.base.pair(p, a)

    def morphism(self, r: S, f: M) -> M:
        return self.base.tensor(self.functor(r), f)

    def multiplicator(self, p: Any, q: Any, a: Any) -> M:
        return self.base.associator(p, q, a)

    def multiplicator_inverse(self, p: Any, q: Any, a: Any) -> M:
        return self.base.associator_inverse(p, q, a)

    def unitor(self, a: Any) -> M:
        return self.base.left_unitor(a)

    def unitor_inverse(self, a: Any) -> M:
        return self.base.left_unitor_inverse(a)


def self_action(base: Symmetric[M]) -> Embedding[M, M]:
    """P ⊛ A = P ⊗ A: a symmetric monoidal category acts on itself."""
    return Embedding(base, base, lambda f: f)


# ------------------------------------------------------------------------------------------------ Para


class ActegoryPara(Category[ParaMap[M]], Generic[S, M]):
    """Para(⊛) of an action: a 1-cell A → B is a parameter P with a morphism P ⊛ A → B (Capucci et al. 2022, Prop. 5).

    The order is that of Para, P ⊗ Q with the inner map first. 2-cells are morphisms of the parameters.
    """

    def __init__(self, action: Action[S, M]) -> None:
        self.action = action
        self.name = f"para of {action.name}"

    @property
    def base(self) -> Category[M]:
        """The category that is acted on."""
        return self.action.base

    def of(self, param: Any, dom: Any, cod: Any, inside: M) -> ParaMap[M]:
        """(P, f : P ⊛ A → B). Raises BoundaryError where the boundary of f is another one."""
        must_meet(self.name, "the source of the map", "P ⊛ A", self.base.dom(inside), self.action.object(param, dom))
        must_meet(self.name, "the map", "B", self.base.cod(inside), cod)
        return ParaMap(param, dom, cod, inside)

    def dom(self, f: ParaMap[M]) -> Any:
        return f.dom

    def cod(self, f: ParaMap[M]) -> Any:
        return f.cod

    def image(self, ob: Ob) -> Any:
        return self.base.image(ob)

    def identity(self, a: Any) -> ParaMap[M]:
        return ParaMap(self.action.scalars.unit, a, a, self.action.unitor(a))

    def compose(self, f: ParaMap[M], g: ParaMap[M]) -> ParaMap[M]:
        """(σ ⊛ A) ; μ ; (Q ⊛ f) ; g : (P ⊗ Q) ⊛ A → (Q ⊗ P) ⊛ A → Q ⊛ (P ⊛ A) → Q ⊛ B → C."""
        must_meet(self.name, "a 1-cell", "the next", f.cod, g.dom)
        action, scalars, base = self.action, self.action.scalars, self.base
        p, q, a = f.param, g.param, f.dom
        inside = base.sequence(
            action.morphism(scalars.swap(p, q), base.identity(a)),
            action.multiplicator(q, p, a),
            action.morphism(scalars.identity(q), f.inside),
            g.inside,
        )
        return ParaMap(scalars.pair(p, q), a, g.cod, inside)

    def reparam(self, f: ParaMap[M], along: S) -> ParaMap[M]:
        """(P', (r ⊛ A) ; f) for r : P' → P. Raises BoundaryError where r does not end in P."""
        scalars, base = self.action.scalars, self.base
        must_meet(self.name, "a reparametrisation", "the parameters", scalars.cod(along), f.param)
        inside = base.compose(self.action.morphism(along, base.identity(f.dom)), f.inside)
        return ParaMap(scalars.dom(along), f.dom, f.cod, inside)

    def cell(self, f: ParaMap[M], along: S, name: str = "reparametrisation") -> Reparam[Any]:
        """The 2-cell (P, f) ⇒ (P', (r ⊛ A) ; f) that r : P' → P is."""
        return Reparam(f, self.reparam(f, along), along, name)

    def associator_cell(self, f: ParaMap[M], g: ParaMap[M], h: ParaMap[M]) -> Reparam[Any]:
        """f ; (g ; h) ⇒ (f ; g) ; h along α : (P ⊗ Q) ⊗ R → P ⊗ (Q ⊗ R)."""
        along = self.action.scalars.associator(f.param, g.param, h.param)
        return self.cell(self.compose(f, self.compose(g, h)), along, "associator")

    def left_unitor_cell(self, f: ParaMap[M]) -> Reparam[Any]:
        """f ⇒ id ; f along λ : 1 ⊗ P → P."""
        return self.cell(f, self.action.scalars.left_unitor(f.param), "left unitor")

    def right_unitor_cell(self, f: ParaMap[M]) -> Reparam[Any]:
        """f ⇒ f ; id along ρ : P ⊗ 1 → P."""
        return self.cell(f, self.action.scalars.right_unitor(f.param), "right unitor")
