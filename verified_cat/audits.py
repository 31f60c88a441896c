"""Laws about the suite itself: everything is looked at, and what is planted must be noticed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from verified_cat.errors import GaveUp, MissingExtra, UsageError
from verified_cat.report import Strength, Verdict, not_run

Planted = Mapping[str, Callable[[], Iterable[Any]]]
"""Faults by what they are, each with what an audit finds wrong where it is planted: nothing, if it is not noticed."""


@dataclass(frozen=True, slots=True)
class Audit:
    """A law about the suite itself. ``run`` gives how many things were looked at and what was wrong with them;
    ``controls`` are the faults planted for it, at least one, each of which it must notice. ``strength`` is what it
    says where nothing was wrong: exact, or proved where what it looks at are proofs."""

    name: str
    title: str
    statement: str
    source: str
    run: Callable[[], tuple[int, list[str]]]
    controls: Planted
    strength: Strength = Strength.EXACT

    def __post_init__(self) -> None:
        """Raises UsageError for an audit that could not be seen to notice anything."""
        if not self.controls:
            raise UsageError(f"the audit {self.name} plants no fault, so that nothing shows that it would notice one")

    def missed(self) -> list[str]:
        """The planted faults at which nothing is found wrong."""
        return [fault for fault, found in self.controls.items() if next(iter(found()), None) is None]

    def verdict(self) -> Verdict:
        """The strength where everything was looked at, nothing was wrong and every planted fault was noticed;
        undecided where a judge gave up."""
        start = time.perf_counter()
        try:
            looked, wrong = self.run()
            missed = [f"not noticed: {fault}" for fault in self.missed()]
        except MissingExtra as fault:  # about a part that is not installed
            return not_run("audit", fault)
        except GaveUp as fault:
            return Verdict(Strength.UNDECIDED, "audit", reason=str(fault), seconds=time.perf_counter() - start)
        seconds = time.perf_counter() - start
        if wrong or missed:
            return Verdict(Strength.REFUTED, "audit", looked, example=[*wrong, *missed], seconds=seconds)
        if not looked:
            return Verdict(Strength.VACUOUS, "audit", reason="there was nothing to look at", seconds=seconds)
        return Verdict(self.strength, "audit", looked, seconds=seconds)


AUDITS: dict[str, Audit] = {}
"""Every law about the suite, by its name in the catalogue."""


def audit(
    name: str, *, source: str, controls: Planted, strength: Strength = Strength.EXACT
) -> Callable[[Callable[[], tuple[int, list[str]]]], Callable[[], tuple[int, list[str]]]]:
    """Enter the decorated function into ``AUDITS``. Its docstring is the statement, its name the title."""

    def enter(run: Callable[[], tuple[int, list[str]]]) -> Callable[[], tuple[int, list[str]]]:
        statement = " ".join((run.__doc__ or "").split())
        AUDITS[name] = Audit(name, run.__name__.replace("_", " "), statement, source, run, controls, strength)
        return run

    return enter
