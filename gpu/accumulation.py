"""Gradient accumulation, compiled: a batch that does not fit is gathered part by part, of any sizes, then one update.

    steps = Accumulation(objective, adam(Fraction(1, 1000)), TorchEngine("float32"))   # objective: rows ↦ Objective
    steps.start(weights)
    for batch in batches:
        for x, y in parts(batch):
            steps.gather(x, y)
        loss = steps.finish()

For each number of rows that occurs there is one program that adds to what was gathered, in place, and one for the
update. The result is the step over the whole batch, to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Literal

import torch

from verified_cat.accumulation import finishing, gathering, linear
from verified_cat.errors import BoundaryError, DataError, UsageError
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.planning import emitted
from verified_cat.gpu.step import Step
from verified_cat.networks import Objective
from verified_cat.objects import leaves
from verified_cat.optimiser import Optimiser
from verified_cat.program import Program

Reduction = Literal["mean", "sum"]
"""What an objective is over its rows."""


class Finish(Step):
    """((s, p), (a, (e, k))) ↦ (U((s, p), k a), k e), compiled."""

    def traced(self) -> Program:
        """The program of the update."""
        return finishing(self.objective.param, self.rule)


class Gather:
    """((a, e), ((s, p), d)) ↦ ((a + w ∇E, e + w E), E), compiled, with (a, e) kept inside."""

    def __init__(
        self, objective: Objective, rule: Optimiser, weight: Fraction | int, engine: TorchEngine, backend: str
    ) -> None:
        whole = gathering(objective, rule, weight)
        states = len(whole.outputs) - 1
        self.plan, self.emitted = emitted(whole, states, engine, backend)
        self._shapes = [leaf.shape for leaf in leaves(objective.data)]  # type: ignore[attr-defined]

    def must_fit(self, data: tuple[torch.Tensor, ...], engine: TorchEngine) -> None:
        """Raises DataError where the data are not those that this was compiled for."""
        if [tuple(tensor.shape) for tensor in data] != self._shapes:
            raise DataError(f"a part has the shapes {self._shapes}, not {[tuple(tensor.shape) for tensor in data]}")
        if any(tensor.dtype is not engine.dtype or not tensor.is_contiguous() for tensor in data):
            raise DataError(f"a part is contiguous tensors of {engine.dtype}")


class Accumulation:
    """One step over a batch that comes in parts; ``objective(rows)`` is E on so many, a "mean" or a "sum" over them."""

    def __init__(
        self,
        objective: Callable[[int], Objective],
        rule: Optimiser,
        engine: TorchEngine,
        *,
        reduction: Reduction = "mean",
        backend: str = "python",
        names: tuple[str, ...] = (),
    ) -> None:
        if reduction not in ("mean", "sum"):
            raise UsageError(f"an objective is a 'mean' or a 'sum' over its rows, not {reduction!r}")
        self._objective, self._reduction, self._backend = objective, reduction, backend
        self._param = objective(1).param
        self.finishing = Finish(linear(self._param), rule, engine, backend=backend, names=names)
        self._gathers: dict[int, Gather] = {}
        self._used: list[Gather] = []
        self._rows = 0

    def start(self, weights: Mapping[str, Any]) -> None:
        """The state before the first step; nothing is gathered."""
        self.finishing.start(weights)
        self._clear()

    def parameters(self) -> list[torch.Tensor]:
        """The parameters as they are now, leaf by leaf."""
        return self.finishing.parameters()

    def gather(self, *data: torch.Tensor) -> torch.Tensor:
        """Add the gradient of a part; gives its own loss, which the next part of that size writes over."""
        if not data or not data[0].dim():
            raise DataError("a part of a batch has rows: its first tensor has no axis of them")
        rows = int(data[0].shape[0])
        gather = self._of(rows)
        gather.must_fit(data, self.finishing.engine)
        if gather not in self._used:
            self._used.append(gather)
        gather.emitted.run(*self.finishing.state(), *data)
        self._rows += rows
        return gather.emitted.results[0]

    def finish(self) -> torch.Tensor:
        """One update by what was gathered; gives the loss of the batch. Raises UsageError where nothing was."""
        if not self._used:
            raise UsageError("nothing was gathered: a step needs at least one part")
        first, *others = (gather.emitted.state for gather in self._used)
        for other in others:
            torch._foreach_add_(list(first), list(other))
        engine = self.finishing.engine
        share = Fraction(1, self._rows) if self._reduction == "mean" else Fraction(1)
        loss = self.finishing.step(*first, engine.tensor((), (share,)))
        self._clear()
        return loss

    def _of(self, rows: int) -> Gather:
        if rows not in self._gathers:
            objective, rule = self._objective(rows), self.finishing.rule
            if objective.param != self._param:
                raise BoundaryError(f"the parameters on {rows} rows are {objective.param}, on one {self._param}")
            weight = rows if self._reduction == "mean" else 1
            self._gathers[rows] = Gather(objective, rule, weight, self.finishing.engine, self._backend)
        return self._gathers[rows]

    def _clear(self) -> None:
        for gather in self._gathers.values():
            torch._foreach_zero_(list(gather.emitted.state))
        self._used, self._rows = [], 0
