"""Learning the functor that a schema file asks for: the whole of a run, from the file to its figures."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch

from verified_cat.errors import DataError, SchemaError
from verified_cat.functions import Value
from verified_cat.gad import reverse_mode
from verified_cat.gpu.alternation import Draws, Learning
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import FunctorTask, Loss, evaluations
from verified_cat.gpu.made_points import sampler
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.schema_metrics import figures
from verified_cat.gpu.schema_task import Built, built
from verified_cat.gpu.training import Outcome, conclude, environment, iterate, tensor_of, weights_of
from verified_cat.networks import Objective
from verified_cat.objects import Ob, flatten, unflatten
from verified_cat.optimiser import adam
from verified_cat.schema_checks import findings
from verified_cat.specification import Specification


def train(
    whole: Specification, out: str | os.PathLike[str] | None, steps: int | None = None, seed: int = 0
) -> dict[str, Any]:
    """Learn the functor of a schema, measure it on held-out examples, and say which targets were reached.

    Raises SchemaError, before anything is made, where a check of the schema finds an error.
    """
    wrong = [finding for finding in findings(whole) if finding.level == "error"]
    if wrong:
        raise SchemaError(f"schema {whole.name}: {wrong[0].says}")
    folder, engine = RunFolder(out) if out is not None else None, TorchEngine(whole.training["precision"])
    run = Run(whole, engine, seed, whole.training["steps"] if steps is None else steps)
    job, gammas = run.balanced()
    outcome, params = run.learned(job)
    shown = figures(whole, params, seed, engine)
    metrics = {
        "task": f"schema {whole.name}",
        "seed": seed,
        **shown,
        **outcome.figures,
        "gammas": gammas,
        "evaluations": evaluations(job.task),
        "targets": {str(target): target.reached(shown) for target in whole.targets},
        "environment": environment(engine),
    }
    weights = weights_of(job.task.architecture.parameters, job.names, params, engine)
    return conclude(folder, outcome, weights, metrics)


@dataclass(frozen=True)
class Run:
    """One training of a specification."""

    whole: Specification
    engine: TorchEngine
    seed: int
    steps: int

    @property
    def options(self) -> dict[str, Any]:
        """Those of the training."""
        return dict(self.whole.training.options)

    def start(self, job: Built, learning: Learning) -> Value:
        """The state before the first step."""
        task = job.task
        return learning.start(
            self._value(task.architecture.parameters, job.first_weights(self.seed)),
            self._value(task.critic_params, job.first_critics(self.seed)),
        )

    def _value(self, ob: Ob, arrays: list[Any]) -> Value:
        return unflatten(ob, [tensor_of(array, self.engine) for array in arrays])

    def learning(self, task: FunctorTask) -> Learning:
        """The game, with Adam for both sides."""
        betas = self.options["beta1"], self.options["beta2"]
        return Learning(task, adam(Fraction(1), *betas), self.engine, self.options["average"], self.options["backend"])

    def rates(self, step: int) -> tuple[float, float]:
        """The rates of arrows and critics: constant, falling to 0 throughout, or over the second half."""
        rate, given = float(self.options["rate"]), float(self.options["critic_rate"])
        left = 1 - step / self.steps
        share = {"none": 1.0, "linear": left, "half": min(1.0, 2 * left)}[self.options["decay"]]
        return rate * share, (given or 2 * rate) * share

    def data(self, task: FunctorTask) -> Draws:
        """What each step is given: batches for the critics, more in the head start, and one for the arrows."""
        options = self.options
        samplers = {name: sampler(self.whole, name, options["batch"], self.seed, self.engine) for name in task.data}

        def rounds(step: int) -> int:
            if not task.judged:
                return 0
            return int(options["head_start_critic_steps" if step < options["head_start"] else "critic_steps"])

        return Draws(task, samplers, self.engine, self.seed, rounds, self.rates)

    def learned(self, job: Built) -> tuple[Outcome, Value]:
        """The training, and the point of Π_e P_e that it ends in."""
        learning = self.learning(job.task)
        state = self.start(job, learning)
        outcome = iterate(learning.update, state, self.data(job.task), self.steps)
        return outcome, learning.parameters(outcome.state)

    # ---------------------------------------------------------------------------------------- γ by gradients

    def balanced(self) -> tuple[Built, dict[str, float]]:
        """The task with every γ settled. Where the file says "auto", the critics are first trained alone, and
        γ_q = balance · |∇ Σ L_adv| / |∇ L_q| at the first parameters, on one batch."""
        count, demands = self.options["batch"], self.whole.demands
        job = built(self.whole, count)
        gammas = [demand.weight for demand in demands]
        if None in gammas:
            ratios = self._ratios(job)
            gammas = [ratio if gamma is None else gamma for gamma, ratio in zip(gammas, ratios, strict=True)]
            job = built(self.whole, count, tuple(gammas))
        named = zip(demands, gammas, strict=True)
        return job, {str(demand.equation): float(gamma or 0) for demand, gamma in named}

    def _ratios(self, job: Built) -> list[Fraction]:
        task, learning = job.task, self.learning(job.task)
        if not task.matched:
            raise SchemaError(
                f'schema {self.whole.name}: a weight "auto" is set against an adversary, and there is none'
            )
        rounds, batches, (_, rate) = self.data(task).at(0)
        params, critics = self.start(job, learning)
        for real, shares in rounds:
            critics = learning.judged(params, critics, real, shares, rate)
        point = learning.parameters((params, critics)), (learning.judges(critics), batches)
        against = gradient_norm(task.objective([task.deceived(path) for path in task.matched], []), point, self.engine)
        return [self._ratio(loss, against, task, point) for loss in task.losses]

    def _ratio(self, loss: Loss, against: float, task: FunctorTask, point: Value) -> Fraction:
        own = gradient_norm(
            task.objective([], [Loss(loss.equation, Fraction(1), loss.cost, loss.starts)]), point, self.engine
        )
        if not own > 0:
            raise DataError(
                f"{loss.equation} has the gradient 0 at the first parameters: no weight balances it; give a number"
            )
        return Fraction(float(self.options["balance"]) * against / own).limit_denominator(10**6)


def gradient_norm(objective: Objective, point: Value, engine: TorchEngine) -> float:
    """|∂E/∂π| at (π, d)."""
    with torch.inference_mode():
        _, pullback = reverse_mode(engine).differentiate(objective.term).run(point)
        gradient, _ = pullback(engine.tensor((), (Fraction(1),)))
        squares = [float(engine.dense(leaf).pow(2).sum()) for leaf in flatten(objective.param, gradient)]
    return float(sum(squares) ** 0.5)
