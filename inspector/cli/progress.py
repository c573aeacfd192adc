"""How far a long replay is: one line on a terminal, gone before anything else is printed.

Nothing is shown in the first second, and nothing but a look at the clock is done. The share is that of the bytes of
the files, of compressed ones compressed; where a pipe is among them, nobody knows the whole, and only amounts are told.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from inspector.cli.environment import pick_progress
from inspector.cli.output import clear_line_by
from inspector.language import shown
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from inspector.cli.streams import Stream

__all__ = ["REFRESHED_S", "Progress"]

_SHOWN_AFTER_S = 1.0
REFRESHED_S = 0.1
"""Between two looks of the line."""
_LONGEST_NAME = 16


def _size_of(stream: Stream) -> int | None:
    """Bytes of the files of a stream; None where one of them is no file."""
    total = 0
    for name in stream.files:
        with suppress(OSError):
            if name == "-" or not Path(name).is_file():
                return None
            total += Path(name).stat().st_size
    return total


class Progress:
    """Hears what was read of each stream, and shows all of it in one line; a context manager."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self.sizes = [_size_of(stream) for stream in streams]
        """Bytes of each stream; None where that is not known."""
        self._streams = streams
        self._shown = pick_progress()
        self._read = [(0, 0)] * len(streams)
        self._finished = 0
        self._began = self._latest = monotonic()
        self._line: Any = None

    @property
    def wanted(self) -> bool:
        """Whether there is anybody to see it."""
        return self._shown

    def __enter__(self) -> Self:
        clear_line_by(self.clear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def hear(self, position: int, frames: int, taken: int) -> None:
        """So many frames and bytes of the stream at `position` have been read."""
        size = self.sizes[position]
        # What `editcap` converts has another size than the file.
        self._read[position] = frames, taken if size is None else min(taken, size)
        self._show()

    def finish(self, position: int) -> None:
        """That stream is done with."""
        frames, taken = self._read[position]
        size = self.sizes[position]
        self._read[position] = frames, taken if size is None else size
        self._finished += 1
        self._show()

    def hearer(self, position: int) -> Callable[[int, int], None] | None:
        """For the pipeline: what hears of that stream; None where nobody would see it."""
        return (lambda frames, taken: self.hear(position, frames, taken)) if self._shown else None

    def clear(self) -> None:
        """Take the line away; it comes back with the next news."""
        if self._line is not None:
            self._line.stop()

    def _show(self) -> None:
        now = monotonic()
        if not self._shown or now - self._latest < REFRESHED_S or now - self._began < _SHOWN_AFTER_S:
            return
        self._latest = now
        if self._line is None:
            from inspector.cli.progress_line import ProgressLine

            self._line = ProgressLine(None if None in self.sizes else sum(filter(None, self.sizes)))
        frames, taken = (sum(each) for each in zip(*self._read, strict=True))
        self._line.show(self._where(), taken, _rate(frames / (now - self._began)))

    def _where(self) -> str:
        number = len(self._streams)
        if number == 1:
            return safe_text(Path(self._streams[0].files[0]).name, _LONGEST_NAME)
        return shown("file {position} of {number}", position=min(self._finished + 1, number), number=number)


def _rate(frames: float) -> str:
    return shown("{number:,.0f} frames/s", number=frames)
