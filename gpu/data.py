"""Data as an explicit effect: a stream of batches is a value, and reading it is a map place ↦ (batch, next place).

Nothing is hidden in an iterator: a place is one number, batch n is a function of (seed, thing, purpose) and n alone,
and a training that stopped goes on from its place with the batches that it would have had.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any

import numpy as np
import torch

from verified_cat.errors import DataError, UsageError
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import Index, shuffled, stream


@dataclass(frozen=True, slots=True)
class Place:
    """How far a stream is read: after so many batches. It is all that it takes to go on from there."""

    batches: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.batches, bool) or not isinstance(self.batches, int) or self.batches < 0:
            raise UsageError(f"a place in a stream is a number of batches >= 0, not {self.batches!r}")


class Stream(ABC):
    """n ↦ the n-th batch, from 0, without end."""

    @abstractmethod
    def at(self, number: int) -> Value:
        """The batch with this number."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """The same for two streams only where all their batches are the same."""

    def mark(self, number: int) -> Any:
        """What a checkpoint keeps, as JSON, so that the stream can be entered before batch ``number``; None where the
        number says it all."""
        return None

    def enter(self, number: int, mark: Any) -> None:
        """Batch ``number`` will be asked for next; ``mark`` is what was kept for it."""
        return None

    def after(self, place: Place) -> tuple[Value, Place]:
        """place ↦ (batch, next place)."""
        return self.at(place.batches), Place(place.batches + 1)

    def since(self, place: Place) -> Iterator[Value]:
        """The batches from a place on."""
        while True:
            batch, place = self.after(place)
            yield batch


# ------------------------------------------------------------------------------------------------ tables


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of numbers in columns of tensors: row i of every column belongs together."""

    columns: tuple[torch.Tensor, ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    def rows(self, chosen: Index) -> tuple[torch.Tensor, ...]:
        """These rows, in this order."""
        places = torch.from_numpy(np.ascontiguousarray(chosen))
        return tuple(column.index_select(0, places.to(column.device)) for column in self.columns)

    @property
    def digest(self) -> str:
        """A digest of all the numbers, their types and their shapes."""
        whole = sha256()
        for column in self.columns:
            whole.update(f"{column.dtype} {tuple(column.shape)}\n".encode())
            whole.update(column.cpu().view(torch.uint8).numpy().tobytes())
        return whole.hexdigest()


def table(engine: TorchEngine, **columns: Any) -> Table:
    """The columns as tensors of the engine, row by row; arrays or tensors.

    Raises DataError, with the column and the row, where there are no rows, where columns differ in length, or where an
    entry is not a finite number.
    """
    made = {name: _column(name, given, engine) for name, given in columns.items()}
    counts = {name: len(column) for name, column in made.items()}
    if not counts or min(counts.values()) == 0:
        raise DataError(f"there are no rows in {' and '.join(columns) or 'a table without columns'}")
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise DataError(f"the columns of a table have equally many rows: {shown}")
    return Table(tuple(made.values()))


def _column(name: str, given: Any, engine: TorchEngine) -> torch.Tensor:
    array = given if isinstance(given, torch.Tensor) else np.asarray(given)
    if not isinstance(array, torch.Tensor) and array.dtype.kind not in "biuf":
        raise DataError(f"the column {name} holds {array.dtype}, not numbers")
    if array.ndim == 0:
        raise DataError(f"the column {name} is one number; a column has rows")
    column = torch.as_tensor(array).to(engine.device, engine.dtype, copy=True).contiguous()
    finite = torch.isfinite(column).reshape(len(column), -1).all(dim=1) if column.numel() else torch.ones(0)
    if not bool(finite.all()):
        row = int(torch.nonzero(~finite)[0, 0])
        raise DataError(f"the column {name} holds, in row {row}, a number that is not finite in {engine.dtype}")
    return column


# ------------------------------------------------------------------------------------------------ streams


@dataclass(frozen=True, slots=True)
class Rows:
    """Index sets of ``size`` rows out of ``count``: each pass over the rows in an order of its own, drawn by Philox.

    What is left over at the end of a pass is dropped. Raises DataError where a pass holds no whole batch.
    """

    count: int
    size: int
    seed: int
    thing: str
    purpose: str = "order"

    def __post_init__(self) -> None:
        if not 0 < self.size <= self.count:
            raise DataError(f"{self.thing}: batches of {self.size} rows cannot be drawn from {self.count} rows")

    def order(self, number: int) -> Index:
        """The order of the rows in pass ``number``."""
        return shuffled(self.count, stream(self.seed, self.thing, f"{self.purpose} of pass {number}"))


class Shuffled(Stream):
    """The batches of a table: each pass over its rows in an order of its own, from (seed, thing, purpose)."""

    def __init__(self, rows_of: Table, size: int, seed: int, thing: str, purpose: str = "order") -> None:
        self.table, self.rows = rows_of, Rows(len(rows_of), size, seed, thing, purpose)
        self._order: tuple[int, Index] = (-1, np.zeros(0, dtype=np.intp))  # of the pass that was asked for last

    def at(self, number: int) -> tuple[torch.Tensor, ...]:
        """The batch with this number."""
        return self.table.rows(self.chosen(number))

    def chosen(self, number: int) -> Index:
        """The rows of the batch with this number."""
        passes, place = divmod(number, self.rows.count // self.rows.size)
        known, order = self._order
        if known != passes:
            order = self.rows.order(passes)
            self._order = passes, order
        return order[place * self.rows.size : (place + 1) * self.rows.size]

    @property
    def digest(self) -> str:
        """Of the table and of how its rows are drawn."""
        return sha256(f"{self.table.digest} {self.rows}".encode()).hexdigest()


@dataclass(frozen=True)
class Repeated(Stream):
    """One batch, again and again."""

    batch: Table

    def at(self, number: int) -> tuple[torch.Tensor, ...]:
        """The batch."""
        return self.batch.columns

    @property
    def digest(self) -> str:
        """Of the batch."""
        return self.batch.digest


@dataclass(frozen=True)
class Paced(Stream):
    """n ↦ (the n-th batch, the rate of step n): for a step that is given its rate."""

    stream: Stream
    rate: Callable[[int], float]
    says: str
    """What the rates are, for the digest."""
    engine: TorchEngine

    def at(self, number: int) -> Value:
        """The batch and its rate."""
        return self.stream.at(number), torch.tensor(
            self.rate(number), dtype=self.engine.dtype, device=self.engine.device
        )

    @property
    def digest(self) -> str:
        """Of the batches and of what the rates are."""
        return sha256(f"{self.stream.digest} {self.says}".encode()).hexdigest()


def since(data: Iterable[Value] | Stream, made: int) -> Iterator[Value]:
    """What is left of the data of a training after ``made`` steps; what cannot be entered anywhere is read and left."""
    return data.since(Place(made)) if isinstance(data, Stream) else islice(data, made, None)
