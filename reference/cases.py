"""Arguments for each row of the table: small ones, at which it is decided on symbols, and larger ones for balls."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from verified_cat.primitives import TABLE, Primitive

THIRD = Fraction(1, 3)

Cases = tuple[tuple[Any, ...], ...]
PLAIN: tuple[Cases, Cases] = ((((),), ((2, 3),)), (((5, 7),), ((4, 1, 6),)))

SLICES: tuple[Cases, Cases] = (
    (((5,), (1,), (2,), (2,)), ((2, 3), (0, 1), (2, 1), (1, 1)), ((2,), (0,), (0,), (1,))),
    (((7, 6, 5), (2, 0, 1), (2, 3, 4), (3, 2, 1)),),
)
GATHERS: tuple[Cases, Cases] = (
    (((3,), 0, (2, 0, 2, 1)), ((2, 3), 1, (1, 1)), ((3,), 0, ())),
    (((5, 4, 3), 1, (3, 3, 0, 2, 1, 0)),),
)
WINDOWS: tuple[Cases, Cases] = (
    (((5,), (2,), (1,), (2,)), ((2, 4), (3,), (1,), (1,)), ((3, 4), (2, 2), (1, 2), (1, 1))),
    (((2, 7, 8), (3, 2), (2, 3), (2, 1)),),
)
CONVOLUTIONS: tuple[Cases, Cases] = (
    (
        ((1, 1, 3, 2), (1, 1, 2, 2), (1, 1), (0, 1), (1, 1), 1),
        ((2, 2, 4, 1), (2, 1, 2, 1), (2, 1), (1, 0), (1, 1), 2),
        ((1, 2, 3, 3), (1, 2, 2, 1), (1, 2), (0, 0), (2, 1), 1),
    ),
    (
        ((2, 4, 6, 5), (6, 2, 3, 2), (2, 1), (1, 0), (1, 2), 2),
        ((1, 2, 7, 4), (3, 2, 2, 3), (3, 2), (0, 2), (2, 1), 1),
    ),
)

MAXIMA: tuple[Cases, Cases] = (
    (((3,), (0,)), ((2, 2), (0,)), ((2, 2, 1), (1, 2)), ((2,), ())),
    (((3, 4, 5), (0, 2)), ((6, 4), (1,))),
)
ALONG: tuple[Cases, Cases] = ((((3,), 0), ((2, 2), 0), ((1, 2), 1)), (((4, 5), 1), ((3, 4, 2), 1)))

CASES: dict[str, tuple[Cases, Cases]] = {
    **{name: PLAIN for name in ("add", "negate", "multiply")},
    "scale": (((THIRD, ()), (THIRD, (2,))), ((Fraction(-7, 5), (6, 7)),)),
    "sum": ((((2, 3), (0,)), ((3,), (0,)), ((2,), ())), (((4, 5, 3), (0, 2)), ((7, 6), (1,)))),
    "broadcast": ((((2, 3), (0,)), ((3,), (0,))), (((4, 5, 3), (0, 2)), ((7, 6), (1,)))),
    "reshape": ((((2, 3), (6,)), ((), (1,))), (((4, 6), (3, 2, 4)),)),
    "permute": ((((2, 3), (1, 0)), ((2, 1, 3), (2, 0, 1))), (((3, 4, 5), (2, 0, 1)), ((2, 3, 2, 3), (3, 1, 0, 2)))),
    **{name: SLICES for name in ("slice", "place")},
    **{name: GATHERS for name in ("gather", "scatter")},
    **{name: WINDOWS for name in ("windows", "fold_windows")},
    "contract": (
        (
            ("ij,jk->ik", (2, 3), (3, 2)),
            ("ij,j->i", (2, 3), (3,)),
            ("i,i->", (3,), (3,)),
            ("i,j->ij", (2,), (3,)),
            ("bij,bjk->bik", (2, 1, 2), (2, 2, 1)),
        ),
        (
            ("ij,jk->ik", (5, 6), (6, 4)),
            ("bij,bkj->kbi", (3, 4, 5), (3, 2, 5)),
            ("ij,ij->", (7, 5), (7, 5)),
            ("ib,bij->jb", (4, 3), (3, 4, 5)),
        ),
    ),
    **{name: CONVOLUTIONS for name in ("convolve", "convolve_input", "convolve_weight")},
    "constant": ((((2,), (THIRD,)),), (((5, 4), (THIRD,)),)),
    **{name: PLAIN for name in ("exp", "log", "reciprocal", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "step")},
    **{name: PLAIN for name in ("softplus", "gaussian", "gaussian_cdf")},
    **{name: MAXIMA for name in ("maximum", "first_maximum")},
    **{name: ALONG for name in ("softmax", "log_softmax")},
    "one_hot": ((((), 2), ((2,), 3)), (((3, 2), 4),)),
}
"""Row ↦ (small arguments, larger ones). A new row needs both: its certificate is made of them."""


def small(name: str) -> tuple[Primitive, ...]:
    """The operation of this name at its small arguments."""
    return tuple(Primitive(name, arguments) for arguments in CASES[name][0])


def every_small_case() -> tuple[Primitive, ...]:
    """Every row of the table at its small arguments."""
    return tuple(operation for name in TABLE for operation in small(name))
