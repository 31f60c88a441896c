"""Injected failures of each solver's process: whatever goes wrong there, nothing reads proved."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from verified_cat.objects import Pair, Sort
from verified_cat.primitives import Symbol
from verified_cat.proofs.obligations import ProofResult, prove
from verified_cat.proofs.solvers import ChildSolver, SolverDisagreement, installed
from verified_cat.proofs.worlds import OpaqueFunctions

A, B = Sort("A"), Sort("B")
F = OpaqueFunctions()
OTHER = {"z3": "cvc5", "cvc5": "z3"}
NAMES = sorted(OTHER)

CHILD = """
import json, os, signal, sys, time
def say(text, end="\\n"):
    sys.stdout.write(text + end)
    sys.stdout.flush()
def reply(**parts):
    say(json.dumps({"number": number, **parts}))
START
say(json.dumps({"version": "VERSION"}))
answers = 0
for line in sys.stdin:
    request = json.loads(line)
    number = request["number"]
    if "confirm" in request:
        say(json.dumps(request["confirm"]))
        continue
    answers += 1
    if answers == 1:
        FIRST
    elif answers == 2:
        SECOND
    else:
        FAILURE
"""
"""A child that answers the two control questions as told, and the obligation with a failure."""

UNSAT, SAT = 'reply(answer="unsat")', 'reply(answer="sat")'

FAILURES: dict[str, str] = {
    "crash": "os._exit(3)",
    "killed by a signal": "os.kill(os.getpid(), signal.SIGKILL)",
    "aborted": "os.abort()",
    "exception": "raise RuntimeError",
    "hang": "time.sleep(60)",
    "garbage": "say('%$#@!')",
    "bare word": "say('unsat')",
    "truncated": "say('{\"answer\": \"unsa', end=''); os._exit(0)",
    "truncated number": 'say(\'{"number": 3, "answer": "unsat"\', end=\'\'); os._exit(0)',
    "unsat with an error": "reply(answer='unsat', reason='(error \"line 3: unknown symbol\")')",
    "unsat, then exit code 1": UNSAT + "; os._exit(1)",
    "unsat, then an error line": UNSAT + "; say('(error \"out of memory\")')",
    "unsat, then sat": UNSAT + "; " + SAT,
    "huge output": "say('u' * (1 << 22))",
    "huge output without end": "say('u' * (1 << 22), end=''); time.sleep(60)",
    "empty output": "os._exit(0)",
    "empty line": "say('')",
    "invalid bytes": "sys.stdout.buffer.write(bytes([255, 254, 0, 10])); sys.stdout.flush()",
    "other letters": "reply(answer='υnsat')",
    "capitals": "reply(answer='UNSAT')",
    "true": "reply(answer=True)",
    "list": "say('[\"unsat\"]')",
    "list of words": "reply(answer=['unsat'])",
    "two answers": 'say(\'{"number": %d, "answer": "sat", "answer": "unsat"}\' % number)',
    "no number": 'say(\'{"answer": "unsat"}\')',
    "late answer to an earlier question": "say(json.dumps({'number': number - 1, 'answer': 'unsat'}))",
    "deep nesting": "say('[' * 60000)",
    "memory limit": "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 28,) * 2); bytearray(1 << 30)",
    "out of memory, said": "reply(answer='unknown', reason='MemoryError')",
    "timeout": "reply(answer='timeout')",
    "unknown": "reply(answer='unknown', reason='incomplete quantifiers')",
}
"""What the child does instead of answering the obligation."""


@contextmanager
def child(folder: Path, name: str, failure: str = UNSAT, **parts: str) -> Iterator[ChildSolver]:
    """A solver whose process is the script above."""
    script = folder / f"{name}_child.py"
    text = CHILD.replace("START", parts.get("start", "")).replace("VERSION", parts.get("version", installed(name)))
    text = text.replace("FIRST", parts.get("first", UNSAT)).replace("SECOND", parts.get("second", SAT))
    script.write_text(text.replace("FAILURE", failure), encoding="utf-8")
    hangs = "sleep" in failure or "wall" in parts  # otherwise a busy machine is given time
    solver = ChildSolver(name, wall=0.5 if hangs else 20.0, command=[sys.executable, "-I", "-S", str(script)])
    try:
        yield solver
    finally:
        solver.close()


def true_law(faulty: ChildSolver, healthy: ChildSolver) -> ProofResult:
    """σ ; σ = id, which holds, and which the healthy solver answers unsat."""
    there = F.compose(F.swap(A, B), F.swap(B, A))
    return prove(there, F.identity(Pair(A, B)), solvers=[faulty, healthy])


@pytest.fixture(autouse=True)
def _both_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The children are scripts: they need no solver to be installed, only its version to be known."""
    monkeypatch.setattr("verified_cat.proofs.solvers.installed", lambda name: "9.8.7")
    monkeypatch.setitem(globals(), "installed", lambda name: "9.8.7")


def test_the_healthy_children_prove_it(tmp_path: Path) -> None:
    with child(tmp_path, "z3") as z3, child(tmp_path, "cvc5") as cvc5:
        assert true_law(z3, cvc5).status == "proved"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_undecided(tmp_path: Path, failure: str, name: str) -> None:
    with child(tmp_path, name, FAILURES[failure]) as faulty, child(tmp_path, OTHER[name]) as healthy:
        result = true_law(faulty, healthy)
    assert result.status == "undecided"
    assert {each.solver: each.answer for each in result.outcomes} == {name: "unknown", OTHER[name]: "unsat"}
    assert name in result.reason
    assert "one solver alone is no proof" in result.reason


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_answer_from_one_is_an_error_that_names_both(tmp_path: Path, name: str) -> None:
    with (
        child(tmp_path, name, SAT) as faulty,
        child(tmp_path, OTHER[name]) as healthy,
        pytest.raises(SolverDisagreement, match=f"{OTHER[name]} answered unsat where {name} answered sat"),
    ):
        true_law(faulty, healthy)


def test_a_wrong_answer_from_both_is_refuted_by_a_finite_model(tmp_path: Path) -> None:
    f, g = F.generator(Symbol("f", A, A)), F.generator(Symbol("g", A, A))
    with (
        child(tmp_path, "z3") as z3,
        child(tmp_path, "cvc5") as cvc5,
        pytest.raises(SolverDisagreement, match="finite model"),
    ):
        prove(f, g, solvers=[z3, cvc5])


STARTS: dict[str, dict[str, str]] = {
    "it ends before it has said anything": {"start": "os._exit(1)"},
    "it says nothing of its version": {"start": "say('{}')"},
    "another version than the installed one": {"version": "1.0.0"},
    "it says unsat to everything": {"second": UNSAT},
    "it says sat to everything": {"first": SAT},
    "it says unknown to everything": {"first": "reply(answer='unknown')"},
    "it crashes on a question with a known answer": {"first": "os._exit(2)"},
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("start", STARTS)
def test_a_child_that_starts_wrongly_is_not_asked(tmp_path: Path, start: str, name: str) -> None:
    with child(tmp_path, name, **STARTS[start]) as faulty, child(tmp_path, OTHER[name]) as healthy:
        result = true_law(faulty, healthy)
    assert result.status == "undecided"
    assert result.outcomes[0].answer == "unknown"


@pytest.mark.parametrize("name", NAMES)
def test_a_child_that_does_not_read_is_killed(tmp_path: Path, name: str) -> None:
    """The question is longer than what a pipe holds, so that writing it would wait for ever."""
    with child(tmp_path, name, wall="short") as solver:
        assert solver.check("(check-sat)").answer == "unsat"
        assert solver._child is not None
        solver._child.send_signal(19)  # stopped: it reads no more
        outcome = solver.check("; " + "x" * (1 << 20) + "\n(check-sat)")
    assert outcome.answer == "unknown"
    assert "killed after 0.5 s" in outcome.reason


@pytest.mark.parametrize("name", NAMES)
def test_after_a_failure_a_new_child_answers(tmp_path: Path, name: str) -> None:
    once = f"open({str(tmp_path / 'mark')!r}, 'x'); os._exit(9)"
    failure = f"os.path.exists({str(tmp_path / 'mark')!r}) or ({once.replace('; ', ', ')}); {UNSAT}"
    with child(tmp_path, name, failure) as solver:
        assert solver.check("(check-sat)").answer == "unknown"
        assert solver.check("(check-sat)").answer == "unsat"


def test_thirty_failures_and_more() -> None:
    assert len(NAMES) * (len(FAILURES) + len(STARTS) + 2) >= 30
