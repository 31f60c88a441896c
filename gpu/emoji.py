"""Sets of emoji: images named by their code points, such as ``1f468-1f3fb.png`` or ``emoji_u1f468_1f3fb.png``.

Of Unicode's five skin tones, U+1F3FB to U+1F3FF, a person has all or none. A person, with all tones, is either learned
from or held out, the same in every object and for every vendor, so that what is held out has partners there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

from verified_cat.errors import DataError
from verified_cat.gpu.image_files import listed
from verified_cat.gpu.picture_sets import Found, limited
from verified_cat.schema_kinds import Settings

TONES = {"light": 0x1F3FB, "medium-light": 0x1F3FC, "medium": 0x1F3FD, "medium-dark": 0x1F3FE, "dark": 0x1F3FF}
PLAIN = 0xFE0F
"""The sign that asks for a picture; vendors do not agree on where it is written."""

NAME = re.compile(r"(?:emoji_u|u)?([0-9a-f]{2,6}(?:[-_ ][0-9a-f]{2,6})*)")


def points(stem: str) -> tuple[int, ...] | None:
    """The code points that the name of a file says, without the sign for pictures; None for another name."""
    match = NAME.fullmatch(stem.lower())
    if match is None:
        return None
    return tuple(each for each in (int(part, 16) for part in re.split("[-_ ]", match[1])) if each != PLAIN)


def person(sequence: tuple[int, ...]) -> tuple[int, ...]:
    """The sequence without tones."""
    return tuple(each for each in sequence if each not in TONES.values())


def found(data: Settings) -> Found:
    """The emoji of a tone: "all" of a set, the persons with "none", those with any ("toned"), or with one of five.

    One in ten, by its code points, is held out. Raises DataError where there are none.
    """
    folder = Path(data["path"])
    known = {sequence: path for path in listed(folder) if (sequence := points(path.stem)) is not None}
    if not known:
        raise DataError(f"no image in {folder.absolute()} is named by code points, as in 1f468-1f3fb.png")
    tones = _tones(known)
    chosen = [known[sequence] for sequence in sorted(known) if _fits(sequence, data["tone"], tones)]
    if not chosen:
        raise DataError(f"of {len(known)} emoji in {folder.absolute()} none is of the tone {data['tone']!r}")
    out = {path: _held(person(points(path.stem) or ())) for path in chosen}
    parts = tuple(path for path in chosen if not out[path]), tuple(path for path in chosen if out[path])
    if not all(parts):
        raise DataError(f"{len(chosen)} emoji are too few to learn from some and to hold out one in ten")
    return limited(Found(*parts), data["limit"])


def _tones(known: dict[tuple[int, ...], Path]) -> dict[tuple[int, ...], set[int]]:
    """Of each sequence without tones that is there, the tones that it is there with; two tones in one count not."""
    tones: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for sequence in known:
        own = [each for each in sequence if each in TONES.values()]
        if len(own) == 1 and person(sequence) in known:
            tones[person(sequence)].add(own[0])
    return tones


def _fits(sequence: tuple[int, ...], tone: str, tones: dict[tuple[int, ...], set[int]]) -> bool:
    if tone == "all":
        return True
    if tones.get(person(sequence)) != set(TONES.values()):
        return False
    own = [each for each in sequence if each in TONES.values()]
    if tone in TONES:
        return own == [TONES[tone]]
    return not own if tone == "none" else len(own) == 1


def _held(sequence: tuple[int, ...]) -> bool:
    return sha256("-".join(f"{each:x}" for each in sequence).encode()).digest()[0] % 10 == 9
