"""Layers on images (batch, channels, height, width): convolutions as 1-cells with their parameters, pools, resizing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verified_cat import geometry
from verified_cat import primitives as p
from verified_cat.errors import ShapeError
from verified_cat.networks import PARA, Network
from verified_cat.objects import Pair, Space
from verified_cat.primitives import Shape
from verified_cat.terms import Discard, First, Identity, Pairing, Second, Term

Couple = tuple[int, int]


def _must_be_image(name: str, shape: Shape) -> None:
    if len(shape) != 4:
        raise ShapeError(f"{name}: it takes images (batch, channels, height, width), not the shape {shape}")


# ------------------------------------------------------------------------------------------------ convolutions


def conv2d(
    shape: Shape,
    filters: int,
    window: Couple,
    stride: Couple = (1, 1),
    padding: Couple = (0, 0),
    dilation: Couple = (1, 1),
    groups: int = 1,
    *,
    bias: bool = True,
    name: str = "conv2d",
) -> Network:
    """((K, b), x) ↦ x * K + b, with K : R[filters,channels / groups,i,j] and b : R[filters], as torch's conv2d."""
    _must_be_image(name, shape)
    kernel = (filters, shape[1] // groups, *window)
    try:
        run = p.convolve(shape, kernel, stride, padding, dilation, groups)
    except ShapeError as refused:
        raise ShapeError(f"{name}: {refused}") from None
    return _with_bias(run, kernel, shape, bias, name)


def conv_transpose2d(
    shape: Shape,
    filters: int,
    window: Couple,
    stride: Couple = (1, 1),
    padding: Couple = (0, 0),
    output_padding: Couple = (0, 0),
    dilation: Couple = (1, 1),
    groups: int = 1,
    *,
    bias: bool = True,
    name: str = "conv_transpose2d",
) -> Network:
    """((K, b), y) ↦ (the transpose of x ↦ x * K at y) + b, with K : R[channels,filters / groups,i,j], as in torch.

    A strided convolution takes images of several sizes to one: ``output_padding`` says which of them comes out.
    """
    _must_be_image(name, shape)
    each = zip(shape[2:], window, stride, padding, output_padding, dilation, strict=True)
    sizes = ((n - 1) * s - 2 * around + geometry.reach(w, d) + more for n, w, s, around, more, d in each)
    ended, kernel = (shape[0], filters, *sizes), (shape[1], filters // groups, *window)
    try:
        run = p.convolve_input(ended, kernel, stride, padding, dilation, groups)
    except (ShapeError, TypeError) as refused:
        raise ShapeError(f"{name}: {refused}") from None
    assert isinstance(run.dom, Pair)
    if run.dom.left != Space(shape):
        raise ShapeError(
            f"{name}: an output padding of {output_padding} does not lead to {ended}, which comes from "
            f"{run.dom.left}, not from {Space(shape)}; it is less than the stride"
        )
    return _with_bias(run, kernel, shape, bias, name)


def _with_bias(run: Term, kernel: Shape, shape: Shape, bias: bool, name: str) -> Network:
    """((K, b), x) ↦ run(x, K) + b on every channel, or (K, x) ↦ run(x, K)."""
    assert isinstance(run.cod, Space)
    out, weight, images = run.cod.shape, Space(kernel), Space(shape)
    own = Pair(weight, Space((out[1],))) if bias else weight
    given = Pair(own, images)
    parameters, x = First(own, images), Second(own, images)
    first = parameters >> First(weight, Space((out[1],))) if bias else parameters
    inside: Term = Pairing(x, first) >> run
    if bias:
        level = parameters >> Second(weight, Space((out[1],))) >> p.broadcast(out, (0, 2, 3))
        inside = Pairing(inside, level) >> p.add(out)
    names = (f"{name}.weight", f"{name}.bias") if bias else (f"{name}.weight",)
    assert inside.dom == given
    return Network(PARA.of(own, images, run.cod, inside), names, (name, name))


# ------------------------------------------------------------------------------------------------ pools


def average_pool(shape: Shape, window: Couple, stride: Couple | None = None, padding: Couple = (0, 0)) -> Term:
    """x ↦ the means of its windows, zeros around it counted, as torch's avg_pool2d."""
    _must_be_image("average_pool", shape)
    frame = geometry.padded(shape, padding)
    around = p.place(frame, (0, 0, *padding), shape) if padding != (0, 0) else Identity(Space(shape))
    seen = p.windows(frame, window, stride or window)
    assert isinstance(seen.cod, Space)
    less = seen.cod.shape[:4]
    return around >> seen >> p.sum_axes(seen.cod.shape, (4, 5)) >> p.scale(Fraction(1, window[0] * window[1]), less)


def max_pool(
    shape: Shape,
    window: Couple,
    stride: Couple | None = None,
    padding: Couple = (0, 0),
    dilation: Couple = (1, 1),
) -> Term:
    """x ↦ the largest entries of its windows, of equal ones the first, as torch's max_pool2d; what is outside is less.

    Raises ShapeError where the padding exceeds half the window, so that a window could be empty.
    """
    _must_be_image("max_pool", shape)
    if any(2 * around > w for around, w in zip(padding, window, strict=True)):
        raise ShapeError(f"max_pool: a padding of {padding} is more than half of the window {window}")
    step = stride or window
    if padding == (0, 0):
        seen: Term = p.windows(shape, window, step, dilation)
        assert isinstance(seen.cod, Space)
        return seen >> p.maximum(seen.cod.shape, (4, 5))
    found = _stretches(shape, window, step, padding, dilation)
    assert isinstance(found.cod, Space)
    return found >> p.maximum(found.cod.shape, (3, 5))


def _stretches(shape: Shape, window: Couple, stride: Couple, padding: Couple, dilation: Couple) -> Term:
    """x ↦ its windows (n, c, h, i, w, j), where an entry outside is that within the window that comes first."""
    found: Term = Identity(Space(shape))
    lengths = list(shape)
    counts = []
    for axis, w, s, around, d in zip((2, 3), window, stride, padding, dilation, strict=True):
        length = shape[axis]
        count = geometry.windows_along("max_pool", length + 2 * around, w, s, d)
        seen = ([o * s + j * d - around for j in range(w)] for o in range(count))
        places = [place if 0 <= place < length else _inside(own, length) for own in seen for place in own]
        found = found >> p.gather(tuple(lengths), axis, tuple(places))
        lengths[axis] = count * w
        counts.append(count)
    (h, w2), (i, j) = counts, window
    return found >> p.reshape(tuple(lengths), (*shape[:2], h, i, w2, j))


def _inside(places: Sequence[int], length: int) -> int:
    """The first place that is within the length. Raises ShapeError where all of a window is outside."""
    for place in places:
        if 0 <= place < length:
            return place
    raise ShapeError(f"max_pool: a window at {list(places)} lies outside of a length of {length}")


# ------------------------------------------------------------------------------------------------ frames and sizes


def pad(shape: Shape, padding: Couple) -> Term:
    """x ↦ x with so many rows and columns of zeros on each side."""
    _must_be_image("pad", shape)
    return p.place(geometry.padded(shape, padding), (0, 0, *padding), shape)


def reflect(shape: Shape, padding: Couple) -> Term:
    """x ↦ x with so many rows and columns mirrored on each side, the edge not repeated, as torch's ReflectionPad2d."""
    _must_be_image("reflect", shape)
    found: Term = Identity(Space(shape))
    lengths = list(shape)
    for axis, around in zip((2, 3), padding, strict=True):
        n = shape[axis]
        if not 0 <= around < n:
            raise ShapeError(f"reflect: {around} entries cannot be mirrored at the edge of a length of {n}")
        places = [*range(around, 0, -1), *range(n), *range(n - 2, n - 2 - around, -1)]
        found = found >> p.gather(tuple(lengths), axis, tuple(places))
        lengths[axis] = len(places)
    return found


def resize_nearest(shape: Shape, sizes: Couple) -> Term:
    """x ↦ the entries at ⌊i · old / new⌋ along height and width, as torch's interpolate(mode="nearest")."""
    _must_be_image("resize_nearest", shape)
    middle = (*shape[:2], sizes[0], shape[3])
    rows, columns = (tuple(i * n // m for i in range(m)) for n, m in zip(shape[2:], sizes, strict=True))
    return p.gather(shape, 2, rows) >> p.gather(middle, 3, columns)


def resize_bilinear(shape: Shape, sizes: Couple) -> Term:
    """x ↦ the entries at (i + 1/2) old / new - 1/2, linearly between neighbours, as torch's interpolate("bilinear")."""
    _must_be_image("resize_bilinear", shape)
    middle, ended = (*shape[:2], sizes[0], shape[3]), (*shape[:2], *sizes)
    rows = _between(shape, shape[2], sizes[0]) >> p.contract("ncij,hi->nchj", shape, (sizes[0], shape[2]))
    columns = _between(middle, shape[3], sizes[1]) >> p.contract("nchj,wj->nchw", middle, (sizes[1], shape[3]))
    assert columns.cod == Space(ended)
    return rows >> columns


def _between(shape: Shape, old: int, new: int) -> Term:
    """x ↦ (x, the weights of old entries in new ones)."""
    weights = [[Fraction(0)] * old for _ in range(new)]
    for i in range(new):
        at = max(Fraction(0), (i + Fraction(1, 2)) * old / new - Fraction(1, 2))
        low = int(at)
        weights[i][low] += 1 - (at - low)
        weights[i][min(low + 1, old - 1)] += at - low
    matrix = p.constant((new, old), *(entry for row in weights for entry in row))
    return Pairing(Identity(Space(shape)), Discard(Space(shape)) >> matrix)
