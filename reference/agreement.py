"""How far an engine agrees with the exact reference: what each random term showed, and all of them together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from verified_cat.report import Strength, environment

VALUES, DERIVATIVES = "values", "derivatives"
UNKNOWN = 0.01
"""The largest share of instances without an exact value, or of entries without a bound, that a pass may have."""
SHOWN = 20
"""How many excesses a report writes out."""


@dataclass(frozen=True, slots=True)
class Excess:
    """One entry beyond its bound, or an engine that failed, with all that it takes to see it again."""

    seed: int
    index: int
    engine: str
    part: str
    entry: int
    found: str
    exact: str
    bound: float
    term: str
    point: str
    cotangent: str

    def __str__(self) -> str:
        where = f"instance({self.seed}, {self.index}), {self.engine}, {self.part}, entry {self.entry}"
        return f"{where}: found {self.found}, exact {self.exact}, allowed {self.bound:.3g}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The values or the derivatives of one instance in one engine; ``share`` = gap / allowed at the worst entry."""

    engine: str
    part: str
    entries: int
    unbounded: int
    share: float
    gap: float
    allowed: float
    excess: Excess | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one instance showed; ``undecided`` is the reason where the reference itself could not tell."""

    index: int
    primitives: frozenset[str]
    at_kink: bool
    undecided: str
    comparisons: tuple[Comparison, ...]


# ------------------------------------------------------------------------------------------------ all of them


@dataclass(frozen=True, slots=True)
class Row:
    """One engine and part over many terms: the counts added up, and the gap with the worst share of its bound."""

    engine: str
    part: str
    terms: int
    entries: int
    unbounded: int
    excesses: int
    share: float
    gap: float
    allowed: float


def row_of(engine: str, part: str, comparisons: Iterable[Comparison]) -> Row:
    """The comparisons of this engine and part together."""
    own = [each for each in comparisons if (each.engine, each.part) == (engine, part)]
    worst = max(own, key=lambda each: each.share, default=Comparison(engine, part, 0, 0, 0.0, 0.0, 0.0))
    return Row(
        engine,
        part,
        terms=len(own),
        entries=sum(each.entries for each in own),
        unbounded=sum(each.unbounded for each in own),
        excesses=sum(each.excess is not None for each in own),
        share=worst.share,
        gap=worst.gap,
        allowed=worst.allowed,
    )


@dataclass(frozen=True, slots=True)
class Crosscheck:
    """What a run found."""

    seed: int
    engines: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def excesses(self) -> tuple[Excess, ...]:
        """The worst entry of every comparison that left its bound."""
        return tuple(c.excess for outcome in self.outcomes for c in outcome.comparisons if c.excess is not None)

    @property
    def kinks(self) -> int:
        """How many instances lie at a kink, where the declared convention was compared."""
        return sum(outcome.at_kink for outcome in self.outcomes)

    @property
    def undecided(self) -> tuple[Outcome, ...]:
        """The instances whose exact value the reference could not tell."""
        return tuple(outcome for outcome in self.outcomes if outcome.undecided)

    def rows(self, outcomes: Iterable[Outcome] | None = None) -> list[Row]:
        """One row an engine and part, over all instances or the given ones."""
        found = [c for outcome in (self.outcomes if outcomes is None else outcomes) for c in outcome.comparisons]
        return [row_of(engine, part, found) for engine in self.engines for part in (VALUES, DERIVATIVES)]

    def by_primitive(self) -> dict[str, list[Row]]:
        """The rows over the terms that contain a primitive, for each that occurs."""
        names = sorted({name for outcome in self.outcomes for name in outcome.primitives})
        return {name: self.rows(o for o in self.outcomes if name in o.primitives) for name in names}

    @property
    def strength(self) -> Strength:
        """Refuted by an excess; vacuous where more than ``UNKNOWN`` of what was drawn could not be compared."""
        if self.excesses:
            return Strength.REFUTED
        unknown = len(self.undecided) > UNKNOWN * len(self.outcomes)
        for row in self.rows():
            unknown |= row.unbounded > UNKNOWN * row.entries or (row.part == VALUES and row.entries == row.unbounded)
        return Strength.VACUOUS if unknown else Strength.SAMPLED

    def as_json(self) -> dict[str, Any]:
        """The report: schema 1. Of many excesses the first ``SHOWN`` are written out."""
        by_primitive = {name: list(map(_plain, rows)) for name, rows in self.by_primitive().items()}
        return {
            "schema": 1,
            "environment": environment(),
            "verdict": self.strength.value,
            "terms": len(self.outcomes),
            "seed": self.seed,
            "kinks": self.kinks,
            "undecided": [{"index": outcome.index, "reason": outcome.undecided} for outcome in self.undecided],
            "rows": list(map(_plain, self.rows())),
            "by_primitive": by_primitive,
            "excess_count": len(self.excesses),
            "excesses": list(map(_plain, self.excesses[:SHOWN])),
            "seconds": round(self.seconds, 2),
        }

    def table(self) -> list[str]:
        """The figures as lines of text: each engine and part, then the worst shares by primitive."""
        terms = f"{len(self.outcomes)} terms of seed {self.seed} in {self.seconds:.1f} s"
        lines = [f"{terms}; {self.kinks} at a kink, by convention; {len(self.undecided)} undecided", ""]
        lines.append(_TABLE.format("engine", "part", "entries", "unbounded", "excesses", "worst share: gap of allowed"))
        for row in self.rows():
            worst = f"{row.share:.3f}: {row.gap:.3g} of {row.allowed:.3g}"
            lines.append(_TABLE.format(row.engine, row.part, row.entries, row.unbounded, row.excesses, worst))
        columns = [f"{engine} {part}" for engine in self.engines for part in (VALUES, DERIVATIVES)]
        lines += ["", "worst share by primitive  " + " ".join(f"{column:>25}" for column in columns)]
        for name, rows in self.by_primitive().items():
            lines.append(f"{name:<11} {rows[0].terms:>6} terms  " + " ".join(f"{row.share:>25.3f}" for row in rows))
        return lines


_TABLE = "{:<15} {:<11} {:>8} {:>9} {:>8}  {}"


def _plain(part: Any) -> dict[str, Any]:
    """A frozen record as JSON: what is not finite has no JSON number, so it becomes a word."""
    return {
        name: repr(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(part).items()
    }
