"""RUN ↦ the parts of its certificate that its files alone decide: what was trained, on what, by which programs.

Nothing is taken from the run that can be found again: the first steps of the training are made anew, and watched.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from verified_cat.digests import of_bytes, of_json, of_program, of_term
from verified_cat.errors import DataError
from verified_cat.gpu.checkpoints import parts
from verified_cat.gpu.configuration import Given, settled
from verified_cat.gpu.made_points import examples
from verified_cat.gpu.randomness import stream
from verified_cat.gpu.saving import METRICS, MODEL, RUN, content_of, figures_of, load_weights
from verified_cat.gpu.schema_folder import SCHEMA_FILE, Restored, begun, restored
from verified_cat.gpu.schema_task import architecture_of
from verified_cat.gpu.schema_training import train as train_schema
from verified_cat.gpu.tasks import task
from verified_cat.gpu.watching import watched
from verified_cat.schema_text import written
from verified_cat.specification import Specification

HELD_OUT = 256
"""So many held out examples of each object are hashed."""


@dataclass(frozen=True)
class Subject:
    """The run in a folder: ``train(out, steps)`` trains it again, by default for all of its steps."""

    folder: Path
    metrics: dict[str, Any]
    train: Callable[[Path | None, int | None], Any]
    schema: Restored | None = None
    asked: dict[str, Any] | None = None


def subject(folder: Path) -> Subject:
    """The run. Raises UsageError where there is none, DataError where a file is not what was written."""
    metrics = _metrics(folder)
    for name, digest in metrics["sha256"].items():
        if of_bytes(content_of(folder / name)) != digest:
            raise DataError(f"{folder / name} is damaged: it is not what was written, by its digest in {METRICS}")
    if SCHEMA_FILE in metrics["sha256"]:
        run, first = restored(folder), begun(folder)

        def train(out: Path | None, steps: int | None) -> Any:
            return train_schema(run.whole, out, steps=steps, seed=run.seed, first=first, looked=out is not None)

        return Subject(folder, metrics, train, schema=run)
    asked = _asked(folder)
    return Subject(folder, metrics, _trainer(asked), asked=asked)


def _metrics(folder: Path) -> dict[str, Any]:
    whole = figures_of(folder)
    tables = isinstance(whole.get("environment"), dict) and isinstance(whole.get("crosscheck", {}), dict)
    if not tables or MODEL not in whole["sha256"] or not all(map(_is_of_a_file, whole["sha256"])):
        raise DataError(f"{folder / METRICS} is not that of a run")
    return whole


def _is_of_a_file(name: str) -> bool:
    """Whether a run writes files of such a name, in its folder."""
    return name.isascii() and name.isprintable() and "/" not in name


def _asked(folder: Path) -> dict[str, Any]:
    given = content_of(folder / RUN)
    try:
        asked = json.loads(given.decode())["asked"]
        return {str(key): value for key, value in asked.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise DataError(f"{folder / RUN} is damaged: {fault}") from None


def _trainer(asked: dict[str, Any]) -> Callable[[Path | None, int | None], Any]:
    chosen = task(str(asked.get("task")))
    options = settled(chosen.all_options, Given(asked, lambda name: RUN))
    own = {option.name: options[option.name] for option in chosen.options}

    def train(out: Path | None, steps: int | None) -> Any:
        return chosen.train(out, steps=steps or options["steps"], seed=options["seed"], **own)

    return train


# ------------------------------------------------------------------------------------------------ parts


def parts_of(run: Subject) -> dict[str, Any]:
    """All that a certificate says of the run, but for the residuals, the laws, and what was asked for."""
    seen = _Seen()
    with watched(seen):
        run.train(None, 1)
    return {
        "task": {name: run.metrics.get(name) for name in ("task", "seed", "steps", "status", "reason")},
        "subject": _subject(run),
        "files": _files(run),
        "weights": _weights(run.folder),
        "data": _data(run, seen),
        "program": _program(run, seen),
        "primitives": _primitives(seen.operations),
        "environment": run.metrics["environment"],
        "figures": {name: value for name, value in run.metrics.items() if isinstance(value, float)},
    }


class _Seen:
    """What is told of the first steps of a training."""

    def __init__(self) -> None:
        self.programs: set[str] = set()
        self.sources: set[str] = set()
        self.objectives: set[str] = set()
        self.operations: set[str] = set()
        self.drawn = sha256()

    def compiled(self, step: Any, data: tuple[Any, ...]) -> None:
        """Digests of the step, and of what it is given."""
        self.programs.add(of_program(step.program))
        self.sources.add(of_bytes(step.source.encode()))
        self.objectives.add(of_term(step.objective.term))
        self.operations |= {operation.name for operation in step.program.operations}
        for tensor in parts(data):
            self.drawn.update(tensor.detach().cpu().contiguous().numpy().tobytes())


def _subject(run: Subject) -> dict[str, Any]:
    """The schema in its canonical text with its terms, or what the task was asked for."""
    if run.schema is None:
        return {"kind": "task", "asked": run.asked, "sha256": of_json(run.asked)}
    whole = run.schema.whole
    text, (architecture, names) = written(whole), architecture_of(whole, 1)
    arrows = {name: of_term(architecture.edges[name].inside) for name in architecture.edges}
    equations = {}
    for demand in whole.demands:
        sides = architecture.equation(demand.equation)
        equations[str(demand.equation)] = {"left": of_term(sides.lhs), "right": of_term(sides.rhs)}
    return {
        "kind": "schema",
        "text": text,
        "sha256": of_bytes(text.encode()),
        "arrows": arrows,
        "equations": equations,
        "parameters": list(names),
    }


def _files(run: Subject) -> dict[str, str]:
    names = [*run.metrics["sha256"], METRICS, *([RUN] if (run.folder / RUN).is_file() else [])]
    return {name: of_bytes(content_of(run.folder / name)) for name in names}


def _weights(folder: Path) -> dict[str, Any]:
    """Each tensor of the model."""
    found = {}
    for name, array in load_weights(folder).items():
        raw = np.ascontiguousarray(array).tobytes()
        found[name] = {"shape": list(array.shape), "numbers": str(array.dtype), "sha256": of_bytes(raw)}
    return {"file": MODEL, "tensors": found, "entries": sum(int(np.prod(each["shape"])) for each in found.values())}


def _data(run: Subject, seen: _Seen) -> dict[str, Any]:
    """What the first step is given, and the first held out examples of each object."""
    found: dict[str, Any] = {"first draws": seen.drawn.hexdigest()}
    if run.schema is not None:
        whole, seed = run.schema.whole, run.schema.seed
        names = [thing.name for thing in whole.things if thing.data is not None]
        found["held out"] = {name: _held_out(whole, name, seed) for name in names}
    return found


def _held_out(whole: Specification, name: str, seed: int) -> str:
    table = examples(whole, name, HELD_OUT, stream(seed, name, "held out"))
    return of_bytes(np.ascontiguousarray(table, dtype=np.float64).tobytes())


def _program(run: Subject, seen: _Seen) -> dict[str, Any]:
    """The compiled steps as they are built now, and the check of those that ran."""
    check = run.metrics.get("crosscheck", {})
    programs = sorted(seen.programs)
    return {
        "programs": programs,
        "sources": sorted(seen.sources),
        "objectives": sorted(seen.objectives),
        "operations": sorted(seen.operations),
        "check": {
            "sha256": of_json(check),
            "verdict": check.get("verdict"),
            "verified": run.metrics.get("verified"),
            "of these programs": check.get("programs") == programs,
            "of these sources": check.get("sources") == sorted(seen.sources),
        },
    }


def _primitives(names: set[str]) -> dict[str, str]:
    """The certificate of each primitive of the program: its row of the table against calculus."""
    from verified_cat.primitives import TABLE
    from verified_cat.reference.certificates import certificate as of_primitive

    return {name: str(of_primitive(name)) for name in sorted(names & set(TABLE))}
