"""verified_cat in the benchmark: what a workload is in our terms (``ours_terms``), run in each way we have.

``closures`` is what training does without a compiler; ``python``, ``native`` and ``native_many`` are compiled steps, by
the backends of ``verified_cat.gpu.planning``. A further backend is one more function here, and a line in
``implementations``. What an adapter or a backend cannot do is NotApplicable, with its reason.
"""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.step.ours_game import GameStep
from benchmarks.step.ours_terms import Task, task
from benchmarks.step.program import Batches, NotApplicable, Parameters, Program
from benchmarks.step.workloads import Workload
from verified_cat.errors import MissingOperation
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.ensembles import EnsembleStep
from verified_cat.gpu.step import Step
from verified_cat.gpu.training import descent, start, weights_of

DTYPE = "float32"
MANY = 64


def data_of(given: Task, batches: Batches) -> list[tuple[torch.Tensor, ...]]:
    """The leaves of each batch."""
    return [tuple(torch.from_numpy(array).contiguous() for array in given.encode(batch)) for batch in batches]


def closures(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """D of the objective and the rule's term, kernel by kernel on the torch engine, as training does uncompiled."""
    if workload.supervised is None or workload.copies:
        raise NotApplicable("the uncompiled step has one objective and one copy")
    given, engine = task(workload, batches), TorchEngine(DTYPE)
    (objective,) = given.objectives.values()
    data: list[Value] = list(data_of(given, batches))
    first = start(objective.param, given.rule, {name: parameters[name] for name in given.names}, engine)
    update, held = descent(objective, given.rule, engine), [first]

    def reset() -> None:
        held[0] = first

    def step(index: int) -> None:
        with torch.inference_mode():
            held[0], _ = update(held[0], data[index % len(data)])

    def now() -> Parameters:
        found = weights_of(objective.param, given.names, held[0][1], engine)
        return {name: array.copy() for name, array in found.items()}

    return Program(step, reset, now)


def python(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """One straight line of torch calls, without a compiler."""
    given = task(workload, batches)
    return one_by_one(made(workload, given, "python"), given, parameters, batches)


def native(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """One native program, a step a call."""
    given = task(workload, batches)
    return one_by_one(made(workload, given, "native"), given, parameters, batches)


def native_many(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """One native program, 64 steps a call."""
    given = task(workload, batches)
    step = made(workload, given, "native")
    emitted: Any = step.emitted
    leaves = [torch.stack(parts) for parts in zip(*data_of(given, batches), strict=True)]
    several = [leaf.repeat(MANY // len(batches), *(1 for _ in leaf.shape[1:])) for leaf in leaves]
    return program(step, given, parameters, lambda _: emitted.run_many(MANY, *several), MANY)


def made(workload: Workload, given: Task, backend: str) -> Step:
    """The compiled step of a workload. Raises NotApplicable where the backend has no kernel for it."""
    engine, options = TorchEngine(DTYPE), {"backend": backend, "names": given.names}
    objective = next(iter(given.objectives.values()))
    try:
        if workload.copies:
            return EnsembleStep(objective, given.rule, workload.copies, engine, same_data=True, **options)
        if len(given.objectives) > 1:
            return GameStep(given.objectives, given.owners, given.rule, engine, **options)
        return Step(objective, given.rule, engine, **options)  # type: ignore[arg-type]
    except MissingOperation as missing:
        raise NotApplicable(str(missing)) from missing


def one_by_one(step: Step, given: Task, parameters: Parameters, batches: Batches) -> Program:
    data = data_of(given, batches)
    return program(step, given, parameters, lambda index: step.step(*data[index % len(data)]))


def program(step: Step, given: Task, parameters: Parameters, call: Any, steps: int = 1) -> Program:
    """A compiled step as the benchmark asks for it."""
    first = {name: parameters[name] for name in given.names}

    def now() -> Parameters:
        return {name: leaf.numpy().copy() for name, leaf in zip(given.names, step.parameters(), strict=True)}

    step.start(first)
    return Program(call, lambda: step.start(first), now, steps=steps, figures={"workspace_bytes": step.arena})
