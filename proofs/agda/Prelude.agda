{-# OPTIONS --safe --without-K #-}
-- Equality, pairs and equivalences, from the builtins of Agda alone: no library is needed, and nothing is assumed.
module Prelude where

open import Agda.Primitive public using (Level; _⊔_; lsuc; lzero)
open import Agda.Builtin.Equality public using (_≡_; refl)
open import Agda.Builtin.Sigma public using (Σ; _,_; fst; snd)
open import Agda.Builtin.Unit public using (⊤; tt)

infixr 4 _×_
_×_ : ∀ {a b} → Set a → Set b → Set (a ⊔ b)
A × B = Σ A (λ _ → B)

data ⊥ : Set where

sym : ∀ {a} {A : Set a} {x y : A} → x ≡ y → y ≡ x
sym refl = refl

trans : ∀ {a} {A : Set a} {x y z : A} → x ≡ y → y ≡ z → x ≡ z
trans refl q = q

cong : ∀ {a b} {A : Set a} {B : Set b} (f : A → B) {x y : A} → x ≡ y → f x ≡ f y
cong f refl = refl

cong₂ : ∀ {a b c} {A : Set a} {B : Set b} {C : Set c} (f : A → B → C) {x y : A} {u v : B} →
  x ≡ y → u ≡ v → f x u ≡ f y v
cong₂ f refl refl = refl

record IsEquiv {a e} {A : Set a} (_≈_ : A → A → Set e) : Set (a ⊔ e) where
  field
    rfl : ∀ {x} → x ≈ x
    sy  : ∀ {x y} → x ≈ y → y ≈ x
    tr  : ∀ {x y z} → x ≈ y → y ≈ z → x ≈ z

≡-equiv : ∀ {a} {A : Set a} → IsEquiv {A = A} _≡_
≡-equiv = record { rfl = refl ; sy = sym ; tr = trans }

-- Functions are compared point by point: there is no extensionality to assume.
infix 4 _≗_
_≗_ : ∀ {a b} {A : Set a} {B : Set b} → (A → B) → (A → B) → Set (a ⊔ b)
f ≗ g = ∀ x → f x ≡ g x

≗-equiv : ∀ {a b} {A : Set a} {B : Set b} → IsEquiv {A = A → B} _≗_
≗-equiv = record { rfl = λ _ → refl ; sy = λ p x → sym (p x) ; tr = λ p q x → trans (p x) (q x) }
