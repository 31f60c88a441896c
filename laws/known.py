"""Known failures of an engine: each with a reason and a case that is replayed first. Strict both ways."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from verified_cat.errors import UsageError, inside
from verified_cat.laws import replaying, suite


@dataclass(frozen=True, slots=True)
class Known:
    """A law that an engine is known to break, why, and the instance that shows it."""

    law: str
    reason: str
    case: Path

    def still_fails(self, engine: str) -> bool:
        """Whether every instance of the case fails in the engine."""
        return all(tally.failed is not None for _, tally in replaying.replay(self.case, engine))


def read(path: Path) -> dict[str, Known]:
    """The entries of a file of ``[[xfail]]`` tables with law, reason and case (a path beside the file), by law.

    Raises UsageError for a file, an entry or a case that is not there or lacks something.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("xfail", [])
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"--xfails {path}: {fault}") from fault
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"--xfails {path}: it holds no [[xfail]] table")
    known: dict[str, Known] = {}
    for entry in entries:
        law = _text(path, entry, "law")
        if law in known:
            raise UsageError(f"--xfails {path}: {law} has two entries")
        case = path.parent / _text(path, entry, "case")
        with inside(f"--xfails {path}"):
            suite.check_law(law)
        known[law] = Known(law, _text(path, entry, "reason"), case)
        if any(example.get("law") != law for example in replaying.examples(case)):
            raise UsageError(f"--xfails {path}: {case} is no case of {law}")
    return known


def _text(path: Path, entry: object, key: str) -> str:
    value = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"--xfails {path}: an entry needs a {key}; this one is {entry!r}")
    return value
