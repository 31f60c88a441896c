"""How far an engine agrees with the exact reference: what each random term showed, and all of them together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from verified_cat.instances import Instance
from verified_cat.report import Strength, environment

VALUES, REVERSE, FORWARD, STEP = "values", "reverse derivatives", "forward derivatives", "operation by operation"
PARTS = (VALUES, REVERSE, FORWARD)
KIND = "verified-cat crosscheck"
UNKNOWN = 0.01
"""The largest share of instances without an exact value, or of entries without a bound, that a pass may have."""
SHOWN = 20
"""How many excesses a report writes out."""


@dataclass(frozen=True, slots=True)
class Excess:
    """One entry beyond its bound, or an engine that failed, at an instance that shows it again."""

    engine: str
    part: str
    entry: int
    found: str
    exact: str
    bound: float
    at: Instance

    def __str__(self) -> str:
        where = f"instance({self.at.seed}, {self.at.index}), {self.engine}, {self.part}, entry {self.entry}"
        return f"{where}: found {self.found}, exact {self.exact}, allowed {self.bound:.3g}"

    def as_json(self) -> dict[str, Any]:
        """What was found, and the instance as any engine can replay it."""
        found = {key: getattr(self, key) for key in ("engine", "part", "entry", "found", "exact")}
        text = {"term": str(self.at.term), "point": str(self.at.point)}
        return {**found, "bound": _number(self.bound), "text": text, "case": self.at.as_json()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One part of one instance in one engine, or one operation on its way; ``share`` = gap / allowed at the worst."""

    engine: str
    part: str
    entries: int
    unbounded: int
    share: float
    gap: float
    allowed: float
    excess: Excess | None = None
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one instance showed; ``undecided`` is the reason where the reference itself could not tell.

    ``steps`` are the operations that the engines computed on the way, each against its own bound.
    """

    index: int
    primitives: frozenset[str]
    at_kink: bool
    undecided: str
    comparisons: tuple[Comparison, ...]
    steps: tuple[Comparison, ...] = ()


# ------------------------------------------------------------------------------------------------ all of them


@dataclass(frozen=True, slots=True)
class Row:
    """Comparisons of one engine and part together: the counts added up, and the gap with the worst share."""

    engine: str
    part: str
    terms: int = 0
    entries: int = 0
    unbounded: int = 0
    excesses: int = 0
    share: float = 0.0
    gap: float = 0.0
    allowed: float = 0.0

    def joined(self, other: Row) -> Row:
        """The counts of both, and the worse of the two worst shares."""
        worst = other if other.share > self.share else self
        counts = {
            key: getattr(self, key) + getattr(other, key) for key in ("terms", "entries", "unbounded", "excesses")
        }
        return replace(self, share=worst.share, gap=worst.gap, allowed=worst.allowed, **counts)

    def as_json(self) -> dict[str, Any]:
        """The row; what is not finite has no JSON number, so it becomes a word."""
        return {key: _number(value) for key, value in asdict(self).items()}


def row_of(found: Comparison) -> Row:
    """One comparison as a row."""
    counts = found.entries, found.unbounded, int(found.excess is not None)
    return Row(found.engine, found.part, 1, *counts, found.share, found.gap, found.allowed)


Rows = Mapping[tuple[str, ...], Row]
"""Rows by (engine, part), by (primitive, engine, part), or by (operation, engine)."""


def joined(one: Rows, other: Rows) -> dict[tuple[str, ...], Row]:
    """The rows of both, those with the same key joined."""
    whole = dict(one)
    for key, row in other.items():
        whole[key] = whole[key].joined(row) if key in whole else row
    return whole


def strength(terms: int, undecided: int, excesses: int, rows: Iterable[Row]) -> Strength:
    """Refuted by an excess; vacuous where more than ``UNKNOWN`` of what was drawn could not be compared."""
    if excesses:
        return Strength.REFUTED
    unknown = not terms or undecided > UNKNOWN * terms
    for row in rows:
        none = row.part == VALUES and row.entries == row.unbounded
        unknown |= row.unbounded > UNKNOWN * row.entries or none
    return Strength.VACUOUS if unknown else Strength.SAMPLED


@dataclass(frozen=True, slots=True)
class Crosscheck:
    """What a run found: of ``terms`` instances of ``seed``, or of some of them.

    ``rows`` are by (engine, part); ``by_primitive`` over the terms that contain a primitive, by (primitive, engine,
    part); ``operations`` over the single operations that ran, by (primitive, engine).
    """

    seed: int
    engines: tuple[str, ...]
    terms: int
    kinks: int
    undecided: tuple[tuple[int, str], ...]
    rows: Rows
    by_primitive: Rows
    operations: Rows
    excesses: tuple[Excess, ...]
    excess_count: int
    seconds: float

    @property
    def strength(self) -> Strength:
        """Refuted by an excess; vacuous where more than ``UNKNOWN`` of what was drawn could not be compared."""
        return strength(self.terms, len(self.undecided), self.excess_count, self.rows.values())

    def as_json(self) -> dict[str, Any]:
        """The report: schema 2. Of many excesses the first ``SHOWN`` are written out."""
        return {
            "schema": 2,
            "kind": KIND,
            "environment": environment(),
            "verdict": self.strength.value,
            "terms": self.terms,
            "seed": self.seed,
            "engines": list(self.engines),
            "kinks": self.kinks,
            "undecided": [{"index": index, "reason": reason} for index, reason in self.undecided],
            "rows": [row.as_json() for row in self.rows.values()],
            "by_primitive": _written(self.by_primitive),
            "operations": _written(self.operations),
            "excess_count": self.excess_count,
            "excesses": [excess.as_json() for excess in self.excesses[:SHOWN]],
            "seconds": round(self.seconds, 2),
        }

    def table(self) -> list[str]:
        """The figures as lines of text: each engine and part, then the worst shares by primitive."""
        terms = f"{self.terms} terms of seed {self.seed} in {self.seconds:.1f} s"
        lines = [f"{terms}; {self.kinks} at a kink, by convention; {len(self.undecided)} undecided", ""]
        lines.append(_TABLE.format("engine", "part", "entries", "unbounded", "excesses", "worst share: gap of allowed"))
        for row in self.rows.values():
            worst = f"{row.share:.3f}: {row.gap:.3g} of {row.allowed:.3g}"
            lines.append(_TABLE.format(row.engine, row.part, row.entries, row.unbounded, row.excesses, worst))
        if not self.operations:
            return [*lines, "", "operation by operation: not run; pip install verified-cat[balls]"]
        lines += ["", "each operation against its own bound, at the arguments that the engine met"]
        lines.append(_STEPS.format("operation", "engine", "calls", "entries", "unbounded", "excesses", "worst share"))
        for (name, engine), row in sorted(self.operations.items()):
            counts = row.terms, row.entries, row.unbounded, row.excesses
            lines.append(_STEPS.format(name, engine, *counts, f"{row.share:.3f}"))
        return lines


_TABLE = "{:<15} {:<20} {:>8} {:>9} {:>8}  {}"
_STEPS = "{:<11} {:<15} {:>8} {:>9} {:>9} {:>8}  {}"


def gathered(seed: int, engines: Iterable[str], outcomes: Iterable[Outcome]) -> Crosscheck:
    """All outcomes together, each looked at once as it comes; the seconds are not known here."""
    engines = tuple(engines)
    rows: dict[tuple[str, ...], Row] = {(each, part): Row(each, part) for each in engines for part in PARTS}
    primitives: dict[tuple[str, ...], Row] = {}
    operations: dict[tuple[str, ...], Row] = {}
    undecided: list[tuple[int, str]] = []
    excesses: list[Excess] = []
    terms, kinks, count = 0, 0, 0
    for outcome in outcomes:
        terms, kinks = terms + 1, kinks + outcome.at_kink
        undecided += [(outcome.index, outcome.undecided)] if outcome.undecided else []
        for found in outcome.comparisons:
            _note(rows, (found.engine, found.part), found)
            for name in outcome.primitives:
                _note(primitives, (name, found.engine, found.part), found)
        for found in outcome.steps:
            _note(operations, (found.operation, found.engine), found)
        new = list(excesses_of(outcome))
        count += len(new)
        excesses += new[: max(0, SHOWN - len(excesses))]
    found_here = tuple(undecided), rows, dict(sorted(primitives.items())), dict(sorted(operations.items()))
    return Crosscheck(seed, engines, terms, kinks, *found_here, tuple(excesses), count, 0.0)


def _note(rows: dict[tuple[str, ...], Row], key: tuple[str, ...], found: Comparison) -> None:
    row = row_of(found)
    rows[key] = rows[key].joined(row) if key in rows else row


def excesses_of(outcome: Outcome) -> Iterator[Excess]:
    """The excesses of one instance: single operations first, they are the smaller terms."""
    yield from (c.excess for c in (*outcome.steps, *outcome.comparisons) if c.excess is not None)


def _written(rows: Rows) -> dict[str, list[dict[str, Any]]]:
    """Rows by the first part of their key."""
    names = sorted({name for name, *_ in rows})
    return {name: [row.as_json() for key, row in rows.items() if key[0] == name] for name in names}


def _number(value: Any) -> Any:
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value
