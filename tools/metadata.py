"""Metadata that follow from others: codemeta.json from pyproject.toml and CITATION.cff, a parts list from a lock.

python -m tools.metadata codemeta > codemeta.json
python -m tools.metadata sbom locks/all.txt > sbom.json
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent

_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: *; *(?P<marker>[^\\]+?))? *\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def codemeta() -> dict[str, Any]:
    """The project as CodeMeta 3.0 has it, from the two files that are written by hand."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = cff((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": cited["title"],
        "identifier": project["name"],
        "description": project["description"],
        "version": project["version"],
        "license": f"https://spdx.org/licenses/{project['license']}",
        "programmingLanguage": "Python",
        "runtimePlatform": f"Python {project['requires-python']}",
        "author": [{"@type": "Organization", "name": author["name"]} for author in project["authors"]],
        "keywords": project["keywords"],
        "softwareRequirements": project["dependencies"],
        "softwareSuggestions": sorted({each for extra in project["optional-dependencies"].values() for each in extra}),
    }


def cff(text: str) -> dict[str, str]:
    """The plain fields of a CITATION.cff: one ``key: value`` a line. What is nested or folded is left out."""
    found = (re.match(r"^([a-z-]+): +(?!>)(.+)$", line) for line in text.splitlines())
    return {match[1]: match[2].strip("\"'") for match in found if match}


# ------------------------------------------------------------------------------------------------ locks


def pinned(text: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """The requirements of a lock: name, version, marker ("" for none), hashes. Raises ValueError for another line."""
    for entry in re.split(r"\n(?=\S)", text.strip()):
        first, *rest = entry.split("\n")
        match = _PINNED.match(first)
        if match is None:
            raise ValueError(f"a lock pins NAME==VERSION, not {first!r}")
        yield match["name"], match["version"], (match["marker"] or "").strip(), _HASH.findall("\n".join(rest))


def sbom(lock: Path) -> dict[str, Any]:
    """A CycloneDX 1.5 bill of materials of a lock: no serial number and no time, so equal locks give equal files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "library", "name": project["name"], "version": project["version"]}},
        "components": [_component(*each) for each in pinned(lock.read_text(encoding="utf-8"))],
    }


def _component(name: str, version: str, marker: str, hashes: list[str]) -> dict[str, Any]:
    """A package; the hashes are of its files, any one of which may be installed."""
    reference = f"pkg:pypi/{name}@{version}"
    conditions = [{"name": "marker", "value": marker}] if marker else []
    files = [{"name": "sha256 of a file", "value": each} for each in hashes]
    return {
        "type": "library",
        "bom-ref": reference,
        "purl": reference,
        "name": name,
        "version": version,
        "properties": conditions + files,
    }


def main(arguments: list[str]) -> int:
    """Print what was asked for."""
    match arguments:
        case ["codemeta"]:
            made = codemeta()
        case ["sbom", lock] if Path(lock).is_file():
            made = sbom(Path(lock))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    print(json.dumps(made, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
