"""What refutes what, laws against broken engines: the file of `verified-cat controls --json FILE`, read back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from verified_cat.errors import UsageError

WORDS = ("refuted", "survived", "raised", "not run", "untouched")
"""What a law says of a broken engine; "not run" where it asks for more than the engine has or no bound can be given at
a wrong value, "untouched" where none of its instances uses what is broken."""


@dataclass(frozen=True, slots=True)
class Control:
    """An engine with one planted fault, the judge named for it, and what the judge said."""

    name: str
    judge: str
    kind: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Kills:
    """Every law against every control, every law against its own mutants, and the laws that refute no control."""

    controls: tuple[Control, ...]
    cells: dict[str, dict[str, str]]
    mutants: dict[str, dict[str, str]]
    idle: dict[str, str]
    draws: int
    left: tuple[str, ...] = ()
    """What an interrupted run has not come to."""

    def by_law(self, law: str) -> int:
        """How many controls a law refutes."""
        return sum(word == "refuted" for word in self.cells.get(law, {}).values())

    def met(self, law: str) -> int:
        """How many controls break something that instances of a law use, or what they are built with."""
        return sum(word in ("refuted", "survived", "raised") for word in self.cells.get(law, {}).values())

    def own(self, law: str) -> int:
        """How many of the wrong implementations that a law names it refutes."""
        return sum(word == "refuted" for word in self.mutants.get(law, {}).values())

    def by_control(self, control: str) -> int:
        """How many laws refute a control."""
        return sum(row.get(control) == "refuted" for row in self.cells.values())


def unfinished(file: Path) -> dict[str, Any]:
    """What an interrupted run left in ``file``, to go on from. Raises UsageError where there is no such thing."""
    read(file)
    return json.loads(Path(file).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def read(file: Path) -> Kills:
    """The kill matrix in ``file``. Raises UsageError where it cannot be read, or has not the form of one."""
    try:
        data = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"{file} is no kill matrix: {fault}") from fault
    if not isinstance(data, dict) or "controls" not in data or "kills" not in data:
        raise UsageError(f"{file} is no kill matrix: `verified-cat controls --json FILE` writes one")

    def refuse(what: str) -> NoReturn:
        raise UsageError(f"{file} is no kill matrix of this version: {what}")

    if type(data.get("schema")) is not int or data["schema"] != 1:
        refuse("its 'schema' is not 1, the only one that is known here")
    if type(data.get("draws")) is not int:
        refuse("its 'draws' is not a number")
    if not isinstance(data["controls"], list) or not all(map(_is_control, data["controls"])):
        refuse("its 'controls' is not a list of controls, each a name, a judge, a kind and a verdict")
    for part in ("kills", "mutants"):
        if not _is_table(data.get(part), WORDS):
            refuse(f"its {part!r} is not a word ({', '.join(WORDS)}) for each name under each law")
    if not _are_texts(data.get("idle")):
        refuse("its 'idle' is not a reason for each law that refutes no control")
    left, faults = data.get("left", []), data.get("faults", {})
    if not isinstance(left, list) or not all(isinstance(each, str) for each in left):
        refuse("its 'left' is not a list of what was not come to")
    if not isinstance(faults, dict) or not all(map(_are_texts, faults.values())):
        refuse("its 'faults' are not exceptions under each law")
    controls = tuple(Control(*(each[key] for key in KEYS)) for each in data["controls"])
    unknown = {name for row in data["kills"].values() for name in row} - {each.name for each in controls} - set(left)
    if unknown:
        refuse(f"it has verdicts on {min(unknown)!r:.60}, which is none of its controls")
    return Kills(controls, data["kills"], data["mutants"], data["idle"], data["draws"], tuple(left))


KEYS = ("name", "judge", "kind", "verdict")


def _is_control(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), str) for key in KEYS)


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def _is_table(value: Any, words: tuple[str, ...]) -> bool:
    return isinstance(value, dict) and all(
        isinstance(row, dict) and all(word in words for word in row.values()) for row in value.values()
    )
