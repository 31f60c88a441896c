"""A displayed formula as an executable example: two sides that are decided to be equal, and misprints that are refuted.

What is written as an expression is compared by the decision procedure; what is an object, a set or a number of things
by equality.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from verified_cat.functions import Run, Value
from verified_cat.reference.arrays import array
from verified_cat.reference.decide import Decision, decide
from verified_cat.reference.engine import rational

Sides = tuple[Any, Any]
"""What the formula says is equal: expressions, or nested tuples of them, or anything else with an equality."""


@dataclass(frozen=True, slots=True)
class Formula:
    """One displayed formula. ``sides`` computes both sides of an example of it from the code that it is about.

    ``wrong`` holds versions that must be refuted, each by what is wrong with it: misprints, and common mistakes.
    """

    name: str
    formula: str
    source: str
    sides: Callable[[], Sides]
    wrong: Mapping[str, Callable[[], Sides]] = field(default_factory=dict)

    def check(self) -> Decision:
        """Whether the two sides are equal."""
        return compared(*self.sides())

    def survivors(self) -> list[str]:
        """The wrong versions that are not refuted; there should be none."""
        return [fault for fault, sides in self.wrong.items() if compared(*sides()).verdict != "different"]


def compared(left: Any, right: Any) -> Decision:
    """Entry by entry: different where one entry is, undecided where one is, else equal."""
    if isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right):
        found = [compared(one, two) for one, two in zip(left, right, strict=True)]
        worst = ("different", "undecided", "equal")
        return min(found, key=lambda each: worst.index(each.verdict), default=Decision("equal", "both are empty"))
    if _is_number(left) and _is_number(right):
        return decide(left, right)
    return Decision("equal" if left == right else "different", f"{left} and {right} compared as they are")


def _is_number(side: Any) -> bool:
    return isinstance(side, sp.Expr | int) and not isinstance(side, bool)


# ------------------------------------------------------------------------------------------------ values of scalars


def plain(value: Value) -> Any:
    """A value of a tree of scalars as nested tuples of expressions; a vector becomes the tuple of its entries."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return value[()] if value.shape == () else tuple(value.flat)


def lifted(tree: Any) -> Value:
    """Nested tuples of expressions as a value of a tree of scalars; inverse of :func:`plain` there."""
    return tuple(map(lifted, tree)) if isinstance(tree, tuple) else array([rational(tree)], ())


def function(f: Callable[..., Any]) -> Run:
    """A function of nested tuples of expressions as one of values."""
    return lambda value: lifted(f(plain(value)))


def symbols(names: str) -> Any:
    """Real variables, one per word."""
    return sp.symbols(names, real=True)
