"""What a training is asked for: every option with its kind and range, from a TOML file and from the command line.

All of it is checked before the first step, and what is wrong is told with the file and the line.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Any

from verified_cat.errors import UsageError, near


@dataclass(frozen=True, slots=True)
class Option:
    """An option by name: its default, what it says, and what its values are (``kind``, from ``low`` to ``high``)."""

    name: str
    default: Any
    says: str
    kind: type = int
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def checked(self, value: Any, where: str) -> Any:
        """The value as one of its kind. Raises UsageError, beginning with ``where``, where it is none, or too large."""
        read = _READERS[self.kind](value)
        if read is None:
            raise UsageError(f"{where}: {self.name} is {_KINDS[self.kind]}, not {value!r}")
        if self.choices and read not in self.choices:
            raise UsageError(
                f"{where}: {self.name} is none of its values {value!r}; {near(str(value), [*self.choices])}"
            )
        below = self.low is not None and read < self.low
        if below or (self.high is not None and read > self.high):
            limits = f">= {self.low}" if self.high is None else f"from {self.low} to {self.high}"
            raise UsageError(f"{where}: {self.name} is {_KINDS[self.kind]} {limits}, not {value!r}")
        return read


_KINDS: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    Fraction: 'a number, or a fraction such as "1/40",',
    str: "a text",
    Path: "the name of a file or folder",
    bool: "true or false",
}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return float(value) if fits else None


def _fraction(value: Any) -> Fraction | None:
    """Numbers by their decimal digits: 0.1 is 1/10."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return None


def _path(value: Any) -> Path | None:
    """The name of a file as the system takes it: not empty, without a zero, and of whole characters."""
    try:
        given = os.fsencode(value) if isinstance(value, str | Path) else b""
    except UnicodeEncodeError:
        return None
    return Path(value) if given and b"\0" not in given else None


_READERS: dict[type, Callable[[Any], Any]] = {
    int: _whole,
    float: _number,
    Fraction: _fraction,
    str: lambda value: value if isinstance(value, str) else None,
    Path: _path,
    bool: lambda value: value if isinstance(value, bool) else None,
}

COMMON = (
    Option("seed", 0, "where the draws start", low=0),
    Option("checkpoint_every", 0, "a checkpoint every so many steps; 0 is ten in a run", low=0),
    Option("keep_checkpoints", 2, "how many of them are kept", low=1),
    Option("ahead", 0, "how many batches a thread makes ahead of time", low=0, high=1000),
    Option("threads", 0, "how many threads torch computes with; 0 leaves that to torch", low=0, high=1024),
    Option("tensorboard", None, "a folder for events for TensorBoard", Path),
    Option("crosscheck", True, "whether the program that was run is cross-checked", bool),
)
"""Those of every task, besides ``steps``."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one source asks for: values by name, and where each of them is written."""

    values: Mapping[str, Any]
    where: Callable[[str], str]


def settled(options: tuple[Option, ...], *sources: Given) -> dict[str, Any]:
    """Every option with its value: of the last source that has it, else its default.

    Raises UsageError for what is no option, and for what is no value of one.
    """
    known = {option.name: option for option in options}
    found = {option.name: option.default for option in options}
    for given in sources:
        for name, value in given.values.items():
            if name not in known:
                raise UsageError(f"{given.where(name)}: there is no option {name!r} here; {near(name, [*known])}")
            found[name] = known[name].checked(value, given.where(name))
    return found


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON has them."""
    return {name: str(value) if isinstance(value, Fraction | Path) else value for name, value in values.items()}


# ------------------------------------------------------------------------------------------------ sources


def from_file(path: Path) -> Given:
    """The options of a TOML file. Raises UsageError, with the line, where it is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except OSError as refused:
        raise UsageError(f"cannot read {path}: {refused.strerror or refused}") from None
    except UnicodeDecodeError as fault:
        raise UsageError(f"{path} is not in UTF-8: {fault}") from None
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"{path} is no TOML file: {fault}") from None
    return Given(values, lambda name: f"{path}, line {_line(text, name)}")


def _line(text: str, name: str) -> int:
    """The line on which a key, or the table of this name, is."""
    key = re.compile(rf"""\s*(\[+\s*)?["']?{re.escape(name)}["']?\s*[].=]""")
    return next((number for number, line in enumerate(text.splitlines(), start=1) if key.match(line)), 1)


def from_words(words: tuple[str, ...]) -> Given:
    """KEY=VALUE from the command line: the value as TOML has it, or, where it is none, the text itself."""
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set takes NAME=VALUE, not {word!r}")
        try:
            values[name.strip()] = tomllib.loads(f"value = {text}")["value"]
        except (tomllib.TOMLDecodeError, KeyError):
            values[name.strip()] = text.strip()
    return Given(values, lambda name: f"--set {name}")
