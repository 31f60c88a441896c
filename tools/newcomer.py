"""What a newcomer waits for: python -m tools.newcomer --python python3.11 python3.12

For each interpreter: a fresh clone in a folder that is removed afterwards, the first command of README.md in it, which
ends in the verdict table, and a training of circles. Seconds of the clock say what one waits here; seconds of the
processors, of all processes, say what it costs on an idle machine, and depend less on what else runs. Packages come
from the index that pip is set to; pip's cache is not used, so each interpreter downloads them anew.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from verified_cat.report import write_text

ROOT = Path(__file__).parent.parent
CIRCLES = ".venv/bin/verified-cat train examples/schemas/circles.toml --seed 0 --out runs/circles"
HIDDEN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTEST_ADDOPTS", "MAKEFLAGS")


@dataclass(frozen=True, slots=True)
class Stage:
    """A command, what it is for, its seconds by the clock and on processors, and why it failed, or an empty text."""

    python: str
    what: str
    command: str
    seconds: float
    cpu: float
    fault: str = ""

    def line(self) -> str:
        """A row of figures."""
        shown = f"{self.python:<14}{self.seconds:>6.0f} s {self.cpu:>6.0f} s CPU  {self.what}: {self.command}"
        return shown if not self.fault else f"{shown}\nFAILS: {self.fault}"


def first_command(readme: str) -> str:
    """The first command that README.md shows. Raises ValueError where it shows none."""
    found = re.search(r"^```console\n(.+)$", readme, re.MULTILINE)
    if found is None:
        raise ValueError("README.md shows no command")
    return found[1].removeprefix("$ ")


def stages(python: str, circles: bool, source: Path = ROOT) -> Iterator[Stage]:
    """One interpreter: clone, environment, verdict table and a trained model; ends with the first stage that fails."""
    with TemporaryDirectory(prefix="newcomer-") as there:
        tree = Path(there) / "clone"
        first = first_command((source / "README.md").read_text(encoding="utf-8"))
        todo: list[tuple[str, str, Path, Callable[[str], str]]] = [
            ("clone", f"git clone --quiet {source} clone", Path(there), lambda _: ""),
            ("environment, a part of the next", "make setup", tree, lambda _: ""),
            ("verdict table", first, tree, without_a_table),
        ]
        todo += [("circles trained", CIRCLES, tree, lambda _: without_a_model(tree))] if circles else []
        for what, command, folder, lacking in todo:
            stage = _timed(python, what, command, folder, lacking)
            yield stage
            if stage.fault:
                return


def without_a_table(printed: str) -> str:
    """Why there is no verdict table in what was printed; an empty text where there is one."""
    head = re.search(r"^law +solver +sympy +torch", printed, re.MULTILINE)
    row = re.search(r"^PARA-ASSOC +proved +exact +sampled", printed, re.MULTILINE)
    return "" if head and row else "no verdict table with PARA-ASSOC proved, exact and sampled was printed"


def without_a_model(tree: Path) -> str:
    """Why there is no trained model that reached its targets (the command fails where it does not); "" where it is."""
    lacking = [name for name in ("model.safetensors", "metrics.json") if not (tree / "runs/circles" / name).is_file()]
    return f"{' and '.join(lacking)} not written" if lacking else ""


def _timed(python: str, what: str, command: str, folder: Path, lacking: Callable[[str], str]) -> Stage:
    own = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    before, began = _cpu(), monotonic()
    done = subprocess.run(
        command.split(),
        cwd=folder,
        env=own | {"PYTHON": python, "PIP_NO_CACHE_DIR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds, cpu = monotonic() - began, _cpu() - before
    said = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
    fault = f"exit code {done.returncode}\n{said}" if done.returncode else lacking(done.stdout)
    shown = command.replace(str(ROOT), "REPOSITORY")
    return Stage(_version(python), what, shown, round(seconds, 1), round(cpu, 1), fault)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _version(python: str) -> str:
    asked = [python, "-c", "import platform; print('Python', platform.python_version())"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """A row for each stage; 1 where one fails."""
    parser = argparse.ArgumentParser(prog="python -m tools.newcomer", description=__doc__.partition("\n")[0])
    parser.add_argument("--python", nargs="+", default=[sys.executable], help="interpreters, 3.11 or 3.12")
    parser.add_argument("--no-circles", action="store_true", help="end with the verdict table")
    parser.add_argument(
        "--threads",
        type=int,
        default=0,
        help="of PyTorch; on a busy machine several wait for each other (as it chooses)",
    )
    parser.add_argument("--json", type=Path, help="keep the figures")
    given = parser.parse_args(arguments)
    rows = []
    if given.threads:
        os.environ["OMP_NUM_THREADS"] = str(given.threads)
    for python in given.python:
        for stage in stages(python, not given.no_circles):
            rows.append(stage)
            print(stage.line(), flush=True)
    if given.json:
        write_text(given.json, json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return int(any(row.fault for row in rows))


if __name__ == "__main__":
    sys.exit(main())
