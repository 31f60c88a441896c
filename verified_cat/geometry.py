"""Typing rules on shapes alone, of slices, positions, windows and convolutions; each says what does not fit."""

from __future__ import annotations

from math import prod

from verified_cat.errors import ShapeError
from verified_cat.objects import Space

Shape = tuple[int, ...]


def reach(window: int, dilation: int) -> int:
    """How many entries a window of so many spans, ``dilation`` apart: d (w - 1) + 1."""
    return dilation * (window - 1) + 1


def windows_along(where: str, length: int, window: int, stride: int, dilation: int) -> int:
    """How many windows start at 0, s, 2 s, … and end within ``length``. Raises ShapeError where there is none."""
    if min(window, stride, dilation) < 1:
        raise ShapeError(f"{where}: window {window}, stride {stride} and dilation {dilation} are whole numbers >= 1")
    if length < reach(window, dilation):
        raise ShapeError(
            f"{where}: a window of {window} entries, {dilation} apart, reaches over {reach(window, dilation)} and does "
            f"not fit into a length of {length}"
        )
    return (length - reach(window, dilation)) // stride + 1


def sliced(shape: Shape, starts: Shape, lengths: Shape, steps: Shape) -> Shape:
    """The shape of x[starts + i steps] for i < lengths. Raises ShapeError where that leaves the shape."""
    Space(shape)
    Space(lengths)
    if not len(shape) == len(starts) == len(lengths) == len(steps):
        raise ShapeError(f"slice: a start, a length and a step for each axis of {shape}: {starts}, {lengths}, {steps}")
    for axis, (whole, start, length, step) in enumerate(zip(shape, starts, lengths, steps, strict=True)):
        if start < 0 or step < 1 or (length and start + (length - 1) * step >= whole):
            raise ShapeError(
                f"slice: {length} entries from {start} in steps of {step} are not along axis {axis} of {shape}"
            )
    return lengths


def gathered(shape: Shape, axis: int, positions: Shape) -> Shape:
    """The shape of x[positions] along an axis. Raises ShapeError where one is not there."""
    Space(shape)
    if not 0 <= axis < len(shape):
        raise ShapeError(f"gather: {axis} is not an axis of {shape}")
    outside = [position for position in positions if not 0 <= position < shape[axis]]
    if outside:
        raise ShapeError(f"gather: there is no position {outside[0]} along axis {axis} of {shape}")
    return (*shape[:axis], len(positions), *shape[axis + 1 :])


def windowed(shape: Shape, window: Shape, stride: Shape, dilation: Shape) -> Shape:
    """The shape of all windows along the last axes: what stands before them, how many windows, their entries."""
    Space(shape)
    count = len(window)
    if not 0 < count <= len(shape) or not count == len(stride) == len(dilation):
        raise ShapeError(f"windows: {window}, stride {stride} and dilation {dilation} are of the last axes of {shape}")
    last = zip(shape[-count:], window, stride, dilation, strict=True)
    counts = tuple(windows_along(f"windows of {shape}", *each) for each in last)
    return (*shape[:-count], *counts, *window)


def convolved(
    image: Shape,
    kernel: Shape,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
) -> Shape:
    """(N, O, h, w) for an image (N, C, H, W) and a kernel (O, C / groups, i, j). Raises ShapeError where none."""
    where = f"convolve of {image} with {kernel}"
    Space(image)
    Space(kernel)
    if len(image) != 4 or len(kernel) != 4:
        raise ShapeError(f"{where}: an image is (batch, channels, height, width), a kernel (outputs, channels, …)")
    if len(stride) != 2 or len(padding) != 2 or len(dilation) != 2 or min(padding) < 0:
        raise ShapeError(f"{where}: stride {stride}, padding {padding} >= 0 and dilation {dilation} are pairs")
    if groups < 1 or kernel[1] * groups != image[1] or kernel[0] % groups:
        raise ShapeError(
            f"{where}: {image[1]} channels to {kernel[0]} in {groups} groups need a kernel of "
            f"{image[1]}/{groups} channels and a multiple of {groups} outputs"
        )
    sizes = zip(padded(image, padding)[2:], kernel[2:], stride, dilation, strict=True)
    height, width = (windows_along(where, *each) for each in sizes)
    return image[0], kernel[0], height, width


def padded(image: Shape, padding: tuple[int, int]) -> Shape:
    """The shape of an image with so much added on both sides of its rows and columns."""
    n, c, h, w = image
    return n, c, h + 2 * padding[0], w + 2 * padding[1]


def without_axes(name: str, shape: Shape, axes: Shape) -> Shape:
    """The lengths of the axes that are not among ``axes``. Raises ShapeError where these are no axes of the shape."""
    Space(shape)
    if len(set(axes)) != len(axes) or not all(0 <= axis < len(shape) for axis in axes):
        raise ShapeError(f"{name}: axes {axes} are not distinct axes of the shape {shape}")
    return tuple(length for axis, length in enumerate(shape) if axis not in axes)


def reduced(name: str, shape: Shape, axes: Shape) -> Shape:
    """The same, where the axes hold at least one entry. Raises ShapeError where they hold none."""
    left = without_axes(name, shape, axes)
    if not prod(shape[axis] for axis in axes):
        raise ShapeError(f"{name}: there is no entry along the axes {axes} of {shape}")
    return left
