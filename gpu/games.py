"""Rounds of a game, compiled; what best responses would gain; and the smallest game: a bilinear one.

min over x, max over y of (x - a)ᵀ B (y - b) has the one equilibrium (a, b). From the same start and at the same rate ε
three ways to play it differ as the exact recurrences say, for each singular value σ of B: simultaneous play multiplies
the squared distance by 1 + ε²σ², extra-gradient by 1 - ε²σ² + ε⁴σ⁴, and alternating play keeps x² - εσ x y + y².
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import repeat
from math import sqrt
from typing import Any

import numpy as np
import torch

from verified_cat import primitives
from verified_cat.functions import Functions, Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.step import Step
from verified_cat.gpu.training import Outcome, Update, conclude, environment, iterate, tensor_of, weights_of
from verified_cat.networks import Objective
from verified_cat.objects import Pair, flatten, space, unflatten
from verified_cat.optimiser import Optimiser, gradient_descent
from verified_cat.players import (
    Game,
    Play,
    Player,
    alternating,
    deviation,
    extragradient,
    round_of,
    simultaneous,
)
from verified_cat.program import Program, program
from verified_cat.terms import First, Pairing, Second


class GameStep(Step):
    """((s, p), d) ↦ ((s', p'), (c₁, …, cₙ)): a round of a game as one compiled program.

    ``whole`` is its term; the other options are those of ``Step``. ``step`` gives the costs before the round.
    """

    def __init__(self, game: Game, play: Play, engine: TorchEngine, **options: Any) -> None:
        self.game, self.whole = game, round_of(game, play)
        objective = Objective(game.params, game.data, game.players[0].cost)
        super().__init__(objective, game.rule, engine, **options)

    def traced(self) -> Program:
        """The program of the term of a round."""
        return program(self.whole)


def rounds(step: GameStep) -> Update:
    """The rounds of a game as an update: (state, data) ↦ (next state, what each player paid)."""
    names = [f"{each.name} pays" for each in step.game.players]

    def update(state: Value, data: Value) -> tuple[Value, Mapping[str, torch.Tensor]]:
        following, costs = step.after(state, *flatten(step.game.data, data))
        return following, dict(zip(names, costs, strict=True))

    return update


# ------------------------------------------------------------------------------------------------ best responses


class Responses:
    """What each player would gain by a best response, estimated by ``steps`` steps of a rule from a copy of theirs.

    ``judged`` is the same game on a batch of held-out data, perhaps a larger one. The estimate is from below, up to the
    chance in those data: more steps may find better responses. The players are not changed.
    """

    def __init__(
        self, game: Game, judged: Game, rule: Optimiser, steps: int, engine: TorchEngine, players: Sequence[int]
    ) -> None:
        self.game, self.steps, self.engine, functions = game, steps, engine, Functions(engine)
        self._learn = {i: Step(deviation(game, i), rule, engine) for i in players}
        self._cost = {i: functions.meaning(deviation(judged, i).term).run for i in players}
        self._own = {i: functions.meaning(game.own(i)).run for i in players}

    def gains(self, point: Value, data: Iterator[Value], held_out: Value) -> dict[str, float]:
        """c_i(p) - min(c_i(p), c_i(p with the response of i)) on held-out data, by player; responses learn on ``data``.

        Staying is a response too, so no gain is below 0.
        """
        found: dict[str, float] = {}
        fixed = [leaf.contiguous() for leaf in flatten(self.game.params, point)]
        for number, step in self._learn.items():
            own, param = self._own[number](point), self.game.players[number].param
            step.start({str(i): leaf for i, leaf in enumerate(flatten(param, own))})
            for _ in range(self.steps):
                step.step(*fixed, *flatten(self.game.data, next(data)))
            reached = unflatten(param, step.parameters())
            here, there = (float(self._cost[number]((mine, (point, held_out)))) for mine in (own, reached))
            found[self.game.players[number].name] = here - min(here, there)
        return found


# ------------------------------------------------------------------------------------------------ the bilinear game

NAME = "bilinear-game"
DESCRIPTION = "play (x - a)ᵀ B (y - b) in three ways: only looking ahead finds its equilibrium (a, b)"
STEPS, SIZE, RATE = 400, 4, Fraction(1, 2)
LEAST, MOST = 0.5, 1.0
"""The singular values of B lie between these."""
PLAYS: dict[str, Play] = {
    "simultaneous": simultaneous,
    "alternating": alternating,
    "extra-gradient": extragradient,
}


def game(size: int = SIZE, rate: Fraction = RATE) -> Game:
    """x pays (x - a)ᵀ B (y - b), y pays the opposite; the data are (B, (a, b)); each goes down by a gradient step."""
    vector, matrix = space(size), space(size, size)
    params, data = Pair(vector, vector), Pair(matrix, Pair(vector, vector))
    middle = Second(params, data) >> Second(matrix, Pair(vector, vector))
    away = Pairing(First(params, data), middle) >> primitives.subtract_on(params)
    image = Pairing(Second(params, data) >> First(matrix, Pair(vector, vector)), away >> Second(vector, vector))
    product = primitives.contract("i,i->", (size,), (size,))
    score = Pairing(away >> First(vector, vector), image >> primitives.matvec(size, size)) >> product
    rule = gradient_descent(rate)
    return Game((Player("x", vector, score, rule), Player("y", vector, score >> primitives.negate(()), rule)), data)


def instance(seed: int, size: int = SIZE) -> tuple[Array, Array, Array]:
    """B = U diag(σ) Vᵀ with orthogonal U and V, and the equilibrium (a, b), uniform in [-1, 1]."""
    numbers = stream(seed, NAME, "game")
    left, right = (np.linalg.qr(numbers.random((size, size)) - 0.5)[0] for _ in range(2))
    sigma = np.linspace(LEAST, MOST, size)
    a, b = 2 * numbers.random((2, size)) - 1
    return (left * sigma) @ right.T, a, b


def expected(play: str, steps: int) -> tuple[float, float]:
    """Between which two numbers the distance to (a, b) lies after so many rounds, as a multiple of the first one."""
    e2 = [float(RATE) ** 2 * sigma**2 for sigma in (LEAST, MOST)]
    if play == "simultaneous":
        factors = [1 + each for each in e2]
    elif play == "extra-gradient":
        factors = [1 - each + each**2 for each in e2]
    else:  # the invariant form x² - εσ x y + y² lies between 1 ∓ εσ/2 times x² + y²
        spread = (1 + sqrt(e2[1]) / 2) / (1 - sqrt(e2[1]) / 2)
        return 1 / sqrt(spread), sqrt(spread)
    return sqrt(min(factors)) ** steps, sqrt(max(factors)) ** steps


def train(out: str | os.PathLike[str] | None, steps: int | None = None, seed: int = 0) -> dict[str, Any]:
    """Play from (0, 0) in each of the three ways; report the distance to the equilibrium, with what it must be."""
    engine, folder = TorchEngine(), RunFolder(out) if out is not None else None
    matrix, a, b = instance(seed)
    made, count = game(), STEPS if steps is None else steps
    data = (tensor_of(matrix, engine), (tensor_of(a, engine), tensor_of(b, engine)))
    begin = float(np.linalg.norm([a, b]))
    metrics: dict[str, Any] = {"task": NAME, "seed": seed, "first_distance": begin}
    outcome: Outcome | None = None
    for name, play in PLAYS.items():
        step = GameStep(made, play, engine, names=("x", "y"))
        first = step.first({"x": np.zeros(SIZE), "y": np.zeros(SIZE)})
        outcome = iterate(rounds(step), first, repeat(data), count)
        x, y = (leaf.numpy() for leaf in step.point(outcome.state))
        low, high = expected(name, outcome.steps)
        metrics[f"{name} ratio"] = float(np.linalg.norm([x - a, y - b])) / begin
        metrics[f"{name} at least"], metrics[f"{name} at most"] = low, high
    assert outcome is not None
    weights = weights_of(made.params, ("x", "y"), step.point(outcome.state), engine)
    return conclude(folder, outcome, weights, metrics | {"environment": environment(engine)})
