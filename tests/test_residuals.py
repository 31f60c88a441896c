"""Families of examples as they are declared, and what is certain of the equations over them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("torch")

from verified_cat.errors import UsageError, VerifiedCatError
from verified_cat.example_families import NoFamily, asked_for, declared, families, of_law
from verified_cat.gpu.made_images import disc
from verified_cat.gpu.made_points import examples
from verified_cat.gpu.randomness import stream
from verified_cat.gpu.schema_task import architecture_of
from verified_cat.objects import leaves
from verified_cat.reference.affine import AffineEngine
from verified_cat.reference.subdividing import Family, drawn
from verified_cat.residuals import How, Sides, residuals, spot_checked
from verified_cat.schema_file import read
from verified_cat.specification import Specification

HEAD = 'name = "Small"\nadversary = "lsgan"\n'
LAW = '{ kind = "uniform", low = -1, high = 0.5, matrix = [[1, 1], [0, 2]], shift = [0, 3] }'
A = f"[objects.A]\nshape = [2]\ndata = {LAW}\n"
B = '[objects.B]\nshape = [2]\ndata = "normal"\n'
F = '[arrows.f]\nfrom = "A"\nto = "B"\nnetwork = { kind = "mlp", hidden = [6], residual = true }\n'
G = '[arrows.g]\nfrom = "B"\nto = "A"\nnetwork = { kind = "mlp", hidden = [6], activation = "leaky relu" }\n'
ROUND = '[[equations]]\nleft = "f ; g"\nright = "id_A"\n[[equations]]\nleft = "g ; f"\nright = "id_B"\n'
SMALL = HEAD + A + B + F + G + ROUND
COUPLED = HEAD + A + B + F.replace('"mlp"', '"coupling"').replace(", residual = true", "")
COUPLED += '[arrows.g]\nfrom = "B"\nto = "A"\ninverse_of = "f"\n' + ROUND
PICTURES = """
name = "Pictures"
adversary = "lsgan"
[objects.A]
shape = [3, 8, 8]
data = "circles"
[objects.P]
shape = [3, 8, 8]
data = "plain"
[objects.C]
shape = [3]
data = { kind = "uniform", low = 0, high = 1 }
[objects.Q]
product = ["P", "C"]
data = "factors"
[objects.Z]
shape = [20]
data = "normal"
[arrows.f]
from = "A"
to = "Q"
network = { kind = "patches", width = 3, hidden = 6 }
[arrows.g]
from = "Q"
to = "A"
network = { kind = "patches", width = 3, hidden = 6 }
[arrows.z]
from = "Z"
to = "Z"
network = "affine"
[[equations]]
left = "f ; g"
right = "id_A"
[[equations]]
left = "g ; f"
right = "id_Q"
[[equations]]
left = "z ; z"
right = "id_Z"
"""


def weights(whole: Specification, size: float = 0.5) -> dict[str, np.ndarray]:
    architecture, names = architecture_of(whole, 1)
    draws = np.random.default_rng(5)
    shapes = [leaf.shape for leaf in leaves(architecture.parameters)]  # type: ignore[attr-defined]
    pairs = zip(names, shapes, strict=True)
    return {name: draws.normal(0, size, shape).astype(np.float32) for name, shape in pairs}


def one(whole: Specification, name: str, asked: dict[str, tuple[str, ...]], seed: int) -> Family:
    """The only family of an object."""
    (found,) = families(whole, name, asked, seed)
    return found


# ------------------------------------------------------------------------------------------------ families


def test_a_law_that_is_an_image_of_a_box_is_its_family() -> None:
    whole = read(SMALL)
    found = one(whole, "A", {}, 0)
    assert found.low == (-1.0, -1.0) and found.high == (0.5, 0.5)
    assert found.points(np.array([[0.25, -0.5]])).tolist() == [[-0.25, 2.0]]
    assert of_law(whole, "B") is None


def test_of_another_law_it_is_the_box_around_the_held_out_examples() -> None:
    whole = read(SMALL)
    found = one(whole, "B", {}, 3)
    table = examples(whole, "B", 2000, stream(3, "B", "held out"))
    assert (table >= found.low).all() and (table <= found.high).all()
    assert np.abs(table.min(axis=0) - found.low).max() < 1e-4


def test_pictures_with_a_disc_are_the_image_of_six_colours() -> None:
    whole = read(PICTURES)
    found = one(whole, "A", {}, 0)
    colours = np.array([[0.1, 0.2, 0.3, 0.7, 0.8, 0.9]])
    picture = found.points(colours).reshape(3, 8, 8)
    mask = disc(8)
    for channel in range(3):
        wanted = colours[0, channel] * (1 - mask) + colours[0, 3 + channel] * mask
        assert np.abs(picture[channel] - wanted).max() < 1e-15
    grey = declared(whole, "A", "grey", 0)
    assert np.allclose(grey.points(np.array([[0.2, 0.6]])), found.points(np.array([[0.2] * 3 + [0.6] * 3])))
    both = one(whole, "Q", {"P": ("grey 0.25 0.5",)}, 0)
    assert both.low == (0.25, 0.0, 0.0, 0.0) and both.high == (0.5, 1.0, 1.0, 1.0)
    assert np.allclose(both.points(np.array([[0.3, 0.1, 0.5, 0.9]]))[0], [0.3] * 192 + [0.1, 0.5, 0.9])


def test_ends_that_are_no_floats_are_rounded_outward() -> None:
    found = declared(read(SMALL), "B", "box 1/3 0.7", 0)
    assert 3 * found.low[0].as_integer_ratio()[0] < found.low[0].as_integer_ratio()[1]
    numerator, denominator = found.high[0].as_integer_ratio()
    assert 10 * numerator >= 7 * denominator


@pytest.mark.parametrize(
    "words",
    [
        "",
        "box",
        "box 0",
        "box 0 1 2",
        "box a 1",
        "box nan 1",
        "box 0 1e9",
        "box 0,0,0 1",
        "box 1/0 2",
        "grey",
        "ball 0 1",
        "box 2 1",
        "boxx 0 1",
        "segment 0",
        "segment 0,0,0 1",
        "box 0 1 * box 0 1",
    ],
)
def test_words_that_declare_no_family_are_refused(words: str) -> None:
    with pytest.raises(UsageError, match="B"):
        declared(read(SMALL), "B", words, 0)


def test_names_that_are_none_are_refused() -> None:
    whole = read(SMALL)
    asked = asked_for(whole, ("A:  box  0 1", "B: data", "A: box 0 2"))
    assert asked == {"A": ("box 0 1", "box 0 2"), "B": ("data",)}
    for wrong in (("A",), ("A:",), ("C: box 0 1",), (": box 0 1",), ("A: data", "A:  data")):
        with pytest.raises(UsageError):
            asked_for(whole, wrong)


def test_families_of_the_schema_come_before_the_law_and_after_what_is_asked_for() -> None:
    text = PICTURES + '[families]\nA = ["grey", "segment 0 1"]\n"Q" = "grey * segment 0.2 0.4"\n'
    whole = read(text)
    assert [each.name for each in families(whole, "A", {}, 0)] == ["A: grey", "A: segment 0 1"]
    assert [each.name for each in families(whole, "A", {"A": ("box 0 1",)}, 0)] == ["A: box 0 1"]
    (own,) = families(whole, "Q", {}, 0)
    assert own.name == "P: grey and C: segment 0.2 0.4" and len(own.low) == 2
    asked = families(whole, "Q", {"P": ("grey", "box 0 0.1"), "C": ("box 0 1",)}, 0)
    assert [len(each.low) for each in asked] == [4, 6]


def test_a_segment_goes_from_one_point_to_the_other() -> None:
    whole = read(PICTURES)
    found = declared(whole, "A", "segment 0.1,0.2,0.3,0.4,0.5,0.6 0.6,0.5,0.4,0.3,0.2,0.1", 0)
    wide = of_law(whole, "A")
    assert wide is not None and found.low == (0.0,) and found.high == (1.0,)
    for t in (0.0, 0.3, 1.0):
        colours = (1 - t) * np.arange(1, 7) / 10 + t * np.arange(6, 0, -1) / 10
        assert np.allclose(found.points(np.array([[t]])), wide.points(colours[None]))


# ------------------------------------------------------------------------------------------------ residuals


def test_bounds_are_above_what_is_met_and_within_twice_of_it() -> None:
    whole = read(SMALL)
    for record in residuals(whole, weights(whole), How(boxes=3000, points=20_000), 0):
        met = record["sampled"]["largest"]
        assert met <= record["largest"] <= 1.2 * met and not record["vacuous"]
        assert record["largest"] <= record["program"]["largest"] <= record["largest"] * 1.001
        assert not record["program"]["vacuous"]
        assert 0 < record["average"] <= record["mean"] <= record["largest"]


def test_what_float32_computes_is_below_the_bound_of_the_program() -> None:
    whole = read(SMALL)
    own = weights(whole)
    for demand, record in zip(whole.demands, residuals(whole, own, How(boxes=400, points=100), 0), strict=True):
        over = one(whole, demand.lhs.source, {}, 0)
        theta = drawn(over, 5000, 9)
        at = Sides(whole, demand, own).at_parameters(dataclasses.replace(over), "float32")
        assert at(theta).max() <= record["program"]["largest"]


def test_a_bound_that_says_nothing_is_called_vacuous() -> None:
    whole = read(SMALL)
    first, second = residuals(whole, weights(whole, 2.0), How(boxes=1, points=1000), 0)
    assert (
        first["program"]["vacuous"]
        and first["vacuous"]
        and first["largest"] > max(first["trivial"], 2 * first["sampled"]["largest"])
    )
    assert not second["vacuous"] and second["largest"] <= 2 * second["sampled"]["largest"]


def test_pictures_and_objects_without_a_family() -> None:
    whole = read(PICTURES)
    how = How((("A", "grey"), ("C", "box 0.4 0.6"), ("P", "grey 0.4 0.6")), boxes=60, points=500)
    first, second, third = residuals(whole, weights(whole, 0.1), how, 0)
    for record in (first, second):
        assert record["sampled"]["largest"] <= record["largest"] < np.inf
    assert first["family"]["parameters"] == 2 and second["family"]["parameters"] == 4
    assert third["by"] == "not run" and "20 dimensions" in third["reason"]
    with pytest.raises(NoFamily):
        families(whole, "Z", {}, 0)


def test_couplings_hold_by_construction_and_exactly_on_whole_numbers() -> None:
    whole = read(COUPLED)
    own = weights(whole, 200.0)
    for record in residuals(whole, own, How(boxes=10, points=500), 0):
        assert record["by"] == "construction" and record["largest"] == 0.0
        assert record["sampled"]["largest"] > 0
        (exact,) = record["whole numbers"]
        assert exact["differing"] == 0 and exact["entries"] >= 196_608 and exact["holds"] == "exactly"


def test_fresh_points_find_bounds_that_are_too_low() -> None:
    whole = read(SMALL)
    own, how = weights(whole), How(boxes=500, points=1000)
    stated = residuals(whole, own, how, 0)
    assert spot_checked(whole, own, how, 0, stated) == []
    lowered = [{**stated[0], "largest": stated[0]["largest"] * 0.7}, stated[1]]
    assert any("a point reaches" in line for line in spot_checked(whole, own, how, 0, lowered))
    assert spot_checked(whole, own, how, 0, stated[:1])
    assert spot_checked(whole, own, how, 0, [{**stated[0], "by": "construction"}, stated[1]])


def test_an_enclosure_that_is_wrong_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    from verified_cat import residuals as module

    class Halved(AffineEngine):
        def operation(self, operation):  # type: ignore[no-untyped-def]
            run = super().operation(operation)
            if operation.name != "tanh":
                return run

            def half(x):  # type: ignore[no-untyped-def]
                made = run(x)
                return dataclasses.replace(made, centre=made.centre / 2, error=made.error * 0)

            return half

    monkeypatch.setattr(module, "AffineEngine", Halved)
    whole = read(SMALL)
    with pytest.raises(VerifiedCatError, match="an enclosure is wrong"):
        residuals(whole, weights(whole), How(boxes=2000, points=2000), 0)
