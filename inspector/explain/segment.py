"""One TCP segment in full: every field of its header, and why it is so.

Everything is read off the connection that the fold followed (`tcp.model`): why a number is this one (`numbers`), and
who is client (`roles`). What comes of it at both ends is `both_ends`'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.catalogue import entries
from inspector.explain.frame_model import Detail, Part
from inspector.explain.headers import option_details
from inspector.explain.numbers import Past, ack_reason, end_of, seq_reason
from inspector.explain.ports import is_ephemeral
from inspector.explain.roles import roles_of
from inspector.language import said
from inspector.tcp.facts import Fact
from inspector.wire.row import Checksum, Flag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.explain.frame_model import FrameSubject
    from inspector.language import Said
    from inspector.tcp.model import Connection, TracedSegment
    from inspector.wire.row import Row

__all__ = ["checksum_detail", "tcp_part"]

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
    yield said("from {sender} to {receiver}: {why}", sender=past.roles.of(side),
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
    syn, fin = bool(row.flags & Flag.SYN), bool(row.flags & Flag.FIN)
    size = [str(row.payload_len)] * bool(row.payload_len)
    total = " + ".join(["1 (SYN)"] * syn + size + ["1 (FIN)"] * fin)
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
    syn = said("it opens {who}'s direction: here its numbers begin", who=who)
    if flags & Flag.ACK:
        syn = said("it opens {who}'s direction, and answers the peer's SYN in the same segment", who=who)
    words = {
        "FIN": (said("{who} has finished sending, and may still receive", who=who), "RFC 9293 section 3.6"),
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
        return said("answers a segment that fits no connection of {who}'s", who=who)
    return said("{who} ends the connection at once: nothing is acknowledged, unread data is lost", who=who)


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
