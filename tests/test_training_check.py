"""A training is called verified only after a green cross-check of the program that it ran."""

from __future__ import annotations

import json
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from click.testing import CliRunner  # noqa: E402

from verified_cat.cli import main  # noqa: E402
from verified_cat.commands import FAILED  # noqa: E402
from verified_cat.gpu import linear_regression, python_lines, repeating, watching  # noqa: E402
from verified_cat.gpu.training import iterate  # noqa: E402
from verified_cat.gpu.zero import Zero  # noqa: E402
from verified_cat.training_check import Watch, checked, made_again, summary  # noqa: E402


def call(*arguments: Any) -> Any:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def train(steps: int) -> Any:
    return linear_regression.train(None, steps=steps, seed=0)


def test_the_record_names_what_was_run(tmp_path: Path) -> None:
    result = call("train", "linear-regression", "--out", tmp_path, "--steps", 12)
    assert result.exit_code == 0, result.output
    assert "verified: cross-check sampled, 0 excesses; 3 of 12 steps watched (numbers 1, 10, 12)" in result.stdout
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    record = metrics["crosscheck"]
    assert metrics["verified"] is True
    assert (record["verdict"], record["unseen"], record["engines"]) == ("sampled", [], ["torch"])
    assert record["steps"] == [{"of": 12, "watched": [1, 10, 12], "differing": []}]
    assert [each["step"] for each in record["validations"]] == [1, 10, 12]
    for each in record["validations"]:
        assert each["verdict"] == "sampled" and each["same_map"]["verdict"] == "sampled"
        assert each["same_run"] == {"verdict": "exact", "identical": True}
        assert {"product", "sum", "add_scaled"} <= set(each["kernels"])
    assert {"add", "contract", "scale", "negate"} <= set(record["random_terms"]["calls"])
    whole = record["whole_numbers"]
    assert whole["excesses"] == 0 and 0 < whole["without_rounding"] <= whole["entries"]
    assert all(count > 0 for count in record["random_terms"]["calls"].values())
    assert metrics["sha256"]["model.safetensors"]


def test_without_the_cross_check_nothing_is_verified(tmp_path: Path) -> None:
    assert call("train", "linear-regression", "--out", tmp_path, "--steps", 1, "--no-crosscheck").exit_code == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["verified"] is False
    assert metrics["crosscheck"] == {"verdict": "not run"}


def test_a_wrong_kernel_is_refuted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def wrong(*given: Any, out: Any, **numbers: Any) -> Any:
        return torch.addmm(*given, **numbers, out=out).mul_(1 + 1e-9)

    monkeypatch.setitem(python_lines.FUNCTIONS, "addmm", wrong)
    result = call("train", "linear-regression", "--out", tmp_path, "--steps", 1)
    assert result.exit_code == FAILED
    assert "NOT verified" in result.stdout
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["verified"] is False
    assert metrics["crosscheck"]["verdict"] == "refuted"
    assert metrics["crosscheck"]["validations"][0]["kernels"]["product"]["excesses"] > 0


def test_a_later_step_that_is_wrong_is_refuted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From some later step on the run differs from its program by 10⁻⁹: the first step alone would not show it."""
    made = {"calls": 0}

    def wrong(*given: Any, out: Any, **numbers: Any) -> Any:
        made["calls"] += 1
        return torch.addmm(*given, **numbers, out=out).mul_(1 + 1e-9 * (made["calls"] > 40))

    monkeypatch.setitem(python_lines.FUNCTIONS, "addmm", wrong)
    result = call("train", "linear-regression", "--out", tmp_path, "--steps", 100)
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert result.exit_code == FAILED
    assert metrics["verified"] is False
    assert metrics["crosscheck"]["steps"][0]["differing"] == [1, 10]


def test_a_step_that_the_program_does_not_make_again_is_not_verified() -> None:
    """A run whose state was changed by something else, by one unit in the last place of one entry."""
    with repeating.keeping() as kept:
        train(3)
    (own,) = kept
    step = own.steps[-1]
    weight, _ = step.following
    with torch.inference_mode():
        weight.view(-1)[0] = torch.nextafter(weight.view(-1)[0], weight.new_tensor(99.0))
    record = checked(train, kept, 0, terms=2)
    assert record["verified"] is False
    assert record["crosscheck"]["steps"] == [{"of": 3, "watched": [1, 3], "differing": [3]}]
    assert record["crosscheck"]["verdict"] == "vacuous"
    assert "1 of them not the same when made again" in summary(record)


def test_a_run_of_nothing_is_vacuous() -> None:
    record = checked(train, [], 0, terms=2)
    assert record["verified"] is False
    assert "NOT verified" in summary(record)
    assert "0 of 0 steps watched (numbers none)" in summary(record)


def test_nobody_watches_by_default() -> None:
    watch = Watch()
    with watching.watched(watch):
        train(1)
    assert not watch.reports  # no step was made again
    with repeating.keeping() as kept:
        train(1)
    again = made_again(train, kept)
    assert len(again.reports) == 1 and again.same == {(0, 1): True}


# ------------------------------------------------------------------------------------------------ kept steps


@pytest.mark.parametrize(
    ("steps", "numbers"), [(1, [1]), (2, [1, 2]), (10, [1, 10]), (99, [1, 10, 99]), (1000, [1, 10, 100, 1000])]
)
def test_which_steps_are_kept(steps: int, numbers: list[int]) -> None:
    assert repeating.chosen(steps) == numbers


def test_each_training_of_a_run_has_its_own_steps() -> None:
    """Two trainings, of which the second is shorter; each makes its own steps again and then no more."""

    def both(steps: int, other: int | None = None) -> list[Any]:
        first = iterate(lambda state, data: (state + data, {}), torch.zeros(()), repeat(torch.ones(())), steps)
        second = iterate(lambda state, data: (state * 2, {}), torch.ones(()), repeat(()), other or steps)
        return [first.state, second.state]

    with repeating.keeping() as kept:
        both(10, 3)
    assert [[(step.training, step.number) for step in each.steps] for each in kept] == [
        [(0, 1), (0, 10)],
        [(1, 1), (1, 3)],
    ]
    assert [float(step.following) for each in kept for step in each.steps] == [1, 10, 2, 8]
    watch = made_again(both, kept)
    assert watch.same == dict.fromkeys([(0, 1), (0, 10), (1, 1), (1, 3)], True)
    assert [float(state) for state in both(4)] == [4, 16]  # nothing is kept or repeated from here on


def test_kept_values_are_copies() -> None:
    state = (torch.ones(2), (Zero((2,)), [torch.zeros(1)], 3))
    copy = repeating.copied(state)
    assert repeating.same(copy, state)
    state[0][0] = 5.0
    assert copy[0][0] == 1 and not repeating.same(copy, state)
    assert not repeating.same((1,), [1]) and not repeating.same(torch.ones(1), torch.ones(1, dtype=torch.float64))
