"""How one segment changes what is remembered of its connection's two ends. Compilable.

Arithmetic only: which number is the highest, what was seen without a hole, what was acknowledged.
Called after the facts of a segment are known, and before its events are applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.compiled import compilable
from inspector.flows.copies import FIRST, UNSURE, copy_of, remember_frame
from inspector.tcp.acceptance import STRAY
from inspector.tcp.facts import Fact
from inspector.tcp.records import Seen
from inspector.tcp.sequence import UNKNOWN, ahead, plus
from inspector.wire.row import Direction, Flag, Option

if TYPE_CHECKING:
    from inspector.tcp.records import EndRecord
    from inspector.wire.row import Row

__all__ = ["is_capture_duplicate", "note_acknowledgment", "note_offers", "note_sent"]

_REPEATS = Fact.RETRANSMISSION | Fact.FAST_RETRANSMISSION | Fact.SPURIOUS_RETRANSMISSION
_WRONG_ACK = Fact.SYN_ACK_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_ACK | Fact.ACK_BEYOND_FIN
_MAX_WINDOW_SCALE = 14  # RFC 7323 section 2.3


@compilable
def is_capture_duplicate(row: Row, me: EndRecord, other: EndRecord) -> bool:
    """Whether the capture holds this frame twice (`flows.copies`); remembers it if not.

    Where the bytes alone leave it open: nothing is repeated at once by its sender but a bare ACK, and a SYN,ACK that
    the peer asks for with another SYN. These are believed to be copies where the capture doubles this
    connection's other frames too.
    """
    copy = copy_of(row, me)
    if copy == FIRST:
        remember_frame(row, me)
        return False
    is_bare = row.payload_len == 0 and not row.flags & (Flag.SYN | Flag.FIN)
    is_asked_for = row.flags & Flag.SYN and me.seen & Seen.ASKED_AGAIN
    if copy == UNSURE and (is_bare or is_asked_for) and not (me.seen | other.seen) & Seen.DOUBLED:
        return False
    me.seen |= Seen.DOUBLED
    return True


@compilable
def note_sent(row: Row, me: EndRecord, facts: int, length: int) -> None:
    """Take the segment's own numbers into the sender's record."""
    me.segments += 1
    if facts & _REPEATS:
        me.retransmissions += 1
    me.last_ns = row.time_ns
    if row.flags & Flag.RST or facts & (STRAY | Fact.HANDSHAKE_3_WRONG_SEQ):
        return
    if row.flags & Flag.SYN:
        _note_syn(row, me, facts)
    elif me.snd_nxt == UNKNOWN:
        me.snd_nxt = row.seq
        me.in_order = row.seq
    if facts & Fact.DATA_AFTER_FIN:
        return
    if row.flags & Flag.FIN and row.payload_len and row.seq == me.snd_nxt:
        me.seen |= Seen.FIN_WITH_DATA
    end = plus(row.seq, length)
    if row.direction != Direction.LOST:
        me.payload_bytes += _new_bytes(row, me)
        _note_in_order(row.seq, end, me)
    if ahead(end, me.snd_nxt) > 0:
        me.snd_nxt = end
        me.last_new_ns = row.time_ns
    if row.flags & Flag.FIN:
        me.seen |= Seen.FIN if row.direction == Direction.LOST else Seen.FIN | Seen.FIN_ARRIVED
        me.fin_seq = plus(row.seq, length - 1)
    _deliver_fin(me)


@compilable
def _note_syn(row: Row, me: EndRecord, facts: int) -> None:
    if row.flags & Flag.ACK:
        me.seen = me.seen & ~Seen.ASKED_AGAIN | Seen.SYN_ACK
        if not facts & Fact.SYN_ACK_WRONG_ACK:
            me.seen |= Seen.SYN_ACK_ACCEPTABLE
    else:
        me.seen |= Seen.SYN
        if row.payload_len:
            me.seen |= Seen.TFO_DATA
    if me.iss != row.seq:
        me.iss = row.seq
        me.snd_nxt = plus(row.seq, 1)
        me.in_order = me.snd_nxt
    note_offers(me, row.options, row.mss, row.window_scale)


@compilable
def note_offers(me: EndRecord, options: int, mss: int, window_scale: int) -> None:
    """Take what a SYN or SYN,ACK offers; a repeated one that offers less is believed (hosts do so to get through)."""
    me.seen = me.seen & ~(Seen.SACK_PERMITTED | Seen.TIMESTAMPS) | Seen.OFFERS
    me.mss = mss if options & Option.MSS else -1
    me.window_scale = min(window_scale, _MAX_WINDOW_SCALE) if options & Option.WINDOW_SCALE else -1
    if options & Option.SACK_PERMITTED:
        me.seen |= Seen.SACK_PERMITTED
    if options & Option.TIMESTAMPS:
        me.seen |= Seen.TIMESTAMPS


@compilable
def _new_bytes(row: Row, me: EndRecord) -> int:
    """How many payload bytes of the segment were not seen before, as far as one remembered hole can tell."""
    start = plus(row.seq, 1) if row.flags & Flag.SYN else row.seq
    beyond = ahead(plus(start, row.payload_len), me.snd_nxt)
    if beyond >= row.payload_len:
        return row.payload_len
    if beyond > 0:
        return beyond
    fills_hole = me.in_order != UNKNOWN and ahead(start, me.in_order) >= 0
    in_stretch = me.beyond_left != UNKNOWN and ahead(start, me.beyond_left) >= 0
    return row.payload_len if fills_hole and not in_stretch else 0


@compilable
def _note_in_order(start: int, end: int, me: EndRecord) -> None:
    """Move the end of what was seen without a hole; remember one stretch beyond the hole."""
    if ahead(start, me.in_order) <= 0:
        if ahead(end, me.in_order) > 0:
            me.in_order = end
        if me.beyond_left != UNKNOWN and ahead(me.beyond_left, me.in_order) <= 0:
            if ahead(me.beyond_right, me.in_order) > 0:
                me.in_order = me.beyond_right
            me.beyond_left = UNKNOWN
    elif me.beyond_left == UNKNOWN:
        me.beyond_left = start
        me.beyond_right = end
    elif ahead(start, me.beyond_right) <= 0 and ahead(end, me.beyond_left) >= 0:
        if ahead(start, me.beyond_left) < 0:
            me.beyond_left = start
        if ahead(end, me.beyond_right) > 0:
            me.beyond_right = end


@compilable
def _deliver_fin(me: EndRecord) -> None:
    """A FIN is delivered if it arrived and all before it did, or if it was acknowledged, which proves both."""
    before = ahead(me.in_order, me.fin_seq)
    if me.seen & Seen.FIN and (before > 0 or (before == 0 and me.seen & Seen.FIN_ARRIVED)):
        me.seen |= Seen.FIN_DELIVERED


@compilable
def note_acknowledgment(row: Row, me: EndRecord, peer: EndRecord, facts: int) -> None:
    """Take what the segment says of the other direction: its acknowledgment and its window."""
    if row.flags & Flag.RST or facts & (STRAY | Fact.HANDSHAKE_3_WRONG_SEQ):
        return
    _note_window(row, me, peer)
    if not row.flags & Flag.ACK:
        return
    me.duplicate_acks = me.duplicate_acks + 1 if facts & Fact.DUPLICATE_ACK else 0
    me.last_ack = row.ack
    if me.highest_ack == UNKNOWN or ahead(row.ack, me.highest_ack) > 0 or facts & Fact.HANDSHAKE_2:
        me.highest_ack = row.ack
    if facts & _WRONG_ACK:
        me.bad_ack = row.ack
        return
    if peer.iss != UNKNOWN and ahead(row.ack, peer.iss) <= 0:
        me.bad_ack = row.ack
        return
    if peer.snd_nxt == UNKNOWN or ahead(row.ack, peer.snd_nxt) > 0:
        peer.snd_nxt = row.ack
    if peer.in_order == UNKNOWN:
        peer.in_order = row.ack
    elif ahead(row.ack, peer.in_order) > 0:
        # An acknowledgment proves delivery of what the capture may have missed.
        _note_in_order(peer.in_order, row.ack, peer)
        _deliver_fin(peer)
    if peer.snd_una == UNKNOWN or ahead(row.ack, peer.snd_una) > 0:
        peer.snd_una = row.ack


@compilable
def _note_window(row: Row, me: EndRecord, peer: EndRecord) -> None:
    """The window of a SYN is never scaled, and no window is unless both SYNs offered it (RFC 7323)."""
    me.raw_window = row.window
    if row.flags & Flag.SYN:
        me.window = row.window
    elif me.seen & peer.seen & Seen.OFFERS:
        both = me.window_scale >= 0 and peer.window_scale >= 0
        me.window = row.window << me.window_scale if both else row.window
    else:
        me.window = UNKNOWN if row.window else 0
