"""A failed instance is kept, replayed in any engine, and fails again only where the fault is."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from verified_cat.check import LAWS
from verified_cat.cli import main
from verified_cat.deciding import exact
from verified_cat.draw import seeded
from verified_cat.errors import UsageError
from verified_cat.laws import engines, replaying, suite
from verified_cat.report import Strength
from verified_cat.sampling import sampled

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.gpu.engine import TorchEngine


class Skewed(TorchEngine):
    """Adds with the right operand taken a little too large: addition no longer commutes."""

    def operation(self, operation: Any) -> Any:
        run = super().operation(operation)
        if operation.name != "add":
            return run
        return lambda xy: run((xy[0], self.dense(xy[1]) * (1 + 1e-9)))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    suite.load()
    verdict = sampled(LAWS["CART-COMON"], "D", Skewed(), engines.bounds_for("float64"), 30)
    assert verdict.strength is Strength.REFUTED
    return replaying.keep(tmp_path_factory.mktemp("cases"), verdict.example)


def test_a_case_fails_again_in_the_engine_and_holds_in_others(case: Path) -> None:
    (wrong,) = replaying.replay(case, f"{__name__}:Skewed")
    assert wrong[1].failed is not None and wrong[1].worst.gap > wrong[1].worst.allowed
    for engine in ("torch", "torch-float32", "sympy"):
        (right,) = replaying.replay(case, engine)
        assert right[1].failed is None, engine


def test_the_command(case: Path) -> None:
    held = CliRunner().invoke(main, ["replay", str(case), "--engine", "torch"])
    assert held.exit_code == 0 and "holds there" in held.output
    failed = CliRunner().invoke(main, ["replay", str(case), "--engine", f"{__name__}:Skewed"])
    assert failed.exit_code == 1 and "fails there" in failed.output


def test_an_exact_refutation_has_a_point_at_which_it_fails() -> None:
    suite.load()
    stated = LAWS["PARA-COMP"]
    mutant = stated.mutants[0]
    verdict = exact(stated, mutant.world, engines.exact_engine(), engines.judge, map(seeded, range(40)), mutant)
    assert verdict.strength is Strength.REFUTED
    assert set(verdict.example) >= {"law", "world", "objects", "terms", "points", "text"}
    json.dumps(verdict.example)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"verdicts": []}', '{"law": "PARA-COMP", "terms": {}}', "\x00"])
def test_files_that_hold_no_case(tmp_path: Path, content: str) -> None:
    path = tmp_path / "case.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError):
        list(replaying.replay(path, "sympy"))


def test_a_case_is_read_for_people(case: Path) -> None:
    lines = replaying.readable(json.loads(case.read_text(encoding="utf-8")))
    assert lines[0].startswith("in D, equation") and any("gap" in line for line in lines)
