"""What does not fit between images: networks and critics of convolutions, each fault with the names and both shapes."""

from __future__ import annotations

from collections.abc import Iterator

from verified_cat.schema_kinds import Settings

Shapes = list[tuple[int, ...]]


def images(shapes: Shapes) -> Shapes:
    """The spaces of three axes: channels, height, width."""
    return [shape for shape in shapes if len(shape) == 3]


def halved(length: int) -> int:
    """⌈n/2⌉, the length after a convolution of stride 2 with an odd window in its middle place."""
    return (length + 1) // 2


def _spaces(shapes: Shapes) -> str:
    return " ⊗ ".join(str(list(shape)) for shape in shapes)


def unfit_conv(name: str, made: Settings, source: Shapes, target: Shapes) -> Iterator[str]:
    """Why a network of the kind ``conv`` does not go from the one to the other."""
    ends = f"{name} goes from {_spaces(source)} to {_spaces(target)}"
    if any(len(shape) not in (1, 3) for shape in (*source, *target)):
        yield f"a conv network takes images [channels, height, width] and vectors [n]; {ends}"
        return
    here, there = images(source), images(target)
    if len(here) > 1 or len(there) > 1 or not (here or there):
        yield f"a conv network has one image at an end, and one at the other or none; {ends}"
        return
    if here and there and here[0][1:] != there[0][1:]:
        yield f"a conv network keeps height and width; {ends}"
    if made["residual"] and here != there:
        yield f"x + f(x) needs images of one shape at both ends; {ends}"
    if made["window"] % 2 == 0:
        yield f"the window of {name} is odd, so that it has a middle, not {made['window']}"
    codes = [[shape for shape in shapes if len(shape) == 1] for shapes in (source, target)]
    if made["code"] != "film" and not (here and codes[0]):
        yield f"the option 'code' is of a vector beside the image that {name} starts from; {ends}"
    if made["code_ending"] != "none" and not codes[1]:
        yield f"the option 'code_ending' is of a vector that {name} ends in; {ends}"
    if made["ending"] != "none" and not there:
        yield f"the option 'ending' is of an image that {name} ends in; {ends}"
    high, wide = (here or there)[0][1:]
    if min(high, wide) < 2 ** len(made["channels"]):
        yield f"{len(made['channels'])} widths of {name} halve the sides as often: {high} by {wide} entries are too few"


def unfit_conv_critic(name: str, made: Settings, shapes: Shapes) -> Iterator[str]:
    """Why a critic of the kind ``conv`` does not look at this object."""
    if len(images(shapes)) != 1 or any(len(shape) not in (1, 3) for shape in shapes):
        yield (
            f"a conv critic looks at one image [channels, height, width] and vectors beside it; "
            f"{name} is {_spaces(shapes)}: give it a critic of its own, or an adversary without one (energy, mmd)"
        )
    if len(made["strides"]) != len(made["channels"]):
        yield f"the critic of {name} has {len(made['channels'])} widths and {len(made['strides'])} strides"
    if made["window"] % 2 == 0:
        yield f"the window of the critic of {name} is odd, so that it has a middle, not {made['window']}"


# ------------------------------------------------------------------------------------------------ data

PICTURES = ("folder", "celeba", "emoji")
UNSAID = ("npy", "tint", "textured", *PICTURES)
"""Kinds of data of which nobody says that the law has a density."""


def unfit_pictures(name: str, data: Settings, shape: tuple[int, ...] | None) -> Iterator[str]:
    """Why data of images are none of this object."""
    if data.kind not in UNSAID:
        return
    if shape is None:
        yield f"{name} is a product: data of the kind {data.kind!r} are examples of one space"
        return
    if data.kind in PICTURES:
        if len(shape) != 3 or shape[0] not in (1, 3):
            yield f"images are [1, height, width] or [3, height, width]; {name} is {list(shape)}"
        yield from _unfit_cut(data)
    if data.kind == "tint":
        wanted = {"tinted": "[3, height, width]", "garment": "[1, height, width]", "tint": "[3]"}[data["part"]]
        fits = {"tinted": len(shape) == 3 and shape[0] == 3, "garment": len(shape) == 3 and shape[0] == 1}
        if not fits.get(data["part"], shape == (3,)):
            yield f"the part {data['part']!r} is {wanted}; {name} is {list(shape)}"
    if data.kind == "textured" and (len(shape) != 3 or shape[0] != 3 or shape[1] != shape[2]):
        yield f"textures are [3, side, side]; {name} is {list(shape)}"


def _unfit_cut(data: Settings) -> Iterator[str]:
    box = data["box"]
    if box and data["crop"]:
        yield "a crop is a square in the middle, a box is a place: give one of the two"
    if box and (len(box) != 4 or box[0] >= box[2] or box[1] >= box[3]):
        yield f"a box is left, top, right and bottom, with left < right and top < bottom, not {list(box)}"


def unfit_tint(name: str, source: Shapes, target: Shapes) -> Iterator[str]:
    """Why the truth of the kind ``tint`` is none of this arrow."""
    forms = [[len(shape) == 3 and shape[0] for shape in shapes] for shapes in (source, target)]
    apart = forms == [[3], [1, False]] and target[1] == (3,)
    together = forms == [[1, False], [3]] and source[1] == (3,)
    if not apart and not together:
        yield (
            f"the truth 'tint' goes from a tinted picture to garment ⊗ tint, or back; "
            f"{name} goes from {_spaces(source)} to {_spaces(target)}"
        )
