{-# OPTIONS --safe --without-K #-}
-- Polynomial maps over any commutative ring, with nothing assumed: their table is right, so that backpropagation through
-- every polynomial term is its transposed derivative. The pullbacks are those of verified_cat/primitives.py.
module Polynomials where

open import Prelude
open import Groups
open import Rings
open import Caratheodory
open import Terms
open import ChainRule
open Additive using (ap)

module _ (ring : Ring) where
  open Ring ring

  data One : Set where
    number : One

  private
    R : Ob One
    R = leaf number

  data Op : Ob One → Ob One → Set where
    add mul  : Op (R ⊗ R) R
    negate   : Op R R
    multiple : Car → Op R R
    always   : Car → Op one R

  -- The form on the ring is its product.
  line : Formed group
  line = record { group = group ; form = _*_ ; form-add = dist ; add-form = λ v v′ w → distr w v v′ }

  function : ∀ {A B} → Op A B → ∣ Formed.group (on-trees (λ _ → line) A) ∣ → ∣ Formed.group (on-trees (λ _ → line) B) ∣
  function add (x , y) = x + y
  function mul (x , y) = x * y
  function negate x = - x
  function (multiple c) x = c * x
  function (always c) x = c

  polynomials : Table group
  polynomials = record
    { Leaf = One ; space = λ _ → line ; Op = Op ; function = function
    ; pullback = λ { add _ w → w , w ; mul ((x , y) , _) w → w * y , w * x ; negate _ w → - w
                   ; (multiple c) _ w → c * w ; (always c) _ w → tt } }

  smooth : ∀ {A B} → Op A B → Smooth (Formed.group (Table.⟦_⟧ polynomials A)) (Formed.group (Table.⟦_⟧ polynomials B))
  smooth add = linear addition
  smooth mul = multiply
  smooth negate = linear negation
  smooth (multiple c) = linear (scale c)
  smooth (always c) = constant c

  private
    swap-factors : ∀ a b c → (a * b) * c ≡ b * (c * a)
    swap-factors a b c = trans (cong (_* c) (*-comm a b)) (trans (*-assoc b a c) (cong (b *_) (*-comm a c)))

    -- (x v₂ + v₁ y) w = v₁ (w y) + v₂ (w x)
    product-rule : ∀ x y v₁ v₂ w → (x * v₂ + v₁ * y) * w ≡ v₁ * (w * y) + v₂ * (w * x)
    product-rule x y v₁ v₂ w = trans (distr w _ _) (trans (+-comm _ _)
      (cong₂ _+_ (trans (*-assoc v₁ y w) (cong (v₁ *_) (*-comm y w))) (swap-factors x v₂ w)))

  -- bears on: GAD-NUM
  right-table : Right polynomials
  right-table = record
    { smooth = smooth
    ; computes = λ { add _ → refl ; mul _ → refl ; negate _ → refl ; (multiple c) _ → refl ; (always c) _ → refl }
    ; transposed = λ
        { add x v w → distr w (fst v) (snd v)
        ; mul (x , y) (v₁ , v₂) w → product-rule x y v₁ v₂ w
        ; negate x v w → trans (neg-* w v) (sym (*-neg v w))
        ; (multiple c) x v w → trans (swap-factors c v w) (cong (v *_) (*-comm w c))
        ; (always c) x v w → trans (*-comm _ _) (*-zero w) } }

  -- Polynomial maps have Carathéodory derivatives …
  -- proves: D-RULES
  polynomial-is-smooth : ∀ {A B} (t : Term Op A B) y x →
    Group._-_ (Formed.group (Table.⟦_⟧ polynomials B)) (value polynomials t y) (value polynomials t x) ≡
    ap (Smooth.slope (slopes polynomials right-table t) y x) (Group._-_ (Formed.group (Table.⟦_⟧ polynomials A)) y x)
  polynomial-is-smooth = term-is-smooth polynomials right-table

  -- … and reverse mode pulls back along them.
  -- proves: D-RULES
  -- bears on: DUAL-ADJ, MODE-AGREE
  polynomial-pullback : ∀ {A B} (t : Term Op A B) x → Transposes (Table.⟦_⟧ polynomials A) (Table.⟦_⟧ polynomials B)
    (ap (deriv (slopes polynomials right-table t) x)) (snd (reverse polynomials t x))
  polynomial-pullback = pullback-is-transposed-derivative polynomials right-table

  -- x ↦ x² pulls w back to w x + w x.
  square : Term Op R R
  square = copy ≫ operation mul

  square-pulls-back : ∀ x w → snd (reverse polynomials square x) w ≡ w * x + w * x
  square-pulls-back x w = refl
