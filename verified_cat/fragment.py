"""Fragments: which terms can be drawn where a category lacks copies, tensors or some operations.

Over a plain category a term is a chain of operations; over a monoidal one it uses each input exactly once; over a
cartesian one it is any term (``verified_cat.draw``). So a category is never asked for what it does not claim to have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from verified_cat import primitives as p
from verified_cat.draw import Choose, Style, draw_exact, draw_object, draw_term
from verified_cat.errors import MissingOperation
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, Unit
from verified_cat.primitives import Shape
from verified_cat.terms import Identity, RightUnitorInverse, Swap, Term, operations

ATTEMPTS = 60


@dataclass(frozen=True, slots=True)
class Fragment:
    """The terms of a doctrine over some operations (by name; None for all of the table)."""

    doctrine: str = "cartesian"
    operations: frozenset[str] | None = None

    @property
    def pairs(self) -> bool:
        """Whether there are pairs of objects."""
        return self.doctrine != "category"

    @property
    def copies(self) -> bool:
        """Whether a value may be used twice, or not at all."""
        return self.doctrine in ("cartesian", "biproduct")

    def object(self, choose: Choose) -> Ob:
        """An object: without copies no unit, since nothing but 1 could be mapped to it; without a tensor no pair."""
        found = draw_object(choose, 2 if self.pairs else 0)
        return found if self.copies or not _has_unit(found) else SCALAR

    def term(self, choose: Choose, dom: Ob, cod: Ob, style: Style) -> Term:
        """A term dom → cod of the fragment. Raises MissingOperation where none was found."""
        for attempt in range(ATTEMPTS):
            fuel = max(0, style.fuel - attempt // 12)
            found = self._any(choose, dom, cod, Style(style.kind, fuel))
            if self.operations is None or {each.name for each in operations(found)} <= self.operations:
                return found
        known = ", ".join(sorted(self.operations or ()))
        raise MissingOperation(f"no {style.kind} map {dom} → {cod} was found with the operations {known} alone")

    def _any(self, choose: Choose, dom: Ob, cod: Ob, style: Style) -> Term:
        if self.copies:
            return draw_term(choose, dom, cod, style)
        return self._once(choose, dom, cod, style)

    def _once(self, choose: Choose, dom: Ob, cod: Ob, style: Style) -> Term:
        """A term that uses each leaf of its domain exactly once."""
        if dom == cod and choose((True, False, False, False)):
            return Identity(dom)
        if not self.pairs and (isinstance(dom, Pair) or isinstance(cod, Pair)):
            raise MissingOperation(f"there is no map {dom} → {cod} in a category without a tensor")
        if isinstance(dom, Pair) and isinstance(cod, Pair):
            if self.doctrine == "symmetric" and choose((True, False, False)):
                return Swap(dom.left, dom.right) >> self._once(choose, Pair(dom.right, dom.left), cod, style)
            return self._once(choose, dom.left, cod.left, style) @ self._once(choose, dom.right, cod.right, style)
        middle = self._gathered(choose, dom, style)
        return middle >> self._spread(choose, middle.cod, cod, style)

    def _gathered(self, choose: Choose, dom: Ob, style: Style) -> Term:
        """dom → R^shape: the leaves of a tree, added or multiplied."""
        if isinstance(dom, Unit):
            return p.constant((), 0 if style.kind == "linear" else _number(choose))
        if not isinstance(dom, Pair):
            return Identity(dom)
        left, right = self._gathered(choose, dom.left, style), self._gathered(choose, dom.right, style)
        assert isinstance(left.cod, Space)
        both = p.add if style.kind == "linear" else choose((p.add, p.multiply))
        return (left @ (right >> self._chain(choose, right.cod, left.cod, style))) >> both(left.cod.shape)

    def _spread(self, choose: Choose, dom: Ob, cod: Ob, style: Style) -> Term:
        """R^shape → cod: what there is goes to the left, and constants to the right."""
        if isinstance(cod, Unit):
            raise MissingOperation(f"there is no map {dom} → 1 in a category without a discard")
        if not isinstance(cod, Pair):
            return self._chain(choose, dom, cod, style)
        rest = self._once(choose, UNIT, cod.right, style)
        return RightUnitorInverse(dom) >> (self._spread(choose, dom, cod.left, style) @ rest)

    def _chain(self, choose: Choose, dom: Ob, cod: Ob, style: Style) -> Term:
        """Operations of one argument, one after another, R^old → R^new."""
        assert isinstance(dom, Space)
        assert isinstance(cod, Space)
        found: Term = Identity(dom)
        for step in [*_fitting(dom.shape, cod.shape), None]:
            for _ in range(choose(range(style.fuel + 1))):
                assert isinstance(found.cod, Space)
                found = found >> choose(list(_unary(style.kind, self.operations)))(choose, found.cod.shape)
            found = found if step is None else found >> step
        return found


EVERYTHING = Fragment()
"""All terms."""


def _number(choose: Choose) -> Fraction:
    (number,) = draw_exact(choose, SCALAR)
    return number  # type: ignore[no-any-return]


def _has_unit(ob: Ob) -> bool:
    return isinstance(ob, Unit) or (isinstance(ob, Pair) and (_has_unit(ob.left) or _has_unit(ob.right)))


def _fitting(old: Shape, new: Shape) -> list[Term]:
    """R^old → R^new in steps: the sum of everything, repeated."""
    if old == new:
        return []
    steps = [p.sum_axes(old)] if old else []
    return [*steps, p.broadcast(new, tuple(range(len(new))))] if new else steps


def _scaled(choose: Choose, shape: Shape) -> Term:
    return p.scale(_number(choose), shape)


def _always(make: Callable[[Shape], Term]) -> Callable[[Choose, Shape], Term]:
    return lambda _, shape: make(shape)


def _unary(kind: str, known: frozenset[str] | None) -> Iterator[Callable[[Choose, Shape], Term]]:
    """The operations of one argument of a kind of map, among those that are known; the identity where there is none."""
    named: dict[str, Callable[[Choose, Shape], Term]] = {"scale": _scaled, "negate": _always(p.negate)}
    if kind in ("smooth", "any"):
        named |= {"tanh": _always(p.tanh), "sigmoid": _always(p.sigmoid), "sin": _always(p.sin), "cos": _always(p.cos)}
    if kind == "any":
        named["relu"] = _always(p.relu)
    found = [make for name, make in named.items() if known is None or name in known]
    yield from found or [_always(lambda shape: Identity(Space(shape)))]
