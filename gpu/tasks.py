"""The tasks that ``verified-cat train`` knows, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verified_cat.errors import UsageError, near
from verified_cat.gpu import cyclegan_points, digits, games, linear_regression


@dataclass(frozen=True, slots=True)
class Task:
    """A task: what it is, how many steps it makes by default, and ``train(out, steps=None, seed=0)`` → its figures."""

    name: str
    description: str
    steps: int
    train: Callable[..., dict[str, Any]]


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(linear_regression.NAME, linear_regression.DESCRIPTION, linear_regression.STEPS, linear_regression.train),
        Task(digits.NAME, digits.DESCRIPTION, digits.STEPS, digits.train),
        Task(cyclegan_points.NAME, cyclegan_points.DESCRIPTION, cyclegan_points.STEPS, cyclegan_points.train),
        Task(games.NAME, games.DESCRIPTION, games.STEPS, games.train),
    )
}


def task(name: str) -> Task:
    """The task with this name. Raises UsageError where there is none."""
    if name not in TASKS:
        raise UsageError(f"no task is called {name!r}; {near(name, list(TASKS))}")
    return TASKS[name]
