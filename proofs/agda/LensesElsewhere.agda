{-# OPTIONS --safe --without-K #-}
-- Lenses of sets are the morphisms of GAD over backward functions, and learners with nothing to learn.
module LensesElsewhere where

open import Prelude
open import Categories
open import Products
open import Lenses
open import GAD
open import Learners
open Lens

private
  module L = Category (LensC Sets-cartesian)
  module C = Cartesian Sets-cartesian

-- Bundles, with functions on what flows back, in the direction of the lens.
Backward : Category (lsuc lzero) lzero lzero
Backward = record
  { Obj = Set × Set ; _⇒_ = λ A B → snd B → snd A ; _≈_ = _≗_ ; equiv = ≗-equiv
  ; id = λ x → x ; _∘_ = λ g f x → f (g x)
  ; assoc = λ _ _ _ _ → refl ; idl = λ _ _ → refl ; idr = λ _ _ → refl
  ; ∘-cong = λ { {g′ = g′} {f = f} p q x → trans (cong f (p x)) (q (g′ x)) } }

private
  G = GAD Backward fst
  module G = Category G

-- a ↦ (get(a), put(a, −))
-- proves: GAD-LENS
lens-to-GAD : Functor (LensC Sets-cartesian) G
lens-to-GAD = record
  { F₀ = λ A → A ; F₁ = λ f a → get f a , λ b → put f (a , b)
  ; F-id = λ _ → refl , (λ _ → refl) ; F-∘ = λ _ _ _ → refl , (λ _ → refl)
  ; F-cong = λ p a → fst p a , (λ b → snd p (a , b)) }

-- proves: GAD-LENS
GAD-to-lens : Functor G (LensC Sets-cartesian)
GAD-to-lens = record
  { F₀ = λ A → A ; F₁ = λ f → lens (λ a → fst (f a)) (λ ab → snd (f (fst ab)) (snd ab))
  ; F-id = (λ _ → refl) , (λ _ → refl) ; F-∘ = λ _ _ → (λ _ → refl) , (λ _ → refl)
  ; F-cong = λ p → (λ a → fst (p a)) , (λ ab → snd (p (fst ab)) (snd ab)) }

-- proves: GAD-LENS
inverse-functors : ∀ {A B} (f : L._⇒_ A B) (g : G._⇒_ A B) →
  (Functor.F₁ GAD-to-lens (Functor.F₁ lens-to-GAD f) L.≈ f) × (Functor.F₁ lens-to-GAD (Functor.F₁ GAD-to-lens g) G.≈ g)
inverse-functors f g = ((λ _ → refl) , (λ _ → refl)) , (λ _ → refl , (λ _ → refl))

-- proves: GAD-LENS
tensors-agree : ∀ {A B X Y} (f : L._⇒_ A B) (g : L._⇒_ X Y) →
  Functor.F₁ lens-to-GAD (lens-tensor Sets-cartesian f g) G.≈
  (λ ax → (get f (fst ax) , get g (snd ax)) , λ b → put f (fst ax , fst b) , put g (snd ax , snd b))
tensors-agree f g ax = refl , (λ _ → refl)

-- A lens A → B with one type on each side, as the learner (1, get, (), put) (Fong and Johnson 2019).
as-learner : ∀ {A B : Set} → Lens Sets-cartesian (A , A) (B , B) → Learner A B
as-learner f = learner ⊤ (λ pa → get f (snd pa)) (λ _ → tt) (λ pab → put f (snd (fst pab) , snd pab))

-- proves: FJ-EMB
embeds-identity : ∀ {A : Set} → as-learner (L.id {A , A}) ≅ idᴸ
embeds-identity = same-learner

-- proves: FJ-EMB
embeds-composition : ∀ {A B X : Set} (f : L._⇒_ (A , A) (B , B)) (g : L._⇒_ (B , B) (X , X)) →
  as-learner (lens-seq Sets-cartesian f g) ≅ (as-learner f ⨾ as-learner g)
embeds-composition f g = bijection (λ _ → tt , tt) (λ _ → tt)
  (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)

-- proves: FJ-EMB
embeds-tensor : ∀ {A B X Y : Set} (f : L._⇒_ (A , A) (B , B)) (g : L._⇒_ (X , X) (Y , Y)) →
  as-learner (lens-tensor Sets-cartesian f g) ≅ (as-learner f ⊗ as-learner g)
embeds-tensor f g = bijection (λ _ → tt , tt) (λ _ → tt)
  (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)

-- proves: FJ-EMB
embeds-symmetry : ∀ {A B : Set} →
  as-learner (lens-iso Sets-cartesian {(A × B) , (A × B)} {(B × A) , (B × A)} C.σ C.σ) ≅ rewire (C.σ {A} {B}) C.σ
embeds-symmetry = same-learner

-- proves: FJ-EMB
embeds-faithfully : ∀ {A B : Set} (f g : L._⇒_ (A , A) (B , B)) → as-learner f ≅ as-learner g → f L.≈ g
embeds-faithfully f g i = (λ a → sym (_≅_.I≡ i tt a)) , (λ ab → sym (_≅_.r≡ i tt (fst ab) (snd ab)))
