{-# OPTIONS --safe --without-K #-}
-- Lenses over any cartesian category: a symmetric monoidal category; lawful lenses compose.
module Lenses where

open import Prelude
open import Categories
open import Products
open import Solve
open import Monoidal

module _ {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) where
  open Category C
  open Cartesian K
  open Solver K

  -- An object is what flows forward with what flows back.
  Bundle : Set o
  Bundle = Obj × Obj

  record Lens (A B : Bundle) : Set ℓ where
    constructor lens
    field
      get : fst A ⇒ fst B
      put : fst A ⊗ snd B ⇒ snd A
  open Lens

  _≐_ : ∀ {A B} → Lens A B → Lens A B → Set e
  f ≐ g = (get f ≈ get g) × (put f ≈ put g)

  -- put(a, c) = f.put(a, g.put(f.get(a), c))
  lens-seq : ∀ {A B X} → Lens A B → Lens B X → Lens A X
  lens-seq f g = lens (get g ∘ get f) (put f ∘ ⟨ π₁ , put g ∘ (get f ⁂ id) ⟩)

  lens-tensor : ∀ {A B X Y} → Lens A B → Lens X Y → Lens (fst A ⊗ fst X , snd A ⊗ snd X) (fst B ⊗ fst Y , snd B ⊗ snd Y)
  lens-tensor f g = lens (get f ⁂ get g) ((put f ⁂ put g) ∘ χ)

  -- An isomorphism on the front, with one the other way on the back.
  lens-iso : ∀ {A B : Bundle} → fst A ⇒ fst B → snd B ⇒ snd A → Lens A B
  lens-iso there back = lens there (back ∘ π₂)

  private
    infixr 9 _⨾ᵖ_
    g⃗ : ∀ {A B} (f : Lens A B) → Tm ⌜ fst A ⌝ ⌜ fst B ⌝
    g⃗ f = gen (get f)
    p⃗ : ∀ {A B} (f : Lens A B) → Tm (⌜ fst A ⌝ ⊠ ⌜ snd B ⌝) ⌜ snd A ⌝
    p⃗ f = gen (put f)
    -- A pair of terms of the solver for get and put, composed as lenses are.
    TmLens : Ty → Ty → Ty → Ty → Set (o ⊔ ℓ)
    TmLens A A′ B B′ = Tm A B × Tm (A ⊠ B′) A′
    ⌞_⌟ : ∀ {A B} → Lens A B → TmLens ⌜ fst A ⌝ ⌜ snd A ⌝ ⌜ fst B ⌝ ⌜ snd B ⌝
    ⌞ f ⌟ = g⃗ f , p⃗ f
    _⨾ᵖ_ : ∀ {A A′ B B′ X X′} → TmLens A A′ B B′ → TmLens B B′ X X′ → TmLens A A′ X X′
    (f , p) ⨾ᵖ (g , q) = (g ⊙ f) , (p ⊙ (p₁ ▵ (q ⊙ (f ⊛ ι))))
    _⊗ᵖ_ : ∀ {A A′ B B′ X X′ Y Y′} → TmLens A A′ B B′ → TmLens X X′ Y Y′ → TmLens (A ⊠ X) (A′ ⊠ X′) (B ⊠ Y) (B′ ⊠ Y′)
    (f , p) ⊗ᵖ (g , q) = (f ⊛ g) , ((p ⊛ q) ⊙ m⃗)
    idᵖ : ∀ {A A′} → TmLens A A′ A A′
    idᵖ = ι , p₂
    isoᵖ : ∀ {A A′ B B′} → Tm A B → Tm B′ A′ → TmLens A A′ B B′
    isoᵖ t u = t , (u ⊙ p₂)
    both : ∀ {A A′ B B′} (l m : TmLens A A′ B B′) → nf (fst l) ≈ nf (fst m) → nf (snd l) ≈ nf (snd m) →
      (⟪ fst l ⟫ ≈ ⟪ fst m ⟫) × (⟪ snd l ⟫ ≈ ⟪ snd m ⟫)
    both l m p q = solve (fst l) (fst m) p , solve (snd l) (snd m) q

  -- proves: LENS-CAT
  LensC : Category o ℓ e
  LensC = record
    { Obj = Bundle ; _⇒_ = Lens ; _≈_ = _≐_
    ; equiv = record { rfl = rfl , rfl ; sy = λ p → sy (fst p) , sy (snd p) ; tr = λ p q → tr (fst p) (fst q) , tr (snd p) (snd q) }
    ; id = lens id π₂ ; _∘_ = λ g f → lens-seq f g
    ; assoc = λ f g h → both (⌞ f ⌟ ⨾ᵖ (⌞ g ⌟ ⨾ᵖ ⌞ h ⌟)) ((⌞ f ⌟ ⨾ᵖ ⌞ g ⌟) ⨾ᵖ ⌞ h ⌟) rfl rfl
    ; idl = λ f → both (⌞ f ⌟ ⨾ᵖ idᵖ) ⌞ f ⌟ rfl rfl
    ; idr = λ f → both (idᵖ ⨾ᵖ ⌞ f ⌟) ⌞ f ⌟ rfl rfl
    ; ∘-cong = λ { (p , p′) (q , q′) → ∘-cong p q , ∘-cong q′ (⟨⟩-cong rfl (∘-cong p′ (⟨⟩-cong (∘-cong q rfl) rfl))) } }

  -- proves: LENS-MON
  lenses-symmetric : Symmetric LensC
  lenses-symmetric = record
    { _⊗_ = λ A B → fst A ⊗ fst B , snd A ⊗ snd B ; 𝟙 = 𝟙 , 𝟙 ; _⊗₁_ = lens-tensor
    ; ⊗-cong = λ { (p , p′) (q , q′) → ⟨⟩-cong (∘-cong p rfl) (∘-cong q rfl) ,
                                       ∘-cong (⟨⟩-cong (∘-cong p′ rfl) (∘-cong q′ rfl)) rfl }
    ; ⊗-id = λ {A} {B} → both (idᵖ {⌜ fst A ⌝} {⌜ snd A ⌝} ⊗ᵖ idᵖ {⌜ fst B ⌝} {⌜ snd B ⌝}) idᵖ rfl rfl
    ; ⊗-∘ = λ g g′ f f′ → both ((⌞ f ⌟ ⊗ᵖ ⌞ f′ ⌟) ⨾ᵖ (⌞ g ⌟ ⊗ᵖ ⌞ g′ ⌟)) ((⌞ f ⌟ ⨾ᵖ ⌞ g ⌟) ⊗ᵖ (⌞ f′ ⌟ ⨾ᵖ ⌞ g′ ⌟)) rfl rfl
    ; α = lens-iso α α⁻ ; α⁻ = lens-iso α⁻ α ; λ⃗ = lens-iso π₂ ⟨ ! , id ⟩ ; λ⃖ = lens-iso ⟨ ! , id ⟩ π₂
    ; ρ⃗ = lens-iso π₁ ⟨ id , ! ⟩ ; ρ⃖ = lens-iso ⟨ id , ! ⟩ π₁ ; σ = lens-iso σ σ
    ; α-iso₁ = λ {A} {B} {X} → both (a⁻ A B X ⨾ᵖ a⁺ A B X) idᵖ rfl rfl
    ; α-iso₂ = λ {A} {B} {X} → both (a⁺ A B X ⨾ᵖ a⁻ A B X) idᵖ rfl rfl
    ; λ-iso₁ = λ {A} → both (l⁻ (⌜ fst A ⌝ , ⌜ snd A ⌝) ⨾ᵖ l⁺ (⌜ fst A ⌝ , ⌜ snd A ⌝)) idᵖ rfl rfl
    ; λ-iso₂ = λ {A} → both (l⁺ (⌜ fst A ⌝ , ⌜ snd A ⌝) ⨾ᵖ l⁻ (⌜ fst A ⌝ , ⌜ snd A ⌝)) idᵖ rfl rfl
    ; ρ-iso₁ = λ {A} → both (r⁻ (⌜ fst A ⌝ , ⌜ snd A ⌝) ⨾ᵖ r⁺ (⌜ fst A ⌝ , ⌜ snd A ⌝)) idᵖ rfl rfl
    ; ρ-iso₂ = λ {A} → both (r⁺ (⌜ fst A ⌝ , ⌜ snd A ⌝) ⨾ᵖ r⁻ (⌜ fst A ⌝ , ⌜ snd A ⌝)) idᵖ rfl rfl
    ; σσ = λ {A} {B} → both (isoᵖ {⌜ fst A ⌝ ⊠ ⌜ fst B ⌝} {⌜ snd A ⌝ ⊠ ⌜ snd B ⌝} s⃗ s⃗ ⨾ᵖ isoᵖ s⃗ s⃗) idᵖ rfl rfl
    ; α-nat = λ f g h → both (((⌞ f ⌟ ⊗ᵖ ⌞ g ⌟) ⊗ᵖ ⌞ h ⌟) ⨾ᵖ isoᵖ a⃗ a⃖) (isoᵖ a⃗ a⃖ ⨾ᵖ (⌞ f ⌟ ⊗ᵖ (⌞ g ⌟ ⊗ᵖ ⌞ h ⌟))) rfl rfl
    ; λ-nat = λ f → both ((idᵖ {𝕀} {𝕀} ⊗ᵖ ⌞ f ⌟) ⨾ᵖ isoᵖ p₂ (¡ ▵ ι)) (isoᵖ p₂ (¡ ▵ ι) ⨾ᵖ ⌞ f ⌟) rfl rfl
    ; ρ-nat = λ f → both ((⌞ f ⌟ ⊗ᵖ idᵖ {𝕀} {𝕀}) ⨾ᵖ isoᵖ p₁ (ι ▵ ¡)) (isoᵖ p₁ (ι ▵ ¡) ⨾ᵖ ⌞ f ⌟) rfl rfl
    ; σ-nat = λ f g → both ((⌞ f ⌟ ⊗ᵖ ⌞ g ⌟) ⨾ᵖ isoᵖ s⃗ s⃗) (isoᵖ s⃗ s⃗ ⨾ᵖ (⌞ g ⌟ ⊗ᵖ ⌞ f ⌟)) rfl rfl
    ; pentagon = λ {A} {B} {X} {Y} → both
        (aᵗ (ty A ⊗ᵒ ty B) (ty X) (ty Y) ⨾ᵖ aᵗ (ty A) (ty B) (ty X ⊗ᵒ ty Y))
        (((aᵗ (ty A) (ty B) (ty X) ⊗ᵖ idᵖ) ⨾ᵖ aᵗ (ty A) (ty B ⊗ᵒ ty X) (ty Y)) ⨾ᵖ (idᵖ ⊗ᵖ aᵗ (ty B) (ty X) (ty Y))) rfl rfl
    ; triangle = λ {A} {B} → both (aᵗ (ty A) (𝕀 , 𝕀) (ty B) ⨾ᵖ (idᵖ ⊗ᵖ l⁺ (ty B))) (r⁺ (ty A) ⊗ᵖ idᵖ) rfl rfl
    ; hexagon = λ {A} {B} {X} → both
        ((aᵗ (ty A) (ty B) (ty X) ⨾ᵖ isoᵖ s⃗ s⃗) ⨾ᵖ aᵗ (ty B) (ty X) (ty A))
        (((isoᵖ s⃗ s⃗ ⊗ᵖ idᵖ) ⨾ᵖ aᵗ (ty B) (ty A) (ty X)) ⨾ᵖ (idᵖ ⊗ᵖ isoᵖ s⃗ s⃗)) rfl rfl }
    where
    ty : Bundle → Ty × Ty
    ty A = ⌜ fst A ⌝ , ⌜ snd A ⌝
    _⊗ᵒ_ : Ty × Ty → Ty × Ty → Ty × Ty
    (A , A′) ⊗ᵒ (B , B′) = A ⊠ B , A′ ⊠ B′
    aᵗ : (A B X : Ty × Ty) → TmLens ((fst A ⊠ fst B) ⊠ fst X) ((snd A ⊠ snd B) ⊠ snd X)
      (fst A ⊠ (fst B ⊠ fst X)) (snd A ⊠ (snd B ⊠ snd X))
    aᵗ A B X = isoᵖ a⃗ a⃖
    a⁺ = λ (A B X : Bundle) → aᵗ (ty A) (ty B) (ty X)
    a⁻ : (A B X : Bundle) → TmLens _ _ ((⌜ fst A ⌝ ⊠ ⌜ fst B ⌝) ⊠ ⌜ fst X ⌝) ((⌜ snd A ⌝ ⊠ ⌜ snd B ⌝) ⊠ ⌜ snd X ⌝)
    a⁻ A B X = isoᵖ a⃖ a⃗
    l⁺ : (A : Ty × Ty) → TmLens (𝕀 ⊠ fst A) (𝕀 ⊠ snd A) (fst A) (snd A)
    l⁺ A = isoᵖ p₂ (¡ ▵ ι)
    l⁻ : (A : Ty × Ty) → TmLens (fst A) (snd A) (𝕀 ⊠ fst A) (𝕀 ⊠ snd A)
    l⁻ A = isoᵖ (¡ ▵ ι) p₂
    r⁺ : (A : Ty × Ty) → TmLens (fst A ⊠ 𝕀) (snd A ⊠ 𝕀) (fst A) (snd A)
    r⁺ A = isoᵖ p₁ (ι ▵ ¡)
    r⁻ : (A : Ty × Ty) → TmLens (fst A) (snd A) (fst A ⊠ 𝕀) (snd A ⊠ 𝕀)
    r⁻ A = isoᵖ (ι ▵ ¡) p₁

-- Lawful lenses between sets: what is put back changes nothing, is got again, and replaces what was put before.
module _ {A B : Set} (get : A → B) (put : A × B → A) where
  GetPut PutGet PutPut : Set
  GetPut = ∀ a → put (a , get a) ≡ a
  PutGet = ∀ a b → get (put (a , b)) ≡ b
  PutPut = ∀ a b b′ → put (put (a , b) , b′) ≡ put (a , b′)

module _ {A B X : Set} (get : A → B) (put : A × B → A) (get′ : B → X) (put′ : B × X → B) where
  private
    get″ : A → X
    get″ a = get′ (get a)
    put″ : A × X → A
    put″ (a , x) = put (a , put′ (get a , x))

  -- proves: LL-CLOSED
  get-put-closed : GetPut get put → GetPut get′ put′ → GetPut get″ put″
  get-put-closed p p′ a = trans (cong (λ b → put (a , b)) (p′ (get a))) (p a)

  -- proves: LL-CLOSED
  put-get-closed : PutGet get put → PutGet get′ put′ → PutGet get″ put″
  put-get-closed p p′ a x = trans (cong get′ (p a _)) (p′ (get a) x)

  -- proves: LL-CLOSED
  put-put-closed : PutGet get put → PutPut get put → PutPut get′ put′ → PutPut get″ put″
  put-put-closed p q q′ a x x′ = trans (cong (λ b → put (put (a , put′ (get a , x)) , put′ (b , x′))) (p a _))
    (trans (q a _ _) (cong (λ b → put (a , b)) (q′ (get a) x x′)))

module _ {A B X Y : Set} (get : A → B) (put : A × B → A) (get′ : X → Y) (put′ : X × Y → X) where
  private
    get″ : A × X → B × Y
    get″ z = get (fst z) , get′ (snd z)
    put″ : (A × X) × (B × Y) → A × X
    put″ z = put (fst (fst z) , fst (snd z)) , put′ (snd (fst z) , snd (snd z))

  -- proves: LL-CLOSED
  tensor-closed : (GetPut get put × GetPut get′ put′ → GetPut get″ put″) ×
    (PutGet get put × PutGet get′ put′ → PutGet get″ put″) ×
    (PutPut get put × PutPut get′ put′ → PutPut get″ put″)
  tensor-closed = (λ p z → cong₂ _,_ (fst p _) (snd p _)) , (λ p z w → cong₂ _,_ (fst p _ _) (snd p _ _)) ,
    (λ p z w w′ → cong₂ _,_ (fst p _ _ _) (snd p _ _ _))

-- A bijection of A with a product is a lens that keeps the complement.
module _ {A B X : Set} (there : A → B × X) (back : B × X → A)
  (one : ∀ a → back (there a) ≡ a) (two : ∀ z → there (back z) ≡ z) where
  private
    get : A → B
    get a = fst (there a)
    put : A × B → A
    put z = back (snd z , snd (there (fst z)))

  -- proves: LL-CLOSED
  constant-complement : GetPut get put × PutGet get put × PutPut get put
  constant-complement = one , (λ a b → cong fst (two _)) , (λ a b b′ → cong (λ x → back (b′ , snd x)) (two _))
