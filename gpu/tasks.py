"""The tasks that ``verified-cat train`` knows, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verified_cat.errors import UsageError, near
from verified_cat.gpu import (
    cyclegan_points,
    digits,
    digits_conv,
    fashion,
    games,
    iris,
    learned_loss,
    learned_rates,
    linear_regression,
    ring,
)
from verified_cat.gpu.classification import Classification
from verified_cat.gpu.configuration import COMMON, Option


@dataclass(frozen=True, slots=True)
class Task:
    """A task: what it is, how many steps it makes by default, and ``train(out, steps=None, seed=0)`` → its figures."""

    name: str
    description: str
    steps: int
    train: Callable[..., dict[str, Any]]
    options: tuple[Option, ...] = ()
    """What else ``train`` takes by name."""

    @property
    def all_options(self) -> tuple[Option, ...]:
        """All that can be asked for, in a file or on the command line."""
        return (
            Option("task", self.name, "the task", str),
            Option("out", None, "the folder of the run", Path),
            Option("steps", self.steps, "how many updates", low=1),
            *COMMON,
            *self.options,
        )


def _classification(task: Classification, description: str) -> Task:
    return Task(task.name, description, task.steps, task.train, task.options)


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            linear_regression.NAME,
            linear_regression.DESCRIPTION,
            linear_regression.STEPS,
            linear_regression.train,
            linear_regression.OPTIONS,
        ),
        _classification(iris.TASK, iris.DESCRIPTION),
        _classification(digits.TASK, digits.DESCRIPTION),
        _classification(digits_conv.TASK, digits_conv.DESCRIPTION),
        _classification(fashion.TASK, fashion.DESCRIPTION),
        Task(cyclegan_points.NAME, cyclegan_points.DESCRIPTION, cyclegan_points.STEPS, cyclegan_points.train),
        *(
            Task(each.NAME, each.DESCRIPTION, each.STEPS, each.train)
            for each in (games, ring, learned_rates, learned_loss)
        ),
    )
}


def task(name: str) -> Task:
    """The task with this name. Raises UsageError where there is none."""
    if name not in TASKS:
        raise UsageError(f"no task is called {name!r}; {near(name, list(TASKS))}")
    return TASKS[name]
