"""A training is called verified only after a green cross-check of the program that it ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from click.testing import CliRunner  # noqa: E402

from verified_cat.cli import main  # noqa: E402
from verified_cat.commands import FAILED  # noqa: E402
from verified_cat.gpu import kernels, linear_regression, watching  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.primitives import Primitive  # noqa: E402
from verified_cat.training_check import FirstStep, checked, summary  # noqa: E402


def call(*arguments: Any) -> Any:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def one_step() -> Any:
    return linear_regression.train(None, steps=1, seed=0)


def test_the_record_names_what_was_run(tmp_path: Path) -> None:
    result = call("train", "linear-regression", "--out", tmp_path, "--steps", 2)
    assert result.exit_code == 0, result.output
    assert "verified: cross-check sampled, 0 excesses" in result.stdout
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    record = metrics["crosscheck"]
    assert metrics["verified"] is True
    assert (record["verdict"], record["unseen"], record["engines"]) == ("sampled", [], ["torch"])
    assert {"add", "contract", "scale", "negate"} <= set(record["operations"])
    (program,) = record["programs"]
    assert [leaf["shape"] for leaf in program["gradient"]][:2] == [[1, 1], [1]]
    assert 0 < program["ulps"] < 100
    assert all(count > 0 for count in record["random_terms"]["calls"].values())
    assert metrics["sha256"]["model.safetensors"]


def test_without_the_cross_check_nothing_is_verified(tmp_path: Path) -> None:
    assert call("train", "linear-regression", "--out", tmp_path, "--steps", 1, "--no-crosscheck").exit_code == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["verified"] is False
    assert metrics["crosscheck"] == {"verdict": "not run"}


def test_a_wrong_kernel_is_refuted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    right = kernels.LOWERINGS["scale"]

    def wrong(*arguments: Any) -> Any:
        run = right(*arguments)
        return lambda x: run(x) * (1 + 1e-9)

    monkeypatch.setitem(kernels.LOWERINGS, "scale", wrong)
    result = call("train", "linear-regression", "--out", tmp_path, "--steps", 1)
    assert result.exit_code == FAILED
    assert "NOT verified" in result.stdout
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["verified"] is False
    assert metrics["crosscheck"]["verdict"] == "refuted"
    assert metrics["crosscheck"]["operations"]["scale"]["excesses"] > 0


def test_a_step_of_nothing_is_vacuous() -> None:
    record = checked(lambda: None, 0, terms=2)
    assert record["verified"] is False
    assert "NOT verified" in summary(record)


def test_nobody_watches_by_default() -> None:
    step = FirstStep()
    with watching.watched(step):
        one_step()
    assert step.calls and len(step.programs) == 1
    kernel = TorchEngine().operation(Primitive("exp", ((),)))
    assert kernel.__name__ != "told"
