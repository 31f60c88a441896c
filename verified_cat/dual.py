"""Dual_k: the opposite of a biproduct category k (Elliott 2018, Fig. "asDual"). Reverse mode is D over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from verified_cat.category import Biproduct
from verified_cat.objects import Ob
from verified_cat.terms import Operation

M = TypeVar("M")


class Dual(Biproduct[M]):
    """A morphism A → B of Dual_k *is* a morphism B → A of k; only the reading is turned round, so nothing is wrapped.

    The product structure of the one is the coproduct structure of the other: π₀ = ι₀ of k, Δ = ∇ of k, ! = 0 of k.
    """

    def __init__(self, k: Biproduct[M]) -> None:
        self.k = k
        self.name = f"dual of {k.name}"

    def dom(self, f: M) -> Any:
        return self.k.cod(f)

    def cod(self, f: M) -> Any:
        return self.k.dom(f)

    @property
    def unit(self) -> Any:
        return self.k.unit

    def pair(self, a: Any, b: Any) -> Any:
        return self.k.pair(a, b)

    def image(self, ob: Ob) -> Any:
        return self.k.image(ob)

    def identity(self, a: Any) -> M:
        return self.k.identity(a)

    def compose(self, f: M, g: M) -> M:
        return self.k.compose(g, f)

    def follow(self, f: M, g: M) -> M:
        return self.k.follow(g, f)

    def tensor(self, f: M, g: M) -> M:
        return self.k.tensor(f, g)

    def associator(self, a: Any, b: Any, c: Any) -> M:
        return self.k.associator_inverse(a, b, c)

    def associator_inverse(self, a: Any, b: Any, c: Any) -> M:
        return self.k.associator(a, b, c)

    def left_unitor(self, a: Any) -> M:
        return self.k.left_unitor_inverse(a)

    def left_unitor_inverse(self, a: Any) -> M:
        return self.k.left_unitor(a)

    def right_unitor(self, a: Any) -> M:
        return self.k.right_unitor_inverse(a)

    def right_unitor_inverse(self, a: Any) -> M:
        return self.k.right_unitor(a)

    def swap(self, a: Any, b: Any) -> M:
        return self.k.swap(b, a)

    def middle_four(self, a: Any, b: Any, c: Any, d: Any) -> M:
        return self.k.middle_four(a, c, b, d)

    def copy(self, a: Any) -> M:
        return self.k.merge(a)

    def discard(self, a: Any) -> M:
        return self.k.zero(self.k.unit, a)

    def first(self, a: Any, b: Any) -> M:
        return self.k.inject_first(a, b)

    def second(self, a: Any, b: Any) -> M:
        return self.k.inject_second(a, b)

    def pairing(self, f: M, g: M) -> M:
        return self.k.copairing(f, g)

    def zero(self, a: Any, b: Any) -> M:
        return self.k.zero(b, a)

    def merge(self, a: Any) -> M:
        return self.k.copy(a)

    def inject_first(self, a: Any, b: Any) -> M:
        return self.k.first(a, b)

    def inject_second(self, a: Any, b: Any) -> M:
        return self.k.second(a, b)

    def copairing(self, f: M, g: M) -> M:
        return self.k.pairing(f, g)

    def derivative(self, operation: Operation) -> Callable[[Any], M]:
        """graph ↦ the derivative of an operation there, read backwards: its transpose as a map B → A of k."""
        return self.k.transposed_derivative(operation)  # type: ignore[attr-defined, no-any-return]

    def transposed_derivative(self, operation: Operation) -> Callable[[Any], M]:
        """graph ↦ the transpose of the derivative, read backwards: the derivative A → B of k."""
        return self.k.derivative(operation)  # type: ignore[attr-defined, no-any-return]
