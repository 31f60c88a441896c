"""A training step, compiled: the term of the objective and the rule in, one program out that is run for every batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from verified_cat.bisimilar import merged
from verified_cat.descent import program_of
from verified_cat.gpu.emit_python import Emitted, emit
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.lowering import lower
from verified_cat.gpu.schedule import Schedule, schedule
from verified_cat.gpu.views import Role
from verified_cat.machine import evaluate
from verified_cat.networks import Objective
from verified_cat.objects import flatten, leaves
from verified_cat.optimiser import Optimiser
from verified_cat.program import program


class Step:
    """((s, p), d) ↦ ((s', p'), E(p, d)), with the state kept inside and updated in place."""

    def __init__(self, objective: Objective, rule: Optimiser, engine: TorchEngine) -> None:
        self.objective, self.rule, self.engine = objective, rule, engine
        whole = program_of(objective, rule)
        count = sum(1 for _ in leaves(objective.data))
        states = len(whole.inputs) - count
        first = program(rule.initial(objective.param)).outputs
        parameters = [None] * (states - len(first))
        found = merged(whole, states, [*first, *parameters])
        self.program, self._places = found.program, found.places
        states = len(set(self._places))
        roles = (Role.STATE,) * states + (Role.DATA,) * count
        self.plan: Schedule = schedule(lower(self.program, roles), states)
        self.emitted: Emitted = emit(self.plan, engine)
        self._loss = self.emitted.results[0]

    @property
    def source(self) -> str:
        """The program that is run."""
        return self.emitted.source

    def start(self, weights: Mapping[str, Any]) -> None:
        """The state before the first step: the rule's own, and these parameters in the order of the leaves."""
        held = self.rule.state(self.objective.param)
        first = flatten(held, evaluate(self.rule.initial(self.objective.param), (), self.engine))
        given = [torch.as_tensor(np.asarray(array)) for array in weights.values()]
        for tensor, value in zip(self.state(), [*first, *given], strict=True):
            tensor.copy_(self.engine.dense(value))

    def step(self, *data: torch.Tensor) -> torch.Tensor:
        """One step on a batch; gives the loss before it, a tensor that the next step writes over."""
        self.emitted.run(*data)
        return self._loss

    def parameters(self) -> list[torch.Tensor]:
        """The parameters as they are now, leaf by leaf."""
        count = sum(1 for _ in leaves(self.objective.param))
        return self.state()[len(self._places) - count :]

    def state(self) -> list[torch.Tensor]:
        """The state of the rule and then the parameters, leaf by leaf; equal leaves may be one tensor."""
        return [self.emitted.state[place] for place in self._places]
