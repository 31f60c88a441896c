"""Every planted fault is refuted by the law named for it, by comparison; harmless variants pass."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.check import LAWS
from verified_cat.cli import main
from verified_cat.laws import controls, faults, kills, suite
from verified_cat.laws.controls import CONTROLS, CROSSCHECK, HARMLESS, Control
from verified_cat.primitives import TABLE

PLAIN = Control("plain", {}, "")


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_its_judge_refutes_it(control: Control) -> None:
    assert controls.caught(control)


@pytest.mark.parametrize("harmless", [PLAIN, *HARMLESS], ids=lambda control: control.name)
def test_harmless_variants_pass(harmless: Control) -> None:
    assert controls.passed(harmless)


def test_there_are_forty_and_each_is_well_formed() -> None:
    suite.load()
    assert len(CONTROLS) >= 40 and len(HARMLESS) >= 5
    assert len({control.name for control in CONTROLS}) == len(CONTROLS)
    assert all(control.judge in {*LAWS, CROSSCHECK} for control in CONTROLS)
    assert {name for control in CONTROLS for name in control.planted} == {*TABLE, "*"}


def test_an_exception_is_no_refutation() -> None:
    def refuse(value: object) -> object:
        raise ValueError("no")

    raising = Control("raises", {"add": faults.instead(refuse)}, "ADD-HOMCMON")
    assert controls.judged(raising, "ADD-HOMCMON", 4) == "raised"
    assert not controls.caught(raising)
    lost = Control("gives NaN", {"*": faults.after(lambda z: z * float("nan"))}, "ADD-HOMCMON")
    assert controls.judged(lost, "ADD-HOMCMON", 4) == "raised"


def test_a_law_that_does_not_look_there_lets_a_fault_pass() -> None:
    blind = Control("exp doubled", {"exp": faults.after(lambda y: 2 * y)}, "CAT-ASSOC")
    assert not controls.caught(blind)


def test_a_wrong_shape_that_fits_is_refuted_by_its_numbers() -> None:
    """The fault keeps every shape, so that nothing but a comparison can see it."""
    fitting = Control("broadcast by columns", {"broadcast": faults.after(faults.column_major)}, "CONV-ADJ")
    assert controls.caught(fitting)


def test_the_command_prints_a_line_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    scale = [control for control in CONTROLS if control.judge == "ADD-SCALE"]
    escaped = Control("relu doubled", {"relu": faults.after(lambda y: 2 * y)}, "ADD-SCALE")
    monkeypatch.setattr(controls, "HARMLESS", ())
    monkeypatch.setattr(kills, "CONSTRUCTIONS", ())
    monkeypatch.setattr(controls, "CONTROLS", tuple(scale))
    found = CliRunner().invoke(main, ["controls"])
    assert found.exit_code == 0
    assert [line.split()[-2:] for line in found.stdout.splitlines()] == [["ADD-SCALE", "refuted"]] * len(scale)
    monkeypatch.setattr(controls, "CONTROLS", (escaped,))
    assert CliRunner().invoke(main, ["controls"]).exit_code == 1
