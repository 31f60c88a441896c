"""The table of docs/reliability.md, from the records that ``python -m tools.mutation --json`` wrote.

python -m tools.mutation_table runs/mutation/*.json

A record of another text of its module, one that is cut off, and a module without a record are said so, and end it
with 1. So do a module below --least, a share of the mutants that were killed or survived, and a survivor about which
tools/survivors.toml says nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.mutants import mutants
from tools.mutation import ROOT, WORDS, Name, argued, named, score

CORE = ROOT / "verified_cat"


@dataclass(frozen=True, slots=True)
class Row:
    """A module: how many mutants there are, how many of each word were found, and the survivors without a reason."""

    module: str
    count: int
    words: Counter[str]
    survivors: tuple[str, ...] = ()

    def score(self) -> float:
        """The share that was killed; 1 where nothing was killed and nothing survived."""
        found = score(self.words)
        return 1.0 if found is None else found

    def is_whole(self) -> bool:
        """Whether each of its mutants was tried: what is left of others is no part of any figure."""
        return self.words.total() == self.count

    def cells(self) -> str:
        """As a row of Markdown."""
        shown = (f"{100 * self.score():.1f} %", f"{self.words.total()} of {self.count}")
        return " | ".join(("", self.module, *shown, *(str(self.words[word]) for word in WORDS), "")).strip()


def together(name: str, table: Iterable[Row]) -> Row:
    """The sums of rows."""
    known = list(table)
    return Row(name, sum(each.count for each in known), sum((each.words for each in known), Counter[str]()))


def rows(
    records: Iterable[Path], folder: Path = CORE, said: Mapping[Name, str] | None = None
) -> tuple[list[Row], list[str]]:
    """The modules in the order of their names, and what is wrong with records; what is said of survivors as of now."""
    found, wrong, reasons = dict[str, Row](), list[str](), argued() if said is None else said
    for path in records:
        for module, kept in json.loads(path.read_text(encoding="utf-8")).items():
            file = folder / f"{module}.py"
            every = mutants(file.read_text(encoding="utf-8")) if file.is_file() else []
            now = {str(each): reasons.get(named(file, each), "survived") for each in every}
            if not {row["mutant"] for row in kept["rows"]} <= {*now} or not now:
                wrong.append(f"{path} is of another {module}.py")
                continue
            words = [
                (row["mutant"], now[row["mutant"]] if row["word"] in REASONED else row["word"]) for row in kept["rows"]
            ]
            left = tuple(mutant for mutant, word in words if word == "survived")
            found[module] = Row(module, kept["mutants"], Counter(word for _, word in words), left)
    for each in found.values():
        wrong += [] if each.is_whole() else [f"{each.module}: only {each.cells()}"]
        wrong += [f"{each.module}, {mutant}: survived, without a reason" for mutant in each.survivors]
    return [found[name] for name in sorted(found)], wrong


REASONED = ("survived", "argued", "equivalent")


def unmeasured(known: Iterable[Row], folder: Path = CORE) -> list[str]:
    """The modules that have mutants and no record."""
    named = {each.module for each in known}
    return [
        file.stem
        for file in sorted(folder.glob("*.py"))
        if file.stem not in named and mutants(file.read_text(encoding="utf-8"))
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, and what is missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation_table", description=__doc__.partition("\n")[0])
    parser.add_argument("records", type=Path, nargs="+", help="files of --json")
    parser.add_argument("--least", type=float, default=0.95, help="the score that a module has to reach (0.95)")
    given = parser.parse_args(arguments)
    table, wrong = rows(given.records)
    print(f"| module | score | tried, of all | {' | '.join(WORDS)} |\n|{'---|' * (3 + len(WORDS))}")
    for each in [
        *table,
        together("those tried whole", (each for each in table if each.is_whole())),
        together("all", table),
    ]:
        print(each.cells())
    wrong += [f"{name} has no record" for name in unmeasured(table)]
    wrong += [f"{each.module} is below {given.least:.0%}" for each in table if each.score() < given.least]
    print("\n".join(["", *wrong]) if wrong else "", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
