"""The command ``train``: a task by name or from a file of options, with checkpoints, and going on after a stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from verified_cat.commands import FAILED, INTERRUPTED
from verified_cat.commands_learn import HOW, TASK, learned, options_of
from verified_cat.errors import UsageError


@click.command()
@click.argument("name", required=False)
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file with the task and options; see below.")
@click.option("--out", type=click.Path(path_type=Path), help="The folder of the run: new, or one of ours.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with the run in this folder, to the same bits.")
@click.option("--steps", type=click.IntRange(min=1), help="How many updates; by default what the task says.")
@click.option("--seed", type=click.IntRange(min=0), help="Where the draws start; 0 unless told.")
@click.option("--data", type=click.Path(path_type=Path), help="The data of a task that reads some from files.")
@click.option("--set", "words", metavar="NAME=VALUE", multiple=True, help="Any other option of the task.")
@click.option("--options", "listed", is_flag=True, help="Instead: list the options of the task.")
@click.option("--crosscheck/--no-crosscheck", "check", default=None, help="Whether to cross-check what was run.")
def train(
    name: str | None,
    config: Path | None,
    out: Path | None,
    resume: Path | None,
    steps: int | None,
    seed: int | None,
    data: Path | None,
    words: tuple[str, ...],
    listed: bool,
    check: bool | None,
) -> None:
    """Train the task NAME, or the schema of a file NAME.toml, and leave model and metrics.json in the folder.

    Options of a schema are those of its [training] and those of a run; --resume of a run of a schema needs no NAME.
    NAME is linear-regression, iris, digits, digits-conv, fashion, cyclegan-points, bilinear-game, gan-ring,
    learned-rates or learned-loss. A file of --config has
    `task`, `out` and options, one a line (`rate = 0.05`); what the command line says comes before what the file says.
    All of them are checked before the first step. The model is called verified where the cross-check of the program
    that was run is green; metrics.json has it, with the figures.
    """
    from verified_cat.gpu.configuration import Given, from_file, from_words

    named: dict[str, Any] = {"task": name, "out": out, "steps": steps, "seed": seed, "data": data, "crosscheck": check}
    said = Given({key: value for key, value in named.items() if value is not None}, lambda key: f"--{key}")
    sources = [*([from_file(config)] if config else []), said, from_words(words)]
    if resume is not None:
        if "out" in said.values:
            raise UsageError("--resume names the folder of the run; --out does not go with it")
        if _is_schema(sources, resume):
            return learned(sources, resume)
        sources = [*_before(resume), *sources, Given({"out": resume}, lambda key: "--resume")]
    if _is_schema(sources, None):
        return click.echo("\n".join(options_of(_name(sources)))) if listed else learned(sources, None)
    if listed:
        return _list(_name(sources))
    metrics = _run(_request(sources), resume is not None)
    if metrics["status"] == "interrupted":
        raise SystemExit(INTERRUPTED)
    if metrics.get("crosscheck", {}).get("verdict") == "refuted":
        raise SystemExit(FAILED)


# ------------------------------------------------------------------------------------------------ what is asked for


@dataclass(frozen=True, slots=True)
class _Request:
    """A task, its folder, and all of its options, checked."""

    task: Any
    out: Path
    options: dict[str, Any]

    @property
    def own(self) -> dict[str, Any]:
        """The options that the task itself takes, besides steps and seed."""
        return {option.name: self.options[option.name] for option in self.task.options}


def _name(sources: list[Any]) -> str:
    names = [given.values["task"] for given in sources if "task" in given.values]
    if not names:
        raise UsageError("which task? verified-cat train NAME, or `task` in the file of --config")
    return str(names[-1])


def _is_schema(sources: list[Any], resume: Path | None) -> bool:
    """Whether what is asked for is a schema file, or, where nothing is, whether the folder holds a run of one."""
    from verified_cat.gpu.session import described

    named = [str(given.values["task"]) for given in sources if "task" in given.values]
    if named:
        return named[-1].endswith(".toml")
    known = described(resume) if resume is not None else None
    return known is not None and str(known["asked"].get("task", "")).startswith(TASK)


def _request(sources: list[Any]) -> _Request:
    """Every option settled. Raises UsageError for the first that is none, or is out of its range."""
    from verified_cat.gpu.configuration import settled
    from verified_cat.gpu.tasks import task

    chosen = task(_name(sources))
    options = settled(chosen.all_options, *sources)
    if options["out"] is None:
        raise UsageError("Missing option '--out': the folder of the run")
    files = {option.name for option in chosen.all_options if option.kind is Path}
    absolute = {name: value.absolute() for name, value in options.items() if name in files and value is not None}
    return _Request(chosen, options["out"], options | absolute)


def _before(folder: Path) -> list[Any]:
    """What the run in the folder was asked for, if there is one."""
    from verified_cat.gpu.configuration import Given
    from verified_cat.gpu.session import described

    known = described(folder)
    where = f"{folder / 'run.json'}"
    return [] if known is None else [Given({**known["how"], **known["asked"]}, lambda name: where)]


def _list(name: str) -> None:
    from verified_cat.gpu.tasks import task

    for option in task(name).all_options:
        default = "" if option.default is None else f" [{option.default}]"
        values = f" ({', '.join(option.choices)})" if option.choices else ""
        click.echo(f"{option.name:<18} {option.says}{values}{default}")


# ------------------------------------------------------------------------------------------------ the run


def _run(request: _Request, resume: bool) -> dict[str, Any]:
    """The training, its figures on the screen, and its cross-check."""
    from verified_cat.gpu.configuration import plain
    from verified_cat.gpu.repeating import keeping
    from verified_cat.gpu.saving import RunFolder
    from verified_cat.gpu.session import Session, threads

    options = request.options
    settled = plain(options | {"task": request.task.name, "threads": threads(options["threads"])})
    asked = {name: value for name, value in settled.items() if name not in (*HOW, "out") and value is not None}
    how = {name: settled[name] for name in HOW if settled[name] is not None}
    session = Session(
        RunFolder(request.out),
        asked,
        how,
        every=options["checkpoint_every"] or max(1, options["steps"] // 10),
        keep=options["keep_checkpoints"],
        resume=resume,
        board=options["tensorboard"],
        ahead=options["ahead"],
    )
    steps, seed = options["steps"], options["seed"]
    with session, keeping() as kept:
        metrics: dict[str, Any] = request.task.train(request.out, steps=steps, seed=seed, **request.own)
    click.echo("\n".join(figures(metrics)))
    where = f"the model and metrics.json are in {request.out}"
    if metrics["status"] == "interrupted":
        where += f"; --resume {request.out} goes on"
    click.echo(f"{metrics['status']} after {metrics['steps']} steps; {where}")
    if options["crosscheck"] and metrics["status"] != "interrupted":
        return _checked(request.out, lambda n: request.task.train(None, steps=n, seed=seed, **request.own), kept, seed)
    return metrics


def _checked(out: Path, again: Callable[[int], Any], kept: list[Any], seed: int) -> dict[str, Any]:
    """Record the cross-check of the program with the run."""
    from verified_cat.gpu.saving import RunFolder
    from verified_cat.training_check import checked, summary

    record = checked(again, kept, seed)
    whole = RunFolder(out).add(record)
    click.echo(summary(record))
    return whole


def figures(metrics: dict[str, Any]) -> list[str]:
    """The final figures as lines: a table of rows where the task compares with baselines, else one figure a line."""
    if "rows" in metrics and isinstance(metrics["rows"], dict):
        from verified_cat.gpu.cyclegan_points import summary

        return [summary(metrics)]
    shown = {name: value for name, value in metrics.items() if isinstance(value, float)}
    return [f"{name:<24} {value:.6g}" for name, value in shown.items()]
