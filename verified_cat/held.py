"""Morphisms of another's category, held: their boundary, and the parts that are read off what is observed of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from verified_cat.errors import VerifiedCatError
from verified_cat.functions import Arrow, Run, Value
from verified_cat.objects import Ob, Pair, leaves, size, unflatten

if TYPE_CHECKING:
    from verified_cat.own import OwnCategory

Probe = Callable[[Any, Any], Any]
"""A, B ↦ a generic additive map A → B, at which a continuation is seen."""


class Unstated(VerifiedCatError):
    """A law cannot be stated in a category of another's: it asks for more than there is."""


class OwnFault(VerifiedCatError):
    """Code of another's raised an exception, or did not give what it has to."""


class Held:
    """A morphism of a category of another's. The suite reads its boundary, and its parts off what is observed."""

    __slots__ = ("_arrow", "_category", "_inside")

    def __init__(self, category: OwnCategory, inside: Any) -> None:
        self._category = category
        self._inside = inside
        self._arrow: Arrow | None = None

    def __repr__(self) -> str:
        return f"a morphism of {self._category.name}"

    def seen(self, probe: Probe | None = None) -> Arrow:
        """What is observed of the morphism. Raises OwnFault where it is no arrow, or has another boundary."""
        if self._arrow is None:
            self._arrow = self._category.observation(self, probe)
        return self._arrow

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        category = self._category
        if name in ("dom", "cod"):  # a morphism of Dual is a function the other way, and its boundary is that one's
            return getattr(self.seen(), name) if category.world == "dual" else getattr(category, name)(self)
        part = PARTS.get((category.world, name))
        if part is None:
            raise Unstated(f"the law reads `{name}` of a morphism")
        return part(self)


# ------------------------------------------------------------------------------------------------ parts of morphisms


def _nothing(held: Held, ob: Ob) -> Value:
    """0 of an object, where a part of a morphism does not depend on the other half of what is observed."""
    zeros: list[Any] = [(Fraction(0),) * size(leaf) for leaf in leaves(ob)]
    return held._category.engine.lift(ob, unflatten(ob, zeros))


def _run(held: Held) -> Run:
    return held.seen().run


def _differentiable(held: Held) -> Run:
    """a ↦ (f(a), f'(a)), from (a, v) ↦ (f(a), f'(a)(v))."""
    seen = held.seen()
    assert isinstance(seen.dom, Pair)
    assert isinstance(seen.cod, Pair)
    source, target = seen.dom.right, seen.cod.right

    def run(a: Value) -> Value:
        b, _ = seen.run((a, _nothing(held, source)))
        return b, Arrow(source, target, lambda v: seen.run((a, v))[1])

    return run


def _half(held: Held, *, forward: bool) -> Arrow:
    """get or put of a lens, from (a, b') ↦ (get(a), put(a, b'))."""
    seen = held.seen()
    assert isinstance(seen.dom, Pair)
    assert isinstance(seen.cod, Pair)
    a, back = seen.dom.left, seen.dom.right
    if forward:
        return Arrow(a, seen.cod.left, lambda x: seen.run((x, _nothing(held, back)))[0])
    return Arrow(seen.dom, seen.cod.right, lambda x: seen.run(x)[1])


def _implement(held: Held) -> Run:
    """I of a learner, from ((p, a), b) ↦ ((I, U), r)."""
    seen = held.seen()
    assert isinstance(seen.dom, Pair)
    asked = seen.dom.right
    return lambda pa: seen.run((pa, _nothing(held, asked)))[0][0]


def _param(held: Held) -> Ob:
    return held._category.param(held)  # type: ignore[no-any-return]


PARTS: dict[tuple[str, str], Callable[[Held], Any]] = {
    **{(world, "run"): _run for world in ("functions", "additive", "dual")},
    **{(world, "length"): lambda held: held.seen().length for world in ("functions", "additive", "dual")},
    **{(world, "run"): _differentiable for world in ("forward", "D")},
    ("lens", "get"): lambda held: _half(held, forward=True),
    ("lens", "put"): lambda held: _half(held, forward=False),
    **{(world, "param"): _param for world in ("para", "para over D", "para over lens", "learn")},
    **{
        (world, "inside"): lambda held: held._category.inside(held)
        for world in ("para", "para over D", "para over lens")
    },
    ("learn", "implement"): _implement,
    ("learn", "update"): lambda held: lambda x: held.seen().run(x)[0][1],
    ("learn", "request"): lambda held: lambda x: held.seen().run(x)[1],
}
"""The parts of a morphism that a law may read, by world: each is read off what is observed."""
