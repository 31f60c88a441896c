"""Weights "auto" that are measured again in the course of a training."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path as File
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

sys.path.insert(0, str(File(__file__).parent))

from test_schema_runs import by_hand, cyclegan, few_terms, interrupted, ran, result, rows  # noqa: E402, F401

from verified_cat.errors import UsageError  # noqa: E402
from verified_cat.gpu.balancing import gradient_norm, one  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.schema_folder import text_of  # noqa: E402
from verified_cat.gpu.schema_replicas import must_be_shared  # noqa: E402
from verified_cat.gpu.schema_training import Run  # noqa: E402
from verified_cat.schema_checks import findings  # noqa: E402
from verified_cat.specification import Specification  # noqa: E402

ENGINE = TorchEngine("float64")


def auto(*weights: Fraction | None, **options: Any) -> Specification:
    whole = cyclegan(balance=Fraction(1, 2), **options)
    demands = zip(whole.demands, weights, strict=True)
    return replace(whole, demands=tuple(replace(each, weight=weight) for each, weight in demands))


def test_weights_are_measured_again_when_it_is_due() -> None:
    """Every third step the first weight is half the ratio of gradient norms, by hand, there; between, and for an
    equation with a weight, it stays; the loss of each step is the sum with these weights, under a ramp of 4 steps."""
    whole = auto(None, Fraction(3), precision="float64", balance_every=3, ramp=4)
    run = Run(whole, ENGINE, 0)
    gammas = run.gammas()
    job = run.built(gammas)
    task, learning, data = job.task, run.learning(job.task), run.data(job.task)
    state, gamma, found = run.start(job, learning), float(gammas[0]), []
    deceived = task.objective([task.deceived(path) for path in task.matched], [])
    for step in range(7):
        given, params = data.at(step), learning.generators.point(state[0])
        state, figures = learning.update(state, given)
        point = params, (learning.judges(state[1]), given[1])
        if step in (3, 6):
            own = gradient_norm(task.objective([], [one(task.losses[0])]), ENGINE)
            gamma = gradient_norm(deceived, ENGINE)(point) / own(point) / 2
        share = min(1.0, step / 4)
        wanted = by_hand(task, *point[:1], *point[1], [share * gamma, share * 3])
        assert abs(float(figures["loss"]) - wanted) < 1e-12 * (1 + abs(wanted)), step
        assert abs(float(figures["weight of f ; g = id_A"]) - share * gamma) < 1e-12 * (1 + gamma)
        found.append(gamma)
    assert len(set(found)) == 3


def test_a_gradient_of_0_leaves_the_weight_that_was() -> None:
    whole = auto(None, None, precision="float64", balance_every=2)
    run = Run(whole, ENGINE, 0)
    job = run.built(run.gammas())
    balance = run.balance(job.task)
    state = run.start(job, run.learning(job.task))
    before = balance.first()
    balance.__dict__["_equations"] = [lambda _: 0.0, lambda _: float("nan")]
    _, batches, _ = run.data(job.task).at(0)
    learning = run.learning(job.task)
    after = balance.again(before, (learning.parameters(state), (learning.judges(state[1]), batches)))
    assert after == before


@pytest.mark.usefixtures("few_terms")
def test_it_goes_on_to_the_same_bits(tmp_path: File, interrupted: Callable[[int], None]) -> None:  # noqa: F811
    """The weights are a part of the state: stopped between two measurements, and drawn again; checked by the run."""
    (tmp_path / "auto.toml").write_bytes(text_of(auto(None, Fraction(1), balance_every=3)))
    name, folder = str(tmp_path / "auto.toml"), tmp_path / "run"
    ran(name, "--out", str(tmp_path / "whole"))
    interrupted(5)
    ran(name, "--resume", str(folder), "--no-crosscheck", code=130)
    ran("--resume", str(folder), "--no-crosscheck")
    assert result(folder) == result(tmp_path / "whole")
    found = [row["weight of f ; g = id_A"] for row in rows(tmp_path / "whole") if "loss" in row]
    assert len(set(found)) == 4 and found[3] == found[5] != found[6]


def test_where_it_makes_no_sense() -> None:
    with pytest.raises(UsageError, match="balance_every measures gradients on a whole batch"):
        must_be_shared(auto(None, None, balance_every=3), 2)
    plain = auto(Fraction(1), Fraction(1), balance_every=3)
    must_be_shared(plain, 2)
    said = 'warning: balance_every: no equation has the weight "auto": nothing is measured again'
    assert said in map(str, findings(plain)) and said not in map(str, findings(auto(None, None, balance_every=3)))
    assert not Run(plain, ENGINE, 0).built().task.scheduled
