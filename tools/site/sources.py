"""The public modules, read from their sources without running them: what is in each, by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

FOLDERS = {
    "verified_cat": "The language, its constructions, and what checks and shows them",
    "reference": "The exact reference: SymPy, decision procedures, rounding bounds",
    "gpu": "The fast engine: PyTorch, compiled steps, training",
    "proofs": "Proofs: obligations, solvers, certificates, the ledger",
}
"""The folders whose modules are public, and what they hold."""

APART = ("__main__", "cli", "plugin")
"""What is used from the command line alone, as are the modules called commands_...."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module by its full name, with its file from the root of the repository and what is in it."""

    name: str
    file: str
    tree: ast.Module

    @property
    def page(self) -> str:
        """Its page in the site."""
        return f"api/{self.name}.html"

    @property
    def says(self) -> str:
        """The first paragraph of its docstring."""
        return (ast.get_docstring(self.tree) or "").split("\n\n")[0].replace("\n", " ")


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def modules(root: Path) -> list[Module]:
    """Every public module, by folder and name."""
    return [module for folder in FOLDERS for module in _folder(root, folder)]


def _folder(root: Path, folder: str) -> Iterator[Module]:
    package = "verified_cat" if folder == "verified_cat" else f"verified_cat.{folder}"
    for path in sorted((root / folder).glob("*.py")):
        if (path.stem.startswith(("commands", "_")) and path.stem != "__init__") or path.stem in APART:
            continue
        name = package if path.stem == "__init__" else f"{package}.{path.stem}"
        yield Module(name, f"{folder}/{path.name}", ast.parse(path.read_text(encoding="utf-8"), path.name))


def files(found: list[Module]) -> dict[str, str]:
    """The page of each module by what files call it: its file, and that file under verified_cat/."""
    return {name: each.page for each in found for name in (each.file, f"verified_cat/{each.file}")}


def public(body: list[ast.stmt]) -> list[Definition]:
    """The functions and classes whose names do not begin with an underscore."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = [each for each in body if isinstance(each, kinds) and not each.name.startswith("_")]
    return list({each.name: each for each in reversed(found) if not _again(each)}.values())[::-1]


def _again(each: Definition) -> bool:
    """Whether a definition is another face of one: an overload, or the setter of a property."""
    return any(re.search(r"overload$|\.setter$", ast.unparse(by)) for by in each.decorator_list)


def constants(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """The names that are given a value and say what it is: name and what stands below it."""
    for each, below in pairwise(body):
        match each, below:
            case (
                ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as says)),
            ) if not name.startswith("_"):
                yield name, says


def imports(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those for type checkers alone as well."""
    for each in body:
        yield from each.body if isinstance(each, ast.If) else [each]
