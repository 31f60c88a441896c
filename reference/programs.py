"""A program that ran, against enclosures: end to end, and every operation of it on the way.

(f(x), J(x)ᵀ w) of a term is computed by an engine, and enclosed by D over balls at the engine's own floats x and w. The
derivative is the table's, of which each row has its certificate (``verified_cat.reference.certificates``).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

import numpy as np

from verified_cat.engine import CheckableEngine, Observed
from verified_cat.functions import Value
from verified_cat.gad import reverse_mode
from verified_cat.objects import Ob, flatten, leaves, unflatten
from verified_cat.primitives import Primitive
from verified_cat.reference.agreement import STEP, Row, joined
from verified_cat.reference.balls import FORMATS, Array, Ball
from verified_cat.reference.enclosure import BITS, EnclosureEngine, in_floats
from verified_cat.reference.error_free import Parts
from verified_cat.reference.rounding import RoundingEngine
from verified_cat.reference.stepwise import Watched, gaps, measured
from verified_cat.report import Strength
from verified_cat.terms import Term

MOST_BITS = 4096


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of the value or of the gradient: the largest gap to its enclosure, also in ulps of its largest entry.

    ``share`` is of the rounding bound of the whole program, 0 where that is infinite in every entry; ``radius`` is the
    largest radius of the enclosures, which no comparison can see below.
    """

    shape: tuple[int, ...]
    largest: float
    gap: float
    ulps: float
    share: float
    unbounded: int
    radius: float


@dataclass(frozen=True, slots=True)
class Program:
    """What a program showed: its leaves end to end, and its operations by name."""

    engine: str
    bits: int
    value: tuple[Leaf, ...]
    gradient: tuple[Leaf, ...]
    operations: Mapping[str, Row]
    precision: str
    seconds: float

    @property
    def ulps(self) -> float:
        """The largest gap of the gradient, in ulps of its largest entry over all leaves."""
        largest = max((leaf.largest for leaf in self.gradient), default=0.0)
        worst = max((leaf.gap for leaf in self.gradient), default=0.0)
        return worst / (2 * FORMATS[self.precision].u * largest) if largest else 0.0

    @property
    def excesses(self) -> int:
        """How many leaves and operations leave their bound."""
        beyond = sum(leaf.share > 1 for leaf in (*self.value, *self.gradient))
        return beyond + sum(row.excesses for row in self.operations.values())

    @property
    def strength(self) -> Strength:
        """Refuted by an excess, vacuous where nothing could be compared."""
        if self.excesses:
            return Strength.REFUTED
        compared = any(row.entries > row.unbounded for row in self.operations.values())
        compared |= any(leaf.unbounded < prod(leaf.shape) for leaf in self.gradient)
        return Strength.SAMPLED if compared else Strength.VACUOUS

    def as_json(self) -> dict[str, Any]:
        """The figures."""
        return {
            "engine": self.engine,
            "bits": self.bits,
            "value": [asdict(leaf) for leaf in self.value],
            "gradient": [asdict(leaf) for leaf in self.gradient],
            "operations": {name: row.as_json() for name, row in self.operations.items()},
            "ulps": self.ulps,
            "excesses": self.excesses,
            "seconds": round(self.seconds, 2),
        }


def enclosed_program(engine: CheckableEngine, term: Term, x: Value, w: Value, *, each: bool = True) -> Program:
    """The program (f(x), J(x)ᵀ w) in the engine, against the enclosures of both, and of each operation where asked."""
    began, calls = time.perf_counter(), Calls(engine)
    value, pullback = reverse_mode(Watched(engine, calls.note)).differentiate(term)(x)
    gradient = pullback(w)
    found = engine.lower(term.cod, value), engine.lower(term.dom, gradient)
    at = engine.lower(term.dom, x), engine.lower(term.cod, w)
    bits, enclosed = sharp(term, *at, engine.precision)
    bounds = bounded(term, *at, engine.precision)
    value_leaves, gradient_leaves = (
        tuple(
            leaf_of(*leaf, engine.precision)
            for leaf in zip(flatten(ob, observed), parts, flatten(ob, errors), strict=True)
        )
        for ob, observed, parts, errors in zip((term.cod, term.dom), found, enclosed, bounds, strict=True)
    )
    operations = calls.rows() if each else {}
    return Program(
        engine.name, bits, value_leaves, gradient_leaves, operations, engine.precision, time.perf_counter() - began
    )


def leaf_of(found: Observed, enclosure: Parts, bound: Array, precision: str) -> Leaf:
    """A leaf of the engine against its enclosure."""
    gap, middle = gaps(np.array(found, dtype=np.float64), enclosure)
    _, _, radius = enclosure
    largest, flat = float(np.abs(middle).max(initial=0)), bound.ravel()
    with np.errstate(all="ignore"):
        share = np.where((gap == 0) | ~np.isfinite(flat), 0.0, gap / flat)
    worst, unbounded = float(gap.max(initial=0)), int(np.count_nonzero(~np.isfinite(flat)))
    ulps = worst / (2 * FORMATS[precision].u * largest) if largest else 0.0
    worst_share = float(share.max(initial=0))
    return Leaf(radius.shape, largest, worst, ulps, worst_share, unbounded, float(radius.max(initial=0)))


def sharp(term: Term, x: Observed, w: Observed, precision: str) -> tuple[int, tuple[list[Parts], list[Parts]]]:
    """Enclosures of f(x) and J(x)ᵀ w a thousand times sharper than the precision, with bits doubled until they are."""
    bits = BITS
    while True:
        engine = EnclosureEngine(bits)
        value, pullback = reverse_mode(engine).differentiate(term)(engine.lift(term.dom, x))
        gradient = pullback(engine.lift(term.cod, w))
        found = [[in_floats(leaf) for leaf in flatten(*each)] for each in ((term.cod, value), (term.dom, gradient))]
        if bits >= MOST_BITS or all(_is_sharp(leaf, precision) for leaves_ in found for leaf in leaves_):
            return bits, (found[0], found[1])
        bits *= 2


def _is_sharp(leaf: Parts, precision: str) -> bool:
    high, _, radius = leaf
    return float(radius.max(initial=0)) <= 2.0**-10 * FORMATS[precision].u * float(np.abs(high).max(initial=0))


def bounded(term: Term, x: Observed, w: Observed, precision: str) -> tuple[Value, Value]:
    """The rounding bounds of f(x) and J(x)ᵀ w, end to end, as arrays of errors."""
    engine = RoundingEngine(precision)
    value, pullback = reverse_mode(engine).differentiate(term)(_exact_balls(term.dom, x))
    gradient = pullback(_exact_balls(term.cod, w))
    return _errors(term.cod, value), _errors(term.dom, gradient)


def _exact_balls(ob: Ob, x: Observed) -> Value:
    arrays = (np.array(leaf, dtype=np.float64) for leaf in flatten(ob, x))
    made = [array.reshape(leaf.shape) for array, leaf in zip(arrays, leaves(ob), strict=True)]  # type: ignore[attr-defined]
    return unflatten(ob, [Ball(array, np.zeros(array.shape)) for array in made])


def _errors(ob: Ob, value: Value) -> Value:
    return unflatten(ob, [ball.error for ball in flatten(ob, value)])


# ------------------------------------------------------------------------------------------------ all operations


class Calls:
    """The operations that an engine computed, measured one by one and added up by name."""

    def __init__(self, engine: CheckableEngine) -> None:
        self.engine = engine
        self.kept: list[tuple[Primitive, Value, Value]] = []

    def note(self, operation: Primitive, x: Value, y: Value) -> None:
        """Keep a call."""
        self.kept.append((operation, x, y))

    def rows(self) -> dict[str, Row]:
        """One row a name, over all calls."""
        rows: dict[tuple[str, ...], Row] = {}
        for operation, x, y in self.kept:
            lowered = self.engine.lower(operation.dom, x), self.engine.lower(operation.cod, y)
            found = measured(operation, *lowered, self.engine.precision)
            figures = found.entries, found.unbounded, int(found.share > 1), found.share, found.gap, found.allowed
            rows = joined(rows, {(operation.name,): Row(self.engine.name, STEP, 1, *figures)})
        return {name: row for (name,), row in sorted(rows.items())}
