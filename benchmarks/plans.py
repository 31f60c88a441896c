"""One step as several plans: small leaves side by side or by themselves, images with their channels last or not.

    OMP_NUM_THREADS=1 python -m benchmarks.plans [--workload iris-1 cyclegan-points …] [--rounds 11] [--slice 0.1]

The workloads are those of ``benchmarks.step``, in the Python backend, in one process: slices of CPU time, interleaved
in random order, each from the first parameters on; ratios are paired within rounds. Leaves by themselves must give the
same parameters, bit for bit, before anything is timed. Channels last are timed where there are convolutions.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from typing import Any
from unittest import mock

import numpy as np
import torch

from benchmarks.step import ours
from benchmarks.step.program import Program
from benchmarks.step.workloads import WORKLOADS, batches, first_parameters
from verified_cat.gpu import planning
from verified_cat.gpu.engine import TorchEngine

PLAIN, APART, LAST = "as it is", "leaves by themselves", "channels last"


def plans(name: str) -> dict[str, tuple[Program, int]]:
    """Each plan of a workload, with the number of its calls."""
    workload = WORKLOADS[name]
    given = workload, first_parameters(workload), batches(workload)
    found = {PLAIN: _made(*given)}
    with mock.patch.object(planning, "side_by_side", lambda plan: plan):
        found[APART] = _made(*given)
    with mock.patch.object(ours, "TorchEngine", lambda dtype: TorchEngine(dtype, layout="channels last")):
        changed = _made(*given)
    return found | ({LAST: changed} if changed[1] != found[PLAIN][1] else {})


def _made(*given: Any) -> tuple[Program, int]:
    calls: list[int] = []
    made = ours.made

    def counted(*arguments: Any) -> Any:
        step = made(*arguments)
        calls.append(len(step.plan.calls))
        return step

    with mock.patch.object(ours, "made", counted):
        program = ours.python(*given)
    return program, calls[0]


def must_agree(found: dict[str, tuple[Program, int]], count: int = 8) -> None:
    """Leaves side by side and by themselves are one program, or SystemExit."""
    reached = []
    for name in (PLAIN, APART):
        program, _ = found[name]
        program.reset()
        for index in range(count):
            program.step(index)
        reached.append(program.parameters())
    if not all(np.array_equal(reached[0][name], reached[1][name]) for name in reached[0]):
        raise SystemExit("leaves side by side do not give the parameters that leaves by themselves give")


def timed(found: dict[str, tuple[Program, int]], rounds: int, slice_seconds: float) -> dict[str, list[float]]:
    """CPU seconds of a step, by plan and round."""
    programs = {name: program for name, (program, _) in found.items()}
    count = max(1, int(slice_seconds / _one(programs[PLAIN], 3)))
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name in random.sample([*programs], len(programs)):
            times[name].append(_one(programs[name], count))
    return times


def _one(program: Program, count: int) -> float:
    program.reset()
    program.step(0)
    began = time.process_time()
    for index in range(count):
        program.step(index)
    return (time.process_time() - began) / count


def main(arguments: list[str] | None = None) -> None:
    """Run, and print a line for each plan of each workload."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--workload", nargs="+", choices=[*WORKLOADS], default=["iris-1", "chain-16", "cyclegan-points"]
    )
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--slice", type=float, default=0.1, help="CPU seconds")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    sys.stdout.write(
        "| workload | plan | calls | CPU µs | time of it as it is, median [quartiles] |\n|---|---|---|---|---|\n"
    )
    for workload in chosen.workload:
        found = plans(workload)
        must_agree(found)
        times = timed(found, chosen.rounds, chosen.slice)
        for name, each in times.items():
            ratios = sorted(one / other for one, other in zip(each, times[PLAIN], strict=True))
            low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
            shown = "1" if name == PLAIN else f"{middle:.2f} [{low:.2f}, {high:.2f}]"
            sys.stdout.write(
                f"| `{workload}` | {name} | {found[name][1]} | {statistics.median(each) * 1e6:,.0f} | {shown} |\n"
            )


if __name__ == "__main__":
    main()
