{-# OPTIONS --safe --without-K #-}
-- The morphisms that the printed methods of Para and Lens build, over any cartesian category, are those proved lawful.
open import Categories
open import Products

module BindOver {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) where

open import Prelude
open import Solve
open import Para
open import ParaMonoidal using (embed; _⊗₁_)
open import Lenses
open import PrintedOver K

open Category C
open Cartesian K
open Solver K
open Map
open Cell

private
  ⌞_⌟ : ∀ {A B} (f : Map K A B) → Tm (⌜ P f ⌝ ⊠ ⌜ A ⌝) ⌜ B ⌝
  ⌞ f ⌟ = gen (fn f)

module _ {A B X : Obj} (f : Map K A B) (g : Map K B X) where
  -- proves: PARA-COMP
  para-compose : fn (seq K f g) ≈ Para-compose-inside (P f) (P g) A (fn f) (fn g)
  para-compose = solve (⌞ g ⌟ ⊙ ((p₂ ⊙ p₁) ▵ (⌞ f ⌟ ⊙ ((p₁ ⊙ p₁) ▵ p₂))))
    (⌞ g ⌟ ⊙ ((ι ⊛ ⌞ f ⌟) ⊙ (a⃗ ⊙ (s⃗ ⊛ ι)))) rfl

-- proves: PARA-UNIT
para-identity : ∀ {A} → fn (unit K {A}) ≈ Para-identity-3 A
para-identity = rfl

-- proves: PARA-INTERCHANGE
para-tensor : ∀ {A B X Y} (f : Map K A B) (g : Map K X Y) →
  fn (_⊗₁_ K f g) ≈ Para-tensor-inside (P f) (P g) A X (fn f) (fn g)
para-tensor f g = rfl

-- proves: PARA-EMB
para-embed : ∀ {A B} (f : A ⇒ B) → fn (embed K f) ≈ Para-embed-3 A f
para-embed f = rfl

-- A reparametrisation is a 2-cell, from the map to the reparametrised map.
-- proves: PARA-2CAT
para-reparam : ∀ {A B Q} (f : Map K A B) (r : Q ⇒ P f) → Cell K f (para Q (Para-reparam-inside A (fn f) r))
para-reparam f r = cell r rfl

-- proves: PARA-2CAT
para-cells : ∀ {A B} {f g h : Map K A B} (x : Cell K f g) (y : Cell K g h) →
  along (vertical K x y) ≈ Para-vertical-along (along x) (along y)
para-cells x y = rfl

-- proves: PARA-2CAT
para-horizontal : ∀ {A B X} {f f′ : Map K A B} {g g′ : Map K B X} (x : Cell K f f′) (y : Cell K g g′) →
  along (horizontal K x y) ≈ Para-horizontal-2 (along x) (along y)
para-horizontal x y = rfl

-- proves: PARA-ASSOC
para-associator : ∀ {A B X D} (f : Map K A B) (g : Map K B X) (h : Map K X D) →
  along (associator K f g h) ≈ Para-associator-cell-along (P f) (P g) (P h)
para-associator f g h = rfl

-- proves: PARA-UNIT
para-unitors : ∀ {A B} (f : Map K A B) →
  (along (left-unitor K f) ≈ Para-left-unitor-cell-1 (P f)) × (along (right-unitor K f) ≈ Para-right-unitor-cell-1 (P f))
para-unitors f = rfl , rfl

-- proves: PARA-INTERCHANGE
para-interchanger : ∀ {A B X A′ B′ X′} (f : Map K A B) (f′ : Map K A′ B′) (g : Map K B X) (g′ : Map K B′ X′) →
  along (ParaMonoidal.interchanger K f f′ g g′) ≈ Para-interchanger-cell-along (P f) (P f′) (P g) (P g′)
para-interchanger f f′ g g′ = rfl

private module L = Category (LensC K)

-- proves: LENS-CAT
lens-identity : ∀ {A A′} → L.id {A , A′} L.≈ lens (Lens-identity-2 A) (Lens-identity-3 A A′)
lens-identity = rfl , rfl

-- proves: LENS-CAT
lens-compose : ∀ {A B X} (f : Lens K A B) (g : Lens K B X) → lens-seq K f g L.≈
  lens (Lens-compose-2 (Lens.get f) (Lens.get g)) (Lens-compose-3 (fst A) (snd X) (Lens.get f) (Lens.put f) (Lens.put g))
lens-compose f g = rfl , rfl

-- proves: LENS-MON
lens-tensor-is : ∀ {A B X Y} (f : Lens K A B) (g : Lens K X Y) → lens-tensor K f g L.≈
  lens (Lens-tensor-2 (Lens.get f) (Lens.get g)) (Lens-tensor-3 (fst A) (fst X) (snd B) (snd Y) (Lens.put f) (Lens.put g))
lens-tensor-is f g = rfl , rfl
