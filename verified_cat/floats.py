"""Sums of floats that are the same in every Python: from 3.12 on ``sum`` rounds them otherwise than before."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def added(values: Iterable[float]) -> float:
    """(0 + x₁) + x₂ + …, from the left and rounded after each."""
    whole = 0.0
    for value in values:
        whole += value
    return whole


def mean(values: Collection[float]) -> float:
    """The arithmetic mean. Raises ZeroDivisionError where there are none."""
    return added(values) / len(values)
