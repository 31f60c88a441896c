"""Pictures of values: ``diagram(value)`` is a string diagram of a term, a Para morphism, D, a lens, a learner, of both
sides of an equation or a law, or the graph of a schema, as SVG and PNG.

    diagram(term)                        boxes and wires, from left to right
    diagram(network)                     parameters enter from above
    diagram(term, "derivative")          below it the way back: value out, cotangent back
    diagram(term, "lens")                get there, put back
    diagram(network, "learner")          implementation, update and request
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from verified_cat import schema_picture
from verified_cat.check import Law
from verified_cat.drawing_faults import faults
from verified_cat.drawing_svg import frame, label, marks, number, words
from verified_cat.drawings import Drawing
from verified_cat.equation import Equation
from verified_cat.errors import MissingExtra, UsageError
from verified_cat.flows import BOXES, Flow
from verified_cat.law_flows import law_flows
from verified_cat.learn import Learner
from verified_cat.lens import LensMap
from verified_cat.networks import Network, Objective
from verified_cat.para import ParaMap
from verified_cat.schema import Schema
from verified_cat.specification import Specification
from verified_cat.terms import Term
from verified_cat.value_drawings import How, Side, of_flow, of_value

KINDS = ("term", "para", "derivative", "lens", "learner")
"""What of a value can be drawn."""

DARK = "@media (prefers-color-scheme:dark){svg.diagram{color:#e4e6e8}}"


@dataclass(frozen=True, slots=True)
class Diagram:
    """A picture with a title and a description; ``rows`` are the sides of equations, or one drawing.

    ``whole`` is a schema, whose graph is drawn in place of them.
    """

    title: str
    says: str
    rows: tuple[tuple[Drawing, ...], ...] = ()
    note: str = ""
    whole: Schema | Specification | None = None

    def svg(self, *, alone: bool = True) -> str:
        """The picture as one SVG element; ``alone`` gives it colours of its own, light and dark, as a file needs them.

        Otherwise it takes the colour of the text around it.
        """
        if self.whole is not None:
            return schema_picture.svg(self.whole, alone)
        width, height, inside = self._inside()
        box = f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}"'
        colours = ' color="#22262b"' if alone else ""
        style = f"<style>{DARK}</style>" if alone else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img" {box}{colours}>'
            f"<title>{words(self.title)}</title><desc>{words(self.says)}</desc>{style}{inside}</svg>"
        )

    def png(self, scale: float = 2.0) -> bytes:
        """The picture as a PNG file, dark on white. Raises MissingExtra without resvg."""
        if not 0.1 <= scale <= 20:
            raise UsageError(f"a picture is made 0.1 to 20 times as large, not {scale}")
        return rastered(self.svg(), scale)

    @property
    def faults(self) -> list[str]:
        """What is wrong with the layout; nothing, for whatever is drawn here."""
        return [fault for row in self.rows for drawing in row for fault in faults(drawing)]

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg(alone=False)}</div>'

    def _inside(self) -> tuple[float, float, str]:
        """Drawings in rows, those of a row with = between."""
        parts, y, wide = [], 0.0, 0.0
        for row in self.rows:
            x, high = 0.0, max(frame(drawing)[3] for drawing in row)
            for place_, drawing in enumerate(row):
                left, top, width, height = frame(drawing)
                if place_:
                    parts.append(label((x + 12, y + high / 2 + 5), "=", f'font-size="15" {_WORDS}'))
                    x += 24
                at = f"{number(x - left)} {number(y + (high - height) / 2 - top)}"
                parts.append(f'<g transform="translate({at})">{marks(drawing)}</g>')
                x += width
            y, wide = y + high + 8, max(wide, x)
        if self.note:
            y, wide = y + 14, max(wide, 5.2 * len(self.note))
            parts.append(label((2, y - 6), self.note, f'font-size="9" {_WORDS.replace("middle", "start")}'))
        return wide, y, "".join(parts)


_WORDS = 'font-family="system-ui, sans-serif" fill="currentColor" text-anchor="middle"'


def rastered(svg: str, scale: float) -> bytes:
    """An SVG element as a PNG file on white, by resvg."""
    if find_spec("resvg_py") is None:
        raise MissingExtra("PNG pictures need resvg: pip install verified-cat[pictures]")
    from resvg_py import svg_to_bytes

    plain = svg.replace("stroke:Canvas", "stroke:#fff").replace("currentColor", "#22262b")
    made = svg_to_bytes(svg_string=plain, zoom=scale, background="white", sans_serif_family="DejaVu Sans")
    return bytes(made)


# ------------------------------------------------------------------------------------------------ of values


def diagram(
    value: Any,
    of: str = "",
    *,
    title: str = "",
    boxes: int = BOXES,
    folded: bool = True,
    named: Mapping[Term, str] = {},
    names: Sequence[str] = (),
) -> Diagram:
    """The picture of a value; ``of`` says what of it: term, para, derivative, lens or learner.

    A term with more operations than ``boxes`` has its largest parts drawn as one box each, with a thick frame; where
    ``folded`` is false it is refused. ``named`` parts are one box with that name; ``names`` are those of parameters.
    Raises UsageError for what has no picture.
    """
    if of and of not in KINDS:
        raise UsageError(f"a picture is one of {', '.join(KINDS)}, not of {of!r}")
    how = How(boxes, folded, named, tuple(names))
    if isinstance(value, Schema | Specification) and not of:
        says = "; ".join(map(str, _schema(value).equations)) or "no equations"
        return Diagram(title or value.name, says, whole=value)
    if isinstance(value, Law) and not of:
        found = law_flows(value, boxes)
        if isinstance(found, str):
            raise UsageError(f"{value.name} has no picture: {found}")
        return _law(f"{title or value.name}: {value.statement}", found[1])
    if isinstance(value, Equation) and not of:
        sides = tuple(of_value(side, "", how) for side in (value.lhs, value.rhs))
        return _made(title or "both sides of an equation", [sides])
    return _made(title or _title(value, of), [(of_value(value, of, how),)])


def _schema(value: Schema | Specification) -> Schema:
    return value.schema if isinstance(value, Specification) else value


def _made(title: str, rows: Iterable[tuple[Side, ...]]) -> Diagram:
    found = list(rows)
    says = "; ".join(" equals ".join(side.says for side in row) for row in found)
    folded = sum(side.folded for row in found for side in row)
    boxes = "1 box with a thick frame stands" if folded == 1 else f"{folded} boxes with thick frames stand"
    note = f"{boxes} for folded parts" if folded else ""
    drawings = tuple(tuple(side.drawing for side in row) for row in found)
    return Diagram(title, f"{says}; {note}" if note else says, drawings, note)


def _title(value: Any, of: str) -> str:
    kind = {"derivative": "D of ", "lens": "the lens of ", "learner": "the learner of "}.get(of, "")
    names = {Term: "a term", ParaMap: "a parametrised map", Network: "a network", LensMap: "a lens"}
    names |= {Learner: "a learner", Objective: "an objective"}
    return kind + next((name for each, name in names.items() if isinstance(value, each)), type(value).__name__)


# ------------------------------------------------------------------------------------------------ of laws


def on_page(stated: Law) -> str | tuple[str, str]:
    """The picture of a law for a page that has words around it: how its sides were found, and SVG; or why not."""
    found = law_flows(stated, BOXES)
    return found if isinstance(found, str) else (found[0], _law(stated.name, found[1]).svg(alone=False))


def _law(title: str, sides: Iterable[tuple[Flow, ...]]) -> Diagram:
    return _made(title, (tuple(map(of_flow, row)) for row in sides))
