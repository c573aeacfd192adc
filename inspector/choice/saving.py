"""One connection's frames in a capture of their own.

Laws:

1. A frame is saved as it was captured: its bytes, length, time, link type, interface, direction and comments, in the
   order of the capture. Copies that the capture holds twice are among them; another incarnation of the same endpoints
   is not. The file is pcapng with times in nanoseconds, whatever it was saved from.
2. Fragments go with the datagram that they made, where all of them came and were put together (`wire.fragments`); a
   second copy of a fragment does not.
3. A SYN that looked stray goes with the incarnation that it proved to begin, as long as not too much lies in between
   (`wire.held_back`).
4. The file is whole or not there: it is written aside and renamed when the capture has come to its end. What is no
   regular file (a pipe, a device) is written as it comes.

Memory follows neither the capture nor the connection.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from inspector.errors import CaptureFileError, system_words
from inspector.language import said
from inspector.wire.copying import FrameCopier
from inspector.wire.held_back import HeldBack
from inspector.wire.row import Flag, Fragment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from inspector.referee.dissected import Reader
    from inspector.tcp.watch import Pick
    from inspector.wire.batch import Batch
    from inspector.wire.frame import Frame

__all__ = ["Saver"]


class Saver:
    """A `Taker` of the frames of connection `number`, for the file `path`.

    Raises CaptureFileError where that cannot be written: at once, and not when the capture has been read.
    """

    def __init__(self, number: int, path: Path) -> None:
        self.saved_to = str(path)
        self._number = number
        self._path = path
        self._held = HeldBack(self._write)
        self._frame_of: dict[int, int] = {}
        """Of a stray SYN: its ordinal, and the number of its frame."""
        self._begun: Pick | None = None
        self._reader: Reader
        self._writer: FrameCopier | None = None
        self._aside: Path | None = None
        self._file = self._open()

    def take(self, batch: Batch, picks: Sequence[Pick], reader: Reader) -> None:
        """See `Taker`."""
        self._reader = reader
        mine = {each.place: each for each in picks}
        for place in sorted({*mine, *_fragments(batch)}):
            pick = mine.get(place)
            if pick is None:
                self._held.hold(batch.frame(place), presumed=False)
            else:
                self._take(batch, pick)

    def close(self) -> None:
        """See `Taker`."""
        try:
            self._held.close()
            if self._writer is not None:
                self._writer.close()
            self._file.close()
            if self._aside is not None:
                self._aside.replace(self._path)
                self._aside = None
        except OSError as error:
            raise self._cannot_write(error) from error

    def discard(self) -> None:
        """See `Taker`."""
        self._file.close()
        if self._aside is not None:
            with suppress(OSError):
                self._aside.unlink()
            self._aside = None

    def _take(self, batch: Batch, pick: Pick) -> None:
        is_mine = pick.number == self._number
        if pick.takes >= 0 and pick.takes in self._frame_of:
            self._held.settle(self._frame_of.pop(pick.takes), belongs=is_mine)
        if not is_mine and not (pick.is_stray and self._begun is None):
            return
        if is_mine and self._begun is None:
            self._begun = pick
        for number in batch.pieces.get(pick.place, ()):
            self._held.settle(number, belongs=is_mine)
        frame = batch.frame(pick.place)
        if pick.is_stray:
            self._frame_of[pick.ordinal] = frame.number
            if len(self._frame_of) > _MOST_STRAYS:
                del self._frame_of[next(iter(self._frame_of))]
            self._held.hold(frame, presumed=is_mine)
        else:
            self._held.add(frame)

    def _write(self, frame: Frame) -> None:
        try:
            if self._writer is None:
                self._writer = FrameCopier(self._file, frame, self._reader, comment=self._origin())
            self._writer.write(frame, self._reader)
        except OSError as error:
            raise self._cannot_write(error) from error

    def _origin(self) -> str:
        """What the file says of itself."""
        name = "standard input" if self._reader.name == "-" else self._reader.name
        words = f"connection {self._number} of {name}"
        if self._begun is None:
            return words
        row = self._begun.row
        ends = (row.source, row.destination)
        is_answer = row.flags & (Flag.SYN | Flag.ACK | Flag.RST) == Flag.SYN | Flag.ACK
        originator, responder = reversed(ends) if is_answer else ends
        return f"{words}: {originator} > {responder}"

    def _open(self) -> BinaryIO:
        try:
            if self._path.exists() and not self._path.is_file():
                return self._path.open("wb", buffering=0)
            target = self._path.resolve()
            self._path = target
            aside = target.with_name(f".{target.name}.{os.getpid()}.part")
            file: BinaryIO = aside.open("xb", buffering=0)
        except OSError as error:
            raise self._cannot_write(error) from error
        self._aside = aside
        return file

    def _cannot_write(self, error: OSError) -> CaptureFileError:
        return CaptureFileError(self.saved_to, said("cannot be written: {reason}", reason=system_words(error)))


_MOST_STRAYS = 4096


def _fragments(batch: Batch) -> Iterator[int]:
    """The fragments of a batch that are on their way: the rows of whole datagrams are none."""
    on_their_way = (Fragment.FIRST, Fragment.LATER)
    if batch.columnar:
        import numpy as np

        found = np.flatnonzero(batch.rows["fragment"][: batch.count])
        return (int(place) for place in found if batch.rows["fragment"][place] in on_their_way)
    return (place for place in range(batch.count) if batch.rows[place].fragment in on_their_way)
