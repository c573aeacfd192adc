"""From what the fold recorded to what people read (`udp.model`). Plain Python, one exchange at a time.

Silence is no fault in UDP, and neither is an error report: an unanswered datagram gives an outcome and no finding,
and what findings there are blame the path or the capture, never a peer.

*Labels.* UDP knows no request and no reply; the words are earned: the n-th datagram of the responder is the
`reply` to the n-th of the originator, its `request`, where that came before it. All others are `datagram`s, and so is
what was lost on its way (`Direction.LOST`): nobody can have answered it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from inspector.findings import Blame, Finding, Side
from inspector.language import said
from inspector.udp.fold import is_doubled
from inspector.udp.icmp import error_text, is_port_unreachable
from inspector.udp.model import Exchange, Outcome, TracedDatagram
from inspector.udp.quotes import datagrams_quoted
from inspector.udp.records import ExchangeEnd, ExchangeRecord, Part
from inspector.udp.zeek import udp_words
from inspector.wire.row import Checksum, Direction, Endpoint, address_text, tunnel_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.udp.records import Trace
    from inspector.wire.row import Row

__all__ = ["KINDS", "LABELS", "Kept", "view_exchange"]

Kept = tuple["Row", "Trace"]

_DATAGRAM, _REQUEST, _REPLY, _FIRST_FRAGMENT = LABELS = (
    said("datagram"), said("request"), said("reply"), said("first fragment"),
)  # fmt: skip
"""Every label of a datagram; an ICMP error's is `udp.icmp.error_text`."""

_WRONG_CHECKSUM, _PORT_UNREACHABLE, _ICMP_ERROR, _QUOTED_NOT_CAPTURED = KINDS = (
    "udp-wrong-checksum",
    "udp-port-unreachable",
    "udp-icmp-error",
    "udp-quoted-datagram-not-captured",
)
"""Every kind of finding that an exchange can have."""


def view_exchange(
    number: int, record: ExchangeRecord, ends: tuple[ExchangeEnd, ExchangeEnd], kept: list[Kept]
) -> Exchange:
    """The exchange as people read it; `number` counts from 1, `kept` are its rows in capture order."""
    doubled = is_doubled(*ends)
    datagrams = _datagrams(kept, doubled=doubled)
    counts = (_count(ends[0], doubled=doubled), _count(ends[1], doubled=doubled))
    conn_state, history = _zeek(record, counts)
    return Exchange(
        number=number,
        originator=Endpoint(address_text(record.version, record.orig_hi, record.orig_lo), record.orig_port),
        responder=Endpoint(address_text(record.version, record.resp_hi, record.resp_lo), record.resp_port),
        outcome=_outcome(counts, ends),
        datagrams=datagrams,
        counts=counts,
        payload_bytes=(_payload_bytes(ends[0], doubled=doubled), _payload_bytes(ends[1], doubled=doubled)),
        first_ns=record.first_ns,
        last_ns=record.last_ns,
        conn_state=conn_state,
        history=history,
        findings=tuple(finding for datagram in datagrams for finding in datagram.findings),
        tunnel=tunnel_text(record.tunnel, record.orig_hi, record.resp_hi),
    )


def _count(end: ExchangeEnd, *, doubled: bool) -> int:
    return end.datagrams - (end.repeated if doubled else 0)


def _payload_bytes(end: ExchangeEnd, *, doubled: bool) -> int:
    return end.payload_bytes - (end.repeated_bytes if doubled else 0)


def _outcome(counts: tuple[int, int], ends: tuple[ExchangeEnd, ExchangeEnd]) -> Outcome:
    if counts[Side.RESPONDER]:
        return Outcome.REPLIED
    return Outcome.UNREACHABLE if ends[Side.ORIGINATOR].undelivered else Outcome.UNANSWERED


def _zeek(record: ExchangeRecord, counts: tuple[int, int]) -> tuple[str, str]:
    ports = (record.orig_port, record.resp_port)
    spoke = (counts[0] > 0, counts[1] > 0)
    if record.first_sender == Side.RESPONDER:
        ports, spoke = ports[::-1], spoke[::-1]
    return udp_words(ports, spoke)


def _datagrams(kept: list[Kept], *, doubled: bool) -> tuple[TracedDatagram, ...]:
    """What is shown of an exchange: no capture duplicates."""
    hidden = {Part.DUPLICATE, Part.REPEATED, Part.REPEATED_ERROR} if doubled else {Part.DUPLICATE}
    shown = [(row, trace) for row, trace in kept if trace.part not in hidden]
    labels = _labels(shown)
    quoted = datagrams_quoted(shown)
    return tuple(
        _error(row, Side(trace.side), quoted.get(row.frame))
        if trace.part in {Part.ERROR, Part.REPEATED_ERROR}
        else TracedDatagram(row, Side(trace.side), label, findings=_datagram_findings(row))
        for (row, trace), label in zip(shown, labels, strict=True)
    )


def _labels(shown: Sequence[Kept]) -> list[str]:
    """`request`, `reply`, `datagram` or `first fragment` of every row (of an error, a placeholder)."""
    labels: list[str] = [_FIRST_FRAGMENT if trace.part == Part.FIRST_FRAGMENT else _DATAGRAM for _, trace in shown]
    unanswered: deque[int] = deque()
    for position, (row, trace) in enumerate(shown):
        if trace.part not in {Part.DATAGRAM, Part.REPEATED}:
            continue
        if trace.side == Side.ORIGINATOR:
            if row.direction != Direction.LOST:
                unanswered.append(position)
        elif unanswered:
            labels[unanswered.popleft()] = _REQUEST
            labels[position] = _REPLY
    return labels


def _datagram_findings(row: Row) -> tuple[Finding, ...]:
    if row.checksum_verdict != Checksum.WRONG:
        return ()
    message = said(
        "the UDP checksum 0x{checksum:04x} does not fit the datagram: it was damaged, or made by hand",
        checksum=row.checksum,
    )
    return (Finding(_WRONG_CHECKSUM, Blame.PATH, message, "RFC 768", row.frame, "checksum", actual=row.checksum),)


def _error(row: Row, quoted_sender: Side, about: int | None) -> TracedDatagram:
    """An ICMP error; it speaks on behalf of the end to which the quoted datagram was sent."""
    label = error_text(row)
    if about is None:
        subject = said("a datagram from {source}", source=row.source)
    else:
        subject = said("frame {frame}", frame=about)
    reporter = address_text(row.version, row.reporter_hi, row.reporter_lo)
    if is_port_unreachable(row):
        kind, rule = _PORT_UNREACHABLE, "RFC 1122 section 4.1.3.1"
        message = said(
            "{label}: nobody listens at {destination}, says {reporter} about {subject}",
            label=label, destination=row.destination, reporter=reporter, subject=subject,
        )  # fmt: skip
    else:
        kind, rule = _ICMP_ERROR, "RFC 1122 section 3.2.2"
        message = said(
            "{label}: says {reporter} about {subject} to {destination}",
            label=label, destination=row.destination, reporter=reporter, subject=subject,
        )  # fmt: skip
    findings = [Finding(kind, Blame.PATH, message, rule, row.frame)]
    if about is None:
        message = said("the datagram that this {label} quotes was not captured", label=label)
        findings.append(Finding(_QUOTED_NOT_CAPTURED, Blame.CAPTURE, message, frame=row.frame))
    return TracedDatagram(row, quoted_sender.other, label, about, tuple(findings))
