"""SHA-256 of what has one way of being written: JSON values, terms, programs."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from verified_cat.errors import DataError
from verified_cat.portable import encode_term
from verified_cat.program import Program
from verified_cat.terms import Term


def canonical(value: Any) -> str:
    """JSON in one way only: keys sorted, one space of indentation, a final newline. Raises DataError for a number that
    is not finite, and for what is no JSON."""
    try:
        return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    except (ValueError, TypeError) as fault:
        raise DataError(f"this has no JSON: {fault}") from None


def of_bytes(content: bytes) -> str:
    """That of a file."""
    return sha256(content).hexdigest()


def of_json(value: Any) -> str:
    """That of a value, however its keys come. Numbers that are not finite are hashed as their names."""
    return of_bytes(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def of_term(term: Term) -> str:
    """That of its nodes, parts before wholes, as ``portable`` writes them."""
    return of_json(encode_term(term))


def of_program(program: Program) -> str:
    """That of its operations in the order in which they are run, each with its arguments and its wires."""
    found = sha256()
    for wire in (*program.inputs, *program.wires):
        found.update(f"{wire} : {wire.shape} = {wire.operation!r}({', '.join(map(str, wire.args))})\n".encode())
    found.update(f"return {', '.join(map(str, program.outputs))}".encode())
    return found.hexdigest()
