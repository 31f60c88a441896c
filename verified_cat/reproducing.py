"""Every claim established again: its command run under one environment, its results judged, a manifest of all files.

The manifest is written after every claim, so nothing is lost where the run ends early. ``checked`` derives the verdicts
again from the files alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from verified_cat import __version__, results_folder
from verified_cat.claim_runs import SLACK, Ended, run
from verified_cat.claims import Claim, Word, read
from verified_cat.errors import DataError, UsageError
from verified_cat.report import write_text
from verified_cat.results_folder import MANIFEST
from verified_cat.surroundings import INSTRUCTIONS, environment, packages, source, variables

CLAIMS, EXPECTED = Path("artifact/claims.toml"), Path("artifact/expected.json")
KIND = "verified-cat results"


# ------------------------------------------------------------------------------------------------ all claims


@dataclass(frozen=True, slots=True)
class Established:
    """What came of a claim: its verdict, why, what each of its results was, and how its command ended."""

    claim: Claim
    word: Word
    why: str
    found: Mapping[str, Any]
    ended: Ended

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "name": self.claim.name,
            "says": self.claim.says,
            "command": self.claim.command,
            "verdict": self.word,
            "why": self.why,
            "found": dict(self.found),
            "folder": folder_of(Path(), self.claim).as_posix(),
            "ended": self.ended.why,
            "seconds": round(self.ended.seconds, 1),
            "cpu_seconds": round(self.ended.cpu, 1),
        }


def judged(claim: Claim, folder: Path, root: Path, ended: Ended, record: Mapping[str, Any], here: Any) -> Established:
    """The verdict on a claim from the files of its folder; the worst of its results is that of the claim.

    ``here`` is the environment: results have to be as recorded where it is that of the record.
    """
    found: dict[str, Any] = {}
    verdicts: list[tuple[Word, str]] = []
    pinned = record.get("environment") == here
    expected = record.get("claims", {}).get(claim.name, {})
    for result in claim.results:
        try:
            found[result.name] = result.found(folder)
            verdicts.append(result.judged(found[result.name], root, expected.get(result.name), pinned))
        except UsageError as missing:
            verdicts.append(("mismatch", str(missing)))
    if ended.why:
        verdicts = [("mismatch", ended.why)]
    order: list[Word] = ["mismatch", "not run", "holds", "within bound", "identical"]
    word, why = min(verdicts, key=lambda each: order.index(each[0]), default=("holds", "exit code 0"))
    return Established(claim, word, why, found, ended)


def folder_of(out: Path, claim: Claim) -> Path:
    """Where the files of a claim are."""
    return out / claim.name.replace(" ", "-")


def reproduce(
    root: Path,
    out: Path,
    chosen: Iterable[Claim],
    told: Callable[[Established], None],
    instructions: str = INSTRUCTIONS[0],
    slack: float = SLACK,
) -> list[Established]:
    """Establish the claims, one after the other. Raises UsageError where the folder holds something else."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder: the results of each run have one of their own")
    out.mkdir(parents=True, exist_ok=True)
    out, claims, record, here = out.resolve(), tuple(chosen), recorded(root), environment(instructions)
    whole = _beginning(root, out, here)
    done: list[Established] = []
    for claim in claims:
        folder = folder_of(out, claim)
        ended = run(claim, root, folder, variables(instructions), slack)
        done.append(judged(claim, folder, root, ended, record, here))
        told(done[-1])
        whole["source"]["dirty"] |= source(root, out) != whole["source"]
        whole |= {"ended": _now(), "claims": [each.as_json() for each in done]}
        results_folder.write(out, whole)
    return done


def _beginning(root: Path, out: Path, here: Mapping[str, str]) -> dict[str, Any]:
    """What a manifest says before the first command is run."""
    return {
        "kind": KIND,
        "version": __version__,
        "began": _now(),
        "source": source(root, out),
        "environment": here,
        "packages": packages(),
        "claims_file": sha256((root / CLAIMS).read_bytes()).hexdigest(),
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def recorded(root: Path) -> dict[str, Any]:
    """What was recorded, and where; empty where nothing was."""
    try:
        found = json.loads((root / EXPECTED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as fault:
        raise DataError(f"{root / EXPECTED} cannot be read: {fault}") from None
    return dict(found)


def record(root: Path, done: Iterable[Established], instructions: str = INSTRUCTIONS[0]) -> None:
    """Keep what was found as what is expected in this environment; in another one the old record goes."""
    before, here = recorded(root), environment(instructions)
    kept = before.get("claims", {}) if before.get("environment") == here else {}
    for each in done:
        wanted = {result.name for result in each.claim.results if result.recorded}
        found = {name: value for name, value in each.found.items() if name in wanted}
        if found and not each.ended.why:
            kept[each.claim.name] = found
    whole = {"environment": here, "claims": dict(sorted(kept.items()))}
    write_text(root / EXPECTED, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")


# ------------------------------------------------------------------------------------------------ checking


def checked(root: Path, out: Path) -> list[str]:
    """What does not hold of a folder of results: files, claims and verdicts, derived again from the files alone.

    Raises UsageError where there is no manifest, DataError where it is none of ours.
    """
    text, whole = _manifest(out)
    wrong = _files(whole.get("files"), results_folder.digests(out))
    wrong += results_folder.faults(out, text) + results_folder.personal(out)
    if whole.get("claims_file") != sha256((root / CLAIMS).read_bytes()).hexdigest():
        wrong.append(f"{CLAIMS} is another than that of the results")
    if not isinstance(whole.get("source"), dict) or whole["source"].get("dirty") is not False:
        wrong.append("the results are of no commit: files differed from it, or it changed while commands ran")
    said = whole.get("environment")
    here = environment(str(said.get("ATEN_CPU_CAPABILITY")) if isinstance(said, dict) else "")
    if said != here or whole.get("packages") != packages():
        wrong.append("the environment is another: the verdicts that rest on identical results are not derived again")
        return wrong
    known = {claim.name: claim for claim in read(root / CLAIMS)}
    for each in whole["claims"]:
        wrong += _verdict(each, known, out, root, here)
    return wrong


def _manifest(out: Path) -> tuple[str, dict[str, Any]]:
    """The manifest of a folder, as text and as what it says. Raises UsageError or DataError."""
    try:
        text = (out / MANIFEST).read_text(encoding="utf-8")
        whole = json.loads(text)
    except OSError as refused:
        raise UsageError(f"{out / MANIFEST} cannot be read: {refused.strerror or refused}") from None
    except (ValueError, RecursionError) as fault:
        raise DataError(f"{out / MANIFEST} is not JSON: {fault}") from None
    if not isinstance(whole, dict) or whole.get("kind") != KIND or not isinstance(whole.get("claims"), list):
        raise DataError(f"{out / MANIFEST} is no manifest of verified-cat reproduce")
    return text, whole


def _files(said: Any, found: Mapping[str, str]) -> list[str]:
    said = said if isinstance(said, dict) else {}
    wrong = [f"{name} is not there" for name in said if name not in found]
    wrong += [f"{name} is in no manifest" for name in found if name not in said]
    return wrong + [f"{name} has other bytes" for name in found if name in said and said[name] != found[name]]


def _verdict(each: Any, known: Mapping[str, Claim], out: Path, root: Path, here: Mapping[str, str]) -> list[str]:
    claim = known.get(str(each.get("name"))) if isinstance(each, dict) else None
    if claim is None:
        return [f"{str(each)[:60]} is no claim of {CLAIMS}"]
    ended = Ended(str(each.get("ended", "")), 0.0, 0.0)
    again = judged(claim, folder_of(out, claim), root, ended, recorded(root), here).as_json()
    again |= {key: each.get(key) for key in ("seconds", "cpu_seconds")}
    return [
        f"{claim.name}: {key} is {each.get(key)!r}, and the files give {again[key]!r}"
        for key in again
        if again[key] != each.get(key)
    ]
