"""One frame of a capture in full: what it is, every field and why, and what both ends now believe.

    explain_frame(FrameSubject(...)) -> FrameExplanation

A TCP segment is explained in its connection (`segment`), a datagram and an ICMP error in their exchange, and a frame
that carries none of these in one sentence: which header stopped the reading, and what that means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.both_ends import beliefs_of
from inspector.explain.catalogue import entries
from inspector.explain.frame_model import Detail, FrameExplanation, Part
from inspector.explain.headers import frame_part, ip_part
from inspector.explain.numbers import end_of
from inspector.explain.segment import checksum_detail, tcp_part
from inspector.findings import Side
from inspector.language import said
from inspector.tcp.facts import Fact
from inspector.tcp.model import display_filter
from inspector.udp.icmp import error_text
from inspector.wire.flags import flags_text
from inspector.wire.row import Protocol, address_text
from inspector.wire.undecoded import Reason, is_fault, undecoded_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.explain.frame_model import FrameSubject
    from inspector.explain.model import Line
    from inspector.findings import Finding
    from inspector.tcp.model import TracedSegment
    from inspector.udp.model import Exchange, TracedDatagram
    from inspector.wire.row import Row

__all__ = ["explain_frame"]

_WITH_DATA = " with data"


def explain_frame(subject: FrameSubject) -> FrameExplanation:
    """All that there is to say of one frame."""
    row = subject.row
    if row.undecoded:
        return _not_inspected(subject)
    if subject.connection is not None:
        index = next(at for at, each in enumerate(subject.connection.segments) if each.row.frame == row.frame)
        return _of_segment(subject, index)
    return _of_datagram(subject)


def _of_segment(subject: FrameSubject, index: int) -> FrameExplanation:
    connection, row = subject.connection, subject.row
    if connection is None:
        raise ValueError("a segment is explained in its connection")
    traced = connection.segments[index]
    origins = [(name, connection.end(side).iss) for name, side in zip("xy", Side, strict=True)]
    if connection.originator.endpoint == connection.responder.endpoint:
        origins = origins[:1]
    parts = [frame_part(subject), ip_part(subject), tcp_part(subject, connection, index), _payload(subject)]
    return FrameExplanation(
        frame=row.frame,
        kind="tcp",
        title=flags_text(row.flags),
        label=traced.label,
        time_ns=row.time_ns,
        previous=_before(connection.segments, index),
        first=(connection.segments[0].row.frame, connection.segments[0].row.time_ns),
        origins=tuple((name, iss) for name, iss in origins if iss is not None),
        parts=tuple(part for part in parts if part is not None),
        beliefs=beliefs_of(connection, index),
        facts=tuple(name.lower().replace("_", "-") for name, bit in Fact.members().items() if traced.facts & bit),
        meaning=_meaning("label", traced.label.removesuffix(_WITH_DATA)),
        findings=_found(traced.findings or _first_of_the_whole(connection.findings, traced)),
        filters=(f"frame.number == {row.frame}", connection.display_filter),
        comments=subject.comments,
    )


def _first_of_the_whole(findings: Sequence[Finding], traced: TracedSegment) -> tuple[Finding, ...]:
    return tuple(each for each in findings if each.frame == traced.row.frame)


def _before(conversation: Sequence[TracedSegment | TracedDatagram], index: int) -> tuple[int, int] | None:
    row = conversation[index - 1].row if index else None
    return None if row is None else (row.frame, row.time_ns)


def _meaning(kind: str, name: str) -> tuple[Line, ...]:
    """What the catalogue says of a label; nothing where it has no such entry."""
    entry = entries(kind).get(name)
    return entry.lines if entry else ()


def _found(findings: Sequence[Finding]) -> tuple[tuple[Finding, tuple[Line, ...]], ...]:
    return tuple(
        (each, tuple(line for line in _meaning("finding", each.kind) if line.head != "seen")) for each in findings
    )


def _payload(subject: FrameSubject) -> Part | None:
    row = subject.row
    if not row.payload_len:
        return None
    details = [Detail("length", str(row.payload_len), (said("from the IP header: a frame may be padded"),))]
    if row.captured_len < row.payload_len:
        why = said("the capture holds {held:,} of them (its snaplen); all of them count in the numbers",
                   held=row.captured_len)  # fmt: skip
        details.append(Detail("captured", str(row.captured_len), (why,)))
    return Part("payload", tuple(details))


# ----------------------------------------------------------------------------------------- UDP and ICMP


def _of_datagram(subject: FrameSubject) -> FrameExplanation:
    row, exchange = subject.row, subject.exchange
    index = None
    if exchange is not None:
        index = next((at for at, each in enumerate(exchange.datagrams) if each.row.frame == row.frame), None)
    traced = exchange.datagrams[index] if exchange is not None and index is not None else None
    is_error = bool(row.icmp_type or row.quoted_protocol)
    label = error_text(row) if is_error else traced.label if traced else "datagram"
    if traced is None and not is_error:
        label = "capture duplicate"
    own = _icmp_part(subject, traced) if is_error else _udp_part(row, exchange)
    parts = [frame_part(subject), ip_part(subject), own, None if is_error else _payload(subject)]
    name = label.partition(" ")[2] if is_error else label
    findings = traced.findings if traced else ()
    return FrameExplanation(
        frame=row.frame,
        kind="icmp" if is_error else "udp",
        title=label.partition(" ")[0] if is_error else "UDP",
        label=label,
        time_ns=row.time_ns,
        previous=_before(exchange.datagrams, index) if exchange is not None and index is not None else None,
        first=_first(exchange),
        origins=(),
        parts=tuple(part for part in parts if part is not None),
        meaning=_meaning("icmp" if is_error else "label", name),
        findings=_found(findings),
        filters=(f"frame.number == {row.frame}", _filter(row)),
        comments=subject.comments,
    )


def _first(exchange: Exchange | None) -> tuple[int, int] | None:
    if exchange is None or not exchange.datagrams:
        return None
    row = exchange.datagrams[0].row
    return row.frame, row.time_ns


def _filter(row: Row) -> str:
    """Of all between the same two endpoints; ICMP errors that quote them are among these."""
    protocol = row.quoted_protocol or row.protocol
    text = display_filter(row.source, row.destination)
    return text.replace("tcp.", "udp.") if protocol == Protocol.UDP else text


def _udp_part(row: Row, exchange: Exchange | None) -> Part:
    whose = []
    if exchange is not None:
        is_first = (str(row.source), str(row.destination)) == (str(exchange.originator), str(exchange.responder))
        whose.append(
            said("sent by the originator: who spoke first here; UDP knows no client and no server")
            if is_first
            else said("sent by the responder; the originator spoke first here")
        )
    length = row.header_len + row.payload_len
    checksum = checksum_detail(row)
    if not row.checksum:
        checksum = Detail("checksum", "0x0000", (said("none was made: its sender left it out"),))
    return Part(
        "udp",
        (
            Detail("ports", f"{row.src_port} > {row.dst_port}", tuple(whose), "RFC 768"),
            Detail("length", str(length), (said("8 of header, {rest:,} of payload", rest=row.payload_len),), "RFC 768"),
            checksum._replace(rule="RFC 768"),
            Detail("numbers", said("none"), (said("nothing is acknowledged, repeated or put in order"),), "RFC 768"),
        ),
    )


def _icmp_part(subject: FrameSubject, traced: TracedDatagram | None) -> Part:
    row = subject.row
    reporter = address_text(row.version, row.reporter_hi, row.reporter_lo)
    quoted = {Protocol.TCP: "TCP", Protocol.UDP: "UDP"}.get(row.quoted_protocol, str(row.quoted_protocol))
    says = said("{error}, says {reporter}", error=error_text(row), reporter=reporter)
    ends = f"{quoted} {row.source} > {row.destination}"
    details = [
        Detail("type", f"{row.icmp_type}", (says,)),
        Detail("code", f"{row.icmp_code}"),
        Detail("quotes", ends, (_quoted(subject, traced),), "RFC 1122 section 3.2.2"),
    ]
    return Part("icmp", tuple(details))


def _quoted(subject: FrameSubject, traced: TracedDatagram | None) -> str:
    about = traced.about if traced is not None else None
    if about is not None:
        return said("frame {frame}, by its endpoints, length and checksum: what came of it is told here", frame=about)
    if subject.quoted is not None:
        return said("the segment of frame {frame}, from {seq} to {end}", frame=subject.quoted.frame,
                    seq=subject.quoted.seq, end=end_of(subject.quoted))  # fmt: skip
    return said("it was not captured")


# ------------------------------------------------------------------------------------------ not inspected

_WHAT = {
    Reason.ARP: said("ARP asks, or says, which link address an IP address has; it carries no segment"),
    Reason.NOT_IP: said("it is neither IPv4 nor IPv6, so there is no TCP and no UDP in it"),
    Reason.OTHER_PROTOCOL: said("what IP carries here is neither TCP, UDP nor ICMP, and is not read"),
    Reason.NO_NEXT_HEADER: said("an IPv6 header behind which nothing follows"),
    Reason.LATER_FRAGMENT: said("a later piece of a datagram: its ports and numbers stand in the first piece"),
    Reason.FIRST_FRAGMENT: said("the first piece of a datagram, which is read when its last piece comes"),
    Reason.ICMP_MESSAGE: said("an ICMP message that is no error (an echo, a neighbour): it is about no datagram"),
    Reason.ENCRYPTED: said("an encrypted 802.11 frame: what it carries cannot be read"),
    Reason.AGGREGATED: said("several 802.11 frames in one: they are not taken apart"),
}


def _not_inspected(subject: FrameSubject) -> FrameExplanation:
    row = subject.row
    undecoded = undecoded_of(row)
    fault = is_fault(row.undecoded)
    why: list[str] = [_WHAT[row.undecoded]] if row.undecoded in _WHAT else []
    if fault:
        why.append(said("reading stops there: what follows cannot be told, and the frame moves no connection"))
    if subject.pieces:
        why.append(said("the last of its fragments is frame {frame}, which has the whole: explain that one",
                        frame=subject.pieces[-1]))  # fmt: skip
    elif row.undecoded in (Reason.LATER_FRAGMENT, Reason.FIRST_FRAGMENT):
        why.append(said("the other pieces were not captured, so the datagram cannot be put together"))
    detail = Detail("stopped", str(undecoded), tuple(why))
    parts = [frame_part(subject), ip_part(subject) if not fault else None, Part("meaning", (detail,))]
    return FrameExplanation(
        frame=row.frame,
        kind="undecoded" if fault else "not-inspected",
        title=said("cannot be decoded") if fault else said("not inspected"),
        label=undecoded.reason if undecoded else "",
        time_ns=row.time_ns,
        previous=None,
        first=None,
        origins=(),
        parts=tuple(part for part in parts if part is not None),
        filters=(f"frame.number == {row.frame}",),
        comments=subject.comments,
    )
