"""What the page of a schema report shows, as plain values: spreads, effects and their lines."""

from __future__ import annotations

import pytest

from verified_cat.schema_sheets import (
    STUDENT,
    Ablation,
    Effect,
    Figure,
    Samples,
    Sheet,
    Signature,
    ablation_lines,
    interval,
    short,
    spread,
)


def test_a_signature_says_what_was_looked_for() -> None:
    found = Signature("collapse", "X", "found", "2 of 8 modes", "fewer than 4 modes are met")
    assert str(found) == "collapse (X): found; 2 of 8 modes; found where fewer than 4 modes are met"


def test_what_is_not_given_is_empty() -> None:
    assert Samples("f", "f(x)") == Samples("f", "f(x)", (), False, ())
    assert Figure("loss", (1.0,)) == Figure("loss", (1.0,), {}, "")
    assert Sheet("s", "", (), (), "", (), (), (), ()).alone == ""
    assert Ablation("f ; g = id", (0,)) == Ablation("f ; g = id", (0,), (), "")


@pytest.mark.parametrize(
    ("whole", "without", "change", "apart"),
    [
        ((1.0, 2.0), (3.0, 5.0), 2.5, True),
        ((3.0, 5.0), (1.0, 2.0), -2.5, True),
        ((1.0, 2.0), (2.0, 3.0), 1.0, False),
        ((2.0, 3.0), (1.0, 2.0), -1.0, False),
        ((1.0, 4.0), (2.0, 3.0), 0.0, False),
        ((2.0, 3.0), (1.0, 4.0), 0.0, False),
    ],
)
def test_an_effect_is_clear_where_no_value_lies_among_the_others(
    whole: tuple[float, ...], without: tuple[float, ...], change: float, apart: bool
) -> None:
    effect = Effect("error", whole, without)
    assert (effect.change, effect.apart) == (change, apart)


def test_spreads() -> None:
    assert [short(each) for each in (None, 0.0, 1 / 3, 12345.0)] == ["–", "0", "0.333", "1.23e+04"]
    assert spread([]) == spread([None, None]) == "–"
    assert spread([None, 0.25]) == "0.25" and spread([2.0, None, 1.0, 4.5]) == "2.5 (1 to 4.5)"
    assert spread([1.0, 1.0]) == "1 (1 to 1)"


def test_intervals_of_means() -> None:
    """Student's t with two degrees of freedom: 4.303 times the standard error."""
    assert interval([]) == interval([1.0]) == interval([None, 1.0]) == "–"
    assert interval([1.0, 2.0, None, 3.0]) == "-0.484 to 4.48"
    assert interval([0.0, 2.0]) == "-11.7 to 13.7" and interval([0.0, 0.0, 0.0, 4.0]) == "-2.18 to 4.18"
    assert interval([5.0, 5.0]) == "5 to 5"
    many = [0.0, 1.0] * 50
    assert interval(many) == "0.393 to 0.607"
    assert list(STUDENT) == sorted(STUDENT, reverse=True) and len(STUDENT) == 15


def test_ablations_are_told_a_line_for_each_figure() -> None:
    trained = Ablation("f ; g = id_A", (0, 1), (
        Effect("residual of f ; g = id_A", (1.0, 2.0), (3.0, 4.0)), Effect("error", (1.0,), (1.0,))
    ))  # fmt: skip
    assert ablation_lines([trained, Ablation("all of them", (0,), not_run="nothing teaches f")]) == [
        "without f ; g = id_A: with all → without",
        f"  {'residual of f ; g = id_A':<40} 1.5 (1 to 2) → 3.5 (3 to 4), clear",
        f"  {'error':<40} 1 → 1, within the spread",
        "without all of them: not run, nothing teaches f",
    ]
