"""What an implementation gives the benchmark: one step as a call, its parameters, and a way back to the first ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.step.workloads import Array, Workload

Parameters = dict[str, Array]
Batches = list[dict[str, Array]]


class NotApplicable(Exception):
    """An implementation has nothing to say about a workload; the message is the reason, for the table."""


@dataclass(frozen=True, slots=True)
class Program:
    """``step(i)`` makes ``steps`` steps, on the batches i, i + 1, … modulo their number; it may return before they end.

    ``finish`` waits for them. ``parameters`` gives copies by the names and in the shapes of ``workloads.shapes``.
    ``reset`` goes back to the first parameters and the first state of the optimiser. ``figures`` is anything worth
    keeping with the times, such as ``workspace_bytes`` or ``network_evaluations``.
    """

    step: Callable[[int], Any]
    reset: Callable[[], None]
    parameters: Callable[[], Parameters]
    finish: Callable[[], None] = lambda: None
    steps: int = 1
    figures: dict[str, Any] = field(default_factory=dict)


Build = Callable[[Workload, Parameters, Batches], Program]
"""(workload, first parameters, batches) ↦ the program. Raises NotApplicable."""
