{-# OPTIONS --safe --without-K #-}
-- A solver by reflection: an equation between maps built of projections, pairings and opaque maps is solve t u rfl.
-- Terms are evaluated into generalised elements (maps from a context) and read back; `sound` says nothing is lost.
module Solve where

open import Prelude
open import Categories
open import Products

module Solver {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) where
  open Category C
  open Cartesian K

  infixr 7 _⊠_ _⊛_
  infixr 9 _⊙_
  infix  8 _▵_

  data Ty : Set o where
    ⌜_⌝ : Obj → Ty
    _⊠_ : Ty → Ty → Ty
    𝕀   : Ty

  ⟦_⟧ : Ty → Obj
  ⟦ ⌜ X ⌝ ⟧ = X
  ⟦ A ⊠ B ⟧ = ⟦ A ⟧ ⊗ ⟦ B ⟧
  ⟦ 𝕀 ⟧ = 𝟙

  data Tm : Ty → Ty → Set (o ⊔ ℓ) where
    gen : ∀ {A B} → ⟦ A ⟧ ⇒ ⟦ B ⟧ → Tm A B
    ι   : ∀ {A} → Tm A A
    _⊙_ : ∀ {A B X} → Tm B X → Tm A B → Tm A X
    p₁  : ∀ {A B} → Tm (A ⊠ B) A
    p₂  : ∀ {A B} → Tm (A ⊠ B) B
    _▵_ : ∀ {A B X} → Tm X A → Tm X B → Tm X (A ⊠ B)
    ¡   : ∀ {A} → Tm A 𝕀

  ⟪_⟫ : ∀ {A B} → Tm A B → ⟦ A ⟧ ⇒ ⟦ B ⟧
  ⟪ gen f ⟫ = f
  ⟪ ι ⟫ = id
  ⟪ t ⊙ u ⟫ = ⟪ t ⟫ ∘ ⟪ u ⟫
  ⟪ p₁ ⟫ = π₁
  ⟪ p₂ ⟫ = π₂
  ⟪ t ▵ u ⟫ = ⟨ ⟪ t ⟫ , ⟪ u ⟫ ⟩
  ⟪ ¡ ⟫ = !

  -- Elements of a type in a context Γ.
  El : Obj → Ty → Set ℓ
  El Γ ⌜ X ⌝ = Γ ⇒ X
  El Γ (A ⊠ B) = El Γ A × El Γ B
  El Γ 𝕀 = Γ ⇒ 𝟙

  reify : ∀ {Γ} A → El Γ A → Γ ⇒ ⟦ A ⟧
  reify ⌜ X ⌝ x = x
  reify (A ⊠ B) (x , y) = ⟨ reify A x , reify B y ⟩
  reify 𝕀 x = !

  reflect : ∀ {Γ} A → Γ ⇒ ⟦ A ⟧ → El Γ A
  reflect ⌜ X ⌝ h = h
  reflect (A ⊠ B) h = reflect A (π₁ ∘ h) , reflect B (π₂ ∘ h)
  reflect 𝕀 h = !

  eval : ∀ {Γ A B} → Tm A B → El Γ A → El Γ B
  eval {A = A} {B} (gen f) x = reflect B (f ∘ reify A x)
  eval ι x = x
  eval (t ⊙ u) x = eval t (eval u x)
  eval p₁ x = fst x
  eval p₂ x = snd x
  eval (t ▵ u) x = eval t x , eval u x
  eval ¡ x = !

  round : ∀ {Γ} A (h : Γ ⇒ ⟦ A ⟧) → reify A (reflect A h) ≈ h
  round ⌜ X ⌝ h = rfl
  round (A ⊠ B) h = tr (⟨⟩-cong (round A _) (round B _)) (η h)
  round 𝕀 h = !-uniq _ _

  sound : ∀ {Γ A B} (t : Tm A B) (x : El Γ A) → reify B (eval t x) ≈ ⟪ t ⟫ ∘ reify A x
  sound {B = B} (gen f) x = round B _
  sound ι x = sy (idl _)
  sound (t ⊙ u) x = tr (sound t (eval u x)) (tr (∘-cong rfl (sound u x)) (sy (assoc _ _ _)))
  sound p₁ x = sy (β₁ _ _)
  sound p₂ x = sy (β₂ _ _)
  sound (t ▵ u) x = tr (⟨⟩-cong (sound t x) (sound u x)) (sy (⟨⟩∘ _ _ _))
  sound ¡ x = !-uniq _ _

  nf : ∀ {A B} → Tm A B → ⟦ A ⟧ ⇒ ⟦ B ⟧
  nf {A} {B} t = reify B (eval t (reflect A id))

  nf-sound : ∀ {A B} (t : Tm A B) → nf t ≈ ⟪ t ⟫
  nf-sound {A} t = tr (sound t (reflect A id)) (tr (∘-cong rfl (round A id)) (idr _))

  solve : ∀ {A B} (t u : Tm A B) → nf t ≈ nf u → ⟪ t ⟫ ≈ ⟪ u ⟫
  solve t u p = tr (sy (nf-sound t)) (tr p (nf-sound u))

  -- The structure maps, as syntax.
  _⊛_ : ∀ {A B X Y} → Tm A X → Tm B Y → Tm (A ⊠ B) (X ⊠ Y)
  t ⊛ u = (t ⊙ p₁) ▵ (u ⊙ p₂)
  a⃗ : ∀ {A B X} → Tm ((A ⊠ B) ⊠ X) (A ⊠ (B ⊠ X))
  a⃗ = (p₁ ⊙ p₁) ▵ ((p₂ ⊙ p₁) ▵ p₂)
  a⃖ : ∀ {A B X} → Tm (A ⊠ (B ⊠ X)) ((A ⊠ B) ⊠ X)
  a⃖ = (p₁ ▵ (p₁ ⊙ p₂)) ▵ (p₂ ⊙ p₂)
  s⃗ : ∀ {A B} → Tm (A ⊠ B) (B ⊠ A)
  s⃗ = p₂ ▵ p₁
  m⃗ : ∀ {A B X Y} → Tm ((A ⊠ B) ⊠ (X ⊠ Y)) ((A ⊠ X) ⊠ (B ⊠ Y))
  m⃗ = (p₁ ⊛ p₁) ▵ (p₂ ⊛ p₂)
