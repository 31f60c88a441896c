"""Learning on families of tasks: an unrolled objective over many tasks at once, and the best of a grid to compare with.

What is learned is learned on tasks of one stream. It is reported on tasks of another, beside fixed counterparts: those
whose numbers (rates, thresholds) are the best of a grid on tasks of the first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from verified_cat import primitives
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.ensembles import many, many_of, shared
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.step import Step
from verified_cat.gpu.training import Outcome, conclude, environment, iterate, tensor_of
from verified_cat.networks import Objective
from verified_cat.objects import flatten, unflatten
from verified_cat.optimiser import adam
from verified_cat.program import program, running
from verified_cat.rules import clipped_by_norm
from verified_cat.terms import Identity

CLIP = Fraction(1, 2)
"""Gradients through many steps are at times very long: no longer than this they are used."""

Tasks = tuple[Array, ...]
"""Many tasks: the leaves of P ⊗ (D ⊗ D'), with an axis for the tasks in front."""


def over_tasks(objective: Objective, count: int) -> Objective:
    """(q, (d₁, …, dₙ)) ↦ 1/n Σ E(q, d_i): the mean over the tasks, with one q for all of them."""
    spread = shared(objective.param, count) @ Identity(many_of(objective.data, count))
    mean = primitives.sum_axes((count,)) >> primitives.scale(Fraction(1, count), ())
    return Objective(objective.param, many_of(objective.data, count), spread >> many(objective.term, count) >> mean)


@dataclass(frozen=True, slots=True)
class Family:
    """Tasks: ``draw(n, stream)`` gives n of them. ``batch`` of them make a step of learning, ``judged`` are looked at
    to choose a counterpart, and ``reported`` others are reported on."""

    name: str
    draw: Callable[[int, np.random.Generator], Tasks]
    batch: int
    judged: int
    reported: int

    def known(self, seed: int) -> Tasks:
        """The tasks that counterparts are chosen by; of the stream of learning."""
        return self.draw(self.judged, stream(seed, self.name, "known tasks"))

    def held_out(self, seed: int) -> Tasks:
        """The tasks that are reported on."""
        return self.draw(self.reported, stream(seed, self.name, "held-out tasks"))


class Judge:
    """q ↦ the mean of the outer error over many tasks; infinite where it is no number."""

    def __init__(self, objective: Objective, tasks: Tasks, engine: TorchEngine) -> None:
        whole = over_tasks(objective, len(tasks[0]))
        self.param, self.engine = objective.param, engine
        self._run = running(program(whole.term), engine)
        self._data = unflatten(whole.data, [tensor_of(leaf, engine) for leaf in tasks])

    def at(self, values: Sequence[torch.Tensor]) -> float:
        """The mean error at these leaves of q."""
        found = float(self._run((unflatten(self.param, list(values)), self._data)))
        return found if np.isfinite(found) else float("inf")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A fixed rule or loss at the best point of a grid on known tasks: its error on those, and on held-out ones."""

    known: float
    held_out: float
    point: tuple[float, ...]


def best_of(
    objective: Objective, grid: Sequence[Sequence[float]], family: Family, seed: int, engine: TorchEngine
) -> Counterpart:
    """The best point of a grid on known tasks, and how it does on held-out ones; all leaves of q are scalars."""
    judge = Judge(objective, family.known(seed), engine)

    def leaves_of(point: Sequence[float]) -> list[torch.Tensor]:
        return [torch.tensor(each, dtype=engine.dtype, device=engine.device) for each in point]

    errors = [judge.at(leaves_of(point)) for point in grid]
    least, best = min(zip(errors, grid, strict=True), key=lambda pair: pair[0])
    held_out = Judge(objective, family.held_out(seed), engine).at(leaves_of(best))
    return Counterpart(least, held_out, tuple(map(float, best)))


def learn(
    objective: Objective,
    names: tuple[str, ...],
    start: Mapping[str, Array],
    family: Family,
    steps: int,
    rate: float,
    seed: int,
    engine: TorchEngine,
) -> tuple[Outcome, list[torch.Tensor]]:
    """q learned by Adam on batches of the family's tasks, the rate going down to 0 in a line; gives its leaves."""
    step = Step(
        over_tasks(objective, family.batch),
        clipped_by_norm(adam(Fraction(1)), CLIP),
        engine,
        names=names,
        paced=True,
        backend="best",
    )

    def update(state: Value, data: list[torch.Tensor]) -> tuple[Value, Mapping[str, torch.Tensor]]:
        following, loss = step.after(state, *data)
        return following, {"loss": loss}

    def data() -> Iterator[list[torch.Tensor]]:
        numbers = stream(seed, family.name, "tasks to learn from")
        for number in range(steps):
            paced = torch.tensor(rate * (1 - number / steps), dtype=engine.dtype, device=engine.device)
            yield [*(tensor_of(leaf, engine) for leaf in family.draw(family.batch, numbers)), paced]

    outcome = iterate(update, step.first(start), data(), steps)
    return outcome, flatten(objective.param, step.point(outcome.state))


Learned = tuple[Objective, tuple[str, ...], Mapping[str, Array]]
"""An unrolled objective of what is learned, the names of its leaves, and where they start."""


@dataclass(frozen=True, slots=True)
class MetaTask:
    """A family and what is learned on it. ``compared`` gives the errors of fixed counterparts, and more."""

    family: Family
    own: str
    steps: int
    rate: float
    learned: Callable[[], Learned]
    compared: Callable[[Family, int, TorchEngine], tuple[Mapping[str, float], Mapping[str, Any]]]

    def train(self, out: str | os.PathLike[str] | None, steps: int | None = None, seed: int = 0) -> dict[str, Any]:
        """Learn; report the error on held-out tasks, beside those of the best fixed counterparts."""
        engine, folder = TorchEngine("float64"), RunFolder(out) if out is not None else None
        objective, names, start = self.learned()
        count = self.steps if steps is None else steps
        outcome, found = learn(objective, names, start, self.family, count, self.rate, seed, engine)
        error = Judge(objective, self.family.held_out(seed), engine).at(found)
        fixed, more = self.compared(self.family, seed, engine) if folder else ({}, {})  # only where it is recorded
        metrics = {
            "task": self.family.name,
            "seed": seed,
            **outcome.figures,
            self.own: error,
            **fixed,
            **more,
            "share of the best fixed": error / min(fixed.values(), default=float("nan")),
            "environment": environment(engine),
        }
        weights = {name: leaf.cpu().numpy() for name, leaf in zip(names, found, strict=True)}
        return conclude(folder, outcome, weights, metrics)
