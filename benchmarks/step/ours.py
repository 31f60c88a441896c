"""verified_cat in the benchmark: a workload becomes an objective in our terms, and an objective becomes a program.

What a workload is in our language is said once, in ``task``; ``closures``, ``python``, ``native`` and ``native_many``
are the ways to run it. A compiled step comes from ``verified_cat.gpu.step`` through ``compiled`` below, the one place
to change when its interface does. Where a layer, a loss or a backend is not there, NotApplicable says which.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from benchmarks.step.program import Batches, NotApplicable, Parameters, Program
from benchmarks.step.workloads import Activation, Array, CrossEntropy, Dense, HalfSquares, Layer, Workload
from benchmarks.step.workloads import Adam as AdamRule
from verified_cat import primitives
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.training import descent, start, weights_of
from verified_cat.loss import QUADRATIC
from verified_cat.networks import Network, Objective, dense, entrywise, supervised
from verified_cat.objects import space
from verified_cat.optimiser import Optimiser, adam, gradient_descent
from verified_cat.terms import Term

DTYPE = "float32"
MANY = 64
ACTIVATIONS = {"relu": primitives.relu, "sigmoid": primitives.sigmoid, "tanh": primitives.tanh}


@dataclass(frozen=True, slots=True)
class Task:
    """A workload in our language.

    ``names`` are the leaves of the objective's parameters from left to right, by the benchmark's names; ``encode``
    turns one batch into the arrays of the objective's data, from left to right.
    """

    objective: Objective
    names: tuple[str, ...]
    rule: Optimiser
    encode: Callable[[dict[str, Array]], tuple[Array, ...]]


def task(workload: Workload, parameters: Parameters, batches: Batches) -> Task:
    """The objective, names, rule and data of a workload. Raises NotApplicable for what has no term yet."""
    if workload.copies:
        raise NotApplicable("no batched program of many copies")
    match workload.supervised:
        case HalfSquares(path, source, target):
            labels: int | None = None
        case CrossEntropy(path, source, target):
            labels = parameters[list(parameters)[-1]].shape[-1]
        case _:
            raise NotApplicable("no objective of several players")
    (name,) = path
    model = network(name, workload.networks[name], len(batches[0][source]))
    distance = error(batches[0][target].shape, labels)

    def encode(batch: dict[str, Array]) -> tuple[Array, ...]:
        wanted = batch[target] if labels is None else np.eye(labels, dtype=np.float32)[batch[target]]
        return batch[source], wanted

    return Task(supervised(model.map, distance), model.names, rule(workload), encode)


def network(name: str, layers: tuple[Layer, ...], batch: int) -> Network:
    """The layers composed in Para, their parameters named as in the benchmark."""
    whole, width = None, 0
    for layer in layers:
        if isinstance(layer, Dense):
            part, width = dense(batch, layer.inputs, layer.outputs, f"{name}.{layer.name}"), layer.outputs
        elif isinstance(layer, Activation) and layer.function in ACTIVATIONS:
            part = entrywise(ACTIVATIONS[layer.function], batch, width)
        else:
            raise NotApplicable(f"no {type(layer).__name__.lower()} layer in the benchmark's adapter")
        whole = part if whole is None else whole >> part
    assert whole is not None
    return whole


def error(shape: tuple[int, ...], labels: int | None) -> Term:
    """½ Σ of squares, or the mean cross-entropy of rows to their one-hot labels."""
    if labels is None:
        return QUADRATIC.total(space(*shape))
    rows = getattr(importlib.import_module("verified_cat.loss"), "mean_cross_entropy", None)
    if rows is None:
        raise NotApplicable("verified_cat.loss has no mean cross-entropy over rows")
    term: Term = rows(shape[0], labels)
    return term


def rule(workload: Workload) -> Optimiser:
    made = adam if isinstance(workload.optimiser, AdamRule) else gradient_descent
    return made(workload.optimiser.rate)


# ---------------------------------------------------------------------------------------------------- the ways to run


def closures(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """D of the objective and the rule's term, kernel by kernel on the torch engine, as training does uncompiled."""
    given, engine = task(workload, parameters, batches), TorchEngine(DTYPE)
    param, data = given.objective.param, [_tensors(given.encode(batch)) for batch in batches]
    first = start(param, given.rule, {name: parameters[name] for name in given.names}, engine)
    update, held = descent(given.objective, given.rule, engine), [first]

    def reset() -> None:
        held[0] = first

    def step(index: int) -> None:
        with torch.inference_mode():
            held[0], _ = update(held[0], data[index % len(data)])

    def now() -> Parameters:
        return {name: array.copy() for name, array in weights_of(param, given.names, held[0][1], engine).items()}

    return Program(step, reset, now)


def _tensors(arrays: tuple[Array, ...]) -> Value:
    return tuple(torch.from_numpy(array) for array in arrays)


def python(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """One straight line of torch calls, without a compiler."""
    return compiled(workload, parameters, batches, "python")


def native(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """One native program, a step a call."""
    return compiled(workload, parameters, batches, "native")


def native_many(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """One native program, 64 steps a call."""
    return compiled(workload, parameters, batches, "native", MANY)


def compiled(workload: Workload, parameters: Parameters, batches: Batches, backend: str, steps: int = 1) -> Program:
    """A program of ``verified_cat.gpu.step.compiled(objective, rule, dtype=, backend=)``.

    Asked of it: ``load(weights in order of leaves)`` (the rule's state starts anew), ``step(data)`` with the data as a
    pair of tensors, ``steps(list of data)`` for several a call, ``weights()`` in order of leaves; and, where it has
    them, ``workspace_bytes`` and ``network_evaluations``.
    """
    try:
        make: Any = importlib.import_module("verified_cat.gpu.step").compiled
    except (ModuleNotFoundError, AttributeError) as missing:
        raise NotApplicable("verified_cat.gpu.step is not there: no compiled step") from missing
    given = task(workload, parameters, batches)
    made = make(given.objective, given.rule, dtype=DTYPE, backend=backend)
    first = [torch.from_numpy(parameters[name]) for name in given.names]
    data = [_tensors(given.encode(batch)) for batch in batches]
    several = data * (steps // len(data))

    def reset() -> None:
        made.load(first)

    def step(index: int) -> None:
        if steps == 1:
            made.step(data[index % len(data)])
        else:
            made.steps(several)

    def now() -> Parameters:
        return {n: np.array(leaf).copy() for n, leaf in zip(given.names, made.weights(), strict=True)}

    told = {key: getattr(made, key) for key in ("workspace_bytes", "network_evaluations") if hasattr(made, key)}
    reset()
    return Program(step, reset, now, steps=steps, figures=told)
