"""Compressed captures other than gzip: xz, bzip2, Zstandard and LZ4, as `Source`s.

The standard library unpacks the first two; the others need a library that may not be there (the extra `archives`),
and then the archive is an error that names it and says what unpacks it, like every format that we do not read.

Laws: the memory that an archive may claim for itself is bounded; output comes in the pieces that were asked for, so
an archive of zeros costs no more than they; what a cut or damaged archive holds is given up to the last whole piece.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.wire.containers.sources import Source

__all__ = ["LONGEST_MAGIC", "Archive", "ArchiveSource", "archive_of"]

_COMPRESSED = 1 << 16
_MOST_MEMORY = 256 << 20
"""What `xz -9` needs is 65 MiB, and `zstd --ultra` 128 MiB."""
LONGEST_MAGIC = 6


class Archive(NamedTuple):
    """A kind of archive, and what makes an object that unpacks one member of it."""

    name: str
    unpacker: Callable[[], Any]


def archive_of(head: bytes) -> Archive | None:
    """The archive that begins with `head`, if what unpacks it is here."""
    for magic, (name, find) in _KINDS.items():
        if head.startswith(magic):
            with suppress(ImportError):
                return Archive(name, find())
    return None


def _xz() -> Callable[[], Any]:
    from lzma import LZMADecompressor

    return lambda: LZMADecompressor(memlimit=_MOST_MEMORY)


def _bzip2() -> Callable[[], Any]:
    from bz2 import BZ2Decompressor

    return BZ2Decompressor


def _lz4() -> Callable[[], Any]:
    from lz4.frame import LZ4FrameDecompressor

    return LZ4FrameDecompressor  # type: ignore[no-any-return]  # has no types


def _zstandard() -> Callable[[], Any]:
    from zstandard import ZstdDecompressor

    unpacker = ZstdDecompressor(max_window_size=_MOST_MEMORY)
    return lambda: _Pieces(unpacker.decompressobj())


_KINDS: dict[bytes, tuple[str, Callable[[], Callable[[], Any]]]] = {
    b"\xfd7zXZ\0": ("xz", _xz),
    b"BZh": ("bzip2", _bzip2),
    b"\x04\x22\x4d\x18": ("LZ4", _lz4),
    b"\x28\xb5\x2f\xfd": ("Zstandard", _zstandard),
}


class _Pieces:
    """zstandard's object in the manner of the standard library's: output that nobody asked for yet waits here.

    It gives what a piece of input holds at once, so the input is fed a little at a time: a block of Zstandard is at
    most 128 KiB, however few bytes say it.
    """

    _FED = 256

    def __init__(self, unpacker: Any) -> None:
        self._unpacker = unpacker
        self._input = b""
        self._output = b""
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return bool(self._unpacker.eof) and not self._output

    @property
    def needs_input(self) -> bool:
        return not self._input and not self._output

    def decompress(self, data: bytes, most: int) -> bytes:
        self._input += data
        while self._input and not self._output and not self._unpacker.eof:
            fed, self._input = self._input[: self._FED], self._input[self._FED :]
            self._output = self._unpacker.decompress(fed)
        if self._unpacker.eof:
            self.unused_data = self._unpacker.unused_data + self._input
        given, self._output = self._output[:most], self._output[most:]
        return given


class ArchiveSource:
    """The contents of an archive of any number of members."""

    def __init__(self, source: Source, archive: Archive) -> None:
        self.cut = ""
        self._source = source
        self._archive = archive
        self._member = archive.unpacker()
        self._pending = b""
        self._ended = False
        self._room = bytearray(_COMPRESSED)

    def read_into(self, room: memoryview) -> int:
        """See `Source`."""
        while not self._ended:
            if self._member.eof and not self._next_member():
                break
            if self._member.needs_input and not self._pending and not self._refill():
                self._end(said("the {archive} archive is cut", archive=self._archive.name))
                break
            try:
                data = self._member.decompress(self._pending, len(room))
            except Exception:  # noqa: BLE001 - four libraries, four kinds of exception, one meaning
                self._end(said("the {archive} archive is damaged", archive=self._archive.name))
                break
            self._pending = b""
            room[: len(data)] = data
            if data:
                return len(data)
        return 0

    def _end(self, why: str) -> None:
        self._ended = True
        self.cut = self._source.cut or why

    def _refill(self) -> bool:
        count = self._source.read_into(memoryview(self._room))
        self._pending = bytes(self._room[:count])
        return count > 0

    def _next_member(self) -> bool:
        """Begin the member behind the one that has ended, if there is one; zeros are padding (xz)."""
        self._pending = (self._member.unused_data or b"").lstrip(b"\0")
        while not self._pending and self._refill():
            self._pending = self._pending.lstrip(b"\0")
        self._ended = not self._pending
        self._member = self._archive.unpacker()
        return not self._ended
