"""The command of a claim: which program runs it, where, with which variables, and how its end is told."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from verified_cat import claim_runs
from verified_cat.claims import Claim
from verified_cat.errors import UsageError

CLAIM = Claim("sums", "they are right", "python make.py '{out}/n.json' --to={out}", 0.25)


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("python make.py 'a b' {out} {out}/n", []),
        ("pytest make.py 'a b' {out} {out}/n", ["-m", "pytest"]),
        ("verified-cat make.py 'a b' {out} {out}/n", ["-m", "verified_cat"]),
    ],
)
def test_the_words_of_a_command(command: str, program: list[str]) -> None:
    wanted = [sys.executable, *program, "make.py", "a b", "results", "results/n"]
    assert claim_runs.words(command, Path("results")) == wanted


def test_other_programs_are_refused() -> None:
    with pytest.raises(UsageError, match="by pytest, python, verified-cat, not by 'rm'"):
        claim_runs.words("rm -rf {out}", Path())


# ------------------------------------------------------------------------------------------------ without a process


class Process:
    """What subprocess.Popen was told, and a process that ends with the first of its ends."""

    pid = 12345

    def __init__(self, *ends: Any) -> None:
        self.ends = list(ends)
        self.told: dict[str, Any] = {}
        self.waited: list[float | None] = []

    def __call__(self, words: list[str], **told: Any) -> Process:
        self.told = {"words": words, **told}
        told["stdout"].write(b"printed in " + str(told["cwd"]).encode() + b"\xff\n")
        told["stderr"].write(b"wrong in " + words[-1].removeprefix("--to=").encode() + b"\n")
        return self

    def wait(self, timeout: float | None = None) -> int:
        self.waited.append(timeout)
        end = self.ends.pop(0)
        if isinstance(end, BaseException):
            raise end
        return int(end)


@pytest.fixture(autouse=True)
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What would have been killed; nothing is, as the process is none."""
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "killpg", lambda *given: found.append(given))
    return found


def started(monkeypatch: pytest.MonkeyPatch, *ends: Any) -> Process:
    process = Process(*ends)
    monkeypatch.setattr(subprocess, "Popen", process)
    return process


@pytest.mark.parametrize(("code", "why"), [(0, ""), (3, "exit code 3"), (-9, "exit code -9")])
def test_a_command_that_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: list[tuple[int, int]], code: int, why: str
) -> None:
    """It is run in the tree, reads nothing, and has a session of its own, so that all of it can be killed."""
    process, out = started(monkeypatch, code), tmp_path / "all" / "sums"
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("TZ", "Mars")
    ticks = iter((100.0, 103.5))
    spent = iter((7.0, 9.25))
    monkeypatch.setattr(claim_runs, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(claim_runs, "_cpu", lambda: next(spent))
    ended = claim_runs.run(CLAIM, tmp_path, out, {"TZ": "UTC"})
    assert (ended.why, ended.seconds, ended.cpu) == (why, 3.5, 2.25)
    told = process.told
    assert told["words"] == [sys.executable, "make.py", f"{out}/n.json", f"--to={out}"]
    assert told["cwd"] == tmp_path and told["stdin"] == subprocess.DEVNULL and told["start_new_session"] is True
    assert (told["env"]["TZ"], told["env"]["KEPT"]) == ("UTC", "1")
    assert process.waited == [75.0] and killed == []
    assert (out / "output").read_bytes() == b"printed in {root}\\xff\n"
    assert (out / "errors").read_bytes() == b"wrong in {out}\n"


def test_a_folder_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, 0)
    assert claim_runs.run(CLAIM, tmp_path, tmp_path, {}).why == ""


def test_a_command_that_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: list[tuple[int, int]]
) -> None:
    """60 · slack · minutes, then it is killed with all that it started, and waited for."""
    process = started(monkeypatch, subprocess.TimeoutExpired("sums", 1), 0)
    ended = claim_runs.run(CLAIM, tmp_path, tmp_path / "out", {}, 2)
    assert ended.why == "ended after 30 s, 2 times what is said of it"
    assert process.waited == [30.0, None] and killed == [(12345, signal.SIGKILL)]


def test_an_interrupt_ends_the_command_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: list[tuple[int, int]]
) -> None:
    process = started(monkeypatch, KeyboardInterrupt(), 0)
    with pytest.raises(KeyboardInterrupt):
        claim_runs.run(CLAIM, tmp_path, tmp_path / "out", {})
    assert len(process.waited) == 2 and killed == [(12345, signal.SIGKILL)]


def test_the_seconds_of_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of processes that have ended, in the program and in the system."""
    spent = {resource.RUSAGE_CHILDREN: SimpleNamespace(ru_utime=3.0, ru_stime=0.5)}
    monkeypatch.setattr(resource, "getrusage", spent.__getitem__)
    assert claim_runs._cpu() == 3.5


def test_the_limit_unless_told() -> None:
    assert claim_runs.SLACK == 5
