"""Where the frames of a recording go: into a file, to a callback, into a queue; in that order, batch by batch.

The file comes first and is flushed after each batch, so that whatever a callback or a follower has seen is in
the file, even if the process is killed in the next moment.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, BinaryIO

from inspector.capture.output import cannot_write, open_output
from inspector.wire.writer import CaptureWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inspector.capture.engine import Statistics
    from inspector.wire.frame import Frame

__all__ = ["Sink"]


class Sink:
    """Takes batches of frames, until `count` of them have come."""

    def __init__(self, *, on_frame: Callable[[Frame], None] | None, keep: bool, count: int | None) -> None:
        self.taken = 0
        self.queue: SimpleQueue[Frame | None] | None = SimpleQueue() if keep else None
        self._on_frame = on_frame
        self._left = count
        self._name = ""
        self._output: BinaryIO | None = None
        self._is_ours = False
        self._writer: CaptureWriter | None = None

    def open_file(  # noqa: PLR0913 - what a file's head says
        self,
        path: str | os.PathLike[str] | BinaryIO,
        *,
        owner: tuple[int, int] | None,
        link_type: int,
        snaplen: int,
        interface: str,
        comment: str,
    ) -> None:
        """Also write pcapng to `path`; a stream stays the caller's to close.

        Raises:
            CaptureFileError: if it cannot be written.

        """
        if isinstance(path, str | os.PathLike):
            self._name, self._is_ours = os.fspath(path), True
            self._output = open_output(Path(path), owner)
        else:
            self._name, self._output = getattr(path, "name", "-"), path
        with self._writing():
            self._writer = CaptureWriter(
                self._output, link_type=link_type, snaplen=snaplen, interface_name=interface, comment=comment
            )
            self._writer.flush()

    def take(self, batch: list[Frame]) -> bool:
        """Write, show and keep a batch; False when `count` is reached.

        Raises:
            CaptureFileError: if the file cannot be written.
            BrokenPipeError: if its reader went away.
            Exception: whatever the callback raises.

        """
        if self._left is not None:
            batch = batch[: self._left]
            self._left -= len(batch)
        self.taken += len(batch)
        self._write(batch)
        for frame in batch:
            if self._on_frame:
                self._on_frame(frame)
            if self.queue is not None:
                self.queue.put(frame)
        return self._left is None or self._left > 0

    def _write(self, batch: list[Frame]) -> None:
        if self._writer is None or not batch:
            return
        with self._writing():
            for frame in batch:
                self._writer.write(frame)
            self._writer.flush()

    def settle(self, statistics: Statistics) -> None:
        """Write the last word on what was received and lost, where that is known."""
        if self._writer is not None and statistics.dropped is not None:
            with self._writing():
                self._writer.statistics(statistics.received, statistics.dropped)
                self._writer.flush()

    def close(self) -> None:
        """Close the file, and tell who follows that nothing more comes; harmless when repeated."""
        if self.queue is not None:
            self.queue.put(None)
        output, self._output = self._output, None
        if output is not None and self._is_ours:
            with self._writing():
                output.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            raise cannot_write(self._name, error) from error
