"""python-flint's balls under one name, so that what needs them says which extra is missing."""

from __future__ import annotations

from verified_cat.errors import MissingExtra

try:
    from flint import arb, arb_mat, arb_series, ctx, fmpq
except ModuleNotFoundError as _missing:
    raise MissingExtra("balls of any precision need python-flint: pip install verified-cat[balls]") from _missing

__all__ = ["arb", "arb_mat", "arb_series", "ctx", "fmpq"]
