"""Figures as they come: a line of JSON for each in ``metrics.jsonl``, and, where asked for, events for TensorBoard."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from verified_cat.errors import MissingExtra, UsageError

LIVE = "metrics.jsonl"


class Live:
    """``metrics.jsonl`` of a run, begun anew with its header; a line is with the system before the next step is made.

    Raises UsageError where it cannot be written, MissingExtra where TensorBoard is asked for and is not there.
    """

    def __init__(self, folder: Path, header: Mapping[str, Any], board: Path | None = None) -> None:
        self._path = folder / LIVE
        self._board = _writer(board) if board is not None else None
        try:
            self._file: TextIO = open(self._path, "w", encoding="utf-8")  # noqa: SIM115
        except OSError as refused:
            raise self._refused(refused) from None
        self.event(**header)

    def event(self, **fields: Any) -> None:
        """A line that is no row of figures."""
        try:
            self._file.write(json.dumps(fields, ensure_ascii=False, default=str) + "\n")
            self._file.flush()
        except OSError as refused:
            raise self._refused(refused) from None

    def row(self, training: int, row: Mapping[str, float], seconds: float | None = None) -> None:
        """Figures of a step. A number that is not finite has no JSON, so it is written as a string."""
        plain = {name: value if math.isfinite(value) else repr(value) for name, value in row.items()}
        self.event(training=training, **plain, **({} if seconds is None else {"seconds": round(seconds, 6)}))
        if self._board is not None:
            for name, value in row.items():
                if name != "step":
                    self._board.add_scalar(f"{training}/{name}" if training else name, value, int(row["step"]))

    def close(self) -> None:
        """Nothing more comes."""
        self._file.close()
        if self._board is not None:
            self._board.close()

    def _refused(self, refused: OSError) -> UsageError:
        return UsageError(f"cannot write {self._path}: {refused.strerror or refused}")


def _writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as missing:
        raise MissingExtra("events for TensorBoard need its library: pip install tensorboard") from missing
    return SummaryWriter(str(folder))
