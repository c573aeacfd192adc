"""What the fold remembers of UDP: of each end, of each exchange, of the table; and what it says of each row.

Records in the sense of `inspector.columns`: integers only, lists of instances or columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from inspector.columns import I32, I64, U8, U16, U32
from inspector.compiled import Constants
from inspector.wire.row import NO_TIME

__all__ = ["ExchangeEnd", "ExchangeRecord", "ExchangeTable", "Part", "Trace"]


class Part(Constants):
    """`Trace.part`: what a row is in its exchange."""

    NONE = 0
    """Neither UDP nor an ICMP error about it."""
    DATAGRAM = 1
    REPEATED = 2
    """A datagram that equals one just before, and has no IP ID that could tell a copy from a second one."""
    DUPLICATE = 3
    """Captured twice."""
    FIRST_FRAGMENT = 4
    """Shown, and not counted: the whole datagram comes with its last fragment."""
    ERROR = 5
    """An ICMP error that quotes a datagram of the exchange."""
    REPEATED_ERROR = 6
    """The same of an error as REPEATED is of a datagram."""


@dataclass(slots=True)
class ExchangeEnd:
    """One end of an exchange, as the sender of its datagrams."""

    datagrams: I64 = 0
    payload_bytes: I64 = 0
    repeated: I64 = 0
    """Datagrams, of the above, that are `Part.REPEATED`."""
    repeated_bytes: I64 = 0
    duplicates: I64 = 0
    undelivered: I64 = 0
    """ICMP errors that say that a datagram of this end did not arrive."""
    digest_0: I64 = 0
    digest_1: I64 = 0
    digest_2: I64 = 0
    digest_3: I64 = 0
    digest_0_ns: I64 = NO_TIME
    digest_1_ns: I64 = NO_TIME
    digest_2_ns: I64 = NO_TIME
    digest_3_ns: I64 = NO_TIME
    directions: U16 = 0
    """What the capture said of the way of these four frames, 4 bits each, latest lowest."""


@dataclass(slots=True)
class ExchangeRecord:
    """One pair of endpoints. Its ends are `ends[2 * n]` (who spoke first) and `ends[2 * n + 1]`."""

    version: U8 = 0
    orig_hi: I64 = 0
    orig_lo: I64 = 0
    orig_port: U16 = 0
    resp_hi: I64 = 0
    resp_lo: I64 = 0
    resp_port: U16 = 0
    pair_hash: I64 = 0
    first_frame: I64 = 0
    first_ns: I64 = NO_TIME
    last_ns: I64 = NO_TIME
    first_sender: I32 = -1
    """The side of the first datagram; -1 where there were only errors."""


@dataclass(slots=True)
class ExchangeTable:
    """The one header of a table of exchanges."""

    count: I64 = 0
    capacity: I64 = 0
    index_mask: I64 = 0
    seed: U32 = 0


@dataclass(slots=True)
class Trace:
    """What the fold says of one row."""

    exchange: I32 = -1
    side: U8 = 0
    """Who sent the datagram; for an error, who sent the *quoted* one."""
    part: U8 = 0
