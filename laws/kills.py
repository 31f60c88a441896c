"""What refutes what: every law against every control, and against its own wrong implementations.

A law is run on few instances of those that use what is broken, the ones of the least work first. Which operations an
instance uses is watched once, in the sound engine: where it applies none that is broken, it cannot see the fault.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from verified_cat.audits import AUDITS
from verified_cat.check import LAWS, Law
from verified_cat.draw import seeded
from verified_cat.errors import VerifiedCatError
from verified_cat.laws import controls, engines, suite
from verified_cat.laws.constructions import CONSTRUCTIONS, Construction
from verified_cat.laws.controls import Control
from verified_cat.laws.meta import refutes
from verified_cat.sampling import EngineRaised, Tally, try_instance
from verified_cat.worlds import Mutant, drawing

Broken = Control | Construction

DRAWS, WORK = 4, 400
"""The most instances of a law that a control is shown, and the applications of operations after which that is enough:
one of the third derivative takes a hundred thousand."""


def broken() -> list[Broken]:
    """Every control: wrong operations, wrong constructions, wrong rules."""
    return [*controls.CONTROLS, *CONSTRUCTIONS]


# ------------------------------------------------------------------------------------------------ what a law looks at


@dataclass(frozen=True, slots=True)
class Drawn:
    """An instance of a law: where, from which seed, which operations it applies, and how often it applies one."""

    world: str
    seed: int
    operations: frozenset[str]
    work: int


class _Watch:
    """The sound engine, and the operations that it is asked to apply."""

    def __init__(self) -> None:
        self.applied: list[str] = []
        self.engine = Control("watched", {}, "").build()
        plain = type(self.engine).operation

        def operation(inner: Any, asked: Any) -> Any:
            run = plain(inner, asked)

            def noted(value: Any) -> Any:
                self.applied.append(asked.name)
                return run(value)

            return noted

        self.engine.__class__ = type("Watched", (type(self.engine),), {"operation": operation})

    def drawn(self, stated: Law, world: str, seed: int) -> Drawn:
        """The instance of a seed."""
        self.applied.clear()
        _tally(stated, world, self.engine, seed)
        return Drawn(world, seed, frozenset(self.applied), len(self.applied))


def drawn(stated: Law, draws: int = DRAWS) -> list[Drawn]:
    """Instances of a law in each of its worlds, the ones of the least work first."""
    watch, found = _Watch(), list[Drawn]()
    for seed in range(max(2, math.ceil(2 * draws / len(stated.worlds)))):
        if sum(each.work for each in found) > 40 * WORK:
            break
        found += [watch.drawn(stated, world, seed) for world in stated.worlds]
    return sorted(found, key=lambda each: each.work)


def _tally(stated: Law, world: str, engine: Any, seed: int, within: Mutant | None = None) -> Tally:
    tally, bounds = Tally(), engines.bounds_for(engine.precision)
    try_instance(stated, world, engine, bounds, drawing(engine, world, seeded(seed), stated.style), tally, within)
    return tally


def _shown(instances: Iterable[Drawn], control: Broken, draws: int) -> Iterator[Drawn]:
    """The instances that a control is shown: they meet what is broken."""
    number, work = 0, 0
    for each in instances:
        if number < draws and work < WORK and control.touches(each.world, each.operations):
            number, work = number + 1, work + each.work
            yield each


# ------------------------------------------------------------------------------------------------ one cell


@dataclass(frozen=True, slots=True)
class Cell:
    """What a law says of a control: a word of ``killing.WORDS``. ``moved``: whether the sides ever differed by a bit;
    ``fault`` is an exception that came from elsewhere than the engine."""

    word: str
    moved: bool = False
    fault: str = ""


def cell(stated: Law, control: Broken, instances: Iterable[Drawn], draws: int = DRAWS) -> Cell:
    """A law against a control, at the instances that meet what is broken, up to the first that is refuted."""
    words, moved, fault = set[str](), False, ""
    for each in _shown(instances, control, draws):
        try:
            tally = _tally(stated, each.world, on_numbers(control), each.seed, control.within)
        except EngineRaised:
            words.add("raised")
        except VerifiedCatError:  # there is no such morphism, or no bound at a wrong value: nothing is compared
            words.add("not run")
        except Exception as raised:
            words.add("raised")
            fault = fault or f"{type(raised).__name__}: {raised}"[:200]
        else:
            moved = moved or tally.worst.gap > 0
            words.add(_said_by(stated, tally))
        if "refuted" in words:
            break
    order = ("refuted", "raised", "survived", "not run")
    return Cell(next((word for word in order if word in words), "untouched"), moved, fault)


def _said_by(stated: Law, tally: Tally) -> str:
    """What one instance says: a NaN alone refutes no more than an exception, except where bits are compared."""
    if tally.failed is None:
        return "survived"
    return "refuted" if math.isfinite(tally.failed["gap"]) or stated.equality == "bitwise" else "raised"


def on_numbers(control: Broken) -> Any:
    """The broken engine, on numbers: faults of the exact engine are planted in torch."""
    if isinstance(control, Control) and control.engine == engines.EXACT:
        return Control(control.name, control.planted, control.judge, "torch", control.claims).build()
    return control.build()


def judged(control: Broken) -> str:
    """What the judge named for a control says of it, on as many draws as it takes."""
    try:
        if isinstance(control, Control):
            return controls.judged(control, control.judge)
        suite.load()
        world = control.mutant.world
        instances = [Drawn(world, seed, frozenset(), 0) for seed in range(controls.DRAWS)]
        return cell(LAWS[control.judge], control, instances, controls.DRAWS).word
    except Exception:  # an exception refutes nothing, and is no reason to leave the others unjudged
        return "raised"


# ------------------------------------------------------------------------------------------------ one law


@dataclass(frozen=True, slots=True)
class Row:
    """A law against every control and against its own mutants; ``idle`` is why it refutes no control."""

    law: str
    kills: dict[str, str]
    mutants: dict[str, str]
    idle: str = ""
    faults: dict[str, str] = field(default_factory=dict)


def row(stated: Law, columns: Iterable[Broken], draws: int = DRAWS) -> Row:
    """A law against these controls."""
    instances = drawn(stated, draws)
    cells = {each.name: _at_its_best(stated, each, cell(stated, each, instances, draws)) for each in columns}
    kills = {name: each.word for name, each in cells.items()}
    faults = {name: each.fault for name, each in cells.items() if each.fault}
    mutants = {said(each): _refuted(stated, each) for each in stated.mutants}
    return Row(stated.name, kills, mutants, idle(stated, instances, list(cells.values())), faults)


def _at_its_best(stated: Law, control: Broken, found: Cell) -> Cell:
    """The cell of the judge named for a control says what it says on as many instances as it takes."""
    if control.judge != stated.name or found.word == "refuted":
        return found
    return Cell("refuted", True) if judged(control) == "refuted" else found


def idle(stated: Law, instances: list[Drawn], cells: list[Cell]) -> str:
    """Why a law refutes none of these controls, from what was seen; "" where it refutes one."""
    met = [each for each in cells if each.word in ("survived", "raised")]
    if any(each.word == "refuted" for each in cells):
        return ""
    if not any(each.operations for each in instances):
        return "none of its instances applies an operation: wrong ones cannot reach it"
    if not met:
        return "no control breaks what its instances use"
    if stated.negative:
        return "a counterexample, and it stays one under every control that it meets"
    if not any(each.moved for each in cells):
        return "both sides stay equal to the bit under every control that it meets: it is true of all maps"
    return "what the controls change in it stays within the bound of rounding"


def said(mutant: Mutant) -> str:
    """A wrong implementation in words."""
    return f"{mutant.says} (in {mutant.world})"


def _refuted(stated: Law, mutant: Mutant) -> str:
    try:
        return "refuted" if refutes(stated, mutant) else "survived"
    except Exception:  # no comparison was made, so nothing is refuted
        return "raised"


def audited(name: str) -> Row:
    """A law about the suite: which of the faults planted for it are noticed. No engine can break it."""
    planted = AUDITS[name].controls
    missed = set(AUDITS[name].missed())
    words = {fault: "survived" if fault in missed else "refuted" for fault in planted}
    return Row(name, {}, words, "about the suite or a finite model, not about an engine")
