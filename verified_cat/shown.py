"""What every public value has in a notebook: ``_repr_html_``, made where it is asked for by ``verified_cat.notebook``.

The name of that module is looked up when a value is shown: nothing here imports a picture, and values stay below it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Shown:
    """A value that a notebook shows as HTML: a picture where there is one, else a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return _notebook().html(self)  # type: ignore[no-any-return]


class Written(Shown):
    """A value that is a formula as well, for notebooks that become paper."""

    __slots__ = ()

    def _repr_latex_(self) -> str:
        return _notebook().latex(self)  # type: ignore[no-any-return]


def _notebook() -> Any:
    return import_module("verified_cat.notebook")
