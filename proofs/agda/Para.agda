{-# OPTIONS --safe --without-K #-}
-- Para(C), for any cartesian category C, is a bicategory. The conventions are those of verified_cat/para.py:
-- f ⨾ g has the parameters P ⊗ Q, inner first, and a 2-cell (P, f) ⇒ (P′, f′) is r : P′ → P with f′ = f ∘ (r ⊗ A).
module Para where

open import Prelude
open import Categories
open import Products
open import Solve
open import Bicategories

module _ {o ℓ e} {C : Category o ℓ e} (K : Cartesian C) where
  open Category C
  open Cartesian K
  open Solver K

  record Map (A B : Obj) : Set (o ⊔ ℓ) where
    constructor para
    field
      P  : Obj
      fn : P ⊗ A ⇒ B
  open Map

  record Cell {A B : Obj} (f g : Map A B) : Set (ℓ ⊔ e) where
    constructor cell
    field
      along : P g ⇒ P f
      law   : fn f ∘ (along ⁂ id) ≈ fn g
  open Cell

  -- ((p, q), a) ↦ g(q, f(p, a))
  seq : ∀ {A B X} → Map A B → Map B X → Map A X
  seq (para P f) (para Q g) = para (P ⊗ Q) (g ∘ ⟨ π₂ ∘ π₁ , f ∘ ⟨ π₁ ∘ π₁ , π₂ ⟩ ⟩)

  unit : ∀ {A} → Map A A
  unit = para 𝟙 π₂

  -- The same, in the syntax of the solver.
  private
    infixr 9 _⨟_
    _⨟_ : ∀ {S T U V W : Ty} → Tm (S ⊠ U) V → Tm (T ⊠ V) W → Tm ((S ⊠ T) ⊠ U) W
    f ⨟ g = g ⊙ ((p₂ ⊙ p₁) ▵ (f ⊙ ((p₁ ⊙ p₁) ▵ p₂)))

    ⌞_⌟ : ∀ {A B} (f : Map A B) → Tm (⌜ P f ⌝ ⊠ ⌜ A ⌝) ⌜ B ⌝
    ⌞ f ⌟ = gen (fn f)

    ⌞_⌟₂ : ∀ {A B} {f g : Map A B} → Cell f g → Tm ⌜ P g ⌝ ⌜ P f ⌝
    ⌞ r ⌟₂ = gen (along r)

  -- A 2-cell on generalised elements: f′(r(x), y) = f(x, y).
  at : ∀ {Γ A B} {f g : Map A B} (r : Cell f g) (x : Γ ⇒ P g) (y : Γ ⇒ A) → fn f ∘ ⟨ along r ∘ x , y ⟩ ≈ fn g ∘ ⟨ x , y ⟩
  at r x y = tr (∘-cong rfl (sy split)) (tr (sy (assoc _ _ _)) (∘-cong (law r) rfl))
    where
    split : (along r ⁂ id) ∘ ⟨ x , y ⟩ ≈ ⟨ along r ∘ x , y ⟩
    split = tr (⟨⟩∘ _ _ _) (⟨⟩-cong (tr (assoc _ _ _) (∘-cong rfl (β₁ x y))) (tr (assoc _ _ _) (tr (idl _) (β₂ x y))))

  id-cell : ∀ {A B} {f : Map A B} → Cell f f
  id-cell {f = f} = cell id (solve (⌞ f ⌟ ⊙ (ι ⊛ ι)) ⌞ f ⌟ rfl)

  vertical : ∀ {A B} {f g k : Map A B} → Cell f g → Cell g k → Cell f k
  vertical {A} {B} {f} {g} {k} x y = cell (along x ∘ along y)
    (tr (solve (⌞ f ⌟ ⊙ ((⌞ x ⌟₂ ⊙ ⌞ y ⌟₂) ⊛ ι)) ((⌞ f ⌟ ⊙ (⌞ x ⌟₂ ⊛ ι)) ⊙ (⌞ y ⌟₂ ⊛ ι)) rfl)
        (tr (∘-cong (law x) rfl) (law y)))

  horizontal : ∀ {A B X} {f f′ : Map A B} {g g′ : Map B X} → Cell f f′ → Cell g g′ → Cell (seq f g) (seq f′ g′)
  horizontal {f = f} {f′} {g} {g′} x y = cell (along x ⁂ along y)
    (tr (sy (nf-sound ((⌞ f ⌟ ⨟ ⌞ g ⌟) ⊙ ((⌞ x ⌟₂ ⊛ ⌞ y ⌟₂) ⊛ ι))))
        (tr (∘-cong rfl (⟨⟩-cong rfl (at x _ _))) (tr (at y _ _) (nf-sound (⌞ f′ ⌟ ⨟ ⌞ g′ ⌟)))))

  -- proves: PARA-ASSOC
  associator : ∀ {A B X D} (f : Map A B) (g : Map B X) (h : Map X D) → Cell (seq f (seq g h)) (seq (seq f g) h)
  associator f g h = cell α (solve ((⌞ f ⌟ ⨟ (⌞ g ⌟ ⨟ ⌞ h ⌟)) ⊙ (a⃗ ⊛ ι)) ((⌞ f ⌟ ⨟ ⌞ g ⌟) ⨟ ⌞ h ⌟) rfl)

  associator⁻ : ∀ {A B X D} (f : Map A B) (g : Map B X) (h : Map X D) → Cell (seq (seq f g) h) (seq f (seq g h))
  associator⁻ f g h = cell α⁻ (solve (((⌞ f ⌟ ⨟ ⌞ g ⌟) ⨟ ⌞ h ⌟) ⊙ (a⃖ ⊛ ι)) (⌞ f ⌟ ⨟ (⌞ g ⌟ ⨟ ⌞ h ⌟)) rfl)

  -- proves: PARA-UNIT
  left-unitor : ∀ {A B} (f : Map A B) → Cell f (seq unit f)
  left-unitor f = cell π₂ (solve (⌞ f ⌟ ⊙ (p₂ {A = 𝕀} ⊛ ι)) (p₂ ⨟ ⌞ f ⌟) rfl)

  left-unitor⁻ : ∀ {A B} (f : Map A B) → Cell (seq unit f) f
  left-unitor⁻ f = cell ⟨ ! , id ⟩ (solve ((p₂ ⨟ ⌞ f ⌟) ⊙ ((¡ ▵ ι) ⊛ ι)) ⌞ f ⌟ rfl)

  -- proves: PARA-UNIT
  right-unitor : ∀ {A B} (f : Map A B) → Cell f (seq f unit)
  right-unitor f = cell π₁ (solve (⌞ f ⌟ ⊙ (p₁ {B = 𝕀} ⊛ ι)) (⌞ f ⌟ ⨟ p₂) rfl)

  right-unitor⁻ : ∀ {A B} (f : Map A B) → Cell (seq f unit) f
  right-unitor⁻ f = cell ⟨ id , ! ⟩ (solve ((⌞ f ⌟ ⨟ p₂) ⊙ ((ι ▵ ¡) ⊛ ι)) ⌞ f ⌟ rfl)

  -- proves: PARA-2CAT
  horizontal-vertical : ∀ {A B X} {f f′ f″ : Map A B} {g g′ g″ : Map B X}
    (x : Cell f f′) (x′ : Cell f′ f″) (y : Cell g g′) (y′ : Cell g′ g″) →
    (along x ∘ along x′) ⁂ (along y ∘ along y′) ≈ (along x ⁂ along y) ∘ (along x′ ⁂ along y′)
  horizontal-vertical x x′ y y′ =
    solve ((⌞ x ⌟₂ ⊙ ⌞ x′ ⌟₂) ⊛ (⌞ y ⌟₂ ⊙ ⌞ y′ ⌟₂)) ((⌞ x ⌟₂ ⊛ ⌞ y ⌟₂) ⊙ (⌞ x′ ⌟₂ ⊛ ⌞ y′ ⌟₂)) rfl

  -- proves: PARA-COH
  pentagon-law : ∀ {P Q R S : Obj} → α {P} {Q} {R ⊗ S} ∘ α ≈ (id ⁂ α) ∘ (α ∘ (α ⁂ id))
  pentagon-law {P} {Q} {R} {S} =
    solve {((⌜ P ⌝ ⊠ ⌜ Q ⌝) ⊠ ⌜ R ⌝) ⊠ ⌜ S ⌝} (a⃗ ⊙ a⃗) ((ι ⊛ a⃗) ⊙ (a⃗ ⊙ (a⃗ ⊛ ι))) rfl

  -- proves: PARA-COH
  triangle-law : ∀ {P Q : Obj} → (id ⁂ π₂) ∘ α {P} {𝟙} {Q} ≈ π₁ ⁂ id
  triangle-law {P} {Q} = solve {(⌜ P ⌝ ⊠ 𝕀) ⊠ ⌜ Q ⌝} ((ι ⊛ p₂) ⊙ a⃗) (p₁ ⊛ ι) rfl

  -- proves: PARA-ASSOC, PARA-UNIT, PARA-2CAT, PARA-COH
  Para : Bicategory o (o ⊔ ℓ) (ℓ ⊔ e) e
  Para = record
    { Ob = Obj ; Hom = Map ; _⇛_ = Cell ; _≋_ = λ x y → along x ≈ along y
    ; ≋-equiv = record { rfl = rfl ; sy = sy ; tr = tr }
    ; 1₂ = id-cell ; _·_ = vertical
    ; ·-assoc = λ x y z → assoc _ _ _ ; ·-idl = λ x → idl _ ; ·-idr = λ x → idr _ ; ·-cong = ∘-cong
    ; I = unit ; _⨾_ = seq ; _⋆_ = horizontal
    ; ⋆-id = λ {_} {_} {_} {f} {g} → solve {⌜ P f ⌝ ⊠ ⌜ P g ⌝} (ι ⊛ ι) ι rfl
    ; ⋆-· = horizontal-vertical
    ; ⋆-cong = λ p q → ⟨⟩-cong (∘-cong p rfl) (∘-cong q rfl)
    ; ass = associator ; ass⁻ = associator⁻
    ; ass-inv₁ = λ f g h → solve {⌜ P f ⌝ ⊠ (⌜ P g ⌝ ⊠ ⌜ P h ⌝)} (a⃗ ⊙ a⃖) ι rfl
    ; ass-inv₂ = λ f g h → solve {(⌜ P f ⌝ ⊠ ⌜ P g ⌝) ⊠ ⌜ P h ⌝} (a⃖ ⊙ a⃗) ι rfl
    ; ass-nat = λ x y z →
        solve ((⌞ x ⌟₂ ⊛ (⌞ y ⌟₂ ⊛ ⌞ z ⌟₂)) ⊙ a⃗) (a⃗ ⊙ ((⌞ x ⌟₂ ⊛ ⌞ y ⌟₂) ⊛ ⌞ z ⌟₂)) rfl
    ; lun = left-unitor ; lun⁻ = left-unitor⁻
    ; lun-inv₁ = λ f → solve {⌜ P f ⌝} (p₂ ⊙ (¡ ▵ ι)) ι rfl
    ; lun-inv₂ = λ f → solve {𝕀 ⊠ ⌜ P f ⌝} ((¡ ▵ ι) ⊙ p₂) ι rfl
    ; lun-nat = λ x → solve (⌞ x ⌟₂ ⊙ p₂ {A = 𝕀}) (p₂ ⊙ (ι ⊛ ⌞ x ⌟₂)) rfl
    ; run = right-unitor ; run⁻ = right-unitor⁻
    ; run-inv₁ = λ f → solve {⌜ P f ⌝} (p₁ ⊙ (ι ▵ ¡)) ι rfl
    ; run-inv₂ = λ f → solve {⌜ P f ⌝ ⊠ 𝕀} ((ι ▵ ¡) ⊙ p₁) ι rfl
    ; run-nat = λ x → solve (⌞ x ⌟₂ ⊙ p₁ {B = 𝕀}) (p₁ ⊙ (⌞ x ⌟₂ ⊛ ι)) rfl
    ; pentagon = λ f g h k → pentagon-law ; triangle = λ f g → triangle-law }
