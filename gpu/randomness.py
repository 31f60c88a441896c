"""Streams of random numbers, one for each (seed, object, purpose), the same on every machine.

Only ``Generator.random`` of NumPy's Philox is used: 53 bits of a counter-based stream, scaled by a power of two. What
else is wanted is made of those, because NumPy keeps the bits of the stream, not of its other distributions.
"""

from __future__ import annotations

from hashlib import sha256
from math import prod, sqrt
from typing import Any

import numpy as np

from verified_cat.errors import DataError, UsageError
from verified_cat.objects import Ob, Space, leaves

Array = np.ndarray[Any, np.dtype[np.float64]]
Index = np.ndarray[Any, np.dtype[np.intp]]


def stream(seed: int, thing: str, purpose: str) -> np.random.Generator:
    """The stream for one purpose of one object; adding another never changes it. Raises UsageError on a bad seed."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"a seed is a whole number >= 0, not {seed!r}")
    digest = sha256(f"{seed}\0{thing}\0{purpose}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def position(numbers: np.random.Generator) -> int:
    """How many numbers were drawn from a stream."""
    state: Any = numbers.bit_generator.state
    blocks = sum(int(word) << 64 * place for place, word in enumerate(state["state"]["counter"]))
    return 4 * blocks + int(state["buffer_pos"]) - 4


def entered(seed: int, thing: str, purpose: str, drawn: int) -> np.random.Generator:
    """``stream`` after so many numbers, none of which is made but the last three."""
    numbers = stream(seed, thing, purpose)
    numbers.bit_generator.advance(drawn // 4)  # type: ignore[attr-defined]
    numbers.random(drawn % 4)
    return numbers


def shuffled(count: int, numbers: np.random.Generator) -> Index:
    """The numbers below ``count`` in random order, by sorting one draw for each."""
    return np.argsort(numbers.random(count), kind="stable")


def glorot(shape: tuple[int, ...], numbers: np.random.Generator) -> Array:
    """U(-r, r) with r = √(6 / (inputs + outputs)), for R[inputs,outputs] (Glorot and Bengio 2010, eq. 16).

    For kernels of convolutions, R[outputs,inputs,i,j], each of the i j places of a window is an input and an output.
    """
    reach = sqrt(6 / max(1, sum(shape[:2]) * prod(shape[2:])))
    return (2 * numbers.random(shape) - 1) * reach


def initial_weights(param: Ob, names: tuple[str, ...], seed: int) -> dict[str, Array]:
    """The first parameters by name: matrices and kernels by ``glorot``, each from its own stream; everything else 0."""
    made: dict[str, Array] = {}
    for leaf, name in zip(leaves(param), names, strict=True):
        if not isinstance(leaf, Space):
            raise DataError(f"{name}: {leaf} is opaque: it has no numbers to draw")
        drawn = len(leaf.shape) >= 2
        made[name] = glorot(leaf.shape, stream(seed, name, "initial")) if drawn else np.zeros(leaf.shape)
    return made
