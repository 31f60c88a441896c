"""Compiled rounds: the bilinear game within its exact bounds, best responses, and what a check of a round sees."""

from __future__ import annotations

from fractions import Fraction
from itertools import repeat
from pathlib import Path
from random import Random

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives as table  # noqa: E402
from verified_cat.gpu import games  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.games import GameStep, Responses, expected, game, instance  # noqa: E402
from verified_cat.gpu.repeating import keeping  # noqa: E402
from verified_cat.gpu.training import tensor_of  # noqa: E402
from verified_cat.objects import SCALAR, UNIT, Pair  # noqa: E402
from verified_cat.optimiser import adam, gradient_descent  # noqa: E402
from verified_cat.players import Game, Player, alternating, round_of, simultaneous  # noqa: E402
from verified_cat.report import Strength  # noqa: E402
from verified_cat.terms import First, Pairing, Second, Term  # noqa: E402

ENGINE = TorchEngine()


def test_the_three_plays_keep_to_their_recurrences() -> None:
    metrics = games.train(None, steps=60, seed=3)
    for play in games.PLAYS:
        ratio = metrics[f"{play} ratio"]
        assert metrics[f"{play} at least"] * (1 - 1e-9) <= ratio <= metrics[f"{play} at most"] * (1 + 1e-9)
    assert metrics["simultaneous ratio"] > 5 and metrics["extra-gradient ratio"] < 1 / 5


def test_the_bounds_are_sharp_where_all_singular_values_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(games, "LEAST", 1.0)
    metrics = games.train(None, steps=10)
    for play in ("simultaneous", "extra-gradient"):
        assert metrics[f"{play} ratio"] == pytest.approx(expected(play, 10)[1], rel=1e-12)


def test_the_equilibrium_stays_where_it_is() -> None:
    matrix, a, b = instance(1)
    assert np.allclose(np.linalg.svd(matrix)[1], np.linspace(games.MOST, games.LEAST, games.SIZE))
    step = GameStep(game(), simultaneous, ENGINE, names=("x", "y"))
    step.start({"x": a, "y": b})
    costs = step.step(*(tensor_of(each, ENGINE) for each in (matrix, a, b)))
    assert costs.tolist() == [0.0, 0.0]
    assert [leaf.tolist() for leaf in step.parameters()] == [a.tolist(), b.tolist()]


# ---------------------------------------------------------------------------------------------- a check of a round


def test_a_round_is_held_against_its_term() -> None:
    from verified_cat.mapping import mapped
    from verified_cat.validation import validate

    step = GameStep(game(), alternating, ENGINE, names=("x", "y"))
    step.start({"x": np.ones(4), "y": np.ones(4)})
    data = tuple(tensor_of(each, ENGINE) for each in instance(0))
    assert validate(step, data).verdict is Strength.SAMPLED
    step.whole = round_of(game(), simultaneous)  # another way to play than what was compiled
    found = mapped(step, data, Random(0), 1)
    assert found.verdict is Strength.REFUTED and "the program is not its terms" in found.findings[0]


def test_the_task_is_verified(tmp_path: Path) -> None:
    from verified_cat.training_check import checked

    with keeping() as kept:
        games.train(tmp_path / "run", steps=3)
    record = checked(lambda n: games.train(None, steps=n), kept, 0, terms=10)
    assert record["verified"], record["crosscheck"]
    assert len(record["crosscheck"]["validations"]) == 6  # steps 1 and 3 of each of the three plays


# ---------------------------------------------------------------------------------------------- best responses


def quadratic() -> Game:
    """x pays ½ x² + x y, y pays ½ y² - x y: a response x = -y gains ½ (x + y)², a response y = x gains ½ (y - x)²."""
    plane = Pair(SCALAR, SCALAR)
    point = First(plane, UNIT)
    x, y = point >> First(SCALAR, SCALAR), point >> Second(SCALAR, SCALAR)

    def times(one: Term, other: Term) -> Term:
        return Pairing(one, other) >> table.multiply(())

    def own(one: Term, sign: int) -> Term:
        half = times(one, one) >> table.scale(Fraction(1, 2), ())
        return Pairing(half, times(x, y) >> table.scale(sign, ())) >> table.add(())

    rule = gradient_descent(Fraction(1, 10))
    return Game((Player("x", SCALAR, own(x, 1), rule), Player("y", SCALAR, own(y, -1), rule)), UNIT)


def test_responses_find_the_gap_of_a_quadratic_game() -> None:
    made = quadratic()
    responses = Responses(made, made, gradient_descent(Fraction(1, 2)), 60, ENGINE, (0, 1))
    for x, y in ((0.5, 2.0), (-1.0, 0.25), (0.0, 0.0)):
        point = torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
        gains = responses.gains(point, repeat(()), ())
        assert gains == pytest.approx({"x": (x + y) ** 2 / 2, "y": (y - x) ** 2 / 2}, abs=1e-12)
        assert [float(each) for each in point] == [x, y]


def test_a_response_that_is_worse_than_staying_gains_nothing() -> None:
    made = quadratic()
    responses = Responses(made, made, adam(Fraction(100)), 1, ENGINE, (0,))
    point = torch.tensor(0.5, dtype=torch.float64), torch.tensor(-0.4, dtype=torch.float64)
    assert responses.gains(point, repeat(()), ()) == {"x": 0.0}
