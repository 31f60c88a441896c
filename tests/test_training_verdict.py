"""When a training is called verified: each thing that must hold, one by one, and the line that says it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from verified_cat import primitives, training_check
from verified_cat.digests import of_bytes
from verified_cat.errors import MissingExtra
from verified_cat.reference import whole_numbers
from verified_cat.report import Strength
from verified_cat.terms import operations
from verified_cat.training_check import Watch, checked, made_again, summary

SAMPLED, REFUTED, UNDECIDED = Strength.SAMPLED, Strength.REFUTED, Strength.UNDECIDED


TERMS = primitives.add(()), primitives.scale(2, ()), primitives.add((2,))
ADD, SCALE, ADD_TOO = (operations(term)[0] for term in TERMS)


def compiled(engine: str, *operations: Any, source: str = "source") -> Any:
    return SimpleNamespace(
        engine=SimpleNamespace(name=engine), program=SimpleNamespace(operations=operations), source=source
    )


class Report:
    """A validation of a step."""

    def __init__(self, verdict: Strength = SAMPLED) -> None:
        self.verdict = verdict

    def as_json(self) -> dict[str, Any]:
        return {"verdict": self.verdict.value}


def watch(*reports: Any, same: Any = None) -> Watch:
    made = Watch()
    made.reports = list(reports)
    made.same = {(0, 1): True, (0, 3): True} if same is None else same
    return made


def drawn(strength: Strength = SAMPLED, excesses: int = 0, seen: tuple[str, ...] = ("add", "scale")) -> Any:
    rows = {
        (name, number): SimpleNamespace(terms=terms + len(name))
        for name in seen for number, terms in enumerate((2, 3))
    }  # fmt: skip
    by_primitive = [(name, "torch", 0.5) for name in seen]
    return SimpleNamespace(
        terms=7, strength=strength, excess_count=excesses, by_primitive=by_primitive, operations=rows
    )


REPORTS = (((0, 1), compiled("torch", ADD, SCALE), Report()), ((0, 3), compiled("torch", SCALE, ADD), Report()))
KEPT = [SimpleNamespace(asked=3)]


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``checked`` on what was watched, what random terms gave and how far whole numbers were off."""
    asked: dict[str, Any] = {"whole": []}

    def run(made: Watch, terms: Any = None, shares: dict[str, float] | None = None, kept: Any = KEPT) -> Any:
        def whole(engine: Any, each: Any, seed: int) -> Any:
            asked["whole"].append((engine.name, each.name, seed))
            return SimpleNamespace(share=(shares or {}).get(each.name, 1.0), entries=10), each.name == "add"

        def crosscheck(count: int, seed: int, engines: Any, containing: Any) -> Any:
            asked["terms"] = count, seed, [engine.name for engine in engines], containing
            return terms or drawn()

        monkeypatch.setattr(training_check, "made_again", lambda train, kept: made if train(len(kept)) else None)
        monkeypatch.setattr(training_check, "crosscheck", crosscheck)
        monkeypatch.setattr(whole_numbers, "on_whole_numbers", whole)
        monkeypatch.setattr(training_check, "of_program", lambda program: f"{len(program.operations)} operations")
        return checked(lambda steps: True, kept, 5), asked

    return run


def test_a_green_record_in_full(record: Any) -> None:
    found, asked = record(watch(*REPORTS))
    assert found["verified"] is True
    assert found["crosscheck"].pop("sources") == [of_bytes(b"source")]
    assert found["crosscheck"] == {
        "verdict": "sampled",
        "programs": ["2 operations"],
        "engines": ["torch"],
        "steps": [{"of": 3, "watched": [1, 3], "differing": []}],
        "whole_numbers": {"operations": 2, "entries": 20, "without_rounding": 1, "excesses": 0},
        "validations": [
            {"training": 0, "step": 1, "verdict": "sampled"}, {"training": 0, "step": 3, "verdict": "sampled"}
        ],
        "random_terms": {
            "terms": 7, "seed": 5, "verdict": "sampled", "excesses": 0, "calls": {"add": 11, "scale": 15}
        },
        "unseen": [],
        "excesses": 0,
    }  # fmt: skip
    assert asked["terms"] == (60, 5, ["torch"], {"add", "scale"})
    assert sorted(asked["whole"]) == [("torch", "add", 5), ("torch", "scale", 5)]


def test_each_engine_and_operation_is_held_against_whole_numbers_once(record: Any) -> None:
    two = (
        *REPORTS,
        ((1, 1), compiled("other", ADD, source="b"), Report()),
        ((1, 2), compiled("torch", ADD_TOO), Report()),
    )
    same = {(0, 1): True, (0, 3): True, (1, 2): True, (1, 1): True}
    found, asked = record(watch(*two, same=same), kept=[*KEPT, SimpleNamespace(asked=2)])
    assert found["verified"] and found["crosscheck"]["engines"] == ["torch", "other"]
    assert found["crosscheck"]["programs"] == ["1 operations", "2 operations"]
    assert len(found["crosscheck"]["sources"]) == 2
    assert found["crosscheck"]["steps"][1] == {"of": 2, "watched": [1, 2], "differing": []}
    assert asked["terms"][2] == ["torch", "other"]
    assert sorted(asked["whole"]) == [
        ("other", "add", 5),
        ("torch", "add", 5),
        ("torch", "add", 5),
        ("torch", "scale", 5),
    ]


@pytest.mark.parametrize(
    ("made", "terms", "shares", "verdict", "excesses"),
    [
        (watch(*REPORTS), None, {"add": 1.0}, "sampled", 0),
        (watch(*REPORTS), None, {"add": 1.01}, "refuted", 1),
        (watch(*REPORTS), None, {"add": 2.0, "scale": 3.0}, "refuted", 2),
        (watch(REPORTS[0], ((0, 3), compiled("torch", ADD), Report(REFUTED))), None, {}, "refuted", 1),
        (watch(REPORTS[0], ((0, 3), compiled("torch", ADD), Report(UNDECIDED))), None, {}, "vacuous", 0),
        (watch(*REPORTS), drawn(REFUTED, 4), {}, "refuted", 4),
        (watch(*REPORTS), drawn(REFUTED, 4), {"add": 2.0}, "refuted", 5),
        (watch(*REPORTS), drawn(Strength.VACUOUS), {}, "vacuous", 0),
        (watch(*REPORTS), drawn(seen=("add",)), {}, "vacuous", 0),
        (watch(*REPORTS, same={(0, 1): True, (0, 3): False}), None, {}, "vacuous", 0),
        (watch(*REPORTS, same={}), None, {}, "vacuous", 0),
        (watch(), drawn(seen=()), {}, "vacuous", 0),
    ],
)  # fmt: skip
def test_what_must_hold(record: Any, made: Watch, terms: Any, shares: Any, verdict: str, excesses: int) -> None:
    found, _ = record(made, terms, shares)
    assert (found["crosscheck"]["verdict"], found["crosscheck"]["excesses"]) == (verdict, excesses)
    assert found["verified"] is (verdict == "sampled")
    assert (
        found["crosscheck"]["whole_numbers"]["excesses"] == sum(share > 1 for share in shares.values())
        if shares
        else True
    )
    assert found["crosscheck"]["unseen"] == (["scale"] if terms is not None and len(terms.by_primitive) == 1 else [])
    differing = [number for (_, number), alike in made.same.items() if not alike]
    assert found["crosscheck"]["steps"][0]["differing"] == differing


def test_steps_are_validated_between_their_beginning_and_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    validation = SimpleNamespace(validate=lambda step, data: (step, data))
    monkeypatch.setitem(sys.modules, "verified_cat.validation", validation)
    made, step = Watch(), SimpleNamespace(training=2, number=10)
    made.compiled("before", ())
    made.begins(step)
    made.compiled("within", (1,))
    made.ends(step, False)
    made.compiled("after", ())
    assert made.reports == [((2, 10), "within", ("within", (1,)))] and made.same == {(2, 10): False}


def test_the_longest_training_is_made_again_and_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []

    @contextmanager
    def watched(watch: Watch) -> Iterator[None]:
        said.append(watch)
        yield
        said.append("nobody watches")

    @contextmanager
    def again(kept: Any, watch: Watch) -> Iterator[None]:
        said.append((kept, watch))
        yield

    monkeypatch.setitem(sys.modules, "verified_cat.gpu.watching", SimpleNamespace(watched=watched))
    monkeypatch.setitem(sys.modules, "verified_cat.gpu.repeating", SimpleNamespace(again=again))
    kept = [SimpleNamespace(steps=[1, 2, 3]), SimpleNamespace(steps=[1])]
    made = made_again(said.append, kept)
    assert isinstance(made, Watch) and said == [made, (kept, made), 3, "nobody watches"]
    assert made_again(said.append, []).reports == [] and len(said) == 4


def test_without_balls_it_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    original = builtins.__import__

    def missing(name: str, *given: Any, **options: Any) -> Any:
        if name == "verified_cat.reference.whole_numbers":
            raise MissingExtra("python-flint", "balls")
        return original(name, *given, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    found = checked(lambda steps: None, [], 0)
    assert found["verified"] is False and found["crosscheck"]["verdict"] == "not run"
    assert "balls" in found["crosscheck"]["reason"]
    assert summary(found) == f"not verified: the cross-check was not run; {found['crosscheck']['reason']}"


# ------------------------------------------------------------------------------------------------ in one line


def shown(verified: bool = True, **changes: Any) -> str:
    found: dict[str, Any] = {
        "verdict": "sampled",
        "excesses": 0,
        "steps": [{"of": 12, "watched": [1, 10, 12], "differing": []}],
        "validations": [
            {"kernels": {"sum": {"share": "0.25", "terms": 3}, "product": {"share": 0.5, "terms": 4}}},
            {"kernels": {"sum": {"share": 0.125, "terms": 3}}},
        ],
        "random_terms": {"terms": 60},
    }
    return summary({"verified": verified, "crosscheck": found | changes})


END = "2 validations of compiled steps, 10 calls, worst 0.500 of a rounding bound; 60 random terms"


def test_the_line() -> None:
    steps = "3 of 12 steps watched (numbers 1, 10, 12), the same when made again"
    assert shown() == f"verified: cross-check sampled, 0 excesses; {steps}; {END}"
    differing = [
        {"of": 12, "watched": [1, 12], "differing": [12]}, {"of": 5, "watched": [1, 3, 5], "differing": [1, 3]}
    ]  # fmt: skip
    steps = "5 of 12 and 5 steps watched (numbers 1, 12), 3 of them not the same when made again"
    assert shown(False, verdict="vacuous", steps=differing, excesses=2) == (
        f"NOT verified: cross-check vacuous, 2 excesses; {steps}; {END}"
    )
    nothing = shown(False, steps=[], validations=[])
    assert "0 of 0 steps watched (numbers none), the same when made again; 0 validations" in nothing
    assert nothing.endswith("0 calls, worst 0.000 of a rounding bound; 60 random terms")


def test_the_line_of_a_check_that_was_not_run() -> None:
    assert summary({"verified": False, "crosscheck": {"verdict": "not run"}}) == (
        "not verified: the cross-check was not run; it was not asked for"
    )
