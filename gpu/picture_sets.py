"""Which image files there are for an object: those to learn from, and those held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from verified_cat.errors import DataError


@dataclass(frozen=True, slots=True)
class Found:
    """The files to learn from and those held out."""

    learned: tuple[Path, ...]
    held: tuple[Path, ...]


def parted(where: str, files: Sequence[Path]) -> Found:
    """Every tenth file is held out. Raises DataError for fewer than ten."""
    if len(files) < 10:
        raise DataError(f"{where} gives {len(files)} images; of ten or more, every tenth is held out")
    return Found(
        tuple(each for number, each in enumerate(files) if number % 10 != 9),
        tuple(each for number, each in enumerate(files) if number % 10 == 9),
    )


def limited(found: Found, most: int) -> Found:
    """At most so many of each, the first ones; 0 for all."""
    return Found(found.learned[:most], found.held[:most]) if most else found
