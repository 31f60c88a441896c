"""Failures of the cross-check on disk: made small, written for any engine, and replayed by a printed command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verified_cat.crosscheck import check
from verified_cat.engine import CheckableEngine
from verified_cat.errors import UsageError, inside
from verified_cat.instances import Instance, of_json
from verified_cat.reference.agreement import Excess, Outcome, excesses_of
from verified_cat.report import write_json
from verified_cat.shrinking import fails_in, shrunk

KIND = "verified-cat crosscheck failure"
MOST = 3
"""How many failures of a run are made small and kept: the first of each engine and part come first."""


def kept(excesses: Sequence[Excess], engines: Sequence[CheckableEngine], folder: Path) -> Iterator[str]:
    """Write some excesses, made small, to the folder; the lines to be shown, with the command that replays each."""
    by_name = {engine.name: engine for engine in engines}
    firsts: dict[tuple[str, str], Excess] = {}
    for excess in excesses:
        firsts.setdefault((excess.engine, excess.part), excess)
    for number, excess in enumerate([*firsts.values()][:MOST]):
        small = smallest(excess, by_name[excess.engine])
        file = folder / f"crosscheck-{small.at.seed}-{small.at.index}-{number}.json"
        write_json(file, {"schema": 1, "kind": KIND, **small.as_json()})
        yield f"\n{small}\n  {small.at.term}\n  at {small.at.point}"
        yield f"  replay: verified-cat crosscheck --replay {file}"


def smallest(excess: Excess, engine: CheckableEngine) -> Excess:
    """An excess of the same engine at a smaller instance; the same one where it does not fail alone."""
    fails = fails_in(engine)
    if not fails(excess.at):
        return excess
    return next(excesses_of(check(shrunk(excess.at, fails), [engine])))


@dataclass(frozen=True, slots=True)
class Replayed:
    """What an instance from a file showed."""

    at: Instance
    outcome: Outcome

    @property
    def fails(self) -> bool:
        """Whether it has an excess, or could not be told."""
        return bool(self.outcome.undecided) or any(True for _ in excesses_of(self.outcome))

    def lines(self) -> list[str]:
        """What was found, for a person."""
        lines = [str(self.at.term), f"  at {self.at.point}"]
        if self.outcome.undecided:
            return [*lines, f"undecided: {self.outcome.undecided}"]
        for found in self.outcome.comparisons:
            word = "within" if found.excess is None else "BEYOND"
            lines.append(
                f"{found.engine:<15} {found.part:<20} {word} its bound: {found.gap:.3g} of {found.allowed:.3g}"
            )
        return lines + [str(excess) for excess in excesses_of(self.outcome)]


def replayed(file: Path, engines: Sequence[CheckableEngine]) -> Replayed:
    """The instance of a file in each engine. Raises UsageError where the file holds none."""
    content = _read(file)
    with inside(file):
        at = of_json(content.get("case"))
        return Replayed(at, check(at, engines))


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"{file} is not a failure of a cross-check: {fault}") from fault
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise UsageError(f"{file} is not a failure of a cross-check")
    return content
