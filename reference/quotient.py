"""Fractions of Laurent polynomials in generators, one generator per application of a function to an argument.

Sums share denominators as far as these are equal; no greatest common divisor is computed. That a numerator reduces to 0
is a proof that the fraction vanishes wherever it is defined; that it does not reduce means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verified_cat.errors import VerifiedCatError
from verified_cat.reference import polynomial as poly
from verified_cat.reference.polynomial import ONE, Number, Polynomial, Work

Factor = tuple[tuple[poly.Monomial, Number], ...]
"""A polynomial as sorted items, so that it can be compared and looked up."""


class NoNormalForm(VerifiedCatError, ArithmeticError):
    """The expression holds a form that is not read here."""


class Undefined(NoNormalForm):
    """The expression divides by what is 0 everywhere in the cell, or takes its logarithm."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """numerator / Π factor^power, the factors primitive with leading coefficient 1."""

    numerator: Polynomial
    denominator: tuple[tuple[Factor, int], ...] = ()


Argument = Any
"""What a generator is applied to: a Quotient, a monomial (for exp), or the variable itself."""

Signs = dict[Factor, int]


def freeze(p: Polynomial) -> Factor:
    """The polynomial as sorted items."""
    return tuple(sorted(p.items()))


class Quotients:
    """The fractions of one reading, under assumed signs of some polynomials: the cell of a piecewise function."""

    def __init__(self, signs: Signs, work: Work) -> None:
        self.signs = signs
        self.work = work
        self.generators: list[tuple[str, Argument]] = []
        self.positions: dict[tuple[str, Argument], int] = {}
        self.squares: dict[int, Polynomial] = {}

    # ---------------------------------------------------------------------------------------- arithmetic

    def product(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """p q with every square of a cosine, a root or the imaginary unit replaced by what it equals."""
        return self.reduced(poly.multiply(p, q, self.work))

    def reduced(self, p: Polynomial) -> Polynomial:
        done: Polynomial = {}
        pending = [p] if self.squares else []
        while pending:
            for monomial, coefficient in pending.pop().items():
                high = next(((g, e) for g, e in monomial if g in self.squares and e >= 2), None)
                if high is None:
                    done = poly.add(done, {monomial: coefficient})
                else:
                    rest = poly.times(monomial, ((high[0], -2),))
                    pending.append(poly.multiply({rest: coefficient}, self.squares[high[0]], self.work))
        return done if self.squares else p

    def expanded(self, factors: dict[Factor, int]) -> Polynomial:
        product = ONE
        for factor, power in factors.items():
            for _ in range(power):
                product = self.product(product, dict(factor))
        return product

    def add(self, a: Quotient, b: Quotient, sign: int = 1) -> Quotient:
        """a ± b over the least common multiple of the denominators, as far as they share factors."""
        one, two = dict(a.denominator), dict(b.denominator)
        common = {factor: max(one.get(factor, 0), two.get(factor, 0)) for factor in one | two}
        left = self.expanded({f: power - one.get(f, 0) for f, power in common.items()})
        right = self.expanded({f: power - two.get(f, 0) for f, power in common.items()})
        total = poly.add(self.product(a.numerator, left), self.product(b.numerator, right), sign)
        return Quotient(total, tuple(sorted(common.items())))

    def multiply(self, a: Quotient, b: Quotient) -> Quotient:
        powers = dict(a.denominator)
        for factor, power in b.denominator:
            powers[factor] = powers.get(factor, 0) + power
        return Quotient(self.product(a.numerator, b.numerator), tuple(sorted(powers.items())))

    def inverse(self, a: Quotient) -> Quotient:
        """1 / a. Raises NoNormalForm where a is 0 everywhere."""
        if self.is_zero(a.numerator):
            raise Undefined("a division by what is 0 everywhere")
        content, monomial, primitive = poly.split_content(a.numerator)
        top = poly.scaled(self.expanded(dict(a.denominator)), Fraction(1) / content, poly.to_the(monomial, -1))
        return Quotient(self.reduced(top), () if primitive == ONE else ((freeze(primitive), 1),))

    def to_the(self, a: Quotient, exponent: int) -> Quotient:
        base, left = (a, exponent) if exponent >= 0 else (self.inverse(a), -exponent)
        result = Quotient(ONE)
        while left:
            result = self.multiply(result, base) if left & 1 else result
            left >>= 1
            base = self.multiply(base, base) if left else base
        return result

    def cancelled(self, a: Quotient) -> Quotient:
        """a without the factors of its denominator that divide its numerator."""
        if not a.numerator or not a.denominator:
            return a
        content, monomial, top = poly.split_content(a.numerator)
        powers = dict(a.denominator)
        for factor, power in a.denominator:
            for _ in range(power):
                quotient, left_over = poly.divide(top, dict(factor), self.work)
                if left_over:
                    break
                top, powers[factor] = quotient, powers[factor] - 1
        left = tuple((factor, power) for factor, power in powers.items() if power)
        return Quotient(poly.scaled(top, content, monomial), left)

    def is_zero(self, p: Polynomial) -> bool:
        """Whether p reduces to 0 once negative powers are cleared, modulo the polynomials assumed to be 0."""
        rest = self.cleared(p)
        for atom, sign in self.signs.items():
            if rest and sign == 0:
                _, rest = poly.divide(rest, self.cleared(dict(atom)), self.work)
        return not self.reduced(rest)

    def cleared(self, p: Polynomial) -> Polynomial:
        """m p without negative powers, for some monomial m."""
        return self.reduced(poly.scaled(p, 1, poly.clearing(p)))

    def same(self, a: Quotient, b: Quotient, sign: int = 1) -> bool:
        """Whether a = ±b is shown by the normal forms."""
        return (sign == 1 and a == b) or self.is_zero(self.add(a, b, -sign).numerator)

    # ---------------------------------------------------------------------------------------- generators

    def generator(self, kind: str, argument: Argument) -> int:
        """The generator of this very function and argument; of a quotient, a new one."""
        if isinstance(argument, Quotient):
            self.generators.append((kind, argument))
            return len(self.generators) - 1
        key = (kind, argument)
        if key not in self.positions:
            self.positions[key] = len(self.generators)
            self.generators.append(key)
        return self.positions[key]

    def applied(self, kind: str, argument: Quotient, parity: int = 0) -> Quotient:
        """kind(argument), on the generator of an equal argument, or the opposite one for an even or odd function."""
        for position, (other, own) in enumerate(self.generators):
            if other == kind and isinstance(own, Quotient):
                if self.same(argument, own):
                    return Quotient(poly.power_of(position))
                if parity and self.same(argument, own, -1):
                    return Quotient(poly.scaled(poly.power_of(position), parity))
        return Quotient(poly.power_of(self.generator(kind, argument)))

    def imaginary(self) -> Quotient:
        position = self.generator("i", ())
        self.squares[position] = poly.constant(-1)
        return Quotient(poly.power_of(position))
