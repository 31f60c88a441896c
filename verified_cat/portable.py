"""Objects, terms and exact values as plain JSON, and back: what a report holds, any engine can replay.

Nothing is evaluated on the way in: every name is looked up in a closed list, every number parsed as a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any, NoReturn

from verified_cat import terms
from verified_cat.engine import Exact
from verified_cat.errors import UsageError, VerifiedCatError
from verified_cat.objects import UNIT, Ob, Pair, Sort, Space, Unit, flatten, fold, unflatten
from verified_cat.primitives import Primitive, Symbol
from verified_cat.terms import Generator, Term

NODES = {
    kind.__name__: kind
    for kind in vars(terms).values()
    if isinstance(kind, type) and issubclass(kind, Term) and kind not in (Term, Generator)
}
"""The constructors of terms by name; generators are written as operations."""

LARGEST = 100_000
"""No file is read that holds a term of more nodes than this."""

ENTRIES = 10**9
"""No file is read that holds a space of more entries than this."""


def encode_object(ob: Ob) -> Any:
    """1 as "1", R^shape as {"space": shape}, pairs as {"pair": [left, right]}, opaque objects as {"sort": name}."""
    return fold(
        ob,
        unit="1",
        leaf=lambda leaf: {"space": list(leaf.shape)} if isinstance(leaf, Space) else {"sort": leaf.name},
        pair=lambda left, right: {"pair": [left, right]},
    )


def decode_object(data: Any) -> Ob:
    """The object that was written, however deep. Raises UsageError for anything else."""
    made: list[Ob] = []
    pending: list[Any] = [data]
    while pending:
        here = pending.pop()
        if here is _JOIN:
            right, left = made.pop(), made.pop()
            made.append(Pair(left, right))
        elif isinstance(here, dict) and here.keys() == {"pair"} and _is_list_of_two(here["pair"]):
            pending += [_JOIN, here["pair"][1], here["pair"][0]]
        else:
            made.append(_decode_atom(here))
    return made[0]


_JOIN = object()


def _is_list_of_two(data: Any) -> bool:
    return isinstance(data, list) and len(data) == 2


def _decode_atom(data: Any) -> Ob:
    if data == "1":
        return UNIT
    if isinstance(data, dict) and len(data) == 1:
        (kind, inside), *_ = data.items()
        if kind == "space" and isinstance(inside, list):
            space: Space = _made("a space", Space, tuple(inside))
            return space if prod(space.shape) <= ENTRIES else _refuse(f"a space of {ENTRIES} entries or fewer", data)
        if kind == "sort" and isinstance(inside, str):
            return Sort(inside)
    _refuse("an object", data)


def encode_term(term: Term) -> list[Any]:
    """The nodes of a term, parts before wholes, each shared subterm once; the last node is the term."""
    nodes: list[Any] = []

    def node(here: Term, parts: list[int]) -> int:
        if isinstance(here, Generator):
            nodes.append({"operation": _encode_operation(here.operation)})
        else:
            nodes.append({"node": type(here).__name__, "parts": parts, "objects": list(map(encode_object, here._data))})
        return len(nodes) - 1

    terms.fold(term, node)
    return nodes


def decode_term(data: Any) -> Term:
    """The term that was written. Raises UsageError for anything else."""
    if not isinstance(data, list) or not 0 < len(data) <= LARGEST:
        _refuse(f"a term, a list of 1 to {LARGEST} nodes,", data)
    made: list[Term] = []
    leaves: dict[int, int] = {}
    for entry in data:
        if isinstance(entry, dict) and entry.keys() == {"operation"}:
            made.append(Generator(_decode_operation(entry["operation"])))
        elif isinstance(entry, dict) and entry.keys() == {"node", "parts", "objects"}:
            made.append(_decode_node(entry, made))
        else:
            _refuse("a node of a term", entry)
        if max(_leaves(made[-1].dom, leaves), _leaves(made[-1].cod, leaves)) > LARGEST:
            _refuse(f"a boundary of {LARGEST} leaves or fewer", entry)
    return made[-1]


def _decode_node(entry: dict[str, Any], made: list[Term]) -> Term:
    kind, parts, objects = entry["node"], entry["parts"], entry["objects"]
    if not isinstance(kind, str) or kind not in NODES or not isinstance(parts, list) or not isinstance(objects, list):
        _refuse("a node of a term", entry)
    if not all(isinstance(index, int) and 0 <= index < len(made) for index in parts):
        _refuse("a node of a term", entry)
    term: Term = _made(kind, NODES[kind], *(made[index] for index in parts), *map(decode_object, objects))
    return term


def _leaves(ob: Ob, known: dict[int, int]) -> int:
    """How many leaves the tree has; shared parts are counted as often as they stand there, and looked at once."""
    pending = [ob]
    while pending:
        here = pending.pop()
        if not isinstance(here, Pair):
            known[id(here)] = 1
        elif id(here.left) in known and id(here.right) in known:
            known[id(here)] = known[id(here.left)] + known[id(here.right)]
        elif id(here) not in known:
            pending += [here, here.left, here.right]
    return known[id(ob)]


def _encode_operation(operation: terms.Operation) -> Any:
    if isinstance(operation, Primitive):
        return {"name": operation.name, "arguments": _encode_argument(operation.arguments)}
    return {"symbol": operation.name, "dom": encode_object(operation.dom), "cod": encode_object(operation.cod)}


def _decode_operation(data: Any) -> terms.Operation:
    if isinstance(data, dict) and data.keys() == {"name", "arguments"}:
        operation: terms.Operation = _made("an operation", Primitive, data["name"], _decode_argument(data["arguments"]))
        return operation
    if isinstance(data, dict) and data.keys() == {"symbol", "dom", "cod"} and isinstance(data["symbol"], str):
        return Symbol(data["symbol"], decode_object(data["dom"]), decode_object(data["cod"]))
    _refuse("an operation", data)


def _encode_argument(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_encode_argument(part) for part in value]
    return {"number": str(value)} if isinstance(value, Fraction) else value


def _decode_argument(data: Any, depth: int = 0) -> Any:
    if isinstance(data, list) and depth < 8:
        return tuple(_decode_argument(part, depth + 1) for part in data)
    if isinstance(data, dict) and data.keys() == {"number"}:
        return _number(data["number"])
    if isinstance(data, str) or (isinstance(data, int) and not isinstance(data, bool)):
        return data
    _refuse("an argument of an operation", data)


SPECIAL = {str(number): number for number in (-0.0, float("inf"), float("-inf"), float("nan"))}
"""The floats that are no fractions, by how they are written."""


def encode_exact(ob: Ob, exact: Exact) -> Any:
    """The exact value of ``ob``: pairs as lists of two, leaves as lists of numbers written as text."""
    numbers = iter(flatten(ob, exact))
    return fold(
        ob, unit=[], leaf=lambda _: [str(number) for number in next(numbers)], pair=lambda left, right: [left, right]
    )


def decode_exact(ob: Ob, data: Any) -> Exact:
    """The exact value of ``ob`` that was written. Raises UsageError for anything else."""
    found: list[Any] = []
    pending = [(ob, data)]
    while pending:
        here, part = pending.pop()
        if not isinstance(part, list) or (isinstance(here, Pair) and len(part) != 2):
            _refuse(f"an exact value of {here}", part)
        if isinstance(here, Pair):
            pending += [(here.right, part[1]), (here.left, part[0])]
        elif not isinstance(here, Unit):
            if isinstance(here, Space) and len(part) != prod(here.shape):
                _refuse(f"an exact value of {here}, {prod(here.shape)} numbers,", part)
            found.append(tuple(map(_decode_number, part)))
        elif part:
            _refuse("the value [] of 1", part)
    return unflatten(ob, found)


def _decode_number(data: Any) -> Any:
    """A number of a point, which may be a float that is no fraction, or written with an exponent."""
    if isinstance(data, str) and data in SPECIAL:
        return SPECIAL[data]
    return Fraction(data) if isinstance(data, str) and _FLOAT.fullmatch(data) else _number(data)


_NUMBER = re.compile(r"[-+]?[0-9]{1,4000}(\.[0-9]{1,4000}|/[0-9]{1,4000})?")
"""How an exact number is written. An exponent is refused: ten characters of it would fill the memory."""

_FLOAT = re.compile(r"-?[0-9]\.?[0-9]{0,20}e[-+][0-9]{2,3}")
"""How Python writes a float that is large or small; its exponent has three digits at most."""


def _number(data: Any) -> Fraction:
    """The exact number that was written. Raises UsageError for another text, also for NaN, infinities and exponents."""
    if isinstance(data, int) and not isinstance(data, bool):
        return Fraction(data)
    if not isinstance(data, str) or not _NUMBER.fullmatch(data):
        _refuse("a finite exact number", data)
    return _made("a number", Fraction, data)  # type: ignore[no-any-return]


def _made(what: str, make: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return make(*arguments)
    except (VerifiedCatError, TypeError, ValueError, ZeroDivisionError) as fault:
        raise UsageError(f"the file holds {what} that does not exist: {fault}") from fault


def _refuse(what: str, data: Any) -> NoReturn:
    try:
        shown = str(data)[:80]
    except RecursionError:
        shown = f"a {type(data).__name__} nested too deeply to be shown"
    raise UsageError(f"the file does not hold {what} where one is expected: {shown}")
