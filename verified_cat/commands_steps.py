"""The commands about compiled steps: ``show`` and ``validate``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

from verified_cat.commands import FAILED, SEED

STAGES = ("source", "calls", "program")


class _Seen:
    """The compiled steps that a training makes, each once, with the state and data that it is first made with."""

    def __init__(self) -> None:
        self.steps: dict[int, tuple[Any, tuple[Any, ...], Any]] = {}

    def compiled(self, step: Any, data: tuple[Any, ...]) -> None:
        """Keep the step, and what it is about to be made with."""
        self.steps.setdefault(id(step), (step, tuple(part.clone() for part in data), step.saved()))


def seen(name: str, seed: int) -> list[tuple[Any, tuple[Any, ...], Any]]:
    """The steps of the task, from one update that is written nowhere."""
    from verified_cat.gpu.tasks import task
    from verified_cat.gpu.watching import watched

    watcher = _Seen()
    with watched(watcher):
        task(name).train(None, steps=1, seed=seed)
    return list(watcher.steps.values())


@click.command()
@click.argument("name")
@click.option("--stage", type=click.Choice(STAGES), default="source", show_default=True, help="How far compiled.")
@SEED
def show(name: str, stage: str, seed: int) -> None:
    """The compiled steps of the task NAME, as text: the operations of the table, the calls of kernels, or what is run.

    "program" has one line an operation, with the boundary of the step above and its results below; "calls" the kernels
    in their order with the layout of what they read and write; "source" the text that the backend runs.
    """
    for number, (step, _, _) in enumerate(seen(name, seed)):
        click.echo(("\n" if number else "") + "\n".join(_heading(step)))
        click.echo("\n".join(_stage(step, stage)))


def _heading(step: Any) -> Iterator[str]:
    kernels = Counter(call.kernel for call in step.plan.calls)
    counts = ", ".join(f"{count} {kernel}" for kernel, count in sorted(kernels.items()))
    parameters = sum(tensor.numel() for tensor in step.parameters())
    yield f"# {step.rule.name}, {parameters} parameters, in {step.engine.name}"
    yield f"# {len(step.program.wires)} operations of the table, {len(step.plan.calls)} calls: {counts}"
    yield f"# {step.arena} bytes of temporaries"


def _stage(step: Any, stage: str) -> Iterator[str]:
    if stage == "source":
        yield step.source
    elif stage == "program":
        yield str(step.program)
    else:
        yield from map(str, step.plan.calls)


@click.command()
@click.argument("name")
@SEED
def validate(name: str, seed: int) -> None:
    """Validate the compiled steps of the task NAME at its first batch: the map of its terms, each call in its bound.

    Exits 1 where one is refuted, or where too little could be compared.
    """
    from verified_cat.report import Strength
    from verified_cat.validation import validate as validated

    good = True
    for step, data, state in seen(name, seed):
        step.restore(state)
        report = validated(step, data, seed)
        click.echo(f"{step.rule.name} in {step.engine.name}: {report.summary}")
        good = good and report.verdict is Strength.SAMPLED
    if not good:
        raise SystemExit(FAILED)
