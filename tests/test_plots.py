"""Pictures of numbers: a PNG is decoded to the bytes it was made of, and plots put points where they belong."""

from __future__ import annotations

import math
import re
from struct import unpack
from xml.etree import ElementTree
from zlib import crc32, decompress

import pytest

from verified_cat.errors import DataError
from verified_cat.plots import curves, ends, scatter, thinned, ticks
from verified_cat.png import address, png


def chunks(file: bytes) -> dict[bytes, bytes]:
    """The chunks of a PNG file, their checksums compared."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = {}, 8
    while at < len(file):
        length, kind = unpack(">I4s", file[at : at + 8])
        content = file[at + 8 : at + 8 + length]
        assert unpack(">I", file[at + 8 + length : at + 12 + length])[0] == crc32(kind + content)
        found[kind], at = content, at + 12 + length
    return found


@pytest.mark.parametrize(("channels", "colour"), [(1, 0), (3, 2)])
def test_a_png_holds_its_pixels(channels: int, colour: int) -> None:
    pixels = bytes(range(5 * 4 * channels))
    parts = chunks(png(5, 4, pixels))
    assert unpack(">IIBBBBB", parts[b"IHDR"]) == (5, 4, 8, colour, 0, 0, 0)
    lines = decompress(parts[b"IDAT"])
    row = 5 * channels
    assert [lines[at] for at in range(0, len(lines), row + 1)] == [0] * 4  # no filter
    assert b"".join(lines[at + 1 : at + 1 + row] for at in range(0, len(lines), row + 1)) == pixels
    assert address("image/png", b"abc") == "data:image/png;base64,YWJj"


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 3), (3, 1), (2, 2)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_smallest_pictures(width: int, height: int, channels: int) -> None:
    parts = chunks(png(width, height, bytes(range(1, width * height * channels + 1))))
    assert unpack(">IIBBBBB", parts[b"IHDR"]) == (width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    assert decompress(parts[b"IDAT"])[1] == 1 and len(decompress(parts[b"IDAT"])) == height * (1 + width * channels)


@pytest.mark.parametrize("given", [(5, 4, b"abc"), (0, 4, b""), (4, 0, b""), (2, 2, bytes(8)), (-1, -1, b"a")])
def test_pixels_that_make_no_picture(given: tuple[int, int, bytes]) -> None:
    with pytest.raises(DataError, match="a picture of"):
        png(*given)


def circles(svg: str, kind: str) -> list[tuple[float, float]]:
    return [
        (float(each.get("cx", "")), float(each.get("cy", "")))
        for each in ElementTree.fromstring(svg).iter("circle")
        if each.get("class") == kind
    ]


def test_points_lie_where_they_belong() -> None:
    svg = scatter("a & b", [(0, 0), (1, 2), (math.nan, 1)], [(2, 0)], [((0, 0), (1, 2))], numbered=2)
    (a, b), (c,) = circles(svg, "made"), circles(svg, "real")
    assert b[0] - a[0] == pytest.approx(c[0] - b[0], abs=0.2) and a[1] > b[1] and a[1] == c[1]
    assert ElementTree.fromstring(svg).findtext("title") == "a & b"
    assert re.findall(r'class="number"[^>]*>(\d)', svg) == ["1", "2"] and svg.count('class="joined"') == 1


def test_nothing_finite_is_said() -> None:
    assert "no finite points" in scatter("t", [(math.inf, 0)])
    assert "no finite values" in curves("t", {"a": [(0, math.nan)]}, "loss")


def test_curves_are_logarithmic_where_that_helps_and_named() -> None:
    both = {"seed 0": [(0, 1.0), (10, 0.01)], "seed 1": [(0, 2.0), (10, math.inf)]}
    svg = curves("residuals", both, "residual")
    assert "residual, logarithmic" in svg and svg.count("<polyline") == 2 and ">seed 1</text>" in svg
    assert "step" in svg and "logarithmic" not in curves("t", {"a": [(0, -1.0), (1, 5.0)]}, "loss")
    high, low = (float(y) for y in re.findall(r",([\d.]+)", svg.split('points="')[1].split('"')[0]))
    assert high < low  # downwards is larger


def test_ends_differ_and_ticks_lie_between() -> None:
    for values in ([3.0], [1e9, 1e9], [0.0, 1e-30], [-5.0, 7.0]):
        low, high = ends(values)
        assert low < high and all(low <= tick <= high for tick in ticks(low, high))
        assert len(ticks(low, high)) >= 2


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([3.0], (2.5, 3.5)),
        ([1e9, 1e9], (1e9 - 1000, 1e9 + 1000)),
        ([-1e9], (-1e9 - 1000, -1e9 + 1000)),
        ([0.0, 5e-10], (-0.5, 0.5 + 5e-10)),
        ([0.0, 6e-10], (0.0, 6e-10)),
        ([7.0, -5.0, 1.0], (-5.0, 7.0)),
    ],
)
def test_ends_are_those_of_the_values_where_they_differ(values: list[float], wanted: tuple[float, float]) -> None:
    assert ends(values) == wanted


@pytest.mark.parametrize(
    ("low", "high", "logarithmic", "wanted"),
    [
        (0.0, 5.0, False, [0.0, 2.0, 4.0]),
        (0.0, 4.9, False, [0.0, 1.0, 2.0, 3.0, 4.0]),
        (-1.0, 2.0, False, [-1.0, 0.0, 1.0, 2.0]),
        (0.0, 12.5, False, [0.0, 5.0, 10.0]),
        (0.0, 2.0, True, [0.0, 1.0, 2.0]),
        (0.5, 2.9, True, [1.0, 2.0]),
        (0.0, 1.9, True, [0.0, 0.5, 1.0, 1.5]),
        (-6.0, 1.0, True, [-6.0, -4.0, -2.0, 0.0]),
        (-6.0, 0.0, True, [-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0]),
    ],
)
def test_ticks_are_round_and_few(low: float, high: float, logarithmic: bool, wanted: list[float]) -> None:
    assert ticks(low, high, logarithmic) == wanted


@pytest.mark.parametrize(
    ("values", "logarithmic"),
    [((1.0, 10.0), False), ((1.0, 10.5), True), ((0.0, 100.0), False), ((-1.0, 100.0), False), ((2.0, 20.0), False)],
)
def test_curves_are_logarithmic_from_a_factor_of_ten_on(values: tuple[float, float], logarithmic: bool) -> None:
    assert ("loss, logarithmic" in curves("t", {"a": list(enumerate(values))}, "loss")) == logarithmic


@pytest.mark.parametrize(
    ("most", "wanted"),
    [
        (5, [(0.0, 1.0), (2.0, 3.0), (4.0, 5.0), (6.0, 8.0), (9.0, 7.0)]),
        (4, [(1.0, 2.0), (5.0, 6.5), (9.0, 7.0)]),
        (2, [(2.0, 3.0), (7.5, 7.5)]),
        (1, [(4.2, 4.8)]),
    ],
)
def test_of_many_points_each_is_the_mean_of_a_stretch(most: int, wanted: list[tuple[float, float]]) -> None:
    assert thinned([(0.0, 1.0), (2.0, 3.0), (4.0, 5.0), (6.0, 8.0), (9.0, 7.0)], most) == wanted
    assert thinned([], most) == []


def test_what_is_not_finite_is_left_out() -> None:
    made, odd = [(0.0, 0.0), (1.0, 1.0)], [(math.inf, 0.0), (0.0, math.nan)]
    segments = [((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), odd[0]), (odd[1], (1.0, 1.0))]
    assert scatter("t", [*made, *odd], [*made, *odd], segments) == scatter("t", made, made, segments[:1])
    both = {"a": made, "b": odd, "c": [*made, *odd]}
    assert curves("t", both, "loss") == curves("t", {"a": made, "c": made}, "loss")
