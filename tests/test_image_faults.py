"""What does not fit between images: each reason in full, and what lies just within."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.image_faults import (
    UNSAID,
    Shapes,
    halved,
    images,
    unfit_conv,
    unfit_conv_critic,
    unfit_pictures,
    unfit_tint,
)
from verified_cat.schema_kinds import settings

IMAGE, WIDE, CODE = (3, 8, 8), (1, 8, 8), (5,)


def test_a_convolution_of_stride_two_halves_rounding_up() -> None:
    assert [halved(length) for length in range(1, 9)] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert images([IMAGE, CODE, (2, 2), WIDE]) == [IMAGE, WIDE]


# ------------------------------------------------------------------------------------------------ networks

KEEPS = "f goes from [3, 8, 8] to [3, 8, 8]"
CODED = "f goes from [3, 8, 8] ⊗ [5] to [3, 8, 8] ⊗ [5]"


@pytest.mark.parametrize(
    ("source", "target", "options", "reasons"),
    [
        ([IMAGE], [IMAGE], {}, []),
        ([IMAGE], [WIDE], {}, []),
        ([IMAGE], [CODE], {}, []),
        ([CODE], [IMAGE], {}, []),
        ([IMAGE, CODE], [CODE, WIDE], {"code": "channels", "code_ending": "tanh", "ending": "sigmoid"}, []),
        ([(4, 4)], [IMAGE], {}, ["a conv network takes images [channels, height, width] and vectors [n]; "
                                 "f goes from [4, 4] to [3, 8, 8]"]),
        ([IMAGE], [CODE, (4, 4)], {}, ["a conv network takes images [channels, height, width] and vectors [n]; "
                                       "f goes from [3, 8, 8] to [5] ⊗ [4, 4]"]),
        ([IMAGE, IMAGE], [IMAGE], {}, ["a conv network has one image at an end, and one at the other or none; "
                                       "f goes from [3, 8, 8] ⊗ [3, 8, 8] to [3, 8, 8]"]),
        ([IMAGE], [IMAGE, WIDE], {}, ["a conv network has one image at an end, and one at the other or none; "
                                      "f goes from [3, 8, 8] to [3, 8, 8] ⊗ [1, 8, 8]"]),
        ([CODE], [CODE], {}, ["a conv network has one image at an end, and one at the other or none; "
                              "f goes from [5] to [5]"]),
        ([IMAGE], [(3, 8, 9)], {}, ["a conv network keeps height and width; f goes from [3, 8, 8] to [3, 8, 9]"]),
        ([IMAGE], [IMAGE], {"residual": True}, []),
        ([IMAGE, CODE], [IMAGE], {"residual": True}, []),
        ([IMAGE], [WIDE], {"residual": True}, ["x + f(x) needs images of one shape at both ends; "
                                               "f goes from [3, 8, 8] to [1, 8, 8]"]),
        ([IMAGE], [IMAGE], {"window": 1}, []),
        ([IMAGE], [IMAGE], {"window": 4}, ["the window of f is odd, so that it has a middle, not 4"]),
        ([IMAGE], [IMAGE], {"code": "channels"},
         [f"the option 'code' is of a vector beside the image that f starts from; {KEEPS}"]),
        ([CODE], [IMAGE], {"code": "channels"}, ["the option 'code' is of a vector beside the image that f starts "
                                                 "from; f goes from [5] to [3, 8, 8]"]),
        ([IMAGE], [IMAGE, CODE], {"code": "channels"}, ["the option 'code' is of a vector beside the image that f "
                                                        "starts from; f goes from [3, 8, 8] to [3, 8, 8] ⊗ [5]"]),
        ([IMAGE], [IMAGE], {"code_ending": "tanh"},
         [f"the option 'code_ending' is of a vector that f ends in; {KEEPS}"]),
        ([IMAGE], [CODE], {"ending": "tanh"}, ["the option 'ending' is of an image that f ends in; "
                                               "f goes from [3, 8, 8] to [5]"]),
        ([IMAGE, CODE], [IMAGE, CODE], {"window": 2, "channels": [4, 4, 4, 4]},
         ["the window of f is odd, so that it has a middle, not 2",
          "4 widths of f halve the sides as often: 8 by 8 entries are too few"]),
        ([IMAGE], [IMAGE], {"channels": [4, 4, 4]}, []),
        ([(3, 8, 7)], [(3, 8, 7)], {"channels": [4, 4, 4]},
         ["3 widths of f halve the sides as often: 8 by 7 entries are too few"]),
        ([CODE], [(3, 2, 16)], {}, ["2 widths of f halve the sides as often: 2 by 16 entries are too few"]),
    ],
)  # fmt: skip
def test_networks_of_convolutions(source: Shapes, target: Shapes, options: dict[str, Any], reasons: list[str]) -> None:
    assert list(unfit_conv("f", settings("network", "conv", **options), source, target)) == reasons


APART = (
    "a conv critic looks at one image [channels, height, width] and vectors beside it; X is {}: give it a critic of "
)
ENERGY = "its own, or an adversary without one (energy, mmd)"


@pytest.mark.parametrize(
    ("shapes", "options", "reasons"),
    [
        ([IMAGE], {}, []),
        ([IMAGE, CODE, CODE], {"channels": [8, 8], "strides": [2, 2]}, []),
        ([CODE], {}, [APART.format("[5]") + ENERGY]),
        ([IMAGE, IMAGE], {}, [APART.format("[3, 8, 8] ⊗ [3, 8, 8]") + ENERGY]),
        ([IMAGE, (4, 4)], {}, [APART.format("[3, 8, 8] ⊗ [4, 4]") + ENERGY]),
        ([IMAGE], {"channels": [8, 8], "strides": [2]}, ["the critic of X has 2 widths and 1 strides"]),
        ([IMAGE], {"window": 4}, ["the window of the critic of X is odd, so that it has a middle, not 4"]),
        ([IMAGE], {"window": 7}, []),
    ],
)
def test_critics_of_convolutions(shapes: Shapes, options: dict[str, Any], reasons: list[str]) -> None:
    assert list(unfit_conv_critic("X", settings("critic", "conv", **options), shapes)) == reasons


# ------------------------------------------------------------------------------------------------ data


def folder(**options: Any) -> Any:
    return settings("data", "folder", path="pictures", **options)


def tint(part: str) -> Any:
    return settings("data", "tint", path="garments", part=part)


NO_IMAGE = "images are [1, height, width] or [3, height, width]; X is {}"
BOX = "a box is left, top, right and bottom, with left < right and top < bottom, not {}"
TEXTURES = "textures are [3, side, side]; X is {}"


@pytest.mark.parametrize(
    ("data", "shape", "reasons"),
    [
        (settings("data", "normal"), None, []),
        (folder(), None, ["X is a product: data of the kind 'folder' are examples of one space"]),
        (settings("data", "npy", path="x"), (2, 2, 2, 2), []),
        (folder(), (1, 4, 5), []),
        (folder(), (3, 4, 5), []),
        (folder(), (2, 4, 5), [NO_IMAGE.format("[2, 4, 5]")]),
        (folder(), (3, 4), [NO_IMAGE.format("[3, 4]")]),
        (settings("data", "celeba", path="x"), (4, 8, 8), [NO_IMAGE.format("[4, 8, 8]")]),
        (settings("data", "emoji", path="x"), (5,), [NO_IMAGE.format("[5]")]),
        (folder(box=[0, 0, 1, 1]), IMAGE, []),
        (folder(crop=4), IMAGE, []),
        (folder(box=[0, 0, 1, 1], crop=4), IMAGE,
         ["a crop is a square in the middle, a box is a place: give one of the two"]),
        (folder(box=[0, 0, 1]), IMAGE, [BOX.format("[0, 0, 1]")]),
        (folder(box=[0, 0, 1, 1, 1]), IMAGE, [BOX.format("[0, 0, 1, 1, 1]")]),
        (folder(box=[2, 0, 2, 3]), IMAGE, [BOX.format("[2, 0, 2, 3]")]),
        (folder(box=[0, 3, 2, 3]), IMAGE, [BOX.format("[0, 3, 2, 3]")]),
        (folder(box=[1, 2, 2, 3]), IMAGE, []),
        (tint("tinted"), (3, 4, 5), []),
        (tint("tinted"), (1, 4, 5), ["the part 'tinted' is [3, height, width]; X is [1, 4, 5]"]),
        (tint("tinted"), (3,), ["the part 'tinted' is [3, height, width]; X is [3]"]),
        (tint("garment"), (1, 4, 5), []),
        (tint("garment"), (3, 4, 5), ["the part 'garment' is [1, height, width]; X is [3, 4, 5]"]),
        (tint("garment"), (1,), ["the part 'garment' is [1, height, width]; X is [1]"]),
        (tint("tint"), (3,), []),
        (tint("tint"), (3, 4, 5), ["the part 'tint' is [3]; X is [3, 4, 5]"]),
        (settings("data", "textured"), IMAGE, []),
        (settings("data", "textured"), WIDE, [TEXTURES.format("[1, 8, 8]")]),
        (settings("data", "textured"), (3, 8, 9), [TEXTURES.format("[3, 8, 9]")]),
        (settings("data", "textured"), (3,), [TEXTURES.format("[3]")]),
        (settings("data", "textured"), (3, 8, 8, 1), [TEXTURES.format("[3, 8, 8, 1]")]),
    ],
)  # fmt: skip
def test_data_of_images(data: Any, shape: tuple[int, ...] | None, reasons: list[str]) -> None:
    assert list(unfit_pictures("X", data, shape)) == reasons


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        ([(3, 8, 8)], [(1, 8, 8), (3,)], True),
        ([(1, 8, 8), (3,)], [(3, 8, 8)], True),
        ([(3, 8, 8)], [(1, 8, 8), (4,)], False),
        ([(1, 8, 8), (4,)], [(3, 8, 8)], False),
        ([(3, 8, 8)], [(3,), (1, 8, 8)], False),
        ([(1, 8, 8)], [(1, 8, 8), (3,)], False),
        ([(3, 8, 8)], [(1, 8, 8)], False),
        ([(3,)], [(1, 8, 8), (3,)], False),
    ],
)
def test_tints_are_taken_off_or_put_on(source: Shapes, target: Shapes, fits: bool) -> None:
    ends = [" ⊗ ".join(str(list(shape)) for shape in shapes) for shapes in (source, target)]
    wrong = "the truth 'tint' goes from a tinted picture to garment ⊗ tint, or back; f goes from {} to {}"
    assert list(unfit_tint("f", source, target)) == ([] if fits else [wrong.format(*ends)])


def test_of_which_laws_nothing_is_said() -> None:
    assert set(UNSAID) == {"npy", "tint", "textured", "folder", "celeba", "emoji"}
