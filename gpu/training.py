"""Training without autograd: the loss and its reverse derivative are D(objective), the update is the optimiser's term.

One step is (s, p), d ↦ U((s, p), D[E](p, d)ᵀ 1): what the laws are about is what is run here, kernel for kernel.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Mapping
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
from verified_cat.gpu.course import DIVERGED as DIVERGED
from verified_cat.gpu.course import FINISHED as FINISHED
from verified_cat.gpu.course import INTERRUPTED as INTERRUPTED
from verified_cat.gpu.course import STOPPED as STOPPED
from verified_cat.gpu.course import Course, Judge
from verified_cat.gpu.course import Update as Update
from verified_cat.gpu.data import Stream, since
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.loading import ahead
from verified_cat.gpu.progress import Interruption, Progress
from verified_cat.gpu.repeating import arranged
from verified_cat.gpu.saving import RunFolder, Weights
from verified_cat.gpu.session import Session, current
from verified_cat.gpu.step import Step
from verified_cat.networks import Objective
from verified_cat.objects import Ob, flatten, unflatten
from verified_cat.optimiser import Optimiser


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
    begun: int = 0
    """How many of the steps were made before, by a process that did not end this training."""


def descent(objective: Objective, optimiser: Optimiser, engine: TorchEngine) -> Update:
    """((s, p), d) ↦ (U((s, p), g), {loss}) with (loss, pullback) = D[E](ask(s, p), d) and (g, _) = pullback(1)."""
    differentiated = derivative(objective, engine)
    ask = Functions(engine).meaning(optimiser.ask(objective.param)).run
    update = Functions(engine).meaning(optimiser.update(objective.param)).run
    one = engine.tensor((), (Fraction(1),))

    def step(state: Value, data: Value) -> tuple[Value, Mapping[str, torch.Tensor]]:
        loss, pullback = differentiated((ask(state), data))
        gradient, _ = pullback(one)
        return update((state, gradient)), {"loss": loss}

    return step


def compiled(step: Step) -> Update:
    """A compiled step as an update: ((s, p), d) ↦ (its next state, {loss}); where it is paced, d is (batch, rate)."""

    def update(state: Value, data: Value) -> tuple[Value, Mapping[str, torch.Tensor]]:
        batch, rate = (data[0], data[1:]) if step.paced else (data, ())
        following, loss = step.after(state, *flatten(step.objective.data, batch), *rate)
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


def iterate(
    update: Update,
    state: Value,
    data: Iterable[Value] | Stream,
    steps: int,
    judge: Judge | None = None,
) -> Outcome:
    """At most ``steps`` updates from ``state``, one for each of the data.

    Ends early at a signal (SIGINT, SIGTERM), where the judge's patience is, and where a figure or an entry of the state
    is no longer finite: then with the last state whose figures were finite. Within a session the training goes on where
    that was left, to the same end, bit for bit.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise UsageError(f"the number of steps is a whole number >= 1, not {steps!r}")
    course, session = Course(state, every=max(1, steps // 1000)), current()
    if session:
        session.begins(course, data)
    begun, began = course.made, time.perf_counter()
    update, batches = arranged(update, steps - begun), islice(since(data, begun), steps - begun)
    with Interruption() as signals, torch.inference_mode(), ahead(batches, session.ahead if session else 0) as coming:
        progress = Progress(steps, begun=begun)
        for batch in coming:
            if not course.advance(update, batch):
                break
            _look(course, course.made == steps, session, judge)
            if progress.due() and not (session and session.quiet):
                progress.show(course.made, course.figures)
            heard = session.heard(signals.name, course.made) if session else signals.name
            if heard and course.status == FINISHED:
                course.status, course.reason = INTERRUPTED, f"{heard} after {course.made} steps"
            if course.status != FINISHED:
                break
        progress.close()
        course.check_state()
        if session:
            session.ends(course)
    best = course.judged.state if course.status in (FINISHED, STOPPED) else None
    reached = course.state if best is None else best
    seconds = time.perf_counter() - began
    return Outcome(course.status, course.made, reached, course.history, seconds, course.reason, course.figures, begun)


def _look(course: Course, last: bool, session: Session | None, judge: Judge | None) -> None:
    """What is noted, kept and judged after an update."""
    row = course.note(last)
    if session and row:
        session.row(row)
    if session:
        session.after(course)
    if judge and (last or course.made % judge.every == 0):
        looked = course.judge(judge)
        if session:
            session.row(looked)


def conclude(
    folder: RunFolder | None,
    outcome: Outcome,
    weights: Weights,
    metrics: Mapping[str, Any],
    files: Mapping[str, bytes] | None = None,
) -> dict[str, Any]:
    """Save the run, with ``files`` besides, and return its figures.

    Raises DataError, after saving, where the training diverged.
    """
    whole = {
        **metrics,
        "status": outcome.status,
        "reason": outcome.reason,
        "steps": outcome.steps,
        "seconds_per_step": outcome.seconds / max(1, outcome.steps - outcome.begun),
        "verified": False,  # until a cross-check of this very program is recorded
        "crosscheck": {"verdict": "not run"},
        **({"identity": session.identity} if (session := current()) else {}),
    }
    saved = folder.save(weights, whole, outcome.history, files) if folder else whole
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
