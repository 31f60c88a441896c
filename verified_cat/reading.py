"""A law report read back from its JSON; one that does not have the form of ours is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from verified_cat.errors import UsageError
from verified_cat.markup import visible
from verified_cat.report import Strength, Verdict, engine_rank, weakest

Readable = Callable[[Any], list[str]]
"""An example as lines for people."""

MEANINGS = {
    Strength.PROVED: "for all objects and maps: two solvers agree, on the code that runs",
    Strength.EXACT: "for the drawn maps, at symbolic inputs, by normal form; or everything there is was looked at",
    Strength.SAMPLED: "for so many non-trivial drawn instances, within a derived rounding bound",
    Strength.NOT_RUN: "for the reason given; never a pass",
    Strength.UNDECIDED: "a judge gave up; never a pass",
    Strength.VACUOUS: "too few instances were non-trivial; a failure",
    Strength.REFUTED: "there is an instance at which the law fails",
}
"""What each of the seven words says."""


@dataclass(frozen=True, slots=True)
class Found:
    """One row of a report file: what a method found about a law in an engine. ``parts`` are the figures by world."""

    law: str
    engine: str
    method: str
    strength: Strength
    worlds: dict[str, Strength]
    parts: dict[str, str]
    witnesses: int
    gap: float | str | None
    allowed: float | str | None
    seconds: float
    reason: str
    example: Any

    def by_word(self) -> list[tuple[Strength, list[str]]]:
        """The worlds under the word that was found in them, strongest first."""
        kinds = ((word, [name for name, other in self.worlds.items() if other is word]) for word in Strength)
        return [(word, names) for word, names in kinds if names]

    def figures(self) -> str:
        """Witnesses, the largest difference and its bound, and the time it took."""
        return _figures(self.witnesses, self.gap, self.allowed, self.seconds)

    @property
    def replayable(self) -> bool:
        """Whether the example can be stated again, in this engine or another."""
        return isinstance(self.example, dict) and "terms" in self.example


def _figures(witnesses: int, gap: float | str | None, allowed: float | str | None, seconds: float) -> str:
    parts = [f"{witnesses} witness{'' if witnesses == 1 else 'es'}"]
    if gap is not None:
        parts.append(f"gap {_short(gap)}, allowed {'-' if allowed is None else _short(allowed)}")
    return "; ".join([*parts, f"{_short(seconds)} s"])


def _short(number: float | str) -> str:
    return number if isinstance(number, str) else f"{float(number):.3g}"


@dataclass(frozen=True, slots=True)
class LawReport:
    """A report file, read."""

    environment: dict[str, str]
    rows: list[Found]
    file: str = "report.json"

    @property
    def engines(self) -> list[str]:
        """Every engine of the report, the built-in ones first."""
        return sorted({row.engine for row in self.rows}, key=engine_rank)

    def counts(self) -> str:
        """How many rows found each word."""
        return counted(row.strength for row in self.rows)


def counted(words: Iterable[Strength]) -> str:
    """How often each word occurs, strongest first."""
    counts = Counter(words)
    return ", ".join(f"{counts[word]} {word.value}" for word in Strength if counts[word])


# ------------------------------------------------------------------------------------------------ reading


@dataclass(frozen=True, slots=True)
class _Reader:
    """Fields of a JSON object, each refused where it is missing or not of its type."""

    file: Path
    where: str
    content: dict[str, Any]

    def refuse(self, what: str) -> NoReturn:
        raise UsageError(f"{self.file} is not a law report of this version: {self.where} {what}")

    def get(self, key: str, kind: Callable[[Any], bool], expected: str) -> Any:
        if key not in self.content:
            self.refuse(f"has no {key!r}")
        if not kind(self.content[key]):
            self.refuse(f"has a {key!r} that is not {expected}")
        return self.content[key]

    def name(self, key: str) -> str:
        return self.get(key, _is_name, "a name")  # type: ignore[no-any-return]

    def word(self, text: Any) -> Strength:
        words = {word.value: word for word in Strength}
        if not isinstance(text, str) or text not in words:
            self.refuse(f"says {text!r:.40}, which is none of the seven words")
        return words[text]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 300 and value.isprintable()


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (type(value) is int and abs(value) < 10**300)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 10**300


def _is_gap(value: Any) -> bool:
    return value is None or _is_number(value) or (isinstance(value, str) and value in ("inf", "-inf", "nan"))


def _is_example(value: Any) -> bool:
    if not isinstance(value, dict):
        return value is None or isinstance(value, list)
    texts, points = value.get("text", {}), value.get("points", {})
    return (
        isinstance(texts, dict)
        and isinstance(points, dict)
        and all(isinstance(each, list) and len(each) == 2 for each in points.values())
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def read(file: Path) -> LawReport:
    """The report in ``file``. Raises UsageError where it cannot be read or does not have the form of a law report."""
    try:
        data = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"{file} is not a law report: {fault}") from fault
    if not isinstance(data, dict) or "verdicts" not in data:
        raise UsageError(
            f"{file} is not a law report: it has no 'verdicts'; `pytest laws/ --law-report FILE` writes one"
        )
    whole = _Reader(file, "it", data)
    whole.get("schema", lambda value: type(value) is int and value == 1, "1, the only one that is known here")
    environment = whole.get("environment", _are_texts, "an object of texts")
    rows = []
    for number, row in enumerate(whole.get("verdicts", lambda value: isinstance(value, list), "a list")):
        if not isinstance(row, dict):
            whole.refuse(f"has a verdicts[{number}] that is not an object")
        rows.append(_row(_Reader(file, f"verdicts[{number}]", row)))
    if not rows:
        whole.refuse("has no verdict in it")
    twice = [key for key, count in Counter((row.law, row.engine, row.method) for row in rows).items() if count > 1]
    if twice:
        whole.refuse(f"has two rows for {', '.join(twice[0])}")
    return LawReport(environment, rows, Path(file).name)


def _row(given: _Reader) -> Found:
    """One row. Its word has to be the weakest of its worlds', as a verdict that says more than was found is none."""
    worlds = given.get("worlds", lambda value: isinstance(value, dict) and bool(value), "an object that is not empty")
    found = Found(
        law=given.name("law"),
        engine=given.name("engine"),
        method=given.name("method"),
        strength=given.word(given.content.get("verdict")),
        worlds={name: given.word(word) for name, word in worlds.items()},
        parts={name: _part(given, name, part) for name, part in _parts(given, set(worlds)).items()},
        witnesses=given.get("witnesses", _is_count, "a count"),
        gap=given.get("gap", _is_gap, "a number"),
        allowed=given.get("allowed", _is_gap, "a number"),
        seconds=given.get("seconds", _is_number, "a number"),
        reason=given.get("reason", lambda value: isinstance(value, str), "a text"),
        example=given.get("example", _is_example, "an example"),
    )
    weak = weakest(Verdict(word, found.method) for word in found.worlds.values())
    if weak is not found.strength:
        given.refuse(f"says {found.strength.value!r}, but its worlds come to {weak.value!r}")
    return found


def _parts(given: _Reader, worlds: set[str]) -> dict[str, Any]:
    """The figures of each world, which reports of earlier versions lack."""
    if "figures" not in given.content:
        return {}
    return given.get("figures", lambda value: isinstance(value, dict) and set(value) <= worlds, "by world")  # type: ignore[no-any-return]


def _part(given: _Reader, world: str, part: Any) -> str:
    if not isinstance(part, dict):
        given.refuse("has figures that are not an object")
    inner = _Reader(given.file, f"{given.where} in {world!r:.40}", part)
    gap, allowed = (inner.get(key, _is_gap, "a number") for key in ("gap", "allowed"))
    return _figures(
        inner.get("witnesses", _is_count, "a count"), gap, allowed, inner.get("seconds", _is_number, "a number")
    )


def lines_of(readable: Readable, example: Any) -> list[str]:
    """The lines of an example, each on one line. Raises UsageError where it is nested too deeply to be shown."""
    try:
        return [visible(line) for line in readable(example)]
    except RecursionError as fault:
        raise UsageError("an example of the report is nested too deeply to be shown") from fault
