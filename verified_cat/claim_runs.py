"""The command of a claim, run with the variables that are pinned, what it prints kept, its seconds counted."""

from __future__ import annotations

import os
import resource
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from verified_cat import results_folder
from verified_cat.claims import ERRORS, OUTPUT, PRINTED, Claim
from verified_cat.errors import UsageError

SLACK = 5.0
"""A command may take so many times the minutes that are said of it, unless told."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: why not well, or an empty text; its seconds, and those of the processors."""

    why: str
    seconds: float
    cpu: float


def run(claim: Claim, root: Path, folder: Path, pinned: Mapping[str, str], slack: float = SLACK) -> Ended:
    """Run the command of a claim with the variables that are pinned.

    What it prints goes to ``folder``, without the folders of this machine; it and all that it started is killed when it
    takes far too long.
    """
    folder.mkdir(parents=True, exist_ok=True)
    began, before = monotonic(), _cpu()
    why = _finished(claim, root, folder, pinned, slack)
    for name in PRINTED:
        text = (folder / name).read_bytes().decode(errors="backslashreplace")
        (folder / name).write_bytes(results_folder.impersonal(text, root, folder).encode())
    return Ended(why, monotonic() - began, _cpu() - before)


def _cpu() -> float:
    """The seconds that processors have spent on processes which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _finished(claim: Claim, root: Path, folder: Path, pinned: Mapping[str, str], slack: float) -> str:
    """Run the command to its end, or to its limit: why it did not end well, or an empty text."""
    limit = 60 * slack * claim.minutes
    with open(folder / OUTPUT, "wb") as output, open(folder / ERRORS, "wb") as errors:
        process = subprocess.Popen(
            words(claim.command, folder),
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, **pinned},
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=limit)
        except BaseException as ended:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not isinstance(ended, subprocess.TimeoutExpired):
                raise
            return f"ended after {limit:.0f} s, {slack:g} times what is said of it"
    return f"exit code {code}" if code else ""


def words(command: str, folder: Path) -> list[str]:
    """The command as words, run by this interpreter; {out} is the folder of its results."""
    first, *others = shlex.split(command)
    own = {
        "pytest": [sys.executable, "-m", "pytest"],
        "python": [sys.executable],
        "verified-cat": [sys.executable, "-m", "verified_cat"],
    }
    if first not in own:
        raise UsageError(f"a claim is shown by {', '.join(own)}, not by {first!r}")
    return own[first] + [word.replace("{out}", str(folder)) for word in others]
