{-# OPTIONS --safe --without-K #-}
-- Parametrised maps at points of their parameters, with shared parameters, and with parameters in the other order.
module ParaPoints where

open import Prelude
open import Categories
open import Products
open import Solve
open import Para hiding (at)
open import ParaMonoidal using (_⊗₁_; embed)

module _ {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) where
  open Category C
  open Cartesian K
  open Solver K
  open Map

  private
    ⌞_⌟ : ∀ {A B} (f : Map K A B) → Tm (⌜ P f ⌝ ⊠ ⌜ A ⌝) ⌜ B ⌝
    ⌞ f ⌟ = gen (fn f)
    atᵗ : ∀ {S T U} → Tm (S ⊠ T) U → Tm 𝕀 S → Tm T U
    atᵗ f p = f ⊙ ((p ⊙ ¡) ▵ ι)
    infixr 9 _⨾ᵗ_
    _⨾ᵗ_ : ∀ {S T U V W : Ty} → Tm (S ⊠ U) V → Tm (T ⊠ V) W → Tm ((S ⊠ T) ⊠ U) W
    f ⨾ᵗ g = g ⊙ ((p₂ ⊙ p₁) ▵ (f ⊙ ((p₁ ⊙ p₁) ▵ p₂)))

  -- f_p = f(p, −)
  _at_ : ∀ {A B} (f : Map K A B) → 𝟙 ⇒ P f → A ⇒ B
  f at p = fn f ∘ ⟨ p ∘ ! , id ⟩

  -- proves: PARA-EV
  composite-at-a-point : ∀ {A B X} (f : Map K A B) (g : Map K B X) (p : 𝟙 ⇒ P f) (q : 𝟙 ⇒ P g) →
    seq K f g at ⟨ p , q ⟩ ≈ (g at q) ∘ (f at p)
  composite-at-a-point f g p q = solve (atᵗ (⌞ f ⌟ ⨾ᵗ ⌞ g ⌟) (gen {𝕀} {⌜ P f ⌝} p ▵ gen {𝕀} {⌜ P g ⌝} q))
    (atᵗ ⌞ g ⌟ (gen {𝕀} q) ⊙ atᵗ ⌞ f ⌟ (gen {𝕀} p)) rfl

  -- proves: PARA-EV
  tensor-at-a-point : ∀ {A B X Y} (f : Map K A B) (g : Map K X Y) (p : 𝟙 ⇒ P f) (q : 𝟙 ⇒ P g) →
    _⊗₁_ K f g at ⟨ p , q ⟩ ≈ (f at p) ⁂ (g at q)
  tensor-at-a-point f g p q = solve
    (atᵗ (((⌞ f ⌟ ⊙ p₁) ▵ (⌞ g ⌟ ⊙ p₂)) ⊙ m⃗) (gen {𝕀} {⌜ P f ⌝} p ▵ gen {𝕀} {⌜ P g ⌝} q))
    (atᵗ ⌞ f ⌟ (gen {𝕀} p) ⊛ atᵗ ⌞ g ⌟ (gen {𝕀} q)) rfl

  -- proves: PARA-EV
  reparametrised-at-a-point : ∀ {A B Q} (f : Map K A B) (r : Q ⇒ P f) (q : 𝟙 ⇒ Q) →
    para Q (fn f ∘ (r ⁂ id)) at q ≈ f at (r ∘ q)
  reparametrised-at-a-point {Q = Q} f r q = solve (atᵗ (⌞ f ⌟ ⊙ (gen {⌜ Q ⌝} {⌜ P f ⌝} r ⊛ ι)) (gen {𝕀} q))
    (atᵗ ⌞ f ⌟ (gen {⌜ Q ⌝} {⌜ P f ⌝} r ⊙ gen {𝕀} q)) rfl

  -- What is embedded is found again at the one point of 1.
  -- proves: PARA-EMB
  embedding-faithful : ∀ {A B} (f : A ⇒ B) → embed K f at id ≈ f
  embedding-faithful f = solve (atᵗ (gen {⌜ _ ⌝} {⌜ _ ⌝} f ⊙ p₂) ι) (gen f) rfl

  -- Tied parameters: along the diagonal a composite is that of the coKleisli maps of P × −.
  -- proves: PARA-COKL
  tied-composite : ∀ {P A B X} (f : P ⊗ A ⇒ B) (g : P ⊗ B ⇒ X) →
    fn (seq K (para P f) (para P g)) ∘ (Δ ⁂ id) ≈ g ∘ ⟨ π₁ , f ⟩
  tied-composite {P} {A} {B} {X} f g = solve ((F ⨾ᵗ G) ⊙ ((ι ▵ ι) ⊛ ι)) (G ⊙ (p₁ ▵ F)) rfl
    where
    F : Tm (⌜ P ⌝ ⊠ ⌜ A ⌝) ⌜ B ⌝
    F = gen f
    G : Tm (⌜ P ⌝ ⊠ ⌜ B ⌝) ⌜ X ⌝
    G = gen g

  -- Composition with the parameters outer first, as in Cruttwell et al. 2021: along the symmetry it is ours.
  outer-first : ∀ {A B X} → Map K A B → Map K B X → Map K A X
  outer-first f g = para (P g ⊗ P f) (fn g ∘ ((id ⁂ fn f) ∘ α))

  -- bears on: PARA-ORDER
  orders-agree : ∀ {A B X} (f : Map K A B) (g : Map K B X) → Cell K (outer-first f g) (seq K f g)
  orders-agree f g = cell σ (solve ((⌞ g ⌟ ⊙ ((ι ⊛ ⌞ f ⌟) ⊙ a⃗)) ⊙ (s⃗ ⊛ ι)) (⌞ f ⌟ ⨾ᵗ ⌞ g ⌟) rfl)
