"""A part of a run, so that the jobs of a cluster share it, and whether the reports of all parts are there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verified_cat.errors import UsageError


@dataclass(frozen=True, slots=True)
class Shard:
    """The part ``index`` (from 1) ``of`` so many of a run; 1/1 is all of it. Raises UsageError where there is none."""

    index: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.of:
            raise UsageError(f"a shard is K/N with K from 1 to N, not {self.index}/{self.of}")

    @classmethod
    def read(cls, text: str) -> Shard:
        """K/N with 1 ≤ K ≤ N. Raises UsageError for anything else."""
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise UsageError(f"--shard is K/N with K from 1 to N, such as 3/16, not {text!r}")
        return cls(int(found[1]), int(found[2]))

    def numbers(self, count: int) -> range:
        """Every N-th of the numbers below ``count``, from the K-th on."""
        return range(self.index - 1, count, self.of)


def is_part(content: Any) -> bool:
    """Whether this is what a report says of its shard: an index from 1 to the number of shards."""
    index, of = (content.get(key) for key in ("index", "of")) if isinstance(content, dict) else (None, None)
    return type(index) is int and type(of) is int and 1 <= index <= of < 10**6


def files_of(reports: Mapping[Path, Any]) -> str:
    """The first file and how many more there are."""
    first, *others = map(str, reports)
    return f"{first} and {len(others)} more" if others else first


def each_once(reports: Mapping[Path, dict[str, Any]]) -> None:
    """Raises UsageError where two reports are of one shard of their run, or a shard has none."""
    held: dict[int, Path] = {}
    for file, report in reports.items():
        index = report["run"]["shard"]["index"]
        if index in held:
            raise UsageError(f"{held[index]} and {file} are both shard {index}")
        held[index] = file
    of = next(iter(reports.values()))["run"]["shard"]["of"]
    missing = [str(index) for index in range(1, of + 1) if index not in held]
    if missing:
        raise UsageError(f"of {of} shards {len(missing)} are missing: {some(missing)}")


def some(names: Sequence[str], most: int = 20) -> str:
    """The first names, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
