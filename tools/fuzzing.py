"""Damaged files for every reader: ``python -m tools.fuzzing --reader all --minutes 2 --seed 0``.

Each reader is given sound files with a few changes: of a bit, a stretch of bytes, a word, a line, a value of the JSON
or TOML, a field of the header of tensors (digests made to agree, or the damage would end there). What may come of it is
that the file is read, or that a VerifiedCatError is raised whose message names a file. Anything else, more than 30
seconds, or more memory than a laptop has, is a finding: it is kept, with what happened, in --cases, and makes the
command fail. ``python -m tools.fuzzing --reader NAME --case FOLDER`` reads one of those again.

``--record FOLDER`` adds the figures to those of that folder, each time with damage that was not tried before, until it
has so many minutes: hours may be made of many runs.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time
from types import FrameType

from tools.data_readers import DATA_READERS
from tools.readers import READERS, ROOT, Files, Reader, put
from verified_cat import durable
from verified_cat.errors import VerifiedCatError

ALL = (*READERS, *DATA_READERS)
LONGEST = 30.0
"""Seconds that reading one file may take."""


class TooLong(BaseException):
    """Not an Exception, so that no reader takes it for a damaged file."""


@dataclass
class Searched:
    """What came of so many damaged files of one reader; ``findings`` by what was raised and where."""

    reader: str
    read: int = 0
    refused: int = 0
    findings: dict[str, Files] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def line(self) -> str:
        """A row of figures."""
        tried = self.read + self.refused + sum(self.counts.values())
        return (
            f"{self.reader:<12}{tried:>8} files in {self.seconds:.0f} s: {self.read} read, {self.refused} refused by "
            f"name, {len(self.findings)} kinds of findings ({sum(self.counts.values())} files)"
        )


def search(reader: Reader, seconds: float, seed: int, most: int | None = None) -> Searched:
    """Damaged files for so many seconds of processor, or so many files; the n-th of a seed is always the same."""
    sound = reader.sound()
    found, start, number = Searched(reader.name), process_time(), 0
    while process_time() - start < seconds and (most is None or number < most):
        draw = Random(f"{reader.name} {seed} {number}")
        files = reader.damage(draw.choice(sound), draw)
        what, good = outcome(reader, files)
        if what and what not in found.findings:
            found.findings[what] = files
        found.counts.update([what] if what else [])
        found.read, found.refused = found.read + (good and not what), found.refused + (not good and not what)
        number += 1
    found.seconds = process_time() - start
    return found


def outcome(reader: Reader, files: Files) -> tuple[str, bool]:
    """(what is wrong or "", whether it was read) of a folder with these files."""
    with TemporaryDirectory(prefix="damaged-") as there:
        return outcome_of(reader, put(Path(there), files))


def outcome_of(reader: Reader, folder: Path) -> tuple[str, bool]:
    """The same of a folder that is there."""
    try:
        with _limited():
            reader.read(folder)
    except VerifiedCatError as refused:
        named = str(folder) in str(refused) or any(path.name in str(refused) for path in folder.iterdir())
        return ("" if named else f"{type(refused).__name__} that names no file, in {_place(refused)}"), False
    except TooLong:
        return f"more than {LONGEST:.0f} s", False
    except Exception as fault:  # what is searched for
        places = [
            each for each in traceback.extract_tb(fault.__traceback__) if "tools" not in Path(each.filename).parts
        ]
        where = f"{Path(places[-1].filename).name}:{places[-1].name}" if places else "?"
        return f"{type(fault).__name__} in {where}", False
    return "", True


def _place(fault: Exception) -> str:
    """The innermost function of ours that it came through: equal places are one finding."""
    trace = traceback.extract_tb(fault.__traceback__)
    own = [each for each in trace if Path(each.filename).is_relative_to(ROOT / "verified_cat")]
    return f"{Path(own[-1].filename).name}, {own[-1].name}" if own else "the reader's call"


@contextmanager
def _limited() -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def keep(found: Searched, folder: Path) -> None:
    """The first file of each kind of finding, and what happened."""
    for what, files in found.findings.items():
        there = folder / f"{found.reader}-{sha256(what.encode()).hexdigest()[:8]}"
        shutil.rmtree(there, ignore_errors=True)
        put(there, files)
        there.with_suffix(".txt").write_text(f"{what}, {found.counts[what]} times\n", encoding="utf-8")


# ------------------------------------------------------------------------------------------------ the record


@dataclass
class Row:
    """What was searched of a reader so far, in all runs: seconds of processor, files, and seeds that are used up."""

    seconds: float = 0.0
    read: int = 0
    refused: int = 0
    neither: int = 0
    seeds: int = 0

    def with_search(self, found: Searched) -> Row:
        """And these, of the next seed."""
        return Row(
            round(self.seconds + found.seconds, 1),
            self.read + found.read,
            self.refused + found.refused,
            self.neither + sum(found.counts.values()),
            self.seeds + 1,
        )


def recorded(folder: Path, reader: str) -> Row:
    """The row of a reader; nothing where there is none."""
    file = folder / f"{reader}.json"
    return Row(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else Row()


def search_on(reader: Reader, seconds: float, folder: Path) -> Iterator[Searched]:
    """Damage that the record does not have yet, SLICE by SLICE, until the record has so many seconds."""
    while (row := recorded(folder, reader.name)).seconds < seconds:
        found = search(reader, min(SLICE, seconds - row.seconds), row.seeds)
        folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps(asdict(row.with_search(found))) + "\n"
        durable.write(folder, {f"{reader.name}.json": content.encode()})
        yield found


SLICE = 300.0


def main(arguments: Sequence[str] | None = None) -> int:
    """The figures by reader; 1 where something was found."""
    names = [reader.name for reader in ALL]
    parser = argparse.ArgumentParser(prog="python -m tools.fuzzing", description=__doc__.partition("\n")[0])
    parser.add_argument("--reader", choices=[*names, "all"], default="all")
    parser.add_argument("--minutes", type=float, default=2.0, help="of processor, for each reader (2)")
    parser.add_argument("--most", type=int, help="files for each reader at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=Path, default=Path("runs/fuzzing"), help="where findings are kept")
    parser.add_argument("--record", type=Path, help="a folder of figures to add to")
    parser.add_argument("--case", type=Path, help="read one folder that was kept, and nothing else")
    given = parser.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    chosen = [reader for reader in ALL if given.reader in (reader.name, "all")]
    if given.case:
        what, read = outcome_of(chosen[0], given.case)
        print(what or ("it is read" if read else "it is refused by name"))
        return int(bool(what))
    seconds, wrong = 60 * given.minutes, 0
    for reader in chosen:
        searches = search_on(reader, seconds, given.record) if given.record else None
        for found in searches or [search(reader, seconds, given.seed, given.most)]:
            keep(found, given.cases)
            wrong += len(found.findings)
            lines = (f"    {found.counts[what]:>6}  {what}" for what in sorted(found.findings))
            print(found.line(), *lines, sep="\n", flush=True)
    return int(bool(wrong))


MEMORY = 8 << 30


if __name__ == "__main__":
    sys.exit(main())
