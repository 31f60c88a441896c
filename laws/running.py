"""A run of the suite: which laws in which engines, how hard they are tried, and how the row of each is found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from verified_cat.errors import MissingExtra, MissingOperation, UsageError
from verified_cat.laws import engines, smoke, suite
from verified_cat.laws.isolation import Child, Gone
from verified_cat.laws.known import Known
from verified_cat.laws.profiles import DEFAULT, Effort
from verified_cat.laws.shards import share
from verified_cat.laws.suite import Case
from verified_cat.report import Report, Row, Strength, Verdict, decode_verdict, sources
from verified_cat.shard import Shard


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked for. ``shard`` is its part of ``whole``; ``isolate`` seconds for a row in a child process."""

    laws: tuple[str, ...]
    engines: tuple[str, ...]
    effort: Effort = DEFAULT
    shard: Shard | None = None
    isolate: float | None = None
    order: int | None = None

    @property
    def whole(self) -> list[Case]:
        """Every case of the run, of which a shard has its part."""
        suite.load()
        return suite.cases(list(self.laws), list(self.engines))

    @property
    def cases(self) -> list[Case]:
        """The cases of this process."""
        return self.whole if self.shard is None else share(self.whole, self.shard)

    def as_json(self) -> dict[str, Any]:
        """What the report says of the run."""
        said: dict[str, Any] = self.effort.as_json()
        said |= {"engines": list(self.engines), "isolate": self.isolate, "order": self.order, "sources": sources()}
        if self.shard is not None:
            part = {"index": self.shard.index, "of": self.shard.of, "expected": sorted(map(list, self.whole))}
            said["shard"] = part
        return said

    def expect(self, report: Report) -> None:
        """Enter what the report says of the run, and every row of it."""
        report.run = self.as_json()
        suite.expect(report, self.cases)


@dataclass
class Runner:
    """Finds the rows of a plan, in any order. What a smoke law says of an engine is found once and kept.

    A smoke law that an engine is known to break stops nothing.
    """

    plan: Plan
    known: dict[str, Known] = field(default_factory=dict)
    _children: dict[str, Child] = field(default_factory=dict)
    _stopped: dict[str, Row | None] = field(default_factory=dict)
    _smoked: dict[Case, Row] = field(default_factory=dict)

    def load(self) -> None:
        """Load every engine. Raises UsageError for one that is wrong; one whose package is missing says so later."""
        for name in self.plan.engines:
            if not self._isolated(name):
                if name != engines.SOLVER:
                    with suppress(MissingExtra):
                        engines.engine(name)
                continue
            try:
                for _ in self._ask(name, {"do": "load"}):
                    pass
            except (MissingExtra, MissingOperation):
                pass
            except Gone as fault:
                raise UsageError(f"--engine {name}: it cannot be loaded: {fault}") from fault

    def row(self, law: str, engine: str) -> Row:
        """The row of a law in an engine: what was found, or that a smoke law stopped it."""
        by = self.stopped(engine)
        if by is not None and by.law != law:
            return suite.blocked(law, engine, by.law, first_line(by))
        found = self._smoked.get((law, engine))
        return self._judged(law, engine) if found is None else found

    def stopped(self, engine: str) -> Row | None:
        """The row of the first smoke law that is refuted in an engine, if there is one."""
        if engine in (engines.SOLVER, suite.SUITE):
            return None
        if engine not in self._stopped:
            self._stopped[engine] = self._stops(engine)
        return self._stopped[engine]

    def still_fails(self, known: Known, engine: str) -> bool:
        """Whether the case of a known failure still fails; an engine that does not return from it fails."""
        if not self._isolated(engine):
            return known.still_fails(engine)
        try:
            told = self._ask(engine, {"do": "known", "law": known.law, "case": str(known.case)})
            return any(message["fails"] for message in told)
        except Gone:
            return True

    def close(self) -> None:
        """End every child."""
        for child in self._children.values():
            child.close()

    def _stops(self, engine: str) -> Row | None:
        """Smoke laws up to the first that is refuted; where the engine does not return from one, it hangs in more.

        Such an engine is stopped where numbers do not even go in and come out; else each law finds out by itself.
        """
        for law in smoke.names():
            if law in self.known:
                continue
            try:
                world, verdict = self._smoke(law, engine)
            except MissingExtra:
                return None
            row = suite.as_row(law, engine, {world: verdict})
            stops = verdict.strength is Strength.REFUTED
            gone = verdict.strength is Strength.UNDECIDED and verdict.method != "normal form"
            if stops or law in smoke.PROBES:
                self._smoked[law, engine] = row
            if stops or gone:
                return row if stops or law == smoke.names()[0] else None
        return None

    def _smoke(self, law: str, engine: str) -> tuple[str, Verdict]:
        if not self._isolated(engine):
            return smoke.verdict(law, engine)
        try:
            found: dict[str, Verdict] = {}
            self._verdicts(engine, {"do": "smoke", "law": law}, found)
            return next(iter(found.items()))
        except Gone as fault:
            return smoke.WORLD, _gone(law, engine, "", fault, 0.0)
        except MissingOperation as fault:
            return smoke.WORLD, suite.lacking(law, engine, fault).worlds["-"]

    def _judged(self, law: str, engine: str) -> Row:
        try:
            if not self._isolated(engine):
                return suite.row(law, engine, self.plan.effort)
            return self._in_child(law, engine)
        except MissingOperation as fault:
            return suite.lacking(law, engine, fault)

    def _in_child(self, law: str, engine: str) -> Row:
        """The row of a law found by a child; the world in which it hung or ended is undecided, the rest not run."""
        found: dict[str, Verdict] = {}
        start = time.perf_counter()
        try:
            self._verdicts(engine, {"do": "row", "law": law, "effort": self.plan.effort.as_json()}, found)
        except Gone as fault:
            left = [world for world in suite.worlds_of(law) if world not in found]
            seconds = time.perf_counter() - start
            found |= {world: _gone(law, engine, world, fault, seconds) for world in left[:1]}
            after = Verdict(Strength.NOT_RUN, suite.method_of(law, engine), reason="the engine did not get this far")
            found |= dict.fromkeys(left[1:], after)
        return suite.as_row(law, engine, found)

    def _verdicts(self, engine: str, request: dict[str, Any], found: dict[str, Verdict]) -> None:
        """Enter the verdicts that a child sends, each as it comes."""
        for message in self._ask(engine, request):
            found[message["world"]] = decode_verdict(message["verdict"])

    def _ask(self, engine: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The parts of an answer; what the child raised is raised here."""
        assert self.plan.isolate is not None
        child = self._children.setdefault(engine, Child(engine, self.plan.isolate))
        for message in child.ask(request):
            if "refused" in message:
                raise UsageError(message["refused"])
            if "lacking" in message:
                raise MissingOperation(message["lacking"])
            if "missing" in message:
                raise MissingExtra(message["missing"])
            if "raised" in message:
                raise Gone(f"the engine raised {message['raised']}")
            if "done" not in message:
                yield message

    def _isolated(self, engine: str) -> bool:
        return self.plan.isolate is not None and engine not in (engines.SOLVER, suite.SUITE)


def _gone(law: str, engine: str, world: str, fault: Gone, seconds: float) -> Verdict:
    where = f"{law} in {world}" if world else law
    reason = f"{fault} while judging {where}"
    return Verdict(Strength.UNDECIDED, suite.method_of(law, engine), reason=reason, seconds=seconds)


def first_line(row: Row) -> str:
    """What is wrong, in a line: the reason of a row, or the example that it has."""
    if row.example is None:
        return row.reason
    from verified_cat.laws.replaying import readable

    return " ".join("; ".join(readable(row.example)).split())[:400]
