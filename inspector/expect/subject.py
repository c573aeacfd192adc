"""What happened, in the form in which it is compared: a connection or an exchange as a plain list of events.

An event keeps the numbers of its row as they are on the wire. It also says whether it may be passed over without being
expected (`tolerated`, the reason in words), which is a question of tolerance and none of truth:

* what the capture holds twice, and what was sent again;
* keep-alives, window updates, repeated acknowledgments, probes of a closed window, and the answers to them;
* plain acknowledgments of data, or of what was acknowledged before. Not the one that completes the handshake and not
  the one that acknowledges a FIN: these are parts of the handshake and of the close, and neither is one whose numbers
  are not on the way from what was sent.

A sequence that says `strict` passes over nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from inspector.errors import ExpectationError
from inspector.expect.flags import ACK, COMPARED, FIN, RST, SYN
from inspector.language import said
from inspector.tcp.facts import Fact
from inspector.tcp.model import Connection
from inspector.tcp.sequence import ahead
from inspector.wire.row import Option, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.findings import Side
    from inspector.tcp.model import TracedSegment
    from inspector.tcp.states import State
    from inspector.udp.model import Exchange
    from inspector.wire.row import Endpoint, Row

__all__ = ["FIELDS", "FIELD_INDEX", "Event", "Ledger", "Plain", "Subject", "Transport", "subject_of"]

FIELDS = ("seq", "ack", "len", "win", "urg", "mss", "wscale", "sack", "timestamps")
"""The fields that can be compared, by their names in the notation."""

FIELD_INDEX = {name: index for index, name in enumerate(FIELDS)}

_NO_NUMBERS: tuple[int | None, ...] = (None,) * len(FIELDS)
_MODULUS = 1 << 32


class Transport(StrEnum):
    """What a sequence or a subject is made of."""

    TCP = "TCP"
    UDP = "UDP"


class Plain(NamedTuple):
    """A segment as far as its numbers make it a plain acknowledgment or none."""

    flags: int
    seq: int
    ack: int
    length: int


@dataclass(frozen=True, slots=True)
class Event:
    """One segment, datagram or ICMP error."""

    frame: int
    time_ns: int
    sender: Side
    protocol: int
    """`wire.row.Protocol`."""
    flags: int = 0
    numbers: tuple[int | None, ...] = _NO_NUMBERS
    """The fields in the order of FIELDS; None for an option that is not there."""
    icmp: tuple[int, int] = (0, 0)
    """Type and code."""
    states: tuple[State, State] | None = None
    tolerated: str = ""
    """Why it may be passed over, as a plural noun for a note; empty where it must be accounted for."""

    def value(self, name: str) -> int | None:
        """The field of that name, or None where there is none."""
        return self.numbers[FIELD_INDEX[name]]

    @property
    def shape(self) -> tuple[int, int, int, tuple[int, int], bool]:
        """All of it but its numbers: who sent it, what it carries, and whether there is data."""
        return self.sender, self.protocol, self.flags, self.icmp, bool(self.value("len"))

    @property
    def is_segment(self) -> bool:
        """Whether it is TCP's."""
        return self.protocol == Protocol.TCP

    @property
    def plain(self) -> Plain:
        """Its flags and its numbers in sequence space."""
        return Plain(self.flags, self.value("seq") or 0, self.value("ack") or 0, self.value("len") or 0)

    @property
    def seg_len(self) -> int:
        """SEG.LEN (RFC 9293 section 3.4)."""
        return (self.value("len") or 0) + bool(self.flags & SYN) + bool(self.flags & FIN)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a sequence is compared with."""

    transport: Transport
    number: int | None
    """Of the connection or exchange; None where there is none at all."""
    events: tuple[Event, ...]
    display_filter: str
    """Shows the connection or exchange."""
    ports: tuple[int, int] | None = None
    """Of originator and responder."""
    ends: tuple[Endpoint, ...] = ()
    """Originator and responder; nobody where nothing was seen."""
    is_exchanged: bool = False
    """Whether its events call the originator the responder, and the other way round."""

    @property
    def exchanged(self) -> Subject:
        """The same with the roles exchanged."""
        events = tuple(
            replace(each, sender=each.sender.other, states=None if each.states is None else each.states[::-1])
            for each in self.events
        )
        ports = None if self.ports is None else self.ports[::-1]
        return replace(self, events=events, ports=ports, is_exchanged=not self.is_exchanged)


def subject_of(inspected: Connection | Exchange) -> Subject:
    """The subject that a connection or an exchange is.

    ExpectationError where the connection's segments were not kept (a large replay).
    """
    if isinstance(inspected, Connection):
        return _connection(inspected)
    one, two = inspected.originator, inspected.responder
    family = "ipv6" if ":" in one.address else "ip"
    return Subject(
        Transport.UDP,
        inspected.number,
        tuple(_datagram(traced.row, traced.sender) for traced in inspected.datagrams),
        f"{family}.addr == {one.address} && {family}.addr == {two.address}"
        f" && udp.port == {one.port} && udp.port == {two.port}",
        (one.port, two.port),
        (one, two),
    )


def _datagram(row: Row, sender: Side) -> Event:
    if row.protocol == Protocol.UDP:
        numbers = tuple(row.payload_len if name == "len" else None for name in FIELDS)
        return Event(row.frame, row.time_ns, sender, row.protocol, numbers=numbers)
    return Event(row.frame, row.time_ns, sender, row.protocol, icmp=(row.icmp_type, row.icmp_code))


def _connection(connection: Connection) -> Subject:
    ends = (connection.originator, connection.responder)
    if not connection.segments and any(end.segments for end in ends):
        raise ExpectationError(
            said("connection {number}", number=connection.number),
            said("its segments were not kept, expected a connection traced with its rows: replay this one alone"),
        )
    return Subject(
        Transport.TCP,
        connection.number,
        tuple(_events(connection.segments)),
        connection.display_filter,
        (ends[0].endpoint.port, ends[1].endpoint.port),
        (ends[0].endpoint, ends[1].endpoint),
    )


def _events(segments: tuple[TracedSegment, ...]) -> Iterator[Event]:
    ledger = Ledger()
    for traced in segments:
        row = traced.row
        plain = Plain(row.flags, row.seq, row.ack, row.payload_len)
        yield Event(
            row.frame,
            row.time_ns,
            traced.sender,
            row.protocol,
            row.flags,
            _numbers(row),
            states=traced.states,
            tolerated=ledger.tolerance(traced.sender, plain, _repetition(traced.facts)),
        )
        ledger.note(traced.sender, plain)


def _numbers(row: Row) -> tuple[int | None, ...]:
    """In the order of FIELDS."""
    has = row.options
    return (
        row.seq,
        row.ack,
        row.payload_len,
        row.window,
        row.urgent,
        row.mss if has & Option.MSS else None,
        row.window_scale if has & Option.WINDOW_SCALE else None,
        1 if has & Option.SACK_PERMITTED else None,
        1 if has & Option.TIMESTAMPS else None,
    )


_SENT_AGAIN = said("retransmissions")

_REPETITIONS = (
    (Fact.DUPLICATE, said("capture duplicates")),
    (Fact.KEEP_ALIVE | Fact.KEEP_ALIVE_ACK, said("keep-alives")),
    (Fact.ZERO_WINDOW_PROBE | Fact.ZERO_WINDOW_PROBE_ACK, said("zero-window probes")),
    (Fact.RETRANSMISSION | Fact.FAST_RETRANSMISSION | Fact.SPURIOUS_RETRANSMISSION, _SENT_AGAIN),
    (Fact.WINDOW_UPDATE, said("window updates")),
    (Fact.DUPLICATE_ACK, said("duplicate acknowledgments")),
    (Fact.CHALLENGE_ACK | Fact.TIME_WAIT_REPLY, said("answers to what was not acceptable")),
)

_REPEATED = said("repeated acknowledgments")
_PLAIN = said("plain acknowledgments of data")


def _repetition(facts: int) -> str:
    return next((reason for bits, reason in _REPETITIONS if facts & bits), "")


class Ledger:
    """What each end has sent and acknowledged so far: enough to know a plain acknowledgment when it is seen."""

    def __init__(self) -> None:
        self.ends: list[set[int]] = [set(), set()]
        """The numbers at which segments of each end ended: where a plain acknowledgment may stand."""
        self.next: list[int | None] = [None, None]
        """The number after the highest that each end sent (SND.NXT)."""
        self.acked: list[int | None] = [None, None]
        """The highest that each end acknowledged."""
        self.fin: list[int | None] = [None, None]
        """What acknowledges each end's FIN."""
        self.syn: list[int | None] = [None, None]
        """What acknowledges each end's SYN."""
        self.said: set[tuple[Side, int, int, int]] = set()
        """Whatever takes numbers: to say the same again is to send it again, whatever else was seen meanwhile."""

    def tolerance(self, sender: Side, said: Plain, repetition: str) -> str:
        """Why this segment need not be expected; empty where it must be. `repetition` is what the facts say.

        A SYN or FIN repeats only what was seen: an overtaken SYN, which the facts may call a retransmission because
        its acknowledgment came first, is still the SYN of the handshake, and one with new data is no repetition.
        """
        if (said.flags & SYN and self.syn[sender] is None) or (said.flags & FIN and self.fin[sender] is None):
            return ""
        reach = self.next[sender]
        if said.flags & (SYN | FIN) and reach is not None and ahead(_end(said), reach) > 0:
            return ""
        if not repetition and (sender, said.flags & COMPARED, said.seq, said.length) in self.said:
            repetition = _SENT_AGAIN
        return repetition or self._plain(sender, said)

    def _plain(self, sender: Side, said: Plain) -> str:
        """Why this plain acknowledgment need not be expected; empty for anything else."""
        if said.length or said.flags & COMPARED != ACK or not self._is_plausible(sender, said):
            return ""
        acked, first = self.acked[sender], self.syn[sender.other]
        if acked is not None and ahead(said.ack, acked) <= 0:
            return _REPEATED
        completes_handshake = acked is None and first is not None
        if completes_handshake or said.ack == self.fin[sender.other]:
            return ""
        return _PLAIN

    def _is_plausible(self, sender: Side, said: Plain) -> bool:
        """Whether it acknowledges what was sent, and stands where its sender's segments end."""
        reach, first = self.next[sender.other], self.syn[sender.other]
        if reach is None or ahead(said.ack, reach) > 0 or (first is not None and ahead(said.ack, first) < 0):
            return False
        return not self.ends[sender] or said.seq in self.ends[sender]

    def note(self, sender: Side, said: Plain) -> None:
        """Remember what this segment moved."""
        syn, fin, end = bool(said.flags & SYN), bool(said.flags & FIN), _end(said)
        if end != said.seq:
            self.said.add((sender, said.flags & COMPARED, said.seq, said.length))
        if not said.flags & RST:
            self.next[sender] = _further(self.next[sender], end)
            self.ends[sender].add(end)
        if syn:
            self.syn[sender] = (said.seq + 1) % _MODULUS
        if fin:
            self.fin[sender] = end
        reach = self.next[sender.other]
        if said.flags & ACK and reach is not None and ahead(said.ack, reach) <= 0:
            self.acked[sender] = _further(self.acked[sender], said.ack)


def _end(said: Plain) -> int:
    """The number after the last that a segment takes."""
    return (said.seq + said.length + bool(said.flags & SYN) + bool(said.flags & FIN)) % _MODULUS


def _further(known: int | None, number: int) -> int:
    return number if known is None or ahead(number, known) > 0 else known
