"""What outcomes are later read off: who opened, who closed, who reset, and when. Compilable.

Called after a segment has moved both ends; nothing here moves anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.compiled import compilable
from inspector.tcp.acceptance import STRAY
from inspector.tcp.facts import Fact
from inspector.tcp.records import Seen
from inspector.tcp.states import State
from inspector.wire.row import NO_TIME, Direction, Flag

if TYPE_CHECKING:
    from inspector.tcp.records import ConnectionRecord, EndRecord
    from inspector.wire.row import Row

__all__ = ["note_milestones"]


@compilable
def note_milestones(  # noqa: PLR0913 - records, one by one
    row: Row, me: EndRecord, peer: EndRecord, connection: ConnectionRecord, facts: int, side: int
) -> None:
    """What outcomes are later read off."""
    _note_opening(row, me, peer, connection, facts)
    if row.flags & Flag.FIN and connection.first_closer < 0 and not facts & STRAY:
        connection.first_closer = side
    if facts & Fact.ACKS_FIN:
        peer.seen |= Seen.FIN_ACKED
        if not row.flags & Flag.FIN:
            me.seen |= Seen.FIN_ACK_ALONE
    if row.direction == Direction.LOST:
        return
    if facts & Fact.RST_REFUSES:
        me.seen |= Seen.REFUSED
    if facts & (Fact.RST_REFUSES | Fact.RST_ABORTS) and not me.seen & Seen.RST:
        me.seen |= Seen.RST
        connection.last_reset = side


@compilable
def _note_syn(row: Row, peer: EndRecord, connection: ConnectionRecord) -> None:
    connection.latest_syn_ns = row.time_ns
    if connection.syn_ns == NO_TIME:
        connection.syn_ns = row.time_ns
        return
    connection.repeated_syns += 1
    if row.direction != Direction.LOST:
        peer.seen |= Seen.ASKED_AGAIN


@compilable
def _note_opening(row: Row, me: EndRecord, peer: EndRecord, connection: ConnectionRecord, facts: int) -> None:
    if facts & Fact.HANDSHAKE_1:
        _note_syn(row, peer, connection)
    if facts & (Fact.HANDSHAKE_2 | Fact.SYN_ACK_WRONG_ACK) == Fact.HANDSHAKE_2 and connection.syn_ack_ns == NO_TIME:
        connection.syn_ack_ns = row.time_ns
    third_is_right = not facts & (Fact.HANDSHAKE_3_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_SEQ)
    if facts & (Fact.HANDSHAKE_3 | Fact.HANDSHAKE_MISSED) and third_is_right:
        me.seen |= Seen.HANDSHAKE_3
    if facts & Fact.HANDSHAKE_MISSED:
        peer.seen |= Seen.HANDSHAKE_3
    if me.state >= State.ESTABLISHED:
        me.seen |= Seen.ESTABLISHED
    if peer.state >= State.ESTABLISHED:
        peer.seen |= Seen.ESTABLISHED
    if me.seen & peer.seen & Seen.ESTABLISHED and connection.established_ns == NO_TIME:
        connection.established_ns = row.time_ns
