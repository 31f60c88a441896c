"""Objects, terms and exact values as plain JSON, and back: what a report holds, any engine can replay.

Nothing is evaluated on the way in: every name is looked up in a closed list, every number parsed as a number.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NoReturn

from verified_cat import terms
from verified_cat.engine import Exact
from verified_cat.errors import UsageError, VerifiedCatError
from verified_cat.objects import UNIT, Ob, Pair, Sort, Space, Unit, fold
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


def encode_object(ob: Ob) -> Any:
    """1 as "1", R^shape as {"space": shape}, pairs as {"pair": [left, right]}, opaque objects as {"sort": name}."""
    return fold(
        ob,
        unit="1",
        leaf=lambda leaf: {"space": list(leaf.shape)} if isinstance(leaf, Space) else {"sort": leaf.name},
        pair=lambda left, right: {"pair": [left, right]},
    )


def decode_object(data: Any) -> Ob:
    """The object that was written. Raises UsageError for anything else."""
    if data == "1":
        return UNIT
    if isinstance(data, dict) and len(data) == 1:
        (kind, inside), *_ = data.items()
        if kind == "pair" and isinstance(inside, list) and len(inside) == 2:
            return Pair(decode_object(inside[0]), decode_object(inside[1]))
        if kind == "space" and isinstance(inside, list):
            space: Ob = _made("a space", Space, tuple(inside))
            return space
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
        _refuse(f"a term is a list of 1 to {LARGEST} nodes; a term", data)
    made: list[Term] = []
    for entry in data:
        if isinstance(entry, dict) and entry.keys() == {"operation"}:
            made.append(Generator(_decode_operation(entry["operation"])))
        elif isinstance(entry, dict) and entry.keys() == {"node", "parts", "objects"}:
            parts = [made[index] for index in entry["parts"] if isinstance(index, int) and 0 <= index < len(made)]
            if len(parts) != len(entry["parts"]) or entry["node"] not in NODES:
                _refuse("a node of a term", entry)
            made.append(_made(entry["node"], NODES[entry["node"]], *parts, *map(decode_object, entry["objects"])))
        else:
            _refuse("a node of a term", entry)
    return made[-1]


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


def _decode_argument(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(_decode_argument(part) for part in data)
    if isinstance(data, dict) and data.keys() == {"number"}:
        return _made("a number", Fraction, data["number"])
    if isinstance(data, str) or (isinstance(data, int) and not isinstance(data, bool)):
        return data
    _refuse("an argument of an operation", data)


SPECIAL = {str(number): number for number in (-0.0, float("inf"), float("-inf"), float("nan"))}
"""The floats that are no fractions, by how they are written."""


def encode_exact(ob: Ob, exact: Exact) -> Any:
    """The exact value of ``ob``: pairs as lists of two, leaves as lists of numbers written as text."""
    if isinstance(ob, Pair):
        return [encode_exact(ob.left, exact[0]), encode_exact(ob.right, exact[1])]
    return [] if isinstance(ob, Unit) else [str(number) for number in exact]


def decode_exact(ob: Ob, data: Any) -> Exact:
    """The exact value of ``ob`` that was written. Raises UsageError for anything else."""
    if not isinstance(data, list) or (isinstance(ob, Pair) and len(data) != 2):
        _refuse(f"an exact value of {ob}", data)
    if isinstance(ob, Pair):
        return decode_exact(ob.left, data[0]), decode_exact(ob.right, data[1])
    return tuple(
        SPECIAL[text] if (text := str(number)) in SPECIAL else _made("a number", Fraction, number) for number in data
    )


def _made(what: str, make: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return make(*arguments)
    except (VerifiedCatError, TypeError, ValueError, ZeroDivisionError) as fault:
        raise UsageError(f"the file holds {what} that does not exist: {fault}") from fault


def _refuse(what: str, data: Any) -> NoReturn:
    raise UsageError(f"the file does not hold {what} where one is expected: {str(data)[:80]}")
