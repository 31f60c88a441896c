"""Discs on textures: the background is two colours mixed along two waves, and not one colour.

The texture is s u + (1 - s) v for colours u, v ~ U[0,1]³ and s = ½ + ¼ (sin w₁ + sin w₂), where w_i is a wave of whole
frequencies from -4 to 4 in both directions with a random phase. The disc is as of the kind ``circles``: in the middle,
with a quarter of the side as its radius.
"""

from __future__ import annotations

from math import pi

import numpy as np

from verified_cat.gpu.made_images import disc
from verified_cat.gpu.randomness import Array
from verified_cat.schema_kinds import Settings

Draws = np.random.Generator
WAVES, HIGHEST = 2, 4


def examples(data: Settings, shape: tuple[int, ...], count: int, draws: Draws, held: bool) -> Array:
    """Fresh textures, with a disc of a colour of its own or without: R[n,3,side,side]. There is nothing to hold out:
    two draws are never the same."""
    side = shape[1]
    ground = textures(count, side, draws)
    if not data["disc"]:
        return ground
    mask, colour = disc(side), draws.random((count, 3))
    return np.asarray(ground * (1 - mask) + colour[:, :, None, None] * mask)


def textures(count: int, side: int, draws: Draws) -> Array:
    """R[n,3,side,side]."""
    place = (np.arange(side) + 0.5) / side
    share = np.full((count, side, side), 0.5)
    for _ in range(WAVES):
        down, across = (np.floor((2 * HIGHEST + 1) * draws.random((2, count))) - HIGHEST)[:, :, None]
        phase = 2 * pi * draws.random(count)[:, None, None]
        share += np.sin(2 * pi * ((down * place)[:, :, None] + (across * place)[:, None, :]) + phase) / (2 * WAVES)
    one, other = draws.random((2, count, 3))[:, :, :, None, None]
    return np.asarray(one * share[:, None] + other * (1 - share[:, None]))
