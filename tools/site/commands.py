"""The commands of ``verified-cat``, as their --help has them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tools.site.places import Places
from tools.site.shell import Heading, Page
from verified_cat.cli import main
from verified_cat.markup import joined, tag

PATH = "commands.html"


def commands(command: click.Command, name: str = "verified-cat") -> Iterator[tuple[str, str]]:
    """A command and all commands in it, each with its help."""
    context = click.Context(command, info_name=name, terminal_width=96, max_content_width=96)
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None and not found.hidden:
                yield from commands(found, f"{name} {inner}")


def page(places: Places) -> Page:
    """Every command with its options."""
    listed = list(commands(main))
    parts = [tag("h1", "Commands"), tag("p", "What ", tag("code", "verified-cat COMMAND --help"), " prints.")]
    contents = []
    for name, says in listed:
        anchor = name.replace(" ", "-")
        contents.append(Heading(2 if name.count(" ") < 2 else 3, anchor, name.removeprefix("verified-cat ")))
        parts += [tag("h2", tag("code", name), id=anchor), tag("pre", tag("code", places.linked(says, PATH)))]
    return Page(PATH, "Commands", joined(*parts), tuple(contents))
