"""Named failures of a functor, each measured on held-out examples against a stated threshold.

All equations and laws can hold of a functor that is wrong, and an identity satisfies most equations: that is why these
have names. What a name needs and is not there (data in an object, the truth) makes it undecided, never absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from verified_cat.gpu.functor_maps import FunctorMaps, factors, picture_size, true_images
from verified_cat.gpu.measuring import TINY, apart, contrast_share, covered, energy_share, recovery, share, unrelated
from verified_cat.gpu.randomness import Array
from verified_cat.schema import Path
from verified_cat.schema_checks import measured
from verified_cat.schema_sheets import Signature, Word, short
from verified_cat.specification import Arrow, Demand

NOTHING, CONSTANT, IGNORED, GAP, LAW, CONTRAST, MISSED, AMONG, FAR = 0.05, 0.05, 0.05, 0.2, 0.02, 0.1, 0.1, 0.5, 0.25
"""The thresholds. Distances are shares of the mean distance between unrelated examples."""


def signatures(maps: FunctorMaps) -> list[Signature]:
    """Every named failure, looked for wherever it could be."""
    found = [*_laws(maps), *_equations(maps)]
    for arrow in maps.whole.arrows:
        if arrow.trained and arrow.source in maps.tables:
            found += _of_arrow(maps, arrow, found)
        elif arrow.trained:
            said = f"there are no examples of {arrow.source}"
            found.append(Signature("a failure of one map", arrow.name, "not decided", said, "there are some"))
    return found


def _of_arrow(maps: FunctorMaps, arrow: Arrow, known: list[Signature]) -> list[Signature]:
    own = [*_nothing(maps, arrow), *_constant(maps, arrow), *_ignored(maps, arrow)]
    return [*own, _automorphism(maps, arrow, known, own)]


def _word(is_found: bool) -> Word:
    return "found" if is_found else "not found"


# ------------------------------------------------------------------------------------------------ laws


def _laws(maps: FunctorMaps) -> Iterator[Signature]:
    """The paths whose law is asked for, and the trained arrows of which it is not."""
    for path in maps.whole.matched:
        yield from _law(maps, path, maps.whole.schema.target(path))
    for arrow in maps.whole.arrows:
        if arrow.trained and _path(arrow) not in maps.whole.matched:
            about, threshold = _law_of(_path(arrow), arrow.target), f"above {LAW} in some factor"
            yield Signature(
                "law not matched", about, "not decided", "the training does not ask for this law", threshold
            )


def _law(maps: FunctorMaps, path: Path, target: str) -> Iterator[Signature]:
    """Whether the images have the law of the data, all together and factor by factor, and whether some are missed."""
    made, real = maps.image(path), maps.tables[target]
    parts = dict([("all of it", slice(None)), *factors(maps.whole, target)])
    shares = {name: energy_share(made[:, part], real[:, part]) for name, part in parts.items()}
    worst = max(shares, key=lambda name: shares[name])
    by_chance = energy_share(real[::2, parts[worst]], real[1::2, parts[worst]])
    measured = (
        f"energy distance as a share {short(shares[worst])}, in {worst}; two halves of the data {short(by_chance)}"
    )
    found = shares[worst] > LAW
    yield Signature("law not matched", _law_of(path, target), _word(found), measured, f"above {LAW} in some factor")
    yield from _contrasts(maps, path, target)
    missed, among = covered(made, real)
    said = (
        f"{missed:.0%} of the data lie in cells (of 12) that are hardly hit; {among:.0%} of the images lie among them"
    )
    threshold = f"{MISSED:.0%} or more are missed, and {AMONG:.0%} or more lie among the data"
    yield Signature("mode collapse", _law_of(path, target), _word(missed >= MISSED and among >= AMONG), said, threshold)


def _contrasts(maps: FunctorMaps, path: Path, target: str) -> Iterator[Signature]:
    """Of pictures also how much they vary within themselves."""
    made, real = maps.image(path), maps.tables[target]
    for name, part in factors(maps.whole, target):
        shapes = maps.whole.leaves(name)
        size = picture_size(shapes[0]) if len(shapes) == 1 else None
        if size is not None:
            off, by_chance = (contrast_share(*pair, size) for pair in _pairs(made[:, part], real[:, part]))
            said = f"energy distance of the contrasts within {name} as a share {short(off)}"
            said += f"; two halves of the data {short(by_chance)}"
            about = f"{_law_of(path, target)}: contrasts of {name}"
            yield Signature("law not matched", about, _word(off > CONTRAST), said, f"above {CONTRAST}")


def _pairs(made: Array, real: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    return (made, real), (real[::2], real[1::2])


def _law_of(path: Path, target: str) -> str:
    return f"{path}, into {target}"


# ------------------------------------------------------------------------------------------------ equations


def _equations(maps: FunctorMaps) -> Iterator[Signature]:
    for demand in maps.whole.demands:
        yield _equation(maps, demand)


def _equation(maps: FunctorMaps, demand: Demand) -> Signature:
    name, threshold = "does not satisfy the equation", f"above {GAP} in some factor"
    starts = [path for path in measured(maps.whole, demand) if path.source in maps.tables]
    if not starts:
        return Signature(name, str(demand.equation), "not decided", "there are no examples to start from", threshold)
    worst = max((gap(maps, demand, start) for start in starts), key=lambda each: each[0])
    weight = " (its weight is 0: it was not asked for)" if demand.weight == 0 else ""
    said = f"mean distance of the sides {short(worst[0])} of that of unrelated examples, in {worst[1]}{weight}"
    return Signature(name, str(demand.equation), _word(worst[0] > GAP), said, threshold)


def gap(maps: FunctorMaps, demand: Demand, start: Path) -> tuple[float, str]:
    """The largest mean distance of both sides in a factor, as a share, and that factor."""
    left, right = (maps.image(Path(start.source, start.edges + side.edges)) for side in (demand.lhs, demand.rhs))
    target = maps.whole.schema.target(demand.lhs)
    other = maps.tables.get(target, right)
    found = [
        (share(apart(left[:, part], right[:, part]), max(unrelated(right[:, part]), unrelated(other[:, part]))), name)
        for name, part in factors(maps.whole, target)
    ]
    return max(found)


# ------------------------------------------------------------------------------------------------ arrows


@dataclass(frozen=True, slots=True)
class _Part:
    """A factor of what an arrow is given beside one of the same shape of what it makes."""

    about: str
    given: slice
    made: slice


def _parts(maps: FunctorMaps, arrow: Arrow) -> list[_Part]:
    """Where an arrow could do nothing: the whole, or a factor of one end and a factor of the other (or the whole)."""
    whole = maps.whole
    if whole.dimension(arrow.source) == whole.dimension(arrow.target):
        return [_Part(arrow.name, slice(None), slice(None))]
    return [
        _Part(f"{arrow.name}, {there} as {here}", given, made)
        for here, given in factors(whole, arrow.source)
        for there, made in factors(whole, arrow.target)
        if whole.leaves(here) == whole.leaves(there)
    ]


def _nothing(maps: FunctorMaps, arrow: Arrow) -> Iterator[Signature]:
    given, made, truth = maps.tables[arrow.source], maps.image(_path(arrow)), maps.truth(arrow.name)
    for part in _parts(maps, arrow):
        x = given[:, part.given]
        moved = share(apart(made[:, part.made], x), unrelated(x))
        word, said = moved <= NOTHING, f"mean |{arrow.name}(x) - x| is {short(moved)} of the distance of unrelated x"
        if word and truth is not None and share(apart(truth[:, part.made], x), unrelated(x)) <= NOTHING:  # not for nan
            word, said = False, f"{said}; so is the truth"
        yield Signature("does nothing", part.about, _word(word), said, f"at most {NOTHING}")


def _constant(maps: FunctorMaps, arrow: Arrow) -> Iterator[Signature]:
    """Everything at one point; or one factor of a product."""
    made, truth = maps.image(_path(arrow)), maps.truth(arrow.name)
    compared = truth if truth is not None and np.isfinite(truth).all() else maps.tables.get(arrow.target)
    parts = [(None, slice(None)), *factors(maps.whole, arrow.target)] if maps.whole.thing(arrow.target).product else []
    spreads = {}
    for name, part in parts or [(None, slice(None))]:
        scale = unrelated(compared[:, part]) if compared is not None else unrelated(maps.tables[arrow.source])
        spreads[name] = share(unrelated(made[:, part]), scale) if scale > TINY else 1.0
    beside = "that of the data" if compared is not None else "that of what it is given: the target has no data"
    for name, ratio in spreads.items():
        kind, about = ("constant", arrow.name) if name is None else ("collapsed latent", f"{name} of {arrow.name}")
        said = f"unrelated images differ by {short(ratio)} of {beside}"
        yield Signature(kind, about, _word(ratio <= CONSTANT), said, f"at most {CONSTANT}")


def _ignored(maps: FunctorMaps, arrow: Arrow) -> Iterator[Signature]:
    """Whether a factor of what an arrow is given could as well be that of another example."""
    if not maps.whole.thing(arrow.source).product:
        return
    given, made = maps.tables[arrow.source], maps.image(_path(arrow))
    for name, part in factors(maps.whole, arrow.source):
        about, threshold = f"{name} in {arrow.name}", f"at most {IGNORED}"
        if unrelated(made) <= TINY:
            yield Signature("ignored latent", about, "not decided", f"{arrow.name} is constant", threshold)
            continue
        mixed = given.copy()
        mixed[:, part] = np.roll(given[:, part], 7, axis=0)
        change = share(apart(maps.applied(arrow.name, mixed), made), unrelated(made))
        word, said = (
            change <= IGNORED,
            f"with another {name} an image moves by {short(change)} of that of unrelated ones",
        )
        truth, other = maps.truth(arrow.name), true_images(maps.whole, arrow.name, {arrow.source: mixed})
        if word and truth is not None and other is not None and share(apart(truth, other), unrelated(truth)) <= IGNORED:
            word, said = False, f"{said}; so it is of the truth"
        yield Signature("ignored latent", about, _word(word), said, threshold)


def _automorphism(maps: FunctorMaps, arrow: Arrow, known: list[Signature], own: list[Signature]) -> Signature:
    """The laws and the equations hold, and the map is another one. How much of the truth can be read off it is told."""
    name, truth = "wrong automorphism", maps.truth(arrow.name)
    threshold = f"the laws and equations hold and the error is above {FAR}"
    if truth is None:
        return Signature(name, arrow.name, "not decided", "no truth is given of each image", threshold)
    error, said = _error(maps, arrow, truth)
    others = [each for each in (*own, *known) if each.word == "found" and (each in own or _concerns(maps, arrow, each))]
    if error > FAR and others:
        said += f"; it fails in another way: {others[0].name}"
    return Signature(name, arrow.name, _word(error > FAR and not others), said, threshold)


def _error(maps: FunctorMaps, arrow: Arrow, truth: Array) -> tuple[float, str]:
    """The error in the worst of the factors whose truth is known, as a share; and how much of the truth is there."""
    made, parts = maps.image(_path(arrow)), factors(maps.whole, arrow.target)
    known = {name: part for name, part in parts if np.isfinite(truth[:, part]).all()}
    error = max(share(apart(made[:, part], truth[:, part]), unrelated(truth[:, part])) for part in known.values())
    columns = np.isfinite(truth).all(axis=0)
    exact, up_to = recovery(made[:, columns], truth[:, columns])
    said = f"error {short(error)} of the distance of unrelated examples; R² {short(exact)}"
    said += f", up to an automorphism {short(up_to)}"
    return error, said + f" (in {', '.join(known)}: of other factors no truth is given)" * (len(known) < len(parts))


def _concerns(maps: FunctorMaps, arrow: Arrow, each: Signature) -> bool:
    """Whether it is about the law of a path along the arrow, or an equation with it."""
    laws = [_law_of(path, maps.whole.schema.target(path)) for path in maps.whole.matched if arrow.name in path.edges]
    demands = [str(d.equation) for d in maps.whole.demands if arrow.name in d.lhs.edges + d.rhs.edges]
    return each.about in demands or any(each.about.startswith(law) for law in laws)


def _path(arrow: Arrow) -> Path:
    return Path(arrow.source, (arrow.name,))
