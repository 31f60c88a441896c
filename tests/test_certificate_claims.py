"""The sentences of certificates, whole: what is claimed, what is not, and what would say nothing."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.certificate_claims import claims
from verified_cat.certified_laws import said_of

TASK = {"task": "Round", "seed": 1, "steps": 30}
VALIDATED = (
    "Round, seed 1, 30 steps: the programs that trained it were validated, and are those of this package"
)  # fmt: skip
NOT_VALIDATED = "Round, seed 1, 30 steps: the programs that trained it are NOT known to be validated"
REPORT = {"laws": 3, "engines": ["solver", "sympy"], "verdicts": {"proved": 2, "exact": 1}}
BOUND = {
    "equation": "f ; g = id_A",
    "by": "affine forms",
    "family": {"name": "A: box 0 1"},
    "largest": 0.5,
    "trivial": 2.0,
    "sampled": {"largest": 0.25},
    "vacuous": False,
    "program": {"precision": "float32", "largest": 0.625, "vacuous": False},
}
BUILT = {"equation": "f ; g = id_A", "by": "construction"}


def record(*residuals: Any, verified: Any = True, same: bool = True, **laws: Any) -> dict[str, Any]:
    check = {"verified": verified, "of these programs": same}
    environment = {"precision": "float32"}
    return {"task": TASK, "program": {"check": check}, "laws": laws, "environment": environment, "residuals": residuals}


@pytest.mark.parametrize(
    ("verified", "same", "says"),
    [(True, True, VALIDATED), (True, False, NOT_VALIDATED), (False, True, NOT_VALIDATED), (1, True, NOT_VALIDATED),
     (None, True, NOT_VALIDATED)],
)  # fmt: skip
def test_programs_are_validated_where_the_check_says_so_and_is_of_them(verified: Any, same: bool, says: str) -> None:
    assert claims(record(verified=verified, same=same)) == [says]


@pytest.mark.parametrize(
    ("wrong", "missing", "more"),
    [
        ([], [], ""),
        (["A", "B"], [], "; NOT all of them hold: A, B"),
        ([], ["C", "D"], "; 2 laws of this package are not in the report"),
        (["A"], ["C"], "; NOT all of them hold: A; 1 laws of this package are not in the report"),
    ],
)
def test_the_report_of_laws_is_one_sentence(wrong: list[str], missing: list[str], more: str) -> None:
    report = REPORT | {"do not hold": wrong, "missing": missing}
    sentence = f"the laws: 3 laws of this package in solver, sympy: 2 proved, 1 exact{more}"
    assert said_of(report) == sentence and claims(record(report=report)) == [VALIDATED, sentence]


@pytest.mark.parametrize(
    ("each", "says"),
    [
        (
            {"equation": "z ; z = id_Z", "by": "not run", "reason": "Z has 20 dimensions"},
            "z ; z = id_Z: nothing is claimed; Z has 20 dimensions",
        ),
        (
            BUILT | {"whole numbers": [{"holds": "exactly"}, {"holds": "exactly"}]},
            "f ; g = id_A: holds by construction, for all weights, on real numbers; in float32 up to rounding; on whole"
            " numbers exactly",
        ),
        (
            BUILT | {"whole numbers": [{"holds": "exactly"}, {"holds": "not"}]},
            "f ; g = id_A: holds by construction, for all weights, on real numbers; in float32 up to rounding; on whole"
            " numbers NOT",
        ),
        (
            BOUND | {"vacuous": True},
            "f ; g = id_A: VACUOUS over A: box 0 1: the bound 0.5 is not below the edge 2.0 of the box around the "
            "family; 0.25 is reached",
        ),
        (
            BOUND,
            "f ; g = id_A: for all x of A: box 0 1, no entry of the sides differs by more than 0.5, on real numbers at "
            "the float32 weights (0.25 is reached); computed in float32, by no more than 0.625",
        ),
        (
            BOUND | {"program": {"precision": "bfloat16", "largest": "inf", "vacuous": True}},
            "f ; g = id_A: for all x of A: box 0 1, no entry of the sides differs by more than 0.5, on real numbers at "
            "the float32 weights (0.25 is reached); computed in bfloat16, by no more than inf, which is VACUOUS",
        ),
    ],
)
def test_each_residual_is_one_sentence(each: dict[str, Any], says: str) -> None:
    assert claims(record(each)) == [VALIDATED, says]
    assert claims(record(each, each)) == [VALIDATED, says, says]
