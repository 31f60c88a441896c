"""Opaque values: run a construction once on them and it has been run on every value.

An opaque value may be unpacked into two where its object is a pair, passed on, and given to a function symbol.
Everything else (a branch, a comparison, an attribute, arithmetic) raises TraceError, so a run that ends is
straight-line and its result is a term in the inputs that holds under every interpretation (Wadler 1989).
What cannot be intercepted, and no code under proof may use: ``type(x)``, ``id(x)`` and ``x is y``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, cast
from weakref import WeakValueDictionary

from verified_cat.errors import VerifiedCatError
from verified_cat.functions import Run, Value
from verified_cat.objects import UNIT, Ob, Pair, Unit


class TraceError(VerifiedCatError, TypeError):
    """Code under proof looked inside an opaque value, or gave a value of another object than it promised."""

    count = 0
    """How many were made so far: one that is caught by the code under proof is no less a look inside."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        TraceError.count += 1


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Node:
    """A term: what kind it is, its name where it has one, its object, its parts. Equal terms are one object.

    ``kind`` is "variable", "apply" (of the function symbol ``name``), "pair", "left", "right" or "unit".
    """

    kind: str
    name: str
    ob: Ob
    parts: tuple[Node, ...]

    def __repr__(self) -> str:
        return _shown(self, 4)


def _shown(term: Node, depth: int) -> str:
    """The term down to a depth: shared parts would make the whole exponentially long."""
    if term.kind == "variable" or not depth:
        return term.name or "…"
    inside = ", ".join(_shown(part, depth - 1) for part in term.parts)
    return f"({inside})" if term.kind in ("pair", "unit") else f"{term.name or term.kind}({inside})"


_NODES: WeakValueDictionary[tuple[Any, ...], Node] = WeakValueDictionary()


def node(kind: str, name: str, ob: Ob, *parts: Node) -> Node:
    """The one term with these parts."""
    key = (kind, name, ob, parts)
    found = _NODES.get(key)
    if found is None:
        found = _NODES[key] = Node(kind, name, ob, parts)
    return found


class Opaque:
    """A value of which nothing but its object is known."""

    __slots__ = ("_node",)
    __hash__: Any
    _node: Node

    def __iter__(self) -> Iterator[Opaque]:
        """π₀ and π₁. Raises TraceError where the object is not a pair."""
        term = _read(self)
        if not isinstance(term.ob, Pair):
            raise TraceError(f"a value of the opaque object {term.ob} was unpacked: {term!r}")
        yield opaque(node("left", "", term.ob.left, term))
        yield opaque(node("right", "", term.ob.right, term))

    def __repr__(self) -> str:
        """Depends on the object alone, so that no code can branch on more than that through it."""
        return f"<opaque value of {_read(self).ob}>"

    def __getattribute__(self, name: str) -> NoReturn:
        raise TraceError(f"attribute {name!r} of {self!r} was read")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TraceError(f"attribute {name!r} of {self!r} was set")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TraceError(f"{self!r} was copied")


def _refuse(operation: str) -> Callable[..., NoReturn]:
    def refuse(value: Opaque, *_: object) -> NoReturn:
        raise TraceError(f"{operation} was tried on {value!r}: code under proof may only pair, unpair and call")

    return refuse


_ARITHMETIC = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or"
_REFUSED = (
    "bool eq ne lt le gt ge hash len call contains getitem setitem delitem reversed length_hint missing next "
    "int float complex index round trunc floor ceil neg pos abs invert enter exit await format bytes fspath "
    + " ".join(f"{name} r{name} i{name}" for name in _ARITHMETIC.split())
)
for _name in _REFUSED.split():
    setattr(Opaque, f"__{_name}__", _refuse(f"__{_name}__"))

_slot = cast(Any, Opaque.__dict__["_node"])


def _read(value: Opaque) -> Node:
    return _slot.__get__(value)  # type: ignore[no-any-return]


def opaque(term: Node) -> Opaque:
    """The opaque value that the term stands for."""
    value = Opaque()
    _slot.__set__(value, term)
    return value


def variable(name: str, ob: Ob) -> Opaque:
    """An arbitrary value of ``ob``."""
    return opaque(node("variable", name, ob))


def term_of(value: Value, ob: Ob) -> Node:
    """The term of a value of ``ob``; a Python pair becomes a pair term. Raises TraceError for any other value."""
    if type(value) is Opaque:
        term = _read(value)
        if term.ob is not ob:
            raise TraceError(f"a value of {term.ob} came where one of {ob} was promised: {term!r}")
        return term
    if isinstance(ob, Unit) and type(value) is tuple and not value:
        return node("unit", "", UNIT)
    if isinstance(ob, Pair) and type(value) is tuple and len(value) == 2:
        return node("pair", "", ob, term_of(value[0], ob.left), term_of(value[1], ob.right))
    raise TraceError(f"{value!r} ({type(value).__name__}) came where a value of {ob} was promised")


def boxed(value: Value, ob: Ob) -> Opaque:
    """The value as one opaque value: a pair becomes a pair *term*, which the solver, not CPython, takes apart."""
    return opaque(term_of(value, ob))


def free(name: str, dom: Ob, cod: Ob) -> Run:
    """The function symbol ``name`` : dom → cod, applied to values."""

    def apply(value: Value) -> Value:
        return opaque(node("apply", name, cod, term_of(value, dom)))

    return apply


def boxing(dom: Ob, cod: Ob, run: Run) -> Run:
    """``run``, with what goes in and what comes out boxed."""

    def on_terms(value: Value) -> Value:
        given = boxed(value, dom)
        _STEPS.append(("in", getattr(run, "__code__", type(run)), _read(given)))
        result = boxed(run(given), cod)
        _STEPS.append(("out", _read(result)))
        return result

    return on_terms


_STEPS: list[tuple[Any, ...]] = []


def recorded(run: Run, value: Value) -> tuple[Value, list[tuple[Any, ...]]]:
    """The result, and what was called with which terms on the way: two runs with the same steps are one computation."""
    _STEPS.clear()
    result = run(value)
    steps = list(_STEPS)
    _STEPS.clear()
    return result, steps
