"""Actegories: an action's pentagon and triangle, and Para over it; over a category's own action it is Para."""

from verified_cat.actegory import Embedding
from verified_cat.check import law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.para import Para
from verified_cat.powers import Powers
from verified_cat.worlds import Mutant

ACTIONS = ("acting on itself", "acting linearly", "acting by powers")


def reversed_rows(powers, p, q, a):
    """μ that cuts the entries as those of Q ⊗ P."""
    whole, entries = powers.object(p * q, a), powers.entries(p * q, a)
    return powers.row(whole, [powers.row(whole, entries[i::p]) for i in range(p)])


def reversed_parameters(action, p, q, a):
    """μ that takes (p, q) for (q, p) where it fits."""
    right, base = Embedding.multiplicator(action, p, q, a), action.base
    return base.compose(base.tensor(base.swap(p, q), base.identity(a)), right) if p == q else right


@law(
    "ACT-PARA",
    "f : A -> B; g : B -> C; h : C -> D; k : D -> E",
    worlds=ACTIONS,
    source="Capucci et al. 2022, Definition 2 and Proposition 5; Capucci and Gavranović 2022",
    equality="iso",
    style=Style("smooth", 1),
    costly=True,
    mutants=(
        Mutant("acting by powers", {"multiplicator": reversed_rows}, "μ of powers reverses its two numbers", "action"),
        Mutant("acting on itself", {"multiplicator": reversed_parameters}, "μ reverses its two parameters", "action"),
        Mutant("acting linearly", {"multiplicator": reversed_parameters}, "μ reverses linear parameters", "action"),
    ),
)
def para_lives_over_an_action(world, f, g, h, k):
    """μ and η are natural isomorphisms with a pentagon and a triangle, so Para(⊛) is associative and unital along α, λ
    and ρ of the parameters, which are coherent; over the action of a category on itself it is Para."""
    c = world.category
    x, a = c.action, f.dom
    yield from _coherent(x, f.param, g.param, h.param, a)
    yield from _natural(world, f.param, g.param, a, f.cod)
    cell, left, right = c.associator_cell(f, g, h), c.left_unitor_cell(f), c.right_unitor_cell(f)
    yield Equation(c.compose(c.compose(f, g), h), cell.target, along=cell.name)
    yield Equation(c.compose(c.identity(a), f), left.target, along=left.name)
    yield Equation(c.compose(f, c.identity(f.cod)), right.target, along=right.name)
    yield from _cells(c, f, g, h, k)
    if isinstance(x, Powers):
        yield Equation(c.compose(f, g).inside, _of_rows(x, f, g))
    else:
        para = Para(x.base)
        yield Equation(c.compose(f, g).inside, para.compose(f, g).inside)
        r = world.underneath("r", g.param, f.param)
        yield Equation(c.reparam(f, r).inside, para.reparam(f, r).inside)


def _coherent(x, p, q, r, a):
    """Inverses, the pentagon, the triangle and its mirror image."""
    s, base, one = x.scalars, x.base, x.base.identity
    for there, back in (
        (x.multiplicator(p, q, a), x.multiplicator_inverse(p, q, a)),
        (x.unitor(a), x.unitor_inverse(a)),
    ):
        yield Equation(base.compose(there, back), one(base.dom(there)))
        yield Equation(base.compose(back, there), one(base.cod(there)))
    straight = base.compose(x.multiplicator(s.pair(p, q), r, a), x.multiplicator(p, q, x.object(r, a)))
    around = base.sequence(
        x.morphism(s.associator(p, q, r), one(a)),
        x.multiplicator(p, s.pair(q, r), a),
        x.morphism(s.identity(p), x.multiplicator(q, r, a)),
    )
    yield Equation(straight, around)
    middle = base.compose(x.multiplicator(p, s.unit, a), x.morphism(s.identity(p), x.unitor(a)))
    yield Equation(middle, x.morphism(s.right_unitor(p), one(a)))
    mirrored = base.compose(x.multiplicator(s.unit, p, a), x.unitor(x.object(p, a)))
    yield Equation(mirrored, x.morphism(s.left_unitor(p), one(a)))


def _natural(world, p, q, a, b):
    """⊛ is a functor of two variables, and μ and η are natural."""
    x = world.category.action
    s, base = x.scalars, x.base
    r, t, e = world.underneath("r'", p, q), world.underneath("s'", q, p), world.source.arrow("e", a, b)
    yield Equation(x.morphism(s.identity(p), base.identity(a)), base.identity(x.object(p, a)))
    apart = base.compose(x.morphism(r, base.identity(a)), x.morphism(t, e))
    yield Equation(x.morphism(s.compose(r, t), e), apart)
    before = base.compose(x.morphism(s.tensor(r, t), e), x.multiplicator(q, p, b))
    yield Equation(before, base.compose(x.multiplicator(p, q, a), x.morphism(r, x.morphism(t, e))))
    unit = base.compose(x.morphism(s.identity(s.unit), e), x.unitor(b))
    yield Equation(unit, base.compose(x.unitor(a), e))


def _cells(c, f, g, h, k):
    """The pentagon and the triangle of the 2-cells, as they act on A."""
    x, s = c.action, c.action.scalars

    def acting(along):
        return x.morphism(along, x.base.identity(f.dom))

    outer = s.compose(c.associator_cell(c.compose(f, g), h, k).along, c.associator_cell(f, g, c.compose(h, k)).along)
    around = s.sequence(
        s.tensor(c.associator_cell(f, g, h).along, s.identity(k.param)),
        c.associator_cell(f, c.compose(g, h), k).along,
        s.tensor(s.identity(f.param), c.associator_cell(g, h, k).along),
    )
    yield Equation(acting(outer), acting(around))
    middle = c.associator_cell(f, c.identity(f.cod), g).along
    triangle = s.compose(middle, s.tensor(s.identity(f.param), c.left_unitor_cell(g).along))
    yield Equation(acting(triangle), acting(s.tensor(c.right_unitor_cell(f).along, s.identity(g.param))))


def _of_rows(x, f, g):
    """(a_ij) ↦ g(j ↦ f(i ↦ a_ij)): the numbers of inputs multiply, the index of f first."""
    p, q, a, base = f.param, g.param, f.dom, x.base
    whole, entries = x.object(p * q, a), x.entries(p * q, a)
    inner = [base.compose(x.row(whole, entries[j::q]), f.inside) for j in range(q)]
    return base.compose(x.row(whole, inner), g.inside)
