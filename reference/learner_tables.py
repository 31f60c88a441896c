"""The tables of docs/learners.md: what is exactly so of update rules and of errors, computed and written into a page.

``python reference/learner_tables.py docs/learners.md`` replaces what stands between the markers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from verified_cat.errors import UsageError
from verified_cat.reference import lens_laws, rule_facts

TABLES: dict[str, Callable[[], list[str]]] = {"rules": rule_facts.table, "errors": lens_laws.table}


def marks(name: str) -> tuple[str, str]:
    """What stands before a table and after it."""
    return f"<!-- {name}: written by python reference/learner_tables.py -->", f"<!-- end of {name} -->"


def filled(text: str) -> str:
    """The page with every table as it is computed now. Raises UsageError where a marker is missing."""
    for name in TABLES:
        begin, end = marks(name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise UsageError(f"the page has not one place for the table of {name}: {begin} … {end}")
    for name, table in TABLES.items():
        begin, end = marks(name)
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = "\n".join([f"{before}{begin}", "", *table(), "", f"{end}{after}"])
    return text


def main(arguments: list[str]) -> None:
    """Write the page that is named, or print the tables."""
    if not arguments:
        print("\n\n".join("\n".join(table()) for table in TABLES.values()))
    for name in arguments:
        page = Path(name)
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
