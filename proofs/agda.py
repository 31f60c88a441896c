"""The kernel proofs: Agda checks the modules in agda/ and the code printed from Python, in a child that can be killed.

Nothing is assumed: every module is ``--safe --without-K``, and a postulate, a hole, another pragma or an import from
elsewhere is refused before Agda runs. ``-- proves: LAW`` before a theorem says which law of the catalogue it is, and
``-- bears on: LAW`` that it is a part of one, or a general fact from which one follows under hypotheses.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from time import perf_counter

from verified_cat.errors import MissingExtra, VerifiedCatError
from verified_cat.proofs.agda_export import PRAGMA, Source, printed, source_of
from verified_cat.proofs.agda_signatures import (
    FUNCTIONS,
    METHODS,
    OPERATIONS,
    OVER_A_CATEGORY,
    PRINTED,
    PRINTED_OVER,
)

FOLDER = Path(__file__).parent / "agda"
RELEASE = "2.6.4.3"
SECONDS = 300.0
EVERYTHING = "Everything"

BUILTINS = frozenset(f"Agda.{each}" for each in ("Primitive", "Builtin.Equality", "Builtin.Sigma", "Builtin.Unit"))
_FORBIDDEN = re.compile(r"(?<![\w′-])(postulate|primTrustMe|trustMe|primEraseEquality)(?![\w′-])|\{-#.*?#-\}|\{!|!\}")
_HOLE = re.compile(r"(?:^|[\s({])\?(?=$|[\s)}])", re.MULTILINE)
_IMPORT = re.compile(r"\bimport\s+(\S+)")
_CLAIM = re.compile(r"\s*-- (proves|bears on): (.+)")
_DECLARATION = re.compile(r"\s*(?:private\s+|field\s+)?([^\s:(){}]+)\s*:(?:\s|$)")


class UnsafeProof(VerifiedCatError):
    """A module assumes something, leaves something open, or claims a law without a theorem."""


@dataclass(frozen=True, slots=True)
class Theorem:
    """A theorem of a module, with the laws that it proves and those that it bears on."""

    module: str
    name: str
    line: int
    proves: tuple[str, ...] = ()
    bears_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """What Agda said: ``fault`` is empty where every module is proved, and one line with the place otherwise."""

    modules: tuple[str, ...]
    lines: int
    seconds: float
    version: str
    fault: str = ""

    def __bool__(self) -> bool:
        raise TypeError("a check is not a truth value: look at its fault")


# ------------------------------------------------------------------------------------------------ the modules


def modules(source: Source = source_of) -> dict[str, str]:
    """Every module by name: those of the folder, the printed code, and one that imports them all."""
    found = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.agda"))}
    found["Printed"] = printed(FUNCTIONS + METHODS, PRINTED, {}, source)
    found["PrintedOver"] = printed(OVER_A_CATEGORY, PRINTED_OVER, OPERATIONS, source)
    imports = "\n".join(f"import {name}" for name in sorted(found))
    found[EVERYTHING] = f"{PRAGMA}\nmodule {EVERYTHING} where\n\n{imports}\n"
    return found


def theorems(texts: Mapping[str, str]) -> list[Theorem]:
    """Every theorem that says what it proves. Raises UnsafeProof where a claim is followed by no declaration."""
    found: list[Theorem] = []
    for module, text in texts.items():
        claims: dict[str, tuple[str, ...]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            claim = _CLAIM.fullmatch(line)
            if claim:
                claims[claim[1]] = tuple(each.strip() for each in claim[2].split(","))
            elif claims and not line.strip().startswith("--"):
                declared = _DECLARATION.match(line)
                if declared is None:
                    raise UnsafeProof(
                        f"{module}.agda:{number}: a claim is followed by no declaration: {line.strip()!r}"
                    )
                laws, parts = claims.get("proves", ()), claims.get("bears on", ())
                found.append(Theorem(module, declared[1], number, laws, parts))
                claims = {}
        if claims:
            raise UnsafeProof(f"{module}.agda: a claim at its end is followed by no declaration")
    return found


def agda_theorems() -> dict[str, list[tuple[str, str]]]:
    """Law → the (module, theorem) that prove it, as the modules say; ``check`` says whether Agda agrees."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in theorems(modules()):
        for law in each.proves:
            found[law].append((each.module, each.name))
    return dict(sorted(found.items()))


def fingerprint() -> str:
    """A digest of everything that a check depends on: the modules, the code printed today, and the release of Agda."""
    texts = sorted(modules().items())
    return sha256("\0".join([installed(), *(part for pair in texts for part in pair)]).encode()).hexdigest()


def examine(texts: Mapping[str, str]) -> None:
    """Raise UnsafeProof, with the place, where a module could assume something or leaves something open."""
    for module, text in texts.items():
        first, _, rest = text.partition("\n")
        if first != PRAGMA:
            raise UnsafeProof(f"{module}.agda:1: the first line is {first!r}, not {PRAGMA!r}")
        code = re.sub(r"(?m)(?:^|(?<=\s))---*(?=\s|$).*$", "", rest)
        wrong = _FORBIDDEN.search(code) or _HOLE.search(code)
        if wrong:
            line = code[: wrong.start()].count("\n") + 2
            raise UnsafeProof(f"{module}.agda:{line}: {wrong[0].strip()!r} is not allowed in a proof")
        strange = [name for name in _IMPORT.findall(code) if name not in texts and name not in BUILTINS]
        if strange:
            raise UnsafeProof(f"{module}.agda imports {strange[0]}, which is not checked here")


# ------------------------------------------------------------------------------------------------ Agda


def installed() -> str:
    """The release of the Agda wheel. Raises MissingExtra where there is none, or another release."""
    way_out = "the kernel proofs need Python 3.11 or 3.12 with: pip install verified-cat[agda]"
    try:
        version = metadata.version("agda")
    except metadata.PackageNotFoundError:
        raise MissingExtra(f"Agda is not installed; {way_out}") from None
    if not version.startswith(RELEASE):
        raise MissingExtra(f"Agda {version} is installed, and the proofs are for {RELEASE}; {way_out}")
    return version


def check(texts: Mapping[str, str] | None = None, *, folder: Path | None = None, seconds: float = SECONDS) -> Check:
    """Have Agda check every module, in a fresh folder, or in ``folder``, where what is unchanged is not checked again.

    Raises MissingExtra without Agda and UnsafeProof for what must not be in a proof.
    """
    version = installed()
    texts = modules() if texts is None else texts
    examine(texts)
    with ExitStack() as stack:
        where = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agda-")))
        for name, text in texts.items():
            path = where / f"{name}.agda"
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
        start = perf_counter()
        fault = _run(where, seconds)
        spent = perf_counter() - start
    lines = sum(len(text.splitlines()) for text in texts.values())
    return Check(tuple(sorted(texts)), lines, spent, version, fault)


def _run(where: Path, seconds: float) -> str:
    """One run over everything; the fault in one line, or nothing."""
    command = [sys.executable, "-P", "-m", "agda", "--safe", "--no-libraries", "--no-default-libraries"]
    surroundings = {**os.environ, "AGDA_DIR": str(where), "LC_ALL": "C.UTF-8"}  # none of the user's libraries
    try:
        done = subprocess.run(
            [*command, f"{EVERYTHING}.agda"],
            cwd=where,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"Agda was killed after {seconds:g} seconds"
    said = done.stdout.decode("utf-8", "replace")
    unfinished = not (where / f"{EVERYTHING}.agdai").is_file()
    if done.returncode == 0 and "warning:" not in said.lower() and not unfinished:
        return ""
    return _one_line(said, where) or f"Agda ended with {done.returncode} and said nothing"


def _one_line(said: str, where: Path) -> str:
    """The first complaint: its place without the folder, and its first words."""
    lines = [
        line.replace(f"{where.resolve()}{os.sep}", "").replace(f"{where}{os.sep}", "") for line in said.splitlines()
    ]
    kept = [line.strip() for line in lines if not re.match(r"\s*(Checking|Finished|Loading) ", line) and line.strip()]
    return re.sub(r"\s+", " ", " ".join(kept))[:400]
