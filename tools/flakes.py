"""Tests run again and again, each time in another order: ``python -m tools.flakes tests/test_lens.py --runs 5``.

Run i has its own random order of the tests, its own hash seed, its own count of objects after which garbage is looked
for, and for laws their own order (--law-order); seeds of what is drawn stay, so that a law draws the same instances.
A test that passed in one run and failed in another is a flake; one that failed in every run is a failure. Exits 1 for
either, with the seed and the order that shows it again: ``python -m tools.flakes ... --runs 1 --seed SEED``.

``--record FOLDER`` keeps each run there by the commit it was of, with what each failed test said, and goes on with
other orders until there are so many: hours may be made of many runs. Without files, all of laws/ and tests/ is run.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from time import monotonic

import pytest

from verified_cat import durable
from verified_cat.surroundings import source

ROOT = Path(__file__).parent.parent


Found = dict[str, str]
"""Test ↦ what it said where it failed; nothing where it passed."""


@dataclass
class Runs:
    """What each test said in each run."""

    outcomes: dict[str, list[str]] = field(default_factory=dict)
    broken: list[int] = field(default_factory=list)
    seconds: float = 0.0
    count: int = 0

    def add(self, seed: int, found: Found | None) -> None:
        """One run; None where it ended without a result."""
        self.count += 1
        if not found:
            self.broken.append(seed)
        for name, said in (found or {}).items():
            self.outcomes.setdefault(name, []).append(said)

    def flakes(self) -> list[str]:
        """The tests that passed and failed."""
        return sorted(name for name, each in self.outcomes.items() if any(each) and not all(each))

    def failures(self) -> list[str]:
        """Those that never passed."""
        return sorted(name for name, each in self.outcomes.items() if all(each))

    def line(self) -> str:
        """The figures."""
        good = sum(
            not any(each[run] for each in self.outcomes.values() if run < len(each)) for run in range(self.count)
        )
        return (
            f"{good - len(self.broken)} of {self.count} runs of {len(self.outcomes)} tests passed"
            f"{f' in {self.seconds:.0f} s' if self.seconds else ''}; "
            f"{len(self.flakes())} flakes, {len(self.failures())} failures"
        )


def repeated(arguments: Sequence[str], seeds: Sequence[int], jobs: int = 1, kept: Path | None = None) -> Runs:
    """A run of pytest with these arguments for each seed, so many at a time; the outcomes are kept in the folder."""
    whole, start = Runs(), monotonic()

    def one(seed: int) -> Found | None:
        found = run(arguments, seed)
        if kept:
            kept.mkdir(parents=True, exist_ok=True)
            durable.write(kept, {f"{seed}.json": json.dumps(found, indent=0).encode()})
            print(f"run {seed}: {_said(found)}", flush=True)
        return found

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for seed, found in zip(seeds, pool.map(one, seeds), strict=True):
                whole.add(seed, found)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    whole.seconds = monotonic() - start
    return whole


def missing(record: Path, runs: int, first: int) -> list[int]:
    """The seeds, from the first on, that the record lacks to have so many runs."""
    used = {int(file.stem) for file in record.glob("*/*.json")}
    free = (seed for seed in itertools.count(first) if seed not in used)
    return list(itertools.islice(free, max(0, runs - len(used))))


def recorded(record: Path) -> dict[str, Runs]:
    """Commit ↦ its runs: what passes in one text of the tests and fails in another is no flake."""
    known: dict[str, Runs] = {}
    for file in sorted(record.glob("*/*.json"), key=lambda file: int(file.stem)):
        known.setdefault(file.parent.name, Runs()).add(int(file.stem), _read(file))
    return known


def _read(file: Path) -> Found | None:
    found: Found | None = json.loads(file.read_text(encoding="utf-8"))
    return found


def _said(found: Found | None) -> str:
    if not found:
        return "no result"
    failed = sorted(name for name, said in found.items() if said)
    return f"{len(found)} tests, {len(failed)} failed{': ' if failed else ''}{', '.join(failed)}"


def commit(record: Path) -> str:
    """The commit of the checkout. Raises SystemExit where files differ from it: nobody could run them again."""
    found = source(ROOT, record)
    if not found["commit"] or found["dirty"]:
        raise SystemExit("tools.flakes: --record needs a checkout of git without changes: commit them")
    return str(found["commit"])


def run(arguments: Sequence[str], seed: int) -> Found | None:
    """One run in a process of its own; None where that breaks off. Raises SystemExit where no test can be run."""
    with TemporaryDirectory(prefix="flakes-") as there:
        file = Path(there) / "found.json"
        environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
        options = [
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "tools.shuffled",
            "--shuffle",
            str(seed),
            "--outcomes",
            str(file),
        ]
        every = all(part.startswith("-") for part in arguments)
        laws = ["--law-order", str(seed)] if every or any(part.startswith("laws") for part in arguments) else []
        command = [sys.executable, "-m", "pytest", *options, *laws, *arguments]
        try:
            ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST)
        except subprocess.TimeoutExpired:
            return None
        if ran.returncode in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and file.exists():
            return _read(file)
        if ran.returncode < 0 or file.exists():
            return None
        said = "\n".join([*ran.stdout.splitlines(), *ran.stderr.splitlines()][-20:])
        raise SystemExit(f"tools.flakes: no test was run:\n{said}")


LONGEST = 7200.0
"""Seconds that a run may take."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The figures; what is not known here goes to pytest."""
    parser = argparse.ArgumentParser(prog="python -m tools.flakes", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the first run; the others follow")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time (1)")
    parser.add_argument("--record", type=Path, help="a folder of outcomes to add to")
    given, rest = parser.parse_known_args(arguments)
    if given.record:
        repeated(rest, missing(given.record, given.runs, given.seed), given.jobs, given.record / commit(given.record))
        tables = recorded(given.record)
    else:
        tables = {"": repeated(rest, range(given.seed, given.seed + given.runs), given.jobs)}
    return max((int(_shown(name, whole)) for name, whole in tables.items()), default=0)


def _shown(name: str, whole: Runs) -> bool:
    """Print what is wrong, and the figures; whether anything is."""
    for word, tests in (("flake", whole.flakes()), ("failure", whole.failures())):
        for test in tests:
            each = whole.outcomes[test]
            print(f"{word}  {each.count('')} of {len(each)} passed  {test}\n{indent(next(filter(None, each)), '    ')}")
    for seed in whole.broken:
        print(f"run {seed} ended without a result")
    print(f"{name}{': ' if name else ''}{whole.line()}")
    return bool(whole.flakes() or whole.failures() or whole.broken)


if __name__ == "__main__":
    sys.exit(main())
