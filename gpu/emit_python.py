"""The calls as straight-line Python over torch: every buffer allocated before, every line one kernel that writes there.

The text that ``Emitted.source`` shows is what runs. It is made of names and numbers that are made here; nothing that
comes from outside is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from verified_cat.gpu import stretches
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.python_lines import FUNCTIONS, lines
from verified_cat.gpu.python_tensors import Tensors
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.storage import allocate, lifetimes, taken
from verified_cat.gpu.stretches import Run, run_of
from verified_cat.gpu.views import Role, View

Observer = Callable[[int, Call], None]


@dataclass(frozen=True, slots=True)
class Emitted:
    """A program in Python: ``run(*data)`` makes a step; the tensors of state and results by position.

    ``memory`` gives the tensor of any view that is not of data, from the plan alone: what the text should mean by it.
    """

    source: str
    run: Callable[..., None]
    state: tuple[torch.Tensor, ...]
    results: tuple[torch.Tensor, ...]
    arena: int
    memory: Callable[[View], torch.Tensor]
    checks: bool = False


def emit(plan: Schedule, engine: TorchEngine, observer: Observer | None = None) -> Emitted:
    """The plan as a Python function. ``observer`` is told after each call; without one, nothing stands between."""
    tensors = Tensors(plan, engine, allocate(plan))
    namespace: dict[str, Any] = dict(FUNCTIONS)
    if observer is None:
        text = list(_whole(plan, tensors, namespace))
    else:
        namespace["observed"] = lambda number: observer(number, plan.calls[number])
        namespace["kept"] = lambda number, tensor: tensors.keep(plan.calls[number].out.buffer, tensor)
        text = list(_observed(plan, tensors, namespace))
    data = [name for name, view in tensors.data.items()]
    source = _source(data, tensors.prologue(), text)
    namespace |= tensors.named
    exec(compile(source, "<a step of verified_cat>", "exec"), namespace)
    return Emitted(
        source,
        _in_tf32(namespace["step"]) if engine.products == "tf32" else namespace["step"],
        tuple(tensors.tensor(view) for view in plan.inputs[: plan.states]),
        tuple(tensors.tensor(view) for view in plan.results),
        taken(plan),
        tensors.memory,
    )


def _in_tf32(step: Callable[..., None]) -> Callable[..., None]:
    """The step with products whose operands CUDA may round, which is otherwise as the process has it."""

    def run(*data: torch.Tensor) -> None:
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = True
        try:
            step(*data)
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before

    return run


def _source(data: list[str], prologue: list[str], text: list[str]) -> str:
    body = "\n".join(f"    {line}" for line in [*prologue, *text]) or "    pass"
    return f"def step({', '.join(data)}):\n{body}\n"


def _whole(plan: Schedule, tensors: Tensors, namespace: dict[str, Any]) -> Iterator[str]:
    """A line for each call; long runs of entrywise calls over the same entries go stretch by stretch."""
    position, spans = 0, lifetimes(plan)
    while position < len(plan.calls):
        run = run_of(plan.calls, position, tensors.storage, spans)
        if run.length > 1:
            yield from _stretches(plan.calls, run, tensors, namespace)
        else:
            yield from lines(plan.calls[position], tensors.name, tensors.engine, namespace, position)
            yield from tensors.made_and_done(plan.calls[position], position)
        position += run.length


def _stretches(calls: tuple[Call, ...], run: Run, tensors: Tensors, namespace: dict[str, Any]) -> Iterator[str]:
    """A loop over stretches that stay in the cache from the first call to the last.

    Values that live only within it and follow each other in the arena follow each other in one stretch of memory, too.
    """
    views: dict[tuple[Any, ...], View] = {}
    inside: list[str] = []

    def name(view: View) -> str:
        if view.is_one_number:
            return tensors.name(View(view.buffer, (), (), view.offset))
        own = tensors.storage.offsets[view.buffer] if view.buffer in run.local else view.buffer
        views.setdefault((own, view.offset), view)
        return f"x{list(views).index((own, view.offset))}"

    for position in range(run.start, run.start + run.length):
        inside += lines(calls[position], name, tensors.engine, namespace, position)
    entries = calls[run.start].out.entries
    rows = [
        tensors.scratch(entries, stretches.STRETCH)
        if view.buffer in run.local
        else torch.split(tensors.flat(view, entries), stretches.STRETCH)
        for view in views.values()
    ]
    namespace[f"stretches{run.start}"] = list(zip(*rows, strict=True))
    yield f"for {''.join(f'x{index}, ' for index in range(len(views)))}in stretches{run.start}:"
    yield from (f"    {line}" for line in inside)


def _observed(plan: Schedule, tensors: Tensors, namespace: dict[str, Any]) -> Iterator[str]:
    for number, call in enumerate(plan.calls):
        yield from lines(call, tensors.name, tensors.engine, namespace, number)
        if call.out.buffer.role is Role.MADE and call.out.entries:
            yield f"kept({number}, {tensors.name(call.out)})"
        yield from tensors.made_and_done(call, -1)
        yield f"observed({number})"
