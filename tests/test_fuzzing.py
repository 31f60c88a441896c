"""Random steps, compiled and not: they agree within the bound, and a fault in the compiler is found."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import fuzzing  # noqa: E402
from verified_cat.fuzzing import RULES, Difference, _beyond, fuzzed, main, random_step  # noqa: E402
from verified_cat.gpu import python_lines  # noqa: E402
from verified_cat.networks import Objective  # noqa: E402
from verified_cat.objects import SCALAR, size  # noqa: E402
from verified_cat.optimiser import Optimiser, scheduled  # noqa: E402

STEPS = 200


@pytest.mark.parametrize("part", range(4))
def test_random_steps_agree(part: int) -> None:
    """More of them: python -m verified_cat.fuzzing --steps 10000 --seed 1."""
    entries = 0
    for index in range(part, STEPS, 4):
        count, found = fuzzed(20, index, steps=2)
        assert not found, "\n".join(map(str, found))
        entries += count
    assert entries > STEPS


def written(objective: Objective, rule: Optimiser) -> str:
    update = rule.update(SCALAR) if rule.leaf_paced is None else scheduled(rule, ())
    return f"{objective!r} {rule.name} {rule.initial(SCALAR)!r} {update!r}"


@pytest.mark.parametrize(("seed", "recorded"), [(0, "3fbe0d68daf784bc"), (20, "621faf97a8f12e17")])
def test_a_random_step_is_drawn_from_its_number_alone(seed: int, recorded: str) -> None:
    """Whoever reports a difference by its numbers can have the very step again: what is recorded may not change."""
    whole = sha256("".join(written(*random_step(seed, index)) for index in range(60)).encode())
    assert whole.hexdigest()[:16] == recorded


def test_every_entry_of_the_state_and_the_loss_are_compared() -> None:
    for index in (0, 1, 2, 5):
        objective, rule = random_step(20, index)
        held = size(rule.state(objective.param)) + size(objective.param)
        assert fuzzed(20, index, steps=2) == (2 * (held + 1), [])


def test_what_is_beyond_twice_the_bound_is_said_with_both_numbers() -> None:
    one, other = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 9.0])
    assert _beyond(one, other, np.array([0.0, 0.25, 3.0])) == (3, "")
    assert _beyond(one, other, np.array([0.0, 0.125, 3.0])) == (3, "differs by 0.5, allowed 0.25")
    assert _beyond(one, other, np.array([0.0, 0.25, np.inf])) == (2, ""), "without a bound nothing is compared"
    assert _beyond(one, np.array([1.0, np.nan, 9.0]), np.array([0.0, 1.0, 3.0]))[1] == "differs by nan, allowed 2"
    said = str(Difference(3, 14, "adam", 2, "the loss differs"))
    assert said == "random_step(3, 14), adam, step 2: the loss differs"


def test_every_rule_occurs() -> None:
    assert {random_step(20, index)[1].name for index in range(STEPS)} == set(RULES)


def test_a_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(python_lines.LINES, "add_scaled", ("add({1}, {2}, out={0})",))
    found = [each for index in range(30) for each in fuzzed(20, index, steps=2)[1]]
    assert found and str(found[0]).startswith(f"random_step(20, {found[0].index}), ")


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--steps", "3", "--seed", "5"]) == 0
    assert "3 random steps of seed 5:" in capsys.readouterr().out
    monkeypatch.setattr(fuzzing, "_beyond", lambda one, other, error: (1, "differs"))
    assert main(["--steps", "1"]) == 1
