"""A schema trained by the command: which options are settled how, what the run is opened with, what is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import commands_learn, commands_train
from verified_cat.commands import FAILED, INTERRUPTED
from verified_cat.commands_learn import Request, learned, options_of, request
from verified_cat.errors import UsageError
from verified_cat.gpu import migration, parallel, saving, schema_folder, session
from verified_cat.gpu.configuration import Given
from verified_cat.schema_file import read
from verified_cat.schema_fuzz import SOUND
from verified_cat.schema_text import written

WHOLE = read(SOUND[0])


def given(**values: Any) -> Given:
    return Given(values, lambda name: f"--{name}")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(session, "threads", lambda wanted: wanted or 3)
    (tmp_path / "gan.toml").write_text(SOUND[0], encoding="utf-8")
    return str(tmp_path / "gan.toml")


OUT = Path("out")
DEFAULTS: dict[str, Any] = {
    "out": OUT, "seed": 0, "checkpoint_every": 0, "keep_checkpoints": 2, "ahead": 0, "threads": 3,
    "tensorboard": None, "crosscheck": True, "start_from": None, "along": None,
}  # fmt: skip


# ------------------------------------------------------------------------------------------------ what is asked for


def test_a_new_run(file: str) -> None:
    asked = request([given(task=file, out=OUT)], None)
    assert asked == Request(WHOLE, OUT, DEFAULTS | {"task": file}, {})
    asked = request([given(task=file, out=OUT, steps=7, seed=2, threads=1), given(steps=9, tensorboard="t")], None)
    assert asked.whole.training["steps"] == 9 and asked.whole.training["rate"] == WHOLE.training["rate"]
    assert asked.options == DEFAULTS | {"task": file, "seed": 2, "threads": 1, "tensorboard": Path("t").absolute()}


def test_what_a_run_goes_on_with(file: str) -> None:
    """The graph without its training as a digest, the seed, the threads, and every option of the training, as JSON."""
    asked = request([given(task=file, out=OUT, seed=4, steps=9, match=["h"])], None).asked
    bare = SOUND[0].replace("[training]\nsteps = 100\nrate = 1e-3\n", "")
    assert asked["schema_sha256"] == sha256(written(read(bare)).encode()).hexdigest()
    assert {key: asked[key] for key in ("task", "seed", "threads", "steps", "batch", "rate", "match", "decay")} == {
        "task": "schema GAN", "seed": 4, "threads": 3, "steps": 9, "batch": 64, "rate": "1/1000", "match": ["h"],
        "decay": "half",
    }  # fmt: skip
    assert set(asked) == {"task", "schema_sha256", "seed", "threads", *dict(WHOLE.training.options)}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, r"^Missing option '--out': the folder of the run$"),
        ({"out": OUT, "step": 3}, r"^--step: there is no option 'step' here; did you mean steps\?$"),
        ({"out": OUT, "sead": 3}, r"^--sead: there is no option 'sead' here; did you mean seed"),
        (
            {"out": OUT, "steps": 0},
            "^--steps: 'steps' of training 'training' is a whole number from 1 to 1000000000, not",
        ),
        ({"out": OUT, "seed": -1}, "^--seed: seed is a whole number >= 0, not -1$"),
        ({"out": OUT, "along": "m"}, "^along says how another run begins this one: give its folder, start_from, too$"),
    ],
)
def test_what_is_no_run(file: str, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        request([given(task=file, **values)], None)


def test_which_schema(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^which schema\? verified-cat train FILE.toml$"):
        request([given(out=OUT)], None)
    with pytest.raises(UsageError, match=r"^cannot read .*none\.toml: No such file"):
        request([given(task=str(tmp_path / "none.toml"), out=OUT)], None)


def test_a_run_that_another_begins(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    asked: list[Any] = []

    def started(*said: Any) -> Any:
        asked.append(said)
        return {"h": "first"}

    monkeypatch.setattr(migration, "started", started)
    made = request([given(task=file, out=OUT, start_from="before", along="map.toml")], None)
    assert made.first == {"h": "first"} and asked == [(Path("before"), Path("map.toml"), WHOLE)]


def test_a_run_that_is_taken_up(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    """What it was asked for stays, but for what is asked for now; the schema is that of the folder."""
    known: dict[str, Any] = {
        "how": {"ahead": 5, "keep_checkpoints": None},
        "asked": {"seed": 8, "threads": 2, "steps": 50},
    }
    monkeypatch.setattr(session, "described", lambda folder: known)
    monkeypatch.setattr(schema_folder, "kept", lambda folder: WHOLE)
    monkeypatch.setattr(schema_folder, "begun", lambda folder: {"begun": folder})
    made = request([given(keep_checkpoints=4)], OUT)
    assert made.options == DEFAULTS | {
        "task": "", "out": None, "seed": 8, "threads": 2, "ahead": 5, "keep_checkpoints": 4
    }  # fmt: skip
    assert (made.whole, made.out, made.first) == (WHOLE, OUT, {"begun": OUT})
    with pytest.raises(UsageError, match=r"^a run that is taken up has begun: start_from is of a new run$"):
        request([given(start_from="x")], OUT)
    known["how"]["ahead"] = -1
    with pytest.raises(UsageError, match=r"^out.run\.json: ahead is a whole number from 0 to 1000, not -1$"):
        request([], OUT)
    monkeypatch.setattr(session, "described", lambda folder: None)
    with pytest.raises(UsageError, match=r"^which schema"):
        request([], OUT)


def test_options_of_a_schema(file: str) -> None:
    lines = options_of(file)
    assert lines[:2] == [
        "seed                     where the draws start [0]",
        "checkpoint_every         a checkpoint every so many steps; 0 is ten in a run [0]",
    ]
    assert lines[5:9] == [
        "tensorboard              a folder for events for TensorBoard",
        "crosscheck               whether the program that was run is cross-checked [True]",
        "start_from               the folder of a trained schema, whose arrows begin this run",
        "along                    the file of a map from its schema to this one; without it each arrow begins "
        "the arrow of its name",
    ]
    assert lines[9] == "steps                    a whole number from 1 to 1000000000 [100]"
    assert "rate                     a number above 0 [1/1000]" in lines and len(lines) == 9 + len(
        WHOLE.training.options
    )
    Path(file).write_text(SOUND[0].replace("steps = 100", 'match = ["h", "id_X"]'), encoding="utf-8")
    assert "match                    a list of paths [h, id_X]" in options_of(file)


# ------------------------------------------------------------------------------------------------ the run


class Opened:
    """A session that notes with what it was opened."""

    asked: dict[str, Any]

    def __init__(self, **asked: Any) -> None:
        type(self).asked = asked

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, file: str, tmp_path: Path) -> Any:
    """``learned`` with these options, where the training gives these figures and its check this verdict."""
    trained: list[Any] = []

    def make(status: str = "finished", verdict: str = "sampled", taken_up: bool = False, **options: Any) -> Any:
        metrics = {"status": status, "steps": 100, "targets": {"a": True, "b": False}}

        def train(whole: Any, out: Any, **how: Any) -> Any:
            trained.append((whole.name, out, how))
            return metrics

        def checked(out: Path, again: Any, kept: Any, seed: int) -> Any:
            again(5)
            trained.append(("checked", out, seed))
            return {"crosscheck": {"verdict": verdict}}

        monkeypatch.setitem(sys.modules, "verified_cat.gpu.schema_training", SimpleNamespace(
            train=train, with_training=lambda whole, **changes: whole
        ))  # fmt: skip
        monkeypatch.setitem(sys.modules, "verified_cat.gpu.schema_metrics", SimpleNamespace(
            summary=lambda found: [f"figures of {found['steps']} steps", "more"]
        ))  # fmt: skip
        monkeypatch.setattr(session, "Session", Opened)
        monkeypatch.setattr(commands_train, "_checked", checked)
        out = tmp_path / "run"
        learned([given(task=file, **({} if taken_up else {"out": out}), **options)], out if taken_up else None)
        return trained

    make.trained = trained  # type: ignore[attr-defined]
    return make


def test_a_run_is_told_and_checked(run: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "run"
    first, again, checked = run(seed=3)
    assert first == ("GAN", out, {"seed": 3, "first": {}})
    assert again == ("GAN", None, {"steps": 5, "seed": 3, "first": {}, "looked": False})
    assert checked == ("checked", out, 3)
    assert capsys.readouterr().out.splitlines() == [
        "figures of 100 steps",
        "more",
        "reached: a",
        "MISSED: b",
        f"finished after 100 steps; the model and metrics.json are in {out}",
    ]
    opened = Opened.asked
    asked = opened.pop("asked")
    assert opened.pop("folder").path == out and asked["task"] == "schema GAN" and "replicas" not in asked
    assert opened == {
        "how": {"checkpoint_every": 0, "keep_checkpoints": 2, "ahead": 0, "crosscheck": True},
        "every": 10, "keep": 2, "resume": False, "board": None, "ahead": 0,
    }  # fmt: skip


def test_a_run_without_its_check(run: Any, tmp_path: Path) -> None:
    board = tmp_path / "board"
    assert len(run(crosscheck=False, tensorboard=str(board), checkpoint_every=4, keep_checkpoints=1, ahead=2)) == 1
    opened = {key: Opened.asked[key] for key in ("how", "every", "keep", "resume", "board", "ahead")}
    assert opened == {
        "how": {
            "checkpoint_every": 4, "keep_checkpoints": 1, "ahead": 2, "tensorboard": str(board), "crosscheck": False
        },
        "every": 4, "keep": 1, "resume": False, "board": board, "ahead": 2,
    }  # fmt: skip


def test_a_run_that_its_check_refutes_fails(run: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        run(verdict="refuted")
    assert caught.value.code == FAILED and len(run.trained) == 3


def test_an_interrupted_run_says_how_it_goes_on(run: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(SystemExit) as caught:
        run(status="interrupted")
    assert caught.value.code == INTERRUPTED and len(run.trained) == 1
    assert capsys.readouterr().out.splitlines() == [
        "figures of 100 steps",
        "more",
        f"interrupted after 100 steps; the model and metrics.json are in {out}; --resume {out} goes on",
    ]


def test_short_runs_have_a_checkpoint_after_every_step(run: Any, file: str) -> None:
    Path(file).write_text(SOUND[0].replace("steps = 100", "steps = 9"), encoding="utf-8")
    run()
    assert Opened.asked["every"] == 1


def test_a_run_is_taken_up(monkeypatch: pytest.MonkeyPatch, run: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(session, "described", lambda folder: {"how": {}, "asked": {"seed": 6}})
    monkeypatch.setattr(schema_folder, "begun", lambda folder: {"h": "first"})
    first, *_ = run(taken_up=True)
    assert first == ("GAN", tmp_path / "run", {"seed": 6, "first": {"h": "first"}}) and Opened.asked["resume"] is True


# ------------------------------------------------------------------------------------------------ several replicas


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("status", ["finished", "interrupted"])
def test_replicas(
    rank: int,
    status: str,
    monkeypatch: pytest.MonkeyPatch,
    run: Any,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """The first has the folder and the screen; nothing is verified where several made the steps."""
    out, said = tmp_path / "run", list[Any]()
    engine = SimpleNamespace(rank=rank, world=2, precision="")

    def made(precision: str) -> Any:
        engine.precision = precision
        return engine

    @contextmanager
    def opened(*given: Any, **options: Any) -> Iterator[None]:
        said.append((given, options))
        yield

    monkeypatch.setattr(parallel, "launched", lambda: True)
    monkeypatch.setattr(parallel, "ReplicaEngine", made)
    monkeypatch.setattr(parallel, "replicas", nullcontext)
    leading: Any = SimpleNamespace(Leading=opened, Following=opened)
    monkeypatch.setitem(sys.modules, "verified_cat.gpu.schema_replicas", leading)
    added: list[Any] = []
    folder: Any = lambda path: SimpleNamespace(path=path, add=added.append)  # noqa: E731
    monkeypatch.setattr(saving, "RunFolder", folder)
    if status == "interrupted":
        with pytest.raises(SystemExit) as caught:
            run(status=status)
        assert caught.value.code == INTERRUPTED
    else:
        run(status=status)
    assert run.trained == [
        ("GAN", None if rank else out, {"seed": 0, "first": {}, "engine": engine})
    ] and engine.precision == "float32"  # fmt: skip
    (((first,), options),) = said
    lines = capsys.readouterr().out.splitlines()
    why = "the steps were made by several replicas, and one process cannot make them again"
    if rank:
        assert (first, options, added, lines) == (engine, {}, [], [])
        return
    assert first is engine and options["asked"]["replicas"] == 2 and options["folder"].path == out
    assert options["resume"] is False
    assert added == [{"crosscheck": {"verdict": "not run", "reason": why}}]
    assert lines[0] == "figures of 100 steps"
    assert lines[-1] == f"not verified: the cross-check was not run; {why}"


def test_options_that_change_nothing_in_what_comes_out() -> None:
    assert set(commands_learn.HOW) == {"checkpoint_every", "keep_checkpoints", "ahead", "tensorboard", "crosscheck"}
    assert set(commands_learn.BEGUN) == {"start_from", "along"}
