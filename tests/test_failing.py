"""Failures of the cross-check on disk: which are kept, what is said of them, and what a file of one shows again."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat import failing
from verified_cat.crosscheck import check
from verified_cat.errors import UsageError
from verified_cat.failing import KIND, MOST, kept, replayed, smallest
from verified_cat.functions import Run
from verified_cat.instances import Instance
from verified_cat.primitives import negate, tanh
from verified_cat.reference.agreement import Excess, Outcome, excesses_of
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.terms import Operation


def one(*numbers: Any) -> tuple[Fraction, ...]:
    return tuple(Fraction(number) for number in numbers)


AT = Instance(tanh(()) >> negate(()), one("1/4"), one("3/2"), one("1/2"), 5, 7)


class Wrong(NumpyEngine):
    """Its negation does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "wrong"

    def operation(self, operation: Operation) -> Run:
        run: Run = super().operation(operation)
        return (lambda x: x) if operation.name == "negate" else run


def excesses(at: Instance = AT) -> list[Excess]:
    return list(excesses_of(check(at, [Wrong()])))


def written(folder: Path, content: Any) -> Path:
    file = folder / "failure.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_a_failure_is_made_small_and_kept_with_the_command_that_replays_it(tmp_path: Path) -> None:
    first = excesses()[0]
    head, command = kept([first], [NumpyEngine(), Wrong()], tmp_path)
    file = tmp_path / "crosscheck-5-7-0.json"
    assert command == f"  replay: verified-cat crosscheck --replay {file}"
    small = smallest(first, Wrong()).at
    assert (small.term, small.point, small.seed, small.index) == (negate(()), one(1), 5, 7)
    assert json.loads(file.read_text(encoding="utf-8")) == {
        **json.loads(json.dumps(smallest(first, Wrong()).as_json())),
        "schema": 1,
        "kind": "verified-cat crosscheck failure",
    }
    assert replayed(file, []).at == small
    assert head.startswith("\ninstance(5, 7), wrong, ") and head.endswith(f"\n  {negate(())}\n  at {small.point}"), head


def test_the_first_failure_of_each_engine_and_part_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 3
    monkeypatch.setattr(failing, "smallest", lambda excess, engine: excess)
    first = excesses()[0]
    many = [
        replace(first, part=part, entry=entry)
        for entry, part in enumerate(["value", "value", "reverse", "value", "forward", "reverse", "another"])
    ]
    lines = list(kept(many, [Wrong()], tmp_path))
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"crosscheck-5-7-{number}.json" for number in range(3)]
    assert [json.loads(file.read_text())["entry"] for file in sorted(tmp_path.iterdir())] == [0, 2, 4]
    assert len(lines) == 6 and list(kept([], [Wrong()], tmp_path)) == []


def test_what_does_not_fail_alone_stays_as_it_is() -> None:
    first = excesses()[0]
    assert smallest(first, NumpyEngine()) is first
    small = smallest(first, Wrong())
    assert (small.engine, small.at.term, small.at.point) == ("wrong", negate(()), one(1))


def test_a_file_shows_its_instance_in_every_engine(tmp_path: Path) -> None:
    file = written(tmp_path, {"kind": KIND, "case": AT.as_json()})
    again = replayed(file, [NumpyEngine(), Wrong()])
    assert again.at == AT and again.fails
    lines = again.lines()
    assert lines[:2] == [str(AT.term), f"  at {AT.point}"]
    shown = lines[2 : 2 + len(again.outcome.comparisons)]
    assert [line[:15].rstrip() for line in shown] == [each.engine for each in again.outcome.comparisons]
    beyond = {line[:15].rstrip() for line in shown if " BEYOND its bound: " in line}
    assert beyond == {"wrong"} and sum(" within its bound: " in line for line in shown) >= len(shown) // 2
    assert lines[2 + len(shown) :] == [str(each) for each in excesses_of(again.outcome)] != []
    assert not replayed(file, [NumpyEngine()]).fails


def test_each_line_has_the_figures_of_its_part() -> None:
    outcome = check(AT, [NumpyEngine()])
    found = outcome.comparisons[0]
    line = failing.Replayed(AT, outcome).lines()[2]
    figures = f"within its bound: {found.gap:.3g} of {found.allowed:.3g}"
    assert line == f"{found.engine:<15} {found.part:<20} {figures}"


def test_what_the_reference_cannot_tell_is_no_pass(tmp_path: Path) -> None:
    undecided = Outcome(0, frozenset(), False, "log of a ball around 0", ())
    again = failing.Replayed(AT, undecided)
    assert again.fails
    assert again.lines() == [str(AT.term), f"  at {AT.point}", "undecided: log of a ball around 0"]


@pytest.mark.parametrize("content", [[], {}, {"kind": "another"}, {"kind": None, "case": AT.as_json()}])
def test_another_file_is_refused(tmp_path: Path, content: Any) -> None:
    file = written(tmp_path, content)
    with pytest.raises(UsageError, match=r"failure\.json is not a failure of a cross-check$"):
        replayed(file, [])


@pytest.mark.parametrize("text", [b"", b"\xff", b"{", b"[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "x.json").write_bytes(text)
    with pytest.raises(UsageError, match=r"x\.json is not a failure of a cross-check: "):
        replayed(tmp_path / "x.json", [])
    with pytest.raises(UsageError, match=r"none\.json is not a failure of a cross-check: "):
        replayed(tmp_path / "none.json", [])


def test_a_file_without_an_instance_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"failure\.json: the file holds no instance of a cross-check"):
        replayed(written(tmp_path, {"kind": KIND}), [])
