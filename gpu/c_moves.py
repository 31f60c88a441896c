"""What neither adds entries up along axes nor goes entry by entry, as one C function each: entries picked by a table.

``gather`` and ``scatter`` hold their positions as a constant table; ``fold_windows`` adds what stands in windows where
they lie; ``one_hot`` and ``first_maximum`` write a one where it belongs. Sums are in row-major order of what is added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import prod

from verified_cat.geometry import windowed
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.views import row_major
from verified_cat.primitives import Shape


def moves_text(name: str, call: Call) -> str:
    """``static int NAME(T *const *p)`` with p[0], p[1] = what is read and what is written, both in row-major order."""
    body = "\n    ".join(_TEXTS[call.kernel](*call.detail))
    return (
        f"static int {name}(T *const *p) {{\n    const T *x = p[0];\n    T *y = p[1];\n    {body}\n    return 0;\n}}\n"
    )


def _loops(lengths: Mapping[str, int]) -> str:
    """A loop for each index, the first the outermost."""
    return " ".join(f"for (long {index} = 0; {index} < {length}; {index}++)" for index, length in lengths.items())


def _place(indices: Sequence[str], strides: Sequence[int]) -> str:
    """Σ index · stride."""
    return " + ".join(f"{index} * {stride}" for index, stride in zip(indices, strides, strict=True)) or "0"


def _zeros(shape: Shape) -> str:
    return f"memset(y, 0, sizeof(T) * {prod(shape)});"


def _gather(shape: Shape, axis: int, positions: Shape) -> list[str]:
    inner, table = prod(shape[axis + 1 :]), f"static const int at[] = {{{', '.join(map(str, positions))}}};"
    loops = _loops({"o": prod(shape[:axis]), "i": len(positions), "j": inner})
    return [
        table,
        f"{loops} y[(o * {len(positions)} + i) * {inner} + j] = x[(o * {shape[axis]} + at[i]) * {inner} + j];",
    ]


def _scatter(shape: Shape, axis: int, positions: Shape) -> list[str]:
    inner, table = prod(shape[axis + 1 :]), f"static const int at[] = {{{', '.join(map(str, positions))}}};"
    loops = _loops({"o": prod(shape[:axis]), "i": len(positions), "j": inner})
    line = f"{loops} y[(o * {shape[axis]} + at[i]) * {inner} + j] += x[(o * {len(positions)} + i) * {inner} + j];"
    return [table, _zeros(shape), line]


def _fold_windows(shape: Shape, window: Shape, stride: Shape, dilation: Shape) -> list[str]:
    first = len(shape) - len(window)
    whole = windowed(shape, window, stride, dilation)
    indices = ["o", *(f"i{axis}" for axis in range(len(window)))]
    lengths = dict(zip(indices, (prod(shape[:first]), *whole[first : len(shape)]), strict=True))
    strides, size, count = row_major(shape)[first:], prod(shape[first:]), prod(whole[first:])
    steps = [step * along for step, along in zip(stride, strides, strict=True)]
    reads = _place(indices, (count, *row_major(whole)[first : len(shape)]))
    text = [_zeros(shape)]
    for number, entry in enumerate(product(*map(range, window))):
        start = sum(place * apart * along for place, apart, along in zip(entry, dilation, strides, strict=True))
        text.append(f"{_loops(lengths)} y[{_place(indices, (size, *steps))} + {start}] += x[{reads} + {number}];")
    return text


def _one_hot(shape: Shape, classes: int) -> list[str]:
    loops = _loops({"i": prod(shape), "k": classes})
    return [f"{loops} y[i * {classes} + k] = x[i] - k > (T)-0.5 && x[i] - k <= (T)0.5;"]


def _first_maximum(shape: Shape, axes: Shape) -> list[str]:
    """The entry that is above all before it and below none; a NaN is above all numbers."""
    strides, names = row_major(shape), [f"i{axis}" for axis in range(len(shape))]
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    outer, inner = ({names[axis]: shape[axis] for axis in part} for part in (kept, axes))
    base, along = (_place([*part], [strides[axis] for axis in order]) for part, order in ((outer, kept), (inner, axes)))
    better = "x[at] > x[best] || (x[at] != x[at] && x[best] == x[best])"
    body = (
        f"long best = -1; {_loops(inner)} {{ const long at = {base} + {along}; if (best < 0 || {better}) best = at; }}"
    )
    return [_zeros(shape), f"{_loops(outer)} {{ {body} y[best] = 1; }}"]


_TEXTS: Mapping[str, Callable[..., list[str]]] = {
    "gather": _gather,
    "scatter": _scatter,
    "fold_windows": _fold_windows,
    "one_hot": _one_hot,
    "first_maximum": _first_maximum,
}
"""The lines of each function, from the details of a call."""
