{-# OPTIONS --safe --without-K #-}
-- Abelian groups and additive maps: a cartesian category, and so is its dual, which is what reverse mode stands on.
module Groups where

open import Prelude
open import Categories
open import Products

record Group : Set₁ where
  infixl 6 _+_ _-_
  field
    Car     : Set
    _+_     : Car → Car → Car
    0#      : Car
    -_      : Car → Car
    +-assoc : ∀ x y z → (x + y) + z ≡ x + (y + z)
    +-comm  : ∀ x y → x + y ≡ y + x
    +-idl   : ∀ x → 0# + x ≡ x
    +-inv   : ∀ x → x + (- x) ≡ 0#

  _-_ : Car → Car → Car
  x - y = x + (- y)

  +-idr : ∀ x → x + 0# ≡ x
  +-idr x = trans (+-comm _ _) (+-idl x)

  middle : ∀ a b c d → (a + b) + (c + d) ≡ (a + c) + (b + d)
  middle a b c d = trans (+-assoc a b (c + d)) (trans (cong (a +_)
    (trans (sym (+-assoc b c d)) (trans (cong (_+ d) (+-comm b c)) (+-assoc c b d)))) (sym (+-assoc a c (b + d))))

  neg-unique : ∀ a b → a + b ≡ 0# → b ≡ - a
  neg-unique a b p = trans (sym (+-idl b)) (trans (cong (_+ b) (trans (sym (+-inv a)) (+-comm a (- a))))
    (trans (+-assoc (- a) a b) (trans (cong ((- a) +_) p) (+-idr _))))

  neg-+ : ∀ a b → - (a + b) ≡ (- a) + (- b)
  neg-+ a b = sym (neg-unique (a + b) _ (trans (middle a b (- a) (- b)) (trans (cong₂ _+_ (+-inv a) (+-inv b)) (+-idl 0#))))

  neg-neg : ∀ a → - (- a) ≡ a
  neg-neg a = sym (neg-unique (- a) a (trans (+-comm _ _) (+-inv a)))

  neg-zero : - 0# ≡ 0#
  neg-zero = sym (neg-unique 0# 0# (+-idl 0#))

  idempotent-zero : ∀ z → z + z ≡ z → z ≡ 0#
  idempotent-zero z p = trans (sym (+-idr z)) (trans (cong (z +_) (sym (+-inv z)))
    (trans (sym (+-assoc z z (- z))) (trans (cong (_- z) p) (+-inv z))))

  equal-by-difference : ∀ a b → a - b ≡ 0# → a ≡ b
  equal-by-difference a b p = trans (sym (neg-neg a)) (trans (cong -_ (sym (neg-unique a (- b) p))) (neg-neg b))

open Group using () renaming (Car to ∣_∣) public

record Additive (A B : Group) : Set where
  private
    module A = Group A
    module B = Group B
  field
    ap  : ∣ A ∣ → ∣ B ∣
    add : ∀ x y → ap (x A.+ y) ≡ ap x B.+ ap y

  -- proves: ADD-HOM
  at-zero : ap A.0# ≡ B.0#
  at-zero = B.idempotent-zero _ (trans (sym (add _ _)) (cong ap (A.+-idl _)))
open Additive

AdditiveC : Category (lsuc lzero) lzero lzero
AdditiveC = record
  { Obj = Group ; _⇒_ = Additive ; _≈_ = λ f g → ap f ≗ ap g
  ; equiv = record { rfl = λ _ → refl ; sy = λ p x → sym (p x) ; tr = λ p q x → trans (p x) (q x) }
  ; id = record { ap = λ x → x ; add = λ _ _ → refl }
  ; _∘_ = λ g f → record { ap = λ x → ap g (ap f x) ; add = λ x y → trans (cong (ap g) (add f x y)) (add g _ _) }
  ; assoc = λ _ _ _ _ → refl ; idl = λ _ _ → refl ; idr = λ _ _ → refl
  ; ∘-cong = λ { {g = g} {f′ = f′} p q x → trans (cong (ap g) (q x)) (p (ap f′ x)) } }

infixr 7 _⊕_
_⊕_ : Group → Group → Group
A ⊕ B = record
  { Car = ∣ A ∣ × ∣ B ∣ ; _+_ = λ x y → (fst x A.+ fst y) , (snd x B.+ snd y) ; 0# = A.0# , B.0#
  ; -_ = λ x → (A.- fst x) , (B.- snd x)
  ; +-assoc = λ _ _ _ → cong₂ _,_ (A.+-assoc _ _ _) (B.+-assoc _ _ _) ; +-comm = λ _ _ → cong₂ _,_ (A.+-comm _ _) (B.+-comm _ _)
  ; +-idl = λ _ → cong₂ _,_ (A.+-idl _) (B.+-idl _) ; +-inv = λ _ → cong₂ _,_ (A.+-inv _) (B.+-inv _) }
  where
  module A = Group A
  module B = Group B

Trivial : Group
Trivial = record
  { Car = ⊤ ; _+_ = λ _ _ → tt ; 0# = tt ; -_ = λ _ → tt
  ; +-assoc = λ _ _ _ → refl ; +-comm = λ _ _ → refl ; +-idl = λ _ → refl ; +-inv = λ _ → refl }

zero-map : ∀ {A B} → Additive A B
zero-map {A} {B} = record { ap = λ _ → Group.0# B ; add = λ _ _ → sym (Group.+-idl B _) }

plus-map : ∀ {A B} → Additive A B → Additive A B → Additive A B
plus-map {A} {B} f g = record { ap = λ x → ap f x B.+ ap g x
  ; add = λ x y → trans (cong₂ B._+_ (add f x y) (add g x y)) (B.middle _ _ _ _) }
  where module B = Group B

in₁ : ∀ {A B} → Additive A (A ⊕ B)
in₁ {A} {B} = record { ap = λ x → x , Group.0# B ; add = λ _ _ → cong₂ _,_ refl (sym (Group.+-idl B _)) }

in₂ : ∀ {A B} → Additive B (A ⊕ B)
in₂ {A} {B} = record { ap = λ y → Group.0# A , y ; add = λ _ _ → cong₂ _,_ (sym (Group.+-idl A _)) refl }

copair : ∀ {A B C} → Additive A C → Additive B C → Additive (A ⊕ B) C
copair {C = C} f g = record { ap = λ x → ap f (fst x) C.+ ap g (snd x)
  ; add = λ x y → trans (cong₂ C._+_ (add f _ _) (add g _ _)) (C.middle _ _ _ _) }
  where module C = Group C

additive-cartesian : Cartesian AdditiveC
additive-cartesian = record
  { _⊗_ = _⊕_ ; 𝟙 = Trivial
  ; π₁ = record { ap = fst ; add = λ _ _ → refl } ; π₂ = record { ap = snd ; add = λ _ _ → refl }
  ; ⟨_,_⟩ = λ f g → record { ap = λ x → ap f x , ap g x ; add = λ x y → cong₂ _,_ (add f x y) (add g x y) }
  ; ! = record { ap = λ _ → tt ; add = λ _ _ → refl }
  ; β₁ = λ _ _ _ → refl ; β₂ = λ _ _ _ → refl ; η = λ _ _ → refl ; !-uniq = λ _ _ _ → refl
  ; ⟨⟩-cong = λ p q x → cong₂ _,_ (p x) (q x) }

-- Products of the dual are coproducts: projections are injections, pairing is copairing, discarding is zero.
-- proves: ADD-COCART
-- bears on: DUAL-SWAP
dual-cartesian : Cartesian (Dual AdditiveC)
dual-cartesian = record
  { _⊗_ = _⊕_ ; 𝟙 = Trivial ; π₁ = in₁ ; π₂ = in₂ ; ⟨_,_⟩ = copair ; ! = zero-map
  ; β₁ = λ {C} f g x → trans (cong (Group._+_ C (ap f x)) (at-zero g)) (Group.+-idr C _)
  ; β₂ = λ {C} f g x → trans (cong (λ z → Group._+_ C z (ap g x)) (at-zero f)) (Group.+-idl C _)
  ; η = λ {C} {A} {B} h x → trans (sym (add h _ _)) (cong (ap h) (cong₂ _,_ (Group.+-idr A _) (Group.+-idl B _)))
  ; !-uniq = λ f g _ → trans (at-zero f) (sym (at-zero g))
  ; ⟨⟩-cong = λ {C} p q x → cong₂ (Group._+_ C) (p _) (q _) }

module _ {A B : Group} where
  open Category AdditiveC
  open Cartesian additive-cartesian using (π₁; π₂)

  -- proves: ADD-BIPROD
  projections-of-injections : (π₁ {A} {B} ∘ in₁ ≈ id) × (π₂ {A} {B} ∘ in₂ ≈ id)
  projections-of-injections = (λ _ → refl) , (λ _ → refl)

  -- proves: ADD-BIPROD
  other-projections-of-injections : (π₂ {A} {B} ∘ in₁ ≈ zero-map) × (π₁ {A} {B} ∘ in₂ ≈ zero-map)
  other-projections-of-injections = (λ _ → refl) , (λ _ → refl)

  -- proves: ADD-BIPROD
  sum-of-parts : plus-map (in₁ {A} {B} ∘ π₁) (in₂ ∘ π₂) ≈ id
  sum-of-parts x = cong₂ _,_ (Group.+-idr A _) (Group.+-idl B _)
