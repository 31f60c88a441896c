{-# OPTIONS --safe --without-K #-}
-- Cartesian categories: products with projections, pairing and their universal property.
module Products where

open import Prelude
open import Categories

record Cartesian {o ℓ e} (C : Category o ℓ e) : Set (o ⊔ ℓ ⊔ e) where
  open Category C
  infixr 7 _⊗_
  infixr 7 _⁂_
  field
    _⊗_     : Obj → Obj → Obj
    𝟙       : Obj
    π₁      : ∀ {A B} → A ⊗ B ⇒ A
    π₂      : ∀ {A B} → A ⊗ B ⇒ B
    ⟨_,_⟩   : ∀ {X A B} → X ⇒ A → X ⇒ B → X ⇒ A ⊗ B
    !       : ∀ {X} → X ⇒ 𝟙
    β₁      : ∀ {X A B} (f : X ⇒ A) (g : X ⇒ B) → π₁ ∘ ⟨ f , g ⟩ ≈ f
    β₂      : ∀ {X A B} (f : X ⇒ A) (g : X ⇒ B) → π₂ ∘ ⟨ f , g ⟩ ≈ g
    η       : ∀ {X A B} (h : X ⇒ A ⊗ B) → ⟨ π₁ ∘ h , π₂ ∘ h ⟩ ≈ h
    !-uniq  : ∀ {X} (f g : X ⇒ 𝟙) → f ≈ g
    ⟨⟩-cong : ∀ {X A B} {f f′ : X ⇒ A} {g g′ : X ⇒ B} → f ≈ f′ → g ≈ g′ → ⟨ f , g ⟩ ≈ ⟨ f′ , g′ ⟩

  ⟨⟩∘ : ∀ {X Y A B} (f : X ⇒ A) (g : X ⇒ B) (h : Y ⇒ X) → ⟨ f , g ⟩ ∘ h ≈ ⟨ f ∘ h , g ∘ h ⟩
  ⟨⟩∘ f g h = tr (sy (η _)) (⟨⟩-cong (first β₁) (second β₂))
    where
    first : (∀ {X A B} (f : X ⇒ A) (g : X ⇒ B) → π₁ ∘ ⟨ f , g ⟩ ≈ f) → π₁ ∘ (⟨ f , g ⟩ ∘ h) ≈ f ∘ h
    first β = tr (sy (assoc _ _ _)) (∘-cong (β f g) rfl)
    second : (∀ {X A B} (f : X ⇒ A) (g : X ⇒ B) → π₂ ∘ ⟨ f , g ⟩ ≈ g) → π₂ ∘ (⟨ f , g ⟩ ∘ h) ≈ g ∘ h
    second β = tr (sy (assoc _ _ _)) (∘-cong (β f g) rfl)

  _⁂_ : ∀ {A B X Y} → A ⇒ X → B ⇒ Y → A ⊗ B ⇒ X ⊗ Y
  f ⁂ g = ⟨ f ∘ π₁ , g ∘ π₂ ⟩

  α : ∀ {A B X} → (A ⊗ B) ⊗ X ⇒ A ⊗ (B ⊗ X)
  α = ⟨ π₁ ∘ π₁ , ⟨ π₂ ∘ π₁ , π₂ ⟩ ⟩

  α⁻ : ∀ {A B X} → A ⊗ (B ⊗ X) ⇒ (A ⊗ B) ⊗ X
  α⁻ = ⟨ ⟨ π₁ , π₁ ∘ π₂ ⟩ , π₂ ∘ π₂ ⟩

  σ : ∀ {A B} → A ⊗ B ⇒ B ⊗ A
  σ = ⟨ π₂ , π₁ ⟩

  Δ : ∀ {A} → A ⇒ A ⊗ A
  Δ = ⟨ id , id ⟩

  -- The middle-four exchange.
  χ : ∀ {A B X Y} → (A ⊗ B) ⊗ (X ⊗ Y) ⇒ (A ⊗ X) ⊗ (B ⊗ Y)
  χ = ⟨ π₁ ⁂ π₁ , π₂ ⁂ π₂ ⟩

-- proves: CART-UNIV
Sets-cartesian : Cartesian Sets
Sets-cartesian = record
  { _⊗_ = _×_ ; 𝟙 = ⊤ ; π₁ = fst ; π₂ = snd ; ⟨_,_⟩ = λ f g x → f x , g x ; ! = λ _ → tt
  ; β₁ = λ _ _ _ → refl ; β₂ = λ _ _ _ → refl ; η = λ _ _ → refl ; !-uniq = λ _ _ _ → refl
  ; ⟨⟩-cong = λ p q x → cong₂ _,_ (p x) (q x) }
