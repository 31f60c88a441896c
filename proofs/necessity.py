"""Which hypotheses a proof needs, each shown by a model of the others in which the goal fails.

A hypothesis that both solvers do without is dropped. For each that is left, a finite model of the rest is looked for
(by cvc5, in a child process) and replayed here in plain Python: every other hypothesis is checked at every value, and
the goal fails at a point. What is needed but has no such model, a solver's unknown being no proof of need, says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from verified_cat.check import LAWS
from verified_cat.objects import Ob, Pair, Unit
from verified_cat.proofs.evidence import attempts, obligation_of
from verified_cat.proofs.obligations import quantified, traced
from verified_cat.proofs.smtlib import Formula, Script, in_order, smtlib
from verified_cat.proofs.solvers import Solver
from verified_cat.proofs.symbols import Node

STEPS, SECONDS = 200_000, 6.0
"""How long a finite model is looked for."""


@dataclass(frozen=True, slots=True)
class Need:
    """A hypothesis that a goal needs, with the sizes of the sorts of a model that shows it; "" where none was found."""

    law: str
    world: str
    goal: int
    hypothesis: str
    model: str


def needs(law: str, world: str, solvers: Sequence[Solver]) -> Iterator[Need]:
    """What each goal of a law needs to be assumed."""
    for number, (one, found) in enumerate(attempts(obligation_of(LAWS[law], world), solvers)):
        if found.status != "proved" or found.trivial or not one.hypotheses:
            continue
        goal = traced(one.goals[0], "x")
        kept = minimal(
            [(each.name, quantified(each)) for group in one.hypotheses for each in group.members], goal, solvers
        )
        for name, dropped in kept:
            rest = [formula for _, formula in kept if formula is not dropped]
            yield Need(law, world, number, name, counter_model(rest, goal))


def minimal(assumed: list[tuple[str, Formula]], goal: Formula, solvers: Sequence[Solver]) -> list[tuple[str, Formula]]:
    """The hypotheses without those that all the solvers do without, one after another."""
    kept = list(assumed)
    for each in assumed:
        rest = [other for other in kept if other is not each]
        text = smtlib([formula for _, formula in rest], [goal])
        if all(solver.check(text, quick=True).answer == "unsat" for solver in solvers):
            kept = rest
    return kept


# ------------------------------------------------------------------------------------------------ models


def counter_model(assumed: Sequence[Formula], goal: Formula) -> str:
    """The sizes of the sorts of a finite model of the assumptions in which the goal fails, replayed; "" for none."""
    script = Script()
    for formula in assumed:
        script.hypothesis(formula)
    script.negated([goal])
    reply = _asked("\n".join([*script.lines, "(check-sat)", ""]))
    if reply.get("answer") != "sat":
        return ""
    model = Model(script, reply)
    if not all(model.holds(formula) for formula in assumed) or model.holds_here(goal):
        return ""
    return ", ".join(f"{name.partition('_')[2]}: {size}" for name, size in sorted(reply["sizes"].items()))


def _asked(text: str) -> dict[str, Any]:
    """One question to a child process that is killed when it takes too long."""
    worker = [sys.executable, "-P", str(Path(__file__).with_name("finder.py"))]
    request = json.dumps({"text": text, "steps": STEPS}) + "\n"
    try:
        done = subprocess.run(worker, input=request, capture_output=True, text=True, timeout=SECONDS, check=True)
        reply = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    return reply if isinstance(reply, dict) else {}


class Model:
    """Tables of a finite model, evaluated by look-up."""

    def __init__(self, script: Script, reply: dict[str, Any]) -> None:
        self._tables = {
            name: {_frozen(argument): _frozen(value) for argument, value in rows}
            for name, rows in reply["functions"].items()
        }
        self._sizes = {name: int(size) for name, size in reply["sizes"].items()}
        self._script = script

    def values(self, ob: Ob) -> list[Any]:
        """Every value of an object. A sort that the model does not speak of has one."""
        if isinstance(ob, Pair):
            return list(product(self.values(ob.left), self.values(ob.right)))
        return [()] if isinstance(ob, Unit) else list(range(self._sizes.get(self._script.sort(ob), 1)))

    def holds(self, formula: Formula) -> bool:
        """Whether the equation holds at every value of its variables."""
        spaces = [self.values(variable.ob) for variable in formula.variables]
        return all(
            self._same(formula, dict(zip(formula.variables, values, strict=True))) for values in product(*spaces)
        )

    def holds_here(self, goal: Formula) -> bool:
        """Whether the goal holds at the point that the model gives for its variables."""
        return self._same(goal, {})

    def _same(self, formula: Formula, at: dict[Node, Any]) -> bool:
        found = dict(at)
        for term in in_order((formula.lhs, formula.rhs)):
            if term not in found:
                found[term] = self._value(term, [found[part] for part in term.parts])
        return bool(found[formula.lhs] == found[formula.rhs])

    def _value(self, term: Node, parts: list[Any]) -> Any:
        if term.kind in ("left", "right"):
            return parts[0][term.kind == "right"]
        if term.kind in ("pair", "unit"):
            return tuple(parts)
        return self._tables[self._script.head(term)][parts[0] if parts else None]


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
