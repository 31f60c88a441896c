"""Certificate files: JSON in its one canonical form, with the digest of all that is in it; anything else is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from verified_cat.digests import canonical, of_json
from verified_cat.errors import DataError, UsageError

KIND, SCHEMA = "verified-cat certificate", 1
LARGEST = 20_000_000
"""A file of more bytes is refused."""

PARTS: dict[str, type] = {
    "kind": str,
    "schema": int,
    "task": dict,
    "subject": dict,
    "files": dict,
    "weights": dict,
    "data": dict,
    "program": dict,
    "primitives": dict,
    "laws": dict,
    "environment": dict,
    "figures": dict,
    "how": dict,
    "residuals": list,
    "claims": list,
    "digest": str,
}
"""What a certificate holds."""


def sealed(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its kind, its version, and the digest of all that."""
    whole = {"kind": KIND, "schema": SCHEMA, **record}
    return whole | {"digest": of_json(whole)}


def content(record: dict[str, Any]) -> bytes:
    """The bytes of the file."""
    return canonical(record).encode()


def load(path: Path) -> dict[str, Any]:
    """The certificate in a file. Raises UsageError where it cannot be read, DataError where it is none."""
    try:
        given = path.read_bytes()
    except OSError as refused:
        raise UsageError(f"cannot read {path}: {refused.strerror or refused}") from None
    return read(given, str(path))


def read(given: bytes, where: str = "certificate") -> dict[str, Any]:
    """The certificate in these bytes. Raises DataError where they are not, to the byte, what is written for one."""

    def refuse(why: str) -> NoReturn:
        raise DataError(f"{where} is no certificate: {why}")

    if len(given) > LARGEST:
        refuse(f"it has {len(given)} bytes; at most {LARGEST} are read")
    try:
        whole = json.loads(given.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_finite)
    except (ValueError, RecursionError) as fault:
        refuse(f"{type(fault).__name__}: {fault}" if not isinstance(fault, RecursionError) else "nested too deeply")
    if not isinstance(whole, dict) or whole.get("kind") != KIND:
        refuse(f"its kind is not {KIND!r}")
    if type(whole.get("schema")) is not int or whole["schema"] != SCHEMA:
        refuse(f"it is of the version {whole.get('schema')!r}; this reader knows {SCHEMA}")
    for name, kind in PARTS.items():
        if type(whole.get(name)) is not kind:
            refuse(f"its {name!r} is missing, or is no {kind.__name__}")
    if set(whole) != set(PARTS):
        refuse(f"it has {sorted(set(whole) - set(PARTS))[0]!r}, which no certificate has")
    try:
        same = content(whole) == given
    except (DataError, UnicodeEncodeError) as fault:  # an infinite number, half a character
        refuse(str(fault))
    if not same:
        refuse("it is not in its canonical form")
    if of_json({name: part for name, part in whole.items() if name != "digest"}) != whole["digest"]:
        refuse("it was changed: its digest is not that of what it says")
    return whole


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _finite(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


# ------------------------------------------------------------------------------------------------ comparing

CLOSE = 1.1e-5
"""Bounds and samples are written with six digits: one unit of the last of them they may be apart, and only they."""


def differences(said: Any, found: Any, where: str = "", loose: bool = False) -> list[str]:
    """What a certificate says otherwise than what comes out: a line for each place."""
    if isinstance(said, dict) and isinstance(found, dict):
        lines = []
        for key in sorted(set(said) | set(found)):
            here = f"{where}.{key}" if where else str(key)
            if key not in found:
                lines.append(f"{here}: it says {_shown(said[key])}, and nothing comes out")
            elif key not in said:
                lines.append(f"{here}: it says nothing, and {_shown(found[key])} comes out")
            else:
                lines += differences(said[key], found[key], here, loose or here == "residuals")
        return lines
    if isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        pairs = enumerate(zip(said, found, strict=True))
        return [line for number, (one, other) in pairs for line in differences(one, other, f"{where}[{number}]", loose)]
    if type(said) is type(found) and (said == found or (loose and _close(said, found))):
        return []
    return [f"{where}: it says {_shown(said)}; it comes to {_shown(found)}"]


def _close(one: Any, other: Any) -> bool:
    return isinstance(one, float) and abs(one - other) <= CLOSE * max(abs(one), abs(other))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 100 else f"{text[:97]}..."
