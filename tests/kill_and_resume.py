"""Trainings and saves that are killed, at random moments and at every call of the system, and what is left of them.

    python tests/kill_and_resume.py --runs 50 --saves 1000

Each child is a process of its own that takes a real SIGKILL (or, at a chosen call, ends itself without cleaning up). A
run that was killed, and taken up until it ends, must have the model and the history of the run that nobody stopped,
byte for byte. After a kill during a save all checkpoints must be whole, as many as are to be kept, and the newest not
older than the last that was acknowledged.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from verified_cat import durable
from verified_cat.cli import main as command
from verified_cat.errors import DataError, UsageError
from verified_cat.gpu.checkpoints import Checkpoint, Checkpoints, whole
from verified_cat.gpu.saving import HISTORY, MODEL

CALLS = ("open", "write", "fsync", "close", "replace", "unlink")
"""Where a save can be stopped."""


def child(work: Callable[[], Any]) -> int:
    """A process that does this, silently, and ends."""
    number = os.fork()
    if number:
        return number
    code = 70
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        work()
        code = 0
    except SystemExit as left:
        code = int(left.code or 0)
    finally:
        os._exit(code)


def ended(number: int) -> int:
    """The exit code of a child; minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def killed_after(number: int, seconds: float) -> bool:
    """Wait, then SIGKILL; False where it had ended before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitpid(number, os.WNOHANG)[0]:
            return False
        time.sleep(0.0005)
    os.kill(number, signal.SIGKILL)
    return ended(number) == -signal.SIGKILL


# ------------------------------------------------------------------------------------------------ runs


@dataclass(frozen=True)
class Trial:
    """What came of one run: how often it was killed, and whether it ended as the run that was not."""

    kills: int
    same: bool


def trained(task: str, steps: int, *words: str) -> Callable[[], None]:
    return lambda: command(["train", task, "--steps", str(steps), "--no-crosscheck", *words], standalone_mode=False)


def result(folder: Path) -> tuple[bytes, bytes]:
    """What must be the same: the model and the history."""
    return (folder / MODEL).read_bytes(), (folder / HISTORY).read_bytes()


def runs(count: int, task: str, steps: int, options: list[str], seed: int = 0, most: int = 3) -> Iterator[Trial]:
    """So many runs, each killed up to ``most`` times at random moments, and taken up again each time."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as made:
        once, began = Path(made) / "whole", time.monotonic()
        if ended(child(trained(task, steps, "--out", str(once), *options))):
            raise SystemExit("the run that nobody stops does not end")
        length, expected = time.monotonic() - began, result(once)
        for number in range(count):
            folder, kills = Path(made) / f"run{number}", 0
            for _ in range(most):
                again = child(trained(task, steps, "--resume", str(folder), *options))
                if not killed_after(again, draw.uniform(0, length)):
                    break
                kills += 1
            code = ended(child(trained(task, steps, "--resume", str(folder), *options)))
            yield Trial(kills, code == 0 and result(folder) == expected)


# ------------------------------------------------------------------------------------------------ saves


def checkpoint(step: int, entries: int = 20_000) -> Checkpoint:
    return Checkpoint(step, {"state/000000": torch.full((entries,), float(step))}, {"history": [{"step": step}]})


def saving(folder: Path, acknowledged: int, keep: int) -> None:
    """Checkpoints without end; the number of each is told only when it is saved."""
    kept, step = Checkpoints(folder, 0, keep), 0
    newest = kept.latest(lambda _: None)
    step = 0 if newest is None else newest.step
    while True:
        step += 1
        kept.save(checkpoint(step))
        os.write(acknowledged, f"{step}\n".encode())


def look(folder: Path, acknowledged: int, keep: int) -> str:
    """What is wrong with the checkpoints, where ``acknowledged`` is the last that was: "" for nothing."""
    try:
        found = [whole(path) for path in Checkpoints(folder, 0, keep).files()]
    except DataError as fault:
        return str(fault)
    steps = [each.step for each in found]
    if acknowledged and max(steps, default=0) < acknowledged:
        return f"{acknowledged} was acknowledged, and there are {steps}"
    if len(steps) < min(keep, acknowledged):
        return f"{keep} are to be kept, and there are {steps}"
    for each in found:
        if not torch.equal(each.tensors["state/000000"], checkpoint(each.step).tensors["state/000000"]):
            return f"{each.step} holds something else than was saved"
    return ""


def saves(kills: int, keep: int = 2, seed: int = 0) -> Iterator[str]:
    """So many kills at random moments of saving; yields what each left wrong."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as made:
        folder, last = Path(made), 0
        for _ in range(kills):
            told, tells = os.pipe()
            number = child(lambda tells=tells: saving(folder, tells, keep))  # type: ignore[misc]
            os.close(tells)
            if not killed_after(number, draw.uniform(0.001, 0.02)):
                raise SystemExit("the process that saves ended by itself")
            with open(told, encoding="ascii") as lines:
                last = max([last, *map(int, lines.read().split())])
            yield look(folder, last, keep)


def flips(count: int, seed: int = 0) -> Iterator[str]:
    """So many checkpoints with one bit flipped, anywhere in the file; yields what was not noticed."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as made:
        path = Checkpoints(Path(made)).save(checkpoint(1))
        sound = path.read_bytes()
        for _ in range(count):
            place = draw.randrange(8 * len(sound))
            changed = bytearray(sound)
            changed[place // 8] ^= 1 << place % 8
            path.write_bytes(changed)
            try:
                whole(path)
                yield f"bit {place} of {8 * len(sound)} was flipped, and the checkpoint was read"
            except DataError:
                yield ""


def stopped_at(number: int, half: bool, folder: Path, keep: int) -> Callable[[], None]:
    """Save checkpoint 4 after three others, ending just before call ``number``, or in the middle of it."""

    def work() -> None:
        kept, count = Checkpoints(folder, 0, keep), 0
        durable.PIECE = 30_000

        def stopping(name: str) -> Any:
            real = getattr(os, name)

            def call(*given: Any, **more: Any) -> Any:
                nonlocal count
                count += 1
                if count == number + 1:
                    if half and name == "write":
                        real(given[0], given[1][: len(given[1]) // 2])
                    elif half:
                        real(*given, **more)
                    os._exit(9)
                return real(*given, **more)

            return call

        for name in CALLS:
            setattr(os, name, stopping(name))
        kept.save(checkpoint(4))

    return work


def boundaries(keep: int = 2) -> Iterator[str]:
    """A save stopped before, in and after each of its calls; yields what each left wrong."""
    for half in (False, True):
        number, code = 0, 9
        while code == 9:
            with tempfile.TemporaryDirectory() as made:
                folder = Path(made)
                for step in (1, 2, 3):
                    Checkpoints(folder, 0, keep).save(checkpoint(step))
                code = ended(child(stopped_at(number, half, folder, keep)))
                if code not in (0, 9):
                    raise SystemExit(f"the process that saves ended with {code}")
                found = look(folder, 4 if code == 0 else 3, keep)
                durable.swept(folder / "checkpoints")
                left = [path.name for path in (folder / "checkpoints").iterdir() if path.name.startswith(".")]
                yield found or (f"{left} is left" if left else "")
            number += 1


# ------------------------------------------------------------------------------------------------ the command


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--runs", type=int, default=50)
    asked.add_argument("--saves", type=int, default=1000)
    asked.add_argument("--flips", type=int, default=1000)
    asked.add_argument("--task", default="digits")
    asked.add_argument("--schema", help="a schema file, to be trained in place of the task")
    asked.add_argument("--steps", type=int, default=400)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("options", nargs="*", help="more options of train")
    given = asked.parse_args()
    task = given.schema or given.task
    if given.saves < 0 or given.runs < 0 or given.flips < 0:
        raise UsageError("counts are >= 0")
    torch.set_num_threads(1)
    if importlib.util.find_spec("sklearn"):  # once, not in each child
        importlib.import_module("sklearn.datasets")
    stops = list(boundaries())
    print(
        f"stopped at each call of a save: {len(stops)} times, {sum(map(bool, stops))} left something wrong", flush=True
    )
    found = list(saves(given.saves, seed=given.seed))
    print(f"killed while saving: {len(found)} times, {sum(map(bool, found))} left something wrong", flush=True)
    missed = list(flips(given.flips, seed=given.seed))
    print(f"one bit flipped: {len(missed)} times, {sum(map(bool, missed))} not noticed", flush=True)
    trials = list(runs(given.runs, task, given.steps, given.options, given.seed))
    same, kills = sum(trial.same for trial in trials), sum(trial.kills for trial in trials)
    print(f"{same} of {len(trials)} runs of {task}, killed {kills} times, equal to the bit")
    wrong = list(filter(None, [*stops, *found, *missed]))
    print("\n".join(wrong), end="")
    return 1 if wrong or same < len(trials) else 0


if __name__ == "__main__":
    sys.exit(main())
