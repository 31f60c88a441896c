"""What does not fit in what is known of the maps: truths of arrows and paths, and data that are carried along them."""

from __future__ import annotations

from collections.abc import Iterator

from verified_cat.circle_faults import unfit_removal
from verified_cat.errors import SchemaError
from verified_cat.image_faults import unfit_tint
from verified_cat.linear_maps import is_linear, unfit_linear
from verified_cat.schema import Path
from verified_cat.schema_kinds import Settings
from verified_cat.specification import Specification, Where, path_in

Fault = tuple[Where, str]


def truth_faults(whole: Specification) -> Iterator[Fault]:
    """Faults of a specification whose graph and equations have none."""
    for name, truth in whole.truth:
        path = _path(whole, name)
        if isinstance(path, str):
            yield ("truth", name), f"the truth of {name!r}, which is no arrow and no path: {path}"
        else:
            yield from ((("truth", name), why) for why in _unfit_truth(whole, name, path, truth))
    for thing in whole.things:
        if thing.data is not None and thing.data.kind == "image" and thing.data["along"]:
            yield from ((("objects", thing.name, "data"), why) for why in _unfit_along(whole, thing.name, thing.data))


def _path(whole: Specification, text: str) -> Path | str:
    """The path, or why there is none."""
    try:
        return path_in(whole.schema, text)
    except SchemaError as refused:
        return str(refused).partition(": ")[2] or str(refused)


def _unfit_truth(whole: Specification, name: str, path: Path, truth: Settings) -> Iterator[str]:
    source, target = path.source, whole.schema.target(path)
    into, out = whole.dimension(source), whole.dimension(target)
    if str(path) != name:
        yield f"the truth of {name!r}: this path is written {str(path)!r}"
    if is_linear(truth):
        yield from unfit_linear(f"the truth of {name}", truth, whole.thing(source).shape, into, out)
        if truth["up_to"] == "signed permutations" and max(into, out) > MOST_SIGNED:
            yield f"signed permutations are tried one by one, up to dimension {MOST_SIGNED}, not {max(into, out)}"
    if truth.kind == "tint":
        yield from unfit_tint(name, whole.leaves(source), whole.leaves(target))
    if truth.kind == "circles":
        yield from unfit_removal(whole, name, path, truth)
    if truth.kind == "curve":
        if out != 2:
            yield f"a curve lies in the plane; {target} has the dimension {out}"
        yield from unfit_polynomial(f"the curve of {name}", truth, 1)
        if truth["low"] >= truth["high"]:
            yield "the low end of a curve lies below its high end"


MOST_SIGNED = 4
"""2⁴ 4! = 384 signed permutations."""


def unfit_polynomial(where: str, fixed: Settings, into: int) -> Iterator[str]:
    """Each row is a coefficient and an exponent for each coordinate."""
    for row in fixed["terms"]:
        if len(row) != into + 1 or any(each.denominator != 1 or not 0 <= each <= 8 for each in row[1:]):
            yield f"a term of {where} is a coefficient and {into} exponents from 0 to 8, not {[float(x) for x in row]}"


def _unfit_along(whole: Specification, name: str, data: Settings) -> Iterator[str]:
    """Data of an object carried from another along a path of maps that are known."""
    path = _path(whole, data["along"])
    if isinstance(path, str):
        yield f"{name} has its data along {data['along']!r}, which is no path: {path}"
        return
    if path.source != data["of"]:
        yield f"{name} has its data from {data['of']} along {path}, which starts from {path.source}"
    truth = dict(whole.truth)
    for each in path.edges if str(path) not in truth else ():
        arrow = whole.arrow(each)
        known = arrow.frozen or arrow.factors or (each in truth and is_linear(truth[each]))
        if not known:
            yield f"{name} has its data along {path}, and {each} is neither fixed nor has it a truth that is a map"
    own, end = len(data["matrix"][0]) if data["matrix"] else whole.dimension(name), whole.schema.target(path)
    if own != whole.dimension(end):
        yield f"{name} takes points of dimension {own} along {path}, which ends in dimension {whole.dimension(end)}"
