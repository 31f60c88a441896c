"""f ↦ (f̃, e): a float evaluation with a bound on its error, by running error analysis (Higham 2002, section 3.3).

For every entry, |exact - f̃| ≤ e, and |exact - ŷ| ≤ e for what an IEEE engine of the given precision computes, if
- additions, products and divisions round to nearest, sums and contractions in any order, with or without fused
  multiply-add (so |error| ≤ γ_n Σ|x||y|, γ_n = n u / (1 - n u); Higham 2002, Lemma 3.1 and section 4.2),
- an elementary function is within the number of ulps in ``ULPS``, and results below the normal range may become 0,
- nothing is multiplied in a reduced format (TF32, bfloat16).
Where this does not give a finite bound (overflow, the edge of a domain), the error is infinite: nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import prod
from typing import Any

import numpy as np

from verified_cat.engine import Exact, Observed
from verified_cat.errors import DataError, MissingOperation, ShapeError, UsageError, near
from verified_cat.expansions import expanded
from verified_cat.functions import Functions, Run, Value
from verified_cat.objects import Ob, Pair, Space, Unit
from verified_cat.primitives import Primitive, Shape
from verified_cat.reference import moves
from verified_cat.reference.balls import ELEMENTARY, FORMATS, Array, Ball, Rules
from verified_cat.reference.convolutions import CONVOLUTIONS, bilinear_in_floats
from verified_cat.reference.reductions import ON_BALLS
from verified_cat.terms import Operation


class RoundingEngine:
    """Functions on balls: what an engine of the given precision computes is certain to lie in them."""

    def __init__(self, precision: str, *, exact_sums: bool = True, roots_exist: bool = False) -> None:
        if precision not in FORMATS:
            raise UsageError(f"no rounding bound for the precision {precision!r}; {near(precision, list(FORMATS))}")
        self.precision = precision
        self.name = f"rounding bound {precision}"
        rules = self._rules = Rules(FORMATS[precision], exact_sums=exact_sums, roots_exist=roots_exist)
        self._operations: dict[str, Callable[..., Run]] = {
            "add": lambda shape: rules.add,
            "negate": lambda shape: lambda x: Ball(-x.mid, x.error),
            "scale": rules.scale,
            "sum": rules.sum,
            "broadcast": _repeated,
            "reshape": lambda old, new: lambda x: x.moved(lambda part: part.reshape(new)),
            "permute": lambda shape, order: lambda x: x.moved(lambda part: part.transpose(order)),
            "multiply": lambda shape: rules.multiply,
            "contract": rules.contract,
            "constant": rules.constant,
            **{name: partial(_moved, make) for name, make in moves.rows().items() if name in moves.READS},
            **{name: partial(_added, rules, name) for name in moves.TRANSPOSED},
            **{name: partial(_convolved, rules, name) for name in CONVOLUTIONS},
            **{name: partial(rule, rules) for name, rule in ON_BALLS.items()},
            "relu": lambda shape: rules.relu,
            "step": lambda shape: rules.step,
        }

    def operation(self, operation: Operation) -> Run:
        """The operation on balls. Raises MissingOperation for one that is not in the table."""
        name, dom = operation.name, operation.dom
        term = None if name in self._operations or name in ELEMENTARY else expanded(operation)
        if term is not None:
            return Functions(self).meaning(term).run
        if not isinstance(operation, Primitive) or name not in self._operations | ELEMENTARY:
            known = [*self._operations, *ELEMENTARY]
            raise MissingOperation(f"{self.name}: no bound is known for {name!r}; {near(name, known)}")
        elementary = name in ELEMENTARY
        run = (
            self._rules.elementary(name, *ELEMENTARY[name])
            if elementary
            else self._operations[name](*operation.arguments)
        )

        def bounded(value: Value) -> Value:
            _check(f"{self.name}: {operation}", dom, value)
            with np.errstate(all="ignore"):
                return run(value)

        return bounded

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The balls around exact leaves: an error of 0 where the number is representable. Else DataError."""
        if isinstance(ob, Pair):
            if not isinstance(exact, tuple) or len(exact) != 2:
                raise DataError(f"an exact value of {ob} is a pair, not {exact!r}")
            return self.lift(ob.left, exact[0]), self.lift(ob.right, exact[1])
        if isinstance(ob, Unit):
            return ()
        shape = _shape(ob)
        if not isinstance(exact, tuple | list) or len(exact) != prod(shape):
            raise DataError(f"an exact value of {ob} is a flat tuple of {prod(shape)} numbers, not {exact!r}")
        if not all(isinstance(number, Fraction | int) for number in exact):
            raise DataError(f"the leaves of an exact value are Fractions, not {exact!r}")
        return self._rules.constant(shape, tuple(map(Fraction, exact)))(())

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The midpoints, as flat tuples of floats; NaN where nothing is known of a value."""
        return self._leaves(ob, value, lambda ball: np.where(np.isfinite(ball.error), ball.mid, np.nan))

    def bound(self, ob: Ob, value: Value) -> Observed:
        """The errors, as flat tuples of floats ≥ 0; infinite where nothing is known of a value."""
        return self._leaves(ob, value, lambda ball: ball.error)

    def _leaves(self, ob: Ob, value: Value, part: Callable[[Ball], Array]) -> Observed:
        _check(self.name, ob, value)
        if isinstance(ob, Pair):
            return self._leaves(ob.left, value[0], part), self._leaves(ob.right, value[1], part)
        return () if isinstance(ob, Unit) else tuple(map(float, part(value).flat))


def _moved(make: Callable[..., Callable[[Array], Array]], *arguments: Any) -> Run:
    move = make(*arguments)
    return lambda x: x.moved(move)


def _added(rules: Rules, name: str, *arguments: Any) -> Run:
    return rules.added(moves.added(name, *arguments), moves.meetings(name, *arguments))


def _convolved(rules: Rules, name: str, *arguments: Any) -> Run:
    return rules.bilinear(*bilinear_in_floats(name, *arguments))


def _repeated(shape: Shape, axes: tuple[int, ...]) -> Run:
    narrow = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return lambda x: x.moved(lambda part: np.broadcast_to(part.reshape(narrow), shape))


def _shape(ob: Ob) -> Shape:
    if not isinstance(ob, Space):
        raise DataError(f"{ob} is opaque: no rounding bound is known for its values")
    return ob.shape


def _check(where: str, ob: Ob, value: Value) -> None:
    """Raises ShapeError where ``value`` is not a value of ``ob`` made of balls."""
    if isinstance(ob, Pair):
        if not isinstance(value, tuple) or len(value) != 2:
            raise ShapeError(f"{where}: a value of {ob} is a pair, not {value!r}")
        _check(where, ob.left, value[0])
        _check(where, ob.right, value[1])
    elif isinstance(ob, Unit):
        if value != ():
            raise ShapeError(f"{where}: the value of 1 is the empty tuple, not {value!r}")
    elif not isinstance(value, Ball) or value.mid.shape != _shape(ob):
        raise ShapeError(f"{where}: expected a ball of {ob}, not {value!r}")
