"""Bytes as frames and as segments, so that a fuzzer's small change of the one is a small change of the other.

Both ways: what the seeds hold is written by `bytes_of_frames`, and read by `frames_in`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.wire import Row
from inspector.wire.row import Protocol, address_halves

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["bytes_of_frames", "frames_in", "rows_in"]

_STEPS_NS = (0, 1_000, 100_000, 10_000_000, 250_000_000, 1_000_000_000, 61_000_000_000, -5_000_000)
_ROW = 10
_BASES = (100, 0xFFFF_FFF0)
_LENGTHS = (0, 0, 0, 1, 5, 100, 1460, 60_000)
_MOST_ROWS = 400


def frames_in(data: bytes) -> tuple[list[tuple[int, int, bytes, int]], int]:
    """Records for a pcap, and the first byte, a choice: then for each frame a step of time, a length, and its bytes."""
    choice = data[0] if data else 255
    made, at, now = [], 1, 1_700_000_000_000_000_000
    while at + 2 <= len(data):
        now += _STEPS_NS[data[at] & 7]
        length = data[at + 1]
        octets = data[at + 2 : at + 2 + length]
        made.append((now // 1_000_000_000, now // 1000 % 1_000_000, octets, len(octets) + (data[at] >> 3) * 40))
        at += 2 + length
    return made, choice


def bytes_of_frames(frames: Iterable[bytes], choice: int) -> bytes:
    """What `frames_in` takes for these frames, as far as they are short, a tenth of a millisecond apart."""
    return bytes([choice]) + b"".join(bytes([2, len(octets)]) + octets for octets in frames if len(octets) < 256)


def rows_in(data: bytes) -> list[Row]:
    """Segments (and some datagrams) between a few endpoints, their numbers near each other, ten bytes for each."""
    rows: list[Row] = []
    now = 1_700_000_000_000_000_000
    for at in range(0, min(len(data), _ROW * _MOST_ROWS) - _ROW + 1, _ROW):
        who, flags, seq, ack, size, window, options, step, number, more = data[at : at + _ROW]
        now += _STEPS_NS[step & 7] + (step >> 3)
        rows.append(_row(len(rows) + 1, now, (who, flags, seq, ack, size, window, options, number, more)))
    return rows


def _row(frame: int, now: int, told: tuple[int, ...]) -> Row:
    who, flags, seq, ack, size, window, options, number, more = told
    ends = [("10.0.0.1", 40000 + (who >> 1 & 1)), ("10.0.0.2" if not who & 8 else "10.0.0.1", 80 if who & 4 else 40000)]
    (source, sport), (target, dport) = ends if not who & 1 else reversed(ends)
    row = Row(frame=frame, time_ns=now, version=4, protocol=Protocol.UDP if who & 0xF0 == 0xF0 else Protocol.TCP)
    _, row.src_hi, row.src_lo = address_halves(source)
    _, row.dst_hi, row.dst_lo = address_halves(target)
    row.src_port, row.dst_port, row.header_len, row.ttl = sport, dport, 20, 64
    base, other = (_BASES[0], _BASES[1]) if not who & 1 else (_BASES[1], _BASES[0])
    row.seq = (base + seq - 8) & 0xFFFF_FFFF if seq < 250 else (base + (seq << 23)) & 0xFFFF_FFFF
    row.ack = (other + ack - 8) & 0xFFFF_FFFF if ack < 250 else (other + (ack << 23)) & 0xFFFF_FFFF
    row.flags = flags | (more & 1) << 8
    row.payload_len = row.captured_len = _LENGTHS[size & 7] + (size >> 3)
    row.window, row.options, row.window_scale = window * 257, options, more >> 4
    row.mss, row.tsval, row.tsecr, row.sack_count = 1460, number, seq, more & 3
    row.sack_left, row.sack_right = row.ack, (row.ack + number) & 0xFFFF_FFFF
    row.ip_id, row.digest = number, number * 1_000_003
    row.direction = 3 if who & 0x30 == 0x30 else 0
    return row
