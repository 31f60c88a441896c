"""Learning to classify, whatever the network is: examples in, a compiled step on batches of them, figures out.

The loss falls on examples that are learned from; accuracy is that on examples held out, with which nothing else is
done. Where patience is asked for, a further part is taken from the learned ones to judge by: those held out choose
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import cos, pi
from typing import Any

import torch

from verified_cat.errors import UsageError
from verified_cat.functions import Functions, Value
from verified_cat.gpu.configuration import Given, Option, settled
from verified_cat.gpu.course import Judge
from verified_cat.gpu.data import Paced, Shuffled, Stream, Table, table
from verified_cat.gpu.engine import DTYPES, TorchEngine
from verified_cat.gpu.planning import BACKENDS
from verified_cat.gpu.randomness import initial_weights, shuffled, stream
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.step import Step
from verified_cat.gpu.training import compiled, conclude, environment, iterate, weights_of
from verified_cat.networks import Network, Objective, supervised
from verified_cat.objects import size
from verified_cat.optimiser import Optimiser, momentum
from verified_cat.terms import Term

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda share: 1.0,
    "linear": lambda share: 1.0 - share,
    "cosine": lambda share: (1.0 + cos(pi * share)) / 2,
}
"""What is left of the rate after a share of the steps."""

CHUNK = 500
"""So many examples at once where a network is only looked at."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Inputs and one-hot labels: those to learn from, and those held out."""

    learned: tuple[Any, Any]
    held_out: tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Classification:
    """A task: ``examples(seed, **own)``, the network and the loss for so many rows, and the defaults of its options."""

    name: str
    steps: int
    network: Callable[[int], Network]
    loss: Callable[[int], Term]
    examples: Callable[..., Examples]
    batch: int
    rate: Fraction
    decay: Fraction = Fraction(9, 10)
    schedule: str = "constant"
    own: tuple[Option, ...] = ()

    @property
    def options(self) -> tuple[Option, ...]:
        """All that can be asked for, besides steps and seed."""
        return (
            Option("batch", self.batch, "examples in a batch", low=1),
            Option("rate", self.rate, "the learning rate", Fraction, 0),
            Option("momentum", self.decay, "what is kept of the last move", Fraction, 0, 1),
            Option("schedule", self.schedule, "how the rate falls", str, choices=tuple(SCHEDULES)),
            Option("precision", "float32", "the numbers", str, choices=tuple(DTYPES)),
            Option("backend", "python", "what runs the compiled step", str, choices=BACKENDS),
            Option("validation", 0, "so many of the learned examples are only judged by", low=0),
            Option("look_every", 0, "a look at those every so many steps; 0 is ten in a run", low=0),
            Option("patience", 0, "ends after so many looks without a smaller loss; 0 never", low=0),
            *self.own,
        )

    def train(
        self,
        out: str | os.PathLike[str] | None,
        steps: int | None = None,
        seed: int = 0,
        **asked: Any,
    ) -> dict[str, Any]:
        """Train, and give the figures: loss, and accuracy on what is held out."""
        options = settled(self.options, Given(asked, lambda name: "train"))
        folder = RunFolder(out) if out is not None else None
        return _Training(self, options, seed, self.steps if steps is None else steps).run(folder)

    def objective(self, rows: int) -> Objective:
        """(p, (x, y)) ↦ the loss of f(p, x) against y."""
        return supervised(self.network(rows).map, self.loss(rows))


class _Training:
    """One training of a task with these options."""

    def __init__(self, task: Classification, options: Mapping[str, Any], seed: int, steps: int) -> None:
        self.task, self.options, self.seed, self.steps = task, options, seed, steps
        self.engine, rows = TorchEngine(options["precision"]), options["batch"]
        examples = task.examples(seed, **{option.name: options[option.name] for option in task.own})
        self.learned, self.validation = self._parted(table_of(examples.learned, self.engine))
        self.held_out = table_of(examples.held_out, self.engine)
        self.paced = options["schedule"] != "constant"
        self.model, self.looks = task.network(rows), Looks(task, self.engine)
        self.stream = self._stream()
        self.step = Step(
            task.objective(rows),
            self._rule(),
            self.engine,
            backend=options["backend"],
            names=self.model.names,
            paced=self.paced,
        )

    def _rule(self) -> Optimiser:
        return momentum(Fraction(1) if self.paced else self.options["rate"], self.options["momentum"])

    def _parted(self, whole: Table) -> tuple[Table, Table | None]:
        """What is learned from, and what of it is only judged by."""
        count = self.options["validation"]
        if self.options["patience"] and not count:
            raise UsageError("patience needs examples to judge by: validation says how many of the learned ones")
        if count >= len(whole):
            raise UsageError(f"validation takes {count} of {len(whole)} examples, and leaves none to learn from")
        if not count:
            return whole, None
        order = shuffled(len(whole), stream(self.seed, self.task.name, "validation"))
        return Table(whole.rows(order[count:])), Table(whole.rows(order[:count]))

    def _stream(self) -> Stream:
        batches = Shuffled(self.learned, self.options["batch"], self.seed, self.task.name)
        if not self.paced:
            return batches
        falls, rate, steps = SCHEDULES[self.options["schedule"]], float(self.options["rate"]), self.steps
        says = f"{rate!r} {self.options['schedule']} over {steps}"
        return Paced(batches, lambda number: rate * falls(number / steps), says, self.engine)

    def _judge(self) -> Judge | None:
        if self.validation is None:
            return None
        held, looks, step = self.validation, self.looks, self.step
        return Judge(
            lambda state: {f"validation_{n}": v for n, v in looks.at(step.point(state), held).items()},
            self.options["look_every"] or max(1, self.steps // 10),
            self.options["patience"],
        )

    def run(self, folder: RunFolder | None) -> dict[str, Any]:
        begin = self.step.first(initial_weights(self.model.map.param, self.model.names, self.seed))
        outcome = iterate(compiled(self.step), begin, self.stream, self.steps, self._judge())
        reached = self.step.point(outcome.state)
        metrics = {
            "task": self.task.name,
            "seed": self.seed,
            "accuracy": self.looks.at(reached, self.held_out)["accuracy"],
            "training_accuracy": self.looks.at(reached, self.learned)["accuracy"],
            **outcome.figures,
            "parameters": size(self.model.map.param),
            "held_out": len(self.held_out),
            "environment": environment(self.engine),
        }
        weights = weights_of(self.model.map.param, self.model.names, reached, self.engine)
        return conclude(folder, outcome, weights, metrics)


def table_of(examples: tuple[Any, Any], engine: TorchEngine) -> Table:
    """Inputs and labels as a table."""
    inputs, labels = examples
    return table(engine, inputs=inputs, labels=labels)


class Looks:
    """Loss and accuracy at parameters, in portions of at most ``CHUNK`` examples."""

    def __init__(self, task: Classification, engine: TorchEngine) -> None:
        functions = Functions(engine)
        self._network = cache(lambda rows: functions.meaning(task.network(rows).map.inside))
        self._loss = cache(lambda rows: functions.meaning(task.loss(rows)))

    def at(self, param: Value, examples: Table) -> dict[str, float]:
        """The mean loss, and the share of examples whose largest output is at their label."""
        total, right = 0.0, 0
        with torch.inference_mode():
            for start in range(0, len(examples), CHUNK):
                inputs, labels = (column[start : start + CHUNK] for column in examples.columns)
                rows = len(inputs)
                outputs = self._network(rows)((param, inputs))
                total += rows * float(self._loss(rows)((outputs, labels)))
                right += int((outputs.argmax(dim=1) == labels.argmax(dim=1)).sum())
        return {"loss": total / len(examples), "accuracy": right / len(examples)}
