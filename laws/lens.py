"""Lenses: the composition formula and the category laws."""

from verified_cat.check import law
from verified_cat.equation import Equation
from verified_cat.lens import Bundle, Lens, LensMap
from verified_cat.objects import Pair
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
