"""What is written down of residuals, field by field, of maps whose differences are known: x ↦ w x + b twice, and x."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import residuals as module
from verified_cat.reference.subdividing import Family
from verified_cat.residuals import BOXES, POINTS, SPOTS, How, Sides, described, residuals, spot_checked, vacuous
from verified_cat.schema_file import read

HEAD = (
    'name = "Small"\nadversary = "lsgan"\n[objects.A]\nshape = [2]\ndata = { kind = "uniform", low = -1, high = 1 }\n'
)
AFFINE = HEAD + '[arrows.f]\nfrom = "A"\nto = "A"\nnetwork = "affine"\n[[equations]]\nleft = "f ; f"\nright = "id_A"\n'
COUPLED = HEAD + (
    '[arrows.f]\nfrom = "A"\nto = "A"\nnetwork = { kind = "coupling", hidden = [3] }\n'
    '[arrows.g]\nfrom = "A"\nto = "A"\ninverse_of = "f"\n[[equations]]\nleft = "f ; g"\nright = "id_A"\n'
)
PAIR = """
name = "Pair"
adversary = "lsgan"
[objects.A]
shape = [1]
data = { kind = "uniform", low = -1, high = 1 }
[objects.B]
shape = [1]
data = { kind = "uniform", low = 7, high = 8 }
[objects.Q]
product = ["A", "B"]
data = "factors"
[arrows.f]
from = "Q"
to = "Q"
network = "affine"
[[equations]]
left = "f ; f"
right = "id_Q"
"""
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
    assert 1 < boxes["covering"] <= boxes["computed"] == 9 and 0 < boxes["depth"] < 9  # all of them, for the mean
    assert 3 <= record.pop("largest") < 3.0001 and record.pop("ratio") == 1.01  # 1.000…, upward, in three digits
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
    assert spot_checked(whole, weights(whole), How((("A", "box -1 1"),)), 0, [record]) == []
    (exact,) = record.pop("whole numbers")
    assert exact.keys() == {"arrow", "form", "holds", "entries", "differing"}
    assert (exact["arrow"], exact["holds"], exact["differing"], exact["entries"]) == ("f", "exactly", 0, 196_608)
    assert exact["form"].startswith("x + round(") and " modulo " in exact["form"]
    sampled = record.pop("sampled")
    assert sampled.pop("largest") < 1e-5 and sampled == {"points": 50, "seed": 4, "precision": "float32"}
    assert record.pop("family") == BOX | {"name": "A: box -1 1"}
    assert record == {
        "equation": "f ; g = id_A", "object": "A", "by": "construction", "largest": 0.0, "vacuous": False,
        "in floats": "up to rounding",
    }  # fmt: skip


def test_an_example_of_a_product_has_its_parts_one_after_the_other() -> None:
    """(f ; f)(x, y) - (x, y) = (3 x, -3/4 y) at f (x, y) = (2 x, y / 2): on [-1, 1] × [7, 8] at most 6."""
    whole = read(PAIR)
    (record,) = residuals(whole, weights(whole, np.diag([2.0, 0.5])), How(boxes=9, points=50), 0)
    assert 6 <= record["largest"] < 6.0001 and record["sampled"]["largest"] == 6.0
    assert (record["family"]["low"], record["family"]["high"]) == ([-1.0, 7.0], [1.0, 8.0])


def network(hidden: int, inputs: int = 2, size: float = 1.0) -> tuple[Any, dict[str, np.ndarray[Any, Any]]]:
    """A network of one layer between, at drawn weights of this size."""
    whole = read(AFFINE.replace("[2]", f"[{inputs}]").replace('"affine"', f'{{ kind = "mlp", hidden = [{hidden}] }}'))
    return whole, {name: array * size for name, array in weights(whole).items()}


def test_so_many_boxes_are_computed_at_once_as_there_is_room_for() -> None:
    """2²² numbers: one for the middle, one for the error and one for each parameter, of each entry of each box."""
    for hidden in (200, 256):
        whole, own = network(hidden, 20)
        over = Family("A", (-1.0,) * 20, (1.0,) * 20)
        boxes, part = Sides(whole, whole.demands[0], own).over_boxes(over)
        assert part * hidden * 22 <= 2**22 < (part + 1) * hidden * 22
    whole, own = network(257)
    boxes, part = Sides(whole, whole.demands[0], own).over_boxes(Family("A", (-1.0,) * 2, (1.0,) * 2))
    both = boxes(np.array([[-1.0, -1.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [1.0, 0.5]]))
    alone = boxes(np.array([[0.0, 0.0]]), np.array([[1.0, 0.5]]))
    assert part == 1 and [each.shape for each in both] == [(2,), (2,), (2, 2)]
    assert all(np.array_equal(one[1:], other) for one, other in zip(both, alone, strict=True))


def test_boxes_of_a_large_network_are_halved_down_to_one_and_a_half_times_what_is_reached() -> None:
    whole, own = network(257, size=0.4)
    (record,) = residuals(whole, own, How((("A", "box -1 1"),), boxes=60, points=300), 0)
    assert 1 < record["ratio"] <= 1.5 and 1 < record["boxes"]["computed"] < 45


def test_boxes_of_a_small_network_are_halved_down_to_a_twentieth_above_what_is_reached() -> None:
    whole, own = network(6, size=3.0)
    (record,) = residuals(whole, own, How((("A", "box -1 1"),), boxes=600, points=300), 0)
    assert 1 < record["ratio"] <= 1.06 and record["boxes"]["computed"] == 599


def test_the_difference_at_each_example() -> None:
    """3 x and 3 y at f x = 2 x, of which the largest."""
    whole = read(AFFINE)
    at = Sides(whole, whole.demands[0], affine(2.0)).at_parameters(Family("A", (-1.0,) * 2, (1.0,) * 2))
    assert at(np.array([[1.0, 0.5], [-0.25, 0.125], [0.0, -0.5]])).tolist() == [3.0, 0.75, 1.5]


def test_what_is_not_undone_on_whole_numbers_is_said_not_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """No coupling is like that; were one, the record and so the claim would say it."""
    whole = read(COUPLED)
    monkeypatch.setattr(module, "differing", lambda made, entries, seed: (3, entries))
    (record,) = residuals(whole, weights(whole), How((("A", "box -1 1"),), points=5), 0)
    (exact,) = record["whole numbers"]
    assert (exact["holds"], exact["differing"]) == ("not", 3)


def test_what_holds_by_construction_needs_no_family() -> None:
    whole = read(COUPLED.replace("[2]", "[20]").replace('{ kind = "uniform", low = -1, high = 1 }', '"normal"'))
    own = weights(whole)
    (record,) = residuals(whole, own, How(), 0)
    assert record["by"] == "construction" and "20 dimensions" in record["reason"] and len(record["whole numbers"]) == 1
    assert record.keys().isdisjoint({"sampled", "family"}) and spot_checked(whole, own, How(), 0, [record]) == []


def test_an_object_without_a_family_has_the_reason() -> None:
    whole = read(WIDE)
    (record,) = residuals(whole, weights(whole), How(), 0)
    assert record.keys() == {"equation", "object", "by", "reason"} and record["by"] == "not run"
    assert "20 dimensions" in record["reason"]
    assert spot_checked(whole, weights(whole), How(), 0, [record]) == []


def test_what_is_asked_for_where_nothing_is_said() -> None:
    how = How()
    assert (how.families, how.boxes, how.points, how.seed, how.laws) == ((), 20_000, 100_000, 0, False)
    assert (POINTS, BOXES, SPOTS) == (100_000, 20_000, 10_000)
    assert How((("A", "x"), ("B", "y"), ("A", "z"))).asked == {"A": ("x", "z"), "B": ("y",)}


def test_a_bound_says_something_below_the_edge_or_below_twice_what_is_reached() -> None:
    over = Family("A", (0.0,), (2.0,))
    assert vacuous(over.width, 0.0, over) and not vacuous(over.width, over.width, over)
    pairs = [(1.9, 0.0), (2.1, 0.0), (2.1, 1.05), (2.5, 1.0), (5.0, 2.5), (5.1, 2.5)]
    assert [vacuous(*pair, over) for pair in pairs] == [False, True, False, True, False, True]


def test_a_family_is_described_with_its_ends_and_how_its_examples_are_made() -> None:
    plain = {"name": "A", "parameters": 2, "low": [0.0, 1.0], "high": [2.0, 1.0], "examples": BOX["examples"]}
    over = Family("A", (0.0, 1.0), (2.0, 1.0))
    assert described(over) == plain
    for part in ({"matrix": np.eye(2)}, {"shift": np.ones(2)}, {"matrix": np.eye(2), "shift": np.ones(2)}):
        assert described(replace(over, **part)) == plain | {"examples": "an affine image of them"}


def test_fresh_points_say_in_whole_words_what_does_not_hold() -> None:
    whole, own, how = read(AFFINE), affine(2.0), How((("A", "box -1 1"),), boxes=9, points=50)
    (stated,) = residuals(whole, own, how, 0)

    def said(*records: Any) -> list[str]:
        return spot_checked(whole, own, how, 0, list(records))

    wrong = "residuals[0]: it says nothing of f ; f = id_A by affine forms"
    assert said(stated) == [] and said(3) == said({**stated, "by": "x"}) == said({**stated, "equation": "x"}) == [wrong]
    assert said() == ["residuals: there are 0, and 1 are asked for"]
    assert said({**stated, "family": BOX}) == ["residuals[0].family: it is not that of what was asked for"]
    nothing = residuals(whole, affine(1.0), how, 0)  # 0 is not beyond the bound 0
    nothing[0]["largest"] = 0.0
    assert spot_checked(whole, affine(1.0), how, 0, nothing) == []
    (line,) = said({**stated, "largest": 2.5})
    assert line.startswith("residuals[0].largest: 2.5, and a point reaches 3")
    (line,) = said({**stated, "largest": 3})
    assert line.startswith("residuals[0].largest: 3, and a point reaches 3")
