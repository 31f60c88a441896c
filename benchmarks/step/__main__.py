"""``python -m benchmarks.step``: run, or turn a result into a table or a plot."""

from __future__ import annotations

import argparse
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.step.gate import REFUTED
from benchmarks.step.implementations import CATGRAD, CONTROLS, IMPLEMENTATIONS, JAX, MAIN
from benchmarks.step.plot import svg
from benchmarks.step.process import default_core, this_interpreter
from benchmarks.step.run import Settings, run
from benchmarks.step.table import markdown, not_faster, summary
from benchmarks.step.workloads import WORKLOADS


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.step", description="A training step, side by side.")
    parser.add_argument("--workload", nargs="+", choices=list(WORKLOADS), default=list(WORKLOADS), metavar="NAME")
    parser.add_argument("--implementation", nargs="+", choices=list(IMPLEMENTATIONS), metavar="NAME")
    parser.add_argument("--controls", action="store_true", help="planted wrong programs as well: all must be refuted")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--slice", type=float, default=0.1, help="CPU seconds of one slice")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--core", type=int, default=default_core())
    parser.add_argument("--build-limit", type=float, default=600.0, help="wall seconds for building, and for the check")
    parser.add_argument("--call-limit", type=float, default=60.0, help="wall seconds for one slice")
    parser.add_argument("--jax-python", metavar="FILE", help="an interpreter that has jax")
    parser.add_argument("--catgrad-python", metavar="FILE", help="an interpreter that has catgrad and torch")
    parser.add_argument("--json", metavar="FILE", help="keep the result")
    parser.add_argument(
        "--read", nargs="+", metavar="FILE", help="run nothing: results kept earlier, one after another"
    )
    parser.add_argument("--svg", metavar="FILE", help="draw the result")
    parser.add_argument(
        "--faster",
        type=float,
        metavar="TIMES",
        help="exit 1 where ours is not so many times faster than PyTorch's best",
    )
    parser.add_argument("--list", action="store_true", help="the names of workloads and implementations")
    return parser.parse_args()


def interpreters(chosen: argparse.Namespace) -> dict[str, str]:
    """By name; where no other is given, this one serves for what it can import."""
    given = {JAX: chosen.jax_python, CATGRAD: chosen.catgrad_python}
    found = {name: path or (this_interpreter() if find_spec(name) else None) for name, path in given.items()}
    return {MAIN: this_interpreter(), **{name: path for name, path in found.items() if path}}


def result_of(chosen: argparse.Namespace) -> dict[str, Any]:
    if chosen.read:
        parts = [json.loads(Path(file).read_text(encoding="utf-8")) for file in chosen.read]
        return {**parts[0], "rows": [row for part in parts for row in part["rows"]]}
    names = chosen.implementation or list(IMPLEMENTATIONS)
    wanted = [IMPLEMENTATIONS[name] for name in names] + (list(CONTROLS.values()) if chosen.controls else [])
    settings = Settings(
        chosen.rounds,
        chosen.slice,
        chosen.seed,
        chosen.core,
        chosen.build_limit,
        chosen.call_limit,
        interpreters(chosen),
        lambda line: print(line, file=sys.stderr, flush=True),
    )
    return run(chosen.workload, wanted, settings)


def main() -> int:
    """0 where everything that was checked passed and every control was refuted; 1 otherwise."""
    chosen = options()
    if chosen.list:
        print("workloads:", *WORKLOADS, "\nimplementations:", *IMPLEMENTATIONS)
        return 0
    result = result_of(chosen)
    print(markdown(result))
    print(summary(result))
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if chosen.svg:
        Path(chosen.svg).write_text(svg(result), encoding="utf-8")
    wrong = [row for row in result["rows"] if (row["verdict"] == REFUTED) != (row["family"] == "control")]
    for row in wrong:
        print(f"{row['workload']}: {row['implementation']}: {row['verdict']} {row['reason']}", file=sys.stderr)
    slow = not_faster(result, chosen.faster) if chosen.faster is not None else []
    print("".join(f"{each}\n" for each in slow), end="", file=sys.stderr)
    return 1 if wrong or slow else 0


if __name__ == "__main__":
    sys.exit(main())
