"""Unpaired folders, as of horse2zebra: ``root/trainA``, ``root/testA`` and so on, two for each object."""

from __future__ import annotations

from pathlib import Path

from verified_cat.errors import DataError, near
from verified_cat.gpu.image_files import listed
from verified_cat.gpu.picture_sets import Found, limited, parted
from verified_cat.schema_kinds import Settings


def found(data: Settings, name: str) -> Found:
    """The files of ``root/<split><domain>``; held out are those of ``root/<held><domain>``, and where there is no such
    folder every tenth of the others. Raises DataError, with near names, where a folder is not there."""
    root, domain = Path(data["path"]), data["domain"] or name
    here = _folder(root, data["split"] + domain)
    learned = listed(here)
    held = root / (data["held"] + domain)
    if held.is_dir() and held != here:
        return limited(Found(tuple(learned), tuple(listed(held))), data["limit"])
    return limited(parted(str(here), learned), data["limit"])


def _folder(root: Path, wanted: str) -> Path:
    if not root.is_dir():
        raise DataError(f"there is no folder {root.absolute()}")
    here = root / wanted
    if not here.is_dir():
        folders = [each.name for each in root.iterdir() if each.is_dir()]
        hint = near(wanted, folders) if folders else "it has no folders at all"
        raise DataError(f"{root.absolute()} has no folder {wanted!r}; {hint}")
    return here
