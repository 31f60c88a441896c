"""Pictures that are made: a disc of one colour on a background of another, and plain pictures.

The mask m of the disc has 8 × 8 points in each pixel: m is the share of them within the radius. A picture of the
background x with a disc of the colour y is x (1 - m) + y m, so without wandering the set of all pictures is the linear
image of the cube [0, 1]⁶.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import isqrt

import numpy as np

from verified_cat.gpu.randomness import Array
from verified_cat.schema_kinds import Settings

Draws = np.random.Generator
CHANNELS = 3
FINE = 8
"""So many points along each side of a pixel."""


def side_of(dimension: int) -> int:
    """The side of a square picture of three channels with so many entries."""
    return isqrt(dimension // CHANNELS)


@cache
def disc(side: int) -> Array:
    """The mask of a disc in the middle with a quarter of the side as its radius: R[side,side]."""
    return np.asarray(discs(side, np.array([[side / 2, side / 2]]), np.array([side / 4]))[0])


def discs(side: int, centres: Array, radii: Array) -> Array:
    """A mask for each centre and radius, in pixels: the share of 8 × 8 points of each pixel within the radius."""
    places = (np.arange(side * FINE) + 0.5) / FINE
    across, down = ((places - centres[:, axis, None]) ** 2 for axis in (0, 1))
    inside = (across[:, :, None] + down[:, None, :]) <= (radii**2)[:, None, None]
    return np.asarray(inside.reshape(len(radii), side, FINE, side, FINE).mean(axis=(2, 4)))


@dataclass(frozen=True)
class Discs:
    """What pictures with a disc are made of: the colours of background and disc, R[n,3], and the masks, R[n,side,side]
    or one for all."""

    background: Array
    colour: Array
    mask: Array

    @property
    def pictures(self) -> Array:
        """x (1 - m) + y m : R[n,3,side,side]."""
        return rendered(self.background, self.colour, self.mask)


def rendered(background: Array, colour: Array, mask: Array) -> Array:
    """x (1 - m) + y m : R[n,3,side,side]."""
    masks = np.broadcast_to(mask, (len(background), *mask.shape[-2:]))[:, None]
    return np.asarray(background[:, :, None, None] * (1 - masks) + colour[:, :, None, None] * masks)


def plain(colour: Array, side: int) -> Array:
    """Pictures of one colour: R[n,3,side,side]."""
    return np.broadcast_to(colour[:, :, None, None], (len(colour), CHANNELS, side, side))


# ------------------------------------------------------------------------------------------------ laws


def colours(data: Settings, count: int, draws: Draws) -> Array:
    """Colours with independent channels: uniform on [0, 1], or B(a, b), the a-th smallest of a + b - 1 such numbers."""
    if not data["channels"]:
        return draws.random((count, CHANNELS))
    shapes = [(int(a), int(b)) for a, b in data["channels"]]
    return np.stack([np.sort(draws.random((count, a + b - 1)), axis=1)[:, a - 1] for a, b in shapes], axis=1)


def drawn(data: Settings, count: int, side: int, draws: Draws) -> Discs:
    """Backgrounds and discs; pairs of colours closer than ``min_contrast`` in all channels are drawn again."""
    background, colour = colours(data, count, draws), colours(data, count, draws)
    least = float(data["min_contrast"])
    close = np.flatnonzero(np.abs(background - colour).max(axis=1) < least)
    while len(close):
        background[close], colour[close] = colours(data, len(close), draws), colours(data, len(close), draws)
        close = close[np.abs(background[close] - colour[close]).max(axis=1) < least]
    return Discs(background, colour, masks(data, count, side, draws))


def masks(data: Settings, count: int, side: int, draws: Draws) -> Array:
    """The disc in the middle; or one whose radius is between two shares of the side, and which wanders, within the
    picture, by at most so great a share of it."""
    if not data["wander"] and not data["radii"]:
        return disc(side)
    low, high = (float(each) for each in data["radii"] or (0.25, 0.25))
    radii = side * (low + (high - low) * draws.random(count))
    away = np.minimum(side * float(data["wander"]), side / 2 - radii)[:, None]
    return discs(side, side / 2 + away * (2 * draws.random((count, 2)) - 1), radii)


def _circles(data: Settings, count: int, dimension: int, draws: Draws) -> Array:
    return drawn(data, count, side_of(dimension), draws).pictures.reshape(count, dimension)


def _plain(data: Settings, count: int, dimension: int, draws: Draws) -> Array:
    return plain(colours(data, count, draws), side_of(dimension)).reshape(count, dimension)


LAWS: dict[str, Callable[[Settings, int, int, Draws], Array]] = {"circles": _circles, "plain": _plain}
"""(settings, count, entries of an example, draws) ↦ a row of numbers for each example."""
