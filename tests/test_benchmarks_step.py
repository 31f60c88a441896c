"""The benchmark of a training step: its statistics, its check of the first step, and that no worker costs another."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

import torch

from benchmarks.step import __main__ as command
from benchmarks.step import gate, ours, planted, torch_eager, torch_functional, yardstick
from benchmarks.step.figures import Quartiles, Row, fastest, paired, quartiles
from benchmarks.step.implementations import CONTROLS, IMPLEMENTATIONS, MAIN, Implementation
from benchmarks.step.ours_terms import task
from benchmarks.step.plot import svg
from benchmarks.step.process import this_interpreter
from benchmarks.step.program import Batches, Build, NotApplicable, Parameters
from benchmarks.step.run import NOT_RUN, Settings, run
from benchmarks.step.table import comparisons, markdown, not_faster
from benchmarks.step.torch_layers import from_torch, to_tensors, to_torch
from benchmarks.step.workloads import WORKLOADS, Array, Workload, batches, first_parameters
from verified_cat.gpu.engine import TorchEngine
from verified_cat.machine import differentiate
from verified_cat.objects import flatten, unflatten

# ------------------------------------------------------------------------------------------------------ statistics


def timed_row(name: str, family: str, *seconds: float) -> Row:
    return {"implementation": name, "family": family, "cpu_seconds": list(seconds), "verdict": "sampled"}


def test_quartiles_of_known_numbers() -> None:
    assert quartiles([5.0, 1.0, 4.0, 2.0, 3.0]) == Quartiles(2.0, 3.0, 4.0)


def test_ratios_are_of_the_same_round() -> None:
    """The medians alone would give 3 / 2; round by round it is 1, 3 and 5 times."""
    slow, fast = timed_row("slow", "torch", 1.0, 3.0, 10.0), timed_row("fast", "ours", 1.0, 1.0, 2.0)
    assert paired(slow, fast) == Quartiles(2.0, 3.0, 4.0)


def test_no_ratio_where_rounds_are_missing() -> None:
    assert paired(timed_row("a", "torch", 1.0, 2.0), timed_row("b", "ours", 1.0)) is None
    assert paired(timed_row("a", "torch"), timed_row("b", "ours")) is None


def test_fastest_of_a_family_by_its_median() -> None:
    rows = [
        timed_row("a", "torch", 1.0, 9.0, 9.0),
        timed_row("b", "torch", 3.0, 3.0, 3.0),
        timed_row("c", "jax", 1.0, 1.0, 1.0),
        timed_row("not timed", "torch"),
    ]
    found = fastest(rows, "torch")
    assert found is not None and found["implementation"] == "b"


def test_each_of_ours_is_compared_with_the_best_of_each_kind() -> None:
    rows = [
        timed_row("eager", "torch", 4.0, 4.0, 4.0),
        timed_row("func", "torch", 8.0, 8.0, 8.0),
        timed_row("jax-jit", "jax", 1.0, 1.0, 1.0),
        timed_row("ours-python", "ours", 2.0, 2.0, 2.0),
        timed_row("ours-native", "ours", 1.0, 1.0, 1.0),
    ]
    head, python, native = comparisons(rows)
    assert "eager, torch.compile, torch.func: eager | JAX, jit: jax-jit |" in head
    assert python == "| ours-python | 2 [2, 2] | 0.5 [0.5, 0.5] |"
    assert native == "| ours-native | 4 [4, 4] | 1 [1, 1] |"
    assert comparisons(rows[:3]) == []


# -------------------------------------------------------------------------------------------------- the first step


def test_what_is_not_faster_is_said() -> None:
    pair = timed_row("eager", "torch", 4.0, 4.0, 4.0), timed_row("ours", "ours", 2.0, 2.0, 2.0)
    rows = [row | {"workload": "one"} for row in pair]
    assert not_faster({"rows": rows}, 2.0) == []
    for goal, some in ((2.1, rows), (1.0, rows[:1]), (1.0, rows[1:])):
        (said,) = not_faster({"rows": some}, goal)
        assert "was to be reached" in said


def given(name: str) -> tuple[Workload, Parameters, Batches]:
    workload = WORKLOADS[name]
    return workload, first_parameters(workload), batches(workload)


def verdict_on(build: Build, name: str) -> gate.Verdict:
    workload, parameters, data = given(name)
    program = build(workload, parameters, data)
    program.reset()
    program.step(0)
    return gate.compare(gate.expected(workload, parameters, data), program.parameters())


@pytest.mark.parametrize("name", ["iris-1", "iris-32", "chain-4", "ensemble-64", "cyclegan-points"])
def test_autograd_and_torch_func_pass(name: str) -> None:
    for build in (torch_eager.eager, torch_functional.uncompiled):
        assert verdict_on(build, name).word == gate.SAMPLED


@pytest.mark.parametrize("build", [torch_eager.equations, torch_eager.hand_shared])
def test_every_way_of_sharing_is_the_same_step(build: Build) -> None:
    assert verdict_on(build, "cyclegan-points").word == gate.SAMPLED


@pytest.mark.parametrize("name", ["iris-1", "iris-32", "chain-4"])
def test_ours_passes(name: str) -> None:
    assert verdict_on(ours.closures, name).word == gate.SAMPLED


@pytest.mark.parametrize("name", ["iris-32", "mlp-adam", "ensemble-64", "cyclegan-points"])
def test_compiled_steps_pass(name: str) -> None:
    assert verdict_on(ours.python, name).word == gate.SAMPLED


def test_our_terms_of_images_have_the_slopes_of_autograd() -> None:
    """Convolutions, group norms, cycles and penalties, uncompiled in float64, for each player."""
    workload = smaller(WORKLOADS["cyclegan"])
    parameters, data = first_parameters(workload), batches(workload)
    given, engine = task(workload, data), TorchEngine("float64")
    tensors = {key: tensor.requires_grad_() for key, tensor in to_torch(workload, parameters, torch.float64).items()}
    slopes = from_torch(workload, gate.gradients(workload, tensors, to_tensors(data[:1], torch.float64)[0], None))
    leaves = [torch.from_numpy(parameters[key]).double() for key in given.names]
    parts = [torch.from_numpy(array).double() for array in given.encode(data[0])]
    for player, objective in given.objectives.items():
        point, batch = unflatten(objective.param, leaves), unflatten(objective.data, parts)
        _, pullback = differentiate(objective.term, (point, batch), engine)
        found = flatten(objective.param, pullback(torch.ones((), dtype=torch.float64))[0])
        for key, owner, leaf in zip(given.names, given.owners, found, strict=True):
            if owner == player:
                error = np.abs(engine.dense(leaf).numpy() - slopes[key]).max()
                assert error <= 1e-7 * np.abs(slopes[key]).max(), key


def smaller(workload: Workload) -> Workload:
    """Batches of 2."""
    draws = {key: dataclasses.replace(draw, shape=(2, *draw.shape[1:])) for key, draw in workload.data.items()}
    return dataclasses.replace(workload, data=draws)


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("name", ["iris-32", "cyclegan-points"])
def test_planted_programs_are_refuted(control: str, name: str) -> None:
    verdict = verdict_on(CONTROLS[control].load(), name)
    assert verdict.word == gate.REFUTED
    assert "times what rounding allows" in verdict.reason


def test_missing_parameters_are_refuted() -> None:
    workload, parameters, data = given("iris-32")
    expected = gate.expected(workload, parameters, data)
    assert gate.compare(expected, {}).word == gate.REFUTED
    turned = {**expected.parameters, "model.layer1.weight": expected.parameters["model.layer1.weight"].T}
    assert gate.compare(expected, turned).word == gate.REFUTED


def test_allowance_that_hides_the_step_is_undecided() -> None:
    workload, parameters, data = given("iris-32")
    right = gate.expected(workload, parameters, data)
    wide = gate.Expected(1, right.parameters, right.moved, {name: a / 2 + 1e-9 for name, a in right.moved.items()})
    assert gate.compare(wide, right.parameters).word == gate.UNDECIDED


def test_sixty_four_steps_pass_and_one_less_is_refuted() -> None:
    workload, parameters, data = given("iris-32")
    program, expected = torch_eager.eager(workload, parameters, data), gate.expected(workload, parameters, data, 64)
    program.reset()
    for index in range(63):
        program.step(index)
    assert gate.compare(expected, program.parameters()).word == gate.REFUTED
    program.step(63)
    assert gate.compare(expected, program.parameters()).word == gate.SAMPLED


def test_reference_agrees_with_differences_of_the_formula() -> None:
    """The loss of the Iris network in NumPy, its slope by central differences, against the reference's step."""
    workload, parameters, data = given("iris-32")
    exact = {name: array.astype(np.float64) for name, array in parameters.items()}
    after = gate.reference(workload, parameters, data, 1, None)
    for name, place in (("model.layer1.weight", (2, 7)), ("model.layer1.bias", (3,)), ("model.layer2.weight", (5, 1))):
        values = []
        for shift in (1e-5, -1e-5):
            moved = {**exact, name: exact[name].copy()}
            moved[name][place] += shift
            values.append(iris_loss(moved, data[0]["x"], data[0]["y"]))
        slope = (values[0] - values[1]) / 2e-5
        assert exact[name][place] - after[name][place] == pytest.approx(slope / 20, rel=1e-6)


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def iris_loss(p: Parameters, x: Array, y: Array) -> float:
    inner = sigmoid(x.astype(np.float64) @ p["model.layer1.weight"] + p["model.layer1.bias"])
    outer = sigmoid(inner @ p["model.layer2.weight"] + p["model.layer2.bias"])
    return float(((outer - y) ** 2).sum() / 2)


# ---------------------------------------------------------------------------------------------- what is compared


@pytest.mark.parametrize(
    ("build", "generators", "critics"),
    [(torch_eager.equations, 10, 8), (torch_eager.eager, 4, 8), (torch_eager.hand_shared, 4, 6)],
)
def test_networks_are_run_as_often_as_the_sharing_says(build: Build, generators: int, critics: int) -> None:
    """By hand: 6 + 4 generators and 2 + 6 critics apart; fakes and cycles share 4; an expert scores each fake once."""
    program = build(*given("cyclegan-points"))
    program.step(0)
    runs = program.figures["network_evaluations"]
    assert runs["f"] + runs["g"] == generators
    assert runs["at_a"] + runs["at_b"] == critics


def test_yardstick_has_the_products_of_the_step() -> None:
    """Forward and both transposes of every layer but the first, whose input needs no gradient."""
    figures = yardstick.yardstick(*given("mlp-sgd")).figures
    assert figures["products"] == 8
    assert figures["operations"] == 2 * 64 * (2 * 784 * 512 + 3 * 512 * 512 + 3 * 512 * 10)


def test_programs_start_anew() -> None:
    for build in (torch_eager.eager, torch_functional.uncompiled, ours.closures):
        program = build(*given("iris-32"))
        program.reset()
        ends = []
        for _ in range(2):
            for index in range(3):
                program.step(index)
            ends.append(program.parameters())
            program.reset()
        assert all(np.array_equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_nothing_to_share_is_a_reason() -> None:
    with pytest.raises(NotApplicable, match="nothing to share"):
        torch_eager.hand_shared(*given("iris-32"))


def test_controls_are_written() -> None:
    assert all(hasattr(planted, one.build.partition(":")[2]) for one in CONTROLS.values())


# --------------------------------------------------------------------------------------------------- the coordinator

WORKERS = '''
"""The Iris step in NumPy, and workers that crash and hang."""
import dataclasses, os, sys, time
import numpy as np
from benchmarks.step.program import Program

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def good(workload, parameters, batches, sign=1):
    held = {}
    def reset():
        held.update({name: array.astype(np.float64) for name, array in parameters.items()})
    def step(index):
        batch = batches[index % len(batches)]
        w, b, v, c = (held[f"model.layer{i}.{part}"] for i in (1, 2) for part in ("weight", "bias"))
        h = sigmoid(batch["x"] @ w + b)
        z = sigmoid(h @ v + c)
        dz = (z - batch["y"]) * z * (1 - z)
        dh = (dz @ v.T) * h * (1 - h)
        slopes = batch["x"].T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)
        held.update({name: held[name] - sign * slope / 20 for name, slope in zip(parameters, slopes)})
    reset()
    return Program(step, reset, lambda: {name: array.astype(np.float32) for name, array in held.items()})

def wrong(workload, parameters, batches):
    return good(workload, parameters, batches, sign=-1)

def says_too_much(workload, parameters, batches):
    print('{"cpu": 0, "wall": 0}', flush=True)
    return good(workload, parameters, batches)

def fails(workload, parameters, batches):
    raise RuntimeError("no such kernel")

def exits(workload, parameters, batches):
    print("out of paper", file=sys.stderr)
    os._exit(3)

def hangs(workload, parameters, batches):
    time.sleep(600)

def later(workload, parameters, batches, what):
    """Right for the check of the first step, then not."""
    program, asked = good(workload, parameters, batches), []
    def reset():
        asked.append(0)
        if len(asked) > 3:
            what()
        program.reset()
    return dataclasses.replace(program, reset=reset)

def dies_later(workload, parameters, batches):
    return later(workload, parameters, batches, lambda: os.kill(os.getpid(), 9))

def hangs_later(workload, parameters, batches):
    return later(workload, parameters, batches, lambda: time.sleep(600))
'''


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "planted_workers.py").write_text(WORKERS, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "planted_workers"


def result_of(module: str, names: list[str], **settings: float) -> dict[str, Row]:
    chosen = [Implementation(name, f"{module}:{name}", "test") for name in names]
    found = run(["iris-32"], chosen, Settings(rounds=3, slice=0.002, **settings))  # type: ignore[arg-type]
    return {row["implementation"]: row for row in found["rows"]}


def test_workers_that_end_cost_their_own_rows(workers: str) -> None:
    names = ["fails", "wrong", "exits", "good", "dies_later", "hangs_later", "says_too_much"]
    rows = result_of(workers, names, build_limit=60, call_limit=8)
    for name in ("good", "says_too_much"):
        assert rows[name]["verdict"] == gate.SAMPLED
        assert len(rows[name]["cpu_seconds"]) == 3 and min(rows[name]["cpu_seconds"]) > 0
    assert rows["wrong"]["verdict"] == gate.REFUTED and rows["wrong"]["cpu_seconds"] == []
    reasons = {
        "fails": "RuntimeError: no such kernel",
        "exits": "ended with exit code 3: out of paper",
        "dies_later": "ended by SIGKILL",
        "hangs_later": "no answer within 8 s",
    }
    for name, reason in reasons.items():
        assert rows[name]["verdict"] == NOT_RUN and rows[name]["cpu_seconds"] == []
        assert reason in rows[name]["reason"]


def test_worker_that_never_builds_is_not_run(workers: str) -> None:
    row = result_of(workers, ["hangs"], build_limit=0.5)["hangs"]
    assert (row["verdict"], row["reason"]) == (NOT_RUN, "no answer within 0.5 s (building)")


def test_missing_interpreter_is_a_reason() -> None:
    settings = Settings(rounds=1, interpreters={MAIN: this_interpreter()})
    (row,) = run(["iris-32"], [IMPLEMENTATIONS["jax-jit"]], settings)["rows"]
    assert (row["verdict"], row["reason"]) == (NOT_RUN, "no interpreter for it: --jax-python")


def test_command_keeps_and_shows_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, drawn = tmp_path / "result.json", tmp_path / "result.svg"
    words = "--workload iris-32 --implementation eager eager-shared --rounds 2 --slice 0.01 --json"
    monkeypatch.setattr(sys, "argv", ["step", *words.split(), str(kept)])
    assert command.main() == 0
    shown = capsys.readouterr().out
    assert "| eager |" in shown and "| eager-shared | not run: a loss of one term has nothing to share |" in shown
    monkeypatch.setattr(sys, "argv", ["step", "--read", str(kept), "--svg", str(drawn)])
    assert command.main() == 0
    assert capsys.readouterr().out == shown
    result = json.loads(kept.read_text(encoding="utf-8"))
    assert markdown(result) in shown
    assert drawn.read_text(encoding="utf-8") == svg(result)
    assert svg(result).count("<circle") == 1
