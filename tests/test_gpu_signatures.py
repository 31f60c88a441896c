"""Planted functors, each wrong in one named way: each gets its name, and right ones get none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.errors import DataError
from verified_cat.gpu.functor_maps import FunctorMaps, Map, factors, held_out, told
from verified_cat.gpu.made_images import disc as mask
from verified_cat.gpu.made_images import rendered
from verified_cat.gpu.made_points import examples
from verified_cat.gpu.measuring import contrast_share, contrasts, energy_share
from verified_cat.gpu.randomness import Array, stream
from verified_cat.gpu.signatures import signatures
from verified_cat.schema_file import read

sys.path.insert(0, str(File(__file__).parent))
from planted_functors import CIRCLES, FOLDER, planted, point, same, spec, true_map, turned, unturned


def found(maps: FunctorMaps) -> set[str]:
    return {f"{each.name}: {each.about}" for each in signatures(maps) if each.word == "found"}


def shifted(table: Array) -> Array:
    return true_map(spec("cyclegan"), "f")(table) + 1


def shifted_back(table: Array) -> Array:
    return true_map(spec("cyclegan"), "g")(table - 1)


def flattened(table: Array) -> Array:
    """d with the factor B at one point."""
    image = true_map(spec("product"), "d")(table)
    image[:, 2] = 0.2
    return image


def deaf(table: Array) -> Array:
    """c that makes the same of every B."""
    return true_map(spec("product"), "c")(np.concatenate([table[:, :2], np.full((len(table), 1), 0.2)], axis=1))


@pytest.mark.parametrize("name", ["cyclegan", "product", "symmetric"])
def test_right_functors_have_no_name(name: str) -> None:
    maps = planted(name)
    assert found(maps) == set()
    assert all(each.word == "not found" and each.measured and each.threshold for each in signatures(maps))


PRODUCT = "does not satisfy the equation: c ; d = id_A * B"
ONE_WAY = {"does not satisfy the equation: f ; g = id_A", "does not satisfy the equation: g ; f = id_B"}


@pytest.mark.parametrize(
    ("name", "wrong", "names"),
    [
        (
            "cyclegan",
            {"f": same, "g": same},
            {"does nothing: f", "does nothing: g", "law not matched: f, into B", "law not matched: g, into A"},
        ),
        ("cyclegan", {"f": point}, {"constant: f", "law not matched: f, into B", *ONE_WAY}),
        (
            "cyclegan",
            {"f": shifted, "g": shifted_back},
            {"law not matched: f, into B", "law not matched: g, into A"},
        ),
        ("symmetric", {"f": turned, "g": unturned}, {"wrong automorphism: f", "wrong automorphism: g"}),
        ("symmetric", {"f": turned}, ONE_WAY),
        (
            "product",
            {"d": flattened},
            {"collapsed latent: B of d", "law not matched: d, into A * B", PRODUCT},
        ),
        ("product", {"c": deaf}, {"ignored latent: B in c", PRODUCT}),
    ],
    ids=["nothing", "constant", "law", "automorphism", "equation", "collapsed", "ignored"],
)
def test_planted_functors_have_their_names(name: str, wrong: dict[str, Map], names: set[str]) -> None:
    assert found(planted(name, **wrong)) == names


def modes(count: int, shift: float = 0.0) -> Callable[[Array], Array]:
    """Some of the eight modes, whatever is given."""

    def made(table: Array) -> Array:
        points = examples(spec("gan"), "X", 20 * len(table), stream(5, "X", "planted"))
        turn = np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi) * 8
        return points[np.round(turn) % 8 < count][: len(table)] + shift

    return made


@pytest.mark.parametrize(
    ("count", "shift", "names"),
    [
        (8, 0, set()),
        (7, 0, {"mode collapse: h, into X"}),
        (3, 0, {"mode collapse: h, into X", "law not matched: h, into X"}),
        (8, 3, {"law not matched: h, into X"}),
    ],
)
def test_modes_that_are_never_made(count: int, shift: float, names: set[str]) -> None:
    whole = spec("gan")
    assert found(FunctorMaps(whole, held_out(whole, 600), {"h": modes(count, shift)})) == names


def test_without_a_truth_the_automorphism_is_not_decided() -> None:
    maps = planted("symmetric", f=turned, g=unturned)
    blind = FunctorMaps(replace(maps.whole, truth=(), targets=()), maps.tables, maps.arrows)
    words = {(each.name, each.word, each.measured) for each in signatures(blind) if each.name == "wrong automorphism"}
    assert words == {("wrong automorphism", "not decided", "no truth is given of each image")} and found(blind) == set()


def test_a_truth_that_does_nothing_is_no_failure() -> None:
    text = (FOLDER / "symmetric.toml").read_text(encoding="utf-8").replace("[1, -0.5]", "[0, 0]")
    whole = read(text.replace("[-1, 0.5]", "[0, 0]"))
    maps = FunctorMaps(whole, held_out(whole, 600), {"f": same, "g": same})
    assert found(maps) == set()
    blind = FunctorMaps(replace(whole, truth=()), maps.tables, maps.arrows)
    assert found(blind) == {"does nothing: f", "does nothing: g"}


def test_a_factor_that_is_left_as_it_is() -> None:
    """Of c : A ⊗ B → A the factor A may be all that comes out."""
    text = """name = "Insertion"
adversary = "energy"
[objects.A]
shape = [2]
data = "rods"
[objects.C]
shape = [1]
data = "uniform"
[objects.P]
product = ["A", "C"]
data = "factors"
[arrows.c]
from = "P"
to = "A"
network = "mlp"
"""
    whole = read(text)
    maps = FunctorMaps(whole, held_out(whole, 300), {"c": lambda table: table[:, :2]})
    assert found(maps) == {"does nothing: c, A as A", "ignored latent: C in c"}


def test_images_that_are_not_finite_are_an_error() -> None:
    with pytest.raises(DataError, match="f makes numbers that are not finite"):
        found(planted("cyclegan", f=lambda table: table * np.nan))


# ------------------------------------------------------------------------------------------------ what is measured


def test_the_factors_of_an_object_by_their_columns() -> None:
    assert factors(spec("product"), "A * B") == [("A", slice(0, 2)), ("B", slice(2, 3))]
    assert factors(spec("product"), "AB") == [("AB", slice(0, 3))]


def without(table: Array, colour: Callable[[Array, Array], tuple[Array, Array]]) -> Array:
    """Pictures of 8 x 8 taken apart: a function of the colours of background and disc."""
    pictures = table.reshape(-1, 3, 8, 8)
    background, disc = colour(pictures[:, :, 0, 0], pictures[:, :, 4, 4])
    return np.hstack([np.repeat(background, 64, axis=1), disc])


def with_disc(table: Array, colour: Callable[[Array, Array], tuple[Array, Array]]) -> Array:
    background, disc = colour(table[:, [0, 64, 128]], table[:, 192:])
    return rendered(background, disc, mask(8)).reshape(len(table), -1)


@pytest.mark.parametrize(
    ("there", "back", "names"),
    [
        (lambda x, y: (x, y), lambda x, y: (x, y), set()),
        (lambda x, y: (x, 1 - y), lambda x, y: (x, 1 - y), set()),  # another code of the same colours
        (lambda x, y: (1 - x, y), lambda x, y: (1 - x, y), {"wrong automorphism: f"}),
        (lambda x, y: (y, x), lambda x, y: (y, x), {"wrong automorphism: f"}),
    ],
    ids=["right", "another code", "negative", "exchanged"],
)
def test_functors_of_pictures_with_discs(there: Any, back: Any, names: set[str]) -> None:
    whole = read(CIRCLES)
    arrows = {"f": lambda table: without(table, there), "g": lambda table: with_disc(table, back)}
    maps = FunctorMaps(whole, held_out(whole, 400), arrows)
    assert found(maps) == names
    (looked,) = (each for each in signatures(maps) if (each.name, each.about) == ("wrong automorphism", "f"))
    assert "in B: of other factors no truth is given" in looked.measured


def test_a_functor_of_pictures_that_does_nothing() -> None:
    whole = read(CIRCLES)
    tables = held_out(whole, 400)
    half = np.full((400, 3), 0.5)
    arrows = {"f": lambda table: np.hstack([table, half]), "g": lambda table: table[:, :192]}
    assert found(FunctorMaps(whole, tables, arrows)) == {
        "does nothing: f, B as A",
        "does nothing: g, A as B",
        "collapsed latent: C of f",
        "ignored latent: C in g",
        "law not matched: f, into B * C",
        "law not matched: f, into B * C: contrasts of B",
        "law not matched: g, into A: contrasts of A",
        "does not satisfy the equation: g ; f = id_B * C",
    }


def test_contrasts_see_what_is_painted_on_pictures() -> None:
    whole = read(CIRCLES)
    tables = held_out(whole, 300)
    assert energy_share(tables["A"], tables["B"]) < 0.02 < 0.1 < contrast_share(tables["A"], tables["B"], (3, 8, 8))
    assert contrasts(tables["B"], (3, 8, 8)).max() == 0 and contrasts(tables["A"], (3, 8, 8)).shape == (300, 18)
    assert abs(contrast_share(tables["A"][::2], tables["A"][1::2], (3, 8, 8))) < 0.01
    assert contrasts(np.ones((2, 12)), (1, 3, 4)).shape == (2, 4)


def test_what_is_not_asked_for_is_not_decided() -> None:
    """In the Equalizer the law of h is asked for along h ; p only, and B has no examples."""
    whole = spec("equalizer")
    maps = FunctorMaps(
        whole,
        held_out(whole, 300),
        {
            "h": lambda x: np.hstack([x, x**2]),
            "f": lambda b: b[:, :1] ** 2,
            "g": lambda b: b[:, 1:],
            "p": lambda b: b[:, :1],
        },
    )
    words = {(each.name, each.about): (each.word, each.measured) for each in signatures(maps)}
    assert found(maps) == set()
    asked = "the training does not ask for this law"
    assert words["law not matched", "h, into B"] == ("not decided", asked)
    assert words["law not matched", "h ; p, into X"][0] == "not found"
    text = (FOLDER / "equalizer.toml").read_text(encoding="utf-8")
    learned = read(text.replace('frozen = { kind = "affine", matrix = [[1, 0]] }', 'network = "affine"'))
    words = {(each.name, each.about): (each.word, each.measured) for each in signatures(replace_whole(maps, learned))}
    assert words["a failure of one map", "p"] == ("not decided", "there are no examples of B")


def replace_whole(maps: FunctorMaps, whole: Any) -> FunctorMaps:
    return FunctorMaps(whole, maps.tables, maps.arrows)


def test_examples_are_what_they_are_said_to_be(tmp_path: File) -> None:
    (tmp_path / "points.csv").write_text("1,2\n3,4\n5,7\n", encoding="utf-8")
    text = (FOLDER / "symmetric.toml").read_text(encoding="utf-8")
    whole = read(text.replace('data = "uniform"', f'data = {{ kind = "csv", path = "{tmp_path / "points.csv"}" }}'))
    said = "; among them are 3 different ones of A; those of A are rows that the training drew from too"
    assert told(whole, held_out(whole, 50)) == f"50 examples of each object (seed 987654){said}"
    assert (
        told(spec("symmetric"), held_out(spec("symmetric"), 50)) == "50 held-out examples of each object (seed 987654)"
    )
