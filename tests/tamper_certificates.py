"""Tampered certificates, and runs that were tampered with: each has to be refused.

    python tests/tamper_certificates.py RUN [--other RUN] [--count 200] [--seed 0]

RUN is the folder of a finished run of a schema with certificate.json in it; ``other`` is another one, whose files are
put in place of its own. What is changed: each field of the certificate, sealed again or not; the form of the file; bits
of the weights; whole files; and forgeries in which every digest was made to fit. Where even what follows from the
weights was made to fit, only training again finds it: these are verified so.
"""

from __future__ import annotations

import argparse
import copy
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from verified_cat.certificate_file import content, sealed
from verified_cat.certified_laws import REPORT
from verified_cat.certifying import certificate, verify
from verified_cat.digests import of_bytes
from verified_cat.residuals import How

NAME = "certificate.json"
Change = Callable[[Path], None]
"""Changes the copy of a run in a folder."""


@dataclass(frozen=True)
class Tampering:
    """What was done, and whether it takes a training to be found."""

    says: str
    change: Change
    retrain: bool = False


def read(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / NAME).read_text()))


def resealed(record: dict[str, Any]) -> bytes:
    """With a digest that fits."""
    return content(sealed({name: part for name, part in record.items() if name not in ("kind", "schema", "digest")}))


# ------------------------------------------------------------------------------------------------ fields


def places(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every leaf."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    pairs = list(inside)
    for key, part in pairs:
        yield from places(part, (*where, key))
    if not pairs:
        yield where


def other(value: Any, choose: Random) -> Any:
    """A value of the same type that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + choose.choice([-1, 1, 10])
    if isinstance(value, float):
        return value * choose.choice([0.5, 0.99, 1.01, 2.0]) + (value == 0)
    if isinstance(value, str) and value:
        at = choose.randrange(len(value))
        return value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1 :]
    return "something"


def at(record: Any, where: tuple[Any, ...]) -> Any:
    for key in where:
        record = record[key]
    return record


def field(where: tuple[Any, ...], how: str, choose: Random) -> Tampering:
    """A field changed, left out, or doubled; sealed again or not."""
    number = choose.randrange(2**32)

    def change(folder: Path) -> None:
        record, own = read(folder), Random(number)
        inside = at(record, where[:-1])
        if how == "left out":
            del inside[where[-1]]
        elif how == "added":
            inside[f"{where[-1]} too"] = 1
        else:
            inside[where[-1]] = other(inside[where[-1]], own)
        (folder / NAME).write_bytes(content(record) if how == "not sealed" else resealed(record))

    return Tampering(f"{'.'.join(map(str, where))} {how}", change)


def fields(record: dict[str, Any], choose: Random) -> Iterator[Tampering]:
    for where in places(record):
        if where not in (("kind",), ("schema",), ("digest",)):
            yield field(where, "changed", choose)
    for where in choose.sample(list(places(record)), 12):
        yield field(where, "not sealed", choose)
    named = [where for where in places(record) if where and isinstance(where[-1], str) and len(where) > 1]
    for where in choose.sample(named, 10):
        yield field(where, "left out", choose)
        yield field(where, "added", choose)


def bounds(record: dict[str, Any]) -> Iterator[Tampering]:
    """Bounds a little lower, with all that is said of them; other families; other options."""
    for number, _ in enumerate(record["residuals"]):
        for factor in (0.999, 0.9, 0.5, 0.0, 1.001):
            yield Tampering(f"residual {number} times {factor}", _lowered(number, factor))
    for key, value in (("boxes", 100), ("points", 10), ("seed", 5), ("boxes", 0), ("points", True), ("boxes", 10**9)):
        yield Tampering(f"how.{key} = {value}", _asked(key, value))
    for family in (["A: box 0 0"], ["nowhere: box 0 1"], ["A"], [7], ["A: box nan 1"], ["A: box 1 0"]):
        yield Tampering(f"how.families = {family}", _asked("families", family))


def _lowered(number: int, factor: float) -> Change:
    def change(folder: Path) -> None:
        from verified_cat.certificate_claims import claims

        record = read(folder)
        record["residuals"][number]["largest"] *= factor
        record["claims"] = claims(record)
        (folder / NAME).write_bytes(resealed(record))

    return change


def _asked(key: str, value: Any) -> Change:
    def change(folder: Path) -> None:
        record = read(folder)
        record["how"][key] = value
        (folder / NAME).write_bytes(resealed(record))

    return change


# ------------------------------------------------------------------------------------------------ forms and files


def forms() -> Iterator[Tampering]:
    """The same certificate, written in another way, and what is none."""
    changes: dict[str, Callable[[bytes], bytes]] = {
        "a space at the end": lambda text: text + b" ",
        "a mark before it": lambda text: b"\xef\xbb\xbf" + text,
        "cut off": lambda text: text[:-200],
        "a key twice": lambda text: text.replace(b'"kind"', b'"kind": "x",\n "kind"', 1),
        "on one line": lambda text: json.dumps(json.loads(text)).encode(),
        "not a number": lambda text: text.replace(b'"how": {', b'"how": {\n  "x": NaN,', 1),
        "other bytes": lambda text: b"\xff" + text,
        "a list": lambda text: b"[]\n",
        "empty": lambda text: b"",
        "nested": lambda text: b"[" * 100_000,
        "another kind": lambda text: text.replace(b'"verified-cat certificate"', b'"verified-cat report"'),
        "another version": lambda text: text.replace(b'"schema": 1', b'"schema": 2'),
        "version true": lambda text: text.replace(b'"schema": 1', b'"schema": true'),
        "another digest": lambda text: text.replace(b'"digest": "', b'"digest": "0'),
    }
    for says, turn in changes.items():
        yield Tampering(f"the file: {says}", _written(turn))


def _written(turn: Callable[[bytes], bytes]) -> Change:
    def change(folder: Path) -> None:
        (folder / NAME).write_bytes(turn((folder / NAME).read_bytes()))

    return change


def flipped(data: bytes, choose: Random, first: int = 0) -> bytes:
    """One bit the other way."""
    place, bit = choose.randrange(first, len(data)), choose.randrange(8)
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


def files(folder: Path, choose: Random, elsewhere: Path | None) -> Iterator[Tampering]:
    """A bit of a file, a file that is gone, a file of another run; the weights also with digests that fit."""
    names = sorted(json.loads((folder / "metrics.json").read_text())["sha256"])
    for name in ("model.safetensors", *names):
        yield Tampering(f"a bit of {name}", _bit(name, choose.randrange(2**32), fits=False))
    for name in (*names, "metrics.json"):
        yield Tampering(f"{name} is gone", lambda copy, name=name: (copy / name).unlink())  # type: ignore[misc]
        if elsewhere is not None:
            yield Tampering(f"{name} of another run", _taken(name, elsewhere))
    if (folder / REPORT).is_file():
        yield from reports(choose, folder)
    for _ in range(6):
        yield Tampering(
            "a bit of the weights, metrics.json fits", _bit("model.safetensors", choose.randrange(2**32), True)
        )
    yield Tampering("all of it fits but the training", _forged(choose.randrange(2**32)), retrain=True)


def reports(choose: Random, folder: Path) -> Iterator[Tampering]:
    """The report of laws: a bit, gone, its verdicts better, a law less or one of another package, another report."""
    yield Tampering(f"a bit of {REPORT}", _bit(REPORT, choose.randrange(2**32), fits=False))
    yield Tampering(f"{REPORT} is gone", lambda copy: (copy / REPORT).unlink())
    yield Tampering(f"how.laws is another file than {REPORT}", _asked("laws", "other.json"))
    yield Tampering("how.laws = true", _asked("laws", True))
    yield Tampering("how.laws = null", _asked("laws", None))
    count = len(json.loads((folder / REPORT).read_text())["verdicts"])
    for number in choose.sample(range(count), min(3, count)):
        yield Tampering(f"verdict {number} of {REPORT} is proved", _verdict(number, _better))
        yield Tampering(f"verdict {number} of {REPORT} is gone", _verdict(number, lambda row: None))
        yield Tampering(f"verdict {number} of {REPORT} is of another law", _verdict(number, _renamed))
        yield Tampering(f"verdict {number} of {REPORT} is of another law, all fits", _verdict(number, _renamed, True))


def _better(row: dict[str, Any]) -> dict[str, Any]:
    word = "proved" if row["verdict"] != "proved" else "exact"
    return row | {"verdict": word, "worlds": dict.fromkeys(row["worlds"], word)}


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"law": row["law"] + "-2"}


def _verdict(number: int, turn: Callable[[dict[str, Any]], dict[str, Any] | None], fits: bool = False) -> Change:
    """One row of the report otherwise, or gone; the digest of the report in the certificate as well."""

    def change(folder: Path) -> None:
        whole = json.loads((folder / REPORT).read_text())
        turned = turn(whole["verdicts"][number])
        whole["verdicts"][number : number + 1] = [] if turned is None else [turned]
        (folder / REPORT).write_text(json.dumps(whole))
        if fits:
            record = read(folder)
            record["laws"]["report"]["sha256"] = of_bytes((folder / REPORT).read_bytes())
            (folder / NAME).write_bytes(resealed(record))

    return change


def _bit(name: str, number: int, fits: bool) -> Change:
    def change(folder: Path) -> None:
        given = (folder / name).read_bytes()
        first = 8 + int.from_bytes(given[:8], "little") if fits else 0
        (folder / name).write_bytes(flipped(given, Random(number), first))
        if fits:
            _fitted(folder, name)

    return change


def _fitted(folder: Path, name: str) -> None:
    """The digest in metrics.json is that of the file."""
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["sha256"][name] = of_bytes((folder / name).read_bytes())
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2, ensure_ascii=False) + "\n")


def _taken(name: str, elsewhere: Path) -> Change:
    def change(folder: Path) -> None:
        shutil.copyfile(elsewhere / name, folder / name)

    return change


def _forged(number: int) -> Change:
    """Weights with one bit changed, and an honest certificate of those."""

    def change(folder: Path) -> None:
        name, how = "model.safetensors", read(folder)["how"]
        given = bytearray((folder / name).read_bytes())
        given[8 + int.from_bytes(given[:8], "little") + 4 * Random(number).randrange(8)] ^= 1
        (folder / name).write_bytes(bytes(given))
        _fitted(folder, name)
        pairs = [each.partition(": ") for each in how["families"]]
        asked = How(tuple((a, b) for a, _, b in pairs), how["boxes"], how["points"], how["seed"], bool(how["laws"]))
        (folder / NAME).write_bytes(content(certificate(folder, asked)))

    return change


# ------------------------------------------------------------------------------------------------ all


def tamperings(folder: Path, count: int, seed: int, elsewhere: Path | None) -> list[Tampering]:
    """So many of them: all forms, files, bounds, and as many fields as there is room for, drawn by the seed."""
    choose, record = Random(seed), read(folder)
    fixed = [*forms(), *bounds(record), *files(folder, choose, elsewhere)]
    others = list(fields(record, choose))
    choose.shuffle(others)
    room = max(0, count - len(fixed))
    return [*(choose.sample(fixed, count) if count < len(fixed) else fixed), *others[:room]]


def remembered() -> Callable[[Path, How, list[Any] | None], dict[str, Any]]:
    """``certificate``, made once for folders whose files (but for the certificate) are the same."""

    @cache
    def made(files: tuple[tuple[str, bytes], ...], how: How) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as where:
            for name, data in files:
                (Path(where) / name).write_bytes(data)
            return certificate(Path(where), how)

    def again(folder: Path, how: How, stated: list[Any] | None) -> dict[str, Any]:
        names = sorted(file.name for file in folder.iterdir() if file.is_file() and file.name != NAME)
        return copy.deepcopy(made(tuple((name, (folder / name).read_bytes()) for name in names), how))

    return again


def refused(folder: Path, tampering: Tampering, made: Callable[..., dict[str, Any]]) -> list[str]:
    """What verify says of a copy that was tampered with; nothing, where it finds nothing."""
    with tempfile.TemporaryDirectory() as fresh:
        own = Path(fresh) / "run"
        own.mkdir()
        for file in folder.iterdir():
            if file.is_file() and not file.name.startswith("."):
                shutil.copyfile(file, own / file.name)
        tampering.change(own)
        return verify(own / NAME, retrain=tampering.retrain, made=made)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    made = remembered()
    honest = verify(given.run / NAME, made=made)
    if honest:
        print("the certificate does not hold as it is:", *honest, sep="\n")
        return 1
    accepted, done = [], tamperings(given.run, given.count, given.seed, given.other)
    for number, tampering in enumerate(done, start=1):
        found = refused(given.run, tampering, made)
        print(f"{number:>4} {tampering.says}: {found[0] if found else 'ACCEPTED'}", flush=True)
        accepted += [] if found else [tampering.says]
    print(f"{len(done)} tamperings, {len(accepted)} accepted")
    return 1 if accepted else 0


if __name__ == "__main__":
    sys.exit(main())
