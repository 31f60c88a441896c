{-# OPTIONS --safe --without-K #-}
-- Carathéodory's derivative: f(y) − f(x) = slope(y, x)(y − x) with an additive slope; the derivative at x is slope(x, x).
-- Slopes compose, which is the chain rule: D is a functor, to GAD over additive maps.
module Caratheodory where

open import Prelude
open import Categories
open import Products
open import Groups
open import GAD
open Additive

record Smooth (A B : Group) : Set where
  private
    module A = Group A
    module B = Group B
  field
    fn     : ∣ A ∣ → ∣ B ∣
    slope  : (y x : ∣ A ∣) → Additive A B
    carath : ∀ y x → fn y B.- fn x ≡ ap (slope y x) (y A.- x)
open Smooth

-- D f(x), the derivative.
deriv : ∀ {A B} → Smooth A B → ∣ A ∣ → Additive A B
deriv f x = slope f x x

-- proves: D-RULES
chain : ∀ {A B C} → Smooth B C → Smooth A B → Smooth A C
chain g f = record
  { fn = λ x → fn g (fn f x)
  ; slope = λ y x → Category._∘_ AdditiveC (slope g (fn f y) (fn f x)) (slope f y x)
  ; carath = λ y x → trans (carath g (fn f y) (fn f x)) (cong (ap (slope g (fn f y) (fn f x))) (carath f y x)) }

-- An additive map is its own slope, everywhere.
-- proves: D-RULES
linear : ∀ {A B} → Additive A B → Smooth A B
linear {A} {B} h = record { fn = ap h ; slope = λ _ _ → h ; carath = λ y x → sym (difference y x) }
  where
  module A = Group A
  module B = Group B
  difference : ∀ y x → ap h (y A.- x) ≡ ap h y B.- ap h x
  difference y x = trans (add h y (A.- x)) (cong (ap h y B.+_)
    (B.neg-unique (ap h x) (ap h (A.- x)) (trans (sym (add h _ _)) (trans (cong (ap h) (A.+-inv x)) (at-zero h)))))

_≐_ : ∀ {A B} → Smooth A B → Smooth A B → Set
f ≐ g = (fn f ≗ fn g) × (∀ y x → ap (slope f y x) ≗ ap (slope g y x))

SmoothC : Category (lsuc lzero) lzero lzero
SmoothC = record
  { Obj = Group ; _⇒_ = Smooth ; _≈_ = _≐_
  ; equiv = record
    { rfl = (λ _ → refl) , (λ _ _ _ → refl) ; sy = λ p → (λ x → sym (fst p x)) , (λ y x v → sym (snd p y x v))
    ; tr = λ p q → (λ x → trans (fst p x) (fst q x)) , (λ y x v → trans (snd p y x v) (snd q y x v)) }
  ; id = linear (Category.id AdditiveC) ; _∘_ = chain
  ; assoc = λ _ _ _ → (λ _ → refl) , (λ _ _ _ → refl)
  ; idl = λ _ → (λ _ → refl) , (λ _ _ _ → refl) ; idr = λ _ → (λ _ → refl) , (λ _ _ _ → refl)
  ; ∘-cong = λ { {g = g} {g′} {f} {f′} (p , p′) (q , q′) →
      (λ x → trans (cong (fn g) (q x)) (p (fn f′ x))) ,
      (λ y x v → trans (cong₂ (λ s t → ap (slope g s t) (ap (slope f y x) v)) (q y) (q x))
                (trans (cong (ap (slope g (fn f′ y) (fn f′ x))) (q′ y x v)) (p′ _ _ _))) } }

both : ∀ {X A B} → Smooth X A → Smooth X B → Smooth X (A ⊕ B)
both f g = record
  { fn = λ x → fn f x , fn g x ; slope = λ y x → Cartesian.⟨_,_⟩ additive-cartesian (slope f y x) (slope g y x)
  ; carath = λ y x → cong₂ _,_ (carath f y x) (carath g y x) }

smooth-cartesian : Cartesian SmoothC
smooth-cartesian = record
  { _⊗_ = _⊕_ ; 𝟙 = Trivial ; π₁ = linear π₁ ; π₂ = linear π₂ ; ⟨_,_⟩ = both ; ! = linear !
  ; β₁ = λ _ _ → (λ _ → refl) , (λ _ _ _ → refl) ; β₂ = λ _ _ → (λ _ → refl) , (λ _ _ _ → refl)
  ; η = λ _ → (λ _ → refl) , (λ _ _ _ → refl) ; !-uniq = λ _ _ → (λ _ → refl) , (λ _ _ _ → refl)
  ; ⟨⟩-cong = λ { (p , p′) (q , q′) → (λ x → cong₂ _,_ (p x) (q x)) , (λ y x v → cong₂ _,_ (p′ y x v) (q′ y x v)) } }
  where open Cartesian additive-cartesian using (π₁; π₂; !)

-- D : the value with the derivative. D(g ∘ f) = D g ∘ D f is the chain rule.
-- proves: D-RULES
-- bears on: D-FUNCT
D : Functor SmoothC (GAD AdditiveC ∣_∣)
D = record
  { F₀ = λ A → A ; F₁ = λ f x → fn f x , deriv f x
  ; F-id = λ _ → refl , (λ _ → refl) ; F-∘ = λ _ _ _ → refl , (λ _ → refl)
  ; F-cong = λ p x → fst p x , snd p x x }

-- D preserves pairings, and with them all products.
-- proves: D-RULES
D-pairing : ∀ {X A B} (f : Smooth X A) (g : Smooth X B) → Category._≈_ (GAD AdditiveC ∣_∣)
  (Functor.F₁ D (both f g)) (λ x → (fn f x , fn g x) , Cartesian.⟨_,_⟩ additive-cartesian (deriv f x) (deriv g x))
D-pairing f g x = refl , (λ _ → refl)

-- Elements of a sum of groups are pairs; so GAD over additive maps is cartesian, and over their dual as well.
additive-elements : Elements additive-cartesian ∣_∣
additive-elements = record
  { pr = _,_ ; e₁ = fst ; e₂ = snd ; eβ₁ = λ _ _ → refl ; eβ₂ = λ _ _ → refl ; eη = λ _ → refl ; pt = tt ; pt! = λ _ → refl }

-- proves: GAD-CART
forward-cartesian : Cartesian (GAD AdditiveC ∣_∣)
forward-cartesian = GAD-cartesian additive-cartesian additive-elements

-- proves: GAD-CART
reverse-cartesian : Cartesian (GAD (Dual AdditiveC) ∣_∣)
reverse-cartesian = GAD-cartesian dual-cartesian (record
  { pr = _,_ ; e₁ = fst ; e₂ = snd ; eβ₁ = λ _ _ → refl ; eβ₂ = λ _ _ → refl ; eη = λ _ → refl ; pt = tt ; pt! = λ _ → refl })
