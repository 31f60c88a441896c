"""Files that are there whole or not at all: written under a temporary name, synced, renamed, and the folder synced.

Each call of the system is one that a kill may come before or after; ``tests/kill_and_resume.py`` kills at each of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

TEMPORARY = ".verified-cat-"
"""What our temporary files begin with."""

PIECE = 2**20


def staged(folder: Path, content: bytes) -> Path:
    """The content in a temporary file of the folder, on the disk. A failure leaves no file."""
    temporary = folder / f"{TEMPORARY}{uuid4().hex}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(handle, rest[:PIECE]) :]
            os.fsync(handle)
        finally:
            os.close(handle)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def synced(folder: Path) -> None:
    """The names in a folder on the disk, where the system can sync a folder."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write(folder: Path, contents: Mapping[str, bytes]) -> None:
    """The files in the folder, in this order: none is renamed before all are on the disk. Raises OSError."""
    waiting: dict[str, Path] = {}
    try:
        for name, content in contents.items():
            waiting[name] = staged(folder, content)
        for name in contents:
            os.replace(waiting[name], folder / name)
        synced(folder)
    finally:
        for temporary in waiting.values():
            temporary.unlink(missing_ok=True)


def swept(folder: Path) -> None:
    """What a killed process left of its temporary files is removed; nobody else may be writing there."""
    for entry in folder.glob(f"{TEMPORARY}{'[0-9a-f]' * 32}"):
        entry.unlink(missing_ok=True)
