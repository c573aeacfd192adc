"""Writing captures: pcapng with nanoseconds, interfaces, directions, comments and drop counts.

Laws:

1. What `flush` has written can be read, whatever happens to the process: blocks leave it whole, many in one
   call, and nothing that was written is ever gone back to. No file needs an end.
2. Times come from frames (those of statistics too): no clock is read.
3. `read(write(frames)) == frames`, but for what the format cannot say: a frame without a time becomes a Simple
   Packet Block, which has none; if it also has a comment, a direction, or another interface than the first, which that
   block has neither, its time is 0, and so is that of a frame before 1970.

Not here: classic pcap, which has neither comments nor drop counts nor several interfaces; names of files, and
whose they are.

Source: draft-ietf-opsawg-pcapng, sections 3.5, 4.1 to 4.4 and 4.6.
"""

from __future__ import annotations

import os
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, BinaryIO, Self

from inspector.errors import CaptureFileError, system_words
from inspector.language import said
from inspector.wire.row import NO_TIME, Direction

if TYPE_CHECKING:
    from types import TracebackType

    from inspector.wire.frame import Frame

__all__ = ["CaptureWriter"]

_SECTION, _INTERFACE, _SIMPLE_PACKET, _STATISTICS, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 3, 5, 6
_COMMENT = 1
_SHB_OS, _SHB_USERAPPL = 3, 4
_IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL = 2, 3, 9
_EPB_FLAGS, _EPB_VERDICT = 2, 7
_ISB_IFRECV, _ISB_IFDROP = 4, 5
_NANOSECONDS = b"\x09"
_TC_ACT_SHOT = b"\x01" + (2).to_bytes(8, "little")
"""A verdict in the words of Linux's traffic control: thrown away."""
_LONGEST_OPTION = 65535
_PENDING = 1 << 16
"""Bytes kept back, at most, until `flush`."""

_BLOCK = Struct("<II")
_WORD = Struct("<I")
_OPTION = Struct("<HH")
_SECTION_FIELDS = Struct("<IHHq")
_INTERFACE_FIELDS = Struct("<HHI")
_PACKET_FIELDS = Struct("<IIIII")
_STATISTICS_FIELDS = Struct("<III")
_COUNT = Struct("<Q")


class CaptureWriter:
    """A pcapng file being written; a context manager.

    `target` is a path, which is opened here, or a binary stream, which stays the caller's to close. The section header
    and the first interface are written at once; more interfaces may follow. `comment` speaks of the whole
    capture, `application` and `system` say what wrote it, and where.

    Raises CaptureFileError if a path cannot be opened or written. A stream's own OSError is not touched: its owner
    knows its name.
    """

    def __init__(  # noqa: PLR0913 - what a capture file says of itself; all but the target have a default
        self,
        target: str | Path | BinaryIO,
        *,
        link_type: int = 1,
        snaplen: int = 262144,
        interface_name: str = "lo",
        interface_description: str = "",
        comment: str = "",
        application: str = "inspector",
        system: str | None = None,
    ) -> None:
        self.frames = 0
        self._owned = isinstance(target, (str, Path))
        self._name = str(target) if isinstance(target, (str, Path)) else ""
        self._stream = self._open(target) if isinstance(target, (str, Path)) else target
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._interfaces: list[tuple[int, int]] = []
        self._last_time_ns = 0
        self._add_section(comment, application, _this_system() if system is None else system)
        self.add_interface(link_type, snaplen=snaplen, name=interface_name, description=interface_description)

    def _open(self, path: str | Path) -> BinaryIO:
        try:
            return Path(path).open("wb", buffering=0)
        except OSError as error:
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: OSError) -> CaptureFileError:
        return CaptureFileError(self._name, said("cannot be written: {reason}", reason=system_words(error)))

    def _add_section(self, comment: str, application: str, system: str) -> None:
        options = _text(_COMMENT, comment) + _text(_SHB_OS, system) + _text(_SHB_USERAPPL, application)
        self._add(_SECTION, _SECTION_FIELDS.pack(0x1A2B3C4D, 1, 0, -1) + _options(options))

    def add_interface(self, link_type: int, *, snaplen: int = 262144, name: str = "", description: str = "") -> int:
        """Describe one more interface; returns its number, which `Frame.interface` refers to."""
        options = _text(_IF_NAME, name) + _text(_IF_DESCRIPTION, description) + _option(_IF_TSRESOL, _NANOSECONDS)
        self._add(_INTERFACE, _INTERFACE_FIELDS.pack(link_type, 0, snaplen) + _options(options))
        self._interfaces.append((link_type, snaplen))
        return len(self._interfaces) - 1

    def write(self, frame: Frame) -> None:
        """Write one frame with its comments and its direction.

        Its interface is `frame.interface` if that one is described and has the frame's link type, else the first with
        its link type, else a new one: a frame is never filed under a wrong link type.
        """
        interface = self._interface_of(frame)
        if frame.time_ns == NO_TIME and self._fits_simple(frame, interface):
            self._add(_SIMPLE_PACKET, _WORD.pack(frame.wire_len) + _padded(frame.data))
        else:
            self._add_packet(frame, interface)
        self.frames += 1

    def _add_packet(self, frame: Frame, interface: int) -> None:
        # The field is unsigned and nothing in it says "no time": 0, 1970, is at least not mistaken for one.
        time_ns = max(frame.time_ns, 0)
        self._last_time_ns = max(self._last_time_ns, time_ns)
        high, low = time_ns >> 32, time_ns & 0xFFFF_FFFF
        options = b"".join(_option(_COMMENT, _cut(comment)) for comment in frame.comments)
        if frame.direction == Direction.LOST:
            options += _option(_EPB_VERDICT, _TC_ACT_SHOT)
        elif frame.direction:
            options += _option(_EPB_FLAGS, _WORD.pack(frame.direction))
        fields = _PACKET_FIELDS.pack(interface, high, low, len(frame.data), frame.wire_len)
        self._add(_ENHANCED_PACKET, fields + _padded(frame.data) + _options(options))

    def _interface_of(self, frame: Frame) -> int:
        if frame.interface < len(self._interfaces) and self._interfaces[frame.interface][0] == frame.link_type:
            return frame.interface
        for number, (link_type, _) in enumerate(self._interfaces):
            if link_type == frame.link_type:
                return number
        return self.add_interface(frame.link_type)

    def _fits_simple(self, frame: Frame, interface: int) -> bool:
        """Whether a Simple Packet Block says all of `frame`: it has no interface, no comments, no direction."""
        snaplen = self._interfaces[0][1] or frame.wire_len
        whole = len(frame.data) == min(frame.wire_len, snaplen)
        return whole and not interface and not frame.comments and not frame.direction

    def statistics(self, received: int, dropped: int, *, interface: int = 0) -> None:
        """Write how many frames came by and how many of them the capture lost.

        Under the names that dumpcap uses for these counters (`isb_ifrecv`, `isb_ifdrop`), so that Wireshark shows them.
        """
        high, low = self._last_time_ns >> 32, self._last_time_ns & 0xFFFF_FFFF
        options = _option(_ISB_IFRECV, _COUNT.pack(received)) + _option(_ISB_IFDROP, _COUNT.pack(dropped))
        self._add(_STATISTICS, _STATISTICS_FIELDS.pack(interface, high, low) + _options(options))

    def flush(self) -> None:
        """Hand all blocks to the operating system, which keeps them even if this process is killed."""
        blocks, self._pending, self._pending_bytes = b"".join(self._pending), [], 0
        try:
            view = memoryview(blocks)
            while view:
                # A raw stream may take less than all.
                view = view[self._stream.write(view) :]
            self._stream.flush()
        except OSError as error:
            if not self._owned:
                raise
            raise self._cannot_write(error) from error

    def close(self) -> None:
        """Flush, and close what was opened here."""
        try:
            self.flush()
        finally:
            if self._owned:
                self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _add(self, kind: int, body: bytes) -> None:
        length = len(body) + 12
        self._pending.append(_BLOCK.pack(kind, length) + body + _WORD.pack(length))
        self._pending_bytes += length
        if self._pending_bytes >= _PENDING:
            self.flush()


def _this_system() -> str:
    if not hasattr(os, "uname"):
        return os.name
    system = os.uname()
    return f"{system.sysname} {system.release}"


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    return _OPTION.pack(code, len(value)) + _padded(value)


def _options(options: bytes) -> bytes:
    """A list of options with its end, or nothing where there are none."""
    return options + _OPTION.pack(0, 0) if options else b""


def _text(code: int, text: str) -> bytes:
    return _option(code, _cut(text)) if text else b""


def _cut(text: str) -> bytes:
    """`text` in UTF-8, no longer than an option can be, and never cut inside a character."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= _LONGEST_OPTION:
        return encoded
    return encoded[:_LONGEST_OPTION].decode("utf-8", "ignore").encode()
