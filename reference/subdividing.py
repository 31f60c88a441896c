"""sup |F(x)| over a box of parameters, from above, by affine forms: box by box, halving where it pays; and its mean.

A bound over a box is that of its affine form; over a union of boxes it is the largest of theirs, and the mean over the
family is at most the sum of volume × bound. Boxes are halved across the parameter that moves the result most within
them: first those that stand between the largest bound and what points of the family are known to reach, a box whose
bound is far beyond that several times at once; then those that weigh most in the mean. All of it is decided by the
numbers met, so that the same family and budget give the same boxes again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import isfinite

import numpy as np

from verified_cat.errors import UsageError
from verified_cat.reference.affine_forms import Form, boxes
from verified_cat.reference.balls import Array

PART = 2048
"""So many boxes are halved at once, at most."""

FAR = (16.0, 1), (3000.0, 1), (1e5, 2)
"""A bound that is beyond so many times what is reached: all edges of the box are halved so often more, at once."""

LONGEST = 1 / 8
"""No edge gets shorter than such a share of the longest, as shares of the family."""


@dataclass(frozen=True, slots=True)
class Family:
    """x = θ, or x = M θ + t, for θ between ``low`` and ``high``: of a name, for people. Raises UsageError."""

    name: str
    low: tuple[float, ...]
    high: tuple[float, ...]
    matrix: Array | None = None
    shift: Array | None = None

    def __post_init__(self) -> None:
        ends = list(zip(self.low, self.high, strict=True))
        if not ends or not all(isfinite(low) and isfinite(high) and low <= high for low, high in ends):
            raise UsageError(f"the family {self.name} is a box: finite ends, each low end at most its high end")

    def form(self, low: Array, high: Array) -> Form:
        """The examples of boxes within the family."""
        return boxes(low, high, self.matrix, self.shift)

    def points(self, theta: Array) -> Array:
        """The examples at parameters."""
        image = theta if self.matrix is None else theta @ self.matrix.T
        return np.asarray(image if self.shift is None else image + self.shift)

    @property
    def width(self) -> float:
        """The largest edge of the smallest box around all examples."""
        form = self.form(np.array([self.low]), np.array([self.high]))
        return float(2 * (form.spread + form.error).max())


@dataclass(frozen=True, slots=True)
class Bounded:
    """What is certain of |F| over a family: ``largest`` over entries and examples, ``mean`` over entries of the worst
    example, ``average`` of that mean over the family. ``reached`` is the largest that was met at a point."""

    largest: float
    mean: float
    average: float
    reached: float
    boxes: int
    evaluations: int
    depth: int
    low: Array
    high: Array


Sizes = tuple[Array, Array, Array]
"""For each box a bound of the largest entry, and of the mean over entries; and how far each parameter moves the result,
which decides where the box is halved, and nothing else."""


def sizes(made: Sequence[Form], parameters: int) -> Sizes:
    """Those of all entries of some forms, whose first symbols are those of the parameters."""
    reach = np.concatenate([form.reach.reshape(len(form.reach), -1) for form in made], axis=1)
    pull = np.zeros((len(reach), parameters))
    for form in made:
        if form.linear is not None:
            pull += np.abs(form.linear[:, :parameters]).reshape(len(reach), parameters, -1).sum(axis=2)
    return reach.max(axis=1), reach.sum(axis=1) / reach.shape[1] * (1 + 2.0**-40), pull


def bounded(
    over: Callable[[Array, Array], Sizes],
    at: Callable[[Array], Array],
    family: Family,
    *,
    budget: int,
    goal: float = 1.05,
    part: int = PART,
    reached: float | None = None,
    mean: bool = True,
) -> Bounded:
    """Bounds by at most ``budget`` boxes, of which three quarters go to the largest, until it is ``goal`` times what is
    reached; ``over`` gives sizes of F over boxes of parameters, ``at`` its largest entry at parameters. ``reached`` is
    what points of the family are known to reach; else their middles are looked at. Without ``mean`` the last quarter is
    left."""
    if budget < 1:
        raise UsageError(f"a bound takes at least one box, not {budget}")
    search = _Search(over, at, family, part, reached)
    search.until(lambda: search.stands_out(goal), budget * 3 // 4)
    if mean:
        search.until(search.heaviest, budget)
    return search.found()


class _Search:
    """Boxes that cover the family, with their bounds."""

    def __init__(
        self,
        over: Callable[[Array, Array], Sizes],
        at: Callable[[Array], Array],
        family: Family,
        part: int,
        reached: float | None,
    ) -> None:
        self.over, self.at, self.part = over, at, part
        self.whole = np.array(family.low), np.array(family.high)
        self.low, self.high = (end[None] for end in self.whole)
        self.depth, self.evaluations = np.zeros(1, dtype=np.int64), 1
        self.most, self.mean, self.pull = over(self.low, self.high)
        self.looks = reached is None
        self.reached = reached or 0.0
        self.look(self.low, self.high)

    def look(self, low: Array, high: Array) -> None:
        """At the middles of boxes, where nothing better is known."""
        if self.looks:
            self.reached = max(self.reached, float(self.at(low + (high - low) / 2).max()))

    def stands_out(self, goal: float) -> Array:
        """The boxes whose bound is above the goal, the worst first."""
        order = np.argsort(-self.most, kind="stable")
        return np.asarray(order[self.most[order] > goal * self.reached])

    def heaviest(self) -> Array:
        """The boxes by their weight in the mean."""
        weight = self.volumes() * np.where(np.isfinite(self.mean), self.mean, 1e300)
        order = np.argsort(-weight, kind="stable")
        return np.asarray(order[: max(1, len(order) // 4)])

    def volumes(self) -> Array:
        """The share of the family that each box is: edges of no extent count as 1."""
        return np.asarray(0.5**self.depth)

    def until(self, chosen: Callable[[], Array], budget: int) -> None:
        """Halve what is chosen, as long as there is some and the budget lasts."""
        while self.evaluations + 2 <= budget:
            worst = chosen()
            worst = worst[(self.high[worst] > self.low[worst]).any(axis=1)]
            if not len(worst):
                return
            times = self.times(int(worst[0]), budget)
            self.halve(worst[: min(self.part, (budget - self.evaluations) // 2**times)], times)

    def times(self, worst: int, budget: int) -> int:
        """How often a box is halved at once: bounds of small boxes are off by the square of their edges, and those of
        large ones by far more, so that little is learned from what is between."""
        edges = int((self.high[worst] > self.low[worst]).sum())
        beyond = sum(more for share, more in FAR if self.most[worst] > share * self.reached)
        return max(1, min(edges * beyond, int(np.log2((budget - self.evaluations) / 8 + 1))))

    def halve(self, worst: Array, times: int) -> None:
        """2^times boxes for each of these; a bound of a box is one of its parts."""
        low, high, pull = self.low[worst], self.high[worst], self.pull[worst]
        for _ in range(times):
            low, high, pull = self.halves(low, high, pull)
        most, mean, pull = self.over(low, high)
        most = np.minimum(most, np.tile(self.most[worst], 2**times))
        mean = np.minimum(mean, np.tile(self.mean[worst], 2**times))
        self.look(low, high)
        self.evaluations += len(low)
        kept = np.ones(len(self.low), dtype=bool)
        kept[worst] = False
        parts = low, high, most, mean, pull, np.tile(self.depth[worst] + times, 2**times)
        old = self.low, self.high, self.most, self.mean, self.pull, self.depth
        both = (np.concatenate([mine[kept], new]) for mine, new in zip(old, parts, strict=True))
        self.low, self.high, self.most, self.mean, self.pull, self.depth = both

    def halves(self, low: Array, high: Array, pull: Array) -> tuple[Array, Array, Array]:
        """Across the parameter that pulls most, or else the longest edge; the left ones first."""
        rows = np.arange(len(low))
        scale = np.where(self.whole[1] > self.whole[0], self.whole[1] - self.whole[0], 1.0)
        edges = (high - low) / scale
        by = np.where(np.any(pull > 0, axis=1, keepdims=True), pull * (edges > 0), edges)
        axis = np.argmax(np.where(edges >= LONGEST * edges.max(axis=1, keepdims=True), by, -1.0), axis=1)
        middle = low[rows, axis] + (high[rows, axis] - low[rows, axis]) / 2
        left, right, less = high.copy(), low.copy(), pull.copy()
        left[rows, axis], right[rows, axis] = middle, middle
        less[rows, axis] /= 2
        return np.concatenate([low, right]), np.concatenate([left, high]), np.tile(less, (2, 1))

    def found(self) -> Bounded:
        """The bounds over all boxes. Halves are halves but for rounding, which the last factor covers."""
        average = float((self.volumes() * self.mean).sum()) * (1 + 2.0**-30)
        return Bounded(
            float(self.most.max()),
            float(self.mean.max()),
            average,
            self.reached,
            len(self.low),
            self.evaluations,
            int(self.depth.max()),
            self.low,
            self.high,
        )


def drawn(family: Family, count: int, seed: int) -> Array:
    """So many parameters, uniform in the family, of which the first are its corners."""
    low, high = np.array(family.low), np.array(family.high)
    numbers = np.random.Generator(np.random.Philox(seed)).random((count, len(low)))
    corners = min(count, 2 ** min(len(low), 8))
    for corner in range(corners):
        numbers[corner, : min(len(low), 8)] = [(corner >> bit) & 1 for bit in range(min(len(low), 8))]
    return np.asarray(low + numbers * (high - low)).clip(low, high)


def rounded_up(x: float, digits: int = 6) -> float:
    """The float of the least decimal number with so many digits that is not below x; that is not below x either."""
    return _rounded(x, digits, ROUND_CEILING)


def rounded_down(x: float, digits: int = 6) -> float:
    """The same from below."""
    return _rounded(x, digits, ROUND_FLOOR)


def _rounded(x: float, digits: int, way: str) -> float:
    if not isfinite(x):
        return x
    exact = Decimal(x)
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), rounding=way)) if x else 0.0
