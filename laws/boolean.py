"""Learning over ℤ₂: reverse derivative ascent, at all points of all polynomials in two parameters and one input."""

from functools import cache
from itertools import combinations, product

import numpy as np

from verified_cat.category import Terms, interpret
from verified_cat.check import audit
from verified_cat.components import Components
from verified_cat.functions import Functions
from verified_cat.lens import Bundle, Lens, LensMap, ReverseDerivative
from verified_cat.objects import UNIT, Pair, Space
from verified_cat.para import Para, ParaMap
from verified_cat.primitives import add, constant, multiply
from verified_cat.reference.boolean import BooleanEngine
from verified_cat.terms import Discard, First, Pairing, RightUnitor, Second

POINTS = Space((16,))
"""Every (p, q, a, b) at once, one in each entry."""

PARAMS = Pair(POINTS, POINTS)
INPUTS = Pair(PARAMS, POINTS)
FACTORS = (
    First(PARAMS, POINTS) >> First(POINTS, POINTS),
    First(PARAMS, POINTS) >> Second(POINTS, POINTS),
    Second(PARAMS, POINTS),
)
MONOMIALS = [chosen for size in range(4) for chosen in combinations(range(3), size)]


def polynomials():
    """The 256 polynomials in p, q, a without squares: each the set of its monomials, and its term."""
    for present in product((False, True), repeat=len(MONOMIALS)):
        monomials = [monomial for monomial, is_there in zip(MONOMIALS, present, strict=True) if is_there]
        term = Discard(INPUTS) >> constant(POINTS.shape, 0)
        for monomial in monomials:
            term = Pairing(term, _monomial(monomial)) >> add(POINTS.shape)
        yield monomials, term


@cache
def _monomial(factors):
    term = Discard(INPUTS) >> constant(POINTS.shape, 1)
    for factor in factors:
        term = Pairing(term, FACTORS[factor]) >> multiply(POINTS.shape)
    return term


def step(term):
    """One step of the polynomial with the loss f + b, α = id and put = p + p', a term ((P ⊗ A) ⊗ B) → P."""
    lenses, known, one = ReverseDerivative(Terms()), Components(), Bundle(POINTS, POINTS)
    model = ParaMap(Bundle(PARAMS, PARAMS), one, one, interpret(term, lenses))
    loss = ParaMap(one, one, one, interpret(add(POINTS.shape), lenses))
    rate = LensMap(one, Bundle(UNIT, UNIT), Discard(POINTS), RightUnitor(POINTS))
    return known.training(Para(Lens(Terms())), model, known.gradient_update(PARAMS), loss, rate)


def _value(monomials, p, q, a):
    return (
        sum(np.prod([(p, q, a)[factor] for factor in monomial], axis=0, dtype=np.int64) for monomial in monomials) % 2
    )


def _expected(monomials, p, q, a, b):
    """p + (f(p + 1) + f(p)) (f(p) + b): the Boolean difference for the derivative, by counting, with no derivative."""
    here = _value(monomials, p, q, a) + 0 * p
    error = here + b
    return (
        (p + (_value(monomials, p + 1, q, a) + here) * error) % 2,
        (q + (_value(monomials, p, q + 1, a) + here) * error) % 2,
    )


def _points():
    return np.array(list(product((0, 1), repeat=4)), dtype=np.int64).T


def _faults(wrong=lambda found, *at: found, kinds=None):
    """The polynomials whose step is not as expected; ``wrong`` changes what was found, to plant a fault."""
    p, q, a, b = _points()
    run = Functions(BooleanEngine()).meaning
    for monomials, term in kinds or polynomials():
        found = wrong(run(step(term))((((p, q), a), b)), monomials, p, q, a, b)
        if not all(map(np.array_equal, found, _expected(monomials, p, q, a, b))):
            yield f"the step of the polynomial with the monomials {monomials} is wrong"


def _controls():
    def without_derivative(found, monomials, p, q, a, b):
        error = _value(monomials, p, q, a) + b
        return (p + error) % 2, (q + error) % 2

    def without_target(found, monomials, p, q, a, b):
        return _expected(monomials, p, q, a, 0 * b)

    some = list(polynomials())[::37]
    planted = {"the error itself is added": without_derivative, "the target is forgotten": without_target}
    return [fault for fault, wrong in planted.items() if not list(_faults(wrong, some))]


@audit("Z2-LEARN", source="Cruttwell et al. 2021, Example 4.4; Wilson and Zanasi 2020", controls=_controls)
def reverse_derivative_ascent():
    """put(p, a, b) = p + R[f](p, a, f(p, a) + b) over ℤ₂, where R[f] in p is f(p + 1) + f(p): the training step.

    A minus sign cannot be told from a plus here. Nothing is said about descent.
    """
    return 2 ** len(MONOMIALS), list(_faults())
