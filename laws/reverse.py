"""Cartesian reverse differential categories: RD.1 to RD.7 by truly iterating R, and that R is a function on maps."""

from verified_cat.check import law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.laws.cartesian import ones
from verified_cat.laws.differential import FREE
from verified_cat.lens import LensMap, ReverseDerivative
from verified_cat.objects import SCALAR, UNIT, Pair
from verified_cat.primitives import (
    Elementwise,
    Primitive,
    add_on,
    constant,
    cos,
    exp,
    multiply,
    pullback,
    row,
    scale_on,
    sin,
    tanh,
    zero_on,
)
from verified_cat.terms import (
    Associator,
    Copy,
    Discard,
    First,
    Generator,
    Identity,
    Pairing,
    Second,
    fold,
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


def weighted(category, operation):
    """R[f](a, b) := b² · Jᵀ1 on elementwise operations: not linear in the cotangent."""
    right = ReverseDerivative.generator(category, operation)
    if row(operation.name).__class__ is not Elementwise:
        return right
    square = Copy(operation.cod) >> multiply(operation.cod.shape)
    return _put(right, (Identity(operation.dom) @ square) >> right.put)


def not_transposed(category, operation):
    """A product whose second gradient forgets the first factor and takes the second."""
    right = ReverseDerivative.generator(category, operation)
    if operation.name != "multiply":
        return right
    x, space = operation.dom, operation.cod
    repeated = Pairing(Second(x, space), First(x, space) >> Second(space, space)) >> multiply(space.shape)
    return _put(right, Pairing(repeated, repeated))


class Stopped(Primitive):
    """An operation behind a stop-gradient: it computes as usual, and its reverse derivative is 0."""

    __slots__ = ()


def stop_gradient(category, operation):
    """R whose own derivative is cut: slopes inside a pullback are constants to the next R."""
    if isinstance(operation, Stopped):
        dom, cod = operation.dom, operation.cod
        put = Discard(Pair(dom, cod)) >> zero_on(dom)
        return LensMap(category.image(dom), category.image(cod), Generator(operation), put)
    right = ReverseDerivative.generator(category, operation)
    if row(operation.name).__class__ is not Elementwise:
        return right
    graph = Pairing(Identity(operation.dom), Generator(operation))
    return _put(right, (graph @ Identity(operation.cod)) >> fold(pullback(operation), _stop_slope))


def _stop_slope(node, parts):
    """The term with every nonlinear elementwise operation behind a stop-gradient."""
    if isinstance(node, Generator) and isinstance(row(node.operation.name), Elementwise):
        return Generator(Stopped(node.operation.name, node.operation.arguments))
    return type(node)(*parts, *node._data) if not isinstance(node, Generator) else node


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
    mutants=(Mutant("R", {"identity": doubled_back}, "R[id] doubles the cotangent"),),
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
    mutants=(Mutant("R", {"pairing": overwritten}, "the gradient of a reused variable is overwritten"),),
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


@law(
    "RD.6",
    "f : A -> R",
    worlds=("R",),
    source=ORIGIN,
    style=SMALL,
    costly=True,
    without_solver=FREE,
    mutants=(Mutant("R", {"generator": weighted}, "R[f](a, b) is quadratic in b"),),
)
def reverse_is_linear_in_the_cotangent(world, f):
    """The last component of R[R[R[f]]] at (((a, b), 0), (0, b')) is R[f](a, b')."""
    a, b = f.dom, f.cod
    once = world.reverse(f)
    thrice = world.reverse(world.reverse(once))
    inputs = Pair(Pair(a, b), b)
    point, other = First(Pair(a, b), b), Second(Pair(a, b), b)
    zero = Discard(inputs) >> zero_on(a)
    start = Pairing(Pairing(point, zero), Pairing(zero, other))
    last = Second(Pair(a, b), a)
    plain = Pairing(point >> First(a, b), other) >> once
    yield Equation(start >> thrice >> last, plain)


def forward_from_reverse(world, f):
    """D[f] := (ι₀ ⊗ id) ; R[R[f]] ; π₁ : A ⊗ A → B, the double-pullback trick."""
    a, b = f.dom, f.cod
    into = Pairing(Identity(a), Discard(a) >> zero_on(b))
    return (into @ Identity(a)) >> world.reverse(world.reverse(f)) >> Second(a, b)


@law(
    "RD.7",
    "f : R @ R -> R",
    worlds=("R",),
    source=ORIGIN,
    style=Style("polynomial", 1),
    costly=True,
    minimum=1,
    without_solver=FREE,
    mutants=(Mutant("R", {"generator": not_transposed}, "the gradient of a product repeats one factor"),),
)
def second_derivatives_commute(world, f):
    """D[D[f]]((a, b), (c, d)) = D[D[f]]((a, c), (b, d)), with D from R iterated twice."""
    a = f.dom
    second = forward_from_reverse(world, forward_from_reverse(world, f))
    pair = Pair(a, a)
    one, two = First(pair, pair), Second(pair, pair)
    exchanged = Pairing(
        Pairing(one >> First(a, a), two >> First(a, a)), Pairing(one >> Second(a, a), two >> Second(a, a))
    )
    yield Equation(second, exchanged >> second)


@law(
    "RD-EXT",
    worlds=("R",),
    source="implicit in 'combinator on homs', Cockett et al. 2019; stated and checked here",
    without_solver=FREE,
    minimum=1,
    mutants=(Mutant("R", {"generator": stop_gradient}, "no gradient flows through R itself: Hessians vanish"),),
)
def reverse_is_a_function_on_maps(world):
    """Equal maps have equal R: R[sin](-, 1) and cos; R[R[f]] by iteration and R of the closed form of R[f]."""
    scalar = SCALAR
    one = Discard(scalar) >> constant((), 1)
    cosine = Pairing(Identity(scalar), one) >> world.reverse(sin(()))
    yield Equation(world.reverse(cosine), world.reverse(cos(())))
    exponential = world.reverse(world.reverse(exp(())))
    closed = (exp(()) @ Identity(scalar)) >> multiply(())
    yield Equation(exponential, world.reverse(closed))

