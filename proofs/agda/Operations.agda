{-# OPTIONS --safe --without-K #-}
-- The operations that verified_cat/category.py gives a cartesian category, by their Python names and in their order.
open import Categories
open import Products

module Operations {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) where

open Category C
open Cartesian K

compose : ∀ {A B X} → A ⇒ B → B ⇒ X → A ⇒ X
compose f g = g ∘ f

sequence4 : ∀ {A B X Y Z} → A ⇒ B → B ⇒ X → X ⇒ Y → Y ⇒ Z → A ⇒ Z
sequence4 f g h k = compose (compose (compose f g) h) k

tensor : ∀ {A B X Y} → A ⇒ X → B ⇒ Y → A ⊗ B ⇒ X ⊗ Y
tensor f g = f ⁂ g

identity : ∀ A → A ⇒ A
identity A = id

swap : ∀ A B → A ⊗ B ⇒ B ⊗ A
swap A B = σ

associator : ∀ A B X → (A ⊗ B) ⊗ X ⇒ A ⊗ (B ⊗ X)
associator A B X = α

left-unitor : ∀ A → 𝟙 ⊗ A ⇒ A
left-unitor A = π₂

right-unitor : ∀ A → A ⊗ 𝟙 ⇒ A
right-unitor A = π₁

middle-four : ∀ A B X Y → (A ⊗ B) ⊗ (X ⊗ Y) ⇒ (A ⊗ X) ⊗ (B ⊗ Y)
middle-four A B X Y = χ

first : ∀ A B → A ⊗ B ⇒ A
first A B = π₁

second : ∀ A B → A ⊗ B ⇒ B
second A B = π₂

pairing : ∀ {X A B} → X ⇒ A → X ⇒ B → X ⇒ A ⊗ B
pairing f g = ⟨ f , g ⟩
