"""Digests: one way of being written, known hashes, and what is told apart."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from verified_cat import digests, portable, primitives
from verified_cat.errors import DataError
from verified_cat.objects import Space
from verified_cat.program import program
from verified_cat.terms import Copy


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_json_is_written_in_one_way() -> None:
    written = '{\n "a": [\n  1,\n  "é"\n ],\n "b": null\n}\n'
    assert digests.canonical({"b": None, "a": [1, "é"]}) == digests.canonical({"a": [1, "é"], "b": None}) == written


@pytest.mark.parametrize(
    ("value", "words"), [({"x": float("nan")}, "Out of range float values"), ({1, 2}, "Object of type set")]
)
def test_what_has_no_json_is_refused(value: Any, words: str) -> None:
    with pytest.raises(DataError, match=f"this has no JSON: {words}"):
        digests.canonical(value)


def test_digests_of_values() -> None:
    assert digests.of_bytes(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    expected = hashed('{"a":[1,"é"],"b":null}')
    assert digests.of_json({"b": None, "a": [1, "é"]}) == digests.of_json({"a": [1, "é"], "b": None}) == expected
    assert digests.of_json(float("inf")) == hashed("Infinity")


def test_digests_of_terms_are_those_of_their_nodes() -> None:
    term = Copy(Space((2,))) >> primitives.multiply((2,))
    assert digests.of_term(term) == digests.of_json(portable.encode_term(term))
    assert digests.of_term(term) != digests.of_term(Copy(Space((2,))) >> primitives.add((2,)))


def test_digests_of_programs_are_those_of_their_lines() -> None:
    made = program(Copy(Space((2,))) >> (primitives.scale(Fraction(1, 2), (2,)) @ primitives.exp((2,))))
    lines = [
        "%0 : (2,) = None()",
        "%1 : (2,) = primitive('scale', Fraction(1, 2), (2,))(%0)",
        "%2 : (2,) = primitive('exp', (2,))(%0)",
        "return %1, %2",
    ]
    assert digests.of_program(made) == hashed("\n".join(lines))
    sums = [program(Copy(Space(shape)) >> primitives.add(shape)) for shape in ((), (1,))]
    products = program(Copy(Space(())) >> primitives.multiply(()))
    assert len({digests.of_program(each) for each in (*sums, products, made)}) == 4
