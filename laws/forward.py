"""Cartesian differential categories: left additive structure, CD.1 to CD.5, R as a functor and as a dagger."""

from verified_cat.category import Terms, interpret
from verified_cat.check import law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.functions import beside
from verified_cat.gad import GAD, linear
from verified_cat.laws.differential import FREE, derivative_at_the_start
from verified_cat.laws.gad import left_twice
from verified_cat.laws.lens import left_half_twice
from verified_cat.laws.reverse import SMALL, doubled_put, overwritten, plus_one, started_at_the_source
from verified_cat.lens import Lens
from verified_cat.loss import total
from verified_cat.objects import Pair, Space, leaves
from verified_cat.primitives import add_on, multiply_on, subtract_on, zero_on
from verified_cat.terms import Discard, First, Identity, Pairing, Second
from verified_cat.worlds import Mutant


def right_half(gad, a, b):
    """π₀ whose derivative is π₁ where it fits."""
    if a != b:
        return GAD.first(gad, a, b)
    return gad.of(Pair(a, b), a, linear(gad.base.first(a, b).run, gad.k.second(a, b)))


def finite_difference(gad, dom, cod, run):
    """a ↦ (f(a), v ↦ f(a + v) - f(a)), of a map between spaces."""
    if not all(isinstance(leaf, Space) for ob in (dom, cod) for leaf in leaves(ob)):
        return GAD.of(gad, dom, cod, run)
    plus, minus = (gad.base.meaning(each(ob)).run for each, ob in ((add_on, dom), (subtract_on, cod)))

    def differing(a):
        value, _ = run(a)

        def difference(v):
            moved, _ = run(plus((a, v)))
            return minus((moved, value))

        return value, gad.k.arrow(dom, cod, difference)

    return GAD.of(gad, dom, cod, differing)


def forgetting_direction(gad, a):
    """id whose derivative is 0: D[id] is not π₁."""
    return gad.of(a, a, linear(gad.base.identity(a).run, gad.k.zero(a, a)))


@law(
    "CLA-LEFT",
    "f : A -> B; g : B -> C; h : B -> C; e : A -> C",
    worlds=("functions",),
    source="Blute, Cockett and Seely 2009, Definitions 1.1.1 and 1.2.1; Cruttwell et al. 2021, Definitions A.2 to A.4",
    mutants=(Mutant("functions", {"pairing": left_half_twice}, "⟨f, g⟩ is taken for ⟨f, f⟩"),),
)
def functions_are_left_additive(world, f, g, h, e):
    """Homs are commutative monoids, f ; (g + h) = f ; g + f ; h, f ; 0 = 0, and projections and ⟨-, -⟩ are additive."""
    c, k = world.category, world.source.additive
    a, b, d = f.dom, f.cod, g.cod

    def add(one, two):
        return c.compose(c.pairing(one, two), k.merge(one.cod))

    yield Equation(add(g, h), add(h, g))
    yield Equation(add(add(g, h), g), add(g, add(h, g)))
    yield Equation(add(g, k.zero(b, d)), g)
    yield Equation(c.compose(f, add(g, h)), add(c.compose(f, g), c.compose(f, h)))
    yield Equation(c.compose(f, k.zero(b, d)), k.zero(a, d))
    pairs = Pair(Pair(a, b), Pair(a, b))
    for projection in (c.first(a, b), c.second(a, b)):
        one, two = (c.compose(half(*_halves(pairs)), projection) for half in (c.first, c.second))
        yield Equation(c.compose(k.merge(Pair(a, b)), projection), add(one, two))
        yield Equation(c.compose(k.zero(d, Pair(a, b)), projection), k.zero(d, projection.cod))
    yield Equation(c.pairing(k.zero(d, a), k.zero(d, b)), k.zero(d, Pair(a, b)))
    yield Equation(c.pairing(add(f, f), add(e, e)), add(c.pairing(f, e), c.pairing(f, e)))


def _halves(ob):
    return ob.left, ob.right


@law(
    "CD.1-5",
    "f : A -> B; g : A -> B; h : B -> C; e : A -> D",
    worlds=("forward",),
    source="Blute, Cockett and Seely 2009, Definition 2.1.1",
    mutants=(
        Mutant("forward", {"compose": derivative_at_the_start}, "D[g] is taken at a instead of f(a)"),
        Mutant("forward", {"first": right_half}, "D[π₀] is π₁ ; π₁"),
        Mutant("forward", {"pairing": left_twice}, "⟨f, g⟩ is taken for ⟨f, f⟩"),
        Mutant("forward", {"of": finite_difference}, "D[f](a, v) is f(a + v) - f(a)"),
        Mutant("forward", {"identity": forgetting_direction}, "D[id] is 0"),
    ),
)
def differential_combinator(world, f, g, h, e):
    """D of f + g, 0, id, π₀, π₁, ⟨f, g⟩, ! and f ; g by CD.1 and CD.3 to CD.5; D[f](a, -) preserves + and 0, CD.2."""
    c, k, functions = world.category, world.source.additive, world.source.functions
    a, b = f.dom, f.cod
    plus = k.merge(b).run

    def stated(morphism, run):
        dom, cod = morphism.dom, morphism.cod
        return Equation(morphism, functions.arrow(Pair(dom, dom), Pair(cod, cod), run))

    def of(morphism, x):
        point, v = x
        value, derivative = morphism.run(point)
        return value, derivative.run(v)

    def summed(x):
        (one, dv), (two, dw) = of(f, x), of(g, x)
        return plus((one, two)), plus((dv, dw))

    def paired(x):
        (one, dv), (two, dw) = of(f, x), of(e, x)
        return (one, two), (dv, dw)

    def chained(x):
        return of(h, of(f, x))

    sum_map = c.of(Pair(b, b), b, linear(plus, k.merge(b)))
    yield stated(c.compose(c.pairing(f, g), sum_map), summed)
    nothing = k.zero(a, b)
    yield stated(c.of(a, b, linear(nothing.run, nothing)), beside(nothing.run, nothing.run))
    yield stated(c.discard(a), lambda _: ((), ()))
    yield from _additive_in_the_vector(functions, k, f)
    yield stated(c.identity(a), lambda x: x)
    yield stated(c.first(a, b), lambda x: _each(x, 0))
    yield stated(c.second(a, b), lambda x: _each(x, 1))
    yield stated(c.pairing(f, e), paired)
    yield stated(c.compose(f, h), chained)


def _each(x, which):
    (a, b), (v, w) = x
    return ((a, v), (b, w))[which]


def _additive_in_the_vector(functions, k, f):
    a, b = f.dom, f.cod
    add, plus = k.merge(a).run, k.merge(b).run

    def along_sum(x):
        point, (v, w) = x
        _, derivative = f.run(point)
        return derivative.run(add((v, w)))

    def sum_along(x):
        point, (v, w) = x
        _, derivative = f.run(point)
        return plus((derivative.run(v), derivative.run(w)))

    dom = Pair(a, Pair(a, a))
    yield Equation(functions.arrow(dom, b, along_sum), functions.arrow(dom, b, sum_along))
    zero = k.zero(k.unit, a).run

    def along_nothing(point):
        _, derivative = f.run(point)
        return derivative.run(zero(()))

    yield Equation(functions.arrow(a, b, along_nothing), k.zero(a, b))


# ------------------------------------------------------------------------------------------------ from R


@law(
    "RD-FUNCT",
    "f : A -> B; g : B -> C; h : D -> E",
    worlds=("R",),
    source="Cockett et al. 2019, Proposition 31; Cruttwell et al. 2021, Proposition 2.7",
    style=SMALL,
    without_solver=FREE,
    mutants=(Mutant("R", {"compose": started_at_the_source}, "R[g] is evaluated at a instead of f(a)"),),
)
def reverse_derivative_is_a_functor_to_lenses(world, f, g, h):
    """𝐑 f = (f, R[f]) preserves id, composition and ⊗, and the get of 𝐑 f is f."""
    lens = Lens(Terms())

    def image(term):
        return interpret(term, world.category)

    yield Equation(image(f >> g).get, f >> g)
    for one, two in (
        (image(f >> g), lens.compose(image(f), image(g))),
        (image(f @ h), lens.tensor(image(f), image(h))),
        (image(Identity(f.dom)), lens.identity(lens.image(f.dom))),
    ):
        yield Equation(one.get, two.get)
        yield Equation(one.put, two.put)


def dagger(world, f):
    """f† = R[f](0, -) : B → A, for a linear f : A → B."""
    return Pairing(Discard(f.cod) >> zero_on(f.dom), Identity(f.cod)) >> world.reverse(f)


def _copairing(f, g):
    """[f, g] = (f ⊗ g) ; ∇."""
    return (f @ g) >> add_on(f.cod)


@law(
    "RD-DAG",
    "f : A -> B; g : B -> C; h : A -> C; k : A -> B",
    worlds=("R",),
    source="Cockett et al. 2019, Theorems 41 and 42",
    style=Style("linear", 2),
    costly=True,
    without_solver=FREE,
    mutants=(
        Mutant("R", {"generator": doubled_put}, "R is doubled"),
        Mutant("R", {"generator": plus_one}, "R[f] is off by an all-ones seed"),
        Mutant("R", {"pairing": overwritten}, "the gradient of a reused variable is overwritten"),
    ),
)
def linear_maps_have_a_dagger(world, f, g, h, k):
    """On linear maps f†† = f, (f ; g)† = g† ; f†, id† = id and ⟨f x, y⟩ = ⟨x, f† y⟩, and † turns biproducts round:
    (f + k)† = f† + k†, π₀† = ι₀, π₁† = ι₁, ⟨f, h⟩† = [f†, h†] and (f ⊗ g)† = f† ⊗ g†."""
    a, b = f.dom, f.cod
    back = dagger(world, f)
    yield Equation(dagger(world, back), f)
    yield Equation(dagger(world, f >> g), dagger(world, g) >> back)
    yield Equation(dagger(world, Identity(a)), Identity(a))
    yield Equation(dagger(world, Pairing(f, k) >> add_on(b)), Pairing(back, dagger(world, k)) >> add_on(a))
    yield Equation(dagger(world, First(a, b)), Pairing(Identity(a), Discard(a) >> zero_on(b)))
    yield Equation(dagger(world, Second(a, b)), Pairing(Discard(b) >> zero_on(a), Identity(b)))
    yield Equation(dagger(world, Pairing(f, h)), _copairing(back, dagger(world, h)))
    yield Equation(dagger(world, f @ g), back @ dagger(world, g))
    here, there = (multiply_on(ob) >> total(ob) for ob in (a, b))
    pushed = (f @ Identity(b)) >> there
    yield Equation(pushed, Pairing(First(a, b), Second(a, b) >> back) >> here)
