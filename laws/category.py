"""Categories: identity and associativity."""

from verified_cat.check import CATEGORIES, law
from verified_cat.equation import Equation
from verified_cat.functions import Arrow
from verified_cat.worlds import Mutant


def primal_for_cotangent(gad, a):
    """id whose pullback returns the point instead of the cotangent."""
    return gad.of(a, a, lambda x: (x, Arrow(a, a, lambda _: x)))


def first_twice(category, f, g):
    """f ; f ; g where f is an endomorphism, else f ; g."""
    proper = type(category).__mro__[1].compose
    if category.dom(f) == category.cod(f):
        f = proper(category, f, f)
    return proper(category, f, g)


@law(
    "CAT-UNIT",
    "f : A -> B",
    worlds=CATEGORIES,
    doctrine="category",
    source="Mac Lane 1998, I.1; Elliott 2018, section 4.1",
    mutants=(
        Mutant("D", {"identity": primal_for_cotangent}, "the identity pulls back to the primal value"),
        Mutant("functions", {"compose": first_twice}, "composition applies an endomorphic first map twice"),
    ),
)
def identity(world, f):
    """id_A ; f = f = f ; id_B."""
    c = world.category
    yield Equation(c.compose(c.identity(c.dom(f)), f), f)
    yield Equation(c.compose(f, c.identity(c.cod(f))), f)


@law(
    "CAT-ASSOC",
    "f : A -> B; g : B -> C; h : C -> D",
    worlds=CATEGORIES,
    doctrine="category",
    source="Mac Lane 1998, I.1; Elliott 2018, section 4.1",
    mutants=(Mutant("functions", {"compose": first_twice}, "composition applies an endomorphic first map twice"),),
)
def associativity(world, f, g, h):
    """(f ; g) ; h = f ; (g ; h)."""
    c = world.category
    return Equation(c.compose(c.compose(f, g), h), c.compose(f, c.compose(g, h)))
