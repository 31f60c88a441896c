"""Image files as arrays of bytes, decoded once: JPEG and PNG through Pillow; every fault has the name of its file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from verified_cat.errors import DataError, MissingExtra

if TYPE_CHECKING:
    from PIL.Image import Image

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Box = tuple[int, int, int, int]

ENDINGS = (".jpg", ".jpeg", ".png")
TOLD = 5
"""So many files are named in a fault."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How a picture becomes an array of ``shape`` (channels, height, width): first what is cut out, a ``box`` (left,
    top, right, bottom) or a square of side ``crop`` in the middle; then, if asked for, a change of size."""

    shape: tuple[int, ...]
    crop: int = 0
    box: tuple[int, ...] = ()
    resize: bool = False
    background: int = 255
    """What stands behind transparent places."""


def listed(folder: Path) -> list[Path]:
    """The image files of a folder, by name. Raises DataError where it is none, or holds none."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
    except OSError as refused:
        raise DataError(f"{folder.absolute()}: no such folder can be read: {refused.strerror or refused}") from None
    if not found:
        raise DataError(f"{folder.absolute()} holds no image (no file that ends in {', '.join(ENDINGS)})")
    return found


def decoded(files: Sequence[Path], frame: Frame) -> Bytes:
    """The images in the order of the files: R[n, *shape], 0 to 255.

    Raises DataError, before anything else is done with them, where files cannot be read or have other sizes: how many
    these are, and the first of them by name.
    """
    library = _pillow()
    made = np.empty((len(files), *frame.shape), dtype=np.uint8)

    def one(number: int) -> str | None:
        try:
            made[number] = _array(files[number], frame)
        except (DataError, OSError, ValueError, SyntaxError, library.DecompressionBombError) as refused:
            return f"{files[number]}: {refused}"
        return None

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        faults = [fault for fault in pool.map(one, range(len(files))) if fault is not None]
    if faults:
        more = f"\nand {len(faults) - TOLD} more" if len(faults) > TOLD else ""
        raise DataError(f"{len(faults)} of {len(files)} images cannot be used:\n" + "\n".join(faults[:TOLD]) + more)
    return made


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as missing:
        raise MissingExtra("image files are read by Pillow: pip install verified-cat[images]") from missing
    return Image


def _array(path: Path, frame: Frame) -> Bytes:
    channels, high, wide = frame.shape
    library = _pillow()
    with library.open(path) as opened:
        opened.load()
        image = _cut(_flat(opened, frame.background).convert("L" if channels == 1 else "RGB"), frame)
    if image.size != (wide, high):
        if not frame.resize:
            size = f"{image.width} by {image.height}"
            raise DataError(f"{size} pixels, and {wide} by {high} are wanted: resize = true changes the size")
        image = image.resize((wide, high), library.Resampling.BILINEAR)
    array = np.asarray(image, dtype=np.uint8)
    return array[None] if channels == 1 else np.ascontiguousarray(array.transpose(2, 0, 1))


def _flat(image: Image, background: int) -> Image:
    """The image on a background, where it is transparent anywhere."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    seen = image.convert("RGBA")
    under = _pillow().new("RGBA", seen.size, (background, background, background, 255))
    under.alpha_composite(seen)
    return under  # type: ignore[no-any-return]


def _cut(image: Image, frame: Frame) -> Image:
    box: Box
    if frame.box:
        left, top, right, bottom = frame.box
        box = left, top, right, bottom
    elif frame.crop:
        left, top = (image.width - frame.crop) // 2, (image.height - frame.crop) // 2
        box = left, top, left + frame.crop, top + frame.crop
    else:
        return image
    if box[0] < 0 or box[1] < 0 or box[2] > image.width or box[3] > image.height:
        raise DataError(f"{image.width} by {image.height} pixels, and {list(box)} is to be cut out of them")
    return image.crop(box)
