"""A few steps of a training, kept as they were made, and made again: (state, data) ↦ next state at 1, 10, 100, … n.

A check cannot watch a whole run: telling of each operation costs more than the operation. It keeps what some steps of
the run took and gave, and has the same program make these steps again, watched. That they give the same, bit for bit,
is what ties the watched steps to the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from verified_cat.functions import Value

Update = Callable[[Value, Any], tuple[Value, Any]]
"""(state, data) ↦ (next state, figures), as ``training`` has it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Step ``number``, from 1, of a training: what it took and what it gave."""

    training: int
    number: int
    state: Value
    data: Any
    following: Value


@dataclass(frozen=True, slots=True)
class Kept:
    """Some steps of one training, of which so many were asked for."""

    asked: int
    steps: list[Step] = field(default_factory=list)


class Again(Protocol):
    """What is told where kept steps are made again."""

    def begins(self, step: Step) -> None:
        """The step is about to be made again."""
        ...

    def ends(self, step: Step, same: bool) -> None:
        """It was; ``same`` says whether it gave what it gave before, bit for bit."""
        ...


_HOW: list[Callable[[Update, int], Update]] = []


def arranged(update: Update, steps: int) -> Update:
    """The update of a training of so many steps: itself, unless somebody keeps steps, or has them made again."""
    for how in _HOW:
        update = how(update, steps)
    return update


@contextmanager
def _arranging(how: Callable[[Update, int], Update]) -> Iterator[None]:
    _HOW.append(how)
    try:
        yield
    finally:
        _HOW.remove(how)


def chosen(steps: int) -> list[int]:
    """1, 10, 100, … and the last: the numbers of the steps that are kept of so many."""
    return sorted({10**power for power in range(len(str(steps)))} | {steps})


@contextmanager
def keeping() -> Iterator[list[Kept]]:
    """Within it, some steps of each training are kept in the list, as copies; one entry a training."""
    trainings: list[Kept] = []

    def how(update: Update, steps: int) -> Update:
        numbers, own, made = frozenset(chosen(steps)), Kept(steps), 0
        training = len(trainings)
        trainings.append(own)

        def kept(state: Value, data: Any) -> tuple[Value, Any]:
            nonlocal made
            made += 1
            if made not in numbers:
                return update(state, data)
            before = copied(state), copied(data)
            following, figures = update(state, data)
            own.steps.append(Step(training, made, *before, copied(following)))
            return following, figures

        return kept

    with _arranging(how):
        yield trainings


@contextmanager
def again(trainings: Sequence[Kept], told: Again) -> Iterator[None]:
    """Within it, each training makes the steps that were kept of it, whatever its own state and data are, and no more.

    As many as the longest of the lists have to be asked for.
    """
    coming = iter(trainings)

    def how(update: Update, steps: int) -> Update:
        own = iter(next(coming).steps)

        def repeated(state: Value, data: Any) -> tuple[Value, Any]:
            step = next(own, None)
            if step is None:
                return state, {}
            told.begins(step)
            following, figures = update(step.state, step.data)
            told.ends(step, same(following, step.following))
            return following, figures

        return repeated

    with _arranging(how):
        yield


def copied(value: Any) -> Any:
    """A value whose tensors are copies: nothing that is computed in place later reaches them."""
    if isinstance(value, tuple | list):
        return type(value)(map(copied, value))
    return value.clone() if isinstance(value, torch.Tensor) else value


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, number for number (0 and -0 are)."""
    if isinstance(one, tuple | list):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and torch.equal(one, other)
    return bool(one == other)
