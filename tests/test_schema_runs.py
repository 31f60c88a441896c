"""A training of a schema as a run: going on after a stop, looks, options, what is refused, the run from its folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import training_check  # noqa: E402
from verified_cat.cli import main  # noqa: E402
from verified_cat.crosscheck import crosscheck  # noqa: E402
from verified_cat.errors import DataError, SchemaError, UsageError  # noqa: E402
from verified_cat.functions import Functions, Value  # noqa: E402
from verified_cat.gpu.alternation import Draws  # noqa: E402
from verified_cat.gpu.checkpoints import parts  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.functor import FunctorTask  # noqa: E402
from verified_cat.gpu.live import LIVE  # noqa: E402
from verified_cat.gpu.randomness import entered, position, stream  # noqa: E402
from verified_cat.gpu.saving import HISTORY, METRICS, MODEL, load_weights  # noqa: E402
from verified_cat.gpu.schema_folder import SCHEMA_FILE, restored, text_of  # noqa: E402
from verified_cat.gpu.schema_looks import SUM, Looks  # noqa: E402
from verified_cat.gpu.schema_training import Run, train, with_training  # noqa: E402
from verified_cat.objects import SCALAR, Pair, flatten  # noqa: E402
from verified_cat.schema_checks import findings  # noqa: E402
from verified_cat.schema_file import load  # noqa: E402
from verified_cat.schema_kinds import settings  # noqa: E402
from verified_cat.specification import Specification  # noqa: E402

FOLDER = File(__file__).parent.parent / "examples" / "schemas"
SHORT: dict[str, Any] = {
    "steps": 10,
    "batch": 8,
    "held_out": 32,
    "average": Fraction(1, 2),
    "head_start": 3,
    "head_start_critic_steps": 4,
    "critic_steps": 1,
}
"""The head of the critics ends at step 3; the parameters are averaged."""

HIDDEN = settings("network", "mlp", hidden=[4], residual=True, last=Fraction(1, 10))


def cyclegan(adversary: str = "lsgan", **options: Any) -> Specification:
    whole = load(FOLDER / "cyclegan.toml")
    arrows = tuple(replace(arrow, network=HIDDEN) for arrow in whole.arrows)
    against, critic = settings("adversary", adversary), settings("critic", "mlp", hidden=[4])
    small = replace(whole, arrows=arrows, adversary=against, critic=critic)
    return with_training(small, **{**SHORT, **options})


def file(folder: File, **options: Any) -> str:
    path = folder / "small.toml"
    path.write_bytes(text_of(cyclegan(**options)))
    return str(path)


def ran(*words: str, code: int = 0) -> Result:
    found = CliRunner().invoke(main, ["train", *words])
    assert found.exit_code == code, found.output
    return found


def result(folder: File) -> tuple[bytes, bytes]:
    return (folder / MODEL).read_bytes(), (folder / HISTORY).read_bytes()


def rows(folder: File) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / LIVE).read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """So that a signal comes while the data of a step are drawn."""
    drawn = Draws.at

    def at(step: int) -> None:
        def signalled(self: Draws, number: int) -> Any:
            if number == step:
                monkeypatch.setattr(Draws, "at", drawn)
                os.kill(os.getpid(), signal.SIGTERM)
            return drawn(self, number)

        monkeypatch.setattr(Draws, "at", signalled)

    return at


@pytest.fixture
def few_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cross-check of a run with fewer random terms: they say of operations what they say of them everywhere."""
    monkeypatch.setattr(training_check, "crosscheck", lambda _, *more, **given: crosscheck(2, *more, **given))


# ------------------------------------------------------------------------------------------------ going on


def test_a_run_that_is_interrupted_goes_on_to_the_same_bits(tmp_path: File, interrupted: Callable[[int], None]) -> None:
    """In the head start of the critics, and at the last step; drawn ahead of time or not."""
    name = file(tmp_path, adversary="wgan-gp")
    ran(name, "--out", str(tmp_path / "whole"), "--no-crosscheck")
    for step, ahead in ((2, "3"), (9, "0")):
        folder = tmp_path / f"at{step}"
        interrupted(step)
        words = ("--resume", str(folder), "--no-crosscheck", "--set", f"ahead={ahead}")
        stopped = ran(name, *words, code=130)
        assert "SIGTERM" in json.loads((folder / METRICS).read_text())["reason"] and "--resume" in stopped.output
        ran("--resume", str(folder), "--no-crosscheck")
        assert result(folder) == result(tmp_path / "whole"), step
        found = [row["step"] for row in rows(folder) if "loss" in row]
        assert found == list(range(10)), "each step is there once"


def test_twice_in_a_row(tmp_path: File, interrupted: Callable[[int], None]) -> None:
    """With checkpoints on the way, and weights set by gradients, which are found again."""
    whole = cyclegan()
    auto = replace(whole, demands=tuple(replace(each, weight=None) for each in whole.demands))
    (tmp_path / "auto.toml").write_bytes(text_of(auto))
    name, folder = str(tmp_path / "auto.toml"), tmp_path / "run"
    ran(name, "--out", str(tmp_path / "whole"), "--no-crosscheck")
    for step in (1, 7):
        interrupted(step)
        ran(name, "--resume", str(folder), "--no-crosscheck", "--set", "checkpoint_every=2", code=130)
    ran("--resume", str(folder), "--no-crosscheck")
    assert result(folder) == result(tmp_path / "whole")


def test_streams_are_entered_where_they_were() -> None:
    for drawn in (0, 1, 3, 4, 5, 11):
        numbers = stream(0, "A", "test")
        numbers.random(drawn)
        again = entered(0, "A", "test", drawn)
        assert position(numbers) == position(again) == drawn
        assert numbers.random(3).tolist() == again.random(3).tolist()


def test_what_is_drawn_depends_on_the_number_of_the_step_alone() -> None:
    """In turn, entered by a mark, and without one."""
    run = Run(cyclegan(), TorchEngine("float32"), 0)
    task = run.built().task
    first, marked, plain = (run.data(task) for _ in range(3))
    batches = [first.at(number) for number in range(6)]
    marks = json.loads(json.dumps(first.mark(5)))
    marked.enter(5, marks)
    plain.enter(5, None)
    for other in (marked.at(5), plain.at(5), first.at(5), run.data(task).at(5)):
        assert all(map(torch.equal, parts(list(other)), parts(list(batches[5]))))
    assert len(batches[2][0]) == 4 and len(batches[3][0]) == 1, "the head start of the critics"
    assert not torch.equal(parts(list(batches[4]))[0], parts(list(batches[5]))[0])
    assert len(marks) == 6 and all(count > 0 for count in marks.values())


def test_other_options_and_other_data_are_refused(tmp_path: File, interrupted: Callable[[int], None]) -> None:
    points = tmp_path / "points.csv"
    points.write_text("".join(f"{a},{a * a}\n" for a in range(20)), encoding="utf-8")
    whole = cyclegan()
    things = tuple(
        replace(each, data=settings("data", "csv", path=str(points))) if each.name == "A" else each
        for each in whole.things
    )
    (tmp_path / "csv.toml").write_bytes(text_of(replace(whole, things=things)))
    name, folder = str(tmp_path / "csv.toml"), str(tmp_path / "run")
    interrupted(4)
    ran(name, "--out", folder, "--no-crosscheck", code=130)
    other = ran("--resume", folder, "--set", "rate=0.5", code=4)
    assert "was begun with rate = '1/500', not '1/2'" in other.output
    assert "was begun with seed = 0, not 1" in ran("--resume", folder, "--seed", "1", code=4).output
    elsewhere = ran(file(tmp_path), "--resume", folder, code=4)
    assert "was begun with schema_sha256" in elsewhere.output
    points.write_text(points.read_text(encoding="utf-8").replace("3,9", "3,8"), encoding="utf-8")
    assert "the data are not those that the run" in ran("--resume", folder, code=4).output
    assert "not finished" in ran(name, "--out", folder, code=4).output
    points.write_text(points.read_text(encoding="utf-8").replace("3,8", "3,9"), encoding="utf-8")
    ran("--resume", folder, "--no-crosscheck")


def test_two_processes_make_the_same_files(tmp_path: File) -> None:
    """In Python and in C."""
    backends = ["python"] + ["native"] * _compiles()
    name, script = file(tmp_path, adversary="wgan-gp"), tmp_path / "trains.py"
    script.write_text(TRAINS, encoding="utf-8")
    known = os.pathsep.join([str(File(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    given = [sys.executable, str(script), name, str(tmp_path / "there"), *backends]
    subprocess.run(given, check=True, env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": known})
    for backend in backends:
        train(with_training(load(name), backend=backend), tmp_path / f"here {backend}")
        assert result(tmp_path / f"here {backend}") == result(tmp_path / f"there {backend}")


TRAINS = """import sys

from verified_cat.gpu.schema_training import train, with_training
from verified_cat.schema_file import load

name, there, *backends = sys.argv[1:]
for backend in backends:
    train(with_training(load(name), backend=backend), f"{there} {backend}")
"""


def _compiles() -> bool:
    from shutil import which

    return any(map(which, ("cc", "gcc", "clang")))


# ------------------------------------------------------------------------------------------------ looks


def test_a_look_has_every_part_of_the_losses_by_name() -> None:
    """The parts add up to both objectives, as the plain engine has them, on the examples of the look."""
    whole = cyclegan("wgan-gp", precision="float64")
    arrows = tuple(replace(arrow, identity=Fraction(1, 4), budget=Fraction(1, 8)) for arrow in whole.arrows)
    run = Run(replace(whole, arrows=arrows), TorchEngine("float64"), 0)
    task = run.built().task
    learning, functions = run.learning(task), Functions(run.engine)
    looks = Looks(run.whole, task, 8, 0, run.engine)
    state = run.start(run.built(), learning)
    params, critics = learning.parameters(state), learning.judges(state[1])
    shown = looks.at(params, critics)
    assert list(shown) == looks.names and SUM in shown
    batches, shares = looks._data
    whole_loss = float(functions.meaning(task.generator_objective().term)((params, (critics, batches))))
    own = {f"residual {loss.equation}": float(loss.weight) for loss in task.losses}
    own |= {f"{word} {name}": weight for word, weight in (("identity", 1 / 4), ("budget", 1 / 8)) for name in "fg"}
    own |= {"adversarial f": 1.0, "adversarial g": 1.0}
    assert abs(sum(weight * shown[name] for name, weight in own.items()) - whole_loss) < 1e-12
    given = functions.meaning(task.pushforward())(((params, batches), shares))
    critic_loss = float(functions.meaning(task.critic_objective().term)((critics, given)))
    assert abs(shown["critic f"] + shown["critic g"] - critic_loss) < 1e-12
    assert set(shown) - set(own) == {"critic f", "critic g", "energy distance of f", "energy distance of g", SUM}


def test_figures_as_they_come(tmp_path: File) -> None:
    ran(file(tmp_path, look_every=4), "--out", str(tmp_path / "run"), "--no-crosscheck")
    looks = [row for row in rows(tmp_path / "run") if "residual f ; g = id_A" in row]
    assert [row["step"] for row in looks] == [4, 8, 10]
    assert {"adversarial f", "critic g", "energy distance of f", "residual g ; f = id_B", SUM} <= set(looks[0])


def test_patience_ends_a_run_with_its_best_state(tmp_path: File, interrupted: Callable[[int], None]) -> None:
    """At this rate the laws go apart after the second step; the same where the run was interrupted."""
    wild = {"look_every": 1, "patience": 3, "rate": Fraction(1, 2), "critic_rate": Fraction(1, 2)}
    name = file(tmp_path, **wild)
    ran(name, "--out", str(tmp_path / "whole"), "--no-crosscheck")
    metrics = json.loads((tmp_path / "whole" / METRICS).read_text(encoding="utf-8"))
    assert metrics["status"] == "stopped early" and f"no smaller {SUM} in 3 looks" in metrics["reason"]
    interrupted(2)
    ran(name, "--resume", str(tmp_path / "run"), "--no-crosscheck", code=130)
    ran("--resume", str(tmp_path / "run"), "--no-crosscheck")
    assert result(tmp_path / "run") == result(tmp_path / "whole")
    with pytest.raises(SchemaError, match="patience_by is a figure of a look, not 'critic_f'; did you mean critic f"):
        train(cyclegan(patience_by="critic_f"), None)


# ------------------------------------------------------------------------------------------ the weights of equations


def by_hand(task: FunctorTask, params: Value, critics: Value, batches: Value, gammas: list[float]) -> float:
    """Σ L_adv + Σ γ L_q + identity terms, part by part by the plain engine."""
    functions = Functions(TorchEngine("float64"))
    whole = sum(float(functions.meaning(task.deceived(path))((params, (critics, batches)))) for path in task.matched)
    whole += sum(float(a.weight) * float(functions.meaning(task.anchored(a))((params, batches))) for a in task.anchors)
    gaps = [float(functions.meaning(task.gap(loss))((params, batches))) for loss in task.losses]
    return whole + sum(gamma * gap for gamma, gap in zip(gammas, gaps, strict=True))


def test_a_ramp_raises_the_weights_from_0_to_what_they_are() -> None:
    """The loss of step n is the sum by hand, with γ min(1, n/4); a weight of 0 stays 0."""
    whole = cyclegan("wgan-gp", precision="float64", ramp=4)
    demands = (replace(whole.demands[0], weight=Fraction(3)), replace(whole.demands[1], weight=Fraction(0)))
    arrows = tuple(replace(arrow, identity=Fraction(1, 4)) for arrow in whole.arrows)
    run = Run(replace(whole, arrows=arrows, demands=demands), TorchEngine("float64"), 0)
    job = run.built()
    learning, data = run.learning(job.task), run.data(job.task)
    state = run.start(job, learning)
    for step, weight in enumerate([0.0, 0.75, 1.5, 2.25, 3.0, 3.0]):
        given, params = data.at(step), learning.generators.point(state[0])
        state, figures = learning.update(state, given)
        wanted = by_hand(job.task, params, learning.judges(state[1]), given[1], [weight, 0.0])
        assert abs(float(figures["loss"]) - wanted) < 1e-12 * (1 + abs(wanted)), step


def test_without_a_ramp_weights_are_constants_of_the_program() -> None:
    """The step has no more data than both players' and the rate, and is the program of the weighed sum."""
    plain, ramped = (Run(cyclegan(ramp=ramp), TorchEngine("float32"), 0) for ramp in (0, 4))
    tasks = [run.built().task for run in (plain, ramped)]
    assert [len(run.data(task).at(2)[2]) for run, task in zip((plain, ramped), tasks, strict=True)] == [2, 4]
    objectives = [task.generator_objective() for task in tasks]
    assert objectives[1].data == Pair(objectives[0].data, Pair(SCALAR, SCALAR))
    deceived = [tasks[0].deceived(path) for path in tasks[0].matched]
    assert objectives[0] == tasks[0].objective(deceived, tasks[0].weighed, tasks[0].anchors)


@pytest.mark.usefixtures("few_terms")
def test_a_run_with_a_ramp_goes_on_to_the_same_bits(tmp_path: File, interrupted: Callable[[int], None]) -> None:
    name, folder = file(tmp_path, ramp=7), tmp_path / "run"
    ran(name, "--out", str(tmp_path / "whole"))
    assert json.loads((tmp_path / "whole" / METRICS).read_text(encoding="utf-8"))["verified"]
    interrupted(5)
    ran(name, "--resume", str(folder), "--no-crosscheck", code=130)
    ran("--resume", str(folder), "--no-crosscheck")
    assert result(folder) == result(tmp_path / "whole")
    ran(name, "--out", str(tmp_path / "plain"), "--no-crosscheck", "--set", "ramp=0")
    assert result(folder) != result(tmp_path / "plain")
    assert [str(each) for each in findings(cyclegan(ramp=11)) if each.about == "ramp"] == [
        "warning: ramp: of 11 steps, in a training of 10: no equation reaches its weight"
    ]
    assert not any(each.about == "ramp" for each in findings(cyclegan(ramp=10)))


# ------------------------------------------------------------------------------------------------ options


def test_options_of_the_training(tmp_path: File) -> None:
    name, config = file(tmp_path), tmp_path / "run.toml"
    config.write_text(f'task = "{name}"\nout = "{tmp_path / "run"}"\nsteps = 3\nrate = 0.25\nseed = 5\n', "utf-8")
    ran("--config", str(config), "--no-crosscheck", "--set", "critic_steps=2", "--set", 'match=["f ; g"]')
    found = restored(tmp_path / "run")
    options = dict(found.whole.training.options)
    assert (options["steps"], options["rate"], options["critic_steps"], found.seed) == (3, Fraction(1, 4), 2, 5)
    assert options["match"] == ("f ; g",) and options["batch"] == 8
    listed = ran(name, "--options").output
    assert "critic_steps " in listed and "a whole number from 0 to 1000 [1]" in listed and "checkpoint_every" in listed


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--set", "rates=1"), "--set rates: there is no option 'rates' here; did you mean rate"),
        (("--set", "rate=-1"), "--set rate: 'rate' of training 'training' is a number above 0, not -1"),
        (
            ("--set", "ramp=-1"),
            "--set ramp: 'ramp' of training 'training' is a whole number from 0 to 1000000000, not -1",
        ),
        (("--set", "ramp=0.5"), "is a whole number from 0 to 1000000000, not 0.5"),
        (("--set", "decay=fast"), "is one of none, linear, half, not 'fast'"),
        (("--set", "keep_checkpoints=0"), "--set keep_checkpoints: keep_checkpoints is a whole number >= 1, not 0"),
        (("--set", 'match=["f ; f"]'), "f"),
        (("--data", "there"), "--data: there is no option 'data' here"),
        (("--config", "none.toml"), "cannot read none.toml"),
    ],
)
def test_options_that_are_none(tmp_path: File, words: tuple[str, ...], reason: str) -> None:
    found = ran(file(tmp_path), "--out", str(tmp_path / "run"), *words, code=4)
    assert reason in found.output and not (tmp_path / "run").exists()


def test_a_run_without_a_schema(tmp_path: File) -> None:
    assert "which task?" in ran("--resume", str(tmp_path / "none"), code=4).output
    assert "Missing option '--out'" in ran(file(tmp_path), code=4).output


# ------------------------------------------------------------------------------------------------ what goes wrong


def replaced(**data: Any) -> Specification:
    whole = cyclegan()
    return replace(whole, things=tuple(replace(each, data=data.get(each.name, each.data)) for each in whole.things))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1,2\n3,nan\n", "the data of A: .*line 2: a number that is not finite"),
        ("", "the data of A: .*holds no examples"),
        (None, "the data of A: .*cannot be read"),
    ],
)
def test_data_that_cannot_be_had_are_told_before_the_training(tmp_path: File, text: str | None, reason: str) -> None:
    path = tmp_path / "points.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    whole = replaced(A=settings("data", "csv", path=str(path)))
    with pytest.raises(DataError, match=reason):
        train(whole, tmp_path / "run")
    assert not (tmp_path / "run" / METRICS).exists()


def test_numbers_that_are_too_large_for_the_engine(tmp_path: File) -> None:
    (tmp_path / "points.csv").write_text("1e39,0\n", encoding="utf-8")
    whole = replaced(B=settings("data", "csv", path=str(tmp_path / "points.csv")))
    with pytest.raises(DataError, match=r"the data of B hold a number that is not finite in torch.float32"):
        train(whole, None)


def test_a_step_that_gives_no_number_is_named_and_the_checkpoint_before_stands(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, folder, drawn = file(tmp_path), tmp_path / "run", Draws._sample

    def poisoned(self: Draws, thing: str, purpose: str) -> Any:
        batch = drawn(self, thing, purpose)
        return batch * torch.nan if (self._next, thing, purpose) == (6, "B", "functor") else batch

    with monkeypatch.context() as patch:
        patch.setattr(Draws, "_sample", poisoned)
        words = ("--resume", str(folder), "--no-crosscheck", "--set", "checkpoint_every=2")
        failed = ran(name, *words, code=4)
    assert "training stopped: at step 6 the figure loss is nan" in failed.output
    assert all(np.isfinite(array).all() for array in load_weights(folder).values())
    kept = [path.name for path in (folder / "checkpoints").iterdir()]
    assert sorted(each[:12] for each in kept) == ["0-0000000003", "0-0000000005"]
    assert rows(folder)[-1]["event"] == "diverged"
    ran(name, *words)
    ran(name, "--out", str(tmp_path / "whole"), "--no-crosscheck")
    assert result(folder) == result(tmp_path / "whole")


# ------------------------------------------------------------------------------------------------ from the folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> File:
    folder = tmp_path_factory.mktemp("kept") / "run"
    train(cyclegan(steps=2), folder, seed=3)
    return folder


def copied(run: File, to: File) -> File:
    to.mkdir()
    for entry in run.iterdir():
        if entry.is_file():
            (to / entry.name).write_bytes(entry.read_bytes())
    return to


def test_a_run_is_rebuilt_from_its_folder(run: File) -> None:
    found = restored(run)
    assert found.whole == cyclegan(steps=2) and found.seed == 3 and found.engine.precision == "float32"
    names, weights = Run(found.whole, found.engine, 3).built().names, load_weights(run)
    for name, leaf in zip(
        names,
        flatten(Run(found.whole, found.engine, 3).built().task.architecture.parameters, found.params),
        strict=True,
    ):
        assert np.array_equal(leaf.numpy(), weights[name])
    assert train(found.whole, None, seed=found.seed)["error of f"] == found.metrics["error of f"]


@pytest.mark.parametrize("name", [SCHEMA_FILE, MODEL, METRICS])
def test_damaged_and_missing_files_are_named(run: File, tmp_path: File, name: str) -> None:
    folder = copied(run, tmp_path / "run")
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 255
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name} is damaged"):
        restored(folder)
    (folder / name).unlink()
    with pytest.raises(UsageError, match=f"cannot read .*{name}"):
        restored(folder)


def resigned(folder: File, name: str, content: bytes) -> None:
    """A file that is another one, with its own digest."""
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    metrics["sha256"][name] = sha256(content).hexdigest()
    (folder / name).write_bytes(content)
    (folder / METRICS).write_text(json.dumps(metrics), encoding="utf-8")


def test_files_that_do_not_belong_together(run: File, tmp_path: File) -> None:
    from safetensors.numpy import save

    folder = copied(run, tmp_path / "run")
    weights = load_weights(run)
    name = next(key for key, array in weights.items() if array.ndim == 2)
    for wrong, reason in (
        (
            {key: array for key, array in weights.items() if key != name},
            f"other parameters than its schema has: {name}",
        ),
        ({**weights, name: weights[name][:1, :1].copy()}, "is of shape"),
        ({**weights, name: weights[name] * np.float32("nan")}, "not finite"),
    ):
        resigned(folder, MODEL, save(wrong))
        with pytest.raises(DataError, match=reason):
            restored(folder)
    resigned(folder, SCHEMA_FILE, b"name = 3\n")
    with pytest.raises(DataError, match=r"schema.toml is damaged"):
        restored(folder)


def test_what_is_no_run_of_a_schema(run: File, tmp_path: File) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        restored(tmp_path)
    folder = copied(run, tmp_path / "other")
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    del metrics["sha256"][SCHEMA_FILE]
    (folder / METRICS).write_text(json.dumps(metrics), encoding="utf-8")
    with pytest.raises(UsageError, match="another task, not of a schema"):
        restored(folder)
    (folder / METRICS).unlink()
    (folder / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"has not ended: metrics.json is not there; --resume"):
        restored(folder)


def test_first_parameters_can_be_given(run: File, tmp_path: File) -> None:
    weights = load_weights(run)
    begun = train(cyclegan(steps=1), None, first=weights)
    assert begun["loss"] != train(cyclegan(steps=1), None)["loss"]
    assert begun["loss"] == train(cyclegan(steps=1), None, first=weights)["loss"]
    with pytest.raises(SchemaError, match=r"no parameters called h.layer1"):
        train(cyclegan(steps=1), None, first={"h.layer1": np.zeros((1, 1))})
