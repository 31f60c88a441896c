"""Checkpoints and sessions: what is kept, what is refused, and that a run goes on to the same bits."""

from __future__ import annotations

import errno
import importlib
import json
import os
import re
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
sys.path.insert(0, str(Path(__file__).parent))


from kill_and_resume import boundaries, flips, runs, saves  # noqa: E402

from verified_cat import durable  # noqa: E402
from verified_cat.errors import DataError, MissingExtra, UsageError  # noqa: E402
from verified_cat.gpu.checkpoints import Checkpoint, Checkpoints, named, parts, restored  # noqa: E402
from verified_cat.gpu.course import DIVERGED, FINISHED, INTERRUPTED, STOPPED, Judge  # noqa: E402
from verified_cat.gpu.data import Repeated, Table, table  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.live import LIVE  # noqa: E402
from verified_cat.gpu.saving import METRICS, RUN, RunFolder  # noqa: E402
from verified_cat.gpu.session import Session, current, described  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.gpu.training import Outcome, compiled, conclude, iterate  # noqa: E402
from verified_cat.networks import dense, mean_square, supervised  # noqa: E402
from verified_cat.optimiser import adam  # noqa: E402

ENGINE = TorchEngine()
ASKED = {"task": "test", "steps": 20}


def checkpoint(step: int, value: float = 1.0) -> Checkpoint:
    return Checkpoint(step, {"state/000000": torch.full((3,), value)}, {"history": [{"step": 0.0}]})


def nobody(line: str) -> None:
    raise AssertionError(f"nothing is wrong, and yet: {line}")


# ---------------------------------------------------------------------------------------------- one checkpoint


def test_what_is_saved_is_what_is_found(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    assert kept.latest(nobody) is None
    tensors = {"b": torch.tensor(1.5, dtype=torch.float64), "a": torch.arange(6.0).reshape(2, 3).t()}
    tensors["c"] = torch.tensor([1.0, 2.0], dtype=torch.bfloat16)
    path = kept.save(Checkpoint(7, tensors, {"history": [{"step": 1, "loss": 0.1}], "best": None}))
    found = Checkpoints(tmp_path).latest(nobody)
    assert found is not None and found.step == 7
    assert found.record == {"history": [{"step": 1, "loss": 0.1}], "best": None}
    assert {name: (t.dtype, t.tolist()) for name, t in found.tensors.items()} == {
        name: (t.dtype, t.tolist()) for name, t in tensors.items()
    }
    assert re.fullmatch(r"0-0000000007-[0-9a-f]{64}\.safetensors", path.name)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_the_newest_are_kept_of_each_training(tmp_path: Path) -> None:
    first, second = Checkpoints(tmp_path, 0, keep=2), Checkpoints(tmp_path, 1, keep=1)
    for step in (1, 5, 30, 200):
        first.save(checkpoint(step))
        second.save(checkpoint(2 * step))
    assert [int(path.name.split("-")[1]) for path in first.files()] == [200, 30]
    assert [int(path.name.split("-")[1]) for path in second.files()] == [400]
    for bad in (0, -1, 1.5, True):
        with pytest.raises(UsageError, match="keep"):
            Checkpoints(tmp_path, 0, bad)  # type: ignore[arg-type]


def test_nothing_is_pickled(tmp_path: Path) -> None:
    content = Checkpoints(tmp_path).save(checkpoint(1)).read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert json.loads(header["__metadata__"]["record"])["kind"] == "verified-cat checkpoint"
    assert header["state/000000"]["dtype"] == "F32"


@pytest.mark.parametrize("harm", ["truncated", "one bit", "empty", "longer"])
def test_a_damaged_checkpoint_is_told_of_and_the_one_before_is_taken(tmp_path: Path, harm: str) -> None:
    kept = Checkpoints(tmp_path)
    kept.save(checkpoint(1))
    newest = kept.save(checkpoint(2))
    content = bytearray(newest.read_bytes())
    if harm == "one bit":
        content[len(content) // 2] ^= 4
    changed = bytes({"truncated": content[:-5], "one bit": content, "empty": b"", "longer": content + b"\0"}[harm])
    newest.write_bytes(changed)
    said: list[str] = []
    found = kept.latest(said.append)
    assert found is not None and found.step == 1
    assert len(said) == 1 and str(newest) in said[0] and "damaged" in said[0] and "the one before" in said[0]
    aside = newest.with_name(f"{newest.name}.damaged")
    assert aside.read_bytes() == changed, "what is damaged is kept, out of the way"
    kept.save(checkpoint(2))
    assert len(kept.files()) == 2


def test_only_damaged_checkpoints(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    for step in (1, 2):
        kept.save(checkpoint(step)).write_bytes(b"")
    with pytest.raises(DataError, match=r"no checkpoint in .* is whole"):
        kept.latest(lambda _: None)


def test_a_file_of_another_kind_with_its_own_digest(tmp_path: Path) -> None:
    from hashlib import sha256

    kept = Checkpoints(tmp_path)
    for content in (b"", b"\xff" * 100, (2).to_bytes(8, "little") + b"{}"):
        (kept.folder / f"0-0000000001-{sha256(content).hexdigest()}.safetensors").write_bytes(content)
        with pytest.raises(DataError, match="whole"):
            kept.latest(lambda line: None)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Checkpoints(tmp_path, keep=1)
    before = kept.save(checkpoint(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
        with pytest.raises(
            UsageError, match=r"step 2 was not saved in .*No space left.*those before it are still there"
        ):
            kept.save(checkpoint(2))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(UsageError, match="step 3 was not saved"):
            kept.save(Checkpoint(3, {"a": torch.zeros(10_000)}, {}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in kept.folder.iterdir()] == [before.name]


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system that is mounted read-only; root may write where the mode says otherwise."""
    kept = Checkpoints(tmp_path)
    kept.save(checkpoint(1))

    def read_only(*given: Any, **more: Any) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", read_only)
        with pytest.raises(UsageError, match="Read-only file system; those before it are still there"):
            kept.save(checkpoint(2))
    found = kept.latest(nobody)
    assert found is not None and found.step == 1
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot make the folder"):
        Checkpoints(tmp_path / "file")


def test_on_the_disk_before_it_is_renamed_and_renamed_before_the_old_one_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a loss of power leaves is what was synced: the order of the calls is what keeps a checkpoint whole."""
    kept = Checkpoints(tmp_path, keep=1)
    calls: list[str] = []
    kept.save(checkpoint(1))

    def noting(name: str, real: Any) -> Any:
        def call(*given: Any, **more: Any) -> Any:
            calls.append(name)
            return real(*given, **more)

        return call

    for name in ("write", "fsync", "replace", "unlink"):
        monkeypatch.setattr(os, name, noting(name, getattr(os, name)))
    kept.save(checkpoint(2))
    # The second call of unlink is for a temporary file that is no longer there; the third removes the old checkpoint.
    assert calls == ["write", "fsync", "replace", "fsync", "unlink", "unlink"]


def test_temporary_files_of_the_dead_are_swept_away(tmp_path: Path) -> None:
    for name in (f"{durable.TEMPORARY}{'a' * 32}", f"{durable.TEMPORARY}lock", "notes.txt"):
        (tmp_path / name).write_text("")
    durable.swept(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"{durable.TEMPORARY}lock", "notes.txt"}


def test_states_are_taken_apart_and_put_together() -> None:
    state = (torch.zeros(2), (torch.ones(()), ()), [torch.full((1, 1), 2.0)])
    tensors = named("state", state)
    assert [tensor.tolist() for tensor in parts(state)] == [[0, 0], 1, [[2]]]
    assert str(restored("state", state, tensors)) == str(state)
    with pytest.raises(DataError, match="another network or rule"):
        restored("state", (torch.zeros(2), torch.ones(2)), tensors)
    with pytest.raises(DataError, match="more tensors"):
        restored("state", torch.zeros(2), tensors)
    with pytest.raises(UsageError, match="states of tensors"):
        parts((1.0,))


# ---------------------------------------------------------------------------------------------- sessions


def points() -> Table:
    x = np.linspace(-1, 1, 8).reshape(-1, 1)
    return table(ENGINE, x=x, y=2 * x + 1)


def line(steps: int, rate: Fraction = Fraction(1, 10), judge: Judge | None = None, data: Any = None) -> Outcome:
    """A line through points, by Adam: its state is more than its parameters."""
    network = dense(8, 1, 1)
    step = Step(supervised(network.map, mean_square(8, 1)), adam(rate), ENGINE, names=network.names)
    begin = step.first({"w": np.zeros((1, 1)), "b": np.zeros(1)})
    return iterate(compiled(step), begin, Repeated(points()) if data is None else data, steps, judge)


def session(folder: Path, resume: bool = False, every: int = 3, asked: Any = None, **more: Any) -> Session:
    return Session(RunFolder(folder), asked or ASKED, every=every, resume=resume, **more)


@dataclass(frozen=True)
class Interrupting(Repeated):
    """The data of ``line``, with a signal where batch ``when`` is made."""

    when: int = -1

    def at(self, number: int) -> Any:
        if number == self.when:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().at(number)


def stopping(after: int) -> Interrupting:
    return Interrupting(points(), after)


def same(one: Outcome, other: Outcome) -> bool:
    tensors = zip(parts(one.state), parts(other.state), strict=True)
    return all(map(lambda pair: torch.equal(*pair), tensors)) and one.history == other.history


@pytest.mark.parametrize("after", [0, 1, 7, 19])
@pytest.mark.parametrize("ahead", [0, 2])
def test_a_run_that_is_interrupted_goes_on_to_the_same_bits(tmp_path: Path, after: int, ahead: int) -> None:
    expected = line(20)
    with session(tmp_path, ahead=ahead):
        first = line(20, data=stopping(after))
        assert first.status == INTERRUPTED
    with session(tmp_path, resume=True, ahead=ahead):
        second = line(20)
    assert (second.status, second.steps, second.figures) == (FINISHED, 20, expected.figures)
    assert same(second, expected) and second.begun == first.steps - 1
    rows = [json.loads(row) for row in (tmp_path / LIVE).read_text().splitlines()]
    assert [row["step"] for row in rows if "loss" in row] == list(range(20)), "each step is there once"
    assert rows[0]["task"] == "test" and rows[-1]["event"] == FINISHED
    assert any(row.get("event") == "resumed" for row in rows)


def test_a_run_is_taken_up_at_its_end_too(tmp_path: Path) -> None:
    for resume in (False, True, True):
        with session(tmp_path, resume):
            assert same(line(20), line_alone(20))


def line_alone(steps: int) -> Outcome:
    """Without the session that is open."""
    from verified_cat.gpu import session as module

    held, module._OPEN[:] = list(module._OPEN), []
    try:
        return line(steps)
    finally:
        module._OPEN[:] = held


def test_a_folder_with_nothing_in_it_is_begun(tmp_path: Path) -> None:
    with session(tmp_path / "new", resume=True) as opened:
        assert not opened.resumed and current() is opened
        assert line(20).begun == 0
    assert current() is None


def test_going_back_from_a_divergence_after_going_on(tmp_path: Path) -> None:
    """The checkpoint is of a state whose figures are known: who goes on from it can go back as far."""
    batch = points().columns
    poison = (batch[0] * torch.nan, batch[1])

    def data(signal_at: int) -> Iterator[Any]:
        for number in count():
            if number == signal_at:
                os.kill(os.getpid(), signal.SIGTERM)
            yield poison if number == 10 else batch

    expected = line(20, data=data(-1))
    assert (expected.status, expected.steps) == (DIVERGED, 9)
    with session(tmp_path):
        assert line(20, data=data(9)).steps == 10
    with session(tmp_path, resume=True):
        assert same(line(20, data=data(-1)), expected)


def test_several_trainings_of_one_run_go_on_each_from_its_own(tmp_path: Path) -> None:
    one, two = line(20), line(15, Fraction(1, 5))
    with session(tmp_path):
        line(20)
        line(15, Fraction(1, 5), data=stopping(6))
    with session(tmp_path, resume=True):
        first, second = line(20), line(15, Fraction(1, 5))
    assert same(first, one) and same(second, two) and (first.begun, second.begun) == (19, 6)


def test_an_early_stop_is_the_same_after_going_on(tmp_path: Path) -> None:
    def judge() -> Judge:
        weight = {"n": 0}

        def look(state: Any) -> dict[str, float]:
            weight["n"] += 1
            return {"validation_loss": abs(float(sum(part.sum() for part in parts(state)[-2:])) - 0.7)}

        return Judge(look, every=2, patience=3)

    expected = line(40, judge=judge())
    assert expected.status == STOPPED and "no smaller validation_loss in 3 looks" in expected.reason
    best = int(expected.reason.split("after ")[1].split()[0])
    assert best < expected.steps == best + 6
    assert [row["step"] for row in expected.history if "validation_loss" in row] == list(range(2, best + 7, 2))
    for after in (best - 1, best + 1, best + 4):
        with session(tmp_path / str(after)):
            line(40, judge=judge(), data=stopping(after))
        with session(tmp_path / str(after), resume=True):
            second = line(40, judge=judge())
        assert same(second, expected) and (second.status, second.reason) == (STOPPED, expected.reason)
    with pytest.raises(UsageError, match="patience"):
        Judge(lambda _: {}, every=1, patience=-1)


def test_other_data_are_refused(tmp_path: Path) -> None:
    with session(tmp_path):
        line(20, data=Repeated(points()))
    x, y = points().columns
    with session(tmp_path, resume=True), pytest.raises(DataError, match="not those that the run"):
        line(20, data=Repeated(Table((x, y + 1))))


def test_other_options_are_refused(tmp_path: Path) -> None:
    with session(tmp_path):
        line(20, data=stopping(5))
    for asked in ({"task": "test", "steps": 21}, {**ASKED, "rate": "1/2"}, {"task": "test"}):
        with pytest.raises(UsageError, match=r"was begun with (steps = 20|rate = None), not"):
            session(tmp_path, resume=True, asked=asked)


def test_an_unfinished_run_is_not_overwritten(tmp_path: Path) -> None:
    with session(tmp_path):
        outcome = line(20, data=stopping(5))
        conclude(RunFolder(tmp_path), outcome, {}, {})
    with pytest.raises(UsageError, match=r"is not finished: --resume .* goes on with it"):
        session(tmp_path)
    with session(tmp_path, resume=True):
        conclude(RunFolder(tmp_path), line(20), {}, {})
    assert json.loads((tmp_path / METRICS).read_text())["status"] == FINISHED
    with session(tmp_path) as again:  # a finished one may be
        assert not Checkpoints(tmp_path).files() and described(tmp_path)["identity"] == again.identity  # type: ignore[index]


def test_two_processes_in_one_folder(tmp_path: Path) -> None:
    with session(tmp_path), pytest.raises(UsageError, match="another process trains in"):
        session(tmp_path, resume=True)


@pytest.mark.parametrize("content", ["", "[]", '{"kind": "else"}', '{"kind": "verified-cat run", "schema": 1}'])
def test_a_damaged_description(tmp_path: Path, content: str) -> None:
    with session(tmp_path):
        line(20, data=stopping(5))
    (tmp_path / RUN).write_text(content)
    with pytest.raises(DataError, match="damaged"):
        described(tmp_path)


def test_other_versions_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with session(tmp_path):
        line(20, data=stopping(5))
    whole = json.loads((tmp_path / RUN).read_text())
    (tmp_path / RUN).write_text(json.dumps(whole | {"versions": {**whole["versions"], "torch": "1.0"}}))
    with session(tmp_path, resume=True):
        line(20)
    assert "begun with torch 1.0" in capsys.readouterr().err


def test_a_damaged_checkpoint_costs_steps_and_no_bits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with session(tmp_path):
        line(20, data=stopping(13))
    newest, *_ = Checkpoints(tmp_path).files()
    newest.write_bytes(newest.read_bytes()[:-1])
    with session(tmp_path, resume=True):
        assert same(line(20), line_alone(20))
    assert "damaged" in capsys.readouterr().err


def test_no_tensorboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtra, match="pip install tensorboard"):
        session(tmp_path, board=tmp_path / "board")


def test_a_tensorboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its writer is told; the writer itself is another project's."""
    from types import SimpleNamespace

    told: list[Any] = []

    class Writer:
        def __init__(self, folder: str) -> None:
            told.append(folder)

        def add_scalar(self, name: str, value: float, step: int) -> None:
            told.append((name, value, step))

        def close(self) -> None:
            told.append("closed")

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=Writer))
    with session(tmp_path, board=tmp_path / "board"):
        history = line(3).history
    assert told == [str(tmp_path / "board"), *(("loss", row["loss"], row["step"]) for row in history), "closed"]


def test_tensorboard_reads_what_is_written(tmp_path: Path) -> None:
    """Its own reader finds every figure of every step, as a float32."""
    pytest.importorskip("tensorboard", reason="not run: tensorboard not installed (pip install tensorboard)")
    reader = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")

    with session(tmp_path, board=tmp_path / "board"):
        history = line(5).history
    events = reader.EventAccumulator(str(tmp_path / "board")).Reload()
    assert events.Tags()["scalars"] == ["loss"]
    found = [(event.step, event.value) for event in events.Scalars("loss")]
    assert found == [(row["step"], float(np.float32(row["loss"]))) for row in history] and len(found) == 5


# ---------------------------------------------------------------------------------------------- kills


def test_a_save_that_is_stopped_at_any_call() -> None:
    found = list(boundaries())
    assert len(found) >= 20 and not any(found), found


def test_kills_while_saving() -> None:
    found = list(saves(15))
    assert len(found) == 15 and not any(found), found


def test_every_flipped_bit_is_noticed() -> None:
    found = list(flips(50, seed=1))
    assert len(found) == 50 and not any(found), found


def test_runs_that_are_killed_and_taken_up() -> None:
    found = list(runs(2, "linear-regression", 1500, ["--set", "checkpoint_every=50"], seed=3, most=2))
    assert all(trial.same for trial in found) and sum(trial.kills for trial in found) >= 1
