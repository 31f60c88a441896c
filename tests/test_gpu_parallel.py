import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from verified_cat import primitives
from verified_cat.descent import program_of
from verified_cat.errors import MissingOperation, ReplicaError, UsageError
from verified_cat.functions import Engine, Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.parallel import (
    MEAN,
    ReplicaEngine,
    ReplicaStep,
    averaged,
    mean_over_replicas,
    program_digest,
    replicas,
    state_digest,
)
from verified_cat.gpu.randomness import initial_weights
from verified_cat.gpu.step import Step
from verified_cat.gpu.views import Role
from verified_cat.machine import differentiate
from verified_cat.networks import mean_square, perceptron, supervised
from verified_cat.objects import SCALAR, Pair, Space, flatten, leaves, unflatten
from verified_cat.optimiser import Optimiser, adagrad, adam, gradient_descent, momentum, nesterov
from verified_cat.program import Outside, Program, Wires, trace
from verified_cat.reference.modular import ModularEngine
from verified_cat.report import Strength
from verified_cat.validation import validate

sys.path.insert(0, str(Path(__file__).parent))
from replicas_at_work import CASES, ROWS, STEPS, batch


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What two replicas under torchrun wrote."""
    folder = tmp_path_factory.mktemp("replicas")
    script = Path(__file__).with_name("replicas_at_work.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    ran = subprocess.run([*command, str(folder)], env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr[-4000:]
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


@pytest.mark.parametrize("name", CASES)
def test_two_replicas_are_one_process_on_the_joined_batch(name: str, found: list[dict[str, Any]]) -> None:
    one, other = (each["training"][name] for each in found)
    assert one["losses"] == other["losses"] and one["digest"] == other["digest"]
    build, rule = CASES[name]
    network, objective = build(2 * ROWS)
    alone = Step(objective, rule, TorchEngine("float64"))
    alone.start(initial_weights(network.map.param, network.names, 3))
    for number in range(STEPS):
        loss = float(alone.step(*batch(name, number)))
        # Means of 12 rows of sums of at most 5 products of numbers below 16, rounded in two orders; 4 steps that at
        # most double a difference, and the slopes of a penalty of weight 10.
        assert abs(loss - one["losses"][number]) <= 2**-52 * 12 * 5 * 16 * 2**STEPS * 10
    for leaf, there in zip(alone.parameters(), one["parameters"], strict=True):
        again = torch.tensor(there, dtype=torch.float64).reshape(leaf.shape)
        torch.testing.assert_close(again, leaf, rtol=0, atol=2**-52 * 12 * 5 * 16 * 2**STEPS * 10)
    assert not all(abs(a - b) < 1e-3 for a, b in zip(one["losses"][1:], one["losses"][:-1], strict=True))


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_of_the_joined_batch_is_the_mean_exactly(name: str) -> None:
    """∇E(p, (d₁, d₂)) = ½ ∇E(p, d₁) + ½ ∇E(p, d₂), in a field: the hypothesis under which replicas may be used."""
    engine = ModularEngine(Random(4))
    build, _ = CASES[name]
    objective, whole = build(ROWS)[1], build(2 * ROWS)[1]
    param = engine.random(objective.param)
    parts = [flatten(objective.data, engine.random(objective.data)) for _ in range(2)]
    joined = [np.concatenate(both) for both in zip(*parts, strict=True)]

    def gradient(of: Any, data: list[Value]) -> list[Value]:
        loss, pullback = differentiate(of.term, (param, unflatten(of.data, data)), engine)
        return [loss, *flatten(of.param, pullback(np.asarray(1))[0])]

    half = engine.number(Fraction(1, 2))
    means = [(a + b) * half % engine.prime for a, b in zip(*(gradient(objective, part) for part in parts), strict=True)]
    assert all(np.array_equal(a, b) for a, b in zip(gradient(whole, joined), means, strict=True))


def test_replicas_that_disagree_are_told_of(found: list[dict[str, Any]]) -> None:
    for each in found:
        said = each["disagreements"]
        assert said["program"].startswith("replica 1 runs another program than replica 0: ")
        assert said["start"].startswith("replica 1 holds another state after 0 steps than replica 0")
        assert said["state"].startswith("replica 1 holds another state after 1 steps than replica 0")
        assert said["again"].startswith(said["state"]) and "start all replicas again" in said["again"]


@pytest.mark.parametrize(("how", "why"), [("falls silent", "did not answer in time"), ("dies", "is gone")])
def test_a_replica_that_is_lost_is_told_of_and_the_state_kept(how: str, why: str, found: list[dict[str, Any]]) -> None:
    seen = found[0][how]
    assert (
        f"replica 0: another replica {why}, in the mean of the gradients; the state is the one before" in seen["said"]
    )
    assert seen["kept"] and seen["seconds"] < 60


# ------------------------------------------------------------------------------------------------ one process

RULES: tuple[Optimiser, ...] = (
    gradient_descent(Fraction(1, 8)),
    momentum(Fraction(1, 8), Fraction(1, 2)),
    nesterov(Fraction(1, 8), Fraction(1, 2)),
    adam(Fraction(1, 8)),
    adagrad(Fraction(1, 8)),
)
NETWORK = perceptron(4, (3, 5, 2), primitives.tanh)
OBJECTIVE = supervised(NETWORK.map, mean_square(4, 2))


@pytest.mark.parametrize(
    ("rule", "paced"),
    [(rule, paced) for rule in RULES for paced in (False, True)],
    ids=lambda part: part.name if isinstance(part, Optimiser) else "paced" if part else "plain",
)
def test_one_replica_is_a_plain_step_and_writes_no_state_before_the_mean(
    rule: Optimiser, paced: bool, tmp_path: Path
) -> None:
    with replicas(timeout=20, address=f"file://{tmp_path}/store", rank=0, world=1):
        step = ReplicaStep(OBJECTIVE, rule, ReplicaEngine("float64"), paced=paced)
        plain = Step(OBJECTIVE, rule, TorchEngine("float64"), paced=paced)
        kernels = [call.kernel for call in step.plan.calls]
        written = [at for at, call in enumerate(step.plan.calls) if call.out.buffer.role is Role.STATE]
        assert kernels.count(MEAN) == 1 and kernels.index(MEAN) < min(written)
        generator = torch.Generator().manual_seed(1)
        for made in (step, plain):
            made.start(initial_weights(NETWORK.map.param, NETWORK.names, 3))
        for _ in range(3):
            data = [torch.randn(4, width, generator=generator, dtype=torch.float64) for width in (3, 2)]
            data += [torch.tensor(0.5, dtype=torch.float64)] if paced else []
            torch.testing.assert_close(step.step(*data), plain.step(*data), rtol=1e-13, atol=0)
        for one, other in zip(step.state(), plain.state(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)
        report = validate(step, data)
        assert report.verdict is Strength.SAMPLED, report.summary


def test_a_step_of_several_replicas_is_not_validated_by_one() -> None:
    """One that ran it alone would wait for the others."""

    def combine(slopes: list[Value], loss: Value, engine: Engine) -> tuple[list[Value], Value]:
        shapes = tuple(leaf.shape for leaf in leaves(OBJECTIVE.param))  # type: ignore[attr-defined]
        return averaged(slopes, loss, engine, shapes, 2)

    class Two(Step):
        def traced(self) -> Program:
            return program_of(self.objective, self.rule, combine)

    class Kernels(TorchEngine):
        def outside(self, operation: Outside) -> Callable[..., None]:
            return lambda out, *parts: None

    report = validate(Two(OBJECTIVE, RULES[0], Kernels()), (torch.ones(4, 3), torch.ones(4, 2)))
    assert report.verdict is Strength.NOT_RUN
    assert "mean_over_replicas takes more than this process; validate the step on its own" in report.summary


def test_the_mean_as_an_operation_of_an_engine(tmp_path: Path) -> None:
    with replicas(timeout=20, address=f"file://{tmp_path}/store", rank=0, world=1):
        engine = ReplicaEngine("float64")
        slopes = [torch.arange(6.0, dtype=torch.float64).reshape(2, 3), torch.ones((), dtype=torch.float64)]
        means, loss = averaged([*slopes], torch.full((), 7.0, dtype=torch.float64), engine, ((2, 3), ()), 1)
        assert torch.equal(means[0], slopes[0]) and torch.equal(means[1], slopes[1]) and float(loss) == 7
        with pytest.raises(MissingOperation, match="no kernel for elsewhere"):
            engine.outside(Outside("elsewhere", (), SCALAR, SCALAR))
        with pytest.raises(UsageError, match="a number of steps >= 1, not 0"):
            ReplicaStep(OBJECTIVE, RULES[0], engine, check_every=0)
        with pytest.raises(UsageError, match="cannot say that a replica is lost"):
            ReplicaStep(OBJECTIVE, RULES[0], engine, backend="cuda graph")
    with pytest.raises(MissingOperation, match="torch has no kernel for mean_over_replicas"):
        TorchEngine().outside(mean_over_replicas(((),), 1))


def test_no_wire_is_simplified_away_by_a_mean() -> None:
    operation = mean_over_replicas(((2,), ()), 2)
    assert operation.dom == Pair(Space((2,)), SCALAR) and list(leaves(operation.cod)) == [Space((3,))]

    def run(wires: Wires, x: Value) -> Value:
        return wires.operation(operation)((wires.zero((2,)), wires.zero(())))

    program = trace(run, SCALAR, operation.cod)
    assert [wire.kind for wire in program.wires].count(MEAN) == 1  # a mean of zeros here need not be one elsewhere


def test_digests_see_every_argument_and_every_bit() -> None:
    engine, rule = TorchEngine(), RULES[0]
    digests = {
        program_digest(Step(OBJECTIVE, each, engine).program, engine)
        for each in (rule, gradient_descent(Fraction(1, 9)), RULES[3])
    }
    digests.add(program_digest(Step(OBJECTIVE, rule, engine).program, TorchEngine("float32")))
    assert len(digests) == 4
    assert program_digest(Step(OBJECTIVE, rule, engine).program, engine) in digests
    zero = torch.zeros(2)
    assert state_digest([zero]) != state_digest([-zero])
    assert state_digest([zero.bfloat16()]) == state_digest([torch.zeros(2, dtype=torch.bfloat16)])


def test_outside_torchrun_there_are_no_replicas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(UsageError, match="torchrun"), replicas():
        pass
    with pytest.raises(UsageError, match="with replicas"):
        ReplicaEngine()
    with pytest.raises(UsageError, match="seconds > 0"), replicas(0, address="file://x", rank=0, world=1):
        pass
    with (
        pytest.raises(ReplicaError, match="could not be connected"),
        replicas(1, address=f"file://{tmp_path}/store", rank=0, world=2),
    ):
        pass
