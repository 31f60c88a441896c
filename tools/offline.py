"""A command without any network: python -m tools.offline pytest laws/ --engine sympy --profile smoke

The kernel gives the command, and all that it starts, a network of its own that is empty (``unshare --net``): not even
this machine can be reached. Exits as the command does, or with 3 where the kernel gives no such thing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence

EMPTY = ("unshare", "--user", "--map-root-user", "--net")
NOT_RUN = 3
REACHES = "import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5).close()"


def missing() -> str:
    """Why no empty network can be had; an empty text where it can."""
    if shutil.which(EMPTY[0]) is None:
        return "not run: unshare not found"
    tried = subprocess.run([*EMPTY, "true"], capture_output=True, text=True, check=False)
    return f"not run: {tried.stderr.strip() or 'unshare failed'}" if tried.returncode else ""


def reaches(port: int, within: Sequence[str] = EMPTY) -> bool:
    """Whether a command that is run so can connect to a port of this machine."""
    command = [*within, sys.executable, "-c", REACHES.format(port=port)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    lacking = missing()
    if lacking:
        print(lacking, file=sys.stderr)
        return NOT_RUN
    own = {"pytest": [sys.executable, "-m", "pytest"], "verified-cat": [sys.executable, "-m", "verified_cat"]}
    first, *others = arguments
    return subprocess.run([*EMPTY, *own.get(first, [first]), *others], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
