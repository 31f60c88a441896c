{-# OPTIONS --safe --without-K #-}
-- The functor L, for any error with an invertible derivative, any dimension and any step that is componentwise on
-- pairs: from parametrised maps in reverse mode to learners. It is monoidal.
module GradientLearning where

open import Prelude
open import Categories
open import Monoidal
open import Learners

-- A space with an error on it: x, y ↦ ∂e/∂x(x, y), and the inverse of y ↦ ∂e/∂x(x, y).
record Space : Set₁ where
  field
    X DX    : Set
    err     : X × X → DX
    inv     : X × DX → X
    err-inv : ∀ x d → err (x , inv (x , d)) ≡ d      -- all that composition needs
    inv-err : ∀ x y → inv (x , err (x , y)) ≡ y      -- all that identities need
open Space

-- A parametrised map in reverse mode, with a step for its parameters: run(p, a) = (b, pullback at (p, a)).
record Trained (A B : Space) : Set₁ where
  constructor trained
  field
    P DP : Set
    step : P × DP → P
    run  : P × X A → X B × (DX B → DP × DX A)
open Trained

value : ∀ {A B} (f : Trained A B) → P f × X A → X B
value f pa = fst (run f pa)

back : ∀ {A B} (f : Trained A B) → P f × X A → DX B → DP f × DX A
back f pa = snd (run f pa)

-- Parameters P ⊗ Q, inner first; pullbacks compose backwards; steps are componentwise.
infixr 9 _⨾ᵀ_
_⨾ᵀ_ : ∀ {A B C} → Trained A B → Trained B C → Trained A C
_⨾ᵀ_ f g = trained (P f × P g) (DP f × DP g)
  (λ { ((p , q) , (dp , dq)) → step f (p , dp) , step g (q , dq) })
  (λ { ((p , q) , a) → value g (q , value f (p , a)) , λ dc →
       (fst (back f (p , a) (snd (back g (q , value f (p , a)) dc))) , fst (back g (q , value f (p , a)) dc)) ,
       snd (back f (p , a) (snd (back g (q , value f (p , a)) dc))) })

-- A map with nothing to learn.
plain : ∀ {A B} → (X A → X B) → (DX B → DX A) → Trained A B
plain f b = trained ⊤ ⊤ (λ _ → tt) (λ pa → f (snd pa) , λ d → tt , b d)

-- An isomorphism: bijections of parameters and of their gradients, along which step, value and pullback agree.
record _≃_ {A B : Space} (f g : Trained A B) : Set where
  field
    to      : P f → P g
    from    : P g → P f
    from-to : ∀ p → from (to p) ≡ p
    to-from : ∀ p → to (from p) ≡ p
    dto      : DP f → DP g
    dfrom    : DP g → DP f
    dfrom-to : ∀ p → dfrom (dto p) ≡ p
    dto-from : ∀ p → dto (dfrom p) ≡ p
    step≡   : ∀ p d → step g (to p , dto d) ≡ to (step f (p , d))
    value≡  : ∀ p a → value g (to p , a) ≡ value f (p , a)
    back≡   : ∀ p a d → back g (to p , a) d ≡ (dto (fst (back f (p , a) d)) , snd (back f (p , a) d))
open _≃_

≃-refl : ∀ {A B} {f : Trained A B} → f ≃ f
≃-refl = record
  { to = λ p → p ; from = λ p → p ; from-to = λ _ → refl ; to-from = λ _ → refl
  ; dto = λ p → p ; dfrom = λ p → p ; dfrom-to = λ _ → refl ; dto-from = λ _ → refl
  ; step≡ = λ _ _ → refl ; value≡ = λ _ _ → refl ; back≡ = λ _ _ _ → refl }

≃-sym : ∀ {A B} {f g : Trained A B} → f ≃ g → g ≃ f
≃-sym {f = f} {g} i = record
  { to = from i ; from = to i ; from-to = to-from i ; to-from = from-to i
  ; dto = dfrom i ; dfrom = dto i ; dfrom-to = dto-from i ; dto-from = dfrom-to i
  ; step≡ = λ p d → trans (sym (from-to i _)) (cong (from i) (trans (sym (step≡ i (from i p) (dfrom i d)))
      (cong₂ (λ x y → step g (x , y)) (to-from i p) (dto-from i d))))
  ; value≡ = λ p a → trans (sym (value≡ i (from i p) a)) (cong (λ q → value g (q , a)) (to-from i p))
  ; back≡ = λ p a d → trans (cong₂ _,_ (sym (dfrom-to i _)) refl) (cong (λ z → dfrom i (fst z) , snd z)
      (trans (sym (back≡ i (from i p) a d)) (cong (λ q → back g (q , a) d) (to-from i p)))) }

≃-trans : ∀ {A B} {f g h : Trained A B} → f ≃ g → g ≃ h → f ≃ h
≃-trans i j = record
  { to = λ p → to j (to i p) ; from = λ p → from i (from j p)
  ; from-to = λ p → trans (cong (from i) (from-to j _)) (from-to i p)
  ; to-from = λ p → trans (cong (to j) (to-from i _)) (to-from j p)
  ; dto = λ p → dto j (dto i p) ; dfrom = λ p → dfrom i (dfrom j p)
  ; dfrom-to = λ p → trans (cong (dfrom i) (dfrom-to j _)) (dfrom-to i p)
  ; dto-from = λ p → trans (cong (dto j) (dto-from i _)) (dto-from j p)
  ; step≡ = λ p d → trans (step≡ j _ _) (cong (to j) (step≡ i p d))
  ; value≡ = λ p a → trans (value≡ j _ a) (value≡ i p a)
  ; back≡ = λ p a d → trans (back≡ j _ a d) (cong (λ z → dto j (fst z) , snd z) (back≡ i p a d)) }

⨾ᵀ-cong : ∀ {A B C} {f f′ : Trained A B} {g g′ : Trained B C} → f ≃ f′ → g ≃ g′ → (f ⨾ᵀ g) ≃ (f′ ⨾ᵀ g′)
⨾ᵀ-cong {f = f} {f′} {g} {g′} i j = record
  { to = λ { (p , q) → to i p , to j q } ; from = λ { (p , q) → from i p , from j q }
  ; from-to = λ { (p , q) → cong₂ _,_ (from-to i p) (from-to j q) }
  ; to-from = λ { (p , q) → cong₂ _,_ (to-from i p) (to-from j q) }
  ; dto = λ { (p , q) → dto i p , dto j q } ; dfrom = λ { (p , q) → dfrom i p , dfrom j q }
  ; dfrom-to = λ { (p , q) → cong₂ _,_ (dfrom-to i p) (dfrom-to j q) }
  ; dto-from = λ { (p , q) → cong₂ _,_ (dto-from i p) (dto-from j q) }
  ; step≡ = λ { (p , q) (d , e) → cong₂ _,_ (step≡ i p d) (step≡ j q e) }
  ; value≡ = λ { (p , q) a → trans (cong (λ b → value g′ (to j q , b)) (value≡ i p a)) (value≡ j q _) }
  ; back≡ = λ { (p , q) a d →
      let S = trans (cong (λ b → back g′ (to j q , b) d) (value≡ i p a)) (back≡ j q (value f (p , a)) d)
          R = trans (cong (back f′ (to i p , a)) (cong snd S)) (back≡ i p a _)
      in cong₂ _,_ (cong₂ _,_ (cong fst R) (cong fst S)) (cong snd R) } }

TrainedC : Category (lsuc lzero) (lsuc lzero) lzero
TrainedC = record
  { Obj = Space ; _⇒_ = Trained ; _≈_ = _≃_ ; equiv = record { rfl = ≃-refl ; sy = ≃-sym ; tr = ≃-trans }
  ; id = plain (λ a → a) (λ d → d) ; _∘_ = λ g f → f ⨾ᵀ g
  ; assoc = λ f g h → record
      { to = λ { (p , (q , s)) → (p , q) , s } ; from = λ { ((p , q) , s) → p , (q , s) }
      ; from-to = λ _ → refl ; to-from = λ _ → refl
      ; dto = λ { (p , (q , s)) → (p , q) , s } ; dfrom = λ { ((p , q) , s) → p , (q , s) }
      ; dfrom-to = λ _ → refl ; dto-from = λ _ → refl
      ; step≡ = λ _ _ → refl ; value≡ = λ _ _ → refl ; back≡ = λ _ _ _ → refl }
  ; idl = λ f → record
      { to = fst ; from = λ p → p , tt ; from-to = λ _ → refl ; to-from = λ _ → refl
      ; dto = fst ; dfrom = λ p → p , tt ; dfrom-to = λ _ → refl ; dto-from = λ _ → refl
      ; step≡ = λ _ _ → refl ; value≡ = λ _ _ → refl ; back≡ = λ _ _ _ → refl }
  ; idr = λ f → record
      { to = snd ; from = λ p → tt , p ; from-to = λ _ → refl ; to-from = λ _ → refl
      ; dto = snd ; dfrom = λ p → tt , p ; dfrom-to = λ _ → refl ; dto-from = λ _ → refl
      ; step≡ = λ _ _ → refl ; value≡ = λ _ _ → refl ; back≡ = λ _ _ _ → refl }
  ; ∘-cong = λ j i → ⨾ᵀ-cong i j }

-- U = step(p, ∂E/∂p) and r = inverse(a, ∂E/∂a), with the error's derivative pulled back through the map.
-- bears on: L-DEF
learn : ∀ {A B} → Trained A B → Learner (X A) (X B)
learn {A} {B} f = learner (P f) (value f)
  (λ { ((p , a) , b) → step f (p , fst (back f (p , a) (err B (value f (p , a) , b)))) })
  (λ { ((p , a) , b) → inv A (a , snd (back f (p , a) (err B (value f (p , a) , b)))) })

-- proves: L-FUNCT
L : Functor TrainedC Learn
L = record
  { F₀ = X ; F₁ = learn
  ; F-id = λ {A} → bijection (λ p → p) (λ p → p) (λ _ → refl) (λ _ → refl)
      (λ _ _ → refl) (λ _ _ _ → refl) (λ _ a b → sym (inv-err A a b))
  ; F-∘ = λ {A} {B} {C} g f → bijection (λ p → p) (λ p → p) (λ _ → refl) (λ _ → refl) (λ _ _ → refl)
      (λ { (p , q) a c → cong₂ _,_ (cong (λ d → step f (p , fst (back f (p , a) d))) (err-inv B _ _)) refl })
      (λ { (p , q) a c → cong (λ d → inv A (a , snd (back f (p , a) d))) (err-inv B _ _) })
  ; F-cong = λ {A} {B} {f} {g} i → record
      { to = to i ; from = from i ; from-to = from-to i ; to-from = to-from i ; I≡ = value≡ i
      ; U≡ = λ p a b → trans (cong (λ z → step g (to i p , fst z)) (pulled i p a b)) (step≡ i p _)
      ; r≡ = λ p a b → cong (λ z → inv A (a , snd z)) (pulled i p a b) } }
  where
  pulled : ∀ {A B} {f g : Trained A B} (i : f ≃ g) p a b → back g (to i p , a) (err B (value g (to i p , a) , b)) ≡
    (dto i (fst (back f (p , a) (err B (value f (p , a) , b)))) , snd (back f (p , a) (err B (value f (p , a) , b))))
  pulled {A} {B} {f} {g} i p a b = trans (cong (λ y → back g (to i p , a) (err B (y , b))) (value≡ i p a)) (back≡ i p a _)

-- The error on pairs is componentwise, and so are the conditions.
infixr 7 _⊠_
_⊠_ : Space → Space → Space
A ⊠ B = record
  { X = X A × X B ; DX = DX A × DX B
  ; err = λ { ((a , b) , (a′ , b′)) → err A (a , a′) , err B (b , b′) }
  ; inv = λ { ((a , b) , (d , e)) → inv A (a , d) , inv B (b , e) }
  ; err-inv = λ { (a , b) (d , e) → cong₂ _,_ (err-inv A a d) (err-inv B b e) }
  ; inv-err = λ { (a , b) (a′ , b′) → cong₂ _,_ (inv-err A a a′) (inv-err B b b′) } }

One : Space
One = record { X = ⊤ ; DX = ⊤ ; err = λ _ → tt ; inv = λ _ → tt ; err-inv = λ _ _ → refl ; inv-err = λ _ _ → refl }

_⊠₁_ : ∀ {A B C D} → Trained A B → Trained C D → Trained (A ⊠ C) (B ⊠ D)
f ⊠₁ g = trained (P f × P g) (DP f × DP g)
  (λ { ((p , q) , (dp , dq)) → step f (p , dp) , step g (q , dq) })
  (λ { ((p , q) , (a , c)) → (value f (p , a) , value g (q , c)) , λ { (db , dd) →
       (fst (back f (p , a) db) , fst (back g (q , c) dd)) , (snd (back f (p , a) db) , snd (back g (q , c) dd)) } })

private
  module M = Symmetric learn-symmetric

-- L(f ⊗ g) = L(f) ⊗ L(g), along the identity of the parameters.
-- proves: L-MON
L-tensor : ∀ {A B C D} (f : Trained A B) (g : Trained C D) → learn (f ⊠₁ g) ≅ (learn f ⊗ learn g)
L-tensor f g = same-learner

-- L sends an isomorphism of data whose pullback is its inverse to the rewiring: errors go along with it.
-- proves: L-MON
L-swap : ∀ {A B} → learn {A ⊠ B} {B ⊠ A} (plain (λ { (a , b) → b , a }) (λ { (d , e) → e , d })) ≅ M.σ
L-swap {A} {B} = bijection (λ x → x) (λ x → x) (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl)
  (λ _ → λ { (a , b) (y , z) → sym (cong₂ _,_ (inv-err A a z) (inv-err B b y)) })

-- proves: L-MON
L-associator : ∀ {A B C} → learn {(A ⊠ B) ⊠ C} {A ⊠ (B ⊠ C)}
  (plain (λ { ((a , b) , c) → a , (b , c) }) (λ { (a , (b , c)) → (a , b) , c })) ≅ M.α
L-associator {A} {B} {C} = bijection (λ x → x) (λ x → x) (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl)
  (λ _ → λ { ((a , b) , c) (x , (y , z)) → sym (cong₂ _,_ (cong₂ _,_ (inv-err A a x) (inv-err B b y)) (inv-err C c z)) })

-- proves: L-MON
L-left-unitor : ∀ {A} → learn {One ⊠ A} {A} (plain snd (λ d → tt , d)) ≅ M.λ⃗
L-left-unitor {A} = bijection (λ x → x) (λ x → x) (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl)
  (λ _ → λ { (_ , a) y → sym (cong (λ z → tt , z) (inv-err A a y)) })

-- proves: L-MON
L-right-unitor : ∀ {A} → learn {A ⊠ One} {A} (plain fst (λ d → d , tt)) ≅ M.ρ⃗
L-right-unitor {A} = bijection (λ x → x) (λ x → x) (λ _ → refl) (λ _ → refl) (λ _ _ → refl) (λ _ _ _ → refl)
  (λ _ → λ { (a , _) y → sym (cong (λ z → z , tt) (inv-err A a y)) })

-- Putting back what is there changes nothing where the error's derivative vanishes on the diagonal, and the step and
-- the inverse are still at zero.
-- bears on: LEARN-GETPUT
get-put : ∀ {A B} (f : Trained A B) (0# : DX B) →
  (∀ x → err B (x , x) ≡ 0#) → (∀ p a → step f (p , fst (back f (p , a) 0#)) ≡ p) →
  (∀ p a → inv A (a , snd (back f (p , a) 0#)) ≡ a) → ∀ p a →
  (Learner.U (learn f) ((p , a) , value f (p , a)) ≡ p) × (Learner.r (learn f) ((p , a) , value f (p , a)) ≡ a)
get-put {A} f 0# flat still steady p a =
  trans (cong (λ d → step f (p , fst (back f (p , a) d))) (flat _)) (still p a) ,
  trans (cong (λ d → inv A (a , snd (back f (p , a) d))) (flat _)) (steady p a)
