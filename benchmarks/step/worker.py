"""One implementation in a process of its own: reads one JSON object a line, answers one a line.

    python -m benchmarks.step.worker WORKLOAD MODULE:FUNCTION ARRAYS.npz

WORKLOAD is a name of ``workloads.WORKLOADS``. Requests: {"do": "check", "to": FILE}, {"do": "run", "calls": N},
{"do": "memory", "calls": N}. What the implementation prints goes to stderr.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.step.implementations import load
from benchmarks.step.program import Batches, NotApplicable, Parameters, Program
from benchmarks.step.workloads import WORKLOADS


def arrays(path: str) -> tuple[Parameters, Batches]:
    """The first parameters and the batches, as the coordinator wrote them."""
    with np.load(path) as held:
        parameters = {key[2:]: held[key] for key in held.files if key.startswith("p/")}
        batches: Batches = []
        for key in sorted(key for key in held.files if key.startswith("b/")):
            _, index, name = key.split("/")
            if int(index) == len(batches):
                batches.append({})
            batches[int(index)][name] = held[key]
    return parameters, batches


def cpu_seconds() -> float:
    """Of this process, and of all children that have ended: compilers."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def status(field: str) -> int:
    """A figure of /proc/self/status in KiB; 0 where there is none."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)
    except OSError:
        return 0


def timed(program: Program, calls: int) -> dict[str, float]:
    """CPU and wall seconds per step, from the first parameters on.

    Anew each time: on a few batches learned by heart, moments decay to subnormal numbers, which are slow.
    """
    program.reset()
    program.step(0)
    program.finish()
    cpu, wall = time.process_time(), time.perf_counter()
    for index in range(calls):
        program.step(index * program.steps)
    program.finish()
    count = calls * program.steps
    return {"cpu": (time.process_time() - cpu) / count, "wall": (time.perf_counter() - wall) / count}


def memory(program: Program, calls: int) -> dict[str, int]:
    """The highest resident memory during ``calls`` calls above that before them, in KiB."""
    program.reset()
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        before = status("VmRSS")
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        return {}
    for index in range(calls):
        program.step(index * program.steps)
    program.finish()
    return {"transient_kib": status("VmHWM") - before}


def check(program: Program, path: str) -> dict[str, Any]:
    """The parameters after the first call."""
    program.reset()
    program.step(0)
    program.finish()
    np.savez(path, **program.parameters())  # type: ignore[arg-type]
    return {}


def built(name: str, build: str, path: str) -> tuple[Program, dict[str, Any]]:
    """The program after its first step, and what that took. Importing the libraries is not counted."""
    make, (parameters, batches) = load(build), arrays(path)
    if "torch" in sys.modules:
        importlib.import_module("torch").set_num_threads(1)
        if "compile" in build or "compiled" in build:
            importlib.import_module("torch._inductor.compile_fx")
    cpu, resident = cpu_seconds(), status("VmRSS")
    program = make(WORKLOADS[name], parameters, batches)
    program.step(0)
    program.finish()
    spent = {"build_cpu_seconds": cpu_seconds() - cpu, "resident_kib": status("VmRSS") - resident}
    return program, spent | {"steps_per_call": program.steps, "figures": program.figures}


def main() -> int:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing that a library prints is taken for a reply

    def reply(**values: Any) -> None:
        print(json.dumps(values), file=replies, flush=True)

    try:
        program, facts = built(*sys.argv[1:4])
    except NotApplicable as reason:
        reply(not_run=str(reason))
        return 0
    except Exception as fault:  # whatever a competitor's compiler raises is its row's reason
        reply(failed=f"{type(fault).__name__}: {fault}"[:500])
        return 1
    reply(**facts)
    actions: dict[str, Callable[..., dict[str, Any]]] = {"check": check, "run": timed, "memory": memory}
    for line in sys.stdin:
        request = json.loads(line)
        argument = request.get("to") or request.get("calls")
        reply(**actions[request["do"]](program, argument))
    return 0


if __name__ == "__main__":
    sys.exit(main())
