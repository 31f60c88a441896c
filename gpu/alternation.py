"""The step that learns a functor: critics and generators in turns, each step compiled; data drawn unpaired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from verified_cat.averaging import averaged
from verified_cat.descent import per_leaf
from verified_cat.errors import DataError
from verified_cat.functions import Functions, Value
from verified_cat.gpu.balancing import Balance
from verified_cat.gpu.data import Stream
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import FunctorTask
from verified_cat.gpu.parallel import ReplicaEngine, ReplicaStep
from verified_cat.gpu.randomness import entered, position
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
        balance: Balance | None = None,
    ) -> None:
        """``average`` is the decay of the mean of the parameters of the arrows; 0 for none. ``backend`` as of Step.
        With a ``balance`` the weights that it sets are a third part of the state, and the draws say when it is due."""
        critic, shown = task.critic_objective(), task.pushforward()
        judged = Objective(critic.param, shown.dom, (Identity(critic.param) @ shown) >> critic.term)
        self.task, self.average, self.balance = task, average, balance
        own = averaged(rule, average) if average else rule
        self.generators = _step(task.generator_objective(), own, engine, backend)
        self.critics = _step(judged, rule, engine, backend)
        """Where no adversary has a critic, a step of no parameters, which nobody makes."""

    def start(self, params: Value, critics: Value) -> Value:
        """The state before the first step, from a point of Π_e P_e and one of the critics."""
        first = _first(self.generators, params), _first(self.critics, critics)
        return first if self.balance is None else (*first, self.balance.first())

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
        """(state, draws) ↦ (next state, the losses): the draws are those of ``Draws``."""

        def update(state: Value, data: Any) -> tuple[Value, Mapping[str, torch.Tensor]]:
            generators, critics, *rest = state
            rounds, batches, (rate, critic_rate, *weights) = data
            figures: dict[str, torch.Tensor] = {}
            params = flatten(self.generators.objective.param, self.generators.point(generators))
            for real, shares in rounds:
                given = flatten(self.task.batches, real) + flatten(self.task.shares, shares)
                critics, figures["critic_loss"] = self.critics.after(critics, *params, *given, critic_rate)
            judges = flatten(self.critics.objective.param, self.critics.point(critics))
            if self.balance is not None:
                rest, weights = self._balanced(rest[0], weights, generators, critics, batches)
                figures |= {f"weight of {each.equation}": w for each, w in zip(self.task.weighed, weights, strict=True)}
            given = flatten(self.task.batches, batches)
            generators, figures["loss"] = self.generators.after(generators, *judges, *given, *weights, rate)
            return (generators, critics, *rest), figures

        return update

    def _balanced(self, gammas: Any, weights: Any, generators: Any, critics: Any, batches: Value) -> tuple[Any, Any]:
        """The γ that go on, measured again where that is due, and the weights of this step."""
        assert self.balance is not None
        *shares, due = weights
        if bool(due):
            point = self.generators.point(generators), (self.judges(critics), batches)
            gammas = self.balance.again(gammas, point)
        return [gammas], [share * gamma for share, gamma in zip(shares, gammas, strict=True)]


def _step(objective: Objective, rule: Optimiser, engine: TorchEngine, backend: str) -> Step:
    """The compiled step; of an engine of several replicas, the one of them all."""
    if isinstance(engine, ReplicaEngine):
        return ReplicaStep(objective, rule, engine, backend=backend, paced=True)
    return Step(objective, rule, engine, backend=backend, paced=True)


def _first(step: Step, point: Value) -> tuple[torch.Tensor, ...]:
    return step.first(dict(zip(step.names, flatten(step.objective.param, point), strict=True)))


class Draws(Stream):
    """n ↦ what step n is given: data for some steps of the critics, then for one of the functor; both rates; and the
    weights of the equations, where these are scheduled.

    Each object and each path draws from a stream of its own, one for each purpose, so no two objects are ever paired;
    each step draws where the one before ended. Where that was is noted, so a training goes on without drawing again.
    """

    def __init__(
        self,
        task: FunctorTask,
        samplers: Mapping[str, Sampler],
        engine: TorchEngine,
        seed: int,
        rounds: int | Callable[[int], int],
        rates: Callable[[int], tuple[float, ...]],
        *,
        digest: str = "",
        share: tuple[int, int] = (0, 1),
    ) -> None:
        """``rounds`` are the steps of the critics; they may depend on the number of the step: a head start. Of what the
        samplers give, ``share`` = (k, w) is the k-th part of w, and ``task`` is that on such parts."""
        self.task, self.samplers, self.engine, self.seed = task, samplers, engine, seed
        self.rounds, self.rates, self._digest, self._share = rounds, rates, digest, share
        schema, images = task.architecture.schema, task.architecture.objects
        self._counts = {path: share[1] * rows(images[schema.target(path)]) for path in task.judged}
        self._marks: dict[int, dict[str, int]] = {}
        self.enter(0, None)

    @property
    def digest(self) -> str:
        """What it was told that its data are."""
        return self._digest

    def _names(self) -> Iterator[tuple[str, str]]:
        """Of what and for what numbers are drawn."""
        for purpose in ("critics", "functor"):
            yield from ((name, purpose) for name in self.task.data)
        yield from ((str(path), "between real and made") for path in self.task.judged)

    # ---------------------------------------------------------------------------------------- places

    def enter(self, number: int, mark: Any) -> None:
        """To where batch ``number`` begins: with its mark at once, else by drawing all batches before it again."""
        known = {} if mark is None else mark
        self._next = 0 if mark is None else number
        self._streams = {each: entered(self.seed, *each, known.get(_key(each), 0)) for each in self._names()}
        while self._next < number:
            self.at(self._next)

    def mark(self, number: int) -> dict[str, int] | None:
        """How many numbers each stream had given before batch ``number``, if it was drawn lately."""
        return self._marks.get(number)

    def _note(self) -> None:
        self._marks[self._next] = {_key(each): position(numbers) for each, numbers in self._streams.items()}
        self._marks.pop(self._next - LATELY, None)

    # ---------------------------------------------------------------------------------------- batches

    def at(self, number: int) -> Value:
        """The data of step ``number``."""
        if number != self._next:
            self.enter(number, self.mark(number))
        self._note()
        count = self.rounds(number) if callable(self.rounds) else self.rounds
        judged = [(self._batches("critics"), self._between()) for _ in range(count)]
        whole = judged, self._batches("functor"), tuple(map(self._tensor, self.rates(number)))
        self._next += 1
        return whole

    def _batches(self, purpose: str) -> Value:
        return nested([self._sample(name, purpose) for name in self.task.data])

    def _sample(self, name: str, purpose: str) -> Value:
        try:
            return self._own(self.samplers[name](self._streams[name, purpose]))
        except DataError as fault:
            raise DataError(f"the data of {name}, for step {self._next}: {fault}") from None

    def _between(self) -> Value:
        """For each judged path and each row, where between a real and a made point the critic is looked at."""
        drawn = [self._streams[str(path), "between real and made"].random(n) for path, n in self._counts.items()]
        return nested([self._own(self._tensor(numbers)) for numbers in drawn])

    def _own(self, batch: Value) -> Value:
        """This replica's examples of a batch; all replicas draw all of it."""
        if isinstance(batch, tuple):
            return tuple(map(self._own, batch))
        place, parts = self._share
        count = len(batch) // parts
        return batch[place * count : (place + 1) * count]

    def _tensor(self, numbers: Any) -> torch.Tensor:
        return torch.tensor(numbers, dtype=self.engine.dtype, device=self.engine.device)


LATELY = 2000
"""So many batches have marks: more than are made ahead of time."""


def _key(each: tuple[str, str]) -> str:
    return f"{each[0]}, {each[1]}"


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
