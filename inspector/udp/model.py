"""What people read of a UDP exchange: all datagrams between two endpoints, and the ICMP errors about them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from inspector.language import marked
from inspector.wire.row import Direction

if TYPE_CHECKING:
    from inspector.findings import Finding, Side
    from inspector.wire.row import Endpoint, Row

__all__ = ["Exchange", "Outcome", "TracedDatagram"]


class Outcome(StrEnum):
    """What became of what the originator sent."""

    REPLIED = marked("replied")
    UNANSWERED = marked("unanswered")
    UNREACHABLE = marked("unreachable")


@dataclass(frozen=True, slots=True)
class TracedDatagram:
    """A datagram in its exchange, or an ICMP error tied to one."""

    row: Row
    sender: Side
    """For an ICMP error: the end on whose behalf it speaks, that is, the one the quoted datagram was sent to."""
    label: str
    """`request`, `reply`, `datagram`, or `ICMP port unreachable` and its kin."""
    about: int | None = None
    """For an ICMP error: the frame of the datagram that it quotes, if it was captured."""
    findings: tuple[Finding, ...] = ()

    @property
    def lost(self) -> bool:
        """Whether the capture says that it arrived nowhere."""
        return self.row.direction == Direction.LOST


@dataclass(frozen=True, slots=True)
class Exchange:
    """All datagrams between one pair of endpoints."""

    number: int
    originator: Endpoint
    responder: Endpoint
    outcome: Outcome
    datagrams: tuple[TracedDatagram, ...]
    counts: tuple[int, int]
    """Datagrams by originator and responder."""
    payload_bytes: tuple[int, int]
    """Without headers, by originator and responder."""
    first_ns: int
    last_ns: int
    conn_state: str
    """Zeek's word."""
    history: str
    findings: tuple[Finding, ...] = ()
    tunnel: str = ""
    """What carried it, where something did: `VXLAN`, `6in4`, ..."""
