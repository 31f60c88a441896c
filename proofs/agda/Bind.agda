{-# OPTIONS --safe --without-K #-}
-- The printed Python functions are the compositions of this development: refl, so that neither side can change alone.
module Bind where

open import Prelude
open import Categories
open import Products
open import GAD hiding (Derivable)
open import Continuations
open import Learners
import GradientLearning as T
import Monoidal as M
import Printed as Py

private
  K = Sets-cartesian
  module C = Cartesian K
  module Learn = M.Symmetric learn-symmetric
  open Learner

-- ------------------------------------------------------------------------------------------- plumbing is Sets

module _ {A B X Y : Set} where
  open Category Sets

  -- proves: CAT-UNIT
  same-is-identity : id {A} ≗ Py.same
  same-is-identity x = refl

  then-is-composition : (f : A → B) (g : B → X) → (g ∘ f) ≗ Py.then f g
  then-is-composition f g x = refl

  beside-is-product : (f : A → X) (g : B → Y) → (f C.⁂ g) ≗ Py.beside f g
  beside-is-product f g x = refl

  -- proves: CART-UNIV
  fork-is-pairing : (f : A → B) (g : A → X) → (C.⟨_,_⟩ f g) ≗ Py.fork f g
  fork-is-pairing f g x = refl

  rebracket-is-associator : (C.α {A} {B} {X} ≗ Py.rebracket-right) × (C.α⁻ {A} {B} {X} ≗ Py.rebracket-left)
  rebracket-is-associator = (λ _ → refl) , (λ _ → refl)

  projections : (C.π₁ {A} {B} ≗ Py.left-of) × (C.π₂ {A} {B} ≗ Py.right-of)
  projections = (λ _ → refl) , (λ _ → refl)

  -- proves: MON-ISO
  units : (∀ (x : A) → Py.right-of (Py.with-unit-left x) ≡ x) × (∀ (x : A) → Py.left-of (Py.with-unit-right x) ≡ x) ×
    (∀ (x : ⊤ × A) → Py.with-unit-left (Py.right-of x) ≡ x) × (∀ (x : A × ⊤) → Py.with-unit-right (Py.left-of x) ≡ x)
  units = (λ _ → refl) , (λ _ → refl) , (λ _ → refl) , (λ _ → refl)

  -- proves: MON-ISO
  exchange-is-symmetry : (C.σ {A} {B} ≗ Py.exchange) × (∀ (x : A × B) → Py.exchange (Py.exchange x) ≡ x)
  exchange-is-symmetry = (λ _ → refl) , (λ _ → refl)

  -- proves: MON-MID4
  exchange-middle-is-χ : (C.χ {A} {B} {X} {Y} ≗ Py.exchange-middle) ×
    (∀ (x : (A × B) × (X × Y)) → Py.exchange-middle (Py.exchange-middle x) ≡ x)
  exchange-middle-is-χ = (λ _ → refl) , (λ _ → refl)

  -- proves: CART-COMON
  copy-and-discard : (C.Δ {A} ≗ Py.twice) × (C.! {A} ≗ Py.nothing)
  copy-and-discard = (λ _ → refl) , (λ _ → refl)

-- proves: MON-COH
pentagon : ∀ {A B X Y : Set} (x : ((A × B) × X) × Y) → Py.rebracket-right (Py.rebracket-right x) ≡
  Py.beside Py.same Py.rebracket-right (Py.rebracket-right (Py.beside Py.rebracket-right Py.same x))
pentagon x = refl

-- Addition on pairs is componentwise, on the middle-four exchange of the summands.
pairwise-is-componentwise : ∀ {A B X Y E F : Set} (f : A × X → E) (g : B × Y → F) (z : (A × B) × (X × Y)) →
  Py.pairwise f g z ≡ Py.beside f g (Py.exchange-middle z)
pairwise-is-componentwise f g z = refl

-- proves: ADD-BIPROD
injections : ∀ {A B : Set} (zero : ⊤ → B) (zero′ : ⊤ → A) →
  (∀ (x : A) → Py.left-of (Py.AdditiveMaps-inject-first-inject zero x) ≡ x) ×
  (∀ (y : B) → Py.right-of (Py.AdditiveMaps-inject-second-inject zero′ y) ≡ y) ×
  (∀ (x : A) → Py.right-of (Py.AdditiveMaps-inject-first-inject zero x) ≡ Py.AdditiveMaps-zero-always zero x) ×
  (∀ (y : B) → Py.left-of (Py.AdditiveMaps-inject-second-inject zero′ y) ≡ Py.AdditiveMaps-zero-always zero′ y)
injections zero zero′ = (λ _ → refl) , (λ _ → refl) , (λ _ → refl) , (λ _ → refl)

-- The derivatives of an operation are its rules at a point of the graph.
rules : ∀ {A B G : Set} (push : G × A → B) (pull : G × B → A) (graph : G) →
  (∀ v → Py.AdditiveMaps-derivative-at-along push graph v ≡ push (graph , v)) ×
  (∀ w → Py.AdditiveMaps-transposed-derivative-at-back pull graph w ≡ pull (graph , w))
rules push pull graph = (λ _ → refl) , (λ _ → refl)

-- ------------------------------------------------------------------------------------------- GAD

-- The rules of GAD, with k any category of sets and functions, are the printed ones.
module _ {A B X L M N : Set} where
  -- proves: GAD-CAT
  chain-is : (f : A → B × L) (g : B → X × M) (then : L → M → N) (a : A) →
    Py.chain f g then a ≡ (fst (g (fst (f a))) , then (snd (f a)) (snd (g (fst (f a)))))
  chain-is f g then a = refl

  -- bears on: GAD-BASE
  mapped-is : (f : A → B × L) (F : L → M) (a : A) → Py.mapped f F a ≡ (fst (f a) , F (snd (f a)))
  mapped-is f F a = refl

  -- bears on: GAD-FORGET
  forget-is : (f : A → B × L) (a : A) → (Py.GAD-forget-value f a ≡ fst (f a)) × (Py.valued f a ≡ fst (f a))
  forget-is f a = refl , refl

  tabulated-is : (f : A → B) (rule : A × B → L) (a : A) → Py.tabulated f rule a ≡ (f a , rule (a , f a))
  tabulated-is f rule a = refl

-- Composition in GAD over Sets, and over its dual.
-- proves: GAD-CAT
chain-is-GAD : ∀ {A B X : Set} (f : Category._⇒_ (GAD Sets (λ Z → Z)) A B) (g : Category._⇒_ (GAD Sets (λ Z → Z)) B X) (a : A) →
  Category._∘_ (GAD Sets (λ Z → Z)) g f a ≡ Py.chain f g Py.then a
chain-is-GAD f g a = refl

-- bears on: DUAL-CAT
chain-is-GAD-dual : ∀ {A B X : Set} (f : Category._⇒_ (GAD (Dual Sets) (λ Z → Z)) A B)
  (g : Category._⇒_ (GAD (Dual Sets) (λ Z → Z)) B X) (a : A) →
  Category._∘_ (GAD (Dual Sets) (λ Z → Z)) g f a ≡ Py.chain f g (Py.Dual-follow-return Py.then) a
chain-is-GAD-dual f g a = refl

-- bears on: DUAL-CAT
dual-is : ∀ {A B X : Set} (f : B → A) (g : X → B) →
  (Py.Dual-compose-return (λ u v → Category._∘_ Sets v u) f g ≗ Category._∘_ (Dual Sets) g f) ×
  (Py.Dual-tensor-return Py.beside f g ≗ Py.beside f g)
dual-is f g = (λ _ → refl) , (λ _ → refl)

-- Linear maps: their composites, products and pairings are computed once, and are what the rules compute.
module _ {A B X Y L M N : Set} (op : L → M → N) (df : L) (dg : M) where
  -- proves: D-RULES
  linear-chain : (f : A → B) (g : B → X) (a : A) →
    Py.chain (Py.linear f df) (Py.linear g dg) op a ≡ Py.linear (Py.then f g) (op df dg) a
  linear-chain f g a = refl

  -- proves: D-RULES
  linear-cross : (f : A → B) (g : X → Y) (a : A × X) →
    Py.cross (Py.linear f df) (Py.linear g dg) op a ≡ Py.linear (Py.beside f g) (op df dg) a
  linear-cross f g a = refl

  linear-share : (f : A → B) (g : A → X) (a : A) →
    Py.share (Py.linear f df) (Py.linear g dg) op a ≡ Py.linear (Py.fork f g) (op df dg) a
  linear-share f g a = refl

-- ------------------------------------------------------------------------------------------- Cont and Begin

-- bears on: CONT-FUNCT
cont-is : ∀ {A B R : Set} (f : A → B) (h : B → R) →
  Transformer.ap (Functor.F₁ (cont Sets R) f) h ≗ Py.Cont-of-2 Py.then f h
cont-is f h x = refl

-- bears on: CONT-FUNCT
cont-composition : ∀ {A B X R : Set} (f : Transformer Sets R A B) (g : Transformer Sets R B X) (h : X → R) →
  (Transformer.ap (Category._∘_ (Cont Sets R) g f) h ≗ Py.Cont-compose-2 (Transformer.ap f) (Transformer.ap g) h) ×
  (Transformer.ap (Category.id (Cont Sets R) {X}) h ≗ Py.Cont-identity-2 h)
cont-composition f g h = (λ _ → refl) , (λ _ → refl)

-- bears on: BEGIN-FUNCT
begin-is : ∀ {A B R : Set} (f : A → B) (h : R → A) → Beginner.on (Functor.F₁ (begin Sets R) f) h ≗ Py.Begin-of-2 Py.then f h
begin-is f h x = refl

-- bears on: BEGIN-FUNCT
begin-composition : ∀ {A B X R : Set} (f : Beginner Sets R A B) (g : Beginner Sets R B X) (h : R → A) →
  (Beginner.on (Category._∘_ (Begin Sets R) g f) h ≗ Py.Begin-compose-2 (Beginner.on f) (Beginner.on g) h) ×
  (Beginner.on (Category.id (Begin Sets R) {A}) h ≗ Py.Begin-identity-2 h)
begin-composition f g h = (λ _ → refl) , (λ _ → refl)

-- ------------------------------------------------------------------------------------------- learners

-- A learner of printed parts.
module _ {A B X : Set} (f : Learner A B) (g : Learner B X) where
  -- proves: LEARN-COMP
  compose-is : (f ⨾ g) ≡ learner (P f × P g) (Py.Learn-compose-3 (I f) (I g))
    (Py.Learn-compose-4 (I f) (U f) (U g) (r g)) (Py.Learn-compose-5 (I f) (r f) (r g))
  compose-is = refl

  -- proves: LEARN-COMP
  after-is : (f ⨾ g) ≡ learner (P f × P g) (Py.implement-after (I f) (I g))
    (Py.update-after (I f) (U f) (U g) (r g)) (Py.request-after (I f) (r f) (r g))
  after-is = refl

-- proves: LEARN-MON
tensor-is : ∀ {A B X Y : Set} (f : Learner A B) (g : Learner X Y) → (f ⊗ g) ≡
  learner (P f × P g) (Py.Learn-tensor-3 (I f) (I g)) (Py.Learn-tensor-4 (U f) (U g)) (Py.Learn-tensor-5 (r f) (r g))
tensor-is f g = refl

-- proves: LEARN-MON
beside-is : ∀ {A B X Y : Set} (f : Learner A B) (g : Learner X Y) → (f ⊗ g) ≡
  learner (P f × P g) (Py.implement-beside (I f) (I g)) (Py.answer-beside (U f) (U g)) (Py.answer-beside (r f) (r g))
beside-is f g = refl

-- proves: LEARN-ID
identity-is : ∀ {A : Set} → Category.id Learn {A} ≡ learner ⊤ Py.Learn-identity-3 Py.Learn-identity-4 Py.Learn-identity-5
identity-is = refl

rewire-is : ∀ {A B : Set} (there : A → B) (back : B → A) →
  rewire there back ≡ learner ⊤ (Py.on-point there) Py.keep (Py.ask-back back)
rewire-is there back = refl

-- The structure of Learn is the printed plumbing, rewired.
-- proves: LEARN-MON
structure-is : ∀ {A B X : Set} →
  (Learn.α {A} {B} {X} ≡ rewire Py.rebracket-right Py.rebracket-left) ×
  (Learn.σ {A} {B} ≡ rewire Py.exchange Py.exchange) ×
  (Learn.λ⃗ {A} ≡ rewire Py.right-of Py.with-unit-left) × (Learn.ρ⃗ {A} ≡ rewire Py.left-of Py.with-unit-right)
structure-is = refl , refl , refl , refl

-- Transport along a bijection of parameters gives an isomorphic learner.
-- proves: LEARN-EQ
transport-iso : ∀ {A B : Set} (f : Learner A B) {Q : Set} (along : Q → P f) (back : P f → Q) →
  (∀ q → back (along q) ≡ q) → (∀ p → along (back p) ≡ p) →
  learner Q (Py.Learn-transport-implement (I f) along) (Py.Learn-transport-update (U f) along back)
    (Py.Learn-transport-request (r f) along) ≅ f
transport-iso f along back one two = bijection along back one two (λ _ _ → refl)
  (λ q a b → sym (two _)) (λ _ _ _ → refl)

-- ------------------------------------------------------------------------------------------- the functor L

module _ {A B : T.Space} (f : T.Trained A B) where
  open T.Trained f renaming (P to Q)
  open T.Space

  -- bears on: L-DEF
  learn-is : T.learn f ≡ learner Q (Py.valued run) (Py.updating run (err B) step) (Py.requesting run (err B) (inv A))
  learn-is = refl

  -- bears on: L-DEF
  call-is : T.learn f ≡ learner Q (Py.GradientLearning-call-3 run (err B) (inv A) step)
    (Py.GradientLearning-call-4 run (err B) (inv A) step) (Py.GradientLearning-call-5 run (err B) (inv A) step)
  call-is = refl
