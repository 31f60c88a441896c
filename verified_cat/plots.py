"""Small pictures of numbers as SVG for pages: points in the plane, and curves. Colours are those of the page's style.

Both are read without colour too: real examples are hollow, numbered examples have their numbers, curves have names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, isfinite, log10

from verified_cat.floats import mean
from verified_cat.markup import visible

Point = tuple[float, float]

LEFT, RIGHT, ABOVE, BELOW = 52.0, 10.0, 12.0, 34.0
"""Room for the numbers and names of the axes."""
SIDE = 210.0
"""Of the square of a scatter plot."""
WIDE, HIGH, LINE, HUES = 560.0, 170.0, 17.0, 6


def ends(values: Sequence[float]) -> tuple[float, float]:
    """The least and the largest, made to differ."""
    low, high = min(values), max(values)
    room = max(0.5, 1e-6 * abs(low))
    return (low, high) if high - low > 1e-9 * room else (low - room, high + room)


def ticks(low: float, high: float, logarithmic: bool = False) -> list[float]:
    """Round numbers between the ends: of 1, 2 and 5 times a power of ten the distance that gives three to seven."""
    if logarithmic and high - low >= 2:
        step = max(1, ceil((high - low) / 6))
        return [float(tick) for tick in range(ceil(low), floor(high) + 1, step)]
    power = 10.0 ** floor(log10((high - low) / 3))
    step_ = next(power * part for part in (5, 2, 1) if (high - low) / (power * part) >= 2.5)
    return [step_ * number for number in range(ceil(low / step_), floor(high / step_) + 1)]


def shown(tick: float, logarithmic: bool = False) -> str:
    """The number at a tick."""
    return f"{10**tick:.3g}" if logarithmic else f"{tick + 0.0:.4g}"


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """So many points at most: those of each stretch of a curve become their mean."""
    stretch = max(1, ceil(len(points) / most))
    parts = [points[start : start + stretch] for start in range(0, len(points), stretch)]
    return [(mean([x for x, _ in part]), mean([y for _, y in part])) for part in parts]


# ------------------------------------------------------------------------------------------------ a frame with axes


class Frame:
    """A rectangle of the plane with ticks and names at two sides."""

    def __init__(self, x: Point, y: Point, width: float, height: float, logarithmic: bool = False) -> None:
        self.x, self.y, self.width, self.height, self.logarithmic = x, y, width, height, logarithmic

    def at(self, point: Point) -> Point:
        """Where a point is drawn."""
        (left, right), (low, high) = self.x, self.y
        across = LEFT + self.width * (point[0] - left) / (right - left)
        return across, ABOVE + self.height * (high - point[1]) / (high - low)

    def parts(self, across: str, up: str) -> list[str]:
        """The lines, their numbers, and the names of the axes."""
        bottom, end = ABOVE + self.height, LEFT + self.width
        found = [f'<rect class="frame" x="{LEFT}" y="{ABOVE}" width="{self.width:.1f}" height="{self.height:.1f}"/>']
        for tick in ticks(*self.y, self.logarithmic):
            y = self.at((self.x[0], tick))[1]
            found.append(f'<line class="rule" x1="{LEFT}" x2="{end:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
            found.append(text(LEFT - 5, y + 3.5, shown(tick, self.logarithmic), "tick end"))
        for tick in ticks(*self.x):
            found.append(text(self.at((tick, self.y[0]))[0], bottom + 13, shown(tick), "tick"))
        middle = ABOVE + self.height / 2
        turned = f'<text class="axis" transform="translate(11 {middle:.1f}) rotate(-90)">{escape(visible(up))}</text>'
        return [*found, text(LEFT + self.width / 2, bottom + 28, across, "axis"), turned]


def text(x: float, y: float, words: str, kind: str) -> str:
    """Words at a place."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(visible(words))}</text>'


def _whole(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<svg class="plot" role="img" {box}><title>{escape(visible(title))}</title>{"".join(parts)}</svg>'


# ------------------------------------------------------------------------------------------------ points


def scatter(
    title: str,
    made: Sequence[Point],
    real: Sequence[Point] = (),
    joined: Sequence[tuple[Point, Point]] = (),
    names: tuple[str, str] = ("first coordinate", "second coordinate"),
    numbered: int = 0,
) -> str:
    """Points, the real ones hollow behind them; segments between pairs; the first ``numbered`` have their numbers."""
    every = [p for p in (*made, *real, *(end for pair in joined for end in pair)) if all(map(isfinite, p))]
    if not every:
        return _whole(SIDE, 40, title, [text(8, 24, "no finite points", "tick left")])
    (left, right), (low, high) = (ends([p[axis] for p in every]) for axis in (0, 1))
    slack = 0.04 * (right - left), 0.04 * (high - low)
    frame = Frame((left - slack[0], right + slack[0]), (low - slack[1], high + slack[1]), SIDE, SIDE)
    parts = frame.parts(*names)
    parts += [_dot(frame.at(p), "real", 2.4) for p in real if all(map(isfinite, p))]
    parts += [_segment(frame.at(a), frame.at(b)) for a, b in joined if all(map(isfinite, (*a, *b)))]
    parts += [_dot(frame.at(p), "made", 1.8) for p in made if all(map(isfinite, p))]
    for number, p in enumerate(made[:numbered], start=1):
        if all(map(isfinite, p)):
            x, y = frame.at(p)
            parts.append(text(x, y + 3.5, str(number), "number"))
    return _whole(LEFT + SIDE + RIGHT, ABOVE + SIDE + BELOW, title, parts)


def _dot(at: Point, kind: str, radius: float) -> str:
    return f'<circle class="{kind}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius}"/>'


def _segment(start: Point, end: Point) -> str:
    return f'<line class="joined" x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'


# ------------------------------------------------------------------------------------------------ curves


def curves(title: str, series: Mapping[str, Sequence[Point]], up: str, across: str = "step") -> str:
    """Curves with their names below; logarithmic upwards where all values are above 0 and span more than a factor of
    ten."""
    finite = {name: [p for p in points if all(map(isfinite, p))] for name, points in series.items()}
    drawn = {name: points for name, points in finite.items() if points}
    values = [y for points in drawn.values() for _, y in points]
    if not values:
        return _whole(SIDE, 40, title, [text(8, 24, "no finite values", "tick left")])
    logarithmic = min(values) > 0 and max(values) > 10 * min(values)
    scaled = {name: [(x, log10(y) if logarithmic else y) for x, y in points] for name, points in drawn.items()}
    spans = [ends([p[axis] for points in scaled.values() for p in points]) for axis in (0, 1)]
    frame = Frame(spans[0], spans[1], WIDE - LEFT - RIGHT, HIGH, logarithmic)
    parts = frame.parts(across, f"{up}, logarithmic" if logarithmic else up)
    for place, (name, points) in enumerate(scaled.items()):
        hue, below = f"hue{place % HUES}", ABOVE + HIGH + BELOW + LINE * (place + 0.5)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(frame.at, points))
        key = f'<line class="curve {hue}" x1="{LEFT}" x2="{LEFT + 22}" y1="{below:.1f}" y2="{below:.1f}"/>'
        parts += [f'<polyline class="curve {hue}" points="{path}"/>', key, text(LEFT + 28, below + 4, name, "key")]
    return _whole(WIDE, ABOVE + HIGH + BELOW + LINE * (len(scaled) + 0.5), title, parts)
