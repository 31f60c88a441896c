"""Objects: trees built from the unit, spaces R^shape and pairs. Brackets and units are never forgotten.

Equal objects are one object (``verified_cat.shared``), so trees of any depth are compared and hashed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Any, ClassVar, NoReturn

from verified_cat.errors import ShapeError
from verified_cat.shared import Shared
from verified_cat.shown import Written


class Ob(Written, metaclass=Shared):
    """An object of the free monoidal category. ``a @ b`` is the product a ⊗ b, bracketed as written."""

    __slots__ = ("__weakref__",)

    def __reduce__(self) -> tuple[type[Ob], tuple[Any, ...]]:
        return type(self), ()

    def __matmul__(self, other: Ob) -> Pair:
        if not isinstance(other, Ob):
            raise TypeError(f"an object is paired with an object, not with {other!r} ({type(other).__name__})")
        return Pair(self, other)


@dataclass(frozen=True, slots=True, eq=False)
class Unit(Ob):
    """The monoidal unit 1; its only value is the empty tuple."""

    def __str__(self) -> str:
        return "1"


@dataclass(frozen=True, slots=True, eq=False)
class Space(Ob):
    """R^shape. ``shape`` is a tuple of lengths, () for a scalar; a length may be 0 (an empty array)."""

    shape: tuple[int, ...] = ()
    _checked: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not isinstance(self.shape, tuple) or not all(
            isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in self.shape
        ):
            raise TypeError(f"a shape is a tuple of lengths >= 0, not {self.shape!r}")

    def __reduce__(self) -> tuple[type[Ob], tuple[Any, ...]]:
        return type(self), (self.shape,)

    def __str__(self) -> str:
        return f"R[{','.join(map(str, self.shape))}]" if self.shape else "R"


@dataclass(frozen=True, slots=True, eq=False)
class Sort(Ob):
    """An opaque object: nothing is known of its values. Solvers read it as an uninterpreted sort."""

    name: str

    def __reduce__(self) -> tuple[type[Ob], tuple[Any, ...]]:
        return type(self), (self.name,)

    @property
    def shape(self) -> NoReturn:
        """Raises ShapeError: an operation of the table has no instance here."""
        raise ShapeError(f"{self.name} is opaque: it has no shape, and no operation of the table is one of it")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pair(Ob):
    """left ⊗ right; a value is the Python pair of a left and a right value.

    The number of leaves is kept, and nothing here recurses: a tree may be deeper than the stack.
    """

    left: Ob
    right: Ob
    _leaves: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_leaves", leaf_count(self.left) + leaf_count(self.right))

    def __reduce__(self) -> tuple[type[Ob], tuple[Any, ...]]:
        return type(self), (self.left, self.right)

    def __repr__(self) -> str:
        return _written(self, repr, "Pair(left=", ", right=", ")")

    def __str__(self) -> str:
        return _written(self, str, "(", " ⊗ ", ")")


def _written(ob: Ob, atom: Callable[[Ob], str], opening: str, between: str, closing: str) -> str:
    """The tree as text, with ``atom`` of what is no pair."""
    text: list[str] = []
    pending: list[Ob | str] = [ob]
    while pending:
        here = pending.pop()
        if isinstance(here, Pair):
            pending += [closing, here.right, between, here.left, opening]
        else:
            text.append(here if isinstance(here, str) else atom(here))
    return "".join(text)


UNIT = Unit()
SCALAR = Space(())


def space(*shape: int) -> Space:
    """R^shape, from the lengths: ``space(2, 3)`` is the 2 by 3 matrices, ``space()`` the scalars."""
    return Space(shape)


def leaves(ob: Ob) -> Iterator[Ob]:
    """The spaces and sorts of a tree from left to right; the unit contributes none."""
    pending = [ob]
    while pending:
        here = pending.pop()
        if isinstance(here, Pair):
            pending += [here.right, here.left]
        elif not isinstance(here, Unit):
            yield here


def leaf_count(ob: Ob) -> int:
    """How many leaves a tree has."""
    return ob._leaves if isinstance(ob, Pair) else int(not isinstance(ob, Unit))


def size(ob: Ob) -> int:
    """dim A: how many numbers a value of A holds. Raises ShapeError on an opaque sort, which has no dimension."""
    total = 0
    for leaf in leaves(ob):
        if not isinstance(leaf, Space):
            raise ShapeError(f"{leaf} is opaque: it has no dimension")
        total += prod(leaf.shape)
    return total


def fold(ob: Ob, *, unit: Any, leaf: Callable[[Any], Any], pair: Callable[[Any, Any], Any]) -> Any:
    """The homomorphism out of the trees: ``unit`` at 1, ``leaf(A)`` at spaces and sorts, ``pair(x, y)`` at pairs.

    From left to right, and without recursion.
    """
    images: list[Any] = []
    pending: list[Ob | None] = [ob]
    while pending:
        here = pending.pop()
        if here is None:
            right, left = images.pop(), images.pop()
            images.append(pair(left, right))
        elif isinstance(here, Pair):
            pending += [None, here.right, here.left]
        else:
            images.append(unit if isinstance(here, Unit) else leaf(here))
    return images[0]


def flatten(ob: Ob, value: Any) -> list[Any]:
    """The leaf values of a value of ``ob``, left to right. Raises ValueError where the value has another bracketing."""
    found: list[Any] = []
    pending = [(ob, value)]
    while pending:
        here, part = pending.pop()
        if isinstance(here, Pair):
            if not isinstance(part, tuple) or len(part) != 2:
                raise ValueError(f"a value of {here} is a pair, not {part!r}")
            pending += [(here.right, part[1]), (here.left, part[0])]
        elif not isinstance(here, Unit):
            found.append(part)
        elif not isinstance(part, tuple) or part:
            raise ValueError(f"the value of 1 is the empty tuple, not {part!r}")
    return found


def unflatten(ob: Ob, values: list[Any]) -> Any:
    """The value of ``ob`` with these leaf values; inverse of :func:`flatten`. Raises ValueError on a wrong count."""
    count = leaf_count(ob)
    if len(values) != count:
        raise ValueError(f"{ob} has {count} leaves; {len(values)} values were given")
    supply = iter(values)
    return fold(ob, unit=(), leaf=lambda _: next(supply), pair=lambda left, right: (left, right))
