"""Certificate files: what is read, each way in which bytes are none, and what differs between two of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verified_cat.certificate_file import CLOSE, KIND, LARGEST, PARTS, SCHEMA, content, differences, load, read, sealed
from verified_cat.digests import of_json
from verified_cat.errors import DataError, UsageError

RECORD: dict[str, Any] = {name: kind() for name, kind in PARTS.items() if name not in ("kind", "schema", "digest")}
RECORD |= {"task": {"task": "é", "seed": 3}, "residuals": [{"largest": 0.5}], "claims": ["one"]}


def whole(**changes: Any) -> dict[str, Any]:
    """A certificate with these parts, whatever they are, and the digest of all that."""
    record = {"kind": KIND, "schema": SCHEMA, **RECORD, **changes}
    return record | {"digest": of_json(record)}


def without(name: str) -> dict[str, Any]:
    return {key: part for key, part in sealed(RECORD).items() if key != name}


def told(given: bytes) -> str:
    with pytest.raises(DataError) as caught:
        read(given, "here")
    return str(caught.value)


def test_the_form_of_a_certificate_is_of_version_one() -> None:
    assert (KIND, SCHEMA, LARGEST, CLOSE) == ("verified-cat certificate", 1, 20_000_000, 1.1e-5)
    words = ("task", "subject", "files", "weights", "data", "program", "primitives", "laws", "environment", "figures")
    kinds = {"kind": str, "schema": int, "residuals": list, "claims": list, "digest": str}
    assert kinds | dict.fromkeys((*words, "how"), dict) == PARTS
    record = sealed(RECORD)
    assert set(record) == set(PARTS) and record["kind"] == KIND and record["schema"] == 1
    assert record["digest"] == of_json({name: part for name, part in record.items() if name != "digest"})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    given = content(sealed(RECORD))
    assert read(given) == sealed(RECORD) and "é".encode() in given
    (tmp_path / "c.json").write_bytes(given)
    assert load(tmp_path / "c.json") == sealed(RECORD)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*none\.json: No such file"):
        load(tmp_path / "none.json")
    (tmp_path / "list.json").write_bytes(b"[]\n")
    with pytest.raises(DataError, match=r"list\.json is no certificate: its kind is not 'verified-cat certificate'"):
        load(tmp_path / "list.json")
    with pytest.raises(DataError, match=r"^certificate is no certificate"):
        read(b"[]\n")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b" " * (LARGEST + 1), f"it has {LARGEST + 1} bytes; at most {LARGEST} are read"),
        (b" " * LARGEST, "JSONDecodeError: Expecting value: line 1 column 20000001 (char 20000000)"),
        (b"\xff" + content(sealed(RECORD)), "UnicodeDecodeError: 'utf-8' codec..."),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"kind": 1, "kind": 2}', "ValueError: a key stands twice"),
        (b'{"kind": NaN}', "ValueError: NaN is no number of JSON"),
        (b'{"kind": -Infinity}', "ValueError: -Infinity is no number of JSON"),
        (b"{}", f"its kind is not {KIND!r}"),
        (content(whole(kind="another")), f"its kind is not {KIND!r}"),
        (content(without("schema")), "it is of the version None; this reader knows 1"),
        (content(whole(schema=2)), "it is of the version 2; this reader knows 1"),
        (content(whole(schema=True)), "it is of the version True; this reader knows 1"),
        (content(whole(task=[])), "its 'task' is missing, or is no dict"),
        (content(whole(claims={})), "its 'claims' is missing, or is no list"),
        (content(without("digest")), "its 'digest' is missing, or is no str"),
        (content(whole(zebra=1, more=2)), "it has 'more', which no certificate has"),
        (content(sealed(RECORD)) + b"\n", "it is not in its canonical form"),
        (json.dumps(sealed(RECORD)).encode(), "it is not in its canonical form"),
        (content(sealed(RECORD) | {"claims": []}), "it was changed: its digest is not that of what it says"),
        (content(sealed(RECORD) | {"digest": "0"}), "it was changed: its digest is not that of what it says"),
        (content(sealed(RECORD)).replace(b"0.5", b"1e999"), "this has no JSON: Out of range float values..."),
        (content(sealed(RECORD)).replace(b'"one"', b'"\\ud800"'), "'utf-8' codec can't encode character '\\ud800'..."),
    ],
)
def test_other_bytes_are_refused_with_the_reason(given: bytes, says: str) -> None:
    reason, whole_of_it = told(given).removeprefix("here is no certificate: "), not says.endswith("...")
    assert reason == says if whole_of_it else reason.startswith(says.removesuffix("..."))


@pytest.mark.parametrize("name", [name for name in PARTS if name not in ("kind", "schema")])
def test_every_part_is_needed(name: str) -> None:
    assert f"its {name!r} is missing" in told(content(without(name)))


TWO = ["a: it says 2; it comes to 3", "b.c: it says 1; it comes to 5"]
MORE = ["more.residuals: it says 100.0; it comes to 100.001"]
"""Only what is of the residuals of the certificate is compared loosely."""


@pytest.mark.parametrize(
    ("said", "found", "lines"),
    [
        ({"b": {"c": 1}, "a": 2}, {"b": {"c": 1}, "a": 2}, []),
        ({"b": {"c": 1}, "a": 2}, {"b": {"c": 5}, "a": 3}, TWO),
        ({"a": {"x": "é"}}, {"a": {}}, ['a.x: it says "é", and nothing comes out']),
        ({"a": {}}, {"a": {"x": 1}}, ["a.x: it says nothing, and 1 comes out"]),
        ([1, [2, 3]], [1, [2, 4]], ["[1][1]: it says 3; it comes to 4"]),
        ([1, 3], [2, 3], ["[0]: it says 1; it comes to 2"]),
        ([1, 2], [1], [": it says [1, 2]; it comes to [1]"]),
        ([1], {"a": 1}, [': it says [1]; it comes to {"a": 1}']),
        ({"a": 1}, [1], [': it says {"a": 1}; it comes to [1]']),
        (1, True, [": it says 1; it comes to true"]),
        (1, 1.0, [": it says 1; it comes to 1.0"]),
        (100.0, 100.001, [": it says 100.0; it comes to 100.001"]),
        ({"residuals": 100.0}, {"residuals": 100.001}, []),
        ({"residuals": [{"a": [100.0]}]}, {"residuals": [{"a": [100.001]}]}, []),
        ({"residuals": -100.0}, {"residuals": -100.001}, []),
        ({"residuals": 100.0}, {"residuals": 100.002}, ["residuals: it says 100.0; it comes to 100.002"]),
        ({"residuals": 1.0}, {"residuals": -1.0}, ["residuals: it says 1.0; it comes to -1.0"]),
        ({"residuals": 100_000}, {"residuals": 100_001}, ["residuals: it says 100000; it comes to 100001"]),
        ({"more": {"residuals": 1}}, {"more": {"residuals": 2}}, ["more.residuals: it says 1; it comes to 2"]),
        ({"more": {"residuals": 100.0}}, {"more": {"residuals": 100.001}}, MORE),
        ("x" * 98, "", [f': it says "{"x" * 98}"; it comes to ""']),
        ("x" * 99, "", [f': it says "{"x" * 96}...; it comes to ""']),
        ({1, 2}, 0, [': it says "{1, 2}"; it comes to 0']),
    ],
)  # fmt: skip
def test_each_difference_has_its_place(said: Any, found: Any, lines: list[str]) -> None:
    assert differences(said, found) == lines


def test_they_may_be_apart_by_one_unit_of_the_sixth_digit_of_the_larger() -> None:
    one, at_most = 1.0 - CLOSE, 1.0
    assert differences({"residuals": one}, {"residuals": at_most}) == []
    assert differences({"residuals": at_most}, {"residuals": one}) == []
    assert len(differences({"residuals": one - 1e-9}, {"residuals": at_most})) == 1
    tiny = 5e-324
    assert differences({"residuals": 100_000 * tiny}, {"residuals": 99_999 * tiny}) == []
    assert len(differences({"residuals": 100_000 * tiny}, {"residuals": 99_998 * tiny})) == 1
