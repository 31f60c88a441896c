"""Arguments at which the rows of layers are drawn: small, not square, with strides, padding, dilation and groups."""

from __future__ import annotations

from typing import Any

_SLICES = (((5,), (1,), (2,), (2,)), ((3, 2), (0, 1), (2, 1), (1, 1)), ((2, 3), (1, 0), (1, 2), (1, 2)))
_GATHERS = (((3,), 0, (2, 0, 2, 1)), ((2, 3), 1, (1, 2)), ((3, 2), 0, (2, 2, 1)))
_WINDOWS = (((4,), (2,), (1,), (2,)), ((2, 3), (2,), (1,), (1,)), ((3, 3), (2, 2), (1, 1), (1, 1)))
_CONVOLUTIONS = (
    ((1, 1, 3, 2), (1, 1, 2, 2), (1, 1), (0, 1), (1, 1), 1),
    ((2, 2, 3, 1), (2, 1, 2, 1), (2, 1), (1, 0), (1, 1), 2),
    ((1, 2, 3, 1), (2, 2, 2, 1), (1, 1), (0, 0), (2, 1), 1),
)
_MAXIMA = (((3,), (0,)), ((2, 3), (0,)), ((2, 2), (1,)), ((1, 2, 2), (0, 2)))
_ALONG = (((2,), 0), ((2, 3), 0), ((2, 2), 1))

GEOMETRY: dict[str, tuple[tuple[Any, ...], ...]] = {
    **{name: _SLICES for name in ("slice", "place")},
    **{name: _GATHERS for name in ("gather", "scatter")},
    **{name: _WINDOWS for name in ("windows", "fold_windows")},
    **{name: _CONVOLUTIONS for name in ("convolve", "convolve_input", "convolve_weight")},
    **{name: (((2,),), ((2, 3),)) for name in ("softplus", "gaussian", "gaussian_cdf")},
    **{name: _ALONG for name in ("softmax", "log_softmax")},
    **{name: _MAXIMA for name in ("maximum", "first_maximum")},
    "one_hot": (((2,), 3), ((), 2)),
}
"""Row ↦ some of its arguments."""

LINEAR = ("slice", "place", "gather", "scatter", "windows", "fold_windows")
POLYNOMIAL = (*LINEAR, "convolve", "convolve_input", "convolve_weight")
SMOOTH = (*POLYNOMIAL, "softplus", "gaussian", "gaussian_cdf", "softmax", "log_softmax")
ANY = (*SMOOTH, "maximum", "first_maximum", "one_hot")

ROWS = {"linear": LINEAR, "polynomial": POLYNOMIAL, "smooth": SMOOTH, "any": ANY}
"""Kind of map ↦ the rows of layers among them."""
