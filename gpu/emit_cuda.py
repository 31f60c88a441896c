"""The calls as one captured CUDA graph: a step is one launch, whatever the number of its kernels.

The graph holds the very lines of ``verified_cat.gpu.emit_python``, run once on buffers that stay where they are; the
data of a step are copied into theirs first. Nothing is read back inside, so the powers of Adam live on the device too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from verified_cat.errors import UsageError
from verified_cat.gpu import emit_python
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Role

WARMUPS = 3
"""Runs before the capture: libraries choose their algorithms and take their workspaces then."""


@dataclass(frozen=True, slots=True)
class Captured:
    """A program in a graph: ``run(*data)`` makes a step."""

    source: str
    run: Callable[..., None]
    state: tuple[torch.Tensor, ...]
    results: tuple[torch.Tensor, ...]
    arena: int
    checks: bool = False


def emit(plan: Schedule, engine: TorchEngine) -> Captured:
    """The plan as a graph. Raises UsageError where the engine computes on another device than CUDA."""
    if engine.device.type != "cuda":
        raise UsageError(f"a CUDA graph is captured on a CUDA device; this engine computes on {engine.device}")
    inner = emit_python.emit(plan, engine)
    given = [view for view in plan.inputs if view.buffer.role is Role.DATA]
    data = [torch.zeros(view.shape, dtype=engine.dtype, device=engine.device) for view in given]
    graph = _captured(inner, data)

    def run(*batch: torch.Tensor) -> None:
        for place, tensor in zip(data, batch, strict=True):
            place.copy_(tensor, non_blocking=True)
        graph.replay()

    return Captured(inner.source, run, inner.state, inner.results, inner.arena)


def _captured(inner: emit_python.Emitted, data: list[torch.Tensor]) -> torch.cuda.CUDAGraph:
    """The graph of one step. What the runs before it did to the state is undone."""
    before = [tensor.clone() for tensor in inner.state]
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARMUPS):
            inner.run(*data)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        inner.run(*data)
    for tensor, value in zip(inner.state, before, strict=True):
        tensor.copy_(value)
    return graph
