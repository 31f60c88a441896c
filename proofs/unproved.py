"""Laws of which a proof is asked and that have none: which they are, how strongly they are known, and why not.

``unproved.toml`` holds the reasons; which laws lack a proof is read off the ledger. The table of ``proofs/README.md``
is ``table()``, printed by ``python -m verified_cat.proofs.unproved``, and a test holds it to both.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from verified_cat.proofs import ledger
from verified_cat.report import Strength

FILE = Path(__file__).with_name("unproved.toml")


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))


def asked() -> list[str]:
    """The laws of which a proof is asked, by a proof assistant or by a solver."""
    return str(_file()["asked"]).split()


def reasons() -> dict[str, str]:
    """Law ↦ why it has no proof."""
    return {law: str(each["reason"]) for law, each in _file().items() if law != "asked"}


def unproved() -> dict[str, ledger.Entry]:
    """The laws of which a proof is asked and that the ledger does not call proved, in the order of the file."""
    known = ledger.kept()
    return {law: known[law] for law in asked() if known[law].evidence != Strength.PROVED.value}


def table() -> list[str]:
    """The laws without a proof as Markdown. Raises KeyError where one has no reason."""
    why, rows = reasons(), unproved()
    head = [
        f"Of {len(asked())} laws of which a proof is asked {len(asked()) - len(rows)} are proved; {len(rows)} are not:",
        "",
        "| law | known | why it is not proved |",
        "|---|---|---|",
    ]
    return [*head, *(f"| {law} | {each.evidence}, by {each.by} | {why[law]} |" for law, each in rows.items())]


if __name__ == "__main__":
    print("\n".join(table()))
