"""The coordinator: one process per implementation, checked before anything is timed, then rounds in random order."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.step import gate
from benchmarks.step.implementations import MAIN, Implementation
from benchmarks.step.process import Ended, Worker, default_core, this_interpreter
from benchmarks.step.program import Batches, Parameters
from benchmarks.step.workloads import WORKLOADS, Workload, batches, first_parameters, parameter_count
from verified_cat.surroundings import processor

NOT_RUN, NOT_CHECKED = "not run", "not checked"


@dataclass(frozen=True, slots=True)
class Settings:
    """``interpreters`` by name (see implementations); limits in seconds of wall time."""

    rounds: int = 11
    slice: float = 0.1
    seed: int = 0
    core: int | None = field(default_factory=default_core)
    build_limit: float = 600.0
    call_limit: float = 60.0
    interpreters: dict[str, str] = field(default_factory=lambda: {MAIN: this_interpreter()})
    say: Callable[[str], None] = lambda _: None


@dataclass(slots=True)
class Entry:
    """An implementation on its way: its worker while that lives, and its row of the result."""

    implementation: Implementation
    row: dict[str, Any]
    worker: Worker | None = None
    calls: int = 1

    def ask(self, limit: float, **request: Any) -> dict[str, Any] | None:
        """An answer of the worker, or None after its end, which the row then gives the reason of."""
        if self.worker is None:
            return None
        try:
            return self.worker.ask(limit, **request)
        except Ended as reason:
            self.stop(NOT_RUN, f"{reason} (asked to {request['do']})")
            return None

    def stop(self, verdict: str, reason: str) -> None:
        """No more of this one; times of an implementation that did not get to the end are not kept."""
        self.row.update(verdict=verdict, reason=reason, cpu_seconds=[], wall_seconds=[])
        if self.worker is not None:
            self.worker.close()
            self.worker = None


def run(names: Iterable[str], implementations: Iterable[Implementation], settings: Settings) -> dict[str, Any]:
    """All implementations at each workload in turn, as one JSON value."""
    torch.set_num_threads(1)
    chosen = list(implementations)
    rows = [row for name in names for row in run_workload(WORKLOADS[name], chosen, settings)]
    return {"benchmark": "step", "machine": machine(settings), "rows": rows}


def run_workload(workload: Workload, implementations: list[Implementation], settings: Settings) -> list[dict[str, Any]]:
    """Build, check, calibrate, time and measure; the rows in the order of the implementations."""
    parameters, data = first_parameters(workload, settings.seed), batches(workload, settings.seed)
    with tempfile.TemporaryDirectory(prefix="benchmark-step-") as folder:
        path = Path(folder) / "arrays.npz"
        save(path, parameters, data)
        entries: list[Entry] = []
        try:
            for implementation in implementations:
                entries.append(start(workload, implementation, path, settings))
                settings.say(f"{workload.name}: {implementation.name} built")
            check_all(workload, entries, parameters, data, settings, Path(folder))
            calibrate(entries, settings)
            rounds(entries, settings)
            memories(entries, settings)
        finally:
            for entry in entries:
                if entry.worker is not None:
                    entry.worker.close()
    return [entry.row for entry in entries]


def save(path: Path, parameters: Parameters, data: Batches) -> None:
    held = {f"p/{name}": array for name, array in parameters.items()}
    held |= {f"b/{index}/{name}": array for index, batch in enumerate(data) for name, array in batch.items()}
    np.savez(path, **held)  # type: ignore[arg-type]


def start(workload: Workload, implementation: Implementation, arrays: Path, settings: Settings) -> Entry:
    """A worker that has built its program and made a step, or the reason why there is none."""
    row = {
        "workload": workload.name,
        "parameters": parameter_count(workload),
        "implementation": implementation.name,
        "family": implementation.family,
        "verdict": NOT_RUN,
        "reason": "",
        "cpu_seconds": [],
        "wall_seconds": [],
    }
    entry = Entry(implementation, row)
    python = settings.interpreters.get(implementation.interpreter)
    if python is None:
        entry.stop(NOT_RUN, f"no interpreter for it: --{implementation.interpreter}-python")
        return entry
    entry.worker = Worker(python, workload.name, implementation.build, arrays, settings.core)
    try:
        facts = entry.worker.answer(settings.build_limit)
    except Ended as reason:
        entry.stop(NOT_RUN, f"{reason} (building)")
        return entry
    refused = facts.get("not_run") or facts.get("failed")
    if refused:
        entry.stop(NOT_RUN, refused)
    else:
        row.update(facts)
    return entry


# ----------------------------------------------------------------------------------------------------- the check


def check_all(
    workload: Workload,
    entries: list[Entry],
    parameters: Parameters,
    data: Batches,
    settings: Settings,
    folder: Path,
) -> None:
    """Each program's parameters after its first call against the reference; who is refuted is not timed."""
    known: dict[int, gate.Expected] = {}
    for entry in entries:
        if entry.worker is not None and not entry.implementation.checked:
            entry.row["verdict"] = NOT_CHECKED
            continue
        path = folder / "after.npz"
        if entry.ask(settings.build_limit, do="check", to=str(path)) is None:
            continue
        steps = entry.row["steps_per_call"]
        if steps not in known:
            known[steps] = gate.expected(workload, parameters, data, steps)
        with np.load(path) as held:
            verdict = gate.compare(known[steps], {name: held[name] for name in held.files})
        path.unlink()
        entry.row.update(verdict=verdict.word, reason=verdict.reason, share_of_allowed=verdict.share)
        if verdict.word == gate.REFUTED:
            entry.stop(gate.REFUTED, verdict.reason)


# ----------------------------------------------------------------------------------------------------- the clock


def calibrate(entries: list[Entry], settings: Settings) -> None:
    """How many calls fill a slice; and the caches are warm."""
    for entry in entries:
        seconds, calls = 0.0, 1
        while seconds < settings.slice / 2 and entry.worker is not None:
            answer = entry.ask(settings.call_limit, do="run", calls=calls)
            if answer is None:
                break
            per_call = max(answer["cpu"], 1e-9) * entry.row["steps_per_call"]
            seconds, entry.calls = per_call * calls, max(1, round(settings.slice / per_call))
            calls = min(max(2 * calls, entry.calls // 2), 20 * calls)


def rounds(entries: list[Entry], settings: Settings) -> None:
    """Every implementation once a round, in an order drawn for each round. Who ends early has no times."""
    order = np.random.default_rng([settings.seed, 3])
    for number in range(settings.rounds):
        for index in order.permutation(len(entries)):
            entry = entries[index]
            answer = entry.ask(settings.call_limit, do="run", calls=entry.calls)
            if answer is not None:
                entry.row["cpu_seconds"].append(answer["cpu"])
                entry.row["wall_seconds"].append(answer["wall"])
        settings.say(f"round {number + 1} of {settings.rounds}")


def memories(entries: list[Entry], settings: Settings) -> None:
    for entry in entries:
        answer = entry.ask(settings.call_limit, do="memory", calls=max(2, min(50, entry.calls)))
        if answer is not None:
            entry.row.update(answer)


def machine(settings: Settings) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "processor": processor().get("model name") or platform.processor() or platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "cores": os.cpu_count(),
        "threads": 1,
        "pinned": settings.core is not None and hasattr(os, "sched_setaffinity"),
        "rounds": settings.rounds,
        "slice_seconds": settings.slice,
        "seed": settings.seed,
    }
