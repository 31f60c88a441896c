"""Broken constructions as engines are refuted by the law named for them; what cannot be touched is not run."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.check import LAWS
from verified_cat.laws import kills, suite
from verified_cat.laws.controls import CONTROLS
from verified_cat.laws.kills import CONSTRUCTIONS, Construction


@pytest.mark.parametrize("construction", CONSTRUCTIONS, ids=lambda each: each.name)
def test_its_judge_refutes_it(construction: Construction) -> None:
    assert kills.judged(construction) == "refuted"


def test_a_row_says_what_a_law_refutes_and_what_it_cannot_touch() -> None:
    suite.load()
    columns = [each for each in CONTROLS if each.name in ("scale by the square", "sin in degrees")]
    found = kills.row(LAWS["ADD-SCALE"], [*columns, CONSTRUCTIONS[0]])
    assert found["scale by the square"] == "refuted"
    assert found["sin in degrees"] == found[CONSTRUCTIONS[0].name] == "untouched"


def test_a_law_that_kills_nothing_says_why() -> None:
    suite.load()
    assert "true of all maps" in kills.idle(LAWS["CAT-ASSOC"])
    assert "counterexample" in kills.idle(LAWS["PARA-COLLAPSE"])
