"""What goes with a training that is run as a tool: checkpoints, figures as they come, and going on after a stop.

``run.json`` says what was asked for. It is there before the first step, so that the run can be taken up with the same
options, and refused with others.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import torch

from verified_cat import __version__, durable
from verified_cat.errors import DataError, UsageError
from verified_cat.gpu.checkpoints import FOLDER, Checkpoint, Checkpoints
from verified_cat.gpu.course import DIVERGED, FINISHED, STOPPED, Course, Row
from verified_cat.gpu.data import Stream
from verified_cat.gpu.live import Live
from verified_cat.gpu.saving import KIND, METRICS, RUN, SCHEMA, RunFolder

try:
    import fcntl
except ImportError:  # not POSIX: two runs in one folder are then not noticed
    fcntl = None  # type: ignore[assignment]

LOCK = f"{durable.TEMPORARY}lock"


class Session:
    """A run in a folder, begun anew or taken up where it was left; trainings within ``with Session(…)`` belong to it.

    ``asked`` is what was asked for, as JSON: task and options; ``how`` are those that change no figure. Raises
    UsageError where another process runs there, where a run that is not finished would be overwritten, or where what is
    taken up was asked for otherwise.
    """

    def __init__(
        self,
        folder: RunFolder,
        asked: Mapping[str, Any],
        how: Mapping[str, Any] | None = None,
        *,
        every: int,
        keep: int = 2,
        resume: bool = False,
        board: Path | None = None,
        ahead: int = 0,
    ) -> None:
        self.folder, self.every, self.keep, self.ahead = folder, every, keep, ahead
        self._lock = _locked(folder.path)
        try:
            self._open(asked, how or {}, resume, board)
        except BaseException:
            self._free()
            raise
        self._trainings, self._checkpoints = -1, Checkpoints(folder.path, 0, keep)
        self._data: Stream | None = None
        self._digest, self._began = "", time.perf_counter()

    def _open(self, asked: Mapping[str, Any], how: Mapping[str, Any], resume: bool, board: Path | None) -> None:
        path = self.folder.path
        durable.swept(path)
        known = described(path)
        self.resumed = resume and known is not None
        if known is not None and resume:
            _must_agree(path, known["asked"], asked)
            _other_versions(known["versions"])
            self.identity = known["identity"]
        else:
            _must_be_over(path, known)
            self.identity = uuid4().hex
            self._describe(asked, how)
        self._live = Live(path, {"schema": SCHEMA, "kind": KIND, "identity": self.identity, **asked}, board)

    def _describe(self, asked: Mapping[str, Any], how: Mapping[str, Any]) -> None:
        """Of an older run the checkpoints go first: they are not this one's."""
        try:
            for old in (self.folder.path / FOLDER).glob("*.safetensors*"):
                old.unlink()
            whole = {
                "schema": SCHEMA,
                "kind": KIND,
                "identity": self.identity,
                "asked": asked,
                "how": how,
                "versions": versions(),
            }
            durable.write(self.folder.path, {RUN: (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()})
        except OSError as refused:
            raise UsageError(f"cannot write to the folder {self.folder.path}: {refused.strerror or refused}") from None

    # ---------------------------------------------------------------------------------------- for ``iterate``

    quiet = False
    """Whether nothing is shown of the progress."""

    def heard(self, signal: str, made: int) -> str:
        """Which signal ends the training after ``made`` steps; "" for none. ``signal`` came to this process."""
        return signal

    def begins(self, course: Course, data: Any) -> Checkpoint | None:
        """A training of the run begins: where the run is taken up, at its newest checkpoint, and so are its data.

        Raises DataError where these are other data than those of the checkpoint.
        """
        self._trainings += 1
        self._checkpoints = Checkpoints(self.folder.path, self._trainings, self.keep)
        durable.swept(self._checkpoints.folder)
        self._data = data if isinstance(data, Stream) else None
        self._digest = self._data.digest if self._data else ""
        saved = self._checkpoints.latest(_say) if self.resumed else None
        if saved is not None:
            if saved.record["data"] != self._digest:
                raise DataError(f"the data are not those that the run in {self.folder.path} was begun with")
            course.go_on(saved)
            if self._data is not None:
                self._data.enter(saved.step, saved.record.get("mark"))
            for row in course.history:
                self._live.row(self._trainings, row)
            self._live.event(training=self._trainings, event="resumed", step=course.made)
            _say(f"going on after {course.made} steps")
        return saved

    def row(self, row: Row) -> None:
        """Figures of a step or of a look."""
        self._live.row(self._trainings, row, time.perf_counter() - self._began)

    def after(self, course: Course) -> None:
        """A checkpoint, where one is due."""
        if course.made % self.every == 0:
            self.checkpoint(course)

    def checkpoint(self, course: Course) -> None:
        """A checkpoint now, unless there is no step to be made again."""
        if course.made and course.status != DIVERGED:
            saved = self._checkpoints.save(course.checkpoint(self._record(course)))
            self._live.event(training=self._trainings, event="checkpoint", step=course.made - 1, file=saved.name)

    def _record(self, course: Course) -> dict[str, Any]:
        """What a checkpoint says besides the training: whose it is, and where its data are to be entered."""
        mark = self._data.mark(course.made - 1) if self._data is not None else None
        where = {} if mark is None else {"mark": mark}
        return {"data": self._digest, "identity": self.identity, **where}

    def ends(self, course: Course) -> None:
        """A training is over, for now: who takes the run up finds it at its end."""
        self.checkpoint(course)
        self._live.event(training=self._trainings, event=course.status, step=course.made, reason=course.reason)

    def __enter__(self) -> Session:
        _OPEN.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The folder is free again."""
        _OPEN.remove(self)
        self._live.close()
        self._free()

    def _free(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


_OPEN: list[Session] = []


def current() -> Session | None:
    """The session that trainings belong to now, if there is one."""
    return _OPEN[-1] if _OPEN else None


# ------------------------------------------------------------------------------------------------ the folder


def described(path: Path) -> dict[str, Any] | None:
    """What ``run.json`` says; None where there is none. Raises DataError where it is damaged."""
    try:
        whole = json.loads((path / RUN).read_text(encoding="utf-8"))
        if (
            whole["kind"] != KIND
            or whole["schema"] != SCHEMA
            or not {"asked", "how", "versions", "identity"} <= set(whole)
        ):
            raise ValueError(f"it describes no run of schema {SCHEMA}")
    except FileNotFoundError:
        return None
    except OSError as refused:
        raise UsageError(f"cannot read {path / RUN}: {refused.strerror or refused}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as damaged:
        raise DataError(f"{path / RUN} is damaged: {damaged}") from None
    return dict(whole)


def versions() -> dict[str, str]:
    """What the bits of a result may depend on besides the options."""
    return {"verified_cat": __version__, "torch": str(torch.__version__)}


def threads(wanted: int) -> int:
    """How many threads torch computes with from now on: so many, or, for 0, as many as it does."""
    torch.set_num_threads(wanted or torch.get_num_threads())
    return torch.get_num_threads()


def _locked(path: Path) -> int | None:
    """The folder is this process's until it ends, however it ends."""
    if fcntl is None:
        return None
    try:
        handle = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as refused:
        raise UsageError(f"cannot write to the folder {path}: {refused.strerror or refused}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise UsageError(f"another process trains in {path}") from None
    return handle


def _must_be_over(path: Path, known: Mapping[str, Any] | None) -> None:
    """No checkpoint is thrown away that somebody may want to go on from."""
    if known is None or not any((path / FOLDER).glob("*.safetensors")):
        return
    try:
        metrics = json.loads((path / METRICS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        metrics = {}
    if metrics.get("identity") != known["identity"] or metrics.get("status") not in (FINISHED, STOPPED, DIVERGED):
        raise UsageError(
            f"the run in {path} is not finished: --resume {path} goes on with it; to begin anew, name another folder "
            f"or remove {path / FOLDER}"
        )


def _must_agree(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            raise UsageError(
                f"the run in {path} was begun with {name} = {before.get(name)!r}, not {now.get(name)!r}; "
                "it goes on with its own options only"
            )


def _other_versions(before: Mapping[str, str]) -> None:
    for name, version in versions().items():
        if before.get(name) != version:
            _say(f"the run was begun with {name} {before.get(name)}; with {version} the bits may come out otherwise")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
