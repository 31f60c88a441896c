"""Claims: what a page says, the command that establishes it again, and how the results of the command are judged.

Two rules: *identical*, in the environment in which a result was recorded, else *within bound*. What fits neither is a
*mismatch*; what was not made is *not run*, with the reason, and never a pass.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from verified_cat.errors import UsageError, near

Word = Literal["identical", "within bound", "holds", "mismatch", "not run"]
PASSES: tuple[Word, ...] = ("identical", "within bound", "holds")
OUTPUT, ERRORS = PRINTED = "output", "errors"
"""The files of what a command printed."""


@dataclass(frozen=True, slots=True)
class Result:
    """A file that a command makes, and the one thing about it that is judged (see artifact/claims.toml)."""

    file: str
    page: str = ""
    tally: str = ""
    never: tuple[str, ...] = ()
    figure: str = ""
    at_most: float | None = None
    at_least: float | None = None
    bits: bool = False

    @property
    def name(self) -> str:
        """What it is called in a record: the file, and the key in it."""
        return f"{self.file}: {self.tally or self.figure}" if self.tally or self.figure else self.file

    @property
    def recorded(self) -> bool:
        """Whether it is compared with what was recorded, where the environment is that of the record."""
        return not self.page

    def found(self, folder: Path) -> Any:
        """What the file holds: a digest, a number, or how often each word stands. Raises UsageError."""
        try:
            content = (folder / self.file).read_bytes()
        except OSError as refused:
            raise UsageError(f"{self.file} was not made: {refused.strerror or refused}") from None
        if self.page or self.bits:
            return sha256(content).hexdigest()
        try:
            whole = json.loads(content)
            if self.figure:
                return float(whole[self.figure])
            rows, _, key = self.tally.partition(".")
            return dict(sorted(Counter(str(row[key]) for row in whole[rows]).items()))
        except (ValueError, KeyError, TypeError) as fault:
            raise UsageError(f"{self.name} is not there: {type(fault).__name__}: {fault}") from None

    def judged(self, found: Any, root: Path, expected: Any, pinned: bool) -> tuple[Word, str]:
        """The verdict on what was found, and why; ``expected`` is None where nothing was recorded."""
        if self.page:
            wanted = sha256((root / self.page).read_bytes()).hexdigest()
            return ("identical", self.page) if found == wanted else ("mismatch", f"{self.page} is another")
        outside = self._outside(found)
        if outside:
            return "mismatch", outside
        if pinned and expected is not None:
            said = "as recorded" if found == expected else f"{_short(found)}; recorded was {_short(expected)}"
            return ("identical" if found == expected else "mismatch"), said
        if self.bits:
            return "within bound", "another environment: the figures decide" if not pinned else "nothing was recorded"
        return "within bound", self._bound(found)

    def _outside(self, found: Any) -> str:
        """Where it is out of its bounds; an empty text where it is not."""
        if self.tally:
            return ", ".join(f"{found[word]} {word}" for word in self.never if found.get(word))
        if self.figure and not _between(self.at_least, found, self.at_most):
            return self._bound(found)
        return ""

    def _bound(self, found: Any) -> str:
        if self.tally:
            return f"{_short(found)}; none {' or '.join(self.never)}"
        ends = [f"at least {self.at_least:g}"] if self.at_least is not None else []
        ends += [f"at most {self.at_most:g}"] if self.at_most is not None else []
        return f"{self.figure} {found:.4g}, {' and '.join(ends)}"


def _between(low: float | None, value: float, high: float | None) -> bool:
    """low ≤ value ≤ high; false for NaN."""
    return value == value and (low is None or value >= low) and (high is None or value <= high)


def _short(found: Any) -> str:
    if isinstance(found, Mapping):
        return ", ".join(f"{count} {word}" for word, count in found.items())
    return f"{found:.6g}" if isinstance(found, float) else str(found)[:12]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said, and the command that shows it, with its minutes on two cores."""

    name: str
    says: str
    command: str
    minutes: float
    quick: bool = False
    results: tuple[Result, ...] = ()


# ------------------------------------------------------------------------------------------------ the file


CLAIM_KEYS = {"name": str, "says": str, "command": str, "minutes": (int, float), "quick": bool, "results": list}
RESULT_KEYS = {
    "file": str,
    "page": str,
    "tally": str,
    "never": list,
    "figure": str,
    "at_most": (int, float),
    "at_least": (int, float),
    "bits": bool,
}


def read(path: Path) -> tuple[Claim, ...]:
    """The claims of a file. Raises UsageError where it is absent or says something else than claims."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as refused:
        raise UsageError(f"{path} cannot be read: {refused.strerror or refused}; run this in a checkout") from None
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"{path} is not TOML: {fault}") from None
    claims = document.get("claims")
    if set(document) != {"claims"} or not isinstance(claims, list) or not claims:
        raise UsageError(f"{path} holds [[claims]] and nothing else")
    made = tuple(_claim(f"{path}, claim {number}", part) for number, part in enumerate(claims, start=1))
    twice = [name for name, count in Counter(claim.name for claim in made).items() if count > 1]
    if twice:
        raise UsageError(f"{path}: two claims are called {twice[0]!r}")
    return made


def _claim(where: str, part: Any) -> Claim:
    _only(where, part, CLAIM_KEYS, ("name", "says", "command", "minutes"))
    results = tuple(_result(f"{where}, {part['name']}", each) for each in part.get("results", []))
    return Claim(**{**part, "results": results})


def _result(where: str, part: Any) -> Result:
    _only(where, part, RESULT_KEYS, ("file",))
    kinds = [key for key in ("page", "tally", "figure", "bits") if part.get(key)]
    if len(kinds) != 1:
        raise UsageError(f"{where}: a result is judged by one of page, tally, figure and bits, not by {kinds}")
    if ("figure" in part) != bool({"at_most", "at_least"} & set(part)):
        raise UsageError(f"{where}: a figure has at_most or at_least, and nothing else has")
    if ("tally" in part) != ("never" in part):
        raise UsageError(f"{where}: a tally says which words are to stand nowhere, and nothing else does")
    return Result(**{**part, "never": tuple(part.get("never", ()))})


def _only(where: str, part: Any, known: Mapping[str, Any], needed: Sequence[str]) -> None:
    if not isinstance(part, dict):
        raise UsageError(f"{where} is no table")
    for key, value in part.items():
        if key not in known:
            raise UsageError(f"{where} has no key {key!r}; {near(key, list(known))}")
        if not isinstance(value, known[key]) or (known[key] is not bool and isinstance(value, bool)):
            raise UsageError(f"{where}: {key} is {value!r}")
    for key in needed:
        if key not in part:
            raise UsageError(f"{where} lacks {key!r}")
