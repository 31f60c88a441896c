"""J(f)(x): the Jacobian of a term by SymPy's differentiation of its expression, not by the table of derivatives.

The laws of a reverse derivative hold for any assignment of derivatives to the operations (exp' = 2 exp satisfies them
all), so each row of the table is compared here with the function itself (law META-PRIM).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from verified_cat import primitives
from verified_cat.errors import DataError
from verified_cat.functions import Functions, Run, Value
from verified_cat.objects import Ob, flatten, leaves, size, space, unflatten
from verified_cat.primitives import Elementwise, Primitive
from verified_cat.reference.decide import Decision, decide_values
from verified_cat.reference.engine import Array, SympyEngine, array, rational, subexpressions
from verified_cat.reference.kinked import Relu, Step
from verified_cat.terms import Generator, Term

Expression = Any


def entries(ob: Ob, value: Value) -> list[Expression]:
    """The entries of a value, left to right and row-major."""
    return [entry for leaf in flatten(ob, value) for entry in leaf.flat]


def value_of(ob: Ob, flat: list[Expression]) -> Value:
    """The value of ``ob`` with these entries; inverse of :func:`entries`."""
    parts, start = [], 0
    for leaf in leaves(ob):
        stop = start + size(leaf)
        parts.append(array(flat[start:stop], leaf.shape))  # type: ignore[attr-defined]
        start = stop
    return unflatten(ob, parts)


def jacobian(term: Term, engine: SympyEngine | None = None) -> tuple[Value, Array]:
    """(x, J): variables for the domain and the matrix ∂f_i/∂x_j at them, cod by dom, by SymPy's differentiation."""
    engine = engine or SympyEngine()
    x = engine.symbols(term.dom)
    y = Functions(engine).meaning(term)(x)
    return x, matrix(entries(term.cod, y), entries(term.dom, x))


def matrix(outputs: list[Expression], variables: list[Expression]) -> Array:
    """∂ outputs / ∂ variables. A Relu or Step is first written as a Piecewise, so that its rule is SymPy's own.

    Not where one stands inside another: there SymPy would multiply the branches out, so the rule of Relu is used.
    """
    strange = [each for each in variables if not isinstance(each, sp.Symbol)]
    if strange:  # SymPy would read a string as an expression
        raise DataError(f"a derivative is taken by variables, not by {str(strange[0])[:40]!r}")
    flat = [sp.diff(output, variable) for output in map(_plain, map(rational, outputs)) for variable in variables]
    return array(flat, (len(outputs), len(variables)))


def _plain(output: Expression) -> Expression:
    kinks = {part for part in subexpressions(output) if isinstance(part, Relu | Step)}
    nested = any(isinstance(part, Relu | Step) for kink in kinks for part in subexpressions(*kink.args))
    return output.rewrite(sp.Piecewise) if kinks and not nested else output


def times_vector(j: Array, v: list[Expression]) -> list[Expression]:
    """J v."""
    vector = list(map(rational, v))
    return [sp.Add(*(a * b for a, b in zip(row, vector, strict=True))) for row in j]


# ------------------------------------------------------------------------------------------------ the table, row by row


@dataclass(frozen=True, slots=True)
class DerivativeGap:
    """What a row's derivative is compared in: the table's value and SymPy's, of the object ``ob``, and the verdict."""

    ob: Ob
    table: tuple[Expression, ...]
    sympy: tuple[Expression, ...]
    decision: Decision


def derivative_gap(operation: Primitive, mode: str = "reverse", rule: Term | None = None) -> DerivativeGap:
    """Jᵀ w ("reverse") or J v ("forward") of an operation: the table's term at variables against SymPy's derivative.

    ``rule`` stands in for the table's term ((x, y), w) ↦ Jᵀ w or ((x, y), v) ↦ J v, so that a wrong one can be tried.
    Between the kinks of the operation only; :func:`kink_gap` is for the kinks themselves.
    """
    reverse = mode == "reverse"
    term = rule or (primitives.pullback(operation) if reverse else primitives.pushforward(operation))
    start, end = (operation.cod, operation.dom) if reverse else (operation.dom, operation.cod)
    engine = SympyEngine()
    x, w = engine.symbols(operation.dom), engine.symbols(start, "w")
    y = engine.operation(operation)(x)
    found = entries(end, Functions(engine).meaning(term)(((x, y), w)))
    j = matrix(entries(operation.cod, y), entries(operation.dom, x))
    expected = times_vector(j.T if reverse else j, entries(start, w))
    return _compared(end, _between_kinks(operation, found), _between_kinks(operation, expected))


def kink_gap(operation: Primitive, slope: Run | None = None) -> list[DerivativeGap]:
    """At each kink: the table's Jᵀ w with w = 1 against the declared convention, which is a derivative of 0 there."""
    kind = primitives.row(operation.name)
    kinks = kind.kinks if isinstance(kind, Elementwise) else ()
    engine = SympyEngine()
    pull = slope or Functions(engine).meaning(primitives.pullback(operation)).run
    gaps = []
    for kink in kinks:
        count = size(operation.dom)
        x = value_of(operation.dom, [rational(kink)] * count)
        w = value_of(operation.cod, [sp.S.One] * count)
        found = entries(operation.dom, pull(((x, engine.operation(operation)(x)), w)))
        gaps.append(_compared(operation.dom, found, [sp.S.Zero] * count))
    return gaps


def _between_kinks(operation: Primitive, flat: list[Expression]) -> list[Expression]:
    """On both sides of a kink at 0: every x_i as e^t and as -e^t. Elsewhere the entries as they are."""
    kind = primitives.row(operation.name)
    if not isinstance(kind, Elementwise) or not kind.kinks:
        return flat
    variables = entries(operation.dom, SympyEngine().symbols(operation.dom))
    return [entry.subs({x: sign * sp.exp(x) for x in variables}).doit() for entry in flat for sign in (1, -1)]


def _compared(ob: Ob, found: list[Expression], expected: list[Expression]) -> DerivativeGap:
    decision = decide_values(space(len(found)), tuple(found), tuple(expected))
    return DerivativeGap(ob, tuple(found), tuple(expected), decision)


def operation_of(term: Term) -> Primitive:
    """The operation that a one-operation term is. Raises TypeError for another term."""
    if not isinstance(term, Generator) or not isinstance(term.operation, Primitive):
        raise TypeError(f"{term} is not one operation of the table")
    return term.operation


class CalculusEngine(SympyEngine):
    """The exact engine, which also knows the derivative of a term by calculus, independently of the table."""

    def true_derivative(self, term: Term, *, transposed: bool) -> Run:
        """(a, v) ↦ (f(a), J(a) v), or (a, w) ↦ (f(a), J(a)ᵀ w) where ``transposed``; J by SymPy's differentiation."""
        variables, j = jacobian(term, self)
        names = entries(term.dom, variables)
        meaning = Functions(self).meaning(term).run
        target = term.dom if transposed else term.cod
        source = term.cod if transposed else term.dom

        def run(av: Value) -> Value:
            a, v = av
            at = dict(zip(names, entries(term.dom, a), strict=True))
            there = array([_substituted(entry, at) for entry in j.flat], j.shape)
            return meaning(a), value_of(target, times_vector(there.T if transposed else there, entries(source, v)))

        return run


def _substituted(entry: Expression, at: dict[Expression, Expression]) -> Expression:
    return entry.xreplace(at)
