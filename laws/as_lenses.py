"""Reverse mode as lenses: GAD over Dual is a category of lenses, and D of a term is its reverse derivative."""

from verified_cat.check import law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.laws.differential import (
    FREE,
    crossed_derivatives,
    derivative_at_the_start,
)
from verified_cat.lens import Bundle, Lens, LensMap, reverse_derivative
from verified_cat.objects import Pair
from verified_cat.observe import observe
from verified_cat.worlds import Mutant

START = "the chain rule takes g' at a instead of f(a)"


def as_lens(gad, f):
    """(a ↦ fst(f(a)), (a, w) ↦ f'(a)(w)): the lens of a morphism of GAD over Dual."""

    def put(aw):
        a, w = aw
        _, back = f.run(a)
        return back.run(w)

    dom, cod = Bundle(f.dom, f.dom), Bundle(f.cod, f.cod)
    return LensMap(dom, cod, gad.forget(f), gad.base.arrow(Pair(f.dom, f.cod), f.dom, put))


@law(
    "GAD-LENS",
    "f : A -> B; g : B -> C; h : D -> E",
    worlds=("D",),
    source="derived here",
    mutants=(
        Mutant("D", {"compose": derivative_at_the_start}, START),
        Mutant("D", {"tensor": crossed_derivatives}, "f ⊗ g takes each derivative at the other's point"),
    ),
)
def reverse_mode_is_a_category_of_lenses(world, f, g, h):
    """a ↦ (get(a), put(a, -)) preserves id, composition and ⊗ from GAD over Dual to lenses on diagonal objects."""
    c, lens = world.category, Lens(world.source.functions)

    def seen(morphism):
        return observe(lens, morphism)

    yield Equation(seen(as_lens(c, c.compose(f, g))), seen(lens.compose(as_lens(c, f), as_lens(c, g))))
    yield Equation(seen(as_lens(c, c.tensor(f, h))), seen(lens.tensor(as_lens(c, f), as_lens(c, h))))
    yield Equation(seen(as_lens(c, c.identity(f.dom))), seen(lens.identity(Bundle(f.dom, f.dom))))


@law(
    "GAD-RD",
    "t : A => B",
    worlds=("D",),
    source="derived here",
    style=Style("smooth", 2),
    without_solver=FREE,
    mutants=(Mutant("D", {"compose": derivative_at_the_start}, START),),
)
def stored_and_recomputed_residuals_agree(world, t):
    """D t = (t, R[t]): the pullback that stores what the forward pass computed is the term that computes it again."""
    functions = world.source.functions
    value, back = functions.meaning(t).run, functions.meaning(reverse_derivative(t)).run

    def both(aw):
        a, _ = aw
        return value(a), back(aw)

    yield Equation(world.category.differentiate(t), functions.arrow(t.dom @ t.cod, t.cod @ t.dom, both))
