"""Reports of the cross-check on disk: the shards of one run put together, counts added and worst shares kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any

from verified_cat.errors import UsageError, inside
from verified_cat.reference.agreement import KIND, PARTS, SHOWN, Row, joined, strength
from verified_cat.shard import Shard, each_once, files_of, is_part

SAME = ("schema", "seed", "engines", "environment")
COUNTED = ("terms", "kinks", "excess_count")
ADDED = (*COUNTED, "seconds")
GROUPED = ("by_primitive", "operations")
WORDS = ("inf", "nan")


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
    with inside(files_of(reports)):
        each_once(reports)
    whole = dict(one)
    for _, report in others:
        whole |= {key: whole[key] + report[key] for key in ADDED}
        whole |= {key: whole[key] + report[key] for key in ("undecided", "excesses")}
        whole["rows"] = _joined(whole["rows"], report["rows"])
        for key in GROUPED:
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
    if not isinstance(run, dict) or not is_part(run.get("shard")) or not _is_count(run.get("terms")):
        raise UsageError(f"{file} is not the report of a shard of a cross-check")
    for key, fits in FORM.items():
        if not fits(content.get(key)):
            raise UsageError(f"{file} is not the report of a cross-check of this version: its {key!r} has not our form")
    own = len(Shard(run["shard"]["index"], run["shard"]["of"]).numbers(run["terms"]))
    if content["terms"] < own:
        raise UsageError(f"{file}: {content['terms']} terms were compared; its shard has {own} of {run['terms']}")
    if set(_by_part(content["rows"])) != set(product(content["engines"], PARTS)):
        raise UsageError(f"{file}: its rows are not of each engine and each of {', '.join(PARTS)}")
    return content


# ------------------------------------------------------------------------------------------------ the form


def _is_count(part: Any) -> bool:
    return type(part) is int and 0 <= part < 10**15


def _is_share(part: Any) -> bool:
    """A number >= 0, or the word that stands for one that is not finite."""
    if isinstance(part, str):
        return part in WORDS
    return type(part) in (int, float) and 0 <= part <= sys.float_info.max


def _are_dicts(part: Any) -> bool:
    return isinstance(part, list) and all(isinstance(each, dict) for each in part)


def _are_rows(part: Any) -> bool:
    return _are_dicts(part) and all(map(_is_row, part))


def _is_row(row: dict[str, Any]) -> bool:
    """Whether these are the fields of a Row: names, counts, and the share, the gap and what is allowed."""
    kinds = {"str": lambda part: isinstance(part, str), "int": _is_count, "float": _is_share}
    return {each.name for each in fields(Row)} == set(row) and all(
        kinds[str(each.type)](row[each.name]) for each in fields(Row)
    )


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


FORM: dict[str, Callable[[Any], bool]] = {
    "schema": lambda part: type(part) is int and part == 2,
    "seed": lambda part: type(part) is int,
    "engines": lambda part: isinstance(part, list) and all(isinstance(name, str) for name in part),
    "environment": lambda part: isinstance(part, dict),
    **dict.fromkeys(COUNTED, _is_count),
    "seconds": lambda part: _is_share(part) and part not in WORDS,
    **dict.fromkeys(("undecided", "excesses"), _are_dicts),
    "rows": _are_rows,
    **dict.fromkeys(GROUPED, lambda part: isinstance(part, dict) and all(map(_are_rows, part.values()))),
}
"""What a report holds, and whether a value fits there."""
