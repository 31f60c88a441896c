"""Pictures stay as they are: random terms are drawn to the same bytes, on every machine and in every process.

`python tests/test_layouts.py` writes `tests/layouts.json` again; whoever changes a layout looks at the pictures first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from verified_cat.diagrams import diagram
from verified_cat.draw import Style, draw_object, draw_term, seeded
from verified_cat.objects import SCALAR, Ob, Pair, space
from verified_cat.terms import Swap, Term

KEPT = Path(__file__).with_name("layouts.json")
SEEDS = 32


def pictures(seed: int) -> Iterator[str]:
    """A term, D of it, its lens, folded, and a parametrised map."""
    choose = seeded(seed)
    term = draw_term(choose, draw_object(choose), draw_object(choose), Style("any", 3))
    yield diagram(term).svg()
    yield diagram(term, "derivative", title="D").svg(alone=False)
    yield diagram(term, boxes=1 + seed % 7).svg()
    param, dom, cod = draw_object(choose), draw_object(choose), draw_object(choose)
    inside = draw_term(choose, Pair(param, dom), cod, Style("any", 2))
    yield diagram(inside, "para", names=("weight",)).svg()
    yield diagram(inside, "derivative").svg()
    small = draw_term(choose, Pair(space(2), SCALAR), space(2), Style("polynomial", 1))
    yield diagram(small, "lens", boxes=30).svg()
    yield diagram(small, "learner").svg()


def wide(count: int) -> Term:
    """A term whose boundary has so many spaces."""
    ob: Ob = SCALAR
    for _ in range(count - 2):
        ob = Pair(ob, SCALAR)
    return Swap(ob, SCALAR)


def digest(texts: Iterator[str]) -> str:
    return sha256("\n".join(texts).encode()).hexdigest()[:16]


def digests() -> dict[str, str]:
    """Seed ↦ digest of its pictures; and of boundaries that are just small enough to be drawn, or not."""
    found = {str(seed): digest(pictures(seed)) for seed in range(SEEDS)}
    return found | {f"wide {count}": digest(iter([diagram(wide(count)).svg()])) for count in (23, 24, 25)}


def kept() -> Any:
    return json.loads(KEPT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_pictures_of_random_values_are_the_kept_ones(seed: int) -> None:
    assert digest(pictures(seed)) == kept()[str(seed)]


@pytest.mark.parametrize("count", [23, 24, 25])
def test_a_wide_boundary_is_drawn_as_kept(count: int) -> None:
    assert digest(iter([diagram(wide(count)).svg()])) == kept()[f"wide {count}"]


if __name__ == "__main__":
    KEPT.write_text(json.dumps(digests(), indent=1) + "\n", encoding="utf-8")
