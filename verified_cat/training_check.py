"""What must hold before a training may call its model *verified*: the validation of the very program that it ran.

Some steps of the run (1, 10, 100, … and the last) are kept as they were made. Afterwards the same program makes them
again: it must give what it gave, bit for bit, and at each of them it is validated (``verified_cat.validation``): it is
the map of its terms, and every call of a kernel is within its rounding bound at the numbers that it met. Each primitive
of the program is also held against random terms that contain it, and against whole numbers, where nothing rounds. The
record says which steps these were. What is not looked at: the steps between them, which are the same calls at other
numbers, and what is computed outside the program (reading data, drawing batches, printing).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verified_cat.crosscheck import crosscheck
from verified_cat.digests import of_bytes, of_program
from verified_cat.errors import MissingExtra
from verified_cat.reference.agreement import Crosscheck
from verified_cat.report import Strength

TERMS = 60
"""Random terms; to them come the first that contain what these do not."""

NOT_RUN = {"verdict": Strength.NOT_RUN.value}


class Watch:
    """Validates each step that is made again, and keeps what came of it."""

    def __init__(self) -> None:
        self.reports: list[tuple[tuple[int, int], Any, Any]] = []
        self.same: dict[tuple[int, int], bool] = {}
        self.at: tuple[int, int] | None = None

    def begins(self, step: Any) -> None:
        """From here on, until it ends, what is computed belongs to the step."""
        self.at = step.training, step.number

    def ends(self, step: Any, same: bool) -> None:
        """Keep whether the step gave what it gave in the run."""
        self.at, self.same[step.training, step.number] = None, same

    def compiled(self, step: Any, data: tuple[Any, ...]) -> None:
        """Validate the compiled step, from the state and on the data that it is about to be made with."""
        from verified_cat.validation import validate

        if self.at:
            self.reports.append((self.at, step, validate(step, data)))


def checked(train: Callable[[int], Any], kept: Sequence[Any], seed: int, terms: int = TERMS) -> dict[str, Any]:
    """The record of the cross-check of a run: ``verified``, and the figures under ``crosscheck``.

    ``train(n)`` trains n steps with the program of the run; ``kept`` holds, for each training of the run, the steps
    that it is to make again.
    Not run, and so not verified, where python-flint is missing.
    """
    try:
        from verified_cat.reference.whole_numbers import on_whole_numbers
    except MissingExtra as missing:
        return {"verified": False, "crosscheck": NOT_RUN | {"reason": str(missing)}}
    watch = made_again(train, kept)
    reports = [report for *_, report in watch.reports]
    used = {(step.engine.name, each): step.engine for _, step, _ in watch.reports for each in step.program.operations}
    engines = list({engine.name: engine for engine in used.values()}.values())
    whole = [on_whole_numbers(engine, operation, seed) for (_, operation), engine in used.items()]
    names = {operation.name for _, operation in used}
    drawn = crosscheck(terms, seed, engines, containing=names)
    unseen = sorted(names - {name for name, *_ in drawn.by_primitive})
    beyond = sum(each.verdict is Strength.REFUTED for each in reports) + sum(found.share > 1 for found, _ in whole)
    looked = bool(reports) and all(each.verdict is Strength.SAMPLED for each in reports)
    complete = looked and not unseen and bool(watch.same) and all(watch.same.values())
    verdict = _verdict(beyond, drawn.strength, complete)
    record = {
        "verdict": verdict.value,
        "programs": sorted({of_program(step.program) for _, step, _ in watch.reports}),
        "sources": sorted({of_bytes(step.source.encode()) for _, step, _ in watch.reports}),
        "engines": [engine.name for engine in engines],
        "steps": [_watched(watch, training, whole.asked) for training, whole in enumerate(kept)],
        "whole_numbers": {
            "operations": len(whole),
            "entries": sum(found.entries for found, _ in whole),
            "without_rounding": sum(exact for _, exact in whole),
            "excesses": sum(found.share > 1 for found, _ in whole),
        },
        "validations": [{"training": at[0], "step": at[1]} | report.as_json() for at, _, report in watch.reports],
        "random_terms": {
            "terms": drawn.terms,
            "seed": seed,
            "verdict": drawn.strength.value,
            "excesses": drawn.excess_count,
            "calls": {name: _calls(drawn, name) for name in sorted(names)},
        },
        "unseen": unseen,
        "excesses": beyond + drawn.excess_count,
    }
    return {"verified": verdict is Strength.SAMPLED, "crosscheck": record}


def made_again(train: Callable[[int], Any], kept: Sequence[Any]) -> Watch:
    """The kept steps made again by the program that ``train`` builds, watched."""
    from verified_cat.gpu.repeating import again
    from verified_cat.gpu.watching import watched

    watch = Watch()
    if kept:
        with watched(watch), again(kept, watch):
            train(max(len(training.steps) for training in kept))
    return watch


def _watched(watch: Watch, training: int, steps: int) -> dict[str, Any]:
    """Which steps of a training were watched; what was seen at those that differ when made again says nothing of it."""
    own = {number: same for (each, number), same in watch.same.items() if each == training}
    return {"of": steps, "watched": sorted(own), "differing": sorted(number for number in own if not own[number])}


def _verdict(beyond: int, drawn: Strength, complete: bool) -> Strength:
    if beyond or drawn is Strength.REFUTED:
        return Strength.REFUTED
    return Strength.SAMPLED if complete and drawn is Strength.SAMPLED else Strength.VACUOUS


def _calls(drawn: Crosscheck, name: str) -> int:
    """How often a primitive was computed in random terms."""
    return sum(row.terms for (key, *_), row in drawn.operations.items() if key == name)


def summary(record: dict[str, Any]) -> str:
    """The record in one line."""
    found = record["crosscheck"]
    if found["verdict"] == Strength.NOT_RUN.value:
        return f"not verified: the cross-check was not run; {found.get('reason', 'it was not asked for')}"
    rows = [row for each in found["validations"] for row in each["kernels"].values()]
    worst = max((float(row["share"]) for row in rows), default=0.0)
    word = "verified" if record["verified"] else "NOT verified"
    return (
        f"{word}: cross-check {found['verdict']}, {found['excesses']} excesses; {_steps(found['steps'])}; "
        f"{len(found['validations'])} validations of compiled steps, {sum(row['terms'] for row in rows)} calls, worst "
        f"{worst:.3f} of a rounding bound; {found['random_terms']['terms']} random terms"
    )


def _steps(trainings: list[dict[str, Any]]) -> str:
    watched = sum(len(each["watched"]) for each in trainings)
    differing = sum(len(each["differing"]) for each in trainings)
    numbers = ", ".join(str(number) for number in (trainings[0]["watched"] if trainings else []))
    again = f"{differing} of them not the same when made again" if differing else "the same when made again"
    of = " and ".join(str(each["of"]) for each in trainings)
    return f"{watched} of {of or 0} steps watched (numbers {numbers or 'none'}), {again}"
