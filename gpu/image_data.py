"""Kinds of data that are files: sets of images (or of arrays) in memory, each with a part that no training sees.

A set is read once for each process and each way to read it. Examples are drawn with replacement, by the streams of
the object that they are examples of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from verified_cat.errors import DataError
from verified_cat.gpu import celeba, emoji, image_folders, textured, tinted
from verified_cat.gpu.image_files import Frame, decoded
from verified_cat.gpu.picture_sets import Found
from verified_cat.gpu.randomness import Array
from verified_cat.schema_kinds import Settings

Draws = np.random.Generator
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Sets:
    """What is learned from and what is held out, R[n, *shape] each, as bytes (255 stands for 1) or as they are."""

    learned: np.ndarray[Any, np.dtype[Any]]
    held: np.ndarray[Any, np.dtype[Any]]

    def rows(self, chosen: Array, held: bool) -> Array:
        """⌊u n⌋ for each u in [0, 1): these examples, each as a row of numbers."""
        table = self.held if held else self.learned
        taken = table[(chosen * len(table)).astype(np.int64)].reshape(len(chosen), -1)
        return taken / 255.0 if table.dtype == np.uint8 else taken.astype(np.float64)


FILES: dict[str, Callable[[Settings, str], Found]] = {
    "folder": image_folders.found,
    "celeba": lambda data, _: celeba.found(data),
    "emoji": lambda data, _: emoji.found(data),
}
"""(settings, name of the object) ↦ the image files to learn from and those held out."""

MADE: dict[str, Callable[[Settings, Shape, int, Draws, bool], Array]] = {
    "tint": tinted.examples,
    "textured": textured.examples,
}
"""(settings, shape, count, draws, held out?) ↦ examples."""

KINDS = frozenset({*FILES, *MADE, "npy"})


def examples(data: Settings, name: str, shape: Shape, count: int, draws: Draws, held: bool) -> Array:
    """Examples, each as a row of numbers."""
    if data.kind in MADE:
        return MADE[data.kind](data, shape, count, draws, held).reshape(count, -1)
    return sets(data, name, shape).rows(draws.random(count), held)


@lru_cache(maxsize=32)
def sets(data: Settings, name: str, shape: Shape) -> Sets:
    """The set, read once. Raises DataError where it cannot be used, whatever is wrong with it named."""
    if data.kind == "npy":
        return _arrays(data, shape)
    found = FILES[data.kind](data, name)
    background = dict(data.options).get("background", 255)
    frame = Frame(shape, data["crop"], data["box"], data["resize"], background)
    return Sets(decoded(found.learned, frame), decoded(found.held, frame))


def told(data: Settings, name: str, shape: Shape) -> str:
    """What there is, in words, read now."""
    if data.kind in MADE:
        for held in (False, True):
            examples(data, name, shape, 1, np.random.Generator(np.random.Philox(0)), held)
        return f"{name}: made afresh for each batch"
    known = sets(data, name, shape)
    return f"{name}: {len(known.learned)} examples to learn from, {len(known.held)} held out"


# ------------------------------------------------------------------------------------------------ arrays


def _arrays(data: Settings, shape: Shape) -> Sets:
    """One file of an array, of which every tenth example is held out, or two files."""
    whole = _array(Path(data["path"]), shape)
    if data["held"]:
        return Sets(whole, _array(Path(data["held"]), shape))
    tenth = np.arange(len(whole)) % 10 == 9
    if len(whole) < 10:
        raise DataError(f"{data['path']} has {len(whole)} examples; of ten or more, every tenth is held out")
    return Sets(whole[~tenth], whole[tenth])


def _array(path: Path, shape: Shape) -> np.ndarray[Any, np.dtype[Any]]:
    try:
        whole = np.load(path, allow_pickle=False)
    except Exception as refused:  # a damaged header is told of by many classes, of Python's tokens among them
        raise DataError(f"{path.absolute()} is not read as an array of numbers: {refused}") from None
    if not isinstance(whole, np.ndarray) or whole.dtype.kind not in "uif":
        raise DataError(f"{path.absolute()} holds no array of real numbers")
    if whole.ndim == 0 or whole.shape[1:] != shape or not len(whole):
        raise DataError(f"{path} has the shape {list(whole.shape)}; wanted are one or more examples of {list(shape)}")
    finite = np.isfinite(whole.reshape(len(whole), -1)).all(axis=1)
    if not finite.all():
        bad = np.flatnonzero(~finite)
        raise DataError(f"{path}: {len(bad)} examples hold a number that is not finite, first number {bad[0]}")
    return whole
