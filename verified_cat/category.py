"""Categories by doctrine, and ``interpret``: the unique functor from terms into a category with the operations.

A category is an object with methods; its morphisms are plain values. ``compose(f, g)`` is always f then g. Each
doctrine adds structure, and derived structure has a default that follows from the axioms, so that a new category
writes only what is its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from verified_cat import terms
from verified_cat.errors import MissingOperation
from verified_cat.objects import UNIT, Ob, Pair

M = TypeVar("M")


class Category(ABC, Generic[M]):
    """Objects, morphisms with a boundary, identities and composition (Mac Lane 1998, I.1)."""

    name: str = "category"

    @abstractmethod
    def dom(self, f: M) -> Any:
        """The object where f starts."""

    @abstractmethod
    def cod(self, f: M) -> Any:
        """The object where f ends."""

    @abstractmethod
    def identity(self, a: Any) -> M:
        """id_A : A → A."""

    @abstractmethod
    def compose(self, f: M, g: M) -> M:
        """f ; g, that is g ∘ f : A → C. Raises BoundaryError where cod f is not dom g."""

    def image(self, ob: Ob) -> Any:
        """The object of this category that interprets the object ``ob`` of the terms; ``ob`` itself by default."""
        return ob

    def generator(self, operation: terms.Operation) -> M:
        """The morphism that interprets an operation. Raises MissingOperation where there is none."""
        raise MissingOperation(f"{self.name} has no meaning for the operation {operation}")

    def follow(self, f: M, g: M) -> M:
        """f ; g, for f and g that are known to meet, so that nothing is checked again."""
        return self.compose(f, g)

    def sequence(self, first: M, *others: M) -> M:
        """f₁ ; f₂ ; … ; fₙ, bracketed to the left."""
        for other in others:
            first = self.compose(first, other)
        return first


class Monoidal(Category[M]):
    """A tensor with its structural isomorphisms (Mac Lane 1998, VII.1)."""

    @property
    def unit(self) -> Any:
        """The unit object."""
        return UNIT

    def pair(self, a: Any, b: Any) -> Any:
        """A ⊗ B on objects."""
        return Pair(a, b)

    @abstractmethod
    def tensor(self, f: M, g: M) -> M:
        """f ⊗ g : A ⊗ C → B ⊗ D."""

    @abstractmethod
    def associator(self, a: Any, b: Any, c: Any) -> M:
        """α : (A ⊗ B) ⊗ C → A ⊗ (B ⊗ C)."""

    @abstractmethod
    def associator_inverse(self, a: Any, b: Any, c: Any) -> M:
        """α⁻¹ : A ⊗ (B ⊗ C) → (A ⊗ B) ⊗ C."""

    @abstractmethod
    def left_unitor(self, a: Any) -> M:
        """λ : 1 ⊗ A → A."""

    @abstractmethod
    def left_unitor_inverse(self, a: Any) -> M:
        """λ⁻¹ : A → 1 ⊗ A."""

    @abstractmethod
    def right_unitor(self, a: Any) -> M:
        """ρ : A ⊗ 1 → A."""

    @abstractmethod
    def right_unitor_inverse(self, a: Any) -> M:
        """ρ⁻¹ : A → A ⊗ 1."""


class Symmetric(Monoidal[M]):
    """A symmetry (Mac Lane 1998, XI.1)."""

    @abstractmethod
    def swap(self, a: Any, b: Any) -> M:
        """σ : A ⊗ B → B ⊗ A."""

    def middle_four(self, a: Any, b: Any, c: Any, d: Any) -> M:
        """(A ⊗ B) ⊗ (C ⊗ D) → (A ⊗ C) ⊗ (B ⊗ D), the interchange of the middle two."""
        inner = self.sequence(
            self.associator_inverse(b, c, d),
            self.tensor(self.swap(b, c), self.identity(d)),
            self.associator(c, b, d),
        )
        return self.sequence(
            self.associator(a, b, self.pair(c, d)),
            self.tensor(self.identity(a), inner),
            self.associator_inverse(a, c, self.pair(b, d)),
        )


class Cartesian(Symmetric[M]):
    """Copy and discard, natural, so that the tensor is the product (Fox 1976)."""

    @abstractmethod
    def copy(self, a: Any) -> M:
        """Δ : A → A ⊗ A."""

    @abstractmethod
    def discard(self, a: Any) -> M:
        """! : A → 1."""

    def first(self, a: Any, b: Any) -> M:
        """π₀ : A ⊗ B → A."""
        return self.compose(self.tensor(self.identity(a), self.discard(b)), self.right_unitor(a))

    def second(self, a: Any, b: Any) -> M:
        """π₁ : A ⊗ B → B."""
        return self.compose(self.tensor(self.discard(a), self.identity(b)), self.left_unitor(b))

    def pairing(self, f: M, g: M) -> M:
        """⟨f, g⟩ : A → B ⊗ C, for f : A → B and g : A → C."""
        return self.compose(self.copy(self.dom(f)), self.tensor(f, g))


class Biproduct(Cartesian[M]):
    """A cartesian category whose product is also the coproduct: the home of additive maps (Macedo-Oliveira 2013)."""

    @abstractmethod
    def zero(self, a: Any, b: Any) -> M:
        """0 : A → B."""

    @abstractmethod
    def merge(self, a: Any) -> M:
        """∇ : A ⊗ A → A, the codiagonal ("jam"): addition."""

    def inject_first(self, a: Any, b: Any) -> M:
        """ι₀ : A → A ⊗ B."""
        return self.pairing(self.identity(a), self.zero(a, b))

    def inject_second(self, a: Any, b: Any) -> M:
        """ι₁ : B → A ⊗ B."""
        return self.pairing(self.zero(b, a), self.identity(b))

    def copairing(self, f: M, g: M) -> M:
        """[f, g] : A ⊗ B → C, for f : A → C and g : B → C."""
        return self.compose(self.tensor(f, g), self.merge(self.cod(f)))

    def add(self, f: M, g: M) -> M:
        """f + g : A → B, for f, g : A → B."""
        return self.compose(self.pairing(f, g), self.merge(self.cod(f)))


def interpret(term: terms.Term, category: Any, generator: Callable[[terms.Operation], Any] | None = None) -> Any:
    """F(term): the unique structure-preserving functor that sends each operation to its meaning in ``category``.

    ``generator`` overrides ``category.generator`` (for free symbols with an assigned meaning). Raises MissingOperation
    where the category lacks an operation or a structure that the term uses.
    """
    meaning = generator or category.generator
    image = category.image

    def algebra(node: terms.Term, parts: list[Any]) -> Any:
        if isinstance(node, terms.Generator):
            return meaning(node.operation)
        method = getattr(category, _METHOD[type(node)], None)
        if method is None:
            raise MissingOperation(f"{category.name} has no {_METHOD[type(node)]}, which the term uses")
        return method(*parts) if parts else method(*map(image, node._data))

    return terms.fold(term, algebra)


_METHOD: dict[type[terms.Term], str] = {
    terms.Identity: "identity",
    terms.Compose: "compose",
    terms.Tensor: "tensor",
    terms.Associator: "associator",
    terms.AssociatorInverse: "associator_inverse",
    terms.LeftUnitor: "left_unitor",
    terms.LeftUnitorInverse: "left_unitor_inverse",
    terms.RightUnitor: "right_unitor",
    terms.RightUnitorInverse: "right_unitor_inverse",
    terms.Swap: "swap",
    terms.Copy: "copy",
    terms.Discard: "discard",
    terms.First: "first",
    terms.Second: "second",
    terms.Pairing: "pairing",
}

STRUCTURE = frozenset([*_METHOD.values(), "generator"])
"""The methods that ``interpret`` calls."""


class Terms(Cartesian[terms.Term]):
    """The terms themselves as a category: the initial one. ``interpret(t, Terms())`` is t."""

    name = "terms"

    def dom(self, f: terms.Term) -> Ob:
        return f.dom

    def cod(self, f: terms.Term) -> Ob:
        return f.cod

    def identity(self, a: Ob) -> terms.Term:
        return terms.Identity(a)

    def compose(self, f: terms.Term, g: terms.Term) -> terms.Term:
        return terms.Compose(f, g)

    def tensor(self, f: terms.Term, g: terms.Term) -> terms.Term:
        return terms.Tensor(f, g)

    def associator(self, a: Ob, b: Ob, c: Ob) -> terms.Term:
        return terms.Associator(a, b, c)

    def associator_inverse(self, a: Ob, b: Ob, c: Ob) -> terms.Term:
        return terms.AssociatorInverse(a, b, c)

    def left_unitor(self, a: Ob) -> terms.Term:
        return terms.LeftUnitor(a)

    def left_unitor_inverse(self, a: Ob) -> terms.Term:
        return terms.LeftUnitorInverse(a)

    def right_unitor(self, a: Ob) -> terms.Term:
        return terms.RightUnitor(a)

    def right_unitor_inverse(self, a: Ob) -> terms.Term:
        return terms.RightUnitorInverse(a)

    def swap(self, a: Ob, b: Ob) -> terms.Term:
        return terms.Swap(a, b)

    def copy(self, a: Ob) -> terms.Term:
        return terms.Copy(a)

    def discard(self, a: Ob) -> terms.Term:
        return terms.Discard(a)

    def first(self, a: Ob, b: Ob) -> terms.Term:
        return terms.First(a, b)

    def second(self, a: Ob, b: Ob) -> terms.Term:
        return terms.Second(a, b)

    def pairing(self, f: terms.Term, g: terms.Term) -> terms.Term:
        return terms.Pairing(f, g)

    def generator(self, operation: terms.Operation) -> terms.Term:
        return terms.Generator(operation)
