"""The course of a training: the state after so many updates, what was measured on the way, and how to go on from there.

A checkpoint is of the last state whose figures are known to be finite, the one before the last update: who goes on from
it makes that update again, which gives the same, and can still go back where the next figures are not finite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from verified_cat.errors import UsageError
from verified_cat.functions import Value
from verified_cat.gpu.checkpoints import Checkpoint, named, restored
from verified_cat.gpu.zero import Zero

FINISHED, INTERRUPTED, DIVERGED, STOPPED = "finished", "interrupted", "diverged", "stopped early"

Update = Callable[[Value, Value], tuple[Value, Mapping[str, torch.Tensor]]]
"""(state, data) ↦ (next state, the figures of ``state``): one step."""

Row = dict[str, float]


@dataclass(frozen=True, slots=True)
class Judge:
    """``look`` measures the state on examples that are not learned from, every so many steps, and after the last.

    With patience n the training ends where the last n looks found no smaller figure ``by``, and gives the best state.
    """

    look: Callable[[Value], Mapping[str, float]]
    every: int
    patience: int = 0
    by: str = "validation_loss"

    def __post_init__(self) -> None:
        if self.every < 1 or self.patience < 0:
            raise UsageError("a judge looks every n >= 1 steps, and has a patience of n >= 0 looks")


@dataclass(frozen=True, slots=True)
class Judged:
    """The smallest figure so far, after how many steps that was, the state then, and how many looks since."""

    best: float = math.inf
    step: int = 0
    waited: int = 0
    state: Value = None


@dataclass(slots=True)
class Course:
    """A training on its way: ``state`` after ``made`` updates, and ``good``, the one before it."""

    state: Value
    every: int = 1
    """A row of the history every so many steps."""
    good: Value = None
    made: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    history: list[Row] = field(default_factory=list)
    judged: Judged = field(default_factory=Judged)
    status: str = FINISHED
    reason: str = ""
    before: tuple[int, Judged] = (0, Judged())
    """How long the history was, and what was judged, when ``good`` was the state."""

    def advance(self, update: Update, batch: Value) -> bool:
        """One update. Where the figures of the state are not finite: back to the one before, and False."""
        following, measured = update(self.state, batch)
        figures = {name: float(value) for name, value in measured.items()}
        if not all(map(math.isfinite, figures.values())):
            self._back(_not_finite(self.made, figures))
            return False
        self.before = len(self.history), self.judged
        self.figures, self.good, self.state = figures, self.state, following
        self.made += 1
        return True

    def note(self, last: bool) -> Row | None:
        """The row of the history for the last update, where one is due."""
        if self.made % self.every != 1 and self.every != 1 and not last:
            return None
        self.history.append({"step": self.made - 1, **self.figures})
        return self.history[-1]

    def judge(self, judge: Judge) -> Row:
        """A look at the state: its row. Ends the training where patience is."""
        row: Row = {"step": self.made, **judge.look(self.state)}
        self.history.append(row)
        better = row[judge.by] < self.judged.best
        if better:
            self.judged = Judged(row[judge.by], self.made, 0, self.state if judge.patience else None)
        else:
            self.judged = Judged(self.judged.best, self.judged.step, self.judged.waited + 1, self.judged.state)
        if judge.patience and self.judged.waited >= judge.patience:
            self.status = STOPPED
            looks, best = self.judged.waited, self.judged.step
            self.reason = f"no smaller {judge.by} in {looks} looks; the state is the one after {best} steps"
        return row

    def check_state(self) -> None:
        """The last update is not followed by another that would measure it: its entries are looked at instead."""
        if self.status != DIVERGED and not _finite(self.state):
            self._back(f"the update of step {self.made - 1} gave parameters that are not finite")

    def _back(self, reason: str) -> None:
        self.status, self.reason = DIVERGED, reason
        if self.made:
            self.state, self.made = self.good, self.made - 1

    # ---------------------------------------------------------------------------------------- going on

    def checkpoint(self, record: Mapping[str, Any]) -> Checkpoint:
        """All that it takes to go on from the state before the last update."""
        rows, judged = self.before
        tensors = named("state", self.good)
        if judged.state is not None:
            tensors |= named("best", judged.state)
        seen = {"best": None if math.isinf(judged.best) else judged.best, "step": judged.step, "waited": judged.waited}
        whole = {**record, "history": self.history[:rows], "judged": seen}
        return Checkpoint(self.made - 1, {name: tensor.clone() for name, tensor in tensors.items()}, whole)

    def go_on(self, saved: Checkpoint) -> None:
        """To where the checkpoint was made."""
        seen = saved.record["judged"]
        best = (
            restored("best", self.state, saved.tensors) if any(n.startswith("best/") for n in saved.tensors) else None
        )
        self.judged = Judged(math.inf if seen["best"] is None else seen["best"], seen["step"], seen["waited"], best)
        self.state = restored("state", self.state, saved.tensors)
        self.made, self.history = saved.step, list(saved.record["history"])


def _finite(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(map(_finite, value))
    return isinstance(value, Zero) or bool(torch.isfinite(value).all())


def _not_finite(step: int, figures: Mapping[str, float]) -> str:
    """Which figure of which step is not a finite number, for the message."""
    worst = ", ".join(f"{name} is {value}" for name, value in figures.items() if not math.isfinite(value))
    return f"at step {step} the figure {worst}"
