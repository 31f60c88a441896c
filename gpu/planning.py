"""The program of a step as a plan, and as what runs: which backend emits it, and how much memory it may take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Protocol

import torch

from verified_cat.errors import DataError, MissingExtra, MissingOperation, UsageError, near
from verified_cat.gpu import emit_c, emit_cuda, emit_python
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.lowering import lower
from verified_cat.gpu.schedule import Schedule, schedule
from verified_cat.gpu.side_by_side import side_by_side
from verified_cat.gpu.storage import taken
from verified_cat.gpu.views import Role
from verified_cat.program import Program
from verified_cat.recompute import recomputed, square_root_segments


class Running(Protocol):
    """What an emitter gives: the text, what to call with the data, and where state and results are."""

    @property
    def source(self) -> str: ...
    @property
    def run(self) -> Callable[..., None]: ...
    @property
    def checks(self) -> bool: ...  # whether ``run`` refuses data that do not fit before anything is changed
    @property
    def arena(self) -> int: ...  # entries of the temporaries
    @property
    def state(self) -> tuple[torch.Tensor, ...]: ...
    @property
    def results(self) -> tuple[torch.Tensor, ...]: ...


Emitter = Callable[[Schedule, TorchEngine], Running]


EMITTERS: Mapping[str, Emitter] = {
    "python": emit_python.emit,
    "native": emit_c.emit,
    "cuda graph": emit_cuda.emit,
}

BACKENDS = (*EMITTERS, "best")
"""What a step can be run by. The best is one captured graph on CUDA, compiled C where a compiler and all kernels are
there, else Python."""

MOST_SEGMENTS = 4096


def emitted(
    whole: Program, states: int, engine: TorchEngine, backend: str = "python", memory: str | int = "stored"
) -> tuple[Schedule, Running]:
    """The program of a step whose first ``states`` inputs are its state, as a plan and as what runs.

    Raises UsageError for what is no backend, DataError where the memory does not suffice.
    """
    if backend not in BACKENDS:
        raise UsageError(f"no backend is called {backend!r}; {near(backend, [*BACKENDS])}")
    if backend != "best":
        return _emitted(whole, states, engine, backend, memory)
    if engine.device.type == "cuda":
        return _emitted(whole, states, engine, "cuda graph", memory)
    try:
        return _emitted(whole, states, engine, "native", memory)
    except (MissingOperation, MissingExtra, UsageError):
        return _emitted(whole, states, engine, "python", memory)


def _emitted(
    whole: Program, states: int, engine: TorchEngine, backend: str, memory: str | int
) -> tuple[Schedule, Running]:
    plan = planned(whole, states, engine, memory, backend)
    try:
        return plan, EMITTERS[backend](plan, engine)
    except (MemoryError, RuntimeError) as refused:
        raise _memory_refused(refused, plan, engine) from refused


def planned(
    whole: Program, states: int, engine: TorchEngine, memory: str | int = "stored", backend: str = "python"
) -> Schedule:
    """The calls in their order, with as much of the forward pass stored as ``memory`` says.

    Where all is stored, small leaves are put side by side; not for the native backend, which makes loops of many calls
    itself. A number of bytes is met by the entries that the backend's temporaries take.
    """
    roles = (Role.STATE,) * states + (Role.DATA,) * (len(whole.inputs) - states)

    def plan(segments: int) -> Schedule:
        return schedule(lower(recomputed(whole, states, segments), roles, engine.layout), states)

    stored = plan(1) if backend == "native" else side_by_side(plan(1))
    if memory == "stored":
        return stored
    if memory == "square root":
        return plan(square_root_segments(whole, states))
    if isinstance(memory, bool) or not isinstance(memory, int) or memory < 1:
        raise UsageError(f"memory is 'stored', 'square root' or a number of bytes, not {memory!r}")
    least = None
    for candidate in chain([stored], map(plan, _growing(MOST_SEGMENTS))):
        entries = emit_c.entries(candidate, engine) if backend == "native" else taken(candidate)
        needed = entries * engine.dtype.itemsize
        if needed <= memory:
            return candidate
        if least is not None and needed > 2 * least:
            break
        least = needed if least is None else min(least, needed)
    raise DataError(f"no schedule of this step fits into {memory} bytes; the least that was found is {least}")


def _growing(most: int) -> Iterator[int]:
    """1, 2, 3, 4, 6, 8, 12, …: so few that all can be tried."""
    segments = 1
    while segments <= most:
        yield segments
        if segments & (segments - 1) == 0 and segments > 1:
            yield segments + segments // 2
        segments *= 2


def _memory_refused(refused: BaseException, plan: Schedule, engine: TorchEngine) -> BaseException:
    """The error to raise: what was needed, where it was memory that was refused."""
    text = str(refused)
    if isinstance(refused, MemoryError) or "alloc" in text or "out of memory" in text:
        needed = taken(plan) * engine.dtype.itemsize
        return DataError(
            f"the temporaries of this step take {needed} bytes, which {engine.device} does not have; "
            "memory='square root' takes fewer"
        )
    return refused
