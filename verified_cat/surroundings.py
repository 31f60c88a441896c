"""What results may depend on: the interpreter, the packages as installed, the variables that are pinned, the source."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from hashlib import sha256
from importlib.metadata import distribution, distributions
from pathlib import Path
from typing import Any

from verified_cat.report import version_of

PINNED = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
}
"""Set for every command: without these the same seed gives other bits on another processor of the same maker."""

PACKAGES = ("numpy", "sympy", "torch", "z3-solver", "cvc5", "hypothesis", "python-flint", "safetensors")
INSTRUCTIONS = ("avx2", "default", "avx512")
"""What PyTorch's own kernels may use; results are recorded for the first."""


def variables(instructions: str = INSTRUCTIONS[0]) -> dict[str, str]:
    """The variables that are pinned, with the instructions that PyTorch's own kernels may use."""
    return PINNED | {"ATEN_CPU_CAPABILITY": instructions}


def environment(instructions: str = INSTRUCTIONS[0]) -> dict[str, str]:
    """The interpreter, the machine's kind, who made its processor, the versions of the packages, the variables."""
    found = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    found["processor"] = maker()
    return found | {name: version_of(name) for name in PACKAGES} | variables(instructions)


CPUINFO = Path("/proc/cpuinfo")


def processor() -> dict[str, str]:
    """What the system says of its first processor, by name; nothing where it is not Linux."""
    try:
        first, _, _ = CPUINFO.read_text(encoding="utf-8", errors="replace").partition("\n\n")
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}


def maker() -> str:
    """Who made the processor, as it says itself: MKL multiplies in another order on those of others than Intel."""
    return processor().get("vendor_id") or platform.processor()


@cache
def packages() -> dict[str, dict[str, str]]:
    """The packages that are there: their version, and one SHA-256 of the digests of all files that were installed."""
    return {name: {"version": version_of(name), "files": _installed(name)} for name in PACKAGES if _is_there(name)}


def _is_there(name: str) -> bool:
    return any(distributions(name=name))


def _installed(name: str) -> str:
    """Scripts and notes of the installer, which say where they are, are left out."""
    lines = sorted(
        f"{file} {file.hash.value}"
        for file in distribution(name).files or []
        if file.hash is not None and ".." not in file.parts and ".dist-info" not in file.parts[0]
    )
    return sha256("\n".join(lines).encode()).hexdigest()


def source(root: Path, out: Path | None = None) -> dict[str, Any]:
    """The commit, and whether files differ from it, those in ``out`` apart; no commit outside of a repository."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    inside = out is not None and out.resolve().is_relative_to(root.resolve())
    but = [f":(exclude){out.resolve().relative_to(root.resolve())}"] if out is not None and inside else []
    return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--", ".", *but))}
