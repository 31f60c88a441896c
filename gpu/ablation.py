"""How much each equation of a schema gives: trainings with all of them, without each and without any, on some seeds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path as File
from typing import Any

from verified_cat import durable
from verified_cat.errors import DataError, UsageError
from verified_cat.gpu.run_figures import number, numbers
from verified_cat.gpu.saving import METRICS
from verified_cat.gpu.schema_folder import restored
from verified_cat.gpu.schema_training import train, with_training
from verified_cat.schema_checks import findings
from verified_cat.schema_sheets import Ablation, Effect
from verified_cat.schema_text import written
from verified_cat.specification import Specification

RECORD, KIND, WHOLE = "ablation.json", "verified-cat ablation", "all"
LOSSES = ("loss", "critic_loss", "validation_loss")
"""Figures that are not compared: they are of other games."""


def variants(whole: Specification) -> Iterator[tuple[str, str, Specification]]:
    """The name of the folder, what has no weight, and the specification: first the whole, then without each, without
    any. Raises UsageError where no equation has a weight."""
    weighed = [place for place, demand in enumerate(whole.demands) if demand.weight != 0]
    if not weighed:
        raise UsageError(f"schema {whole.name}: no equation has a weight, so there is none to leave out")
    yield WHOLE, "", whole
    for place in weighed:
        yield f"without-{place + 1}", str(whole.demands[place].equation), _without(whole, [place])
    if len(weighed) > 1:
        yield "without-any", "any equation", _without(whole, weighed)


def _without(whole: Specification, places: Sequence[int]) -> Specification:
    demands = [replace(each, weight=Fraction(0)) if n in places else each for n, each in enumerate(whole.demands)]
    return replace(whole, demands=tuple(demands))


def ablate(
    whole: Specification,
    seeds: Sequence[int],
    steps: int | None,
    out: File,
    say: Callable[[str], None] = lambda line: None,
) -> list[Ablation]:
    """Every training, each in a folder of its own below ``out``; what they found is in ablation.json.

    A run that is there already, of the same specification and seed, is taken as it is. One that cannot be trained (an
    arrow that nothing teaches any more, figures that are not finite) is recorded with the reason.
    """
    if steps is not None:
        whole = with_training(whole, steps=steps)
    records = []
    for folder, without, variant in variants(whole):
        record: dict[str, Any] = {"folder": folder, "without": without, "runs": {}, "not_run": ""}
        wrong = [each.says for each in findings(variant) if each.level == "error"]
        for seed in [] if wrong else seeds:
            where = out / folder / f"seed-{seed}"
            say(f"{'with all equations' if not without else f'without {without}'}, seed {seed}: {where}")
            try:
                record["runs"][str(seed)] = _figures(_run(variant, seed, where))
            except DataError as fault:
                wrong = [f"seed {seed}: {fault}"]
                break
        records.append({**record, "not_run": wrong[0] if wrong else ""})
        content = {"schema": 1, "kind": KIND, "name": whole.name, "seeds": list(seeds), "variants": records}
        durable.write(out, {RECORD: (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()})
    return effects(records)


def _run(whole: Specification, seed: int, folder: File) -> Mapping[str, Any]:
    """The figures of the run in the folder, which is trained where it is not there yet."""
    if (folder / METRICS).exists():
        known = restored(folder)
        if (written(known.whole), known.seed) != (written(whole), seed):
            raise UsageError(f"{folder} holds another run; name a new folder")
        metrics: Mapping[str, Any] = known.metrics
    else:
        metrics = train(whole, folder, seed=seed)
    if metrics["status"] == "interrupted":
        raise UsageError(f"stopped in {folder}; remove that folder and call again: the finished runs are kept")
    if metrics["status"] == "diverged":
        raise DataError(f"training stopped: {metrics['reason']}")
    return metrics


def _figures(metrics: Mapping[str, Any]) -> dict[str, float]:
    """What is measured of the functor: no losses, no baselines."""
    known = numbers(metrics)
    return {
        name: value
        for name, value in known.items()
        if name not in LOSSES and name.rpartition(", ")[0] not in known and math.isfinite(value)
    }


def effects(records: Sequence[Mapping[str, Any]]) -> list[Ablation]:
    """Each figure with all equations and without some, as far as every seed has it."""
    whole, *others = records
    found = []
    for each in others:
        reason = each["not_run"] or (f"with all equations, {whole['not_run']}" if whole["not_run"] else "")
        names = [] if reason else list(next(iter(whole["runs"].values())))
        rows = [
            (name, [run.get(name) for record in (whole, each) for run in record["runs"].values()]) for name in names
        ]
        count = len(whole["runs"])
        kept_ = [Effect(name, tuple(v[:count]), tuple(v[count:])) for name, v in rows if None not in v]
        found.append(Ablation(each["without"], tuple(map(int, each["runs"])), tuple(kept_), reason))
    return found


# ------------------------------------------------------------------------------------------------ read again


def is_one(folder: File) -> bool:
    """Whether an ablation is recorded in the folder."""
    return (folder / RECORD).exists()


def kept(folder: File) -> list[Ablation]:
    """What was found. Raises DataError where the record is damaged."""
    return effects(_records(folder))


def whole_runs(folder: File) -> list[File]:
    """The folders of the runs with all equations."""
    return [folder / WHOLE / f"seed-{seed}" for seed in _records(folder)[0]["runs"]]


def _records(folder: File) -> list[dict[str, Any]]:
    file = folder / RECORD
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["kind"] != KIND:
            raise ValueError("it is not that of an ablation")
        whole, *others = content["variants"]
        for each in (whole, *others):
            _must_be_record(each)
            if not each["not_run"] and set(each["runs"]) != set(whole["runs"]):
                raise ValueError(f"without {each['without']!r} other seeds were run than with all equations")
        return [whole, *others]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as fault:
        raise DataError(f"{file} is damaged: {fault}") from None


def _must_be_record(content: Any) -> None:
    """Raises ValueError where this is not what was written of a variant: figures by seed, or why there are none."""
    if not isinstance(content, dict) or not all(isinstance(content.get(key), str) for key in ("without", "not_run")):
        raise ValueError("a variant does not say what it is without, and why it was not run")
    runs = content.get("runs")
    if not isinstance(runs, dict) or not all(re.fullmatch("-?[0-9]{1,18}", seed) for seed in runs):
        raise ValueError(f"the runs without {content['without']!r} are not by seed")
    if not runs and not content["not_run"]:
        raise ValueError(f"there are no runs without {content['without']!r}, and no reason")
    for figures in runs.values():
        if not isinstance(figures, dict) or not all(_is_figure(value) for value in figures.values()):
            raise ValueError(f"the figures without {content['without']!r} are not numbers by name")


def _is_figure(value: Any) -> bool:
    found = None if isinstance(value, str) else number(value)
    return found is not None and math.isfinite(found)
