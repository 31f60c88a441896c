"""Who is told what the engine computes: each operation with its values, and each program that is differentiated.

Nobody, as a rule: a kernel is then what runs, and nothing stands between. The cross-check of a training watches
some of its steps (``repeating``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from verified_cat.functions import Run, Value
from verified_cat.primitives import Primitive
from verified_cat.terms import Term


class Watcher(Protocol):
    """What is told."""

    def operation(self, engine: Any, operation: Primitive, x: Value, y: Value) -> None:
        """The operation took x to y."""
        ...

    def program(self, engine: Any, term: Term, x: Value) -> None:
        """The term is differentiated at x."""
        ...

    def compiled(self, step: Any, data: tuple[Any, ...]) -> None:
        """A compiled step is about to be made from its state, on the data."""
        ...


_WATCHERS: list[Watcher] = []


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Within it, everything that is built from operations or differentiated tells the watcher when it runs."""
    _WATCHERS.append(watcher)
    try:
        yield
    finally:
        _WATCHERS.remove(watcher)


def operation_told(engine: Any, operation: Primitive, kernel: Run) -> Run:
    """The kernel itself; where somebody watches, one that tells of each call."""
    if not _WATCHERS:
        return kernel
    watchers = tuple(_WATCHERS)

    def told(x: Value) -> Value:
        y = kernel(x)
        for watcher in watchers:
            watcher.operation(engine, operation, x, y)
        return y

    return told


def program_told(engine: Any, term: Term, run: Run) -> Run:
    """The program itself; where somebody watches, one that tells where it is run."""
    if not _WATCHERS:
        return run
    watchers = tuple(_WATCHERS)

    def told(x: Value) -> Value:
        for watcher in watchers:
            watcher.program(engine, term, x)
        return run(x)

    return told


def step_told(step: Any, data: tuple[Any, ...]) -> None:
    """Whoever watches is told of a compiled step."""
    for watcher in tuple(_WATCHERS):
        watcher.compiled(step, data)
