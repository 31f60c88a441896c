{-# OPTIONS --safe --without-K #-}
-- A model of RD.1 to RD.7: affine maps x ↦ h(x) + c of abelian groups, each with a map h† in the other direction.
-- Its maps are not additive unless c = 0, so that homs add up on the left only; R[h + c](a, b) = h†(b).
module AffineMaps where

open import Prelude
open import Categories
open import Products
open import Groups
open import ReverseDerivatives
open Additive

record Affine (A B : Group) : Set where
  constructor affine
  field
    lin : Additive A B
    adj : Additive B A
    at0 : ∣ B ∣
open Affine

_≐_ : {A B : Group} (f g : Affine A B) → Set
f ≐ g = (ap (lin f) ≗ ap (lin g)) × (ap (adj f) ≗ ap (adj g)) × (at0 f ≡ at0 g)

private
  lin≡ : {P Q R : Set} → P × Q × R → P
  lin≡ (p , _ , _) = p
  adj≡ : {P Q R : Set} → P × Q × R → Q
  adj≡ (_ , q , _) = q
  at0≡ : {P Q R : Set} → P × Q × R → R
  at0≡ (_ , _ , r) = r

-- x ↦ h(x) + c
apply : ∀ {A B} → Affine A B → ∣ A ∣ → ∣ B ∣
apply {B = B} f x = Group._+_ B (ap (lin f) x) (at0 f)

private
  open Category AdditiveC using () renaming (id to 1ᴬ; _∘_ to _∘ᴬ_)
  module Add = Cartesian additive-cartesian
  module Co = Cartesian dual-cartesian

compose : ∀ {A B X} → Affine B X → Affine A B → Affine A X
compose {X = X} g f = affine (lin g ∘ᴬ lin f) (adj f ∘ᴬ adj g) (apply g (at0 f))

AffineC : Category (lsuc lzero) lzero lzero
AffineC = record
  { Obj = Group ; _⇒_ = Affine ; _≈_ = _≐_
  ; equiv = record
    { rfl = (λ _ → refl) , (λ _ → refl) , refl
    ; sy = λ p → (λ x → sym (lin≡ p x)) , (λ x → sym (adj≡ p x)) , sym (at0≡ p)
    ; tr = λ p q → (λ x → trans (lin≡ p x) (lin≡ q x)) , (λ x → trans (adj≡ p x) (adj≡ q x)) , trans (at0≡ p) (at0≡ q) }
  ; id = λ {A} → affine 1ᴬ 1ᴬ (Group.0# A) ; _∘_ = compose
  ; assoc = λ {A} {B} {C} {D} f g h → (λ _ → refl) , (λ _ → refl) ,
      trans (sym (Group.+-assoc D _ _ _)) (cong (λ z → Group._+_ D z (at0 h)) (sym (add (lin h) _ _)))
  ; idl = λ {A} {B} f → (λ _ → refl) , (λ _ → refl) , Group.+-idr B _
  ; idr = λ {A} {B} f → (λ _ → refl) , (λ _ → refl) ,
      trans (cong (λ z → Group._+_ B z (at0 f)) (at-zero (lin f))) (Group.+-idl B _)
  ; ∘-cong = λ {A} {B} {C} {g} {g′} {f} {f′} p q →
      (λ x → trans (cong (ap (lin g)) (lin≡ q x)) (lin≡ p _)) ,
      (λ x → trans (cong (ap (adj f)) (adj≡ p x)) (adj≡ q _)) ,
      cong₂ (Group._+_ C) (trans (cong (ap (lin g)) (at0≡ q)) (lin≡ p _)) (at0≡ p) }

-- Affine maps are determined by what they do: composition is that of functions.
apply-compose : ∀ {A B X} (g : Affine B X) (f : Affine A B) → apply (compose g f) ≗ (λ x → apply g (apply f x))
apply-compose {X = X} g f x = trans (sym (Group.+-assoc X _ _ _)) (cong (λ z → Group._+_ X z (at0 g)) (sym (add (lin g) _ _)))

affine-cartesian : Cartesian AffineC
affine-cartesian = record
  { _⊗_ = _⊕_ ; 𝟙 = Trivial
  ; π₁ = λ {A} → affine Add.π₁ in₁ (Group.0# A) ; π₂ = λ {A} {B} → affine Add.π₂ in₂ (Group.0# B)
  ; ⟨_,_⟩ = λ f g → affine Add.⟨ lin f , lin g ⟩ (copair (adj f) (adj g)) (at0 f , at0 g)
  ; ! = affine Add.! zero-map tt
  ; β₁ = λ {X} {A} {B} f g → (λ _ → refl) , Co.β₁ (adj f) (adj g) , Group.+-idr A _
  ; β₂ = λ {X} {A} {B} f g → (λ _ → refl) , Co.β₂ (adj f) (adj g) , Group.+-idr B _
  ; η = λ {X} {A} {B} h → (λ _ → refl) , Co.η (adj h) , cong₂ _,_ (Group.+-idr A _) (Group.+-idr B _)
  ; !-uniq = λ f g → (λ _ → refl) , (λ _ → trans (at-zero (adj f)) (sym (at-zero (adj g)))) , refl
  ; ⟨⟩-cong = λ {X} p q → (λ x → cong₂ _,_ (lin≡ p x) (lin≡ q x)) ,
      (λ x → cong₂ (Group._+_ X) (adj≡ p _) (adj≡ q _)) , cong₂ _,_ (at0≡ p) (at0≡ q) }

sums : LeftAdditive affine-cartesian
sums = record
  { _+_ = λ {A} {B} f g → affine (plus-map (lin f) (lin g)) (plus-map (adj f) (adj g)) (Group._+_ B (at0 f) (at0 g))
  ; zero = λ {A} {B} → affine zero-map zero-map (Group.0# B)
  ; +-cong = λ {A} {B} p q → (λ x → cong₂ (Group._+_ B) (lin≡ p x) (lin≡ q x)) ,
      (λ x → cong₂ (Group._+_ A) (adj≡ p x) (adj≡ q x)) , cong₂ (Group._+_ B) (at0≡ p) (at0≡ q)
  ; +-assoc = λ {A} {B} f g h → (λ _ → Group.+-assoc B _ _ _) , (λ _ → Group.+-assoc A _ _ _) , Group.+-assoc B _ _ _
  ; +-comm = λ {A} {B} f g → (λ _ → Group.+-comm B _ _) , (λ _ → Group.+-comm A _ _) , Group.+-comm B _ _
  ; +-zero = λ {A} {B} f → (λ _ → Group.+-idr B _) , (λ _ → Group.+-idr A _) , Group.+-idr B _
  ; +-∘ = λ {X} {A} {B} f g h → (λ _ → refl) , (λ x → add (adj h) _ _) , Group.middle B _ _ _ _
  ; zero-∘ = λ {X} {A} {B} h → (λ _ → refl) , (λ _ → at-zero (adj h)) , Group.+-idl B _
  ; π₁-+ = λ {X} {A} f g → (λ _ → refl) , (λ _ → refl) ,
      trans (Group.+-idr A _) (sym (cong₂ (Group._+_ A) (Group.+-idr A _) (Group.+-idr A _)))
  ; π₂-+ = λ {X} {A} {B} f g → (λ _ → refl) , (λ _ → refl) ,
      trans (Group.+-idr B _) (sym (cong₂ (Group._+_ B) (Group.+-idr B _) (Group.+-idr B _)))
  ; π₁-zero = λ {X} {A} {B} → (λ _ → refl) , (λ _ → refl) , Group.+-idr A _
  ; π₂-zero = λ {X} {A} {B} → (λ _ → refl) , (λ _ → refl) , Group.+-idr B _ }

-- R[f](a, b) = f†(b), whose own reverse derivative is R[R[f]]((a, b), c) = (0, f(c) − f(0)).
reversed : ∀ {A B} → Affine A B → Affine (A ⊕ B) A
reversed {A} {B} f = affine (adj f ∘ᴬ Add.π₂) (in₂ ∘ᴬ lin f) (Group.0# A)

private
  -- z + u = u and u + z = u, where z is zero.
  l : (G : Group) {z u v : ∣ G ∣} → z ≡ Group.0# G → u ≡ v → Group._+_ G z u ≡ v
  l G refl q = trans (Group.+-idl G _) q
  r : (G : Group) {z u v : ∣ G ∣} → u ≡ v → z ≡ Group.0# G → Group._+_ G u z ≡ v
  r G q refl = trans (Group.+-idr G _) q
  nil : (G : Group) → Group._+_ G (Group.0# G) (Group.0# G) ≡ Group.0# G
  nil G = l G refl refl
  vanish : ∀ {A B} (h : Additive A B) {z} → z ≡ Group.0# A → ap h z ≡ Group.0# B
  vanish h refl = at-zero h

-- bears on: RD.1, RD.2, RD.3, RD.4, RD.5, RD.6, RD.7
affine-maps : ReverseDerivative affine-cartesian sums
affine-maps = record
  { R = reversed
  ; R-cong = λ p → (λ _ → adj≡ p _) , (λ x → cong₂ _,_ refl (lin≡ p x)) , refl
  ; RD1-+ = λ {A} {B} f g → (λ _ → refl) , (λ _ → cong₂ _,_ (sym (nil A)) refl) , sym (nil A)
  ; RD1-0 = (λ _ → refl) , (λ _ → refl) , refl
  ; RD2-+ = λ {X} {A} {B} f a b c → (λ x → add (adj f) _ _) ,
      (λ x → l X (at-zero (adj a)) (sym (cong₂ (Group._+_ X) (l X (at-zero (adj a)) refl) (l X (at-zero (adj a)) refl)))) ,
      trans (r A (add (adj f) _ _) refl) (sym (cong₂ (Group._+_ A) (r A refl refl) (r A refl refl)))
  ; RD2-0 = λ {X} {A} {B} f a → (λ x → at-zero (adj f)) , (λ x → l X (at-zero (adj a)) refl) , r A (at-zero (adj f)) refl
  ; RD3-id = (λ _ → refl) , (λ _ → refl) , refl
  ; RD3-π₁ = λ {A} {B} → (λ _ → refl) , (λ x → cong₂ _,_ refl (sym (r A refl refl))) , sym (cong₂ _,_ (nil A) (nil B))
  ; RD3-π₂ = λ {A} {B} → (λ _ → refl) , (λ x → cong₂ _,_ refl (sym (l B refl refl))) , sym (cong₂ _,_ (nil A) (nil B))
  ; RD4-⟨⟩ = λ {X} {A} {B} f g → (λ _ → refl) ,
      (λ x → sym (cong₂ _,_ (l X (nil X) (nil X)) (cong₂ _,_ (r A (l A refl refl) (nil A)) (l B (nil B) (l B refl refl))))) ,
      sym (l X (r X (vanish (adj f) (nil A)) refl) (r X (vanish (adj g) (nil B)) refl))
  ; RD4-! = (λ _ → refl) , (λ _ → refl) , refl
  ; RD5 = λ {A} {B} {X} g f → (λ _ → refl) ,
      (λ a → sym (cong₂ _,_ (l A refl (r A (at-zero (adj f)) refl)) (l X refl (l X refl refl)))) ,
      sym (r A (vanish (adj f) (r B (vanish (adj g) (nil X)) refl)) refl)
  ; RD6 = λ {A} {B} f → (λ _ → refl) ,
      (λ x → cong₂ _,_ (l A (r A (l A (nil A) refl) refl) refl)
        (cong₂ _,_ (l B (l B refl (l B (nil B) refl)) refl) (l B (nil B) (cong (Group._+_ B (Group.0# B)) (l B refl refl))))) ,
      trans (r A (r A (vanish (adj f) (l B (nil B) (nil B))) refl) refl) (sym (r A (vanish (adj f) (nil B)) refl))
  ; RD7 = λ {A} {B} f → (λ _ → refl) , (λ x → cong₂ _,_
        (cong₂ _,_ (sym (r A (r A refl refl) (nil A)))
          (trans (l A (nil A) refl) (sym (l A (nil A) (r A (l A refl (l A (nil A) refl)) refl)))))
        (cong₂ _,_ (trans (l A refl (l A (nil A) refl)) (sym (l A (l A refl (l A (nil A) refl)) (nil A))))
          (sym (l A (nil A) (l A refl refl))))) ,
      sym (l B (vanish (lin f) (nil A)) refl) }

-- Not all of them are additive: a constant is so only if it is zero.
constant-is-not-additive : ∀ {A B : Group} (c : ∣ B ∣) → (c ≡ Group.0# B → ⊥) →
  apply {A} {B} (affine zero-map zero-map c) (Group.0# A) ≡ Group.0# B → ⊥
constant-is-not-additive {A} {B} c other p = other (trans (sym (Group.+-idl B c)) p)
