"""What every command says of itself is recorded: its arguments, its options with their defaults, and its help.

python tests/test_commands_help.py records it anew, in tests/commands_help.txt, to be looked through by the one who
changed a command.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from verified_cat.cli import main

RECORDED = Path(__file__).parent / "commands_help.txt"


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, groups before what is in them."""
    yield name, group
    for each, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {each}")
        else:
            yield f"{name} {each}", command


COMMANDS = dict(commands(main, "verified-cat"))


def described(name: str, command: click.Command) -> list[str]:
    """A command as lines that no version of click lays out otherwise."""
    help_lines = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    return [f"## {name}", "", *help_lines, "", *(_parameter(each) for each in command.params), ""]


def _parameter(given: click.Parameter) -> str:
    said: dict[str, Any] = {"required": given.required, "many": given.nargs == -1 or given.multiple}
    words = [" ".join((*given.opts, *given.secondary_opts)), given.metavar or _kind(given)]
    if isinstance(given, click.Option):
        said["flag"] = given.is_flag
        words[1] = "" if given.is_flag else words[1]
        if isinstance(given.default, str | int | float | Path) and not isinstance(given.default, bool):
            said[f"default {given.default}{'' if given.show_default else ' (not shown)'}"] = True
        words += [given.help or ""]
    said["exists"] = isinstance(given.type, click.Path) and given.type.exists
    said["no folder"] = isinstance(given.type, click.Path) and not given.type.dir_okay
    return " | ".join([*words, ", ".join(word for word, holds in said.items() if holds)]).rstrip(" |")


def _kind(given: click.Parameter) -> str:
    if isinstance(given.type, click.Choice):
        return "|".join(map(str, given.type.choices))
    if isinstance(given.type, click.IntRange | click.FloatRange):
        return f"{given.type.name} from {given.type.min} to {given.type.max}"
    return given.type.name


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_of_itself_what_is_recorded(name: str) -> None:
    text = RECORDED.read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: part for part in text.split("## ")[1:]}
    said = "\n".join(described(name, COMMANDS[name])).removeprefix("## ").rstrip("\n")
    assert said == sections.get(name, "").rstrip("\n"), "python tests/test_commands_help.py records it anew"


def test_every_recorded_command_is_there() -> None:
    text = RECORDED.read_text(encoding="utf-8")
    assert [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")] == [*COMMANDS]


if __name__ == "__main__":
    whole = [line for name, command in COMMANDS.items() for line in described(name, command)]
    RECORDED.write_text("\n".join(whole).rstrip("\n") + "\n", encoding="utf-8")
