"""Medians and quartiles, and ratios of the same round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The lower quartile, the median and the upper quartile."""

    low: float
    middle: float
    high: float


def quartiles(values: Iterable[float]) -> Quartiles:
    """By linear interpolation between the sorted values."""
    low, middle, high = np.quantile(list(values), [0.25, 0.5, 0.75])
    return Quartiles(float(low), float(middle), float(high))


def paired(slower: Row, faster: Row) -> Quartiles | None:
    """How many times faster the second is than the first: time / time within each round, then the quartiles."""
    ratios = [s / f for s, f in zip(slower["cpu_seconds"], faster["cpu_seconds"], strict=False)]
    both = len(slower["cpu_seconds"]) == len(faster["cpu_seconds"])
    return quartiles(ratios) if both and ratios else None


def timed(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["cpu_seconds"]]


def fastest(rows: Iterable[Row], *families: str) -> Row | None:
    """The implementation of these families with the smallest median."""
    found = [row for row in timed(rows) if row["family"] in families]
    return min(found, key=lambda row: quartiles(row["cpu_seconds"]).middle, default=None)


def named(rows: Iterable[Row], name: str) -> Row | None:
    return next((row for row in timed(rows) if row["implementation"] == name), None)


def by_workload(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["workload"], []).append(row)
    return found
