"""Captures for `scripts/bench`: connections by the million, made of templates, ten microseconds between segments.

short   handshake, two data segments with their ACKs, a close in four segments
bulk    a thousand data segments, an ACK for every second one, a reset
flood   SYNs that nobody answers
mixed   short ones, every other of them by IPv6 in a VLAN
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SHAPES", "connections_of", "generate"]

# Who sends (0 client, 1 server), flags, seq, ack, payload length.
_SHORT = (
    (0, 0x02, 100, 0, 0),
    (1, 0x12, 300, 101, 0),
    (0, 0x10, 101, 301, 0),
    (0, 0x18, 101, 301, 10),
    (1, 0x10, 301, 111, 0),
    (1, 0x18, 301, 111, 10),
    (0, 0x10, 111, 311, 0),
    (0, 0x11, 111, 311, 0),
    (1, 0x10, 311, 112, 0),
    (1, 0x11, 311, 112, 0),
    (0, 0x10, 112, 312, 0),
)
_BULK_BYTES = 100
_BULK = (
    *_SHORT[:3],
    *(
        segment
        for at in range(100, 100_000, 2 * _BULK_BYTES)
        for segment in (
            (0, 0x10, at + 1, 301, _BULK_BYTES),
            (0, 0x18, at + 1 + _BULK_BYTES, 301, _BULK_BYTES),
            (1, 0x10, 301, at + 1 + 2 * _BULK_BYTES, 0),
        )
    ),
    (0, 0x04, 100_101, 0, 0),
)
_CLIENTS = 60_000
"""Ports of one client address."""
_AT_ONCE = 100_000


@dataclass(frozen=True)
class _Segment:
    """A record of the file, and where in it the client's address, its port and the IP ID are; -1 for none."""

    record: bytes
    address_at: int
    port_at: int
    id_at: int


def _ipv4(side: int, flags: int, seq: int, ack: int, length: int) -> _Segment:
    client, server = b"\x0a\x00\x00\x01", b"\x0a\x01\x00\x01"
    source, destination = (server, client) if side else (client, server)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + length, 0, 0x4000, 64, 6, 0, source, destination)
    at = 16 + 14
    return _Segment(
        _record(b"\x08\x00" + ip + _tcp(side, flags, seq, ack, length)),
        address_at=at + (18 if side else 14),
        port_at=at + 20 + (2 if side else 0),
        id_at=at + 4,
    )


def _ipv6_in_vlan(side: int, flags: int, seq: int, ack: int, length: int) -> _Segment:
    client, server = b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01", b"\x20\x01\x0d\xb8" + bytes(11) + b"\x02"
    source, destination = (server, client) if side else (client, server)
    ip = struct.pack("!IHBB16s16s", 0x6000_0000, 20 + length, 6, 64, source, destination)
    at = 16 + 18
    return _Segment(
        _record(b"\x81\x00\x00\x2a\x86\xdd" + ip + _tcp(side, flags, seq, ack, length)),
        address_at=at + (32 if side else 16),
        port_at=at + 40 + (2 if side else 0),
        id_at=-1,
    )


def _tcp(side: int, flags: int, seq: int, ack: int, length: int) -> bytes:
    ports = (80, 0) if side else (0, 80)
    return struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 8192, 0, 0) + b"x" * length


def _record(behind_addresses: bytes) -> bytes:
    frame = bytes(12) + behind_addresses
    return struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame


SHAPES: dict[str, tuple[tuple[_Segment, ...], int]] = {
    "short": (tuple(_ipv4(*each) for each in _SHORT), 1),
    "bulk": (tuple(_ipv4(*each) for each in _BULK), 1),
    "flood": ((_ipv4(*_SHORT[0]),), 1),
    "mixed": ((*(_ipv4(*each) for each in _SHORT), *(_ipv6_in_vlan(*each) for each in _SHORT)), 2),
}
"""What is repeated, and how many connections it is."""


def connections_of(shape: str, segments: int) -> tuple[int, int]:
    """How many connections and segments a capture of about so many segments has."""
    template, each = SHAPES[shape]
    times = max(segments // len(template), 1)
    return times * each, times * len(template)


def generate(path: Path, shape: str, segments: int) -> None:
    """Write a capture of about so many segments."""
    template, _ = SHAPES[shape]
    times = max(segments // len(template), 1)
    starts = np.cumsum([0] + [len(each.record) for each in template])
    octets = np.frombuffer(b"".join(each.record for each in template), np.uint8)
    with path.open("wb") as stream:
        stream.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        step = max(_AT_ONCE // len(template), 1)
        for first in range(0, times, step):
            numbers = np.arange(first, min(first + step, times))
            block = np.tile(octets, (len(numbers), 1))
            for position, each in enumerate(template):
                _fill(block, int(starts[position]), each, numbers, numbers * len(template) + position)
            stream.write(block.tobytes())


def _fill(block: np.ndarray, start: int, segment: _Segment, numbers: np.ndarray, ordinal: np.ndarray) -> None:
    """Give one segment of each connection its time, IP ID, client port and client address."""
    _put(block, start, 1_700_000_000 + ordinal // 100_000, "<u4")
    _put(block, start + 4, ordinal % 100_000 * 10, "<u4")
    _put(block, start + segment.address_at, numbers // _CLIENTS + 1, ">u2")
    _put(block, start + segment.port_at, numbers % _CLIENTS + 1024, ">u2")
    if segment.id_at >= 0:
        _put(block, start + segment.id_at, ordinal & 0xFFFF, ">u2")


def _put(block: np.ndarray, at: int, values: np.ndarray, kind: str) -> None:
    width = np.dtype(kind).itemsize
    block[:, at : at + width] = values.astype(kind).view(np.uint8).reshape(-1, width)
