"""Cartesian categories: projections, copy and discard."""

from verified_cat.check import CARTESIAN, law
from verified_cat.dual import Dual
from verified_cat.equation import Equation
from verified_cat.functions import Functions
from verified_cat.objects import UNIT, Space, fold
from verified_cat.primitives import constant, symbol
from verified_cat.terms import Identity, Pairing
from verified_cat.worlds import Mutant


def ones(ob):
    """The term 1 → A with all entries 1; on an opaque object some point of it."""

    def leaf(each):
        return constant(each.shape, 1) if isinstance(each, Space) else symbol("ones", UNIT, each)

    return fold(ob, unit=Identity(UNIT), leaf=leaf, pair=Pairing)


def counit_of_ones(dual, a):
    """! whose pullback is ones instead of zero, as in the seed code's onesLike."""
    return Functions(dual.k.engine).meaning(ones(a))


def both_halves(dual, a, b):
    """π₀ whose pullback is d ↦ (d, d) where it fits."""
    return dual.k.copy(a) if a == b else Dual.first(dual, a, b)


ONES = Mutant("D", {"discard": counit_of_ones}, "the pullback of ! is ones, the seed's onesLike", part="k")


@law(
    "CART-UNIV",
    "f : X -> A; g : X -> B; h : X -> A @ B",
    worlds=CARTESIAN,
    source="Elliott 2018, sections 4.3 and 4.5",
    mutants=(Mutant("D", {"first": both_halves}, "the pullback of π₀ is d ↦ (d, d)", part="k"),),
)
def universal_property(world, f, g, h):
    """⟨f, g⟩ ; π₀ = f, ⟨f, g⟩ ; π₁ = g, ⟨h ; π₀, h ; π₁⟩ = h, and ⟨f, g⟩ = Δ ; (f ⊗ g)."""
    c = world.category
    a, b = c.cod(f), c.cod(g)
    first, second = c.first(a, b), c.second(a, b)
    yield Equation(c.compose(c.pairing(f, g), first), f)
    yield Equation(c.compose(c.pairing(f, g), second), g)
    yield Equation(c.pairing(c.compose(h, first), c.compose(h, second)), h)
    yield Equation(c.pairing(f, g), c.compose(c.copy(c.dom(f)), c.tensor(f, g)))


@law(
    "CART-NAT",
    "f : A -> B",
    worlds=CARTESIAN,
    source="Fox 1976",
    mutants=(ONES,),
)
def copy_and_discard_are_natural(world, f):
    """f ; Δ = Δ ; (f ⊗ f) and f ; ! = !."""
    c = world.category
    a, b = c.dom(f), c.cod(f)
    yield Equation(c.compose(f, c.copy(b)), c.compose(c.copy(a), c.tensor(f, f)))
    yield Equation(c.compose(f, c.discard(b)), c.discard(a))


@law("CART-COMON", "A", worlds=CARTESIAN, source="Fox 1976", mutants=(ONES,))
def copy_is_a_comonoid(world, a):
    """Δ is coassociative and cocommutative, and ! is its counit."""
    c = world.category
    one, copy = c.identity(a), c.copy(a)
    left = c.sequence(copy, c.tensor(copy, one), c.associator(a, a, a))
    yield Equation(left, c.compose(copy, c.tensor(one, copy)))
    yield Equation(c.compose(copy, c.swap(a, a)), copy)
    yield Equation(c.compose(copy, c.tensor(c.discard(a), one)), c.left_unitor_inverse(a))
    yield Equation(c.compose(copy, c.tensor(one, c.discard(a))), c.right_unitor_inverse(a))


@law("CART-DISC", "A B", worlds=CARTESIAN, source="Fox 1976", mutants=(ONES,))
def projections_are_discards(world, a, b):
    """π₁ = (! ⊗ id) ; λ, π₀ = (id ⊗ !) ; ρ, and ! on A ⊗ B is (! ⊗ !) ; λ."""
    c = world.category
    yield Equation(c.second(a, b), c.compose(c.tensor(c.discard(a), c.identity(b)), c.left_unitor(b)))
    yield Equation(c.first(a, b), c.compose(c.tensor(c.identity(a), c.discard(b)), c.right_unitor(a)))
    both = c.compose(c.tensor(c.discard(a), c.discard(b)), c.left_unitor(c.unit))
    yield Equation(c.discard(c.pair(a, b)), both)
