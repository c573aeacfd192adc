"""The fold: rows of segments in, a trace of each and the memory of each connection out.

One function for the live run and for the replay of a billion segments (`inspector.compiled`). It
decides which connection a row belongs to, asks `acceptance`, `closing` and `transfer` for its facts, lets
`memory` take its numbers, and looks the states up in `states.NEXT`. It holds no transition, no
label and no word: what people read is made from what it recorded, in `view`.

When does a SYN begin a new incarnation of a known pair of endpoints?

* The same sequence number is always the same attempt.
* Another one begins anew if its sender is through with the old connection (CLOSED, TIME-WAIT, or
  both ends sent FIN or a reset was accepted), or if the old handshake got no further than its sender's
  own SYN.
* Who has reset the connection is through only if the reset arrived (`Direction.LOST`).
* A SYN,ACK far from all that a connection without handshake has sent begins one whose SYN was missed.
* In a connection that lives, be it only half-open, it is stray at first (an old duplicate, or an end that
  lost its memory: RFC 9293 section 3.5, Figures 8 and 9): it moves nobody. If a SYN,ACK then acknowledges
  it, it was not: the new incarnation begins, and takes the SYN along.

Any segment begins anew where it comes so late that the old connection is over (`tcp.lifetimes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.compiled import compilable
from inspector.flows.pairs import BOTH, EMPTY, NO_ROOM, REVERSE, find_slot, latest_of, open_pair, renew, side_of
from inspector.tcp.acceptance import (
    OPENED,
    STRAY,
    events_received,
    events_sent,
    evidence,
    handshake_facts,
    reset_facts,
)
from inspector.tcp.closing import closing_facts
from inspector.tcp.completeness import Completeness, completeness_bits
from inspector.tcp.facts import Fact
from inspector.tcp.lifetimes import Ended, over_at
from inspector.tcp.memory import is_capture_duplicate, note_acknowledgment, note_offers, note_sent
from inspector.tcp.milestones import note_milestones
from inspector.tcp.records import Seen
from inspector.tcp.sequence import UNKNOWN, ahead, plus
from inspector.tcp.states import EVENT_SETS, NEXT, Event, State
from inspector.tcp.steady import is_steady
from inspector.tcp.transfer import transfer_facts
from inspector.tcp.zeek import observe
from inspector.wire.row import Checksum, Direction, Flag, Protocol

if TYPE_CHECKING:
    from inspector.tcp.records import ConnectionRecord, EndRecord, TableRecord, Trace
    from inspector.wire.row import Row

__all__ = ["fold"]

_NEARBY = 0x10000
"""A SYN,ACK within so many sequence numbers of the data already seen was captured out of order."""


@compilable
def fold(  # noqa: PLR0913 - numba takes arrays one by one
    rows: Any,
    first: int,
    count: int,
    traces: Any,
    index: Any,
    connections: Any,
    ends: Any,
    zeeks: Any,
    zeek_ends: Any,
    tables: Any,
) -> int:
    """Fold `rows[first:count]`; the number of the row where it stopped: `count`, or one that found the table full.

    `traces` is parallel to `rows`; `ends` and `zeek_ends` have two records for each of `connections`, `zeeks`
    one; `tables` holds the one header. A full table is the caller's to enlarge, who then calls again.

    What is no TCP segment gets no connection. Nor does a fragment, except the one that completes its datagram, whose
    row is the whole segment's (`wire.fragments`).
    """
    table = tables[0]
    for i in range(first, count):
        row = rows[i]
        trace = traces[i]
        _clear(trace)
        if row.protocol != Protocol.TCP or row.undecoded:
            table.ordinal += 1
            continue
        opened = table.opened
        number = _connection_of(row, index, connections, ends, table)
        if number == NO_ROOM:
            return i
        if table.opened != opened:
            renew(zeeks, number, table.blank)
            renew(zeek_ends, 2 * number, 2 * table.blank)
            renew(zeek_ends, 2 * number + 1, 2 * table.blank)
        connection = connections[number]
        side = _side(row, connection)
        me = ends[2 * number + side]
        peer = ends[2 * number + 1 - side] if not connection.itself else me
        trace.pair = number
        trace.side = side
        if is_capture_duplicate(row, me, peer):
            trace.facts = Fact.DUPLICATE
            table.duplicates += 1
        else:
            connection.last_ordinal = table.ordinal
            if is_steady(row, me, peer, connection):
                _pass(row, connection, me, peer)
            else:
                _step(row, trace, connection, me, peer, table)
            observe(row, side, zeeks[number], zeek_ends[2 * number + side], zeek_ends[2 * number + 1 - side])
        trace.originator_state = ends[2 * number].state
        trace.responder_state = ends[2 * number].state if connection.itself else ends[2 * number + 1].state
        table.ordinal += 1
    return count


@compilable
def _clear(trace: Trace) -> None:
    trace.pair = -1
    trace.side = 0
    trace.originator_state = 0
    trace.responder_state = 0
    trace.facts = 0
    trace.expected_seq = UNKNOWN
    trace.expected_ack = UNKNOWN


@compilable
def _side(row: Row, connection: ConnectionRecord) -> int:
    return 1 if side_of(row, connection) == REVERSE else 0


@compilable
def _connection_of(row: Row, index: Any, connections: Any, ends: Any, table: TableRecord) -> int:
    """The number of the row's connection; begins it where there is none, or where it is another incarnation.

    NO_ROOM, and nothing is changed, where it would begin one and the table is full.
    """
    previous = latest_of(row, index, connections, table)
    if previous != EMPTY:
        side = _side(row, connections[previous])
        me = ends[2 * previous + side]
        peer = ends[2 * previous + 1 - side]
        late = over_at(row.time_ns, connections[previous], ends[2 * previous], ends[2 * previous + 1], table)
        if not late and not _begins_anew(row, me, peer, connections[previous]):
            table.latest = previous
            return previous
        if table.count >= table.capacity:
            return NO_ROOM
        connections[previous].superseded = late or Ended.CLOSED
        if late:
            previous = EMPTY
    elif table.count >= table.capacity:
        return NO_ROOM
    number = table.count
    index[find_slot(row, index, table.index_mask, connections, table.seed)] = number
    table.latest = number
    table.count += 1
    table.opened += 1
    renew(connections, number, table.blank)
    renew(ends, 2 * number, 2 * table.blank)
    renew(ends, 2 * number + 1, 2 * table.blank)
    connections[number].number = table.opened
    _open(row, connections[number], ends[2 * number], ends[2 * number + 1], table)
    if previous != EMPTY:
        connections[number].previous = previous
        side = _side(row, connections[previous])
        _take_stray_syn(row, ends[2 * previous + 1 - side], connections[number], ends[2 * number])
    return number


@compilable
def _begins_anew(row: Row, me: EndRecord, peer: EndRecord, connection: ConnectionRecord) -> bool:
    if not row.flags & Flag.SYN or row.flags & Flag.RST or row.seq == me.iss:
        return False
    if row.flags & Flag.ACK and peer.pending_syn != UNKNOWN and row.ack == plus(peer.pending_syn, 1):
        return True
    me_is_through = me.state in (State.CLOSED, State.TIME_WAIT) and me.segments > 0
    if me.state == State.CLOSED and State.ESTABLISHED <= peer.state < State.TIME_WAIT:
        me_is_through = False  # its reset was lost: the peer knows of no end (Figure 9)
    if me_is_through or connection.last_reset >= 0 or me.seen & peer.seen & Seen.FIN:
        # A SYN,ACK that the old connection's SYN still waits for belongs to that SYN (Figure 8).
        return not (row.flags & Flag.ACK and peer.state == State.SYN_SENT)
    if row.flags & Flag.ACK:
        saw_no_syn = me.iss == UNKNOWN and peer.iss == UNKNOWN
        return saw_no_syn and me.snd_nxt != UNKNOWN and abs(ahead(row.seq, me.snd_nxt)) > _NEARBY
    was_answered = me.seen & (Seen.SYN_ACK | Seen.HANDSHAKE_3) or peer.seen & Seen.SYN_ACK_ACCEPTABLE
    return me.seen & Seen.SYN > 0 and not was_answered


@compilable
def _open(
    row: Row, connection: ConnectionRecord, originator: EndRecord, responder: EndRecord, table: TableRecord
) -> None:
    """Begin a connection with its first segment; the sender is the originator, but for a SYN,ACK."""
    is_answer = row.flags & (Flag.SYN | Flag.ACK | Flag.RST) == Flag.SYN | Flag.ACK
    open_pair(row, connection, table.seed, 1 if is_answer else 0)
    connection.itself = 1 if side_of(row, connection) == BOTH else 0
    originator.state = State.CLOSED
    responder.state = State.LISTEN
    if is_answer:
        originator.iss = plus(row.ack, -1)
        originator.snd_nxt = row.ack
        originator.in_order = row.ack
        originator.state = NEXT[originator.state * EVENT_SETS + Event.SND_SYN]
    elif row.flags & Flag.ACK and not row.flags & Flag.RST:
        # Whoever is acknowledged has spoken: both ends have come through their handshake.
        responder.state = NEXT[responder.state * EVENT_SETS + OPENED]
        responder.seen |= Seen.ESTABLISHED


@compilable
def _take_stray_syn(row: Row, stray: EndRecord, connection: ConnectionRecord, originator: EndRecord) -> None:
    """The SYN that looked stray in the previous incarnation, and that this SYN,ACK proves to have begun a new one."""
    if not row.flags & Flag.ACK or stray.pending_syn == UNKNOWN or row.ack != plus(stray.pending_syn, 1):
        return
    connection.taken_ordinal = stray.pending_ordinal
    connection.first_ns = stray.pending_ns
    connection.syn_ns = connection.latest_syn_ns = stray.pending_ns
    connection.completeness = Completeness.SYN
    originator.seen |= Seen.SYN
    originator.segments = 1
    note_offers(originator, stray.pending_options, stray.pending_mss, stray.pending_window_scale)
    stray.segments -= 1
    stray.pending_syn = UNKNOWN


@compilable
def _step(  # noqa: PLR0913 - records, one by one
    row: Row,
    trace: Trace,
    connection: ConnectionRecord,
    me: EndRecord,
    peer: EndRecord,
    table: TableRecord,
) -> None:
    """What one segment does to its connection."""
    length = row.payload_len + (row.flags & Flag.SYN > 0) + (row.flags & Flag.FIN > 0)
    facts = _shape(row, me, peer, connection)
    if row.flags & Flag.RST:
        facts |= reset_facts(row, me, peer, trace)
    else:
        facts |= handshake_facts(row, me, peer, trace) | closing_facts(row, me, peer, trace)
    if not facts & STRAY:
        facts |= transfer_facts(row, me, peer, connection, length)
    if facts & Fact.SYN_IN_CONNECTION:
        me.pending_syn = row.seq
        me.pending_ordinal = table.ordinal
        me.pending_ns = row.time_ns
        me.pending_options, me.pending_mss, me.pending_window_scale = row.options, row.mss, row.window_scale
    if facts & Fact.HANDSHAKE_1 and _was_turned_away(me, peer):
        _start_over(me, peer, connection)
    _move(row, me, peer, facts, length)
    note_milestones(row, me, peer, connection, facts, trace.side)
    me.facts |= facts
    me.latest = facts
    trace.facts = facts
    connection.last_ns = row.time_ns
    connection.completeness = completeness_bits(connection.completeness, row.flags, row.payload_len)


@compilable
def _pass(row: Row, connection: ConnectionRecord, me: EndRecord, peer: EndRecord) -> None:
    """What a steady segment does to its connection: no fact, and no step."""
    note_sent(row, me, 0, row.payload_len)
    note_acknowledgment(row, me, peer, 0)
    me.latest = 0
    connection.last_ns = row.time_ns
    connection.completeness = completeness_bits(connection.completeness, row.flags, row.payload_len)


@compilable
def _shape(row: Row, me: EndRecord, peer: EndRecord, connection: ConnectionRecord) -> int:
    """Facts that the flags and the place in the connection give away."""
    facts = Fact.WRONG_CHECKSUM if row.checksum_verdict == Checksum.WRONG else 0
    flags = row.flags
    if flags & Flag.SYN:
        if flags & Flag.FIN:
            facts |= Fact.SYN_WITH_FIN
        if flags & Flag.RST:
            facts |= Fact.SYN_WITH_RST
    elif not flags & (Flag.ACK | Flag.RST):
        facts |= Fact.NO_ACK_FLAG
    if me.segments + peer.segments == 0:
        if not flags & Flag.SYN or flags & Flag.ACK:
            facts |= Fact.MIDSTREAM
        elif connection.previous >= 0:
            facts |= Fact.REUSED_PORTS
    if me.seen & Seen.RST and not flags & (Flag.RST | Flag.SYN):
        facts |= Fact.AFTER_RESET
    is_bare = row.payload_len == 0 and flags & (Flag.SYN | Flag.FIN | Flag.RST | Flag.ACK) == Flag.ACK
    is_repeated_syn = peer.latest & Fact.HANDSHAKE_1 and me.state >= State.ESTABLISHED
    if is_bare and (is_repeated_syn or peer.latest & (Fact.SYN_IN_CONNECTION | Fact.RST_CHALLENGED)):
        facts |= Fact.CHALLENGE_ACK
    return facts


@compilable
def _was_turned_away(me: EndRecord, peer: EndRecord) -> bool:
    """Whether an attempt that opened nothing met a RST: a refusal, or the end of what the peer still remembered."""
    if me.seen & peer.seen & Seen.ESTABLISHED:
        return False
    return State.CLOSED in (me.state, peer.state) and me.segments + peer.segments > 0


@compilable
def _start_over(me: EndRecord, peer: EndRecord, connection: ConnectionRecord) -> None:
    """The same SYN again after a reset or a refusal: the same attempt, at a port that may listen now."""
    connection.last_reset = -1
    me.seen &= ~(Seen.RST | Seen.SYN | Seen.ESTABLISHED)
    peer.seen &= ~(Seen.RST | Seen.REFUSED | Seen.ESTABLISHED)
    me.state = State.CLOSED
    peer.state = State.LISTEN


@compilable
def _move(row: Row, me: EndRecord, peer: EndRecord, facts: int, length: int) -> None:
    """Apply the segment's events to both ends: what the sender had behind it, its sending, its arrival."""
    me.state = NEXT[me.state * EVENT_SETS + evidence(row, me, peer, facts)]
    me.state = NEXT[me.state * EVENT_SETS + events_sent(row, me, facts)]
    note_sent(row, me, facts, length)
    note_acknowledgment(row, me, peer, facts)
    if row.direction != Direction.LOST:
        peer.state = NEXT[peer.state * EVENT_SETS + events_received(row, me, peer, facts)]
