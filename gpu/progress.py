"""What a person sees and does while a model trains: a line on standard error, and signals that end it in good order."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any, TextIO

EVERY = 10.0
"""Seconds between two plain lines; a terminal is redrawn ten times a second."""


class Progress:
    """Steps done, how fast, and how long the rest takes, on standard error: a bar on a terminal, else a plain line.

    A plain line comes every ten seconds. ``begun`` steps were made before, and are not in the rate.
    """

    def __init__(self, total: int, stream: TextIO | None = None, begun: int = 0) -> None:
        self.total, self._begun, self._since = total, begun, time.monotonic()
        self.stream = stream or sys.stderr
        self.terminal = self.stream.isatty()
        self._pause = 0.1 if self.terminal else EVERY
        self._next = time.monotonic() + self._pause
        self._drawn = False

    def due(self) -> bool:
        """Whether it is time to show something."""
        return time.monotonic() >= self._next

    def show(self, step: int, figures: dict[str, float]) -> None:
        """Draw the bar, or write the line."""
        self._next = time.monotonic() + self._pause
        shown = "  ".join([*(f"{name} {value:.4g}" for name, value in figures.items()), *self._pace(step)])
        if self.terminal:
            done = 30 * step // max(1, self.total)
            self.stream.write(f"\r\x1b[K{'█' * done}{'·' * (30 - done)} {step}/{self.total}  {shown}")
            self._drawn = True
        else:
            self.stream.write(f"step {step} of {self.total}  {shown}\n")
        self.stream.flush()

    def _pace(self, step: int) -> list[str]:
        """Steps a second, and the time that is left at that rate, where both can be said."""
        made, seconds = step - self._begun, time.monotonic() - self._since
        if made < 1 or seconds <= 0:
            return []
        return [f"{made / seconds:.4g} steps/s", f"{duration((self.total - step) * seconds / made)} left"]

    def close(self) -> None:
        """Wipe the bar."""
        if self._drawn:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def duration(seconds: float) -> str:
    """Such as 42 s, 3 min 05 s, 2 h 07 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Interruption:
    """While entered, the first SIGINT or SIGTERM only sets ``name``; the second one acts as it would have before.

    Python takes signals in the main thread alone; entered in another one, this does nothing.
    """

    def __init__(self) -> None:
        self.name = ""
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.name = signal.Signals(number).name
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
