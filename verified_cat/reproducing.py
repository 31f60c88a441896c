"""Every claim established again: its command run under one environment, its results judged, a manifest of all files.

The manifest is written after every claim, so nothing is lost where the run ends early. ``checked`` derives the verdicts
again from the files alone.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from verified_cat.claims import OUTPUT, Claim, Word, read
from verified_cat.errors import DataError, UsageError
from verified_cat.report import version_of, write_text

CLAIMS, EXPECTED, MANIFEST = Path("artifact/claims.toml"), Path("artifact/expected.json"), "manifest.json"
KIND = "verified-cat results"
SLACK = 5
"""A command may take so many times the minutes that are said of it."""

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
"""Set for every command: without these the same seed gives other bits on another processor."""

PACKAGES = ("numpy", "sympy", "torch", "z3-solver", "cvc5", "hypothesis", "python-flint", "safetensors")


def environment() -> dict[str, str]:
    """What results may depend on: the interpreter, the machine's kind, the packages, the variables that are pinned."""
    found = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    return found | {name: version_of(name) for name in PACKAGES} | PINNED


def source(root: Path) -> dict[str, Any]:
    """The commit, and whether files differ from it; an empty commit outside of a repository."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain"))}


# ------------------------------------------------------------------------------------------------ a command


def run(claim: Claim, root: Path, folder: Path) -> tuple[str, float]:
    """Run the command of a claim: why it did not end well, or an empty text, and its seconds.

    What it prints goes to ``folder``; it and all that it started is killed when it takes far too long.
    """
    folder.mkdir(parents=True, exist_ok=True)
    began, limit = monotonic(), 60 * SLACK * claim.minutes
    with open(folder / OUTPUT, "wb") as output, open(folder / "errors", "wb") as errors:
        process = subprocess.Popen(
            words(claim.command, folder),
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, **PINNED},
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=limit)
        except BaseException as ended:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not isinstance(ended, subprocess.TimeoutExpired):
                raise
            return f"ended after {limit:.0f} s, {SLACK} times what is said of it", monotonic() - began
    return f"exit code {code}" if code else "", monotonic() - began


def words(command: str, folder: Path) -> list[str]:
    """The command as words, run by this interpreter; {out} is the folder of its results."""
    first, *others = shlex.split(command)
    own = {
        "pytest": [sys.executable, "-m", "pytest"],
        "python": [sys.executable],
        "verified-cat": [sys.executable, "-m", "verified_cat"],
    }
    if first not in own:
        raise UsageError(f"a claim is shown by {', '.join(own)}, not by {first!r}")
    return own[first] + [word.replace("{out}", str(folder)) for word in others]


# ------------------------------------------------------------------------------------------------ all claims


@dataclass(frozen=True, slots=True)
class Established:
    """What came of a claim: its verdict, why, what each of its results was, and the seconds it took."""

    claim: Claim
    word: Word
    why: str
    found: Mapping[str, Any]
    ended: str
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "name": self.claim.name,
            "says": self.claim.says,
            "command": self.claim.command,
            "verdict": self.word,
            "why": self.why,
            "found": dict(self.found),
            "ended": self.ended,
            "seconds": round(self.seconds, 1),
        }


def judged(
    claim: Claim, folder: Path, root: Path, ended: str, seconds: float, record: Mapping[str, Any]
) -> Established:
    """The verdict on a claim from the files of its folder; the worst of its results is that of the claim."""
    found: dict[str, Any] = {}
    verdicts: list[tuple[Word, str]] = []
    pinned = record.get("environment") == environment()
    expected = record.get("claims", {}).get(claim.name, {})
    for result in claim.results:
        try:
            found[result.name] = result.found(folder)
            verdicts.append(result.judged(found[result.name], root, expected.get(result.name), pinned))
        except UsageError as missing:
            verdicts.append(("mismatch", str(missing)))
    if ended:
        verdicts = [("mismatch", ended)]
    order: list[Word] = ["mismatch", "not run", "holds", "within bound", "identical"]
    word, why = min(verdicts, key=lambda each: order.index(each[0]), default=("holds", "exit code 0"))
    return Established(claim, word, why, found, ended, seconds)


def folder_of(out: Path, claim: Claim) -> Path:
    """Where the files of a claim are."""
    return out / claim.name.replace(" ", "-")


def reproduce(root: Path, out: Path, chosen: Iterable[Claim], told: Callable[[Established], None]) -> list[Established]:
    """Establish the claims, one after the other. Raises UsageError where the folder holds something else."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder: the results of each run have one of their own")
    out.mkdir(parents=True, exist_ok=True)
    out, claims, record = out.resolve(), tuple(chosen), recorded(root)
    done: list[Established] = []
    for claim in claims:
        folder = folder_of(out, claim)
        ended, seconds = run(claim, root, folder)
        done.append(judged(claim, folder, root, ended, seconds, record))
        told(done[-1])
        write_manifest(out, root, done)
    return done


def recorded(root: Path) -> dict[str, Any]:
    """What was recorded, and where; empty where nothing was."""
    try:
        found = json.loads((root / EXPECTED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as fault:
        raise DataError(f"{root / EXPECTED} cannot be read: {fault}") from None
    return dict(found)


def record(root: Path, done: Iterable[Established]) -> None:
    """Keep what was found as what is expected in this environment; in another one the old record goes."""
    before = recorded(root)
    kept = before.get("claims", {}) if before.get("environment") == environment() else {}
    for each in done:
        wanted = {result.name for result in each.claim.results if result.recorded}
        found = {name: value for name, value in each.found.items() if name in wanted}
        if found and not each.ended:
            kept[each.claim.name] = found
    whole = {"environment": environment(), "claims": dict(sorted(kept.items()))}
    write_text(root / EXPECTED, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")


# ------------------------------------------------------------------------------------------------ the manifest


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file under the folder, but for the manifest."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def write_manifest(out: Path, root: Path, done: list[Established]) -> None:
    """What was run, on what, and every file that came of it."""
    whole = {
        "kind": KIND,
        "source": source(root),
        "environment": environment(),
        "claims_file": sha256((root / CLAIMS).read_bytes()).hexdigest(),
        "claims": [each.as_json() for each in done],
        "files": digests(out),
    }
    write_text(out / MANIFEST, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")


def checked(root: Path, out: Path) -> list[str]:
    """What does not hold of a folder of results: files, claims and verdicts, derived again from the files alone.

    Raises UsageError where there is no manifest, DataError where it is none of ours.
    """
    try:
        whole = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except OSError as refused:
        raise UsageError(f"{out / MANIFEST} cannot be read: {refused.strerror or refused}") from None
    except (ValueError, RecursionError) as fault:
        raise DataError(f"{out / MANIFEST} is not JSON: {fault}") from None
    if not isinstance(whole, dict) or whole.get("kind") != KIND or not isinstance(whole.get("claims"), list):
        raise DataError(f"{out / MANIFEST} is no manifest of verified-cat reproduce")
    wrong = _files(whole.get("files"), digests(out))
    if whole.get("claims_file") != sha256((root / CLAIMS).read_bytes()).hexdigest():
        wrong.append(f"{CLAIMS} is another than that of the results")
    if whole.get("environment") != environment():
        wrong.append("the environment is another: the verdicts that rest on identical results are not derived again")
        return wrong
    known = {claim.name: claim for claim in read(root / CLAIMS)}
    for each in whole["claims"]:
        wrong += _verdict(each, known, out, root)
    return wrong


def _files(said: Any, found: Mapping[str, str]) -> list[str]:
    said = said if isinstance(said, dict) else {}
    wrong = [f"{name} is not there" for name in said if name not in found]
    wrong += [f"{name} is in no manifest" for name in found if name not in said]
    return wrong + [f"{name} has other bytes" for name in found if name in said and said[name] != found[name]]


def _verdict(each: Any, known: Mapping[str, Claim], out: Path, root: Path) -> list[str]:
    claim = known.get(str(each.get("name"))) if isinstance(each, dict) else None
    if claim is None:
        return [f"{str(each)[:60]} is no claim of {CLAIMS}"]
    again = judged(claim, folder_of(out, claim), root, str(each.get("ended", "")), 0.0, recorded(root)).as_json()
    again["seconds"] = each.get("seconds")
    return [
        f"{claim.name}: {key} is {each.get(key)!r}, and the files give {again[key]!r}"
        for key in again
        if again[key] != each.get(key)
    ]
