"""Generated equations: the deciders agree on them, and a planted fault of any of them is a disagreement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("z3")
pytest.importorskip("cvc5")
pytest.importorskip("sympy")

from verified_cat import primitives as p
from verified_cat.errors import MissingExtra
from verified_cat.functions import Functions, Run
from verified_cat.objects import SCALAR, Pair
from verified_cat.proofs import deciders
from verified_cat.proofs.deciders import Equality, asked, drawn, judged
from verified_cat.reference.decide import Decision
from verified_cat.terms import Copy, Identity, Operation, Pairing, Swap, Term, operations

SEEDS = range(60)
COMMUTED = Swap(SCALAR, SCALAR) >> p.add(())


def test_all_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert deciders.main(["--count", "100"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["wirings", "polynomials"]
    assert all("0 undecided, 0 disagreement" in line and " 0 equal" not in line for line in lines)


def test_kinds_take_turns_and_both_truths_are_drawn() -> None:
    found = [drawn(seed) for seed in SEEDS]
    assert {each.kind for each in found[::2]} == {"wirings"} and {each.kind for each in found[1::2]} == {"polynomials"}
    assert 20 < sum(each.true for each in found) < 40
    assert all((each.lhs.dom, each.lhs.cod) == (each.rhs.dom, each.rhs.cod) for each in found)
    assert sum(each.lhs is not each.rhs for each in found) > 50, "what is rewritten is hardly ever another term"


@pytest.mark.parametrize(
    ("kind", "lhs", "rhs", "word"),
    [
        ("polynomials", COMMUTED, p.add(()), "equal"),
        ("wirings", COMMUTED, p.add(()), "different"),
        ("polynomials", Copy(SCALAR) >> p.add(()), p.scale(2, ()), "equal"),
        ("polynomials", Copy(SCALAR) >> p.multiply(()), p.scale(2, ()), "different"),
        ("wirings", Pairing(p.negate(()), p.negate(())), p.negate(()) >> Copy(SCALAR), "equal"),
        ("wirings", Identity(Pair(SCALAR, SCALAR)), Swap(SCALAR, SCALAR), "different"),
    ],
)
def test_what_each_says(kind: str, lhs: Term, rhs: Term, word: str) -> None:
    said = asked(Equality(kind, lhs, rhs, word == "equal"))
    names = {"z3", "cvc5"} | ({"normal form"} if kind == "wirings" else {"reference", "SymPy"})
    assert said == dict.fromkeys(names, word)


def _found(seeds: range) -> set[str]:
    return {judged(seed).verdict() for seed in seeds}


class AllSums(deciders.Printed):
    """It writes + for ×."""

    def operation(self, operation: Operation) -> Run:
        (add,) = operations(p.add(()))
        return super().operation(add if operation.name == "multiply" else operation)


FAULTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "a normal form that does not reduce": ("normal", lambda node: node),
    "a normal form that takes all for equal": ("normal", lambda node: None),
    "a printer with + for ×": ("Printed", AllSums),
    "a solver that refutes nothing": ("by_solvers", lambda text: {"z3": "equal", "cvc5": "equal"}),
    "a solver that refutes all": ("by_solvers", lambda text: {"z3": "different", "cvc5": "different"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_a_disagreement(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciders, *FAULTS[name])
    assert "disagreement" in _found(SEEDS)


def test_a_judge_that_is_wrong_in_agreement_is_caught_by_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    """All say that an equation is false which is true by how it was made."""
    found = deciders.Judged(4, "wirings", True, (("z3", "different"), ("cvc5", "different")))
    assert found.verdict() == "disagreement"
    assert found.line() == "disagreement: seed 4 (wirings, true by construction): z3 different, cvc5 different"
    monkeypatch.setattr(deciders, "judged", lambda seed: found)
    monkeypatch.setattr(deciders, "ProcessPoolExecutor", Here)
    assert deciders.main(["--count", "1"]) == 1


def test_without_a_solver_nothing_is_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(seed: int) -> deciders.Judged:
        raise MissingExtra("cvc5 is not installed (pip install verified-cat[solvers])")

    monkeypatch.setattr(deciders, "judged", missing)
    monkeypatch.setattr(deciders, "ProcessPoolExecutor", Here)
    assert deciders.main(["--count", "1"]) == 4
    said = capsys.readouterr()
    assert said.out == "" and said.err == "not run: cvc5 is not installed (pip install verified-cat[solvers])\n"


class Here:
    """A pool without processes."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *given: object) -> None: ...

    def map(self, function: Callable[[int], Any], seeds: range, chunksize: int) -> Any:
        return map(function, seeds)


def test_no_answer_agrees_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verified_cat.reference.decide.decide", lambda *_: Decision("undecided", "gave up"))
    assert _found(range(1, 20, 2)) == {"undecided"}


def test_what_is_printed_of_a_term() -> None:
    term = Pairing(p.multiply(()), p.add(())) >> p.add(()) >> p.scale(3, ()) >> p.negate(())
    run = Functions(deciders.Printed()).meaning(term).run
    assert run(("x", "y")) == ("-", ("*", 3, ("+", ("*", "x", "y"), ("+", "x", "y"))))
