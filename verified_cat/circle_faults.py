"""What does not fit where discs are put on pictures: their data, networks on patches, the truth of taking them off."""

from __future__ import annotations

from collections.abc import Iterator

from verified_cat.errors import SchemaError
from verified_cat.schema import Path
from verified_cat.schema_kinds import Settings
from verified_cat.specification import Specification

Shapes = list[tuple[int, ...]]


def unfit_circles(name: str, data: Settings, shape: tuple[int, ...] | None) -> Iterator[str]:
    """Why there are no data of the kinds ``circles`` and ``plain`` in this object."""
    if shape is None or len(shape) != 3 or shape[0] != 3 or shape[1] != shape[2]:
        yield f"data of the kind {data.kind!r} are pictures [3, n, n]; {name} is {list(shape or ()) or 'a product'}"
    elif shape[1] < 8:
        yield f"pictures with a disc have 8 by 8 pixels or more, not {shape[1]} by {shape[2]}"
    rows = data["channels"]
    if rows and (len(rows) != 3 or any(len(row) != 2 or not all(_small(each) for each in row) for row in rows)):
        yield "channels are three pairs [a, b] of whole numbers from 1 to 20: the laws B(a, b) of red, green and blue"
    radii = dict(data.options).get("radii", ())
    if radii and (len(radii) != 2 or not 0 < radii[0] <= radii[1] or 2 * radii[1] > 1):
        yield f"radii are two shares of the side, 0 < low <= high <= 1/2, not {[float(each) for each in radii]}"


def _small(number: object) -> bool:
    return number in range(1, 21)


def unfit_patches(name: str, made: Settings, source: Shapes, target: Shapes) -> Iterator[str]:
    """Why a network of the kind ``patches`` does not go from the one to the other."""
    ends = f"{name} goes from {_spaces(source)} to {_spaces(target)}"
    if not (_pictured(source) and _pictured(target)) or source[0] != target[0]:
        yield f"a network on patches goes from a picture, or a picture and a code, to another of its shape; {ends}"
    else:
        yield from _uneven(name, made, source[0])


def unfit_patches_critic(name: str, made: Settings, shapes: Shapes) -> Iterator[str]:
    """Why a critic of the kind ``patches`` does not look at this object."""
    if not _pictured(shapes):
        yield f"a critic on patches looks at a picture, or a picture and a code; {name} is {_spaces(shapes)}"
    else:
        yield from _uneven(f"the critic of {name}", made, shapes[0])


def _pictured(shapes: Shapes) -> bool:
    """A picture [channels, height, width], and beside it one space of codes [k] or none."""
    return [len(shape) for shape in shapes] in ([3], [3, 1])


def _uneven(name: str, made: Settings, shape: tuple[int, ...]) -> Iterator[str]:
    side = made["patch"]
    if shape[1] % side or shape[2] % side:
        yield f"{name} cuts pictures of {shape[1]} by {shape[2]} into patches of {side} by {side}: they do not fit"


def _spaces(shapes: Shapes) -> str:
    return " ⊗ ".join(str(list(shape)) for shape in shapes)


def unfit_removal(whole: Specification, name: str, path: Path, truth: Settings) -> Iterator[str]:
    """Why this arrow does not take discs off pictures, or its inverse does not put them on."""
    target, data = whole.schema.target(path), whole.thing(path.source).data
    factors = whole.thing(target).product
    if len(path.edges) != 1:
        yield f"the truth of {name}: only one arrow takes the discs off, not a path"
    if data is None or data.kind != "circles":
        yield f"the truth of {name} needs data of the kind 'circles' in {path.source}"
    if (
        len(factors) != 2
        or not _pictured(whole.leaves(target))
        or whole.leaves(target)[0] != whole.leaves(path.source)[0]
    ):
        yield f"the truth of {name} takes pictures apart into plain pictures of their shape and codes, not {target}"
    elif any(whole.thing(factor).data is None for factor in factors):
        yield f"the truth of {name} needs data in {factors[0]} and in {factors[1]}"
    try:
        back = whole.arrow(truth["inverse"])
    except SchemaError as refused:
        yield f"the inverse in the truth of {name}: {str(refused).partition(': ')[2]}"
        return
    if (back.source, back.target) != (target, path.source):
        yield f"the inverse of {name} goes from {target} to {path.source}; {back.name} does not"
