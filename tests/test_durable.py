"""Files that are there whole or not at all: each call of the system fails in turn, in every way it can."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verified_cat import durable
from verified_cat.errors import UsageError
from verified_cat.report import write_text

CALLS = ("open", "write", "fsync", "close", "replace")
FAULTS = (errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EROFS, errno.EDQUOT, errno.EACCES)
OLD, NEW = {"a": b"old a", "b": b"old b"}, {"a": b"new a" * 1000, "b": b"new b" * 1000}


class Failing:
    """The n-th of the calls of the system that make files, counted together, fails with this number of an error."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, number: int) -> None:
        self.count, self.at, self.number, self.fired = 0, at, number, ""
        for name in CALLS:
            patch.setattr(os, name, self.instead(name, getattr(os, name)))

    def instead(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **more: Any) -> Any:
            self.count += 1
            if self.count - 1 != self.at:
                return real(*given, **more)
            self.fired = name
            if name == "close":  # the system gives the handle back even then
                real(*given, **more)
            raise OSError(self.number, os.strerror(self.number))

        return called


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("number", FAULTS, ids=[errno.errorcode[number] for number in FAULTS])
def test_each_call_of_a_write_fails_in_turn(number: int, tmp_path: Path) -> None:
    """Each file is the old one or the new one, never a part; nothing temporary is left; all calls get their turn."""
    fired = []
    for at in range(100):
        durable.write(tmp_path, OLD)
        with pytest.MonkeyPatch.context() as patch:
            failing = Failing(patch, at, number)
            try:
                durable.write(tmp_path, NEW)
            except OSError as fault:
                assert fault.errno == number
        found = contents(tmp_path)
        assert set(found) == {"a", "b"} and all(found[name] in (OLD[name], NEW[name]) for name in found)
        if not failing.fired:
            assert found == NEW
            break
        fired.append(failing.fired)
        written = fired.count("replace") - (failing.fired == "replace")
        assert found == {**OLD, **dict(list(NEW.items())[:written])}
    one = ["open", "write", "fsync", "close"]
    assert fired == [*one, *one, "replace", "replace", "open", "fsync", "close"]


@pytest.mark.parametrize("most", [1, 7, 4999])
def test_a_write_that_takes_only_a_part_goes_on(most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: real(handle, content[:most]))
    durable.write(tmp_path, NEW)
    assert contents(tmp_path) == NEW


def test_pieces_are_of_a_size_that_the_system_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = os.write

    def write(handle: int, content: memoryview) -> int:
        sizes.append(len(content))
        return real(handle, content)

    monkeypatch.setattr(os, "write", write)
    durable.write(tmp_path, {"a": bytes(2 * durable.PIECE + 1)})
    assert sizes == [durable.PIECE, durable.PIECE, 1] and (tmp_path / "a").stat().st_size == 2 * durable.PIECE + 1


def test_a_text_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "made" / "report.json"
    write_text(file, "è\n")
    for at in range(8):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(UsageError, match=r"cannot write .*No space left"):
            failing = Failing(patch, at, errno.ENOSPC)
            write_text(file, "new\n")
        assert failing.fired and contents(file.parent) == {"report.json": ("è" if at < 5 else "new").encode() + b"\n"}
        write_text(file, "è\n")
    with pytest.raises(UsageError, match=r"cannot write .*made"):
        write_text(tmp_path / "made", "a folder is there")
    assert list(tmp_path.iterdir()) == [tmp_path / "made"]


def test_what_a_kill_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may sweep the same folder at the same time."""
    left = durable.staged(tmp_path, b"half")
    (tmp_path / "kept").write_bytes(b"whole")
    assert re.fullmatch(r"\.verified-cat-[0-9a-f]{32}", left.name)
    durable.swept(tmp_path)
    assert contents(tmp_path) == {"kept": b"whole"}
    monkeypatch.setattr(Path, "glob", lambda folder, pattern: iter([left]))
    durable.swept(tmp_path)
    assert (tmp_path / "kept").read_bytes() == b"whole"


def test_a_file_is_made_for_all_to_read_as_far_as_they_may(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        durable.write(tmp_path, {"a": b""})
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
        os.umask(0o077)
        durable.write(tmp_path, {"a": b""})
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)
