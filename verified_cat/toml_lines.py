"""On which line of a TOML file each key stands: what the parser of the standard library does not say."""

from __future__ import annotations

import re

Key = tuple[str | int, ...]

_PART = re.compile(r"""\s*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)\s*""")
_STRINGS = re.compile(
    r'"""(?:[^\\]|\\.|\\\n)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#[^\n]*|[\[\]{}\n]",
    re.S,
)


def lines_of(text: str) -> dict[Key, int]:
    """Key ↦ line, from 1, for the headers and the keys of a file that is known to be TOML; () is at line 1.

    The n-th table of an array has the number n in its key. What stands inside of a value is at the line of its key.
    """
    found: dict[Key, int] = {(): 1}
    counts: dict[Key, int] = {}
    prefix: Key = ()
    line, counted, position = 1, 0, _skipped(text, 0)
    while position < len(text):
        line, counted = line + text.count("\n", counted, position), position
        if text[position] == "[":
            double = text.startswith("[[", position)
            names, position = _dotted(text, position + (2 if double else 1))
            key = prefix = _placed(names, counts, double)
        else:
            names, position = _dotted(text, position)
            key = prefix + names
        for end in range(1, len(key) + 1):
            found.setdefault(key[:end], line)
        position = _skipped(text, _after_value(text, position))
    return found


def _placed(names: tuple[str, ...], counts: dict[Key, int], double: bool) -> Key:
    """The key of a header: tables of arrays are numbered, and what is below one is below the last."""
    here: Key = ()
    for place, name in enumerate(names):
        here = (*here, name)
        if double and place == len(names) - 1:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            here = (*here, counts[here])
    return here


def _dotted(text: str, position: int) -> tuple[tuple[str, ...], int]:
    """A dotted key from here, and where it ends."""
    names: list[str] = []
    while (match := _PART.match(text, position)) is not None:
        names.append(_plain(match[1]))
        position = match.end()
        if not text.startswith(".", position):
            break
        position += 1
    return tuple(names), position


def _plain(part: str) -> str:
    """A part of a key without its quotes."""
    if part[0] == "'":
        return part[1:-1]
    if part[0] != '"':
        return part
    import tomllib

    return next(iter(tomllib.loads(f"{part} = 0")))


def _skipped(text: str, position: int) -> int:
    """Past blanks and empty lines; a comment is a statement that sets no key."""
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _after_value(text: str, position: int) -> int:
    """Where the statement ends: at the end of a line, outside of strings and brackets."""
    depth = 0
    for match in _STRINGS.finditer(text, position):
        token = match[0]
        if token == "\n" and depth <= 0:
            return match.end()
        depth += (token in "[{") - (token in "]}")
    return len(text)


def line_of(found: dict[Key, int], key: Key) -> int:
    """The line of a key, or of the nearest table around it."""
    while key not in found:
        key = key[:-1]
    return found[key]
