"""Which hypotheses a proof needs, each shown by a small finite model of the others in which the goal fails.

A hypothesis that both solvers do without is dropped, and then not assumed (``needed``). The models of those that are
left are stored in ``counter_models.json``, and evaluated again by look-up on what the code says today.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from verified_cat.check import LAWS
from verified_cat.errors import DataError
from verified_cat.proofs.certificates import replay_law
from verified_cat.proofs.evidence import obligation_of
from verified_cat.proofs.needed import EASE, key
from verified_cat.proofs.obligations import quantified, traced
from verified_cat.proofs.small_models import NARROW, Question, SmallModel, Wide, askable, sorts_of, symbols_of
from verified_cat.proofs.smtlib import Formula, smtlib
from verified_cat.proofs.solvers import ChildSolver, Solver
from verified_cat.proofs.statements import NOT_TRACED
from verified_cat.proofs.trivial import normal, relevant, triviality

STEPS, WALL = 500_000, 1.0
"""How long a model, and a proof, are looked for: the questions are easy or hopeless."""

ORDERS = 10
"""In how many orders hypotheses are dropped at random, where the two that come first leave one without a model."""


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
        return key(self.law, self.world, self.number)


@dataclass(frozen=True, slots=True)
class Need:
    """A hypothesis that a goal needs, with the number of values of the sorts of a model that shows it; or why not."""

    key: str
    hypothesis: str
    values: int = 0
    why: str = "no model shows it"
    eased: bool = False
    """Not needed, but a solver finds its proof with it: the certificate of the goal does without."""

    @property
    def stands(self) -> bool:
        """Whether it is needed, or the certificate does without."""
        return self.values > 0 or self.eased

    def line(self) -> str:
        """One line of the table."""
        shown = f"without it fails where a sort has {self.values} values"
        helps = "not needed by the certificate, and by one solver to find a proof"
        return f"{self.key}  {self.hypothesis}: {shown if self.values else helps if self.eased else self.why.upper()}"


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
            if normal(formula.lhs) is normal(formula.rhs) or triviality(goal, formula, ()):
                continue
            named = {each.name: quantified(each) for group in groups for each in group.members}
            yield Assuming(law, world, number, formula, named)
    except NOT_TRACED:
        return


# ------------------------------------------------------------------------------------------------ searching


Enough = Callable[[Iterable[bool]], bool]
"""``all``: both solvers have to find a proof, or ``any``."""


@dataclass(slots=True)
class Search:
    """What one goal needs of what may be assumed: a hypothesis goes where solvers do without it."""

    goal: Formula
    assumed: dict[str, Formula]
    solvers: Sequence[Solver]
    finder: Solver
    _questions: dict[Wide, Question] = field(default_factory=dict)

    def run(self) -> dict[str, SmallModel | str | None]:
        """The models: first of all the others, then of those that are left when one after another is dropped.

        Where one solver alone finds the proofs that a model for each would need, the other is helped by some more.
        """
        first = {name: self._model([name], NARROW) for name in self.assumed}
        alone = {name: model for name, model in first.items() if model is not None}
        found = self._best(alone, all)
        if None not in found.values():
            return {**found}
        other = self._best(alone, any)
        if None in other.values():
            return {**found}
        left = self._without([name for name in self.assumed if name not in other], [], all)
        return {**other} | {name: EASE for name in self.assumed if name not in left and name not in other}

    def _best(self, alone: dict[str, SmallModel], enough: Enough) -> dict[str, SmallModel | None]:
        """What is left depends on what is dropped first, and a small model may show one set to be needed and not
        another: several orders are tried, and the first is kept in which every hypothesis has its model.
        """
        best: dict[str, SmallModel | None] = dict.fromkeys(self.assumed)
        for order in self._orders():
            dropped = self._without([name for name in order if name not in alone], [], enough)
            left = [name for name in self.assumed if name not in dropped]
            models = {name: alone.get(name) or self._model_of_some_size([*dropped, name]) for name in left}
            if list(models.values()).count(None) < list(best.values()).count(None) or None not in models.values():
                best = models
            if None not in best.values():
                break
        return best

    def _orders(self) -> Iterator[list[str]]:
        """What has many variables goes first, as it is rarely needed; then what came last; then at random, from seeds.

        What came last speaks of the values of a map: proofs that add up arguments have the smaller counter-models.
        """
        yield sorted(self.assumed, key=lambda name: -len(self.assumed[name].variables))
        yield sorted(reversed(self.assumed), key=lambda name: -len(self.assumed[name].variables))
        for seed in range(ORDERS):
            yield Random(seed).sample(sorted(self.assumed), len(self.assumed))

    def _without(self, candidates: list[str], dropped: list[str], enough: Enough) -> list[str]:
        """Drop as many of the candidates as may be, halves first; all that is dropped by then."""
        out = [*dropped, *candidates]
        if not candidates or (self._model(out, NARROW) is None and self._proved(out, enough)):
            return out
        if len(candidates) == 1:
            return dropped
        half = len(candidates) // 2
        return self._without(candidates[half:], self._without(candidates[:half], dropped, enough), enough)

    def _proved(self, out: Sequence[str], enough: Enough) -> bool:
        """Whether both solvers, or one of them, do without these."""
        text = smtlib([formula for name, formula in self.assumed.items() if name not in out], [self.goal])
        return enough(solver.check(text, quick=True).answer == "unsat" for solver in self.solvers)

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
            found[one.key] = {
                name: model.as_json() if isinstance(model, SmallModel) else model for name, model in models.items()
            }
    finally:
        for each in (finder, *solvers):
            each.close()
    return found


def text(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The file: one line for each hypothesis."""
    return json.dumps(found, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n"


# ------------------------------------------------------------------------------------------------ stored


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
        needed = [name for name, row in rows.items() if row != EASE]
        for name, row in rows.items():
            others = [other for other in needed if other != name]
            yield _eased(one, name) if row == EASE else _judged(one, name, row, others)


def _eased(one: Assuming, name: str) -> Need:
    """A hypothesis that only helps a solver: the goal has a certificate, which may use those that are needed alone."""
    rows = (row for row in replay_law(LAWS[one.law]) if (row.world, row.goal) == (one.world, one.number))
    certified = [row.status for row in rows] == ["certified"]
    return Need(one.key, name, eased=certified, why="no certificate of the goal does without it")


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
