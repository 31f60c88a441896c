"""Pictures with a way back: D of a term, lenses (get there, put back), and learners (update and request).

D of a term is drawn twice: there from left to right, and below it back from right to left, each box under the box that
it is the reverse derivative of. What was copied is added up, what was discarded is 0 (Cockett et al. 2019; Cruttwell et
al. 2021). A lens is drawn with what ``put`` needs of A coming down into it; a learner is Definition II.1 of Fong,
Spivak and Tuyéras 2019.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from verified_cat.drawings import Drawing, Part, Point, Port, Side, Wire, width
from verified_cat.flow_graph import NAME, reverse_name
from verified_cat.flows import Flow
from verified_cat.markup import cut
from verified_cat.placing import DOT, place

ROOM, RING = 30.0, 5.0
"""Points between the way there and the way back, and the radius of the ring that adds up."""


# ------------------------------------------------------------------------------------------------ D of a term


def derivative(flow: Flow) -> Drawing:
    """(a, b') ↦ (f(a), D f(a)ᵀ b'): what is dashed is what the way back needs of the way there."""
    there = place(flow, back=True, arrows=True)
    down = there.height + ROOM
    solid = [number for number, part in enumerate(there.parts) if part.solid]
    linear = {number for number, box in zip(solid, flow.boxes, strict=True) if box.linear}
    count, ends = len(there.parts), len(there.ports)
    parts = [_back_part(part, down, number in linear) for number, part in enumerate(there.parts)]
    whole = down + there.height
    ports = [_back_port(there, port, down, whole, count) for port in there.ports]
    wires = [_back_wire(there, wire, down, ends) for wire in there.wires]
    memory, more = [], []
    for number in solid:
        if number not in linear:
            above, below = there.parts[number], parts[number]
            x = above.x + above.width / 2
            more += [Port(number, "bottom", (x, above.y + above.height)), Port(count + number, "top", (x, below.y))]
            memory.append(
                Wire(2 * ends + len(more) - 2, 2 * ends + len(more) - 1, (), "the inputs of the box", "memory")
            )
    return Drawing(
        there.width,
        whole,
        (*there.parts, *parts),
        (*there.ports, *ports, *more),
        (*there.wires, *wires, *memory),
    )


def _back_part(part: Part, down: float, linear: bool) -> Part:
    """The box of the way back; a sum for a copy, 0 for a discard."""
    if part.solid:
        name = cut(reverse_name(part.name, linear), NAME)
        return replace(part, y=part.y + down, name=name, says=f"{name}: the way back of {part.says}")
    kind: Literal["sum", "zero", "turn"] = (
        "sum" if part.kind == "copy" else "zero" if part.kind == "discard" else "turn"
    )
    x, y = part.x + part.width / 2, part.y + part.height / 2 + down
    return Part(kind, x - RING, y - RING, 2 * RING, 2 * RING)


def _back_port(there: Drawing, port: Port, down: float, whole: float, count: int) -> Port:
    """The port below, where parameters leave at the bottom."""
    side: Side = "bottom" if port.side == "top" else port.side
    x, y = port.at
    if port.part == -1:
        return Port(-1, side, (x, whole) if side == "bottom" else (x, y + down), port.name)
    part = there.parts[port.part]
    if part.solid:
        at = (x, part.y + part.height + down) if side == "bottom" else (x, y + down)
    else:
        middle = part.x + part.width / 2, part.y + part.height / 2
        sign = -1 if side == "bottom" else 1  # what came from above leaves below
        at = (middle[0] + (x - middle[0]) * RING / DOT, middle[1] + sign * (y - middle[1]) * RING / DOT + down)
    return Port(port.part + count, side, at)


def _back_wire(there: Drawing, wire: Wire, down: float, ends: int) -> Wire:
    through = tuple((x, y + down) for x, y in reversed(wire.through))
    leaves = there.ports[wire.start].part == -1
    return Wire(wire.end + ends, wire.start + ends, through, wire.name, "wire", leaves)


# ------------------------------------------------------------------------------------------------ lenses


def lens(get: Flow, put: Flow) -> Drawing:
    """get : A → B above, put : A ⊗ B' → A' below from right to left; ``put`` has the leaves of A from above."""
    inputs = len(get.inputs)
    lead = 14.0 * (inputs + 1) + max((width(name, 9) for name in get.inputs), default=0.0)
    there = place(get, arrows=True)
    back = place(put, arrows=True).mirrored()
    tracks = ROOM + 8.0 * inputs
    wide = max(there.width + lead, back.width)
    there = _widened(there.moved(lead, 0), wide, "right")
    down = there.height + tracks
    back = _widened(back.moved(wide - back.width, 0), 0.0, "left").moved(0, down - 34.0 if put.above else down)
    return _joined(there, back, wide, lead)


def _widened(drawing: Drawing, to: float, side: Side) -> Drawing:
    """The ends on a side moved outward to an edge."""
    ports = tuple(
        replace(port, at=(to, port.at[1])) if port.part == -1 and port.side == side else port for port in drawing.ports
    )
    return replace(drawing, ports=ports)


def _joined(there: Drawing, back: Drawing, wide: float, lead: float) -> Drawing:
    """Both with a dot on each leaf of A, from which it goes on, and down into what is below."""
    count, ends = len(there.parts), len(there.ports)
    parts = [*there.parts, *back.parts]
    ports = [*there.ports, *(replace(p, part=p.part + count if p.part >= 0 else -1) for p in back.ports)]
    wires = [*there.wires, *(replace(w, start=w.start + ends, end=w.end + ends) for w in back.wires)]
    inputs = [number for number, port in enumerate(there.ports) if port.part == -1 and port.side == "left"]
    below = [ends + number for number, port in enumerate(back.ports) if port.parameter]
    for row, (number, top) in enumerate(zip(inputs, below, strict=True)):  # both in the order of the leaves of A
        y = ports[number].at[1]
        x, track = lead - 14.0 * (row + 1), there.height + 10.0 + 8.0 * row
        parts.append(Part("copy", x - DOT, y - DOT, 2 * DOT, 2 * DOT))
        dot, name = len(parts) - 1, ports[number].name
        ports[number] = Port(dot, "right", (x + DOT, y))
        ports += [Port(-1, "left", (0.0, y), name), Port(dot, "left", (x - DOT, y)), Port(dot, "bottom", (x, y + DOT))]
        here = len(ports)
        wires.append(Wire(here - 3, here - 2, (), name))
        place_ = next(number for number, wire in enumerate(wires) if wire.start == top)
        across = ports[top].at[0]
        wires[place_] = replace(wires[place_], start=here - 1, through=((x, track), (across, track)))
        ports[top] = replace(ports[top], part=-2)
    return _without(Drawing(wide, max(back.height, there.height), tuple(parts), tuple(ports), tuple(wires)))


def _without(drawing: Drawing) -> Drawing:
    """The drawing without the ports that were taken out."""
    kept = [number for number, port in enumerate(drawing.ports) if port.part != -2]
    number = {old: new for new, old in enumerate(kept)}
    wires = tuple(replace(wire, start=number[wire.start], end=number[wire.end]) for wire in drawing.wires)
    return replace(drawing, ports=tuple(drawing.ports[old] for old in kept), wires=wires)


# ------------------------------------------------------------------------------------------------ learners


def learner(param: str, dom: str, cod: str, implement: str = "I", update: str = "U", request: str = "r") -> Drawing:
    """(P, I, U, r): parameters from above, data through I; what was wanted comes back, and with it a new parameter and
    a request. The dashed line is the next step."""
    plain = [(200.0, 72.0, implement, "I : P ⊗ A → B"), (300.0, 180.0, update, "U : (P ⊗ A) ⊗ B → P")]
    boxes = [*plain, (120.0, 180.0, request, "r : (P ⊗ A) ⊗ B → A")]
    parts = [Part("box", x, y, 60.0, 36.0, cut(name, NAME), says) for x, y, name, says in boxes]
    dots = [(230.0, 40.0), (60.0, 90.0), (60.0, 150.0), (390.0, 198.0)]
    parts += [Part("copy", x - DOT, y - DOT, 2 * DOT, 2 * DOT) for x, y in dots]
    ends: list[tuple[Side, Point, str]] = [
        ("top", (230.0, 0.0), param),
        ("left", (0.0, 90.0), dom),
        ("right", (500.0, 90.0), cod),
        ("right", (500.0, 198.0), f"{cod}, wanted"),
        ("left", (0.0, 198.0), f"{dom}, requested"),
        ("top", (412.0, 0.0), "next step"),
    ]
    ports = [Port(-1, side, at, name, place == 0) for place, (side, at, name) in enumerate(ends)]
    wires: list[Wire] = []

    def wire(start: int | Port, end: int | Port, *through: Point, name: str, arrow: bool = False) -> None:
        numbers = []
        for port in (start, end):
            if isinstance(port, Port):
                ports.append(port)
                numbers.append(len(ports) - 1)
            else:
                numbers.append(port)
        wires.append(Wire(numbers[0], numbers[1], through, name, "wire", arrow))

    i, u, r, dot_p, dot_a, dot_low, dot_b = range(7)
    wire(0, Port(dot_p, "top", (230.0, 40 - DOT)), name=param)
    wire(Port(dot_p, "bottom", (230.0, 40 + DOT)), Port(i, "top", (230.0, 72.0)), name=param)
    wire(Port(dot_p, "left", (230 - DOT, 40.0)), Port(r, "top", (165.0, 180.0)), (165.0, 40.0), name=param)
    wire(Port(dot_p, "right", (230 + DOT, 40.0)), Port(u, "top", (345.0, 180.0)), (345.0, 40.0), name=param)
    wire(1, Port(dot_a, "left", (60 - DOT, 90.0)), name=dom)
    wire(Port(dot_a, "right", (60 + DOT, 90.0)), Port(i, "left", (200.0, 90.0)), name=dom)
    wire(Port(dot_a, "bottom", (60.0, 90 + DOT)), Port(dot_low, "top", (60.0, 150 - DOT)), name=dom)
    wire(Port(dot_low, "right", (60 + DOT, 150.0)), Port(u, "top", (315.0, 180.0)), (315.0, 150.0), name=dom)
    low = ((60.0, 165.0), (135.0, 165.0))
    wire(Port(dot_low, "bottom", (60.0, 150 + DOT)), Port(r, "top", (135.0, 180.0)), *low, name=dom)
    wire(Port(i, "right", (260.0, 90.0)), 2, name=cod, arrow=True)
    wire(3, Port(dot_b, "right", (390 + DOT, 198.0)), name=cod)
    wire(Port(dot_b, "left", (390 - DOT, 198.0)), Port(u, "right", (360.0, 198.0)), name=cod)
    under = ((390.0, 234.0), (240.0, 234.0), (240.0, 198.0))
    wire(Port(dot_b, "bottom", (390.0, 198 + DOT)), Port(r, "right", (180.0, 198.0)), *under, name=cod)
    wire(Port(r, "left", (120.0, 198.0)), 4, name=dom, arrow=True)
    new = ((330.0, 250.0), (412.0, 250.0))
    wire(Port(u, "bottom", (330.0, 216.0)), 5, *new, name=param, arrow=True)
    loop = ((412.0, -14.0), (412.0, -26.0), (230.0, -26.0), (230.0, -14.0))
    return Drawing(500.0, 258.0, tuple(parts), tuple(ports), tuple(wires), ((loop, "the next step"),))
