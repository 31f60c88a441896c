"""Weights of equations by the ratio of gradients: γ_q = share · |∇ Σ L_adv| / |∇ L_q|, all at one point, on one batch.

Losses of different kinds have different scales, and one weight does not serve them all; at this one, with share 1, an
equation pulls as much as the adversaries do (after Wang, Teng and Perdikaris 2021, Algorithm 1, with norms).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property
from math import sqrt

import torch

from verified_cat.floats import added
from verified_cat.functions import Value
from verified_cat.gad import reverse_mode
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import FunctorTask, Loss
from verified_cat.networks import Objective
from verified_cat.objects import flatten


class Balance:
    """The weights of the losses of a task; ``auto`` says of each loss whether its weight is set so."""

    def __init__(self, task: FunctorTask, engine: TorchEngine, share: Fraction, auto: Sequence[bool]) -> None:
        self.task, self.engine, self.share, self.auto = task, engine, share, tuple(auto)

    @cached_property
    def _adversaries(self) -> Callable[[Value], float]:
        deceived = [self.task.deceived(path) for path in self.task.matched]
        return gradient_norm(self.task.objective(deceived, []), self.engine)

    @cached_property
    def _equations(self) -> list[Callable[[Value], float]]:
        return [gradient_norm(self.task.objective([], [one(loss)]), self.engine) for loss in self._set]

    @property
    def _set(self) -> list[Loss]:
        return [loss for loss, auto in zip(self.task.losses, self.auto, strict=True) if auto]

    def ratios(self, point: Value) -> list[float | None]:
        """γ_q of each loss whose weight is set so, at (π, (c, x)); None where that is no finite number."""
        against, found = self._adversaries(point), list[float | None]()
        for own in self._equations:
            norm = own(point)
            ratio = float(self.share) * against / norm if norm > 0 else float("inf")
            found.append(ratio if ratio < float("inf") else None)
        return found

    # ---------------------------------------------------------------------------------- in the course of a training

    def first(self) -> tuple[torch.Tensor, ...]:
        """For each weighed loss the weight that it has, where it is set so, else 1."""
        return tuple(self._number(float(loss.weight) if auto else 1.0) for loss, auto in self._weighed)

    def again(self, gammas: tuple[torch.Tensor, ...], point: Value) -> tuple[torch.Tensor, ...]:
        """The weights at a point; where there is none the one before stays."""
        ratios = iter(self.ratios(point))
        fresh = {loss.equation: next(ratios) for loss in self._set}
        pairs = zip(gammas, self._weighed, strict=True)
        found = [(gamma, fresh.get(loss.equation) if auto else None) for gamma, (loss, auto) in pairs]
        return tuple(gamma if ratio is None else self._number(ratio) for gamma, ratio in found)

    @property
    def _weighed(self) -> list[tuple[Loss, bool]]:
        return [(loss, auto) for loss, auto in zip(self.task.losses, self.auto, strict=True) if loss.weight]

    def _number(self, value: float) -> torch.Tensor:
        return torch.tensor(value, dtype=self.engine.dtype, device=self.engine.device)


def one(loss: Loss) -> Loss:
    """The loss with the weight 1."""
    return Loss(loss.equation, Fraction(1), loss.cost, loss.starts)


def gradient_norm(objective: Objective, engine: TorchEngine) -> Callable[[Value], float]:
    """(π, d) ↦ |∂E/∂π|."""
    differentiated = reverse_mode(engine).differentiate(objective.term)

    def norm(point: Value) -> float:
        with torch.inference_mode():
            _, pullback = differentiated.run(point)
            gradient, _ = pullback(engine.tensor((), (Fraction(1),)))
            squares = [float(engine.dense(leaf).pow(2).sum()) for leaf in flatten(objective.param, gradient)]
        return sqrt(added(squares))

    return norm
