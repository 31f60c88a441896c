"""Words for families: what each says of an object, to the fraction, and what of each object declares none."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from verified_cat.family_words import FamilyWords, grey_parameters, law_parameters, parsed, unfit
from verified_cat.schema_file import read
from verified_cat.specification import Specification

OBJECTS = {
    "U": '[2]\ndata = { kind = "uniform", low = 0, high = 1 }',
    "M": '[2]\ndata = { kind = "uniform", low = 0, high = 1, matrix = [[1, 0, 2], [0, 1, 1]] }',
    "L": '[1]\ndata = { kind = "uniform", low = 0, high = 1, matrix = [[1, 2]] }',
    "T": '[2]\ndata = { kind = "beta", a = 2, b = 3 }',
    "N": '[2]\ndata = "normal"',
    "C": '[3, 8, 8]\ndata = "circles"',
    "W": '[3, 8, 8]\ndata = { kind = "circles", wander = 0.5 }',
    "R": '[3, 8, 8]\ndata = { kind = "circles", radii = [0.2, 0.3] }',
    "P": '[3, 8, 8]\ndata = "plain"',
    "I": '[2]\ndata = { kind = "image", of = "M" }',
    "A": '[2]\ndata = { kind = "image", of = "M", along = "f" }',
}
PRODUCTS = {
    "PU": '["P", "U"]\ndata = "factors"',
    "UN": '["U", "N"]\ndata = "factors"',
    "O": '["PU", "T"]\ndata = "factors"',
}


def schema() -> Specification:
    text = 'name = "Words"\nadversary = "energy"\n'
    text += "".join(f"[objects.{name}]\nshape = {rest}\n" for name, rest in OBJECTS.items())
    text += "".join(f"[objects.{name}]\nproduct = {rest}\n" for name, rest in PRODUCTS.items())
    return read(text + '[arrows.f]\nfrom = "M"\nto = "M"\nfrozen = "identity"\n')


WHOLE = schema()
LONG = "123456789012.123456789012"


def fractions(*numbers: Any) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, numbers))


@pytest.mark.parametrize(
    ("name", "parameters", "colours"),
    [
        ("U", 2, 0), ("M", 3, 0),
        ("L", 2, 0), ("T", 2, 0), ("N", None, 0), ("C", 6, 2), ("W", None, 0), ("R", None, 0), ("P", 3, 1),
        ("I", 3, 0), ("A", None, 0), ("PU", 5, 0), ("UN", None, 0), ("O", 7, 0),
    ],
)  # fmt: skip
def test_parameters_of_the_law_and_colours(name: str, parameters: int | None, colours: int) -> None:
    assert (law_parameters(WHOLE, name), grey_parameters(WHOLE, name)) == (parameters, colours)


@pytest.mark.parametrize(
    ("name", "text", "kind", "ends"),
    [
        ("U", "box 0 1", "box", (fractions(0, 0), fractions(1, 1))),
        ("U", "box 1/3,-0.5 +1,2.25/3", "box", (fractions("1/3", "-1/2"), fractions(1, "3/4"))),
        ("U", "box 1 1", "box", (fractions(1, 1), fractions(1, 1))),
        ("U", "segment 1 0", "segment", (fractions(1, 1), fractions(0, 0))),
        ("U", "data", "data", ()),
        ("M", "box 0,0,0 1", "box", (fractions(0, 0, 0), fractions(1, 1, 1))),
        ("N", f"box 0 {LONG}", "box", (fractions(0, 0), fractions(LONG, LONG))),
        ("W", "box 0 1", "box", (fractions(*192 * [0]), fractions(*192 * [1]))),
        ("C", "grey", "grey", ()),
        ("C", "grey 0.25 0.5,1", "grey", (fractions("1/4", "1/4"), fractions("1/2", 1))),
        ("P", "grey 0 1", "grey", (fractions(0), fractions(1))),
        ("P", "box 0 1", "box", (fractions(0, 0, 0), fractions(1, 1, 1))),
        ("U", "box 0 1/10", "box", (fractions(0, 0), fractions("1/10", "1/10"))),
    ],
)  # fmt: skip
def test_words_of_one_object(name: str, text: str, kind: str, ends: Any) -> None:
    assert parsed(WHOLE, name, text) == [FamilyWords(kind, ends)] and unfit(WHOLE, name, text) is None


def test_words_of_a_product() -> None:
    grey, box = FamilyWords("grey"), FamilyWords("box", (fractions(0, 0), fractions(1, 1)))
    assert parsed(WHOLE, "PU", "grey * box 0 1") == [grey, box]
    assert parsed(WHOLE, "PU", "box 0 1") == [FamilyWords("box", (fractions(*5 * [0]), fractions(*5 * [1])))]
    assert FamilyWords("data") == FamilyWords("data", ())


END = "an end of the family of U is a number, or 2 numbers with commas"
SHAPES = "'box LOW HIGH', 'segment FROM TO', 'grey', 'grey LOW HIGH' or 'data'"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("U", "", "no kind of family is called ''; known: box, data, grey, segment"),
        ("U", "boxx 0 1", "no kind of family is called 'boxx'; did you mean box?"),
        ("U", "box", f"the family of U is {SHAPES}, not 'box'"),
        ("U", "box 0", f"the family of U is {SHAPES}, not 'box 0'"),
        ("U", "box 0 1 2", f"the family of U is {SHAPES}, not 'box 0 1 2'"),
        ("U", "segment 0", f"the family of U is {SHAPES}, not 'segment 0'"),
        ("U", "segment 0 1 2", f"the family of U is {SHAPES}, not 'segment 0 1 2'"),
        ("U", "segment", f"the family of U is {SHAPES}, not 'segment'"),
        ("P", "grey 0", f"the family of P is {SHAPES}, not 'grey 0'"),
        ("P", "grey 0 1 1", f"the family of P is {SHAPES}, not 'grey 0 1 1'"),
        ("U", "data 0", f"the family of U is {SHAPES}, not 'data 0'"),
        ("U", "data 0 1", f"the family of U is {SHAPES}, not 'data 0 1'"),
        ("U", "grey", "U has no grey family: its examples are not plain pictures, or discs that do not wander"),
        ("W", "grey", "W has no grey family: its examples are not plain pictures, or discs that do not wander"),
        ("U", "box 1 0", "the family 'box 1 0' of U has a low end above its high end"),
        ("U", "box 0,1 1,0.5", "the family 'box 0,1 1,0.5' of U has a low end above its high end"),
        ("P", "grey 1 0", "the family 'grey 1 0' of P has a low end above its high end"),
        ("U", "box 0,0,0 1", "an end of the family of U is a number, or 2 numbers with commas, not '0,0,0'"),
        ("U", "box 0 a", "an end of the family of U is a number, or 2 numbers with commas, not 'a'"),
        ("U", "box 0,b 1", "an end of the family of U is a number, or 2 numbers with commas, not '0,b'"),
        ("U", "box 1e3 1", "an end of the family of U is a number, or 2 numbers with commas, not '1e3'"),
        ("U", "box 0 1/00", "an end of the family of U is a number, or 2 numbers with commas, not '1/00'"),
        ("U", "box 0 1,1/0", "an end of the family of U is a number, or 2 numbers with commas, not '1,1/0'"),
        ("U", "box 0 1234567890123", f"{END}, not '1234567890123'"),
        ("C", "grey 0,0,0 1", "an end of the family of C is a number, or 2 numbers with commas, not '0,0,0'"),
        ("U", "box 0 1 * data", "'box 0 1 * data' has words for 2 factors; U has none"),
        ("PU", "grey * data * data", "'grey * data * data' has words for 3 factors; PU has 2"),
        ("PU", "grey * grey", "U has no grey family: its examples are not plain pictures, or discs that do not wander"),
        ("PU", "grey", "PU has no grey family: its examples are not plain pictures, or discs that do not wander"),
    ],
)  # fmt: skip
def test_words_that_declare_no_family_say_why(name: str, text: str, why: str) -> None:
    assert unfit(WHOLE, name, text) == why
