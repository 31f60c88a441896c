"""x ↦ an interval that holds f(x), for an expression f at a rational point x: exact where possible, else mpmath's iv.

Each shared subexpression is evaluated once, rationals stay fractions until an elementary function is met, and the sign
of a condition is decided or the evaluation says that it could not be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import mpmath  # type: ignore[import-untyped]
import sympy as sp
from mpmath.ctx_iv import MPIntervalContext  # type: ignore[import-untyped]

from verified_cat.errors import VerifiedCatError
from verified_cat.reference.kinked import Relu, Step

Expression = Any
Point = Mapping[Expression, Fraction]

EXACT_BITS = 4096
"""A fraction longer than this is rounded outward to an interval: exactness may not cost more than it tells."""


LARGEST = 10**5
"""An exponent beyond this is refused: towers of exponentials would fill the memory before they say anything."""


class CannotEnclose(VerifiedCatError, ArithmeticError):
    """No finite enclosure: outside a domain, a sign that stays open, or a function that is not known here."""


class BeyondRange(CannotEnclose):
    """A number so large that no engine holds it: more digits would not help."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """[low, high] ∋ f(x), with rational ends. ``low == high`` where the value is known exactly."""

    low: Fraction
    high: Fraction

    @property
    def exact(self) -> bool:
        """Whether the interval is a single number."""
        return self.low == self.high

    @property
    def middle(self) -> Fraction:
        """The midpoint."""
        return (self.low + self.high) / 2

    def apart(self, other: Enclosure) -> bool:
        """Whether no number lies in both."""
        return self.high < other.low or other.high < self.low

    def __str__(self) -> str:
        if self.exact and max(self.low.numerator.bit_length(), self.low.denominator.bit_length()) < 64:
            return str(self.low)
        low, high = (mpmath.nstr(mpmath.mpf(end.numerator) / end.denominator, 15) for end in (self.low, self.high))
        return f"[{low}, {high}]"


def enclose(expressions: Sequence[Expression], point: Point, digits: int = 30) -> list[Enclosure]:
    """Enclosures of the values at ``point``, of relative width near 10^-digits; one evaluation of what they share.

    Raises CannotEnclose where a value is not defined at the point, or could not be told to be.
    """
    strange = [each for each in expressions if not isinstance(each, sp.Expr)]
    if strange:
        raise CannotEnclose(f"{str(strange[0])[:40]!r} is no expression")
    evaluator = Evaluator(point, digits + 5)
    return [evaluator.ends(expression) for expression in expressions]


def evaluate(expression: Expression, point: Point, digits: int = 30) -> Fraction:
    """f(x) to ``digits`` significant digits (absolute ones below 1), raising the working precision until they are sure.

    Raises CannotEnclose where four doublings do not suffice.
    """
    return evaluate_all([expression], point, digits)[0]


def evaluate_all(expressions: Sequence[Expression], point: Point, digits: int = 30) -> list[Fraction]:
    """The values of several expressions at one point, as :func:`evaluate`; what they share is evaluated once."""
    wanted = Fraction(1, 10**digits)
    problem: object = "the enclosure stays too wide"
    for working in (digits, 2 * digits, 4 * digits, 8 * digits):
        try:
            found = enclose(expressions, point, working)
        except CannotEnclose as error:
            problem = error
            continue
        if all(each.high - each.low <= wanted * max(Fraction(1), abs(each.middle)) for each in found):
            return [each.middle for each in found]
    raise CannotEnclose(f"no {digits} sure digits with {8 * digits} working ones: {problem}")


# ------------------------------------------------------------------------------------------------ one evaluation


class Evaluator:
    """The values of subexpressions at one point: a Fraction where exact, else an interval of a private context."""

    def __init__(self, point: Point, digits: int) -> None:
        self.iv = MPIntervalContext()
        self.iv.dps = digits
        if not all(isinstance(value, Fraction) for value in point.values()):
            raise CannotEnclose("the coordinates of a point are Fractions")
        self.memo: dict[Expression, Any] = {symbol: _shortened(self, value) for symbol, value in point.items()}

    def ends(self, expression: Expression) -> Enclosure:
        return self.ends_of(self(expression))

    def ends_of(self, value: Any) -> Enclosure:
        """The ends of a value; raises CannotEnclose where they are not finite."""
        if isinstance(value, Fraction):
            return Enclosure(value, value)
        low, high = _fraction(value._mpi_[0]), _fraction(value._mpi_[1])
        return Enclosure(low, high)

    def __call__(self, expression: Expression) -> Any:
        known = self.memo.get(expression)
        if known is None:
            known = self.memo[expression] = self.evaluated(expression)
        return known

    def interval(self, value: Any) -> Any:
        """An interval around a value that may be a fraction."""
        return self.iv.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value

    def evaluated(self, e: Expression) -> Any:
        if e.is_Rational:
            return Fraction(int(e.p), int(e.q))
        if e.is_Add:
            return self.joined(list(map(self, e.args)))
        if e.is_Mul:
            return reduce(self.multiplied, sorted(map(self, e.args), key=_is_interval))
        if e.is_Pow and e.exp.is_Rational:
            return self.power(self(e.base), Fraction(int(e.exp.p), int(e.exp.q)))
        if e.is_Pow:  # SymPy writes exp(y log 10) as 10^y
            return _exp(self, self.interval(self(e.exp)) * self.interval(_log(self, self(e.base))))
        if isinstance(e, sp.Piecewise):
            return self.branch(e)
        if e in _CONSTANTS:
            return _CONSTANTS[e](self.iv)
        function = _FUNCTIONS.get(type(e))
        if function is None or len(e.args) != 1:
            raise CannotEnclose(f"no enclosure is known for {type(e).__name__} in {e}")
        return function(self, self(e.args[0]))

    def joined(self, values: list[Any]) -> Any:
        """Σ values, the exact ones exactly first."""
        exact = _shortened(self, sum((value for value in values if isinstance(value, Fraction)), Fraction(0)))
        intervals = [value for value in values if not isinstance(value, Fraction)]
        if not intervals:
            return exact
        return sum(intervals[1:], intervals[0]) + self.interval(exact)

    def multiplied(self, x: Any, y: Any) -> Any:
        """x y, exactly where both are exact."""
        if isinstance(x, Fraction) and isinstance(y, Fraction):
            return _shortened(self, x * y)
        return x if isinstance(x, Fraction) and not x else self.interval(x) * self.interval(y)

    def power(self, base: Any, exponent: Fraction) -> Any:
        if exponent.denominator % 2 == 0:  # x^(n/2m) = (√x)^(n/m): roots of roots collect to such powers
            return self.power(_sqrt(self, base), 2 * exponent)
        if exponent.denominator != 1:
            raise CannotEnclose(f"no enclosure is known for the power {exponent}")
        n = exponent.numerator
        if n < 0:
            if self.sign(base) == 0:
                raise CannotEnclose("division by zero")
            base = 1 / base if isinstance(base, Fraction) else self.iv.mpf(1) / base
        if abs(n) > LARGEST:
            raise CannotEnclose(f"the power {n} is too large")
        if isinstance(base, Fraction) and abs(n) * max(map(int.bit_length, base.as_integer_ratio())) > EXACT_BITS:
            base = self.interval(base)
        return base ** abs(n)

    def sign(self, value: Any) -> int:
        """-1, 0 or 1. Raises CannotEnclose where the interval leaves it open."""
        if isinstance(value, Fraction):
            return (value > 0) - (value < 0)
        low, high = _fraction(value._mpi_[0]), _fraction(value._mpi_[1])
        if low > 0 or high < 0:
            return 1 if low > 0 else -1
        if low == high == 0:
            return 0
        raise CannotEnclose("the sign of a value near 0 stays open")

    def branch(self, piecewise: Expression) -> Any:
        """The value of the first branch whose condition holds."""
        for value, condition in piecewise.args:
            if self.holds(condition):
                return self(value)
        raise CannotEnclose("no branch of a piecewise function applies")

    def holds(self, condition: Expression) -> bool:
        if condition in (sp.true, sp.false):
            return condition is sp.true
        if isinstance(condition, sp.And | sp.Or):
            return (all if isinstance(condition, sp.And) else any)(map(self.holds, condition.args))
        if isinstance(condition, sp.ITE):
            return self.holds(condition.args[1] if self.holds(condition.args[0]) else condition.args[2])
        if isinstance(condition, sp.Not):
            return not self.holds(condition.args[0])
        relation = _RELATIONS.get(type(condition))
        if relation is None:
            raise CannotEnclose(f"the condition {condition} is no comparison of two numbers")
        left, right = self(condition.lhs), self(condition.rhs)
        both = isinstance(left, Fraction) and isinstance(right, Fraction)
        return relation(self.sign(left - right if both else self.interval(left) - self.interval(right)))


def _is_interval(value: Any) -> bool:
    return not isinstance(value, Fraction)


def function_at(evaluator: Evaluator, kind: Any, x: Any) -> Any:
    """The value of an elementary function, named by SymPy's class of it (√ by ``sympy.sqrt``), at a value."""
    return _sqrt(evaluator, x) if kind is sp.sqrt else _FUNCTIONS[kind](evaluator, x)


def _fraction(end: Any) -> Fraction:
    """The rational that a raw mpmath number is. Raises CannotEnclose where it is infinite or no number."""
    sign, mantissa, exponent, bits = end
    if not bits and exponent:
        raise CannotEnclose("the enclosure is not bounded")
    if abs(exponent) > LARGEST * 10:
        raise CannotEnclose("a number is too large or too small to be written as a fraction")
    whole = -int(mantissa) if sign else int(mantissa)
    return Fraction(whole * 2**exponent) if exponent >= 0 else Fraction(whole, 2**-exponent)


def _shortened(evaluator: Evaluator, value: Any) -> Any:
    if isinstance(value, Fraction) and max(value.numerator.bit_length(), value.denominator.bit_length()) > EXACT_BITS:
        return evaluator.interval(value)
    return value


def _exp(evaluator: Evaluator, x: Any) -> Any:
    if x == 0:
        return Fraction(1)
    if evaluator.interval(x) < -LARGEST:  # all that lies between 0 and that is known of it, and is enough
        return evaluator.iv.mpf([0, evaluator.iv.exp(evaluator.iv.mpf(-LARGEST)).b])
    return evaluator.iv.exp(_moderate(evaluator, x))


def _moderate(evaluator: Evaluator, x: Any) -> Any:
    """The interval of x. Raises CannotEnclose where it reaches beyond what an exponential or an angle may be."""
    value = evaluator.interval(x)
    if not (value > -LARGEST and value < LARGEST):
        raise CannotEnclose("an exponent or angle is too large")
    return value


def _log(evaluator: Evaluator, x: Any) -> Any:
    if evaluator.sign(x) <= 0:
        raise CannotEnclose("the logarithm of a number that is not positive")
    return Fraction(0) if x == 1 else evaluator.iv.log(evaluator.interval(x))


def _sqrt(evaluator: Evaluator, x: Any) -> Any:
    if evaluator.sign(x) < 0:
        raise CannotEnclose("the square root of a negative number")
    return evaluator.iv.sqrt(evaluator.interval(x)) if x != 0 else Fraction(0)


def _sin(evaluator: Evaluator, x: Any) -> Any:
    return Fraction(0) if x == 0 else evaluator.iv.sin(_moderate(evaluator, x))


def _cos(evaluator: Evaluator, x: Any) -> Any:
    return Fraction(1) if x == 0 else evaluator.iv.cos(_moderate(evaluator, x))


def _tanh(evaluator: Evaluator, x: Any) -> Any:
    """tanh x = 1 - 2 / (1 + e^2x)."""
    if x == 0:
        return Fraction(0)
    return 1 - 2 / (1 + evaluator.iv.exp(2 * _moderate(evaluator, x)))


def _sinh(evaluator: Evaluator, x: Any) -> Any:
    grown = _moderated_exp(evaluator, x)
    return Fraction(0) if x == 0 else (grown - 1 / grown) / 2


def _cosh(evaluator: Evaluator, x: Any) -> Any:
    grown = _moderated_exp(evaluator, x)
    return Fraction(1) if x == 0 else (grown + 1 / grown) / 2


def _moderated_exp(evaluator: Evaluator, x: Any) -> Any:
    return evaluator.iv.exp(_moderate(evaluator, x))


def _abs(evaluator: Evaluator, x: Any) -> Any:
    return x if evaluator.sign(x) >= 0 else -x


def _erf(evaluator: Evaluator, x: Any) -> Any:
    """erf x = 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1 · 3 ⋯ (2n+1)), of one sign; 1 - e^(-x²) < erf x < 1 for large x."""
    if x == 0:
        return Fraction(0)
    iv, value = evaluator.iv, evaluator.interval(x)
    if evaluator.sign(x) < 0:
        return -_erf(evaluator, -x)
    if not value < 64:
        return iv.mpf([1 - iv.exp(-iv.mpf(4096)).b, 1]) if value > 64 else iv.mpf([0, 1])
    square = value * value
    term = total = value
    n = 0
    while n < square.b or term.b * iv.mpf(2) ** (iv.prec + 4) > total.a:
        n += 1
        term = term * 2 * square / (2 * n + 1)
        total += term
    rest = term * iv.mpf([0, 2])  # beyond n ≥ x² each term is less than two thirds of the one before
    return 2 / iv.sqrt(iv.pi) * iv.exp(-square) * (total + rest)


def gaussian_at(evaluator: Evaluator, x: Any) -> Any:
    """exp(-x²/2) / √(2π)."""
    grown = _exp(evaluator, evaluator.multiplied(evaluator.multiplied(x, x), Fraction(-1, 2)))
    return evaluator.interval(grown) / evaluator.iv.sqrt(2 * evaluator.iv.pi)


def gaussian_cdf_at(evaluator: Evaluator, x: Any) -> Any:
    """(1 + erf(x / √2)) / 2."""
    if x == 0:
        return Fraction(1, 2)
    return (1 + evaluator.interval(_erf(evaluator, evaluator.interval(x) / evaluator.iv.sqrt(2)))) / 2


_CONSTANTS: dict[Expression, Callable[[Any], Any]] = {
    sp.E: lambda iv: iv.exp(iv.mpf(1)),
    sp.pi: lambda iv: iv.mpf(iv.pi),
}
_FUNCTIONS: dict[Any, Callable[[Evaluator, Any], Any]] = {
    sp.exp: _exp,
    sp.log: _log,
    sp.sin: _sin,
    sp.cos: _cos,
    sp.tanh: _tanh,
    sp.sinh: _sinh,
    sp.cosh: _cosh,
    sp.Abs: _abs,
    sp.erf: _erf,
    Relu: lambda evaluator, x: x if evaluator.sign(x) > 0 else Fraction(0),
    Step: lambda evaluator, x: Fraction(int(evaluator.sign(x) > 0)),
}
_RELATIONS: dict[Any, Callable[[int], bool]] = {
    sp.StrictGreaterThan: lambda sign: sign > 0,
    sp.GreaterThan: lambda sign: sign >= 0,
    sp.StrictLessThan: lambda sign: sign < 0,
    sp.LessThan: lambda sign: sign <= 0,
    sp.Equality: lambda sign: sign == 0,
    sp.Unequality: lambda sign: sign != 0,
}
