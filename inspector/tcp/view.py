"""From what the fold recorded to what people read (`tcp.model`). Plain Python, one connection at a time.

Three things are only known in hindsight and are put right here:

* Where a SYN was refused, nobody listened: the responder's state was CLOSED all along.
* Where a SYN,ACK was answered by a RST and nothing else, its receiver had not accepted it, and never left SYN-SENT.
* A SYN that looked stray and proved to begin the next incarnation is shown there, as its first segment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inspector.compiled import compilable
from inspector.findings import Side
from inspector.tcp import zeek as zeek_words
from inspector.tcp.completeness import settled
from inspector.tcp.facts import Fact
from inspector.tcp.judgement import findings_of, handshake_not_seen, syn_not_seen
from inspector.tcp.labels import label_of
from inspector.tcp.model import Connection, End, Handshake, TracedSegment
from inspector.tcp.outcomes import close_of, handshake_of, state_of
from inspector.tcp.records import ConnectionRecord, EndRecord, Seen, Trace
from inspector.tcp.sequence import UNKNOWN
from inspector.tcp.states import Event, State, advance
from inspector.wire.row import NO_TIME, Endpoint, address_text, tunnel_text

if TYPE_CHECKING:
    from inspector.findings import Finding
    from inspector.tcp.zeek import ZeekEnd, ZeekRecord
    from inspector.wire.row import Row

__all__ = ["Memory", "connection_findings", "span", "taken_syn", "view_connection"]


class Memory(NamedTuple):
    """All that is remembered of one connection, in plain form."""

    connection: ConnectionRecord
    ends: tuple[EndRecord, EndRecord]
    zeek: ZeekRecord
    zeek_ends: tuple[ZeekEnd, ZeekEnd]


def view_connection(number: int, memory: Memory, kept: list[tuple[Row, Trace]]) -> Connection:
    """The connection as people read it; `number` counts from 1, `kept` are its rows in capture order."""
    record, (originator, responder) = memory.connection, memory.ends
    handshake = handshake_of(record, originator, responder)
    was_open = not any(_denies_the_open(trace) for _, trace in kept)
    segments = tuple(_segment(row, trace, memory.ends, handshake, was_open=was_open) for row, trace in kept)
    findings = connection_findings(record, originator, responder)
    findings += tuple(finding for segment in segments for finding in segment.findings)
    return Connection(
        number=number,
        originator=_end(record, memory.ends, Side.ORIGINATOR, handshake),
        responder=_end(record, memory.ends, Side.RESPONDER, handshake),
        handshake=handshake,
        close=close_of(record, originator, responder),
        zeek=zeek_words.words(memory.zeek, memory.zeek_ends[0], memory.zeek_ends[1]),
        completeness=settled(record.completeness, originator.segments + responder.segments),
        first_ns=record.first_ns,
        last_ns=record.last_ns,
        handshake_ns=_span(record.syn_ns, record.established_ns),
        segments=segments,
        findings=findings,
        tunnel=tunnel_text(record.tunnel, record.orig_hi, record.resp_hi),
        frames=_frames(record, kept),
        is_alone=record.previous < 0 and not record.superseded,
        first_frame=record.first_frame,
        syn_to_syn_ack_ns=_span(record.syn_ns, record.syn_ack_ns),
        syn_ack_to_ack_ns=_span(record.syn_ack_ns, record.established_ns),
        repeated_syns=record.repeated_syns,
    )


def _frames(record: ConnectionRecord, kept: list[tuple[Row, Trace]]) -> tuple[int, int]:
    """The first frame and the last; without rows, the last that is no copy. Rows count from 0, and frames from 1."""
    numbers = [row.frame for row, _ in kept]
    return min([record.first_frame, *numbers]), max([record.last_ordinal + 1, *numbers])


def taken_syn(connection: int) -> Trace:
    """The trace of a SYN that proved to begin `connection`, in place of the stray one it was taken for."""
    opened = advance(State.CLOSED, Event.SND_SYN)
    answered = advance(State.LISTEN, Event.RCV_SYN)
    return Trace(connection, 0, opened, answered, Fact.HANDSHAKE_1 | Fact.REUSED_PORTS)


def _denies_the_open(trace: Trace) -> bool:
    """Whether it is the originator's RST that answers a SYN,ACK which it had not accepted."""
    both = Fact.RST_ANSWERS | Fact.RST_ABORTS
    return trace.side == Side.ORIGINATOR and trace.facts & both == both and trace.responder_state == State.LISTEN


def _segment(
    row: Row, trace: Trace, ends: tuple[EndRecord, EndRecord], handshake: Handshake, *, was_open: bool
) -> TracedSegment:
    side = Side(trace.side)
    originator_state = State(trace.originator_state)
    if originator_state is State.ESTABLISHED and not was_open:
        originator_state = State.SYN_SENT
    responder_state = State.CLOSED if handshake is Handshake.REFUSED else State(trace.responder_state)
    return TracedSegment(
        row=row,
        sender=side,
        label=label_of(row.flags, trace.facts, row.payload_len),
        states=(originator_state, responder_state),
        facts=trace.facts,
        findings=findings_of(row, trace, ends[side], ends[side.other]),
    )


def connection_findings(record: ConnectionRecord, originator: EndRecord, responder: EndRecord) -> tuple[Finding, ...]:
    """What is found of a connection as a whole; what it looks at is in `outcomes.outcome_code`."""
    seen, facts = originator.seen | responder.seen, originator.facts | responder.facts
    if seen & Seen.SYN_ACK and not seen & Seen.SYN:
        return (syn_not_seen(record.first_frame),)
    was_open = seen & Seen.ESTABLISHED or facts & (Fact.RST_ABORTS | Fact.SYN_WITH_RST) == Fact.RST_ABORTS
    if was_open and not seen & (Seen.SYN | Seen.SYN_ACK):
        return (handshake_not_seen(record.first_frame),)
    return ()


@compilable
def span(from_ns: int, to_ns: int) -> int:
    """The time between two milestones; -1 where one has no time, or was captured after what follows it."""
    if from_ns == NO_TIME or to_ns <= from_ns:
        return -1
    return to_ns - from_ns


def _span(from_ns: int, to_ns: int) -> int | None:
    time_ns = span(from_ns, to_ns)
    return None if time_ns < 0 else time_ns


def _end(record: ConnectionRecord, ends: tuple[EndRecord, EndRecord], side: Side, handshake: Handshake) -> End:
    end = ends[0 if record.itself else side]
    offers = end.seen & Seen.OFFERS
    if side is Side.ORIGINATOR:
        endpoint = Endpoint(address_text(record.version, record.orig_hi, record.orig_lo), record.orig_port)
    else:
        endpoint = Endpoint(address_text(record.version, record.resp_hi, record.resp_lo), record.resp_port)
    return End(
        endpoint=endpoint,
        state=state_of(record, ends, side, handshake),
        iss=None if end.iss == UNKNOWN else end.iss,
        mss=None if end.mss < 0 else end.mss,
        window_scale=None if end.window_scale < 0 else end.window_scale,
        sack_permitted=bool(end.seen & Seen.SACK_PERMITTED) if offers else None,
        timestamps=bool(end.seen & Seen.TIMESTAMPS) if offers else None,
        segments=end.segments,
        payload_bytes=end.payload_bytes,
        retransmissions=end.retransmissions,
    )
