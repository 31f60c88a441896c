"""Comparing both sides of an equation at one point: the largest difference against what is allowed, or the bits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from verified_cat.objects import Ob, flatten


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides of one equation at one point: the largest difference, the bound there, and whether it holds."""

    gap: float
    allowed: float
    holds: bool
    counts: bool

    def __bool__(self) -> NoReturn:
        raise TypeError("a comparison is not a truth value: look at what holds and what counts")

    @property
    def share(self) -> float:
        """gap / allowed, 0 where both are 0."""
        if self.gap == 0:
            return 0.0
        return self.gap / self.allowed if self.allowed else math.inf


def compare(left: Iterable[Any], right: Iterable[Any], bounds: Iterable[float]) -> Comparison:
    """Entry by entry |l - r| ≤ bound. Where the bound is finite, a NaN or an infinity is an excess, on both sides too.

    An infinite bound claims nothing, and the instance then counts for nothing: at x = -800 the gradients of two forms
    of the sigmoid are 0 and NaN, and both engines are right.
    """
    worst, allowed, share, holds, finite, some = 0.0, 0.0, -1.0, True, True, False
    for one, two, bound in zip(left, right, bounds, strict=True):
        some = True
        if math.isinf(bound):
            finite = False
            continue
        gap = 0.0 if one == two else abs(float(one) - float(two))
        if not (is_finite(one) and is_finite(two)):
            gap = math.inf
        inside = gap <= bound
        holds = holds and inside
        here = math.inf if not inside else (gap / bound if bound else 0.0)
        if here > share:
            worst, allowed, share = gap, bound, here
    return Comparison(worst, allowed, holds, finite and some)


def compare_bits(left: Iterable[Any], right: Iterable[Any]) -> Comparison:
    """Entry by entry the same bits: -0.0 is not 0.0, and a NaN is any NaN. Exact numbers are compared as numbers."""
    worst, holds, some = 0.0, True, False
    for one, two in zip(left, right, strict=True):
        some = True
        if _bits(one) != _bits(two):
            holds, gap = False, abs(float(one) - float(two))
            worst = max(worst, gap) if gap == gap else math.inf
    return Comparison(worst, 0.0, holds, some)


def _bits(number: Any) -> Any:
    if not isinstance(number, float):
        return number
    return "nan" if math.isnan(number) else (number, math.copysign(1.0, number))


def entries(ob: Ob, observed: Any) -> list[Any]:
    """The numbers of what was observed, leaf after leaf."""
    return [number for leaf in flatten(ob, observed) for number in leaf]


def is_finite(number: Any) -> bool:
    """Whether a number is no infinity and no NaN."""
    return not isinstance(number, float) or math.isfinite(number)
