"""Learning over ℤ₂: reverse derivative ascent, at all points of all polynomials in two parameters and one input."""

from functools import reduce
from itertools import combinations, product

import numpy as np

from verified_cat.audits import audit
from verified_cat.category import Terms, interpret
from verified_cat.components import Components
from verified_cat.functions import Functions
from verified_cat.lens import Bundle, Lens, LensMap, ReverseDerivative
from verified_cat.objects import UNIT, Ob, Pair, Space
from verified_cat.para import Para, ParaMap
from verified_cat.primitives import add, constant, multiply
from verified_cat.reference.boolean import BooleanEngine
from verified_cat.terms import Discard, First, Pairing, RightUnitor, Second

MONOMIALS = [chosen for size in range(4) for chosen in combinations(range(3), size)]
"""The products of some of p, q, a: a polynomial without squares has a coefficient for each."""

POINTS = Space((2 ** (len(MONOMIALS) + 4),))
"""Every polynomial at every (p, q, a, b), all at once: one in each entry."""

PARAMS = Pair(POINTS, POINTS)
_LEAVES: list[Ob] = [POINTS] * len(MONOMIALS)
COEFFICIENTS = reduce(Pair, _LEAVES)
INPUT = Pair(COEFFICIENTS, POINTS)


def polynomial():
    """((p, q), (c, a)) ↦ Σ c_m m(p, q, a), the coefficients being part of the input: a term P ⊗ A → B."""
    params, given = First(PARAMS, INPUT), Second(PARAMS, INPUT)
    factors = (params >> First(POINTS, POINTS), params >> Second(POINTS, POINTS), given >> Second(COEFFICIENTS, POINTS))
    rest, whole = given >> First(COEFFICIENTS, POINTS), Discard(Pair(PARAMS, INPUT)) >> constant(POINTS.shape, 0)
    for monomial in reversed(MONOMIALS):
        last = isinstance(rest.cod, Pair)
        term = rest >> Second(rest.cod.left, rest.cod.right) if last else rest
        rest = rest >> First(rest.cod.left, rest.cod.right) if last else rest
        for factor in monomial:
            term = Pairing(term, factors[factor]) >> multiply(POINTS.shape)
        whole = Pairing(whole, term) >> add(POINTS.shape)
    return whole


def step():
    """One step of the polynomial with the loss f + b, α = id and put = p + p', a term ((P ⊗ A) ⊗ B) → P."""
    lenses, known, one = ReverseDerivative(Terms()), Components(), Bundle(POINTS, POINTS)
    model = ParaMap(Bundle(PARAMS, PARAMS), Bundle(INPUT, INPUT), one, interpret(polynomial(), lenses))
    loss = ParaMap(one, one, one, interpret(add(POINTS.shape), lenses))
    rate = LensMap(one, Bundle(UNIT, UNIT), Discard(POINTS), RightUnitor(POINTS))
    return known.training(Para(Lens(Terms())), model, known.gradient_update(PARAMS), loss, rate)


def _value(c, p, q, a):
    """The polynomials by counting."""
    products = (np.prod([(p, q, a)[factor] for factor in monomial], axis=0) for monomial in MONOMIALS)
    return sum(each * product for each, product in zip(c, products, strict=True)) % 2


def _exchanged(c, p, q, a, b):
    return c, q, p, a, b


def _points():
    """(c, p, q, a, b) at all entries."""
    bits = np.array(list(product((0, 1), repeat=len(MONOMIALS) + 4)), dtype=np.int64).T
    return bits[:-4], *bits[-4:]


def _expected(c, p, q, a, b):
    """p + (f(p + 1) + f(p)) (f(p) + b): the Boolean difference for the derivative, by counting, with no derivative."""
    here = _value(c, p, q, a)
    error = here + b
    difference = _value(c, 1 - p, q, a) + here, _value(c, p, 1 - q, a) + here
    return (p + difference[0] * error) % 2, (q + difference[1] * error) % 2


def _forgetting(c, p, q, a, b):
    """The step of ``_expected`` at the target 0."""
    return _expected(c, p, q, a, 0)


def _found():
    """What the step computes at all entries."""
    c, p, q, a, b = _points()
    return Functions(BooleanEngine()).meaning(step()).run((((p, q), (reduce(lambda x, y: (x, y), list(c)), a)), b))


def _faults(found):
    """The parameters whose next values are not as expected somewhere."""
    right = _expected(*_points())
    yield from (
        f"{name} is wrong" for name, one, two in zip("pq", found, right, strict=True) if not np.array_equal(one, two)
    )


def _error_itself(c, p, q, a, b):
    """p + (f(p) + b)."""
    error = _value(c, p, q, a) + b
    return (p + error) % 2, (q + error) % 2


@audit(
    "Z2-LEARN",
    source="Cruttwell et al. 2021, Example 4.4; Wilson and Zanasi 2020",
    controls={
        "the error itself is added": lambda: _faults(_error_itself(*_points())),
        "the target is forgotten": lambda: _faults(_forgetting(*_points())),
        "the gradients are exchanged": lambda: _faults(_expected(*_exchanged(*_points()))),
    },
)
def reverse_derivative_ascent():
    """put(p, a, b) = p + R[f](p, a, f(p, a) + b) over ℤ₂, where R[f] in p is f(p + 1) + f(p): the training step.

    At all points of all 256 polynomials in p, q, a. A minus sign cannot be told from a plus here. Nothing is said about
    descent.
    """
    return POINTS.shape[0], list(_faults(_found()))
