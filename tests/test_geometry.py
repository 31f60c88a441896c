"""Typing rules on shapes: exact results at their boundaries, and every refusal in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verified_cat import geometry
from verified_cat.errors import ShapeError


def test_what_a_window_spans() -> None:
    assert [geometry.reach(window, dilation) for window, dilation in ((1, 1), (1, 5), (3, 1), (3, 2), (2, 4))] == [
        1,
        1,
        3,
        5,
        5,
    ]


@pytest.mark.parametrize("window", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_windows_are_counted(window: int, stride: int, dilation: int) -> None:
    """Those that start at a multiple of the stride and end within, one by one."""
    for length in range(geometry.reach(window, dilation), 9):
        fitting = [start for start in range(0, length, stride) if start + (window - 1) * dilation < length]
        assert geometry.windows_along("here", length, window, stride, dilation) == len(fitting)


def test_shapes_that_are_typed() -> None:
    assert geometry.sliced((5, 3), (1, 0), (2, 3), (3, 1)) == (2, 3)  # entries 1 and 4 of five
    assert geometry.sliced((5,), (7,), (0,), (1,)) == (0,)
    assert geometry.sliced((1,), (0,), (1,), (9,)) == (1,)
    assert geometry.gathered((4, 2, 3), 1, (0, 1, 1, 0)) == (4, 4, 3)
    assert geometry.gathered((4,), 0, ()) == (0,)
    assert geometry.gathered((2, 4), 1, (3,)) == (2, 1)
    assert geometry.windowed((7, 5, 6), (3, 2), (1, 2), (2, 1)) == (7, 1, 3, 3, 2)
    assert geometry.windowed((5,), (2,), (1,), (1,)) == (4, 2)
    assert geometry.convolved((2, 6, 5, 4), (4, 3, 3, 2), (2, 1), (1, 0), (1, 3), 2) == (2, 4, 3, 1)
    assert geometry.padded((2, 3, 4, 5), (1, 10)) == (2, 3, 6, 25)
    assert geometry.without_axes("sum", (2, 3, 4), (2, 0)) == (3,)
    assert geometry.without_axes("sum", (2, 3), ()) == (2, 3)
    assert geometry.reduced("maximum", (2, 1, 0), (1,)) == (2, 0)


IMAGE, KERNEL = (1, 4, 5, 5), (2, 4, 2, 2)


def convolved(**changed: Any) -> Callable[[], Any]:
    given: dict[str, Any] = {
        "image": IMAGE,
        "kernel": KERNEL,
        "stride": (1, 1),
        "padding": (0, 0),
        "dilation": (1, 1),
        "groups": 1,
    }
    return lambda: geometry.convolved(**({"groups": 1} | given | changed))


AT = f"convolve of {IMAGE} with {KERNEL}"
GROUPS = "need a kernel of 4/{0} channels and a multiple of {0} outputs"
NUMBERS = "whole numbers >= 1"
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: geometry.windows_along("w", 5, 0, 1, 1),
        f"w: window 0, stride 1 and dilation 1 are {NUMBERS}",
    ),
    (lambda: geometry.windows_along("w", 5, 1, 0, 1), f"w: window 1, stride 0 and dilation 1 are {NUMBERS}"),
    (lambda: geometry.windows_along("w", 5, 1, 1, 0), f"w: window 1, stride 1 and dilation 0 are {NUMBERS}"),
    (
        lambda: geometry.windows_along("w", 4, 3, 1, 2),
        "w: a window of 3 entries, 2 apart, reaches over 5 and does not fit into a length of 4",
    ),
    (
        lambda: geometry.sliced((5,), (0, 0), (1,), (1,)),
        "slice: a start, a length and a step for each axis of (5,): (0, 0), (1,), (1,)",
    ),
    (
        lambda: geometry.sliced((5,), (0,), (1, 1), (1,)),
        "slice: a start, a length and a step for each axis of (5,): (0,), (1, 1), (1,)",
    ),
    (
        lambda: geometry.sliced((5,), (0,), (1,), ()),
        "slice: a start, a length and a step for each axis of (5,): (0,), (1,), ()",
    ),
    (
        lambda: geometry.sliced((4, 5), (0, 1), (4, 2), (1, 4)),
        "slice: 2 entries from 1 in steps of 4 are not along axis 1 of (4, 5)",
    ),
    (
        lambda: geometry.sliced((5,), (-1,), (1,), (1,)),
        "slice: 1 entries from -1 in steps of 1 are not along axis 0 of (5,)",
    ),
    (
        lambda: geometry.sliced((5,), (0,), (1,), (0,)),
        "slice: 1 entries from 0 in steps of 0 are not along axis 0 of (5,)",
    ),
    (lambda: geometry.gathered((2, 3), -1, ()), "gather: -1 is not an axis of (2, 3)"),
    (lambda: geometry.gathered((2, 3), 2, ()), "gather: 2 is not an axis of (2, 3)"),
    (lambda: geometry.gathered((2, 3), 1, (0, 3, 4)), "gather: there is no position 3 along axis 1 of (2, 3)"),
    (lambda: geometry.gathered((2, 3), 0, (-1,)), "gather: there is no position -1 along axis 0 of (2, 3)"),
    (
        lambda: geometry.windowed((4,), (), (), ()),
        "windows: (), stride () and dilation () are of the last axes of (4,)",
    ),
    (
        lambda: geometry.windowed((4,), (1, 1), (1, 1), (1, 1)),
        "windows: (1, 1), stride (1, 1) and dilation (1, 1) are of the last axes of (4,)",
    ),
    (
        lambda: geometry.windowed((4, 4), (1,), (1, 1), (1,)),
        "windows: (1,), stride (1, 1) and dilation (1,) are of the last axes of (4, 4)",
    ),
    (
        lambda: geometry.windowed((4, 4), (1,), (1,), (1, 1)),
        "windows: (1,), stride (1,) and dilation (1, 1) are of the last axes of (4, 4)",
    ),
    (
        lambda: geometry.windowed((9, 4), (5,), (1,), (1,)),
        "windows of (9, 4): a window of 5 entries, 1 apart, reaches over 5 and does not fit into a length of 4",
    ),
    (
        convolved(image=(4, 5, 5)),
        f"convolve of (4, 5, 5) with {KERNEL}: an image is (batch, channels, height, width), "
        "a kernel (outputs, channels, …)",
    ),
    (
        convolved(kernel=(4, 2, 2)),
        f"convolve of {IMAGE} with (4, 2, 2): an image is (batch, channels, height, width), "
        "a kernel (outputs, channels, …)",
    ),
    (convolved(stride=(1,)), f"{AT}: stride (1,), padding (0, 0) >= 0 and dilation (1, 1) are pairs"),
    (convolved(padding=(0,)), f"{AT}: stride (1, 1), padding (0,) >= 0 and dilation (1, 1) are pairs"),
    (convolved(dilation=(1, 1, 1)), f"{AT}: stride (1, 1), padding (0, 0) >= 0 and dilation (1, 1, 1) are pairs"),
    (convolved(padding=(0, -1)), f"{AT}: stride (1, 1), padding (0, -1) >= 0 and dilation (1, 1) are pairs"),
    (convolved(groups=0), f"{AT}: 4 channels to 2 in 0 groups {GROUPS.format(0)}"),
    (convolved(groups=2), f"{AT}: 4 channels to 2 in 2 groups {GROUPS.format(2)}"),
    (
        convolved(kernel=(3, 2, 2, 2), groups=2),
        f"convolve of {IMAGE} with (3, 2, 2, 2): 4 channels to 3 in 2 groups {GROUPS.format(2)}",
    ),
    (
        convolved(kernel=(2, 4, 2, 6)),
        f"convolve of {IMAGE} with (2, 4, 2, 6): a window of 6 entries, 1 apart, reaches over 6 and does not fit "
        "into a length of 5",
    ),
    (
        lambda: geometry.without_axes("sum", (2, 3), (0, 0)),
        "sum: axes (0, 0) are not distinct axes of the shape (2, 3)",
    ),
    (lambda: geometry.without_axes("sum", (2, 3), (2,)), "sum: axes (2,) are not distinct axes of the shape (2, 3)"),
    (lambda: geometry.without_axes("sum", (2, 3), (-1,)), "sum: axes (-1,) are not distinct axes of the shape (2, 3)"),
    (
        lambda: geometry.reduced("maximum", (2, 3), (0, 2)),
        "maximum: axes (0, 2) are not distinct axes of the shape (2, 3)",
    ),
    (lambda: geometry.reduced("maximum", (2, 0), (0, 1)), "maximum: there is no entry along the axes (0, 1) of (2, 0)"),
]


@pytest.mark.parametrize(("make", "words"), REFUSED)
def test_what_does_not_fit_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make()
    assert str(caught.value) == words


@pytest.mark.parametrize(
    "make",
    [
        lambda: geometry.sliced((-1,), (0,), (0,), (1,)),
        lambda: geometry.sliced((5,), (0,), (-1,), (1,)),
        lambda: geometry.gathered((2, -3), 0, (0,)),
        lambda: geometry.windowed((-9, 4), (1,), (1,), (1,)),
        lambda: geometry.without_axes("sum", (2, -3), ()),
        convolved(image=(-1, 4, 5, 5)),
        convolved(kernel=(-2, 4, 2, 2)),
    ],
)
def test_lengths_are_not_negative(make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match=r"a shape is a tuple of lengths >= 0, not \("):
        make()
