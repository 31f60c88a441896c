"""Learning the functor that a schema file asks for: the whole of a run, from the file to its figures.

A run is a function of its specification and its seed: what is drawn for step n depends on these and n alone. Its folder
holds both, so ``restored`` gives specification, parameters, seed and engine again, from the folder alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from pathlib import Path as File
from typing import Any

import torch

from verified_cat.errors import DataError, SchemaError, near
from verified_cat.functions import Value
from verified_cat.gpu.alternation import Draws, Learning, Sampler
from verified_cat.gpu.balancing import Balance
from verified_cat.gpu.checkpoints import parts
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import FunctorTask, Loss, evaluations
from verified_cat.gpu.made_points import sampler
from verified_cat.gpu.parallel import ReplicaEngine
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.saving import START, RunFolder, encoded
from verified_cat.gpu.schema_folder import SCHEMA_FILE, text_of
from verified_cat.gpu.schema_folder import restored as restored
from verified_cat.gpu.schema_looks import Looks, judge
from verified_cat.gpu.schema_metrics import figures
from verified_cat.gpu.schema_replicas import must_be_shared
from verified_cat.gpu.schema_task import Built, built
from verified_cat.gpu.session import current
from verified_cat.gpu.training import Outcome, conclude, environment, iterate, tensor_of, weights_of
from verified_cat.objects import Ob, unflatten
from verified_cat.optimiser import adam
from verified_cat.schema_checks import findings
from verified_cat.schema_kinds import settings
from verified_cat.specification import Demand, Specification


def train(
    whole: Specification,
    out: str | os.PathLike[str] | None,
    steps: int | None = None,
    seed: int = 0,
    *,
    first: Mapping[str, Array] | None = None,
    looked: bool = True,
    engine: TorchEngine | None = None,
) -> dict[str, Any]:
    """Learn the functor of a schema, measure it on held-out examples, and say which targets were reached.

    An ``engine`` of replicas makes the steps with the others. ``first`` are first parameters of arrows, by name, in
    place of drawn ones; without ``looked`` nothing is looked at on the way. Raises SchemaError, before anything is
    made, where a check of the schema finds an error.
    """
    whole = whole if steps is None else with_training(whole, steps=steps)
    wrong = [finding for finding in findings(whole) if finding.level == "error"]
    if wrong:
        raise SchemaError(f"schema {whole.name}: {wrong[0].says}")
    folder = RunFolder(out) if out is not None else None
    plain = TorchEngine(whole.training["precision"], whole.training["device"])
    files = {SCHEMA_FILE: text_of(whole), **({START: encoded(first)} if first else {})}
    alone = Run(whole, plain, seed, first or {})
    run = alone if engine is None else Run(whole, engine, seed, first or {})
    run.check()
    if folder and current():
        folder.put(files)
    gammas = alone.gammas()
    job = alone.built(gammas)
    outcome, params = run.learned(gammas, looked)
    shown = figures(whole, params, seed, plain)
    metrics = {
        "task": f"schema {whole.name}",
        "seed": seed,
        **shown,
        **outcome.figures,
        "gammas": {str(each.equation): float(gamma) for each, gamma in zip(whole.demands, gammas, strict=True)},
        "evaluations": evaluations(job.task),
        "targets": {str(target): target.reached(shown) for target in whole.targets},
        "environment": environment(run.engine),
    }
    weights = weights_of(job.task.architecture.parameters, job.names, params, plain)
    return conclude(folder, outcome, weights, metrics, files)


def with_training(whole: Specification, **options: Any) -> Specification:
    """The same with other options of its training. Raises SchemaError for what is none."""
    return replace(whole, training=settings("training", "training", **{**whole.training.given, **options}))


@dataclass(frozen=True)
class Run:
    """One training of a specification. Of several replicas each makes every step on its share of every batch; the
    weights of the equations and the looks are computed by each alone, on whole batches."""

    whole: Specification
    engine: TorchEngine
    seed: int
    first: Mapping[str, Array] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Any]:
        """Those of the training."""
        return dict(self.whole.training.options)

    def built(self, gammas: tuple[Fraction, ...] = ()) -> Built:
        """The task on batches, with these weights of the equations."""
        return built(self.whole, self.options["batch"], gammas)

    def shared(self, gammas: tuple[Fraction, ...] = ()) -> Built:
        """The task on this process's share of each batch."""
        return built(self.whole, self.options["batch"] // self.share[1], gammas)

    @property
    def share(self) -> tuple[int, int]:
        """Which part of each batch is this process's, and of how many."""
        return (self.engine.rank, self.engine.world) if isinstance(self.engine, ReplicaEngine) else (0, 1)

    # ---------------------------------------------------------------------------------------- data

    def check(self) -> None:
        """The data can be had, and shared. Raises DataError and UsageError, before any step."""
        assert self.digests
        if isinstance(self.engine, ReplicaEngine):
            must_be_shared(self.whole, self.engine.world)

    @cached_property
    def samplers(self) -> dict[str, Sampler]:
        """Batches of each object with data, from a stream."""
        names = [thing.name for thing in self.whole.things if thing.data is not None]
        return {name: self._sampler(name) for name in names}

    def _sampler(self, name: str) -> Sampler:
        try:
            return sampler(self.whole, name, self.options["batch"], self.seed, self.engine)
        except DataError as fault:
            raise DataError(f"the data of {name}: {fault}") from None

    @cached_property
    def digests(self) -> dict[str, str]:
        """A batch of each object is drawn, from streams that nothing else draws from: a digest of each.

        Raises DataError, with the object, for examples that cannot be had or are not finite.
        """
        return {name: self._checked(name) for name in self.samplers}

    def _checked(self, name: str) -> str:
        found = sha256()
        try:
            batch = self.samplers[name](stream(self.seed, name, "check"))
        except DataError as fault:
            raise DataError(f"the data of {name}: {fault}") from None
        for leaf in parts(batch):
            if not bool(torch.isfinite(leaf).all()):
                raise DataError(f"the data of {name} hold a number that is not finite in {self.engine.dtype}")
            found.update(leaf.detach().cpu().contiguous().numpy().tobytes())
        data = self.whole.thing(name).data
        assert data is not None
        for key in ("path", "held") if data.kind == "npy" else ("path",):
            place = File(dict(data.options).get(key) or os.devnull)  # no path at all is not the folder one is in
            if place.is_file():
                found.update(place.read_bytes())
            elif place.is_dir():
                inside = sorted(each for each in place.rglob("*") if each.is_file())
                found.update(repr([(str(each.relative_to(place)), each.stat().st_size) for each in inside]).encode())
        return found.hexdigest()

    def rates(self, step: int) -> tuple[float, float]:
        """The rates of arrows and critics: constant, falling to 0 throughout, or over the second half."""
        rate, given = float(self.options["rate"]), float(self.options["critic_rate"])
        left = 1 - step / self.options["steps"]
        share = {"none": 1.0, "linear": left, "half": min(1.0, 2 * left)}[self.options["decay"]]
        return rate * share, (given or 2 * rate) * share

    def weights(self, task: FunctorTask, step: int) -> tuple[float, ...]:
        """γ min(1, n / ramp) of each weighed equation at step n; none where they are constants of the program.

        Where weights are measured again, 1 in place of a γ that is, and last whether it is due at step n.
        """
        if not task.scheduled:
            return ()
        ramp, every = self.options["ramp"], self.balance_every
        share = min(Fraction(1), Fraction(step, ramp)) if ramp else Fraction(1)
        kept = [1 if every and demand.weight is None else loss.weight for loss, demand in self._weighed(task)]
        due = [float(step > 0 and step % every == 0)] if every else []
        return (*(float(gamma * share) for gamma in kept), *due)

    def _weighed(self, task: FunctorTask) -> list[tuple[Loss, Demand]]:
        return [pair for pair in zip(task.losses, self.whole.demands, strict=True) if pair[0].weight]

    @property
    def balance_every(self) -> int:
        """After so many steps the weights "auto" are measured again; 0 for never, and where there are none."""
        return int(self.options["balance_every"]) if None in [each.weight for each in self.whole.demands] else 0

    def data(self, task: FunctorTask) -> Draws:
        """What each step is given: batches for the critics, more in the head start, and one for the arrows."""
        options = self.options

        def rounds(step: int) -> int:
            if not task.judged:
                return 0
            return int(options["head_start_critic_steps" if step < options["head_start"] else "critic_steps"])

        known = [(name, array.tolist()) for name, array in sorted(self.first.items())]
        weights = [str(loss.weight) for loss in task.losses]

        def paces(step: int) -> tuple[float, ...]:
            return (*self.rates(step), *self.weights(task, step))

        digest = sha256(repr((sorted(self.digests.items()), weights, known)).encode()).hexdigest()
        return Draws(task, self.samplers, self.engine, self.seed, rounds, paces, digest=digest, share=self.share)

    # ---------------------------------------------------------------------------------------- learning

    def start(self, job: Built, learning: Learning) -> Value:
        """The state before the first step."""
        task, drawn = job.task, job.first_weights(self.seed)
        for name in self.first:
            if name not in job.names:
                raise SchemaError(
                    f"schema {self.whole.name} has no parameters called {name}; {near(name, [*job.names])}"
                )
        given = [self.first.get(name, array) for name, array in zip(job.names, drawn, strict=True)]
        return learning.start(
            self._value(task.architecture.parameters, given),
            self._value(task.critic_params, job.first_critics(self.seed)),
        )

    def _value(self, ob: Ob, arrays: list[Any]) -> Value:
        return unflatten(ob, [tensor_of(array, self.engine) for array in arrays])

    def learning(self, task: FunctorTask) -> Learning:
        """The game, with Adam for both sides."""
        rule = adam(Fraction(1), self.options["beta1"], self.options["beta2"])
        balance = self.balance(task) if self.balance_every else None
        return Learning(task, rule, self.engine, self.options["average"], self.options["backend"], balance)

    def learned(self, gammas: tuple[Fraction, ...], looked: bool = True) -> tuple[Outcome, Value]:
        """The training, and the point of Π_e P_e that it ends in."""
        options, job = self.options, self.shared(gammas)
        learning = self.learning(job.task)
        plain = TorchEngine(options["precision"], options["device"])
        looks = Looks(self.whole, self.built(gammas).task, options["batch"], self.seed, plain) if looked else None
        judged = judge(looks, learning, options) if looks else None
        state = self.start(job, learning)
        outcome = iterate(learning.update, state, self.data(job.task), options["steps"], judged)
        return outcome, learning.parameters(outcome.state)

    # ---------------------------------------------------------------------------------------- γ by gradients

    def gammas(self) -> tuple[Fraction, ...]:
        """Every γ. Where the file says "auto", the critics are first trained alone, and
        γ_q = balance · |∇ Σ L_adv| / |∇ L_q| at the first parameters, on one batch."""
        known = [demand.weight for demand in self.whole.demands if demand.weight is not None]
        return tuple(known) if len(known) == len(self.whole.demands) else self._balanced(self.built())

    def _balanced(self, job: Built) -> tuple[Fraction, ...]:
        task, learning = job.task, self.learning(job.task)
        if not task.matched:
            raise SchemaError(
                f'schema {self.whole.name}: a weight "auto" is set against an adversary, and there is none'
            )
        rounds, batches, (_, rate, *_) = self.data(task).at(0)
        params, critics, *_ = self.start(job, learning)
        for real, shares in rounds:
            critics = learning.judged(params, critics, real, shares, rate)
        point = learning.parameters((params, critics)), (learning.judges(critics), batches)
        found = iter(self.balance(task).ratios(point))
        return tuple(self._known(demand, found) for demand in self.whole.demands)

    def _known(self, demand: Demand, found: Iterator[float | None]) -> Fraction:
        """Its weight, or the next one that was found."""
        if demand.weight is not None:
            return demand.weight
        if (ratio := next(found)) is None:
            raise DataError(
                f"{demand.equation} has the gradient 0 at the first parameters: no weight balances it; give a number"
            )
        return Fraction(ratio).limit_denominator(10**6)

    def balance(self, task: FunctorTask) -> Balance:
        """The weights of its losses by gradients."""
        auto = [demand.weight is None for demand in self.whole.demands]
        return Balance(task, self.engine, self.options["balance"], auto)
