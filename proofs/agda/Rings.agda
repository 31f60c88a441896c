{-# OPTIONS --safe --without-K #-}
-- Commutative rings, and the smooth maps that every one of them has: sums, products, opposites and constants.
module Rings where

open import Prelude
open import Groups
open import Caratheodory
open Additive
open Smooth

record Ring : Set₁ where
  field group : Group
  open Group group public
  infixl 7 _*_
  field
    _*_     : Car → Car → Car
    1#      : Car
    *-comm  : ∀ x y → x * y ≡ y * x
    *-assoc : ∀ x y z → (x * y) * z ≡ x * (y * z)
    *-idl   : ∀ x → 1# * x ≡ x
    dist    : ∀ x y z → x * (y + z) ≡ x * y + x * z

  distr : ∀ x y z → (y + z) * x ≡ y * x + z * x
  distr x y z = trans (*-comm _ _) (trans (dist x y z) (cong₂ _+_ (*-comm _ _) (*-comm _ _)))

  *-zero : ∀ x → x * 0# ≡ 0#
  *-zero x = idempotent-zero _ (trans (sym (dist x 0# 0#)) (cong (x *_) (+-idl 0#)))

  *-neg : ∀ x y → x * (- y) ≡ - (x * y)
  *-neg x y = neg-unique (x * y) (x * (- y)) (trans (sym (dist x y (- y))) (trans (cong (x *_) (+-inv y)) (*-zero x)))

  neg-* : ∀ x y → (- y) * x ≡ - (y * x)
  neg-* x y = trans (*-comm _ _) (trans (*-neg x y) (cong -_ (*-comm _ _)))

  -- x ↦ c x
  scale : Car → Additive group group
  scale c = record { ap = λ x → c * x ; add = λ x y → dist c x y }

  -- (a, b) ↦ a b: the slope is Leibniz' rule, a′ at the later point and b at the earlier one.
  -- bears on: GAD-NUM
  multiply : Smooth (group ⊕ group) group
  multiply = record
    { fn = λ z → fst z * snd z
    ; slope = λ y x → record
        { ap = λ h → fst y * snd h + fst h * snd x
        ; add = λ h k → trans (cong₂ _+_ (dist (fst y) (snd h) (snd k)) (distr (snd x) (fst h) (fst k))) (middle _ _ _ _) }
    ; carath = λ y x → sym (telescope (fst y) (snd y) (fst x) (snd x)) }
    where
    telescope : ∀ y₁ y₂ x₁ x₂ → y₁ * (y₂ - x₂) + (y₁ - x₁) * x₂ ≡ y₁ * y₂ - x₁ * x₂
    telescope y₁ y₂ x₁ x₂ = trans (cong₂ _+_
        (trans (dist y₁ y₂ (- x₂)) (cong ((y₁ * y₂) +_) (*-neg y₁ x₂)))
        (trans (distr x₂ y₁ (- x₁)) (cong ((y₁ * x₂) +_) (neg-* x₂ x₁))))
      (trans (+-assoc _ _ _) (cong ((y₁ * y₂) +_) (trans (sym (+-assoc _ _ _))
        (trans (cong (_+ (- (x₁ * x₂))) (trans (+-comm _ _) (+-inv _))) (+-idl _)))))

  addition : Additive (group ⊕ group) group
  addition = record { ap = λ z → fst z + snd z ; add = λ a c → middle _ _ _ _ }

  negation : Additive group group
  negation = record { ap = -_ ; add = neg-+ }

  same : Additive group group
  same = record { ap = λ z → z ; add = λ _ _ → refl }

  constant : ∀ {A} → Car → Smooth A group
  constant c = record { fn = λ _ → c ; slope = λ _ _ → zero-map ; carath = λ _ _ → +-inv c }

  -- d(x²) = x v + v x.
  -- bears on: GAD-NUM
  square-rule : ∀ x v → ap (deriv (chain multiply (both (linear same) (linear same))) x) v ≡ x * v + v * x
  square-rule x v = refl

-- The field of two elements: rings exist, with 0 ≠ 1.
data 𝔹 : Set where
  O J : 𝔹

F₂ : Ring
F₂ = record
  { group = record
    { Car = 𝔹 ; _+_ = _⊻_ ; 0# = O ; -_ = λ x → x
    ; +-assoc = λ { O O _ → refl ; O J _ → refl ; J O _ → refl ; J J O → refl ; J J J → refl }
    ; +-comm = λ { O O → refl ; O J → refl ; J O → refl ; J J → refl }
    ; +-idl = λ _ → refl ; +-inv = λ { O → refl ; J → refl } }
  ; _*_ = _∧_ ; 1# = J ; *-comm = λ { O O → refl ; O J → refl ; J O → refl ; J J → refl }
  ; *-assoc = λ { O _ _ → refl ; J _ _ → refl } ; *-idl = λ _ → refl ; dist = λ { O _ _ → refl ; J _ _ → refl } }
  where
  _⊻_ _∧_ : 𝔹 → 𝔹 → 𝔹
  O ⊻ y = y
  J ⊻ O = J
  J ⊻ J = O
  O ∧ y = O
  J ∧ y = y

O≢J : O ≡ J → ⊥
O≢J ()
