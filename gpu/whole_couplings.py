"""Coupling layers on whole numbers: (u, v) ↦ (u, v + ⌊s m(u/s)⌉ mod n), a bijection of {0, …, n-1}^d whatever m is.

In floats (v + m) - m is v but for rounding, and with badly scaled weights not even nearly (Dinh et al. 2015, section
3.2, is about real numbers). On whole numbers modulo n it is v. All that is asked of m is that it gives one number for
one argument: so it is computed here entry by entry, each sum in one order, with no library that may choose another; of
numpy's elementary functions it is assumed that what they give for a number depends on that number alone. Where m is
not a finite number, nothing is added, there and back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.errors import DataError, UsageError
from verified_cat.gpu.randomness import Array
from verified_cat.schema_kinds import Settings

Whole = NDArray[np.int64]


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
    "leaky relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "silu": lambda x: x * _sigmoid(x),
    "sigmoid": _sigmoid,
}


@dataclass(frozen=True)
class WholeCoupling:
    """The bijection of rows of ``width`` numbers from 0 to ``modulus`` - 1, which stand for x / ``scale``.

    ``nets`` are the layers of m₁, m₂, …: weights and biases, as in the network that was trained.
    """

    nets: tuple[tuple[tuple[Array, Array], ...], ...]
    width: int
    activation: str
    scale: int = 255
    modulus: int = 256

    def there(self, x: Whole) -> Whole:
        """f. Raises DataError for what is no row of such numbers."""
        return self._run(x, 1)

    def back(self, y: Whole) -> Whole:
        """The inverse of f, exactly."""
        return self._run(y, -1)

    def _run(self, x: Whole, sign: int) -> Whole:
        fits = isinstance(x, np.ndarray) and x.dtype == np.int64 and x.ndim == 2 and x.shape[1] == self.width
        if not fits or (x.size and not 0 <= x.min() <= x.max() < self.modulus):
            raise DataError(
                f"a coupling on whole numbers takes rows of {self.width} int64 numbers from 0 to {self.modulus - 1}"
            )
        middle = self.width // 2
        halves = [x[:, :middle].copy(), x[:, middle:].copy()]
        order = range(len(self.nets))
        for number in order if sign == 1 else reversed(order):
            kept, moved = (1, 0) if number % 2 else (0, 1)
            halves[moved] = (halves[moved] + sign * self.shift(number, halves[kept])) % self.modulus
        return np.concatenate(halves, axis=1)

    def shift(self, number: int, kept: Whole) -> Whole:
        """⌊s m(u/s)⌉ mod n."""
        with np.errstate(all="ignore"):
            real = self.scale * net(self.nets[number], self.activation, kept / self.scale)
        finite = np.where(np.isfinite(real), real, 0.0)
        return np.asarray(np.fmod(np.rint(finite), self.modulus), dtype=np.int64) % self.modulus


def net(layers: tuple[tuple[Array, Array], ...], activation: str, x: Array) -> Array:
    """Dense layers with the activation between; every sum from its first product to its last, row by row alike."""
    for number, (weight, bias) in enumerate(layers):
        if number:
            x = ACTIVATIONS[activation](x)
        total = np.broadcast_to(bias, (len(x), len(bias))).copy()
        for place in range(len(weight)):
            total += x[:, place : place + 1] * weight[place]
        x = total
    return x


def whole_coupling(
    made: Settings, weights: Mapping[str, Any], name: str, width: int, scale: int = 255, modulus: int = 256
) -> WholeCoupling:
    """That of the arrow ``name`` of a trained schema, at its weights. Raises UsageError where it is no coupling."""
    if made.kind != "coupling":
        raise UsageError(f"the arrow {name} is a network of the kind {made.kind!r}: only a coupling has a whole form")
    nets = tuple(_layers(weights, f"{name}.coupling{number + 1}") for number in range(made["layers"]))
    return WholeCoupling(nets, width, made["activation"], scale, modulus)


def _layers(weights: Mapping[str, Any], stem: str) -> tuple[tuple[Array, Array], ...]:
    found = []
    for number in count(1):
        if f"{stem}.layer{number}.weight" not in weights:
            break
        weight, bias = (weights[f"{stem}.layer{number}.{part}"] for part in ("weight", "bias"))
        found.append((np.asarray(weight, dtype=np.float64), np.asarray(bias, dtype=np.float64)))
    if not found:
        raise UsageError(f"there are no weights of {stem}")
    return tuple(found)


def differing(coupling: WholeCoupling, entries: int, seed: int) -> tuple[int, int]:
    """(how many of the entries of drawn rows are not the same after there and back, or back and there; how many there
    are)."""
    rows = -(-entries // (2 * coupling.width))
    draws = np.random.Generator(np.random.Philox(seed))
    x = draws.integers(0, coupling.modulus, (rows, coupling.width), dtype=np.int64)
    one, other = coupling.back(coupling.there(x)), coupling.there(coupling.back(x))
    return int((one != x).sum() + (other != x).sum()), 2 * x.size
