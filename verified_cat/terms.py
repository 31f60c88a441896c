"""Terms: the free cartesian category over a signature of operations, as frozen syntax trees.

``f >> g`` is f then g, ``f @ g`` is f beside g. Nothing is normalised: associativity and the unit laws are laws to be
checked, not built in. ``repr`` evaluates to an equal term, ``str`` is what one writes on a blackboard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, runtime_checkable

from verified_cat.errors import BoundaryError, must_meet
from verified_cat.objects import UNIT, Ob, Pair
from verified_cat.shared import Shared
from verified_cat.shown import Written

X = TypeVar("X")


@runtime_checkable
class Operation(Protocol):
    """What a generator carries: a name and a boundary. Primitives and free symbols are operations."""

    @property
    def name(self) -> str: ...
    @property
    def dom(self) -> Ob: ...
    @property
    def cod(self) -> Ob: ...


class Term(Written, metaclass=Shared):
    """A morphism dom → cod of the free cartesian category. Frozen; equal terms are one object.

    Iterating a construction such as R builds the same subterms over and over; shared, they stay few.
    """

    __slots__ = ("__weakref__", "_data", "_parts", "cod", "dom")

    dom: Ob
    cod: Ob
    _parts: tuple[Term, ...]
    _data: tuple[Any, ...]

    def _init(self, dom: Ob, cod: Ob, parts: tuple[Term, ...] = (), data: tuple[Any, ...] = ()) -> None:
        object.__setattr__(self, "dom", dom)
        object.__setattr__(self, "cod", cod)
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "_data", data)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a term is frozen; {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a term is frozen; {name!r} cannot be deleted")

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (*self._parts, *self._data))

    def __rshift__(self, other: Term) -> Compose:
        """f >> g is f then g. Raises BoundaryError where cod f is not dom g."""
        if not isinstance(other, Term):
            raise BoundaryError(f"a term composes with a term, not with {type(other).__name__} {other!r}")
        return Compose(self, other)

    def __matmul__(self, other: Term) -> Tensor:
        """f @ g is f ⊗ g, f beside g."""
        if not isinstance(other, Term):
            raise BoundaryError(f"a term stands beside a term, not beside {type(other).__name__} {other!r}")
        return Tensor(self, other)

    def __repr__(self) -> str:
        return fold(self, _repr)

    def __str__(self) -> str:
        return fold(self, _blackboard)


class Identity(Term):
    """id_A : A → A."""

    __slots__ = ()

    def __init__(self, ob: Ob) -> None:
        self._init(ob, ob, data=(ob,))


class Compose(Term):
    """first ; second : A → C, for first : A → B and second : B → C. Raises BoundaryError where they do not meet."""

    __slots__ = ()

    def __init__(self, first: Term, second: Term) -> None:
        if first.cod is not second.dom:
            must_meet("term", brief(first), brief(second), first.cod, second.dom)
        self._init(first.dom, second.cod, parts=(first, second))


class Tensor(Term):
    """left ⊗ right : A ⊗ C → B ⊗ D."""

    __slots__ = ()

    def __init__(self, left: Term, right: Term) -> None:
        self._init(Pair(left.dom, right.dom), Pair(left.cod, right.cod), parts=(left, right))


class Associator(Term):
    """α : (A ⊗ B) ⊗ C → A ⊗ (B ⊗ C)."""

    __slots__ = ()

    def __init__(self, a: Ob, b: Ob, c: Ob) -> None:
        self._init(Pair(Pair(a, b), c), Pair(a, Pair(b, c)), data=(a, b, c))


class AssociatorInverse(Term):
    """α⁻¹ : A ⊗ (B ⊗ C) → (A ⊗ B) ⊗ C."""

    __slots__ = ()

    def __init__(self, a: Ob, b: Ob, c: Ob) -> None:
        self._init(Pair(a, Pair(b, c)), Pair(Pair(a, b), c), data=(a, b, c))


class LeftUnitor(Term):
    """λ : 1 ⊗ A → A."""

    __slots__ = ()

    def __init__(self, a: Ob) -> None:
        self._init(Pair(UNIT, a), a, data=(a,))


class LeftUnitorInverse(Term):
    """λ⁻¹ : A → 1 ⊗ A."""

    __slots__ = ()

    def __init__(self, a: Ob) -> None:
        self._init(a, Pair(UNIT, a), data=(a,))


class RightUnitor(Term):
    """ρ : A ⊗ 1 → A."""

    __slots__ = ()

    def __init__(self, a: Ob) -> None:
        self._init(Pair(a, UNIT), a, data=(a,))


class RightUnitorInverse(Term):
    """ρ⁻¹ : A → A ⊗ 1."""

    __slots__ = ()

    def __init__(self, a: Ob) -> None:
        self._init(a, Pair(a, UNIT), data=(a,))


class Swap(Term):
    """σ : A ⊗ B → B ⊗ A."""

    __slots__ = ()

    def __init__(self, a: Ob, b: Ob) -> None:
        self._init(Pair(a, b), Pair(b, a), data=(a, b))


class Copy(Term):
    """Δ : A → A ⊗ A."""

    __slots__ = ()

    def __init__(self, a: Ob) -> None:
        self._init(a, Pair(a, a), data=(a,))


class Discard(Term):
    """! : A → 1."""

    __slots__ = ()

    def __init__(self, a: Ob) -> None:
        self._init(a, UNIT, data=(a,))


class First(Term):
    """π₀ : A ⊗ B → A."""

    __slots__ = ()

    def __init__(self, a: Ob, b: Ob) -> None:
        self._init(Pair(a, b), a, data=(a, b))


class Second(Term):
    """π₁ : A ⊗ B → B."""

    __slots__ = ()

    def __init__(self, a: Ob, b: Ob) -> None:
        self._init(Pair(a, b), b, data=(a, b))


class Pairing(Term):
    """⟨f, g⟩ : A → B ⊗ C, for f : A → B and g : A → C. Raises BoundaryError where the domains differ."""

    __slots__ = ()

    def __init__(self, left: Term, right: Term) -> None:
        if left.dom != right.dom:
            raise BoundaryError(
                f"term: {brief(left)} and {brief(right)} are not paired: the first starts from {left.dom}, "
                f"the second from {right.dom}"
            )
        self._init(left.dom, Pair(left.cod, right.cod), parts=(left, right))


class Generator(Term):
    """An operation of the signature as a term."""

    __slots__ = ()

    def __init__(self, operation: Operation) -> None:
        self._init(operation.dom, operation.cod, data=(operation,))

    @property
    def operation(self) -> Operation:
        """The operation that this generator carries."""
        return self._data[0]  # type: ignore[no-any-return]


def fold(term: Term, algebra: Callable[[Term, list[X]], X]) -> X:
    """The homomorphism out of the terms: ``algebra(node, images of its parts)``, each shared subterm once.

    Iterative, so the depth of a term is not limited by the interpreter's stack.
    """
    images: dict[int, X] = {}
    pending = [term]
    while pending:
        known: list[X] = []
        for part in pending[-1]._parts:
            if id(part) not in images:
                pending.append(part)
                break
            known.append(images[id(part)])
        else:
            node = pending.pop()
            images[id(node)] = algebra(node, known)
    return images[id(term)]


def operations(term: Term) -> list[Operation]:
    """The operations of a term, each distinct generator node once, in the order in which they are first met."""
    found: list[Operation] = []

    def collect(node: Term, _: list[None]) -> None:
        if isinstance(node, Generator):
            found.append(node.operation)

    fold(term, collect)
    return found


def count(term: Term) -> int:
    """The number of nodes of the tree (a shared subterm counts each time)."""
    return fold(term, lambda _, parts: 1 + sum(parts))


def brief(term: Term, limit: int = 60) -> str:
    """The blackboard form with its boundary, cut to ``limit`` characters, for messages."""
    text = str(term) if count(term) <= 200 else type(term).__name__
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"[{short} : {term.dom} → {term.cod}]"


def _repr(node: Term, parts: list[str]) -> str:
    if isinstance(node, Generator):
        return repr(node.operation)
    inside = [*parts, *map(repr, node._data)]
    return f"{type(node).__name__}({', '.join(inside)})"


_SYMBOL = {
    "Identity": "id", "Associator": "α", "AssociatorInverse": "α⁻¹", "LeftUnitor": "λ", "LeftUnitorInverse": "λ⁻¹",
    "RightUnitor": "ρ", "RightUnitorInverse": "ρ⁻¹", "Swap": "σ", "Copy": "Δ", "Discard": "!", "First": "π₀",
    "Second": "π₁",
}  # fmt: skip


def _blackboard(node: Term, parts: list[str]) -> str:
    if isinstance(node, Compose):
        return f"({parts[0]} ; {parts[1]})"
    if isinstance(node, Tensor):
        return f"({parts[0]} ⊗ {parts[1]})"
    if isinstance(node, Pairing):
        return f"⟨{parts[0]}, {parts[1]}⟩"
    if isinstance(node, Generator):
        return str(node.operation)
    return _SYMBOL[type(node).__name__]
