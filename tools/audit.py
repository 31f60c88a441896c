"""Known vulnerabilities of what a lock pins: python -m tools.audit locks/all.txt --out audit.json

Runs pip-audit (pip install pip-audit), which asks the package index, and keeps what it said with the date and the
digest of the lock. pip-audit also ends well where it could look nothing up; here what was not looked up is no pass.
Exits 0 where every package was looked up and none is vulnerable, 1 where one is, 3 where some were not looked up.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from verified_cat.report import version_of, write_text

VULNERABLE, NOT_LOOKED_UP = 1, 3


def audited(printed: str, lock: bytes, tool: str) -> dict[str, Any]:
    """What pip-audit printed, by package. Raises ValueError where it printed something else."""
    try:
        rows = json.loads(printed)["dependencies"]
        found = {
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "tool": f"pip-audit {tool}",
            "lock": sha256(lock).hexdigest(),
            "looked_up": sorted(f"{row['name']} {row['version']}" for row in rows if "vulns" in row),
            "not_looked_up": sorted(row["name"] for row in rows if "vulns" not in row),
            "vulnerable": {
                row["name"]: sorted(each["id"] for each in row["vulns"]) for row in rows if row.get("vulns")
            },
        }
    except (ValueError, KeyError, TypeError) as fault:
        raise ValueError(f"pip-audit printed no list of dependencies: {fault}: {printed[:200]!r}") from None
    return found


def code(found: Mapping[str, Any]) -> int:
    """The exit code: nothing that was not looked up passes."""
    if found["vulnerable"]:
        return VULNERABLE
    return NOT_LOOKED_UP if found["not_looked_up"] or not found["looked_up"] else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Look up, say, keep."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__.partition("\n")[0])
    parser.add_argument("lock", type=Path)
    parser.add_argument("--out", type=Path, help="where what was found is kept")
    given = parser.parse_args(arguments)
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    done = subprocess.run([*command, "-f", "json", "-r", str(given.lock)], capture_output=True, text=True, check=False)
    try:
        found = audited(done.stdout, given.lock.read_bytes(), version_of("pip-audit"))
    except ValueError as fault:
        print(f"{fault}\n{done.stderr[-500:]}", file=sys.stderr)
        return NOT_LOOKED_UP
    if given.out:
        write_text(given.out, json.dumps(found, indent=2) + "\n")
    counts = f"{len(found['looked_up'])} looked up, {len(found['not_looked_up'])} not"
    print(f"{found['date']}, {found['tool']}: {counts}, {len(found['vulnerable'])} vulnerable")
    print("".join(f"{name}: {', '.join(each)}\n" for name, each in found["vulnerable"].items()), end="")
    return code(found)


if __name__ == "__main__":
    sys.exit(main())
