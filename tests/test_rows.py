"""Arguments at which rows of layers are drawn: what the rows then are, that they are small, which are drawn where."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.functions import Functions
from verified_cat.objects import Pair, flatten, leaves, size, unflatten
from verified_cat.primitives import primitive
from verified_cat.rows import GEOMETRY, ROWS

SEEN: dict[str, list[tuple[str, tuple[int, ...]]]] = {
    # the boundary, and the image of 1, 2, 3, …: a change of what is drawn changes what is tested everywhere
    "slice": [
        ("R[5] → R[2]", (2, 4)),
        ("R[3,2] → R[2,1]", (2, 4)),
        ("R[2,3] → R[1,2]", (4, 6)),
    ],
    "gather": [
        ("R[3] → R[4]", (3, 1, 3, 2)),
        ("R[2,3] → R[2,2]", (2, 3, 5, 6)),
        ("R[3,2] → R[3,2]", (5, 6, 5, 6, 3, 4)),
    ],
    "windows": [
        ("R[4] → R[2,2]", (1, 3, 2, 4)),
        ("R[2,3] → R[2,2,2]", (1, 2, 2, 3, 4, 5, 5, 6)),
        ("R[3,3] → R[2,2,2,2]", (1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9)),
    ],
    "convolve": [
        ("(R[1,1,3,2] ⊗ R[1,1,2,2]) → R[1,1,2,3]", (38, 90, 50, 74, 158, 82)),
        ("(R[2,2,3,1] ⊗ R[2,1,2,1]) → R[2,2,2,1]", (14, 68, 64, 171, 98, 230, 160, 357)),
        ("(R[1,2,3,1] ⊗ R[2,2,2,1]) → R[1,2,1,1]", (127, 183)),
    ],
    "maximum": [
        ("R[3] → R", (3,)),
        ("R[2,3] → R[3]", (4, 5, 6)),
        ("R[2,2] → R[2]", (2, 4)),
        ("R[1,2,2] → R[2]", (2, 4)),
    ],
    "one_hot": [
        ("R[2] → R[2,3]", (0, 1, 0, 0, 0, 1)),
        ("R → R[2]", (0, 1)),
    ],
}
LIKE = {
    "slice": ("place",),
    "gather": ("scatter",),
    "windows": ("fold_windows",),
    "convolve": ("convolve_input", "convolve_weight"),
    "maximum": ("first_maximum",),
    "softmax": ("log_softmax",),
    "softplus": ("gaussian", "gaussian_cdf"),
}
"""Rows that are drawn at the same arguments."""


def counted(ob: Any) -> Any:
    """1, 2, 3, … from left to right."""
    start, parts = 1, []
    for leaf in leaves(ob):
        parts.append(tuple(range(start, start + size(leaf))))
        start += size(leaf)
    return unflatten(ob, parts)


@pytest.mark.parametrize("name", SEEN)
def test_what_is_drawn(name: str, plain: Functions) -> None:
    found = []
    for arguments in GEOMETRY[name]:
        term = primitive(name, *arguments)
        value = plain.meaning(term)(counted(term.dom))
        image = tuple(int(number) for leaf in flatten(term.cod, value) for number in leaf)
        found.append((f"{term.dom} → {term.cod}", image))
    assert found == SEEN[name]


def test_rows_that_belong_together_are_drawn_at_the_same_arguments() -> None:
    assert set(GEOMETRY) == {*LIKE, *(name for names in LIKE.values() for name in names), "one_hot"}
    for name, names in LIKE.items():
        assert all(GEOMETRY[name] == GEOMETRY[other] for other in names)
    assert GEOMETRY["softmax"] == (((2,), 0), ((2, 3), 0), ((2, 2), 1))
    assert GEOMETRY["softplus"] == (((2,),), ((2, 3),))


def test_they_are_small() -> None:
    """Laws take the Jacobians of composites of them."""
    for name, rows in GEOMETRY.items():
        for arguments in rows:
            term = primitive(name, *arguments)
            sides = (term.dom.left, term.dom.right) if isinstance(term.dom, Pair) else (term.dom,)
            assert all(size(side) <= 16 for side in (*sides, term.cod))


def test_arguments_say_no_more_than_they_do() -> None:
    """The step is 1 where one entry is taken or one window fits, and so is the distance within a window of one."""
    for _, _, lengths, steps in GEOMETRY["slice"]:
        assert all(step == 1 for length, step in zip(lengths, steps, strict=True) if length <= 1)
    for name in ("windows", "convolve"):
        for arguments in GEOMETRY[name]:
            window, stride, dilation = (
                (*arguments[1:4],) if name == "windows" else (arguments[1][2:], arguments[2], arguments[4])
            )
            ends = primitive(name, *arguments).cod.shape  # type: ignore[attr-defined]
            fitting = ends[-2 * len(window) : -len(window)] if name == "windows" else ends[2:]
            for fits, wide, step, apart in zip(fitting, window, stride, dilation, strict=True):
                assert (fits > 1 or step == 1) and (wide > 1 or apart == 1)


def test_each_kind_of_map_has_more_rows_than_the_one_before() -> None:
    linear, polynomial, smooth, any_ = (ROWS[kind] for kind in ("linear", "polynomial", "smooth", "any"))
    assert set(linear) == {"slice", "place", "gather", "scatter", "windows", "fold_windows"}
    assert set(polynomial) - set(linear) == {"convolve", "convolve_input", "convolve_weight"}
    assert set(smooth) - set(polynomial) == {"softplus", "gaussian", "gaussian_cdf", "softmax", "log_softmax"}
    assert set(any_) - set(smooth) == {"maximum", "first_maximum", "one_hot"}
    assert len(ROWS) == 4 and set(any_) == set(GEOMETRY) and len(any_) == len(GEOMETRY)
    assert set(linear) < set(polynomial) < set(smooth) < set(any_)
