"""The figures of a training as curves, in one SVG without any script: step ↦ figure, a panel for each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import isfinite, log10

from verified_cat.plots import ends, shown, thinned, ticks

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 640, 220, 70, 30, 28
MOST = 800
"""So many points of a curve are drawn; of more, the mean of each stretch."""

Points = list[tuple[float, float]]


def svg(history: Sequence[Mapping[str, float]], title: str) -> str:
    """One panel for each figure of the history, in the order in which they first occur; on a logarithmic scale where
    all are above 0 and span more than a factor of ten."""
    names = list(dict.fromkeys(name for row in history for name in row if name != "step"))
    panels = [(name, points) for name in names if (points := _points(history, name))]
    whole = HEIGHT * max(1, len(panels))
    drawn = "".join(_panel(name, points, HEIGHT * place) for place, (name, points) in enumerate(panels))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole}" role="img" '
        f'font-family="sans-serif" font-size="11"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{whole}" fill="white"/>{drawn}</svg>\n'
    )


def _points(history: Sequence[Mapping[str, float]], name: str) -> Points:
    return thinned([(row["step"], row[name]) for row in history if name in row and isfinite(row[name])], MOST)


def _panel(name: str, points: Points, top: int) -> str:
    values = [y for _, y in points]
    logarithmic = min(values) > 0 and max(values) > 10 * min(values)
    scaled = [(x, log10(y) if logarithmic else y) for x, y in points]
    (left, right), (low, high) = ends([x for x, _ in scaled]), ends([y for _, y in scaled])
    marks = ticks(low, high, logarithmic)

    def across(x: float) -> float:
        return LEFT + (WIDTH - LEFT - 15) * (x - left) / (right - left)

    def down(y: float) -> float:
        return top + ABOVE + (HEIGHT - ABOVE - BELOW) * (high - y) / (high - low)

    lines = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - 15}" y1="{down(tick):.1f}" y2="{down(tick):.1f}" stroke="#ddd"/>'
        f'<text x="{LEFT - 6}" y="{down(tick) + 4:.1f}" text-anchor="end">{shown(tick, logarithmic)}</text>'
        for tick in marks
    )
    path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in scaled)
    curve = f'<polyline points="{path}" fill="none" stroke="#1f5fa8" stroke-width="1.3"/>'
    dots = "".join(f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="2" fill="#1f5fa8"/>' for x, y in scaled[:40])
    bottom = top + HEIGHT - BELOW + 16
    return (
        f'<text x="{LEFT}" y="{top + 16}" font-size="13">{escape(name.replace("_", " "))}</text>{lines}{curve}'
        f"{dots if len(scaled) <= 40 else ''}"
        f'<text x="{LEFT}" y="{bottom}">{left:.0f}</text>'
        f'<text x="{WIDTH - 15}" y="{bottom}" text-anchor="end">step {right:.0f}</text>'
    )
