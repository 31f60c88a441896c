"""The functions that are printed to Agda, each with its type. Their laws are proved in agda/Bind*.agda."""

from __future__ import annotations

from verified_cat.proofs.agda_export import Export

FUNCTIONS = (
    Export("functions:same", "{A : Set} → A → A"),
    Export("functions:then", "{A B C : Set} → (A → B) → (B → C) → A → C"),
    Export("functions:beside", "{A B C D : Set} → (A → C) → (B → D) → A × B → C × D"),
    Export("functions:fork", "{A B C : Set} → (A → B) → (A → C) → A → B × C"),
    Export("functions:rebracket_right", "{A B C : Set} → (A × B) × C → A × (B × C)"),
    Export("functions:rebracket_left", "{A B C : Set} → A × (B × C) → (A × B) × C"),
    Export("functions:left_of", "{A B : Set} → A × B → A"),
    Export("functions:right_of", "{A B : Set} → A × B → B"),
    Export("functions:with_unit_left", "{A : Set} → A → ⊤ × A"),
    Export("functions:with_unit_right", "{A : Set} → A → A × ⊤"),
    Export("functions:exchange", "{A B : Set} → A × B → B × A"),
    Export("functions:exchange_middle", "{A B C D : Set} → (A × B) × (C × D) → (A × C) × (B × D)"),
    Export("functions:twice", "{A : Set} → A → A × A"),
    Export("functions:nothing", "{A : Set} → A → ⊤"),
    Export("functions:pairwise", "{A B C D E F : Set} → (A × C → E) → (B × D → F) → (A × B) × (C × D) → E × F"),
    Export("functions:AdditiveMaps.zero.always", "{A B : Set} → (⊤ → B) → A → B", outside={"zero": "zero"}),
    Export("functions:AdditiveMaps.inject_first.inject", "{A B : Set} → (⊤ → B) → A → A × B", outside={"zero": "zero"}),
    Export(
        "functions:AdditiveMaps.inject_second.inject", "{A B : Set} → (⊤ → A) → B → A × B", outside={"zero": "zero"}
    ),
    Export(
        "functions:AdditiveMaps.derivative.at.along",
        "{A B G : Set} → (G × A → B) → G → A → B",
        outside={"push": "push", "graph": "graph"},
    ),
    Export(
        "functions:AdditiveMaps.transposed_derivative.at.back",
        "{A B G : Set} → (G × B → A) → G → B → A",
        outside={"pull": "pull", "graph": "graph"},
    ),
    Export("gad:chain", "{A B C L M N : Set} → (A → B × L) → (B → C × M) → (L → M → N) → A → C × N"),
    Export("gad:cross", "{A B C D L M N : Set} → (A → C × L) → (B → D × M) → (L → M → N) → A × B → (C × D) × N"),
    Export("gad:share", "{A B C L M N : Set} → (A → B × L) → (A → C × M) → (L → M → N) → A → (B × C) × N"),
    Export("gad:linear", "{A B L : Set} → (A → B) → L → A → B × L"),
    Export("gad:tabulated", "{A B L : Set} → (A → B) → (A × B → L) → A → B × L"),
    Export("gad:mapped", "{A B L M : Set} → (A → B × L) → (L → M) → A → B × M"),
    Export("gad:GAD.forget.value", "{A B L : Set} → (A → B × L) → A → B", outside={"f.run": "f"}),
    Export("learn:implement_after", "{P Q A B C : Set} → (P × A → B) → (Q × B → C) → (P × Q) × A → C"),
    Export(
        "learn:update_after",
        "{P Q A B C : Set} → (P × A → B) → ((P × A) × B → P) → ((Q × B) × C → Q) → ((Q × B) × C → B) → "
        "((P × Q) × A) × C → P × Q",
    ),
    Export(
        "learn:request_after",
        "{P Q A B C : Set} → (P × A → B) → ((P × A) × B → A) → ((Q × B) × C → B) → ((P × Q) × A) × C → A",
    ),
    Export("learn:implement_beside", "{P Q A B C D : Set} → (P × A → B) → (Q × C → D) → (P × Q) × (A × C) → B × D"),
    Export(
        "learn:answer_beside",
        "{P Q A B C D E F : Set} → ((P × A) × B → E) → ((Q × C) × D → F) → ((P × Q) × (A × C)) × (B × D) → E × F",
    ),
    Export("learn:keep", "{P A B : Set} → (P × A) × B → P"),
    Export("learn:ask_back", "{P A B : Set} → (B → A) → (P × A) × B → A"),
    Export("learn:on_point", "{A B : Set} → (A → B) → ⊤ × A → B"),
    Export(
        "learn:updating",
        "{P A B DP DA DB : Set} → (P × A → B × (DB → DP × DA)) → (B × B → DB) → (P × DP → P) → (P × A) × B → P",
    ),
    Export(
        "learn:requesting",
        "{P A B DP DA DB : Set} → (P × A → B × (DB → DP × DA)) → (B × B → DB) → (A × DA → A) → (P × A) × B → A",
    ),
    Export("learn:valued", "{A B L : Set} → (A → B × L) → A → B"),
    Export(
        "learn:Learn.transport.implement",
        "{P Q A B : Set} → (P × A → B) → (Q → P) → Q × A → B",
        outside={"f.implement": "f", "along.run": "along"},
    ),
    Export(
        "learn:Learn.transport.update",
        "{P Q A B : Set} → ((P × A) × B → P) → (Q → P) → (P → Q) → (Q × A) × B → Q",
        outside={"f.update": "f", "along.run": "along", "back.run": "back"},
    ),
    Export(
        "learn:Learn.transport.request",
        "{P Q A B : Set} → ((P × A) × B → A) → (Q → P) → (Q × A) × B → A",
        outside={"f.request": "f", "along.run": "along"},
    ),
)
"""The plumbing, GAD, learners: polymorphic functions on values."""

_LEARNER = {f"{name}.{part}": f"{name}-{part}" for name in "fg" for part in ("implement", "update", "request")}


def _learner(method: str, part: int, type_of_it: str, *names: str) -> Export:
    return Export(f"learn:Learn.{method}", type_of_it, part, {k: _LEARNER[k] for k in names}, own_arguments=False)


_I, _J = "(P × A → B)", "(Q × B → C)"
_U, _V = "((P × A) × B → P)", "((Q × B) × C → Q)"
_R, _S = "((P × A) × B → A)", "((Q × B) × C → B)"
_TRAINED = {
    "f.inside.run": "run",
    "self.error.derivative(f.cod)": "derivative",
    "self.error.inverse(f.dom)": "inverse",
    "self.step(f.param)": "step",
}
_RUN = "(P × A → B × (DB → DP × DA))"


def _gradient(part: int, result: str) -> Export:
    arrow = f"{{P A B DP DA DB : Set}} → {_RUN} → (B × B → DB) → (A × DA → A) → (P × DP → P) → {result}"
    return Export("learn:GradientLearning.__call__", arrow, part, _TRAINED, own_arguments=False)


METHODS = (
    _learner("identity", 3, "{A : Set} → ⊤ × A → A"),
    _learner("identity", 4, "{A : Set} → (⊤ × A) × A → ⊤"),
    _learner("identity", 5, "{A : Set} → (⊤ × A) × A → A"),
    _learner("compose", 3, f"{{P Q A B C : Set}} → {_I} → {_J} → (P × Q) × A → C", "f.implement", "g.implement"),
    _learner(
        "compose",
        4,
        f"{{P Q A B C : Set}} → {_I} → {_U} → {_V} → {_S} → ((P × Q) × A) × C → P × Q",
        *("f.implement", "f.update", "g.update", "g.request"),
    ),
    _learner(
        "compose",
        5,
        f"{{P Q A B C : Set}} → {_I} → {_R} → {_S} → ((P × Q) × A) × C → A",
        *("f.implement", "f.request", "g.request"),
    ),
    _learner(
        "tensor",
        3,
        "{P Q A B C D : Set} → (P × A → B) → (Q × C → D) → (P × Q) × (A × C) → B × D",
        *("f.implement", "g.implement"),
    ),
    _learner(
        "tensor",
        4,
        "{P Q A B C D : Set} → ((P × A) × B → P) → ((Q × C) × D → Q) → ((P × Q) × (A × C)) × (B × D) → P × Q",
        *("f.update", "g.update"),
    ),
    _learner(
        "tensor",
        5,
        "{P Q A B C D : Set} → ((P × A) × B → A) → ((Q × C) × D → C) → ((P × Q) × (A × C)) × (B × D) → A × C",
        *("f.request", "g.request"),
    ),
    _gradient(3, "P × A → B"),
    _gradient(4, "(P × A) × B → P"),
    _gradient(5, "(P × A) × B → A"),
    Export("dual:Dual.compose", "{L M N : Set} → (L → M → N) → M → L → N", "return", {"self.k.compose": "compose"}),
    Export("dual:Dual.follow", "{L M N : Set} → (L → M → N) → M → L → N", "return", {"self.k.follow": "follow"}),
    Export("dual:Dual.tensor", "{L M N : Set} → (L → M → N) → L → M → N", "return", {"self.k.tensor": "tensor"}),
    Export("cont:Cont.of", "{F H K : Set} → (F → H → K) → F → H → K", 2, {"self.k.compose": "compose"}),
    Export("cont:Cont.identity", "{H : Set} → H → H", 2, own_arguments=False),
    Export(
        "cont:Cont.compose",
        "{H K L : Set} → (K → L) → (H → K) → H → L",
        2,
        {"f.transform": "f", "g.transform": "g"},
        own_arguments=False,
    ),
    Export("begin:Begin.of", "{F H K : Set} → (H → F → K) → F → H → K", 2, {"self.k.compose": "compose"}),
    Export("begin:Begin.identity", "{H : Set} → H → H", 2, own_arguments=False),
    Export(
        "begin:Begin.compose",
        "{H K L : Set} → (H → K) → (K → L) → H → L",
        2,
        {"f.transform": "f", "g.transform": "g"},
        own_arguments=False,
    ),
)
"""What the methods of the constructions do with the parts of their arguments."""


def _over(path: str, type_of_it: str, part: str | int, outside: str) -> Export:
    pairs = dict(each.split("=") for each in outside.split())
    return Export(path, type_of_it, part, pairs, own_arguments=False)


_MAPS = "f.param=P g.param=Q f.dom=A"

OVER_A_CATEGORY = (
    _over("para:Para.identity", "(A : Obj) → 𝟙 ⊗ A ⇒ A", 3, "a=A"),
    _over(
        "para:Para.compose",
        "(P Q A : Obj) {B X : Obj} → P ⊗ A ⇒ B → Q ⊗ B ⇒ X → (P ⊗ Q) ⊗ A ⇒ X",
        "inside",
        f"{_MAPS} f.inside=f g.inside=g",
    ),
    _over(
        "para:Para.tensor",
        "(P Q A X : Obj) {B Y : Obj} → P ⊗ A ⇒ B → Q ⊗ X ⇒ Y → (P ⊗ Q) ⊗ (A ⊗ X) ⇒ B ⊗ Y",
        "inside",
        f"{_MAPS} g.dom=X f.inside=f g.inside=g",
    ),
    _over("para:Para.embed", "(A : Obj) {B : Obj} → A ⇒ B → 𝟙 ⊗ A ⇒ B", 3, "self.base.dom(f)=A f=f"),
    _over(
        "para:Para.reparam",
        "(A : Obj) {P Q B : Obj} → P ⊗ A ⇒ B → Q ⇒ P → Q ⊗ A ⇒ B",
        "inside",
        "f.dom=A f.inside=f along=along",
    ),
    _over("para:Para.vertical", "{P Q R : Obj} → Q ⇒ P → R ⇒ Q → R ⇒ P", "along", "first.along=r second.along=s"),
    _over(
        "para:Para.horizontal",
        "{P P′ Q Q′ : Obj} → P′ ⇒ P → Q′ ⇒ Q → P′ ⊗ Q′ ⇒ P ⊗ Q",
        2,
        "first.along=r second.along=s",
    ),
    _over(
        "para:Para.associator_cell",
        "(P Q R : Obj) → (P ⊗ Q) ⊗ R ⇒ P ⊗ (Q ⊗ R)",
        "along",
        "f.param=P g.param=Q h.param=R",
    ),
    _over("para:Para.left_unitor_cell", "(P : Obj) → 𝟙 ⊗ P ⇒ P", 1, "f.param=P"),
    _over("para:Para.right_unitor_cell", "(P : Obj) → P ⊗ 𝟙 ⇒ P", 1, "f.param=P"),
    _over(
        "para:Para.interchanger_cell",
        "(P P′ Q Q′ : Obj) → (P ⊗ P′) ⊗ (Q ⊗ Q′) ⇒ (P ⊗ Q) ⊗ (P′ ⊗ Q′)",
        "along",
        "f.param=P f2.param=P′ g.param=Q g2.param=Q′",
    ),
    _over("lens:Lens.identity", "(A : Obj) → A ⇒ A", 2, "a.front=A"),
    _over("lens:Lens.identity", "(A A′ : Obj) → A ⊗ A′ ⇒ A′", 3, "a.front=A a.back=A′"),
    _over("lens:Lens.compose", "{A B X : Obj} → A ⇒ B → B ⇒ X → A ⇒ X", 2, "f.get=f g.get=g"),
    _over(
        "lens:Lens.compose",
        "(A X′ : Obj) {A′ B B′ : Obj} → A ⇒ B → A ⊗ B′ ⇒ A′ → B ⊗ X′ ⇒ B′ → A ⊗ X′ ⇒ A′",
        3,
        "f.dom.front=A g.cod.back=X′ f.get=f f.put=p g.put=q",
    ),
    _over("lens:Lens.tensor", "{A B X Y : Obj} → A ⇒ B → X ⇒ Y → A ⊗ X ⇒ B ⊗ Y", 2, "f.get=f g.get=g"),
    _over(
        "lens:Lens.tensor",
        "(A X B′ Y′ : Obj) {A′ X′ : Obj} → A ⊗ B′ ⇒ A′ → X ⊗ Y′ ⇒ X′ → (A ⊗ X) ⊗ (B′ ⊗ Y′) ⇒ A′ ⊗ X′",
        3,
        "f.dom.front=A g.dom.front=X f.cod.back=B′ g.cod.back=Y′ f.put=p g.put=q",
    ),
)
"""What Para and Lens compute in the category underneath: the morphisms inside their morphisms."""

OPERATIONS = {
    f"self.base.{each}": each
    for each in (
        *("sequence", "compose", "tensor", "identity", "swap", "associator", "left_unitor", "right_unitor"),
        *("middle_four", "first", "second", "pairing"),
    )
}
"""The operations of the category underneath, which agda/Operations.agda defines over any cartesian category."""

PRINTED = "module Printed where\n\nopen import Prelude"

PRINTED_OVER = """open import Categories
open import Products

module PrintedOver {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) where

open import Operations K
open Category C using (Obj; _⇒_)
open Cartesian K using (_⊗_; 𝟙)"""
