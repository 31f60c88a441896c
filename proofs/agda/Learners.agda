{-# OPTIONS --safe --without-K #-}
-- Learn (Fong, Spivak and Tuyéras 2019): learners, equal when isomorphic, are a symmetric monoidal category.
module Learners where

open import Prelude
open import Categories
open import Monoidal

record Learner (A B : Set) : Set₁ where
  constructor learner
  field
    P : Set
    I : P × A → B
    U : (P × A) × B → P
    r : (P × A) × B → A
open Learner

-- A bijection of parameters along which implementation, update and request agree.
record _≅_ {A B : Set} (f g : Learner A B) : Set where
  constructor bijection
  field
    to      : P f → P g
    from    : P g → P f
    from-to : ∀ p → from (to p) ≡ p
    to-from : ∀ p → to (from p) ≡ p
    I≡      : ∀ p a → I g (to p , a) ≡ I f (p , a)
    U≡      : ∀ p a b → U g ((to p , a) , b) ≡ to (U f ((p , a) , b))
    r≡      : ∀ p a b → r g ((to p , a) , b) ≡ r f ((p , a) , b)
open _≅_

-- Where a bijection only rearranges, Agda computes the rest: its five conditions are refl.
same-learner : ∀ {A B} {f : Learner A B} → f ≅ f
same-learner = bijection (λ p → p) (λ p → p) (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)

-- proves: LEARN-EQ
≅-sym : ∀ {A B} {f g : Learner A B} → f ≅ g → g ≅ f
≅-sym {f = f} {g} i = record
  { to = from i ; from = to i ; from-to = to-from i ; to-from = from-to i
  ; I≡ = λ p a → trans (sym (I≡ i (from i p) a)) (cong (λ q → I g (q , a)) (to-from i p))
  ; U≡ = λ p a b → trans (sym (from-to i _))
      (cong (from i) (trans (sym (U≡ i (from i p) a b)) (cong (λ q → U g ((q , a) , b)) (to-from i p))))
  ; r≡ = λ p a b → trans (sym (r≡ i (from i p) a b)) (cong (λ q → r g ((q , a) , b)) (to-from i p)) }

-- proves: LEARN-EQ
≅-trans : ∀ {A B} {f g h : Learner A B} → f ≅ g → g ≅ h → f ≅ h
≅-trans i j = record
  { to = λ p → to j (to i p) ; from = λ p → from i (from j p)
  ; from-to = λ p → trans (cong (from i) (from-to j _)) (from-to i p)
  ; to-from = λ p → trans (cong (to j) (to-from i _)) (to-from j p)
  ; I≡ = λ p a → trans (I≡ j _ a) (I≡ i p a)
  ; U≡ = λ p a b → trans (U≡ j _ a b) (cong (to j) (U≡ i p a b))
  ; r≡ = λ p a b → trans (r≡ j _ a b) (r≡ i p a b) }

-- Both update with the old parameters; the first is told what the second requests.
infixr 9 _⨾_
_⨾_ : ∀ {A B C} → Learner A B → Learner B C → Learner A C
learner P I U r ⨾ learner Q J V s = learner (P × Q)
  (λ { ((p , q) , a) → J (q , I (p , a)) })
  (λ { (((p , q) , a) , c) → U ((p , a) , s ((q , I (p , a)) , c)) , V ((q , I (p , a)) , c) })
  (λ { (((p , q) , a) , c) → r ((p , a) , s ((q , I (p , a)) , c)) })

-- An isomorphism of data, with nothing to learn.
rewire : ∀ {A B} → (A → B) → (B → A) → Learner A B
rewire there back = learner ⊤ (λ pa → there (snd pa)) (λ _ → tt) (λ pab → back (snd pab))

idᴸ : ∀ {A} → Learner A A
idᴸ = rewire (λ a → a) (λ a → a)

-- proves: LEARN-EQ
⨾-cong : ∀ {A B C} {f f′ : Learner A B} {g g′ : Learner B C} → f ≅ f′ → g ≅ g′ → (f ⨾ g) ≅ (f′ ⨾ g′)
⨾-cong {f = f} {f′} {g} {g′} i j = record
  { to = λ { (p , q) → to i p , to j q } ; from = λ { (p , q) → from i p , from j q }
  ; from-to = λ { (p , q) → cong₂ _,_ (from-to i p) (from-to j q) }
  ; to-from = λ { (p , q) → cong₂ _,_ (to-from i p) (to-from j q) }
  ; I≡ = λ { (p , q) a → trans (cong (λ b → I g′ (to j q , b)) (I≡ i p a)) (I≡ j q _) }
  ; U≡ = λ { (p , q) a c → cong₂ _,_
      (trans (cong (λ b → U f′ ((to i p , a) , b)) (asked p q a c)) (U≡ i p a _))
      (trans (cong (λ b → V′ ((to j q , b) , c)) (I≡ i p a)) (U≡ j q _ c)) }
  ; r≡ = λ { (p , q) a c → trans (cong (λ b → r f′ ((to i p , a) , b)) (asked p q a c)) (r≡ i p a _) } }
  where
  V′ = U g′
  asked : ∀ p q a c → r g′ ((to j q , I f′ (to i p , a)) , c) ≡ r g ((q , I f (p , a)) , c)
  asked p q a c = trans (cong (λ b → r g′ ((to j q , b) , c)) (I≡ i p a)) (r≡ j q _ c)

-- proves: LEARN-CAT, LEARN-EQ
Learn : Category (lsuc lzero) (lsuc lzero) lzero
Learn = record
  { Obj = Set ; _⇒_ = Learner ; _≈_ = _≅_ ; equiv = record { rfl = same-learner ; sy = ≅-sym ; tr = ≅-trans }
  ; id = idᴸ ; _∘_ = λ g f → f ⨾ g
  ; assoc = λ f g h → bijection (λ { (p , (q , s)) → (p , q) , s }) (λ { ((p , q) , s) → p , (q , s) })
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; idl = λ f → bijection fst (λ p → p , tt) (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; idr = λ f → bijection snd (λ p → tt , p) (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; ∘-cong = λ j i → ⨾-cong i j }

infixr 7 _⊗_
_⊗_ : ∀ {A B C D} → Learner A B → Learner C D → Learner (A × C) (B × D)
learner P I U r ⊗ learner Q J V s = learner (P × Q)
  (λ { ((p , q) , (a , c)) → I (p , a) , J (q , c) })
  (λ { (((p , q) , (a , c)) , (b , d)) → U ((p , a) , b) , V ((q , c) , d) })
  (λ { (((p , q) , (a , c)) , (b , d)) → r ((p , a) , b) , s ((q , c) , d) })

⊗-cong : ∀ {A B C D} {f f′ : Learner A B} {g g′ : Learner C D} → f ≅ f′ → g ≅ g′ → (f ⊗ g) ≅ (f′ ⊗ g′)
⊗-cong i j = record
  { to = λ { (p , q) → to i p , to j q } ; from = λ { (p , q) → from i p , from j q }
  ; from-to = λ { (p , q) → cong₂ _,_ (from-to i p) (from-to j q) }
  ; to-from = λ { (p , q) → cong₂ _,_ (to-from i p) (to-from j q) }
  ; I≡ = λ { (p , q) (a , c) → cong₂ _,_ (I≡ i p a) (I≡ j q c) }
  ; U≡ = λ { (p , q) (a , c) (b , d) → cong₂ _,_ (U≡ i p a b) (U≡ j q c d) }
  ; r≡ = λ { (p , q) (a , c) (b , d) → cong₂ _,_ (r≡ i p a b) (r≡ j q c d) } }

-- proves: LEARN-MON
learn-symmetric : Symmetric Learn
learn-symmetric = record
  { _⊗_ = _×_ ; 𝟙 = ⊤ ; _⊗₁_ = _⊗_ ; ⊗-cong = ⊗-cong
  ; ⊗-id = bijection (λ _ → tt) (λ _ → tt , tt) (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; ⊗-∘ = λ g g′ f f′ → bijection (λ { ((a , b) , (c , d)) → (a , c) , (b , d) }) (λ { ((a , c) , (b , d)) → (a , b) , (c , d) })
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; α = rewire (λ { ((a , b) , c) → a , (b , c) }) (λ { (a , (b , c)) → (a , b) , c })
  ; α⁻ = rewire (λ { (a , (b , c)) → (a , b) , c }) (λ { ((a , b) , c) → a , (b , c) })
  ; λ⃗ = rewire snd (λ a → tt , a) ; λ⃖ = rewire (λ a → tt , a) snd
  ; ρ⃗ = rewire fst (λ a → a , tt) ; ρ⃖ = rewire (λ a → a , tt) fst
  ; σ = rewire (λ { (a , b) → b , a }) (λ { (a , b) → b , a })
  ; α-iso₁ = bijection (λ _ → tt) (λ _ → tt , tt)
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; α-iso₂ = bijection (λ _ → tt) (λ _ → tt , tt)
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; λ-iso₁ = bijection (λ _ → tt) (λ _ → tt , tt)
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; λ-iso₂ = bijection (λ _ → tt) (λ _ → tt , tt)
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; ρ-iso₁ = bijection (λ _ → tt) (λ _ → tt , tt)
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; ρ-iso₂ = bijection (λ _ → tt) (λ _ → tt , tt)
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; σσ = bijection (λ _ → tt) (λ _ → tt , tt)
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; α-nat = λ f g h → bijection (λ { (((p , q) , s) , _) → tt , (p , (q , s)) }) (λ { (_ , (p , (q , s))) → ((p , q) , s) , tt })
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; λ-nat = λ f → bijection (λ { ((_ , p) , _) → tt , p }) (λ { (_ , p) → (tt , p) , tt })
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; ρ-nat = λ f → bijection (λ { ((p , _) , _) → tt , p }) (λ { (_ , p) → (p , tt) , tt })
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; σ-nat = λ f g → bijection (λ { ((p , q) , _) → tt , (q , p) }) (λ { (_ , (q , p)) → (p , q) , tt })
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; pentagon = bijection (λ _ → ((tt , tt) , tt) , (tt , tt)) (λ _ → tt , tt)
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; triangle = bijection (λ _ → tt , tt) (λ _ → tt , (tt , tt))
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl)
  ; hexagon = bijection (λ _ → ((tt , tt) , tt) , (tt , tt)) (λ _ → (tt , tt) , tt)
      (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl) (λ _ _ _ → refl) }
