{-# OPTIONS --safe --without-K #-}
-- GAD_k (Elliott 2018, section 4): a morphism a → b is a map x ↦ (f(x), f′(x) in k), for any category k of derivatives.
module GAD where

open import Prelude
open import Categories
open import Products

module _ {o ℓ e} (k : Category o ℓ e) (El : Category.Obj k → Set) where
  open Category k

  Derivable : Obj → Obj → Set ℓ
  Derivable a b = El a → El b × (a ⇒ b)

  -- Same value, and derivatives equal in k.
  _~_ : ∀ {a b} → El b × (a ⇒ b) → El b × (a ⇒ b) → Set e
  (x , f) ~ (y , g) = (x ≡ y) × (f ≈ g)

  -- The chain rule: x ↦ (g(f(x)), g′(f(x)) ∘ f′(x)).
  chain-rule : ∀ {a b c} → Derivable b c → Derivable a b → Derivable a c
  chain-rule g f x = fst (g (fst (f x))) , snd (g (fst (f x))) ∘ snd (f x)

  private
    chain-cong : ∀ {a b c} {g g′ : Derivable b c} (p : ∀ y → g y ~ g′ y) {u v : El b × (a ⇒ b)} → u ~ v →
      (fst (g (fst u)) , snd (g (fst u)) ∘ snd u) ~ (fst (g′ (fst v)) , snd (g′ (fst v)) ∘ snd v)
    chain-cong p {x , df} {.x , df′} (refl , q) = fst (p x) , ∘-cong (snd (p x)) q

  -- proves: GAD-CAT
  GAD : Category o ℓ e
  GAD = record
    { Obj = Obj ; _⇒_ = Derivable ; _≈_ = λ f g → ∀ x → f x ~ g x
    ; equiv = record
      { rfl = λ _ → refl , rfl ; sy = λ p x → sym (fst (p x)) , sy (snd (p x))
      ; tr = λ p q x → trans (fst (p x)) (fst (q x)) , tr (snd (p x)) (snd (q x)) }
    ; id = λ x → x , id ; _∘_ = chain-rule
    ; assoc = λ f g h x → refl , assoc _ _ _ ; idl = λ f x → refl , idl _ ; idr = λ f x → refl , idr _
    ; ∘-cong = λ p q x → chain-cong p (q x) }

  -- Forgetting the derivative is a functor to sets.
  -- bears on: GAD-FORGET
  forget : Functor GAD Sets
  forget = record
    { F₀ = El ; F₁ = λ f x → fst (f x) ; F-id = λ _ → refl ; F-∘ = λ _ _ _ → refl ; F-cong = λ p x → fst (p x) }

-- A functor k → k′ changes the derivatives.
-- bears on: GAD-BASE
GAD-map : ∀ {o ℓ e o′ ℓ′ e′} {k : Category o ℓ e} {k′ : Category o′ ℓ′ e′} (F : Functor k k′) (El : Category.Obj k′ → Set) →
  Functor (GAD k (λ a → El (Functor.F₀ F a))) (GAD k′ El)
GAD-map F El = record
  { F₀ = F₀ ; F₁ = λ f x → fst (f x) , F₁ (snd (f x))
  ; F-id = λ x → refl , F-id ; F-∘ = λ g f x → refl , F-∘ _ _ ; F-cong = λ p x → fst (p x) , F-cong (snd (p x)) }
  where open Functor F

-- Over the dual the derivatives compose in the other order, by what Dual is: this is reverse mode.
-- bears on: DUAL-CAT
GAD-dual-order : ∀ {o ℓ e} (k : Category o ℓ e) (El : Category.Obj k → Set) {a b c : Category.Obj k}
  (g : Category._⇒_ (GAD (Dual k) El) b c) (f : Category._⇒_ (GAD (Dual k) El) a b) (x : El a) →
  snd (Category._∘_ (GAD (Dual k) El) g f x) ≡ Category._∘_ k (snd (f x)) (snd (g (fst (f x))))
GAD-dual-order k El g f x = refl

-- Elements of a product are pairs of elements.
record Elements {o ℓ e} {k : Category o ℓ e} (K : Cartesian k) (El : Category.Obj k → Set) : Set o where
  open Cartesian K
  field
    pr  : ∀ {a b} → El a → El b → El (a ⊗ b)
    e₁  : ∀ {a b} → El (a ⊗ b) → El a
    e₂  : ∀ {a b} → El (a ⊗ b) → El b
    eβ₁ : ∀ {a b} (x : El a) (y : El b) → e₁ (pr x y) ≡ x
    eβ₂ : ∀ {a b} (x : El a) (y : El b) → e₂ (pr x y) ≡ y
    eη  : ∀ {a b} (z : El (a ⊗ b)) → pr (e₁ z) (e₂ z) ≡ z
    pt  : El 𝟙
    pt! : (x : El 𝟙) → x ≡ pt

-- If k is cartesian so is GAD_k, for all its morphisms; then Para(GAD_k) is a bicategory by Para.agda.
-- proves: GAD-CART
GAD-cartesian : ∀ {o ℓ e} {k : Category o ℓ e} (K : Cartesian k) {El : Category.Obj k → Set} →
  Elements K El → Cartesian (GAD k El)
GAD-cartesian {k = k} K E = record
  { _⊗_ = _⊗_ ; 𝟙 = 𝟙 ; π₁ = λ x → e₁ x , π₁ ; π₂ = λ x → e₂ x , π₂
  ; ⟨_,_⟩ = λ f g x → pr (fst (f x)) (fst (g x)) , ⟨ snd (f x) , snd (g x) ⟩
  ; ! = λ _ → pt , !
  ; β₁ = λ f g x → eβ₁ _ _ , β₁ _ _ ; β₂ = λ f g x → eβ₂ _ _ , β₂ _ _ ; η = λ h x → eη _ , η _
  ; !-uniq = λ f g x → trans (pt! _) (sym (pt! _)) , !-uniq _ _
  ; ⟨⟩-cong = λ p q x → cong₂ pr (fst (p x)) (fst (q x)) , ⟨⟩-cong (snd (p x)) (snd (q x)) }
  where
  open Category k
  open Cartesian K
  open Elements E
