"""Who is told of the steps that are made.

Nobody, as a rule: then nothing stands between. The check of a training watches the steps that it has made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Watcher(Protocol):
    """What is told."""

    def compiled(self, step: Any, data: tuple[Any, ...]) -> None:
        """A compiled step is about to be made from its state, on the data."""
        ...


_WATCHERS: list[Watcher] = []


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Within it, the watcher is told of every compiled step."""
    _WATCHERS.append(watcher)
    try:
        yield
    finally:
        _WATCHERS.remove(watcher)


def step_told(step: Any, data: tuple[Any, ...]) -> None:
    """Whoever watches is told of a compiled step."""
    for watcher in tuple(_WATCHERS):
        watcher.compiled(step, data)
