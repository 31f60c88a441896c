"""Fresh installs that pass: python -m tools.installs --python python3.11 python3.12 --how wheel sdist

Each combination gets a virtual environment of its own, from the index pip is set to; the laws run in it on the exact
engine with the smoke profile: from a wheel and an sdist away from this folder; in a copy of it from an editable install
(checkout), or with what the package needs installed and not the package itself (source). A combination passes where
every command of it ends with 0; the first that does not is shown with the end of what it printed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

ROOT = Path(__file__).parent.parent
LAWS = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--profile", "smoke", "--engine", "sympy")

HOW = ("wheel", "sdist", "checkout", "source")


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of one combination; ``fault`` is empty where it passes."""

    name: str
    seconds: float
    fault: str = ""

    def line(self) -> str:
        """A row of figures."""
        return f"{'passes' if not self.fault else 'FAILS':<8}{self.seconds:>6.0f} s  {self.name}" + (
            f"\n{self.fault}" if self.fault else ""
        )


def installed(python: str, how: str, extras: str, tests: Sequence[str] = (), limit: float = 1800) -> Installed:
    """One combination, in a folder that is removed afterwards; ``tests`` are arguments of pytest besides."""
    start = monotonic()
    with TemporaryDirectory(prefix="installs-") as there:
        fault = _tried(Path(there), python, how, extras, tests, start + limit)
    return Installed(f"{version(python)}, {how}, {extras or 'core only'}", monotonic() - start, fault)


def _tried(folder: Path, python: str, how: str, extras: str, tests: Sequence[str], end: float) -> str:
    own, copy = str(folder / "venv" / "bin" / "python"), source(folder)
    pip, named = [own, "-m", "pip", "--disable-pip-version-check"], f"[{extras}]" if extras else ""
    away = folder / "away"
    away.mkdir()
    built = {"wheel": "*.whl", "sdist": "*.tar.gz"}
    steps: list[tuple[list[str], Path]] = [([python, "-m", "venv", str(folder / "venv")], folder)]
    if how in built:
        steps += [([sys.executable, "-m", "build", f"--{how}", "--outdir", str(folder / "dist"), "."], copy)]
    fault = _first(steps, end)
    if fault:
        return fault
    match how:
        case "checkout":
            steps = [([*pip, "install", "-q", "-e", f".{named}"], copy), ([own, *LAWS, "laws/", *tests], copy)]
        case "source":
            steps = [([*pip, "install", "-q", *needed(copy, extras)], copy), ([own, *LAWS, "laws/", *tests], copy)]
        case _:
            file = next((folder / "dist").glob(built[how]))
            laws = [own, *LAWS, "--pyargs", "verified_cat.laws", *tests]
            steps = [([*pip, "install", "-q", f"{file}{named}"], away), (laws, away)]
    return _first(steps, end)


def _first(steps: Sequence[tuple[list[str], Path]], end: float) -> str:
    """The first fault of commands in their folders."""
    return next((fault for command, folder in steps if (fault := _ran(command, folder, end))), "")


def needed(copy: Path, extras: str) -> list[str]:
    """What the package in a folder requires, with these extras."""
    project = tomllib.loads((copy / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    more = [each for extra in extras.split(",") if extra for each in project["optional-dependencies"][extra]]
    return [*project["dependencies"], *more]


def source(folder: Path) -> Path:
    """The files of the last commit, in the folder: what is not committed is installed nowhere."""
    there = folder / "source"
    if not there.exists():
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
        there.mkdir()
        subprocess.run(["tar", "-x"], cwd=there, input=archive, check=True)
    return there


def version(python: str) -> str:
    """Python and its version, or what was asked for where there is no such thing."""
    found = shutil.which(python)
    if found is None:
        return python
    ran = subprocess.run(
        [found, "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True
    )
    return f"Python {ran.stdout.strip()}"


def _ran(command: list[str], folder: Path, end: float) -> str:
    """The empty text, or the command and the end of what it printed."""
    own = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS")
    }
    shown = " ".join(command[:1] + [word if len(word) < 60 else "..." for word in command[1:]])
    try:
        done = subprocess.run(
            command, cwd=folder, env=own, capture_output=True, text=True, timeout=max(1.0, end - monotonic())
        )
    except subprocess.TimeoutExpired:
        return f"{shown}: out of time"
    except OSError as refused:
        return f"{shown}: {refused}"
    said = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
    return f"{shown} ended with {done.returncode}\n{said}" if done.returncode else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """A row for each combination; 1 where one fails."""
    parser = argparse.ArgumentParser(prog="python -m tools.installs", description=__doc__.partition("\n")[0])
    parser.add_argument("--python", nargs="+", default=[sys.executable], help="interpreters")
    parser.add_argument("--how", nargs="+", choices=HOW, default=HOW)
    parser.add_argument(
        "--extras", nargs="+", default=[""], help='extras of pyproject.toml: "" for none, "gpu,solvers"'
    )
    parser.add_argument("--law", default="", help="only these laws, as pytest's --law")
    given = parser.parse_args(arguments)
    rows = []
    for python, how, extras in product(given.python, given.how, given.extras):
        rows.append(installed(python, how, extras, ("--law", given.law) if given.law else ()))
        print(rows[-1].line(), flush=True)
    passing = sum(not row.fault for row in rows)
    print(f"{passing} of {len(rows)} combinations pass")
    return int(passing < len(rows))


if __name__ == "__main__":
    sys.exit(main())
