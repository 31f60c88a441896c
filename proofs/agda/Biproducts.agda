{-# OPTIONS --safe --without-K #-}
-- Additive maps add up, and copying and adding are a bialgebra (Elliott 2018; Heunen and Vicary 2019, chapter 2).
module Biproducts where

open import Prelude
open import Categories
open import Products
open import Groups
open Additive

open Category AdditiveC
open Cartesian additive-cartesian

-- ∇ : (x, y) ↦ x + y and 0 : 1 → A.
∇ : ∀ {A} → Additive (A ⊕ A) A
∇ = copair id id

unit : ∀ {A} → Additive Trivial A
unit = zero-map

-- proves: ADD-HOMCMON
sum-by-convolution : ∀ {A B} (f g : A ⇒ B) → plus-map f g ≈ ∇ ∘ ((f ⁂ g) ∘ Δ)
sum-by-convolution f g x = refl

-- proves: ADD-HOMCMON
zero-by-discarding : ∀ {A B} → zero-map {A} {B} ≈ unit ∘ !
zero-by-discarding x = refl

module _ {A B : Group} (f g h : A ⇒ B) where
  -- proves: ADD-HOMCMON
  homs-are-monoids : (plus-map (plus-map f g) h ≈ plus-map f (plus-map g h)) × (plus-map f g ≈ plus-map g f) ×
    (plus-map f zero-map ≈ f)
  homs-are-monoids = (λ _ → Group.+-assoc B _ _ _) , (λ _ → Group.+-comm B _ _) , (λ _ → Group.+-idr B _)

module _ {A B C : Group} where
  -- proves: ADD-HOMCMON
  composition-is-bilinear : (f f′ : A ⇒ B) (g g′ : B ⇒ C) →
    (plus-map g g′ ∘ f ≈ plus-map (g ∘ f) (g′ ∘ f)) × (g ∘ plus-map f f′ ≈ plus-map (g ∘ f) (g ∘ f′)) ×
    (zero-map {B} {C} ∘ f ≈ zero-map) × (g ∘ zero-map {A} {B} ≈ zero-map)
  composition-is-bilinear f f′ g g′ = (λ _ → refl) , (λ _ → add g _ _) , (λ _ → refl) , (λ _ → at-zero g)

-- proves: ADD-JAM
adding-is-natural : ∀ {A B} (f : A ⇒ B) → (∇ ∘ (f ⁂ f) ≈ f ∘ ∇) × (f ∘ unit ≈ unit)
adding-is-natural f = (λ _ → sym (add f _ _)) , (λ _ → at-zero f)

-- proves: ADD-JAM
adding-is-a-monoid : ∀ {A} → (∇ {A} ∘ (∇ ⁂ id) ≈ ∇ ∘ ((id ⁂ ∇) ∘ α)) × (∇ {A} ∘ σ ≈ ∇) × (∇ {A} ∘ (unit ⁂ id) ≈ π₂)
adding-is-a-monoid {A} = (λ _ → Group.+-assoc A _ _ _) , (λ _ → Group.+-comm A _ _) , (λ _ → Group.+-idl A _)

-- proves: ADD-BIALG
bialgebra : ∀ {A} → (Δ ∘ ∇ {A} ≈ (∇ ⁂ ∇) ∘ (χ ∘ (Δ ⁂ Δ))) × (! ∘ ∇ {A} ≈ ! ∘ (! ⁂ !)) × (Δ ∘ unit {A} ≈ (unit ⁂ unit) ∘ Δ) ×
  (! ∘ unit {A} ≈ id)
bialgebra = (λ _ → refl) , (λ _ → refl) , (λ _ → refl) , (λ _ → refl)

-- proves: ADD-FORK
pairings-are-sums : ∀ {A B C} (u : A ⇒ C) (v : B ⇒ C) (s : C ⇒ A) (t : C ⇒ B) →
  (copair u v ≈ plus-map (u ∘ π₁) (v ∘ π₂)) × (⟨ s , t ⟩ ≈ plus-map (in₁ ∘ s) (in₂ ∘ t)) ×
  (copair {B = B} u zero-map ≈ u ∘ π₁) × (⟨ s , zero-map {C} {B} ⟩ ≈ in₁ ∘ s)
pairings-are-sums {A} {B} {C} u v s t = (λ _ → refl) ,
  (λ _ → cong₂ _,_ (sym (Group.+-idr A _)) (sym (Group.+-idl B _))) , (λ _ → Group.+-idr C _) , (λ _ → refl)
