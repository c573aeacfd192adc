"""When a capture begins: the time of its first frame, looked up without reading more than that takes.

What can be read only once, a pipe, is not looked into: nothing may be lost of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from inspector.errors import CaptureFileError, system_words
from inspector.language import said
from inspector.wire.reader import CaptureReader
from inspector.wire.row import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["beginning_of"]

_AT_ONCE = 1 << 16
"""Bytes."""


def beginning_of(source: str | Path | BinaryIO, name: str) -> int | None:
    """The time of the first frame, NO_TIME if it has none or there is no frame; None for what can be read only once.

    Raises CaptureFileError: what a reader of the whole raises for its first bytes.
    """
    if not isinstance(source, (str, Path)):
        return _first_time(source, name) if source.seekable() else None
    try:
        if not Path(source).is_file():
            return None
        with Path(source).open("rb", buffering=0) as stream:
            return _first_time(stream, name)
    except OSError as error:
        raise CaptureFileError(name, said("cannot be opened: {reason}", reason=system_words(error))) from error


def _first_time(stream: BinaryIO, name: str) -> int:
    place = stream.tell()
    try:
        with CaptureReader(_Sips(stream), name, plain_frames=1) as reader:
            batch = next(reader, None)
            return NO_TIME if batch is None else batch.row(0).time_ns
    finally:
        stream.seek(place)


class _Sips:
    """A stream in small pieces."""

    def __init__(self, stream: BinaryIO) -> None:
        self._read: Callable[[memoryview], int | None]
        self._read = getattr(stream, "readinto1", None) or stream.readinto  # type: ignore[attr-defined]  # all have one

    def readinto(self, room: memoryview) -> int:
        return self._read(room[:_AT_ONCE]) or 0
