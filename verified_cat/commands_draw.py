"""The command ``draw``: pictures of schema files, laws, the objectives of tasks, and values of the user's own code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from inspect import isroutine
from pathlib import Path
from typing import Any

import click

from verified_cat.commands import SEED
from verified_cat.errors import UsageError, near

OF = ("term", "para", "derivative", "lens", "learner")


@click.command()
@click.argument("what")
@click.option("--of", type=click.Choice(OF), help="What of it; by default what shows most of its kind.")
@click.option("--out", type=click.Path(path_type=Path), help="FILE.svg or FILE.png; by default SVG is printed.")
@click.option("--scale", type=click.FloatRange(0.1, 20), default=2.0, show_default=True, help="Of a PNG file.")
@click.option("--boxes", type=click.IntRange(1, 500), default=24, show_default=True, help="No more boxes than this.")
@SEED
def draw(what: str, of: str | None, out: Path | None, scale: float, boxes: int, seed: int) -> None:
    """A picture of WHAT: a schema file, a law by its name, a task by its name, or module:object in your code.

    Terms are string diagrams from left to right. Of `para` parameters enter from above; `derivative` adds the way back,
    `lens` is get and put, `learner` implementation, update and request. What has more boxes has its largest parts
    folded. A task is drawn as the objective that its compiled step trains. PNG needs resvg (the extra `pictures`).
    """
    if out is not None and out.suffix not in (".svg", ".png"):
        raise UsageError(f"--out is FILE.svg or FILE.png, not {out}")
    made = _picture(what, of or "", boxes, seed)
    if out is None:
        click.echo(made.svg())
    else:
        from verified_cat.report import write_bytes

        write_bytes(out, made.png(scale) if out.suffix == ".png" else f"{made.svg()}\n".encode())


def _picture(what: str, of: str, boxes: int, seed: int) -> Any:
    """The diagram of what is named; what it is, is told by how it is written."""
    from verified_cat.diagrams import diagram

    if what.endswith(".toml") or os.path.isfile(what):
        from verified_cat.schema_file import load

        return diagram(load(Path(what)), of)
    if ":" in what:
        return diagram(brought(what), of, title=what, boxes=boxes)
    from verified_cat.check import LAWS
    from verified_cat.laws.suite import load as load_laws

    load_laws()
    if what in LAWS:
        return diagram(LAWS[what], of, boxes=boxes)
    return _task(what, of, boxes, seed, list(LAWS))


def _task(name: str, of: str, boxes: int, seed: int, laws: list[str]) -> Any:
    from verified_cat.commands_steps import seen
    from verified_cat.diagrams import diagram
    from verified_cat.gpu.tasks import TASKS

    if name not in TASKS:
        known = near(name, [*TASKS, *laws])
        raise UsageError(f"{name!r} is no file, law or task, and not module:object; {known}")
    step, _, _ = seen(name, seed)[0]
    return diagram(step.objective, of, title=f"the objective of {name}", boxes=boxes, names=step.names)


def brought(name: str) -> Any:
    """The value that module:object names; of a function without arguments, what it gives. Raises UsageError."""
    module, _, attributes = name.partition(":")
    if "" in module.split("."):
        raise UsageError(f"{name}: {module!r} is no name of a module")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = import_module(module)
    except ModuleNotFoundError as fault:
        raise UsageError(f"{name}: there is no module {fault.name!r}") from fault
    for attribute in attributes.split("."):
        if attribute not in dir(found):
            there = [each for each in dir(found) if not each.startswith("_")]
            raise UsageError(f"{name}: there is no {attribute!r}; {near(attribute, there) if there else 'it is empty'}")
        found = getattr(found, attribute)
    return _made(name, found) if isroutine(found) else found


def _made(name: str, function: Callable[[], Any]) -> Any:
    try:
        return function()
    except TypeError as fault:
        raise UsageError(f"{name} is called without arguments: {fault}") from fault
