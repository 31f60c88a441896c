"""Cartesian reverse differential categories: RD.1 to RD.5."""

from verified_cat.check import law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.laws.cartesian import ones
from verified_cat.laws.differential import FREE
from verified_cat.lens import LensMap, ReverseDerivative
from verified_cat.objects import UNIT, Pair
from verified_cat.primitives import (
    Elementwise,
    add_on,
    row,
    scale_on,
    tanh,
    zero_on,
)
from verified_cat.terms import (
    Associator,
    Copy,
    Discard,
    First,
    Identity,
    Pairing,
    Second,
)
from verified_cat.worlds import Mutant

SMALL = Style("smooth", 1)
ORIGIN = "Cockett et al. 2019, Definition 13; Cruttwell et al. 2021, Definition A.5"


# ------------------------------------------------------------------------------------------------ wrong derivatives


def _put(lens, put):
    return LensMap(lens.dom, lens.cod, lens.get, put)


def plus_one(category, operation):
    """R[·] + 1 on every operation, as an all-ones seed would have it."""
    right = ReverseDerivative.generator(category, operation)
    shift = Discard(right.put.dom) >> ones(right.put.cod)
    return _put(right, Pairing(right.put, shift) >> add_on(right.put.cod))


def clipped(category, operation):
    """The cotangent goes through tanh on the way back, as a clipping hook would do."""
    right = ReverseDerivative.generator(category, operation)
    if row(operation.name).__class__ is not Elementwise:
        return right
    shape = operation.cod.shape
    return _put(right, (Identity(operation.dom) @ tanh(shape)) >> right.put)


def doubled_back(category, a):
    """The identity doubles the cotangent."""
    right = ReverseDerivative.identity(category, a)
    return _put(right, right.put >> scale_on(2, a.back))


def both_ways(category, a, b):
    """π₀ with the pullback d ↦ (d, d) where it fits."""
    right = ReverseDerivative.first(category, a, b)
    if a != b:
        return right
    return _put(right, Second(right.dom.front, a.back) >> Copy(a.back))


def seeded_by_ones(category, a):
    """! whose pullback is 1 in every entry, as in the seed code's onesLike."""
    right = ReverseDerivative.discard(category, a)
    return _put(right, Discard(right.put.dom) >> ones(a.back))


def overwritten(category, f, g):
    """⟨f, g⟩ keeps the gradient of the last use instead of the sum: the "+=" that is "="."""
    right = ReverseDerivative.pairing(category, f, g)
    last = (Identity(f.dom.front) @ Second(f.cod.back, g.cod.back)) >> g.put
    return _put(right, last)


def started_at_the_source(category, f, g):
    """R[g] evaluated at a instead of f(a) where it fits."""
    right = ReverseDerivative.compose(category, f, g)
    if f.dom != f.cod:
        return right
    a, back = f.dom.front, g.cod.back
    shared = (Copy(a) @ Identity(back)) >> Associator(a, a, back)
    return _put(right, shared >> (Identity(a) @ g.put) >> f.put)


def doubled_put(category, operation):
    """R of every operation taken twice over."""
    right = ReverseDerivative.generator(category, operation)
    return _put(right, right.put >> scale_on(2, operation.dom))


# ------------------------------------------------------------------------------------------------ the axioms


@law(
    "RD.1",
    "f : A -> B; g : A -> B",
    worlds=("R",),
    source=ORIGIN,
    style=SMALL,
    without_solver=FREE,
    mutants=(Mutant("R", {"generator": plus_one}, "R[f] is off by an all-ones seed"),),
)
def reverse_preserves_sums(world, f, g):
    """R[f + g] = R[f] + R[g] and R[0] = 0."""
    a, b = f.dom, f.cod
    total = Pairing(f, g) >> add_on(b)
    yield Equation(world.reverse(total), Pairing(world.reverse(f), world.reverse(g)) >> add_on(a))
    yield Equation(world.reverse(Discard(a) >> zero_on(b)), Discard(Pair(a, b)) >> zero_on(a))


@law(
    "RD.2",
    "f : A -> B",
    worlds=("R",),
    source=ORIGIN,
    style=SMALL,
    without_solver=FREE,
    mutants=(Mutant("R", {"generator": clipped}, "the cotangent is clipped on the way back"),),
)
def reverse_is_additive_in_the_cotangent(world, f):
    """R[f](a, b + c) = R[f](a, b) + R[f](a, c) and R[f](a, 0) = 0."""
    a, b = f.dom, f.cod
    back, two = world.reverse(f), Pair(b, b)
    point, one, other = First(a, two), Second(a, two) >> First(b, b), Second(a, two) >> Second(b, b)
    apart = Pairing(Pairing(point, one) >> back, Pairing(point, other) >> back) >> add_on(a)
    yield Equation((Identity(a) @ add_on(b)) >> back, apart)
    yield Equation(Pairing(Identity(a), Discard(a) >> zero_on(b)) >> back, Discard(a) >> zero_on(a))


@law(
    "RD.3",
    "A B",
    worlds=("R",),
    source=ORIGIN,
    style=SMALL,
    without_solver=FREE,
    mutants=(
        Mutant("R", {"identity": doubled_back}, "R[id] doubles the cotangent"),
        Mutant("R", {"first": both_ways}, "R[π₀] gives the cotangent to both halves"),
    ),
)
def reverse_of_identity_and_projections(world, a, b):
    """R[id] = π₁, R[π₀] = π₁ ; ι₀, R[π₁] = π₁ ; ι₁."""
    both = Pair(a, b)
    yield Equation(world.reverse(Identity(a)), Second(a, a))
    left = Second(both, a) >> Pairing(Identity(a), Discard(a) >> zero_on(b))
    yield Equation(world.reverse(First(a, b)), left)
    right = Second(both, b) >> Pairing(Discard(b) >> zero_on(a), Identity(b))
    yield Equation(world.reverse(Second(a, b)), right)


@law(
    "RD.4",
    "f : A -> B; g : A -> C",
    worlds=("R",),
    source=ORIGIN,
    style=SMALL,
    without_solver=FREE,
    mutants=(
        Mutant("R", {"pairing": overwritten}, "the gradient of a reused variable is overwritten"),
        Mutant("R", {"discard": seeded_by_ones}, "R[!] is 1 in every entry"),
    ),
)
def reverse_of_pairing(world, f, g):
    """R[⟨f, g⟩] = (id ⊗ π₀) ; R[f] + (id ⊗ π₁) ; R[g] and R[!] = 0."""
    a, b, c = f.dom, f.cod, g.cod
    one = (Identity(a) @ First(b, c)) >> world.reverse(f)
    two = (Identity(a) @ Second(b, c)) >> world.reverse(g)
    yield Equation(world.reverse(Pairing(f, g)), Pairing(one, two) >> add_on(a))
    yield Equation(world.reverse(Discard(a)), Discard(Pair(a, UNIT)) >> zero_on(a))


@law(
    "RD.5",
    "f : A -> B; g : B -> C",
    worlds=("R",),
    source=ORIGIN,
    style=SMALL,
    without_solver=FREE,
    mutants=(Mutant("R", {"compose": started_at_the_source}, "R[g] is evaluated at a instead of f(a)"),),
)
def reverse_chain_rule(world, f, g):
    """R[f ; g](a, c) = R[f](a, R[g](f(a), c))."""
    a, c = f.dom, g.cod
    after = (f @ Identity(c)) >> world.reverse(g)
    explicit = Pairing(First(a, c), after) >> world.reverse(f)
    yield Equation(world.reverse(f >> g), explicit)
