"""Families of examples over which an equation is bounded: boxes of a few parameters, and their images in an object.

An object whose law is a box, or a linear image of one, is given by that box: discs on a background are the linear
image of [0, 1]⁶. Written down: ``A: box -1 1``, ``A: box -1,0 1,0.5`` (a number for each parameter), ``A: grey 0 1``
(pictures whose colours are all grey), ``A: data`` (the smallest box around the held out examples).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import nextafter
from typing import Any

import numpy as np

from verified_cat.errors import UsageError, near
from verified_cat.gpu import made_images
from verified_cat.gpu.made_points import examples, floats
from verified_cat.gpu.randomness import Array, stream
from verified_cat.reference.subdividing import Family
from verified_cat.specification import Specification

MOST = 8
"""So many parameters at most are halved in turn by default: with more, a box has too many halves."""

HELD_OUT = 2000


class NoFamily(UsageError):
    """An object over which nothing is bounded, and why."""


def family(whole: Specification, name: str, words: Mapping[str, str], seed: int) -> Family:
    """The family of an object: as declared, else its factors', else the box of its law, else around its examples.

    Raises NoFamily where there is none.
    """
    if name in words:
        return declared(whole, name, words[name], seed)
    factors = whole.thing(name).product
    if factors:
        return beside(name, [family(whole, each, words, seed) for each in factors])
    law = of_law(whole, name)
    if law is not None and len(law.low) <= MOST:
        return law
    if whole.thing(name).data is None:
        raise NoFamily(f"{name} has no data; declare a family: --family '{name}: box LOW HIGH'")
    if whole.dimension(name) > MOST:
        raise NoFamily(
            f"{name} has {whole.dimension(name)} dimensions and a law that is no box of at most {MOST} parameters; "
            f"declare a family: --family '{name}: box LOW HIGH'"
        )
    return around(whole, name, seed)


def words_of(whole: Specification, given: tuple[str, ...]) -> dict[str, str]:
    """``NAME: words`` by object. Raises UsageError for a name that is none."""
    found: dict[str, str] = {}
    for each in given:
        name, colon, words = each.partition(":")
        name, names = name.strip(), [thing.name for thing in whole.things]
        if not colon or not words.strip():
            raise UsageError(f"a family reads like 'A: box -1 1', not {each!r}")
        if name not in names:
            raise UsageError(f"the family {each!r}: no object is called {name!r}; {near(name, names)}")
        found[name] = " ".join(words.split())
    return found


def declared(whole: Specification, name: str, words: str, seed: int) -> Family:
    """The family that these words declare. Raises UsageError for words that declare none."""
    kind, *ends = words.split() or [""]
    if kind == "data" and not ends:
        return around(whole, name, seed)
    if kind not in ("box", "grey") or len(ends) not in ((2,) if kind == "box" else (0, 2)):
        raise UsageError(f"the family of {name} is 'box LOW HIGH', 'grey', 'grey LOW HIGH' or 'data', not {words!r}")
    law = grey(whole, name) if kind == "grey" else of_law(whole, name)
    count = len(law.low) if law is not None else whole.dimension(name)
    if not ends:
        assert law is not None
        return Family(f"{name}: grey", law.low, law.high, law.matrix, law.shift)
    low, high = (_ends(name, text, count, side) for text, side in zip(ends, (-1, 1), strict=True))
    matrix, shift = (law.matrix, law.shift) if law is not None else (None, None)
    return Family(f"{name}: {words}", low, high, matrix, shift)


NUMBER = re.compile(r"[-+]?[0-9]{1,12}(\.[0-9]{1,12})?(/[0-9]{1,12})?")


def _ends(name: str, text: str, count: int, side: int) -> tuple[float, ...]:
    """One number for all parameters or one for each, rounded outward."""
    parts = text.split(",")
    if len(parts) not in (1, count) or not all(NUMBER.fullmatch(part) for part in parts):
        raise UsageError(f"an end of the family of {name} is a number, or {count} numbers with commas, not {text!r}")
    try:
        exact = [_fraction(part) for part in parts]
    except ZeroDivisionError:
        raise UsageError(f"an end of the family of {name} is a number, not {text!r}") from None
    return tuple(_outward(each, side) for each in (exact * count if len(exact) == 1 else exact))


def _fraction(text: str) -> Fraction:
    top, _, bottom = text.partition("/")
    return Fraction(top) / Fraction(bottom or "1")


def _outward(exact: Fraction, side: int) -> float:
    """The nearest float that is not within."""
    found = float(exact)
    within = found > exact if side < 0 else found < exact
    return nextafter(found, side * float("inf")) if within else found


# ------------------------------------------------------------------------------------------------ by law


def of_law(whole: Specification, name: str) -> Family | None:
    """The box of the law of an object, as far as it is a box or a linear image of one; None where it is none."""
    thing = whole.thing(name)
    if thing.product:
        parts = [of_law(whole, each) for each in thing.product]
        return None if None in parts else beside(name, [part for part in parts if part is not None])
    data = thing.data
    if data is None:
        return None
    if data.kind == "image" and not dict(data.options).get("along"):
        inner = of_law(whole, data["of"])
        return None if inner is None else moved(name, inner, data)
    if data.kind in ("uniform", "beta"):
        low, high = (0.0, 1.0) if data.kind == "beta" else (_outward(data["low"], -1), _outward(data["high"], 1))
        count = len(data["matrix"][0]) if data["matrix"] else whole.dimension(name)
        return moved(name, Family(f"{name}: its law", (low,) * count, (high,) * count), data)
    if data.kind == "circles" and (data["wander"] or data["radii"]):
        return None
    if data.kind in ("circles", "plain"):
        matrix = pictures(whole.dimension(name), data.kind)
        ends = (0.0,) * matrix.shape[1], (1.0,) * matrix.shape[1]
        return Family(f"{name}: its law", *ends, matrix)
    return None


def moved(name: str, inner: Family, data: Any) -> Family:
    """M x + t of a family, as far as the data say so."""
    matrix, shift = inner.matrix, inner.shift
    if data["matrix"]:
        turn = floats(data["matrix"])
        matrix = turn if matrix is None else turn @ matrix
        shift = None if shift is None else turn @ shift
    if data["shift"]:
        shift = floats([data["shift"]])[0] + (0.0 if shift is None else shift)
    return Family(f"{name}: its law", inner.low, inner.high, matrix, shift)


def pictures(dimension: int, kind: str) -> Array:
    """(x, y) ↦ x (1 - m) + y m, or x ↦ x everywhere: R⁶ or R³ → R[3,side,side]."""
    side = made_images.side_of(dimension)
    each = np.eye(made_images.CHANNELS)
    if kind == "plain":
        return made_images.plain(each, side).reshape(len(each), dimension).T.copy()
    disc, none = made_images.disc(side), np.zeros_like(each)
    rows = [made_images.rendered(each, none, disc), made_images.rendered(none, each, disc)]
    return np.concatenate([row.reshape(len(each), dimension) for row in rows]).T.copy()


def grey(whole: Specification, name: str) -> Family:
    """One parameter for all channels of a colour. Raises UsageError for an object of other things than pictures."""
    data, law = whole.thing(name).data, of_law(whole, name)
    if data is None or data.kind not in ("circles", "plain") or law is None or law.matrix is None:
        raise UsageError(f"{name} has no grey family: its examples are not plain pictures, or discs that do not wander")
    together = np.kron(np.eye(law.matrix.shape[1] // made_images.CHANNELS), np.ones((made_images.CHANNELS, 1)))
    count = together.shape[1]
    return Family(f"{name}: grey", (0.0,) * count, (1.0,) * count, law.matrix @ together)


def beside(name: str, parts: list[Family]) -> Family:
    """The product of families."""
    low = tuple(end for part in parts for end in part.low)
    high = tuple(end for part in parts for end in part.high)
    words = " and ".join(part.name for part in parts)
    if all(part.matrix is None and part.shift is None for part in parts):
        return Family(words, low, high)
    turns = [np.eye(len(part.low)) if part.matrix is None else part.matrix for part in parts]
    matrix = np.zeros((sum(len(turn) for turn in turns), len(low)))
    row = column = 0
    for turn in turns:
        matrix[row : row + turn.shape[0], column : column + turn.shape[1]] = turn
        row, column = row + turn.shape[0], column + turn.shape[1]
    shifts = [
        np.zeros(len(turn)) if part.shift is None else part.shift for part, turn in zip(parts, turns, strict=True)
    ]
    return Family(words, low, high, matrix, np.concatenate(shifts) if any(map(np.any, shifts)) else None)


def around(whole: Specification, name: str, seed: int) -> Family:
    """The smallest box around the held out examples, its ends with four digits, outward."""
    if whole.thing(name).data is None:
        raise NoFamily(f"{name} has no data; declare a family: --family '{name}: box LOW HIGH'")
    table = examples(whole, name, HELD_OUT, stream(seed, name, "held out"))
    low, high = np.floor(table.min(axis=0) * 1e4) / 1e4, np.ceil(table.max(axis=0) * 1e4) / 1e4
    words = f"{name}: the smallest box around {HELD_OUT} held out examples"
    return Family(words, tuple(low.tolist()), tuple(high.tolist()))
