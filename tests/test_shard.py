"""A shard is every N-th case from the K-th on, and the shards of a run are there once each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from verified_cat.errors import UsageError
from verified_cat.shard import Shard, each_once, files_of, is_part, some


def test_the_parts_of_a_number() -> None:
    assert Shard() == Shard(1, 1) and list(Shard().numbers(3)) == [0, 1, 2]
    assert [list(Shard(index, 3).numbers(8)) for index in (1, 2, 3)] == [[0, 3, 6], [1, 4, 7], [2, 5]]
    assert [list(Shard(index, 3).numbers(2)) for index in (1, 2, 3)] == [[0], [1], []]


def test_a_shard_is_read_as_it_is_written() -> None:
    assert [Shard.read(text) for text in ("1/1", "2/3", "3/3", "007/000010")] == [
        Shard(1, 1),
        Shard(2, 3),
        Shard(3, 3),
        Shard(7, 10),
    ]
    for wrong in ("0/1", "2/1", "1/0", "0/0", "1/1000000", "1", "1/2 ", "-1/2"):
        with pytest.raises(UsageError, match=f"^--shard is K/N with K from 1 to N, such as 3/16, not '{wrong}'$"):
            Shard.read(wrong)


@pytest.mark.parametrize(("index", "of"), [(0, 1), (2, 1), (0, 0), (-1, 3)])
def test_there_is_no_other_part(index: int, of: int) -> None:
    with pytest.raises(UsageError, match=f"^a shard is K/N with K from 1 to N, not {index}/{of}$"):
        Shard(index, of)


def test_what_a_report_says_of_its_shard() -> None:
    assert is_part({"index": 1, "of": 1}) and is_part({"index": 2, "of": 999_999, "expected": []})
    for index, of in ((0, 1), (2, 1), (1, 1_000_000), (True, 2), (1, True), ("1", 2), (1, "2"), (1.0, 2), (1, 2.0)):
        assert not is_part({"index": index, "of": of})
    others: list[Any] = [None, [], "1/1", {}, {"index": 1}, {"of": 1}]
    for other in others:
        assert not is_part(other)


def test_files_are_named_by_the_first() -> None:
    assert files_of(reports(1, 1)) == "0.json"
    assert files_of(reports(3, 1, 2, 3)) == "0.json and 2 more"


def reports(of: int, *indices: int) -> dict[Path, dict[str, Any]]:
    return {Path(f"{place}.json"): {"run": {"shard": {"index": k, "of": of}}} for place, k in enumerate(indices)}


def test_every_shard_is_there_once() -> None:
    each_once(reports(1, 1))
    each_once(reports(3, 2, 3, 1))
    with pytest.raises(UsageError, match=r"^0\.json and 2\.json are both shard 2$"):
        each_once(reports(3, 2, 1, 2))
    with pytest.raises(UsageError, match=r"^of 3 shards 2 are missing: 1, 3$"):
        each_once(reports(3, 2))


def test_long_lists_are_cut_and_counted() -> None:
    names = [str(number) for number in range(25)]
    assert some(names[:2]) == "0, 1" and some([]) == ""
    assert some(names[:20]) == ", ".join(names[:20])
    assert some(names[:21]) == ", ".join(names[:20]) + " and 1 more"
    assert some(names, 2) == "0, 1 and 23 more"
