"""Shards of a run, so that the jobs of a cluster share it, and the merging of their reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from functools import reduce
from heapq import heapreplace
from pathlib import Path
from typing import Any

from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.errors import UsageError, inside
from verified_cat.laws.suite import Case
from verified_cat.report import ENDED, NOT_REACHED, Strength, summed
from verified_cat.shard import Shard, each_once, files_of, is_part, some

# ------------------------------------------------------------------------------------------------ sharing out


WEIGHTS = {"solver": 2.0, "sympy": 8.0, "suite": 20.0}
"""What a row costs beside one of floats, roughly: shards are to end at about the same time."""


def cost(case: Case) -> float:
    """What a row costs, by the number of constructions in which its law is stated."""
    law, engine = case
    weight = WEIGHTS.get(engine, 1.0)
    return weight if law in AUDITS or law not in LAWS else weight * len(LAWS[law].worlds)


def share(cases: Iterable[Case], part: Shard) -> list[Case]:
    """The cases of one shard, in the order given. Which they are depends on the set of cases alone.

    The costliest case left goes to the shard with the least to do (Graham 1969, SIAM J. Appl. Math. 17, section 3:
    at most 4/3 of the best makespan).
    """
    cases = list(cases)
    loads, mine = [(0.0, index) for index in range(1, part.of + 1)], set()
    for case in sorted(set(cases), key=lambda each: (-cost(each), each)):
        load, index = loads[0]
        heapreplace(loads, (load + cost(case), index))
        if index == part.index:
            mine.add(case)
    return [case for case in cases if case in mine]


# ------------------------------------------------------------------------------------------------ merging


FAILING = (Strength.UNDECIDED, Strength.VACUOUS, Strength.REFUTED)
"""The words that make a run fail."""


def merge(files: list[Path]) -> dict[str, Any]:
    """The reports of all shards as the report of the whole run.

    Raises UsageError where a file is no shard, where shards are of different runs, doubled or missing, or where a row
    of the whole run is in none of them or in two; rows of a shard that were not reached are missing too.
    """
    reports = {file: _read(file) for file in files}
    if not reports:
        raise UsageError("there is nothing to merge")
    first = next(iter(reports))
    for file, report in reports.items():
        for what in _differences(reports[first], report):
            raise UsageError(f"{first} and {file} are not of the same run: they differ in {what}")
    rows = [row for report in reports.values() for row in report["verdicts"]]
    with inside(files_of(reports)):
        each_once(reports)
        _all_there(reports[first]["run"]["shard"], rows)
    whole = dict(reports[first])
    whole["run"] = {key: value for key, value in whole["run"].items() if key != "shard"}
    whole["run"]["shards"] = len(reports)
    whole["coverage"] = reduce(summed, (report.get("coverage", {}) for report in reports.values()))
    whole["verdicts"] = sorted(rows, key=lambda row: (row["law"], row["engine"], row["method"]))
    return whole


def _read(file: Path) -> dict[str, Any]:
    """The report of a shard. Raises UsageError where it is not one."""
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"{file} is not a law report: {fault}") from fault
    if not isinstance(report, dict) or report.get("schema") != 1:
        raise UsageError(f"{file} is not a law report of this version")
    run = report.get("run")
    part = run.get("shard") if isinstance(run, dict) else None
    if not isinstance(part, dict):
        raise UsageError(
            f"{file} is not the report of a shard; `pytest laws/ --shard K/N --law-report FILE` writes one"
        )
    rows = report.get("verdicts")
    if not _is_part(part) or not isinstance(rows, list) or not all(map(_is_row, rows)):
        raise UsageError(f"{file} is not a law report of this version: its shard or its rows are not of our form")
    if not isinstance(report.get("environment"), dict):
        raise UsageError(f"{file} is not a law report of this version: it says nothing of its environment")
    return report


def _is_part(part: dict[str, Any]) -> bool:
    expected = part.get("expected")
    pairs = isinstance(expected, list) and all(isinstance(each, list) and len(each) == 2 for each in expected)
    return is_part(part) and pairs and all(isinstance(name, str) for each in expected or [] for name in each)


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and all(
        isinstance(row.get(key), str) for key in ("law", "engine", "method", "verdict", "reason")
    )


def _differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """In what two shards differ that has to be the same: versions, sources, options, and what the whole run is."""
    found = [
        f"{key} ({value} and {other['environment'].get(key)})"
        for key, value in one["environment"].items()
        if other["environment"].get(key) != value
    ]
    for key in sorted({*one["run"], *other["run"]} - {"shard"}):
        here, there = one["run"].get(key), other["run"].get(key)
        if here != there:
            found.append(f"{key} ({here} and {there})")
    if one["run"]["shard"]["of"] != other["run"]["shard"]["of"]:
        found.append(f"the number of shards ({one['run']['shard']['of']} and {other['run']['shard']['of']})")
    elif sorted(one["run"]["shard"]["expected"]) != sorted(other["run"]["shard"]["expected"]):
        found.append("the rows of the whole run")
    return found


def _all_there(part: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    expected = {(law, engine) for law, engine in part["expected"]}
    counts = Counter((row["law"], row["engine"]) for row in rows)
    faults = {
        "missing": [case for case in expected if case not in counts],
        "there more than once": [case for case, count in counts.items() if count > 1],
        "not of this run": [case for case in counts if case not in expected],
        "not reached": [
            (row["law"], row["engine"])
            for row in rows
            if row["verdict"] == Strength.NOT_RUN.value and row["reason"].startswith((NOT_REACHED, ENDED))
        ],
    }
    for what, cases in faults.items():
        if cases:
            names = [f"{law} in {engine}" for law, engine in sorted(cases)]
            raise UsageError(f"{len(names)} of {len(expected)} rows are {what}: {some(names)}")
