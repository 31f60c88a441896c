"""Structured layers as terms: a convolution and a pooling are contractions with a fixed tensor that gathers."""

from __future__ import annotations

from fractions import Fraction

from verified_cat import primitives
from verified_cat.errors import ShapeError
from verified_cat.objects import Space, space
from verified_cat.terms import Discard, Identity, Pairing, Term


def windows(channels: int, length: int, window: int) -> Term:
    """x ↦ (x_c,o+j) : R[channels,length] → R[channels,length - window + 1,window], every stretch of the signal.

    Raises ShapeError where the window is empty or longer than the signal.
    """
    if not 1 <= window <= length:
        raise ShapeError(f"windows: a window of {window} does not fit into a signal of {length}")
    count = length - window + 1
    chosen = [int(i == o + j) for o in range(count) for j in range(window) for i in range(length)]
    return _gathered("oji,ci->coj", (count, window, length), chosen, space(channels, length))


def convolution(channels: int, length: int, filters: int, window: int) -> Term:
    """(k, x) ↦ y with y_d,o = Σ_c,j k_d,c,j x_c,o+j, as in torch's conv1d without padding.

    R[filters,channels,window] ⊗ R[channels,length] → R[filters,length - window + 1].
    """
    kernel, count = (filters, channels, window), length - window + 1
    stretches = windows(channels, length, window)
    product = primitives.contract("dr,ro->do", (filters, channels * window), (channels * window, count))
    rows = primitives.permute((channels, count, window), (0, 2, 1)) >> primitives.reshape(
        (channels, window, count), (channels * window, count)
    )
    return (primitives.reshape(kernel, (filters, channels * window)) @ (stretches >> rows)) >> product


def average_pool(channels: int, length: int, window: int) -> Term:
    """x ↦ the means of its stretches of ``window``, side by side : R[channels,length] → R[channels,length // window].

    What is left over at the end is cropped, as in torch. Raises ShapeError for an empty window.
    """
    if window < 1:
        raise ShapeError(f"average_pool: a window of {window} has no mean")
    count = length // window
    share = [Fraction(int(i // window == o), window) for o in range(count) for i in range(length)]
    return _gathered("oi,ci->co", (count, length), share, space(channels, length))


def _gathered(subscripts: str, shape: tuple[int, ...], entries: list[Fraction] | list[int], dom: Space) -> Term:
    """x ↦ Σ_i G_…i x_ci for a constant tensor G."""
    # A constant takes one entry for all, which an empty tensor needs.
    fixed = Discard(dom) >> primitives.constant(shape, *(entries or [0]))
    return Pairing(fixed, Identity(dom)) >> primitives.contract(subscripts, shape, dom.shape)
