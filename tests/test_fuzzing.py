"""Random steps, compiled and not: they agree within the bound, and a fault in the compiler is found."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import fuzzing  # noqa: E402
from verified_cat.fuzzing import RULES, fuzzed, main, random_step  # noqa: E402
from verified_cat.gpu import python_lines  # noqa: E402

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
