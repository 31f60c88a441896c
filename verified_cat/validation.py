"""A compiled step is not trusted until it is compared: is it the map of its terms, and does each call round as it may?

Three statements about one step at given state and data. *The same map*: the terms, run on residues modulo random
primes, give what the schedule gives whose kernels are replaced by their meanings: the loss and every new state. *Each
call within its rounding*: the emitted program is run with every call watched, a native one with every group of calls;
what it reads is what was last written there, and what it writes lies within the rounding bound of its meaning at these
very numbers. *The run that was watched is the run*: the program without a watcher gives the same, bit for bit. So a
wrong fold, a stale buffer or a kernel that drops a factor is found in the step in which it happens, also where the loss
does not show it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from verified_cat.calls import Watched, array_of, watched_run
from verified_cat.errors import MissingExtra
from verified_cat.gpu.native_step import Native
from verified_cat.gpu.step import Step
from verified_cat.mapping import Map, mapped, names_of
from verified_cat.native_calls import walked_run
from verified_cat.objects import flatten, unflatten
from verified_cat.program import Outside, entries, running
from verified_cat.reference.agreement import UNKNOWN, Row
from verified_cat.reference.balls import Array, Ball
from verified_cat.reference.bounding import bounding
from verified_cat.report import Strength

POINTS = 3
"""At how many random points, each modulo a prime of its own, the two maps are compared."""

LARGE = 10**6
"""From so many entries in all the values of a program on, one point is enough: there are that many signs in it."""

SHOWN = 8
"""So many findings are kept; one fault is found again in all that follows from it."""


@dataclass(frozen=True, slots=True)
class Again:
    """Whether the program gives what the watched one gave, and whether bit for bit."""

    verdict: Strength
    identical: bool = False
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a validation found: the same map, each call within its rounding, the run that was watched is the run.

    ``kernels`` has for each kernel its calls, entries and the worst share of a rounding bound; ``findings`` say what is
    wrong, the first that was met first; ``reasons`` why something was not run, or is open.
    """

    same_map: Map
    rounding: Strength
    same_run: Again
    kernels: Mapping[str, Row]
    findings: tuple[str, ...]
    reasons: tuple[str, ...]
    points: int
    seconds: float

    @property
    def verdict(self) -> Strength:
        """Refuted by one finding; else the weakest word of the three parts, where "not run" is not a pass."""
        parts = (self.same_map.verdict, self.rounding, self.same_run.verdict)
        order = (Strength.REFUTED, Strength.VACUOUS, Strength.UNDECIDED, Strength.NOT_RUN, Strength.SAMPLED)
        return next((word for word in order if word in parts), Strength.EXACT)

    @property
    def share(self) -> float:
        """The worst share of a rounding bound."""
        return max((row.share for row in self.kernels.values()), default=0.0)

    @property
    def summary(self) -> str:
        """One line."""
        if self.verdict is Strength.REFUTED:
            return f"refuted: {self.findings[0]}"
        why = f"; {'; '.join(self.reasons)}" if self.reasons else ""
        if self.verdict is Strength.NOT_RUN:
            return f"not run{why}"
        calls = sum(row.terms for row in self.kernels.values())
        worst = max(self.kernels, key=lambda name: self.kernels[name].share, default="none")
        again = "bit for bit" if self.same_run.identical else f"within the bound ({self.same_run.verdict.value})"
        return (
            f"{self.verdict.value}: the map of its terms at {self.points} random points ({self.same_map.verdict.value})"
            f"; {calls} calls of {len(self.kernels)} kernels ({self.rounding.value}), worst {self.share:.3f} of a "
            f"rounding bound ({worst}); run again: {again}; {self.seconds:.2f} s{why}"
        )

    def as_json(self) -> dict[str, Any]:
        """The figures."""
        return {
            "kind": "verified-cat validation",
            "verdict": self.verdict.value,
            "same_map": {"verdict": self.same_map.verdict.value, "points": self.points, "free": self.same_map.free},
            "rounding": {"verdict": self.rounding.value, "share": _number(self.share)},
            "same_run": {"verdict": self.same_run.verdict.value, "identical": self.same_run.identical},
            "kernels": {name: row.as_json() for name, row in self.kernels.items()},
            "findings": list(self.findings),
            "reasons": list(self.reasons),
            "seconds": round(self.seconds, 3),
        }


def _number(value: float) -> float | str:
    return value if np.isfinite(value) else repr(value)


def validate(step: Step, data: Sequence[Any], seed: int = 0, points: int | None = None) -> Report:
    """The step at its state and at ``data``; neither is changed. Gives a verdict, and raises nothing."""
    began, data = time.perf_counter(), tuple(data)
    if points is None:
        points = POINTS if sum(map(entries, step.program.wires)) < LARGE else 1
    unfit = _unfit(step, data)
    if unfit:
        no = Strength.NOT_RUN
        return Report(Map(no), no, Again(no), {}, (), (unfit,), points, time.perf_counter() - began)
    same_map = mapped(step, data, Random(seed), points)
    watched = _watched(step, data)
    again = _again(step, data, watched)
    return Report(
        same_map,
        _rounding(watched),
        again,
        dict(sorted(watched.kernels.items())),
        (*same_map.findings, *watched.findings, *again.findings)[:SHOWN],
        (*same_map.reasons, *watched.reasons),
        points,
        time.perf_counter() - began,
    )


def _unfit(step: Step, data: tuple[Any, ...]) -> str:
    """Why the step cannot be run on these data here, or ""."""
    for operation in step.program.operations:
        if isinstance(operation, Outside) and operation.alone is None:
            return f"{operation} takes more than this process; validate the step on its own"
    compiled = [view.shape for view in step.plan.inputs[step.plan.states :]]
    given = [tuple(getattr(each, "shape", ("no tensor",))) for each in data]
    if given != compiled:
        return f"the data have the shapes {given}; the step was compiled for {compiled}"
    wrong = [each.dtype for each in data if each.dtype is not step.engine.dtype]
    return f"the data are {wrong[0]}; the step computes in {step.engine.dtype}" if wrong else ""


def _rounding(watched: Watched) -> Strength:
    """The word for all calls together."""
    if watched.findings:
        return Strength.REFUTED
    if watched.reasons:
        return Strength.NOT_RUN
    compared = sum(row.entries for row in watched.kernels.values())
    unbounded = sum(row.unbounded for row in watched.kernels.values())
    return Strength.VACUOUS if not compared or unbounded > UNKNOWN * compared else Strength.SAMPLED


def _watched(step: Step, data: tuple[Any, ...]) -> Watched:
    """The plan emitted once more with a watcher, and run from the same state; a native program group by group."""
    try:
        return walked_run(step, data) if isinstance(step.emitted, Native) else watched_run(step, data)
    except MissingExtra as missing:
        return Watched({}, (), (str(missing),), None)
    except Exception as fault:  # whatever the emitted program raises is a fault of the compiler
        return Watched({}, (f"the watched program raised {type(fault).__name__}: {fault}",), (), None)


# ------------------------------------------------------------------------------------------------ run again


def _again(step: Step, data: tuple[Any, ...], watched: Watched) -> Again:
    """The program itself from the same state, after a run on other data: nothing of that run may be left in it."""
    if watched.outputs is None:
        return Again(Strength.NOT_RUN)
    tensors = step.emitted.state
    before = [tensor.clone() for tensor in tensors]
    try:
        with suppress(Exception):  # the other data are no numbers, and may be refused
            step.emitted.run(*(tensor * float("nan") for tensor in data))
        _restore(tensors, before)
        step.emitted.run(*data)
        found = [array_of(tensor) for tensor in (*tensors, *step.emitted.results)]
    except Exception as fault:
        return Again(Strength.REFUTED, findings=(f"the program raised {type(fault).__name__}: {fault}",))
    finally:
        _restore(tensors, before)
    pairs = list(zip(names_of(step), found, watched.outputs, strict=True))
    if all(np.array_equal(one, other, equal_nan=True) for _, one, other in pairs):
        return Again(Strength.EXACT, identical=True)
    with np.errstate(all="ignore"):
        beyond = tuple(
            f"the program is not the one that was watched: {name} differs by {np.abs(one - other).max():.3g}"
            for (name, one, other), bound in zip(pairs, _bounds(step, [*before, *data]), strict=True)
            if not np.array_equal(one, other, equal_nan=True) and not bool((np.abs(one - other) <= 2 * bound).all())
        )
    return Again(Strength.REFUTED if beyond else Strength.SAMPLED, findings=beyond)


def _restore(tensors: Sequence[Any], kept: Sequence[Any]) -> None:
    for tensor, value in zip(tensors, kept, strict=True):
        tensor.copy_(value)


def _bounds(step: Step, inputs: Sequence[Any]) -> list[Array]:
    """What the new state and the loss may be off by, end to end, at these inputs."""
    exact = [Ball(value, np.zeros(value.shape)) for value in map(array_of, inputs)]
    program = running(step.program, bounding(step.engine.precision, exact_sums=False))
    return [ball.error for ball in flatten(step.program.cod, program(unflatten(step.program.dom, exact)))]
