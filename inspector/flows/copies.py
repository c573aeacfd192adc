"""Is this frame in the capture twice? The one rule for TCP and UDP. Compilable.

A capture on loopback may show every frame leaving and again arriving; one on all interfaces of a router, each frame
before and after it was forwarded. A frame is such a copy if and only if (a) every captured byte from the IP header on
equals an earlier frame of the same direction, but for the TTL and what it adds to the checksum, (b) its TTL is not
above that frame's and (c) it follows far sooner than any retransmission could. Of a segment the headers are compared
and what comes with them in its first 64 bytes: two that agree in their numbers, length, IP ID, timestamps and checksum
carry the same. The copy need not be the next record, so the latest four frames of each end are remembered.

A lower TTL is a router's doing: no host sends one segment again with another. A higher one may be a traceroute's.

Where the sender gives its datagrams no IP ID (IPv6, or 0), or always the same (frames made by scapy, some small
devices), it may itself have sent the same bytes twice at once; then equality proves nothing, unless the capture
says that one copy left and the other arrived. What else speaks for or against a copy is known to TCP and
to UDP only: they are told UNSURE.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.columns import I32, I64, U8, U16, U32
from inspector.compiled import compilable
from inspector.wire.row import NO_TIME, Direction

if TYPE_CHECKING:
    from inspector.wire.row import Row

__all__ = ["COPY", "DUPLICATE_WITHIN", "FIRST", "UNSURE", "LatestFrames", "copy_of", "remember_frame"]

DUPLICATE_WITHIN = 1_000_000
"""Nanoseconds: a hundred times the gap measured between the two copies of a loopback frame, and two
hundred times below the minimum retransmission timeout."""

FIRST = 0
"""Not seen before."""
COPY = 1
UNSURE = 2
"""The same bytes at once, from a sender that may have sent them twice."""


@dataclass(slots=True)
class LatestFrames:
    """The latest four frames that an end sent, for `copy_of`; records of ends begin with it."""

    digest_0: I64 = 0
    digest_1: I64 = 0
    digest_2: I64 = 0
    digest_3: I64 = 0
    digest_0_ns: I64 = NO_TIME
    digest_1_ns: I64 = NO_TIME
    digest_2_ns: I64 = NO_TIME
    digest_3_ns: I64 = NO_TIME
    latest_ip_id: I32 = -1
    repeats_ip_id: U8 = 0
    """It gave two different datagrams the same IP ID."""
    directions: U16 = 0
    """What the capture said of the way of these four frames, 4 bits each, latest lowest."""
    ttls: U32 = 0
    """Theirs, 8 bits each, latest lowest."""


@compilable
def copy_of(row: Row, end: LatestFrames) -> int:
    """FIRST, COPY or UNSURE."""
    if row.time_ns == NO_TIME:
        return FIRST
    if row.digest == end.digest_0 and _is_near(row.time_ns, end.digest_0_ns):
        place = 0
    elif row.digest == end.digest_1 and _is_near(row.time_ns, end.digest_1_ns):
        place = 1
    elif row.digest == end.digest_2 and _is_near(row.time_ns, end.digest_2_ns):
        place = 2
    elif row.digest == end.digest_3 and _is_near(row.time_ns, end.digest_3_ns):
        place = 3
    else:
        return FIRST
    ttl = end.ttls >> 8 * place & 0xFF
    if row.ttl != ttl:
        return COPY if row.ttl < ttl else FIRST
    before = end.directions >> 4 * place & 3
    both_known = before > Direction.UNKNOWN and row.direction > Direction.UNKNOWN
    tells_apart = row.ip_id > 0 and not end.repeats_ip_id
    return COPY if tells_apart or (both_known and before != row.direction) else UNSURE


@compilable
def _is_near(time_ns: int, other_ns: int) -> bool:
    """Whether two times are those of one frame; not as a difference, which NO_TIME would take out of 64 bits."""
    return time_ns - DUPLICATE_WITHIN <= other_ns <= time_ns + DUPLICATE_WITHIN


@compilable
def remember_frame(row: Row, end: LatestFrames) -> None:
    """Take a frame that is no copy for the latest of its sender."""
    if row.ip_id == end.latest_ip_id:
        end.repeats_ip_id = 1
    end.latest_ip_id = row.ip_id
    end.digest_3 = end.digest_2
    end.digest_2 = end.digest_1
    end.digest_1 = end.digest_0
    end.digest_0 = row.digest
    end.digest_3_ns = end.digest_2_ns
    end.digest_2_ns = end.digest_1_ns
    end.digest_1_ns = end.digest_0_ns
    end.digest_0_ns = row.time_ns
    end.directions = (end.directions << 4 | row.direction) & 0xFFFF
    end.ttls = (end.ttls << 8 | row.ttl) & 0xFFFF_FFFF
