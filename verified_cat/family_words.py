"""Words for a family of examples of an object: ``box LOW HIGH``, ``grey``, ``segment FROM TO``, ``data``.

An end is one number, or one for each parameter, with commas: of an object whose law is a box or a linear image of one
these are the parameters of the law (six colours of a disc on a background), else the entries of an example. Of a
product the words of its factors may stand one after the other, with `` * `` between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from verified_cat.errors import near
from verified_cat.specification import Specification

COUNTS = {"box": (2,), "segment": (2,), "grey": (0, 2), "data": (0,)}
"""Each kind, and how many ends it may have."""

SHAPES = "'box LOW HIGH', 'segment FROM TO', 'grey', 'grey LOW HIGH' or 'data'"
COLOURS = {"circles": 6, "plain": 3}
"""Kinds of pictures that are linear in colours, and in how many numbers."""

CHANNELS = 3
NUMBER = re.compile(r"[-+]?[0-9]{1,12}(\.[0-9]{1,12})?(/[0-9]{1,12})?")


@dataclass(frozen=True, slots=True)
class FamilyWords:
    """A kind with its ends, each of as many numbers as there are parameters."""

    kind: str
    ends: tuple[tuple[Fraction, ...], ...] = ()


def parsed(whole: Specification, name: str, text: str) -> list[FamilyWords]:
    """What the words say of the object: of a product whose factors have words, of each. Raises ValueError: why not."""
    parts, factors = text.split(" * "), whole.thing(name).product
    if len(parts) == 1:
        return [_one(whole, name, text)]
    if len(parts) != len(factors):
        raise ValueError(f"{text!r} has words for {len(parts)} factors; {name} has {len(factors) or 'none'}")
    return [each for factor, part in zip(factors, parts, strict=True) for each in parsed(whole, factor, part)]


def unfit(whole: Specification, name: str, text: str) -> str | None:
    """Why these words declare no family of the object; None where they do."""
    try:
        parsed(whole, name, text)
    except ValueError as fault:
        return str(fault)
    return None


def _one(whole: Specification, name: str, text: str) -> FamilyWords:
    kind, *ends = text.split() or [""]
    if kind not in COUNTS:
        raise ValueError(f"no kind of family is called {kind!r}; {near(kind, list(COUNTS))}")
    if len(ends) not in COUNTS[kind]:
        raise ValueError(f"the family of {name} is {SHAPES}, not {text!r}")
    if kind == "grey" and (whole.thing(name).data is None or not grey_parameters(whole, name)):
        raise ValueError(f"{name} has no grey family: its examples are not plain pictures, or discs that do not wander")
    count = grey_parameters(whole, name) if kind == "grey" else law_parameters(whole, name) or whole.dimension(name)
    found = tuple(_end(name, each, count) for each in ends)
    if kind != "segment" and found and any(low > high for low, high in zip(*found, strict=True)):
        raise ValueError(f"the family {text!r} of {name} has a low end above its high end")
    return FamilyWords(kind, found)


def _end(name: str, text: str, count: int) -> tuple[Fraction, ...]:
    parts = text.split(",")
    fits = len(parts) in (1, count) and all(NUMBER.fullmatch(part) for part in parts)
    if not fits or any(part.partition("/")[2].strip("0") == "" for part in parts if "/" in part):
        raise ValueError(f"an end of the family of {name} is a number, or {count} numbers with commas, not {text!r}")
    exact = tuple(_fraction(part) for part in parts)
    return exact * count if len(exact) == 1 else exact


def _fraction(text: str) -> Fraction:
    top, _, bottom = text.partition("/")
    return Fraction(top) / Fraction(bottom or "1")


def law_parameters(whole: Specification, name: str) -> int | None:
    """How many parameters a law has that is a box, or a linear image of one; None of another."""
    thing = whole.thing(name)
    if thing.product:
        parts = [law_parameters(whole, each) for each in thing.product]
        return None if None in parts else sum(part for part in parts if part is not None)
    data = thing.data
    if data is None:
        return None
    if data.kind == "image" and not dict(data.options).get("along"):
        return law_parameters(whole, data["of"])
    if data.kind in ("uniform", "beta"):
        return len(data["matrix"][0]) if data["matrix"] else whole.dimension(name)
    if data.kind == "circles" and (data["wander"] or data["radii"]):
        return None
    return COLOURS.get(data.kind)


def grey_parameters(whole: Specification, name: str) -> int:
    """How many colours a picture has; 0 for what is no such picture."""
    data = whole.thing(name).data
    if data is None or data.kind not in COLOURS:
        return 0
    return (law_parameters(whole, name) or 0) // CHANNELS
