"""The comparison with others: its figures are those of the benchmarks and the ledger, and each cell says its source."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/comparison.md").read_text(encoding="utf-8")
MEASURED = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
YARDSTICKS = {"PyTorch": "eager, torch.compile", "JAX, jit": "JAX, jit", "JAX, scan": "JAX, scan", "catgrad": "catgrad"}
SOURCES = ("(run)", "(run once)", "(read)", "(ours)", "none", "-", "yes, not held against laws here")


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a page, as rows of cells, without the line below the heads."""
    found = re.findall(r"(?:^\|.*\|$\n)+", text, re.M)
    return [
        [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines() if "---" not in line]
        for table in found
    ]


def medians() -> dict[tuple[str, str, str], str]:
    """Of the page of benchmarks: by workload, implementation and whom it is compared with."""
    found: dict[tuple[str, str, str], str] = {}
    for part in re.split(r"^### ", MEASURED, flags=re.M)[1:]:
        workload = part.split(":")[0]
        for head, *rows in (table for table in tables(part) if table[0][0] == "times faster than the best of"):
            for name, *cells in rows:
                found |= {
                    (workload, name, other): cell.split(" ")[0] for other, cell in zip(head[1:], cells, strict=True)
                }
    return found


def test_the_figures_are_those_of_the_benchmarks() -> None:
    measured = medians()
    (head, *rows), *_ = (table for table in tables(PAGE) if table[0][0] == "workload")
    assert {row[0] for row in rows} == {workload for workload, _, _ in measured}
    for workload, *cells in rows:
        for title, cell in zip(head[1:], cells, strict=True):
            backend, _, other = title.partition(": ")
            key = (each for each in measured if each[:2] == (workload, f"ours-{backend}"))
            there = [measured[each] for each in key if each[2].startswith(YARDSTICKS[other])]
            assert cell == (there[0] if there else "not run"), f"{workload}, {title}"
    assert sum(cell != "not run" for row in rows for cell in row[1:]) > 60


def unsaid(page: str) -> list[str]:
    """The cells of the first comparison that do not say how they are known."""
    ((_, *rows),) = (table for table in tables(page) if table[0][1:2] == ["verified_cat"])
    cells = [(row[0], cell) for row in rows if row[0] != "is written in" for cell in row[1:]]
    assert len(cells) >= 40
    return [f"{row}: {cell}" for row, cell in cells if not (cell.endswith(SOURCES) or cell.startswith("none: "))]


def test_every_cell_says_how_it_is_known() -> None:
    assert unsaid(PAGE) == []
    assert unsaid(PAGE.replace("| hold as far as sampled (run)", "| hold")) == ["composition, tensor, copy: hold"]


@pytest.mark.parametrize("name", ["DisCoPy 1.2.2", "catgrad 0.2.2"])
def test_versions_are_those_that_were_run(name: str) -> None:
    page = (ROOT / "docs/outsiders" / f"{name.split()[0].lower()}.md").read_text(encoding="utf-8")
    assert name in PAGE and name in page


def test_laws_are_counted_as_the_ledger_counts_them() -> None:
    laws = tomllib.loads((ROOT / "proofs/ledger.toml").read_text(encoding="utf-8"))["laws"]
    proved = sum(law["evidence"] == "proved" and law["by"] == "z3+cvc5" for law in laws.values())
    assert f"| {len(laws)} laws; `pytest laws/`" in PAGE and f"{proved} laws by two solvers" in PAGE
