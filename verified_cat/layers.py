"""Structured layers as terms: gathering, convolving and pooling are contractions with a fixed tensor."""

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


def convolution_of_images(channels: int, sizes: tuple[int, int], filters: int, window: tuple[int, int]) -> Term:
    """(k, x) ↦ y with y_d,o,p = Σ_c,i,j k_d,c,i,j x_c,o+i,p+j, as in torch's conv2d without padding.

    R[filters,channels,i,j] ⊗ R[channels,n,m] → R[filters,n - i + 1,m - j + 1]. Raises ShapeError where the window is
    empty or larger than the image.
    """
    (n, m), (i, j) = sizes, window
    rows, columns = n - i + 1, m - j + 1
    # The rows of all stretches first, as if each column were a channel, then the columns.
    turned = primitives.permute((channels, n, m), (0, 2, 1)) >> primitives.reshape((channels, m, n), (channels * m, n))
    upright = (channels, m, rows, i)
    high = turned >> windows(channels * m, n, i) >> primitives.reshape((channels * m, rows, i), upright)
    lying = (channels * rows * i, m)
    wide = high >> primitives.permute(upright, (0, 2, 3, 1)) >> primitives.reshape((channels, rows, i, m), lying)
    patches = (channels, rows, i, columns, j)
    both = wide >> windows(lying[0], m, j) >> primitives.reshape((lying[0], columns, j), patches)
    inner, outer = channels * i * j, rows * columns
    flat = both >> primitives.permute(patches, (0, 2, 4, 1, 3))
    stacked = flat >> primitives.reshape((channels, i, j, rows, columns), (inner, outer))
    product = primitives.contract("dr,ro->do", (filters, inner), (inner, outer))
    kernel = primitives.reshape((filters, channels, i, j), (filters, inner))
    return (kernel @ stacked) >> product >> primitives.reshape((filters, outer), (filters, rows, columns))


def gather(length: int, positions: tuple[int, ...]) -> Term:
    """x ↦ (x_p)_p : R[length] → R[count], as in an embedding. Raises ShapeError for a position that is not there."""
    return _chosen("oi,i->o", length, positions, space(length))


def scatter(length: int, positions: tuple[int, ...]) -> Term:
    """y ↦ (Σ of the y_o with p_o = i)_i : R[count] → R[length], the transpose of ``gather``: what meets is added."""
    return _chosen("oi,o->i", length, positions, space(len(positions)))


def _chosen(subscripts: str, length: int, positions: tuple[int, ...], dom: Space) -> Term:
    if not all(0 <= position < length for position in positions):
        raise ShapeError(f"gather and scatter: {positions} are not all positions of a vector of length {length}")
    chosen = [int(i == position) for position in positions for i in range(length)]
    return _gathered(subscripts, (len(positions), length), chosen, dom)


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
