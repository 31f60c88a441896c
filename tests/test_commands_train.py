"""The command ``train``: from where its options are, what a task is run with, what is told, and when it fails."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import commands_train, training_check
from verified_cat.cli import main
from verified_cat.commands import FAILED, INTERRUPTED
from verified_cat.commands_train import figures
from verified_cat.gpu import saving, session, tasks
from verified_cat.gpu.configuration import COMMON, Option


class Task:
    """A task that notes with what it is trained."""

    name = "noted"
    options = (Option("rate", Fraction(1, 10), "the rate", Fraction), Option("data", None, "a file", Path))
    all_options = (
        Option("task", "", "the task", str),
        Option("out", None, "the folder", Path),
        Option("steps", 30, "updates", low=1),
        Option("mode", "slow", "how", str, choices=("slow", "fast")),
        *COMMON,
        *options,
    )

    def __init__(self) -> None:
        self.trained: list[Any] = []
        self.metrics: dict[str, Any] = {"status": "finished", "steps": 30, "loss": 0.5, "gap": 2.0, "seed": 3}

    def train(self, out: Path | None, **how: Any) -> dict[str, Any]:
        self.trained.append((out, how))
        return dict(self.metrics)


class Opened:
    """A session that notes with what it was opened."""

    asked: list[Any]

    def __init__(self, folder: Any, asked: Any, how: Any, **options: Any) -> None:
        type(self).asked = [folder.path, asked, how, options]

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Folder:
    """A folder that notes what is added to the figures in it."""

    added: list[Any]

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, record: dict[str, Any]) -> dict[str, Any]:
        Folder.added.append((self.path, record))
        return {"status": "finished"} | record


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Task:
    made = Task()
    monkeypatch.setattr(tasks, "task", lambda name: made)
    monkeypatch.setattr(session, "Session", Opened)
    monkeypatch.setattr(saving, "RunFolder", Folder)
    Folder.added = []
    monkeypatch.setattr(session, "threads", lambda wanted: wanted or 3)
    return made


@pytest.fixture(autouse=True)
def verdict(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the cross-check says, and the steps that it makes again."""
    said: dict[str, Any] = {"verdict": "sampled"}

    def checked(again: Any, kept: Any, seed: int) -> Any:
        again(4)
        said["seed"] = seed
        return {"verified": True, "crosscheck": {"verdict": said["verdict"]}}

    monkeypatch.setattr(training_check, "checked", checked)
    monkeypatch.setattr(training_check, "summary", lambda record: f"cross-check {record['crosscheck']['verdict']}")
    return said


def call(*arguments: Any) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, ["train", *map(str, arguments)])
    return result.exit_code, result.output.splitlines()


# ------------------------------------------------------------------------------------------------ the run


def test_a_task_is_trained_told_and_checked(task: Task, tmp_path: Path, verdict: dict[str, Any]) -> None:
    out = tmp_path / "run"
    assert call("noted", "--out", out, "--seed", 3) == (
        0,
        [
            "loss                     0.5",
            "gap                      2",
            f"finished after 30 steps; the model and metrics.json are in {out}",
            "cross-check sampled",
        ],
    )
    own = {"rate": Fraction(1, 10), "data": None}
    assert task.trained == [(out, {"steps": 30, "seed": 3, **own}), (None, {"steps": 4, "seed": 3, **own})]
    assert verdict["seed"] == 3
    assert Opened.asked == [
        out,
        {"task": "noted", "steps": 30, "mode": "slow", "seed": 3, "threads": 3, "rate": "1/10"},
        {"checkpoint_every": 0, "keep_checkpoints": 2, "ahead": 0, "crosscheck": True},
        {"every": 3, "keep": 2, "resume": False, "board": None, "ahead": 0},
    ]
    assert Folder.added == [(out, {"verified": True, "crosscheck": {"verdict": "sampled"}})]


def test_every_option_reaches_the_run(task: Task, tmp_path: Path) -> None:
    """The command line comes before the file of options; files are known by their absolute names."""
    options = tmp_path / "options.toml"
    options.write_text(
        f'task = "noted"\nout = "{tmp_path / "run"}"\nsteps = 3\nrate = 0.25\nahead = 1\n', encoding="utf-8"
    )
    words = ("mode=fast", "checkpoint_every=7", "keep_checkpoints=1", "ahead=5", "tensorboard=board", "threads=2")
    sets = [part for word in words for part in ("--set", word)]
    code, lines = call("--config", options, "--steps", 9, "--data", "x.csv", "--no-crosscheck", *sets)
    assert code == 0 and len(lines) == 3
    data = Path("x.csv").absolute()
    assert task.trained == [(tmp_path / "run", {"steps": 9, "seed": 0, "rate": Fraction(1, 4), "data": data})]
    board = Path("board").absolute()
    assert Opened.asked[1:] == [
        {"task": "noted", "steps": 9, "mode": "fast", "seed": 0, "threads": 2, "rate": "1/4", "data": str(data)},
        {
            "checkpoint_every": 7, "keep_checkpoints": 1, "ahead": 5, "tensorboard": str(board), "crosscheck": False
        },
        {"every": 7, "keep": 1, "resume": False, "board": board, "ahead": 5},
    ]  # fmt: skip


def test_an_interrupted_run_says_how_it_goes_on(task: Task, tmp_path: Path) -> None:
    out = tmp_path / "run"
    task.metrics |= {"status": "interrupted", "steps": 7}
    code, lines = call("noted", "--out", out, "--steps", 5)
    end = f"interrupted after 7 steps; the model and metrics.json are in {out}; --resume {out} goes on"
    assert (code, lines[-1]) == (INTERRUPTED, end) and len(task.trained) == 1
    assert Opened.asked[3]["every"] == 1


def test_a_run_that_its_check_refutes_fails(task: Task, tmp_path: Path, verdict: dict[str, Any]) -> None:
    verdict["verdict"] = "refuted"
    code, lines = call("noted", "--out", tmp_path / "run")
    assert (code, lines[-1]) == (FAILED, "cross-check refuted")


def test_a_run_is_taken_up(task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it was asked for and how it was run, but for what is asked for now."""
    out = tmp_path / "run"
    known: dict[str, Any] = {"how": {"ahead": 5}, "asked": {"task": "noted", "steps": 8, "seed": 6, "rate": "1/3"}}
    monkeypatch.setattr(session, "described", lambda path: known if path == out else None)
    assert call("--resume", out, "--set", "rate=1/2")[0] == 0
    assert task.trained[0] == (out, {"steps": 8, "seed": 6, "rate": Fraction(1, 2), "data": None})
    assert Opened.asked[3]["resume"] is True and Opened.asked[3]["ahead"] == 5
    code, lines = call("--resume", out, "--out", out)
    assert code and "--resume names the folder of the run; --out does not go with it" in lines[-1]
    known["asked"]["seed"] = -1
    code, lines = call("--resume", out)
    assert code and f"{out / 'run.json'}: seed is a whole number >= 0, not -1" in lines[-1]
    assert "which task?" in call("--resume", tmp_path)[1][-1]


# ------------------------------------------------------------------------------------------------ schemas


@pytest.mark.parametrize("listed", [False, True])
def test_a_file_is_a_schema(listed: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(commands_train, "learned", lambda sources, resume: asked.append((sources[0].values, resume)))
    monkeypatch.setattr(commands_train, "options_of", lambda file: [f"options of {file}", "and more"])
    code, lines = call("x.toml", *(["--options"] if listed else ["--out", tmp_path, "--crosscheck"]))
    assert (code, lines) == (0, ["options of x.toml", "and more"] if listed else [])
    assert asked == ([] if listed else [({"task": "x.toml", "out": tmp_path, "crosscheck": True}, None)])


def test_a_run_of_a_schema_is_taken_up_without_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(commands_train, "learned", lambda sources, resume: asked.append(resume))
    monkeypatch.setattr(session, "described", lambda path: {"asked": {"task": "schema GAN"}, "how": {}})
    assert call("--resume", tmp_path) == (0, []) and asked == [tmp_path]


# ------------------------------------------------------------------------------------------------ what is told


def test_options_of_a_task(task: Task) -> None:
    code, lines = call("noted", "--options")
    assert code == 0 and lines[:4] == [
        "task               the task []",
        "out                the folder",
        "steps              updates [30]",
        "mode               how (slow, fast) [slow]",
    ]
    assert lines[-2:] == ["rate               the rate [1/10]", "data               a file"]


def test_what_is_no_run(task: Task) -> None:
    assert "Missing option '--out': the folder of the run" in call("noted")[1][-1]
    assert "which task? verified-cat train NAME, or `task` in the file of --config" in call()[1][-1]
    assert "--set NAME: there is no option 'NAME' here" in call("noted", "--set", "NAME=1")[1][-1]
    assert "--steps" in call("noted", "--steps", 0)[1][-1] and task.trained == []


def test_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each that is no whole number; a table where the task compares with baselines."""
    assert figures({"loss": 0.1234567, "steps": 3, "name": "x", "much": 1e9, "rows": []}) == [
        "loss                     0.123457",
        "much                     1e+09",
    ]
    table = SimpleNamespace(summary=lambda metrics: f"table of {len(metrics['rows'])}")
    monkeypatch.setitem(sys.modules, "verified_cat.gpu.cyclegan_points", table)
    assert figures({"rows": {"a": 1, "b": 2}, "loss": 0.5}) == ["table of 2"]
