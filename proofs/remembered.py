"""Answers of solvers that are remembered between runs, each under everything that it depends on.

Only the answers are: tracing, finite models, registered models and the comparison of the solvers are done every time.
An unknown is not remembered. An entry that cannot be read, or is not what it says, is ignored and counted.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from verified_cat.proofs.solvers import QUICK, WORKER, ChildSolver, Outcome, installed
from verified_cat.proofs.worker import MEMORY_BYTES
from verified_cat.report import write_text

FORMAT = 1
"""Changes whenever an answer is asked for in another way."""


def cache_folder() -> Path:
    """Where the user's caches are kept, on this system; never inside the package."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "verified-cat" / "proofs"


def key_parts(solver: ChildSolver, text: str, *, quick: bool) -> dict[str, Any]:
    """Everything that an answer depends on: the question, who is asked, and with which limits."""
    return {
        "format": FORMAT,
        "question": sha256(text.encode()).hexdigest(),
        "characters": len(text),
        "solver": solver.name,
        "version": installed(solver.name),
        "steps": solver.steps,
        "quick": QUICK if quick else 1,
        "wall": solver.wall,
        "memory": MEMORY_BYTES,
        "worker": sha256(WORKER.read_bytes()).hexdigest(),
        "python": platform.python_version(),
        "machine": f"{sys.platform} {platform.machine()}",
    }


def key(parts: dict[str, Any]) -> str:
    """The name of an entry."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Remembering:
    """A solver that is asked only what it has not answered before."""

    def __init__(self, solver: ChildSolver, folder: Path) -> None:
        self.solver = solver
        self.name = solver.name
        self.folder = folder
        self.remembered = self.asked = self.unreadable = 0

    def check(self, text: str, *, quick: bool = False) -> Outcome:
        parts = key_parts(self.solver, text, quick=quick)
        name = key(parts)
        file = self.folder / name[:2] / f"{name}.json"
        found = self._read(file, parts)
        if found is not None:
            self.remembered += 1
            return found
        self.asked += 1
        outcome = self.solver.check(text, quick=quick)
        if outcome.answer in ("unsat", "sat"):
            entry = {"parts": parts, "answer": outcome.answer, "seconds": round(outcome.seconds, 4)}
            with suppress(OSError):  # a cache that cannot be written is no reason to stop
                file.parent.mkdir(parents=True, exist_ok=True)
                write_text(file, json.dumps(entry | {"seal": key(entry)}))
        return outcome

    def _read(self, file: Path, parts: dict[str, Any]) -> Outcome | None:
        try:
            entry = json.loads(file.read_text(encoding="utf-8"))
            seal = entry.pop("seal")
            if seal == key(entry) and entry["parts"] == parts and entry["answer"] in ("unsat", "sat"):
                return Outcome(self.name, entry["answer"], "", float(entry["seconds"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        self.unreadable += 1
        return None
