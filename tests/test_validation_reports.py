"""What a validation says: the words, the line, the figures; and what it asks of a program that is run again.

The program here is written by hand, so that every way of being wrong is quick: s ↦ s + x, with the result s x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

import torch

from verified_cat import validation
from verified_cat.calls import Watched
from verified_cat.errors import MissingExtra
from verified_cat.mapping import Map
from verified_cat.objects import SCALAR, Pair
from verified_cat.primitives import Primitive
from verified_cat.program import Outside, Wire, trace
from verified_cat.reference.agreement import STEP, UNKNOWN, Row
from verified_cat.report import Strength
from verified_cat.validation import Again, Report, validate

EXACT, SAMPLED, REFUTED = Strength.EXACT, Strength.SAMPLED, Strength.REFUTED
NOT_RUN, VACUOUS, UNDECIDED = Strength.NOT_RUN, Strength.VACUOUS, Strength.UNDECIDED
S, X = 1 / 3, 0.1


def row(entries: int = 4, unbounded: int = 0, share: float = 0.5, terms: int = 2) -> Row:
    return Row("compiled", STEP, terms, entries, unbounded, 0, share, 1e-17, 2e-17)


GOOD = Report(Map(SAMPLED, ("exp",)), SAMPLED, Again(EXACT, identical=True), {"add": row()}, (), (), 3, 1.23456)


# ------------------------------------------------------------------------------------------------ the report


def test_the_verdict_is_the_weakest_word_of_three() -> None:
    order = [REFUTED, VACUOUS, UNDECIDED, NOT_RUN, SAMPLED, EXACT]
    for place, weak in enumerate(order):
        for strong in order[place:]:
            for words in ((weak, strong, strong), (strong, weak, strong), (strong, strong, weak)):
                first, second, third = words
                found = replace(GOOD, same_map=Map(first), rounding=second, same_run=Again(third), findings=("x",))
                assert found.verdict is weak, words


def test_the_worst_share_of_a_bound() -> None:
    rows = {"add": row(share=0.25), "exp": row(share=0.75), "tanh": row(share=0.5)}
    assert replace(GOOD, kernels=rows).share == 0.75 and replace(GOOD, kernels={}).share == 0


def test_a_report_in_one_line() -> None:
    line = (
        "sampled: the map of its terms at 3 random points (sampled); 5 calls of 2 kernels (sampled), worst 0.750 of a "
        "rounding bound (exp); run again: bit for bit; 1.23 s"
    )
    whole = replace(GOOD, kernels={"add": row(share=0.25), "exp": row(share=0.75, terms=3)})
    assert whole.summary == line
    assert replace(whole, reasons=("a", "b")).summary == f"{line}; a; b"
    assert "run again: within the bound (sampled); 1.23 s" in replace(GOOD, same_run=Again(SAMPLED)).summary
    none = replace(GOOD, kernels={}, rounding=VACUOUS)
    assert none.summary == (
        "vacuous: the map of its terms at 3 random points (sampled); 0 calls of 0 kernels (vacuous), worst 0.000 of a "
        "rounding bound (none); run again: bit for bit; 1.23 s"
    )
    assert replace(GOOD, rounding=REFUTED, findings=("first", "second")).summary == "refuted: first"
    assert replace(GOOD, rounding=NOT_RUN, reasons=("no mpmath", "no flint")).summary == "not run; no mpmath; no flint"
    assert replace(GOOD, rounding=NOT_RUN).summary == "not run"


def test_a_report_as_json() -> None:
    found = replace(GOOD, findings=("x",), reasons=("y",), kernels={"add": row(share=np.inf)})
    assert found.as_json() == {
        "kind": "verified-cat validation",
        "verdict": "sampled",
        "same_map": {"verdict": "sampled", "points": 3, "free": ("exp",)},
        "rounding": {"verdict": "sampled", "share": "inf"},
        "same_run": {"verdict": "exact", "identical": True},
        "kernels": {"add": row(share=np.inf).as_json()},
        "findings": ["x"],
        "reasons": ["y"],
        "seconds": 1.235,
    }
    assert GOOD.as_json()["rounding"] == {"verdict": "sampled", "share": 0.5}
    assert Again(NOT_RUN) == Again(NOT_RUN, identical=False, findings=())


# ------------------------------------------------------------------------------------------------ a program by hand


class Emitted:
    """s ↦ s + x in place, and the result s x; ``after`` may spoil either."""

    def __init__(self, after: Callable[[Emitted], None] = lambda program: None) -> None:
        self.state = [torch.tensor(S, dtype=torch.float64)]
        self.results = [torch.tensor(0.0, dtype=torch.float64)]
        self.after, self.left = after, 0.0

    def run(self, x: Any) -> None:
        self.results[0] = self.state[0] * x
        self.state[0].add_(x)
        self.after(self)
        self.left = float(x)


def times(wires: Any, given: Any) -> Any:
    pair = tuple(given)
    return tuple(wires.at(Primitive(name, ((),)), pair) for name in ("add", "multiply"))


PROGRAM = trace(times, Pair(SCALAR, SCALAR), Pair(SCALAR, SCALAR))
OUTPUTS = np.array(S + X), np.array(S * X)
DATA = (torch.tensor(X, dtype=torch.float64),)


def step(emitted: Any = None, **more: Any) -> Any:
    views = [SimpleNamespace(shape=())] * 2
    plan = SimpleNamespace(inputs=views, states=1, results=views[:1])
    engine = SimpleNamespace(dtype=torch.float64, precision="float64")
    parts = {"program": PROGRAM, "plan": plan, "engine": engine, "emitted": emitted or Emitted()}
    return SimpleNamespace(**(parts | more))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the two other parts show: of the map, and of the watched run, which may be an error."""
    parts: dict[str, Any] = {"map": Map(SAMPLED, ("exp",)), "watched": Watched({"add": row()}, (), (), OUTPUTS)}

    def watched(step: Any, data: Any) -> Any:
        assert hasattr(step, "plan") and isinstance(data, tuple)
        if isinstance(parts["watched"], Exception):
            raise parts["watched"]
        return parts["watched"]

    def mapped(step: Any, data: Any, draw: Any, points: int) -> Any:
        assert hasattr(step, "plan") and isinstance(data, tuple)
        parts["asked"] = draw.random(), points
        return parts["map"]

    monkeypatch.setattr(validation, "mapped", mapped)
    monkeypatch.setattr(validation, "watched_run", watched)
    return parts


def test_a_program_that_is_right(shown: dict[str, Any]) -> None:
    shown["watched"] = Watched({"exp": row(), "add": row(share=0.25)}, (), (), OUTPUTS)
    made = step()
    found = validate(made, list(DATA), seed=3)
    assert (found.verdict, found.rounding, found.same_run) == (SAMPLED, SAMPLED, Again(EXACT, identical=True))
    assert (found.same_map, found.findings, found.reasons, found.points) == (shown["map"], (), (), 3)
    assert list(found.kernels) == ["add", "exp"] and 0 <= found.seconds < 60
    assert float(made.emitted.state[0]) == S
    first, points = shown["asked"]
    assert points == 3 and validate(made, DATA, seed=3, points=2).points == 2 and shown["asked"] == (first, 2)
    validate(made, DATA)
    zero = shown["asked"][0]
    validate(made, DATA, seed=0)
    assert shown["asked"][0] == zero != first


def test_how_many_points_a_map_is_compared_at(shown: dict[str, Any]) -> None:
    for sizes, points in (([10**6 - 1], 3), ([10**6], 1), ([10**6 - 10, 9], 3), ([10**6 - 10, 10], 1)):
        wires = [Wire(0, (size,), None, ()) for size in sizes]
        other = step(program=SimpleNamespace(wires=wires, operations=[]))
        assert validate(other, ()).points == points, sizes


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((), "the data have the shapes []; the step was compiled for [()]"),
        ((torch.zeros(2),), "the data have the shapes [(2,)]; the step was compiled for [()]"),
        ((3,), "the data have the shapes [('no tensor',)]; the step was compiled for [()]"),
        ((torch.tensor(1.0),), "the data are torch.float32; the step computes in torch.float64"),
    ],
)
def test_data_that_do_not_fit_are_not_run(shown: dict[str, Any], data: Any, words: str) -> None:
    found = validate(step(), data)
    assert (found.verdict, found.reasons, found.findings, found.kernels) == (NOT_RUN, (words,), (), {})
    assert 0 <= found.seconds < 60 and found.points == 3
    assert "asked" not in shown and found.same_run == Again(NOT_RUN) and found.same_map == Map(NOT_RUN)


def test_what_takes_other_processes_is_not_run(shown: dict[str, Any]) -> None:
    mean, alone = Outside("mean", (), SCALAR, SCALAR), Outside("mean", (), SCALAR, SCALAR, trace)  # type: ignore[arg-type]
    words = "mean takes more than this process; validate the step on its own"
    for operation, expected in ((mean, (words,)), (alone, ())):
        program = SimpleNamespace(wires=[], operations=[operation], cod=PROGRAM.cod, dom=PROGRAM.dom)
        assert validate(step(program=program), DATA).reasons == expected


def test_findings_of_the_three_parts_in_their_order(shown: dict[str, Any]) -> None:
    def spoiled(program: Emitted) -> None:
        program.state[0] += 1

    shown["map"] = Map(REFUTED, findings=("m1", "m2"), reasons=("rm",))
    shown["watched"] = Watched({}, ("w1",), ("rw",), OUTPUTS)
    found = validate(step(Emitted(spoiled)), DATA)
    ours = "the program is not the one that was watched: state 0 differs by 1"
    assert (found.findings, found.reasons) == (("m1", "m2", "w1", ours), ("rm", "rw"))
    shown["watched"] = Watched({}, tuple(f"w{k}" for k in range(20)), (), OUTPUTS)
    assert validate(step(), DATA).findings == ("m1", "m2", *(f"w{k}" for k in range(6)))


@pytest.mark.parametrize(
    ("watched", "word"),
    [
        (Watched({"add": row()}, ("wrong",), ("missing",), OUTPUTS), REFUTED),
        (Watched({"add": row()}, (), ("missing",), OUTPUTS), NOT_RUN),
        (Watched({}, (), (), OUTPUTS), VACUOUS),
        (Watched({"add": row(0)}, (), (), OUTPUTS), VACUOUS),
        (Watched({"add": row(1000), "exp": row(1000, int(2000 * UNKNOWN))}, (), (), OUTPUTS), SAMPLED),
        (Watched({"add": row(1000, int(2000 * UNKNOWN)), "exp": row(1000, 1)}, (), (), OUTPUTS), VACUOUS),
        (Watched({"add": row(1)}, (), (), OUTPUTS), SAMPLED),
    ],
)
def test_the_word_for_all_calls_together(shown: dict[str, Any], watched: Watched, word: Strength) -> None:
    shown["watched"] = watched
    assert validate(step(), DATA).rounding is word


def test_a_watched_program_that_raises(shown: dict[str, Any]) -> None:
    shown["watched"] = MissingExtra("no flint")
    found = validate(step(), DATA)
    assert (found.rounding, found.reasons, found.findings, found.same_run) == (
        NOT_RUN,
        ("no flint",),
        (),
        Again(NOT_RUN),
    )
    shown["watched"] = ZeroDivisionError("by 0")
    found = validate(step(), DATA)
    assert (found.rounding, found.findings) == (REFUTED, ("the watched program raised ZeroDivisionError: by 0",))
    assert found.reasons == () and found.same_run == Again(NOT_RUN)


def test_native_programs_are_walked_through(shown: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "walked_run", lambda step, data: Watched({}, (f"walked {len(data)}",), (), OUTPUTS))
    assert validate(step(), DATA).findings == ()
    monkeypatch.setattr(validation, "Native", Emitted)
    assert validate(step(), DATA).findings == ("walked 1",)


# ------------------------------------------------------------------------------------------------ run again


def again(after: Callable[[Emitted], None], shown: dict[str, Any]) -> Again:
    made = step(Emitted(after))
    found = validate(made, DATA).same_run
    assert float(made.emitted.state[0]) == S, "the state is that from before"
    return found


def test_a_run_that_differs_within_its_bound_is_sampled(shown: dict[str, Any]) -> None:
    """Twice half a unit in the last place, since both may be off by that; each output by its own bound."""

    def by(place: int, gap: float) -> Callable[[Emitted], None]:
        def after(program: Emitted) -> None:
            tensor = program.results[0] if place else program.state[0]
            tensor += gap

        return after

    for place, name in ((0, "state 0"), (1, "the loss")):
        unit = float(np.spacing(OUTPUTS[place]))
        assert again(by(place, unit), shown) == again(by(place, -unit), shown) == Again(SAMPLED)
        words = f"the program is not the one that was watched: {name} differs by {2 * unit:.3g}"
        assert again(by(place, 2 * unit), shown) == Again(REFUTED, findings=(words,))


def test_products_of_whole_numbers_may_round(shown: dict[str, Any]) -> None:
    """A compiler may scale what it multiplies: 3 · 4 is 12 up to a rounding, also where it is exact as written."""

    def off(program: Emitted) -> None:
        program.results[0] += float(np.spacing(12.0))

    made = step(Emitted(off))
    made.emitted.state[0].fill_(3.0)
    shown["watched"] = Watched({"add": row()}, (), (), (np.array(7.0), np.array(12.0)))
    assert validate(made, (torch.tensor(4.0, dtype=torch.float64),)).same_run == Again(SAMPLED)


def test_a_program_that_gives_no_number_differs(shown: dict[str, Any]) -> None:
    def spoiled(program: Emitted) -> None:
        program.results[0] *= float("nan")

    assert again(spoiled, shown) == Again(
        REFUTED, findings=("the program is not the one that was watched: the loss differs by nan",)
    )
    shown["watched"] = Watched({"add": row()}, (), (), (OUTPUTS[0], np.array(np.nan)))
    assert again(spoiled, shown) == Again(EXACT, identical=True)


def test_a_program_that_raises_is_refuted(shown: dict[str, Any]) -> None:
    def broken(program: Emitted) -> None:
        raise OSError("gone")

    assert again(broken, shown) == Again(REFUTED, findings=("the program raised OSError: gone",))


def test_other_data_may_be_refused(shown: dict[str, Any]) -> None:
    def strict(program: Emitted) -> None:
        if bool(torch.isnan(program.results[0])):
            raise ValueError("no number")

    assert again(strict, shown) == Again(EXACT, identical=True)


def test_what_is_left_of_another_run_is_found(shown: dict[str, Any]) -> None:
    """A program that adds what the run before it was given: the run on other data leaves no number."""

    def stale(program: Emitted) -> None:
        program.results[0] += program.left

    assert again(stale, shown).verdict is REFUTED
