"""Families of examples: by law, by words, beside one another; with their names, ends, images and refusals."""

from __future__ import annotations

from functools import partial
from math import inf, nextafter
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.errors import UsageError
from verified_cat.example_families import (
    HELD_OUT,
    MOST,
    NoFamily,
    around,
    asked_for,
    beside,
    declared,
    families,
    grey,
    of_law,
    pictures,
)
from verified_cat.gpu.made_images import disc
from verified_cat.gpu.made_points import examples
from verified_cat.gpu.randomness import stream
from verified_cat.reference.subdividing import Family
from verified_cat.schema_file import read

TEXT = """
name = "Families"
adversary = "lsgan"
[objects.A]
shape = [2]
data = { kind = "uniform", low = -1, high = 0.5, matrix = [[1, 1], [0, 2]], shift = [0, 3] }
[objects.B]
shape = [2]
data = "normal"
[objects.C]
shape = [3]
data = { kind = "uniform", low = 0, high = 0.1 }
[objects.D]
shape = [3, 8, 8]
data = "circles"
[objects.V]
shape = [3, 8, 8]
data = { kind = "circles", wander = 0.25 }
[objects.R]
shape = [3, 8, 8]
data = { kind = "circles", radii = [0.1, 0.2] }
[objects.S]
shape = [1]
data = { kind = "uniform", low = 0, high = 1, matrix = [[1, 2, 3]] }
[objects.P]
shape = [3, 8, 8]
data = "plain"
[objects.Q]
product = ["P", "C"]
data = "factors"
[objects.QQ]
product = ["Q", "C"]
data = "factors"
[objects.N]
shape = [2]
[objects.NN]
shape = [20]
[objects.E]
shape = [8]
data = { kind = "uniform", low = 0, high = 1 }
[objects.F]
shape = [8]
data = "normal"
[objects.T]
shape = [2]
data = { kind = "beta", a = 2, b = 3 }
[objects.I]
shape = [2]
data = { kind = "image", of = "A", matrix = [[2, 1], [1, 1]], shift = [10, 20] }
[objects.J]
shape = [2]
data = { kind = "image", of = "A", along = "k" }
[objects.K]
shape = [2]
data = { kind = "image", of = "B" }
[objects.L]
shape = [3]
data = { kind = "image", of = "C", shift = [1, 2, 3] }
[objects.M]
product = ["C", "B"]
data = "factors"
[objects.W]
shape = [9]
data = { kind = "uniform", low = 0, high = 1 }
[objects.Z]
shape = [20]
data = "normal"
[arrows.k]
from = "A"
to = "J"
frozen = { kind = "turn", degrees = 90 }
[arrows.f]
from = "A"
to = "B"
network = "affine"
[arrows.g]
from = "B"
to = "A"
network = "affine"
[arrows.w]
from = "W"
to = "W"
network = "affine"
[arrows.z]
from = "Z"
to = "Z"
network = "affine"
[arrows.d]
from = "D"
to = "Q"
network = { kind = "patches", width = 1, hidden = 1 }
[[equations]]
left = "f ; g"
right = "id_A"
"""
WHOLE = read(TEXT)
DECLARED = read(TEXT + '[families]\nQ = "grey * data"\nQQ = "data * data"\n')


def described(found: Family) -> tuple[Any, ...]:
    matrix, shift = found.matrix, found.shift
    return (
        found.name,
        found.low,
        found.high,
        None if matrix is None else matrix.tolist(),
        None if shift is None else shift.tolist(),
    )


def test_so_many_parameters_and_examples() -> None:
    assert (MOST, HELD_OUT) == (8, 2000)


# ------------------------------------------------------------------------------------------------ by law


def test_a_law_that_is_a_box_or_its_image() -> None:
    law = of_law(WHOLE, "A")
    assert law is not None
    image = [[1.0, 1.0], [0.0, 2.0]], [0.0, 3.0]
    assert described(law) == ("A: its law", (-1.0, -1.0), (0.5, 0.5), *image)
    plain = of_law(WHOLE, "C")
    assert plain is not None and described(plain) == ("C: its law", (0.0,) * 3, (0.1,) * 3, None, None)
    assert plain.high[0] * 10 >= 1 and of_law(WHOLE, "B") is None
    both = of_law(WHOLE, "Q")
    assert both is not None and both.name == "P: its law and C: its law" and len(both.low) == 6
    assert [each.name for each in families(WHOLE, "Q", {}, 0)] == ["P: its law and C: its law"]


def test_a_law_on_a_line_may_be_the_image_of_a_box() -> None:
    law = of_law(WHOLE, "S")
    assert law is not None and described(law)[1:] == ((0.0,) * 3, (1.0,) * 3, [[1.0, 2.0, 3.0]], None)


def test_a_law_that_is_the_image_of_another() -> None:
    """Of x ↦ M x + s the image under x ↦ N x + t: N M x + N s + t."""
    laws = {name: of_law(WHOLE, name) for name in "ILT"}
    image, moved, beta = (described(law) for law in laws.values() if law is not None)
    assert image == ("I: its law", (-1.0, -1.0), (0.5, 0.5), [[2.0, 4.0], [1.0, 3.0]], [13.0, 23.0])
    assert moved == ("L: its law", (0.0,) * 3, (0.1,) * 3, None, [1.0, 2.0, 3.0])
    assert beta == ("T: its law", (0.0, 0.0), (1.0, 1.0), None, None)
    for name in ("J", "K", "M", "N"):  # along an arrow, of no box, a factor that is none, without data
        assert of_law(WHOLE, name) is None


def test_ends_are_rounded_outward() -> None:
    """0.1 is above 1/10 as a float, and 0.3 below 3/10; what is a float stays."""
    box = TEXT.replace("low = 0, high = 0.1 }", "low = {}, high = {} }}")
    for low, high, found in (
        ("0.1", "0.3", (nextafter(0.1, -inf), nextafter(0.3, inf))),
        ("-0.3", "-0.1", (nextafter(-0.3, -inf), nextafter(-0.1, inf))),
        ("0.3", "0.6", (0.3, nextafter(0.6, inf))),
        ("-0.5", "0.1", (-0.5, 0.1)),
    ):
        law = of_law(read(box.replace("low = {}, high = {} }}", f"low = {low}, high = {high} }}")), "C")
        assert law is not None and (law.low, law.high) == ((found[0],) * 3, (found[1],) * 3)
        said = declared(WHOLE, "C", f"box {low} {high}", 0)
        assert (said.low, said.high) == (law.low, law.high)


@pytest.mark.parametrize("name", ["V", "R"])
def test_discs_that_wander_or_have_other_radii_are_no_image_of_a_box(name: str) -> None:
    assert of_law(WHOLE, name) is None
    with pytest.raises(UsageError, match=f"^{name} has no grey family"):
        grey(WHOLE, name)


def test_pictures_are_images_of_their_colours() -> None:
    plain, circles, mask = pictures(192, "plain"), pictures(192, "circles"), disc(8)
    for channel in range(3):
        picture = np.zeros((3, 8, 8))
        picture[channel] = 1
        assert plain[:, channel].tolist() == picture.reshape(-1).tolist()
        assert np.allclose(circles[:, channel], (picture * (1 - mask)).reshape(-1))
        assert np.allclose(circles[:, 3 + channel], (picture * mask).reshape(-1))
    assert plain.shape == (192, 3) and circles.shape == (192, 6)
    law = of_law(WHOLE, "D")
    assert law is not None and (law.low, law.high, law.name) == ((0.0,) * 6, (1.0,) * 6, "D: its law")


def test_one_grey_for_all_channels() -> None:
    found = grey(WHOLE, "P")
    assert (found.name, found.low, found.high) == ("P: grey", (0.0,), (1.0,))
    assert found.points(np.array([[0.25]])).tolist() == [[0.25] * 192]
    discs, colours = grey(WHOLE, "D"), of_law(WHOLE, "D")
    assert (discs.low, discs.high) == ((0.0, 0.0), (1.0, 1.0)) and colours is not None
    ground_then_disc = np.array([[0.25] * 3 + [0.75] * 3])
    assert discs.points(np.array([[0.25, 0.75]])).tolist() == colours.points(ground_then_disc).tolist()
    for name in ("A", "B", "Q"):
        with pytest.raises(UsageError) as refused:
            grey(WHOLE, name)
        says = "has no grey family: its examples are not plain pictures, or discs that do not wander"
        assert str(refused.value) == f"{name} {says}"


def test_around_the_examples_with_four_digits_outward() -> None:
    table = examples(WHOLE, "B", 2000, stream(3, "B", "held out"))
    found = around(WHOLE, "B", 3)
    assert found.name == "B: the smallest box around 2000 held out examples"
    assert found.low == tuple(np.floor(table.min(axis=0) * 1e4) / 1e4)
    assert found.high == tuple(np.ceil(table.max(axis=0) * 1e4) / 1e4)
    assert described(families(WHOLE, "B", {}, 3)[0]) == described(found) != described(around(WHOLE, "B", 4))
    assert described(declared(WHOLE, "B", "data", 3)) == described(found)


def test_a_box_has_at_most_eight_parameters() -> None:
    assert [each.name for name in "EF" for each in families(WHOLE, name, {}, 0)] == [
        "E: its law",
        "F: the smallest box around 2000 held out examples",
    ]


def test_without_data_a_family_is_declared() -> None:
    for name in ("N", "NN"):
        for refuse in (partial(families, WHOLE, name, {}, 0), partial(around, WHOLE, name, 0)):
            with pytest.raises(NoFamily) as refused:
                refuse()
            assert str(refused.value) == f"{name} has no data; declare a family: --family '{name}: box LOW HIGH'"
    assert [each.name for each in families(WHOLE, "N", {"N": ("box 0 1",)}, 0)] == ["N: box 0 1"]


def test_where_there_is_no_family_it_is_said_how_to_declare_one() -> None:
    for name, count in (("Z", 20), ("W", 9)):
        with pytest.raises(NoFamily) as refused:
            families(WHOLE, name, {}, 0)
        assert str(refused.value) == (
            f"{name} has {count} dimensions and a law that is no box of at most 8 parameters; "
            f"declare a family: --family '{name}: box LOW HIGH'"
        )


# ------------------------------------------------------------------------------------------------ by words


def test_boxes_and_segments_by_words() -> None:
    assert described(declared(WHOLE, "B", "box -1,0 1,0.5", 0)) == (
        *("B: box -1,0 1,0.5", (-1.0, 0.0), (1.0, 0.5)),
        *(None, None),
    )
    law = of_law(WHOLE, "A")
    assert law is not None
    assert described(declared(WHOLE, "A", "box 0 1", 0))[1:] == ((0.0, 0.0), (1.0, 1.0), *described(law)[3:])
    assert described(declared(WHOLE, "B", "segment 1,2 3,5", 0)) == (
        *("B: segment 1,2 3,5", (0.0,), (1.0,)),
        *([[2.0], [3.0]], [1.0, 2.0]),
    )
    of_image = declared(WHOLE, "A", "segment 0,0 0,1", 0)
    assert described(of_image)[3:] == ([[1.0], [2.0]], [0.0, 3.0])
    parts = declared(WHOLE, "Q", "grey * box 0 0.05", 0)
    assert parts.name == "P: grey and C: box 0 0.05" and len(parts.low) == 4


def test_what_is_asked_for_comes_first_and_factors_are_combined() -> None:
    names = [each.name for each in families(WHOLE, "Q", {"P": ("grey", "grey 0 0.5"), "C": ("box 0 1", "data")}, 0)]
    data = "C: the smallest box around 2000 held out examples"
    assert names == [
        "P: grey and C: box 0 1",
        f"P: grey and {data}",
        "P: grey 0 0.5 and C: box 0 1",
        f"P: grey 0 0.5 and {data}",
    ]
    assert [each.name for each in families(WHOLE, "B", {"B": ("box 0 1",)}, 0)] == ["B: box 0 1"]


def test_what_is_asked_of_a_factor_comes_before_what_the_schema_declares() -> None:
    def names(name: str, **asked: tuple[str, ...]) -> list[str]:
        return [each.name for each in families(DECLARED, name, asked, 0)]

    data = "C: the smallest box around 2000 held out examples"
    assert names("Q") == names("Q", B=("box 0 1",)) == names("Q", Q=("grey * data",)) == [f"P: grey and {data}"]
    assert names("Q", C=("box 0 1",)) == ["P: its law and C: box 0 1"]
    assert names("Q", Q=("data * box 0 1",), C=("box 0 2",)) == [
        "P: the smallest box around 2000 held out examples and C: box 0 1"
    ]
    both = "Q: the smallest box around 2000 held out examples"
    assert names("QQ") == [f"{both} and {data}"]
    assert names("QQ", P=("grey",)) == ["P: grey and C: its law and C: its law"]


def test_what_is_asked_for_is_read() -> None:
    asked = asked_for(WHOLE, (" A :  box  0 1", "B: data", "A: box 0 2"))
    assert asked == {"A": ("box 0 1", "box 0 2"), "B": ("data",)} and asked_for(WHOLE, ()) == {}
    for given, says in [
        (("A",), "a family reads like 'A: box -1 1', not 'A'"),
        (("A: ",), "a family reads like 'A: box -1 1', not 'A: '"),
        (("BB: box 0 1",), "the family 'BB: box 0 1': no object is called 'BB'; did you mean B?"),
        (("A: data", "A:  data"), "the family 'A:  data' is asked for twice"),
    ]:
        with pytest.raises(UsageError) as refused:
            asked_for(WHOLE, given)
        assert str(refused.value) == says
    with pytest.raises(UsageError, match=r"^the family of B: "):
        declared(WHOLE, "B", "ball 0 1", 0)


def test_families_beside_one_another() -> None:
    box = Family("box", (0.0,), (1.0,))
    turned = Family("turned", (2.0, 3.0), (4.0, 5.0), np.array([[1.0, 2.0]]), np.array([7.0]))
    still = Family("still", (2.0,), (4.0,), np.array([[3.0], [4.0]]))
    assert described(beside("X", [box, box])) == ("box and box", (0.0, 0.0), (1.0, 1.0), None, None)
    assert described(beside("X", [box, turned])) == (
        *("box and turned", (0.0, 2.0, 3.0), (1.0, 4.0, 5.0)),
        *([[1.0, 0.0, 0.0], [0.0, 1.0, 2.0]], [0.0, 7.0]),
    )
    assert described(beside("X", [still, box]))[3:] == ([[3.0, 0.0], [4.0, 0.0], [0.0, 1.0]], None)
