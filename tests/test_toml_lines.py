"""The lines of keys: every key of a text and no other, and what looks like a key and is inside of a value."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from verified_cat.toml_lines import line_of, lines_of


def keys(value: Any, prefix: tuple[Any, ...] = ()) -> set[tuple[Any, ...]]:
    """Those of tables, and of tables in arrays: what the parser of the standard library reads."""
    found = {prefix}
    if isinstance(value, dict):
        found |= {key for name, part in value.items() for key in keys(part, (*prefix, name))}
    if isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        found |= {key for number, part in enumerate(value) for key in keys(part, (*prefix, number))}
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a = 1", {("a",): 1}),
        ("\n\n  a = 1\n\n\tb=2\n", {("a",): 3, ("b",): 5}),
        ("# a = 1\nb = 2 # c = 3\n# the end", {("b",): 2}),
        ("#\na = 1\n", {("a",): 2}),
        ("a = [\n  1, # ]\n  '[', \"]\",\n]\nb = 1\n", {("a",): 1, ("b",): 5}),
        ("a = [[1],\n[2]]\nb = {c = 1}\nd = 1", {("a",): 1, ("b",): 3, ("d",): 4}),
        ('a = """\nb = 1\n["c"] \\\n"" """\nd = 1', {("a",): 1, ("d",): 5}),
        ("a = '''\nb = 1\n[ '' \n'''\nd = 1", {("a",): 1, ("d",): 5}),
        ("a = '['\nb = '{'\nc = 1", {("a",): 1, ("b",): 2, ("c",): 3}),
        ('a = "["\nb = "{ \\" ["\nc = 1', {("a",): 1, ("b",): 2, ("c",): 3}),
        ('a = """["""\nb = \'\'\'{\'\'\'\nc = 1', {("a",): 1, ("b",): 2, ("c",): 3}),
        ("a.b = 1\na . c = 2\n", {("a",): 1, ("a", "b"): 1, ("a", "c"): 2}),
        (
            "'a b' = 1\n\"c \\u0041\" = 2\n\"\" = 3\n'd.e'.f = 4",
            {("a b",): 1, ("c A",): 2, ("",): 3, ("d.e",): 4, ("d.e", "f"): 4},
        ),
        (
            "[a]\nb = 1\n[a.c]\nd = 1\n[ e ]\nf = 1",
            {("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", "d"): 4, ("e",): 5, ("e", "f"): 6},
        ),
        ("[a.b.c]\nd = 1", {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 1, ("a", "b", "c", "d"): 2}),
        (
            "[[r]]\na = 1\n[[r]]\n[r.s]\nb = 2\n",
            {("r",): 1, ("r", 0): 1, ("r", 0, "a"): 2, ("r", 1): 3, ("r", 1, "s"): 4, ("r", 1, "s", "b"): 5},
        ),
        (
            "[[r]]\n[[r.s]]\na = 1\n[[r.s]]\n[[r]]\n[[r.s]]\n",
            {
                ("r",): 1, ("r", 0): 1, ("r", 0, "s"): 2, ("r", 0, "s", 0): 2, ("r", 0, "s", 0, "a"): 3,
                ("r", 0, "s", 1): 4, ("r", 1): 5, ("r", 1, "s"): 6, ("r", 1, "s", 0): 6,
            },
        ),
        ("[a]#b\nc = 1#d\n", {("a",): 1, ("a", "c"): 2}),
        ("[a]\n# [b]\n  # [[c]] '\nd = 1\n#", {("a",): 1, ("a", "d"): 4}),
    ],
)  # fmt: skip
def test_every_key_has_its_line(text: str, expected: dict[Any, int]) -> None:
    """And the parser reads the same keys, but for those within values that stand on one line."""
    found = lines_of(text)
    assert found == {(): 1} | expected
    assert set(found) <= keys(tomllib.loads(text))


def test_what_stands_inside_is_at_the_line_around_it() -> None:
    found = lines_of("\n[a]\nb = { c = 1 }\n")
    assert [line_of(found, key) for key in (("a", "b", "c", 0), ("a", "z"), ("y",), ())] == [3, 2, 1, 1]
