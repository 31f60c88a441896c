"""The claims as a Markdown table, for docs/reviewers.md: python -m tools.claims_table [FOLDER of results]

Without a folder: each claim with its command, its minutes and what judges it. With one: the verdicts of that run, and
its seconds, by the clock and on processors.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from verified_cat.claims import Claim, Result, read

ROOT = Path(__file__).parent.parent


def table(claims: tuple[Claim, ...]) -> str:
    """A row for each claim; those of --quick first, as in the file."""
    rows = [
        f"| {each.says} | `{each.command}` | {each.minutes:g} | {'quick' if each.quick else 'full'} | {judges(each)} |"
        for each in claims
    ]
    head = ["| claim | command | minutes | part of | judged by |", "|---|---|---|---|---|"]
    return "\n".join(head + rows) + "\n"


def judges(claim: Claim) -> str:
    """What decides, beside the exit code of the command."""
    pages = sum(bool(result.page) for result in claim.results)
    said = [f"{pages} pages, to the byte"] if pages > 1 else []
    said += [_judge(result) for result in claim.results if pages == 1 or not result.page]
    return "; ".join(said) or "exit code"


def _judge(result: Result) -> str:
    if result.page:
        return f"`{result.page}`, to the byte"
    if result.bits:
        return f"SHA-256 of `{result.file}`, as recorded"
    if result.tally:
        return f"words in `{result.file}`: as recorded, none {', '.join(result.never)}"
    ends = [f"≥ {result.at_least:g}"] if result.at_least is not None else []
    ends += [f"≤ {result.at_most:g}"] if result.at_most is not None else []
    return f"{result.figure} {' and '.join(ends)}"


def found(folder: Path) -> str:
    """The verdicts of a run."""
    whole = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    rows = [
        f"| {each['name']} | {each['verdict']} | {each['why']} | {each['seconds']:.0f} | {each['cpu_seconds']:.0f} |"
        for each in whole["claims"]
    ]
    head = ["| claim | verdict | why | s | CPU s |", "|---|---|---|---|---|"]
    return "\n".join(head + rows) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the one or the other."""
    parser = argparse.ArgumentParser(prog="python -m tools.claims_table", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="of results, with its manifest")
    folder = parser.parse_args(arguments).folder
    if folder and not (folder / "manifest.json").is_file():
        parser.error(f"{folder} has no manifest.json: is it a folder of verified-cat reproduce?")
    print(found(folder) if folder else table(read(ROOT / "artifact" / "claims.toml")), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
