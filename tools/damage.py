"""Damage to files: of their bytes, of their text, of the values of a JSON document, of the header of tensors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from verified_cat.schema_fuzz import CHANGES

Change = Callable[[bytes, Random], bytes]

STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**63,
    10**30,
    1e300,
    float("nan"),
    float("inf"),
    "",
    "\ud800",
    "x" * 400,
    "../x",
    "\x00",
    [],
    [[]],
    [1, "x", None],
    {},
    {"": {}},
)
DEEP = (b"[" * 3000, b'{"a":' * 3000, b"[" * 100_000, b"9" * 5000, b"-" + b"9" * 4400, b"\xff\xfe", b"1e99999")


def damaged_bytes(content: bytes, draw: Random) -> bytes:
    """A few changes: of a bit, a byte, a stretch."""
    for _ in range(draw.choice((1, 1, 2, 6))):
        content = draw.choice(_BYTES)(content, draw)
    return content


def _flipped(content: bytes, draw: Random) -> bytes:
    if not content:
        return content
    at = draw.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << draw.randrange(8)]) + content[at + 1 :]


def _cut(content: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + content[at + draw.choice((1, 2, 8, 64, len(content))) :]


def _put(content: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + draw.choice((*DEEP, bytes(draw.randrange(256) for _ in range(8)))) + content[at:]


def _doubled(content: bytes, draw: Random) -> bytes:
    start, end = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return content[:end] + content[start:end][:4096] + content[end:]


_BYTES: tuple[Change, ...] = (_flipped, _flipped, _cut, _put, _doubled)


def damaged_text(content: bytes, draw: Random) -> bytes:
    """The changes that schema files are searched with: of a character, a word, a line, the value of a key."""
    text = content.decode("utf-8", "replace")
    for _ in range(draw.choice((1, 1, 2, 6))):
        text = draw.choice(CHANGES)(text, draw) if text.strip() else "x = 1\n"
    return text.encode("utf-8", "surrogatepass")


# ------------------------------------------------------------------------------------------------ JSON


def damaged_json(content: bytes, draw: Random) -> bytes:
    """A few values of the document replaced, left out, renamed, doubled, or exchanged."""
    whole = json.loads(content)
    for _ in range(draw.choice((1, 1, 2, 4))):
        places = [place for place in _places(whole)]
        if places:
            _change(*draw.choice(places), draw, places)
    text = json.dumps(whole, ensure_ascii=draw.random() < 0.5)
    if draw.random() < 0.05:  # a value that only text can have: nested as no writer nests, or of thousands of digits
        at = text.find(":") + 1
        text = text[:at] + draw.choice(DEEP).decode("latin-1") + text[at:]
    return text.encode("utf-8", "surrogatepass")


def damaged_lines(content: bytes, draw: Random) -> bytes:
    """A line of a document of JSON lines damaged as JSON is."""
    lines = content.splitlines()
    place = draw.randrange(len(lines))
    lines[place] = damaged_json(lines[place], draw)
    return b"".join(line + b"\n" for line in lines)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key or index) of a document."""
    pending = [value]
    while pending:
        part = pending.pop()
        inside = (
            list(part.items()) if isinstance(part, dict) else list(enumerate(part)) if isinstance(part, list) else []
        )
        for key, child in inside:
            yield part, key
            pending.append(child)


def _change(holder: Any, key: Any, draw: Random, places: list[tuple[Any, Any]]) -> None:
    how = draw.randrange(6)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[draw.choice((f"{key}'", key.upper(), ""))] = holder.pop(key)
    elif how == 2 and isinstance(holder, list):
        holder.insert(key, deepcopy(holder[key]))
    elif how == 3:
        other, place = draw.choice(places)
        if (place in other) if isinstance(other, dict) else place < len(other):
            holder[key] = json.loads(json.dumps(other[place]))
    elif how == 4 and type(holder[key]) is int:
        holder[key] += draw.choice((-1, 1, -holder[key] - 1, 10**6))
    elif how == 4 and isinstance(holder[key], str):
        holder[key] = _flipped(holder[key].encode("utf-8", "surrogatepass"), draw).decode("latin-1")
    else:
        holder[key] = deepcopy(draw.choice(STRANGE))


# ------------------------------------------------------------------------------------------------ tensors


def damaged_tensors(content: bytes, draw: Random) -> bytes:
    """A safetensors file whose header, as JSON, is damaged and still has its right length; or else any bytes of it."""
    length = int.from_bytes(content[:8], "little")
    if draw.random() < 0.3 or length > len(content) - 8:
        return damaged_bytes(content, draw)
    header = content[8 : 8 + length]
    inner = json.loads(header)
    record = inner.get("__metadata__", {}).get("record")
    if record is not None and draw.random() < 0.6:
        inner["__metadata__"]["record"] = damaged_json(record.encode(), draw).decode("utf-8", "replace")
        header = json.dumps(inner).encode()
    else:
        header = damaged_json(header, draw)
    return len(header).to_bytes(8, "little") + header + content[8 + length :]
