"""Random objects, terms and exact values, from any source of choices: a seeded generator or Hypothesis.

Terms are built to fit their boundary, so nothing is thrown away, and every elementary function is applied where it is
defined. Numbers are k/8, which every engine holds exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from random import Random
from typing import Any

from verified_cat import primitives as p
from verified_cat.engine import Exact
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, Unit, fold, leaves, size
from verified_cat.primitives import Shape
from verified_cat.terms import (
    Associator,
    AssociatorInverse,
    Copy,
    Discard,
    First,
    Identity,
    LeftUnitorInverse,
    Pairing,
    RightUnitorInverse,
    Second,
    Swap,
    Term,
)

Choose = Callable[[Sequence[Any]], Any]
Unary = Callable[[Shape], Term]


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


_SPACES: tuple[Ob, ...] = (SCALAR, Space((2,)), Space((3,)), Space((2, 3)), Space((1,)))
_RARE: tuple[Ob, ...] = (UNIT, Space((0,)), Space((2, 2)))


def draw_object(choose: Choose, depth: int = 2) -> Ob:
    """A small object: scalars, vectors, non-square matrices, now and then 1, an empty space or a (nested) pair."""
    form = choose(("space", "space", "space", "rare", "pair")) if depth else choose(("space", "space", "space", "rare"))
    if form == "pair":
        left = draw_object(choose, depth - 1)
        return Pair(left, choose((left, draw_object(choose, depth - 1))))
    return choose(_RARE if form == "rare" else _SPACES)  # type: ignore[no-any-return]


_EIGHTHS = tuple(Fraction(k, 8) for k in (0, 1, -1, 3, -5, 8, -8, 12, 2, -7, 16, -16, 5))


def draw_number(choose: Choose) -> Fraction:
    """k/8 with |k| ≤ 16, zero and ones among them."""
    return choose(_EIGHTHS)  # type: ignore[no-any-return]


def draw_exact(choose: Choose, ob: Ob) -> Exact:
    """An exact value of ``ob``: each leaf a flat tuple of eighths."""
    return fold(
        ob,
        unit=(),
        leaf=lambda leaf: tuple(draw_number(choose) for _ in range(prod(leaf.shape))),
        pair=lambda left, right: (left, right),
    )


def draw_term(choose: Choose, dom: Ob, cod: Ob, style: Style) -> Term:
    """A term dom → cod in the given style, now and then through a structural isomorphism first."""
    turn = choose(("plain", "plain", "turn"))
    if turn == "turn":
        iso: Term = choose(_isomorphisms(dom))
        return iso >> _to(choose, iso.cod, cod, style)
    return _to(choose, dom, cod, style)


def _isomorphisms(dom: Ob) -> list[Term]:
    isos: list[Term] = [LeftUnitorInverse(dom), RightUnitorInverse(dom), Identity(dom)]
    if isinstance(dom, Pair):
        isos += [Swap(dom.left, dom.right), Identity(dom.left) @ Identity(dom.right)]
        if isinstance(dom.left, Pair):
            isos.append(Associator(dom.left.left, dom.left.right, dom.right))
        if isinstance(dom.right, Pair):
            isos.append(AssociatorInverse(dom.left, dom.right.left, dom.right.right))
    return isos


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
    return _leaf(choose, dom, cod.shape, style.kind, style.fuel)


def _leaf(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    if fuel == 0:
        return _read(choose, dom, shape, kind)
    forms = ["read", "sum of two", "scale", "negate", "sum", "broadcast", "permute"]
    if kind != "linear":
        forms += ["product", "product", "contract", "shifted"]
    if kind in ("smooth", "any"):
        forms += ["bounded", "bounded", "guarded"]
    if kind == "any":
        forms += ["kinked"]
    return _FORMS[choose(forms)](choose, dom, shape, kind, fuel - 1)


def _read(choose: Choose, dom: Ob, shape: Shape, kind: str) -> Term:
    """Some leaf of the domain, fitted to ``shape``; a constant where there is none."""
    paths = _paths(dom)
    if not paths:
        return Discard(dom) >> p.constant(shape, 0 if kind == "linear" else draw_number(choose))
    path: Term = choose(paths)
    assert isinstance(path.cod, Space)
    return path if path.cod.shape == shape else path >> _fit(path.cod.shape, shape)


def _paths(dom: Ob) -> list[Term]:
    """The projections of ``dom`` to its spaces."""
    if isinstance(dom, Pair):
        left: list[Term] = [First(dom.left, dom.right) >> path for path in _paths(dom.left)]
        return left + [Second(dom.left, dom.right) >> path for path in _paths(dom.right)]
    return [] if isinstance(dom, Unit) else [Identity(dom)]


def _fit(old: Shape, new: Shape) -> Term:
    """A linear map R^old → R^new: a reshape where the sizes agree, else the sum, repeated."""
    if prod(old) == prod(new):
        return p.reshape(old, new)
    whole = p.sum_axes(old)
    return whole >> p.broadcast(new, tuple(range(len(new)))) if new else whole


def _sum_of_two(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return Pairing(_leaf(choose, dom, shape, kind, fuel), _leaf(choose, dom, shape, kind, fuel)) >> p.add(shape)


def _product(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return Pairing(_leaf(choose, dom, shape, kind, fuel), _leaf(choose, dom, shape, kind, fuel)) >> p.multiply(shape)


def _scaled(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return _leaf(choose, dom, shape, kind, fuel) >> p.scale(draw_number(choose), shape)


def _negated(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return _leaf(choose, dom, shape, kind, fuel) >> p.negate(shape)


def _summed(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    axis = choose(range(len(shape) + 1))
    wide = (*shape[:axis], 2, *shape[axis:])
    return _leaf(choose, dom, wide, kind, fuel) >> p.sum_axes(wide, (axis,))


def _repeated(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    if not shape:
        return _leaf(choose, dom, shape, kind, fuel)
    axis = choose(range(len(shape)))
    return _leaf(choose, dom, shape[:axis] + shape[axis + 1 :], kind, fuel) >> p.broadcast(shape, (axis,))


def _permuted(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return _leaf(choose, dom, shape[::-1], kind, fuel) >> p.permute(shape[::-1], tuple(range(len(shape)))[::-1])


def _contracted(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """A matrix product of two drawn factors, over a length of 2."""
    letters = "ijklmnopq"[: len(shape)]
    cut = choose(range(len(shape) + 1))
    left, right = (*shape[:cut], 2), (2, *shape[cut:])
    product = p.contract(f"{letters[:cut]}z,z{letters[cut:]}->{letters}", left, right)
    return Pairing(_leaf(choose, dom, left, kind, fuel), _leaf(choose, dom, right, kind, fuel)) >> product


def _shifted(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    shift = Discard(dom) >> p.constant(shape, draw_number(choose))
    return Pairing(_leaf(choose, dom, shape, kind, fuel), shift) >> p.add(shape)


def _bounded(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """A function with values in a bounded interval; exp after such a one, so that towers do not overflow."""
    function: Unary = choose((p.tanh, p.sigmoid, p.sin, p.cos))
    inner = _leaf(choose, dom, shape, kind, fuel) >> function(shape)
    return inner >> p.exp(shape) if choose((False, False, True)) else inner


def _guarded(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """log, sqrt or 1/x of 1 + y², which is never near the edge of the domain."""
    square = _leaf(choose, dom, shape, kind, fuel) >> Copy(Space(shape)) >> p.multiply(shape)
    safe = Pairing(Discard(dom) >> p.constant(shape, 1), square) >> p.add(shape)
    function: Unary = choose((p.log, p.sqrt, p.reciprocal))
    return safe >> function(shape)


def _kinked(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    function: Unary = choose((p.relu, p.relu, p.step))
    return _leaf(choose, dom, shape, kind, fuel) >> function(shape)


def _plain_read(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return _read(choose, dom, shape, kind)


_FORMS: dict[str, Callable[[Choose, Ob, Shape, str, int], Term]] = {
    "read": _plain_read,
    "sum of two": _sum_of_two,
    "product": _product,
    "scale": _scaled,
    "negate": _negated,
    "sum": _summed,
    "broadcast": _repeated,
    "permute": _permuted,
    "contract": _contracted,
    "shifted": _shifted,
    "bounded": _bounded,
    "guarded": _guarded,
    "kinked": _kinked,
}


def is_trivial(ob: Ob) -> bool:
    """Whether an object holds no numbers at all, so that every equation between maps into it holds for nothing."""
    return not any(True for _ in leaves(ob)) or size(ob) == 0
