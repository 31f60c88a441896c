"""Affine forms x = c + Σ_q a_q ε_q + e η over many boxes at once: what they are, and what lines do to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from verified_cat.reference.balls import Array
from verified_cat.reference.relaxations import SLACK, TINY, Line


@dataclass(frozen=True)
class Form:
    """A value of R^shape over Z boxes: ``centre`` and ``error`` of shape (Z, *shape), ``linear`` of (Z, k, *shape).

    One box stands for all where Z is 1; a value that no symbol moves has no ``linear``.
    """

    centre: Array
    linear: Array | None
    error: Array

    @cached_property
    def spread(self) -> Array:
        """Σ_q |a_q|, or more."""
        if self.linear is None:
            return np.zeros_like(self.centre)
        return np.asarray(np.abs(self.linear).sum(axis=1) * (1 + SLACK + self.linear.shape[1] * 2.0**-52))

    def spreading(self, spread: Array) -> Form:
        """The same, where its spread is known from another form."""
        self.__dict__["spread"] = spread
        return self

    @property
    def known(self) -> bool:
        """Whether it is the same for all boxes, and no symbol moves it."""
        return self.linear is None and len(self.centre) == 1

    @property
    def reach(self) -> Array:
        """|x| ≤ reach."""
        return (np.abs(self.centre) + self.spread + self.error) * (1 + SLACK)

    @property
    def ends(self) -> tuple[Array, Array]:
        """(low, high) around x."""
        around = (self.spread + self.error) * (1 + SLACK)
        return np.nextafter(self.centre - around, -np.inf), np.nextafter(self.centre + around, np.inf)


def form(centre: Array, linear: Array | None, error: Array, spread: Array | None = None) -> Form:
    """The form, whose spread may be known; where a part is no finite number, nothing is known of the entry."""
    made = Form(centre, linear, error)
    if spread is not None:
        made.spreading(spread)
    sure = np.isfinite(np.abs(centre) + error + made.spread)
    if sure.all():
        return made
    moved = None if linear is None else np.where(sure[:, None], linear, 0.0)
    return Form(np.where(sure, centre, 0.0), moved, np.where(sure, error, np.inf))


def boxes(low: Array, high: Array, matrix: Array | None = None, shift: Array | None = None) -> Form:
    """x = θ, or x = M θ + t, for θ in each of Z boxes [low, high] of k parameters; of shape (Z, entries)."""
    middle = low + (high - low) / 2
    radius = np.nextafter(np.maximum(high - middle, middle - low), np.inf)
    turn = np.eye(low.shape[1]) if matrix is None else matrix
    linear = radius[:, :, None] * turn.T[None]
    centre = middle @ turn.T + (0.0 if shift is None else shift)
    reach = np.abs(middle) @ np.abs(turn).T + np.abs(linear).sum(axis=1) + (0.0 if shift is None else np.abs(shift))
    exact = matrix is None and shift is None
    return form(centre, linear, np.zeros_like(centre) if exact else SLACK * reach + TINY)


def points(x: Array) -> Form:
    """Z points of R^n: boxes without extent."""
    return Form(x, None, np.zeros_like(x))


def along(found: Line, x: Form, off: Any) -> Form:
    """λ x + middle ± (half + off)."""
    sized = np.abs(found.slope) * x.reach + np.abs(found.middle)
    error = np.abs(found.slope) * x.error + found.half + off + SLACK * sized
    linear = None if x.linear is None else found.slope[:, None] * x.linear
    exact = (found.slope == 1) & (found.middle == 0) & (found.half == 0) & (np.asarray(off) == 0)
    spread = np.abs(found.slope) * x.spread * (1 + SLACK)
    error = np.where(exact, x.error, error * (1 + SLACK) + TINY)
    return form(found.slope * x.centre + found.middle, linear, error, spread)


def each(f: Callable[[Array], Array], linear: Array | None) -> Array | None:
    """f of every coefficient."""
    if linear is None:
        return None
    made = f(linear.reshape(linear.shape[0] * linear.shape[1], *linear.shape[2:]))
    return made.reshape(*linear.shape[:2], *made.shape[1:])


def by_symbols(f: Callable[[Array], Array], linear: Array | None) -> Array | None:
    """f of the coefficients of each symbol, over all boxes."""
    return None if linear is None else np.stack([f(linear[:, q]) for q in range(linear.shape[1])], axis=1)


def times(linear: Array | None, by: Array) -> Array | None:
    """Every coefficient times the entry of ``by``."""
    return None if linear is None else linear * by[:, None]


def plus(one: Array | None, other: Array | None) -> Array | None:
    """The sum of the coefficients of each symbol."""
    if one is None or other is None:
        return one if other is None else other
    most = max(one.shape[1], other.shape[1])
    return padded(one, most) + padded(other, most)


def padded(linear: Array, symbols: int) -> Array:
    """With coefficients 0 for the symbols that came later."""
    missing = symbols - linear.shape[1]
    if missing <= 0:
        return linear
    return np.concatenate([linear, np.zeros((len(linear), missing, *linear.shape[2:]))], axis=1)
