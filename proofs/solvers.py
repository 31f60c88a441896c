"""Z3 and cvc5, each in a child process that can be killed. An answer is one of four words, never a truth value."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock, Timer
from time import perf_counter
from typing import Any, Literal, Protocol

from verified_cat.errors import VerifiedCatError

Answer = Literal["unsat", "sat", "unknown", "not run"]

STEPS = {"z3": 10_000_000, "cvc5": 2_000_000}
"""Deterministic resource limits, so that an answer does not depend on the machine; the wall is only a last resort."""

QUICK = 20
"""The share of the steps that a quick check gets: enough to find a contradiction that lies open."""

WALL_SECONDS = 20.0


class SolverDisagreement(VerifiedCatError):
    """One solver says unsat, another says sat: one of them, or the printer, is wrong."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one solver said of one text."""

    solver: str
    answer: Answer
    reason: str = ""
    seconds: float = 0.0
    model: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        raise TypeError("an outcome is not a truth value: compare its answer")


class Solver(Protocol):
    """Anything that answers an SMT-LIB text."""

    name: str

    def check(self, text: str, *, quick: bool = False) -> Outcome:
        """The answer; a crash, a kill or an error is "unknown" with the reason. ``quick`` asks for less effort."""
        ...


class ChildSolver:
    """A solver in a child process, started at first use and again after a crash or a kill."""

    def __init__(self, name: str, *, steps: int | None = None, wall: float = WALL_SECONDS) -> None:
        self.name = name
        self.steps = STEPS[name] if steps is None else steps
        self.wall = wall
        self.version = ""
        self._child: subprocess.Popen[str] | None = None
        self._lock = Lock()

    def check(self, text: str, *, quick: bool = False) -> Outcome:
        with self._lock:
            start = perf_counter()
            try:
                missing = self._start()
                if missing:
                    return Outcome(self.name, "not run", missing)
                start = perf_counter()
                reply = self._ask({"text": text, "steps": self.steps // (QUICK if quick else 1)}, self.wall)
            except (OSError, ValueError) as error:
                self.close()
                reply = {"answer": "unknown", "reason": f"the solver's process failed: {error}"}
            return self._outcome(reply, perf_counter() - start)

    def _outcome(self, reply: dict[str, Any], seconds: float) -> Outcome:
        answer = reply.get("answer")
        if answer == "unsat" or answer == "sat":
            return Outcome(self.name, answer, "", seconds, str(reply.get("model", "")))
        return Outcome(self.name, "unknown", str(reply.get("reason", reply)), seconds)

    def _start(self) -> str:
        """Have a child that is ready; the reason where the solver is not installed."""
        if self._child is not None and self._child.poll() is None:
            return ""
        self.close()
        worker = str(Path(__file__).with_name("worker.py"))
        # -P: the folder of the worker is not a place to import from.
        self._child = subprocess.Popen(
            [sys.executable, "-P", worker, self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        hello = self._read(60.0)
        if "missing" in hello:
            self.close()
            package = "z3-solver" if self.name == "z3" else "verified-cat[solvers]"
            return f"{self.name} is not installed (pip install {package}): {hello['missing']}"
        self.version = str(hello.get("version", ""))
        return ""

    def _ask(self, request: dict[str, Any], wall: float) -> dict[str, Any]:
        assert self._child is not None and self._child.stdin is not None
        self._child.stdin.write(json.dumps(request) + "\n")
        self._child.stdin.flush()
        return self._read(wall)

    def _read(self, wall: float) -> dict[str, Any]:
        """One line of the child within ``wall`` seconds, or its end as an unknown."""
        child = self._child
        assert child is not None and child.stdout is not None
        timer = Timer(wall, child.kill)
        timer.daemon = True
        start = perf_counter()
        timer.start()
        line = child.stdout.readline()
        timer.cancel()
        if line.endswith("\n"):
            reply: dict[str, Any] = json.loads(line)
            return reply
        self.close()
        late = perf_counter() - start >= wall
        reason = f"killed after {wall:g} s" if late else "the solver's process crashed"
        return {"answer": "unknown", "reason": reason}

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be written has no reader any more
                    pipe.close()


@cache
def default_solvers() -> tuple[ChildSolver, ...]:
    """Z3 and cvc5 with the limits above, shared by the whole process and ended with it."""
    solvers = (ChildSolver("z3"), ChildSolver("cvc5"))
    for solver in solvers:
        atexit.register(solver.close)
    return solvers


def agree(outcomes: tuple[Outcome, ...]) -> None:
    """Raises SolverDisagreement, naming both, where one solver answers unsat and another sat."""
    unsat = [outcome.solver for outcome in outcomes if outcome.answer == "unsat"]
    sat = [outcome.solver for outcome in outcomes if outcome.answer == "sat"]
    if unsat and sat:
        raise SolverDisagreement(f"{', '.join(unsat)} answered unsat where {', '.join(sat)} answered sat")
