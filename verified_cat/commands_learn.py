"""A schema trained by the command: its options settled, its run begun or taken up, its figures on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verified_cat.commands import FAILED, INTERRUPTED
from verified_cat.errors import UsageError

if TYPE_CHECKING:
    from verified_cat.specification import Specification

TASK = "schema "
"""What the task of a run of a schema is called begins so."""

BEGUN = {
    "start_from": "the folder of a trained schema, whose arrows begin this run",
    "along": "the file of a map from its schema to this one; without it each arrow begins the arrow of its name",
}

HOW = ("checkpoint_every", "keep_checkpoints", "ahead", "tensorboard", "crosscheck")
"""Options that change nothing in what comes out."""


@dataclass(frozen=True, slots=True)
class Request:
    """A specification with the options of its training, the folder, and the options of the run, checked."""

    whole: Specification
    out: Path
    options: dict[str, Any]
    first: Mapping[str, Any]

    @property
    def asked(self) -> dict[str, Any]:
        """As JSON: what a run goes on with, and with nothing else."""
        from dataclasses import replace

        from verified_cat.schema_kinds import settings
        from verified_cat.schema_text import written

        graph = written(replace(self.whole, training=settings("training", "training")))
        own = {"seed": self.options["seed"], "threads": self.options["threads"]}
        digest = sha256(graph.encode()).hexdigest()
        training = {name: _plain(value) for name, value in self.whole.training.options}
        return {"task": f"{TASK}{self.whole.name}", "schema_sha256": digest, **own, **training}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int) else str(value)


# ------------------------------------------------------------------------------------------------ what is asked for


def request(sources: list[Any], resume: Path | None) -> Request:
    """The schema of ``task``, or that of the folder that is taken up, with every option settled.

    Raises UsageError for what is no option, and for what is no value of one; SchemaError for a file that is no schema.
    """
    from verified_cat.gpu.configuration import COMMON, Given, Option, settled
    from verified_cat.gpu.session import described, threads

    known = described(resume) if resume is not None else None
    before = {} if known is None else {**known["how"], **{key: known["asked"].get(key) for key in ("seed", "threads")}}
    here = Option("task", "", "the schema file", str), Option("out", None, "the folder of the run", Path)
    options = (*here, *COMMON, *(Option(name, None, says, Path) for name, says in BEGUN.items()))
    own = {option.name for option in options}
    where = "" if resume is None else str(resume / "run.json")
    first = Given({key: value for key, value in before.items() if value is not None}, lambda key: where)
    run = [Given({key: value for key, value in each.values.items() if key in own}, each.where) for each in sources]
    found = settled(options, first, *run)
    whole = _trained(_schema(found["task"], resume if known is not None else None), sources, own)
    out = resume or found["out"]
    if out is None:
        raise UsageError("Missing option '--out': the folder of the run")
    if found["tensorboard"] is not None:
        found["tensorboard"] = found["tensorboard"].absolute()
    return Request(whole, out, {**found, "threads": threads(found["threads"])}, _first(found, resume, whole))


def _first(found: Mapping[str, Any], resume: Path | None, whole: Specification) -> Mapping[str, Any]:
    """The first parameters that are given: by another run, or by the folder that is taken up."""
    from verified_cat.gpu.migration import started
    from verified_cat.gpu.schema_folder import begun

    if found["start_from"] is None and found["along"] is not None:
        raise UsageError("along says how another run begins this one: give its folder, start_from, too")
    if found["start_from"] is not None and resume is not None:
        raise UsageError("a run that is taken up has begun: start_from is of a new run")
    if resume is not None:
        return begun(resume)
    return {} if found["start_from"] is None else started(found["start_from"], found["along"], whole)


def _schema(named: str, taken_up: Path | None) -> Specification:
    from verified_cat.gpu.schema_folder import kept
    from verified_cat.schema_file import load

    if named.endswith(".toml"):
        return load(named)
    if taken_up is None:
        raise UsageError("which schema? verified-cat train FILE.toml")
    return kept(taken_up)


def _trained(whole: Specification, sources: list[Any], own: set[str]) -> Specification:
    """With the options of the training that the sources give. Raises UsageError, with the source, for what is none."""
    from verified_cat.errors import near
    from verified_cat.gpu.schema_training import with_training
    from verified_cat.schema_kinds import TRAINING, Misfit

    for given in sources:
        for name, value in given.values.items():
            if name in own:
                continue
            if name not in TRAINING:
                hint = near(name, [*TRAINING, *own])
                raise UsageError(f"{given.where(name)}: there is no option {name!r} here; {hint}")
            try:
                whole = with_training(whole, **{name: value})
            except Misfit as misfit:
                raise UsageError(f"{given.where(name)}: {misfit.reason}") from None
    return whole


def options_of(file: str) -> list[str]:
    """The options of a schema file, a line each, with the values that they have."""
    from verified_cat.gpu.configuration import COMMON
    from verified_cat.schema_file import load
    from verified_cat.schema_kinds import TRAINING

    whole = load(file)
    rows = [(option.name, option.says, option.default) for option in COMMON]
    rows += [(name, says, None) for name, says in BEGUN.items()]
    rows += [(name, TRAINING[name].says, _shown(value)) for name, value in whole.training.options]
    return [f"{name:<24} {says}{'' if value is None else f' [{value}]'}" for name, says, value in rows]


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


# ------------------------------------------------------------------------------------------------ the run


def learned(sources: list[Any], resume: Path | None) -> None:
    """The run, its figures on the screen, and its cross-check; exits 1 where that refutes the program of the run."""
    from verified_cat.gpu.parallel import launched

    asked = request(sources, resume)
    if launched():
        return _together(asked, resume is not None)
    metrics, kept = _alone(asked, resume is not None)
    _tell(asked, metrics)
    if metrics["status"] == "interrupted":
        raise SystemExit(INTERRUPTED)
    if asked.options["crosscheck"]:
        _check(asked, kept)


def _alone(asked: Request, resume: bool) -> tuple[dict[str, Any], list[Any]]:
    """The run in one process, and the steps of it that are kept to be made again."""
    from verified_cat.gpu.repeating import keeping
    from verified_cat.gpu.schema_training import train
    from verified_cat.gpu.session import Session

    with Session(**_folder(asked, resume)) as _, keeping() as kept:
        return train(asked.whole, asked.out, seed=asked.options["seed"], first=asked.first), kept


def _together(asked: Request, resume: bool) -> None:
    """The run in all processes that torchrun started; the first has the folder and the screen."""
    from verified_cat.gpu.parallel import ReplicaEngine, replicas
    from verified_cat.gpu.saving import RunFolder
    from verified_cat.gpu.schema_replicas import Following, Leading
    from verified_cat.gpu.schema_training import train

    with replicas():
        engine = ReplicaEngine(asked.whole.training["precision"])
        first = engine.rank == 0
        opened = Leading(engine, **_folder(asked, resume, engine.world)) if first else Following(engine)
        with opened:
            out = asked.out if first else None
            metrics = train(asked.whole, out, seed=asked.options["seed"], first=asked.first, engine=engine)
    if first:
        _tell(asked, metrics)
        why = "the steps were made by several replicas, and one process cannot make them again"
        RunFolder(asked.out).add({"crosscheck": {"verdict": "not run", "reason": why}})
        click.echo(f"not verified: the cross-check was not run; {why}")
    if metrics["status"] == "interrupted":
        raise SystemExit(INTERRUPTED)


def _folder(asked: Request, resume: bool, replicas: int = 1) -> dict[str, Any]:
    """What a session is opened with."""
    from verified_cat.gpu.saving import RunFolder

    options = asked.options
    return {
        "folder": RunFolder(asked.out),
        "asked": {**asked.asked, **({"replicas": replicas} if replicas > 1 else {})},
        "how": {name: _plain(options[name]) for name in HOW if options[name] is not None},
        "every": options["checkpoint_every"] or max(1, asked.whole.training["steps"] // 10),
        "keep": options["keep_checkpoints"],
        "resume": resume,
        "board": options["tensorboard"],
        "ahead": options["ahead"],
    }


def _tell(asked: Request, metrics: Mapping[str, Any]) -> None:
    from verified_cat.gpu.schema_metrics import summary

    click.echo("\n".join(summary(dict(metrics))))
    where = f"the model and metrics.json are in {asked.out}"
    if metrics["status"] == "interrupted":
        where += f"; --resume {asked.out} goes on"
    else:
        for name, reached in metrics["targets"].items():
            click.echo(f"{'reached' if reached else 'MISSED'}: {name}")
    click.echo(f"{metrics['status']} after {metrics['steps']} steps; {where}")


def _check(asked: Request, kept: list[Any]) -> None:
    from verified_cat.commands_train import _checked
    from verified_cat.gpu.schema_training import train

    def again(steps: int) -> Any:
        return train(asked.whole, None, steps=steps, seed=seed, first=asked.first, looked=False)

    seed = asked.options["seed"]
    record = _checked(asked.out, again, kept, seed)
    if record["crosscheck"]["verdict"] == "refuted":
        raise SystemExit(FAILED)
