"""Para: composition, its coherent isomorphisms, reparametrisations, and what must not be quotiented."""

from fractions import Fraction

from verified_cat.category import interpret
from verified_cat.check import PARA, Counterexample, law
from verified_cat.equation import Equation
from verified_cat.objects import SCALAR, UNIT, Pair
from verified_cat.para import Para, Reparam
from verified_cat.primitives import add, constant, multiply, negate
from verified_cat.terms import Copy, Discard, First, Identity, LeftUnitor, Pairing, Second
from verified_cat.worlds import Mutant


def exchanged_parameters(para, f, g):
    """((p, q), a) ↦ g(p, f(q, a)) where it fits."""
    right = Para.compose(para, f, g)
    if f.param != g.param:
        return right
    return para.reparam(right, para.base.swap(f.param, g.param))


def shared_parameter(para, f, g):
    """((p, q), a) ↦ g(p, f(p, a)) where it fits."""
    right, base = Para.compose(para, f, g), para.base
    if f.param != g.param or not hasattr(base, "copy"):
        return right
    p = f.param
    first = base.compose(base.tensor(base.identity(p), base.discard(p)), base.right_unitor(p))
    return para.reparam(right, base.compose(first, base.copy(p)))


def inner_twice(para, f, g):
    """f's map applied twice, with the same parameter, where it is an endomorphism."""
    right, base = Para.compose(para, f, g), para.base
    if f.dom != f.cod or not hasattr(base, "copy"):
        return right
    p, a = f.param, f.dom
    again = base.sequence(
        base.tensor(base.copy(p), base.identity(a)),
        base.associator(p, p, a),
        base.tensor(base.identity(p), f.inside),
        f.inside,
    )
    return Para.compose(para, para.of(p, a, a, again), g)


def applied_twice(para, f, along):
    """An endomorphic reparametrisation is applied twice."""
    base = para.base
    if base.dom(along) == base.cod(along):
        along = base.compose(along, along)
    return Para.reparam(para, f, along)


def permuting_cell(para, f, g, h):
    """The associator 2-cell with its last two parameters exchanged where it fits."""
    right, base = Para.associator_cell(para, f, g, h), para.base
    if g.param != h.param:
        return right
    swap = base.tensor(base.identity(f.param), base.swap(g.param, h.param))
    along = base.compose(right.along, swap)
    return Reparam(right.source, para.reparam(right.source, along), along, right.name)


def idle_interchanger(para, f, f2, g, g2):
    """The interchange 2-cell taken for the identity where it fits."""
    right = Para.interchanger_cell(para, f, f2, g, g2)
    if f2.param != g.param:
        return right
    along = para.base.identity(para.base.dom(right.along))
    return Reparam(right.source, para.reparam(right.source, along), along, right.name)


def blind_to_points(para, f, along):
    """A reparametrisation by a point is taken for the point 0."""
    if along.dom == UNIT and f.param == SCALAR:
        along = interpret(constant((), 0), para.base)
    return Para.reparam(para, f, along)


EXCHANGED = Mutant("para", {"compose": exchanged_parameters}, "the two parameters are exchanged")
TWICE = Mutant("para", {"compose": inner_twice}, "the inner map is applied twice")


@law(
    "PARA-COMP",
    "f : A -> B; g : B -> C; h : D -> E",
    worlds=("para",),
    source="slides of the talk, p. 15, equations (1) and (2); Fong, Spivak and Tuyéras 2019, III.1",
    mutants=(
        EXCHANGED,
        Mutant("para", {"compose": shared_parameter}, "both maps take the first parameter"),
        TWICE,
    ),
)
def composition(world, f, g, h):
    """(f ; g)((p, q), a) = g(q, f(p, a)) and (f ⊗ h)((p, q), (a, d)) = (f(p, a), h(q, d))."""
    c, functions = world.category, world.source.functions
    inner, outer = f.inside.run, g.inside.run

    def run(x):
        pq, a = x
        p, q = pq
        return outer((q, inner((p, a))))

    def beside(x):
        pq, ad = x
        (p, q), (a, d) = pq, ad
        return inner((p, a)), h.inside.run((q, d))

    dom = Pair(Pair(f.param, g.param), f.dom)
    yield Equation(c.compose(f, g), c.of(Pair(f.param, g.param), f.dom, g.cod, functions.arrow(dom, g.cod, run)))
    params, whole, cod = Pair(f.param, h.param), Pair(f.dom, h.dom), Pair(f.cod, h.cod)
    yield Equation(c.tensor(f, h), c.of(params, whole, cod, functions.arrow(Pair(params, whole), cod, beside)))


@law(
    "PARA-ASSOC",
    "f : A -> B; g : B -> C; h : C -> D",
    worlds=PARA,
    source="slides of the talk, p. 15; Cruttwell et al. 2021, section 2.1",
    equality="iso",
    mutants=(
        EXCHANGED,
        Mutant("para", {"associator_cell": permuting_cell}, "the associator exchanges the last two parameters"),
        TWICE,
    ),
)
def associativity(world, f, g, h):
    """(f ; g) ; h is f ; (g ; h) reparametrised along α : (P ⊗ Q) ⊗ R → P ⊗ (Q ⊗ R)."""
    c = world.category
    cell = c.associator_cell(f, g, h)
    return Equation(c.compose(c.compose(f, g), h), cell.target, along=cell.name)


@law(
    "PARA-UNIT",
    "f : A -> B",
    worlds=PARA,
    source="slides of the talk, p. 15; bgavran/Compositional_Deep_Learning, (.*)",
    equality="iso",
    mutants=(TWICE,),
)
def units(world, f):
    """id ; f is f reparametrised along λ, and f ; id is f reparametrised along ρ."""
    c = world.category
    left, right = c.left_unitor_cell(f), c.right_unitor_cell(f)
    yield Equation(c.compose(c.identity(f.dom), f), left.target, along=left.name)
    yield Equation(c.compose(f, c.identity(f.cod)), right.target, along=right.name)


@law(
    "PARA-2CAT",
    "f : A -> B; g : B -> C; P P' Q' Q",
    worlds=PARA,
    source="Capucci et al. 2022, Definition 2.6; Cruttwell et al. 2021, Definition 2.3 and Remark 2.1",
    mutants=(Mutant("para", {"reparam": applied_twice}, "an endomorphic reparametrisation is applied twice"),),
)
def reparametrisations_form_categories(world, f, g, p, p2, q, q2):
    """f along r is (r ⊗ A) ; f; reparametrisations compose contravariantly, and composition is functorial in them."""
    c = world.category
    r, again = world.underneath("r", p, f.param), world.underneath("r'", p2, p)
    s = world.underneath("s", q, g.param)
    first, base = c.cell(f, r), c.base
    explicit = base.compose(base.tensor(r, base.identity(f.dom)), f.inside)
    yield Equation(first.target, c.of(p, f.dom, f.cod, explicit))
    second = c.cell(first.target, again)
    yield Equation(second.target, c.reparam(f, c.vertical(first, second).along))
    yield Equation(c.reparam(f, base.identity(f.param)), f)
    both = c.horizontal(first, c.cell(g, s))
    yield Equation(both.target, c.reparam(both.source, both.along))
    beside = c.cell(g, s)
    under = c.cell(beside.target, world.underneath("s'", q2, q))
    left = c.horizontal(c.vertical(first, second), c.vertical(beside, under))
    right = c.vertical(c.horizontal(first, beside), c.horizontal(second, under))
    yield Equation(left.along, right.along)
    endo = world.underneath("e", f.param, f.param)
    yield Equation(c.reparam(c.reparam(f, endo), endo), c.reparam(f, base.compose(endo, endo)))


@law(
    "PARA-COH",
    "f : A -> B; g : B -> C; h : C -> D; k : D -> E",
    worlds=PARA,
    source="Bénabou 1967, axioms of a bicategory",
    mutants=(Mutant("para", {"associator_cell": permuting_cell}, "the associator exchanges the last two parameters"),),
)
def pentagon_and_triangle(world, f, g, h, k):
    """The pentagon and the triangle of the associator and unitor 2-cells, on the parameters."""
    c = world.category
    base, one = c.base, c.base.identity
    outer = base.compose(c.associator_cell(c.compose(f, g), h, k).along, c.associator_cell(f, g, c.compose(h, k)).along)
    around = base.sequence(
        base.tensor(c.associator_cell(f, g, h).along, one(k.param)),
        c.associator_cell(f, c.compose(g, h), k).along,
        base.tensor(one(f.param), c.associator_cell(g, h, k).along),
    )
    yield Equation(outer, around)
    middle = c.associator_cell(f, c.identity(f.cod), g).along
    triangle = base.compose(middle, base.tensor(one(f.param), c.left_unitor_cell(g).along))
    yield Equation(triangle, base.tensor(c.right_unitor_cell(f).along, one(g.param)))


@law(
    "PARA-INTERCHANGE",
    "f : A -> B; g : B -> C; f' : D -> E; g' : E -> F; S S' X Y",
    worlds=PARA,
    source="Cruttwell et al. 2021, Remark 2.1; bgavran/Compositional_Deep_Learning, (.|)",
    equality="iso",
    mutants=(
        Mutant("para", {"interchanger_cell": idle_interchanger}, "interchange is claimed on the nose"),
        EXCHANGED,
    ),
)
def interchange(world, f, g, f2, g2, s, s2, x, y):
    """(f ⊗ f') ; (g ⊗ g') is (f ; g) ⊗ (f' ; g') reparametrised along the middle-four swap of the parameters.

    It is an involution, natural in the parameters, and coherent with their associator.
    """
    c = world.category
    cell = c.interchanger_cell(f, f2, g, g2)
    yield Equation(c.compose(c.tensor(f, f2), c.tensor(g, g2)), cell.target, along=cell.name)
    back = c.base.middle_four(f.param, g.param, f2.param, g2.param)
    yield Equation(c.base.compose(cell.along, back), c.base.identity(c.base.dom(cell.along)))
    yield from _middle_four(c.base, world.underneath("r", x, f.param), world.underneath("s", y, g2.param), f2, g, s, s2)


def _middle_four(base, r, r2, f2, g, s, s2):
    """The middle-four swap is natural, and it does not matter which two of three composites are exchanged first."""
    (x, p), (y, q2) = ((base.dom(each), base.cod(each)) for each in (r, r2))
    p2, q, pair, one = f2.param, g.param, base.pair, base.identity
    moved = base.tensor(base.tensor(r, one(p2)), base.tensor(one(q), r2))
    later = base.tensor(base.tensor(r, one(q)), base.tensor(one(p2), r2))
    first = base.compose(moved, base.middle_four(p, p2, q, q2))
    yield Equation(first, base.compose(base.middle_four(x, p2, q, y), later))
    inner = base.sequence(
        base.tensor(base.middle_four(p, p2, q, q2), one(pair(s, s2))),
        base.middle_four(pair(p, q), pair(p2, q2), s, s2),
        base.tensor(base.associator(p, q, s), base.associator(p2, q2, s2)),
    )
    outer = base.sequence(
        base.associator(pair(p, p2), pair(q, q2), pair(s, s2)),
        base.tensor(one(pair(p, p2)), base.middle_four(q, q2, s, s2)),
        base.middle_four(p, p2, pair(q, s), pair(q2, s2)),
    )
    yield Equation(inner, outer)


@law(
    "PARA-COLLAPSE",
    worlds=("para",),
    source="derived here: a quotient by all 2-cells, invertible or not, is trivial",
    equality="strict failure",
    without_solver="the statement is about particular maps on R",
    minimum=1,
    mutants=(Mutant("para", {"reparam": blind_to_points}, "every point reparametrises like the point 0"),),
)
def quotient_by_all_cells_collapses(world):
    """g₀ = id and g₁ = x² are both 1-reparametrisations of (R, (1-t) g₀ + t g₁), and yet g₀(3) ≠ g₁(3)."""
    c, meaning = world.category, world.source.functions.meaning
    none, square = Identity(SCALAR), Copy(SCALAR) >> multiply(())
    blend = c.of(SCALAR, SCALAR, SCALAR, meaning(_blend(none, square)))
    start, end = (c.reparam(blend, meaning(constant((), t))) for t in (0, 1))
    low, high = (c.of(UNIT, SCALAR, SCALAR, meaning(LeftUnitor(SCALAR) >> g)) for g in (none, square))
    yield Equation(start, low, along="t = 0")
    yield Equation(end, high, along="t = 1")
    yield Counterexample(Equation(low, high), ((), (Fraction(3),)))


def _blend(none, square):
    """(t, a) ↦ (1 - t) g₀(a) + t g₁(a)."""
    t, a = First(SCALAR, SCALAR), Second(SCALAR, SCALAR)
    one = Discard(Pair(SCALAR, SCALAR)) >> constant((), 1)
    rest = Pairing(one, t >> negate(())) >> add(())
    left = Pairing(rest, a >> none) >> multiply(())
    return Pairing(left, Pairing(t, a >> square) >> multiply(())) >> add(())
