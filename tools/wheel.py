"""What is in a wheel, held to artifact/wheel.txt and to the tree: python -m tools.wheel FILE.whl

A line of the list is a file, or FOLDER/*.SUFFIX. Every file of the wheel fits a line, every line fits a file, and every
file but for the metadata is one of the tree, to the byte; a file of the tree that fits a line is in the wheel.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parent.parent
LIST = ROOT / "artifact" / "wheel.txt"


def lines(text: str) -> list[str]:
    """The list without its comments."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def fits(name: str, line: str) -> bool:
    """Whether a line names the file: the folder has to be the same, the name to match."""
    folder, _, file = name.rpartition("/")
    wanted, _, pattern = line.rpartition("/")
    return folder == wanted and fnmatchcase(file, pattern)


def held(wheel: Path) -> dict[str, str]:
    """The SHA-256 of each file of a wheel; the version is taken out of the name of the folder of its metadata."""
    with ZipFile(wheel) as archive:
        files = [each for each in archive.namelist() if not each.endswith("/")]
        return {_named(each): sha256(archive.read(each)).hexdigest() for each in files}


def _named(member: str) -> str:
    head, _, rest = member.partition("/")
    return f"{head.partition('-')[0]}.dist-info/{rest}" if head.endswith(".dist-info") else member


def tree(wanted: Iterable[str], root: Path = ROOT) -> dict[str, str]:
    """The SHA-256 of each file of the tree that the lines name, by its place in the wheel."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    folders: dict[str, str] = project["tool"]["setuptools"]["package-dir"]
    found = {}
    for line in wanted:
        folder, _, pattern = line.rpartition("/")
        package = next((name for name in sorted(folders, reverse=True) if _inside(folder, name)), None)
        if package is not None:
            place = folders[package] + folder.removeprefix(package.replace(".", "/"))
            for path in sorted((root / place).glob(pattern)):
                found[f"{folder}/{path.name}"] = sha256(path.read_bytes()).hexdigest()
    return found


def _inside(folder: str, package: str) -> bool:
    return f"{folder}/".startswith(package.replace(".", "/") + "/")


def faults(inside: Mapping[str, str], wanted: list[str], ours: Mapping[str, str]) -> list[str]:
    """What is in the wheel and on no line, on a line and not in the wheel, or another file than that of the tree."""
    wrong = [f"{name} is on no line" for name in inside if not any(fits(name, line) for line in wanted)]
    wrong += [f"nothing fits {line}" for line in wanted if not any(fits(name, line) for name in inside)]
    wrong += [f"{name} is not in the wheel" for name in ours if name not in inside]
    wrong += [f"{name} is another than that of the tree" for name in ours if inside.get(name, ours[name]) != ours[name]]
    known = [name for name in inside if ".dist-info/" in name or name in ours]
    return wrong + [f"{name} is in no folder of the tree" for name in inside if name not in known]


def main(arguments: list[str]) -> int:
    """Compare; 1 where something is wrong."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print(__doc__, file=sys.stderr)
        return 2
    wanted = lines(LIST.read_text(encoding="utf-8"))
    inside = held(Path(arguments[0]))
    wrong = faults(inside, wanted, tree(wanted))
    print("\n".join(wrong) or f"{len(inside)} files, as artifact/wheel.txt says")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
