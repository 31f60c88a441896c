{-# OPTIONS --safe --without-K #-}
-- Categories whose homs carry their own equality, functors, the dual category and the category of sets.
module Categories where

open import Prelude

record Category o ℓ e : Set (lsuc (o ⊔ ℓ ⊔ e)) where
  infix 4 _⇒_ _≈_
  infixr 9 _∘_
  field
    Obj    : Set o
    _⇒_    : Obj → Obj → Set ℓ
    _≈_    : ∀ {A B} → A ⇒ B → A ⇒ B → Set e
    equiv  : ∀ {A B} → IsEquiv (_≈_ {A} {B})
    id     : ∀ {A} → A ⇒ A
    _∘_    : ∀ {A B C} → B ⇒ C → A ⇒ B → A ⇒ C
    assoc  : ∀ {A B C D} (f : A ⇒ B) (g : B ⇒ C) (h : C ⇒ D) → (h ∘ g) ∘ f ≈ h ∘ (g ∘ f)
    idl    : ∀ {A B} (f : A ⇒ B) → id ∘ f ≈ f
    idr    : ∀ {A B} (f : A ⇒ B) → f ∘ id ≈ f
    ∘-cong : ∀ {A B C} {g g′ : B ⇒ C} {f f′ : A ⇒ B} → g ≈ g′ → f ≈ f′ → g ∘ f ≈ g′ ∘ f′
  module Eq {A B} = IsEquiv (equiv {A} {B})
  open Eq public

record Functor {o ℓ e o′ ℓ′ e′} (C : Category o ℓ e) (D : Category o′ ℓ′ e′) : Set (o ⊔ ℓ ⊔ e ⊔ o′ ⊔ ℓ′ ⊔ e′) where
  private
    module C = Category C
    module D = Category D
  field
    F₀     : C.Obj → D.Obj
    F₁     : ∀ {A B} → A C.⇒ B → F₀ A D.⇒ F₀ B
    F-id   : ∀ {A} → F₁ (C.id {A}) D.≈ D.id
    F-∘    : ∀ {A B X} (g : B C.⇒ X) (f : A C.⇒ B) → F₁ (g C.∘ f) D.≈ F₁ g D.∘ F₁ f
    F-cong : ∀ {A B} {f g : A C.⇒ B} → f C.≈ g → F₁ f D.≈ F₁ g

-- Dual_k: the arrows of k, read backwards.
-- bears on: DUAL-CAT
Dual : ∀ {o ℓ e} → Category o ℓ e → Category o ℓ e
Dual k = record
  { Obj = Obj ; _⇒_ = λ a b → b ⇒ a ; _≈_ = _≈_ ; equiv = equiv
  ; id = id ; _∘_ = λ g f → f ∘ g
  ; assoc = λ f g h → sy (assoc h g f) ; idl = idr ; idr = idl ; ∘-cong = λ p q → ∘-cong q p }
  where open Category k

-- A functor is one between the duals as well.
Dual-functor : ∀ {o ℓ e o′ ℓ′ e′} {C : Category o ℓ e} {D : Category o′ ℓ′ e′} → Functor C D → Functor (Dual C) (Dual D)
Dual-functor F = record { F₀ = F₀ ; F₁ = F₁ ; F-id = F-id ; F-∘ = λ g f → F-∘ f g ; F-cong = F-cong }
  where open Functor F

-- Sets, with functions equal where they are so at every point.
-- proves: CAT-UNIT, CAT-ASSOC
Sets : Category (lsuc lzero) lzero lzero
Sets = record
  { Obj = Set ; _⇒_ = λ A B → A → B ; _≈_ = _≗_ ; equiv = ≗-equiv
  ; id = λ x → x ; _∘_ = λ g f x → g (f x)
  ; assoc = λ _ _ _ _ → refl ; idl = λ _ _ → refl ; idr = λ _ _ → refl
  ; ∘-cong = λ { {g = g} {f′ = f′} p q x → trans (cong g (q x)) (p (f′ x)) } }
