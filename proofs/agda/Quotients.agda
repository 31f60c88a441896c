{-# OPTIONS --safe --without-K #-}
-- Equivalence classes of morphisms: every bicategory has a quotient, a category whose homs are equal when isomorphic.
module Quotients where

open import Prelude
open import Categories
open import Bicategories

module _ {o h t e} (B : Bicategory o h t e) where
  open Bicategory B
  private module E {A B} {f g : Hom A B} = IsEquiv (≋-equiv {A} {B} {f} {g})

  record _≅_ {A B : Ob} (f g : Hom A B) : Set (t ⊔ e) where
    constructor iso
    field
      to   : f ⇛ g
      from : g ⇛ f
      back : to · from ≋ 1₂
      over : from · to ≋ 1₂
  open _≅_

  private
    cancel : ∀ {A B} {f g k : Hom A B} {x : f ⇛ g} {x⁻ : g ⇛ f} {y : g ⇛ k} {y⁻ : k ⇛ g} →
      x · x⁻ ≋ 1₂ → y · y⁻ ≋ 1₂ → (x · y) · (y⁻ · x⁻) ≋ 1₂
    cancel p q = E.tr (·-assoc _ _ _)
      (E.tr (·-cong E.rfl (E.tr (E.sy (·-assoc _ _ _)) (E.tr (·-cong q E.rfl) (·-idl _)))) p)

    beside : ∀ {A B C} {f f′ : Hom A B} {g g′ : Hom B C} {x : f ⇛ f′} {x⁻ : f′ ⇛ f} {y : g ⇛ g′} {y⁻ : g′ ⇛ g} →
      x · x⁻ ≋ 1₂ → y · y⁻ ≋ 1₂ → (x ⋆ y) · (x⁻ ⋆ y⁻) ≋ 1₂
    beside p q = E.tr (E.sy (⋆-· _ _ _ _)) (E.tr (⋆-cong p q) ⋆-id)

  -- The quotient category: isomorphism of 1-cells is a congruence.
  -- proves: PARA-QUOT
  Quotient : Category o h (t ⊔ e)
  Quotient = record
    { Obj = Ob ; _⇒_ = Hom ; _≈_ = _≅_
    ; equiv = record
      { rfl = iso 1₂ 1₂ (·-idl _) (·-idl _)
      ; sy = λ p → iso (from p) (to p) (over p) (back p)
      ; tr = λ p q → iso (to p · to q) (from q · from p) (cancel (back p) (back q)) (cancel (over q) (over p)) }
    ; id = I ; _∘_ = λ g f → f ⨾ g
    ; assoc = λ f g h → iso (ass f g h) (ass⁻ f g h) (ass-inv₁ f g h) (ass-inv₂ f g h)
    ; idl = λ f → iso (run⁻ f) (run f) (run-inv₂ f) (run-inv₁ f)
    ; idr = λ f → iso (lun⁻ f) (lun f) (lun-inv₂ f) (lun-inv₁ f)
    ; ∘-cong = λ q p → iso (to p ⋆ to q) (from p ⋆ from q) (beside (back p) (back q)) (beside (over p) (over q)) }
