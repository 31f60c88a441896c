"""Controls that are wrong constructions: each a wrong implementation that a law names, in the place where it is wrong.

A *construction* is an engine with categories of its own, as an outsider writes one, of which one world is broken. A
*rule* is the torch engine under the constructions of this package, of which one has a wrong rule: a derivative, mostly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from verified_cat.check import LAWS
from verified_cat.laws import engines, suite
from verified_cat.laws.strict_categories import SealedCategory, SealedEngine
from verified_cat.worlds import Mutant


class BrokenEngine(SealedEngine):
    """Constructions as categories of an engine's own, that of one world with a wrong method in it."""

    __slots__ = ("_mutant",)

    def __init__(self, engine: Any, mutant: Mutant) -> None:
        super().__init__(engine, f"broken {mutant.world}")
        self._mutant = mutant

    def category(self, world: str) -> SealedCategory:
        """The construction of that world."""
        sound = super().category(world)
        return sound.broken(self._mutant) if world == self._mutant.world else sound


@dataclass(frozen=True, slots=True)
class Construction:
    """An engine whose own category of one world is a wrong implementation that a law names by what it ``says``.

    ``law`` is that law, where it is not the judge: an own category is no place for a law that gives it functions.
    """

    name: str
    judge: str
    says: str
    law: str = ""
    engine: str = "torch"
    kind: ClassVar[str] = "construction"

    @property
    def mutant(self) -> Mutant:
        """The wrong implementation."""
        suite.load()
        return next(each for each in LAWS[self.law or self.judge].mutants if each.says == self.says)

    @property
    def within(self) -> Mutant | None:
        """What is wrong with the constructions of this package: nothing, as the engine brings its own."""
        return None

    def build(self) -> Any:
        """The engine."""
        return BrokenEngine(engines.ENGINES[self.engine](), self.mutant)

    def touches(self, world: str, operations: frozenset[str]) -> bool:
        """Whether an instance in that world can meet what is broken."""
        return world == self.mutant.world


@dataclass(frozen=True, slots=True)
class Rule(Construction):
    """The engine as it is, under constructions of this package of which one has the wrong rule."""

    kind: ClassVar[str] = "rule"

    @property
    def within(self) -> Mutant | None:
        """The wrong implementation."""
        return self.mutant

    def build(self) -> Any:
        """The engine, in which nothing is wrong."""
        return engines.ENGINES[self.engine]()


CONSTRUCTIONS = (
    Construction("parameters in the wrong order", "PARA-EV", "the two parameters are exchanged"),
    Construction("parameters shared", "PARA-EV", "both maps take the first parameter", "PARA-COMP"),
    Construction("inner map applied twice", "PARA-ASSOC", "the inner map is applied twice"),
    Construction("2-cells applied twice", "PARA-2CAT", "an endomorphic reparametrisation is applied twice"),
    Construction("first map applied twice", "CAT-ASSOC", "composition applies an endomorphic first map twice"),
    Construction("tensor reads one input", "MON-FUNCT", "f ⊗ g gives both maps the first input"),
    Construction("swap does nothing", "MON-ISO", "σ does nothing where the two objects agree"),
    Construction("chain rule at the start", "D-RULES", "the chain rule takes g' at a instead of f(a)"),
    Construction("parallel rule crossed", "D-RULES", "f ⊗ g takes each derivative at the other's point"),
    Construction("identity pulls back the point", "CAT-UNIT", "the identity pulls back to the primal value"),
    Construction("onesLike counit", "CART-NAT", "the pullback of ! is ones, the seed's onesLike"),
    Construction("lens cotangents exchanged", "LENS-MON", "f ⊗ g exchanges the two cotangents"),
    Construction("identity requests its value", "LEARN-ID", "the identity requests the value it has"),
    Construction("pairing takes one map twice", "LL-LAWS", "⟨f, g⟩ is taken for ⟨f, f⟩"),
    Rule("associator exchanges parameters", "PARA-COH", "the associator exchanges the last two parameters"),
    Rule("composition in the wrong order", "CONT-FUNCT", "continuations compose in the order of k"),
    Rule("factor two in exp'", "GAD-UNARY", "the derivative of exp is doubled"),
    Rule("missing transpose", "CONV-ADJ", "a matrix is pulled back by itself, not its transpose"),
    Rule("permutation pulled back by itself", "CONV-ADJ", "a permutation is pulled back by itself"),
    Rule("second-derivative cross terms dropped", "RD-EXT", "no gradient flows through R itself: Hessians vanish"),
    Rule("gradient repeats one factor", "RD.7", "the gradient of a product repeats one factor"),
    Rule("gradient quadratic in the cotangent", "RD.6", "R[f](a, b) is quadratic in b"),
    Rule("chain rule of R at the start", "RD.5", "R[g] is evaluated at a instead of f(a)"),
    Rule("gradient of a reused variable overwritten", "RD.4", "the gradient of a reused variable is overwritten"),
    Rule("identity doubles the cotangent", "RD.3", "R[id] doubles the cotangent"),
    Rule("cotangent clipped", "RD.2", "the cotangent is clipped on the way back"),
    Rule("all-ones seed", "RD.1", "R[f] is off by an all-ones seed"),
    Rule("R doubled", "RD-CD", "R is doubled, so D comes out four times too large"),
    Rule("gradients of a tied value overwritten", "PARA-TIEGRAD", "the gradient of a shared value is overwritten"),
)
"""Wrong constructions, each with the law that must refute it."""

NAMED: dict[str, tuple[str, str]] = {
    "wrong composition order": ("composition in the wrong order", "CONT-FUNCT"),
    "parameters in the wrong order": ("parameters in the wrong order", "PARA-EV"),
    "shared parameters": ("parameters shared", "PARA-EV"),
    "missing transpose": ("missing transpose", "CONV-ADJ"),
    "dropped second-derivative cross terms": ("second-derivative cross terms dropped", "RD-EXT"),
    "onesLike counit": ("onesLike counit", "CART-NAT"),
    "factor two in exp'": ("factor two in exp'", "GAD-UNARY"),
    "summing ties": ("step is 1 at 0", "FLOAT-SPECIAL"),  # relu x - relu(-x) = x then has the slope 2 at 0
    "broken broadcast": ("broadcast along the other axis", "CONV-ADJ"),
    "float32 passed off as float64": ("float32 as float64", "DUAL-ADJ"),
    "cached results": ("stale cache", "ADD-JAM"),
    "swapped shapes that happen to fit": ("squares transposed", "CONV-ADJ"),
}
"""Faults that implementations are known to have, each with the control that has it and the law named for it."""
