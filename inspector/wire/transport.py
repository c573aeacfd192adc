"""TCP and UDP headers into a row.

Each function reads a header at `at` and returns a `Reason`, 0 where all is well. `end` bounds what was
captured of the datagram, `limit` what its IP header claims.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import Constants, compilable
from inspector.wire.octets import u8, u16, u32
from inspector.wire.options import read_options
from inspector.wire.row import Option
from inspector.wire.undecoded import Reason

__all__ = ["Needed", "ports_and_seq", "set_payload", "tcp", "udp"]


class Needed(Constants):
    """Bytes of a TCP header without which it says too little."""

    IN_FRAME = 14
    """Ports, both numbers and the flags: what a snaplen of 48 leaves behind Ethernet and IPv4."""
    IN_QUOTE = 8
    """Ports and the sequence number: what every ICMP error quotes (RFC 792)."""


@compilable
def set_payload(at: int, length: int, end: int, row: Any) -> None:
    """A payload of `length` bytes begins at `at`, and the capture ends at `end`."""
    row.payload_at = at
    row.payload_len = length
    captured = min(length, end - at)
    row.captured_len = captured if captured > 0 else 0  # noqa: FURB136 - see there


@compilable
def tcp(frame: Any, at: int, end: int, limit: int, row: Any) -> int:
    """The TCP header (RFC 9293 section 3.1), or what is there of it.

    Of a header that was cut the missing fields stay 0, but for a window, which reads as the largest:
    no one may conclude from a missing number that a receiver was full. `Option.CUT` marks it.
    """
    if limit - at < 20:
        return Reason.TCP_SHORT
    if end - at < Needed.IN_FRAME:
        return Reason.TCP_CUT
    header_len = (u8(frame, at + 12) >> 4) * 4
    if header_len < 20 or at + header_len > limit:
        return Reason.BAD_TCP_HEADER_LENGTH
    ports_and_seq(frame, at, row)
    row.header_len = header_len
    row.ack = u32(frame, at + 8)
    row.flags = u16(frame, at + 12) & 0x1FF
    set_payload(at + header_len, limit - at - header_len, end, row)
    if end - at >= 20:
        row.window = u16(frame, at + 14)
        row.checksum = u16(frame, at + 16)
        row.urgent = u16(frame, at + 18)
    if end - at >= header_len:
        row.options = 0
    if header_len > 20:
        read_options(frame, at + 20, min(end, at + header_len), row)
    return 0


@compilable
def ports_and_seq(frame: Any, at: int, row: Any) -> None:
    """The first eight bytes; all else stands as cut until it is read."""
    row.src_port = u16(frame, at)
    row.dst_port = u16(frame, at + 2)
    row.seq = u32(frame, at + 4)
    row.window = 0xFFFF
    row.options = Option.CUT


@compilable
def udp(frame: Any, at: int, end: int, limit: int, row: Any) -> int:
    """The UDP header (RFC 768). A length of 0 is a jumbogram's (RFC 2675 section 4): IP's then counts."""
    if limit - at < 8:
        return Reason.UDP_SHORT
    if end - at < 8:
        return Reason.UDP_CUT
    length = u16(frame, at + 4)
    if 0 < length < 8:
        return Reason.BAD_UDP_LENGTH
    row.src_port = u16(frame, at)
    row.dst_port = u16(frame, at + 2)
    row.checksum = u16(frame, at + 6)
    row.header_len = 8
    # Never more than IP says: what lies beyond is in other fragments, or nowhere.
    payload_len = limit - at - 8 if length == 0 else min(length, limit - at) - 8
    set_payload(at + 8, payload_len, end, row)
    return 0
