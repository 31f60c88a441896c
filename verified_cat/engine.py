"""What the law suite asks of an engine: operations, and a way in and out for exact numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any, Protocol, runtime_checkable

from verified_cat.functions import Run, Value
from verified_cat.objects import Ob
from verified_cat.terms import Operation

Exact = Any
"""A value of an object with exact leaves: each leaf a flat row-major tuple of Fractions, pairs as Python pairs.

An engine that rounds is also given the special floats: -0.0, infinities, NaN, the ends of its range.
"""

Observed = Any
"""A value of an object as the suite sees it: each leaf a flat row-major tuple of floats, Fractions or expressions."""


@runtime_checkable
class CheckableEngine(Protocol):
    """An engine under test. ``precision`` is a key of ``UNIT_ROUNDOFF``; it decides the bound, not the engine."""

    name: str
    precision: str

    def operation(self, operation: Operation) -> Run:
        """The function that the operation is. Raises MissingOperation where the engine lacks it."""
        ...

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The engine's value for exact leaves; the only way in."""
        ...

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The leaves of a value as flat tuples of numbers; the only way out. Raises DataError on a wrong shape."""
        ...


class OwnEngine(Protocol):
    """An engine with categories of its own, beside or in place of ``operation``; ``verified_cat.own`` asks them."""

    name: str
    precision: str

    @property
    def worlds(self) -> Mapping[str, str] | Collection[str]:
        """Where it has a category, with the doctrine that it promises there; names alone promise nothing."""
        ...

    def category(self, world: str) -> Any:
        """An object with methods of ``verified_cat.category``, and ``observe``: what is seen of a morphism."""
        ...

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The engine's value for exact leaves."""
        ...

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The leaves of a value as flat tuples of numbers."""
        ...


UNIT_ROUNDOFF = {
    "exact": Fraction(0),
    "float64": Fraction(1, 2**53),
    "float32": Fraction(1, 2**24),
    "float16": Fraction(1, 2**11),
    "bfloat16": Fraction(1, 2**8),
}
"""u of each precision: half the distance from 1 to the next number."""
