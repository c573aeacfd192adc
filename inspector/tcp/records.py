"""What the fold remembers: of each end, of each connection, of the table; and what it says of each segment.

Records in the sense of `inspector.columns`: integers only, lists of instances or columns. Sequence
numbers are raw; UNKNOWN (-1) where they were not seen. Names are RFC 9293's (section 3.3.1), as an
observer can infer them: `snd_nxt` is the end of what was *seen* sent, `snd_una` the highest
acknowledgment the peer was *seen* to give.
"""

from __future__ import annotations

from dataclasses import dataclass

from inspector.columns import I32, I64, U8, U16, U32
from inspector.compiled import Constants
from inspector.flows.copies import LatestFrames
from inspector.flows.pairs import PairRecord, PairTable
from inspector.wire.row import NO_TIME

__all__ = ["NEVER", "ConnectionRecord", "EndRecord", "Seen", "TableRecord", "Trace"]

NEVER = 1 << 62


class Seen(Constants):
    """Bits of `EndRecord.seen`: what this end was seen to do."""

    SYN = 1
    """Without ACK."""
    SYN_ACK = 2
    SYN_ACK_ACCEPTABLE = 4
    """Its SYN,ACK acknowledged the peer's ISS+1."""
    FIN = 16
    FIN_DELIVERED = 32
    """Everything before the FIN was seen too, or the peer acknowledged it."""
    FIN_ACKED = 64
    RST = 128
    """A reset that its receiver accepted."""
    ESTABLISHED = 256
    """It reached ESTABLISHED, as seen or as evident."""
    FIN_ACK_ALONE = 512
    """Its first acknowledgment of the peer's FIN came in a segment without its own FIN."""
    SACK_PERMITTED = 1024
    TIMESTAMPS = 2048
    OFFERS = 4096
    """Its SYN or SYN,ACK was seen, so that what it did not offer is known too."""
    TFO_DATA = 8192
    """Its SYN carried data."""
    REFUSED = 16384
    """It answered a SYN with an acceptable RST before any SYN,ACK."""
    HANDSHAKE_3 = 32768
    """It sent the third segment, or one that comes after it."""
    FIN_WITH_DATA = 8
    """Its FIN came in one segment with the last of its data, so that nobody has these without the FIN."""
    FIN_ARRIVED = 131072
    """Its FIN was not said to be lost on its way (`Direction.LOST`)."""
    DOUBLED = 65536
    """The capture holds a frame of its twice."""
    ASKED_AGAIN = 262144
    """Its peer has repeated a SYN that it has not answered yet."""


@dataclass(slots=True)
class EndRecord(LatestFrames):
    """One end of a connection, as the sender of what it was seen to send."""

    state: U8 = 0
    seen: U32 = 0
    facts: I64 = 0
    """All facts of all its segments, ORed."""
    latest: I64 = 0
    """The facts of its latest segment."""

    iss: I64 = -1
    snd_nxt: I64 = -1
    in_order: I64 = -1
    """Up to here its stream was seen without a hole: where the peer's RCV.NXT can be at most."""
    beyond_left: I64 = -1
    beyond_right: I64 = -1
    """One stretch seen beyond the hole."""
    snd_una: I64 = -1
    fin_seq: I64 = -1

    last_ack: I64 = -1
    """The acknowledgment number of its latest segment."""
    highest_ack: I64 = -1
    bad_ack: I64 = -1
    """An acknowledgment of its that was unacceptable: the number that a RST in answer takes."""
    raw_window: U16 = 0
    window: I64 = -1
    """Scaled; UNKNOWN where the scale is."""
    duplicate_acks: I32 = 0
    last_ns: I64 = NO_TIME
    last_new_ns: I64 = NO_TIME
    """When `snd_nxt` last grew."""

    mss: I32 = -1
    window_scale: I32 = -1

    segments: I64 = 0
    payload_bytes: I64 = 0
    retransmissions: I64 = 0

    pending_syn: I64 = -1
    pending_ordinal: I64 = -1
    pending_ns: I64 = NO_TIME
    pending_options: U16 = 0
    pending_mss: I32 = -1
    pending_window_scale: I32 = -1
    """A SYN inside the living connection: its sequence number, its row, its time and what it offers."""


@dataclass(slots=True)
class ConnectionRecord(PairRecord):
    """One incarnation of a pair of endpoints. Its ends are `ends[2 * n]` and `ends[2 * n + 1]`."""

    number: I64 = 0
    """In order of their first segment, from 1; its place in the table may change (`tcp.lifetimes`), this does not."""
    last_ordinal: I64 = -1
    """The row of its latest segment."""
    itself: U8 = 0
    """Both endpoints are the same: one end talks with itself (self-connect), and has one state."""
    syn_ns: I64 = NO_TIME
    latest_syn_ns: I64 = NO_TIME
    """Of its SYN, when it was sent last: from there a round trip is measured."""
    syn_ack_ns: I64 = NO_TIME
    """When its first acceptable SYN,ACK was seen."""
    repeated_syns: I32 = 0
    """SYNs after the first, of the same attempt."""
    established_ns: I64 = NO_TIME
    """When the segment that completed the handshake was seen."""
    completeness: U8 = 0
    first_closer: I32 = -1
    """The side whose FIN was seen first."""
    last_reset: I32 = -1
    """The side whose reset was accepted."""
    taken_ordinal: I64 = -1
    """The row of its SYN, which was first taken for a stray one of the previous incarnation."""


@dataclass(slots=True)
class TableRecord(PairTable):
    """The one header of a table of connections."""

    ordinal: I64 = 0
    """Rows seen so far."""
    duplicates: I64 = 0
    opened: I64 = 0
    """Connections so far, whether they are still in the table or not."""
    limited_from: I64 = NEVER
    """From this row on connections are over (`tcp.lifetimes`) after these times of silence:"""
    idle_ns: I64 = 0
    closed_ns: I64 = 0
    attempt_ns: I64 = 0
    least_ns: I64 = 0
    """The shortest of the three."""


@dataclass(slots=True)
class Trace:
    """What the fold says of one row."""

    pair: I32 = -1
    """Number of the connection, from 0; -1: no TCP segment."""
    side: U8 = 0
    originator_state: U8 = 0
    responder_state: U8 = 0
    facts: I64 = 0
    expected_seq: I64 = -1
    expected_ack: I64 = -1
    """What the number should have been, where a fact says that it is wrong."""
