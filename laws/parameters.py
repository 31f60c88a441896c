"""Para and what is around it: points, tying, embedding, change of base, the symmetry."""

from fractions import Fraction

from verified_cat.category import Terms
from verified_cat.check import PARA, law
from verified_cat.equation import Equation
from verified_cat.functions import AdditiveMaps
from verified_cat.laws.differential import FREE, derivative_at_the_start
from verified_cat.laws.gad import value_twice
from verified_cat.laws.monoidal import idle_swap
from verified_cat.laws.para import EXCHANGED, TWICE, exchanged_parameters
from verified_cat.objects import Pair
from verified_cat.para import Para, ParaMap, change_base, tie
from verified_cat.worlds import Mutant


def numbers(*entries):
    """Exact points of R."""
    return tuple((Fraction(entry),) for entry in entries)


def embedded_twice(para, f):
    """An endomorphism of the base is embedded as its square."""
    base = para.base
    return Para.embed(para, base.compose(f, f) if base.dom(f) == base.cod(f) else f)


def exchanged_beside(para, f, g):
    """((p, q), (a, c)) ↦ (f(q, a), g(p, c)) where it fits."""
    right = Para.tensor(para, f, g)
    return para.reparam(right, para.base.swap(f.param, g.param)) if f.param == g.param else right


def idle_symmetry(para, a, b):
    """(a, b) ↦ (a, b) where it fits."""
    return para.embed(para.base.identity(para.pair(a, a)) if a == b else para.base.swap(a, b))


def last_use_alone(gad, a):
    """Δ whose pullback keeps the cotangent of the second use: the "+=" that is "="."""
    return gad.of(a, Pair(a, a), lambda x: ((x, x), AdditiveMaps.second(gad.k.k, a, a)))


BESIDE = Mutant("para", {"tensor": exchanged_beside}, "f ⊗ g exchanges the parameters")
OVERWRITTEN = Mutant(
    "para over D", {"copy": last_use_alone}, "the gradient of a shared value is overwritten", part="base"
)


@law(
    "PARA-ORDER",
    "f : A -> B; g : B -> C",
    worlds=PARA,
    source="slides of the talk, p. 15, against Cruttwell et al. 2021, Definition 2.1",
    equality="iso",
    mutants=(EXCHANGED,),
)
def the_two_orders_of_parameters(world, f, g):
    """The slides' composite over P ⊗ Q is that of Cruttwell et al. over Q ⊗ P, reparametrised along σ."""
    c, base = world.category, world.category.base
    p, q, a = f.param, g.param, f.dom
    inside = base.sequence(base.associator(q, p, a), base.tensor(base.identity(q), f.inside), g.inside)
    other = c.of(base.pair(q, p), a, g.cod, inside)
    yield Equation(c.compose(f, g), c.reparam(other, base.swap(p, q)), along="swap")


@law(
    "PARA-EMB",
    "A B C D E",
    worlds=PARA,
    source="numeric-optics, to_para; stated and checked here",
    equality="iso",
    mutants=(Mutant("para", {"embed": embedded_twice}, "an endomorphism is embedded as its square"),),
)
def the_base_embeds(world, a, b, c, d, e):
    """embed (f ; g) is embed f ; embed g and embed (f ⊗ h) is embed f ⊗ embed h along λ : 1 ⊗ 1 → 1; embed id = id.

    It is faithful: f is embed f at the one point of 1.
    """
    para, base = world.category, world.category.base
    f, g, h = world.underneath("f", a, b), world.underneath("g", b, c), world.underneath("h", d, e)
    unit = base.left_unitor(para.unit)
    whole = para.reparam(para.embed(base.compose(f, g)), unit)
    yield Equation(para.compose(para.embed(f), para.embed(g)), whole, along="left unitor")
    both = para.reparam(para.embed(base.tensor(f, h)), unit)
    yield Equation(para.tensor(para.embed(f), para.embed(h)), both, along="left unitor")
    yield Equation(para.embed(base.identity(a)), para.identity(a))
    yield Equation(base.compose(base.left_unitor_inverse(a), para.embed(f).inside), f)


def at(base, f, point):
    """f(p, -) : A → B for a point p : 1 → P."""
    return base.sequence(base.left_unitor_inverse(f.dom), base.tensor(point, base.identity(f.dom)), f.inside)


@law(
    "PARA-EV",
    "f : A -> B; g : B -> C; h : D -> E; Q",
    worlds=PARA,
    source="Gavranović 2020, parameter instantiation; stated and checked here",
    mutants=(EXCHANGED, BESIDE),
)
def instantiation_is_a_functor(world, f, g, h, q):
    """At points: (f ; g)_(p, q) = f_p ; g_q, (f ⊗ h)_(p, s) = f_p ⊗ h_s, (f along r)_p = f_(r p)."""
    c, base = world.category, world.category.base
    p, s, t = (world.underneath(name, c.unit, each.param) for name, each in (("p", f), ("s", g), ("t", h)))

    def both(one, two):
        return base.compose(base.left_unitor_inverse(c.unit), base.tensor(one, two))

    yield Equation(at(base, c.compose(f, g), both(p, s)), base.compose(at(base, f, p), at(base, g, s)))
    yield Equation(at(base, c.tensor(f, h), both(p, t)), base.tensor(at(base, f, p), at(base, h, t)))
    point, r = world.underneath("q", c.unit, q), world.underneath("r", q, f.param)
    yield Equation(at(base, c.reparam(f, r), point), at(base, f, base.compose(point, r)))


@law(
    "PARA-SYM",
    "f : A -> B; g : C -> D; h : E -> F",
    worlds=PARA,
    source="Cruttwell et al. 2021, Remark 2.1: a symmetric monoidal bicategory; Mac Lane 1998, XI.1, for the hexagon",
    equality="iso",
    costly=True,
    mutants=(
        Mutant("para", {"swap": idle_symmetry}, "σ does nothing where the two objects agree"),
        Mutant("para", {"swap": idle_swap}, "σ of the parameters forgets to exchange them", part="base"),
    ),
)
def the_symmetry_exchanges_parameters(world, f, g, h):
    """σ ; (g ⊗ f) is (f ⊗ g) ; σ along 1 ⊗ (Q ⊗ P) → (P ⊗ Q) ⊗ 1, and σ ; σ is id along λ.

    The hexagon α ; σ ; α = (σ ⊗ id) ; α ; (id ⊗ σ) holds of the data along ρ⁻¹ and λ⁻¹, and of the parameters.
    """
    c, base = world.category, world.category.base
    p, q = f.param, g.param
    along = base.sequence(
        base.left_unitor(base.pair(q, p)), base.swap(q, p), base.right_unitor_inverse(base.pair(p, q))
    )
    moved = c.reparam(c.compose(c.tensor(f, g), c.swap(f.cod, g.cod)), along)
    yield Equation(c.compose(c.swap(f.dom, g.dom), c.tensor(g, f)), moved, along="swap")
    there, back = c.swap(f.dom, g.dom), c.swap(g.dom, f.dom)
    same = c.reparam(c.identity(c.pair(f.dom, g.dom)), base.left_unitor(c.unit))
    yield Equation(c.compose(there, back), same, along="left unitor")
    yield from _hexagons(c, base, f, g, h)


def _hexagons(c, base, f, g, h):
    """On data, where the 1-cells have trees of units as parameters, and on the parameters themselves."""
    u = c.unit
    around, direct = _hexagon(c, f.dom, g.dom, h.dom)
    along = base.tensor(base.identity(base.pair(base.pair(u, u), u)), base.left_unitor_inverse(u))
    along = base.compose(base.right_unitor_inverse(base.pair(base.pair(u, u), u)), along)
    yield Equation(direct, c.reparam(around, along), along="unitors")
    around, direct = _hexagon(base, f.param, g.param, h.param)
    yield Equation(direct, around)


def _hexagon(c, x, y, z):
    """(σ ⊗ id) ; α ; (id ⊗ σ) and α ; σ ; α : (X ⊗ Y) ⊗ Z → Y ⊗ (Z ⊗ X)."""
    around = c.compose(c.tensor(c.swap(x, y), c.identity(z)), c.associator(y, x, z))
    around = c.compose(around, c.tensor(c.identity(y), c.swap(x, z)))
    direct = c.compose(c.associator(x, y, z), c.swap(x, c.pair(y, z)))
    return around, c.compose(direct, c.associator(y, z, x))


@law(
    "PARA-COKL",
    "P A B C",
    worlds=("para", "para over D"),
    source="derived here; compare Gavranović and Villani 2022",
    mutants=(TWICE,),
)
def tied_composition_is_cokleisli(world, p, a, b, c):
    """(f ; g) with one parameter for both, reparametrised along Δ, is (p, a) ↦ g(p, f(p, a)) : (P ⊗ -)-coKleisli."""
    para, base = world.category, world.category.base
    f = para.of(p, a, b, world.underneath("f", para.pair(p, a), b))
    g = para.of(p, b, c, world.underneath("g", para.pair(p, b), c))
    shared = base.compose(base.pairing(base.first(p, a), f.inside), g.inside)
    yield Equation(tie(para, para.compose(f, g)), para.of(p, a, c, shared))


@law(
    "PARA-TIEGRAD",
    "P A B Q",
    worlds=("para over D",),
    source="Cockett et al. 2019, RD.4 and RD.5",
    mutants=(OVERWRITTEN, Mutant("para over D", {"compose": derivative_at_the_start}, "g' is taken at a", part="base")),
)
def gradients_of_tied_parameters_add_up(world, p, a, b, q):
    """Along Δ the two parameter gradients are added; along r : Q → P the gradient is pulled back through r."""
    c, functions = world.category, world.source.functions
    h = c.of(Pair(p, p), a, b, world.underneath("h", Pair(Pair(p, p), a), b))
    add_up = c.base.k.k.merge(p).run

    def tied(x):
        (pa, w) = x
        at, point = pa
        value, back = h.inside.run(((at, at), point))
        (one, two), rest = back.run(w)
        return value, (add_up((one, two)), rest)

    yield Equation(tie(c, h), functions.arrow(Pair(Pair(p, a), b), Pair(b, Pair(p, a)), tied))
    f, r = c.of(p, a, b, world.underneath("f", Pair(p, a), b)), world.underneath("r", q, p)

    def pulled(x):
        (qa, w) = x
        at, point = qa
        moved, through = r.run(at)
        value, back = f.inside.run((moved, point))
        gradient, rest = back.run(w)
        return value, (through.run(gradient), rest)

    yield Equation(c.reparam(f, r), functions.arrow(Pair(Pair(q, a), b), Pair(b, Pair(q, a)), pulled))


@law(
    "PARA-BASE",
    "f : A -> B; g : B -> C; h : D -> E; Q",
    worlds=("para over D",),
    source="Capucci et al. 2022, Proposition 2; Cruttwell et al. 2021, Remark 2.1",
    mutants=(Mutant("para over D", {"compose": value_twice}, "the value of f ; g applies f twice", part="base"),),
)
def change_of_base_preserves_composition(world, f, g, h, q):
    """Para(F)(f ; g) = Para(F) f ; Para(F) g, and the same for ⊗, id, σ and 2-cells, for the value functor F of D."""
    c, value = world.category, world.category.base.forget
    plain = Para(world.source.functions)

    def over(one):
        return change_base(one, value)

    yield Equation(over(c.compose(f, g)).inside, plain.compose(over(f), over(g)).inside)
    yield Equation(over(c.tensor(f, h)).inside, plain.tensor(over(f), over(h)).inside)
    yield Equation(over(c.identity(f.dom)).inside, plain.identity(f.dom).inside)
    yield Equation(over(c.swap(f.dom, h.dom)).inside, plain.swap(f.dom, h.dom).inside)
    r = world.underneath("r", q, f.param)
    yield Equation(over(c.reparam(f, r)).inside, plain.reparam(over(f), value(r)).inside)


@law(
    "PL-R",
    "t : P @ A => B; u : Q @ B => C",
    worlds=("para over D",),
    source="Cruttwell et al. 2021, equations (8) and (10)",
    without_solver=FREE,
    mutants=(Mutant("para over D", {"compose": exchanged_parameters}, "the two parameters are exchanged"),),
)
def layers_compose_before_or_after_differentiation(world, t, u):
    """Para(D)(t ; u) = Para(D) t ; Para(D) u: a network's derivative is the composite of its layers' derivatives."""
    c, terms = world.category, Para(Terms())
    (p, a), (q, _) = ((each.dom.left, each.dom.right) for each in (t, u))
    first, second = ParaMap(p, a, t.cod, t), ParaMap(q, u.dom.right, u.cod, u)

    def differentiated(one):
        return change_base(one, c.base.differentiate)

    whole = differentiated(terms.compose(first, second))
    yield Equation(whole, c.compose(differentiated(first), differentiated(second)))
