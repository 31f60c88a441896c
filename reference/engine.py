"""The exact engine: a value of R^shape is a NumPy array of SymPy expressions, and every rational stays a rational.

What SymPy does on its own when an expression is built (collecting equal terms and equal bases) is trusted; nothing here
asks it to simplify, and no string is ever read as an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from verified_cat.errors import DataError
from verified_cat.functions import Run
from verified_cat.reference.arrays import Array, ArrayEngine, array, bounded, operations
from verified_cat.reference.kinked import Relu, Step

__all__ = ["OPERATIONS", "Array", "Expression", "SympyEngine", "array", "rational", "subexpressions"]

Expression = Any
"""A SymPy expression; SymPy ships no types."""


# ------------------------------------------------------------------------------------------------ numbers


def subexpressions(*roots: Expression) -> set[Expression]:
    """Every subexpression, each once: SymPy's own walks take a shared part again each time it is met."""
    found: set[Expression] = set()
    pending = list(roots)
    while pending:
        here = pending.pop()
        if here not in found:
            found.add(here)
            pending += here.args
    return found


def rational(number: Any) -> Expression:
    """An exact number as an expression. Raises DataError for a float, for NaN and infinities, and for no number."""
    if isinstance(number, Fraction | int) and not isinstance(number, bool):
        return sp.Rational(number.numerator, number.denominator)
    if isinstance(number, sp.Expr):
        parts = subexpressions(number)
        endless = sorted(str(part) for part in parts & _NO_NUMBERS)
        if endless:
            raise DataError(f"the exact engine takes finite numbers, and {endless[0]} is none")
        if not any(part.is_Float for part in parts):
            return number
    shown = repr(number)
    raise DataError(
        f"the exact engine takes int, Fraction or an expression without floats, not {shown[:80]}"
        + ("" if number == number else "; NaN is no number")
    )


_NO_NUMBERS = {sp.nan, sp.oo, -sp.oo, sp.zoo}


# ----------------------------------------------------------------------------------- functions of one entry


def _outside(name: str, x: Expression, domain: str) -> DataError:
    return DataError(f"{name}: {x} is outside its domain, the {domain} numbers")


def _log(x: Expression) -> Expression:
    if x.is_Rational and x <= 0:
        raise _outside("log", x, "positive")
    return sp.log(x)


def _sqrt(x: Expression) -> Expression:
    if x.is_Rational and x < 0:
        raise _outside("sqrt", x, "nonnegative")
    return sp.sqrt(x)


def _reciprocal(x: Expression) -> Expression:
    if x.is_Rational and x == 0:
        raise _outside("reciprocal", x, "nonzero")
    return 1 / x


def _sigmoid(x: Expression) -> Expression:
    return 1 / (1 + sp.exp(-x))


DEEPEST, DEEPEST_CONSTANT = 48, 10
"""How deep functions may be nested in an expression, and in one without variables: SymPy asks about the sign of each
new one, level by level, and about that of a constant by evaluating it, in a time that grows exponentially."""


class _Depths:
    """How many functions and powers stand inside one another, remembered for subexpressions met before."""

    def __init__(self) -> None:
        self.known: dict[Expression, int] = {}

    def __call__(self, root: Expression) -> int:
        if len(self.known) > 200_000:
            self.known.clear()
        pending = [root]
        while pending:
            here = pending[-1]
            missing = [part for part in here.args if part not in self.known]
            if here in self.known or not missing:
                pending.pop()
                inside = max((self.known[part] for part in here.args), default=0)
                self.known[here] = inside + _is_function(here)
            pending += missing
        return self.known[root]


def _is_function(e: Expression) -> bool:
    """Whether SymPy treats it as a function: also a root and an inverse, not a power such as x²."""
    return bool(e.is_Function or (e.is_Pow and not (e.exp.is_Integer and e.exp > 0)))


_depth = _Depths()


def _guarded(name: str, f: Callable[[Expression], Expression]) -> Callable[[Expression], Expression]:
    """f, refusing what SymPy would not come back from."""

    def run(x: Expression) -> Expression:
        depth = _depth(x)
        if depth >= DEEPEST_CONSTANT and depth >= (DEEPEST if x.free_symbols else DEEPEST_CONSTANT):
            raise DataError(
                f"sympy: {name} of an expression with {depth} functions inside one another; "
                "verified_cat.reference.graph.GraphEngine takes any depth"
            )
        return f(x)

    return run


class SympyNumbers:
    """Real SymPy expressions."""

    name = "sympy"
    functions: Mapping[str, Callable[[Expression], Expression]] = {
        name: _guarded(name, f)
        for name, f in {
            "exp": sp.exp,
            "log": _log,
            "reciprocal": _reciprocal,
            "sqrt": _sqrt,
            "sin": sp.sin,
            "cos": sp.cos,
            "tanh": sp.tanh,
            "sigmoid": _sigmoid,
            "relu": Relu,
            "step": Step,
            "gaussian": lambda x: sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi),
            "gaussian_cdf": lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2,
        }.items()
    }

    def number(self, exact: Any) -> Expression:
        return rational(exact)

    def variable(self, name: str) -> Expression:
        return sp.Symbol(name, real=True)

    def is_entry(self, entry: Any) -> bool:
        return isinstance(entry, sp.Expr)

    def total(self, entries: list[Expression]) -> Expression:
        return sp.Add(*entries)

    def times(self, x: Expression, y: Expression) -> Expression:
        product = x * y
        factor = product.args[0] if product.is_Mul else product
        if factor.is_Rational:
            bounded(self.name, factor)
        return product


NUMBERS = SympyNumbers()

OPERATIONS = operations(NUMBERS)
"""The meaning of every row of ``primitives.TABLE`` that is no term in others: arguments ↦ its function on values."""


# ------------------------------------------------------------------------------------------------ the engine


class SympyEngine(ArrayEngine):
    """Functions on exact expressions. ``meanings`` gives free symbols a function on values, by name."""

    def __init__(self, meanings: Mapping[str, Run] | None = None) -> None:
        super().__init__(NUMBERS, meanings)
