"""Random objects, terms and exact values, from any source of choices: a seeded generator or Hypothesis.

Terms are built to fit their boundary, so nothing is thrown away, and every elementary function is applied where it is
defined. What the entries of values are like is said in ``verified_cat.textures``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from verified_cat import forms, textures
from verified_cat.engine import Exact
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, Unit, fold, size
from verified_cat.primitives import Shape
from verified_cat.terms import (
    Associator,
    AssociatorInverse,
    Copy,
    Discard,
    Identity,
    LeftUnitor,
    LeftUnitorInverse,
    Pairing,
    RightUnitor,
    RightUnitorInverse,
    Swap,
    Term,
)

Choose = textures.Choose


@dataclass(frozen=True, slots=True)
class Style:
    """Which maps are drawn: "linear", "polynomial", "smooth" or "any" (with kinks); ``fuel`` bounds their size."""

    kind: str = "any"
    fuel: int = 2

    def __post_init__(self) -> None:
        if self.kind not in ("linear", "polynomial", "smooth", "any"):
            raise ValueError(f"a style is linear, polynomial, smooth or any, not {self.kind!r}")


def seeded(seed: int) -> Choose:
    """A source of choices that depends on ``seed`` alone."""
    return Random(seed).choice


_SPACES: tuple[Ob, ...] = (SCALAR, Space((2,)), Space((3,)), Space((2, 3)), Space((2, 2)), Space((1,)))
_RARE: tuple[Ob, ...] = (UNIT, UNIT, UNIT, Space((0,)), Space((0,)), Space((2, 2, 2)), Space((2, 1, 3)), Space((9,)))

_watching: list[Callable[[Any], None]] = []


@contextmanager
def watched(note: Callable[[Any], None]) -> Iterator[None]:
    """Within it, ``note`` is told every object and term that is drawn."""
    _watching.append(note)
    try:
        yield
    finally:
        _watching.remove(note)


def _told(drawn: Any) -> Any:
    for note in _watching:
        note(drawn)
    return drawn


def draw_object(choose: Choose, depth: int = 2) -> Ob:
    """A small object: scalars, vectors, matrices that are not square, a (nested) pair; now and then 1, an empty space,
    an array of three axes or a longer one."""
    return _told(_object(choose, depth))  # type: ignore[no-any-return]


def _object(choose: Choose, depth: int) -> Ob:
    form = choose(("space", "space", "space", "rare", "pair")) if depth else choose(("space", "space", "space", "rare"))
    if form == "pair":
        left = _object(choose, depth - 1)
        return Pair(left, choose((left, _object(choose, depth - 1))))
    return choose(_RARE if form == "rare" else _SPACES)  # type: ignore[no-any-return]


def draw_exact(choose: Choose, ob: Ob) -> Exact:
    """An exact value of ``ob``."""
    return _value(ob, lambda shape: textures.entries(choose, shape))


def draw_special(choose: Choose, ob: Ob, precision: str) -> Exact:
    """A value of ``ob`` among the special floats of a precision: -0, infinities, NaN, the ends of the range."""
    return _value(ob, lambda shape: textures.special_entries(choose, shape, precision))


def _value(ob: Ob, leaf: Callable[[Shape], textures.Entries]) -> Exact:
    return fold(ob, unit=(), leaf=lambda space: leaf(space.shape), pair=lambda left, right: (left, right))


def draw_term(choose: Choose, dom: Ob, cod: Ob, style: Style) -> Term:
    """A term dom → cod in the given style, now and then through structural isomorphisms first."""
    turns: list[Term] = []
    for _ in range(choose((0, 0, 0, 0, 1, 2))):
        turns.append(_isomorphism(choose, turns[-1].cod if turns else dom))
    found = _to(choose, turns[-1].cod if turns else dom, cod, style)
    for turn in reversed(turns):
        found = turn >> found
    return _told(found)  # type: ignore[no-any-return]


def _isomorphism(choose: Choose, dom: Ob) -> Term:
    """A structural isomorphism out of ``dom``, at its top or within it; unitors go either way."""
    isos: list[Term] = [LeftUnitorInverse(dom), RightUnitorInverse(dom)]
    if not isinstance(dom, Pair):
        return choose([*isos, Identity(dom)])  # type: ignore[no-any-return]
    left, right = dom.left, dom.right
    isos += [Swap(left, right)] * 2
    isos += [LeftUnitor(right)] * 3 if isinstance(left, Unit) else []
    isos += [RightUnitor(left)] * 3 if isinstance(right, Unit) else []
    isos += [Associator(left.left, left.right, right)] * 2 if isinstance(left, Pair) else []
    isos += [AssociatorInverse(left, right.left, right.right)] * 2 if isinstance(right, Pair) else []
    found: Term | None = choose([*isos, None])
    return _isomorphism(choose, left) @ _isomorphism(choose, right) if found is None else found


def _to(choose: Choose, dom: Ob, cod: Ob, style: Style) -> Term:
    if isinstance(cod, Unit):
        return Discard(dom)
    if isinstance(cod, Pair):
        if isinstance(dom, Pair) and choose((True, False)):
            return _to(choose, dom.left, cod.left, style) @ _to(choose, dom.right, cod.right, style)
        if cod.left == cod.right and choose((True, False, False)):
            return _to(choose, dom, cod.left, style) >> Copy(cod.left)
        return Pairing(_to(choose, dom, cod.left, style), _to(choose, dom, cod.right, style))
    assert isinstance(cod, Space)
    return forms.leaf(choose, dom, cod.shape, style.kind, style.fuel)


def is_trivial(ob: Ob) -> bool:
    """Whether an object holds no numbers at all, so that every equation between maps into it holds for nothing."""
    return size(ob) == 0
