{-# OPTIONS --safe --without-K #-}
-- Terms over a table of operations, the functions that they compute, and what reverse mode (GAD over Dual) computes.
module Terms where

open import Prelude
open import Groups

-- A group with a form on it, with values in a group of scalars; over the reals, the inner product.
record Formed (S : Group) : Set₁ where
  private module S = Group S
  field
    group : Group
    form  : ∣ group ∣ → ∣ group ∣ → ∣ S ∣
    form-add : ∀ v w w′ → form v (Group._+_ group w w′) ≡ form v w S.+ form v w′
    add-form : ∀ v v′ w → form (Group._+_ group v v′) w ≡ form v w S.+ form v′ w

  form-zero : ∀ v → form v (Group.0# group) ≡ S.0#
  form-zero v = S.idempotent-zero _ (trans (sym (form-add v _ _)) (cong (form v) (Group.+-idl group _)))

  zero-form : ∀ w → form (Group.0# group) w ≡ S.0#
  zero-form w = S.idempotent-zero _ (trans (sym (add-form _ _ w)) (cong (λ v → form v w) (Group.+-idl group _)))
open Formed

module _ {S : Group} where
  private module S = Group S

  infixr 7 _⊞_
  _⊞_ : Formed S → Formed S → Formed S
  A ⊞ B = record
    { group = group A ⊕ group B ; form = λ v w → form A (fst v) (fst w) S.+ form B (snd v) (snd w)
    ; form-add = λ v w w′ → trans (cong₂ S._+_ (form-add A _ _ _) (form-add B _ _ _)) (S.middle _ _ _ _)
    ; add-form = λ v v′ w → trans (cong₂ S._+_ (add-form A _ _ _) (add-form B _ _ _)) (S.middle _ _ _ _) }

  nil : Formed S
  nil = record
    { group = Trivial ; form = λ _ _ → S.0#
    ; form-add = λ _ _ _ → sym (S.+-idl _) ; add-form = λ _ _ _ → sym (S.+-idl _) }

  -- back is the transpose of f : ⟨f(v), w⟩ = ⟨v, back(w)⟩.
  Transposes : (A B : Formed S) → (∣ group A ∣ → ∣ group B ∣) → (∣ group B ∣ → ∣ group A ∣) → Set
  Transposes A B f back = ∀ v w → form B (f v) w ≡ form A v (back w)

-- Objects are trees over the spaces of a table; operations are its entries.
data Ob (Leaf : Set) : Set where
  leaf : Leaf → Ob Leaf
  one  : Ob Leaf
  _⊗_  : Ob Leaf → Ob Leaf → Ob Leaf
infixr 7 _⊗_

on-trees : ∀ {S Leaf} → (Leaf → Formed S) → Ob Leaf → Formed S
on-trees space (leaf s) = space s
on-trees space one = nil
on-trees space (A ⊗ B) = on-trees space A ⊞ on-trees space B

-- The terms of verified_cat/terms.py.
data Term {Leaf : Set} (Op : Ob Leaf → Ob Leaf → Set) : Ob Leaf → Ob Leaf → Set where
  operation : ∀ {A B} → Op A B → Term Op A B
  identity  : ∀ {A} → Term Op A A
  _≫_       : ∀ {A B C} → Term Op A B → Term Op B C → Term Op A C
  _⊗₁_      : ∀ {A B C D} → Term Op A B → Term Op C D → Term Op (A ⊗ C) (B ⊗ D)
  assoc     : ∀ {A B C} → Term Op ((A ⊗ B) ⊗ C) (A ⊗ (B ⊗ C))
  assoc⁻    : ∀ {A B C} → Term Op (A ⊗ (B ⊗ C)) ((A ⊗ B) ⊗ C)
  left      : ∀ {A} → Term Op (one ⊗ A) A
  left⁻     : ∀ {A} → Term Op A (one ⊗ A)
  right     : ∀ {A} → Term Op (A ⊗ one) A
  right⁻    : ∀ {A} → Term Op A (A ⊗ one)
  swap      : ∀ {A B} → Term Op (A ⊗ B) (B ⊗ A)
  copy      : ∀ {A} → Term Op A (A ⊗ A)
  discard   : ∀ {A} → Term Op A one
  first     : ∀ {A B} → Term Op (A ⊗ B) A
  second    : ∀ {A B} → Term Op (A ⊗ B) B
  pairing   : ∀ {A B C} → Term Op A B → Term Op A C → Term Op A (B ⊗ C)
infixr 9 _≫_

-- A table: spaces, the function of each operation, and the pullback that is claimed for it at a point of its graph.
record Table (S : Group) : Set₁ where
  field
    Leaf  : Set
    space : Leaf → Formed S
  ⟦_⟧ : Ob Leaf → Formed S
  ⟦_⟧ = on-trees space
  Val : Ob Leaf → Set
  Val A = ∣ group ⟦ A ⟧ ∣
  field
    Op       : Ob Leaf → Ob Leaf → Set
    function : ∀ {A B} → Op A B → Val A → Val B
    pullback : ∀ {A B} → Op A B → Val A × Val B → Val B → Val A

module _ {S : Group} (table : Table S) where
  open Table table
  private
    module S = Group S
    plus : ∀ A → Val A → Val A → Val A
    plus A = Group._+_ (group ⟦ A ⟧)
    zero : ∀ A → Val A
    zero A = Group.0# (group ⟦ A ⟧)

  -- What a term computes.
  value : ∀ {A B} → Term Op A B → Val A → Val B
  value (operation g) x = function g x
  value identity x = x
  value (t ≫ u) x = value u (value t x)
  value (t ⊗₁ u) (x , y) = value t x , value u y
  value assoc ((x , y) , z) = x , (y , z)
  value assoc⁻ (x , (y , z)) = (x , y) , z
  value left (_ , x) = x
  value left⁻ x = tt , x
  value right (x , _) = x
  value right⁻ x = x , tt
  value swap (x , y) = y , x
  value copy x = x , x
  value discard x = tt
  value first (x , y) = x
  value second (x , y) = y
  value (pairing t u) x = value t x , value u x

  -- What reverse mode computes: the value with the pullback, in one pass.
  reverse : ∀ {A B} → Term Op A B → Val A → Val B × (Val B → Val A)
  reverse (operation g) x = function g x , pullback g (x , function g x)
  reverse identity x = x , λ w → w
  reverse (t ≫ u) x = fst (reverse u (fst (reverse t x))) , λ w → snd (reverse t x) (snd (reverse u (fst (reverse t x))) w)
  reverse (t ⊗₁ u) (x , y) = (fst (reverse t x) , fst (reverse u y)) , λ w → snd (reverse t x) (fst w) , snd (reverse u y) (snd w)
  reverse assoc ((x , y) , z) = (x , (y , z)) , λ { (a , (b , c)) → (a , b) , c }
  reverse assoc⁻ (x , (y , z)) = ((x , y) , z) , λ { ((a , b) , c) → a , (b , c) }
  reverse left (_ , x) = x , λ w → tt , w
  reverse left⁻ x = (tt , x) , λ { (_ , w) → w }
  reverse right (x , _) = x , λ w → w , tt
  reverse right⁻ x = (x , tt) , λ { (w , _) → w }
  reverse swap (x , y) = (y , x) , λ { (a , b) → b , a }
  reverse (copy {A}) x = (x , x) , λ w → plus A (fst w) (snd w)
  reverse (discard {A}) x = tt , λ _ → zero A
  reverse (first {A} {B}) (x , y) = x , λ w → w , zero B
  reverse (second {A} {B}) (x , y) = y , λ w → zero A , w
  reverse (pairing {A} t u) x = (fst (reverse t x) , fst (reverse u x)) , λ w →
    plus A (snd (reverse t x) (fst w)) (snd (reverse u x) (snd w))

  -- The value of the pass is the value of the term.
  -- proves: GAD-FORGET
  reverse-value : ∀ {A B} (t : Term Op A B) (x : Val A) → fst (reverse t x) ≡ value t x
  reverse-value (operation g) x = refl
  reverse-value identity x = refl
  reverse-value (t ≫ u) x = trans (reverse-value u _) (cong (value u) (reverse-value t x))
  reverse-value (t ⊗₁ u) (x , y) = cong₂ _,_ (reverse-value t x) (reverse-value u y)
  reverse-value assoc x = refl
  reverse-value assoc⁻ x = refl
  reverse-value left x = refl
  reverse-value left⁻ x = refl
  reverse-value right x = refl
  reverse-value right⁻ x = refl
  reverse-value swap x = refl
  reverse-value copy x = refl
  reverse-value discard x = refl
  reverse-value first x = refl
  reverse-value second x = refl
  reverse-value (pairing t u) x = cong₂ _,_ (reverse-value t x) (reverse-value u x)
