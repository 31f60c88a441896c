"""f(x) and J(x)ᵀ w at a rational point x, to forty digits: exact values that no table of derivatives enters.

The derivative is SymPy's own, of the expression that the term is. Before it is taken, each relu and step is replaced by
the branch that holds near x, so that no rule of ours is differentiated. At a kink there is no derivative; there the
declared convention counts, by D over the exact engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from verified_cat.engine import Exact
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.objects import Ob, flatten
from verified_cat.reference.engine import SympyEngine, rational, subexpressions
from verified_cat.reference.evaluate import CannotEnclose, Enclosure, enclose, evaluate_all
from verified_cat.reference.jacobian import entries
from verified_cat.reference.kinked import Relu, Step
from verified_cat.terms import Term

Expression = Any
Point = Mapping[Expression, Fraction]

DIGITS = 40
"""Certain digits of every number here: far below the unit roundoff of float64."""


@dataclass(frozen=True, slots=True)
class Truth:
    """f(x) and J(x)ᵀ w, entry by entry; ``at_kink`` where the latter is the declared convention at a kink."""

    value: tuple[Fraction, ...]
    pulled: tuple[Fraction, ...]
    at_kink: bool


def uncertainty(exact: Fraction) -> Fraction:
    """How far a number of a ``Truth`` may be from the number that it stands for: 10^-40, relative above 1."""
    return max(Fraction(1), abs(exact)) * Fraction(1, 10**DIGITS)


def flat(ob: Ob, value: Exact) -> list[Any]:
    """The numbers of an exact or observed value, left to right and row-major."""
    return [number for leaf in flatten(ob, value) for number in leaf]


def truth(term: Term, point: Exact, cotangent: Exact) -> Truth:
    """f(x) and J(x)ᵀ w for a term f. Raises CannotEnclose where a value is not defined or a sign near 0 stays open."""
    engine = SympyEngine()
    x = engine.symbols(term.dom)
    variables = entries(term.dom, x)
    at = dict(zip(variables, flat(term.dom, point), strict=True))
    outputs = entries(term.cod, Functions(engine).meaning(term)(x))
    value = tuple(evaluate_all(outputs, at, DIGITS))
    signs = kink_signs(outputs, at)
    if 0 in signs.values():
        return Truth(value, declared(term, point, cotangent), True)
    weighted = zip(flat(term.cod, cotangent), between_kinks(outputs, signs), strict=True)
    total = sp.Add(*(rational(w) * y for w, y in weighted))
    pulled = evaluate_all([sp.diff(total, variable) for variable in variables], at, DIGITS)
    return Truth(value, tuple(pulled), False)


def declared(term: Term, point: Exact, cotangent: Exact) -> tuple[Fraction, ...]:
    """J(x)ᵀ w by D over the exact engine, with the conventions of the table at kinks."""
    engine = SympyEngine()
    _, pullback = reverse_mode(engine).differentiate(term)(engine.lift(term.dom, point))
    return tuple(evaluate_all(entries(term.dom, pullback(engine.lift(term.cod, cotangent))), {}, DIGITS))


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
