"""The search by damaged schema files: which files it makes, and what it says of those that are read or refused."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from random import Random

import pytest

from verified_cat import schema_fuzz
from verified_cat.schema_file import SchemaFileError, read
from verified_cat.schema_fuzz import SOUND, STRANGE, WORDS, Fuzzed, damaged, fuzzed

DIGEST = "2550bc604071bdd8ce749098bdedaf2e383d11725fdb7e5787a64c2e7f80c3d8"
"""Of the first 600 files of seed 0. A number names the same file for good, so that what is found can be found again;
whoever changes SOUND, WORDS or CHANGES makes another search, and writes its digest here."""


def files(count: int, seed: int = 0) -> list[str]:
    return [damaged(Random(f"{seed} {number}")) for number in range(count)]


def test_a_number_names_a_file() -> None:
    assert sha256("\0\0".join(files(600)).encode()).hexdigest() == DIGEST
    assert files(20) == files(20) != files(20, 1)


def test_sound_files_are_sound_and_every_strange_word_is_tried() -> None:
    assert [read(text).name for text in SOUND] == ["GAN", "Product"]
    made = files(600)
    assert len(set(made)) > 550
    assert all(sum(word in text for text in made) for word in (*WORDS, *STRANGE))


def test_what_is_read_refused_or_neither_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that refuses every second file, on a line that is there or on one that is not, or without a reason."""
    met: list[str] = []
    answers = [
        None,
        SchemaFileError("x", [(1, "one two three four five")]),
        SchemaFileError("x", [(1, "one two three four six"), (2, "another")]),
        SchemaFileError("x", [(10**6, "far away")]),
        SchemaFileError("x", [(0, "before the first line")]),
        SchemaFileError("x", [(1, " ")]),
        KeyError("y"),
    ]

    def reading(text: str) -> object:
        met.append(text)
        answer = answers[len(met) - 1]
        if answer is not None:
            raise answer
        return read(SOUND[0])

    monkeypatch.setattr(schema_fuzz, "read", reading)
    found = fuzzed(7, 3)
    assert met == files(7, 3) and (found.read, found.refused) == (1, 2)
    assert found.reasons == Counter({"one two three four": 2})
    assert found.wrong == [
        "number 3: [(1000000, 'far away')]",
        "number 4: [(0, 'before the first line')]",
        "number 5: [(1, ' ')]",
        "number 6: KeyError: 'y'",
    ]


def test_the_last_line_is_a_line_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines end with \\n or with \\r\\n, and the text after the last of them is a line too."""
    monkeypatch.setattr(schema_fuzz, "damaged", lambda draw: "a\nb\r\nc")
    for line, refused in ((3, 1), (4, 0)):

        def reading(text: str, line: int = line) -> object:
            raise SchemaFileError("x", [(line, "why")])

        monkeypatch.setattr(schema_fuzz, "read", reading)
        assert fuzzed(1, 0).refused == refused


def test_the_figures_are_told() -> None:
    """The twelve most frequent reasons, five of what was neither, and the counts."""
    reasons = Counter({f"reason {number}": 20 - number for number in range(14)})
    found = Fuzzed(3, 4, reasons, [f"wrong {number}" for number in range(6)])
    assert found.lines() == [
        *(f"    {20 - number:>2}  reason {number}" for number in range(12)),
        *(f"wrong {number}" for number in range(5)),
        "3 read, 4 refused with a line and a reason, 6 neither",
    ]
    assert Fuzzed().lines() == ["0 read, 0 refused with a line and a reason, 0 neither"]
