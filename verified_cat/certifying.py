"""RUN ↦ its certificate, and back: every part of a certificate is what comes out of the files of the run, once more.

A certificate holds nothing that cannot be found again: so it is checked by making it anew, from the files and this
package, and comparing. What differs is named. It ties together files that agree with one another; who made them, and
that the training took place, it does not say, unless the training is made again (``retrained``), to the same bits.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from verified_cat.certificate_claims import claims
from verified_cat.certificate_file import content, differences, load, sealed
from verified_cat.certified_laws import REPORT, laws, taken
from verified_cat.digests import of_bytes, of_json, of_program, of_term
from verified_cat.errors import DataError, UsageError, VerifiedCatError
from verified_cat.example_families import asked_for
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
from verified_cat.residuals import How, residuals, spot_checked
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
    if MODEL not in whole["sha256"] or not all("/" not in name for name in whole["sha256"]):
        raise DataError(f"{folder / METRICS} is not that of a run")
    return whole


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


def certificate(folder: Path, how: How, stated: list[Any] | None = None) -> dict[str, Any]:
    """The certificate of the run in a folder; where residuals are ``stated``, those are taken as they are."""
    run = subject(folder)
    _check_families(run, how)
    seen = _Seen()
    with watched(seen):
        run.train(None, 1)
    record = {
        "task": {name: run.metrics.get(name) for name in ("task", "seed", "steps", "status", "reason")},
        "subject": _subject(run),
        "files": _files(run),
        "weights": _weights(folder),
        "data": _data(run, seen),
        "program": _program(run, seen),
        "primitives": _primitives(seen.operations),
        "laws": laws(folder if how.laws else None),
        "environment": run.metrics["environment"],
        "figures": {name: value for name, value in run.metrics.items() if isinstance(value, float)},
        "how": _plain(how),
        "residuals": _residuals(run, how) if stated is None else stated,
    }
    try:
        return sealed(record | {"claims": claims(record)})
    except (KeyError, TypeError, AttributeError, IndexError) as fault:
        raise DataError(f"residuals: these are not those of a certificate: {fault!r}") from None


def _check_families(run: Subject, how: How) -> None:
    """The families are written as ``certify`` writes them. Raises UsageError or DataError where they are not."""
    given = tuple(f"{name}: {words}" for name, words in how.families)
    if run.schema is None:
        if given:
            raise UsageError(f"{run.folder} holds the run of a task, which has no equations: no families go with it")
    elif _pairs(run.schema.whole, given) != how.families:
        raise DataError(f"how.families: {list(given)} are not written in their one way")


def _pairs(whole: Specification, given: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The families that are asked for, by the names of their objects."""
    found = asked_for(whole, given)
    return tuple((name, words) for name in sorted(found) for words in found[name])


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


def _plain(how: How) -> dict[str, Any]:
    families = [f"{name}: {words}" for name, words in how.families]
    asked = {"families": families, "boxes": how.boxes, "points": how.points, "seed": how.seed}
    return asked | {"laws": REPORT if how.laws else None}


def _residuals(run: Subject, how: How) -> list[dict[str, Any]]:
    if run.schema is None:
        return []
    return residuals(run.schema.whole, load_weights(run.folder), how, run.schema.seed)


# ------------------------------------------------------------------------------------------------ both ways


def certify(
    folder: Path, families: tuple[str, ...], boxes: int, points: int, seed: int, report: Path | None = None
) -> dict[str, Any]:
    """The certificate of a run, for these families, with a report of laws; the folder keeps a copy of that."""
    run = subject(folder)
    unasked = tuple((each, "") for each in families)  # of the run of a task; refused, as there are no equations
    pairs = unasked if run.schema is None else _pairs(run.schema.whole, families)
    if report is not None:
        taken(report, folder)
    return certificate(folder, How(pairs, boxes, points, seed, report is not None))


def write(record: dict[str, Any], out: Path) -> None:
    """The file of a certificate. Raises UsageError where it cannot be written."""
    try:
        out.write_bytes(content(record))
    except OSError as refused:
        raise UsageError(f"cannot write {out}: {refused.strerror or refused}") from None


def verify(
    file: Path,
    folder: Path | None = None,
    quick: bool = False,
    retrain: bool = False,
    made: Callable[[Path, How, list[Any] | None], dict[str, Any]] = certificate,
) -> list[str]:
    """What does not hold of a certificate, a line for each; none where all of it holds.

    With ``quick`` the bounds are not computed again, but 10,000 points are held against them; with ``retrain`` the
    training is made again, and has to end in the same weights. ``made`` makes certificates anew.
    """
    where = file.parent if folder is None else folder
    try:
        said = load(file)
        how = _how(said["how"])
        found = differences(said, made(where, how, said["residuals"] if quick else None))
        if quick:
            found += _spots(said["residuals"], where, how)
        return found + (_retrained(where) if retrain and not found else [])
    except VerifiedCatError as fault:
        return [str(fault)]


def _how(said: dict[str, Any]) -> How:
    """What was asked for. Raises DataError for what cannot be asked for."""
    families, limits = said.get("families"), {"boxes": (1, 10**7), "points": (1, 10**8), "seed": (0, 2**63)}
    fits = set(said) == {"families", "laws", *limits} and isinstance(families, list) and said["laws"] in (None, REPORT)
    if not fits or not all(isinstance(each, str) for each in families or []):
        raise DataError("how: these are not the options of a certificate")
    for name, (low, high) in limits.items():
        if type(said[name]) is not int or not low <= said[name] <= high:
            raise DataError(f"how.{name}: it is a whole number from {low} to {high}, not {said[name]!r}")
    pairs = [each.partition(": ") for each in families or []]
    named = tuple((name, words) for name, _, words in pairs)
    return How(named, said["boxes"], said["points"], said["seed"], said["laws"] is not None)


def _spots(stated: list[Any], folder: Path, how: How) -> list[str]:
    """Fresh points against the bounds that a certificate states."""
    run = subject(folder)
    if run.schema is None:
        return [] if not stated else ["residuals: the run of a task has none"]
    return spot_checked(run.schema.whole, load_weights(folder), how, run.schema.seed, stated)


def _retrained(folder: Path) -> list[str]:
    """The training made again, in a folder of its own."""
    with tempfile.TemporaryDirectory() as fresh:
        subject(folder).train(Path(fresh) / "run", None)
        same = content_of(Path(fresh) / "run" / MODEL) == content_of(folder / MODEL)
    return [] if same else [f"weights: the training, made again here, does not end in the weights of {MODEL}"]
