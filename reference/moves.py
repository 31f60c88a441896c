"""Rows that move entries, as index maps: which entry of the argument each entry of the result is.

One array of positions says what ``slice``, ``gather`` and ``windows`` are, whatever the entries are; their transposes
``place``, ``scatter`` and ``fold_windows`` add up, at each position, what came from there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.primitives import Shape

Positions = NDArray[np.int64]
Array = NDArray[Any]


def _sliced(x: Array, starts: Shape, lengths: Shape, steps: Shape) -> Array:
    ends = (
        slice(start, start + length * step, step) for start, length, step in zip(starts, lengths, steps, strict=True)
    )
    return x[tuple(ends)]


def _windowed(x: Array, window: Shape, stride: Shape, dilation: Shape) -> Array:
    first = x.ndim - len(window)
    for number, (size, step, apart) in enumerate(zip(window, stride, dilation, strict=True)):
        count = (x.shape[first + number] - apart * (size - 1) - 1) // step + 1
        chosen = np.arange(count)[:, None] * step + np.arange(size) * apart
        x = np.moveaxis(np.take(x, chosen, axis=first + number), first + number + 1, -1)
    return x


READS: dict[str, Callable[..., Array]] = {
    "slice": _sliced,
    "gather": lambda x, axis, positions: np.take(x, np.array(positions, dtype=np.int64), axis=axis),
    "windows": _windowed,
}
"""Rows whose results are entries of their argument."""

TRANSPOSED = {"place": "slice", "scatter": "gather", "fold_windows": "windows"}
"""Their transposes, with the same arguments."""


@lru_cache(maxsize=64)
def positions(name: str, shape: Shape, *arguments: Any) -> Positions:
    """For each entry of the result of a row in ``READS`` the place of its source in row-major order."""
    return READS[name](np.arange(prod(shape), dtype=np.int64).reshape(shape), *arguments)


def meetings(name: str, *arguments: Any) -> int:
    """At how many entries of its argument a transposed row adds up for one entry of its result, at most."""
    found = positions(TRANSPOSED[name], *arguments)
    return int(np.bincount(found.ravel()).max()) if found.size else 0


def read(name: str, *arguments: Any) -> Callable[[Array], Array]:
    """A row in ``READS`` on arrays of anything."""
    return lambda x: READS[name](x, *arguments[1:])


def added(name: str, *arguments: Any) -> Callable[[Array], Array]:
    """A transposed row on arrays of numbers, by adding them."""
    shape: Shape = arguments[0]
    at = positions(TRANSPOSED[name], *arguments)

    def run(y: Array) -> Array:
        out = np.zeros(prod(shape), dtype=y.dtype)
        np.add.at(out, at.ravel(), y.ravel())
        return out.reshape(shape)

    return run


def totalled(total: Callable[[list[Any]], Any], name: str, *arguments: Any) -> Callable[[Array], Array]:
    """A transposed row on arrays of entries that ``total`` adds: one sum for each entry of the result."""
    shape: Shape = arguments[0]
    at = positions(TRANSPOSED[name], *arguments).ravel().tolist()

    def run(y: Array) -> Array:
        met: list[list[Any]] = [[] for _ in range(prod(shape))]
        for position, entry in zip(at, y.ravel().tolist(), strict=True):
            met[position].append(entry)
        out = np.empty(prod(shape), dtype=object)
        out[:] = [total(entries) for entries in met]
        return out.reshape(shape)

    return run


def rows(total: Callable[[list[Any]], Any] | None = None) -> dict[str, Callable[..., Any]]:
    """All six rows, arguments ↦ function: on arrays of numbers, or of entries that ``total`` adds."""
    adding = {name: partial(totalled, total, name) if total else partial(added, name) for name in TRANSPOSED}
    reading: dict[str, Callable[..., Any]] = {name: partial(read, name) for name in READS}
    return reading | adding
