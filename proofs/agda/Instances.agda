{-# OPTIONS --safe --without-K #-}
-- The development meets itself: Para over smooth maps and over GAD, D between them, an error that has an inverse, and a
-- learner that learns. So nothing proved here is about nothing.
module Instances where

open import Prelude
open import Categories
open import Products
open import Monoidal
open import Bicategories
open import Para
open import ParaMonoidal
open import Quotients
open import GAD
open import Groups
open import Rings
open import Caratheodory
open import Learners
open import GradientLearning

-- Parametrised maps that carry composable derivatives: Para over GAD, forwards and in reverse.
Para-forward Para-reverse Para-smooth : Bicategory _ _ _ _
Para-forward = Para forward-cartesian
Para-reverse = Para reverse-cartesian
Para-smooth = Para smooth-cartesian

Para-reverse-classes : Category _ _ _
Para-reverse-classes = Quotient Para-reverse

Para-reverse-symmetric : Symmetric Para-reverse-classes
Para-reverse-symmetric = quotient-symmetric reverse-cartesian

private
  module S = Bicategory Para-smooth
  module F = Bicategory Para-forward

D-para : ∀ {A B} → S.Hom A B → F.Hom A B
D-para (para P f) = para P (Functor.F₁ D f)

-- The parametrised chain rule: D preserves composition and identities of Para, strictly.
-- bears on: PARA-BASE
D-para-composes : ∀ {A B C} (f : S.Hom A B) (g : S.Hom B C) →
  Category._≈_ (GAD AdditiveC ∣_∣) (Map.fn (D-para (f S.⨾ g))) (Map.fn (D-para f F.⨾ D-para g))
D-para-composes f g x = refl , (λ _ → refl)

-- bears on: PARA-BASE
D-para-identity : ∀ {A} → Category._≈_ (GAD AdditiveC ∣_∣) (Map.fn (D-para (S.I {A}))) (Map.fn (F.I {A}))
D-para-identity x = refl , (λ _ → refl)

-- The quadratic error on any group: ∂e/∂x(x, y) = x − y, with the inverse (x, d) ↦ x − d.
-- bears on: L-EINV
quadratic : Group → Space
quadratic A = record
  { X = Car ; DX = Car ; err = λ z → fst z - snd z ; inv = λ z → fst z - snd z ; err-inv = round ; inv-err = round }
  where
  open Group A
  round : ∀ x y → x - (x - y) ≡ y
  round x y = trans (cong (x +_) (trans (neg-+ x (- y)) (cong ((- x) +_) (neg-neg y))))
    (trans (sym (+-assoc x (- x) y)) (trans (cong (_+ y) (+-inv x)) (+-idl y)))

-- a ↦ p a over F₂, with the step p − dp.
scaling : Trained (quadratic (Ring.group F₂)) (quadratic (Ring.group F₂))
scaling = trained 𝔹 𝔹 (λ z → fst z - snd z) (λ z → fst z * snd z , λ d → d * snd z , d * fst z)
  where open Ring F₂

-- From the weight 0 and the example 1 ↦ 1, one step learns the weight 1; then the example is what is computed.
it-learns : Learner.U (learn scaling) ((O , J) , J) ≡ J
it-learns = refl

it-has-learnt : Learner.I (learn scaling) (J , J) ≡ J
it-has-learnt = refl
