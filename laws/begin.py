"""Begin: maps from r are carried along; the mirror image of continuations, and forward mode."""

from verified_cat.begin import Begin, Beginning
from verified_cat.check import law
from verified_cat.equation import Equation
from verified_cat.worlds import Mutant


def maps_from_the_right(begin, f):
    """begin f = (- ∘ f) where it fits."""
    if f.dom == f.cod == begin.start:
        return Beginning(f.dom, f.cod, lambda h: begin.k.compose(f, h))
    return Begin.of(begin, f)


def swapped_transformers(begin, f, g):
    """g ; f for f ; g where it fits."""
    return Begin.compose(begin, g, f) if f.dom == f.cod == g.cod else Begin.compose(begin, f, g)


def first_half_twice(begin, f, g):
    """f ⊗ g gives both transformers the first half where it fits."""
    right, k = Begin.tensor(begin, f, g), begin.k
    if f.dom != g.dom:
        return right

    def transform(h):
        left = k.compose(h, k.first(f.dom, g.dom))
        return k.pairing(f.transform(left), g.transform(left))

    return Beginning(right.dom, right.cod, transform)


@law(
    "BEGIN-FUNCT",
    "f : A -o B; g : B -o C; h : D -o E",
    worlds=("begin",),
    source="Elliott 2018, section 14",
    mutants=(
        Mutant("begin", {"of": maps_from_the_right}, "begin f is h ↦ h ∘ f"),
        Mutant("begin", {"compose": swapped_transformers}, "the transformers run in the other order"),
        Mutant("begin", {"tensor": first_half_twice}, "f ⊗ g gives both transformers the first half"),
    ),
)
def begin_is_a_functor(world, f, g, h):
    """begin id = id, begin (f ; g) = begin f ; begin g, begin preserves ⊗, π, Δ, !, ι, ∇ and 0; (begin f)(id) = f."""
    c, k = world.category, world.category.k
    a, b, d = f.dom, f.cod, h.dom
    yield Equation(c.of(k.identity(a)), c.identity(a))
    yield Equation(c.of(k.compose(f, g)), c.compose(c.of(f), c.of(g)))
    yield Equation(c.of(k.tensor(f, h)), c.tensor(c.of(f), c.of(h)))
    yield Equation(c.of(k.first(a, d)), c.first(a, d))
    yield Equation(c.of(k.second(a, d)), c.second(a, d))
    yield Equation(c.of(k.copy(a)), c.copy(a))
    yield Equation(c.of(k.discard(a)), c.discard(a))
    yield Equation(c.of(k.inject_first(a, d)), c.inject_first(a, d))
    yield Equation(c.of(k.inject_second(a, d)), c.inject_second(a, d))
    yield Equation(c.of(k.merge(a)), c.merge(a))
    yield Equation(c.of(k.zero(a, b)), c.zero(a, b))
    again = world.source.additive_arrow("e", c.start, c.start)
    other = world.source.additive_arrow("e'", c.start, c.start)
    yield Equation(c.of(again).transform(other), k.compose(other, again))
    yield Equation(Begin(k, a).of(f).transform(k.identity(a)), f)
