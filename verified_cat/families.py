"""The laws of a report by family, each with what this version states of it and what was found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from verified_cat.reading import Found, LawReport
from verified_cat.report import Strength, Verdict, engine_rank, weakest

SHORT = (Strength.REFUTED, Strength.VACUOUS, Strength.UNDECIDED)
NOWHERE = "no row"
"""What a cell says of a law that has no row in an engine; it is no verdict."""


class Stated(Protocol):
    """A law as this version states it."""

    @property
    def title(self) -> str: ...
    @property
    def statement(self) -> str: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A law with its rows. A law that this version does not state has no statement and no source here."""

    law: str
    title: str
    statement: str
    source: str
    facts: dict[str, str] = field(default_factory=dict)
    mutants: tuple[str, ...] = ()
    rows: list[Found] = field(default_factory=list)

    def word(self, engine: str | None = None) -> Strength | None:
        """The weakest word of the law in an engine, or in all; None where there is no row."""
        rows = [row for row in self.rows if engine in (None, row.engine)]
        return weakest(Verdict(row.strength, row.method) for row in rows) if rows else None

    @property
    def falls_short(self) -> bool:
        """Whether a row is refuted, vacuous or undecided."""
        return any(row.strength in SHORT for row in self.rows)


@dataclass(frozen=True, slots=True)
class Family:
    """The laws whose names begin alike, and the engines that have a column."""

    name: str
    engines: list[str]
    laws: list[Entry]


UNKNOWN = "This version does not state the law; what follows is what the report says."
SUITE = "suite"
"""Where laws about the suite have their rows: a column only beside such laws."""


def families(report: LawReport, stated: Mapping[str, Stated]) -> list[Family]:
    """The laws of a report by family, in the order in which they are stated, unknown ones last."""
    order = {name: number for number, name in enumerate(stated)}

    def place(row: Found) -> tuple[Any, ...]:
        return order.get(row.law, len(order)), row.law, engine_rank(row.engine), row.method

    laws: dict[str, Entry] = {}
    for row in sorted(report.rows, key=place):
        known = stated.get(row.law)
        if row.law not in laws:
            laws[row.law] = _entry(row.law, known) if known else Entry(row.law, "", UNKNOWN, "")
        laws[row.law].rows.append(row)
    groups: dict[str, list[Entry]] = {}
    for entry in laws.values():
        groups.setdefault(re.split(r"[-.]", entry.law)[0] or entry.law, []).append(entry)
    return [Family(name, _columns(report, group), group) for name, group in groups.items()]


def _entry(name: str, known: Stated) -> Entry:
    """The law as it is stated. Laws about the suite have no equality, and planted faults for mutants."""
    facts = {"Given": "given", "Equality": "equality", "Doctrine": "doctrine", "No proof": "without_solver"}
    listed = {title: str(getattr(known, part, "")) for title, part in facts.items()}
    listed["Stated in"] = ", ".join(getattr(known, "worlds", ()))
    mutants = tuple(f"{mutant.says} (in {mutant.world})" for mutant in getattr(known, "mutants", ()))
    mutants += tuple(f"{fault} (planted)" for fault in getattr(known, "controls", ()))
    return Entry(
        name, known.title, known.statement, known.source, {key: text for key, text in listed.items() if text}, mutants
    )


def _columns(report: LawReport, group: list[Entry]) -> list[str]:
    """Every engine of the report, so that a missing row is seen; ``suite`` is none, and engines see no audit."""
    here = {row.engine for entry in group for row in entry.rows}
    return [name for name in report.engines if name in here or (name != SUITE and here != {SUITE})]


def absent(report: LawReport, stated: Mapping[str, Stated]) -> list[str]:
    """The laws of this version about which the report says nothing."""
    return [name for name in stated if name not in {row.law for row in report.rows}]
