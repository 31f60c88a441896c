"""What a certificate rests on: the ledger of laws and the stored proofs of this package, and a report of a run."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from verified_cat.digests import of_bytes, of_json
from verified_cat.errors import DataError, UsageError
from verified_cat.gpu.saving import content_of
from verified_cat.reading import read
from verified_cat.report import HOLDS, Strength

REPORT = "laws.json"
"""The report in the folder of a run."""


def laws(folder: Path | None = None) -> dict[str, Any]:
    """The ledger and the proofs, and of the report in a folder what it says."""
    here = Path(__file__).parent / "proofs"
    stored = {file.name: of_bytes(file.read_bytes()) for file in sorted((here / "certificates").glob("*.json"))}
    kept = content_of(here / "ledger.toml")
    entries = tomllib.loads(kept.decode())["laws"]
    found = {
        "ledger": of_bytes(kept),
        "laws": len(entries),
        "evidence": dict(Counter(each["evidence"] for each in entries.values())),
        "proofs": {"files": len(stored), "sha256": of_json(stored)},
    }
    return found if folder is None else found | {"report": _report(folder / REPORT, set(entries))}


def _report(file: Path, known: set[str]) -> dict[str, Any]:
    """What a report says. Raises DataError where it is none, or where it speaks of laws that this package lacks."""
    given = content_of(file)
    try:
        found = read(file)
    except UsageError as fault:
        raise DataError(str(fault)) from None
    told = {row.law for row in found.rows}
    if strange := sorted(told - known):
        raise DataError(f"{file} speaks of {strange[0]}, which is no law of this package: it is of another version")
    counts = Counter(row.strength for row in found.rows)
    return {
        "sha256": of_bytes(given),
        "engines": found.engines,
        "laws": len(told),
        "missing": sorted(known - told),
        "rows": len(found.rows),
        "verdicts": {word.value: counts[word] for word in Strength if counts[word]},
        "do not hold": sorted({row.law for row in found.rows if row.strength not in (*HOLDS, Strength.NOT_RUN)}),
        "environment": found.environment,
    }


def taken(report: Path, folder: Path) -> None:
    """A copy of the report in the folder of the run. Raises UsageError where it cannot be read or written."""
    given = content_of(report)
    try:
        if report.resolve() != (folder / REPORT).resolve():
            (folder / REPORT).write_bytes(given)
    except OSError as refused:
        raise UsageError(f"cannot write {folder / REPORT}: {refused.strerror or refused}") from None


def said_of(report: dict[str, Any]) -> str:
    """The report as a sentence."""
    counts = ", ".join(f"{count} {word}" for word, count in report["verdicts"].items())
    wrong, missing = report["do not hold"], len(report["missing"])
    return (
        f"the laws: {report['laws']} laws of this package in {', '.join(report['engines'])}: {counts}"
        + (f"; NOT all of them hold: {', '.join(wrong)}" if wrong else "")
        + (f"; {missing} laws of this package are not in the report" if missing else "")
    )
