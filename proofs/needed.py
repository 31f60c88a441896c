"""What a proof may assume: of all that is true of the symbols of a goal, what ``counter_models.json`` says it needs.

A hypothesis that is left out makes a theorem stronger, so nothing here has to be believed. Of a goal that the file does
not know everything is assumed. ``necessity`` looks for what is needed, and evaluates the models again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from verified_cat.errors import DataError
from verified_cat.proofs.hypotheses import Hypotheses
from verified_cat.proofs.smtlib import Formula
from verified_cat.proofs.trivial import relevant

FILE = Path(__file__).with_name("counter_models.json")

EASE = "ease"
"""In place of a model: one solver and the certificate do without, and the other solver finds no proof without."""


def key(law: str, world: str, number: int) -> str:
    """The name of a goal in the file."""
    return f"{law} | {world} | {number}"


def stored(file: Path = FILE) -> dict[str, dict[str, Any]]:
    """What was found. Raises DataError where the file is none of ours."""
    try:
        data = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise DataError(f"{file.name} cannot be read: {fault}") from fault
    if not isinstance(data, dict) or not all(isinstance(each, dict) for each in data.values()):
        raise DataError(f"{file.name} is no table of goals")
    return data


_table = cache(stored)


def needed(name: str, goal: Formula, assumed: Sequence[Hypotheses], *, ease: bool = False) -> tuple[Hypotheses, ...]:
    """The hypotheses that speak of a goal and that it needs; with ``ease`` also those that only help a solver."""
    groups, rows = relevant(goal, assumed), _table().get(name)
    if rows is None:
        return groups
    wanted = {each for each, row in rows.items() if ease or row != EASE}
    kept = (replace(group, members=tuple(each for each in group.members if each.name in wanted)) for group in groups)
    return tuple(group for group in kept if group.members)
