"""Which hypotheses a proof needs, each shown by a small finite model of the others in which the goal fails.

A hypothesis that a solver does without is dropped. The models of those that are left are stored in
``counter_models.json``, and evaluated again by look-up on what the code says today, which needs no solver.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verified_cat.check import LAWS
from verified_cat.errors import DataError
from verified_cat.proofs.evidence import obligation_of
from verified_cat.proofs.obligations import quantified, traced
from verified_cat.proofs.small_models import NARROW, Question, SmallModel, Wide, askable, sorts_of, symbols_of
from verified_cat.proofs.smtlib import Formula, smtlib
from verified_cat.proofs.solvers import ChildSolver, Solver
from verified_cat.proofs.statements import NOT_TRACED
from verified_cat.proofs.trivial import normal, relevant, triviality

STEPS, WALL = 500_000, 1.0
"""How long a model, and a proof, are looked for: the questions are easy or hopeless."""

FILE = Path(__file__).with_name("counter_models.json")


@dataclass(frozen=True, slots=True)
class Assuming:
    """A goal that does not hold whatever its symbols are, and the hypotheses that speak of them, by name."""

    law: str
    world: str
    number: int
    goal: Formula
    hypotheses: dict[str, Formula]

    @property
    def key(self) -> str:
        """The name of the goal in the file."""
        return f"{self.law} | {self.world} | {self.number}"


@dataclass(frozen=True, slots=True)
class Need:
    """A hypothesis that a goal needs, with the number of values of the sorts of a model that shows it; or why not."""

    key: str
    hypothesis: str
    values: int = 0
    why: str = "no model shows it"

    def line(self) -> str:
        """One line of the table."""
        shown = f"without it fails where a sort has {self.values} values"
        return f"{self.key}  {self.hypothesis}: {shown if self.values else self.why.upper()}"


def of(key: str) -> tuple[str, str]:
    """The law and the world of a key."""
    law, world, _ = key.split(" | ")
    return law, world


def assuming(law: str, world: str) -> Iterator[Assuming]:
    """The goals of a law that need some hypothesis: normal forms of pairs do not settle them."""
    try:
        obligation = obligation_of(LAWS[law], world)
        for number, goal in enumerate(obligation.goals):
            formula = traced(goal, "x")
            groups = relevant(formula, obligation.hypotheses)
            if normal(formula.lhs) is normal(formula.rhs) or triviality(goal, formula, groups):
                continue
            named = {each.name: quantified(each) for group in groups for each in group.members}
            yield Assuming(law, world, number, formula, named)
    except NOT_TRACED:
        return


# ------------------------------------------------------------------------------------------------ searching


@dataclass(slots=True)
class Search:
    """What one goal needs of what may be assumed: a hypothesis goes where both solvers do without it."""

    goal: Formula
    assumed: dict[str, Formula]
    solvers: Sequence[Solver]
    finder: Solver
    _questions: dict[Wide, Question] = field(default_factory=dict)

    def run(self) -> dict[str, SmallModel | None]:
        """The models: first of all the others, then of those that are left when one after another is dropped."""
        first = {name: self._model([name], NARROW) for name in self.assumed}
        found = {name: model for name, model in first.items() if model is not None}
        # What has many variables goes first: it is rarely needed.
        order = sorted(self.assumed, key=lambda name: -len(self.assumed[name].variables))
        dropped = self._without([name for name in order if name not in found], [])
        left = [name for name in self.assumed if name not in dropped]
        return {name: found.get(name) or self._model_of_some_size([*dropped, name]) for name in left}

    def _without(self, candidates: list[str], dropped: list[str]) -> list[str]:
        """Drop as many of the candidates as may be, halves first; all that is dropped by then."""
        out = [*dropped, *candidates]
        if not candidates or (self._model(out, NARROW) is None and self._proved(out)):
            return out
        if len(candidates) == 1:
            return dropped
        half = len(candidates) // 2
        return self._without(candidates[half:], self._without(candidates[:half], dropped))

    def _proved(self, out: Sequence[str]) -> bool:
        """Whether a solver does without these. One is enough: what is dropped here is assumed elsewhere as before."""
        text = smtlib([formula for name, formula in self.assumed.items() if name not in out], [self.goal])
        return any(solver.check(text, quick=True).answer == "unsat" for solver in self.solvers)

    def _model_of_some_size(self, out: Sequence[str]) -> SmallModel | None:
        """With two values in each sort, or four in one, or in all."""
        sorts = sorts_of([*self.assumed.values(), self.goal])
        sizes = [NARROW, *(frozenset([sort]) for sort in sorts), frozenset(sorts)]
        found = (self._model(out, wide) for wide in sizes)
        return next((model for model in found if model is not None), None)

    def _model(self, out: Sequence[str], wide: Wide) -> SmallModel | None:
        names, formulas = list(self.assumed), list(self.assumed.values())
        if not askable([*formulas, self.goal], wide):
            return None
        if wide not in self._questions:
            self._questions[wide] = Question(formulas, self.goal, wide)
        return self._questions[wide].model([names.index(name) for name in out], self.finder)


def search(todo: Iterable[tuple[str, str]], show: Callable[[str], None] = lambda _: None) -> dict[str, dict[str, Any]]:
    """What is stored: for each goal the hypotheses that it needs, each with its model; null where none was found."""
    finder, solvers = ChildSolver("z3", steps=STEPS), [ChildSolver(name, wall=WALL) for name in ("z3", "cvc5")]
    found = dict[str, dict[str, Any]]()
    try:
        for one in (each for law, world in todo for each in assuming(law, world)):
            show(one.key)
            models = Search(one.goal, one.hypotheses, solvers, finder).run()
            found[one.key] = {name: model and model.as_json() for name, model in models.items()}
    finally:
        for each in (finder, *solvers):
            each.close()
    return found


def text(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The file: one line for each hypothesis."""
    return json.dumps(found, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n"


# ------------------------------------------------------------------------------------------------ stored


def stored(file: Path = FILE) -> dict[str, dict[str, Any]]:
    """What was found. Raises DataError where the file is none of ours."""
    try:
        data = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise DataError(f"{file.name} cannot be read: {fault}") from fault
    if not isinstance(data, dict) or not all(isinstance(each, dict) for each in data.values()):
        raise DataError(f"{file.name} is no table of goals")
    return data


def checked(todo: Iterable[tuple[str, str]], found: Mapping[str, Mapping[str, Any]]) -> Iterator[Need]:
    """Every hypothesis that is said to be needed, its model evaluated again on what the code says today."""
    for one in (each for law, world in todo for each in assuming(law, world)):
        if one.key not in found:
            yield Need(one.key, "", why="nothing is stored of it: verified-cat proofs --write-necessity")
            continue
        rows = found[one.key]
        strange = [name for name in rows if name not in one.hypotheses]
        if strange:
            yield Need(one.key, ", ".join(strange), why="the code of today does not assume it")
            continue
        for name, row in rows.items():
            yield _judged(one, name, row, [other for other in rows if other != name])


def _judged(one: Assuming, name: str, row: Any, others: Sequence[str]) -> Need:
    if row is None:
        return Need(one.key, name)
    symbols = symbols_of([*one.hypotheses.values(), one.goal])
    try:
        model = SmallModel.from_json(row)
        broken = [other for other in others if not model.holds(one.hypotheses[other], symbols)]
        if not broken and model.refutes(one.goal, symbols):
            return Need(one.key, name, 4 if model.wide else 2)
    except DataError as fault:
        return Need(one.key, name, why=str(fault))
    return Need(
        one.key, name, why=f"in its model {', '.join(broken)} fails" if broken else "in its model the goal holds"
    )
