"""f(x) and J(x) in balls, where the slope of each elementary function is a coefficient of its power series.

A number with its partial derivatives, x + Σ_j t_j ∂_j x modulo t². The series are Arb's own, of f(x + t): no row of the
table of derivatives enters, so that a wrong row shows (law META-PRIM is the same comparison in symbols). At a kink
there is no derivative: relu'(0) = 0 and step' = 0 are written out here once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from verified_cat.engine import Exact
from verified_cat.functions import Functions, Run, Value
from verified_cat.objects import Ob, flatten, leaves, size, unflatten
from verified_cat.primitives import Bilinear, Constant, Linear, Primitive, row
from verified_cat.reference.arb import arb, arb_series, ctx
from verified_cat.reference.enclosure import ENCLOSED, Balls, EnclosureEngine, ball_of, balls
from verified_cat.reference.evaluate import BeyondRange, CannotEnclose
from verified_cat.reference.truth import DIGITS, Truth, flat
from verified_cat.terms import Operation, Term


@dataclass(frozen=True, slots=True)
class Jet:
    """A value of R^shape and its partial derivatives, one array for each input number."""

    value: Balls
    partials: tuple[Balls, ...]


def _tanh(x: Any) -> Any:
    """tanh x = 1 - 2 / (1 + e^2x)."""
    return 1 - 2 * (1 + (2 * x).exp()).inv()


def _sigmoid(x: Any) -> Any:
    return (1 + (-x).exp()).inv()


SERIES: dict[str, Callable[[Any], Any]] = {
    "exp": arb_series.exp,
    "log": arb_series.log,
    "reciprocal": arb_series.inv,
    "sqrt": arb_series.sqrt,
    "sin": arb_series.sin,
    "cos": arb_series.cos,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "softplus": lambda x: (1 + x.exp()).log(),
    "gaussian": lambda x: (x * x * arb(-0.5)).exp() * (1 / (2 * arb.pi()).sqrt()),
    "gaussian_cdf": lambda x: (1 + (x * (1 / arb(2).sqrt())).erf()) * arb(0.5),
}
"""Each smooth function of the table as a power series."""


class JetEngine(EnclosureEngine):
    """Functions on jets. ``at_kink`` is set where a relu or step was met at 0, where there is no derivative."""

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.name = f"jets of {bits} bits"
        self.at_kink = False

    def operation(self, operation: Operation) -> Run:
        """The operation on jets, by the rule for linear, bilinear or elementwise maps."""
        run, bits = super().operation(operation), self.bits
        if operation.name not in ENCLOSED:
            return run  # a term: it is made of operations on jets
        assert isinstance(operation, Primitive)
        on_jets = self._rule(operation, run)

        def on_each(x: Value) -> Jet:
            with ctx.workprec(bits):
                return on_jets(x)

        return on_each

    def _rule(self, operation: Primitive, run: Run) -> Callable[[Value], Jet]:
        kind = row(operation.name)
        if isinstance(kind, Constant):
            return lambda _: Jet(run(()), ())
        if operation.name == "add":
            return lambda xy: _added(run, *xy)
        if isinstance(kind, Linear):
            return lambda x: Jet(run(x.value), tuple(map(run, x.partials)))
        if isinstance(kind, Bilinear):
            return lambda xy: _product(run, *xy)
        return lambda x: self._entrywise(operation.name, run, x)

    def _entrywise(self, name: str, run: Run, x: Jet) -> Jet:
        """df(x) = f'(x) dx."""
        if name in SERIES:
            found = [_slope(SERIES[name], entry) for entry in x.value.flat]
        else:
            found = [self._sign(entry) if name == "relu" else 0 * self._sign(entry) for entry in x.value.flat]
        slopes = balls(found, x.value.shape)
        return Jet(run(x.value), tuple(np.asarray(slopes * part, dtype=object) for part in x.partials))

    def _sign(self, x: Any) -> Any:
        """The slope of relu: 1 above 0, 0 below and, by convention, at 0. Raises CannotEnclose where that is open."""
        if x > 0:
            return arb(1)
        if not x < 0:
            if not x.is_zero():
                raise CannotEnclose("the sign of a value near a kink stays open")
            self.at_kink = True
        return arb(0)

    def variables(self, ob: Ob, exact: Exact) -> Value:
        """x with ∂x_i/∂x_j = δ_ij, the point where all is expanded."""
        values = flatten(ob, self.lift(ob, exact))
        count, before, jets = size(ob), 0, []
        for leaf, value in zip(leaves(ob), values, strict=True):
            own = size(leaf)
            rows = np.full((count, own), arb(0), dtype=object)
            for index in range(own):
                rows[before + index, index] = arb(1)
            jets.append(Jet(value, tuple(part.reshape(value.shape) for part in rows)))
            before += own
        return unflatten(ob, jets)


def _slope(f: Callable[[Any], Any], x: Any) -> Any:
    """f'(x), from f(x + t) modulo t²; a ball that holds everything where that does not exist."""
    try:
        return f(arb_series([x, 1], 2))[1]
    except (ValueError, ZeroDivisionError):
        return arb.nan()


def _product(run: Run, x: Jet, y: Jet) -> Jet:
    """d(x y) = dx y + x dy."""
    left = tuple(run((part, y.value)) for part in x.partials)
    right = tuple(run((x.value, part)) for part in y.partials)
    return Jet(run((x.value, y.value)), _both(left, right))


def _added(run: Run, x: Jet, y: Jet) -> Jet:
    """d(x + y) = dx + dy."""
    return Jet(run((x.value, y.value)), _both(x.partials, y.partials))


def _both(left: tuple[Balls, ...], right: tuple[Balls, ...]) -> tuple[Balls, ...]:
    """The sums of partial derivatives; none at all, of a constant, are zeros."""
    if not left or not right:
        return left or right
    return tuple(np.asarray(one + other, dtype=object) for one, other in zip(left, right, strict=True))


def jacobian_in_balls(term: Term, point: Exact, bits: int) -> tuple[list[Any], list[list[Any]], bool]:
    """(f(x), rows of J(x), whether x lies at a kink), flat and row-major. Raises CannotEnclose at an open sign."""
    engine = JetEngine(bits)
    value = Functions(engine).meaning(term)(engine.variables(term.dom, point))
    count, zero = size(term.dom), arb(0)
    outputs, rows = [], []
    for jet in flatten(term.cod, value):
        outputs += jet.value.ravel().tolist()
        columns = [part.ravel().tolist() for part in jet.partials]
        rows += [list(entries) for entries in zip(*columns, strict=True)] or [[zero] * count] * jet.value.size
    return outputs, rows, engine.at_kink


# ------------------------------------------------------------------------------------------------ to forty digits


LARGEST, LEAST = arb(2) ** 20000, arb(10) ** -60
PRECISIONS = (224, 448, 1792)
"""Bits, one after the other, until the numbers are certain to forty digits."""


def truth_by_jets(term: Term, point: Exact, cotangent: Exact, tangent: Exact) -> Truth:
    """The numbers in balls. Raises CannotEnclose where a sign near a kink, or too many digits, stay open."""
    problem: object = "the enclosure stays too wide"
    for bits in PRECISIONS:
        try:
            return _truth(term, point, cotangent, tangent, bits)
        except BeyondRange:
            raise
        except CannotEnclose as fault:
            problem = fault
    raise CannotEnclose(f"no {DIGITS} sure digits with {PRECISIONS[-1]} bits: {problem}")


def _truth(term: Term, point: Exact, cotangent: Exact, tangent: Exact, bits: int) -> Truth:
    outputs, rows, at_kink = jacobian_in_balls(term, point, bits)
    with ctx.workprec(bits):
        w, v = ([ball_of(number) for number in flat(*each)] for each in ((term.cod, cotangent), (term.dom, tangent)))
        columns = zip(*rows, strict=True)
        parts = outputs, [_dot(w, column) for column in columns], [_dot(v, row) for row in rows]
        value, pulled, pushed = (tuple(map(_certain, part)) for part in parts)
        return Truth(value, pulled, pushed, at_kink)


def _dot(left: Iterable[Any], right: Iterable[Any]) -> Any:
    return sum((x * y for x, y in zip(left, right, strict=True)), start=arb(0))


def _certain(x: Any) -> Fraction:
    """The middle of a ball. Raises CannotEnclose where it is not certain to forty digits, BeyondRange where it is huge.

    What is certain to be below 10^-60 is 0: that is nearer than the forty digits claim.
    """
    if not x.is_finite():
        raise CannotEnclose("a value is not defined, or nothing finite encloses it")
    if abs(x) > LARGEST:
        raise BeyondRange("a value is beyond the range of every engine")
    if abs(x) < LEAST:
        return Fraction(0)
    if not x.is_exact() and not x.rad() * 10**DIGITS <= max(arb(1), abs(x.mid())):
        raise CannotEnclose("the enclosure stays too wide")
    mantissa, exponent = map(int, x.mid().man_exp())
    return Fraction(mantissa * 2**exponent) if exponent >= 0 else Fraction(mantissa, 2**-exponent)
