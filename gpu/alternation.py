"""The step that learns a functor: critics and generators in turns, Adam on packed parameters, data drawn unpaired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from verified_cat.functions import Functions, Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import FunctorTask
from verified_cat.gpu.randomness import stream
from verified_cat.gpu.training import Update, derivative
from verified_cat.gpu.wasserstein import rows
from verified_cat.networks import Objective
from verified_cat.objects import Ob, Space, flatten, leaves, size, unflatten
from verified_cat.optimiser import Optimiser, scheduled
from verified_cat.schema import Functor

Sampler = Callable[[np.random.Generator], Value]
"""A stream ↦ a batch of the object, a value of the engine."""


@dataclass(frozen=True, slots=True)
class Packing:
    """P ≅ R[dim P], leaf after leaf: a rule that works entry by entry is the same there, and is one call, not many."""

    ob: Ob

    @property
    def shape(self) -> tuple[int]:
        """(dim P,)."""
        return (size(self.ob),)

    def pack(self, value: Value, engine: TorchEngine) -> torch.Tensor:
        """The entries of all leaves in a row."""
        entries = [engine.dense(leaf).reshape(-1) for leaf in flatten(self.ob, value)]
        return torch.cat(entries) if entries else torch.zeros(0, dtype=engine.dtype, device=engine.device)

    def unpack(self) -> Callable[[torch.Tensor], Value]:
        """The inverse of ``pack``; the leaves are views."""
        shapes = [leaf.shape for leaf in leaves(self.ob) if isinstance(leaf, Space)]
        sizes = [size(Space(shape)) for shape in shapes]

        def unpacked(row: torch.Tensor) -> Value:
            parts = zip(torch.split(row, sizes) if sizes else (), shapes, strict=True)
            return unflatten(self.ob, [part.view(shape) for part, shape in parts])

        return unpacked


class Descent:
    """((s, p), (d, k)) ↦ ((s', p'), E(p, d)): the update at rate k along D[E](p, d)ᵀ 1; p is packed."""

    def __init__(self, objective: Objective, rule: Optimiser, engine: TorchEngine) -> None:
        self.engine, self.packing = engine, Packing(objective.param)
        self.unpack = self.packing.unpack()
        self._initial = rule.initial(Space(self.packing.shape))
        self._differentiated = derivative(objective, engine)
        self._update = Functions(engine).meaning(scheduled(rule, self.packing.shape)).run
        self._one = engine.tensor((), (Fraction(1),))

    def start(self, param: Value) -> Value:
        """(s₀, p₀), from parameters as a tree."""
        return Functions(self.engine).meaning(self._initial).run(()), self.packing.pack(param, self.engine)

    def step(self, state: Value, data: Value, rate: torch.Tensor) -> tuple[Value, torch.Tensor]:
        """The next state, and the loss of this one."""
        loss, pullback = self._differentiated((self.unpack(state[1]), data))
        gradient, _ = pullback(self._one)
        return self._update((state, (self.packing.pack(gradient, self.engine), rate))), loss


class Learning:
    """The alternating game: critics take some steps up, then the functor takes one step down."""

    def __init__(self, task: FunctorTask, rule: Optimiser, engine: TorchEngine) -> None:
        self.task, self.engine = task, engine
        self.generators = Descent(task.generator_objective(), rule, engine)
        self.critics = Descent(task.critic_objective(), rule, engine)
        self._push = Functions(engine).meaning(task.pushforward()).run

    def start(self, params: Value, critics: Value) -> Value:
        """The state before the first step."""
        return self.generators.start(params), self.critics.start(critics)

    def parameters(self, state: Value) -> Value:
        """The value of Π_e P_e in a state."""
        return self.generators.unpack(state[0][1])

    @property
    def update(self) -> Update:
        """(state, draws) ↦ (next state, the losses): the draws are those of ``draws``."""

        def update(state: Value, data: Any) -> tuple[Value, Mapping[str, torch.Tensor]]:
            generators, critics = state
            rounds, batches, (rate, critic_rate) = data
            params = self.generators.unpack(generators[1])
            figures: dict[str, torch.Tensor] = {}
            for real, shares in rounds:
                shown = self._push(((params, real), shares))
                critics, figures["critic_loss"] = self.critics.step(critics, shown, critic_rate)
            given = (self.critics.unpack(critics[1]), batches)
            generators, figures["loss"] = self.generators.step(generators, given, rate)
            return (generators, critics), figures

        return update


def draws(
    task: FunctorTask,
    samplers: Mapping[str, Sampler],
    engine: TorchEngine,
    seed: int,
    rounds: int,
    rates: Iterator[tuple[float, float]],
) -> Iterator[Any]:
    """For each pair of rates: data for ``rounds`` steps of the critics, then for one of the functor.

    Each object and each edge draws from a stream of its own, one for each purpose, so no two objects are ever paired.
    """
    streams = {purpose: {name: stream(seed, name, purpose) for name in task.data} for purpose in ("critics", "functor")}
    between = {edge.name: stream(seed, edge.name, "between real and made") for edge in task.matched}
    counts = {edge.name: rows(task.architecture.objects[edge.target]) for edge in task.matched}

    def batches(purpose: str) -> Value:
        return nested([samplers[name](streams[purpose][name]) for name in task.data])

    def shares() -> Value:
        drawn = [between[name].random(count) for name, count in counts.items()]
        return nested([torch.tensor(u, dtype=engine.dtype, device=engine.device) for u in drawn])

    for pair in rates:
        rate = tuple(torch.tensor(each, dtype=engine.dtype, device=engine.device) for each in pair)
        yield [(batches("critics"), shares()) for _ in range(rounds)], batches("functor"), rate


def nested(values: list[Value]) -> Value:
    """(x₁, (x₂, (…, xₙ))): a value of ``product`` from the values of its factors."""
    whole = values[-1] if values else ()
    for value in reversed(values[:-1]):
        whole = (value, whole)
    return whole


def rows_of(points: torch.Tensor, count: int) -> Sampler:
    """``count`` rows, uniformly and with replacement."""

    def sample(numbers: np.random.Generator) -> torch.Tensor:
        chosen = (numbers.random(count) * len(points)).astype(np.int64)
        return points[torch.from_numpy(chosen)]

    return sample


def instance(task: FunctorTask, params: Value, engine: TorchEngine) -> Functor[Any]:
    """F_p : Free(G) → functions of the engine, at the learned point p."""
    functions = Functions(engine)

    def applied(name: str) -> Any:
        edge = task.architecture.edges[name]
        own = functions.meaning(task.architecture.parameter_of(name))(params)
        run = functions.meaning(edge.inside).run
        return functions.arrow(edge.dom, edge.cod, lambda x: run((own, x)))

    names = [edge.name for edge in task.architecture.schema.edges]
    return Functor(task.architecture.schema, functions, task.architecture.objects, {n: applied(n) for n in names})
