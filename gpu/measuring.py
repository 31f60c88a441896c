"""Distances between tables of examples and between their laws, as shares of what unrelated examples have."""

from __future__ import annotations

import numpy as np

from verified_cat.gpu.randomness import Array, stream

MOST = 1000
"""So many rows are compared pair by pair."""
WIDE = 64
"""Rows of more entries are compared by their inner products."""
TINY = 1e-9
"""Distances up to this are none."""
RIDGE = 1e-4
"""What is added to each sum of squares, so that a column that hardly varies tells nothing."""


def distances(one: Array, other: Array) -> Array:
    """|x_i - y_j|: to a few roundings by differences of columns, where they are few; else by |x|² + |y|² - 2 ⟨x, y⟩
    about a common middle, which is quicker, and off by some 1e-8 of their lengths where rows nearly meet."""
    if one.shape[1] <= WIDE:
        sums = np.zeros((len(one), len(other)))
        for x, y in zip(one.T, other.T, strict=True):
            sums += (x[:, None] - y) ** 2
        return np.asarray(np.sqrt(sums))
    middle = other.mean(axis=0)
    x, y = one - middle, other - middle
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1) - 2 * x @ y.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def unrelated(table: Array) -> float:
    """The mean |x - x'| over unrelated rows: how far apart examples are."""
    return apart(table, np.roll(table, 1, axis=0))


def apart(one: Array, other: Array) -> float:
    """The mean |x - y| over the rows."""
    return float(np.linalg.norm(one - other, axis=1).mean())


def share(distance: float, scale: float) -> float:
    """distance / scale; where all examples are the same, 0 or infinity."""
    if scale > TINY:
        return distance / scale
    return 0.0 if distance <= TINY else float("inf")


def energy_distance(one: Array, other: Array) -> float:
    """2 E|x - y| - E|x - x'| - E|y - y'|, over pairs of different rows: 0 for equal laws (Székely and Rizzo 2013,
    section 3); below 0 only by the chance of the sample."""
    x, y = one[:MOST], other[:MOST]
    return 2 * float(distances(x, y).mean()) - _within(x) - _within(y)


def _within(table: Array) -> float:
    """E|x - x'|."""
    return float(distances(table, table).sum() / (len(table) * (len(table) - 1)))


def energy_share(one: Array, other: Array) -> float:
    """The energy distance as a share of 2 E|x - y|: at most 1."""
    return share(energy_distance(one, other), 2 * float(distances(one[:MOST], other[:MOST]).mean()))


def contrast_share(made: Array, real: Array, shape: tuple[int, ...]) -> float:
    """The energy distance of the contrasts of pictures, as a share of 2 E|x - x'| of the pictures themselves: what is
    painted on a picture of one colour is hardly seen in distances between whole pictures."""
    x, y = contrasts(made[:MOST], shape), contrasts(real[:MOST], shape)
    entry = float(np.abs(real - np.roll(real, 1, axis=0)).mean()) * x.shape[1] ** 0.5
    return share(energy_distance(x, y), 2 * entry)


def contrasts(table: Array, shape: tuple[int, ...]) -> Array:
    """The mean |difference| of blocks, 8 × 8 in a picture, at distances of 1, 2 and 4 blocks, for each channel."""
    channels, height, width = shape
    high, wide = max(1, height // 8), max(1, width // 8)
    rows, columns = height // high, width // wide
    cut = table.reshape(-1, channels, height, width)[:, :, : rows * high, : columns * wide]
    blocks = cut.reshape(-1, channels, rows, high, columns, wide).mean(axis=(3, 5))
    apart = [blocks[:, :, k:] - blocks[:, :, :-k] for k in (1, 2, 4) if k < rows]
    apart += [blocks[:, :, :, k:] - blocks[:, :, :, :-k] for k in (1, 2, 4) if k < columns]
    return np.concatenate([np.abs(each).mean(axis=(2, 3)) for each in apart], axis=1)


def covered(made: Array, real: Array, cells: int = 12) -> tuple[float, float]:
    """The share of the data in cells that get less than a quarter of their share, cells of 25 examples or more in the
    mean; and the share of what is made that lies among the data: no further from some example than its fifth neighbour
    (Kynkäänniemi et al. 2019, section 2)."""
    real, made = real[:MOST], made[:MOST]
    centres = clusters(real, min(cells, len(real) // 25))
    wanted, found = (
        np.bincount(distances(each, centres).argmin(axis=1), minlength=len(centres)) / len(each)
        for each in (real, made)
    )
    counted = wanted >= 10 / len(real)
    missed = float(wanted[counted & (found < wanted / 4)].sum())
    radius = np.sort(distances(real, real), axis=1)[:, 5]
    return missed, float((distances(made, real) <= radius * (1 + 1e-6)).any(axis=1).mean())


def clusters(table: Array, count: int) -> Array:
    """The middles of so many groups: k-means from far apart rows (Arthur and Vassilvitskii 2007), ten rounds."""
    draws = stream(0, "clusters", "report")
    centres = table[:1]
    while len(centres) < min(count, len(table)):
        near = distances(table, centres).min(axis=1) ** 2
        if near.sum() <= TINY:
            break
        centres = np.vstack([centres, table[np.searchsorted(np.cumsum(near), draws.random() * near.sum())]])
    for _ in range(10):
        own = distances(table, centres).argmin(axis=1)
        centres = np.stack([table[own == k].mean(axis=0) if (own == k).any() else c for k, c in enumerate(centres)])
    return centres


def recovery(made: Array, truth: Array) -> tuple[float, float]:
    """R² of the truth, on the second half: of what is made itself, and of what is determined by its first ten
    principal coordinates, which is recovery up to an automorphism."""
    half = len(made) // 2
    return explained(made[half:], truth[half:]), determined(principal(made, 10), truth)


def determined(known: Array, wanted: Array) -> float:
    """R² on the second half of the examples of a quadratic ridge regression on the first: how much is told, however
    it is written. For entries of about the size 1."""
    half, given = len(known) // 2, quadratic(known)
    first = given[:half]
    weights = np.linalg.solve(first.T @ first + RIDGE * np.eye(first.shape[1]), first.T @ wanted[:half])
    return explained(given[half:] @ weights, wanted[half:])


def explained(made: Array, wanted: Array) -> float:
    """R² = 1 - Σ |y - ŷ|² / Σ |y - ȳ|²."""
    return 1 - share(float(((made - wanted) ** 2).sum()), float(((wanted - wanted.mean(axis=0)) ** 2).sum()))


def principal(table: Array, count: int) -> Array:
    """The first principal coordinates, each of variance 1."""
    centred = table - table.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    kept = min(count, int((sizes > 1e-6 * max(sizes[0], TINY)).sum()))
    return np.asarray(left[:, :kept] * np.sqrt(len(table)))


def quadratic(table: Array) -> Array:
    """1, x_i and x_i x_j; of more than ten columns, x_i² alone."""
    rows, columns = np.triu_indices(table.shape[1]) if table.shape[1] <= 10 else (2 * [np.arange(table.shape[1])])
    return np.hstack([np.ones((len(table), 1)), table, table[:, rows] * table[:, columns]])
