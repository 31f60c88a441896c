"""Sums of products over named axes, look-ups, and parts of arrays put together; shapes fit when a term is built."""

from __future__ import annotations

from math import prod

from verified_cat import primitives as p
from verified_cat.errors import ShapeError
from verified_cat.networks import PARA, Network
from verified_cat.objects import Pair, Space
from verified_cat.primitives import Shape
from verified_cat.terms import Identity, Swap, Term

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def einsum(formula: str, left: Shape, right: Shape | None = None) -> Term:
    """(x, y) ↦ Σ x y over the axes that the result lacks, by name, as in "row inner, inner column -> row column".

    With one shape it is x ↦ Σ x with the axes of the result in their order. Raises ShapeError, with the name of the
    axis and both shapes, where a length differs, a name is doubled or new in the result, or there are too few names.
    """
    inputs, arrow, result = formula.partition("->")
    operands = [part.split() for part in inputs.split(",")]
    shapes = [left] if right is None else [left, right]
    out = result.split()
    if not arrow or len(operands) != len(shapes):
        raise ShapeError(
            f"einsum: {formula!r} does not name the axes of {len(shapes)} arrays and, after '->', a result"
        )
    _lengths(formula, operands, shapes, out)
    if right is None:
        return _alone(operands[0], left, out)
    return _together(operands, shapes, out)


def _lengths(formula: str, operands: list[list[str]], shapes: list[Shape], out: list[str]) -> None:
    met: dict[str, tuple[int, Shape]] = {}
    for names, shape in zip(operands, shapes, strict=True):
        if len(names) != len(shape):
            raise ShapeError(f"einsum {formula!r}: {len(names)} names, {' '.join(names)!r}, for the shape {shape}")
        for name, length in zip(names, shape, strict=True):
            known, where = met.setdefault(name, (length, shape))
            if known != length:
                raise ShapeError(
                    f"einsum {formula!r}: the axis {name!r} has length {known} in {where} and {length} in {shape}"
                )
    for names in (*operands, out):
        if len(set(names)) != len(names):
            raise ShapeError(f"einsum {formula!r}: a name stands twice in {' '.join(names)!r}")
    if len(met) > len(LETTERS):
        raise ShapeError(f"einsum {formula!r}: {len(met)} names; at most {len(LETTERS)} can be told apart")
    unknown = [name for name in out if name not in met]
    if unknown:
        raise ShapeError(f"einsum {formula!r}: the result has an axis {unknown[0]!r} that no argument has")


def _alone(names: list[str], shape: Shape, out: list[str]) -> Term:
    """x ↦ Σ x, and its axes in order."""
    axes = tuple(axis for axis, name in enumerate(names) if name not in out)
    left = [name for name in names if name in out]
    kept = tuple(length for length, name in zip(shape, names, strict=True) if name in out)
    summed = p.sum_axes(shape, axes) if axes else Identity(Space(shape))
    order = tuple(left.index(name) for name in out)
    return summed if order == tuple(range(len(order))) else summed >> p.permute(kept, order)


def _together(operands: list[list[str]], shapes: list[Shape], out: list[str]) -> Term:
    """Axes of one argument alone are summed first; the rest is one contraction."""
    parts, words, less = [], [], []
    letters = {name: LETTERS[number] for number, name in enumerate(dict.fromkeys([*operands[0], *operands[1]]))}
    for own, other, shape in ((operands[0], operands[1], shapes[0]), (operands[1], operands[0], shapes[1])):
        kept = [name for name in own if name in other or name in out]
        parts.append(_alone(own, shape, kept))
        words.append("".join(letters[name] for name in kept))
        less.append(tuple(length for name, length in zip(own, shape, strict=True) if name in kept))
    product = p.contract(f"{words[0]},{words[1]}->{''.join(letters[name] for name in out)}", less[0], less[1])
    return (parts[0] @ parts[1]) >> product


def concatenate(left: Shape, right: Shape, axis: int) -> Term:
    """(x, y) ↦ x and y beside one another along an axis : R^left ⊗ R^right → R^(their lengths there added).

    Raises ShapeError where another axis differs.
    """
    if not 0 <= axis < len(left) or len(left) != len(right):
        raise ShapeError(f"concatenate: {axis} is not an axis of both {left} and {right}")
    if left[:axis] + left[axis + 1 :] != right[:axis] + right[axis + 1 :]:
        raise ShapeError(f"concatenate: {left} and {right} differ elsewhere than along axis {axis}")
    whole = (*left[:axis], left[axis] + right[axis], *left[axis + 1 :])
    nowhere = (0,) * len(left)
    after = (*nowhere[:axis], left[axis], *nowhere[axis + 1 :])
    return (p.place(whole, nowhere, left) @ p.place(whole, after, right)) >> p.add(whole)


def part(shape: Shape, axis: int, start: int, stop: int) -> Term:
    """x ↦ x[…, start:stop, …] along an axis. Raises ShapeError where that is not within the shape."""
    if not 0 <= axis < len(shape) or not 0 <= start <= stop <= shape[axis]:
        raise ShapeError(f"part: {start}:{stop} along axis {axis} is not within {shape}")
    starts = tuple(start if each == axis else 0 for each in range(len(shape)))
    return p.slice_axes(shape, starts, (*shape[:axis], stop - start, *shape[axis + 1 :]))


def embedding(shape: Shape, words: int, width: int, name: str = "embedding") -> Network:
    """(E, k) ↦ the rows E_k, for whole numbers k < words : R[words,width] ⊗ R^shape → R[shape,width].

    A number that is no word gives a row of zeros. Its transpose adds up what meets at a word.
    """
    count, table = prod(shape), Space((words, width))
    chosen = p.one_hot(shape, words) >> p.reshape((*shape, words), (count, words))
    rows = p.contract("kw,wd->kd", (count, words), (words, width)) >> p.reshape((count, width), (*shape, width))
    inside = Swap(table, Space(shape)) >> (chosen @ Identity(table)) >> rows
    assert inside.dom == Pair(table, Space(shape))
    return Network(PARA.of(table, Space(shape), Space((*shape, width)), inside), (f"{name}.weight",), (name, name))
