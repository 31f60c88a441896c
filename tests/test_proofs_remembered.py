"""Remembered answers: found again under exactly what they depend on, and under nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verified_cat.proofs import remembered
from verified_cat.proofs.remembered import Remembering, cache_folder, key, key_parts
from verified_cat.proofs.solvers import ChildSolver, Outcome

QUESTION = "(set-logic ALL)\n(assert (not (= 1 1)))\n(check-sat)\n"


class Counting(ChildSolver):
    """Answers without a process, and counts how often."""

    def __init__(self, name: str = "z3", answer: Any = "unsat", **options: Any) -> None:
        super().__init__(name, **options)
        self.answer, self.calls = answer, 0

    def check(self, text: str, *, quick: bool = False) -> Outcome:
        self.calls += 1
        return Outcome(self.name, self.answer, "", 0.25)


def test_asked_once(tmp_path: Path) -> None:
    solver = Counting()
    first = Remembering(solver, tmp_path).check(QUESTION)
    again = Remembering(solver, tmp_path).check(QUESTION)
    assert first == again
    assert solver.calls == 1


def test_what_is_not_an_answer_is_asked_again(tmp_path: Path) -> None:
    solver = Counting(answer="unknown")
    for _ in range(2):
        assert Remembering(solver, tmp_path).check(QUESTION).answer == "unknown"
    assert solver.calls == 2


def _patched(name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(remembered, name, value)


def _other_worker(patch: pytest.MonkeyPatch, folder: Path) -> None:
    worker = folder / "worker.py"
    worker.write_text("# another worker\n", encoding="utf-8")
    patch.setattr(remembered, "WORKER", worker)


FLIPS: dict[str, tuple[Callable[..., None], dict[str, Any], str, bool]] = {
    "the goal": (lambda patch: None, {}, QUESTION.replace("1 1", "1 2"), False),
    "a hypothesis": (lambda patch: None, {}, QUESTION.replace("\n", "\n(assert (= 2 2))\n", 1), False),
    "the solver": (lambda patch: None, {"name": "cvc5", "steps": 10_000_000}, QUESTION, False),
    "its version": (_patched("installed", lambda name: "0.0.1"), {}, QUESTION, False),
    "the steps": (lambda patch: None, {"steps": 9_999_999}, QUESTION, False),
    "the effort": (lambda patch: None, {}, QUESTION, True),
    "the wall": (lambda patch: None, {"wall": 19.0}, QUESTION, False),
    "the memory": (_patched("MEMORY_BYTES", 1 << 20), {}, QUESTION, False),
    "the format": (_patched("FORMAT", 0), {}, QUESTION, False),
    "the interpreter": (lambda patch: patch.setattr("platform.python_version", lambda: "3.0.0"), {}, QUESTION, False),
    "the machine": (lambda patch: patch.setattr("platform.machine", lambda: "abacus"), {}, QUESTION, False),
    "the quick share": (_patched("QUICK", 7), {}, QUESTION, True),
}


@pytest.mark.parametrize("flip", FLIPS)
def test_a_flip_misses(flip: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change, options, text, quick = FLIPS[flip]
    Remembering(Counting(), tmp_path).check(QUESTION)
    Remembering(Counting(), tmp_path).check(QUESTION, quick=flip == "the quick share")
    change(monkeypatch)
    other = Counting(**options)
    Remembering(other, tmp_path).check(text, quick=quick)
    assert other.calls == 1


def test_another_worker_misses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Remembering(Counting(), tmp_path / "cache").check(QUESTION)
    _other_worker(monkeypatch, tmp_path)
    other = Counting()
    Remembering(other, tmp_path / "cache").check(QUESTION)
    assert other.calls == 1


def test_every_part_of_the_key_counts() -> None:
    parts = key_parts(Counting(), QUESTION, quick=False)
    assert len(parts) >= 10
    assert len({key(parts | {name: "flipped"}) for name in parts} | {key(parts)}) == len(parts) + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '{"answer": "unsat"}',
        '{"seal": 1, "answer": "unsat", "parts": {}, "seconds": 0}',
        "\x00\xff",
        "[" * 100_000,
    ],
    ids=str.__len__,
)
def test_a_broken_entry_is_ignored_and_counted(text: str, tmp_path: Path) -> None:
    solver = Counting(answer="sat")
    Remembering(solver, tmp_path).check(QUESTION)
    (file,) = tmp_path.glob("*/*.json")
    file.write_text(text, encoding="utf-8")
    again = Remembering(solver, tmp_path)
    assert again.check(QUESTION).answer == "sat"
    assert (again.unreadable, again.asked, solver.calls) == (1, 1, 2)


def test_an_altered_answer_is_ignored(tmp_path: Path) -> None:
    """sat made unsat by hand, or by a failing disk, is no proof."""
    solver = Counting(answer="sat")
    Remembering(solver, tmp_path).check(QUESTION)
    (file,) = tmp_path.glob("*/*.json")
    file.write_text(file.read_text(encoding="utf-8").replace('"sat"', '"unsat"'), encoding="utf-8")
    again = Remembering(solver, tmp_path)
    assert again.check(QUESTION).answer == "sat"
    assert again.unreadable == 1


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    solver = Remembering(Counting(), blocked)
    assert solver.check(QUESTION).answer == "unsat"


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert cache_folder() == tmp_path / "verified-cat" / "proofs"
    package = Path(remembered.__file__).resolve().parent
    assert package not in cache_folder().resolve().parents
