{-# OPTIONS --safe --without-K #-}
-- Reverse derivative categories (Cockett et al. 2019, Definition 13): RD.1 to RD.7 as a record, and what follows.
module ReverseDerivatives where

open import Prelude
open import Categories
open import Products
open import Lenses

-- Homs add up, on the left of a composite and in every component.
record LeftAdditive {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) : Set (o ⊔ ℓ ⊔ e) where
  open Category C
  open Cartesian K
  infixl 6 _+_
  field
    _+_     : ∀ {A B} → A ⇒ B → A ⇒ B → A ⇒ B
    zero    : ∀ {A B} → A ⇒ B
    +-cong  : ∀ {A B} {f f′ g g′ : A ⇒ B} → f ≈ f′ → g ≈ g′ → f + g ≈ f′ + g′
    +-assoc : ∀ {A B} (f g h : A ⇒ B) → (f + g) + h ≈ f + (g + h)
    +-comm  : ∀ {A B} (f g : A ⇒ B) → f + g ≈ g + f
    +-zero  : ∀ {A B} (f : A ⇒ B) → f + zero ≈ f
    +-∘     : ∀ {X A B} (f g : A ⇒ B) (h : X ⇒ A) → (f + g) ∘ h ≈ f ∘ h + g ∘ h
    zero-∘  : ∀ {X A B} (h : X ⇒ A) → zero {A} {B} ∘ h ≈ zero
    π₁-+    : ∀ {X A B} (f g : X ⇒ A ⊗ B) → π₁ ∘ (f + g) ≈ π₁ ∘ f + π₁ ∘ g
    π₂-+    : ∀ {X A B} (f g : X ⇒ A ⊗ B) → π₂ ∘ (f + g) ≈ π₂ ∘ f + π₂ ∘ g
    π₁-zero : ∀ {X A B} → π₁ ∘ zero {X} {A ⊗ B} ≈ zero
    π₂-zero : ∀ {X A B} → π₂ ∘ zero {X} {A ⊗ B} ≈ zero

  ι₀ : ∀ {A B} → A ⇒ A ⊗ B
  ι₀ = ⟨ id , zero ⟩
  ι₁ : ∀ {A B} → B ⇒ A ⊗ B
  ι₁ = ⟨ zero , id ⟩

record ReverseDerivative {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) (S : LeftAdditive K) : Set (o ⊔ ℓ ⊔ e) where
  open Category C
  open Cartesian K
  open LeftAdditive S
  field
    R : ∀ {A B} → A ⇒ B → A ⊗ B ⇒ A
    R-cong : ∀ {A B} {f g : A ⇒ B} → f ≈ g → R f ≈ R g
    RD1-+ : ∀ {A B} (f g : A ⇒ B) → R (f + g) ≈ R f + R g
    RD1-0 : ∀ {A B} → R (zero {A} {B}) ≈ zero
    RD2-+ : ∀ {X A B} (f : A ⇒ B) (a : X ⇒ A) (b c : X ⇒ B) → R f ∘ ⟨ a , b + c ⟩ ≈ R f ∘ ⟨ a , b ⟩ + R f ∘ ⟨ a , c ⟩
    RD2-0 : ∀ {X A B} (f : A ⇒ B) (a : X ⇒ A) → R f ∘ ⟨ a , zero ⟩ ≈ zero
    RD3-id : ∀ {A} → R (id {A}) ≈ π₂
    RD3-π₁ : ∀ {A B} → R (π₁ {A} {B}) ≈ ι₀ ∘ π₂
    RD3-π₂ : ∀ {A B} → R (π₂ {A} {B}) ≈ ι₁ ∘ π₂
    RD4-⟨⟩ : ∀ {X A B} (f : X ⇒ A) (g : X ⇒ B) → R ⟨ f , g ⟩ ≈ R f ∘ (id ⁂ π₁) + R g ∘ (id ⁂ π₂)
    RD4-!  : ∀ {A} → R (! {A}) ≈ zero
    RD5 : ∀ {A B X} (g : B ⇒ X) (f : A ⇒ B) → R (g ∘ f) ≈ R f ∘ ⟨ π₁ , R g ∘ (f ⁂ id) ⟩

  -- The forward derivative, by reversing twice.
  D : ∀ {A B} → A ⇒ B → A ⊗ A ⇒ B
  D f = π₂ ∘ (R (R f) ∘ (ι₀ ⁂ id))

  field
    RD6 : ∀ {A B} (f : A ⇒ B) → π₂ ∘ (R (R (R f)) ∘ ((ι₀ ⁂ id) ∘ ⟨ id ⁂ π₁ , zero ⁂ π₂ ⟩)) ≈ R f ∘ (id ⁂ π₂)
    RD7 : ∀ {A B} (f : A ⇒ B) → D (D f) ≈ D (D f) ∘ χ

  -- f ↦ (f, R[f]) is a functor to lenses: RD.3 and RD.5.
  -- bears on: RD-FUNCT
  lenses : Functor C (LensC K)
  lenses = record
    { F₀ = λ A → A , A ; F₁ = λ f → lens f (R f)
    ; F-id = rfl , RD3-id ; F-∘ = λ g f → rfl , RD5 g f ; F-cong = λ p → p , R-cong p }
