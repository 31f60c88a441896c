{-# OPTIONS --safe --without-K #-}
-- Cont_k^r and Begin_k^r: a morphism a → b as what it does to maps b → r, or to maps r → a (Elliott 2018, 12 and 14).
module Continuations where

open import Prelude
open import Categories

module _ {o ℓ e} (k : Category o ℓ e) (r : Category.Obj k) where
  open Category k

  -- A transformer of continuations respects the equality of homs.
  record Transformer (a b : Obj) : Set (ℓ ⊔ e) where
    field
      ap      : b ⇒ r → a ⇒ r
      ap-cong : ∀ {u v} → u ≈ v → ap u ≈ ap v
  open Transformer

  Cont : Category o (ℓ ⊔ e) (ℓ ⊔ e)
  Cont = record
    { Obj = Obj ; _⇒_ = Transformer ; _≈_ = λ f g → ∀ h → ap f h ≈ ap g h
    ; equiv = record { rfl = λ _ → rfl ; sy = λ p h → sy (p h) ; tr = λ p q h → tr (p h) (q h) }
    ; id = record { ap = λ h → h ; ap-cong = λ p → p }
    ; _∘_ = λ g f → record { ap = λ h → ap f (ap g h) ; ap-cong = λ p → ap-cong f (ap-cong g p) }
    ; assoc = λ _ _ _ _ → rfl ; idl = λ _ _ → rfl ; idr = λ _ _ → rfl
    ; ∘-cong = λ { {g′ = g′} {f = f} p q h → tr (ap-cong f (p h)) (q (ap g′ h)) } }

  -- bears on: CONT-FUNCT
  cont : Functor k Cont
  cont = record
    { F₀ = λ a → a ; F₁ = λ f → record { ap = λ h → h ∘ f ; ap-cong = λ p → ∘-cong p rfl }
    ; F-id = λ h → idr h ; F-∘ = λ g f h → sy (assoc f g h) ; F-cong = λ p h → ∘-cong rfl p }

  -- cont loses nothing: what it does to the identity of r gives f back, where f ends in r.
  cont-full : ∀ {a} (f : a ⇒ r) → ap (Functor.F₁ cont f) id ≈ f
  cont-full f = idl f

module _ {o ℓ e} (k : Category o ℓ e) (r : Category.Obj k) where
  open Category k

  record Beginner (a b : Obj) : Set (ℓ ⊔ e) where
    field
      on      : r ⇒ a → r ⇒ b
      on-cong : ∀ {u v} → u ≈ v → on u ≈ on v
  open Beginner

  Begin : Category o (ℓ ⊔ e) (ℓ ⊔ e)
  Begin = record
    { Obj = Obj ; _⇒_ = Beginner ; _≈_ = λ f g → ∀ h → on f h ≈ on g h
    ; equiv = record { rfl = λ _ → rfl ; sy = λ p h → sy (p h) ; tr = λ p q h → tr (p h) (q h) }
    ; id = record { on = λ h → h ; on-cong = λ p → p }
    ; _∘_ = λ g f → record { on = λ h → on g (on f h) ; on-cong = λ p → on-cong g (on-cong f p) }
    ; assoc = λ _ _ _ _ → rfl ; idl = λ _ _ → rfl ; idr = λ _ _ → rfl
    ; ∘-cong = λ { {g = g} {f′ = f′} p q h → tr (on-cong g (q h)) (p (on f′ h)) } }

  -- bears on: BEGIN-FUNCT
  begin : Functor k Begin
  begin = record
    { F₀ = λ a → a ; F₁ = λ f → record { on = λ h → f ∘ h ; on-cong = λ p → ∘-cong rfl p }
    ; F-id = λ h → idl h ; F-∘ = λ g f h → assoc h f g ; F-cong = λ p h → ∘-cong p rfl }
