"""The step that learns a functor: critics and generators in turns, each step compiled; data drawn unpaired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from verified_cat.averaging import averaged
from verified_cat.descent import per_leaf
from verified_cat.functions import Functions, Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import FunctorTask
from verified_cat.gpu.randomness import stream
from verified_cat.gpu.step import Step
from verified_cat.gpu.training import Update
from verified_cat.gpu.wasserstein import rows
from verified_cat.networks import Objective
from verified_cat.objects import flatten, unflatten
from verified_cat.optimiser import Optimiser
from verified_cat.schema import Functor
from verified_cat.terms import Identity

Sampler = Callable[[np.random.Generator], Value]
"""A stream ↦ a batch of the object, a value of the engine."""


class Learning:
    """The alternating game: critics take some steps up, then the functor takes one step down; each a compiled step.

    A state is the pair of both states. The critics' step makes what it is shown from the point of the functor, so that
    points on a path that is shown twice are made once.
    """

    def __init__(
        self,
        task: FunctorTask,
        rule: Optimiser,
        engine: TorchEngine,
        average: Fraction = Fraction(0),
        backend: str = "python",
    ) -> None:
        """``average`` is the decay of the mean of the parameters of the arrows; 0 for none. ``backend`` as of Step."""
        critic, shown = task.critic_objective(), task.pushforward()
        judged = Objective(critic.param, shown.dom, (Identity(critic.param) @ shown) >> critic.term)
        self.task, self.average = task, average
        own = averaged(rule, average) if average else rule
        self.generators = Step(task.generator_objective(), own, engine, backend=backend, paced=True)
        self.critics = Step(judged, rule, engine, backend=backend, paced=True)
        """Where no adversary has a critic, a step of no parameters, which nobody makes."""

    def start(self, params: Value, critics: Value) -> Value:
        """The state before the first step, from a point of Π_e P_e and one of the critics."""
        return _first(self.generators, params), _first(self.critics, critics)

    def judged(self, params: Any, critics: Any, real: Value, shares: Value, rate: Any) -> Any:
        """The state of the critics after one step of theirs."""
        point = flatten(self.generators.objective.param, self.generators.point(params))
        given = flatten(self.task.batches, real) + flatten(self.task.shares, shares)
        return self.critics.after(critics, *point, *given, rate)[0]

    def judges(self, critics: Any) -> Value:
        """The value of Π_A P_{D_A} in a state of the critics."""
        return self.critics.point(critics)

    def parameters(self, state: Value) -> Value:
        """The value of Π_e P_e in a state: their mean along the training, where one is kept and a step was made."""
        if self.average:
            param = self.generators.objective.param
            means = [mean for _, mean in per_leaf(param, self.generators.held(state[0]))]
            if all(bool(left < 1) for _, left in means):
                return unflatten(param, [total / (1 - left) for total, left in means])
        return self.generators.point(state[0])

    @property
    def update(self) -> Update:
        """(state, draws) ↦ (next state, the losses): the draws are those of ``draws``."""

        def update(state: Value, data: Any) -> tuple[Value, Mapping[str, torch.Tensor]]:
            generators, critics = state
            rounds, batches, (rate, critic_rate) = data
            figures: dict[str, torch.Tensor] = {}
            params = flatten(self.generators.objective.param, self.generators.point(generators))
            for real, shares in rounds:
                given = flatten(self.task.batches, real) + flatten(self.task.shares, shares)
                critics, figures["critic_loss"] = self.critics.after(critics, *params, *given, critic_rate)
            judges = flatten(self.critics.objective.param, self.critics.point(critics))
            given = flatten(self.task.batches, batches)
            generators, figures["loss"] = self.generators.after(generators, *judges, *given, rate)
            return (generators, critics), figures

        return update


def _first(step: Step, point: Value) -> tuple[torch.Tensor, ...]:
    return step.first(dict(zip(step.names, flatten(step.objective.param, point), strict=True)))


def draws(
    task: FunctorTask,
    samplers: Mapping[str, Sampler],
    engine: TorchEngine,
    seed: int,
    rounds: int | Callable[[int], int],
    rates: Iterator[tuple[float, float]],
) -> Iterator[Any]:
    """For each pair of rates: data for ``rounds`` steps of the critics, then for one of the functor.

    ``rounds`` may depend on the number of the step: a head start for the critics. Each object and each path draws from
    a stream of its own, one for each purpose, so no two objects are ever paired.
    """
    streams = {purpose: {name: stream(seed, name, purpose) for name in task.data} for purpose in ("critics", "functor")}
    schema = task.architecture.schema
    between = {path: stream(seed, str(path), "between real and made") for path in task.judged}
    counts = {path: rows(task.architecture.objects[schema.target(path)]) for path in task.judged}

    def batches(purpose: str) -> Value:
        return nested([samplers[name](streams[purpose][name]) for name in task.data])

    def shares() -> Value:
        drawn = [between[path].random(count) for path, count in counts.items()]
        return nested([torch.tensor(u, dtype=engine.dtype, device=engine.device) for u in drawn])

    for number, pair in enumerate(rates):
        count = rounds(number) if callable(rounds) else rounds
        rate = tuple(torch.tensor(each, dtype=engine.dtype, device=engine.device) for each in pair)
        yield [(batches("critics"), shares()) for _ in range(count)], batches("functor"), rate


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
