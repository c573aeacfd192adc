"""Judge before you move: which events a segment means to its sender and to its receiver.

RFC 9293 section 3.10.7, seen from the wire. Compilable; knows sequence numbers, and no transition.
The laws:

1. `me` sent the segment, `peer` receives it; where a connection is with itself they are one record.
2. An observer does not know RCV.NXT. It lies between the acknowledgment that the receiver last gave
   and the end of what was seen sent to it; a reset anywhere there may be exact.
3. What an end sends is evidence of what it has received. If it sends data or acknowledges, it
   has come through its handshake, whether or not we saw, or approve of, every segment of it.
4. An unacceptable number moves nobody; the fact is noted with the number that was due.
5. A RST that answers an unacceptable segment is no abort: its sender stays as it was (Figure 8). One from an end that
   has no connection, or wants none, is both: it answers, and it ends what the peer believes in (Figures 8 and 10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.compiled import compilable
from inspector.tcp.facts import Fact
from inspector.tcp.records import Seen
from inspector.tcp.sequence import UNKNOWN, ahead, plus
from inspector.tcp.states import Event, State
from inspector.wire.row import Flag, Option

if TYPE_CHECKING:
    from inspector.tcp.records import EndRecord, Trace
    from inspector.wire.row import Row

__all__ = ["OPENED", "STRAY", "events_received", "events_sent", "evidence", "handshake_facts", "reset_facts"]

OPENED = Event.SND_SYN | Event.RCV_SYN | Event.RCV_ACK_OF_SYN
"""Takes every state before ESTABLISHED to ESTABLISHED, and moves no other."""

STRAY = Fact.SYN_IN_CONNECTION | Fact.SYN_ACK_OTHER_SEQ | Fact.NO_ACK_FLAG | Fact.AFTER_RESET | Fact.FIN_MOVED
"""Segments with one of these facts move nobody and teach no number."""

_UNHEEDED_RST = Fact.RST_CHALLENGED | Fact.RST_IGNORED | Fact.RST_WRONG_ACK
_WRONG_THIRD = Fact.HANDSHAKE_3_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_SEQ


@compilable
def handshake_facts(row: Row, me: EndRecord, peer: EndRecord, trace: Trace) -> int:
    """The part that a segment without RST plays in the handshake, and whether its numbers are due."""
    if row.flags & Flag.SYN:
        if row.flags & Flag.ACK:
            return _syn_ack_facts(row, me, peer, trace)
        return _syn_facts(row, me, peer)
    third_is_due = peer.seen & Seen.SYN_ACK and not me.seen & (Seen.SYN_ACK | Seen.HANDSHAKE_3)
    if third_is_due and row.flags & Flag.ACK and peer.iss != UNKNOWN:
        return _third_segment_facts(row, me, peer, trace)
    return Fact.HANDSHAKE_MISSED if row.flags & Flag.ACK and _is_past_the_syn_ack(row, me, peer) else 0


@compilable
def _is_past_the_syn_ack(row: Row, me: EndRecord, peer: EndRecord) -> bool:
    """Whether a SYN,ACK was not captured: the SYN's sender acknowledges already, or its peer does and sent no SYN."""
    if me.state == State.SYN_SENT:
        return not peer.seen & Seen.SYN_ACK
    sent_no_syn = not me.seen & (Seen.SYN | Seen.SYN_ACK)
    return peer.state == State.SYN_SENT and sent_no_syn and _acknowledges_syn(row, peer)


@compilable
def _syn_facts(row: Row, me: EndRecord, peer: EndRecord) -> int:
    if row.seq != me.iss and me.snd_nxt != UNKNOWN:
        return Fact.SYN_IN_CONNECTION
    facts = Fact.HANDSHAKE_1
    if row.options & Option.FAST_OPEN:
        facts |= Fact.FAST_OPEN
    if peer.seen & Seen.SYN and not me.seen & Seen.SYN:
        facts |= Fact.SYN_CROSSING
    return facts


@compilable
def _syn_ack_facts(row: Row, me: EndRecord, peer: EndRecord, trace: Trace) -> int:
    facts = Fact.HANDSHAKE_2
    if me.seen & Seen.SYN:
        facts |= Fact.SYN_CROSSING
    if peer.iss != UNKNOWN and row.ack != plus(peer.iss, 1):
        if _is_fast(peer) and _acknowledges_syn(row, peer):
            facts |= Fact.FAST_OPEN
        else:
            facts |= Fact.SYN_ACK_WRONG_ACK
            trace.expected_ack = plus(peer.iss, 1)
    first_was_acceptable = me.seen & (Seen.SYN_ACK_ACCEPTABLE | Seen.SYN)
    if first_was_acceptable and row.seq != me.iss:
        facts |= Fact.SYN_ACK_OTHER_SEQ
        trace.expected_seq = me.iss
    return facts


@compilable
def _third_segment_facts(row: Row, me: EndRecord, peer: EndRecord, trace: Trace) -> int:
    facts = Fact.HANDSHAKE_3
    past_syn = ahead(row.ack, peer.iss) - 1
    if past_syn < 0 or ahead(row.ack, peer.snd_nxt) > 0:
        facts |= Fact.HANDSHAKE_3_WRONG_ACK
        trace.expected_ack = plus(peer.iss, 1)
    if me.iss != UNKNOWN:
        skipped = ahead(row.seq, me.iss) - 1
        sent = ahead(me.snd_nxt, me.iss) - 1
        if skipped < 0 or skipped > max(sent, 0) + max(peer.window, peer.raw_window):
            facts |= Fact.HANDSHAKE_3_WRONG_SEQ
            trace.expected_seq = plus(me.iss, 1)
        elif not facts & Fact.HANDSHAKE_3_WRONG_ACK and (skipped > sent or (past_syn > 0 and not _is_fast(me))):
            # Later than the third: the third itself was not captured.
            facts = facts & ~Fact.HANDSHAKE_3 | Fact.HANDSHAKE_MISSED
    return facts


@compilable
def _is_fast(end: EndRecord) -> bool:
    """Whether it sent data with its SYN: then its peer may send too before the handshake ends (RFC 7413, 4.2.2)."""
    return end.seen & Seen.TFO_DATA > 0


@compilable
def _acknowledges_syn(row: Row, peer: EndRecord) -> bool:
    """SND.UNA < SEG.ACK =< SND.NXT, for an end that has had nothing acknowledged (section 3.10.7.3)."""
    return peer.iss != UNKNOWN and 0 < ahead(row.ack, peer.iss) <= ahead(peer.snd_nxt, peer.iss)


@compilable
def reset_facts(row: Row, me: EndRecord, peer: EndRecord, trace: Trace) -> int:
    """What a RST is: a refusal, an abort, an answer, or nothing that its receiver heeds.

    RFC 9293 sections 3.5.2, 3.5.3 and 3.10.7.4 with RFC 5961's challenge.
    """
    if peer.state == State.SYN_SENT:
        if row.flags & Flag.ACK and _acknowledges_syn(row, peer):
            return Fact.RST_ABORTS if me.seen & Seen.SYN_ACK else Fact.RST_REFUSES
        trace.expected_ack = peer.snd_nxt
        return Fact.RST_WRONG_ACK
    is_repeated = me.seen & Seen.RST or (peer.state == State.CLOSED and peer.segments)
    takes_bad_ack = peer.bad_ack != UNKNOWN and row.seq == peer.bad_ack and not row.flags & Flag.ACK
    if is_repeated or takes_bad_ack:
        return Fact.RST_ANSWERS
    facts = _reset_at(row, me, peer, trace) if me.snd_nxt != UNKNOWN else Fact.RST_ABORTS
    return facts | Fact.RST_ANSWERS if facts == Fact.RST_ABORTS and _has_no_connection(row, me, peer) else facts


@compilable
def _has_no_connection(row: Row, me: EndRecord, peer: EndRecord) -> bool:
    """Whether the RST's sender has forgotten the connection (its own reset was lost), or never accepted the SYN,ACK."""
    if row.flags & Flag.ACK:
        return False
    has_forgotten = me.state == State.CLOSED and me.segments > 0
    accepted_nothing = me.seen & Seen.SYN and peer.seen & Seen.SYN_ACK and me.highest_ack == UNKNOWN
    return has_forgotten or accepted_nothing > 0


@compilable
def _reset_at(row: Row, me: EndRecord, peer: EndRecord, trace: Trace) -> int:
    """Whether a RST's sequence number is, or may be, RCV.NXT; or in the window; or neither."""
    due = peer.highest_ack
    if due == UNKNOWN:
        due = me.in_order if me.iss == UNKNOWN else plus(me.iss, 1)
    beyond = ahead(row.seq, due)
    if 0 <= beyond <= max(ahead(me.snd_nxt, due), 0):
        return Fact.RST_ABORTS
    trace.expected_seq = due
    return Fact.RST_CHALLENGED if 0 < beyond < max(peer.window, peer.raw_window) else Fact.RST_IGNORED


@compilable
def evidence(row: Row, me: EndRecord, peer: EndRecord, facts: int) -> int:
    """Events that the sender must have gone through, seen or not, to be able to send this segment."""
    if row.flags & Flag.RST or not row.flags & Flag.ACK or facts & STRAY:
        return 0
    if row.flags & Flag.SYN:
        return Event.RCV_SYN
    is_past_syn = me.state == State.SYN_SENT or me.segments == 0 or facts & Fact.HANDSHAKE_MISSED
    is_waiting = me.state in (State.SYN_RECEIVED, State.SYN_RECEIVED_ACTIVE)
    goes_on = row.payload_len > 0 or (peer.iss != UNKNOWN and ahead(row.ack, peer.iss) > 1)
    events = OPENED if is_past_syn or (is_waiting and goes_on and not _is_fast(peer)) else 0
    if peer.fin_seq != UNKNOWN and row.ack == plus(peer.fin_seq, 1):
        events |= Event.RCV_FIN
    return events


@compilable
def events_sent(row: Row, me: EndRecord, facts: int) -> int:
    """What departing means to the sender; a SYN that it has sent before means nothing new."""
    if facts & STRAY:
        return 0
    if row.flags & Flag.RST:
        is_an_end = facts & (Fact.RST_ABORTS | Fact.RST_REFUSES | Fact.RST_WRONG_ACK)
        return Event.SND_RST if is_an_end else 0
    events = 0
    if row.flags & Flag.SYN and not row.flags & Flag.ACK and not me.seen & Seen.SYN:
        events = Event.SND_SYN_CROSSING if facts & Fact.SYN_CROSSING else Event.SND_SYN
    if row.flags & Flag.FIN:
        events |= Event.SND_FIN_CROSSING if facts & Fact.FIN_CROSSING else Event.SND_FIN
    return events


@compilable
def events_received(row: Row, me: EndRecord, peer: EndRecord, facts: int) -> int:
    """What arriving means to the receiver; `me` has already taken note of what it sent."""
    if facts & STRAY:
        return 0
    if row.flags & Flag.RST:
        return 0 if facts & _UNHEEDED_RST else Event.RCV_RST
    events = 0
    if row.flags & Flag.SYN and not facts & Fact.SYN_ACK_WRONG_ACK:
        events = Event.RCV_SYN
    if row.flags & Flag.ACK and not facts & (_WRONG_THIRD | Fact.SYN_ACK_WRONG_ACK):
        if _acknowledges_syn(row, peer):
            events |= Event.RCV_ACK_OF_SYN
        if peer.fin_seq != UNKNOWN and row.ack == plus(peer.fin_seq, 1):
            events |= Event.RCV_ACK_OF_FIN
    if facts & Fact.HANDSHAKE_MISSED:
        events |= OPENED
    if me.seen & Seen.FIN_DELIVERED:
        events |= Event.RCV_FIN
    return events
