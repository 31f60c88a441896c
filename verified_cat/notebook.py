"""What a notebook shows of a value: a picture where there is one, else a table; and formulas for paper.

``html`` and ``latex`` are what ``_repr_html_`` and ``_repr_latex_`` of every public value call. Colours are those of
the text around, so that a dark page stays dark. A value whose picture cannot be made is shown in words, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from verified_cat import schema
from verified_cat.check import Law
from verified_cat.diagrams import diagram
from verified_cat.equation import Equation
from verified_cat.errors import VerifiedCatError
from verified_cat.formulas import LEAVES, latex, mathml
from verified_cat.learn import Learner
from verified_cat.lens import LensMap
from verified_cat.markup import Markup, cut, joined, tag
from verified_cat.networks import Network, Objective
from verified_cat.objects import Ob, Space, leaf_count, leaves, size
from verified_cat.optimiser import Optimiser
from verified_cat.para import ParaMap
from verified_cat.program import Program
from verified_cat.report import Report, Row, Verdict
from verified_cat.schema_map import SchemaMap
from verified_cat.specification import Specification
from verified_cat.terms import Term, brief
from verified_cat.typeset import typeset
from verified_cat.unfolding import operations_in

ROWS, WIDE = 60, 160
"""No more rows of a table are shown, and no longer lines."""


def html(value: Any) -> str:
    """The value as HTML."""
    for kind, show in SHOWN.items():
        if isinstance(value, kind):
            return str(show(value))
    by_name = {each.__name__ for each in type(value).__mro__}
    if "Step" in by_name:  # it is in verified_cat.gpu, and this is not to import torch
        return str(_step(value))
    return str(_fields(value))


# ------------------------------------------------------------------------------------------------ pieces


def _figure(caption: str, *content: str) -> Markup:
    return tag("figure", tag("figcaption", caption), *content, style="margin:0")


def _pictured(value: Any, caption: str, in_words: Callable[[], Markup], of: str = "") -> Markup:
    """The picture with a caption; without one, the value in words and why."""
    try:
        return _figure(caption, Markup(diagram(value, of, title=caption)._repr_html_()))
    except VerifiedCatError as fault:
        return _figure(caption, in_words(), tag("p", f"no picture: {fault}"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> Markup:
    """Rows under a head, no more than a screen of them; then how many are left out."""
    every = list(rows)
    cells = [tag("tr", *(_cell(part, place) for place, part in enumerate(row))) for row in every[:ROWS]]
    top = [tag("thead", tag("tr", *(tag("th", each, scope="col") for each in head)))] if head else []
    title = [tag("caption", caption)] if caption else []
    more = [tag("p", f"and {len(every) - ROWS} more")] if len(every) > ROWS else []
    return joined(tag("table", *title, *top, tag("tbody", *cells)), *more)


def _cell(part: str, place: int) -> Markup:
    return tag("td", part, style="text-align:left") if place else tag("th", part, scope="row", style="text-align:left")


def _code(text: str, limit: int = 400) -> Markup:
    return tag("code", cut(text, limit))


def _fields(value: Any) -> Markup:
    """Any other frozen value: its fields."""
    if not is_dataclass(value):
        return _code(repr(value))
    rows = [(each.name, _code(str(getattr(value, each.name)), 120)) for each in fields(value)]
    return table((), rows, type(value).__name__)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


# ------------------------------------------------------------------------------------------------ objects, terms


def _object(ob: Ob) -> Markup:
    found = [_counted(leaf_count(ob), "space")]
    if all(isinstance(leaf, Space) for leaf in leaves(ob)):
        found.append(_counted(size(ob), "number"))
    shown = tag("math", mathml(ob)) if leaf_count(ob) <= LEAVES else tag("code", f"{leaf_count(ob)} spaces")
    return tag("span", shown, f" ({', '.join(found)})")


def _boundary(dom: Any, cod: Any) -> str:
    return cut(f"{dom} → {cod}", WIDE)


def _term(term: Term) -> Markup:
    count = operations_in(term)[term]
    return _pictured(
        term, f"{_counted(count, 'operation')} : {_boundary(term.dom, term.cod)}", lambda: _code(str(term))
    )


def _para(value: ParaMap[Any]) -> Markup:
    says = f"{_boundary(value.dom, value.cod)} with parameters {cut(str(value.param), WIDE)}"
    return _pictured(value, says, lambda: _code(type(value.inside).__name__))


def _network(value: Network) -> Markup:
    names = _counted(len(value.names), "parameter")
    says = (
        f"a network {_boundary(value.map.dom, value.map.cod)}, {names} of {_counted(size(value.map.param), 'number')}"
    )
    return _pictured(value, says, lambda: _code(", ".join(value.names)))


def _objective(value: Objective) -> Markup:
    return _pictured(value, f"an objective on data {_boundary(value.data, 'R')}", lambda: _code(brief(value.term)))


def _lens(value: LensMap[Any]) -> Markup:
    return _pictured(value, f"a lens {_boundary(value.dom, value.cod)}", lambda: _code(type(value.get).__name__))


def _learner(value: Learner) -> Markup:
    says = f"a learner {_boundary(value.dom, value.cod)}"
    return _pictured(value, says, lambda: _code(str(value.param)))


def _equation(value: Equation[Any]) -> Markup:
    along = f", along {value.along}" if value.along else ""
    sides = lambda: table((), [("left", _code(str(value.lhs))), ("right", _code(str(value.rhs)))])  # noqa: E731
    return _pictured(value, f"an equation{along}", sides)


def _optimiser(value: Optimiser) -> Markup:
    says = f"{value.name} on R: (state, parameter, gradient) ↦ (state, parameter)"
    return _pictured(value.leaf_update(()), says, lambda: _code(value.name))


# ------------------------------------------------------------------------------------------------ laws, reports


def _law(value: Law) -> Markup:
    rows = [("statement", typeset(value.statement)), ("given", value.given), ("worlds", ", ".join(value.worlds))]
    rows += [("equality", value.equality), ("source", value.source)]
    rows.append(("must refute", "; ".join(mutant.says for mutant in value.mutants)))
    words = table((), rows, f"{value.name}: {value.title}")
    try:
        return joined(words, Markup(diagram(value)._repr_html_()))
    except VerifiedCatError as fault:
        return joined(words, tag("p", f"no picture: {fault}"))


def _verdict(value: Verdict) -> Markup:
    rows = [("verdict", value.strength.value), ("method", value.method)]
    rows += [(name, f"{figure}") for name, figure in value.figures().items() if figure is not None]
    rows += [("reason", value.reason)] if value.reason else []
    rows += [("example", _code(str(value.example)))] if value.example is not None else []
    return table((), rows, "A verdict on one law in one engine")


def _line(row: Row) -> tuple[str, str, str, str, str]:
    return row.law, row.engine, row.method, row.strength.value, row.reason


HEAD = ("law", "engine", "method", "verdict", "reason")


def _row(value: Row) -> Markup:
    worlds = [(name, verdict.strength.value, verdict.reason) for name, verdict in value.worlds.items()]
    return table(("world", "verdict", "reason"), worlds, f"{value.law} in {value.engine} by {value.method}")


def _report(value: Report) -> Markup:
    return table(HEAD, map(_line, value.rows.values()), f"{_counted(len(value.rows), 'row')}")


# ------------------------------------------------------------------------------------------------ schemas


def _schema(value: schema.Schema | Specification) -> Markup:
    shape = value.schema if isinstance(value, Specification) else value
    counts = ((len(shape.objects), "object"), (len(shape.edges), "arrow"), (len(shape.equations), "equation"))
    says = ", ".join(_counted(count, word) for count, word in counts)
    return _pictured(value, f"{value.name}: {says}", lambda: _code(says))


def _functor(value: schema.Functor[Any]) -> Markup:
    rows = [(name, str(image)) for name, image in value.objects.items()]
    rows += [(str(edge), "") for edge in value.schema.edges]
    return table(("", "image"), rows, f"a functor out of {value.schema.name} into {value.category.name}")


def _schema_map(value: SchemaMap) -> Markup:
    rows = [*value.objects.items(), *((name, str(path)) for name, path in value.edges.items())]
    return table(("of the source", "in the target"), rows, f"{value.source.name} → {value.target.name}")


# ------------------------------------------------------------------------------------------------ programs, steps


def _program(value: Program) -> Markup:
    lines = str(value).splitlines()
    shown = [*lines[:ROWS], *([f"… {_counted(len(lines) - ROWS, 'more line')}"] if len(lines) > ROWS else [])]
    says = f"{_counted(len(value.operations), 'operation')} : {_boundary(value.dom, value.cod)}"
    return _figure(says, tag("pre", tag("code", Markup("\n".join(joined(cut(line, WIDE)) for line in shown)))))


def _step(value: Any) -> Markup:
    numbers = size(value.objective.param)
    rows = [
        ("rule", value.rule.name),
        ("engine", value.engine.name),
        ("parameters", f"{numbers} numbers in {leaf_count(value.objective.param)} spaces"),
        ("operations", str(len(value.program.operations))),
        ("calls of kernels", str(len(value.plan.calls))),
        ("bytes of temporaries", str(value.arena)),
    ]
    return table((), rows, "A compiled training step")


# ------------------------------------------------------------------------------------------------ all of them

SHOWN: dict[Any, Callable[[Any], Markup]] = {
    Ob: _object, Term: _term, ParaMap: _para, Network: _network, Objective: _objective, LensMap: _lens,
    Learner: _learner, Equation: _equation, Optimiser: _optimiser, Law: _law, Verdict: _verdict, Row: _row,
    Report: _report, schema.Schema: _schema, Specification: _schema, schema.Functor: _functor, SchemaMap: _schema_map,
    Program: _program,
}  # fmt: skip
"""How each kind of value is shown."""

__all__ = ["html", "latex", "table"]
