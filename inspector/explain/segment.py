"""One TCP segment in full: every field of its header and why it is so, and what both ends believe before and after.

Everything is read off the connection that the fold followed (`tcp.model`): why a number is this one (`numbers`), what
has arrived (`beliefs`), who is client (`roles`), which event moved a state (`states.EVENTS`, by the table).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.beliefs import beliefs_at
from inspector.explain.catalogue import entries
from inspector.explain.frame_model import Detail, EndBelief, Part
from inspector.explain.headers import option_details
from inspector.explain.numbers import Past, ack_reason, end_of, seq_reason
from inspector.explain.ports import is_ephemeral
from inspector.explain.roles import roles_of
from inspector.explain.states import EVENTS
from inspector.findings import Side
from inspector.language import said
from inspector.tcp.facts import Fact
from inspector.tcp.states import Event, State, advance
from inspector.wire.row import Checksum, Flag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.explain.beliefs import Belief
    from inspector.explain.frame_model import FrameSubject
    from inspector.language import Said
    from inspector.tcp.model import Connection, TracedSegment
    from inspector.wire.row import Row

__all__ = ["beliefs_of", "checksum_detail", "moves_of", "tcp_part"]

_WINDOW = "RFC 9293 section 3.8.6"


def tcp_part(subject: FrameSubject, connection: Connection, index: int) -> Part:
    """Every field of the TCP header."""
    past = Past(connection.segments, index, roles_of(connection))
    row = past.this.row
    seq, ack = seq_reason(past), ack_reason(past)
    header = _tcp_header(subject)
    details = [
        Detail("ports", f"{row.src_port} > {row.dst_port}", tuple(_ports(past))),
        Detail("seq", str(row.seq), (seq.why,), seq.rule),
        Detail("ack", str(row.ack), (ack.why,), ack.rule),
        _length(row),
        *_flags(past),
        _window(connection, past.this),
        checksum_detail(row),
        _urgent(row),
        *option_details(header, row),
    ]
    return Part("tcp", tuple(details))


def _tcp_header(subject: FrameSubject) -> bytes:
    """The transport header, up to where the payload begins."""
    row = subject.row
    whole = subject.datagram if subject.pieces else subject.octets
    return whole[row.payload_at - row.header_len : row.payload_at]


def _ports(past: Past) -> Iterator[Said]:
    row, side = past.this.row, past.this.sender
    if past.roles.itself:
        yield past.roles.why
        return
    yield said("from the {sender} to the {receiver}: {why}", sender=past.roles.of(side),
               receiver=past.roles.peer_of(side), why=past.roles.why)  # fmt: skip
    for port in (row.src_port, row.dst_port):
        names = [name for name, entry in entries("service").items() if entry.details["port"] == port]
        if names:
            yield said("{port} is the port of {service}", port=port, service=names[0])
        elif is_ephemeral(port):
            yield said("{port}: a port that systems give to clients", port=port)


def _length(row: Row) -> Detail:
    rule = "RFC 9293 section 3.4"
    if not row.seg_len:
        return Detail("uses", "0", (said("no sequence number: it is itself never acknowledged"),), rule)
    parts = [
        ("1 (SYN)", row.flags & Flag.SYN),
        (str(row.payload_len), row.payload_len),
        ("1 (FIN)", row.flags & Flag.FIN),
    ]
    total = " + ".join(text for text, counts in parts if counts)
    total = f"{total} = {row.seg_len}" if total != str(row.seg_len) else total
    why = said("sequence numbers (SEG.LEN): {sum}; {end} will acknowledge all of it", sum=total, end=end_of(row))
    return Detail("uses", str(row.seg_len), (why,), rule)


# ------------------------------------------------------------------------------------------------ flags


def _flags(past: Past) -> Iterator[Detail]:
    row = past.this.row
    for name, bit in Flag.members().items():
        if row.flags & bit:
            why, rule = _flag(name, past)
            yield Detail(name, said("set"), (why,), rule)
    if not row.flags:
        yield Detail("flags", said("none"), (said("no stack sends such a segment"),), "RFC 9293 section 3.10.7.4")


def _flag(name: str, past: Past) -> tuple[Said, str]:
    flags, who = past.this.row.flags, past.roles.of(past.this.sender)
    syn = said("it opens the {who}'s direction: here its numbers begin", who=who)
    if flags & Flag.ACK:
        syn = said("it opens the {who}'s direction, and answers the peer's SYN in the same segment", who=who)
    words = {
        "FIN": (said("the {who} has finished sending, and may still receive", who=who), "RFC 9293 section 3.6"),
        "SYN": (syn, "RFC 9293 section 3.5"),
        "RST": (_reset(past), "RFC 9293 section 3.5.2"),
        "PSH": (said("the end of what its program wrote: hand it on, wait for no more"), "RFC 9293 section 3.9.1.2"),
        "ACK": (
            said("its acknowledgment number counts; all segments of an open connection have this flag"),
            "RFC 9293 section 3.1",
        ),
        "URG": (said("its urgent pointer counts"), "RFC 9293 section 3.8.5"),
    }
    return words[name] if name in words else _congestion(name, past.this.row)


def _congestion(name: str, row: Row) -> tuple[Said, str]:
    if row.flags & Flag.SYN:
        return said("an offer to use, or the consent to, explicit congestion notification"), "RFC 3168 section 6.1.1"
    words = {
        "ECE": said("echoes that a router marked a segment: send less"),
        "CWR": said("has reduced its congestion window, as it was asked to"),
        "AE": said("one of the three bits that count marks (accurate ECN)"),
    }
    return words[name], "RFC 9768" if name == "AE" else "RFC 3168 section 6.1"


def _reset(past: Past) -> Said:
    facts, who = past.this.facts, past.roles.of(past.this.sender)
    if facts & Fact.RST_REFUSES:
        return said("refuses: at this port nobody listens")
    if facts & (Fact.RST_WRONG_ACK | Fact.RST_CHALLENGED | Fact.RST_IGNORED):
        return said("asks for an end, and its numbers do not fit: it resets nothing")
    if facts & Fact.RST_ANSWERS:
        return said("answers a segment that fits no connection of the {who}'s", who=who)
    return said("the {who} ends the connection at once: nothing is acknowledged, unread data is lost", who=who)


# -------------------------------------------------------------------------------- window, checksum, urgent


def _window(connection: Connection, traced: TracedSegment) -> Detail:
    row = traced.row
    mine, other = connection.end(traced.sender), connection.end(traced.sender.other)
    if row.flags & Flag.RST:
        return Detail("window", str(row.window), (said("means nothing in a RST"),), _WINDOW)
    if row.flags & Flag.SYN:
        why = said("bytes that it will take; the window of a SYN is never scaled")
        return Detail("window", str(row.window), (why,), "RFC 7323 section 2.2")
    if not row.window:
        why = said("nothing more, please: its buffer is full; it will say when there is room")
        return Detail("window", "0", (why,), _WINDOW)
    if mine.timestamps is None or other.timestamps is None:
        why = said("times a scale that was in a SYN which was not captured: how many bytes it means is not known")
        return Detail("window", str(row.window), (why,), "RFC 7323 section 2.2")
    if mine.window_scale is None or other.window_scale is None:
        why = said("bytes that it will take beyond the acknowledgment number; not both SYNs offered a scale")
        return Detail("window", str(row.window), (why,), _WINDOW)
    scaled = row.window << mine.window_scale
    why = said(
        "bytes that it will take beyond the acknowledgment number: {raw} in the header times 2^{scale} = {scaled:,},"
        " for both SYNs offered a scale",
        raw=row.window,
        scale=mine.window_scale,
        scaled=scaled,
    )
    return Detail("window", f"{scaled}", (why,), "RFC 7323 section 2.3")


def checksum_detail(row: Row) -> Detail:
    """The checksum, and whether it fits."""
    value = f"0x{row.checksum:04x}"
    words = {
        Checksum.CORRECT: said("correct: it fits the segment and its addresses"),
        Checksum.PARTIAL: said("partial: the addresses' sum alone, left for the network card to finish; no fault"),
        Checksum.WRONG: said("wrong: it does not fit, so the receiver drops this; it was damaged, or made by hand"),
    }
    why = words.get(row.checksum_verdict, said("not verified: the capture does not hold all that it covers"))
    return Detail("checksum", value, (why,), "RFC 9293 section 3.1")


def _urgent(row: Row) -> Detail:
    if row.flags & Flag.URG:
        why = said("what is urgent ends {count} bytes behind the sequence number", count=row.urgent)
    elif row.urgent:
        why = said("means nothing: the URG flag is clear")
    else:
        why = said("not used: the URG flag is clear")
    return Detail("urgent pointer", str(row.urgent), (why,), "RFC 9293 section 3.8.5")


# --------------------------------------------------------------------------------------------- both ends


def beliefs_of(connection: Connection, index: int) -> tuple[EndBelief, ...]:
    """What each end believes before and after the segment at `index`."""
    roles = roles_of(connection)
    before, after = beliefs_at(connection, index)
    sides = (Side.ORIGINATOR,) if roles.itself else tuple(Side)
    moves = moves_of(connection, index)
    told = []
    for side in sides:
        state_before, state_after, why = moves[side]
        has_peer = _has_heard(state_before), _has_heard(state_after)
        variables: list[tuple[str, int | str | None, int | str | None]] = [
            ("state", None if state_before is None else str(state_before), str(state_after))
        ]
        for name, field in _VARIABLES:
            old = _value(before[side], field, state_before, heard=has_peer[0])
            variables.append((name, old, _value(after[side], field, state_after, heard=has_peer[1])))
        told.append(EndBelief(str(side), roles.of(side), tuple(variables), why))
    return tuple(told)


_VARIABLES = (
    ("SND.UNA", "snd_una"),
    ("SND.NXT", "snd_nxt"),
    ("SND.WND", "snd_wnd"),
    ("RCV.NXT", "rcv_nxt"),
    ("RCV.WND", "rcv_wnd"),
)
_OF_PEER = frozenset({"snd_wnd", "rcv_nxt"})


def _has_heard(state: State | None) -> bool:
    """Whether an end in this state has its peer's numbers."""
    return state not in {None, State.CLOSED, State.LISTEN, State.SYN_SENT}


def _value(belief: Belief, name: str, state: State | None, *, heard: bool) -> int | None:
    """One variable; none in CLOSED, where there is no connection to remember (RFC 9293 section 3.3.2)."""
    if state is State.CLOSED or (name in _OF_PEER and not heard):
        return None
    value: int | None = getattr(belief, name)
    return value


def moves_of(connection: Connection, index: int) -> tuple[tuple[State | None, State, tuple[str, ...]], ...]:
    """Of both ends: the state before the segment at `index`, the one after it, and what moved it."""
    traced = connection.segments[index]
    moves = []
    for side in Side:
        after = traced.states[side]
        before = connection.segments[index - 1].states[side] if index else _at_first(connection, side)
        why: tuple[str, ...] = ()
        if before is not None and before is not after:
            sent = traced.sender is side
            found = _event_between(before, after, sent=sent, row=traced.row)
            why = (said(found),) if found else ()
        moves.append((before, after, why))
    return tuple(moves)


def _at_first(connection: Connection, side: Side) -> State | None:
    """The state of an end before the first segment that was seen; None where that is not known."""
    first = connection.segments[0]
    if not first.row.flags & Flag.SYN or first.row.flags & (Flag.ACK | Flag.RST):
        return None
    if first.sender is side or connection.originator.endpoint == connection.responder.endpoint:
        return State.CLOSED
    return State.CLOSED if first.states[side] is State.CLOSED else State.LISTEN


def _event_between(before: State, after: State, *, sent: bool, row: Row) -> str:
    """What in the table leads from one state to the other, by this segment."""
    for event, words in EVENTS.items():
        mine = (event < Event.RCV_RST) == sent
        if mine and advance(before, event) is after and _can_mean(row, event):
            return words
    if not sent:
        for pair, words in (
            (Event.RCV_SYN | Event.RCV_ACK_OF_SYN, "a SYN,ACK arrives that acknowledges its SYN"),
            (Event.RCV_ACK_OF_FIN | Event.RCV_FIN, "a FIN arrives that also acknowledges its own"),
            (Event.RCV_ACK_OF_SYN | Event.RCV_FIN, "its SYN is acknowledged, and the peer's FIN arrives"),
        ):
            if advance(before, pair) is after:
                return words
    return ""


def _can_mean(row: Row, event: int) -> bool:
    """Whether a segment with these flags can be that event; a FIN may have come before, and be delivered only now."""
    flags = {
        Event.SND_RST: Flag.RST,
        Event.RCV_RST: Flag.RST,
        Event.SND_SYN: Flag.SYN,
        Event.SND_SYN_CROSSING: Flag.SYN,
        Event.RCV_SYN: Flag.SYN,
        Event.SND_FIN: Flag.FIN,
        Event.SND_FIN_CROSSING: Flag.FIN,
        Event.RCV_FIN: row.flags,
    }
    return bool(row.flags & flags.get(event, Flag.ACK))
