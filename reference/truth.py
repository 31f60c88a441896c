"""f(x), J(x)ᵀ w and J(x) v at a rational point x, to forty digits: exact values that no table of derivatives enters.

Two ways, neither of which uses the rules of the table: SymPy's derivative of the expression that the term is, and power
series in balls (``verified_cat.reference.jets``), a hundred times faster and rigorous. In both, each relu and step is
the branch that holds at x; at a kink there is no derivative, and the declared convention counts there, by D.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from verified_cat.engine import Exact
from verified_cat.errors import MissingExtra
from verified_cat.functions import Functions
from verified_cat.gad import forward_mode, reverse_mode
from verified_cat.objects import Ob, flatten, size
from verified_cat.reference.engine import SympyEngine, rational, subexpressions
from verified_cat.reference.evaluate import BeyondRange, CannotEnclose, Enclosure, enclose, evaluate_all
from verified_cat.reference.jacobian import entries
from verified_cat.reference.kinked import Relu, Step
from verified_cat.terms import Term, operations

Expression = Any
Point = Mapping[Expression, Fraction]

DIGITS = 40
"""Certain digits of every number here: far below the unit roundoff of float64."""

SMALL = 32
"""Terms of more operations, or more input numbers, are not given to SymPy: its expressions would fill the memory."""

WRITTEN_OUT = 50_000
"""Nor are expressions of more symbols than this, written out for each input: SymPy walks a shared part each time."""


@dataclass(frozen=True, slots=True)
class Truth:
    """f(x), J(x)ᵀ w and J(x) v, entry by entry; ``at_kink`` where J is the declared convention at a kink."""

    value: tuple[Fraction, ...]
    pulled: tuple[Fraction, ...]
    pushed: tuple[Fraction, ...]
    at_kink: bool

    @property
    def numbers(self) -> tuple[Fraction, ...]:
        """All of them in a row."""
        return self.value + self.pulled + self.pushed


def uncertainty(exact: Fraction) -> Fraction:
    """How far a number of a ``Truth`` may be from the number that it stands for: 10^-40, relative above 1."""
    return max(Fraction(1), abs(exact)) * Fraction(1, 10**DIGITS)


def agree(one: Truth, other: Truth) -> bool:
    """Whether two ways to the same numbers met, within what each leaves open.

    Not whether both saw a kink: SymPy knows that x - x is 0 everywhere, where balls see relu at 0.
    """
    pairs = zip(one.numbers, other.numbers, strict=True)
    return all(abs(a - b) <= uncertainty(a) + uncertainty(b) for a, b in pairs)


def flat(ob: Ob, value: Exact) -> list[Any]:
    """The numbers of an exact or observed value, left to right and row-major."""
    return [number for leaf in flatten(ob, value) for number in leaf]


def best_truth(term: Term, point: Exact, cotangent: Exact, tangent: Exact) -> Truth:
    """In balls where python-flint is there; by SymPy otherwise, and where a sign stays open in balls.

    Raises CannotEnclose where neither can tell.
    """
    try:
        from verified_cat.reference.jets import truth_by_jets

        return truth_by_jets(term, point, cotangent, tangent)
    except BeyondRange:
        raise
    except (MissingExtra, CannotEnclose) as fault:
        if size(term.dom) > SMALL or sum(1 for _ in operations(term)) > SMALL:
            raise CannotEnclose(f"not told in balls ({fault}), and too large for SymPy") from fault
        return truth(term, point, cotangent, tangent)


# ------------------------------------------------------------------------------------------------ by SymPy


def truth(term: Term, point: Exact, cotangent: Exact, tangent: Exact) -> Truth:
    """The numbers by SymPy. CannotEnclose: a value is undefined, a sign stays open, or it is too large."""
    engine = SympyEngine()
    x = engine.symbols(term.dom)
    variables = entries(term.dom, x)
    at = dict(zip(variables, flat(term.dom, point), strict=True))
    outputs = entries(term.cod, Functions(engine).meaning(term)(x))
    if (symbols := written_out(outputs) * max(1, len(variables))) > WRITTEN_OUT:
        raise CannotEnclose(f"too large for SymPy: its derivatives have about {symbols} symbols")
    value = tuple(evaluate_all(outputs, at, DIGITS))
    signs = kink_signs(outputs, at)
    if 0 in signs.values():
        return Truth(value, *declared(term, point, cotangent, tangent), True)
    smooth = between_kinks(outputs, signs)
    total = _weighted(flat(term.cod, cotangent), smooth)
    pulled = evaluate_all([sp.diff(total, variable) for variable in variables], at, DIGITS)
    along = flat(term.dom, tangent)
    pushed = evaluate_all([_weighted(along, _gradient(y, variables)) for y in smooth], at, DIGITS)
    return Truth(value, tuple(pulled), tuple(pushed), False)


def written_out(outputs: list[Expression]) -> int:
    """How many symbols the expressions have as trees, where each shared part is written again: found without that."""
    sizes: dict[Expression, int] = {}
    pending = list(outputs)
    while pending:
        here = pending[-1]
        missing = [part for part in here.args if part not in sizes]
        if not missing:
            sizes[pending.pop()] = 1 + sum(sizes[part] for part in here.args)
        pending += missing
    return sum(sizes[output] for output in outputs)


def _weighted(weights: Iterable[Fraction], parts: Iterable[Expression]) -> Expression:
    return sp.Add(*(rational(weight) * part for weight, part in zip(weights, parts, strict=True)))


def _gradient(output: Expression, variables: list[Expression]) -> list[Expression]:
    return [sp.diff(output, variable) for variable in variables]


def declared(
    term: Term, point: Exact, cotangent: Exact, tangent: Exact
) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """J(x)ᵀ w and J(x) v by D over the exact engine, with the conventions of the table at kinks."""
    engine = SympyEngine()
    x = engine.lift(term.dom, point)
    _, pullback = reverse_mode(engine).differentiate(term)(x)
    _, push = forward_mode(engine).differentiate(term)(x)
    pulled = entries(term.dom, pullback(engine.lift(term.cod, cotangent)))
    pushed = entries(term.cod, push(engine.lift(term.dom, tangent)))
    return tuple(evaluate_all(pulled, {}, DIGITS)), tuple(evaluate_all(pushed, {}, DIGITS))


def kink_signs(outputs: list[Expression], at: Point) -> dict[Expression, int]:
    """The sign at the point of what each relu and step is applied to, inner ones before those that hold them."""
    kinks = [part for part in subexpressions(*outputs) if isinstance(part, Relu | Step)]
    kinks.sort(key=lambda kink: len(subexpressions(kink)))
    inside = enclose([kink.args[0] for kink in kinks], at, DIGITS)
    return {kink: _sign(found) for kink, found in zip(kinks, inside, strict=True)}


def _sign(found: Enclosure) -> int:
    if found.low > 0 or found.high < 0:
        return 1 if found.low > 0 else -1
    if found.low == found.high == 0:
        return 0
    raise CannotEnclose("the sign of a value near a kink stays open")


def between_kinks(outputs: list[Expression], signs: Mapping[Expression, int]) -> list[Expression]:
    """The same functions near the point, with the branch that holds there in place of each relu and step."""
    branches: dict[Expression, Expression] = {}
    for kink, sign in signs.items():
        above = kink.args[0].xreplace(branches) if isinstance(kink, Relu) else sp.S.One
        branches[kink] = above if sign > 0 else sp.S.Zero
    return [output.xreplace(branches) for output in outputs]
