"""Random steps, compiled and not: they agree within the bound, and a fault in the compiler is found."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from hashlib import sha256
from io import StringIO
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import fuzzing  # noqa: E402
from verified_cat.fuzzing import RULES, Difference, _beyond, fuzzed, main, random_step  # noqa: E402
from verified_cat.gpu import python_lines  # noqa: E402
from verified_cat.networks import Objective  # noqa: E402
from verified_cat.objects import SCALAR, size  # noqa: E402
from verified_cat.optimiser import Optimiser, momentum, scheduled  # noqa: E402
from verified_cat.primitives import multiply_on  # noqa: E402

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
    assert _beyond(one, other, np.array([0.0, 0.1875, 3.0])) == (3, "differs by 0.5, allowed 0.375")
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


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is compared in steps of w * d over w, by momentum 1/4 at rate 1/2, in place of random ones."""
    found: list[Any] = []

    def beyond(*arrays: Any) -> tuple[int, str]:
        found.append([float(each) for each in arrays])
        return _beyond(*arrays)

    step = Objective(SCALAR, SCALAR, multiply_on(SCALAR)), momentum(Fraction(1, 2), Fraction(1, 4))
    monkeypatch.setattr(fuzzing, "random_step", lambda seed, index: step)
    monkeypatch.setattr(fuzzing, "_beyond", beyond)
    return found


def test_the_velocity_the_weight_and_the_loss_of_each_step_are_compared(compared: list[Any]) -> None:
    """The weight and the data are the numbers of Philox at 10^9 seed + index."""
    assert fuzzed(7, 3) == (9, [])
    weight, *data = np.random.Generator(np.random.Philox(key=7_000_000_003)).standard_normal(4)
    velocity, expected = 0.0, list[float]()
    for number in data:
        loss, velocity = weight * number, velocity / 4 + number
        weight -= velocity / 2
        expected += [velocity, weight, loss]
    for mine in (0, 1):
        assert [each[mine] for each in compared] == pytest.approx(expected, rel=1e-14)
    errors = [each[2] for each in compared]
    assert errors[0] == 0 < min(errors[1:]) and max(errors) < 1e-15, "at first nothing is added to the velocity"
    assert fuzzed(0, 1) == (9, []), "the first seed"


def test_a_difference_says_what_differs_and_ends_the_step(compared: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    words = iter(["", "", "", "is off", "", "is far off"])
    monkeypatch.setattr(fuzzing, "_beyond", lambda *_: (2, next(words)))
    first, second = (Difference(7, 3, "momentum", 1, f"{what} off") for what in ("state 0 is", "the loss is far"))
    assert fuzzed(7, 3) == (12, [first, second])


def test_what_is_not_finite_is_compared_once(compared: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        fuzzing, "tensor_of", lambda array, engine: torch.full(array.shape, np.inf, dtype=torch.float64)
    )
    entries, found = fuzzed(7, 3)
    assert (found, len(compared)) == ([], 3) and entries < 3


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Any] = []
    differs = [Difference(3, 1, "adam", 2, "the loss differs")]

    def random(seed: int, index: int) -> tuple[int, list[Difference]]:
        asked.append((seed, index))
        return 10 + index, differs * (index % 2)

    monkeypatch.setattr(fuzzing, "fuzzed", random)
    assert main(["--steps", "4", "--seed", "3"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        *[str(differs[0])] * 2,
        "4 random steps of seed 3: 46 entries compared, 2 beyond the bound",
    ]
    assert asked == [(3, index) for index in range(4)]
    asked.clear()
    differs.clear()
    assert main([]) == 0
    said = "1000 random steps of seed 0: 509500 entries compared, 0 beyond the bound\n"
    assert capsys.readouterr().out == said
    assert asked == [(0, index) for index in range(1000)]
    with pytest.raises(SystemExit):
        main(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "python -m verified_cat.fuzzing [-h] [--steps STEPS]" in words
    assert "--steps STEPS how many random steps (1000) --seed SEED" in words


def test_a_difference_is_shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long run may be ended before it is done."""

    class Screen(StringIO):
        def flush(self) -> None:
            shown.append(self.getvalue())

    shown, said = list[str](), Difference(0, 0, "adam", 2, "the loss differs")
    monkeypatch.setattr(fuzzing, "fuzzed", lambda seed, index: (1, [said]))
    monkeypatch.setattr(sys, "stdout", Screen())
    main(["--steps", "1"])
    assert shown[0] == f"{said}\n"


def test_it_is_a_program() -> None:
    words = [sys.executable, "-m", "verified_cat.fuzzing", "--steps", "1", "--seed", "20"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 random steps of seed 20: ")
