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
from html import escape
from importlib.util import find_spec
from typing import Any

from verified_cat import schema_picture
from verified_cat.check import Law
from verified_cat.drawings import Drawing, faults, frame, label, marks, number
from verified_cat.equation import Equation
from verified_cat.errors import MissingExtra, UsageError
from verified_cat.flows import BOXES, Box, Flow, flow
from verified_cat.law_flows import law_flows
from verified_cat.learn import Learner
from verified_cat.lens import LensMap, reverse_derivative
from verified_cat.markup import visible
from verified_cat.networks import Network, Objective
from verified_cat.objects import Ob, Pair
from verified_cat.para import ParaMap
from verified_cat.placing import place
from verified_cat.schema import Schema
from verified_cat.specification import Specification
from verified_cat.terms import Term
from verified_cat.two_ways import derivative, learner, lens

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
            f"<title>{_text(self.title)}</title><desc>{_text(self.says)}</desc>{style}{inside}</svg>"
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


def _text(text: str) -> str:
    return escape(visible(text))


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
    how = _How(boxes, folded, named, tuple(names))
    if isinstance(value, Schema | Specification) and not of:
        says = "; ".join(map(str, _schema(value).equations)) or "no equations"
        return Diagram(title or value.name, says, whole=value)
    if isinstance(value, Law) and not of:
        found = law_flows(value, boxes)
        if isinstance(found, str):
            raise UsageError(f"{value.name} has no picture: {found}")
        return _law(f"{title or value.name}: {value.statement}", found[1])
    if isinstance(value, Equation) and not of:
        sides = tuple(_one(side, "", how) for side in (value.lhs, value.rhs))
        return _made(title or "both sides of an equation", [sides])
    return _made(title or _title(value, of), [(_one(value, of, how),)])


@dataclass(frozen=True, slots=True)
class _How:
    boxes: int
    folded: bool
    named: Mapping[Term, str]
    names: tuple[str, ...] = ()

    def flow(self, term: Term, **options: Any) -> Flow:
        return flow(term, boxes=self.boxes, folded=self.folded, named=self.named, **options)


@dataclass(frozen=True, slots=True)
class _Side:
    """A drawing with what it says."""

    drawing: Drawing
    says: str
    folded: int = 0


def _schema(value: Schema | Specification) -> Schema:
    return value.schema if isinstance(value, Specification) else value


def _made(title: str, rows: Iterable[tuple[_Side, ...]]) -> Diagram:
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


def _one(value: Any, of: str, how: _How) -> _Side:
    """The drawing of one value."""
    if isinstance(value, Learner) and of in ("", "learner"):
        return _learner(value.param, value.dom, value.cod)
    if isinstance(value, LensMap) and of in ("", "lens"):
        return _lens(value, how)
    if not isinstance(value, Term | ParaMap | Network | Objective):
        asked = f"as a {of}" if of else "by itself"
        raise UsageError(f"a value of {type(value).__name__} has no string diagram {asked}")
    term, above, names = _parts(value, of)
    names = how.names or names
    if of == "learner":
        if above is None:
            raise UsageError("a learner has parameters: give P ⊗ A → B, a ParaMap or a Network")
        return _learner(above, term.dom.right, term.cod)
    if not isinstance(term, Term):
        return _opaque(value.map if isinstance(value, Network) else value)
    if of == "lens":
        there, back = how.flow(term, names=names), how.flow(reverse_derivative(term), above=term.dom, names=names)
        return _Side(lens(there, back), f"get: {_said(there)}, put: {_said(back)}", there.folded + back.folded)
    flown = how.flow(term, above=above, names=names)
    if of == "derivative":
        says = f"{_said(flown)}; below it the way back, from right to left, dashed what it needs of the way there"
        return _Side(derivative(flown), says, flown.folded)
    return _side(flown)


def _side(flown: Flow) -> _Side:
    return _Side(place(flown), _said(flown), flown.folded)


def _parts(value: Any, of: str) -> tuple[Any, Ob | None, tuple[str, ...]]:
    """The term of a value, the object of its parameters, and their names."""
    if isinstance(value, Network):
        term, above, _ = _parts(value.map, of)
        return term, above, value.names
    if isinstance(value, Objective):
        return value.term, None if of == "term" else value.param, ()
    if isinstance(value, ParaMap):
        return value.inside, None if of == "term" else value.param, ()
    if of in ("para", "learner"):
        if not isinstance(value.dom, Pair):
            raise UsageError(f"a parametrised map goes from P ⊗ A, and this term from {value.dom}")
        return value, value.dom.left, ()
    return value, None, ()


def _said(flown: Flow) -> str:
    """A flow in words."""
    boxes = ", ".join(box.name for box in flown.boxes)
    data, above = flown.inputs[flown.above :], flown.inputs[: flown.above]
    counted = f"{len(flown.boxes)} boxes ({boxes})" if len(flown.boxes) != 1 else f"one box ({boxes})"
    parameters = f", parameters {', '.join(above)} from above" if above else ""
    ends = f"from {', '.join(data) or 'nothing'} to {', '.join(flown.names) or 'nothing'}"
    return f"{counted if flown.boxes else 'wires alone'} {ends}{parameters}"


def _learner(param: Any, dom: Any, cod: Any) -> _Side:
    ends = [text if len(text) <= 16 else text[:15] + "…" for text in map(str, (param, dom, cod))]
    says = f"a learner {dom} → {cod} with parameters {param}: I, U and r; what U gives are those of the next step"
    return _Side(learner(*ends), says)


def _opaque(value: Any) -> _Side:
    """A parametrised map whose inside is no term: one box."""
    names = [str(value.param), str(value.dom)]
    kept = tuple(name for name in names if name != "1")
    box = Box("f", f"{value.dom} → {value.cod}", tuple((-1, k) for k in range(len(kept))), (str(value.cod),))
    drawn = Flow(kept, (box,), ((0, 0),), (str(value.cod),), int(names[0] != "1"))
    return _side(drawn)


def _lens(value: LensMap[Any], how: _How) -> _Side:
    if isinstance(value.get, Term) and isinstance(value.put, Term):
        there, back = how.flow(value.get), how.flow(value.put, above=value.dom.front)
    else:
        a, b = str(value.dom.front), str(value.cod.front)
        back_a, back_b = str(value.dom.back), str(value.cod.back)
        there = Flow((a,), (Box("get", f"get : {a} → {b}", ((-1, 0),), (b,)),), ((0, 0),), (b,))
        put = Box("put", f"put : {a} ⊗ {back_b} → {back_a}", ((-1, 0), (-1, 1)), (back_a,))
        back = Flow((a, back_b), (put,), ((0, 0),), (back_a,), 1)
    return _Side(lens(there, back), f"get: {_said(there)}, put: {_said(back)}", there.folded + back.folded)


# ------------------------------------------------------------------------------------------------ of laws


def on_page(stated: Law) -> str | tuple[str, str]:
    """The picture of a law for a page that has words around it: how its sides were found, and SVG; or why not."""
    found = law_flows(stated, BOXES)
    return found if isinstance(found, str) else (found[0], _law(stated.name, found[1]).svg(alone=False))


def _law(title: str, sides: Iterable[tuple[Flow, ...]]) -> Diagram:
    return _made(title, (tuple(map(_side, row)) for row in sides))


__all__ = ["KINDS", "Diagram", "diagram", "on_page", "rastered"]
