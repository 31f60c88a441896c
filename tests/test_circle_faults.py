"""What does not fit where discs are put on pictures: each reason in full, and what lies just within."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from verified_cat.circle_faults import Shapes, unfit_circles, unfit_patches, unfit_patches_critic
from verified_cat.schema_kinds import settings
from verified_cat.specification import Arrow, Specification, Thing, Unfit

IMAGE, CODE = (3, 8, 8), (5,)
CHANNELS = "channels are three pairs [a, b] of whole numbers from 1 to 20: the laws B(a, b) of red, green and blue"
RADII = "radii are two shares of the side, 0 < low <= high <= 1/2, not {}"


@pytest.mark.parametrize(
    ("kind", "options", "shape", "reasons"),
    [
        ("circles", {}, IMAGE, []),
        ("plain", {}, IMAGE, []),
        ("plain", {}, None, ["data of the kind 'plain' are pictures [3, n, n]; X is a product"]),
        ("circles", {}, (1, 8, 8), ["data of the kind 'circles' are pictures [3, n, n]; X is [1, 8, 8]"]),
        ("circles", {}, (3, 8, 9), ["data of the kind 'circles' are pictures [3, n, n]; X is [3, 8, 9]"]),
        ("circles", {}, (3, 8), ["data of the kind 'circles' are pictures [3, n, n]; X is [3, 8]"]),
        ("circles", {}, (3, 7, 7), ["pictures with a disc have 8 by 8 pixels or more, not 7 by 7"]),
        ("circles", {"channels": [[1, 20], [20, 1], [2, 3]]}, IMAGE, []),
        ("circles", {"channels": [[1, 2], [1, 2]]}, IMAGE, [CHANNELS]),
        ("plain", {"channels": [[1], [1], [2]]}, IMAGE, [CHANNELS]),
        ("circles", {"channels": [[1, 2], [1, 0], [1, 2]]}, IMAGE, [CHANNELS]),
        ("circles", {"channels": [[1, 2], [1, 21], [1, 2]]}, IMAGE, [CHANNELS]),
        ("circles", {"channels": [[1, 2], [1, 1.5], [1, 2]]}, IMAGE, [CHANNELS]),
        ("circles", {"radii": [0.5, 0.5]}, IMAGE, []),
        ("circles", {"radii": [0.1, 0.2]}, IMAGE, []),
        ("circles", {"radii": [0.1]}, IMAGE, [RADII.format("[0.1]")]),
        ("circles", {"radii": [0, 0.2]}, IMAGE, [RADII.format("[0.0, 0.2]")]),
        ("circles", {"radii": [0.2, 0.1]}, IMAGE, [RADII.format("[0.2, 0.1]")]),
        ("circles", {"radii": [0.2, 0.51]}, IMAGE, [RADII.format("[0.2, 0.51]")]),
    ],
)
def test_data_with_discs(kind: str, options: dict[str, Any], shape: tuple[int, ...] | None, reasons: list[str]) -> None:
    assert list(unfit_circles("X", settings("data", kind, **options), shape)) == reasons


ENDS = (
    "a network on patches goes from a picture, or a picture and a code, to another of its shape; f goes from {} to {}"
)


@pytest.mark.parametrize(
    ("source", "target", "reasons"),
    [
        ([IMAGE], [IMAGE], []),
        ([IMAGE, CODE], [IMAGE], []),
        ([IMAGE], [IMAGE, CODE], []),
        ([IMAGE], [(3, 8, 4)], [ENDS.format("[3, 8, 8]", "[3, 8, 4]")]),
        ([IMAGE], [CODE], [ENDS.format("[3, 8, 8]", "[5]")]),
        ([CODE], [IMAGE], [ENDS.format("[5]", "[3, 8, 8]")]),
        ([IMAGE, CODE, CODE], [IMAGE], [ENDS.format("[3, 8, 8] ⊗ [5] ⊗ [5]", "[3, 8, 8]")]),
        ([(3, 8, 6)] * 1, [(3, 8, 6)], ["f cuts pictures of 8 by 6 into patches of 4 by 4: they do not fit"]),
        ([(3, 6, 8)] * 1, [(3, 6, 8)], ["f cuts pictures of 6 by 8 into patches of 4 by 4: they do not fit"]),
    ],
)
def test_networks_on_patches(source: Shapes, target: Shapes, reasons: list[str]) -> None:
    assert list(unfit_patches("f", settings("network", "patches"), source, target)) == reasons


@pytest.mark.parametrize(
    ("shapes", "reasons"),
    [
        ([IMAGE], []),
        ([IMAGE, CODE], []),
        ([CODE], ["a critic on patches looks at a picture, or a picture and a code; X is [5]"]),
        (
            [IMAGE, IMAGE],
            ["a critic on patches looks at a picture, or a picture and a code; X is [3, 8, 8] ⊗ [3, 8, 8]"],
        ),
        ([(3, 9, 8)], ["the critic of X cuts pictures of 9 by 8 into patches of 4 by 4: they do not fit"]),
    ],
)
def test_critics_on_patches(shapes: Shapes, reasons: list[str]) -> None:
    assert list(unfit_patches_critic("X", settings("critic", "patches"), shapes)) == reasons


# ------------------------------------------------------------------------------------------------ taking discs off


def circles(**changes: Any) -> Specification:
    """off : X → P ⊗ C takes the disc off a picture, on : P ⊗ C → X puts it on."""
    patches = settings("network", "patches")
    made: dict[str, Any] = {
        "name": "circles",
        "things": (
            Thing("X", IMAGE, data=settings("data", "circles")),
            Thing("P", IMAGE, data=settings("data", "plain")),
            Thing("C", CODE, data=settings("data", "normal")),
            Thing("PC", product=("P", "C"), data=settings("data", "factors")),
        ),
        "arrows": (Arrow("off", "X", "PC", patches), Arrow("on", "PC", "X", patches), Arrow("e", "X", "X", patches)),
        "truth": (("off", settings("truth", "circles", inverse="on")),),
    }
    return Specification(**made | changes)


def other(number: int, **changes: Any) -> dict[str, Any]:
    things = list(circles().things)
    things[number] = replace(things[number], **changes)
    return {"things": tuple(things)}


def inverse(name: str, of: str = "off") -> dict[str, Any]:
    return {"truth": ((of, settings("truth", "circles", inverse=name)),)}


APART = "the truth of {} takes pictures apart into plain pictures of their shape and codes, not {}"


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        (inverse("on", "e ; off"), ["the truth of e ; off: only one arrow takes the discs off, not a path"]),
        (inverse("onn"), ["the inverse in the truth of off: no arrow is called 'onn'; did you mean on?"]),
        (inverse("e"), ["the inverse of off goes from PC to X; e does not"]),
        (inverse("off"), ["the inverse of off goes from PC to X; off does not"]),
        (
            inverse("on", "e"),
            [APART.format("e", "X"), "the inverse of e goes from X to X; on does not"],
        ),
        (other(0, data=settings("data", "normal")), ["the truth of off needs data of the kind 'circles' in X"]),
        (other(0, data=None), ["the truth of off needs data of the kind 'circles' in X"]),
        (other(1, data=None), ["the truth of off needs data in P and in C"]),
        (other(2, data=None), ["the truth of off needs data in P and in C"]),
    ],
)
def test_truths_of_discs(changes: dict[str, Any], reasons: list[str]) -> None:
    if "things" in changes:  # the factors need not be drawn from
        changes["things"] = (*changes["things"][:3], replace(changes["things"][3], data=None))
    with pytest.raises(Unfit) as caught:
        circles(**changes)
    place = ("truth", changes["truth"][0][0] if "truth" in changes else "off")
    assert caught.value.faults == [(place, reason) for reason in reasons]


def test_sound_truths_of_discs() -> None:
    assert circles().truth and circles(**other(3, data=None)).truth


def test_plain_pictures_have_the_shape_of_those_with_discs() -> None:
    """Of a product of three, of pictures of another shape, and of a picture and no code, nothing is taken apart."""
    mlp = settings("network", "mlp")
    arrows = (Arrow("off", "X", "PC", mlp), Arrow("on", "PC", "X", mlp))
    for changes in (
        other(1, shape=(3, 16, 16)),
        other(2, shape=(5, 5)),
        other(3, product=("P", "C", "C"), data=None),
    ):
        with pytest.raises(Unfit) as caught:
            circles(**changes, arrows=arrows)
        assert [reason for _, reason in caught.value.faults] == [APART.format("off", "PC")]
