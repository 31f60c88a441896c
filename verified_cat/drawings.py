"""A drawing: boxes, dots and wires with their places.

A wire goes from port to port through the points where it turns; each port is a point, and belongs to one wire. What has
to hold is said by ``verified_cat.drawing_faults``: a layout is not trusted, it is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

Point = tuple[float, float]
Side = Literal["left", "right", "top", "bottom"]


@dataclass(frozen=True, slots=True)
class Part:
    """A box, or a dot where a wire is copied, discarded, added up or turned: ``kind`` says which."""

    kind: Literal["box", "folded", "copy", "discard", "sum", "zero", "turn"]
    x: float
    y: float
    width: float
    height: float
    name: str = ""
    says: str = ""

    @property
    def solid(self) -> bool:
        """Whether no wire may go through it."""
        return self.kind in ("box", "folded")


@dataclass(frozen=True, slots=True)
class Port:
    """A point where a wire ends: on a side of a part (by its place among the parts), or of the drawing itself (-1)."""

    part: int
    side: Side
    at: Point
    name: str = ""
    parameter: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """From a port to a port (by their places) through points; ``kind`` "memory" is what the way there keeps for the
    way back."""

    start: int
    end: int
    through: tuple[Point, ...] = ()
    name: str = ""
    kind: Literal["wire", "memory"] = "wire"
    arrow: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """Parts, ports, wires; ``loops`` are dashed lines outside, from one step to the next."""

    width: float
    height: float
    parts: tuple[Part, ...]
    ports: tuple[Port, ...]
    wires: tuple[Wire, ...]
    loops: tuple[tuple[tuple[Point, ...], str], ...] = ()

    def points(self, wire: Wire) -> list[Point]:
        """The ports and the turning points of a wire, in order."""
        return [self.ports[wire.start].at, *wire.through, self.ports[wire.end].at]

    def moved(self, right: float, down: float) -> Drawing:
        """The drawing elsewhere."""
        return self._mapped(lambda p: (p[0] + right, p[1] + down), right, down)

    def mirrored(self) -> Drawing:
        """Left and right exchanged."""
        turned = self._mapped(lambda p: (self.width - p[0], p[1]), 0, 0)
        sides: dict[Side, Side] = {"left": "right", "right": "left"}
        ports = tuple(replace(port, side=sides.get(port.side, port.side)) for port in turned.ports)
        parts = tuple(replace(part, x=self.width - part.x - part.width) for part in self.parts)
        return replace(turned, ports=ports, parts=parts)

    def _mapped(self, move: Callable[[Point], Point], right: float, down: float) -> Drawing:
        return replace(
            self,
            width=self.width + right,
            height=self.height + down,
            parts=tuple(replace(part, x=part.x + right, y=part.y + down) for part in self.parts),
            ports=tuple(replace(port, at=move(port.at)) for port in self.ports),
            wires=tuple(replace(wire, through=tuple(map(move, wire.through))) for wire in self.wires),
            loops=tuple((tuple(map(move, points)), says) for points, says in self.loops),
        )


def tenth(value: float) -> float:
    """To a tenth of a point, as it is written: what is level in a picture is level in numbers."""
    return round(value, 1)


def width(text: str, size: float = 11) -> float:
    """About how wide a text is."""
    return 0.62 * size * len(text)
