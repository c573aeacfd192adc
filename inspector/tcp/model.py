"""What people read of a TCP connection. Made by `tcp.view` from what the fold recorded; frozen.

Numbers are raw (as on the wire) unless a name says `relative`; times are nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from inspector.language import marked
from inspector.wire.row import Direction

if TYPE_CHECKING:
    from inspector.findings import Finding, Side
    from inspector.tcp.states import State
    from inspector.wire.row import Endpoint, Row

__all__ = ["Close", "ConnState", "Connection", "End", "Handshake", "TracedSegment", "Zeek", "display_filter"]


class Handshake(StrEnum):
    """How the connection was opened."""

    COMPLETE = marked("complete")
    UNANSWERED = marked("unanswered")
    REFUSED = marked("refused")
    RESET = marked("reset")
    HALF_OPEN = marked("half-open")
    SIMULTANEOUS = marked("simultaneous")
    NOT_SEEN = marked("not-seen")


class Close(StrEnum):
    """How the connection was closed."""

    FOUR_SEGMENT = marked("four-segment")
    THREE_SEGMENT = marked("three-segment")
    SIMULTANEOUS = marked("simultaneous")
    HALF_CLOSED = marked("half-closed")
    UNANSWERED = marked("unanswered")
    RESET_BY_ORIGINATOR = marked("reset-by-originator")
    RESET_BY_RESPONDER = marked("reset-by-responder")
    NONE = marked("none")


class ConnState(StrEnum):
    """Zeek's word for how a connection went; UDP's are some of them."""

    S0 = "S0"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    SF = "SF"
    REJ = "REJ"
    RSTO = "RSTO"
    RSTR = "RSTR"
    RSTOS0 = "RSTOS0"
    RSTRH = "RSTRH"
    SH = "SH"
    SHR = "SHR"
    OTH = "OTH"


@dataclass(frozen=True, slots=True)
class TracedSegment:
    """A segment in its connection: who sent it, what part it plays, and both states after it."""

    row: Row
    sender: Side
    label: str
    """A short name from `tcp.labels`: `SYN`, `ACK of the FIN`, `data`, `retransmission of data` ..."""
    states: tuple[State, State]
    """RFC 9293 state of originator and responder after this segment."""
    facts: int
    """Bits of `tcp.facts.Fact`."""
    findings: tuple[Finding, ...] = ()

    @property
    def lost(self) -> bool:
        """Whether the capture says that it arrived nowhere: it moved its sender alone."""
        return self.row.direction == Direction.LOST


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection: what it offered, sent and reached. None where it was not seen."""

    endpoint: Endpoint
    state: State
    iss: int | None
    """Initial send sequence number (the peer's irs)."""
    mss: int | None
    window_scale: int | None
    sack_permitted: bool | None
    timestamps: bool | None
    segments: int
    payload_bytes: int
    """Distinct bytes of the stream: a retransmission does not count again."""
    retransmissions: int


@dataclass(frozen=True, slots=True)
class Zeek:
    """The connection in Zeek's words, by Zeek's rules."""

    conn_state: ConnState
    history: str


@dataclass(frozen=True, slots=True)
class Connection:
    """One incarnation of a pair of endpoints."""

    number: int
    """In order of their first segment, from 1."""
    originator: End
    responder: End
    handshake: Handshake
    close: Close
    zeek: Zeek
    completeness: int
    """Wireshark's `tcp.completeness`."""
    first_ns: int
    last_ns: int
    handshake_ns: int | None
    """From the first SYN to the segment that completed the handshake."""
    segments: tuple[TracedSegment, ...]
    """In capture order; empty where rows were not kept (large replays)."""
    findings: tuple[Finding, ...]
    """All of them: the connection's own and its segments'."""
    tunnel: str = ""
    """What carried it, where something did: `VXLAN`, `6in4`, ..."""
    frames: tuple[int, int] = (0, 0)
    """Its first frame and its last."""
    is_alone: bool = True
    """Whether it is the only one of its endpoints, as far as is known: large replays forget (`tcp.lifetimes`)."""
    first_frame: int = 0
    """The frame by which it was known to begin; `frames` may begin with a SYN before it that looked stray at first."""
    syn_to_syn_ack_ns: int | None = None
    syn_ack_to_ack_ns: int | None = None
    """The two parts of `handshake_ns`."""
    repeated_syns: int = 0
    """SYNs after the first, of the same attempt."""

    def end(self, side: Side) -> End:
        """The originator's or the responder's end."""
        return self.responder if side else self.originator

    @property
    def display_filter(self) -> str:
        """The Wireshark display filter that shows the connection's frames.

        By endpoints, and where these have or may have other connections, by its frames from the first to the last. What
        Wireshark finds in a frame beside our segment counts too: it also shows the ICMP errors that quote one, and
        segments that are not decoded here. A SYN that looked stray lies among the frames of the connection before.
        """
        by_endpoints = display_filter(self.originator.endpoint, self.responder.endpoint)
        if self.is_alone:
            return by_endpoints
        return f"{by_endpoints} && frame.number >= {self.frames[0]} && frame.number <= {self.frames[1]}"


def display_filter(one: Endpoint, two: Endpoint) -> str:
    """The Wireshark display filter of all frames between two endpoints.

    `addr` and `port` mean either end; where both ends are alike in one of them, each is named.
    """
    family = "ipv6" if ":" in one.address else "ip"
    names = ("src", "dst") if one.address == two.address else ("addr", "addr")
    ports = ("srcport", "dstport") if one.port == two.port else ("port", "port")
    return (
        f"{family}.{names[0]} == {one.address} && {family}.{names[1]} == {two.address}"
        f" && tcp.{ports[0]} == {one.port} && tcp.{ports[1]} == {two.port}"
    )
