"""relu and step as SymPy functions, with the conventions of the table: step(0) = 0, relu'(0) = 0.

A Piecewise would say the same, but SymPy folds every Piecewise inside a condition into all combinations of branches,
2^k of them for k hidden units. ``rewrite(sympy.Piecewise)`` gives that form where it is wanted.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from verified_cat.errors import DataError

Expression = Any


class _Kinked(sp.Function):  # type: ignore[misc]
    """A function of one expression; ``sympy.Function`` would read a string as one."""

    nargs = 1

    def __new__(cls, x: Expression, **options: Any) -> Expression:
        if not isinstance(x, sp.Expr | int):
            raise DataError(f"{cls.__name__} is of an expression, not of {str(x)[:40]!r} ({type(x).__name__})")
        return super().__new__(cls, x, **options)


class Step(_Kinked):
    """x ↦ 1 where x > 0, else 0."""

    @classmethod
    def eval(cls, x: Expression) -> Expression | None:
        """The value at a rational; anything else is left as it is."""
        return sp.Integer(int(bool(x > 0))) if x.is_Rational else None

    def fdiff(self, argindex: int = 1) -> Expression:
        """0, also at the kink."""
        return sp.S.Zero

    def _eval_is_extended_real(self) -> bool:
        return True

    def _eval_rewrite_as_Piecewise(self, x: Expression, **_: Any) -> Expression:
        return sp.Piecewise((1, x > 0), (0, True))


class Relu(_Kinked):
    """x ↦ x where x > 0, else 0."""

    @classmethod
    def eval(cls, x: Expression) -> Expression | None:
        """The value at a rational; anything else is left as it is."""
        return (x if x > 0 else sp.S.Zero) if x.is_Rational else None

    def fdiff(self, argindex: int = 1) -> Expression:
        """step(x)."""
        return Step(self.args[0])

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real  # type: ignore[no-any-return]

    def _eval_rewrite_as_Piecewise(self, x: Expression, **_: Any) -> Expression:
        return sp.Piecewise((x, x > 0), (0, True))
