"""Verdicts and reports: how strongly a law is known in an engine, by whom, on how many instances, with what example."""

from __future__ import annotations

import json
import math
import platform
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

from verified_cat import durable
from verified_cat.errors import UsageError, VerifiedCatError
from verified_cat.floats import added
from verified_cat.shown import Shown


class Strength(Enum):
    """The seven words, strongest evidence first; a word is not a truth value."""

    PROVED = "proved"
    EXACT = "exact"
    SAMPLED = "sampled"
    NOT_RUN = "not run"
    UNDECIDED = "undecided"
    VACUOUS = "vacuous"
    REFUTED = "refuted"

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a verdict is not a truth value: compare it with Strength.{self.name} instead")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str | bool):  # it would be false of every strength, and != true
            raise TypeError(f"a strength is not equal to {other!r}: compare it with Strength.{self.name} instead")
        return self is other

    def __hash__(self) -> int:
        return hash(self.name)


HOLDS = (Strength.PROVED, Strength.EXACT, Strength.SAMPLED)
"""The words that say a law holds as far as the evidence goes. "not run" and "undecided" are not among them."""

_ORDER = list(Strength)

NOT_REACHED = "deselected, or not reached"
"""The reason of an expected row of which nothing came."""

ENDED = "its test ended without a verdict"
"""The beginning of the reason of a row whose test broke off."""


@dataclass(frozen=True, slots=True)
class Verdict(Shown):
    """What one method found about one law in one engine. ``bool`` of it raises.

    ``gap`` is the largest difference met, ``allowed`` the derived bound of that instance; ``example`` is a replayable
    instance (where refuted); ``reason`` says why a law is not run, undecided or vacuous.
    """

    strength: Strength
    method: str
    witnesses: int = 0
    gap: float | None = None
    allowed: float | None = None
    example: Any = None
    reason: str = ""
    seconds: float = 0.0

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict is not a truth value: look at its strength")

    def figures(self) -> dict[str, float | int | None]:
        """Witnesses, the largest difference and its bound, and the time, for the report file."""
        found: dict[str, float | int | None] = {"witnesses": self.witnesses, "gap": self.gap, "allowed": self.allowed}
        return found | {"seconds": round(self.seconds, 4)}

    @property
    def share(self) -> float:
        """gap / allowed, 0 where there is no gap."""
        if self.gap is None or self.allowed is None:
            return 0.0
        return self.gap / self.allowed if self.allowed else float(self.gap > 0)


def not_run(method: str, fault: VerifiedCatError | str) -> Verdict:
    """A verdict for what could not be run, with the reason."""
    return Verdict(Strength.NOT_RUN, method, reason=str(fault))


def weakest(verdicts: Iterable[Verdict]) -> Strength:
    """The word for several instances together: the weakest of what ran; "not run" only where nothing ran."""
    found = [verdict.strength for verdict in verdicts if verdict.strength is not Strength.NOT_RUN]
    return max(found, key=_ORDER.index) if found else Strength.NOT_RUN


@dataclass(frozen=True, slots=True)
class Row(Shown):
    """A law in an engine by a method: the verdict of each world (construction) in which the law was stated.

    ``doctrine`` is what the law asks of a category, where it says so; ``blocked_by`` the smoke law that stopped this
    one before it was run. ``bool`` of a row raises.
    """

    law: str
    engine: str
    method: str
    worlds: dict[str, Verdict]
    doctrine: str = ""
    blocked_by: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a row is not a truth value: look at its strength")

    @property
    def strength(self) -> Strength:
        """The weakest verdict over the worlds."""
        return weakest(self.worlds.values())

    @property
    def example(self) -> Any:
        """The first example that a world gave."""
        return next((verdict.example for verdict in self.worlds.values() if verdict.example is not None), None)

    @property
    def reason(self) -> str:
        """Why the law is not run, undecided or vacuous: each reason once, with the worlds that give it."""
        worlds: dict[str, list[str]] = {}
        for name, verdict in self.worlds.items():
            if verdict.reason:
                worlds.setdefault(verdict.reason, []).append(name)
        return "; ".join(
            reason if names == ["-"] else f"{', '.join(names)}: {reason}" for reason, names in worlds.items()
        )

    def as_json(self) -> dict[str, Any]:
        """The row of the report file."""
        parts = list(self.worlds.values())
        ran = [v for v in parts if v.strength is not Strength.NOT_RUN]
        worst = max(ran, key=lambda v: (_ORDER.index(v.strength), v.share), default=None)
        return {
            "law": self.law,
            "engine": self.engine,
            "verdict": self.strength.value,
            "method": self.method,
            "witnesses": sum(v.witnesses for v in parts),
            "gap": None if worst is None else worst.gap,
            "allowed": None if worst is None else worst.allowed,
            "example": self.example,
            "reason": self.reason,
            "seconds": round(added(v.seconds for v in parts), 4),
            "worlds": {name: v.strength.value for name, v in self.worlds.items()},
            "figures": {name: v.figures() for name, v in self.worlds.items() if v.strength is not Strength.NOT_RUN},
        } | {key: value for key, value in self._said().items() if value}

    def encoded(self) -> str:
        """The row as one line of JSON with nothing left out, to be sent from one process to another."""
        whole = {"worlds": {name: encode_verdict(verdict) for name, verdict in self.worlds.items()}}
        names = {"law": self.law, "engine": self.engine, "method": self.method}
        return json.dumps(names | self._said() | whole, default=str)

    def _said(self) -> dict[str, str]:
        return {"doctrine": self.doctrine, "blocked_by": self.blocked_by}


def encode_verdict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON."""
    return {each.name: getattr(verdict, each.name) for each in fields(verdict)} | {"strength": verdict.strength.value}


def decode_verdict(content: dict[str, Any]) -> Verdict:
    """The verdict that ``encode_verdict`` wrote."""
    return Verdict(**content | {"strength": Strength(content["strength"])})


def decode_row(line: str) -> Row:
    """The row that ``Row.encoded`` wrote."""
    content = json.loads(line)
    worlds = {name: decode_verdict(verdict) for name, verdict in content.pop("worlds").items()}
    return Row(worlds=worlds, **content)


@dataclass(slots=True)
class Report(Shown):
    """All rows of a run. Expected rows are entered first as "not run", so that a row can change but not disappear.

    ``run`` says how the suite was run: profile, seed, draws, shard. ``coverage`` counts, part by part, how many of the
    drawn objects and maps were of each kind; what the child process of an isolated engine drew is not in it.
    """

    rows: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    coverage: dict[str, dict[str, int]] = field(default_factory=dict)

    def expect(self, law: str, engine: str, method: str, reason: str = NOT_REACHED) -> None:
        """Enter a row that must be in the report whatever happens."""
        verdict = Verdict(Strength.NOT_RUN, method, reason=reason)
        self.rows.setdefault((law, engine, method), Row(law, engine, method, {"-": verdict}))

    def record(self, row: Row) -> None:
        """Enter a row, in place of the expected one."""
        self.rows[row.law, row.engine, row.method] = row

    def met(self, counts: dict[str, dict[str, int]]) -> None:
        """Add to the coverage what one row drew."""
        self.coverage = summed(self.coverage, counts)

    def ended(self, name: str, how: str) -> None:
        """Say of the expected row LAW-ENGINE, if nothing was found about it, that its test ended, and how."""
        for key, row in self.rows.items():
            if f"{row.law}-{row.engine}" == name and row.reason == NOT_REACHED:
                verdict = Verdict(Strength.NOT_RUN, row.method, reason=f"{ENDED}: {how}")
                self.rows[key] = replace(row, worlds={"-": verdict})

    def as_json(self) -> dict[str, Any]:
        """The report: schema 1."""
        return {
            "schema": 1,
            "environment": environment(),
            "run": self.run,
            "coverage": self.coverage,
            "verdicts": [self.rows[key].as_json() for key in sorted(self.rows)],
        }

    def write(self, path: Path) -> None:
        """Write the report as JSON: whole or not at all. Raises UsageError where the file cannot be written."""
        write_json(path, self.as_json())

    def stopped(self) -> list[str]:
        """One line for each engine that a smoke law stopped: which, why, and how many laws were not run for it."""
        why: dict[tuple[str, str], list[str]] = {}
        for row in self.rows.values():
            if row.blocked_by:
                why.setdefault((row.engine, row.blocked_by), []).append(row.worlds["-"].reason)
        return [f"{engine}: {len(given)} laws not run, {given[0]}" for (engine, _), given in why.items()]

    def table(self) -> list[str]:
        """The verdict table: one line a law, one column an engine, then the counts of each word."""
        engines = sorted({row.engine for row in self.rows.values()}, key=engine_rank)
        laws = list(dict.fromkeys(row.law for row in self.rows.values()))
        width = max([len("law"), *map(len, laws)])
        lines = [f"{'law':<{width}}  " + "  ".join(f"{engine:<13}" for engine in engines)]
        for law in laws:
            cells = (weakest_row([r for r in self.rows.values() if (r.law, r.engine) == (law, e)]) for e in engines)
            lines.append(f"{law:<{width}}  " + "  ".join(f"{cell:<13}" for cell in cells))
        counts = Counter(row.strength.value for row in self.rows.values())
        lines.append(", ".join(f"{counts[word.value]} {word.value}" for word in Strength if counts[word.value]))
        return lines


def summed(one: dict[str, dict[str, int]], other: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Two coverages together: part ↦ kind ↦ count, 0 included."""
    parts = {part: (one.get(part, {}), other.get(part, {})) for part in (*one, *other)}
    return {part: {kind: a.get(kind, 0) + b.get(kind, 0) for kind in (*a, *b)} for part, (a, b) in parts.items()}


def weakest_row(rows: list[Row]) -> str:
    """The word of a cell of the table, "-" where the law has no row in the engine."""
    return weakest(verdict for row in rows for verdict in row.worlds.values()).value if rows else "-"


def engine_rank(name: str) -> tuple[int, str]:
    """Where an engine stands among the columns: the built-in ones first."""
    known = ("solver", "sympy", "torch", "torch-float32")
    return (known.index(name) if name in known else len(known), name)


def environment() -> dict[str, str]:
    """The versions that a verdict depends on; "not installed" is said, not left out."""
    ours = ("verified-cat", "sympy", "numpy", "z3-solver", "hypothesis", "pytest")
    extras = ("torch", "cvc5", "agda", "python-flint", "discopy", "catgrad")
    found = {"python": platform.python_version(), "platform": f"{sys.platform} {platform.machine()}"}
    return found | {name: version_of(name) for name in (*ours, *extras)}


def version_of(package: str) -> str:
    """The version of an installed package, or "not installed"."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def sources() -> str:
    """The first digits of a SHA-256 of all our own Python files: two runs with the same digits ran the same suite."""
    here, digest = Path(__file__).resolve().parent, sha256()
    for folder in ("", "laws", "proofs", "reference", "gpu"):
        place = here / folder if (here / folder).is_dir() else here.parent / folder  # a checkout without links
        for path in sorted(place.glob("*.py")):
            digest.update(f"{folder}/{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def write_json(path: Path, content: Any) -> None:
    """Write canonical JSON to ``path``, whole or not at all. Raises UsageError on failure."""
    write_text(path, json.dumps(_finite(content), indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all. Raises UsageError on failure."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, whole or not at all (durable). Raises UsageError on failure."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path.parent, {path.name: content})
    except OSError as fault:
        raise UsageError(f"cannot write {path}: {fault.strerror or fault}") from fault


def _finite(content: Any) -> Any:
    """The content with infinities and NaN as text: JSON has no numbers for them."""
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return str(content) if isinstance(content, float) and not math.isfinite(content) else content
