"""Families of examples over which an equation is bounded: boxes of a few parameters, and their images in an object.

An object whose law is a box, or a linear image of one, is given by that box: discs on a background are the linear
image of [0, 1]⁶. Which ones: those that are asked for, else those that the schema declares (``family_words`` says how
they are written), else one by the law of the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from math import nextafter
from typing import Any

import numpy as np

from verified_cat.errors import UsageError, near
from verified_cat.family_words import FamilyWords, parsed
from verified_cat.gpu import made_images
from verified_cat.gpu.made_points import examples, floats
from verified_cat.gpu.randomness import Array, stream
from verified_cat.reference.subdividing import Family
from verified_cat.specification import Specification

MOST = 8
"""So many parameters at most are halved in turn by default: with more, a box has too many halves."""

HELD_OUT = 2000
Asked = Mapping[str, tuple[str, ...]]
"""By object, the families that are asked for."""


class NoFamily(UsageError):
    """An object over which nothing is bounded, and why."""


def families(whole: Specification, name: str, asked: Asked, seed: int) -> list[Family]:
    """The families of an object: as asked for, of it or of its factors; else as declared; else by law.

    Raises NoFamily where there is none.
    """
    thing = whole.thing(name)
    words = asked.get(name) or (() if _asked_of(whole, name, asked) else dict(whole.families).get(name, ()))
    if words:
        return [declared(whole, name, each, seed) for each in words]
    if thing.product:
        parts = [families(whole, each, asked, seed) for each in thing.product]
        return [beside(name, list(each)) for each in product(*parts)]
    return [_default(whole, name, seed)]


def _asked_of(whole: Specification, name: str, asked: Asked) -> bool:
    """Whether a factor is asked for."""
    return any(factor in asked or _asked_of(whole, factor, asked) for factor in whole.thing(name).product)


def _default(whole: Specification, name: str, seed: int) -> Family:
    """The box of the law, or else that around the examples."""
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


def asked_for(whole: Specification, given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """``NAME: words`` by object. Raises UsageError for a name that is none, and for a family that is there twice."""
    found: dict[str, tuple[str, ...]] = {}
    for each in given:
        name, colon, words = each.partition(":")
        name, names = name.strip(), [thing.name for thing in whole.things]
        if not colon or not words.strip():
            raise UsageError(f"a family reads like 'A: box -1 1', not {each!r}")
        if name not in names:
            raise UsageError(f"the family {each!r}: no object is called {name!r}; {near(name, names)}")
        text = " ".join(words.split())
        if text in found.get(name, ()):
            raise UsageError(f"the family {each!r} is asked for twice")
        found[name] = (*found.get(name, ()), text)
    return found


def declared(whole: Specification, name: str, words: str, seed: int) -> Family:
    """The family that these words declare. Raises UsageError for words that declare none."""
    try:
        said = parsed(whole, name, words)
    except ValueError as fault:
        raise UsageError(f"the family of {name}: {fault}") from None
    if len(said) > 1:
        pairs = zip(whole.thing(name).product, words.split(" * "), strict=True)
        return beside(name, [declared(whole, factor, part, seed) for factor, part in pairs])
    return _made(whole, name, words, said[0], seed)


def _made(whole: Specification, name: str, words: str, said: FamilyWords, seed: int) -> Family:
    if said.kind == "data":
        return around(whole, name, seed)
    law = grey(whole, name) if said.kind == "grey" else of_law(whole, name)
    title, matrix, shift = f"{name}: {words}", None, None
    if law is not None:
        matrix, shift = law.matrix, law.shift
        if not said.ends:
            return Family(title, law.low, law.high, matrix, shift)
    if said.kind == "segment":
        return segment(title, said, matrix, shift)
    low, high = (tuple(_outward(x, side) for x in end) for end, side in zip(said.ends, (-1, 1), strict=True))
    return Family(title, low, high, matrix, shift)


def segment(title: str, said: FamilyWords, matrix: Array | None, shift: Array | None) -> Family:
    """(1 - t) a + t b for t ∈ [0, 1], in the nearest floats."""
    start, end = (np.array([float(x) for x in each]) for each in said.ends)
    turn = np.eye(len(start)) if matrix is None else matrix
    along = turn @ (end - start)
    return Family(title, (0.0,), (1.0,), along[:, None], turn @ start + (0.0 if shift is None else shift))


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
