"""The files of a folder of results, and the three that are made of its manifest: a page, a description, a provenance.

``ro-crate-metadata.json`` is RO-Crate 1.1 (w3id.org/ro/crate/1.1), ``provenance.json`` an in-toto Statement v1 with the
predicate of SLSA provenance v1 (slsa.dev/spec/v1.0/provenance). All three are functions of the manifest, so that they
can be made again and compared. Nothing is signed: they show that the folder fits together, not who made it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from verified_cat import results_page
from verified_cat.report import write_text

MANIFEST, PAGE, CRATE, PROVENANCE = "manifest.json", "report.html", "ro-crate-metadata.json", "provenance.json"
DERIVED = (PAGE, CRATE, PROVENANCE)
FORMATS = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".html": "text/html",
    ".md": "text/markdown",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
    "": "text/plain",
}
BUILD, BUILDER = "urn:verified-cat:reproduce:1", "urn:verified-cat:reproduce:unattested"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"

MACHINE = re.compile(
    rb"(?<![\w.}~/-])/(?:home|root|Users|tmp|private|var|opt|mnt|srv|work|usr|builds)/[^\s'\"`<>:;,()\[\]{}]+"
)
"""A folder of the machine: what is of no use to others, and may say who they are."""


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file under the folder, but for the manifest and what is made of it."""
    made = {folder / name for name in (MANIFEST, *DERIVED)}
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path not in made)
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def impersonal(text: str, root: Path, folder: Path) -> str:
    """The text with {root} and {out} for the two folders, and without the way to any other file of the machine."""
    text = text.replace(str(folder), "{out}").replace(str(root), "{root}")
    return MACHINE.sub(lambda found: b"{...}/" + found[0].rsplit(b"/", 1)[-1], text.encode()).decode()


def personal(folder: Path) -> list[str]:
    """The files that name a folder of the machine, with what they name."""
    found = ((path, MACHINE.search(path.read_bytes())) for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        f"{path.relative_to(folder).as_posix()} names a folder of the machine: {match[0].decode(errors='replace')}"
        for path, match in found
        if match
    ]


def write(folder: Path, whole: dict[str, Any]) -> None:
    """The manifest, with the digests of the files that are there now, and what is made of it."""
    text = _json(whole | {"files": digests(folder)})
    write_text(folder / MANIFEST, text)
    for name, content in derived(text).items():
        write_text(folder / name, content)


def derived(manifest: str) -> dict[str, str]:
    """What is made of a manifest, by file. Raises LookupError, TypeError, AttributeError or ValueError."""
    whole = json.loads(manifest)
    made = {PAGE: results_page.html(whole), CRATE: _json(crate(whole))}
    subjects = whole["files"] | {MANIFEST: _digest(manifest)} | {name: _digest(text) for name, text in made.items()}
    return made | {PROVENANCE: _json(statement(whole, subjects))}


def faults(folder: Path, manifest: str) -> list[str]:
    """Which of the files made of the manifest are absent or another than it gives."""
    try:
        made = derived(manifest)
    except (LookupError, TypeError, AttributeError, ValueError) as lacking:
        return [f"{MANIFEST} lacks what {', '.join(DERIVED)} are made of: {type(lacking).__name__}: {lacking}"]
    wrong = []
    for name, text in made.items():
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name} is not there")
        elif path.read_bytes() != text.encode():
            wrong.append(f"{name} is not what {MANIFEST} gives")
    return wrong


def _json(whole: Any) -> str:
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


# ------------------------------------------------------------------------------------------------ provenance


def statement(whole: Mapping[str, Any], subjects: Mapping[str, str]) -> dict[str, Any]:
    """An in-toto Statement v1 about the files, by their digests: which commands made them, from which source."""
    definition = {
        "buildType": BUILD,
        "externalParameters": {"claims": {each["name"]: each["command"] for each in whole["claims"]}},
        "internalParameters": {"environment": whole["environment"]},
        "resolvedDependencies": list(_dependencies(whole)),
    }
    times = {"startedOn": whole["began"], "finishedOn": whole["ended"]}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects.items())],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": definition,
            "runDetails": {"builder": {"id": BUILDER}, "metadata": times},
        },
    }


def _dependencies(whole: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The source by its commit, the claims by their digest, each package by its version and its installed files."""
    source = whole["source"]
    commit = {"digest": {"gitCommit": source["commit"]}} if source["commit"] else {}
    yield {"name": "source", "uri": "urn:verified-cat:source", **commit, "annotations": {"dirty": source["dirty"]}}
    yield {"name": "artifact/claims.toml", "digest": {"sha256": whole["claims_file"]}}
    for name, package in whole["packages"].items():
        uri = f"pkg:pypi/{name}@{quote(package['version'])}"
        yield {"name": name, "uri": uri, "annotations": {"installedFilesSha256": package["files"]}}


# ------------------------------------------------------------------------------------------------ RO-Crate


def crate(whole: Mapping[str, Any]) -> dict[str, Any]:
    """RO-Crate 1.1: the folder, its files, and for each claim the action that made its files."""
    names = [MANIFEST, PAGE, PROVENANCE, *whole["files"]]
    graph = [
        _entity(CRATE, "CreativeWork", conformsTo={"@id": SPECIFICATION}, about={"@id": "./"}),
        _entity(
            "./",
            "Dataset",
            name="Claims of verified_cat, established again",
            description=f"{len(whole['claims'])} claims: the files that their commands made, and a verdict on each.",
            datePublished=whole["ended"],
            license={"@id": "https://spdx.org/licenses/MIT"},
            hasPart=[{"@id": quote(name)} for name in names],
            mentions=[{"@id": _action(each)} for each in whole["claims"]],
        ),
        _entity("https://spdx.org/licenses/MIT", "CreativeWork", name="MIT License"),
        _entity("#verified_cat", "SoftwareApplication", name="verified_cat", softwareVersion=whole["version"]),
    ]
    graph += [_file(name, whole["files"].get(name)) for name in names]
    return {"@context": f"{SPECIFICATION}/context", "@graph": graph + [_made(each, whole) for each in whole["claims"]]}


def _entity(identity: str, kind: str, **properties: Any) -> dict[str, Any]:
    return {"@id": identity, "@type": kind, **properties}


def _file(name: str, digest: str | None) -> dict[str, Any]:
    known = {"sha256": digest} if digest else {}
    kind = FORMATS.get(Path(name).suffix, "application/octet-stream")
    return _entity(quote(name), "File", name=name, encodingFormat=kind, **known)


def _made(claim: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    results = [{"@id": quote(name)} for name in whole["files"] if name.startswith(f"{claim['folder']}/")]
    return _entity(
        _action(claim),
        "CreateAction",
        name=claim["command"],
        description=f"{claim['says']}: {claim['verdict']}, {claim['why']}",
        instrument={"@id": "#verified_cat"},
        result=results,
    )


def _action(claim: Mapping[str, Any]) -> str:
    return f"#{quote(claim['folder'])}"
