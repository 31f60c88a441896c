{-# OPTIONS --safe --without-K #-}
-- When is a derivative the only one? Carathéodory's equation says nothing of slope(x, x): it is decided by continuity.
-- The hypothesis is stated, met by a model, and shown to be needed.
module Uniqueness where

open import Prelude
open import Groups
open import Rings
open import Caratheodory
open Additive
open Smooth

-- A ring acting on a group; over the reals, a vector space.
record Action (R : Ring) (A : Group) : Set where
  private
    module R = Ring R
    module A = Group A
  infixr 8 _•_
  field
    _•_    : R.Car → ∣ A ∣ → ∣ A ∣
    •-zero : ∀ x → R.0# • x ≡ A.0#
    •-sub  : ∀ t x y → t • (x A.- y) ≡ t • x A.- t • y

-- What is needed of continuity along lines: differences of continuous maps are continuous, and a continuous u with
-- t • u(t) = 0 for all t has u(0) = 0. Over the reals, with the usual continuity: 0 is a limit of other numbers.
record Continuity (R : Ring) (B : Group) (act : Action R B) : Set₁ where
  open Action act
  private
    module R = Ring R
    module B = Group B
  field
    Continuous : (R.Car → ∣ B ∣) → Set
    difference : ∀ {u w} → Continuous u → Continuous w → Continuous (λ t → u t B.- w t)
    decided    : ∀ {u} → Continuous u → (∀ t → t • u t ≡ B.0#) → u R.0# ≡ B.0#

module _ (R : Ring) {A B : Group} (act : Action R A) (act′ : Action R B) (continuity : Continuity R B act′) where
  private
    module R = Ring R
    module A = Group A
    module B = Group B
    module a = Action act
    module b = Action act′
  open Continuity continuity

  -- Slopes that are homogeneous, and continuous along the line from x in the direction v.
  record Tame (f : Smooth A B) (x v : ∣ A ∣) : Set where
    field
      homogeneous : ∀ y t w → ap (slope f y x) (t a.• w) ≡ t b.• ap (slope f y x) w
      continuous  : Continuous (λ t → ap (slope f (x A.+ t a.• v) x) v)
  open Tame

  private
    -- t • (slope from x to x + tv)(v) is the change of f.
    change : (f : Smooth A B) (x v : ∣ A ∣) → Tame f x v → ∀ t →
      t b.• ap (slope f (x A.+ t a.• v) x) v ≡ fn f (x A.+ t a.• v) B.- fn f x
    change f x v tame t = trans (sym (homogeneous tame _ t v)) (trans (cong (ap (slope f _ x)) (sym along))
      (sym (carath f _ x)))
      where
      along : (x A.+ t a.• v) A.- x ≡ t a.• v
      along = trans (cong (A._- x) (A.+-comm x _)) (trans (A.+-assoc _ x _)
        (trans (cong (t a.• v A.+_) (A.+-inv x)) (A.+-idr _)))

    here : ∀ x v → x A.+ R.0# a.• v ≡ x
    here x v = trans (cong (x A.+_) (a.•-zero v)) (A.+-idr x)

  -- Two slopes of one function have the same derivative.
  -- bears on: RD-EXT
  derivative-unique : (f g : Smooth A B) → fn f ≗ fn g → ∀ x v → Tame f x v → Tame g x v →
    ap (deriv f x) v ≡ ap (deriv g x) v
  derivative-unique f g same x v tf tg = trans (sym (at f)) (trans apart (at g))
    where
    at : (h : Smooth A B) → ap (slope h (x A.+ R.0# a.• v) x) v ≡ ap (deriv h x) v
    at h = cong (λ y → ap (slope h y x) v) (here x v)
    vanishes : ∀ t → t b.• (ap (slope f (x A.+ t a.• v) x) v B.- ap (slope g (x A.+ t a.• v) x) v) ≡ B.0#
    vanishes t = trans (b.•-sub t _ _) (trans (cong₂ B._-_ (change f x v tf t) (change g x v tg t))
      (trans (cong (B._- (fn g (x A.+ t a.• v) B.- fn g x)) (cong₂ B._-_ (same _) (same x))) (B.+-inv _)))
    apart : ap (slope f (x A.+ R.0# a.• v) x) v ≡ ap (slope g (x A.+ R.0# a.• v) x) v
    apart = B.equal-by-difference _ _ (decided (difference (continuous tf) (continuous tg)) vanishes)

-- The hypothesis has a model, over any ring: the constant maps.
module _ (R : Ring) where
  open Ring R
  ring-action : Action R group
  ring-action = record
    { _•_ = _*_ ; •-zero = λ x → trans (*-comm _ _) (*-zero x)
    ; •-sub = λ t x y → trans (dist t x _) (cong (t * x +_) (*-neg t y)) }

  constants : Continuity R group ring-action
  constants = record
    { Continuous = λ u → ∀ t → u t ≡ u 0#
    ; difference = λ p q t → cong₂ _-_ (p t) (q t)
    ; decided = λ {u} p q → trans (sym (p 1#)) (trans (sym (*-idl _)) (q 1#)) }

-- And it is needed: over F₂ the zero function has a slope whose derivative is zero and another whose is not.
-- bears on: RD-EXT
not-unique-without-continuity : Σ (Smooth (Ring.group F₂) (Ring.group F₂)) λ f → Σ (Smooth (Ring.group F₂) (Ring.group F₂)) λ g →
  (fn f ≗ fn g) × (ap (deriv f O) J ≡ ap (deriv g O) J → ⊥)
not-unique-without-continuity = linear zero-map , twisted , (λ _ → refl) , O≢J
  where
  on-diagonal : (y x : 𝔹) → Additive (Ring.group F₂) (Ring.group F₂)
  on-diagonal O O = Ring.same F₂
  on-diagonal O J = zero-map
  on-diagonal J O = zero-map
  on-diagonal J J = Ring.same F₂
  twisted : Smooth (Ring.group F₂) (Ring.group F₂)
  twisted = record
    { fn = λ _ → O ; slope = on-diagonal ; carath = λ { O O → refl ; O J → refl ; J O → refl ; J J → refl } }
