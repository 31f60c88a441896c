"""Lenses: composition and tensor by their formulas, the category laws, and well-behaved lenses."""

from fractions import Fraction

from verified_cat.check import Counterexample, law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.functions import Functions
from verified_cat.lens import Bundle, Lens, LensMap
from verified_cat.objects import SCALAR, UNIT, Pair
from verified_cat.primitives import constant, multiply, scale, zero_on
from verified_cat.terms import Copy, Discard, Identity, LeftUnitorInverse
from verified_cat.worlds import Mutant


def blind_to_the_middle(lens, f, g):
    """put(a, c) = f*(a, g*(a, c)) where it fits."""
    right, base = Lens.compose(lens, f, g), lens.base
    if f.dom.front != f.cod.front:
        return right
    a, back = f.dom.front, g.cod.back
    put = base.sequence(
        base.tensor(base.copy(a), base.identity(back)),
        base.associator(a, a, back),
        base.tensor(base.identity(a), g.put),
        f.put,
    )
    return LensMap(right.dom, right.cod, right.get, put)


def put_returns_the_point(lens, a):
    """id = (id, π₀) where it fits."""
    if a.front != a.back:
        return Lens.identity(lens, a)
    return LensMap(a, a, lens.base.identity(a.front), lens.base.first(a.front, a.back))


@law(
    "LENS-CAT",
    "f : A -> B; g : B -> C; h : C -> D",
    worlds=("lens",),
    source="Cruttwell et al. 2021, Definition 2.4",
    mutants=(
        Mutant("lens", {"compose": blind_to_the_middle}, "g* is given a instead of f(a)"),
        Mutant("lens", {"identity": put_returns_the_point}, "the identity's put returns the point"),
    ),
)
def lenses_form_a_category(world, f, g, h):
    """(f ; g) = (f ; g, (a, c) ↦ f*(a, g*(f(a), c))), id = (id, π₁), and composition is associative and unital."""
    c, functions = world.category, world.source.functions
    get, put, inner, outer = f.get.run, f.put.run, g.get.run, g.put.run

    def both(ac):
        a, back = ac
        return inner(get(a)), put((a, outer((get(a), back))))

    dom, cod = Pair(f.dom.front, g.cod.back), Pair(g.cod.front, f.dom.back)
    yield Equation(c.compose(f, g), functions.arrow(dom, cod, both))
    yield Equation(c.compose(c.identity(f.dom), f), f)
    yield Equation(c.compose(f, c.identity(f.cod)), f)
    yield Equation(c.compose(c.compose(f, g), h), c.compose(f, c.compose(g, h)))
    one = Bundle(f.dom.front, f.dom.front)
    yield Equation(c.identity(one), functions.identity(Pair(one.front, one.back)))


def left_half_twice(functions, f, g):
    """⟨f, g⟩ taken for ⟨f, f⟩ where it fits."""
    return Functions.pairing(functions, f, f if f.cod == g.cod else g)


def crossed_backs(lens, f, g):
    """f ⊗ g with the two cotangents exchanged where it fits."""
    right, base = Lens.tensor(lens, f, g), lens.base
    if f.cod.back != g.cod.back:
        return right
    turned = base.tensor(base.identity(right.dom.front), base.swap(f.cod.back, g.cod.back))
    return LensMap(right.dom, right.cod, right.get, base.compose(turned, right.put))


def forgets_what_is_put(lens, f, g):
    """put(a, c) = f*(a, f(a)) where it fits: nothing new arrives."""
    right, base = Lens.compose(lens, f, g), lens.base
    if f.cod.front != f.cod.back:
        return right
    a, back = f.dom.front, g.cod.back
    stale = base.compose(base.first(a, back), base.pairing(base.identity(a), f.get))
    return LensMap(right.dom, right.cod, right.get, base.compose(stale, f.put))


@law(
    "LENS-MON",
    "f : A -> B; g : C -> D",
    worlds=("lens",),
    source="Cruttwell et al. 2021, section 2.2",
    mutants=(Mutant("lens", {"tensor": crossed_backs}, "f ⊗ g exchanges the two cotangents"),),
)
def lenses_are_monoidal(world, f, g):
    """(f ⊗ g)* = ((a, c), (b, d)) ↦ (f*(a, b), g*(c, d)), and σ ; (g ⊗ f) = (f ⊗ g) ; σ."""
    c, functions = world.category, world.source.functions

    def both(x):
        ac, bd = x
        (a, e), (b, d) = ac, bd
        return (f.get.run(a), g.get.run(e)), (f.put.run((a, b)), g.put.run((e, d)))

    dom, cod = c.pair(f.dom, g.dom), c.pair(f.cod, g.cod)
    yield Equation(c.tensor(f, g), functions.arrow(Pair(dom.front, cod.back), Pair(cod.front, dom.back), both))
    before = c.compose(c.swap(f.dom, g.dom), c.tensor(g, f))
    yield Equation(before, c.compose(c.tensor(f, g), c.swap(f.cod, g.cod)))


def put_of_nothing(lens, f, g):
    """f ; g whose put pulls a fixed 0 back when g ends in (1, 1)."""
    right, base = Lens.compose(lens, f, g), lens.base
    if right.cod.back != UNIT:
        return right
    nothing = base.meaning(Discard(right.put.dom) >> zero_on(right.dom.back))
    return LensMap(right.dom, right.cod, right.get, nothing)


@law(
    "LENS-TERM",
    worlds=("lens",),
    source="our own, beside LENS-MON; Cruttwell et al. 2021, Definition 3.8, for the learning rate",
    equality="strict failure",
    without_solver="the statement is about the puts 0 and 1 of R",
    minimum=1,
    mutants=(Mutant("lens", {"compose": put_of_nothing}, "every lens to (1, 1) puts 0"),),
)
def the_unit_is_not_terminal(world):
    """(!, 0) and (!, 1) are two lenses (R, R) → (1, 1), put any map R ⊗ 1 → R: a learning rate, and no discarding.

    So discarding is not natural: x², with R[x²](x, w) = 2 x w, before (!, 1) puts 6 at 3, and (!, 1) puts 1.
    """
    lens, meaning = world.category, world.category.base.meaning
    line, unit = lens.image(SCALAR), lens.unit
    asked = Pair(SCALAR, UNIT)

    def rate(number):
        put = meaning(Discard(asked) >> constant((), number))
        return lens.of(line, unit, meaning(Discard(SCALAR)), put)

    square = Copy(SCALAR) >> multiply(())
    doubled = multiply(()) >> scale(2, ())
    before = lens.compose(lens.of(line, line, meaning(square), meaning(doubled)), rate(1))
    at_three = meaning(LeftUnitorInverse(UNIT) >> (constant((), 3) @ Identity(UNIT)))
    base = world.category.base
    yield Equation(base.compose(at_three, before.put), meaning(constant((), 6)))
    point = ((Fraction(3),), ())
    yield Counterexample(Equation(rate(0), rate(1)), point)
    yield Counterexample(Equation(before, rate(1)), point)


# ------------------------------------------------------------------------------------------------ well-behaved lenses


def lens_laws(base, f):
    """GetPut, PutGet and PutPut of a lens with A = A' and B = B'."""
    a, b = f.dom.front, f.cod.front
    yield Equation(base.compose(base.pairing(base.identity(a), f.get), f.put), base.identity(a))
    yield Equation(base.compose(f.put, f.get), base.second(a, b))
    twice = base.compose(base.tensor(f.put, base.identity(b)), f.put)
    last = base.compose(base.tensor(base.first(a, b), base.identity(b)), f.put)
    yield Equation(twice, last)


def constant_complement(base, a, b):
    """(π₀, ((a, b), a') ↦ (a', b)) : A ⊗ B → A, the lens that leaves B as it was."""
    whole = Pair(a, b)
    kept = base.compose(base.first(whole, a), base.second(a, b))
    put = base.pairing(base.second(whole, a), kept)
    return LensMap(Bundle(whole, whole), Bundle(a, a), base.first(a, b), put)


@law(
    "LL-LAWS",
    "A B C",
    worlds=("functions",),
    source="Foster et al. 2007; Fong and Johnson 2019",
    mutants=(Mutant("functions", {"pairing": left_half_twice}, "⟨f, g⟩ is taken for ⟨f, f⟩"),),
)
def structural_lenses_are_very_well_behaved(world, a, b, c):
    """GetPut, PutGet and PutPut hold of id, α, λ, ρ, σ and of constant complements A ⊗ B → A."""
    base = world.category
    lens = Lens(base)
    one, two, three = (Bundle(ob, ob) for ob in (a, b, c))
    structural = (lens.identity(one), lens.swap(one, two), lens.left_unitor(one), lens.right_unitor_inverse(one))
    for each in (*structural, lens.associator(one, two, three), constant_complement(base, a, b)):
        yield from lens_laws(base, each)


@law(
    "LL-CLOSED",
    "A B C D",
    worlds=("lens",),
    source="Foster et al. 2007; Johnson, Rosebrugh and Wood 2010, for the form of very well-behaved lenses",
    style=Style("polynomial", 1),
    mutants=(
        Mutant("lens", {"compose": forgets_what_is_put}, "put of a composite puts back what was there"),
        Mutant("lens", {"tensor": crossed_backs}, "f ⊗ g exchanges the two cotangents"),
    ),
)
def lens_laws_are_closed_under_composition(world, a, b, c, d):
    """Composites and tensors of very well-behaved lenses, those along a bijection A ≅ B ⊗ C, are very well-behaved.

    What each of the three laws needs by itself is LL-FIN.
    """
    lens, base = world.category, world.category.base
    one, two, three, four = (each.front for each in (a, b, c, d))
    inner = very_well_behaved(world, "φ", one, two)
    outer = very_well_behaved(world, "ψ", inner.dom.front, three)
    yield from lens_laws(base, lens.compose(outer, inner))
    yield from lens_laws(base, lens.tensor(inner, very_well_behaved(world, "χ", three, four)))


def very_well_behaved(world, name, a, b):
    """The lens C → A along a bijection φ : A ⊗ B → C: (φ⁻¹ ; π₀, (c, a') ↦ φ(a', π₁ (φ⁻¹ c)))."""
    base = world.category.base
    there, back = world.source.bijection(name, Pair(a, b))
    plain, whole = constant_complement(base, a, b), there.cod
    put = base.sequence(base.tensor(back, base.identity(a)), plain.put, there)
    return LensMap(Bundle(whole, whole), plain.cod, base.compose(back, plain.get), put)
