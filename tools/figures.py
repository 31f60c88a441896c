"""The figures of docs/pictures.md: each command of the page is run again.

python -m tools.figures FOLDER      every figure into FOLDER
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from verified_cat.cli import main as verified_cat

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "pictures.md"


def commands() -> Iterator[tuple[list[str], Path]]:
    """The arguments of each command of the page that makes a figure, and the figure."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("verified-cat draw ") and "--out docs/figures/" in line:
            words = shlex.split(line)[1:]
            place = words.index("--out")
            yield words[:place], ROOT / words[place + 1]


def make(arguments: list[str], out: Path) -> None:
    """Run one command, with its figure in another file."""
    result = CliRunner().invoke(verified_cat, [*arguments, "--out", str(out)])
    if result.exit_code:
        raise SystemExit(f"{shlex.join(arguments)}: {result.output}")


def main(folder: str) -> None:
    """All of them."""
    for arguments, figure in commands():
        make(arguments, Path(folder) / figure.name)


if __name__ == "__main__":
    main(sys.argv[1])
