"""Training without autograd: the loss and its reverse derivative are D(objective), the update is the optimiser's term.

One step is (s, p), d ↦ U((s, p), D[E](p, d)ᵀ 1): what the laws are about is what is run here, kernel for kernel.
"""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import torch

from verified_cat import __version__
from verified_cat.errors import DataError, UsageError
from verified_cat.functions import Functions, Run, Value
from verified_cat.gad import reverse_mode
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.progress import Interruption, Progress
from verified_cat.gpu.repeating import arranged
from verified_cat.gpu.saving import RunFolder, Weights
from verified_cat.gpu.step import Step
from verified_cat.gpu.zero import Zero
from verified_cat.networks import Objective
from verified_cat.objects import Ob, flatten, unflatten
from verified_cat.optimiser import Optimiser

FINISHED, INTERRUPTED, DIVERGED = "finished", "interrupted", "diverged"

Update = Callable[[Value, Value], tuple[Value, Mapping[str, torch.Tensor]]]
"""(state, data) ↦ (next state, the figures of ``state``): one step."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training ended: after ``steps`` updates, with ``state`` the last whose figures were all finite."""

    status: str
    steps: int
    state: Value
    history: list[dict[str, float]]
    seconds: float
    reason: str = ""
    figures: dict[str, float] = field(default_factory=dict)


def descent(objective: Objective, optimiser: Optimiser, engine: TorchEngine) -> Update:
    """((s, p), d) ↦ (U((s, p), g), {loss}) with (loss, pullback) = D[E](p, d) and (g, _) = pullback(1)."""
    differentiated = derivative(objective, engine)
    update = Functions(engine).meaning(optimiser.update(objective.param)).run
    one = engine.tensor((), (Fraction(1),))

    def step(state: Value, data: Value) -> tuple[Value, Mapping[str, torch.Tensor]]:
        _, param = state
        loss, pullback = differentiated((param, data))
        gradient, _ = pullback(one)
        return update((state, gradient)), {"loss": loss}

    return step


def compiled(step: Step) -> Update:
    """A compiled step as an update: ((s, p), d) ↦ (its next state, {loss})."""

    def update(state: Value, data: Value) -> tuple[Value, Mapping[str, torch.Tensor]]:
        following, loss = step.after(state, *flatten(step.objective.data, data))
        return following, {"loss": loss}

    return update


def derivative(objective: Objective, engine: TorchEngine) -> Run:
    """D[E]: (p, d) ↦ (E(p, d), its pullback)."""
    return reverse_mode(engine).differentiate(objective.term).run


def start(param: Ob, optimiser: Optimiser, weights: Weights, engine: TorchEngine) -> Value:
    """(s₀, p₀): the state before the first step, from the first weights in the order of the leaves."""
    state = Functions(engine).meaning(optimiser.initial(param)).run(())
    return state, unflatten(param, [tensor_of(array, engine) for array in weights.values()])


def tensor_of(array: Any, engine: TorchEngine) -> torch.Tensor:
    """An array of numbers as a tensor of the engine; a copy. Raises DataError where an entry is not finite."""
    if not np.all(np.isfinite(array)):
        raise DataError("the data hold a number that is not finite")
    return torch.tensor(array, dtype=engine.dtype, device=engine.device)


def weights_of(param: Ob, names: tuple[str, ...], value: Value, engine: TorchEngine) -> dict[str, Any]:
    """The parameters by name, as arrays."""
    leaves = flatten(param, value)
    return {name: engine.dense(leaf).cpu().numpy() for name, leaf in zip(names, leaves, strict=True)}


# ------------------------------------------------------------------------------------------------ the loop


def iterate(update: Update, state: Value, data: Iterable[Value], steps: int) -> Outcome:
    """At most ``steps`` updates from ``state``, one for each of the data.

    Ends early at a signal (SIGINT, SIGTERM), and where a figure or an entry of the state is no longer finite: then with
    the last state whose figures were finite.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise UsageError(f"the number of steps is a whole number >= 1, not {steps!r}")
    every, progress, began = max(1, steps // 1000), Progress(steps), time.perf_counter()
    run, update = _Run(state), arranged(update, steps)
    with Interruption() as signals, torch.inference_mode():
        for batch in islice(data, steps):
            if not run.advance(update, batch):
                break
            if run.made % every == 1 or every == 1 or run.made == steps:
                run.history.append({"step": run.made - 1, **run.figures})
            if progress.due():
                progress.show(run.made, run.figures)
            if signals.name:
                run.status, run.reason = INTERRUPTED, f"{signals.name} after {run.made} steps"
                break
        run.check_state()
    progress.close()
    return Outcome(run.status, run.made, run.state, run.history, time.perf_counter() - began, run.reason, run.figures)


@dataclass(slots=True)
class _Run:
    """A training on its way: ``state`` after ``made`` updates, and ``good``, the one before it."""

    state: Value
    good: Value = None
    made: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    status: str = FINISHED
    reason: str = ""

    def advance(self, update: Update, batch: Value) -> bool:
        """One update. Where the figures of the state are not finite: back to the one before, and False."""
        following, measured = update(self.state, batch)
        figures = {name: float(value) for name, value in measured.items()}
        if not all(map(math.isfinite, figures.values())):
            self._back(_not_finite(self.made, figures))
            return False
        self.figures, self.good, self.state = figures, self.state, following
        self.made += 1
        return True

    def check_state(self) -> None:
        """The last update is not followed by another that would measure it: its entries are looked at instead."""
        if self.status != DIVERGED and not _finite(self.state):
            self._back(f"the update of step {self.made - 1} gave parameters that are not finite")

    def _back(self, reason: str) -> None:
        self.status, self.reason = DIVERGED, reason
        if self.made:
            self.state, self.made = self.good, self.made - 1


def _finite(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(map(_finite, value))
    return isinstance(value, Zero) or bool(torch.isfinite(value).all())


def _not_finite(step: int, figures: Mapping[str, float]) -> str:
    """Which figure of which step is not a finite number, for the message."""
    worst = ", ".join(f"{name} is {value}" for name, value in figures.items() if not math.isfinite(value))
    return f"at step {step} the figure {worst}"


def conclude(
    folder: RunFolder | None, outcome: Outcome, weights: Weights, metrics: Mapping[str, Any]
) -> dict[str, Any]:
    """Save the run and return its figures. Raises DataError, after saving, where the training diverged."""
    whole = {
        **metrics,
        "status": outcome.status,
        "reason": outcome.reason,
        "steps": outcome.steps,
        "seconds_per_step": outcome.seconds / max(1, outcome.steps),
        "verified": False,  # until a cross-check of this very program is recorded
        "crosscheck": {"verdict": "not run"},
    }
    saved = folder.save(weights, whole, outcome.history) if folder else whole
    if outcome.status == DIVERGED:
        kept = f"; the last parameters with a finite loss are in {folder.path}" if folder else ""
        raise DataError(f"training stopped: {outcome.reason}{kept}")
    return saved


def environment(engine: TorchEngine) -> dict[str, Any]:
    """What a figure may depend on besides the seed."""
    return {
        "verified_cat": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "engine": engine.name,
        "precision": engine.precision,
        "threads": torch.get_num_threads(),
    }
