"""A schema that two processes train is the one that one process trains; what they cannot share is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")
sys.path.insert(0, str(Path(__file__).parent))

from schema_replicas_at_work import SEED, states  # noqa: E402
from test_schema_runs import cyclegan, file, result  # noqa: E402

from verified_cat.errors import UsageError  # noqa: E402
from verified_cat.functions import Value  # noqa: E402
from verified_cat.gpu import schema_replicas  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.saving import METRICS, load_weights  # noqa: E402
from verified_cat.gpu.schema_replicas import must_be_shared  # noqa: E402
from verified_cat.gpu.schema_task import built  # noqa: E402
from verified_cat.gpu.schema_training import Run, train  # noqa: E402
from verified_cat.machine import differentiate  # noqa: E402
from verified_cat.networks import Objective  # noqa: E402
from verified_cat.objects import flatten, leaves, unflatten  # noqa: E402
from verified_cat.reference.modular import ModularEngine  # noqa: E402
from verified_cat.schema_file import load  # noqa: E402

STEPS = 12
OPTIONS: dict[str, Any] = {"adversary": "wgan-gp", "precision": "float64", "steps": STEPS, "head_start": 2, "ramp": 5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two replicas under torchrun worked."""
    found = tmp_path_factory.mktemp("replicas")
    script = Path(__file__).with_name("schema_replicas_at_work.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    known = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": known}
    given = [*command, str(found), str(STEPS), file(found, **OPTIONS)]
    ran = subprocess.run(given, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-4000:]
    (found / "output").write_text(ran.stdout, encoding="utf-8")
    return found


def seen(folder: Path, rank: int) -> Any:
    return json.loads((folder / f"{rank}.json").read_text(encoding="utf-8"))


def flat(parts: list[list[float]]) -> Any:
    return np.concatenate([np.asarray(part) for part in parts])


def test_two_replicas_make_the_steps_of_one_process(folder: Path) -> None:
    """Critics with a gradient penalty, a head start, means of parameters, a ramp: the same to the bit on both replicas,
    and within the bound of the rounding of one process.

    An entry of a gradient is a mean over 8 examples of sums of products of numbers below 16: two orders of summing are
    at most e = 2⁻⁵² · 2¹² apart. Adam moves an entry by r m̂/(√v̂ + δ), here with β₁ = ½ and β₂ = 9/10; where the
    gradient moves by e, that moves by at most r e (1 + |m̂|/√v̂)/√v̂, with |m̂|/√v̂ ≤ 20 in so few steps, and v̂ is no
    less than the least number above 0 of the rule's state. A difference at most doubles in each of the steps after it.
    """
    one, other = (seen(folder, rank)["states"] for rank in (0, 1))
    assert one == other
    alone = states(Run(load(folder / "small.toml"), TorchEngine("float64"), SEED), STEPS)
    rates = {"arrows": 0.002, "critics": 0.004}
    for number, (here, there) in enumerate(zip(alone, one, strict=True)):
        for name, rate in rates.items():
            squares = flat(here[f"rule of {name}"])
            least = np.sqrt(squares[squares > 0].min())
            bound = 2**-40 * rate * 21 / least * 2 ** (number + 8)  # eight steps of critics are a head start
            assert bound < rate / 10, "with another gradient Adam moves by the rate"
            assert np.abs(flat(here[name]) - flat(there[name])).max() <= bound
        for name, loss in here["losses"].items():
            assert abs(loss - there["losses"][name]) <= 1e-9
    assert not np.allclose(flat(one[0]["arrows"]), flat(one[-1]["arrows"]), atol=1e-3)


def test_a_run_of_replicas_is_a_run(folder: Path) -> None:
    """A signal to one ends all, at the next exchange; gone on with, it is the run that nobody stopped, to the bit."""
    assert [seen(folder, rank)["code"] for rank in (0, 1)] == [130, 130]
    assert result(folder / "run") == result(folder / "whole")
    train(load(folder / "small.toml"), folder / "alone", seed=SEED)
    alone, whole = load_weights(folder / "alone"), load_weights(folder / "whole")
    assert all(np.abs(alone[name] - whole[name]).max() < 1e-9 for name in alone)
    metrics = json.loads((folder / "whole" / METRICS).read_text(encoding="utf-8"))
    assert not metrics["verified"] and "several replicas" in metrics["crosscheck"]["reason"]
    said = (folder / "output").read_text(encoding="utf-8")
    assert said.count("interrupted after 10 steps") == 1 and said.count("finished after 12 steps") == 2


@pytest.mark.parametrize("adversary", ["wgan-gp", "lsgan", "non-saturating", "hinge"])
@pytest.mark.parametrize("player", ["arrows", "critics"])
def test_gradients_of_a_batch_are_the_means_of_those_of_its_parts_exactly(adversary: str, player: str) -> None:
    """∇E(p, (d₁, d₂)) = ½ ∇E(p, d₁) + ½ ∇E(p, d₂) in a field, gradient penalties included."""

    def objective(rows: int) -> Objective:
        task = built(cyclegan(adversary), rows).task
        return task.generator_objective() if player == "arrows" else task.critic_objective()

    engine, whole, half = ModularEngine(Random(4)), objective(4), objective(2)
    param = engine.random(whole.param)
    joined = flatten(whole.data, engine.random(whole.data))
    shapes = [leaf.shape for leaf in leaves(half.data)]  # type: ignore[attr-defined]

    def part(place: int) -> list[Value]:
        cut = slice(2 * place, 2 * place + 2)
        return [x if x.shape == shape else x[cut] for x, shape in zip(joined, shapes, strict=True)]

    def gradient(of: Objective, data: list[Value]) -> list[Value]:
        loss, pullback = differentiate(of.term, (param, unflatten(of.data, data)), engine)
        return [loss, *flatten(of.param, pullback(np.asarray(1))[0])]

    parts, share = (gradient(half, part(place)) for place in (0, 1)), engine.number(Fraction(1, 2))
    means = [(a + b) * share % engine.prime for a, b in zip(*parts, strict=True)]
    assert all(np.array_equal(a, b) for a, b in zip(gradient(whole, joined), means, strict=True))
    assert any(np.any(each) for each in means)


@pytest.mark.parametrize("adversary", ["energy", "mmd"])
def test_what_is_no_mean_over_examples_is_refused(adversary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name, and, where the name says nothing, by what it does."""
    with pytest.raises(UsageError, match=f"the adversary '{adversary}' of B compares all examples"):
        must_be_shared(cyclegan(adversary), 2)
    monkeypatch.setattr(schema_replicas, "WHOLE", ())
    with pytest.raises(UsageError, match=r"the loss of the arrows is no mean over examples .* on its 2 parts"):
        must_be_shared(cyclegan(adversary), 2)


def test_what_can_be_shared() -> None:
    for adversary in ("wgan-gp", "lsgan", "non-saturating", "hinge"):
        must_be_shared(cyclegan(adversary), 4)
    must_be_shared(cyclegan("energy"), 1)
    with pytest.raises(UsageError, match="3 replicas cannot share batches of 8 examples equally"):
        must_be_shared(cyclegan(), 3)
