"""Statements as MathML: nothing is lost, prose stays prose, and nothing in a text becomes markup."""

from __future__ import annotations

import re
from random import Random
from xml.etree import ElementTree

import pytest

from verified_cat.commands_laws import stated
from verified_cat.typeset import normal, plain, typeset


def test_every_statement_is_typeset_and_none_loses_a_character() -> None:
    for law in stated().values():
        shown = typeset(law.statement)
        ElementTree.fromstring(f"<p>{shown}</p>")
        assert plain(shown) == normal(law.statement), law.name


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("id_A ; f", "<msub><mi>id</mi><mrow><mi>A</mi></mrow></msub>"),
        ("α⁻¹ ∘ f", "<msup><mi>α</mi><mn>−1</mn></msup>"),
        ("ε = 11/20", "<mfrac><mn>11</mn><mn>20</mn></mfrac>"),
        ("½ x", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        ("f'(a) = g", '<msup><mi>f</mi><mo lspace="0" rspace="0">′</mo></msup>'),
        ("√(g + h)", "<msqrt>"),
        ("f ; g", '<mo lspace="0.3em" rspace="0.3em">;</mo>'),
        ("π₀ ⊗ f", "<msub><mi>π</mi><mn>0</mn></msub>"),
    ],
)
def test_notation(text: str, wanted: str) -> None:
    assert wanted in typeset(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("id", "<math><mi>id</mi></math>"),
        ("½", "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"),
        ("3", "3"),
        ("Arch₁₂", "<math><msub><mi>Arch</mi><mn>12</mn></msub></math>"),
        ("the Arch and step", "the Arch and step"),
        ("= step", '<math><mo stretchy="false">=</mo><mi>step</mi></math>'),
        ("the step - two", 'the step <math><mo stretchy="false">−</mo></math> two'),
        ("= a word", '<math><mo stretchy="false">=</mo><mi>a</mi></math> word'),
        (" ; f", ' <math><mo lspace="0.3em" rspace="0.3em">;</mo><mi>f</mi></math>'),
        ("word; word", "word; word"),
        ("; f ", "; <math><mi>f</mi></math> "),
        ("' = g", '<math><mo stretchy="false">&#x27;</mo></math> <math><mo stretchy="false">=</mo><mi>g</mi></math>'),
        (
            "f_x' √g²",
            '<math><msub><mi>f</mi><mrow><msup><mi>x</mi><mo lspace="0" rspace="0">′</mo></msup></mrow></msub>'
            "<msqrt><msup><mi>g</mi><mn>2</mn></msup></msqrt></math>",
        ),
        (
            "[f] g",
            '<math><mo stretchy="false">[</mo><mi>f</mi><mo stretchy="false">]</mo><mspace width="0.3em"></mspace>'
            "<mi>g</mi></math>",
        ),
        (
            "f, = g",
            '<math><mi>f</mi><mo stretchy="false">,</mo></math> <math><mo stretchy="false">=</mo><mi>g</mi></math>',
        ),
        (
            "(f) g",
            '<math><mo stretchy="false">(</mo><mi>f</mi><mo stretchy="false">)</mo><mspace width="0.3em"></mspace>'
            "<mi>g</mi></math>",
        ),
    ],
)
def test_what_of_a_text_is_a_formula(text: str, wanted: str) -> None:
    assert typeset(text) == wanted


def test_the_text_that_two_are_compared_by() -> None:
    assert normal("a − b_1 *is* ½ x'") == normal("a - b₁ is 1/2x′") == "a-b1is1/2x′"


@pytest.mark.parametrize(
    "text",
    [
        "A middle-four swap",
        "Pentagon, triangle and hexagon.",
        "All 2-cells, once",
        "(backwards)",
        "Tuyéras and Gavranović",
    ],
)
def test_prose_stays_prose(text: str) -> None:
    assert typeset(text) == text


def test_a_long_formula_may_break_after_commas_and_before_relations() -> None:
    assert len(re.findall("<math>", typeset("f = g, g = h and (a, b) ; c = d"))) >= 4


@pytest.mark.parametrize(
    "text", ["</math><script>x</script>", "a < b & c > d", "_", "'", "f_", "√", "((((", "∂²f \u202e"]
)
def test_hostile_and_broken_texts_are_text(text: str) -> None:
    shown = typeset(text)
    ElementTree.fromstring(f"<p>{shown}</p>")
    assert "<script" not in shown and plain(shown).startswith(normal(text)[:1])


PIECES = [*"fgxaAR()[]{},_'*=;√½²₀↦⟨⟩/-∂·.† ", "id", "put", "3/4", "12", "in", "word", "'s", "⁻¹", "2-cells"]


@pytest.mark.parametrize("seed", range(10))
def test_any_text_is_typeset_and_none_loses_a_character(seed: int) -> None:
    random = Random(seed)
    for _ in range(60):
        text = "".join(random.choice(PIECES) for _ in range(random.randint(1, 9)))
        shown = typeset(text)
        ElementTree.fromstring(f"<p>{shown}</p>")
        assert plain(shown) == normal(text), text


def test_an_index_that_is_no_formula_is_no_index() -> None:
    assert typeset("f_(in) = x").startswith("<math><mi>f</mi></math>_(in)")
