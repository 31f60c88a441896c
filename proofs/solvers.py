"""Z3 and cvc5, each in a child process that can be killed. An answer is one of four words, never a truth value."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
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

WORKER = Path(__file__).with_name("worker.py")


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


PACKAGES = {"z3": "z3-solver", "cvc5": "cvc5"}
"""The distribution that brings each solver."""

LONGEST_REPLY = 1 << 18
"""Characters of a reply: more is garbage, and is not read to its end."""

CONTROLS: tuple[tuple[str, Answer], ...] = (
    ("(set-logic ALL)(declare-sort S 0)(declare-fun a () S)(assert (not (= a a)))(check-sat)\n", "unsat"),
    ("(set-logic ALL)(declare-sort S 0)(declare-fun a () S)(declare-fun b () S)(assert (= a b))(check-sat)\n", "sat"),
)
"""Questions with known answers that every child is asked first: one that always says the same is of no use."""


def installed(name: str) -> str:
    """The version of a solver's distribution here, or ""."""
    try:
        return metadata.version(PACKAGES[name])
    except metadata.PackageNotFoundError:
        return ""


class ChildSolver:
    """A solver in a child process, started at first use and again after a crash or a kill.

    A reply counts only if it is one JSON object that bears the number of the question, holds an answer and nothing
    that contradicts it, and if the child is still alive to confirm it.
    """

    def __init__(
        self, name: str, *, steps: int | None = None, wall: float = WALL_SECONDS, command: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.steps = STEPS[name] if steps is None else steps
        self.wall = wall
        # -P: the folder of the worker is not a place to import from.
        self.command = list(command) or [sys.executable, "-P", str(WORKER), name]
        self.version = ""
        self._child: subprocess.Popen[str] | None = None
        self._lock = Lock()
        self._number = 0

    def check(self, text: str, *, quick: bool = False) -> Outcome:
        with self._lock:
            start = perf_counter()
            try:
                missing = self._start()
                if missing:
                    return Outcome(self.name, "not run", missing)
                start = perf_counter()
                reply = self._ask(text, self.steps // (QUICK if quick else 1))
            except (OSError, ValueError, RecursionError) as error:
                self.close()
                reply = {"answer": "unknown", "reason": f"the solver's process failed: {error}"}
            return self._outcome(reply, perf_counter() - start)

    def _outcome(self, reply: dict[str, Any], seconds: float) -> Outcome:
        answer, reason, model = reply.get("answer"), reply.get("reason"), reply.get("model", "")
        if answer in ("unsat", "sat") and not reason:
            return Outcome(self.name, answer, "", seconds, str(model))
        said = f"{answer}, but also: {reason}" if answer in ("unsat", "sat") else str(reason or reply)
        return Outcome(self.name, "unknown", said[:500], seconds)

    def _start(self) -> str:
        """Have a child that is ready; the reason where the solver is not installed. Raises ValueError where it is no
        use."""
        if self._child is not None and self._child.poll() is None:
            return ""
        self.close()
        self._child = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        hello = self._within(60.0, self._read)
        if "missing" in hello:
            self.close()
            package = "z3-solver" if self.name == "z3" else "verified-cat[solvers]"
            return f"{self.name} is not installed (pip install {package}): {hello['missing']}"
        if not isinstance(hello.get("version"), str):
            raise ValueError(str(hello.get("reason", f"the child did not say its version: {hello}"))[:500])
        self.version = hello["version"]
        if _release(self.version) != _release(installed(self.name)):
            raise ValueError(f"the child is {self.name} {self.version}, and {installed(self.name)} is installed")
        for text, right in CONTROLS:
            said = self._ask(text, self.steps)
            if said.get("answer") != right or said.get("reason"):
                raise ValueError(f"it failed a question with a known answer: {said} is not {right}")
        return ""

    def _ask(self, text: str, steps: int) -> dict[str, Any]:
        """The reply to one question, confirmed by a child that is still alive."""
        self._number += 1
        number = self._number

        def asked() -> dict[str, Any]:
            reply = self._said({"number": number, "text": text, "steps": steps}, number)
            # A child that ends after its answer, or had more to say, is not believed.
            if self._said({"number": number, "confirm": reply}, number) != reply:
                raise ValueError("the reply was not confirmed")
            return reply

        return self._within(self.wall, asked)

    def _said(self, request: dict[str, Any], number: int) -> dict[str, Any]:
        assert self._child is not None and self._child.stdin is not None
        self._child.stdin.write(json.dumps(request) + "\n")
        self._child.stdin.flush()
        reply = self._read()
        if reply.get("number") != number:
            raise ValueError(f"a reply to another question came: {str(reply)[:200]}")
        return reply

    def _read(self) -> dict[str, Any]:
        """One line of the child. Raises ValueError where it is no JSON object."""
        assert self._child is not None and self._child.stdout is not None
        line = self._child.stdout.readline(LONGEST_REPLY)
        if not line.endswith("\n"):
            raise ValueError("the reply is too long" if len(line) == LONGEST_REPLY else "it ended in the middle")
        reply = json.loads(line, object_pairs_hook=_once)
        if not isinstance(reply, dict):
            raise ValueError(f"the reply is no object: {line[:200]}")
        return reply

    def _within(self, wall: float, step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What ``step`` gives, the child being killed after ``wall`` seconds: also one that does not read."""
        child = self._child
        assert child is not None
        timer = Timer(wall, child.kill)
        timer.daemon = True
        start = perf_counter()
        timer.start()
        try:
            return step()
        except (OSError, ValueError, RecursionError) as fault:
            late = perf_counter() - start >= wall
            self.close()
            return {"reason": f"killed after {wall:g} s" if late else f"the solver's process failed: {fault}"}
        finally:
            timer.cancel()

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


def _release(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:3])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names occur once. Raises ValueError for one that says two things of the same name."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name occurs twice in the reply")
    return dict(pairs)


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
