"""CycleGAN on points of the plane: f : A → B and g : B → A, inverse to each other, learned from two unpaired clouds.

A is a mixture of three thin rods, B its image under T(x) = R x + t, from draws of its own: no point has a partner. T is
used to make the data and to measure, never to train. Three rows are reported on held-out points: the learned functor,
the same training without the path equations, and doing nothing.

What this does not show. The recipe (networks, rates, weights) was found by a search that chose by the error to T; on
data whose T is unknown that choice could not have been made. It holds in a basin around this rotation and this shift:
larger motions end in functors that satisfy both equations and are wrong, because the equations and the data fix a
functor only up to what maps the clouds onto themselves, and adversarial training does not always find the best match.
With round clouds in place of thin rods T is not determined well enough by the data to be found.
"""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import cos, radians, sin, sqrt, tau
from typing import Any

import numpy as np

from verified_cat import primitives
from verified_cat.functions import Functions, Value
from verified_cat.gpu.adversaries import wgan_gp
from verified_cat.gpu.alternation import Draws, Learning, instance, rows_of
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import FunctorTask, Loss
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.training import FINISHED, Outcome, conclude, environment, iterate, tensor_of, weights_of
from verified_cat.gpu.wasserstein import chained, residual
from verified_cat.networks import PARA, Network, dense, entrywise
from verified_cat.objects import Ob, Space, leaves, space, unflatten
from verified_cat.optimiser import adam
from verified_cat.schema import CYCLE_GAN, Architecture

NAME = "cyclegan-points"
DESCRIPTION = "learn f : A → B and g : B → A with f ; g = id and g ; f = id from two unpaired clouds of points"
STEPS, DTYPE = 1500, "float32"
BATCH, HIDDEN, CRITIC_ROUNDS, POINTS = 64, 32, 2, 4000
GAMMA, PENALTY = Fraction(2), Fraction(3, 10)
RATE, CRITIC_RATE, LAST = 2e-3, 4e-3, 0.1

SHARES = (0.5, 0.3, 0.2)
MIDDLES = np.array([[1.5, 0.0], [-0.25, 1.0], [-0.6, -0.5]]) - np.array([0.555, 0.2])
RODS = ((0.0, 0.8), (105.0, 0.5), (220.0, 0.35))
"""Of each rod: direction in degrees, standard deviation along it. Across it is ``WIDTH``."""
WIDTH = 0.12
ANGLE, SHIFT = 90.0, np.array([1.0, -0.5])

ROWS = ("with path equations", "no path equations", "do nothing")


# ------------------------------------------------------------------------------------------------ data


def normal(count: int, numbers: np.random.Generator) -> Array:
    """``count`` standard normal numbers, from uniform ones (Box and Muller 1958)."""
    half = (count + 1) // 2
    radius, turn = np.sqrt(-2 * np.log1p(-numbers.random(half))), tau * numbers.random(half)
    return np.concatenate([radius * np.cos(turn), radius * np.sin(turn)])[:count]


def cloud(count: int, seed: int, thing: str, purpose: str) -> Array:
    """Points of the mixture in A, from the stream of a thing and a purpose."""
    return rods(count, stream(seed, thing, purpose))


def rods(count: int, numbers: np.random.Generator) -> Array:
    """Points of the mixture: a rod by its share, then a point of its normal distribution."""
    rod = np.searchsorted(np.cumsum(SHARES)[:-1], numbers.random(count), side="right")
    along, across = normal(count, numbers), normal(count, numbers)
    turn = np.radians([direction for direction, _ in RODS])[rod]
    along, across = along * np.array([length for _, length in RODS])[rod], across * WIDTH
    rotated = [np.cos(turn) * along - np.sin(turn) * across, np.sin(turn) * along + np.cos(turn) * across]
    return np.asarray(MIDDLES[rod] + np.stack(rotated, axis=1))


def rotation() -> Array:
    """R, by ``ANGLE``."""
    angle = radians(ANGLE)
    return np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])


def truth(x: Array) -> Array:
    """T(x) = R x + t."""
    return np.asarray(x @ rotation().T + SHIFT)


def truth_inverse(y: Array) -> Array:
    """T⁻¹(y) = Rᵀ (y - t)."""
    return np.asarray((y - SHIFT) @ rotation())


def clouds(count: int, seed: int, purpose: str) -> dict[str, Array]:
    """Points of A, and the images under T of other points of A."""
    return {"A": cloud(count, seed, "A", purpose), "B": truth(cloud(count, seed, "B", purpose))}


# ------------------------------------------------------------------------------------------------ networks


def perceptron(batch: int, widths: tuple[int, int, int, int], name: str) -> Network:
    """Three dense layers with tanh between, bracketed so that its reverse derivative is short."""
    first, second, third = (
        dense(batch, inputs, outputs, f"{name}.layer{position}")
        for position, (inputs, outputs) in enumerate(pairwise(widths), start=1)
    )
    inner, outer = (entrywise(primitives.tanh, batch, width) for width in widths[1:-1])
    return chained(first, inner, second, outer, third)


def networks(batch: int) -> dict[str, Network]:
    """x ↦ x + f(x) for both edges, and a critic for each object."""
    generator, critic = (2, HIDDEN, HIDDEN, 2), (2, HIDDEN, HIDDEN, 1)
    made = {edge.name: residual(perceptron(batch, generator, edge.name)) for edge in CYCLE_GAN.edges}
    return made | {name: perceptron(batch, critic, f"critic_{name}") for name in CYCLE_GAN.objects}


def task(batch: int = BATCH) -> FunctorTask:
    """The schema, its networks and critics, and γ."""
    made, plane = networks(batch), space(batch, 2)
    edges = {edge.name: made[edge.name].map for edge in CYCLE_GAN.edges}
    architecture = Architecture(CYCLE_GAN, PARA, {name: plane for name in CYCLE_GAN.objects}, edges)
    adversaries = {name: wgan_gp(made[name].map, PENALTY) for name in CYCLE_GAN.objects}
    losses = tuple(Loss(equation, GAMMA) for equation in CYCLE_GAN.equations)
    return FunctorTask(architecture, CYCLE_GAN.objects, adversaries, losses)


def names(things: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the parameters of these edges, or of the critics of these objects."""
    made = networks(BATCH)
    return tuple(name for thing in things for name in made[thing].names)


def first_weights(param: Ob, called: tuple[str, ...], seed: int) -> list[Array]:
    """Weights from N(0, 1/inputs), a tenth of that spread in the last layer of f and g; biases 0."""
    made = []
    for leaf, name in zip(leaves(param), called, strict=True):
        assert isinstance(leaf, Space)
        if len(leaf.shape) == 1:
            made.append(np.zeros(leaf.shape))
            continue
        last = name.endswith("layer3.weight") and not name.startswith("critic")
        spread = (LAST if last else 1.0) / sqrt(leaf.shape[0])
        made.append(spread * normal(leaf.shape[0] * leaf.shape[1], stream(seed, name, "initial")).reshape(leaf.shape))
    return made


# ------------------------------------------------------------------------------------------------ training


EDGES = tuple(edge.name for edge in CYCLE_GAN.edges)


def rates(steps: int, step: int) -> tuple[float, float]:
    """The two rates of a step: constant for the first half, then linear to 0."""
    share = min(1.0, 2 * (1 - step / steps))
    return RATE * share, CRITIC_RATE * share


def learn(job: FunctorTask, steps: int, seed: int, engine: TorchEngine) -> tuple[Outcome, Value]:
    """The training and the point of Π_e P_e that it ends in."""
    learning = Learning(job, adam(Fraction(1), Fraction(1, 2), Fraction(9, 10)), engine)
    samplers = {
        name: rows_of(tensor_of(points, engine), BATCH) for name, points in clouds(POINTS, seed, "points").items()
    }

    def begin(param: Ob, things: tuple[str, ...]) -> Value:
        return unflatten(param, [tensor_of(each, engine) for each in first_weights(param, names(things), seed)])

    state = learning.start(begin(job.architecture.parameters, EDGES), begin(job.critic_params, CYCLE_GAN.objects))
    data = Draws(job, samplers, engine, seed, CRITIC_ROUNDS, partial(rates, steps))
    outcome = iterate(learning.update, state, data, steps)
    return outcome, learning.parameters(outcome.state)


def measured(job: FunctorTask, params: Value | None, points: dict[str, Array], engine: TorchEngine) -> dict[str, float]:
    """Both gaps, and the mean distance of f(x) to T(x) and of g(y) to T⁻¹(y); of the identities for no parameters."""
    given = {name: tensor_of(array, engine) for name, array in points.items()}
    made: dict[str, Value] = {"f": given["A"], "g": given["B"]}
    shown = {f"gap {equation}": 0.0 for equation in CYCLE_GAN.equations}
    if params is not None:
        functor, functions = instance(job, params, engine), Functions(engine)
        made = {"f": functor.edges["f"](given["A"]), "g": functor.edges["g"](given["B"])}
        for loss in job.losses:
            gap = functions.meaning(job.gap(loss))
            shown[f"gap {loss.equation}"] = float(gap((params, (given["A"], given["B"]))))
    wanted = {"f": truth(points["A"]), "g": truth_inverse(points["B"])}
    for name, target in wanted.items():
        shown[f"error of {name}"] = float(np.linalg.norm(made[name].cpu().numpy() - target, axis=1).mean())
    return shown


def train(out: str | os.PathLike[str] | None, steps: int | None = None, seed: int = 0) -> dict[str, Any]:
    """Learn the functor, and again without the path equations; report both beside doing nothing, on held-out points."""
    folder, engine = RunFolder(out) if out is not None else None, TorchEngine(DTYPE)
    count, job = STEPS if steps is None else steps, task()
    outcome, params = learn(job, count, seed, engine)
    held_out, wide = clouds(POINTS, seed, "held out"), task(POINTS)
    table: dict[str, Any] = {ROWS[0]: measured(wide, params, held_out, engine)}
    without = None
    if outcome.status == FINISHED:
        without, plain = learn(replace(job, losses=()), count, seed, engine)
        table[ROWS[1]] = measured(wide, plain, held_out, engine)
    table[ROWS[2]] = measured(wide, None, held_out, engine)
    metrics = {
        "task": NAME,
        "seed": seed,
        "rows": table,
        "baseline_status": without.status if without else "not run",
        **outcome.figures,
        "held_out": POINTS,
        "environment": environment(engine),
    }
    weights = weights_of(job.architecture.parameters, names(EDGES), params, engine)
    return conclude(folder, outcome, weights, metrics)


def summary(metrics: dict[str, Any]) -> str:
    """The rows as a table of text: both gaps, both errors, and the errors as a share of those of doing nothing."""
    columns = [f"gap {equation}" for equation in CYCLE_GAN.equations] + [f"error of {edge}" for edge in EDGES]
    nothing = metrics["rows"][ROWS[2]]
    lines = [" ".join([" " * 20, *(f"{column:>20}" for column in columns)])]
    for row, figures in metrics["rows"].items():
        cells = [f"{figures[column]:>20.4f}" for column in columns[:2]]
        cells += [f"{figures[column]:>10.4f} = {figures[column] / nothing[column]:>6.1%}" for column in columns[2:]]
        lines.append(" ".join([f"{row:<20}", *(f"{cell:>20}" for cell in cells)]))
    return "\n".join(lines)
