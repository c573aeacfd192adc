"""Events as lines: what of each is written, by what was asked for.

The numbers are `streams`'. A line of BOARD writes what a teacher would: the sequence number, the acknowledgment where
there is one, the length of data. `len=0` stands only where a segment might be taken for data: at a plain ACK that is
not the handshake's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.expect import icmp
from inspector.expect.flags import ACK, COMPARED, FIN, RST, SYN
from inspector.expect.notation import Datagram, Field, Flags, Icmp, Line, Linear, Relation
from inspector.expect.subject import Transport
from inspector.findings import Side
from inspector.record.streams import Stream, constant
from inspector.record.wish import Detail, Level
from inspector.tcp.states import State
from inspector.wire.row import NO_TIME, Flag, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.expect.subject import Event, Subject
    from inspector.record.streams import Names, Numbers
    from inspector.record.wish import Wish
    from inspector.tcp.model import Connection

__all__ = ["PEERS", "lines_of_events", "peers_of_event", "streams_of"]

PEERS = ("client", "server")
_OPTIONS = ("mss", "wscale", "sack", "timestamps")
_WITHIN = tuple(size * 10**power for power in range(6, 13) for size in (1, 2, 5))
"""Times as people write them, from 1 ms on."""


def peers_of_event(event: Event) -> tuple[str, str]:
    """Sender and receiver, by name."""
    return PEERS[event.sender], PEERS[event.sender.other]


def streams_of(connection: Connection, subject: Subject, names: Names) -> tuple[Stream, Stream]:
    """The numbers of both ends; one and the same where an end is connected to itself."""
    begins: tuple[set[int], set[int]] = (set(), set())
    for event in subject.events:
        if event.value("len"):
            begins[event.sender].add(event.value("seq") or 0)
    streams = [Stream(symbol, names, each) for symbol, each in zip("xy", begins, strict=True)]
    if connection.originator.endpoint == connection.responder.endpoint:
        streams[1] = streams[0]
    for side, stream in zip(Side, streams, strict=True):
        iss = connection.end(side).iss
        if iss is not None:
            stream.starts_at(iss)
    return streams[0], streams[1]


def lines_of_events(
    events: Sequence[Event], transport: Transport, streams: tuple[Numbers, Numbers], names: Names, wish: Wish
) -> Iterator[Line]:
    """A line for each event."""
    writer = _Writer(streams, names, wish)
    before: Event | None = None
    for event in events:
        line = writer.segment(event, before) if transport is Transport.TCP else writer.datagram(event, before)
        yield line
        before = event


class _Writer:
    def __init__(self, streams: tuple[Numbers, Numbers], names: Names, wish: Wish) -> None:
        self.streams = streams
        self.names = names
        self.wish = wish
        self.is_exact = wish.level is Level.EXACT

    def datagram(self, event: Event, before: Event | None) -> Line:
        """A line of UDP, or about it."""
        within = self._within(event, before)
        if event.protocol != Protocol.UDP:
            return Line(*peers_of_event(event), Icmp(icmp.kind_of(event.protocol, *event.icmp)), within_ns=within)
        length = event.value("len") or 0
        symbol = self.names.length(PEERS[event.sender], length)
        return Line(
            *peers_of_event(event),
            Datagram(),
            (_equal("len", Linear(((1, symbol),)) if symbol else constant(length)),),
            within,
        )

    def segment(self, event: Event, before: Event | None) -> Line:
        """A line of TCP."""
        flags = Flags(event.flags if self.is_exact else event.flags & COMPARED)
        return Line(
            *peers_of_event(event),
            flags,
            tuple(self._fields(event, before)),
            self._within(event, before),
            self._states(event),
        )

    def _fields(self, event: Event, before: Event | None) -> Iterator[Field]:
        seq, length = self._own(event)
        yield _equal("seq", seq)
        if event.flags & ACK:
            yield _equal("ack", self.streams[event.sender.other].sum_of(event.value("ack") or 0))
        completes_handshake = before is not None and before.flags & SYN
        is_plain = event.flags & COMPARED == ACK and not completes_handshake
        if event.value("len") or is_plain or self.is_exact:
            yield _equal("len", length)
        if self.wish.tells_lengths and length.factors:
            yield _equal("len", constant(event.value("len") or 0))
        if self.wish.writes(Detail.WINDOWS):
            yield _equal("win", constant(event.value("win") or 0))
        if self.is_exact and event.flags & Flag.URG:
            yield _equal("urg", constant(event.value("urg") or 0))
        if self.wish.writes(Detail.OPTIONS):
            yield from _options(event)

    def _own(self, event: Event) -> tuple[Linear, Linear]:
        """The sum of its sequence number, and its length."""
        stream = self.streams[event.sender]
        seq, length = event.value("seq") or 0, event.value("len") or 0
        if event.flags & RST and not length:
            return stream.sum_of(seq), constant(0)
        return stream.segment(seq, length, syn=bool(event.flags & SYN), fin=bool(event.flags & FIN))

    def _states(self, event: Event) -> tuple[State, State] | None:
        if event.states is None or not self.wish.writes(Detail.STATES):
            return None
        one, two = map(_printed, event.states)
        return one, two

    def _within(self, event: Event, before: Event | None) -> int | None:
        """The time since the line before, rounded up to what people write."""
        if before is None or not self.wish.writes(Detail.TIMES) or NO_TIME in (event.time_ns, before.time_ns):
            return None
        gap = event.time_ns - before.time_ns
        return next((limit for limit in _WITHIN if limit >= gap), None)


def _equal(name: str, value: Linear) -> Field:
    return Field(name, Relation.EQUAL, value)


def _options(event: Event) -> Iterator[Field]:
    """Those that are there; of a SYN also those that are not, for it is the SYN that offers them."""
    for name in _OPTIONS:
        value = event.value(name)
        if value is None:
            if event.flags & SYN:
                yield Field(name, Relation.ABSENT)
        elif name in ("mss", "wscale"):
            yield _equal(name, constant(value))
        else:
            yield Field(name, Relation.PRESENT)


def _printed(state: State) -> State:
    """The state by the name that is written: both SYN-RECEIVED are one there."""
    return State.SYN_RECEIVED if state is State.SYN_RECEIVED_ACTIVE else state
