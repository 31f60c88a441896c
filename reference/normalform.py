"""Expressions read as fractions in generators, at two levels.

At every real point where an expression is defined, its fraction has the same value. First tanh, sin and cos are
generators (with cos² = 1 - sin² and parity); then they are written through exponentials, whose law
exp(a + b) = exp(a) exp(b) is built in: that decides identities between exponentials of polynomials.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from verified_cat.reference import polynomial as poly
from verified_cat.reference.kinked import Relu, Step
from verified_cat.reference.polynomial import ONE, Number, Polynomial, Work
from verified_cat.reference.quotient import Factor, NoNormalForm, Quotient, Quotients, Signs, Undefined, freeze

Expression = Any


class Split(Exception):
    """The sign of ``atom`` decides which branch applies, and it is not among the signs assumed so far."""

    def __init__(self, atom: Factor) -> None:
        self.atom = atom


class NormalForm(Quotients):
    """One reading of expressions, in one cell."""

    def __init__(self, through_exponentials: bool, signs: Signs, work: Work) -> None:
        super().__init__(signs, work)
        self.through_exponentials = through_exponentials
        self.memo: dict[Expression, Quotient] = {}

    # ---------------------------------------------------------------------------------------- functions

    def exp(self, a: Quotient) -> Quotient:
        """exp(Σ c m) = Π exp(m)^c, a unit; over a denominator d it is exp(q + Σ c m / d), with a polynomial q."""
        a = self.cancelled(a)
        whole, rest = (a.numerator, {}) if not a.denominator else self.divided(a)
        powers = [(self.generator("exp", monomial), coefficient) for monomial, coefficient in whole.items()]
        powers += [self.exp_of_quotient(Quotient({m: 1}, a.denominator), c) for m, c in rest.items()]
        result: poly.Monomial = ()
        for power in powers:
            result = poly.times(result, (power,))
        return Quotient({result: 1})

    def divided(self, a: Quotient) -> tuple[Polynomial, Polynomial]:
        """(q, r) with numerator = q d + r for the denominator d."""
        shift = poly.clearing(a.numerator)
        top = poly.scaled(a.numerator, 1, shift)
        quotient, rest = poly.divide(top, self.expanded(dict(a.denominator)), self.work)
        back = poly.to_the(shift, -1)
        return poly.scaled(quotient, 1, back), poly.scaled(rest, 1, back)

    def exp_of_quotient(self, a: Quotient, coefficient: Number) -> tuple[int, Number]:
        """The generator and power of exp(c a), on the generator of a rational multiple of a where there is one."""
        for position, (kind, own) in enumerate(self.generators):
            if kind == "exp" and isinstance(own, Quotient):
                ratio = self.ratio(a, own)
                if ratio is not None:
                    return position, poly.whole(coefficient * ratio)
        return self.generator("exp", a), coefficient

    def ratio(self, a: Quotient, b: Quotient) -> Number | None:
        """The rational c with a = c b, where the normal forms show one."""
        left = self.product(a.numerator, self.expanded(dict(b.denominator)))
        right = self.product(b.numerator, self.expanded(dict(a.denominator)))
        if not left or not right or set(left) != set(right):
            return None
        some = next(iter(left))
        c = Fraction(left[some]) / right[some]
        return poly.whole(c) if left == poly.scaled(right, c) else None

    def log(self, a: Quotient) -> Quotient:
        """log|c Π g^k q| = log|c| + Σ k log|g| + log|q| and log|exp(u)| = u: on reals, as log a needs a > 0."""
        if self.is_zero(a.numerator):
            raise Undefined("the logarithm of 0")
        if self.has_imaginary():
            return self.applied("log", a)
        content, monomial, primitive = poly.split_content(a.numerator)
        parts = [(Quotient(primitive), 1), *((Quotient(dict(factor)), -power) for factor, power in a.denominator)]
        parts += [(Quotient(poly.constant(prime)), power) for prime, power in _primes(content)]
        total = Quotient({})
        for part, times in parts:
            if part.numerator != ONE:
                total = self.add(total, self.multiply(Quotient(poly.constant(times)), self.applied("log", part, 1)))
        for position, power in monomial:
            kind, own = self.generators[position]
            if kind == "exp":
                inner = own if isinstance(own, Quotient) else Quotient({own: 1})
            else:
                inner = self.applied("log", Quotient(poly.power_of(position)))
            total = self.add(total, self.multiply(Quotient(poly.constant(power)), inner))
        return total

    def root(self, a: Quotient) -> Quotient:
        """√a; its square is a where a is a polynomial."""
        found = self.applied("sqrt", a)
        if not a.denominator:
            ((((position, _),), _),) = found.numerator.items()
            self.squares.setdefault(position, a.numerator)
        return found

    def tanh(self, a: Quotient) -> Quotient:
        if not self.through_exponentials:
            return self.applied("tanh", a, -1)
        square = self.exp(self.multiply(Quotient(poly.constant(2)), a))
        one = Quotient(ONE)
        return self.multiply(self.add(square, one, -1), self.inverse(self.add(square, one)))

    def sin_and_cos(self, a: Quotient) -> tuple[Quotient, Quotient]:
        """(sin a, cos a): generators with cos² = 1 - sin², or halves of e^(ia) ± e^(-ia)."""
        if not self.through_exponentials:
            sine, cosine = self.applied("sin", a, -1), self.applied("cos", a, 1)
            ((((position, _),), _),) = cosine.numerator.items()
            self.squares[position] = poly.add(ONE, self.product(sine.numerator, sine.numerator), -1)
            return sine, cosine
        i = self.imaginary()
        there = self.exp(self.multiply(i, a))
        back = self.inverse(there)
        half = Quotient(poly.constant(Fraction(1, 2)))
        sine = self.multiply(
            self.multiply(half, self.multiply(Quotient(poly.constant(-1)), i)), self.add(there, back, -1)
        )
        return sine, self.multiply(half, self.add(there, back))

    # ---------------------------------------------------------------------------------------- expressions

    def of(self, e: Expression) -> Quotient:
        """The fraction of an expression. Raises Split where a sign is needed that is not assumed yet."""
        known = self.memo.get(e)
        if known is None:
            known = self.memo[e] = self.read(e)
        return known

    def read(self, e: Expression) -> Quotient:
        if e.is_Rational:
            return Quotient(poly.constant(Fraction(int(e.p), int(e.q))))
        if e.is_Symbol:
            return Quotient(poly.power_of(self.generator("variable", e)))
        if e.is_Add or e.is_Mul:
            return self.joined(e)
        if e is sp.E:
            return self.exp(Quotient(ONE))
        if e is sp.pi:
            return Quotient(poly.power_of(self.generator("variable", e)))
        if e.is_Pow and e.exp.is_Rational and e.exp.q <= 2:
            base = self.of(e.base)
            return self.to_the(base if e.exp.q == 1 else self.root(base), int(e.exp.p))
        if isinstance(e, sp.Piecewise):
            return next((self.of(value) for value, condition in e.args if self.holds(condition)), None) or self.refuse(
                e
            )
        return self.function(e)

    def joined(self, e: Expression) -> Quotient:
        parts = [self.of(part) for part in e.args]
        total = parts[0]
        for part in parts[1:]:
            total = self.add(total, part) if e.is_Add else self.multiply(total, part)
        return total

    def function(self, e: Expression) -> Quotient:
        if len(e.args) != 1:
            return self.refuse(e)
        a = self.of(e.args[0])
        if isinstance(e, sp.sin | sp.cos):
            if self.is_zero(a.numerator):
                return Quotient(ONE if isinstance(e, sp.cos) else {})
            return self.sin_and_cos(a)[isinstance(e, sp.cos)]
        if isinstance(e, sp.tanh):
            return self.tanh(a) if not self.is_zero(a.numerator) else Quotient({})
        if isinstance(e, sp.sinh | sp.cosh):
            sign = -1 if isinstance(e, sp.sinh) else 1
            both = self.add(self.exp(a), self.inverse(self.exp(a)), sign)
            return self.multiply(Quotient(poly.constant(Fraction(1, 2))), both)
        if isinstance(e, sp.erf):
            return self.applied("erf", a, -1) if not self.is_zero(a.numerator) else Quotient({})
        if isinstance(e, Step | Relu):
            branch = Quotient(ONE) if isinstance(e, Step) else a
            return branch if self.sign(a) > 0 else Quotient({})
        if isinstance(e, sp.Abs):
            return self.multiply(Quotient(poly.constant(self.sign(a))), a)
        readers = {sp.exp: self.exp, sp.log: self.log}
        return readers[type(e)](a) if type(e) in readers else self.refuse(e)

    def refuse(self, e: Expression) -> Quotient:
        raise NoNormalForm(f"{type(e).__name__} is not read by the decision procedure")

    # ---------------------------------------------------------------------------------------- conditions

    def holds(self, condition: Expression) -> bool:
        if condition in (sp.true, sp.false):
            return condition is sp.true
        if isinstance(condition, sp.And | sp.Or):
            return (all if isinstance(condition, sp.And) else any)(map(self.holds, condition.args))
        if isinstance(condition, sp.ITE):
            return self.holds(condition.args[1] if self.holds(condition.args[0]) else condition.args[2])
        if isinstance(condition, sp.Not):
            return not self.holds(condition.args[0])
        wanted = _SIGNS.get(type(condition))
        if wanted is None:
            raise NoNormalForm(f"the condition {condition} is no comparison of two numbers")
        return self.sign(self.add(self.of(condition.lhs), self.of(condition.rhs), -1)) in wanted

    def sign(self, a: Quotient) -> int:
        """-1, 0 or 1, in this cell. Raises Split where the cell does not say."""
        if self.is_zero(a.numerator):
            return 0
        if self.has_imaginary():
            raise NoNormalForm("a sign is asked of what is written through complex exponentials")
        content, monomial, primitive = poly.split_content(a.numerator)
        sign = 1 if content > 0 else -1
        for generator, power in monomial:
            own = self.sign_of_generator(generator)
            sign *= own if power % 2 else abs(own)
        for atom in (primitive, *(dict(factor) for factor, power in a.denominator if power % 2)):
            sign *= self.sign_of_polynomial(atom)
        return sign

    def sign_of_generator(self, generator: int) -> int:
        kind, argument = self.generators[generator]
        if kind == "exp":
            return 1
        return self.sign(argument) if kind == "tanh" else self.assumed(poly.power_of(generator))

    def sign_of_polynomial(self, p: Polynomial) -> int:
        """1 where every term is a square or an exponential and one of them is positive; else what the cell says."""
        positive = {g for monomial in p for g, _ in monomial if self.generators[g][0] == "exp"}
        if all(value > 0 and all(g in positive or e % 2 == 0 for g, e in m) for m, value in p.items()) and any(
            all(g in positive for g, _ in m) for m in p
        ):
            return 1
        return self.assumed(p)

    def assumed(self, p: Polynomial) -> int:
        key = freeze(p)
        if key not in self.signs:
            raise Split(key)
        return self.signs[key]

    def has_imaginary(self) -> bool:
        """Whether the imaginary unit is among the generators: then an exponential need not be a positive number."""
        return ("i", ()) in self.positions


def _primes(content: Number) -> list[tuple[int, int]]:
    """|c| as a product of powers: of primes where its parts are small, else of the parts themselves."""
    powers = []
    for part, sign in ((abs(content.numerator), 1), (content.denominator, -1)):
        factors = sp.factorint(part) if part < 10**9 else {part: 1}
        powers += [(int(prime), sign * int(power)) for prime, power in factors.items() if prime != 1]
    return powers


_SIGNS: dict[Any, tuple[int, ...]] = {
    sp.StrictGreaterThan: (1,),
    sp.GreaterThan: (0, 1),
    sp.StrictLessThan: (-1,),
    sp.LessThan: (-1, 0),
    sp.Equality: (0,),
    sp.Unequality: (-1, 1),
}
