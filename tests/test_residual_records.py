"""What is written down of residuals, field by field, of maps whose differences are known: x ↦ w x + b twice, and x."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.reference.subdividing import Family
from verified_cat.residuals import BOXES, POINTS, SPOTS, How, described, residuals, spot_checked, vacuous
from verified_cat.schema_file import read

HEAD = (
    'name = "Small"\nadversary = "lsgan"\n[objects.A]\nshape = [2]\ndata = { kind = "uniform", low = -1, high = 1 }\n'
)
AFFINE = HEAD + '[arrows.f]\nfrom = "A"\nto = "A"\nnetwork = "affine"\n[[equations]]\nleft = "f ; f"\nright = "id_A"\n'
COUPLED = HEAD + (
    '[arrows.f]\nfrom = "A"\nto = "A"\nnetwork = { kind = "coupling", hidden = [3] }\n'
    '[arrows.g]\nfrom = "A"\nto = "A"\ninverse_of = "f"\n[[equations]]\nleft = "f ; g"\nright = "id_A"\n'
)
WIDE = AFFINE.replace("[2]", "[20]").replace('{ kind = "uniform", low = -1, high = 1 }', '"normal"')


def affine(factor: float) -> dict[str, np.ndarray[Any, Any]]:
    """x ↦ factor x."""
    whole = read(AFFINE)
    return {name: array * factor for name, array in weights(whole, np.eye(2)).items()}


def weights(whole: Any, square: np.ndarray[Any, Any] | None = None) -> dict[str, np.ndarray[Any, Any]]:
    from verified_cat.gpu.schema_task import architecture_of
    from verified_cat.objects import leaves

    architecture, names = architecture_of(whole, 1)
    draws, found = np.random.default_rng(3), {}
    for name, leaf in zip(names, leaves(architecture.parameters), strict=True):
        shape = leaf.shape  # type: ignore[attr-defined]
        array = draws.normal(0, 0.5, shape) if square is None else square if shape == (2, 2) else np.zeros(shape)
        found[name] = array.astype(np.float32)
    return found


BOX = {
    "name": "A: the law",
    "parameters": 2,
    "low": [-1.0, -1.0],
    "high": [1.0, 1.0],
    "examples": "the parameters themselves",
}


def test_all_that_is_said_of_a_difference_that_is_known() -> None:
    """(f ; f) x - x = 3 x at f x = 2 x: at most 3 on [-1, 1]², and so at each corner."""
    (record,) = residuals(read(AFFINE), affine(2.0), How((("A", "box -1 1"),), boxes=9, points=50, seed=4), 0)
    assert record.pop("family") == BOX | {"name": "A: box -1 1"}
    sampled, program = record.pop("sampled"), record.pop("program")
    assert (sampled["points"], sampled["seed"]) == (50, 4) and 2 < sampled["largest"] <= 3
    assert program.keys() == {"precision", "largest", "vacuous"} and program["precision"] == "float32"
    assert 3 <= program["largest"] < 3.0001 and program["vacuous"] is False
    boxes = record.pop("boxes")
    assert boxes.keys() == {"given", "covering", "computed", "depth"} and boxes["given"] == 9
    assert 1 <= boxes["covering"] <= boxes["computed"] <= 9 and 0 <= boxes["depth"] < 9
    assert 3 <= record.pop("largest") < 3.0001 and 1 <= record.pop("ratio") <= 1.5
    assert 0 < record.pop("average") <= record.pop("mean") <= 3.0001
    assert record == {
        "equation": "f ; f = id_A", "object": "A", "by": "affine forms", "trivial": 2.0, "vacuous": False,
    }  # fmt: skip


def test_of_a_difference_that_is_nothing_the_ratio_is_not_a_number_of_json() -> None:
    (record,) = residuals(read(AFFINE), affine(1.0), How((("A", "segment 0 1"),), boxes=2, points=5), 0)
    assert record["ratio"] == "inf" and record["sampled"]["largest"] == 0.0 and not record["vacuous"]
    assert record["family"]["examples"] == "an affine image of them" and record["family"]["parameters"] == 1


def test_all_that_is_said_of_what_holds_by_construction() -> None:
    whole = read(COUPLED)
    (record,) = residuals(whole, weights(whole), How((("A", "box -1 1"), ("A", "box 0 1")), points=50, seed=4), 0)
    (exact,) = record.pop("whole numbers")
    assert exact.keys() == {"arrow", "form", "holds", "entries", "differing"}
    assert (exact["arrow"], exact["holds"], exact["differing"]) == ("f", "exactly", 0) and exact["entries"] >= 196_608
    assert exact["form"].startswith("x + round(") and " modulo " in exact["form"]
    sampled = record.pop("sampled")
    assert sampled.pop("largest") < 1e-5 and sampled == {"points": 50, "seed": 4, "precision": "float32"}
    assert record.pop("family") == BOX | {"name": "A: box -1 1"}
    assert record == {
        "equation": "f ; g = id_A", "object": "A", "by": "construction", "largest": 0.0, "vacuous": False,
        "in floats": "up to rounding",
    }  # fmt: skip


def test_an_object_without_a_family_has_the_reason() -> None:
    whole = read(WIDE)
    (record,) = residuals(whole, weights(whole), How(), 0)
    assert record.keys() == {"equation", "object", "by", "reason"} and record["by"] == "not run"
    assert "20 dimensions" in record["reason"]


def test_what_is_asked_for_where_nothing_is_said() -> None:
    how = How()
    assert (how.families, how.boxes, how.points, how.seed, how.laws) == ((), 20_000, 100_000, 0, False)
    assert (POINTS, BOXES, SPOTS) == (100_000, 20_000, 10_000)
    assert How((("A", "x"), ("B", "y"), ("A", "z"))).asked == {"A": ("x", "z"), "B": ("y",)}


def test_a_bound_says_something_below_the_edge_or_below_twice_what_is_reached() -> None:
    over = Family("A", (0.0,), (2.0,))
    assert described(over)["examples"] == "the parameters themselves"
    pairs = [(1.9, 0.0), (2.1, 0.0), (2.1, 1.05), (2.5, 1.0), (5.0, 2.5), (5.1, 2.5)]
    assert [vacuous(*pair, over) for pair in pairs] == [False, True, False, True, False, True]


def test_fresh_points_say_in_whole_words_what_does_not_hold() -> None:
    whole, own, how = read(AFFINE), affine(2.0), How((("A", "box -1 1"),), boxes=9, points=50)
    (stated,) = residuals(whole, own, how, 0)

    def said(*records: Any) -> list[str]:
        return spot_checked(whole, own, how, 0, list(records))

    wrong = "residuals[0]: it says nothing of f ; f = id_A by affine forms"
    assert said(stated) == [] and said(3) == said({**stated, "by": "x"}) == said({**stated, "equation": "x"}) == [wrong]
    assert said() == ["residuals: there are 0, and 1 are asked for"]
    assert said({**stated, "family": BOX}) == ["residuals[0].family: it is not that of what was asked for"]
    (line,) = said({**stated, "largest": 2.5})
    assert line.startswith("residuals[0].largest: 2.5, and a point reaches 3")
    (line,) = said({**stated, "largest": 3})
    assert line.startswith("residuals[0].largest: 3, and a point reaches 3")
