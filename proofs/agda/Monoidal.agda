{-# OPTIONS --safe --without-K #-}
-- Symmetric monoidal categories; every cartesian category is one.
module Monoidal where

open import Prelude
open import Categories
open import Products
open import Solve

record Symmetric {o ℓ e} (C : Category o ℓ e) : Set (o ⊔ ℓ ⊔ e) where
  open Category C
  infixr 7 _⊗_ _⊗₁_
  field
    _⊗_    : Obj → Obj → Obj
    𝟙      : Obj
    _⊗₁_   : ∀ {A B X Y} → A ⇒ B → X ⇒ Y → A ⊗ X ⇒ B ⊗ Y
    ⊗-cong : ∀ {A B X Y} {f f′ : A ⇒ B} {g g′ : X ⇒ Y} → f ≈ f′ → g ≈ g′ → f ⊗₁ g ≈ f′ ⊗₁ g′
    ⊗-id   : ∀ {A B} → id {A} ⊗₁ id {B} ≈ id
    ⊗-∘    : ∀ {A B C A′ B′ C′} (g : B ⇒ C) (g′ : B′ ⇒ C′) (f : A ⇒ B) (f′ : A′ ⇒ B′) →
             (g ⊗₁ g′) ∘ (f ⊗₁ f′) ≈ (g ∘ f) ⊗₁ (g′ ∘ f′)
    α      : ∀ {A B X} → (A ⊗ B) ⊗ X ⇒ A ⊗ (B ⊗ X)
    α⁻     : ∀ {A B X} → A ⊗ (B ⊗ X) ⇒ (A ⊗ B) ⊗ X
    λ⃗      : ∀ {A} → 𝟙 ⊗ A ⇒ A
    λ⃖      : ∀ {A} → A ⇒ 𝟙 ⊗ A
    ρ⃗      : ∀ {A} → A ⊗ 𝟙 ⇒ A
    ρ⃖      : ∀ {A} → A ⇒ A ⊗ 𝟙
    σ      : ∀ {A B} → A ⊗ B ⇒ B ⊗ A
    α-iso₁ : ∀ {A B X} → α {A} {B} {X} ∘ α⁻ ≈ id
    α-iso₂ : ∀ {A B X} → α⁻ {A} {B} {X} ∘ α ≈ id
    λ-iso₁ : ∀ {A} → λ⃗ {A} ∘ λ⃖ ≈ id
    λ-iso₂ : ∀ {A} → λ⃖ {A} ∘ λ⃗ ≈ id
    ρ-iso₁ : ∀ {A} → ρ⃗ {A} ∘ ρ⃖ ≈ id
    ρ-iso₂ : ∀ {A} → ρ⃖ {A} ∘ ρ⃗ ≈ id
    σσ     : ∀ {A B} → σ {B} {A} ∘ σ ≈ id
    α-nat  : ∀ {A B X A′ B′ X′} (f : A ⇒ A′) (g : B ⇒ B′) (h : X ⇒ X′) →
             α ∘ ((f ⊗₁ g) ⊗₁ h) ≈ (f ⊗₁ (g ⊗₁ h)) ∘ α
    λ-nat  : ∀ {A B} (f : A ⇒ B) → λ⃗ ∘ (id ⊗₁ f) ≈ f ∘ λ⃗
    ρ-nat  : ∀ {A B} (f : A ⇒ B) → ρ⃗ ∘ (f ⊗₁ id) ≈ f ∘ ρ⃗
    σ-nat  : ∀ {A B A′ B′} (f : A ⇒ A′) (g : B ⇒ B′) → σ ∘ (f ⊗₁ g) ≈ (g ⊗₁ f) ∘ σ
    pentagon : ∀ {A B X Y} → α {A} {B} {X ⊗ Y} ∘ α ≈ (id ⊗₁ α) ∘ (α ∘ (α ⊗₁ id))
    triangle : ∀ {A B} → (id ⊗₁ λ⃗) ∘ α {A} {𝟙} {B} ≈ ρ⃗ ⊗₁ id
    hexagon  : ∀ {A B X} → α {B} {X} {A} ∘ (σ ∘ α) ≈ (id ⊗₁ σ) ∘ (α ∘ (σ {A} {B} ⊗₁ id))

module _ {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) where
  open Category C
  open Cartesian K
  open Solver K

  private
    -- A map as a generator between opaque objects.
    ⌞_⌟ : ∀ {A B} → A ⇒ B → Tm ⌜ A ⌝ ⌜ B ⌝
    ⌞ f ⌟ = gen f

  -- proves: MON-FUNCT, MON-ISO, MON-COH
  cartesian-symmetric : Symmetric C
  cartesian-symmetric = record
    { _⊗_ = _⊗_ ; 𝟙 = 𝟙 ; _⊗₁_ = _⁂_
    ; ⊗-cong = λ p q → ⟨⟩-cong (∘-cong p rfl) (∘-cong q rfl)
    ; ⊗-id = λ {A} {B} → solve {⌜ A ⌝ ⊠ ⌜ B ⌝} (ι ⊛ ι) ι rfl
    ; ⊗-∘ = λ g g′ f f′ → solve ((⌞ g ⌟ ⊛ ⌞ g′ ⌟) ⊙ (⌞ f ⌟ ⊛ ⌞ f′ ⌟)) ((⌞ g ⌟ ⊙ ⌞ f ⌟) ⊛ (⌞ g′ ⌟ ⊙ ⌞ f′ ⌟)) rfl
    ; α = α ; α⁻ = α⁻ ; λ⃗ = π₂ ; λ⃖ = ⟨ ! , id ⟩ ; ρ⃗ = π₁ ; ρ⃖ = ⟨ id , ! ⟩ ; σ = σ
    ; α-iso₁ = λ {A} {B} {X} → solve {⌜ A ⌝ ⊠ (⌜ B ⌝ ⊠ ⌜ X ⌝)} (a⃗ ⊙ a⃖) ι rfl
    ; α-iso₂ = λ {A} {B} {X} → solve {(⌜ A ⌝ ⊠ ⌜ B ⌝) ⊠ ⌜ X ⌝} (a⃖ ⊙ a⃗) ι rfl
    ; λ-iso₁ = λ {A} → solve {⌜ A ⌝} (p₂ ⊙ (¡ ▵ ι)) ι rfl
    ; λ-iso₂ = λ {A} → solve {𝕀 ⊠ ⌜ A ⌝} ((¡ ▵ ι) ⊙ p₂) ι rfl
    ; ρ-iso₁ = λ {A} → solve {⌜ A ⌝} (p₁ ⊙ (ι ▵ ¡)) ι rfl
    ; ρ-iso₂ = λ {A} → solve {⌜ A ⌝ ⊠ 𝕀} ((ι ▵ ¡) ⊙ p₁) ι rfl
    ; σσ = λ {A} {B} → solve {⌜ A ⌝ ⊠ ⌜ B ⌝} (s⃗ ⊙ s⃗) ι rfl
    ; α-nat = λ f g h → solve (a⃗ ⊙ ((⌞ f ⌟ ⊛ ⌞ g ⌟) ⊛ ⌞ h ⌟)) ((⌞ f ⌟ ⊛ (⌞ g ⌟ ⊛ ⌞ h ⌟)) ⊙ a⃗) rfl
    ; λ-nat = λ f → solve (p₂ {A = 𝕀} ⊙ (ι ⊛ ⌞ f ⌟)) (⌞ f ⌟ ⊙ p₂) rfl
    ; ρ-nat = λ f → solve (p₁ {B = 𝕀} ⊙ (⌞ f ⌟ ⊛ ι)) (⌞ f ⌟ ⊙ p₁) rfl
    ; σ-nat = λ f g → solve (s⃗ ⊙ (⌞ f ⌟ ⊛ ⌞ g ⌟)) ((⌞ g ⌟ ⊛ ⌞ f ⌟) ⊙ s⃗) rfl
    ; pentagon = λ {A} {B} {X} {Y} →
        solve {((⌜ A ⌝ ⊠ ⌜ B ⌝) ⊠ ⌜ X ⌝) ⊠ ⌜ Y ⌝} (a⃗ ⊙ a⃗) ((ι ⊛ a⃗) ⊙ (a⃗ ⊙ (a⃗ ⊛ ι))) rfl
    ; triangle = λ {A} {B} → solve {(⌜ A ⌝ ⊠ 𝕀) ⊠ ⌜ B ⌝} ((ι ⊛ p₂) ⊙ a⃗) (p₁ ⊛ ι) rfl
    ; hexagon = λ {A} {B} {X} →
        solve {(⌜ A ⌝ ⊠ ⌜ B ⌝) ⊠ ⌜ X ⌝} (a⃗ ⊙ (s⃗ ⊙ a⃗)) ((ι ⊛ s⃗) ⊙ (a⃗ ⊙ (s⃗ ⊛ ι))) rfl }

  -- proves: MON-MID4
  middle-four : ∀ {A B X Y} → χ ∘ χ {A} {B} {X} {Y} ≈ id
  middle-four {A} {B} {X} {Y} = solve {(⌜ A ⌝ ⊠ ⌜ B ⌝) ⊠ (⌜ X ⌝ ⊠ ⌜ Y ⌝)} (m⃗ ⊙ m⃗) ι rfl

  -- proves: MON-MID4
  middle-four-composite : ∀ {A B X Y} → χ {A} {B} {X} {Y} ≈ α⁻ ∘ ((id ⁂ (α ∘ ((σ ⁂ id) ∘ α⁻))) ∘ α)
  middle-four-composite {A} {B} {X} {Y} = solve {(⌜ A ⌝ ⊠ ⌜ B ⌝) ⊠ (⌜ X ⌝ ⊠ ⌜ Y ⌝)}
    m⃗ (a⃖ ⊙ ((ι ⊛ (a⃗ ⊙ ((s⃗ ⊛ ι) ⊙ a⃖))) ⊙ a⃗)) rfl

  -- proves: CART-UNIV
  pairing-by-copying : ∀ {X A B} (f : X ⇒ A) (g : X ⇒ B) → ⟨ f , g ⟩ ≈ (f ⁂ g) ∘ Δ
  pairing-by-copying f g = solve (⌞ f ⌟ ▵ ⌞ g ⌟) ((⌞ f ⌟ ⊛ ⌞ g ⌟) ⊙ (ι ▵ ι)) rfl

  -- proves: CART-NAT
  copy-natural : ∀ {A B} (f : A ⇒ B) → Δ ∘ f ≈ (f ⁂ f) ∘ Δ
  copy-natural f = solve ((ι ▵ ι) ⊙ ⌞ f ⌟) ((⌞ f ⌟ ⊛ ⌞ f ⌟) ⊙ (ι ▵ ι)) rfl

  -- proves: CART-NAT
  discard-natural : ∀ {A B} (f : A ⇒ B) → ! ∘ f ≈ !
  discard-natural f = !-uniq _ _

  -- proves: CART-COMON
  copy-associative : ∀ {A} → α ∘ ((Δ ⁂ id) ∘ Δ {A}) ≈ (id ⁂ Δ) ∘ Δ
  copy-associative {A} = solve {⌜ A ⌝} (a⃗ ⊙ (((ι ▵ ι) ⊛ ι) ⊙ (ι ▵ ι))) ((ι ⊛ (ι ▵ ι)) ⊙ (ι ▵ ι)) rfl

  -- proves: CART-COMON
  copy-commutative : ∀ {A} → σ ∘ Δ {A} ≈ Δ
  copy-commutative {A} = solve {⌜ A ⌝} (s⃗ ⊙ (ι ▵ ι)) (ι ▵ ι) rfl

  -- proves: CART-COMON
  copy-counit : ∀ {A} → (! ⁂ id) ∘ Δ {A} ≈ ⟨ ! , id ⟩
  copy-counit {A} = solve {⌜ A ⌝} ((¡ ⊛ ι) ⊙ (ι ▵ ι)) (¡ ▵ ι) rfl

  -- proves: CART-DISC
  second-by-discarding : ∀ {A B} → π₂ {A} {B} ≈ π₂ ∘ (! ⁂ id)
  second-by-discarding {A} {B} = solve {⌜ A ⌝ ⊠ ⌜ B ⌝} p₂ (p₂ ⊙ (¡ ⊛ ι)) rfl

  -- proves: CART-DISC
  first-by-discarding : ∀ {A B} → π₁ {A} {B} ≈ π₁ ∘ (id ⁂ !)
  first-by-discarding {A} {B} = solve {⌜ A ⌝ ⊠ ⌜ B ⌝} p₁ (p₁ ⊙ (ι ⊛ ¡)) rfl

  -- proves: CART-DISC
  discarding-pairs : ∀ {A B} → ! {A ⊗ B} ≈ π₂ ∘ (! ⁂ !)
  discarding-pairs = !-uniq _ _
