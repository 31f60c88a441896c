"""Continuations beyond the image of cont: sums of h ↦ f ; h ; s, which no single map gives by precomposition."""

from verified_cat.check import Counterexample, law
from verified_cat.cont import Cont, Continuation
from verified_cat.equation import Equation
from verified_cat.functions import AdditiveMaps
from verified_cat.laws.points import numbers
from verified_cat.objects import SCALAR, Pair
from verified_cat.primitives import scale
from verified_cat.terms import Identity, Swap
from verified_cat.worlds import Mutant


def halves_exchanged(cont, a, b):
    """π₀ puts its functional on the second half, where it fits."""
    return Cont.second(cont, a, b) if a == b else Cont.first(cont, a, b)


def of_one_summand(cont, f, g):
    """f ; g with g asked for the zero functional instead of h where it fits."""
    right = Cont.compose(cont, f, g)
    if g.dom != g.cod:
        return right
    return Continuation(f.dom, g.cod, lambda h: f.transform(h))


def summed(world, cont, name, f, g):
    """h ↦ (f ; h ; s) + (g ; h ; t), for generic additive s, t : r → r."""
    k, r = cont.k, cont.result
    s, t = (world.source.additive_arrow(f"{name}.{side}", r, r) for side in ("s", "t"))

    def transform(h):
        return k.add(k.compose(k.compose(f, h), s), k.compose(k.compose(g, h), t))

    return Continuation(k.dom(f), k.cod(f), transform)


@law(
    "CONT-ADDITIVE",
    "f : A -o B; g : A -o B; d : A -o C; p : B -o B; q : B -o B; S",
    worlds=("cont",),
    costly=True,
    source='derived here; Elliott 2018, Fig. "cont", is stated for the image of cont alone',
    mutants=(
        Mutant("cont", {"first": halves_exchanged}, "π₀ is π₁"),
        Mutant("cont", {"compose": of_one_summand}, "an endomorphism after another map is left out"),
    ),
)
def additive_transformers_form_a_biproduct_category(world, f, g, d, p, q, result):
    """For T, U h ↦ (f ; h ; s) + (g ; h ; t): (T ; U) h = T (U h), ⟨T, cont d⟩ ; π₀ = T, T ; Δ = Δ ; (T ⊗ T).

    Only on the image of cont is T (h ; s) = T h ; s, see CONT-NAT.
    """
    k = world.category.k
    c = type(world.category)(k, result)
    t, u, v = summed(world, c, "T", f, g), c.of(d), summed(world, c, "V", p, q)
    a, b = t.dom, t.cod
    h = world.source.additive_arrow("h", b, result)
    both = world.source.additive_arrow("h both", k.pair(b, b), result)
    yield Equation(c.compose(t, v).transform(h), t.transform(v.transform(h)))
    yield Equation(c.compose(c.pairing(t, u), c.first(b, u.cod)).transform(h), t.transform(h))
    after, before = c.compose(t, c.copy(b)), c.compose(c.copy(a), c.tensor(t, t))
    yield Equation(after.transform(both), before.transform(both))


def always_after(additive, f, g):
    """g ; f for f ; g where both are endomorphisms of one object: composition that cannot tell an order."""
    if f.dom == f.cod == g.dom == g.cod and f.dom == Pair(SCALAR, SCALAR):
        return AdditiveMaps.compose(additive, f, f)
    return AdditiveMaps.compose(additive, f, g)


@law(
    "CONT-NAT",
    worlds=("additive",),
    source="derived here",
    equality="strict failure",
    without_solver="the statement is about particular maps",
    minimum=1,
    mutants=(Mutant("additive", {"compose": always_after}, "f ; g is f ; f"),),
)
def transformers_need_not_commute_with_what_comes_after(world):
    """T (h ; s) = T h ; s for T of the image of cont; not for T h = h ; t, with s, t : R² → R² that do not commute."""
    k = world.category
    two = Pair(SCALAR, SCALAR)
    s, t = (world.source.functions.meaning(term) for term in (Swap(SCALAR, SCALAR), Identity(SCALAR) @ scale(2, ())))
    s, t = k.arrow(two, two, s.run), k.arrow(two, two, t.run)
    c, h = Cont(k, two), world.source.additive_arrow("h", two, two)
    image, after = c.of(s), Continuation(two, two, lambda h: k.compose(h, t))
    yield Equation(image.transform(k.compose(h, t)), k.compose(image.transform(h), t))
    one = k.identity(two)
    yield Counterexample(
        Equation(after.transform(k.compose(one, s)), k.compose(after.transform(one), s)), numbers(1, 2)
    )
