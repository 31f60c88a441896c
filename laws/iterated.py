"""R iterated: RD.6 and RD.7 by differentiating derivatives, forward mode from reverse, R as a function on maps."""

from verified_cat.check import law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.gad import forward_mode
from verified_cat.laws.differential import FREE
from verified_cat.laws.reverse import ORIGIN, SMALL, clipped, doubled_put
from verified_cat.lens import LensMap, ReverseDerivative
from verified_cat.objects import SCALAR, Pair
from verified_cat.primitives import (
    Elementwise,
    Primitive,
    add,
    constant,
    cos,
    exp,
    multiply,
    pullback,
    row,
    sin,
    subtract_on,
    zero_on,
)
from verified_cat.terms import (
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

# ------------------------------------------------------------------------------------------------ wrong derivatives


def weighted(category, operation):
    """R[f](a, b) := b² · Jᵀ1 on elementwise operations: not linear in the cotangent."""
    right = ReverseDerivative.generator(category, operation)
    if row(operation.name).__class__ is not Elementwise:
        return right
    square = Copy(operation.cod) >> multiply(operation.cod.shape)
    put = (Identity(operation.dom) @ square) >> right.put
    return LensMap(right.dom, right.cod, right.get, put)


def not_transposed(category, operation):
    """A product whose second gradient forgets the first factor and takes the second."""
    right = ReverseDerivative.generator(category, operation)
    if operation.name != "multiply":
        return right
    x, space = operation.dom, operation.cod
    repeated = Pairing(Second(x, space), First(x, space) >> Second(space, space)) >> multiply(space.shape)
    return LensMap(right.dom, right.cod, right.get, Pairing(repeated, repeated))


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
    put = (graph @ Identity(operation.cod)) >> fold(pullback(operation), _stop_slope)
    return LensMap(right.dom, right.cod, right.get, put)


def _stop_slope(node, parts):
    """The term with every nonlinear elementwise operation behind a stop-gradient."""
    if isinstance(node, Generator) and isinstance(row(node.operation.name), Elementwise):
        return Generator(Stopped(node.operation.name, node.operation.arguments))
    return type(node)(*parts, *node._data) if not isinstance(node, Generator) else node


# ------------------------------------------------------------------------------------------------ the axioms


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


def forward_from_reverse(reverse, f):
    """D[f] := (ι₀ ⊗ id) ; R[R[f]] ; π₁ : A ⊗ A → B, the double-pullback trick (Cockett et al. 2019, Theorem 16)."""
    a, b = f.dom, f.cod
    into = Pairing(Identity(a), Discard(a) >> zero_on(b))
    return (into @ Identity(a)) >> reverse(reverse(f)) >> Second(a, b)


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
    """D[D[f]]((a, b), (c, d)) = D[D[f]]((a, c), (b, d)), with D from R iterated twice; of a product first."""
    a = f.dom
    pair = Pair(a, a)
    one, two = First(pair, pair), Second(pair, pair)
    exchanged = Pairing(
        Pairing(one >> First(a, a), two >> First(a, a)), Pairing(one >> Second(a, a), two >> Second(a, a))
    )
    for each in (multiply(()), f):
        second = forward_from_reverse(world.reverse, forward_from_reverse(world.reverse, each))
        yield Equation(second, exchanged >> second)


@law(
    "RD-CD",
    "f : A -> B",
    worlds=("R",),
    source="Cockett et al. 2019, Theorem 16",
    style=SMALL,
    without_solver=FREE,
    costly=True,
    mutants=(
        Mutant("R", {"generator": doubled_put}, "R is doubled, so D comes out four times too large"),
        Mutant("R", {"generator": clipped}, "the cotangent is clipped on the way back"),
    ),
)
def reverse_gives_forward(world, f):
    """D[f] := (ι₀ ⊗ id) ; R[R[f]] ; π₁ is (a, v) ↦ J v, the derivative that forward mode computes."""
    functions = world.source.functions
    run = forward_mode(functions.engine).differentiate(f).run

    def pushed(av):
        a, v = av
        _, derivative = run(a)
        return derivative.run(v)

    yield Equation(forward_from_reverse(world.reverse, f), functions.arrow(Pair(f.dom, f.dom), f.cod, pushed))


@law(
    "RD-EXT",
    "f : A -> R; g : A -> R",
    worlds=("R",),
    source="implicit in 'combinator on homs', Cockett et al. 2019; stated and checked here",
    style=SMALL,
    costly=True,
    without_solver=FREE,
    mutants=(Mutant("R", {"generator": stop_gradient}, "no gradient flows through R itself: Hessians vanish"),),
)
def reverse_is_a_function_on_maps(world, f, g):
    """Equal maps have equal R: f and (f + g) - g; R[sin](-, 1) and cos; R[R[exp]] by iteration and of its closed form.

    And the gradient ∇f = R[f](-, 1) has R[∇f] = D[∇f], the second by forward mode: Hessians are symmetric.
    """
    scalar = SCALAR
    one = Discard(scalar) >> constant((), 1)
    cosine = Pairing(Identity(scalar), one) >> world.reverse(sin(()))
    yield Equation(world.reverse(cosine), world.reverse(cos(())))
    exponential = world.reverse(world.reverse(exp(())))
    closed = (exp(()) @ Identity(scalar)) >> multiply(())
    yield Equation(exponential, world.reverse(closed))
    longer = Pairing(Pairing(f, g) >> add(()), g) >> subtract_on(SCALAR)
    yield Equation(world.reverse(longer), world.reverse(f))
    a, functions = f.dom, world.source.functions
    gradient = Pairing(Identity(a), Discard(a) >> constant((), 1)) >> world.reverse(f)
    run = forward_mode(functions.engine).differentiate(gradient).run

    def along(av):
        at, v = av
        _, derivative = run(at)
        return derivative.run(v)

    yield Equation(world.reverse(gradient), functions.arrow(Pair(a, a), a, along))
