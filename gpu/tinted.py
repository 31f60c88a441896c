"""Garments and tints: a grey picture of Fashion-MNIST times a colour is a tinted garment, and nothing is lost.

A tint has a channel that is 1 (the others are between ``dark`` and 1), so the garment is the largest channel of the
tinted picture at each place, and the tint is what each channel has of it: the two factors of a product, known exactly
and never shown together. Learned from are the 60,000 pictures of the part train, held out the 10,000 of t10k.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from verified_cat.errors import DataError, UsageError
from verified_cat.gpu import idx
from verified_cat.gpu.measuring import determined
from verified_cat.gpu.randomness import Array
from verified_cat.schema_kinds import Settings

Draws = np.random.Generator
Shape = tuple[int, ...]


def examples(data: Settings, shape: Shape, count: int, draws: Draws, held: bool) -> Array:
    """Fresh examples of a part: ``tinted`` R[n,3,h,w], ``garment`` R[n,1,h,w] or ``tint`` R[n,3]."""
    if data["part"] == "tint":
        return tints(float(data["dark"]), count, draws)
    known = garments(data["path"], "t10k" if held else "train", data["classes"])
    if known.shape[1:] != shape[1:]:
        raise DataError(
            f"{data['path']} has pictures of {known.shape[2]} by {known.shape[1]} pixels; "
            f"an example holds {shape[2]} by {shape[1]}"
        )
    grey = known[(draws.random(count) * len(known)).astype(np.int64)] / 255.0
    if data["part"] == "garment":
        return np.asarray(grey[:, None])
    return tint(grey[:, None], tints(float(data["dark"]), count, draws))


def tints(dark: float, count: int, draws: Draws) -> Array:
    """One channel, any with equal chance, is 1, the others uniform on [dark, 1]."""
    colours = dark + (1 - dark) * draws.random((count, 3))
    colours[np.arange(count), (draws.random(count) * 3).astype(np.int64)] = 1.0
    return np.asarray(colours)


def tint(garment: Array, colour: Array) -> Array:
    """(b, c) ↦ b c : R[n,1,h,w] × R[n,3] → R[n,3,h,w]."""
    return np.asarray(garment * colour[:, :, None, None])


def untint(tinted: Array) -> tuple[Array, Array]:
    """b c ↦ (b, c), with b the largest channel and c = ⟨a, b⟩ / ⟨b, b⟩ for each channel a; c = 1 where b = 0."""
    garment = tinted.max(axis=1, keepdims=True)
    weight = (garment**2).sum(axis=(1, 2, 3))[:, None]
    shares = (tinted * garment).sum(axis=(2, 3))
    return garment, np.where(weight > 0, shares / np.where(weight > 0, weight, 1), 1.0)


# ------------------------------------------------------------------------------------------------ errors


def figures(name: str, made: Array, given: Array) -> dict[str, float]:
    """Mean errors to the truth, and beside them those of doing as little as can be done: the mean of the channels for
    the garment, the mean tint for the tint, and the garment in three equal channels for the tinted picture.

    The law of the tints is the same when channels change places, so nothing in the data says which channel is red. What
    the code tells of the tint, whatever way it is written, is R²: the share of the variance of the tint that quadratic
    functions of the code have, fitted on one half of the examples and measured on the other."""
    count = len(given)
    if made.shape[1] == given.shape[1] - given.shape[1] // 3 * 2 + 3:  # a third of the entries, and three more
        pictures = given.reshape(count, 3, -1, 1)
        garment, colour = untint(pictures)
        table = garment.reshape(count, -1)
        return {
            f"garment error of {name}": _mean(made[:, :-3], table),
            f"garment error of {name}, mean of the channels": _mean(pictures.mean(axis=1).reshape(count, -1), table),
            f"tint error of {name}": _mean(made[:, -3:], colour),
            f"tint error of {name}, mean tint": _mean(np.broadcast_to(colour.mean(axis=0), colour.shape), colour),
            f"R2 of the tint from the code of {name}": determined(made[:, -3:], colour),
        }
    garment, colour = given[:, :-3].reshape(count, 1, -1, 1), given[:, -3:]
    wanted = tint(garment, colour).reshape(count, -1)
    return {
        f"picture error of {name}": _mean(made, wanted),
        f"picture error of {name}, doing nothing": _mean(np.repeat(garment, 3, axis=1).reshape(count, -1), wanted),
    }


def _mean(made: Array, wanted: Array) -> float:
    return float(np.abs(made - wanted).mean())


# ------------------------------------------------------------------------------------------------ files


@lru_cache(maxsize=8)
def garments(path: str, part: str, classes: tuple[int, ...]) -> idx.Bytes:
    """The pictures of a part, of these classes only, if any are named. Raises DataError where none are left."""
    folder = Path(path)
    try:
        pixels = idx.read(idx.found(folder, f"{part}-images-idx3-ubyte"), 3)
        labels = idx.read(idx.found(folder, f"{part}-labels-idx1-ubyte"), 1)
    except UsageError as refused:
        raise DataError(str(refused)) from None
    if len(pixels) != len(labels):
        raise DataError(f"{folder} has {len(pixels)} pictures and {len(labels)} labels in the part {part}")
    chosen = pixels[np.isin(labels, classes)] if classes else pixels
    if not len(chosen):
        raise DataError(f"{folder} has no pictures of the classes {list(classes)} in the part {part}")
    return chosen
