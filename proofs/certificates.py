"""Stored certificates against the code of today: Γ ⊢ lhs = rhs counts for a goal if tracing gives lhs, rhs and Γ.

No solver is needed. A statement is compared in canonical names (sorts, symbols and variables numbered as they are met),
so renaming in the source changes nothing, and whatever changes what the code computes makes its certificate stale: on
opaque objects that all differ, and on one opaque object, where code that compares its objects would betray itself.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from verified_cat.check import LAWS, Law
from verified_cat.proofs import checker
from verified_cat.proofs.checker import Checked, Refused, Terms, Vacuous
from verified_cat.proofs.hypotheses import Hypotheses
from verified_cat.proofs.identities import IDENTITIES, proved
from verified_cat.proofs.needed import key
from verified_cat.proofs.smtlib import Formula
from verified_cat.proofs.statements import NOT_TRACED, alike, assumptions, collapsed, goals_of, statement
from verified_cat.worlds import Mutant

FOLDER = Path(__file__).with_name("certificates")

Status = Literal["certified", "stale", "vacuous", "refused", "missing"]
METHODS = ("x = x", "free terms", "polynomial", "steps")
"""x = x: both sides are one term as they come, so that there was nothing to check."""


# ------------------------------------------------------------------------------------------------ stored


@dataclass(frozen=True, slots=True)
class Stored:
    """The certificates of one law: for each world, which of them is for which goal, and what each was found to be."""

    terms: Terms
    worlds: dict[str, list[int]]
    checked: list[Checked | Refused]


def stored(data: Any) -> Stored:
    """What the kernel makes of a file of certificates. Raises Refused where the file as a whole is not to be read."""
    worlds, count = data.get("worlds"), len(data["certificates"])
    well = type(worlds) is dict and all(type(bound) is list for bound in worlds.values())
    checker.need(well, "its worlds are no table")
    for bound in worlds.values():
        checker.picked(range(count), bound, "a world")
    terms = Terms()
    table = terms.read(data["rows"])
    found: list[Checked | Refused] = []
    for given in data["certificates"]:
        try:
            found.append(checker.check(terms, table, given))
        except Refused as fault:
            found.append(fault)
    return Stored(terms, worlds, found)


def file_of(law: str, folder: Path = FOLDER) -> Path:
    """Where the certificates of a law are: only letters, digits, dots and dashes are in the name."""
    return folder / ("".join(c if c.isalnum() or c in ".-" else "_" for c in law) + ".json")


def method(checked: Checked) -> str:
    """How a certificate proves its goal."""
    if checked.goal.parts[0] is checked.goal.parts[1]:
        return "x = x"
    if set(checked.rules) == {"normal"}:
        return "free terms"
    return "polynomial" if "combination" in checked.rules else "steps"


# ------------------------------------------------------------------------------------------------ replay


@dataclass(frozen=True, slots=True)
class Row:
    """One goal of a law in a world: whether a certificate holds for what the code says today, and how."""

    law: str
    world: str
    goal: int
    status: Status
    why: str = ""
    method: str = ""
    steps: int = 0
    unused: int = 0
    """How many hypotheses are true of the symbols that the proof did not need."""


def bound(law: Law, world: str, found: Stored, mutant: Mutant | None = None) -> Iterator[Row]:
    """The goals of a law in one world today, each against its certificate."""
    numbers = found.worlds.get(world, [])
    try:
        formulas, assumed = goals_of(law, world, mutant)
        ones = collapsed(law, world, mutant)
    except NOT_TRACED as fault:
        if numbers:
            yield Row(law.name, world, 0, "stale", f"nothing to trace today: {fault}")
        return
    for goal, formula in enumerate(formulas):
        if goal >= len(numbers):
            yield Row(law.name, world, goal, "missing")
        elif goal >= len(ones) or not alike(formula, ones[goal]):
            yield Row(law.name, world, goal, "stale", "where its objects are equal, the code says something else")
        else:
            yield _compared(
                Row(law.name, world, goal, "missing"), found, found.checked[numbers[goal]], formula, assumed
            )
    if len(numbers) > len(formulas):
        yield Row(
            law.name, world, len(formulas), "stale", f"{len(numbers)} goals were certified, {len(formulas)} are left"
        )


def _compared(
    row: Row, found: Stored, checked: Checked | Refused, formula: Formula, assumed: tuple[Hypotheses, ...]
) -> Row:
    """The row with what its certificate is worth today."""
    if isinstance(checked, Refused):
        status: Status = "vacuous" if isinstance(checked, Vacuous) else "refused"
        return Row(row.law, row.world, row.goal, status, str(checked))
    name = key(row.law, row.world, row.goal)
    offered, goal = statement(found.terms, formula, assumptions(name, formula, assumed) if checked.hypotheses else ())
    if goal is not checked.goal or not {*checked.hypotheses} <= {*offered}:
        return Row(row.law, row.world, row.goal, "stale", "the code of today says something else")
    unused = len(offered) - len(checked.used)
    return Row(row.law, row.world, row.goal, "certified", "", method(checked), len(checked.rules), unused)


def provable() -> list[Law]:
    """The laws that are said of opaque symbols: those the solvers are asked of."""
    return [law for law in LAWS.values() if not law.without_solver and not law.floats]


def replay_law(law: Law, folder: Path = FOLDER) -> list[Row]:
    """Every goal of a law in all its worlds, against its file."""
    try:
        found = stored(checker.load(file_of(law.name, folder).read_bytes()))
    except FileNotFoundError:
        found = Stored(Terms(), {}, [])
    except (Refused, OSError) as fault:
        return [Row(law.name, world, 0, "refused", str(fault)) for world in law.worlds]
    rows = [row for world in law.worlds for row in bound(law, world, found)]
    gone = [
        Row(law.name, world, 0, "stale", "the law has no such world") for world in found.worlds.keys() - {*law.worlds}
    ]
    return rows + gone


def replay(folder: Path = FOLDER) -> list[Row]:
    """Every goal of every law that is said of opaque symbols, against what is stored."""
    with uncollected():
        return [row for law in provable() for row in replay_law(law, folder)] + list(_identities())


@contextmanager
def uncollected() -> Iterator[None]:
    """Terms are no cycles, and there are many: a third of the time would go into looking for some."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _identities() -> Iterator[Row]:
    """The polynomial identities, whose coefficients stand beside the code that they are of."""
    for name, identity in IDENTITIES.items():
        try:
            found = proved(identity)
        except Refused as fault:
            yield Row(name, "a commutative ring", 0, "refused", str(fault))
        else:
            unused = len(found.hypotheses) - len(found.used)
            yield Row(name, "a commutative ring", 0, "certified", "", method(found), len(found.rules), unused)


def summary(rows: Sequence[Row]) -> list[str]:
    """What a replay found: one line for each goal that no certificate proves today, then the counts."""
    statuses = Counter(row.status for row in rows)
    methods = Counter(row.method for row in rows if row.status == "certified")
    lines = [
        f"{row.law} in {row.world}, goal {row.goal}: {row.status}{row.why and ': ' + row.why}"
        for row in rows
        if row.status != "certified"
    ]
    others = ", ".join(f"{statuses[word]} {word}" for word in ("stale", "vacuous", "refused", "missing"))
    ways = ", ".join(f"{methods[way]} by {way}" for way in METHODS if methods[way])
    idle = sum(row.unused > 0 for row in rows)
    laws = len({row.law for row in rows})
    lines.append(f"{len(rows)} goals of {laws} laws: {statuses['certified']} proved by certificate, {others}")
    lines.append(f"{ways or 'none'}; {sum(row.steps for row in rows)} steps; {idle} do without some hypotheses")
    return lines
