"""Streams of batches: the same from any place, by any reader; and every table that is refused."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.errors import DataError, UsageError  # noqa: E402
from verified_cat.gpu import idx  # noqa: E402
from verified_cat.gpu.data import Paced, Place, Repeated, Shuffled, Table, since, table  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.loading import StreamDataset, ahead  # noqa: E402
from verified_cat.gpu.randomness import shuffled, stream  # noqa: E402

ENGINE = TorchEngine()


def numbered(rows: int = 10) -> Table:
    x = np.arange(2.0 * rows).reshape(rows, 2)
    return table(ENGINE, inputs=x, labels=np.arange(rows))


def drawn(seed: int = 0, size: int = 3) -> Shuffled:
    return Shuffled(numbered(), size, seed, "test")


def labels(batch: Any) -> list[float]:
    return batch[1].tolist()  # type: ignore[no-any-return]


# ---------------------------------------------------------------------------------------------- streams


def test_a_pass_meets_each_row_once() -> None:
    batches = [labels(drawn().at(number)) for number in range(6)]
    for one_pass in (batches[:3], batches[3:]):
        rows = [row for batch in one_pass for row in batch]
        assert len(set(rows)) == 9 and set(rows) <= set(range(10))
    assert batches[:3] != batches[3:]


def test_rows_of_a_batch_belong_together() -> None:
    x, y = drawn().at(4)
    assert torch.equal(x, torch.stack([2 * y, 2 * y + 1], dim=1))


def test_the_order_is_the_stream_of_the_seed_the_thing_and_the_purpose() -> None:
    order = shuffled(10, stream(5, "test", "order of pass 1")).tolist()
    assert [labels(drawn(5).at(number)) for number in (3, 4, 5)] == [order[:3], order[3:6], order[6:9]]
    for other in (Shuffled(numbered(), 3, 6, "test"), Shuffled(numbered(), 3, 5, "other")):
        assert labels(other.at(0)) != labels(drawn(5).at(0)) and other.digest != drawn(5).digest
    assert labels(Shuffled(numbered(), 3, 5, "test", "another order").at(0)) != labels(drawn(5).at(0))
    assert drawn(5).digest == drawn(5).digest != Shuffled(numbered(11), 3, 5, "test").digest


def test_reading_is_a_map() -> None:
    source, place = drawn(), Place()
    whole = [labels(batch) for batch in islice(source.since(place), 9)]
    for number in range(9):
        batch, following = source.after(Place(number))
        assert labels(batch) == whole[number] and following == Place(number + 1)
        assert labels(source.after(Place(number))[0]) == labels(batch), "reading changes nothing"
    backwards = [labels(source.at(number)) for number in reversed(range(9))]
    assert backwards[::-1] == whole
    for bad in (-1, 1.5, True):
        with pytest.raises(UsageError, match="place"):
            Place(bad)  # type: ignore[arg-type]


def test_any_data_can_be_entered_after_some_steps() -> None:
    assert list(since(range(5), 3)) == [3, 4]
    assert labels(next(since(drawn(), 7))) == labels(drawn().at(7))
    again = Repeated(numbered())
    assert next(since(again, 9)) is again.batch.columns


def test_a_rate_goes_with_its_batch() -> None:
    paced = Paced(drawn(), lambda number: 1 / (1 + number), "1 / (1 + n)", ENGINE)
    batch, rate = paced.at(3)
    assert labels(batch) == labels(drawn().at(3)) and float(rate) == 0.25 and rate.dtype == torch.float64
    assert paced.digest != Paced(drawn(), lambda _: 1.0, "1", ENGINE).digest


# ---------------------------------------------------------------------------------------------- readers


@pytest.mark.parametrize("count", [0, 1, 3])
def test_ahead_of_time_is_the_same_order(count: int) -> None:
    with ahead(drawn().since(Place(2)), count) as batches:
        found = [labels(batch) for batch in islice(batches, 8)]
    assert found == [labels(drawn().at(number)) for number in range(2, 10)]
    assert not [thread for thread in threading.enumerate() if thread.name == "batches ahead"]


def test_batches_are_made_while_nobody_asks() -> None:
    made: list[int] = []

    def noted() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with ahead(noted(), 2) as batches:
        assert next(batches) == 0
        deadline = time.monotonic() + 60
        while len(made) < 4 and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.02)
        assert len(made) == 4, "two wait in the queue, one in the hand of the thread, one was taken"


def test_a_fault_ahead_comes_where_its_batch_is_asked_for() -> None:
    def faulty() -> Iterator[int]:
        yield 1
        yield 2
        raise DataError("row 3 is not a number")

    with ahead(faulty(), 5) as batches:
        assert [next(batches), next(batches)] == [1, 2]
        with pytest.raises(DataError, match="row 3"):
            next(batches)
    with ahead(iter([1, 2]), 5) as batches:
        assert list(batches) == [1, 2]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_torch_loader_reads_the_same(workers: int) -> None:
    options: dict[str, Any] = {"multiprocessing_context": "fork"} if workers else {}
    loader = torch.utils.data.DataLoader(
        StreamDataset(drawn(), Place(1), 7), batch_size=None, num_workers=workers, **options
    )
    assert [labels(batch) for batch in loader] == [labels(drawn().at(number)) for number in range(1, 8)]
    with pytest.raises(UsageError, match="batches"):
        StreamDataset(drawn(), count=-1)


# ---------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "no rows"),
        ({"x": np.zeros((0, 2))}, "no rows in x"),
        ({"x": np.zeros(3), "y": np.zeros(4)}, "x has 3, y has 4"),
        ({"x": np.array([[1.0, 2.0], [np.nan, 1.0]])}, "column x holds, in row 1,"),
        ({"x": np.array([1.0, 2.0, np.inf])}, "in row 2,"),
        ({"x": np.array(["one", "two"])}, "not numbers"),
        ({"x": np.array(1.0)}, "is one number"),
    ],
)
def test_tables_that_are_refused(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        table(ENGINE, **columns)


def test_a_number_that_is_too_large_for_the_engine() -> None:
    with pytest.raises(DataError, match=r"row 1, a number that is not finite in torch\.float32"):
        table(TorchEngine("float32"), x=np.array([1.0, 1e300]))


@pytest.mark.parametrize("size", [0, -1, 11])
def test_batches_that_cannot_be_drawn(size: int) -> None:
    with pytest.raises(DataError, match=f"batches of {size} rows cannot be drawn from 10 rows"):
        Shuffled(numbered(), size, 0, "test")


# ---------------------------------------------------------------------------------------------- idx files

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_files_are_read(tmp_path: Path, ending: str) -> None:
    content = idx.written(IMAGES)
    assert content[:16] == bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4])
    (tmp_path / f"images{ending}").write_bytes(gzip.compress(content) if ending else content)
    path = idx.found(tmp_path, "images")
    assert path.name == f"images{ending}" and np.array_equal(idx.read(path, 3), IMAGES)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a", b"", "0 bytes, fewer than the header"),
        ("a", idx.written(IMAGES)[:12], "fewer than the header"),
        ("a", idx.written(IMAGES)[:-1], "is truncated: 23 entries, and its header says 2 x 3 x 4"),
        ("a", idx.written(IMAGES) + b"\0", "more than its header says"),
        ("a", b"\x89PNG" + bytes(40), "begins with 89 50 4e 47"),
        ("a", b"\0\0\x0d\x03" + bytes(40), "no idx file of bytes"),
        ("a", idx.written(IMAGES[0, 0]) + bytes(12), "1 axes, 3 are expected: are images and labels exchanged"),
        ("a.gz", idx.written(IMAGES), "not compressed by gzip"),
        ("a.gz", gzip.compress(idx.written(IMAGES), mtime=0)[:-6], "damaged or truncated gzip"),
        ("a.gz", gzip.compress(idx.written(IMAGES), mtime=0)[:-8] + bytes(8), "or is damaged: CRC"),
    ],
    ids=lambda part: f"{len(part)} bytes" if isinstance(part, bytes) else None,
)
def test_idx_files_that_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        idx.read(tmp_path / name, 3)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"images or images\.gz is looked for in .*, and neither is there"):
        idx.found(tmp_path, "images")
    with pytest.raises(UsageError, match="which is no folder"):
        idx.found(tmp_path / "none", "images")
    with pytest.raises(UsageError, match="cannot read"):
        idx.read(tmp_path / "none", 3)
