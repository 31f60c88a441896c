"""A tree with claims of its own, and a run that establishes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from verified_cat import reproducing
from verified_cat.claims import read

FILE = """
[[claims]]
name = "page"
says = "a page is what is printed"
command = "python make.py page"
minutes = 2
quick = true
results = [{ file = "output", page = "page.md" }]

[[claims]]
name = "numbers"
says = "they are small"
command = "python make.py numbers {out}"
minutes = 0.5
results = [
    { file = "n.json", figure = "error", at_most = 1, at_least = 0.5 },
    { file = "n.json", tally = "rows.verdict", never = ["refuted"] },
    { file = "n.bin", bits = true },
]
"""
"""A claim whose result is a page, and one with a figure, words and bits."""


def tree(root: Path, claims: str, **scripts: str) -> Path:
    """The folder, with a file of claims and with these scripts of Python."""
    (root / reproducing.CLAIMS).parent.mkdir()
    (root / reproducing.CLAIMS).write_text(claims)
    for name, text in scripts.items():
        (root / f"{name}.py").write_text(text)
    return root


def established(root: Path, out: str, *rest: Any) -> list[reproducing.Established]:
    """All of them, with their results in a folder of the tree; silently."""
    return reproducing.reproduce(root, root / out, read(root / reproducing.CLAIMS), lambda _: None, *rest)
