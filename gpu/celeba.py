"""CelebA (Liu, Luo, Wang and Tang 2015): faces with 40 attributes each; an attribute says which object a face is of.

The folder is as its authors give it, or as it is passed on: the images in ``img_align_celeba``, the attributes in
``list_attr_celeba`` and the parts in ``list_eval_partition``, both as .txt (columns of spaces; the attributes with a
count and a line of names before them) or as .csv (a line of names, then one image a line).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from verified_cat.errors import DataError, inside, near
from verified_cat.gpu.picture_sets import Found, limited, parted
from verified_cat.schema_kinds import Settings

IMAGES = ("img_align_celeba/img_align_celeba", "img_align_celeba", "Img/img_align_celeba", "Img", "images")
LISTS = ("", "Anno", "Eval")
PARTS = {"train": "0", "valid": "1", "test": "2"}
COUNT = "[0-9]{1,9}"


@dataclass(frozen=True)
class Rows:
    """A table of annotations: the names of its columns, and for each image its line and its values."""

    path: Path
    columns: tuple[str, ...]
    rows: dict[str, tuple[int, tuple[str, ...]]]


def found(data: Settings) -> Found:
    """The faces for which ``where`` holds: of the part ``split`` to learn from, of ``held`` to measure on.

    Without a list of parts every tenth is held out. Raises DataError where a table is at fault (with its line), an
    attribute is not known (with near names), files are missing, or no face is left.
    """
    root = Path(data["path"])
    if not root.is_dir():
        raise DataError(f"there is no folder {root.absolute()}")
    faces = attributes(_list(root, "list_attr_celeba"))
    chosen = having(data["where"], faces)
    if not chosen:
        raise DataError(f"{faces.path}: none of {len(faces.rows)} faces has {data['where']!r}: the domain is empty")
    files = _files(_images(root), chosen, data["missing"])
    parts = _list(root, "list_eval_partition", needed=False)
    if parts is None:
        return limited(parted(f"{data['where']!r}", list(files.values())), data["limit"])
    return limited(_by_part(partition(parts), files, data), data["limit"])


def _by_part(parts: Rows, files: dict[str, Path], data: Settings) -> Found:
    lost = [image for image in files if image not in parts.rows]
    if lost:
        raise DataError(f"{parts.path} does not say the part of {len(lost)} images, the first is {lost[0]}")
    chosen = {
        key: tuple(path for image, path in files.items() if parts.rows[image][1] == (PARTS[data[key]],))
        for key in ("split", "held")
    }
    for key, each in chosen.items():
        if not each:
            raise DataError(
                f"{parts.path}: no face with {data['where']!r} is in the part {data[key]!r}: the domain is empty"
            )
    return Found(chosen["split"], chosen["held"])


# ------------------------------------------------------------------------------------------------ where things are


def _images(root: Path) -> Path:
    for each in IMAGES:
        if (root / each).is_dir() and any(path.suffix == ".jpg" for path in (root / each).iterdir()):
            return root / each
    raise DataError(f"{root.absolute()} has no folder of .jpg images: {', '.join(IMAGES)} are looked for")


def _list(root: Path, stem: str, needed: bool = True) -> Path | None:
    places = [root / folder / f"{stem}{ending}" for folder in LISTS for ending in (".txt", ".csv")]
    for path in places:
        if path.is_file():
            return path
    if needed:
        raise DataError(f"{root.absolute()} has neither {stem}.txt nor {stem}.csv")
    return None


def _files(folder: Path, images: list[str], missing: int) -> dict[str, Path]:
    """The files of the listed images that are there. Raises DataError where more than ``missing`` are not."""
    there = {path.name for path in folder.iterdir()}
    lost = [image for image in images if image not in there]
    if len(lost) > missing:
        shown = ", ".join(lost[:5]) + (", …" if len(lost) > 5 else "")
        raise DataError(
            f"{len(lost)} of {len(images)} listed images are not in {folder} ({shown}); "
            f"at most {missing} may be missing"
        )
    return {image: folder / image for image in images if image in there}


# ------------------------------------------------------------------------------------------------ tables


def attributes(path: Path | None) -> Rows:
    """The table of attributes. Raises DataError with the line at fault."""
    assert path is not None
    lines = _lines(path)
    if path.suffix == ".csv":
        return _table(path, _comma(path, lines), 1, ("-1", "0", "1"))
    if len(lines) < 3 or not re.fullmatch(COUNT, lines[0].strip()):
        raise DataError(f"{path}, line 1: the number of images is expected, then a line of names, then the images")
    rows = [each.split() for each in lines[1:]]
    table = _table(path, [["image", *rows[0]], *rows[1:]], 2, ("-1", "0", "1"))
    if len(table.rows) != int(lines[0]):
        raise DataError(f"{path}, line 1: {lines[0].strip()} images are announced, and {len(table.rows)} follow")
    return table


def partition(path: Path) -> Rows:
    """The table of parts. Raises DataError with the line at fault."""
    lines = _lines(path)
    if path.suffix == ".csv":
        return _table(path, _comma(path, lines), 1, tuple(PARTS.values()))
    return _table(path, [["image", "partition"], *(each.split() for each in lines)], 0, tuple(PARTS.values()))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as refused:
        raise DataError(f"{path} cannot be read: {refused}") from None


def _comma(path: Path, lines: list[str]) -> list[list[str]]:
    try:
        return list(csv.reader(lines))
    except csv.Error as fault:
        raise DataError(f"{path} is not a table of commas: {fault}") from None


def _table(path: Path, rows: list[list[str]], first: int, known: tuple[str, ...]) -> Rows:
    """The rows under their header, of which the file has ``first - 1`` lines before it. Empty lines are left out."""
    if not rows:
        raise DataError(f"{path} is empty")
    columns, found = tuple(each.strip() for each in rows[0][1:]), dict[str, tuple[int, tuple[str, ...]]]()
    for line, row in enumerate(rows[1:], start=first + 1):
        if not row:
            continue
        image, *values = (each.strip() for each in row)
        if len(values) != len(columns):
            raise DataError(f"{path}, line {line}: {len(values)} values for {image}; there are {len(columns)} columns")
        if image in found:
            raise DataError(f"{path}, line {line}: {image} stands in line {found[image][0]} already")
        for value in values:
            if value not in known:
                raise DataError(f"{path}, line {line}: a value of {image} is {value!r}, not one of {', '.join(known)}")
        found[image] = line, tuple(values)
    if not found:
        raise DataError(f"{path} lists no images")
    return Rows(path, columns, found)


# ------------------------------------------------------------------------------------------------ attributes


def having(where: str, table: Rows) -> list[str]:
    """The images whose attributes are so: ``Eyeglasses and not Male or Wearing_Hat``, where "and" binds closer; ""
    for all.

    Raises DataError, with near names, for an attribute that the table does not have.
    """
    with inside(table.path):
        asked = _parsed(where, table.columns) if where else [[]]
    return [
        image
        for image, (_, values) in table.rows.items()
        if any(all((values[place] == "1") is wanted for place, wanted in each) for each in asked)
    ]


def _parsed(where: str, columns: tuple[str, ...]) -> list[list[tuple[int, bool]]]:
    """A disjunction of conjunctions of columns, each asked for or asked against."""
    found = []
    for part in re.split(r"\s+or\s+", where.strip()):
        row = []
        for word in re.split(r"\s+and\s+", part.strip()):
            attribute = re.sub(r"^not\s+", "", word)
            if attribute not in columns:
                raise DataError(f"no attribute is called {attribute!r}; {near(attribute, list(columns))}")
            row.append((columns.index(attribute), attribute == word))
        found.append(row)
    return found
