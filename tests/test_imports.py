"""Imports run downward only: the contracts in pyproject.toml hold, and each refutes what it is there for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip(
    "importlinter",
    reason="not run: import-linter not installed (pip install verified-cat[dev])",
)

ROOT = Path(__file__).resolve().parent.parent
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
LAYERS = "Imports run downward only"
TORCH = "Only verified_cat.gpu imports torch"
SOLVERS = "The language imports neither SymPy nor a solver"


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the pyproject.toml in `root` on the package beside it."""
    wide = os.environ | {"COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        [*LINT, "--no-cache", "--no-logo"], cwd=root, env=wide, capture_output=True, text=True, check=False
    )


def plant(root: Path, files: dict[str, str]) -> None:
    """A package of empty modules under our contracts, but for these files."""
    shutil.copy(ROOT / "pyproject.toml", root)
    modules = ["__init__", "cli", "check", "schema", "para", "category", "primitives", "terms", "objects"]
    parts = [f"{part}/__init__" for part in ("laws", "proofs", "reference", "gpu")]
    empty = {f"{name}.py": "" for name in modules + parts}
    for name, text in (empty | files).items():
        path = root / "verified_cat" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_allowed_imports_pass(tmp_path: Path) -> None:
    files = {
        "cli.py": "import sympy\nimport verified_cat.gpu\nimport verified_cat.check",
        "check.py": "import verified_cat.objects\nimport numpy",
        "laws/__init__.py": "import verified_cat.reference\nimport verified_cat.gpu",
        "proofs/solver.py": "import z3\nimport cvc5\nimport verified_cat.para",
        "reference/exact.py": "import sympy\nimport verified_cat.category",
        "gpu/engine.py": "import torch.nn\nimport verified_cat.terms",
    }
    plant(tmp_path, files)
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("contract", "file", "text"),
    [
        (LAYERS, "objects.py", "import verified_cat.terms"),
        (LAYERS, "terms.py", "def late():\n    from verified_cat import para"),
        (LAYERS, "para.py", "from verified_cat.schema import Schema"),
        (LAYERS, "check.py", "import verified_cat.reference"),
        (LAYERS, "gpu/engine.py", "import verified_cat.reference"),
        (LAYERS, "reference/exact.py", "import verified_cat.gpu"),
        (LAYERS, "reference/exact.py", "import verified_cat.laws"),
        (LAYERS, "laws/test_para.py", "import verified_cat.cli"),
        (LAYERS, "stray.py", ""),
        (TORCH, "terms.py", "import torch"),
        (TORCH, "cli.py", "def late():\n    import torch.nn"),
        (TORCH, "laws/test_para.py", "import torch"),
        (TORCH, "__init__.py", "import torch"),
        (SOLVERS, "terms.py", "import sympy"),
        (SOLVERS, "check.py", "def late():\n    import z3"),
        (SOLVERS, "para.py", "from cvc5 import Solver"),
        (SOLVERS, "__init__.py", "import sympy"),
    ],
)
def test_contract_refutes(tmp_path: Path, contract: str, file: str, text: str) -> None:
    plant(tmp_path, {file: text})
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [line for line in done.stdout.splitlines() if line.strip().endswith("BROKEN")]
    assert [line.replace("BROKEN", "").strip() for line in broken] == [contract], done.stdout
