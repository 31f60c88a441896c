"""The largest entry of each window, and its transposed derivative, as one C function each: no window is copied aside.

Of equal entries the first in row-major order is chosen; a NaN is above all numbers, and of several the first is chosen.
Where windows tile the image, the largest of each row of a window comes first, then the largest of those: the first of
equal ones is the same, and both loops are vector code. Else each window is looked at by itself, and what is due to an
entry is added up in the order of the windows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from verified_cat.geometry import windowed
from verified_cat.gpu.fusing import POOLS
from verified_cat.gpu.lowering import Call
from verified_cat.primitives import Shape

BETTER = "(v > m) | ((v != v) & (m == m))"
"""Whether v comes before m: it is larger, or the first NaN. Without branches, so that it becomes vector code."""


def pool_text(name: str, call: Call) -> str:
    """``static int NAME(T *const *p)`` with p[0] … = what is read, what is written, scratch, all in row-major order."""
    names, make = _TEXTS[call.kernel, _tiles(*call.detail)]
    pointers = "\n    ".join(f"T *restrict {each} = p[{place}];" for place, each in enumerate(names))
    body = "\n    ".join(make(*call.detail))
    return f"static int {name}(T *const *p) {{\n    {pointers}\n    {body}\n    return 0;\n}}\n"


def scratch(call: Call) -> int:
    """How many entries of memory of its own a call needs while it runs: three for each row of a window of an image."""
    if call.kernel not in POOLS or not _tiles(*call.detail):
        return 0
    shape, window = call.detail[:2]
    return int(3 * prod(shape[-2:]) // window[1])


def _tiles(shape: Shape, window: Shape, stride: Shape, dilation: Shape) -> bool:
    """Whether every entry is in one window, and the windows are without gaps."""
    fits = all(length % size == 0 for length, size in zip(shape[-2:], window, strict=True))
    return fits and stride == window and dilation == (1, 1)


def _each(index: str, count: int) -> str:
    return f"for (long {index} = 0; {index} < {count}; {index}++)"


# ------------------------------------------------------------------------------------------------ windows that tile


def _rows_of_windows(shape: Shape, window: Shape) -> list[str]:
    """m, the largest entry of row q of the windows of image o, which is entry ``at`` of it."""
    *_, height, width = shape
    step, count = window[1], height * width // window[1]
    return [
        f"{_each('o', prod(shape[:-2]))} {{",
        f"const T *restrict from = x + o * {height * width};",
        "#pragma omp simd",
        f"{_each('q', count)} {{ T m = from[q * {step}], v, at = 0;",
        *(f"v = from[q * {step} + {j}]; at = {BETTER} ? {j} : at; m = {BETTER} ? v : m;" for j in range(1, step)),
    ]


def _tiled(shape: Shape, window: Shape, stride: Shape, dilation: Shape) -> list[str]:
    high, wide = window[0], shape[-1] // window[1]
    rows = shape[-2] // high
    return [
        "T *restrict h = s;",
        *_rows_of_windows(shape, window),
        "h[q] = m; }",
        f"{_each('r', rows)} {{ const long b = r * {high * wide}, to = (o * {rows} + r) * {wide};",
        "#pragma omp simd",
        f"{_each('c', wide)} {{ T m = h[b + c], v;",
        *(f"v = h[b + {i * wide} + c]; m = {BETTER} ? v : m;" for i in range(1, high)),
        "y[to + c] = m; } } }",
    ]


def _tiled_backward(shape: Shape, window: Shape, stride: Shape, dilation: Shape) -> list[str]:
    (high, step), wide = window, shape[-1] // window[1]
    rows, count = shape[-2] // high, shape[-2] * wide
    return [
        f"T *restrict h = s, *restrict k = s + {count}, *restrict u = s + {2 * count};",
        *_rows_of_windows(shape, window),
        "h[q] = m; k[q] = at; }",
        f"{_each('r', rows)} {{ const long b = r * {high * wide}, at = (o * {rows} + r) * {wide};",
        "#pragma omp simd",
        f"{_each('c', wide)} {{ T m = h[b + c], v, row = 0;",
        *(f"v = h[b + {i * wide} + c]; row = {BETTER} ? {i} : row; m = {BETTER} ? v : m;" for i in range(1, high)),
        *(f"u[b + {i * wide} + c] = row == {i} ? w[at + c] : 0;" for i in range(high)),
        "} }",
        f"T *restrict to = y + o * {prod(shape[-2:])};",
        "#pragma omp simd",
        f"{_each('q', count)} {{",
        *(f"to[q * {step} + {j}] = k[q] == {j} ? u[q] : 0;" for j in range(step)),
        "} }",
    ]


# ------------------------------------------------------------------------------------------------ any windows


def _windows(shape: Shape, window: Shape, stride: Shape, dilation: Shape) -> list[str]:
    """The largest entry m of each window ``to`` of image o, at x[best]."""
    *_, height, width = shape
    rows, wide = windowed(shape, window, stride, dilation)[len(shape) - 2 : len(shape)]
    (down, across), (high, step) = dilation, stride
    return [
        f"{_each('o', prod(shape[:-2]))} {_each('r', rows)} {_each('c', wide)} {{",
        f"const long to = (o * {rows} + r) * {wide} + c, b = (o * {height} + r * {high}) * {width} + c * {step};",
        "long best = b; T m = x[b];",
        f"{_each('i', window[0])} {_each('j', window[1])} {{",
        f"const long at = b + i * {down * width} + j * {across}; const T v = x[at];",
        f"best = {BETTER} ? at : best; m = {BETTER} ? v : m; }}",
    ]


def _any(*given: Shape) -> list[str]:
    return [*_windows(*given), "y[to] = m; }"]


def _any_backward(*given: Shape) -> list[str]:
    return [f"memset(y, 0, sizeof(T) * {prod(given[0])});", *_windows(*given), "y[best] += w[to]; }"]


_TEXTS: Mapping[tuple[str, bool], tuple[str, Callable[..., list[str]]]] = {
    ("max_pool", True): ("xys", _tiled),
    ("max_pool", False): ("xys", _any),
    ("max_pool_backward", True): ("wxys", _tiled_backward),
    ("max_pool_backward", False): ("wxys", _any_backward),
}
"""The names of what a function is given, and its lines, from the details of a call."""
