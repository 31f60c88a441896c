"""A look at a schema on its way: every part of its losses by name, on examples that are drawn apart.

They are drawn once (of a file some of its rows, which steps are made on too), as many as a batch has, and looked at by
one program that is traced once and run by the plain engine. The arrows are looked at where the run would leave them, so
at the mean of their parameters where one is kept; the critics as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from verified_cat.errors import SchemaError, near
from verified_cat.floats import added
from verified_cat.functions import Engine, Value
from verified_cat.gpu.alternation import Learning, nested
from verified_cat.gpu.course import Judge
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import TERMS, FunctorTask
from verified_cat.gpu.made_points import examples, valued
from verified_cat.gpu.randomness import stream
from verified_cat.gpu.wasserstein import mixed
from verified_cat.machine import evaluate
from verified_cat.objects import SCALAR, Ob, Pair, Space, flatten
from verified_cat.program import Program, running, trace
from verified_cat.schema import Path, product, project
from verified_cat.specification import Specification
from verified_cat.terms import Term

SUM = "validation_loss"
"""Σ energy distances of the matched paths + Σ γ residuals: what patience judges by, unless told otherwise."""


class Looks:
    """A point of Π_e P_e and of the critics ↦ each part of the losses, by the name of its path or equation."""

    def __init__(self, whole: Specification, task: FunctorTask, count: int, seed: int, engine: TorchEngine) -> None:
        self.task, self.engine, self.count = task, engine, count
        drawn = {name: examples(whole, name, count, stream(seed, name, "looks"), True) for name in task.data}
        batches = nested([valued(whole, name, drawn[name], engine) for name in task.data])
        self._data = batches, nested([self._share(path, seed) for path in task.judged])
        self._images = [task.architecture.objects[task.architecture.schema.target(path)] for path in task.matched]
        self._program = running(self._traced(), engine)

    def _share(self, path: Path, seed: int) -> torch.Tensor:
        numbers = stream(seed, str(path), "looks between real and made").random(self.count)
        return torch.tensor(numbers, dtype=self.engine.dtype, device=self.engine.device)

    @property
    def names(self) -> list[str]:
        """The names of all figures."""
        apart = [f"energy distance of {path}" for path in self.task.matched if self.count > 1]
        return [*self._numbers(), *apart, SUM]

    def _numbers(self) -> list[str]:
        task = self.task
        found = [f"adversarial {path}" for path in task.matched] + [f"critic {path}" for path in task.judged]
        found += [f"residual {loss.equation}" for loss in task.losses]
        return found + [f"{'identity' if each.at_target else 'budget'} {each.edge}" for each in task.anchors]

    def at(self, params: Value, critics: Value) -> dict[str, float]:
        """All figures at a point."""
        numbers, shown, total = self._numbers(), dict[str, float](), 0.0
        values = _listed(self._program((params, (critics, self._data))), len(numbers) + 2 * len(self._images))
        shown |= {name: float(value) for name, value in zip(numbers, values, strict=False)}
        pairs = zip(
            self.task.matched, self._images, values[len(numbers) :: 2], values[len(numbers) + 1 :: 2], strict=True
        )
        for path, ob, real, made in pairs if self.count > 1 else ():
            shown[f"energy distance of {path}"] = self._apart(ob, real, made)
            total += shown[f"energy distance of {path}"]
        total += added(float(loss.weight) * shown[f"residual {loss.equation}"] for loss in self.task.losses)
        return {**shown, SUM: total}

    # ---------------------------------------------------------------------------------------- the program

    def _traced(self) -> Program:
        """(π, (c, (x, u))) ↦ the numbers, and for each matched path what is real and what is made."""
        task = self.task
        dom = Pair(task.architecture.parameters, Pair(task.critic_params, Pair(task.batches, task.shares)))
        spaces = [SCALAR for _ in self._numbers()] + [ob for ob in self._images for _ in range(2)]
        return trace(self._looked, dom, product(TERMS, spaces))

    def _looked(self, engine: Engine, given: Value) -> Value:
        task, (params, (critics, (batches, shares))) = self.task, given

        def value(term: Term, x: Value) -> Value:
            return evaluate(term, x, engine)

        shown: list[tuple[Value, Value]] = []
        deceived, judged = [], []
        for path, ob in zip(task.matched, self._images, strict=True):
            target, adversary = task.architecture.schema.target(path), task.adversary(path)
            real, made = value(task.batch(target), batches), value(task.made(path), (params, batches))
            own = value(task.critic_param(target), critics)
            deceived.append(value(adversary.deceive, (own, (real, made))))
            if adversary.judge is not None:
                spaces, place = [Space((self.count,)) for _ in task.judged], task.judged.index(path)
                between = value(mixed(ob), (value(project(TERMS, spaces, place), shares), (real, made)))
                judged.append(value(adversary.judge, (own, (real, (made, between)))))
            shown.append((real, made))
        gaps = [value(task.gap(loss), (params, batches)) for loss in task.losses]
        anchors = [value(task.anchored(each), (params, batches)) for each in task.anchors]
        return nested([*deceived, *judged, *gaps, *anchors, *(each for pair in shown for each in pair)])

    # ---------------------------------------------------------------------------------------- laws

    def _apart(self, ob: Ob, one: Value, other: Value) -> float:
        """2 E|x - y| - E|x - x'| - E|y - y'| over pairs of different examples (Székely and Rizzo 2013)."""
        x, y = (self._table(ob, each) for each in (one, other))
        pairs = self.count * (self.count - 1)
        cross = float(_lengths(x, y)) / self.count**2
        return 2 * cross - float(_lengths(x, x)) / pairs - float(_lengths(y, y)) / pairs

    def _table(self, ob: Ob, value: Value) -> torch.Tensor:
        leaves = [self.engine.dense(leaf).double().reshape(self.count, -1) for leaf in flatten(ob, value)]
        return torch.cat(leaves, dim=1)


def _listed(value: Value, count: int) -> list[Value]:
    """The factors of a value of ``product``."""
    found: list[Value] = []
    while len(found) < count - 1:
        first, value = value
        found.append(first)
    return [*found, value]


def _lengths(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").sum()


def judge(looks: Looks, learning: Learning, options: Mapping[str, Any]) -> Judge:
    """Looks every so many steps, a hundred in a run unless told, with the patience that is asked for.

    Raises SchemaError where patience is to judge by a figure that there is not.
    """
    by = options["patience_by"]
    if by not in looks.names:
        raise SchemaError(f"patience_by is a figure of a look, not {by!r}; {near(by, looks.names)}")

    def look(state: Value) -> dict[str, float]:
        return looks.at(learning.parameters(state), learning.judges(state[1]))

    return Judge(look, options["look_every"] or max(1, options["steps"] // 100), options["patience"], by)
