"""String diagrams: terms as diagrams of DisCoPy, laid out by it, and written as small SVG. Needs the extra `discopy`.

DisCoPy (1.2) lays out; its Matplotlib writer is not used, as its SVG is many times larger and styles each element by
itself, which the policy of the page forbids. Objects lose their brackets and units here: a string diagram has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

try:
    from discopy.drawing.backend import Backend
    from discopy.markov import Box, Diagram, Ty
    from discopy.utils import AxiomError
except ImportError as fault:
    from verified_cat.errors import MissingExtra

    raise MissingExtra("string diagrams need DisCoPy: pip install verified-cat[discopy]") from fault

from verified_cat.category import Cartesian, interpret
from verified_cat.objects import Ob, leaves
from verified_cat.terms import Operation, Term

WIDE, HIGH = 30, 22
"""Points across and down between wires and between layers."""


class Strings(Cartesian[Diagram]):
    """String diagrams of a symmetric monoidal category with copying and discarding (Fritz 2020); strict."""

    name = "string diagrams"

    def __init__(self, names: Mapping[Ob, str] | None = None) -> None:
        self._names = names or {}

    def image(self, ob: Ob) -> Ty:
        """The wires of an object, by their names."""
        return Ty(*(self._names.get(leaf, str(leaf)) for leaf in leaves(ob)))

    @property
    def unit(self) -> Ty:
        return Ty()

    def pair(self, a: Ty, b: Ty) -> Ty:
        return a @ b

    def dom(self, f: Diagram) -> Ty:
        return f.dom

    def cod(self, f: Diagram) -> Ty:
        return f.cod

    def identity(self, a: Ty) -> Diagram:
        return Diagram.id(a)

    def compose(self, f: Diagram, g: Diagram) -> Diagram:
        return f >> g

    def tensor(self, f: Diagram, g: Diagram) -> Diagram:
        return f @ g

    def associator(self, a: Ty, b: Ty, c: Ty) -> Diagram:
        return Diagram.id(a @ b @ c)

    associator_inverse = associator

    def left_unitor(self, a: Ty) -> Diagram:
        return Diagram.id(a)

    left_unitor_inverse = right_unitor = right_unitor_inverse = left_unitor

    def swap(self, a: Ty, b: Ty) -> Diagram:
        return Diagram.swap(a, b)

    def copy(self, a: Ty) -> Diagram:
        return Diagram.copy(a, 2)

    def discard(self, a: Ty) -> Diagram:
        return Diagram.id(Ty()).tensor(*(Diagram.copy(wire, 0) for wire in a))

    def generator(self, operation: Operation) -> Diagram:
        return Box(sign(operation), self.image(operation.dom), self.image(operation.cod))


def of_term(term: Term, names: Mapping[Ob, str] | None = None) -> Diagram:
    """The string diagram of a term; ``names`` are those of its spaces."""
    return interpret(term, Strings(names))


def sign(operation: Operation) -> str:
    """What the box of an operation bears."""
    arguments: Any = getattr(operation, "arguments", ())
    if operation.name == "constant" and len(set(arguments[1])) == 1:
        return str(arguments[1][0])
    if operation.name == "scale":
        return f"{arguments[0]} ·"
    return {"add": "+", "negate": "−", "multiply": "×"}.get(operation.name, operation.name)


class Flow:
    """A string diagram built box by box from wires that are known by keys, each used as often as ``uses`` says."""

    def __init__(self, start: list[Any], uses: Mapping[Any, int]) -> None:
        self._uses = uses
        self._live: list[Any] = []
        self.diagram = Diagram.id(_wires(start))
        self._add([], start)

    def _add(self, before: list[Any], made: list[Any]) -> None:
        """Copy each new wire as often as it is used; a wire that is not used is discarded."""
        copies = Diagram.id(_wires(before))
        for wire in made:
            times, one = self._uses.get(wire, 0), _wires([wire])
            copies = copies @ (Diagram.id(one) if times == 1 else Diagram.copy(one, times))
        after = self._live[len(before) :]
        self.diagram = self.diagram >> copies @ Diagram.id(_wires(after))
        self._live = [*before, *(wire for wire in made for _ in range(self._uses.get(wire, 0))), *after]

    def _bring(self, wanted: list[Any]) -> int:
        """Permute the live wires so that the wanted ones stand together, where the first of them stood."""
        left = list(range(len(self._live)))
        chosen = []
        for wire in wanted:
            chosen.append(next(place for place in left if self._live[place] == wire))
            left.remove(chosen[-1])
        start = sum(place < min(chosen) for place in left) if chosen else len(left)
        order = [*left[:start], *chosen, *left[start:]]
        self.diagram = self.diagram >> Diagram.permutation(order, _wires(self._live))
        self._live = [self._live[place] for place in order]
        return start

    def apply(self, name: str, inputs: list[Any], outputs: list[Any]) -> None:
        """A box on some live wires."""
        start = self._bring(inputs)
        before, after = self._live[:start], self._live[start + len(inputs) :]
        made = Box(name, _wires(inputs), _wires(outputs))
        self.diagram = self.diagram >> Diagram.id(_wires(before)) @ made @ Diagram.id(_wires(after))
        self._live = [*before, *after]
        self._add(before, outputs)

    def end(self, outputs: list[Any]) -> Diagram:
        """The diagram with its outputs in order."""
        self._bring(outputs)
        return self.diagram


def _wires(keys: list[Any]) -> Ty:
    return Ty(*(str(key.ob) for key in keys))


# ------------------------------------------------------------------------------------------------ SVG


class _Svg(Backend):  # type: ignore[misc]
    """What DisCoPy draws, in the order in which it draws, as SVG. Its y axis points up."""

    def __init__(self, height: float) -> None:
        super().__init__()
        self._height = height
        self._room = 0.0
        self.wires: list[str] = []
        self.boxes: list[str] = []
        self.texts: list[str] = []

    def _at(self, x: float, y: float) -> str:
        return f"{x * WIDE:.4g} {(self._height - y) * HIGH:.4g}"

    def draw_boundary(self, graph: Any, **params: Any) -> None:
        """No frame."""

    def draw_wires(self, graph: Any, **params: Any) -> None:
        """Wires, with a name where they begin. DisCoPy's crossings meet level and look like two bends; these cross."""
        ends = {(node.kind, node.j, node.i): at for node, at in graph.positions.items() if node.kind[:4] == "box_"}
        for node in graph.nodes:
            if node.kind == "box" and node.box.draw_as_wires:
                for place in (0, 1):
                    self._crossing(ends["box_dom", node.j, place], ends["box_cod", node.j, 1 - place])
        quiet = {node.j for node in graph.nodes if node.kind == "box" and _is_plain(node)}
        for source, target in graph.edges():
            if all(node.kind != "box" or node.box.draw_as_spider for node in (source, target)):
                self.draw_wire(graph.positions[source], graph.positions[target], source.kind == "box")
            if source.kind == "dom" or (source.kind == "box_cod" and source.j not in quiet):
                self.draw_wire_label(source.x, *graph.positions[source])

    def _crossing(self, source: Any, target: Any) -> None:
        middle = (source[1] + target[1]) / 2
        corners = self._at(source[0], middle), self._at(target[0], middle)
        self.wires.append(f"M{self._at(*source)}C{' '.join(corners)} {self._at(*target)}")

    def draw_wire(
        self, source: Any, target: Any, bend_out: bool = False, bend_in: bool = False, style: Any = None
    ) -> None:
        """A straight line, or a quadratic curve that leaves or arrives level."""
        if source[0] == target[0]:
            path = f"M{self._at(*source)}V{(self._height - target[1]) * HIGH:.4g}"
        else:
            corner = (target[0], source[1]) if bend_out else (source[0], target[1])
            path = f"M{self._at(*source)}Q{self._at(*corner)} {self._at(*target)}"
        self.wires.append(path)

    def draw_polygon(self, *points: Any, facecolor: Any = None, edgecolor: Any = None) -> None:
        """A box."""
        self._room = abs(points[0][0] - points[2][0]) * WIDE
        self.boxes.append("M" + "L".join(self._at(*point) for point in points) + "Z")

    def draw_text(self, text: str, i: float, j: float, **params: Any) -> None:
        """The name of a box in its middle, or the name of a wire beside it."""
        x, y = self._at(i, j).split()
        if params.get("ha") == "center":
            size = min(11.0, self._room / (0.6 * len(text)))
            shrunk = f' font-size="{size:.3g}"' if size < 11 else ""
            self.texts.append(f'<text x="{x}" y="{float(y) + 3.5:.4g}"{shrunk}>{escape(text)}</text>')
        else:
            self.texts.append(f'<text class="wire" x="{x}" y="{float(y) + 6:.4g}">{escape(text)}</text>')

    def draw_spiders(self, graph: Any, draw_box_labels: bool = True, **params: Any) -> None:
        """Copies and discards as dots."""
        for node in graph.nodes:
            if node.kind == "box" and node.box.draw_as_spider:
                x, y = self._at(*graph.positions[node]).split()
                self.texts.append(f'<circle cx="{x}" cy="{y}" r="2.6"/>')

    def output(self, path: Any = None, show: bool = False, **params: Any) -> str:
        """The parts, wires first."""
        boxes = f'<path class="box" d="{"".join(self.boxes)}"/>' if self.boxes else ""
        return f'<path class="wires" d="{"".join(self.wires)}"/>{boxes}{"".join(self.texts)}'


def _is_plain(node: Any) -> bool:
    return bool(node.box.draw_as_wires or node.box.draw_as_spider)


def svg(diagram: Diagram, name: str, says: str) -> str:
    """A diagram as an SVG element with a title and a description; colours come from the page."""
    drawing = diagram.to_drawing()
    drawing.add_box_corners()
    backend = _Svg(drawing.height)
    backend.draw_wires(drawing)
    backend.draw_boxes(drawing)
    backend.draw_spiders(drawing)
    width, height = (max(drawing.width, 1) + 0.4) * WIDE, max(drawing.height, 1) * HIGH
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="-2 -2 {width + 4:.4g} {height + 4:.4g}" '
        f'width="{width + 4:.4g}" height="{height + 4:.4g}" font-size="11">'
        f"<title>{escape(name)}</title><desc>{escape(says)}</desc>{backend.output()}</svg>"
    )


__all__ = ["AxiomError", "Flow", "Strings", "of_term", "svg"]
