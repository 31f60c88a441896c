"""The idx format of LeCun, Cortes and Burges (the files of MNIST and of Fashion-MNIST): arrays of bytes with a header.

Two zero bytes, the type of the entries (8: unsigned bytes), the number of axes, their lengths as 32-bit numbers with
the highest byte first, and then the entries, the last axis running fastest. Files may be compressed by gzip.
"""

from __future__ import annotations

import gzip
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from verified_cat.errors import DataError, UsageError

BYTES = 8
Bytes = np.ndarray[Any, np.dtype[np.uint8]]


def found(folder: Path, name: str) -> Path:
    """The file in the folder, plain or compressed. Raises UsageError where it is neither way there."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    there = "which is no folder" if not folder.is_dir() else "and neither is there"
    raise UsageError(f"{name} or {name}.gz is looked for in {folder}, {there}")


def read(path: Path, axes: int) -> Bytes:
    """The array of a file. Raises UsageError where it cannot be read, DataError where it is no such file."""
    content = _content(path)
    if len(content) < 4 + 4 * axes:
        raise DataError(f"{path} has {len(content)} bytes, fewer than the header of an idx file")
    zeros, kind, found_axes = content[:2], content[2], content[3]
    if zeros != b"\0\0" or kind != BYTES:
        raise DataError(f"{path} is no idx file of bytes: it begins with {content[:4].hex(' ')}, not with 00 00 08")
    if found_axes != axes:
        raise DataError(f"{path} has {found_axes} axes, {axes} are expected: are images and labels exchanged?")
    shape = tuple(int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(axes))
    body = len(content) - 4 - 4 * axes
    if body != prod(shape):
        less = "is truncated" if body < prod(shape) else "has more than its header says"
        raise DataError(f"{path} {less}: {body} entries, and its header says {' x '.join(map(str, shape))}")
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * axes).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except gzip.BadGzipFile as fault:
        raise DataError(f"{path} is not compressed by gzip, or is damaged: {fault}") from None
    except (EOFError, zlib.error) as fault:
        raise DataError(f"{path} is a damaged or truncated gzip file: {fault}") from None
    except OSError as refused:
        raise UsageError(f"cannot read {path}: {refused.strerror or refused}") from None


def written(array: Bytes) -> bytes:
    """The array as an idx file."""
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, BYTES, array.ndim]) + lengths + np.ascontiguousarray(array).tobytes()
