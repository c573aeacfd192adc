"""Capture files made byte by byte, with no help from the code under test."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING

from inspector.wire import CaptureReader, Frame, open_capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ETHERNET = 1
RAW = 101
USER0 = 147
SECOND = 1_000_000_000
NOW = 1_700_000_000


def pcap(  # the fields of a pcap header
    records: Iterable[tuple[int, int, bytes, int]],
    *,
    magic: int = 0xA1B2C3D4,
    order: str = "<",
    link_type: int = ETHERNET,
    snaplen: int = 262144,
    version: tuple[int, int] = (2, 4),
    extra: bytes = b"",
    after_header: bytes = b"",
) -> bytes:
    """A pcap file of `(seconds, fraction, data, wire_len)`; `extra` is put into every record header."""
    made = struct.pack(order + "IHHiIII", magic, *version, 0, 0, snaplen, link_type) + after_header
    for seconds, fraction, data, wire_len in records:
        made += struct.pack(order + "IIII", seconds, fraction, len(data), wire_len) + extra + data
    return made


def block(kind: int, body: bytes, *, order: str = "<") -> bytes:
    length = 12 + len(body) + -len(body) % 4
    return struct.pack(order + "II", kind, length) + body + bytes(-len(body) % 4) + struct.pack(order + "I", length)


def options(pairs: Sequence[tuple[int, bytes]], *, order: str = "<") -> bytes:
    made = b"".join(
        struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in pairs
    )
    return made + struct.pack(order + "HH", 0, 0) if pairs else b""


def section(*pairs: tuple[int, bytes], order: str = "<", version: tuple[int, int] = (1, 0)) -> bytes:
    return block(
        0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, *version, -1) + options(pairs, order=order), order=order
    )


def interface(*pairs: tuple[int, bytes], link_type: int = ETHERNET, snaplen: int = 0, order: str = "<") -> bytes:
    return block(1, struct.pack(order + "HHI", link_type, 0, snaplen) + options(pairs, order=order), order=order)


def enhanced(
    data: bytes,
    *pairs: tuple[int, bytes],
    ticks: int = 0,
    number: int = 0,
    wire_len: int | None = None,
    order: str = "<",
) -> bytes:
    fields = (number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data) if wire_len is None else wire_len)
    body = struct.pack(order + "IIIII", *fields) + data + bytes(-len(data) % 4)
    return block(6, body + options(pairs, order=order), order=order)


def obsolete(
    data: bytes,
    *,
    ticks: int = 0,
    number: int = 0,
    drops: int = 0xFFFF,
    order: str = "<",
    pairs: Sequence[tuple[int, bytes]] = (),
) -> bytes:
    fields = (number, drops, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    body = struct.pack(order + "HHIIII", *fields) + data + bytes(-len(data) % 4)
    return block(2, body + options(pairs, order=order), order=order)


def simple(data: bytes, *, wire_len: int | None = None, order: str = "<") -> bytes:
    return block(3, struct.pack(order + "I", len(data) if wire_len is None else wire_len) + data, order=order)


def statistics(*pairs: tuple[int, bytes], number: int = 0, order: str = "<") -> bytes:
    return block(5, struct.pack(order + "III", number, 0, 0) + options(pairs, order=order), order=order)


def opened(data: bytes, *, plain_frames: int = 2000) -> CaptureReader:
    return open_capture(BytesIO(data), name="made", plain_frames=plain_frames)


def drained(reader: CaptureReader) -> list[Frame]:
    """All frames of a capture; the reader then says all that it has to say."""
    return [batch.frame(index) for batch in reader for index in range(batch.count)]


def frames_of(data: bytes, *, plain_frames: int = 2000) -> list[Frame]:
    return drained(opened(data, plain_frames=plain_frames))


def times_of(data: bytes) -> list[int]:
    return [frame.time_ns for frame in frames_of(data)]
