"""A worker as the coordinator sees it: requests with a time limit, and an end that costs no other worker anything."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TORCHINDUCTOR_COMPILE_THREADS")


class Ended(Exception):
    """A worker crashed, hung or failed; the message is the reason, for its row."""


class Worker:
    """One implementation at one workload, pinned to one core, with a cold cache of its own."""

    def __init__(self, python: str, workload: str, build: str, arrays: Path, core: int | None) -> None:
        self.cache = tempfile.mkdtemp(prefix="benchmark-step-")
        self.errors = open(Path(self.cache) / "stderr", "w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self.pending = b""
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.step.worker", workload, build, str(arrays)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=ROOT,
            env=environment(self.cache),
            start_new_session=True,
        )
        if core is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self.process.pid, {core})

    def ask(self, limit: float, **request: Any) -> dict[str, Any]:
        """One request and its answer. Raises Ended where there is none within ``limit`` seconds."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as broken:
            raise Ended(self.last_words()) from broken
        return self.answer(limit)

    def answer(self, limit: float) -> dict[str, Any]:
        line = self._line(time.monotonic() + limit, limit)
        found: dict[str, Any] = json.loads(line)
        return found

    def _line(self, deadline: float, limit: float) -> bytes:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.pending:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise Ended(f"no answer within {limit:g} s")
                read = os.read(self.process.stdout.fileno(), 65536)
                if not read:
                    raise Ended(self.last_words())
                self.pending += read
        line, _, self.pending = self.pending.partition(b"\n")
        return line

    def last_words(self) -> str:
        """How the process ended, and the last line it wrote."""
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            return "it closed its output and went on"
        self.errors.seek(0)
        lines = [line for line in self.errors.read().splitlines() if line.strip()]
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return f"{how}: {lines[-1][:300]}" if lines else how

    def close(self) -> None:
        """End the process and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            with suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()
        shutil.rmtree(self.cache, ignore_errors=True)


def environment(cache: str) -> dict[str, str]:
    """One thread, and no compiled program from an earlier run."""
    return {
        **os.environ,
        **dict.fromkeys(THREADS, "1"),
        "XDG_CACHE_HOME": cache,
        "TORCHINDUCTOR_CACHE_DIR": cache,
        "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }


def default_core() -> int | None:
    """The last of the cores this process may use."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def this_interpreter() -> str:
    return sys.executable
