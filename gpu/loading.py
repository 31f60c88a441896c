"""Batches made before they are asked for: by a thread, or by the workers of a torch DataLoader.

That changes when a batch is made, never which one it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

import torch

from verified_cat.errors import UsageError
from verified_cat.functions import Value
from verified_cat.gpu.data import Place, Stream

WAIT = 0.05
"""Seconds after which the thread looks whether anybody still wants its batches."""


@contextmanager
def ahead(batches: Iterator[Value], count: int) -> Iterator[Iterator[Value]]:
    """The same batches in the same order, up to ``count`` of them made in the background by a thread.

    Whatever the making of a batch raises is raised where that batch is asked for. The thread ends with the context.
    """
    if count < 1:
        yield batches
        return
    made: Queue[tuple[Any, BaseException | None]] = Queue(count)
    left = Event()
    thread = Thread(target=_make, args=(batches, made, left), name="batches ahead", daemon=True)
    thread.start()
    try:
        yield _taken(made)
    finally:
        left.set()
        thread.join()


def _make(batches: Iterator[Value], made: Queue[tuple[Any, BaseException | None]], left: Event) -> None:
    def put(entry: tuple[Any, BaseException | None]) -> None:
        while not left.is_set():
            try:
                return made.put(entry, timeout=WAIT)
            except Full:
                continue

    try:
        while not left.is_set():
            put((next(batches), None))
    except BaseException as fault:
        put((None, fault))


def _taken(made: Queue[tuple[Any, BaseException | None]]) -> Iterator[Value]:
    while True:
        try:
            batch, fault = made.get(timeout=WAIT)  # with a timeout, so that signals are seen
        except Empty:
            continue
        if isinstance(fault, StopIteration):
            return
        if fault is not None:
            raise fault
        yield batch


# ------------------------------------------------------------------------------------------------ torch's loader


class StreamDataset(torch.utils.data.IterableDataset[Any]):
    """A stream for ``torch.utils.data.DataLoader(StreamDataset(stream, count=n), batch_size=None)``.

    Of w workers the k-th makes the batches k, k + w, k + 2 w, …, and the loader takes from them in turns: the order is
    that of the stream whatever the number of workers.
    """

    def __init__(self, batches: Stream, place: Place | None = None, count: int | None = None) -> None:
        super().__init__()
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 0):
            raise UsageError(f"the number of batches is a whole number >= 0, not {count!r}")
        self.stream, self.place, self.count = batches, place or Place(), count

    def __iter__(self) -> Iterator[Value]:
        worker = torch.utils.data.get_worker_info()
        own, workers = (0, 1) if worker is None else (worker.id, worker.num_workers)
        number = own
        while self.count is None or number < self.count:
            yield self.stream.at(self.place.batches + number)
            number += workers
