"""The benchmark compares like with like: its check of the first step passes, and refutes a wrong step."""

from __future__ import annotations

import importlib.util
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("sklearn", reason="not run: scikit-learn not installed (pip install verified-cat[data])")

from verified_cat.gpu import digits
from verified_cat.optimiser import momentum

FILE = Path(__file__).resolve().parent.parent / "benchmarks" / "digits_step.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    specification = importlib.util.spec_from_file_location("digits_step", FILE)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["digits_step"] = module
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_first_step_is_right_on_every_side(benchmark: ModuleType, dtype: str) -> None:
    rows = benchmark.check_first_step(benchmark.problem(dtype), dtype)
    assert [row["name"] for row in rows] == ["ours", "eager", "eager, fused optimiser"]
    assert all(0 <= row["share_of_allowed"] <= 1 for row in rows)


def test_a_slightly_wrong_rate_is_refuted(benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """One part in a million off, in float64: far below what a look at the loss would show."""
    rate = Fraction(1, 40) * (1 + Fraction(1, 10**6))
    monkeypatch.setattr(digits, "optimiser", lambda: momentum(rate, Fraction(9, 10)))
    with pytest.raises(SystemExit, match="ours: the first step is wrong"):
        benchmark.check_first_step(benchmark.problem("float64"), "float64")


def test_sides_start_anew(benchmark: ModuleType) -> None:
    given = benchmark.problem("float64")
    for contestant in benchmark.contestants(given, "float64"):
        first = [contestant.step() for _ in range(3)]
        contestant.reset()
        assert [contestant.step() for _ in range(3)] == first


def test_figures_are_ratios_of_the_same_round(benchmark: ModuleType) -> None:
    found = benchmark.summary({"ours": [1.0, 2.0, 4.0], "eager": [2.0, 2.0, 12.0]})
    assert found["eager"]["ratio_to_ours"] == [1.5, 2.0, 2.5]
    assert found["ours"]["ratio_to_ours"] == [1.0, 1.0, 1.0]
