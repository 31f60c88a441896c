"""The result as an SVG: how many times faster than eager each implementation is, median and quartiles."""

from __future__ import annotations

from html import escape
from math import ceil, floor, log10
from typing import Any

from benchmarks.step.figures import Quartiles, Row, by_workload, named, paired, timed
from benchmarks.step.implementations import EAGER

LEFT, WIDTH, LINE, GAP = 190, 560, 17, 34
COLOURS = {
    "ours": "#b5332e",
    "torch": "#3a6ea5",
    "expert": "#3a6ea5",
    "equations": "#3a6ea5",
    "jax": "#2e8b57",
    "catgrad": "#8a6d3b",
    "yardstick": "#666666",
}


def svg(result: dict[str, Any]) -> str:
    """One panel a workload, on one logarithmic axis."""
    panels = {name: against_eager(rows) for name, rows in by_workload(result["rows"]).items()}
    panels = {name: found for name, found in panels.items() if found}
    ends = [end for found in panels.values() for _, ratio in found for end in (ratio.low, ratio.high)] or [1.0]
    low, high = floor(log10(min(ends))), max(floor(log10(min(ends))) + 1, ceil(log10(max(ends))))
    parts, y = [], 24
    for name, found in panels.items():
        parts.append(text(8, y, name, weight="bold"))
        for row, ratio in found:
            y += LINE
            parts.append(mark(row, ratio, y, low, high))
        y += GAP
    axis = [tick(power, low, high, y - 14) for power in range(low, high + 1)]
    title = text(LEFT, y + 18, "times faster than eager PyTorch, CPU time of one thread; median and quartiles")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 80}" height="{y + 32}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join([*axis, *parts, title])
        + "\n</svg>\n"
    )


def against_eager(rows: list[Row]) -> list[tuple[Row, Quartiles]]:
    eager = named(rows, EAGER)
    if eager is None:
        return []
    ratios = [(row, paired(eager, row)) for row in timed(rows)]
    return sorted(((row, ratio) for row, ratio in ratios if ratio), key=lambda pair: pair[1].middle)


def place(value: float, low: int, high: int) -> float:
    return LEFT + WIDTH * (log10(value) - low) / (high - low)


def mark(row: Row, ratio: Quartiles, y: int, low: int, high: int) -> str:
    colour = COLOURS.get(row["family"], "#000000")
    ends = [place(value, low, high) for value in (ratio.low, ratio.middle, ratio.high)]
    return (
        text(LEFT - 8, y, row["implementation"], anchor="end")
        + f'<line x1="{ends[0]:.1f}" x2="{ends[2]:.1f}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="3"/>'
        + f'<circle cx="{ends[1]:.1f}" cy="{y - 4}" r="4" fill="{colour}"/>'
        + text(ends[2] + 8, y, f"{ratio.middle:.3g}")
    )


def tick(power: int, low: int, high: int, bottom: int) -> str:
    x = place(10.0**power, low, high)
    line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="28" y2="{bottom}" stroke="#dddddd"/>'
    return line + text(x, bottom + 14, f"{10.0**power:g}", anchor="middle")


def text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'
