"""The transfer of data in Wireshark's words and by its conditions (tcp.analysis.*). Compilable.

Wireshark's rules take SYN and FIN for data; ours do not call the first SYN,ACK a repeat of its sender's SYN
(simultaneous open: RFC 9293 Figure 7 prescribes the same sequence number), nor the first SYN or FIN one of
what its answer, captured earlier, told of it. What has the shape of a keep-alive is a probe where the window is
closed: Linux probes it so (RFC 9293 sections 3.8.4 and 3.8.6.1). These facts describe; they move no state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.compiled import compilable
from inspector.tcp.facts import Fact
from inspector.tcp.records import Seen
from inspector.tcp.sequence import UNKNOWN, ahead, plus
from inspector.wire.row import NO_TIME, Flag

if TYPE_CHECKING:
    from inspector.tcp.records import ConnectionRecord, EndRecord
    from inspector.wire.row import Row

__all__ = ["transfer_facts"]

_CONTROL = Flag.SYN | Flag.FIN | Flag.RST

# Wireshark's thresholds, in nanoseconds.
_FAST_WITHIN = 20_000_000
_OUT_OF_ORDER_WITHIN = 3_000_000
_DUPLICATE_ACKS = 2


@compilable
def transfer_facts(row: Row, me: EndRecord, peer: EndRecord, connection: ConnectionRecord, length: int) -> int:
    """Facts about a segment's place in the stream; `length` is its SEG.LEN."""
    facts = 0
    is_plain = not row.flags & _CONTROL
    if row.window == 0 and is_plain:
        facts |= Fact.ZERO_WINDOW
    begins_over = row.flags & Flag.SYN and row.seq != me.iss
    if me.snd_nxt != UNKNOWN and not begins_over and not row.flags & Flag.RST:
        step = ahead(row.seq, _next_due(me))
        if step > 0:
            facts |= Fact.LOST_SEGMENT
        elif step == -1 and length <= 1 and is_plain:
            facts |= Fact.ZERO_WINDOW_PROBE if peer.window == 0 else Fact.KEEP_ALIVE
        elif step < 0 and length:
            facts |= _repeat(row, me, peer, connection, length)
        elif step == 0 and is_plain:
            facts |= _in_sequence(row, me, peer)
    # Where only one direction was captured, it is enough to say so once.
    may_be_told = peer.segments > 0 or not me.facts & Fact.ACK_LOST_SEGMENT
    acknowledges = row.flags & Flag.ACK and not row.flags & Flag.RST
    # A wrong number that is acknowledged again is no news either.
    may_be_told = may_be_told and row.ack != me.bad_ack
    if acknowledges and may_be_told and peer.snd_nxt != UNKNOWN and ahead(row.ack, peer.snd_nxt) > 0:
        facts |= Fact.ACK_LOST_SEGMENT
    return facts


@compilable
def _next_due(me: EndRecord) -> int:
    """SND.NXT, which a zero-window probe that was not taken does not really advance."""
    was_probe = me.latest & Fact.ZERO_WINDOW_PROBE
    if was_probe and me.snd_una != UNKNOWN and ahead(me.snd_nxt, me.snd_una) > 0:
        return plus(me.snd_nxt, -1)
    return me.snd_nxt


@compilable
def _repeat(row: Row, me: EndRecord, peer: EndRecord, connection: ConnectionRecord, length: int) -> int:
    """Why a segment that begins before SND.NXT begins there."""
    if _is_first_of_its_kind(row, me):
        return 0
    end = plus(row.seq, length)
    if row.payload_len and me.snd_una != UNKNOWN and ahead(end, me.snd_una) <= 0:
        return Fact.SPURIOUS_RETRANSMISSION
    is_awaited = peer.duplicate_acks >= _DUPLICATE_ACKS and row.seq == me.snd_una
    if is_awaited and _within(row.time_ns, peer.last_ns, _FAST_WITHIN):
        return Fact.FAST_RETRANSMISSION
    patience = _OUT_OF_ORDER_WITHIN
    if connection.latest_syn_ns != NO_TIME and connection.established_ns > connection.latest_syn_ns:
        patience = connection.established_ns - connection.latest_syn_ns
    if end != me.snd_nxt and _within(row.time_ns, me.last_new_ns, patience):
        return Fact.OUT_OF_ORDER
    return Fact.RETRANSMISSION


@compilable
def _is_first_of_its_kind(row: Row, me: EndRecord) -> bool:
    """A SYN, SYN,ACK or bare FIN that this end has not sent before."""
    if row.flags & Flag.SYN:
        return not me.seen & (Seen.SYN_ACK if row.flags & Flag.ACK else Seen.SYN)
    return row.flags & Flag.FIN > 0 and row.payload_len == 0 and not me.seen & Seen.FIN


@compilable
def _within(time_ns: int, before_ns: int, patience: int) -> bool:
    """Whether less than `patience` has passed; never true of a time that is not known."""
    return NO_TIME not in (time_ns, before_ns) and time_ns - before_ns < patience


@compilable
def _in_sequence(row: Row, me: EndRecord, peer: EndRecord) -> int:
    """What a segment at SND.NXT without SYN, FIN and RST does besides."""
    if row.payload_len == 0:
        return _bare_ack(row, me, peer) if row.ack == me.last_ack else 0
    if row.payload_len == 1 and peer.window == 0:
        return Fact.ZERO_WINDOW_PROBE
    end = plus(row.seq, row.payload_len)
    fills_window = peer.window > 0 and me.snd_una != UNKNOWN and end == plus(me.snd_una, peer.window)
    return Fact.WINDOW_FULL if fills_window else 0


@compilable
def _bare_ack(row: Row, me: EndRecord, peer: EndRecord) -> int:
    """What a segment says that carries nothing and acknowledges nothing new."""
    same_window = row.window == me.raw_window
    if row.window == 0:
        return Fact.ZERO_WINDOW_PROBE_ACK if same_window and peer.latest & Fact.ZERO_WINDOW_PROBE else 0
    if same_window and peer.latest & Fact.KEEP_ALIVE:
        return Fact.KEEP_ALIVE_ACK
    if same_window or row.sack_count:
        return Fact.DUPLICATE_ACK if me.seen & Seen.ESTABLISHED else 0
    return Fact.WINDOW_UPDATE
