"""Where bytes come from: a file, a pipe, standard input, any of them gzipped; never any seeking.

`Window` is the one way in. It holds the bytes that have been read and not yet consumed in one buffer that
is used again and again, so memory is bounded whatever the size of the file, and the bytes stay in
the processor's cache between reading and decoding.

Why regular files are not mapped: a mapped file that is shortened while we read kills the process (SIGBUS), its pages
count as our memory, and two ways in would have to be proved equal. Reading costs one copy of each byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from inspector.errors import system_words
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GZIP_MAGIC", "GzipSource", "Prefixed", "Source", "StreamSource", "Window"]

_WINDOW = 1 << 20
"""Bytes read at once. It grows only for a record that does not fit, up to the longest one believed."""
GZIP_MAGIC = b"\x1f\x8b"
_COMPRESSED = 1 << 16


class Source(Protocol):
    """Bytes, in order, once."""

    @property
    def cut(self) -> str:
        """Why they ended before their time; empty while they have not."""

    def read_into(self, room: memoryview) -> int:
        """Put some bytes into `room` (at least one byte long); 0 is the end."""


class StreamSource:
    """The bytes of a binary stream: those that are there, without waiting for more to come with them."""

    def __init__(self, stream: BinaryIO) -> None:
        self.cut = ""
        self.taken = 0
        """Bytes that came so far."""
        self._read_into = _reader_of(stream)

    def read_into(self, room: memoryview) -> int:
        """See `Source`; a failing device ends the bytes, and `cut` says so."""
        try:
            count = self._read_into(room)
        except OSError as error:
            self.cut = said("reading failed ({reason})", reason=system_words(error))
            return 0
        self.taken += count
        return count


def _reader_of(stream: BinaryIO) -> Callable[[memoryview], int]:
    # readinto1 of a buffered stream and readinto of a raw one return what is there; anything else would wait for more.
    ready = getattr(stream, "readinto1", None) or getattr(stream, "readinto", None)
    if ready is not None:
        return lambda room: ready(room) or 0

    def copying(room: memoryview) -> int:
        data = stream.read(len(room))
        room[: len(data)] = data
        return len(data)

    return copying


class Prefixed:
    """A source with bytes put back in front."""

    def __init__(self, prefix: bytes, source: Source) -> None:
        self._prefix = prefix
        self._source = source

    @property
    def cut(self) -> str:
        """See `Source`."""
        return self._source.cut

    def read_into(self, room: memoryview) -> int:
        """See `Source`."""
        if not self._prefix:
            return self._source.read_into(room)
        count = min(len(room), len(self._prefix))
        room[:count] = self._prefix[:count]
        self._prefix = self._prefix[count:]
        return count


class GzipSource:
    """The contents of a gzip stream of any number of members (RFC 1952), and all of it that a cut one still holds.

    The standard library's reader gives nothing of the last buffer of a cut or damaged stream; a capture
    killed in the middle of writing is just such a stream.
    """

    def __init__(self, source: Source) -> None:
        import zlib

        self.cut = ""
        self._zlib = zlib
        self._source = source
        self._inflate = self._member()
        self._pending = b""
        self._between = False
        self._ended = False
        self._room = bytearray(_COMPRESSED)

    def read_into(self, room: memoryview) -> int:
        """See `Source`."""
        while not self._ended:
            if not self._pending and not self._refill():
                break
            if self._between and not self._next_member():
                continue
            count = self._inflate_into(room)
            if count:
                return count
        return 0

    def _member(self) -> Any:
        return self._zlib.decompressobj(wbits=31)

    def _refill(self) -> bool:
        count = self._source.read_into(memoryview(self._room))
        self._pending = bytes(self._room[:count])
        if not count:
            self._ended = True
            if not self._between:
                self.cut = self._source.cut or said("the gzip stream is cut")
        return count > 0

    def _next_member(self) -> bool:
        # Zeros between and after members are padding (as `gzip` itself treats them); anything else is not ours.
        self._pending = self._pending.lstrip(b"\0")
        if not self._pending:
            return False
        if len(self._pending) == 1 and self._pending == GZIP_MAGIC[:1]:
            first = self._pending
            if self._refill():
                self._pending = first + self._pending
        if not self._pending.startswith(GZIP_MAGIC):
            self._ended = True
            self.cut = said("what follows a gzip member is no gzip member")
            return False
        self._between = False
        self._inflate = self._member()
        return True

    def _inflate_into(self, room: memoryview) -> int:
        before = self._inflate.copy()
        try:
            data = self._inflate.decompress(self._pending, len(room))
        except self._zlib.error:
            return self._inflate_to_the_fault(before, room)
        self._pending = self._inflate.unconsumed_tail
        if self._inflate.eof:
            self._between = True
            self._pending = self._inflate.unused_data
        room[: len(data)] = data
        return len(data)

    def _inflate_to_the_fault(self, inflate: Any, room: memoryview) -> int:
        count = 0
        self._ended = True
        self.cut = said("the gzip stream is damaged")
        try:
            for place in range(len(self._pending)):
                data = inflate.decompress(self._pending[place : place + 1], len(room) - count)
                room[count : count + len(data)] = data
                count += len(data)
                if count == len(room):
                    break
        except self._zlib.error:
            pass
        return count


class Window:
    """The bytes of a source that are read and not yet consumed: `buffer[position:end]`.

    `offset + position` is the place in the source. Every `read` may move the bytes, so a batch
    that points into the buffer is valid until the next one is asked for.
    """

    def __init__(self, source: Source, size: int = _WINDOW) -> None:
        self.source = source
        self.buffer = bytearray(size)
        self.position = 0
        self.end = 0
        self.offset = 0
        self.ended = False
        self._array: Any = None

    @property
    def available(self) -> int:
        """How many bytes are there to consume."""
        return self.end - self.position

    @property
    def place(self) -> int:
        """Offset in the source of the next byte to consume."""
        return self.offset + self.position

    def array(self) -> Any:
        """The buffer as compiled code takes it: a read-only numpy array, the same until the buffer grows."""
        if self._array is None:
            import numpy as np

            self._array = np.frombuffer(self.buffer, dtype=np.uint8)
            self._array.flags.writeable = False
        return self._array

    def peek(self, count: int) -> bytes:
        """The next bytes, up to `count` of those that are there."""
        return bytes(self.buffer[self.position : min(self.position + count, self.end)])

    def need(self, count: int) -> bool:
        """Read until `count` bytes are there; False if the source ends first."""
        while self.available < count:
            if not self.read():
                return False
        return True

    def read(self) -> bool:
        """Read some more, moving what is left to the front; False at the end of the source."""
        if self.ended:
            return False
        self._make_room()
        with memoryview(self.buffer) as view:
            count = self.source.read_into(view[self.end :])
        self.end += count
        self.ended = count == 0
        return count > 0

    def _make_room(self) -> None:
        left = self.available
        if left == len(self.buffer):
            self._grow()
        elif self.position:
            with memoryview(self.buffer) as view:
                view[:left] = view[self.position : self.end]
        self.offset += self.position
        self.position, self.end = 0, left

    def _grow(self) -> None:
        # A new one, since a bytearray that an array looks into cannot be resized.
        grown = bytearray(2 * len(self.buffer))
        grown[: len(self.buffer)] = self.buffer
        self.buffer = grown
        self._array = None
