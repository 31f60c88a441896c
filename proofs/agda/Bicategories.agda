{-# OPTIONS --safe --without-K #-}
-- Bicategories, with composition in the order of the package: f ⨾ g is first f, then g.
module Bicategories where

open import Prelude

record Bicategory o h t e : Set (lsuc (o ⊔ h ⊔ t ⊔ e)) where
  infixr 9 _⨾_ _⋆_
  infixr 8 _·_
  infix 4 _≋_ _⇛_
  field
    Ob   : Set o
    Hom  : Ob → Ob → Set h
    _⇛_  : ∀ {A B} → Hom A B → Hom A B → Set t
    _≋_  : ∀ {A B} {f g : Hom A B} → f ⇛ g → f ⇛ g → Set e
    ≋-equiv : ∀ {A B} {f g : Hom A B} → IsEquiv (_≋_ {A} {B} {f} {g})

    -- 2-cells compose, along a hom
    1₂      : ∀ {A B} {f : Hom A B} → f ⇛ f
    _·_     : ∀ {A B} {f g k : Hom A B} → f ⇛ g → g ⇛ k → f ⇛ k
    ·-assoc : ∀ {A B} {f g k l : Hom A B} (x : f ⇛ g) (y : g ⇛ k) (z : k ⇛ l) → (x · y) · z ≋ x · (y · z)
    ·-idl   : ∀ {A B} {f g : Hom A B} (x : f ⇛ g) → 1₂ · x ≋ x
    ·-idr   : ∀ {A B} {f g : Hom A B} (x : f ⇛ g) → x · 1₂ ≋ x
    ·-cong  : ∀ {A B} {f g k : Hom A B} {x x′ : f ⇛ g} {y y′ : g ⇛ k} → x ≋ x′ → y ≋ y′ → x · y ≋ x′ · y′

    -- 1-cells compose, and their composition is a functor of 2-cells
    I    : ∀ {A} → Hom A A
    _⨾_  : ∀ {A B C} → Hom A B → Hom B C → Hom A C
    _⋆_  : ∀ {A B C} {f f′ : Hom A B} {g g′ : Hom B C} → f ⇛ f′ → g ⇛ g′ → (f ⨾ g) ⇛ (f′ ⨾ g′)
    ⋆-id : ∀ {A B C} {f : Hom A B} {g : Hom B C} → 1₂ {f = f} ⋆ 1₂ {f = g} ≋ 1₂
    ⋆-·  : ∀ {A B C} {f f′ f″ : Hom A B} {g g′ g″ : Hom B C}
           (x : f ⇛ f′) (x′ : f′ ⇛ f″) (y : g ⇛ g′) (y′ : g′ ⇛ g″) → (x · x′) ⋆ (y · y′) ≋ (x ⋆ y) · (x′ ⋆ y′)
    ⋆-cong : ∀ {A B C} {f f′ : Hom A B} {g g′ : Hom B C} {x x′ : f ⇛ f′} {y y′ : g ⇛ g′} →
           x ≋ x′ → y ≋ y′ → x ⋆ y ≋ x′ ⋆ y′

    -- the associator and the unitors, invertible and natural
    ass      : ∀ {A B C D} (f : Hom A B) (g : Hom B C) (h : Hom C D) → (f ⨾ (g ⨾ h)) ⇛ ((f ⨾ g) ⨾ h)
    ass⁻     : ∀ {A B C D} (f : Hom A B) (g : Hom B C) (h : Hom C D) → ((f ⨾ g) ⨾ h) ⇛ (f ⨾ (g ⨾ h))
    ass-inv₁ : ∀ {A B C D} (f : Hom A B) (g : Hom B C) (h : Hom C D) → ass f g h · ass⁻ f g h ≋ 1₂
    ass-inv₂ : ∀ {A B C D} (f : Hom A B) (g : Hom B C) (h : Hom C D) → ass⁻ f g h · ass f g h ≋ 1₂
    ass-nat  : ∀ {A B C D} {f f′ : Hom A B} {g g′ : Hom B C} {h h′ : Hom C D} (x : f ⇛ f′) (y : g ⇛ g′) (z : h ⇛ h′) →
               (x ⋆ (y ⋆ z)) · ass f′ g′ h′ ≋ ass f g h · ((x ⋆ y) ⋆ z)
    lun      : ∀ {A B} (f : Hom A B) → f ⇛ (I ⨾ f)
    lun⁻     : ∀ {A B} (f : Hom A B) → (I ⨾ f) ⇛ f
    lun-inv₁ : ∀ {A B} (f : Hom A B) → lun f · lun⁻ f ≋ 1₂
    lun-inv₂ : ∀ {A B} (f : Hom A B) → lun⁻ f · lun f ≋ 1₂
    lun-nat  : ∀ {A B} {f f′ : Hom A B} (x : f ⇛ f′) → x · lun f′ ≋ lun f · (1₂ ⋆ x)
    run      : ∀ {A B} (f : Hom A B) → f ⇛ (f ⨾ I)
    run⁻     : ∀ {A B} (f : Hom A B) → (f ⨾ I) ⇛ f
    run-inv₁ : ∀ {A B} (f : Hom A B) → run f · run⁻ f ≋ 1₂
    run-inv₂ : ∀ {A B} (f : Hom A B) → run⁻ f · run f ≋ 1₂
    run-nat  : ∀ {A B} {f f′ : Hom A B} (x : f ⇛ f′) → x · run f′ ≋ run f · (x ⋆ 1₂)

    pentagon : ∀ {A B C D E} (f : Hom A B) (g : Hom B C) (h : Hom C D) (k : Hom D E) →
      ass f g (h ⨾ k) · ass (f ⨾ g) h k ≋ (1₂ {f = f} ⋆ ass g h k) · (ass f (g ⨾ h) k · (ass f g h ⋆ 1₂ {f = k}))
    triangle : ∀ {A B C} (f : Hom A B) (g : Hom B C) → (1₂ {f = f} ⋆ lun g) · ass f I g ≋ run f ⋆ 1₂ {f = g}
