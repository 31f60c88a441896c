"""The commands that show and validate the compiled steps of a task."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from click.testing import CliRunner, Result

from verified_cat.cli import main
from verified_cat.commands import FAILED
from verified_cat.gpu import python_lines

NAME = "linear-regression"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def test_a_program_is_shown_at_every_stage() -> None:
    shown = {stage: call("show", NAME, "--stage", stage) for stage in ("program", "calls", "source")}
    assert all(result.exit_code == 0 for result in shown.values()), shown
    for result in shown.values():
        assert result.stdout.startswith("# gradient descent, 2 parameters, in torch\n")
    assert "= contract[ij,bi->bj](%0, %2)" in shown["program"].stdout
    assert "return %20, %22, %10" in shown["program"].stdout
    assert " = product(data2[1, 200], " in shown["calls"].stdout
    assert re.search(r"(state\d+\[2\]) = add_scaled\(\1, temporary\d+\[2\]", shown["calls"].stdout)
    assert call("show", NAME).stdout == shown["source"].stdout and "def step(d0, d1):" in shown["source"].stdout


def test_both_players_of_both_trainings_are_shown() -> None:
    shown = call("show", "cyclegan-points", "--stage", "calls")
    assert shown.exit_code == 0 and shown.stdout.count("# adam, ") == 4


def test_an_unknown_task_is_named() -> None:
    result = call("show", "linear-regresion")
    assert result.exit_code != 0 and "did you mean linear-regression" in result.output


def test_the_steps_of_a_task_are_validated() -> None:
    result = call("validate", NAME)
    assert result.exit_code == 0, result.output
    assert "gradient descent in torch: sampled: the map of its terms" in result.stdout


def test_a_miscompiled_step_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: dict[str, Any] = dict(python_lines.LINES) | {"subtract": ("add({1}, {2}, out={0})",)}
    monkeypatch.setattr(python_lines, "LINES", lines)
    result = call("validate", NAME)
    assert result.exit_code == FAILED and "refuted: " in result.stdout
