"""What a notebook shows: every public value has a representation, well-formed, named, in the colours of the page."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from examples import pictures as given
from verified_cat import lens, notebook, optimiser, para, primitives, program, report, schema, shown, terms
from verified_cat.category import Terms
from verified_cat.check import LAWS
from verified_cat.equation import Equation
from verified_cat.errors import UsageError
from verified_cat.laws import suite
from verified_cat.learn import Learner
from verified_cat.networks import supervised
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, space
from verified_cat.schema_file import load
from verified_cat.schema_map import SchemaMap
from verified_cat.terms import Term

ROOT = Path(__file__).parent.parent
CORE = (
    "check", "equation", "learn", "lens", "networks", "objects", "optimiser", "para", "program", "report", "schema",
    "schema_map", "specification", "terms",
)  # fmt: skip
"""The modules whose classes users hold values of."""


def classes() -> set[type]:
    """Every class that a notebook shows, with those of which they are kinds."""
    found = (getattr(import_module(f"verified_cat.{name}"), each) for name in CORE
             for each in dir(import_module(f"verified_cat.{name}")))  # fmt: skip
    return {each for each in found if inspect.isclass(each) and issubclass(each, shown.Shown)}


def values() -> Iterator[Any]:
    """At least one value of each class."""
    suite.load()
    graph = schema.Schema("arrow", ("A", "B"), (schema.Edge("f", "A", "B"),))
    loop = schema.Schema("loop", ("A",), (schema.Edge("e", "A", "A"),), (
        schema.PathEquation(schema.Path("A", ("e", "e")), schema.Path("A", ("e",))),))  # fmt: skip
    refuted = report.Verdict(report.Strength.REFUTED, "sympy", 3, 0.5, 0.25, {"x": "<1>"}, "", 0.1)
    row = report.Row("CAT-ASSOC", "<b>mine</b>", "sampled", {"functions": refuted}, "category")
    whole = report.Report({("CAT-ASSOC", "mine", "sampled"): row})
    cells = para.Para(Terms())
    yield from (UNIT, SCALAR, Sort("<A>"), space(2, 3) @ SCALAR)
    yield from (given.both, given.deep(), terms.Identity(UNIT), primitives.relu((2,)), terms.Discard(SCALAR))
    a, b = SCALAR, space(2)
    yield from (terms.Associator(a, b, a), terms.AssociatorInverse(a, b, a), terms.LeftUnitor(a), terms.Second(a, b))
    yield from (terms.LeftUnitorInverse(a), terms.RightUnitor(a), terms.RightUnitorInverse(a), terms.First(a, b))
    yield from (terms.Swap(a, b), terms.Copy(b), primitives.sin(()) @ primitives.cos(()))
    yield terms.Pairing(primitives.sin(()), primitives.cos(()))
    yield from (given.layers, cells.cell(given.layers, terms.Identity(given.layers.param)), given.network)
    yield supervised(given.network.map, given.loss)
    yield from (given.reading, given.reading.dom, Learner(space(2), SCALAR, SCALAR, tuple, tuple, tuple))
    yield from (Equation(given.both, given.both, "id"), Equation(len, len), optimiser.adam(Fraction(1, 10)))
    yield from (LAWS["CART-NAT"], LAWS["L-BIMON"], refuted, row, whole)
    yield from (graph, loop, loop.equations[0], loop.equations[0].lhs, load(ROOT / "examples/schemas/gan.toml"))
    yield schema.Functor(graph, Terms(), {"A": SCALAR, "B": SCALAR}, {"f": primitives.sin(())})
    yield schema.Architecture(graph, cells, {"A": space(8, 64), "B": space(8, 10)}, {"f": given.network.map})
    yield SchemaMap(graph, graph, {"A": "A", "B": "B"}, {"f": graph.path("f")})
    yield program.program(primitives.sin(()) >> primitives.cos(()))


class Reader(HTMLParser):
    """Elements that close in the order in which they open, and what they hold."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [], "not all is closed"
    return reader


SHOWN = list(values())


def test_there_is_a_value_of_every_public_class() -> None:
    kinds = {each for value in SHOWN for each in type(value).__mro__}
    assert {each.__name__ for each in classes() - kinds - {shown.Shown, shown.Written}} == set()
    assert {Ob, Term, Pair} <= classes() and len(classes()) > 40


def test_values_of_the_classes_that_are_named_have_one() -> None:
    """A class that loses its representation is noticed; what is shown of it is checked below."""
    assert {"ParaMap", "LensMap", "Learner", "Equation", "Law", "Verdict", "Row", "Report", "Schema", "Specification",
            "Program", "Network", "Objective", "Functor"} <= {each.__name__ for each in classes()}  # fmt: skip


@pytest.mark.parametrize("number", range(len(SHOWN)))
def test_a_representation_is_well_formed_named_and_of_the_colours_of_the_page(number: int) -> None:
    value = SHOWN[number]
    text = value._repr_html_()
    assert text == value._repr_html_() and "0x" not in text.replace("0x0", "")
    reader = read(text)
    ElementTree.fromstring(f"<div>{text}</div>")
    for name, attributes in reader.found:
        assert (name != "script" and "id" not in attributes) or name == "marker"
        if name == "svg":
            assert attributes.get("role") == "img"
        if name == "th":
            assert attributes.get("scope") in ("row", "col")
    assert text.count("<svg") <= text.count("<title>") and text.count("<svg") == text.count("<desc>")
    assert not re.search(r'(?:color|fill|stroke|background)[:=]"?(?:#|black|white|rgb)', text), "a colour of its own"
    for scoped in re.findall(r"<style>(.*?)</style>", text, re.S):
        assert all(rule.lstrip().startswith((".schema-picture", "svg.")) for rule in scoped.split("}") if rule)


@pytest.mark.parametrize("value", [each for each in SHOWN if isinstance(each, shown.Written)], ids=str)
def test_formulas_for_paper_are_balanced(value: Any) -> None:
    text = value._repr_latex_()
    assert text[0] == text[-1] == "$" and text.count("{") == text.count("}") and "⊗" not in text


def test_formulas() -> None:
    assert (space(2, 3) @ SCALAR)._repr_latex_() == r"$(\mathbb{R}^{2 \times 3} \otimes \mathbb{R})$"
    swapped = terms.Copy(SCALAR) >> terms.Swap(SCALAR, SCALAR)
    assert swapped._repr_latex_() == r"$(\Delta \mathbin{;} \sigma) : \mathbb{R} \to (\mathbb{R} \otimes \mathbb{R})$"
    assert primitives.symbol("a_b{", SCALAR, SCALAR)._repr_latex_().startswith(r"$\mathrm{a\_b\{}")


def test_a_program_has_a_line_for_each_operation() -> None:
    text = program.program(primitives.sin(()) >> primitives.cos(()))._repr_html_()
    assert text.split("<code>")[1].split("</code>")[0].splitlines()[1:3] == ["%1 : R = sin(%0)", "%2 : R = cos(%1)"]


def test_what_is_hostile_is_text() -> None:
    for value in SHOWN:
        assert "<b>" not in value._repr_html_() and "<1>" not in value._repr_html_()


def test_a_long_table_says_how_many_rows_it_leaves_out() -> None:
    row = report.Row("L", "e", "m", {"-": report.Verdict(report.Strength.EXACT, "m")})
    whole = report.Report({("L", "e", str(number)): row for number in range(70)})
    assert "and 10 more" in whole._repr_html_() and whole._repr_html_().count("<tr>") == 61


def test_a_value_without_a_picture_says_why() -> None:
    suite.load()
    assert "no picture: L-BIMON has no picture" in LAWS["L-BIMON"]._repr_html_()
    assert "no picture: a value of builtin_function_or_method" in Equation(len, len)._repr_html_()


LONG = Sort("a space of a long name, " * 8)
"""No line shows all of it: 160 characters and no more."""
IN_WORDS: dict[str, tuple[Any, str, str]] = {
    "structure": (terms.Copy(SCALAR), "0 operations : R → (R ⊗ R)", "<code>Δ</code>"),
    "term": (primitives.sin(()), "1 operation : R → R", "<code>sin</code>"),
    "para": (given.layers, "A → C with parameters (P ⊗ Q)", "<code>Compose</code>"),
    "long para": (
        para.ParaMap(LONG, LONG, SCALAR, len),
        f"{str(LONG)[:159]}… with parameters {str(LONG)[:159]}…",
        "<code>builtin_function_or_method</code>",
    ),
    "network": (
        given.network,
        "a network R[8,64] → R[8,10], 4 parameters of 4810 numbers",
        "<code>layer1.weight, layer1.bias, layer2.weight, layer2.bias</code>",
    ),
    "lens": (given.reading, "a lens (A over A) → (B over B)", "<code>Generator</code>"),
    "learner": (
        Learner(space(2), SCALAR, space(3), tuple, tuple, tuple),
        "a learner R → R[3]",
        "<code>R[2]</code>",
    ),
    "equation": (
        Equation(terms.Copy(SCALAR), primitives.sin(()), "id"),
        "an equation, along id",
        '<table><tbody><tr><th scope="row" style="text-align:left">left</th>'
        '<td style="text-align:left"><code>Δ</code></td></tr><tr><th scope="row" style="text-align:left">right</th>'
        '<td style="text-align:left"><code>sin</code></td></tr></tbody></table>',
    ),
    "rule": (
        optimiser.adam(Fraction(1, 10)),
        "adam on R: (state, parameter, gradient) ↦ (state, parameter)",
        "<code>adam</code>",
    ),
    "schema": (
        schema.Schema("<arrow>", ("A", "B"), (schema.Edge("f", "A", "B"),)),
        "&lt;arrow&gt;: 2 objects, 1 arrow, 0 equations",
        "<code>2 objects, 1 arrow, 0 equations</code>",
    ),
}
"""Kind of value ↦ the value, its caption, and what stands in the place of its picture."""


@pytest.mark.parametrize("kind", IN_WORDS)
def test_a_value_whose_picture_cannot_be_made_is_shown_in_words(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise UsageError("it is too <large>")

    monkeypatch.setattr(notebook, "diagram", refuse)
    value, caption, words = IN_WORDS[kind]
    assert notebook.html(value) == (
        f'<figure style="margin:0"><figcaption>{caption}</figcaption>{words}'
        "<p>no picture: it is too &lt;large&gt;</p></figure>"
    )


@pytest.mark.parametrize(("steps", "more"), [(58, None), (59, "… 1 more line"), (60, "… 2 more lines")])
def test_a_program_shows_sixty_lines(steps: int, more: str | None) -> None:
    term: Term = primitives.sin(())
    for _ in range(steps - 1):
        term = term >> primitives.sin(())
    lines = program.program(term)._repr_html_().split("<code>")[1].split("</code>")[0].splitlines()
    assert lines[:2] == ["(%0 : R)", "%1 : R = sin(%0)"]
    assert lines[60:] == ([] if more is None else [more]) and len(lines[:60]) == 60


@pytest.mark.parametrize(("length", "shown"), [(400, "v" * 400), (401, "v" * 399 + "…")])
def test_any_other_value_is_written_in_at_most_four_hundred_characters(length: int, shown: str) -> None:
    class Value:
        def __repr__(self) -> str:
            return "v" * length

    assert notebook.html(Value()) == f"<code>{shown}</code>"


def test_a_value_of_no_known_kind_is_its_fields() -> None:
    assert "<code>" in notebook.html(lens.Bundle(SCALAR, SCALAR)) and "front" in notebook.html(lens.Bundle(1, 2))


def test_a_compiled_step_is_a_table_of_what_it_is() -> None:
    pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
    from verified_cat.gpu.engine import TorchEngine
    from verified_cat.gpu.step import Step

    step = Step(supervised(given.network.map, given.loss), optimiser.gradient_descent(Fraction(1, 10)), TorchEngine())
    text = step._repr_html_()
    read(text)
    assert "4810 numbers in 4 spaces" in text and "bytes of temporaries" in text


def test_importing_values_imports_no_picture() -> None:
    code = (
        "import sys, verified_cat.terms, verified_cat.para, verified_cat.schema, verified_cat.report\n"
        "print(sorted(name for name in sys.modules if name.split('.')[-1] in ('notebook', 'diagrams', 'torch', 'z3')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
