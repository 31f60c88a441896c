"""A report on runs of schemas: their folders read again, their functors measured, and the page written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import torch

from verified_cat.errors import DataError
from verified_cat.gpu import ablation
from verified_cat.gpu.ambiguity import compared
from verified_cat.gpu.functor_maps import FunctorMaps, held_out, learned, picture_size, told
from verified_cat.gpu.run_figures import figures, history, left, number
from verified_cat.gpu.sample_grids import samples
from verified_cat.gpu.saving import HISTORY, content_of
from verified_cat.gpu.schema_folder import Restored, restored
from verified_cat.gpu.signatures import signatures
from verified_cat.schema_checks import findings
from verified_cat.schema_page import html
from verified_cat.schema_picture import STYLE, svg
from verified_cat.schema_sheets import (
    Ablation,
    Agreement,
    RunSheet,
    Sheet,
    Signature,
    ablation_lines,
    interval,
    short,
    spread,
)
from verified_cat.schema_text import written
from verified_cat.specification import Specification

MOST_STEPS = 10**15
"""No row of a history is of a later step: what is drawn of it fits a float exactly."""
MANY, FEW = 1000, 500
"""So many held-out examples: of points, and of pictures."""


@dataclass(frozen=True)
class Found:
    """A run with its history, under a name that no other run of the report has."""

    name: str
    run: Restored
    history: list[dict[str, Any]]


@dataclass(frozen=True)
class Report:
    """What was found: a sheet for each schema, and what was tried without equations."""

    sheets: tuple[Sheet, ...]
    ablations: tuple[Ablation, ...]


def read(folders: Sequence[File]) -> Report:
    """Runs grouped by schema and measured; ablations. Raises UsageError and DataError, by file."""
    tried = [folder for folder in folders if ablation.is_one(folder)]
    runs = [folder for folder in folders if folder not in tried]
    runs += [each for folder in tried for each in ablation.whole_runs(folder)]
    unique = list({folder.resolve(): folder for folder in runs}.values())
    found = [Found(name, *opened(folder)) for name, folder in _named(unique).items()]
    groups: dict[str, list[Found]] = {}
    for each in found:
        groups.setdefault(written(each.run.whole), []).append(each)
    named = zip(_group_names([group[0].run.whole for group in groups.values()]), groups.values(), strict=True)
    sheets = tuple(sheet(name, group, place) for place, (name, group) in enumerate(named))
    return Report(sheets, tuple(each for folder in tried for each in ablation.kept(folder)))


def page(report: Report) -> str:
    """The page."""
    return html(report.sheets, report.ablations)


def lines(report: Report) -> list[str]:
    """What has a name, and whether the runs agree, in a few lines."""
    found = []
    for each in report.sheets:
        found.append(f"{each.name}: {len(each.runs)} run{'s' * (len(each.runs) != 1)}, {each.examples}")
        named = [(run, one) for run in each.runs for one in run.signatures if one.word == "found"]
        found += [f"  {run.name}: {one.name} ({one.about}): {one.measured}" for run, one in named]
        if not named:
            found.append("  none of the named failures was found")
        for one in each.agreements:
            apart = ", ".join(f"{names} {short(length)}" for names, length in one.distances)
            found.append(f"  {one.about}: {one.word}; {one.why} ({apart})")
        if len(each.runs) > 1:
            found += [
                f"  {one.name}: {spread(one.values)}; 95 % interval of the mean {interval(one.values)}"
                for one in each.figures
            ]
        if each.alone:
            found.append(f"  agreement not decided: {each.alone}")
    return found + ablation_lines(report.ablations)


def opened(folder: File) -> tuple[Restored, list[dict[str, Any]]]:
    """A run and the rows of its history. Raises UsageError or DataError, with the file."""
    return restored(folder), _history(folder / HISTORY)


def _history(file: File) -> list[dict[str, Any]]:
    content = content_of(file)
    try:
        rows = [json.loads(line) for line in content.decode().splitlines()]
        for place, row in enumerate(rows, start=1):
            step = row.get("step", 0) if isinstance(row, dict) else None
            if type(step) is not int or abs(step) > MOST_STEPS:
                raise ValueError(f"line {place} is no row of figures with the step that they are of")
    except (ValueError, RecursionError) as fault:
        raise DataError(f"{file} is damaged: {fault}") from None
    return [row for row in rows if "step" in row]


def _named(folders: Sequence[File]) -> dict[str, File]:
    """Folders by the ends of their paths, as short as tells them apart."""
    length = 1
    while len({folder.resolve().parts[-length:] for folder in folders}) < len(folders):
        length += 1
    return {"/".join(folder.resolve().parts[-length:]): folder for folder in folders}


def _group_names(specifications: Sequence[Specification]) -> list[str]:
    """The names of schemas, those that occur twice with what has no weight, and numbered where that is not enough."""
    names = []
    for whole in specifications:
        off = [str(demand.equation) for demand in whole.demands if demand.weight == 0]
        several = sum(other.name == whole.name for other in specifications) > 1
        names.append(f"{whole.name} without {' and '.join(off)}" if off and several else whole.name)
    return [f"{name} ({place})" if names.count(name) > 1 else name for place, name in enumerate(names, start=1)]


# ------------------------------------------------------------------------------------------------ one schema


def sheet(name: str, group: Sequence[Found], place: int = 0) -> Sheet:
    """Everything about the runs of one schema."""
    whole = group[0].run.whole
    with torch.inference_mode():
        maps = {each.name: _maps(each.run) for each in group}
        found = {run: signatures(each) for run, each in maps.items()}
        runs = tuple(
            RunSheet(
                each.name, each.run.seed, _facts(each.run), tuple(samples(maps[each.name])), tuple(found[each.name])
            )
            for each in group
        )
        agreements = _agreements(group, maps, found) if len(group) > 1 else ()
    alone = "" if len(group) > 1 else "there is one run of this schema, and nothing to compare it with"
    picture = (
        svg(whole, alone=False)
        .replace(f"<style>{STYLE}</style>", "")
        .replace('"tip"', f'"tip{place}"')
        .replace("#tip", f"#tip{place}")
    )
    checks = tuple((each.about, each.level, each.says) for each in findings(whole))
    examples = told(whole, maps[group[0].name].tables)
    shown = figures(whole, [each.run.metrics for each in group])
    drawn = history({each.name: each.history for each in group})
    return Sheet(name, picture, _equations(group), checks, examples, runs, drawn, shown, agreements, alone)


def _agreements(
    group: Sequence[Found], maps: Mapping[str, FunctorMaps], found: Mapping[str, list[Signature]]
) -> tuple[Agreement, ...]:
    seeds = {each.name: each.run.seed for each in group}
    losses = {each.name: left(each.run.whole, each.run.metrics) for each in group}
    return tuple(compared(maps, found, seeds, losses))


def _count(whole: Specification) -> int:
    pictures = any(picture_size(shape) for thing in whole.things for shape in whole.leaves(thing.name))
    return FEW if pictures else MANY


def _maps(run: Restored) -> FunctorMaps:
    return learned(run.whole, run.params, held_out(run.whole, _count(run.whole)), run.engine)


def _facts(run: Restored) -> tuple[tuple[str, str], ...]:
    metrics = run.metrics
    check = metrics.get("crosscheck")
    verdict = str(check.get("verdict", "not run")) if isinstance(check, dict) else "not run"
    program = "verified" if metrics.get("verified") is True else f"not verified (cross-check {verdict})"
    facts = {"Status": metrics.get("status"), "Steps": metrics.get("steps"), "Program that was run": program}
    facts["Precision"] = run.whole.training["precision"]
    return tuple((name, str(value)) for name, value in facts.items() if value is not None)


def _equations(group: Sequence[Found]) -> tuple[tuple[str, str, str, str], ...]:
    """With the weights that were used: the least and the largest over the runs where they differ."""
    rows = []
    for demand in group[0].run.whole.demands:
        used = sorted({number(each.run.metrics.get("gammas", {}).get(str(demand.equation))) or 0.0 for each in group})
        shown = f"{used[0]:g}" if len(used) == 1 else f"{used[0]:g} to {used[-1]:g}"
        weight = "auto" if demand.weight is None else f"{float(demand.weight):g}"
        rows.append((str(demand.equation), weight, shown, f"{demand.cost}, {demand.on}"))
    return tuple(rows)
