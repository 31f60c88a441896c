{-# OPTIONS --safe --without-K #-}
-- Para(C) is symmetric monoidal up to reparametrisation: tensor, middle-four interchange, embedding, braiding.
-- On isomorphism classes everything holds on the nose: the quotient of Para(C) is a symmetric monoidal category.
module ParaMonoidal where

open import Prelude
open import Categories
open import Products
open import Solve
open import Monoidal
open import Bicategories
open import Para
open import Quotients

module _ {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) where
  open Category C
  open Cartesian K
  open Solver K
  private
    Map′ = Map K
    Cell′ : ∀ {A B} → Map′ A B → Map′ A B → Set (ℓ ⊔ e)
    Cell′ = Cell K
    infixr 9 _⨾_ _⨾ᵗ_
    _⨾_ : ∀ {A B X} → Map′ A B → Map′ B X → Map′ A X
    _⨾_ = seq K
    _⨾ᵗ_ : ∀ {S T U V W : Ty} → Tm (S ⊠ U) V → Tm (T ⊠ V) W → Tm ((S ⊠ T) ⊠ U) W
    f ⨾ᵗ g = g ⊙ ((p₂ ⊙ p₁) ▵ (f ⊙ ((p₁ ⊙ p₁) ▵ p₂)))
    ⌞_⌟ : ∀ {A B} (f : Map′ A B) → Tm (⌜ Map.P f ⌝ ⊠ ⌜ A ⌝) ⌜ B ⌝
    ⌞ f ⌟ = gen (Map.fn f)
    ⌞_⌟₂ : ∀ {A B} {f g : Map′ A B} → Cell′ f g → Tm ⌜ Map.P g ⌝ ⌜ Map.P f ⌝
    ⌞ r ⌟₂ = gen (Cell.along r)
    -- The embedding, as syntax.
    ε : ∀ {A B} → A ⇒ B → Tm (𝕀 ⊠ ⌜ A ⌝) ⌜ B ⌝
    ε f = gen f ⊙ p₂
    H = Quotient (Para K)
    module H = Category H
  open Map

  -- ((p, q), (a, c)) ↦ (f(p, a), g(q, c))
  infixr 7 _⊗₁_
  _⊗₁_ : ∀ {A B X Y} → Map′ A B → Map′ X Y → Map′ (A ⊗ X) (B ⊗ Y)
  para P f ⊗₁ para Q g = para (P ⊗ Q) (⟨ f ∘ π₁ , g ∘ π₂ ⟩ ∘ χ)

  _⊗ᵗ_ : ∀ {S T U V W Z : Ty} → Tm (S ⊠ U) V → Tm (T ⊠ W) Z → Tm ((S ⊠ T) ⊠ (U ⊠ W)) (V ⊠ Z)
  f ⊗ᵗ g = ((f ⊙ p₁) ▵ (g ⊙ p₂)) ⊙ m⃗

  -- (1, f ∘ λ): a morphism of C with nothing to learn.
  embed : ∀ {A B} → A ⇒ B → Map′ A B
  embed f = para 𝟙 (f ∘ π₂)

  -- Two 1-cells are isomorphic along an isomorphism of parameters that commutes with them.
  private
    along-iso : ∀ {A B} {f g : Map′ A B} (r : P g ⇒ P f) (r⁻ : P f ⇒ P g) →
      fn f ∘ (r ⁂ id) ≈ fn g → r ∘ r⁻ ≈ id → r⁻ ∘ r ≈ id → f H.≈ g
    along-iso {A} {B} {f} {g} r r⁻ commutes one two = iso there (cell r⁻ inverse) one two
      where
      there = cell {f = f} {g = g} r commutes
      fused : (r ⁂ id) ∘ (r⁻ ⁂ id) ≈ (r ∘ r⁻) ⁂ id
      fused = solve {⌜ P f ⌝ ⊠ ⌜ A ⌝} ((gen {⌜ P g ⌝} r ⊛ ι) ⊙ (gen {_} {⌜ P g ⌝} r⁻ ⊛ ι))
        ((gen {⌜ P g ⌝} {⌜ P f ⌝} r ⊙ gen r⁻) ⊛ ι) rfl
      unit-law : (r ∘ r⁻) ⁂ id {A} ≈ id
      unit-law = tr (⟨⟩-cong (∘-cong one rfl) rfl) (solve {⌜ P f ⌝ ⊠ ⌜ A ⌝} (ι ⊛ ι) ι rfl)
      inverse : fn g ∘ (r⁻ ⁂ id) ≈ fn f
      inverse = tr (∘-cong (sy commutes) rfl) (tr (assoc _ _ _) (tr (∘-cong rfl (tr fused unit-law)) (idr _)))

  -- The tensor on 2-cells.
  tensor-cell : ∀ {A B X Y} {f f′ : Map′ A B} {g g′ : Map′ X Y} → Cell′ f f′ → Cell′ g g′ → Cell′ (f ⊗₁ g) (f′ ⊗₁ g′)
  tensor-cell {A} {B} {X} {Y} {f} {f′} {g} {g′} x y = cell (Cell.along x ⁂ Cell.along y)
    (tr (solve ((⌞ f ⌟ ⊗ᵗ ⌞ g ⌟) ⊙ ((⌞ x ⌟₂ ⊛ ⌞ y ⌟₂) ⊛ ι)) ((⌞ f ⌟ ⊙ (⌞ x ⌟₂ ⊛ ι)) ⊗ᵗ (⌞ g ⌟ ⊙ (⌞ y ⌟₂ ⊛ ι))) rfl)
        (∘-cong (⟨⟩-cong (∘-cong (Cell.law x) rfl) (∘-cong (Cell.law y) rfl)) rfl))

  module _ {A B X A′ B′ X′ : Obj} (f : Map′ A B) (f′ : Map′ A′ B′) (g : Map′ B X) (g′ : Map′ B′ X′) where
    -- proves: PARA-INTERCHANGE
    interchanger : Cell′ ((f ⨾ g) ⊗₁ (f′ ⨾ g′)) ((f ⊗₁ f′) ⨾ (g ⊗₁ g′))
    interchanger = cell χ
      (solve (((⌞ f ⌟ ⨾ᵗ ⌞ g ⌟) ⊗ᵗ (⌞ f′ ⌟ ⨾ᵗ ⌞ g′ ⌟)) ⊙ (m⃗ ⊛ ι)) ((⌞ f ⌟ ⊗ᵗ ⌞ f′ ⌟) ⨾ᵗ (⌞ g ⌟ ⊗ᵗ ⌞ g′ ⌟)) rfl)

    -- proves: PARA-INTERCHANGE
    interchanger-iso : ((f ⨾ g) ⊗₁ (f′ ⨾ g′)) H.≈ ((f ⊗₁ f′) ⨾ (g ⊗₁ g′))
    interchanger-iso = along-iso χ χ (Cell.law interchanger) twice twice
      where
      twice : ∀ {P Q R S} → χ ∘ χ {P} {Q} {R} {S} ≈ id
      twice {P} {Q} {R} {S} = solve {(⌜ P ⌝ ⊠ ⌜ Q ⌝) ⊠ (⌜ R ⌝ ⊠ ⌜ S ⌝)} (m⃗ ⊙ m⃗) ι rfl

  -- proves: PARA-INTERCHANGE
  interchanger-natural : ∀ {A B X A′ B′ X′} {f h : Map′ A B} {f′ h′ : Map′ A′ B′} {g k : Map′ B X} {g′ k′ : Map′ B′ X′}
    (x : Cell′ f h) (x′ : Cell′ f′ h′) (y : Cell′ g k) (y′ : Cell′ g′ k′) →
    ((Cell.along x ⁂ Cell.along y) ⁂ (Cell.along x′ ⁂ Cell.along y′)) ∘ χ ≈
    χ ∘ ((Cell.along x ⁂ Cell.along x′) ⁂ (Cell.along y ⁂ Cell.along y′))
  interchanger-natural x x′ y y′ =
    solve (((⌞ x ⌟₂ ⊛ ⌞ y ⌟₂) ⊛ (⌞ x′ ⌟₂ ⊛ ⌞ y′ ⌟₂)) ⊙ m⃗) (m⃗ ⊙ ((⌞ x ⌟₂ ⊛ ⌞ x′ ⌟₂) ⊛ (⌞ y ⌟₂ ⊛ ⌞ y′ ⌟₂))) rfl

  -- Three composites, interchanged in either order.
  -- proves: PARA-INTERCHANGE
  interchanger-associative : ∀ {P P′ Q Q′ R R′} →
    (α ⁂ α) ∘ (χ ∘ (χ {P} {P′} {Q} {Q′} ⁂ id)) ≈ χ ∘ ((id ⁂ χ) ∘ α {P ⊗ P′} {Q ⊗ Q′} {R ⊗ R′})
  interchanger-associative {P} {P′} {Q} {Q′} {R} {R′} =
    solve {((⌜ P ⌝ ⊠ ⌜ P′ ⌝) ⊠ (⌜ Q ⌝ ⊠ ⌜ Q′ ⌝)) ⊠ (⌜ R ⌝ ⊠ ⌜ R′ ⌝)}
      ((a⃗ ⊛ a⃗) ⊙ (m⃗ ⊙ (m⃗ ⊛ ι))) (m⃗ ⊙ ((ι ⊛ m⃗) ⊙ a⃗)) rfl

  -- The embedding is a functor to the quotient, and preserves the tensor.
  -- proves: PARA-EMB
  embedding : Functor C H
  embedding = record
    { F₀ = λ A → A ; F₁ = embed
    ; F-id = λ {A} → along-iso id id (solve {𝕀 ⊠ ⌜ A ⌝} ((ι ⊙ p₂) ⊙ (ι ⊛ ι)) p₂ rfl) (idl _) (idl _)
    ; F-∘ = λ g f → along-iso ! ⟨ ! , ! ⟩
        (solve (((gen {⌜ _ ⌝} {⌜ _ ⌝} g ⊙ gen {⌜ _ ⌝} f) ⊙ p₂) ⊙ (¡ ⊛ ι)) (ε f ⨾ᵗ ε g) rfl)
        (!-uniq _ _) (solve {𝕀 ⊠ 𝕀} ((¡ ▵ ¡) ⊙ ¡) ι rfl)
    ; F-cong = λ {A} p → along-iso id id
        (tr (∘-cong (∘-cong p rfl) rfl) (tr (∘-cong rfl (solve {𝕀 ⊠ ⌜ A ⌝} (ι ⊛ ι) ι rfl)) (idr _))) (idl _) (idl _) }

  -- proves: PARA-EMB
  embed-tensor : ∀ {A B X Y} (f : A ⇒ B) (g : X ⇒ Y) → embed (f ⁂ g) H.≈ (embed f ⊗₁ embed g)
  embed-tensor f g = along-iso ! ⟨ ! , ! ⟩
    (solve (((gen {⌜ _ ⌝} {⌜ _ ⌝} f ⊛ gen {⌜ _ ⌝} {⌜ _ ⌝} g) ⊙ p₂) ⊙ (¡ ⊛ ι)) (ε f ⊗ᵗ ε g) rfl)
    (!-uniq _ _) (solve {𝕀 ⊠ 𝕀} ((¡ ▵ ¡) ⊙ ¡) ι rfl)

  -- σ ∘ (f ⊗ g) and (g ⊗ f) ∘ σ are isomorphic, along the exchange of parameters.
  -- proves: PARA-SYM
  braiding-natural : ∀ {A B X Y} (f : Map′ A B) (g : Map′ X Y) → ((f ⊗₁ g) ⨾ embed σ) H.≈ (embed σ ⨾ (g ⊗₁ f))
  braiding-natural f g = along-iso ⟨ σ ∘ π₂ , ! ⟩ ⟨ ! , σ ∘ π₁ ⟩
    (solve (((⌞ f ⌟ ⊗ᵗ ⌞ g ⌟) ⨾ᵗ (s⃗ ⊙ p₂ {𝕀})) ⊙ (((s⃗ ⊙ p₂) ▵ ¡) ⊛ ι)) ((s⃗ ⊙ p₂ {𝕀}) ⨾ᵗ (⌞ g ⌟ ⊗ᵗ ⌞ f ⌟)) rfl)
    (solve {(⌜ P f ⌝ ⊠ ⌜ P g ⌝) ⊠ 𝕀} (((s⃗ ⊙ p₂ {𝕀}) ▵ ¡) ⊙ (¡ ▵ (s⃗ ⊙ p₁))) ι rfl)
    (solve {𝕀 ⊠ (⌜ P g ⌝ ⊠ ⌜ P f ⌝)} ((¡ ▵ (s⃗ ⊙ p₁ {B = 𝕀})) ⊙ ((s⃗ ⊙ p₂) ▵ ¡)) ι rfl)

  private
    module S = Symmetric (cartesian-symmetric K)
    module E = Functor embedding
    -- What holds between maps of C holds between their embeddings.
    chase : ∀ {A B} {f g : A ⇒ B} → f ≈ g → embed f H.≈ embed g
    chase = E.F-cong
    two : ∀ {A B X} (g : B ⇒ X) (f : A ⇒ B) → embed (g ∘ f) H.≈ (embed f ⨾ embed g)
    two = E.F-∘

  ⊗-congruence : ∀ {A B X Y} {f f′ : Map′ A B} {g g′ : Map′ X Y} → f H.≈ f′ → g H.≈ g′ → (f ⊗₁ g) H.≈ (f′ ⊗₁ g′)
  ⊗-congruence {f = f} {f′} {g} {g′} i j = along-iso (x ⁂ y) (x⁻ ⁂ y⁻) (Cell.law (tensor-cell (_≅_.to i) (_≅_.to j)))
      (cancel (_≅_.back i) (_≅_.back j)) (cancel (_≅_.over i) (_≅_.over j))
    where
    x = Cell.along (_≅_.to i)
    x⁻ = Cell.along (_≅_.from i)
    y = Cell.along (_≅_.to j)
    y⁻ = Cell.along (_≅_.from j)
    cancel : ∀ {A B X Y} {u : A ⇒ B} {v : B ⇒ A} {s : X ⇒ Y} {t : Y ⇒ X} → u ∘ v ≈ id → s ∘ t ≈ id → (u ⁂ s) ∘ (v ⁂ t) ≈ id
    cancel p q = tr (S.⊗-∘ _ _ _ _) (tr (S.⊗-cong p q) S.⊗-id)

  -- proves: PARA-QUOT, PARA-SYM
  quotient-symmetric : Symmetric H
  quotient-symmetric = record
    { _⊗_ = _⊗_ ; 𝟙 = 𝟙 ; _⊗₁_ = _⊗₁_ ; ⊗-cong = ⊗-congruence
    ; ⊗-id = λ {A} {B} → along-iso ⟨ ! , ! ⟩ ! (solve {𝕀 ⊠ (⌜ A ⌝ ⊠ ⌜ B ⌝)} ((p₂ {𝕀} ⊗ᵗ p₂ {𝕀}) ⊙ ((¡ ▵ ¡) ⊛ ι)) p₂ rfl)
        (solve {𝕀 ⊠ 𝕀} ((¡ ▵ ¡) ⊙ ¡) ι rfl) (!-uniq _ _)
    ; ⊗-∘ = λ g g′ f f′ → H.sy (interchanger-iso f f′ g g′)
    ; α = embed S.α ; α⁻ = embed S.α⁻ ; λ⃗ = embed S.λ⃗ ; λ⃖ = embed S.λ⃖ ; ρ⃗ = embed S.ρ⃗ ; ρ⃖ = embed S.ρ⃖ ; σ = embed S.σ
    ; α-iso₁ = inverse S.α-iso₁ ; α-iso₂ = inverse S.α-iso₂ ; λ-iso₁ = inverse S.λ-iso₁ ; λ-iso₂ = inverse S.λ-iso₂
    ; ρ-iso₁ = inverse S.ρ-iso₁ ; ρ-iso₂ = inverse S.ρ-iso₂ ; σσ = inverse S.σσ
    ; α-nat = λ f g h → along-iso ⟨ α⁻ ∘ π₂ , ! ⟩ ⟨ ! , α ∘ π₁ ⟩
        (solve ((((⌞ f ⌟ ⊗ᵗ ⌞ g ⌟) ⊗ᵗ ⌞ h ⌟) ⨾ᵗ (a⃗ ⊙ p₂ {𝕀})) ⊙ (((a⃖ ⊙ p₂) ▵ ¡) ⊛ ι))
               ((a⃗ ⊙ p₂ {𝕀}) ⨾ᵗ (⌞ f ⌟ ⊗ᵗ (⌞ g ⌟ ⊗ᵗ ⌞ h ⌟))) rfl)
        (solve {((⌜ P f ⌝ ⊠ ⌜ P g ⌝) ⊠ ⌜ P h ⌝) ⊠ 𝕀} (((a⃖ ⊙ p₂ {𝕀}) ▵ ¡) ⊙ (¡ ▵ (a⃗ ⊙ p₁))) ι rfl)
        (solve {𝕀 ⊠ (⌜ P f ⌝ ⊠ (⌜ P g ⌝ ⊠ ⌜ P h ⌝))} ((¡ ▵ (a⃗ ⊙ p₁ {B = 𝕀})) ⊙ ((a⃖ ⊙ p₂) ▵ ¡)) ι rfl)
    ; λ-nat = λ f → along-iso ⟨ ⟨ ! , π₂ ⟩ , ! ⟩ ⟨ ! , π₂ ∘ π₁ ⟩
        (solve (((p₂ {𝕀} {𝕀} ⊗ᵗ ⌞ f ⌟) ⨾ᵗ (p₂ {𝕀} ⊙ p₂ {𝕀})) ⊙ (((¡ ▵ p₂) ▵ ¡) ⊛ ι)) ((p₂ {𝕀} ⊙ p₂ {𝕀}) ⨾ᵗ ⌞ f ⌟) rfl)
        (solve {(𝕀 ⊠ ⌜ P f ⌝) ⊠ 𝕀} (((¡ ▵ p₂ {𝕀}) ▵ ¡) ⊙ (¡ ▵ (p₂ ⊙ p₁))) ι rfl)
        (solve {𝕀 ⊠ ⌜ P f ⌝} ((¡ ▵ (p₂ {𝕀} ⊙ p₁ {B = 𝕀})) ⊙ ((¡ ▵ p₂) ▵ ¡)) ι rfl)
    ; ρ-nat = λ f → along-iso ⟨ ⟨ π₂ , ! ⟩ , ! ⟩ ⟨ ! , π₁ ∘ π₁ ⟩
        (solve (((⌞ f ⌟ ⊗ᵗ p₂ {𝕀} {𝕀}) ⨾ᵗ (p₁ {B = 𝕀} ⊙ p₂ {𝕀})) ⊙ (((p₂ ▵ ¡) ▵ ¡) ⊛ ι)) ((p₁ {B = 𝕀} ⊙ p₂ {𝕀}) ⨾ᵗ ⌞ f ⌟) rfl)
        (solve {(⌜ P f ⌝ ⊠ 𝕀) ⊠ 𝕀} (((p₂ {𝕀} ▵ ¡) ▵ ¡) ⊙ (¡ ▵ (p₁ ⊙ p₁))) ι rfl)
        (solve {𝕀 ⊠ ⌜ P f ⌝} ((¡ ▵ (p₁ {B = 𝕀} ⊙ p₁ {B = 𝕀})) ⊙ ((p₂ ▵ ¡) ▵ ¡)) ι rfl)
    ; σ-nat = λ f g → braiding-natural f g
    ; pentagon = H.tr (H.sy (two _ _)) (H.tr (chase S.pentagon)
        (H.tr (two _ _) (H.∘-cong (beside-left S.α) (H.tr (two _ _) (H.∘-cong H.rfl (beside-right S.α))))))
    ; triangle = H.tr (H.∘-cong (H.sy (beside-left S.λ⃗)) H.rfl)
        (H.tr (H.sy (two _ _)) (H.tr (chase S.triangle) (beside-right S.ρ⃗)))
    ; hexagon = H.tr (H.∘-cong H.rfl (H.sy (two _ _))) (H.tr (H.sy (two _ _)) (H.tr (chase S.hexagon)
        (H.tr (two _ _) (H.∘-cong (beside-left S.σ) (H.tr (two _ _) (H.∘-cong H.rfl (beside-right S.σ))))))) }
    where
    inverse : ∀ {A B} {g : B ⇒ A} {f : A ⇒ B} → g ∘ f ≈ id → (embed f ⨾ embed g) H.≈ H.id
    inverse p = H.tr (H.sy (two _ _)) (H.tr (chase p) E.F-id)
    beside-left : ∀ {A X Y} (g : X ⇒ Y) → embed (id {A} ⁂ g) H.≈ (H.id ⊗₁ embed g)
    beside-left g = H.tr (embed-tensor _ _) (⊗-congruence E.F-id H.rfl)
    beside-right : ∀ {A X Y} (g : X ⇒ Y) → embed (g ⁂ id {A}) H.≈ (embed g ⊗₁ H.id)
    beside-right g = H.tr (embed-tensor _ _) (⊗-congruence H.rfl E.F-id)
