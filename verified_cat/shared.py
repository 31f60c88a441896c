"""Values of the same parts are one object, so equality is identity and a part that occurs often is there once."""

from __future__ import annotations

import os
from collections import deque
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import ref


class Shared(type):
    """The class of classes of frozen, shared values: a value is its class and the parts that ``__reduce__`` tells.

    A value is looked up by its arguments before it is made, unless ``_checked`` says that some are refused: what is
    refused may equal what is not, as True does 1. A value that nobody holds is let go.
    """

    _checked: ClassVar[bool] = False

    if not TYPE_CHECKING:  # for the checker a call makes what the class says, as it does

        def __call__(cls, *given: Any, **named: Any) -> Any:
            if not (cls._checked or named):
                known = _known((cls, *given))
                if known is not None:
                    return known
            made = super().__call__(*given, **named)
            key = (cls, *made.__reduce__()[1])
            known = _known(key)
            return _entered(key, made) if known is None else known


class _Reference(ref[Any]):
    """To the value of a key."""

    __slots__ = ("key",)
    key: tuple[Any, ...]


_TABLE: dict[tuple[Any, ...], _Reference] = {}
"""The class and the parts ↦ the value."""

_lock = RLock()
"""Held to write in the table, so that no two threads make two of one value. Nothing is made meanwhile that could bring
the end of other values; one that ends anyway may take it again."""


def _known(key: tuple[Any, ...]) -> Any:
    found = _TABLE.get(key)
    return found and found()


def _entered(key: tuple[Any, ...], made: Any) -> Any:
    """The value of this key from now on: this one, unless another thread was first."""
    reference = _Reference(made, _forget)
    reference.key = key
    with _lock:
        while _late:
            _remove(_late[0])
            _late.popleft()
        known = _known(key)
        if known is None:
            _TABLE[key], known = reference, made
    return known


_late: deque[_Reference] = deque()
"""To values that ended where no stack was left to hash their keys: these are removed when the next value is made."""


def _forget(reference: _Reference) -> None:
    try:
        with _lock:
            _remove(reference)
    except RecursionError:  # of a caller: garbage is collected at any depth, and from here nothing can be raised
        _late.append(reference)


def _remove(reference: _Reference) -> None:
    if _TABLE.get(reference.key) is reference:
        del _TABLE[reference.key]


def _unlocked() -> None:
    global _lock
    _lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlocked)  # another thread may have held it, which is not there in the child
