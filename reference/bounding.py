"""precision ↦ the one engine of its rounding bounds, where the function of each operation is made once.

A cross-check bounds the same operations for every instance; the constants among them take longer to make than to use.
"""

from __future__ import annotations

from functools import cache, lru_cache

from verified_cat.functions import Run
from verified_cat.reference.rounding import RoundingEngine
from verified_cat.terms import Operation

REMEMBERED = 4096
"""So many operations at most are kept, the latest."""


class Remembering(RoundingEngine):
    """The rounding bounds of a precision. Raises UsageError for a precision that is not known."""

    def __init__(self, precision: str, *, exact_sums: bool = True, roots_exist: bool = False) -> None:
        super().__init__(precision, exact_sums=exact_sums, roots_exist=roots_exist)
        self._made = lru_cache(REMEMBERED)(super().operation)

    def operation(self, operation: Operation) -> Run:
        """The operation on balls, as the rounding engine has it."""
        return self._made(operation)  # type: ignore[arg-type]  # operations are frozen


@cache
def bounding(precision: str, exact_sums: bool = True, roots_exist: bool = False) -> Remembering:
    """The engine of a precision; the options are those of ``balls.Rules``."""
    return Remembering(precision, exact_sums=exact_sums, roots_exist=roots_exist)
