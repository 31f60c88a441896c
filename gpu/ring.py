"""A generative adversarial network on a ring of eight Gaussians: all eight found, with the gap of the game measured.

The generator makes g(z) of z uniform in [-1, 1]²; the critic's logit c(x) says how real x is. With s = softplus the
critic pays mean s(-c(x)) + mean s(c(g(z))) + λ/2 mean |∇_x c(x)|² over real x, the generator mean s(-c(g(z)))
(Goodfellow et al. 2014, non-saturating; Mescheder, Geiger and Nowozin 2018, equation 9, the penalty R₁). The average
of the generator over time is a third player, who pays for being away from it; that average is what is measured.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import tau
from typing import Any

import numpy as np

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.floats import added
from verified_cat.functions import Functions, Value
from verified_cat.gpu.cyclegan_points import normal
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.games import GameStep, Responses, rounds
from verified_cat.gpu.randomness import Array, initial_weights, stream
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.training import conclude, environment, iterate, tensor_of, weights_of
from verified_cat.gpu.wasserstein import chained, input_gradient, square_norm
from verified_cat.loss import total
from verified_cat.networks import Network, dense, entrywise
from verified_cat.objects import Ob, Pair, Space, space
from verified_cat.optimiser import adam, gradient_descent
from verified_cat.players import Game, Player, alternating, follower
from verified_cat.schema import product, project
from verified_cat.terms import First, Pairing, Second, Term

NAME = "gan-ring"
DESCRIPTION = "a generative adversarial network on a ring of eight Gaussians, with its duality gap"
STEPS, DTYPE = 10000, "float32"
BATCH, HIDDEN, NOISE = 256, 64, 2
MODES, RADIUS, SPREAD = 8, 1.0, 0.05
PENALTY, RATE, FOLLOWING = Fraction(1, 10), Fraction(1, 1000), Fraction(1, 200)
HELD_OUT, RESPONSE_STEPS = 4096, 100
TERMS = Terms()


# ------------------------------------------------------------------------------------------------ the game


def networks(rows: int) -> tuple[Network, Network]:
    """g : R[rows,2] → R[rows,2] and c : R[rows,2] → R[rows,1]; three layers each, relu and softplus between."""

    def layers(name: str, widths: tuple[int, ...], bend: Any) -> Network:
        parts: list[Network] = []
        for i in range(1, len(widths)):
            parts.append(dense(rows, widths[i - 1], widths[i], f"{name}.layer{i}"))
            parts.append(entrywise(bend, rows, widths[i]))
        return chained(*parts[:-1])

    generator = layers("generator", (NOISE, HIDDEN, HIDDEN, 2), primitives.relu)
    return generator, layers("critic", (2, HIDDEN, HIDDEN, 1), primitives.tanh)


def game(rows: int) -> Game:
    """Critic, generator, and the generator's average; the data are (x, z), real points and noise."""
    generator, critic = (network.map for network in networks(rows))
    two = (critic.param, generator.param)
    every, data = [*two, generator.param], Pair(critic.dom, generator.dom)
    params = product(TERMS, every)
    point, given = First(params, data), Second(params, data)
    c = point >> project(TERMS, every, 0)
    real = Pairing(c, given >> First(critic.dom, generator.dom))
    made = Pairing(point >> project(TERMS, every, 1), given >> Second(critic.dom, generator.dom)) >> generator.inside
    judged = Pairing(c, made) >> critic.inside
    scores = (rows, 1)
    believed = judged >> primitives.negate(scores) >> _mean_softplus(scores)
    caught = Pairing(
        real >> critic.inside >> primitives.negate(scores) >> _mean_softplus(scores),
        judged >> _mean_softplus(scores),
    ) >> primitives.add(())
    steep = real >> input_gradient(critic) >> square_norm(critic.dom) >> total(space(rows))
    pays = Pairing(caught, steep >> primitives.scale(PENALTY / (2 * rows), ())) >> primitives.add(())
    rule = adam(RATE, Fraction(1, 2), Fraction(99, 100))
    learning = (Player("critic", critic.param, pays, rule), Player("generator", generator.param, believed, rule))
    return Game((*learning, follower("average", two, 1, data, gradient_descent(FOLLOWING))), data)


def _mean_softplus(shape: tuple[int, int]) -> Term:
    """x ↦ mean log(1 + eˣ)."""
    return primitives.softplus(shape) >> total(Space(shape)) >> primitives.scale(Fraction(1, shape[0] * shape[1]), ())


# ------------------------------------------------------------------------------------------------ data and measures


def middles() -> Array:
    """The eight middles on the circle of ``RADIUS``."""
    angles = tau * np.arange(MODES) / MODES
    return RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def real_points(count: int, numbers: np.random.Generator) -> Array:
    """Points of the mixture: a mode, each as likely, and a normal deviation of ``SPREAD`` from its middle."""
    mode = (numbers.random(count) * MODES).astype(np.intp)
    away = np.stack([normal(count, numbers), normal(count, numbers)], axis=1)
    return np.asarray(middles()[mode] + SPREAD * away)


def noise(count: int, numbers: np.random.Generator) -> Array:
    """z, uniform in [-1, 1]²."""
    return 2 * numbers.random((count, NOISE)) - 1


def drawn(rows: int, seed: int, purpose: str, engine: TorchEngine) -> Iterator[Value]:
    """Batches (x, z) without end; real points and noise from streams of their own."""
    points, latent = stream(seed, "ring", purpose), stream(seed, "noise", purpose)
    while True:
        yield tensor_of(real_points(rows, points), engine), tensor_of(noise(rows, latent), engine)


@dataclass(frozen=True, slots=True)
class Measures:
    """What is said of made points: ``quality`` is the share of good ones, within 3 ``SPREAD`` of the nearest middle.

    A mode is covered where it has a quarter of an eighth of all points as good ones. ``unevenness`` is half the sum of
    |share of the mode among good points - 1/8|, ``width`` the root mean square distance of good points to their
    middles, as a multiple of that of real ones.
    """

    modes: int
    quality: float
    unevenness: float
    width: float


def measured(points: Array) -> Measures:
    """The measures of made points."""
    away = np.linalg.norm(points[:, None, :] - middles()[None], axis=2)
    nearest, distance = away.argmin(axis=1), away.min(axis=1)
    good = distance <= 3 * SPREAD
    counts = np.bincount(nearest[good], minlength=MODES)
    shares = counts / max(1, int(counts.sum()))
    cut = 2 * (1 - np.exp(-4.5) * (1 + 4.5)) / (1 - np.exp(-4.5))  # the mean of |x|²/σ² of a plane normal within 3 σ
    return Measures(
        modes=int((counts >= len(points) / MODES / 4).sum()),
        quality=float(good.mean()),
        unevenness=float(np.abs(shares - 1 / MODES).sum() / 2),
        width=float(np.sqrt((distance[good] ** 2).mean() / cut) / SPREAD) if good.any() else 0.0,
    )


# ------------------------------------------------------------------------------------------------ training


def first_weights(params: Ob, names: tuple[str, ...], seed: int) -> dict[str, Array]:
    """The first parameters: ``initial_weights``; the average starts where the generator does."""
    made = initial_weights(params, names, seed)
    return {name: made[name.replace("average", "generator")] for name in names}


def names() -> tuple[str, ...]:
    """The names of all parameters, player after player."""
    generator, critic = networks(1)
    return (*critic.names, *generator.names, *(name.replace("generator", "average") for name in generator.names))


def train(out: str | os.PathLike[str] | None, steps: int | None = None, seed: int = 0) -> dict[str, Any]:
    """Play in turns; measure what the averaged generator makes, and what best responses would gain."""
    engine, folder = TorchEngine(DTYPE), RunFolder(out) if out is not None else None
    played, called = game(BATCH), names()
    step = GameStep(played, alternating, engine, names=called, backend="best")
    begin = step.first(first_weights(played.params, called, seed))
    count = STEPS if steps is None else steps
    outcome = iterate(rounds(step), begin, drawn(BATCH, seed, "training", engine), count)
    point = step.point(outcome.state)
    metrics: dict[str, Any] = {"task": NAME, "seed": seed, **outcome.figures}
    if folder is not None:  # nothing is measured where nothing is recorded
        gap = Gap(seed, engine)
        metrics |= {"gap at the start": gap.at(step.point(begin))["gap"], **gap.at(point)}
    own = Functions(engine).meaning(played.own(2)).run(point)
    z = noise(HELD_OUT, stream(seed, "noise", "held out"))
    made = Functions(engine).meaning(networks(HELD_OUT)[0].map.inside).run((own, tensor_of(z, engine)))
    found = measured(made.cpu().numpy().astype(np.float64))
    metrics |= {"modes": float(found.modes), "quality": found.quality, "unevenness": found.unevenness}
    metrics |= {"width": found.width, "environment": environment(engine)}
    return conclude(folder, outcome, weights_of(played.params, called, point, engine), metrics)


class Gap:
    """The sum of what critic and generator would each gain by ``RESPONSE_STEPS`` steps on their own."""

    def __init__(self, seed: int, engine: TorchEngine) -> None:
        self.seed, self.engine = seed, engine
        self._responses = Responses(game(BATCH), game(HELD_OUT), adam(RATE), RESPONSE_STEPS, engine, players=(0, 1))

    def at(self, point: Value) -> dict[str, float]:
        """Both gains and the gap at a point; the data are the same at each."""
        held_out = next(drawn(HELD_OUT, self.seed, "held out", self.engine))
        gains = self._responses.gains(point, drawn(BATCH, self.seed, "responses", self.engine), held_out)
        return {f"gain of the {name}": gain for name, gain in gains.items()} | {"gap": added(gains.values())}
