"""The segment that most segments are: the next data, or the next acknowledgment, of a connection that is open.

Kernels predict it (Van Jacobson's header prediction) and take a short way; so does the fold. `is_steady` holds only
where the long way would find no fact and move no state: then what is left of it is to take the numbers, which the same
functions do (`memory`). It holds no rule of its own: a segment that it passes over goes the long way, and a test holds
both ways against each other, on every capture at hand and on arbitrary segments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.compiled import compilable
from inspector.tcp.facts import Fact
from inspector.tcp.records import Seen
from inspector.tcp.sequence import UNKNOWN, ahead, plus
from inspector.tcp.states import State
from inspector.wire.row import NO_TIME, Checksum, Direction, Flag

if TYPE_CHECKING:
    from inspector.tcp.records import ConnectionRecord, EndRecord
    from inspector.wire.row import Row

__all__ = ["is_steady"]

_CONTROL = Flag.SYN | Flag.FIN | Flag.RST | Flag.ACK
_ASKS = Fact.HANDSHAKE_1 | Fact.SYN_IN_CONNECTION | Fact.RST_CHALLENGED | Fact.ZERO_WINDOW_PROBE
"""Facts of the segment before, of either end, that may give the next one a meaning."""


@compilable
def is_steady(row: Row, me: EndRecord, peer: EndRecord, connection: ConnectionRecord) -> bool:
    """Whether the segment is what was due, in a connection of which nothing else is to be said."""
    if row.flags & _CONTROL != Flag.ACK or row.seq != me.snd_nxt or row.window == 0 or row.direction == Direction.LOST:
        return False
    if row.checksum_verdict == Checksum.WRONG or me.state != State.ESTABLISHED or peer.state != State.ESTABLISHED:
        return False
    return _is_open(me, peer, connection) and _is_due(row, me, peer)


@compilable
def _is_open(me: EndRecord, peer: EndRecord, connection: ConnectionRecord) -> bool:
    """Whether both ends are through the handshake, seen or evident, and nobody has begun to close."""
    if connection.established_ns == NO_TIME or me.segments == 0 or (me.seen | peer.seen) & Seen.RST:
        return False
    if me.fin_seq != UNKNOWN or peer.fin_seq != UNKNOWN or (me.latest | peer.latest) & _ASKS:
        return False
    answered = me.seen & (Seen.SYN_ACK | Seen.HANDSHAKE_3) or not peer.seen & Seen.SYN_ACK
    return answered > 0 and me.seen & peer.seen & Seen.ESTABLISHED > 0


@compilable
def _is_due(row: Row, me: EndRecord, peer: EndRecord) -> bool:
    """Whether both numbers are ordinary, and the segment neither repeats anything nor fills the window."""
    if peer.snd_nxt == UNKNOWN or ahead(row.ack, peer.snd_nxt) > 0:
        return False
    if row.payload_len == 0:
        return row.ack != me.last_ack
    if peer.window <= 0 or me.snd_una == UNKNOWN:
        return peer.window != 0
    return plus(row.seq, row.payload_len) != plus(me.snd_una, peer.window)
