"""Convolutions, pools, frames and sizes by their definitions, entry by entry, in exact numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verified_cat import images
from verified_cat.errors import ShapeError
from verified_cat.functions import Functions
from verified_cat.networks import Network
from verified_cat.objects import Pair, Space, space

sys.path.insert(0, str(Path(__file__).parent))
from exact_arrays import array, image, same

SHAPE = (3, 2, 4, 3)
X = array(*SHAPE)
Couple = tuple[int, int]


def zeros(*shape: int) -> Any:
    made = np.empty(shape, dtype=object)
    made[...] = Fraction(0)
    return made


def framed(x: Any, padding: Couple) -> Any:
    """With so many rows and columns of zeros on each side."""
    n, c, h, w = x.shape
    made = zeros(n, c, h + 2 * padding[0], w + 2 * padding[1])
    made[:, :, padding[0] : padding[0] + h, padding[1] : padding[1] + w] = x
    return made


def stretches(shape: Any, window: Couple, stride: Couple, dilation: Couple = (1, 1)) -> list[tuple[Couple, Any]]:
    """For each window that fits, its place and the index of its entries."""
    counts = [(n - d * (w - 1) - 1) // s + 1 for n, w, s, d in zip(shape[2:], window, stride, dilation, strict=True)]
    found = []
    for o in np.ndindex(*counts):
        own = [
            slice(at * s, at * s + d * (w - 1) + 1, d) for at, w, s, d in zip(o, window, stride, dilation, strict=True)
        ]
        found.append((o, (slice(None), slice(None), *own)))
    return found


def correlated(x: Any, kernel: Any, stride: Couple, padding: Couple, dilation: Couple, groups: int) -> Any:
    """Σ over the channels of a group and the window."""
    x = framed(x, padding)
    places = stretches(x.shape, kernel.shape[2:], stride, dilation)
    made = zeros(x.shape[0], kernel.shape[0], *(1 + most for most in places[-1][0]))
    size = kernel.shape[0] // groups
    for (i, j), own in places:
        for out in range(kernel.shape[0]):
            channels = slice(out // size * kernel.shape[1], (out // size + 1) * kernel.shape[1])
            made[:, out, i, j] = (x[own][:, channels] * kernel[out]).sum(axis=(1, 2, 3))
    return made


def spread(y: Any, kernel: Any, ended: Any, stride: Couple, padding: Couple, dilation: Couple, groups: int) -> Any:
    """The transpose: each entry of y is added wherever it would have been read."""
    around = framed(zeros(*ended), padding)
    size = kernel.shape[0] // groups
    for (i, j), own in stretches(around.shape, kernel.shape[2:], stride, dilation):
        for n, channel in np.ndindex(*y.shape[:2]):
            channels = slice(channel // size * kernel.shape[1], (channel // size + 1) * kernel.shape[1])
            around[own][n, channels] += y[n, channel, i, j] * kernel[channel]
    return around[:, :, padding[0] : padding[0] + ended[2], padding[1] : padding[1] + ended[3]]


# ------------------------------------------------------------------------------------------------ convolutions

PLAIN: tuple[Couple, Couple, Couple, int] = ((1, 1), (0, 0), (1, 1), 1)
HARD: tuple[Couple, Couple, Couple, int] = ((2, 1), (1, 2), (1, 2), 2)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("how", [PLAIN, HARD])
def test_a_convolution(how: Any, bias: bool, plain: Functions) -> None:
    stride, padding, dilation, groups = how
    kernel, level = array(4, 2 // groups, 3, 2, seed=1), array(4, seed=2)
    made = images.conv2d(SHAPE, 4, (3, 2), stride, padding, dilation, groups, bias=bias)
    expected = correlated(X, kernel, stride, padding, dilation, groups)
    has_its_parts(made, "conv2d", kernel, level, bias, X, expected, plain)


def has_its_parts(
    made: Network, name: str, kernel: Any, level: Any, bias: bool, x: Any, expected: Any, plain: Functions
) -> None:
    """The bias on every channel, the names, the parameters and the boundary."""
    own = space(*kernel.shape)
    assert made.map.param == (Pair(own, space(*level.shape)) if bias else own)
    assert (made.map.dom, made.map.cod) == (space(*x.shape), space(*expected.shape))
    assert made.names == ((f"{name}.weight", f"{name}.bias") if bias else (f"{name}.weight",))
    assert made.ends == (name, name)
    if bias:
        found, expected = image(made.map.inside, plain, kernel, level, x), expected + level.reshape(1, -1, 1, 1)
    else:
        found = image(made.map.inside, plain, kernel, x)
    assert same(found, expected)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("how", "more", "ended"),
    [(PLAIN, (0, 0), (3, 4, 6, 4)), (HARD, (1, 0), (3, 4, 8, 1)), (HARD, (0, 0), (3, 4, 7, 1))],
)
def test_a_transposed_convolution(how: Any, more: Couple, ended: Any, bias: bool, plain: Functions) -> None:
    """The output padding is what tells apart the images that a strided convolution takes to one size."""
    stride, padding, dilation, groups = how
    kernel, level = array(2, 4 // groups, 3, 2, seed=1), array(4, seed=2)
    made = images.conv_transpose2d(SHAPE, 4, (3, 2), stride, padding, more, dilation, groups, bias=bias)
    expected = spread(X, kernel, ended, stride, padding, dilation, groups)
    has_its_parts(made, "conv_transpose2d", kernel, level, bias, X, expected, plain)


def test_what_a_convolution_is_by_default() -> None:
    for make in (images.conv2d, images.conv_transpose2d):
        explicit = make(SHAPE, 4, (3, 2), (1, 1), (0, 0), dilation=(1, 1), groups=1, bias=True)
        assert make(SHAPE, 4, (3, 2)) == explicit
        named = make(SHAPE, 4, (3, 2), name="mine", bias=False)
        assert (named.names, named.ends) == (("mine.weight",), ("mine", "mine"))


# ------------------------------------------------------------------------------------------------ pools


@pytest.mark.parametrize("padding", [None, (0, 0), (1, 0), (0, 1)])
@pytest.mark.parametrize("stride", [None, (1, 2)])
def test_the_means_of_windows(stride: Couple | None, padding: Couple | None, plain: Functions) -> None:
    """Zeros around count; side by side, unless a stride is given."""
    term = images.average_pool(SHAPE, (2, 3), stride, *(() if padding is None else (padding,)))
    x = framed(X, padding or (0, 0))
    places = stretches(x.shape, (2, 3), stride or (2, 3))
    expected = zeros(3, 2, *(1 + most for most in places[-1][0]))
    for (i, j), own in places:
        expected[:, :, i, j] = x[own].sum(axis=(2, 3)) / Fraction(6)
    assert same(image(term, plain, X), expected)


@pytest.mark.parametrize("dilation", [None, (1, 2)])
@pytest.mark.parametrize("padding", [None, (0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("stride", [None, (1, 2)])
def test_the_largest_of_windows(
    stride: Couple | None, padding: Couple | None, dilation: Couple | None, plain: Functions
) -> None:
    """What is outside is less than any entry, were all of them negative."""
    below = X - 20
    options = {"padding": padding, "dilation": dilation}
    given = {name: value for name, value in options.items() if value is not None}
    term = images.max_pool(SHAPE, (2, 2), stride, **given)
    x = framed(below, padding or (0, 0))
    x[x == 0] = Fraction(-1000)
    places = stretches(x.shape, (2, 2), stride or (2, 2), dilation or (1, 1))
    expected = zeros(3, 2, *(1 + most for most in places[-1][0]))
    for (i, j), own in places:
        expected[:, :, i, j] = x[own].max(axis=(2, 3))
    assert same(image(term, plain, below), expected)


# ------------------------------------------------------------------------------------------------ frames and sizes


@pytest.mark.parametrize("padding", [(0, 0), (1, 0), (0, 2), (3, 1)])
def test_a_frame_of_zeros(padding: Couple, plain: Functions) -> None:
    assert same(image(images.pad(SHAPE, padding), plain, X), framed(X, padding))


@pytest.mark.parametrize("padding", [(0, 0), (1, 0), (0, 2), (3, 1)])
def test_a_mirrored_frame(padding: Couple, plain: Functions) -> None:
    """The edge is not repeated."""
    around = ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2)
    assert same(image(images.reflect(SHAPE, padding), plain, X), np.pad(X, around, mode="reflect"))


@pytest.mark.parametrize("sizes", [(4, 3), (8, 6), (3, 2), (5, 7), (1, 1)])
def test_the_nearest_entries(sizes: Couple, plain: Functions) -> None:
    rows, columns = ([i * old // new for i in range(new)] for old, new in zip(SHAPE[2:], sizes, strict=True))
    assert same(image(images.resize_nearest(SHAPE, sizes), plain, X), X[:, :, rows][:, :, :, columns])


def between(x: Any, new: int) -> Any:
    """Along the last axis, at (i + 1/2) old / new - 1/2, kept within the first and the last entry."""
    old = x.shape[-1]
    made = zeros(*x.shape[:-1], new)
    for i in range(new):
        at = min(max(Fraction(2 * i + 1, 2) * old / new - Fraction(1, 2), Fraction(0)), Fraction(old - 1))
        low = int(at)
        made[..., i] = x[..., low] * (1 - at + low) + (x[..., low + 1] * (at - low) if at > low else 0)
    return made


@pytest.mark.parametrize("sizes", [(4, 3), (8, 6), (3, 2), (5, 7), (1, 1)])
def test_between_entries(sizes: Couple, plain: Functions) -> None:
    expected = between(between(X.swapaxes(2, 3), sizes[0]).swapaxes(2, 3), sizes[1])
    term = images.resize_bilinear(SHAPE, sizes)
    assert same(image(term, plain, X), expected)
    assert term.dom == Space(SHAPE)


# ------------------------------------------------------------------------------------------------ what is refused

IMAGES = "it takes images (batch, channels, height, width), not the shape (2, 3, 4)"
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: images.conv2d((2, 3, 4), 1, (1, 1), name="c"), f"c: {IMAGES}"),
    (lambda: images.conv_transpose2d((2, 3, 4), 1, (1, 1), name="c"), f"c: {IMAGES}"),
    (lambda: images.average_pool((2, 3, 4), (1, 1)), f"average_pool: {IMAGES}"),
    (lambda: images.max_pool((2, 3, 4), (1, 1)), f"max_pool: {IMAGES}"),
    (lambda: images.pad((2, 3, 4), (1, 1)), f"pad: {IMAGES}"),
    (lambda: images.reflect((2, 3, 4), (1, 1)), f"reflect: {IMAGES}"),
    (lambda: images.resize_nearest((2, 3, 4), (1, 1)), f"resize_nearest: {IMAGES}"),
    (lambda: images.resize_bilinear((2, 3, 4), (1, 1)), f"resize_bilinear: {IMAGES}"),
    (lambda: images.conv2d(SHAPE, 1, (5, 1), name="c"), "c: convolve of (3, 2, 4, 3) with (1, 2, 5, 1)"),
    (lambda: images.conv_transpose2d(SHAPE, 1, (1, 1), (0, 1), name="c"), "c: convolve of"),
    (
        lambda: images.conv_transpose2d(SHAPE, 1, (2, 2), (2, 2), output_padding=(2, 0), name="c"),
        "c: an output padding of (2, 0) does not lead to (3, 1, 10, 6), which comes from R[3,2,5,3], not from "
        "R[3,2,4,3]; it is less than the stride",
    ),
    (
        lambda: images.max_pool(SHAPE, (2, 3), padding=(1, 2)),
        "max_pool: a padding of (1, 2) is more than half of the window (2, 3)",
    ),
    (
        lambda: images.max_pool((1, 1, 1, 1), (2, 2), (1, 1), (1, 1), (3, 3)),
        "max_pool: a window of 2 entries, 3 apart, reaches over 4 and does not fit into a length of 3",
    ),
    (lambda: images.reflect(SHAPE, (4, 0)), "reflect: 4 entries cannot be mirrored at the edge of a length of 4"),
    (lambda: images.reflect(SHAPE, (0, -1)), "reflect: -1 entries cannot be mirrored at the edge of a length of 3"),
]


@pytest.mark.parametrize(("make", "words"), REFUSED, ids=[words[:36] for _, words in REFUSED])
def test_what_does_not_fit_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make()
    assert str(caught.value).startswith(words)


def test_a_window_wholly_outside_is_refused() -> None:
    """A dilation may carry all entries of a window over the edges of a narrow image."""
    with pytest.raises(ShapeError, match=r"max_pool: a window at \[-1, 1\] lies outside of a length of 1"):
        images.max_pool((1, 1, 1, 1), (2, 2), (1, 1), (1, 1), (2, 2))
