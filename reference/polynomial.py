"""Q[generators, inverses]: Laurent polynomials with a count of the work done, the arithmetic of the decision procedure.

A polynomial is a dict {monomial: coefficient}, a monomial a sorted tuple of (generator, exponent) without zeros.
An exponent may be a fraction, because a generator may be the exponential of something: E^(1/2) is exp of half of it.
"""

from __future__ import annotations

from fractions import Fraction

from verified_cat.errors import VerifiedCatError

Number = int | Fraction
"""An exact number; an int where it is whole, which is several times faster."""

Monomial = tuple[tuple[int, Number], ...]
Polynomial = dict[Monomial, Number]

ONE: Polynomial = {(): 1}


class OverBudget(VerifiedCatError, ArithmeticError):
    """The work that was granted is used up; nothing was decided."""


class Work:
    """How many products of monomials may still be formed."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, amount: int) -> None:
        """Counts ``amount``. Raises OverBudget where that is more than is left."""
        self.left -= amount
        if self.left < 0:
            raise OverBudget("the budget of polynomial products is used up")


def whole(value: Number) -> Number:
    """The same number, as an int where it is one."""
    return value.numerator if value.denominator == 1 else value


def constant(value: Number) -> Polynomial:
    """The constant polynomial."""
    return {(): whole(value)} if value else {}


def power_of(generator: int, exponent: Number = 1) -> Polynomial:
    """g^e."""
    return {((generator, whole(exponent)),): 1} if exponent else dict(ONE)


def times(a: Monomial, b: Monomial) -> Monomial:
    """a b: exponents are added."""
    if not a or not b:
        return a or b
    exponents = dict(a)
    for generator, exponent in b:
        total = exponents.get(generator, 0) + exponent
        if total:
            exponents[generator] = whole(total)
        else:
            del exponents[generator]
    return tuple(sorted(exponents.items()))


def to_the(a: Monomial, exponent: Number) -> Monomial:
    """a^e."""
    return tuple((generator, whole(power * exponent)) for generator, power in a) if exponent else ()


def add(p: Polynomial, q: Polynomial, factor: Number = 1) -> Polynomial:
    """p + factor q."""
    total = dict(p)
    for monomial, coefficient in q.items():
        value = total.get(monomial, 0) + factor * coefficient
        if value:
            total[monomial] = value
        else:
            total.pop(monomial, None)
    return total


def _length(p: Polynomial) -> int:
    """The bits of one of the coefficients: long ones cost more."""
    some = next(iter(p.values()), 0)
    return max(some.numerator.bit_length(), some.denominator.bit_length())


def multiply(p: Polynomial, q: Polynomial, work: Work) -> Polynomial:
    """p q."""
    work.spend(len(p) * len(q) * (1 + max(_length(p), _length(q)) // 512))
    product: Polynomial = {}
    for one, a in p.items():
        for two, b in q.items():
            monomial = times(one, two)
            value = product.get(monomial, 0) + a * b
            if value:
                product[monomial] = value
            else:
                product.pop(monomial, None)
    return product


def scaled(p: Polynomial, coefficient: Number, monomial: Monomial = ()) -> Polynomial:
    """c m p."""
    return {times(own, monomial): whole(coefficient * value) for own, value in p.items()}


def split_content(p: Polynomial) -> tuple[Number, Monomial, Polynomial]:
    """(c, m, q) with p = c m q, where q has no monomial factor and leading coefficient 1. p must not be zero."""
    least: dict[int, Number] = {}
    for generator in {generator for monomial in p for generator, _ in monomial}:
        least[generator] = min(dict(monomial).get(generator, 0) for monomial in p)
    common = tuple(sorted((generator, power) for generator, power in least.items() if power))
    without = scaled(p, 1, to_the(common, -1))
    lead = without[max(without, key=order)]
    return lead, common, scaled(without, Fraction(1) / lead)


def clearing(p: Polynomial) -> Monomial:
    """The least monomial m for which m p has no negative powers."""
    least: dict[int, Number] = {}
    for monomial in p:
        for generator, power in monomial:
            least[generator] = min(least.get(generator, 0), power)
    return tuple(sorted((generator, -power) for generator, power in least.items() if power))


def order(monomial: Monomial) -> tuple[tuple[int, Number], ...]:
    """A key that orders monomials lexicographically, compatibly with products: by the lowest generator first.

    A missing generator stands for exponent 0, and all exponents are positive where this is used.
    """
    return tuple((-generator, power) for generator, power in monomial)


def divide(p: Polynomial, divisor: Polynomial, work: Work) -> tuple[Polynomial, Polynomial]:
    """(q, r) with p = q divisor + r, where no term of r is a multiple of the leading term of the divisor.

    The equation holds whatever the order, so an empty r shows that the divisor divides p.
    """
    lead = max(divisor, key=order)
    quotient: Polynomial = {}
    left_over: Polynomial = {}
    rest = dict(p)
    while rest:
        work.spend(len(divisor))
        top = max(rest, key=order)
        monomial = times(top, to_the(lead, -1))
        if all(power > 0 for _, power in monomial):
            quotient[monomial] = whole(Fraction(rest[top]) / divisor[lead])
            rest = add(rest, scaled(divisor, quotient[monomial], monomial), -1)
        else:
            left_over[top] = rest.pop(top)
    return quotient, left_over
