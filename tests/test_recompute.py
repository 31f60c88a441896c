"""Store or recompute: the same results bit for bit, in less memory, at the price of part of the forward pass."""

from __future__ import annotations

import importlib.util
import sys
from fractions import Fraction
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives  # noqa: E402
from verified_cat.descent import program_of  # noqa: E402
from verified_cat.errors import DataError, MissingExtra, UsageError  # noqa: E402
from verified_cat.gpu import emit_c  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.randomness import initial_weights  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.images import conv2d  # noqa: E402
from verified_cat.loss import total  # noqa: E402
from verified_cat.networks import Network, Objective, mean_square, perceptron, supervised  # noqa: E402
from verified_cat.objects import Space, flatten  # noqa: E402
from verified_cat.optimiser import adam, gradient_descent  # noqa: E402
from verified_cat.program import Program, needed, running  # noqa: E402
from verified_cat.recompute import recomputed, square_root_segments  # noqa: E402
from verified_cat.reference.modular import ModularEngine  # noqa: E402

LAYERS, WIDTH, BATCH = 16, 12, 9
RULE = gradient_descent(Fraction(1, 10))


def chain(layers: int = LAYERS) -> tuple[Network, Objective]:
    model = perceptron(BATCH, (WIDTH,) * (layers + 1), primitives.tanh)
    return model, supervised(model.map, mean_square(BATCH, WIDTH))


def program_and_states() -> tuple[Program, int]:
    made = program_of(chain()[1], RULE)
    return made, len(made.outputs) - 1


@pytest.mark.parametrize("segments", [1, 2, 3, 4, 7, 16, 1000])
def test_the_operations_of_some_segments_run_twice(segments: int) -> None:
    whole, states = program_and_states()
    cut = recomputed(whole, states, segments)
    position = {wire.serial: place for place, wire in enumerate((*cut.inputs, *cut.wires))}
    assert len(position) == len(cut.inputs) + len(cut.wires)  # each wire once
    assert all(position[arg.serial] < position[wire.serial] for wire in cut.wires for arg in wire.args)
    assert {wire.serial for wire in needed(cut.outputs)} == {wire.serial for wire in cut.wires}
    twice = len(cut.wires) - len(whole.wires)
    forward = len(needed(whole.outputs[states:]))
    assert 0 < twice < forward if 1 < segments < LAYERS else twice == 0  # a segment for each value keeps all


@pytest.mark.parametrize("segments", [2, 4, 9])
def test_it_is_the_same_map(segments: int) -> None:
    """On residues modulo a random prime, where no rounding hides anything."""
    whole, states = program_and_states()
    cut = recomputed(whole, states, segments)
    engine = ModularEngine(Random(segments))
    given = engine.random(whole.dom)
    one, other = (flatten(whole.cod, running(each, engine)(given)) for each in (whole, cut))
    assert all((x == y).all() for x, y in zip(one, other, strict=True))


@pytest.mark.parametrize("backend", ["python", "best"])
def test_steps_are_the_same_to_the_bit_in_less_memory(backend: str) -> None:
    model, objective = chain(36)
    x, y = (torch.randn(BATCH, WIDTH, dtype=torch.float64) for _ in range(2))
    steps = [
        Step(objective, adam(Fraction(1, 100)), TorchEngine(), memory=memory, backend=backend)
        for memory in ("stored", "square root")
    ]
    for step in steps:
        step.start(initial_weights(model.map.param, model.names, 0))
        for _ in range(3):
            step.step(x, y)
    assert all(map(torch.equal, steps[0].state(), steps[1].state()))
    if backend == "python":
        assert steps[1].arena < steps[0].arena


def test_a_budget_is_met_exactly_or_refused() -> None:
    _, objective = chain(36)
    stored = Step(objective, RULE, TorchEngine())
    fits = Step(objective, RULE, TorchEngine(), memory=stored.arena // 2)
    assert (
        fits.arena
        <= stored.arena // 2
        < stored.arena
        == Step(objective, RULE, TorchEngine(), memory=stored.arena).arena
    )
    with pytest.raises(
        DataError, match=r"no schedule of this step fits into 1000 bytes; the least that was found is \d+"
    ):
        Step(objective, RULE, TorchEngine(), memory=1000)
    for wrong in ("some", 0, -1, True):
        with pytest.raises(UsageError, match="memory is 'stored', 'square root' or a number of bytes"):
            Step(objective, RULE, TorchEngine(), memory=wrong)


@pytest.mark.parametrize("share", [Fraction(9, 10), Fraction(1, 2), Fraction(2, 5)])
def test_the_native_backend_meets_a_budget_by_its_own_arena(share: Fraction) -> None:
    model, objective = chain(36)
    try:
        stored = Step(objective, RULE, TorchEngine(), backend="native")
    except MissingExtra as missing:
        pytest.skip(f"not run: {missing}")
    budget = int(stored.arena * share)
    fits = Step(objective, RULE, TorchEngine(), backend="native", memory=budget)
    assert fits.arena <= budget < stored.arena
    assert emit_c.entries(fits.plan, fits.engine) == fits.emitted.arena  # known before anything is compiled
    for step in (stored, fits):
        step.start(initial_weights(model.map.param, model.names, 0))
    data = [torch.randn(BATCH, WIDTH, dtype=torch.float64) for _ in range(2)]
    assert torch.equal(stored.step(*data), fits.step(*data)) and all(map(torch.equal, stored.state(), fits.state()))
    with pytest.raises(DataError, match="no schedule of this step fits into 1000 bytes"):
        Step(objective, RULE, TorchEngine(), backend="native", memory=1000)


def test_a_budget_is_that_of_the_backend_that_runs() -> None:
    """The native program keeps nothing of an update between its calls: where that stores all, Python recomputes."""
    _, objective = chain(36)
    rule = adam(Fraction(1, 100))
    try:
        native = Step(objective, rule, TorchEngine(), backend="native")
    except MissingExtra as missing:
        pytest.skip(f"not run: {missing}")
    fits = Step(objective, rule, TorchEngine(), backend="native", memory=native.arena)
    written = Step(objective, rule, TorchEngine(), memory=native.arena)
    assert max(fits.arena, written.arena) <= native.arena
    products = [sum(call.kernel == "product" for call in step.plan.calls) for step in (native, fits, written)]
    assert products[0] == products[1] < products[2]


def test_tensors_that_kernels_make_are_in_the_budget() -> None:
    """Convolutions make theirs: one of 2 · 4 · 5 · 5 entries lives while the next is made."""
    shape, after = (2, 3, 7, 7), (2, 4, 5, 5)
    network = conv2d(shape, 4, (3, 3))
    target = primitives.multiply(after) >> total(Space(after))
    step = Step(supervised(network.map, target), RULE, TorchEngine())
    assert step.arena >= 8 * 2 * 4 * 5 * 5
    with pytest.raises(DataError, match="no schedule of this step fits into"):
        Step(step.objective, RULE, TorchEngine(), memory=8 * 2 * 4 * 5 * 5 - 1)


def test_no_segment_is_no_cut() -> None:
    whole, states = program_and_states()
    with pytest.raises(UsageError, match="one segment or more"):
        recomputed(whole, states, 0)
    assert square_root_segments(whole, states) == 4


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    file = Path(__file__).resolve().parent.parent / "benchmarks" / "schedules.py"
    specification = importlib.util.spec_from_file_location("schedules", file)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["schedules"] = module
    specification.loader.exec_module(module)
    return module


def test_the_benchmark_shows_every_schedule(benchmark: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    benchmark.main(["--layers", "49", "--width", "16", "--batch", "16", "--rounds", "2"])
    shown = capsys.readouterr().out
    assert [line[:20].strip() for line in shown.splitlines()] == [
        "stored", "square root", "half", "third", "eager", "eager, checkpointed",
    ]  # fmt: skip


def test_the_benchmark_refuses_a_schedule_with_other_results(benchmark: ModuleType) -> None:
    steps = benchmark.ours(49, 16, 16)
    steps["half"].parameters()[0][0, 0] += 1e-3
    with pytest.raises(SystemExit, match="half: the parameters after one step"):
        benchmark.same_after_a_step(steps, torch.ones(16, 16), torch.zeros(16, 16))
