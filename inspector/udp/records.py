"""What the fold remembers of UDP: of each end, of each exchange; and what it says of each row.

Records in the sense of `inspector.columns`: integers only, lists of instances or columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from inspector.columns import I32, I64, U8
from inspector.compiled import Constants
from inspector.flows.copies import LatestFrames
from inspector.flows.pairs import PairRecord

__all__ = ["ExchangeEnd", "ExchangeRecord", "Part", "Trace"]


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
class ExchangeEnd(LatestFrames):
    """One end of an exchange, as the sender of its datagrams."""

    datagrams: I64 = 0
    payload_bytes: I64 = 0
    repeated: I64 = 0
    """Datagrams, of the above, that are `Part.REPEATED`."""
    repeated_bytes: I64 = 0
    duplicates: I64 = 0
    undelivered: I64 = 0
    """ICMP errors that say that a datagram of this end did not arrive."""


@dataclass(slots=True)
class ExchangeRecord(PairRecord):
    """One pair of endpoints. Its ends are `ends[2 * n]` (who spoke first) and `ends[2 * n + 1]`."""

    first_sender: I32 = -1
    """The side of the first datagram; -1 where there were only errors."""


@dataclass(slots=True)
class Trace:
    """What the fold says of one row."""

    pair: I32 = -1
    """Number of the exchange, from 0; -1: none."""
    side: U8 = 0
    """Who sent the datagram; for an error, who sent the *quoted* one."""
    part: U8 = 0
