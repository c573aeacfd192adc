"""The part that a segment without RST plays in the close, and whether its numbers are due. Compilable.

RFC 9293 section 3.6, by arithmetic alone: a FIN has one sequence number, the last of its sender's; whoever
acknowledges one more than it has taken it. These facts move no state (`tcp.acceptance` gives the events).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.compiled import compilable
from inspector.tcp.facts import Fact
from inspector.tcp.records import Seen
from inspector.tcp.sequence import UNKNOWN, ahead, plus
from inspector.tcp.states import State
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from inspector.tcp.records import EndRecord, Trace
    from inspector.wire.row import Row

__all__ = ["closing_facts"]


@compilable
def closing_facts(row: Row, me: EndRecord, peer: EndRecord, trace: Trace) -> int:
    """Facts about a segment and the FIN of either end, as far as they are known."""
    facts = 0
    if me.fin_seq != UNKNOWN:
        facts |= _after_own_fin(row, me, trace)
    if peer.fin_seq != UNKNOWN and row.flags & Flag.ACK:
        facts |= _after_peers_fin(row, me, peer, trace)
    return facts


@compilable
def _after_own_fin(row: Row, me: EndRecord, trace: Trace) -> int:
    facts = 0
    length = row.payload_len + (row.flags & Flag.SYN > 0)
    end = plus(row.seq, length)
    if row.payload_len and ahead(end, me.fin_seq) > 0:
        facts |= Fact.DATA_AFTER_FIN
    if row.flags & Flag.FIN and end != me.fin_seq:
        facts |= Fact.FIN_MOVED
        trace.expected_seq = plus(me.fin_seq, -length)
    return facts


@compilable
def _after_peers_fin(row: Row, me: EndRecord, peer: EndRecord, trace: Trace) -> int:
    past_fin = ahead(row.ack, peer.fin_seq) - 1
    if past_fin > 0:
        trace.expected_ack = plus(peer.fin_seq, 1)
        return Fact.ACK_BEYOND_FIN
    if past_fin == 0:
        if not peer.seen & Seen.FIN_ACKED:
            return Fact.ACKS_FIN
        says_only_that = row.payload_len == 0 and not row.flags & Flag.FIN
        return Fact.TIME_WAIT_REPLY if me.state == State.TIME_WAIT and says_only_that else 0
    if row.flags & Flag.FIN:
        return 0 if me.seen & Seen.FIN else Fact.FIN_CROSSING
    if past_fin == -1 and _should_have_acked_fin(row, me, peer):
        trace.expected_ack = plus(peer.fin_seq, 1)
        return Fact.FIN_ACK_SHORT
    return 0


@compilable
def _should_have_acked_fin(row: Row, me: EndRecord, peer: EndRecord) -> bool:
    """Whether a segment one short of an unacknowledged FIN is bare, and has the FIN or says nothing new."""
    is_bare = row.payload_len == 0 and not row.flags & Flag.SYN
    says_nothing_new = row.ack == me.last_ack and row.window == me.raw_window
    has_fin = peer.seen & Seen.FIN_WITH_DATA > 0
    was_due = peer.seen & Seen.FIN_ARRIVED and not peer.seen & Seen.FIN_ACKED
    return is_bare and (says_nothing_new or has_fin) and was_due > 0
