"""What is the same up to a bijection of parameters: parametrised maps, learners, and what L makes of both."""

from fractions import Fraction

from verified_cat.check import PARA, Counterexample, law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.gad import GAD
from verified_cat.held import Unstated
from verified_cat.laws.gradient import double_step, error_at_the_target, gradient_as_request
from verified_cat.laws.para import EXCHANGED, applied_twice
from verified_cat.laws.parameters import BESIDE
from verified_cat.learn import Learn, keep
from verified_cat.lens import Lens
from verified_cat.objects import SCALAR, Pair
from verified_cat.own import OwnCategory
from verified_cat.primitives import add, constant, multiply, negate
from verified_cat.terms import Discard, Identity
from verified_cat.worlds import Mutant


def isomorphism(world, name, ob):
    """An isomorphism P' → P of the category that Para is over, and its inverse; of lenses and of D the general form."""
    base, source = world.category.base, world.source
    if isinstance(base, OwnCategory):
        raise Unstated(f"{base.name} does not say which of its morphisms are inverse to which")
    if isinstance(base, GAD):
        there, back = source.diffeomorphism(name, base, ob)
    elif isinstance(base, Lens):
        there, back = _lens_isomorphism(base, source, name, ob)
    else:
        there, back = source.bijection(name, ob)
    return back, there


def _lens_isomorphism(lens, source, name, ob):
    """Fronts by a bijection φ, backs by a bijection at each point a; the inverse takes b to the point φ⁻¹(b)."""
    base = lens.base
    there, back = source.bijection(f"{name} front", ob.front)
    forth, away = source.bijections(f"{name} back", ob.front, ob.back)
    other = type(ob)(there.cod, forth.cod)
    at_the_point = base.compose(base.tensor(back, base.identity(ob.back)), forth)
    return lens.of(ob, other, there, away), lens.of(other, ob, back, at_the_point)


def inverse(base, one, two):
    """one ; two = id and two ; one = id."""
    yield Equation(base.compose(one, two), base.identity(base.dom(one)))
    yield Equation(base.compose(two, one), base.identity(base.dom(two)))


@law(
    "PARA-QUOT",
    "f : A -> B; g : B -> C; h : D -> E",
    worlds=PARA,
    source="slides of the talk, p. 15; Gavranović 2020, section 2.2; Fong, Spivak and Tuyéras 2019, III.1",
    equality="iso",
    style=Style("polynomial", 1),
    costly=True,
    mutants=(
        EXCHANGED,
        BESIDE,
        Mutant("para", {"reparam": applied_twice}, "an endomorphic reparametrisation is applied twice"),
    ),
)
def classes_by_invertible_cells(world, f, g, h):
    """f ~ f' along an invertible 2-cell is an equivalence, a congruence for ; and ⊗, and makes α, λ and ρ natural.

    The classes form a symmetric monoidal category: what remains of its laws is PARA-ASSOC, PARA-UNIT, PARA-INTERCHANGE,
    PARA-SYM and, for the coherence of the structure maps, PARA-EMB, each along an isomorphism of parameters.
    """
    c, base = world.category, world.category.base
    (r, r2), (s, s2), (t, _) = (isomorphism(world, name, one.param) for name, one in (("r", f), ("s", g), ("t", h)))
    again, again2 = isomorphism(world, "r'", base.dom(r))
    moved, beside = c.reparam(f, r), base.tensor(r, s)
    yield Equation(c.reparam(f, base.identity(f.param)), f)
    yield Equation(c.reparam(moved, r2), f, along="r⁻¹")
    yield Equation(c.reparam(moved, again), c.reparam(f, base.compose(again, r)), along="r' ; r")
    yield from inverse(base, base.compose(again, r), base.compose(r2, again2))
    yield Equation(c.compose(moved, c.reparam(g, s)), c.reparam(c.compose(f, g), beside), along="r ⊗ s")
    yield Equation(c.tensor(moved, c.reparam(h, t)), c.reparam(c.tensor(f, h), base.tensor(r, t)), along="r ⊗ t")
    yield from inverse(base, beside, base.tensor(r2, s2))
    yield from _natural(c, base, f, g, h)


def _natural(c, base, f, g, h):
    """α, λ and ρ of Para are natural along α, λ and ρ of the parameters, and those are invertible."""
    p, q, r = f.param, g.param, h.param
    (a, b), (a2, b2), (a3, b3) = ((each.dom, each.cod) for each in (f, g, h))
    unit, whole = c.unit, base.pair(p, base.pair(q, r))
    left = c.compose(c.tensor(c.tensor(f, g), h), c.associator(b, b2, b3))
    right = c.compose(c.associator(a, a2, a3), c.tensor(f, c.tensor(g, h)))
    along = base.sequence(
        base.right_unitor(base.pair(base.pair(p, q), r)), base.associator(p, q, r), base.left_unitor_inverse(whole)
    )
    yield Equation(left, c.reparam(right, along), along="associator")
    before = c.compose(c.tensor(c.identity(unit), f), c.left_unitor(b))
    after = c.compose(c.left_unitor(a), f)
    yield Equation(before, c.reparam(after, base.right_unitor(base.pair(unit, p))), along="unitors")
    before = c.compose(c.tensor(f, c.identity(unit)), c.right_unitor(b))
    after = c.compose(c.right_unitor(a), f)
    along = base.sequence(base.right_unitor(base.pair(p, unit)), base.right_unitor(p), base.left_unitor_inverse(p))
    yield Equation(before, c.reparam(after, along), along="unitors")
    yield from inverse(base, base.associator(p, q, r), base.associator_inverse(p, q, r))
    yield from inverse(base, base.left_unitor(p), base.left_unitor_inverse(p))
    yield from inverse(base, base.right_unitor(p), base.right_unitor_inverse(p))


# ------------------------------------------------------------------------------------------------ learners


def never_updated(learn, f, along, back):
    """Implementations and requests are carried over, updates are not looked at."""
    right = Learn.transport(learn, f, along, back)
    return learn.of(right.param, f.dom, f.cod, right.implement, keep, right.request)


def carried_one_way(learn, f, along, back):
    """The updated parameters are not carried back by the inverse, but by the map itself, where it fits."""
    return Learn.transport(learn, f, along, along if along.dom == along.cod else back)


@law(
    "LEARN-EQ",
    "l : A -> B; m : B -> C; n : D -> E",
    worlds=("learn",),
    source="Fong, Spivak and Tuyéras 2019, Definition II.1",
    equality="iso",
    mutants=(
        Mutant("learn", {"transport": never_updated}, "equivalence that does not look at U"),
        Mutant("learn", {"transport": carried_one_way}, "a map of parameters without an inverse"),
    ),
)
def equivalence_of_learners(world, l, m, n):  # noqa: E741
    """l ~ l' along a bijection φ: I'(φp, a) = I(p, a), U'(φp, a, b) = φU(p, a, b) and r'(φp, a, b) = r(p, a, b).

    It is an equivalence relation and a congruence for ; and ⊗; and equivalent learners still agree after an update.
    """
    c, base, functions = world.category, world.category.base, world.source.functions
    (there, back), (psi, psi2), (chi, chi2) = (
        world.source.bijection(name, each.param) for name, each in (("φ", l), ("ψ", m), ("χ", n))
    )
    again, again2 = world.source.bijection("φ'", there.cod)
    other, same = c.transport(l, back, there), base.identity(l.param)
    yield from _simulates(functions, l, other, there)
    yield Equation(c.transport(l, same, same), l)
    yield Equation(c.transport(other, there, back), l, along="φ⁻¹")
    both = c.transport(l, base.compose(again2, back), base.compose(there, again))
    yield Equation(c.transport(other, again2, again), both, along="φ ; φ'")
    composite = c.transport(c.compose(l, m), base.tensor(back, psi2), base.tensor(there, psi))
    yield Equation(c.compose(other, c.transport(m, psi2, psi)), composite, along="φ ⊗ ψ")
    beside = c.transport(c.tensor(l, n), base.tensor(back, chi2), base.tensor(there, chi))
    yield Equation(c.tensor(other, c.transport(n, chi2, chi)), beside, along="φ ⊗ χ")


def _simulates(functions, l, other, there):  # noqa: E741
    """The three conditions, and that implementations agree at a' after an update."""

    def seen(x):
        pa, b = x
        p, a = pa
        moved = (there.run(p), a)
        return (other.implement(moved), other.update((moved, b))), other.request((moved, b))

    def stated(x):
        pa, _ = x
        return (l.implement(pa), there.run(l.update(x))), l.request(x)

    dom = Pair(Pair(l.param, l.dom), l.cod)
    cod = Pair(Pair(l.cod, other.param), l.dom)
    yield Equation(functions.arrow(dom, cod, seen), functions.arrow(dom, cod, stated), along="φ")

    def after_other(x):
        pab, later = x
        pa, b = pab
        p, a = pa
        return other.implement((other.update(((there.run(p), a), b)), later))

    def after(x):
        pab, later = x
        return l.implement((l.update(pab), later))

    dom = Pair(dom, l.dom)
    yield Equation(functions.arrow(dom, l.cod, after_other), functions.arrow(dom, l.cod, after), along="φ")


# ------------------------------------------------------------------------------------------------ L


@law(
    "L-FAITH",
    "f : A -> B; P C",
    worlds=("para over D",),
    doctrine="learn",
    source="Fong, Spivak and Tuyéras 2019, Theorem III.2; the recovery is derived here",
    equality="iso",
    mutants=tuple(
        Mutant("para over D", {"__call__": wrong}, says, part="learning")
        for wrong, says in (
            (gradient_as_request, "r is the gradient, without the inverse of ∂e/∂x"),
            (error_at_the_target, "the arguments of ∂e/∂x are exchanged"),
            (double_step, "the step is taken twice"),
        )
    ),
)
def faithful_on_representatives(world, f, p, c):
    """f is recovered from (I, U, r) of L f: its value is I, and with b = (∂e/∂x(y, -))⁻¹(v), y = I(p, a), its pullback
    of v is ∂e/∂x(a, r(p, a, b)) at the input, and at the parameters what U(p, a, b) steps along.

    On classes L forgets: (P, π₂) and (Q, π₂) have equivalent learners along every bijection P → Q, smooth or not.
    """
    source, gad, learn, el = world.source, world.category.base, world.learn, world.learning
    made, run = el(f), f.inside.run
    slope, inverse_slope = el.error.derivative(f.dom), el.error.inverse(f.cod)
    step = el.step(f.param)

    def read(x):
        pa, v = x
        _, a = pa
        y = made.implement(pa)
        asked = pa, inverse_slope((y, v))
        return (y, made.update(asked)), slope((a, made.request(asked)))

    def own(x):
        pa, v = x
        at, _ = pa
        y, back = run(pa)
        dp, da = back.run(v)
        return (y, step((at, dp))), da

    dom, cod = Pair(Pair(f.param, f.dom), f.cod), Pair(Pair(f.cod, f.param), f.dom)
    yield Equation(source.functions.arrow(dom, cod, read), source.functions.arrow(dom, cod, own))
    there, back = source.bijection("φ", p)
    one, other = (el(world.category.of(each, c, c, gad.second(each, c))) for each in (p, there.cod))
    yield Equation(learn.transport(one, back, there), other, along="φ")


def identity_through_the_line(gad, a):
    """(x, y) ↦ (x, x) for the identity of A ⊗ A."""
    right = GAD.identity(gad, a)
    if not isinstance(a, Pair):
        return right
    first = GAD.first(gad, a.left, a.right)
    return GAD.pairing(gad, first, first) if a.left == a.right else right


PLANE = Pair(SCALAR, SCALAR)


@law(
    "L-CLASS",
    "u : R @ R => R; f : R => R; g : R => R",
    worlds=("D",),
    source="our own, beside L-FAITH; Brouwer 1911 has it for continuous maps",
    equality="strict failure",
    minimum=1,
    without_solver="the statement is about numbers: determinants of derivatives",
    mutants=(Mutant("D", {"identity": identity_through_the_line}, "the plane is taken for a line"),),
)
def lines_and_planes_are_not_diffeomorphic(world, u, f, g):
    """det D(u ; ⟨f, g⟩) = 0 for u : R² → R, and det D(id) = 1: no smooth 2-cell (R, π₂) ⇒ (R², π₂) is invertible.

    By L-FAITH their learners are equivalent along any bijection R → R², and Cantor has one, so L is not faithful on
    classes. That there is a bijection of sets is a pure argument; nothing here computes it.
    """
    gad, functions = world.category, world.source.functions
    through = gad.compose(gad.differentiate(u), gad.pairing(gad.differentiate(f), gad.differentiate(g)))
    line, whole = (_determinant(functions, each) for each in (through, gad.identity(PLANE)))
    nothing, unit = (functions.meaning(Discard(PLANE) >> constant((), n)) for n in (0, 1))
    yield Equation(line, nothing)
    yield Equation(whole, unit)
    yield Counterexample(Equation(line, whole), ((Fraction(1),), (Fraction(2),)))


def _determinant(functions, f):
    """x ↦ the determinant of the pullback at x, for f : R² → R²."""
    zero, one = (functions.meaning(constant((), n)).run for n in (0, 1))
    product = functions.meaning(multiply(())).run
    difference = functions.meaning((Identity(SCALAR) @ negate(())) >> add(())).run

    def run(x):
        _, back = f.run(x)
        a, b = back.run((one(()), zero(())))
        c, d = back.run((zero(()), one(())))
        return difference((product((a, d)), product((b, c))))

    return functions.arrow(PLANE, SCALAR, run)
