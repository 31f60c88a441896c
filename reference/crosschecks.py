"""Reports of the cross-check on disk: the shards of one run put together, counts added and worst shares kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from verified_cat.errors import UsageError
from verified_cat.reference.agreement import KIND, SHOWN, Row, joined, strength
from verified_cat.shard import each_once

SAME = ("schema", "seed", "engines", "environment")
ADDED = ("terms", "kinks", "excess_count", "seconds")


def are(files: Iterable[Path]) -> bool:
    """Whether any of the files is a report of the cross-check."""
    return any(_content(file).get("kind") == KIND for file in files)


def merge(files: list[Path]) -> dict[str, Any]:
    """The report of the whole run. Raises UsageError where shards are missing, doubled or of different runs."""
    reports = {file: _report(file) for file in files}
    (first, one), *others = reports.items()
    for file, report in others:
        for key in SAME:
            if report[key] != one[key]:
                raise UsageError(f"{first} and {file} are not of the same run: they differ in {key}")
        if (report["run"]["terms"], report["run"]["shard"]["of"]) != (one["run"]["terms"], one["run"]["shard"]["of"]):
            raise UsageError(
                f"{first} and {file} are not of the same run: they differ in the number of terms or shards"
            )
    each_once(reports)
    whole = dict(one)
    for _, report in others:
        whole |= {key: whole[key] + report[key] for key in ADDED}
        whole |= {key: whole[key] + report[key] for key in ("undecided", "excesses")}
        whole["rows"] = _joined(whole["rows"], report["rows"])
        for key in ("by_primitive", "operations"):
            names = sorted({*whole[key], *report[key]})
            whole[key] = {name: _joined(whole[key].get(name, []), report[key].get(name, [])) for name in names}
    whole["run"] = {"terms": one["run"]["terms"], "seed": one["seed"], "shards": len(reports)}
    whole["excesses"] = whole["excesses"][:SHOWN]
    counts = whole["terms"], len(whole["undecided"]), whole["excess_count"]
    return whole | {"verdict": strength(*counts, map(_row, whole["rows"])).value}


def _joined(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row.as_json() for row in joined(_by_part(one), _by_part(other)).values()]


def _by_part(rows: list[dict[str, Any]]) -> dict[tuple[str, ...], Row]:
    return {(row["engine"], row["part"]): _row(row) for row in rows}


def _row(content: dict[str, Any]) -> Row:
    numbers = {key: float(content[key]) for key in ("share", "gap", "allowed")}
    return Row(**{**content, **numbers})


def _report(file: Path) -> dict[str, Any]:
    content = _content(file)
    if content.get("kind") != KIND or "rows" not in content:
        raise UsageError(f"{file} is not the finished report of a cross-check")
    run = content.get("run")
    if not isinstance(run, dict) or not isinstance(run.get("shard"), dict):
        raise UsageError(f"{file} is not the report of a shard of a cross-check")
    return content


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
