{-# OPTIONS --safe --without-K #-}
-- Terms interpreted by the printed code of GAD over Dual compute what Terms.agda says, so that the theorem is about them:
-- the pullback that the Python functions compute is the transposed derivative, for every term over a right table.
module BindTerms where

open import Prelude
open import Groups
open import Caratheodory
open import Terms
open import ChainRule
import Printed as Py

module _ {S : Group} (table : Table S) where
  open Table table

  -- 0 and + of an object, + with its arguments in a pair; on pairs componentwise, as verified_cat/functions.py has it.
  zero : ∀ A → ⊤ → Val A
  zero A _ = Group.0# (Formed.group ⟦ A ⟧)

  sum : ∀ A → Val A × Val A → Val A
  sum (leaf s) (x , y) = Group._+_ (Formed.group (space s)) x y
  sum one = Py.left-of
  sum (A ⊗ B) = Py.pairwise (sum A) (sum B)

  sum-is : ∀ A (z : Val A × Val A) → sum A z ≡ Group._+_ (Formed.group ⟦ A ⟧) (fst z) (snd z)
  sum-is (leaf s) z = refl
  sum-is one z = refl
  sum-is (A ⊗ B) z = cong₂ _,_ (sum-is A _) (sum-is B _)

  -- ⟨f, g⟩ of Dual is the copairing of additive maps: (f ⊗ g) ; ∇.
  copairing : ∀ B C A → (Val B → Val A) → (Val C → Val A) → Val B × Val C → Val A
  copairing B C A f g = Py.then (Py.beside f g) (sum A)

  -- The interpretation, of printed functions alone.
  computed : ∀ {A B} → Term Op A B → Val A → Val B × (Val B → Val A)
  computed (operation g) = Py.tabulated (function g) (λ graph → Py.AdditiveMaps-transposed-derivative-at-back (rule g) graph)
    where
    rule : ∀ {A B} → Op A B → (Val A × Val B) × Val B → Val A
    rule g (graph , w) = pullback g graph w
  computed identity = Py.linear Py.same Py.same
  computed (t ≫ u) = Py.chain (computed t) (computed u) (Py.Dual-follow-return Py.then)
  computed (t ⊗₁ u) = Py.cross (computed t) (computed u) (Py.Dual-tensor-return Py.beside)
  computed assoc = Py.linear Py.rebracket-right Py.rebracket-left
  computed assoc⁻ = Py.linear Py.rebracket-left Py.rebracket-right
  computed left = Py.linear Py.right-of Py.with-unit-left
  computed left⁻ = Py.linear Py.with-unit-left Py.right-of
  computed right = Py.linear Py.left-of Py.with-unit-right
  computed right⁻ = Py.linear Py.with-unit-right Py.left-of
  computed swap = Py.linear Py.exchange Py.exchange
  computed (copy {A}) = Py.linear Py.twice (sum A)
  computed (discard {A}) = Py.linear Py.nothing (Py.AdditiveMaps-zero-always (zero A))
  computed (first {A} {B}) = Py.linear Py.left-of (Py.AdditiveMaps-inject-first-inject (zero B))
  computed (second {A} {B}) = Py.linear Py.right-of (Py.AdditiveMaps-inject-second-inject (zero A))
  computed (pairing {A} {B} {C} t u) = Py.share (computed t) (computed u) (copairing B C A)

  -- The printed code computes the value of the term …
  -- proves: GAD-FORGET
  computed-value : ∀ {A B} (t : Term Op A B) (x : Val A) → fst (computed t x) ≡ value table t x
  computed-value (operation g) x = refl
  computed-value identity x = refl
  computed-value (t ≫ u) x = trans (computed-value u _) (cong (value table u) (computed-value t x))
  computed-value (t ⊗₁ u) (x , y) = cong₂ _,_ (computed-value t x) (computed-value u y)
  computed-value assoc x = refl
  computed-value assoc⁻ x = refl
  computed-value left x = refl
  computed-value left⁻ x = refl
  computed-value right x = refl
  computed-value right⁻ x = refl
  computed-value swap x = refl
  computed-value copy x = refl
  computed-value discard x = refl
  computed-value first x = refl
  computed-value second x = refl
  computed-value (pairing t u) x = cong₂ _,_ (computed-value t x) (computed-value u x)

  -- … and the pullback of reverse mode.
  -- bears on: DUAL-CAT
  computed-pullback : ∀ {A B} (t : Term Op A B) (x : Val A) → snd (computed t x) ≗ snd (reverse table t x)
  computed-pullback (operation g) x w = refl
  computed-pullback identity x w = refl
  computed-pullback (t ≫ u) x w = trans (computed-pullback t x _) (cong (snd (reverse table t x))
    (trans (cong (λ y → snd (computed u y) w) (trans (computed-value t x) (sym (reverse-value table t x))))
      (computed-pullback u _ w)))
  computed-pullback (t ⊗₁ u) (x , y) w = cong₂ _,_ (computed-pullback t x _) (computed-pullback u y _)
  computed-pullback assoc x w = refl
  computed-pullback assoc⁻ x w = refl
  computed-pullback left x w = refl
  computed-pullback left⁻ x w = refl
  computed-pullback right x w = refl
  computed-pullback right⁻ x w = refl
  computed-pullback swap x w = refl
  computed-pullback (copy {A}) x w = sum-is A w
  computed-pullback discard x w = refl
  computed-pullback first x w = refl
  computed-pullback second x w = refl
  computed-pullback (pairing {A} t u) x w = trans (sum-is A _)
    (cong₂ (Group._+_ (Formed.group ⟦ A ⟧)) (computed-pullback t x _) (computed-pullback u x _))

  -- The chain rule, all the way down, about the code that runs.
  -- proves: D-RULES
  -- bears on: DUAL-ADJ
  code-pulls-back-the-transposed-derivative : (right-table : Right table) → ∀ {A B} (t : Term Op A B) (x : Val A) →
    Transposes ⟦ A ⟧ ⟦ B ⟧ (Additive.ap (deriv (slopes table right-table t) x)) (snd (computed t x))
  code-pulls-back-the-transposed-derivative right-table {A} {B} t x v w = trans
    (pullback-is-transposed-derivative table right-table t x v w)
    (cong (Formed.form ⟦ A ⟧ v) (sym (computed-pullback t x w)))
