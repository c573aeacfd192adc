"""Frames on their way to a file, in the order of the capture, though of some it is known only later if they belong.

A frame that is sure goes on at once, unless one before it waits. One that is not waits, and so do all after it, until
it is settled. Memory is bounded: when more wait than MOST_FRAMES or MOST_BYTES, the oldest goes by what was presumed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.wire.frame import Frame

__all__ = ["MOST_BYTES", "MOST_FRAMES", "HeldBack"]

MOST_FRAMES = 1 << 16
MOST_BYTES = 16 << 20


@dataclass(slots=True)
class _Waiting:
    frame: Frame
    belongs: bool
    """Known or, until it is settled, presumed."""
    settled: bool


class HeldBack:
    """Hands the frames that belong to `write`, in the order in which they came."""

    def __init__(self, write: Callable[[Frame], None]) -> None:
        self._write = write
        self._waiting: deque[_Waiting] = deque()
        self._open: dict[int, _Waiting] = {}
        """Those that are not settled, by number."""
        self._bytes = 0

    def add(self, frame: Frame) -> None:
        """Take a frame that belongs."""
        if self._waiting:
            self._append(_Waiting(frame, belongs=True, settled=True))
        else:
            self._write(frame)

    def hold(self, frame: Frame, *, presumed: bool) -> None:
        """Take a frame of which it is not known yet, and what to presume."""
        waiting = self._open[frame.number] = _Waiting(frame, belongs=presumed, settled=False)
        self._append(waiting)

    def settle(self, number: int, *, belongs: bool) -> None:
        """Now it is known of a frame; nothing happens if it waits no more."""
        waiting = self._open.pop(number, None)
        if waiting is not None:
            waiting.belongs, waiting.settled = belongs, True
            self._go_on()

    def close(self) -> None:
        """What still waits goes by what was presumed."""
        while self._waiting:
            self._release()

    def _append(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        self._bytes += len(waiting.frame.data)
        while len(self._waiting) > MOST_FRAMES or self._bytes > MOST_BYTES:
            self._release()
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and self._waiting[0].settled:
            self._release()

    def _release(self) -> None:
        first = self._waiting.popleft()
        self._open.pop(first.frame.number, None)
        self._bytes -= len(first.frame.data)
        if first.belongs:
            self._write(first.frame)
