"""Schema files: a specification as TOML, read strictly. Every fault has its line and its reason, and all are told.

name = "CycleGAN"
[objects.A]
shape = [2]
data = { kind = "rods" }
[arrows.f]
from = "A"
to = "B"
network = { kind = "mlp", residual = true }
[[equations]]
left = "f ; g"
right = "id_A"
weight = 2
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path as File
from typing import Any

from verified_cat.errors import SchemaError, UsageError, near
from verified_cat.schema import Edge, Schema
from verified_cat.schema_kinds import KINDS, Misfit, Settings, not_negative, number, settings, shown
from verified_cat.specification import (
    COSTS,
    MEASURES,
    Arrow,
    Demand,
    Specification,
    Target,
    Thing,
    Unfit,
    Where,
    path_in,
)
from verified_cat.toml_lines import line_of, lines_of

LARGEST = 200_000
"""A file of more characters is refused."""


class SchemaFileError(SchemaError):
    """A file that is no schema: its faults, each a line and a reason."""

    def __init__(self, where: str, faults: list[tuple[int, str]]) -> None:
        self.where, self.faults = where, sorted(set(faults))
        line, reason = self.faults[0]
        more = f" (and {len(self.faults) - 1} more faults)" if len(self.faults) > 1 else ""
        super().__init__(f"{where}, line {line}: {reason}{more}")

    @property
    def lines(self) -> list[str]:
        """One line for each fault."""
        return [f"{self.where}, line {line}: {reason}" for line, reason in self.faults]


def load(path: str | File) -> Specification:
    """The specification in a file. Raises SchemaFileError, with lines, and UsageError where it cannot be read."""
    return read(text_of(path), str(path))


def text_of(path: str | File) -> str:
    """The text of a file. Raises UsageError where it cannot be read, SchemaFileError where it is not UTF-8."""
    try:
        data = File(path).read_bytes()
    except OSError as refused:
        raise UsageError(f"cannot read {path}: {refused.strerror or refused}") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as refused:
        line = data.count(b"\n", 0, refused.start) + 1
        raise SchemaFileError(str(path), [(line, f"a byte that is not UTF-8: {data[refused.start]:#x}")]) from None


def read(text: str, where: str = "schema") -> Specification:
    """The specification in a text. Raises SchemaFileError, with lines."""
    text = text.replace("\r\n", "\n")
    document = parsed(text, where)
    lines = lines_of(text)
    reader = Reader()
    made = reader.specification(document)
    if not reader.faults:
        try:
            return made()
        except Unfit as unfit:
            reader.faults += unfit.faults
    raise SchemaFileError(where, [(line_of(lines, key), reason) for key, reason in reader.faults])


def parsed(text: str, where: str) -> dict[str, Any]:
    """The text as TOML, its numbers exact. Raises SchemaFileError, with the line."""
    if len(text) > LARGEST:
        raise SchemaFileError(where, [(1, f"the file has {len(text)} characters; at most {LARGEST} are read")])
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        said, last = str(fault), text.count("\n") + 1
        match = re.search(r" \(at line (\d+), column (\d+)\)$", said)
        reason = said[: match.start()] if match else said.replace(" (at end of document)", ", at the end of the file")
        raise SchemaFileError(where, [(min(int(match[1]), last) if match else last, f"not TOML: {reason}")]) from None
    except (ValueError, ArithmeticError, RecursionError) as fault:
        raise SchemaFileError(where, [(_line_that_fails(text), _beyond(fault))]) from None


def _beyond(fault: Exception) -> str:
    match fault:
        case RecursionError():
            return "nested too deeply"
        case ArithmeticError():  # decimal's own words are the name of a class
            return "a number whose exponent has too many digits"
    return f"not a value of TOML: {fault}"


def _line_that_fails(text: str) -> int:
    """The first line up to which the text fails otherwise than by its syntax."""
    rows = text.split("\n")
    low, high = 1, len(rows)
    while low < high:
        middle = (low + high) // 2
        try:
            tomllib.loads("\n".join(rows[:middle]), parse_float=Decimal)
            low = middle + 1
        except tomllib.TOMLDecodeError:
            low = middle + 1
        except (ValueError, ArithmeticError, RecursionError):
            high = middle
    return low


# ------------------------------------------------------------------------------------------------ reading


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(map(_text, value))


def _counts(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or not all(type(each) is int for each in value):
        raise ValueError
    return tuple(value)


def _weight(value: Any) -> Fraction | None:
    return None if value == "auto" and isinstance(value, str) else not_negative().read(value)


Reading = tuple[str, Callable[[Any], Any]]
TEXT: Reading = "a text", _text
TEXTS: Reading = "a list of texts", _texts
COUNTS: Reading = "a list of whole numbers", _counts
WEIGHT: Reading = 'a number that is not below 0, or "auto"', _weight
AMOUNT: Reading = "a number that is not below 0", not_negative().read
NUMBER: Reading = "a number", number


class Reader:
    """What is read so far, and the faults: each with the keys that lead to it."""

    def __init__(self) -> None:
        self.faults: list[tuple[Where, str]] = []

    def fault(self, where: Where, reason: str) -> None:
        """One more fault."""
        self.faults.append((where, reason))

    def specification(self, document: dict[str, Any]) -> Callable[[], Specification]:
        """What makes the specification, once nothing is at fault."""
        known = (
            "name",
            "objects",
            "arrows",
            "equations",
            "families",
            "adversary",
            "critic",
            "training",
            "truth",
            "targets",
        )
        self.only(document, (), known, "a schema file")
        name = self.take(document, (), "name", TEXT, needed=True)
        things = [self.thing(key, part, ("objects", key)) for key, part in self.tables(document, "objects")]
        arrows = [self.arrow(key, part, ("arrows", key)) for key, part in self.tables(document, "arrows")]
        for key in ("objects", "arrows"):
            if key not in document:
                self.fault((), f"there are no {key}: a schema needs [{key}.NAME]")
        demands = [self.demand(part, where, things, arrows) for where, part in self.rows(document, "equations")]
        adversary = self.settings(document, (), "adversary", "adversary")
        critic = self.settings(document, (), "critic", "critic")
        training = self.training(document)
        truth = [(key, self.kind(part, ("truth", key), "truth")) for key, part in self.tables(document, "truth")]
        targets = [self.target(part, where) for where, part in self.rows(document, "targets")]
        families = self.families(document)
        return lambda: Specification(
            name,
            tuple(things),
            tuple(arrows),
            tuple(demands),
            adversary,
            critic,
            training,
            tuple(truth),
            tuple(targets),
            families,
        )

    # ---------------------------------------------------------------------------------------- parts

    def thing(self, name: str, part: dict[str, Any], here: Where) -> Thing:
        """An object."""
        self.only(part, here, ("shape", "product", "data", "adversary", "critic"), f"the object {name}")
        return Thing(
            name,
            self.take(part, here, "shape", COUNTS),
            self.take(part, here, "product", TEXTS) or (),
            self.settings(part, here, "data", "data"),
            self.settings(part, here, "adversary", "adversary"),
            self.settings(part, here, "critic", "critic"),
        )

    def arrow(self, name: str, part: dict[str, Any], here: Where) -> Arrow:
        """An arrow."""
        ways = ("network", "frozen", "factors", "inverse_of", "tied_to")
        self.only(part, here, ("from", "to", *ways, "identity", "budget"), f"the arrow {name}")
        return Arrow(
            name,
            self.take(part, here, "from", TEXT, needed=True) or "",
            self.take(part, here, "to", TEXT, needed=True) or "",
            self.settings(part, here, "network", "network"),
            self.settings(part, here, "frozen", "frozen"),
            self.take(part, here, "factors", COUNTS) or (),
            self.take(part, here, "inverse_of", TEXT) or "",
            self.take(part, here, "tied_to", TEXT) or "",
            self.take(part, here, "identity", AMOUNT) or Fraction(0),
            self.take(part, here, "budget", AMOUNT) or Fraction(0),
        )

    def demand(self, part: dict[str, Any], here: Where, things: list[Thing], arrows: list[Arrow]) -> Demand:
        """An equation."""
        self.only(part, here, ("left", "right", "weight", "cost", "on"), "an equation")
        sides = [self.take(part, here, key, TEXT, needed=True) for key in ("left", "right")]
        paths = [
            self.path(side, (*here, key), things, arrows) for side, key in zip(sides, ("left", "right"), strict=True)
        ]
        weight = self.take(part, here, "weight", WEIGHT) if "weight" in part else Fraction(1)
        cost = self.word(part, here, "cost", COSTS)
        return Demand(paths[0], paths[1], weight, cost, self.word(part, here, "on", MEASURES))

    def path(self, text: str | None, here: Where, things: list[Thing], arrows: list[Arrow]) -> Any:
        """A path in the graph, as far as the graph is one: where it is none, that is told elsewhere."""
        names = {thing.name for thing in things}
        sound = [arrow for arrow in arrows if arrow.source in names and arrow.target in names]
        if text is None or not names or len(sound) != len(arrows):
            return None
        try:
            edges = tuple(Edge(arrow.name, arrow.source, arrow.target) for arrow in sound)
            return path_in(Schema("", tuple(thing.name for thing in things), edges), text)
        except SchemaError as refused:
            return self.fault(here, str(refused).removeprefix("schema : "))

    def target(self, part: dict[str, Any], here: Where) -> Target:
        """A target."""
        self.only(part, here, ("figure", "at_most", "at_least"), "a target")
        figure = self.take(part, here, "figure", TEXT, needed=True) or ""
        return Target(figure, self.take(part, here, "at_most", NUMBER), self.take(part, here, "at_least", NUMBER))

    def families(self, document: dict[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """For each object the words of its families: a text, or a list of texts."""
        part, here = document.get("families", {}), ("families",)
        if not isinstance(part, dict):
            self.fault(here, f"'families' is a table of texts, not {shown(part)}")
            return ()
        listed = {name: [value] if isinstance(value, str) else value for name, value in part.items()}
        found = {name: self.take(listed, here, name, TEXTS) for name in listed}
        return tuple((name, tuple(" ".join(each.split()) for each in texts)) for name, texts in found.items() if texts)

    def training(self, document: dict[str, Any]) -> Any:
        """The training; what is not said has its default."""
        part = document.get("training", {})
        if not isinstance(part, dict):
            return self.fault(("training",), f"'training' is a table, not {shown(part)}")
        return self.made(("training",), "training", "training", part)

    # ---------------------------------------------------------------------------------------- values

    def only(self, part: Mapping[str, Any], here: Where, known: tuple[str, ...], what: str) -> None:
        """No key but these."""
        for key in part:
            if key not in known:
                self.fault((*here, key), f"{what} has no key {key!r}; {near(key, list(known))}")

    def take(self, part: Mapping[str, Any], here: Where, key: str, reading: Reading, needed: bool = False) -> Any:
        """The value of a key, or None where it is not there or at fault."""
        if key not in part:
            if needed:
                self.fault(here, f"{'.'.join(map(str, here)) or 'the file'} lacks {key!r}: {reading[0]}")
            return None
        try:
            return reading[1](part[key])
        except (ValueError, TypeError, ArithmeticError):
            return self.fault((*here, key), f"{key!r} is {reading[0]}, not {shown(part[key])}")

    def word(self, part: Mapping[str, Any], here: Where, key: str, words: tuple[str, ...]) -> str:
        """One of these words; the first where it is not there."""
        given = part.get(key, words[0])
        if isinstance(given, str) and given in words:
            return given
        hint = near(given, list(words)) if isinstance(given, str) else f"known: {', '.join(words)}"
        self.fault((*here, key), f"no {key} is called {shown(given)}; {hint}")
        return words[0]

    def tables(self, document: Mapping[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
        """The tables [key.NAME]."""
        whole = document.get(key, {})
        if not isinstance(whole, dict):
            self.fault((key,), f"{key!r} is a table of tables, [{key}.NAME], not {shown(whole)}")
            return []
        for name, part in whole.items():
            if not isinstance(part, dict):
                self.fault((key, name), f"[{key}.{name}] is a table, not {shown(part)}")
        return [(name, part) for name, part in whole.items() if isinstance(part, dict)]

    def rows(self, document: Mapping[str, Any], key: str) -> list[tuple[Where, dict[str, Any]]]:
        """The tables [[key]]."""
        whole = document.get(key, [])
        if not isinstance(whole, list) or not all(isinstance(part, dict) for part in whole):
            self.fault((key,), f"{key!r} is a list of tables, [[{key}]], not {shown(whole)}")
            return []
        return [((key, number), part) for number, part in enumerate(whole)]

    def settings(self, part: Mapping[str, Any], here: Where, key: str, family: str) -> Any:
        """A kind, as a word or as a table with its options; None where there is none."""
        if key not in part:
            return None
        value = part[key]
        return self.kind({"kind": value} if isinstance(value, str) else value, (*here, key), family)

    def kind(self, part: Any, here: Where, family: str) -> Any:
        """A table with the word ``kind`` and the options of that kind."""
        known = ", ".join(KINDS[family])
        if not isinstance(part, dict):
            return self.fault(here, f"{here[-1]!r} is a kind ({known}) or a table with a kind, not {shown(part)}")
        if not isinstance(part.get("kind"), str):
            return self.fault((*here, "kind"), f"{here[-1]!r} needs a 'kind': one of {known}")
        options = {name: value for name, value in part.items() if name != "kind"}
        return self.made(here, family, part["kind"], options)

    def made(self, here: Where, family: str, kind: str, options: dict[str, Any]) -> Settings | None:
        """The settings; None where they do not fit."""
        try:
            return settings(family, kind, **options)
        except Misfit as misfit:
            self.fault((*here, misfit.key) if misfit.key else here, misfit.reason)
        return None
