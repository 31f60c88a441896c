"""Engines in child processes, each with a time limit: one that hangs, exits or crashes costs one row, not the run."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from verified_cat.errors import VerifiedCatError

SECONDS = 60.0
"""How long a row may take unless told."""

START_SECONDS, LOAD_SECONDS = 120.0, 20.0
"""How long a child may take to import our own modules, and, at least, the engine's."""


class Gone(VerifiedCatError):
    """A child that did not return in time, or ended: the message says which."""


def half_of_memory() -> float:
    """Half of the memory of this machine, in GiB: what an isolated engine may fill."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**31


@dataclass(slots=True)
class Child:
    """A process in which one engine runs, started at first use and again after its end."""

    engine: str
    seconds: float = SECONDS
    gib: float = field(default_factory=half_of_memory)
    _process: subprocess.Popen[bytes] | None = None
    _replies: int = -1
    _read: bytes = b""

    def ask(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The messages that a request is answered with; the last of them is no part but says how it ended.

        Raises Gone where the process does not return in time or ends.
        """
        self._start()
        yield from self._answers(request, self.seconds)

    def _answers(self, request: dict[str, Any], seconds: float) -> Iterator[dict[str, Any]]:
        process, deadline = self._process, time.monotonic() + seconds
        assert process is not None and process.stdin is not None
        with suppress(OSError):  # where it ended since, the reply says how
            process.stdin.write(json.dumps(request | {"engine": self.engine}).encode() + b"\n")
            process.stdin.flush()
        while True:
            message = json.loads(self._line(deadline, seconds))
            yield message
            if "world" not in message and "fails" not in message:
                return

    def _start(self) -> None:
        """Have a child in which the engine is loaded, as far as it can be."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._spawn()
        self._line(time.monotonic() + START_SECONDS, START_SECONDS)  # it says that it is ready
        for _ in self._answers({"do": "load"}, max(self.seconds, LOAD_SECONDS)):
            pass

    def _spawn(self) -> None:
        replies, child_end = os.pipe()
        command = [sys.executable, "-P", "-m", "verified_cat.laws.isolated", str(child_end), str(self.gib)]
        places = os.pathsep.join(place or os.getcwd() for place in sys.path)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(child_end,),
            env=os.environ | {"PYTHONPATH": places},
            start_new_session=True,  # so that what the engine starts ends with it
        )
        os.close(child_end)
        self._replies, self._read = replies, b""
        atexit.register(self.close)

    def _line(self, deadline: float, seconds: float) -> bytes:
        """One line of the child. Raises Gone, and ends the child, where there is none in time."""
        while b"\n" not in self._read:
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self._replies], [], [], left)[0]
            if not ready:
                self.close()
                raise Gone(f"the engine did not return within {seconds:g} s")
            more = os.read(self._replies, 1 << 16)
            if not more:
                raise Gone(self._end())
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        return line

    def _end(self) -> str:
        """How the process ended."""
        assert self._process is not None
        try:
            status = self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            status = None
        self.close()
        if status is None:
            return "the engine's process closed the pipe to this one"
        if status < 0:
            with suppress(ValueError):
                return f"the engine's process was killed by signal {-status} ({signal.Signals(-status).name})"
            return f"the engine's process was killed by signal {-status}"
        return f"the engine's process ended itself with exit code {status}"

    def close(self) -> None:
        """End the child, and all that it started."""
        process, self._process = self._process, None
        atexit.unregister(self.close)
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        os.close(self._replies)
