"""The figures of runs of a schema: as they stand in metrics.json, beside their baselines, and along the training."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from verified_cat.floats import added
from verified_cat.plots import curves, thinned
from verified_cat.schema_sheets import Figure
from verified_cat.specification import Specification

ROWS = 300
"""So many points of a curve are drawn; of more, the mean of each stretch."""
OTHERS = ("schema", "seed", "steps", "seconds_per_step", "verified")
"""Numbers in metrics.json that measure no functor."""


def number(value: Any) -> float | None:
    """A number of metrics.json, where those that are not finite stand as words; None for another thing."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return float(value) if value in ("nan", "inf", "-inf") else None
    return None if isinstance(value, int) and abs(value) > sys.float_info.max else float(value)


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The figures in metrics.json."""
    found = {name: number(value) for name, value in metrics.items() if name not in OTHERS}
    return {name: value for name, value in found.items() if value is not None}


def left(whole: Specification, metrics: Mapping[str, Any]) -> float:
    """What is left of the equations and laws that are asked for: residuals and energy distances, summed as they are."""
    names = [f"residual {demand.equation}" for demand in whole.demands if demand.weight != 0]
    names += [f"energy distance of {path}" for path in whole.matched]
    known = numbers(metrics)
    return added(known[name] for name in names if name in known)


def figures(whole: Specification, metrics: Sequence[Mapping[str, Any]]) -> tuple[Figure, ...]:
    """Every figure of the runs; beside K stands "K, doing nothing", as any that continues the name of another."""
    known = [numbers(each) for each in metrics]
    names = list(dict.fromkeys(name for each in known for name in each))
    baseline = {name: name.rpartition(", ")[0] for name in names if name.rpartition(", ")[0] in names}
    targets = {target.figure: target for target in whole.targets}
    found = []
    for name in names:
        if name in baseline:
            continue
        beside = {
            other.removeprefix(f"{name}, "): tuple(each.get(other) for each in known)
            for other, of in baseline.items()
            if of == name
        }
        target = targets.get(name)
        said = "" if target is None else f"{target}: reached by {sum(map(target.reached, known))} of {len(known)}"
        found.append(Figure(name, tuple(each.get(name) for each in known), beside, said))
    return tuple(found)


def history(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[tuple[str, str], ...]:
    """The name and a plot of each figure of the histories, residuals first, with a curve for each run."""
    names = dict.fromkeys(name for rows in runs.values() for row in rows for name in row)
    known = [name for name in names if name not in ("step", "seconds", "training")]
    ordered = sorted(known, key=lambda name: (not name.startswith("residual"), "loss" not in name))
    return tuple(
        (name, curves(name, {run: _curve(rows, name) for run, rows in runs.items()}, name)) for name in ordered
    )


def _curve(rows: Sequence[Mapping[str, Any]], name: str) -> list[tuple[float, float]]:
    given = [(float(row["step"]), number(row[name])) for row in rows if name in row]
    return thinned([(x, y) for x, y in given if y is not None and isfinite(y)], ROWS)
