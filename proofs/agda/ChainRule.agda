{-# OPTIONS --safe --without-K #-}
-- The chain rule, by induction on terms: if for each operation of the table the pullback is the transposed derivative,
-- then for every term the pullback that GAD over Dual computes is the transposed derivative of the function computed.
module ChainRule where

open import Prelude
open import Products
open import Groups
open import Caratheodory
open import Terms renaming (value to value-of; reverse to reverse-of; reverse-value to reverse-value-of)
open Additive
open Smooth
open Formed

module _ {S : Group} (table : Table S) where
  open Table table
  private
    module S = Group S
    value : ∀ {A B} → Term Op A B → Val A → Val B
    value = value-of table
    reverse : ∀ {A B} → Term Op A B → Val A → Val B × (Val B → Val A)
    reverse = reverse-of table
    reverse-value : ∀ {A B} (t : Term Op A B) (x : Val A) → fst (reverse t x) ≡ value t x
    reverse-value = reverse-value-of table

  -- A table is right where each operation has a slope, and its pullback is the transpose of the derivative.
  record Right : Set where
    field
      smooth     : ∀ {A B} → Op A B → Smooth (group ⟦ A ⟧) (group ⟦ B ⟧)
      computes   : ∀ {A B} (g : Op A B) → fn (smooth g) ≗ function g
      transposed : ∀ {A B} (g : Op A B) x →
        Transposes ⟦ A ⟧ ⟦ B ⟧ (ap (deriv (smooth g) x)) (pullback g (x , function g x))

  module _ (right-table : Right) where
    open Right right-table
    private
      open Cartesian additive-cartesian using (π₁; π₂; !; ⟨_,_⟩; α; α⁻; σ)
      pair-up : ∀ {X A B} → Additive X A → Additive X B → Additive X (A ⊕ B)
      pair-up = ⟨_,_⟩
      idᴬ : ∀ {A} → Additive A A
      idᴬ = record { ap = λ x → x ; add = λ _ _ → refl }

    -- Every term has a slope, built by the chain rule.
    slopes : ∀ {A B} → Term Op A B → Smooth (group ⟦ A ⟧) (group ⟦ B ⟧)
    slopes (operation g) = smooth g
    slopes identity = linear idᴬ
    slopes (t ≫ u) = chain (slopes u) (slopes t)
    slopes (t ⊗₁ u) = both (chain (slopes t) (linear π₁)) (chain (slopes u) (linear π₂))
    slopes (assoc {A} {B} {C}) = linear (α {group ⟦ A ⟧} {group ⟦ B ⟧} {group ⟦ C ⟧})
    slopes (assoc⁻ {A} {B} {C}) = linear (α⁻ {group ⟦ A ⟧} {group ⟦ B ⟧} {group ⟦ C ⟧})
    slopes left = linear π₂
    slopes left⁻ = linear (pair-up ! idᴬ)
    slopes right = linear π₁
    slopes right⁻ = linear (pair-up idᴬ !)
    slopes (swap {A} {B}) = linear (σ {group ⟦ A ⟧} {group ⟦ B ⟧})
    slopes copy = linear (pair-up idᴬ idᴬ)
    slopes discard = linear !
    slopes first = linear π₁
    slopes second = linear π₂
    slopes (pairing t u) = both (slopes t) (slopes u)

    -- They are slopes of the function that the term computes.
    -- bears on: D-FUNCT
    slopes-value : ∀ {A B} (t : Term Op A B) → fn (slopes t) ≗ value t
    slopes-value (operation g) x = computes g x
    slopes-value identity x = refl
    slopes-value (t ≫ u) x = trans (slopes-value u _) (cong (value u) (slopes-value t x))
    slopes-value (t ⊗₁ u) (x , y) = cong₂ _,_ (slopes-value t x) (slopes-value u y)
    slopes-value assoc x = refl
    slopes-value assoc⁻ x = refl
    slopes-value left x = refl
    slopes-value left⁻ x = refl
    slopes-value right x = refl
    slopes-value right⁻ x = refl
    slopes-value swap x = refl
    slopes-value copy x = refl
    slopes-value discard x = refl
    slopes-value first x = refl
    slopes-value second x = refl
    slopes-value (pairing t u) x = cong₂ _,_ (slopes-value t x) (slopes-value u x)

    -- value(y) − value(x) = slope(y, x)(y − x)
    -- bears on: D-FUNCT
    term-is-smooth : ∀ {A B} (t : Term Op A B) (y x : Val A) → Group._-_ (group ⟦ B ⟧) (value t y) (value t x) ≡
      ap (slope (slopes t) y x) (Group._-_ (group ⟦ A ⟧) y x)
    term-is-smooth {B = B} t y x = trans
      (cong₂ (Group._-_ (group ⟦ B ⟧)) (sym (slopes-value t y)) (sym (slopes-value t x))) (carath (slopes t) y x)

    -- The theorem: ⟨D t(x) v, w⟩ = ⟨v, pullback of t at x (w)⟩, for every term t.
    -- proves: D-RULES
    -- bears on: DUAL-ADJ, MODE-AGREE
    pullback-is-transposed-derivative : ∀ {A B} (t : Term Op A B) (x : Val A) →
      Transposes ⟦ A ⟧ ⟦ B ⟧ (ap (deriv (slopes t) x)) (snd (reverse t x))
    pullback-is-transposed-derivative (operation g) x v w = transposed g x v w
    pullback-is-transposed-derivative identity x v w = refl
    pullback-is-transposed-derivative {A} {B} (_≫_ {B = M} t u) x v w =
      trans (cong (λ y → form ⟦ B ⟧ (ap (deriv (slopes u) y) (ap (deriv (slopes t) x) v)) w) here)
        (trans (pullback-is-transposed-derivative u _ _ w) (pullback-is-transposed-derivative t x v _))
      where
      here : fn (slopes t) x ≡ fst (reverse t x)
      here = trans (slopes-value t x) (sym (reverse-value t x))
    pullback-is-transposed-derivative (t ⊗₁ u) (x , y) v w =
      cong₂ S._+_ (pullback-is-transposed-derivative t x _ _) (pullback-is-transposed-derivative u y _ _)
    pullback-is-transposed-derivative assoc x v w = sym (S.+-assoc _ _ _)
    pullback-is-transposed-derivative assoc⁻ x v w = S.+-assoc _ _ _
    pullback-is-transposed-derivative left x v w = sym (S.+-idl _)
    pullback-is-transposed-derivative left⁻ x v w = S.+-idl _
    pullback-is-transposed-derivative right x v w = sym (S.+-idr _)
    pullback-is-transposed-derivative right⁻ x v w = S.+-idr _
    pullback-is-transposed-derivative swap x v w = S.+-comm _ _
    pullback-is-transposed-derivative (copy {A}) x v w = sym (form-add ⟦ A ⟧ v _ _)
    pullback-is-transposed-derivative (discard {A}) x v w = sym (form-zero ⟦ A ⟧ v)
    pullback-is-transposed-derivative (first {A} {B}) x v w =
      sym (trans (cong (form ⟦ A ⟧ (fst v) w S.+_) (form-zero ⟦ B ⟧ (snd v))) (S.+-idr _))
    pullback-is-transposed-derivative (second {A} {B}) x v w =
      sym (trans (cong (S._+ form ⟦ B ⟧ (snd v) w) (form-zero ⟦ A ⟧ (fst v))) (S.+-idl _))
    pullback-is-transposed-derivative (pairing {A} t u) x v w =
      trans (cong₂ S._+_ (pullback-is-transposed-derivative t x v _) (pullback-is-transposed-derivative u x v _))
        (sym (form-add ⟦ A ⟧ v _ _))

    -- Where the form separates points nothing else is a transpose: the pullback is determined.
    -- bears on: DUAL-ADJ
    pullback-determined : ∀ {A B} (t : Term Op A B) (x : Val A) (other : Val B → Val A) →
      (∀ a b → (∀ v → form ⟦ A ⟧ v a ≡ form ⟦ A ⟧ v b) → a ≡ b) →
      Transposes ⟦ A ⟧ ⟦ B ⟧ (ap (deriv (slopes t) x)) other → other ≗ snd (reverse t x)
    pullback-determined t x other separates p w =
      separates _ _ (λ v → trans (sym (p v w)) (pullback-is-transposed-derivative t x v w))
