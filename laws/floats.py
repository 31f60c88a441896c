"""IEEE arithmetic: what holds to the last bit, what within a derived bound, and the points at which the rest fails."""

from copy import copy
from fractions import Fraction

from verified_cat.check import LAWS, Bitwise, Counterexample, instance, law
from verified_cat.draw import Style
from verified_cat.engine import UNIT_ROUNDOFF
from verified_cat.equation import Equation
from verified_cat.functions import Functions
from verified_cat.laws.gradient import gradient_as_request
from verified_cat.laws.points import numbers
from verified_cat.laws.reverse import clipped
from verified_cat.loss import QUADRATIC
from verified_cat.objects import SCALAR, Pair, Space
from verified_cat.primitives import (
    add,
    add_on,
    constant,
    exp,
    map_on,
    matmul,
    multiply,
    negate,
    scale,
    scale_on,
    subtract_on,
)
from verified_cat.terms import Associator, Copy, First, Identity, Pairing, Second, Swap
from verified_cat.worlds import Mutant

ROUNDED = "the law is about rounded arithmetic; an exact engine does not round"
THIRD = Fraction(1, 3)


def spacing(world):
    """The distance from 1 to the next number of the engine under test."""
    return 2 * UNIT_ROUNDOFF[world.source.engine.precision]


# ------------------------------------------------------------------------------------------------ wrong arithmetic


def through_parts(functions, f, g):
    """f ; g by way of 49 (x / 49): right within any bound, wrong in the last bit, at 1 already."""
    right = Functions.compose(functions, f, g)
    detour = [functions.meaning(scale_on(by, right.cod)).run for by in (Fraction(1, 49), 49)]
    return functions.arrow(right.dom, right.cod, lambda x: detour[1](detour[0](right.run(x))))


def sums_through_a_detour(functions, operation):
    """x + y by way of 49 ((x + y) / 49)."""
    right = Functions.generator(functions, operation)
    if operation.name != "add":
        return right
    shape = operation.cod.shape
    detour = [Functions.generator(functions, scale(by, shape).operation).run for by in (Fraction(1, 49), 49)]
    return functions.arrow(right.dom, right.cod, lambda xy: detour[1](detour[0](right.run(xy))))


def fixed_point_sums(functions, operation):
    """x + y kept to multiples of 2^-12: associative."""
    right = Functions.generator(functions, operation)
    if operation.name != "add":
        return right
    shape = operation.cod.shape
    high, low = (Functions.generator(functions, constant(shape, by * 2**40).operation).run for by in (1, -1))

    def add_on_grid(xy):
        return right.run((right.run((right.run(xy), high(()))), low(())))

    return functions.arrow(right.dom, right.cod, add_on_grid)


# ------------------------------------------------------------------------------------------------ to the last bit


PLUMBING = {
    "functions": ("CAT-UNIT", "CAT-ASSOC", "MON-FUNCT", "MON-ISO", "MON-COH", "MON-MID4", "CART-UNIV"),
    "D": ("CAT-UNIT", "CAT-ASSOC", "MON-FUNCT", "MON-ISO", "MON-COH", "MON-MID4"),
    "lens": ("LENS-CAT",),
    "para": ("PARA-ASSOC", "PARA-UNIT", "PARA-2CAT", "PARA-COH", "PARA-INTERCHANGE"),
    "para over D": ("PARA-ASSOC", "PARA-UNIT", "PARA-INTERCHANGE", "L-MON"),
    "learn": ("LEARN-CAT",),
}
"""In each world the laws that only move values about: no sum is formed, or the same sums on both sides."""

HOW_MANY = {"L-MON": 1}
"""Of L-MON the first equation alone: L of a swap requests x - (x - y), which is y within a bound, see FLOAT-LEARN."""


class _Named:
    """The draws of one law among others: every name belongs to it."""

    def __init__(self, draws, prefix):
        self._draws, self._prefix, self.style = draws, prefix, draws.style

    def object(self, name):
        return self._draws.object(f"{self._prefix} {name}")

    def term(self, name, *boundary):
        return self._draws.term(f"{self._prefix} {name}", *boundary)


def apart(world, name):
    """The world with draws of its own for one law."""
    alone, source = copy(world), copy(world.source)
    source.draws = _Named(world.source.draws, name)
    alone.source = source
    return alone


@law(
    "FLOAT-PLUMB",
    worlds=tuple(PLUMBING),
    source="derived here",
    equality="bitwise",
    costly=True,
    floats=ROUNDED,
    mutants=(Mutant("functions", {"compose": through_parts}, "a composite goes through 49 (x / 49)"),),
)
def plumbing_is_exact_to_the_last_bit(world):
    """The laws of categories, tensors, projections, parameters, lenses and learners hold bit for bit, in D too.

    They form no sum, or the same sums on both sides; a tolerance would hide two similar numbers exchanged.
    """
    for name in PLUMBING[world.name]:
        for found in instance(LAWS[name], apart(world, name))[: HOW_MANY.get(name)]:
            yield Bitwise(found)


@law(
    "FLOAT-COMM-ZERO",
    "A",
    worlds=("functions",),
    source="IEEE 754-2019, sections 6.1 and 6.3",
    equality="bitwise",
    floats=ROUNDED,
    mutants=(Mutant("functions", {"generator": sums_through_a_detour}, "a sum goes through 49 (x / 49)"),),
)
def addition_commutes_and_zero_is_negative(world, a):
    """x + y = y + x and x + (-0) = x bit for bit; x + 0 = x as numbers, not at x = -0; 0 · ∞ is not 0."""
    add_all, both = add_on(a), Pair(a, a)
    thirds = scale_on(THIRD, both)
    yield Bitwise(Equation(thirds >> Swap(a, a) >> add_all, thirds >> add_all))
    nothing = Second(a, a) >> Copy(a) >> subtract_on(a)
    left = First(a, a) >> scale_on(THIRD, a)
    yield Bitwise(Equation(Pairing(left, nothing >> map_on(a, negate)) >> add_all, left))
    yield Equation(Pairing(First(a, a), nothing) >> add_all, First(a, a))
    minus = negate(()) @ Identity(SCALAR)
    yield Counterexample(Equation(minus >> add(()), minus >> First(SCALAR, SCALAR)), numbers(0, 0))
    infinite = (scale(1024, ()) >> exp(())) @ Identity(SCALAR)
    yield Counterexample(Equation(infinite >> multiply(()), Second(SCALAR, SCALAR)), numbers(1, 0))


# ------------------------------------------------------------------------------------------------ within a bound


@law(
    "FLOAT-ASSOC",
    "A",
    worlds=("functions",),
    source="IEEE 754-2019; Higham 2002, section 4.2",
    equality="bitwise failure",
    floats=ROUNDED,
    minimum=1,
    mutants=(Mutant("functions", {"generator": fixed_point_sums}, "sums are kept to a fixed grid: associative"),),
)
def addition_is_not_associative(world, a):
    """(x + y) + z = x + (y + z) within a derived bound only: not for 1, u, u, nor in float64 for 0.1, 3.3, 1.

    So neither does the order of a sum, of a batch or of a product of matrices leave the bits alone.
    """
    left, right = (add_on(a) @ Identity(a)) >> add_on(a), Associator(a, a, a) >> (Identity(a) @ add_on(a)) >> add_on(a)
    thirds = scale_on(THIRD, left.dom)
    yield Equation(thirds >> left, thirds >> right)
    matrix = Space((2, 2))
    product = matmul(2, 2, 2)
    grouped = (product @ Identity(matrix)) >> product
    regrouped = Associator(matrix, matrix, matrix) >> (Identity(matrix) @ product) >> product
    yield Equation(scale_on(THIRD, grouped.dom) >> grouped, scale_on(THIRD, grouped.dom) >> regrouped)
    one = (add(()) @ Identity(SCALAR)) >> add(())
    other = Associator(SCALAR, SCALAR, SCALAR) >> (Identity(SCALAR) @ add(())) >> add(())
    half = spacing(world) / 2
    x, y, z = numbers(1, half, half)
    yield Counterexample(Equation(one, other), ((x, y), z))
    if world.source.engine.precision == "float64":
        x, y, z = numbers(Fraction(0.1), Fraction(3.3), 1)
        yield Counterexample(Equation(one, other), ((x, y), z))


@law(
    "FLOAT-RD2",
    "t : A => B",
    worlds=("R",),
    source="IEEE 754-2019; against RD.2 of Cockett et al. 2019",
    equality="bitwise failure",
    style=Style("smooth", 1),
    floats=ROUNDED,
    minimum=1,
    mutants=(Mutant("R", {"generator": clipped}, "the cotangent is clipped on the way back"),),
)
def pullbacks_are_not_additive(world, t):
    """R[t](a, b + c) = R[t](a, b) + R[t](a, c) within a derived bound only: s (b + c) is not s b + s c.

    With ε the spacing at 1 it fails for s = b = 1 + ε, c = -1. Yet R[t](a, 2 b) = 2 R[t](a, b) to the bit.
    """
    a, b = t.dom, t.cod
    yield Equation(*_split(world, t))
    back = world.reverse(t)
    yield Bitwise(Equation((Identity(a) @ scale_on(2, b)) >> back, back >> scale_on(2, a)))
    part = Second(SCALAR, SCALAR)
    near = 1 + spacing(world)
    s, x, above, below = numbers(near, 0, near, -1)
    yield Counterexample(Equation(*(side >> part for side in _split(world, multiply(())))), ((s, x), (above, below)))


def _split(world, t):
    """(a, (b, c)) ↦ R[t](a, b + c), and R[t](a, b) + R[t](a, c)."""
    a, b = t.dom, t.cod
    back, two = world.reverse(t), Pair(b, b)
    point, one, other = First(a, two), Second(a, two) >> First(b, b), Second(a, two) >> Second(b, b)
    apart = Pairing(Pairing(point, one) >> back, Pairing(point, other) >> back) >> add_on(a)
    return (Identity(a) @ add_on(b)) >> back, apart


@law(
    "FLOAT-LEARN",
    "f : A -> B",
    worlds=("para over D",),
    doctrine="learn",
    source="derived here",
    equality="bitwise failure",
    floats=ROUNDED,
    minimum=1,
    mutants=(Mutant("para over D", {"__call__": gradient_as_request}, "a gradient is requested", part="learning"),),
)
def requests_lose_small_gradients(world, f):
    """b - (b - g) = g within a derived bound only; at b = 1, g = u / 2 the gradient is lost whole.

    So D carries cotangents. Yet U(p, a, I(p, a)) = p and r(p, a, I(p, a)) = a to the bit.
    """
    learner, functions = world.learning(f), world.source.functions
    seen = Pair(f.param, f.dom)

    def put_back(pa):
        asked = pa, learner.implement(pa)
        return learner.update(asked), learner.request(asked)

    yield Bitwise(Equation(functions.arrow(seen, seen, put_back), functions.identity(seen)))
    request, decode = QUADRATIC.inverse(()), QUADRATIC.derivative(())
    sent = Pairing(First(SCALAR, SCALAR), request) >> decode
    thirds = scale_on(THIRD, Pair(SCALAR, SCALAR))
    yield Equation(thirds >> sent, thirds >> Second(SCALAR, SCALAR))
    yield Counterexample(Equation(sent, Second(SCALAR, SCALAR)), numbers(1, spacing(world) / 4))
