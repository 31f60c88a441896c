"""Optics: sliding, the category up to sliding, and lenses as the optics of a cartesian category."""

from itertools import count

from verified_cat.check import law
from verified_cat.equation import Equation
from verified_cat.lens import Lens
from verified_cat.objects import Pair
from verified_cat.optic import Optic, OpticMap
from verified_cat.worlds import Mutant


def impure_slide(optic, dom, cod, forward, along, backward):
    """k runs twice every second time, as what reads a stream of random numbers gives other values, where it fits."""
    base, asked = optic.base, count()
    if base.dom(along) != base.cod(along):
        return Optic.slide(optic, dom, cod, forward, along, backward)

    def run(m):
        n = along.run(m)
        return along.run(n) if next(asked) % 2 else n

    impure = base.arrow(base.dom(along), base.cod(along), run)
    return Optic.slide(optic, dom, cod, forward, impure, backward)


def exchanged_residuals(optic, f, g):
    """The way back of f ; g takes the residuals in the other order where it fits."""
    right, base = Optic.compose(optic, f, g), optic.base
    if f.residual != g.residual:
        return right
    turned = base.tensor(base.swap(f.residual, g.residual), base.identity(g.cod.back))
    return OpticMap(right.dom, right.cod, right.residual, right.forward, base.compose(turned, right.backward))


def _same(one, other, along):
    """Both ways of two optics with one residual are equal, on the nose."""
    yield Equation(one.forward, other.forward, along=along)
    yield Equation(one.backward, other.backward, along=along)


def _ends(cell, source, target, along):
    """A slide goes from one optic to the other: both are equal to its ends, residuals and all."""
    yield from _same(cell.source, source, along)
    yield from _same(cell.target, target, along)


@law(
    "OPTIC",
    "e : X -> A; f : A -> B; g : B -> C; M",
    worlds=("optic",),
    source="Riley 2018, Definition 2.0.1; Cruttwell et al. 2021, section 2.2",
    equality="iso",
    mutants=(
        Mutant("optic", {"slide": impure_slide}, "what slides is not pure"),
        Mutant("optic", {"compose": exchanged_residuals}, "the residuals are exchanged on the way back"),
    ),
)
def optics_up_to_sliding_are_lenses(world, e, f, g, m):
    """Slid optics are one lens, composition respects slides, associativity and units are slides along α, λ and ρ of the
    residuals; and over a cartesian category optics up to sliding are lenses: (l, r) ↦ (l ; π₁, ((l ; π₀) ⊗ B') ; r) is
    a functor with the inverse (get, put) ↦ (A, ⟨id, get⟩, put)."""
    c, base, arrow = world.category, world.category.base, world.source.arrow
    k = arrow("k", m.front, f.residual)
    cell = c.slide(f.dom, f.cod, arrow("l", f.dom.front, Pair(m.front, f.cod.front)), k, f.backward)
    yield Equation(cell.source, cell.target, along=cell.name)
    yield from _whiskered(c, e, cell, g)
    yield from _coherent(c, e, f, g)
    lens = Lens(base)
    yield from _one_lens(c.as_lens(c.compose(f, g)), lens.compose(c.as_lens(f), c.as_lens(g)))
    yield from _one_lens(c.as_lens(c.tensor(f, g)), lens.tensor(c.as_lens(f), c.as_lens(g)))
    given = lens.of(f.dom, f.cod, arrow("get", f.dom.front, f.cod.front), arrow("put", *_asked(f)))
    yield from _one_lens(c.as_lens(c.of_lens(given)), given)
    residual = base.compose(f.forward, base.first(f.residual, f.cod.front))
    again = c.of_lens(c.as_lens(f))
    yield from _ends(c.slide(f.dom, f.cod, again.forward, residual, f.backward), f, again, "the residual of l")


def _asked(f):
    """Where put starts and ends."""
    return Pair(f.dom.front, f.cod.back), f.dom.back


def _one_lens(one, other):
    yield Equation(one.get, other.get)
    yield Equation(one.put, other.put)


def _whiskered(c, e, cell, g):
    """A slide after e, and before g, is a slide along E ⊗ k, and along k ⊗ G."""
    base = c.base
    source, target = c.compose(cell.source, g), c.compose(cell.target, g)
    along = base.tensor(cell.along, base.identity(g.residual))
    yield from _ends(c.slide(source.dom, source.cod, target.forward, along, source.backward), source, target, "k ⊗ G")
    source, target = c.compose(e, cell.source), c.compose(e, cell.target)
    along = base.tensor(base.identity(e.residual), cell.along)
    yield from _ends(c.slide(source.dom, source.cod, target.forward, along, source.backward), source, target, "E ⊗ k")


def _coherent(c, e, f, g):
    """(e ; f) ; g, id ; f and f ; id slide to e ; (f ; g), f and f along α, λ and ρ of the residuals."""
    base = c.base
    for before, after, along, name in (
        (
            c.compose(c.compose(e, f), g),
            c.compose(e, c.compose(f, g)),
            base.associator(e.residual, f.residual, g.residual),
            "associator",
        ),
        (c.compose(c.identity(f.dom), f), f, base.left_unitor(f.residual), "left unitor"),
        (c.compose(f, c.identity(f.cod)), f, base.right_unitor(f.residual), "right unitor"),
    ):
        cell = c.slide(after.dom, after.cod, before.forward, along, after.backward)
        yield from _ends(cell, after, before, name)
