"""What there is to say of one frame of a capture: its fields with the reason of each, and what both ends now believe.

A `Detail` is one field: its value as it stands in the frame, why it is this one, and the section that says so. `what`
is a stable identifier (JSON has it); `name` is what a person reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from inspector.explain.model import Line
    from inspector.findings import Finding
    from inspector.tcp.model import Connection
    from inspector.udp.model import Exchange
    from inspector.wire.row import Row

__all__ = ["Detail", "EndBelief", "FrameExplanation", "FrameSubject", "Part"]


@dataclass(frozen=True, slots=True)
class FrameSubject:
    """One frame of a capture, with what is known around it."""

    row: Row
    octets: bytes
    """What was captured of the frame."""
    datagram: bytes
    """From its innermost IP header on; put together, where it came in fragments. Empty where there is none."""
    payload: bytes
    """What was captured of the payload."""
    connection: Connection | None = None
    exchange: Exchange | None = None
    quoted: Row | None = None
    """The segment that an ICMP error quotes, if it was captured."""
    pieces: tuple[int, ...] = ()
    """Frames whose fragments made the datagram that this frame belongs to, in the order of the capture."""
    comments: tuple[str, ...] = ()
    cut: str = ""
    """Where and why reading the capture stopped early, behind the frame; empty where it did not."""


class Detail(NamedTuple):
    """One field of a frame."""

    what: str
    value: str
    why: tuple[str, ...] = ()
    rule: str = ""


class Part(NamedTuple):
    """One header, or the payload: `frame`, `ip`, `tcp`, `udp`, `icmp`, `payload`, `meaning`."""

    what: str
    details: tuple[Detail, ...]


class EndBelief(NamedTuple):
    """What one end believes before and after a segment: RFC 9293's variables (section 3.3.1), as inferred."""

    side: str
    """`originator` or `responder`."""
    role: str
    """How this text calls it: `client`, `server` ..."""
    variables: tuple[tuple[str, int | str | None, int | str | None], ...]
    """Name, before, after; None where it is not known, or there is none."""
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameExplanation:
    """All of it."""

    frame: int
    kind: str
    """`tcp`, `udp`, `icmp`, `not-inspected` or `undecoded`."""
    title: str
    """Flags or transport."""
    label: str
    time_ns: int
    previous: tuple[int, int] | None
    """Frame and time of the one before it in its conversation."""
    first: tuple[int, int] | None
    """The same of the first of its conversation."""
    origins: tuple[tuple[str, int], ...]
    """`x` and `y`, the initial sequence numbers."""
    parts: tuple[Part, ...]
    beliefs: tuple[EndBelief, ...] = ()
    facts: tuple[str, ...] = ()
    """All that the fold found true of the segment, by the names of `tcp.facts`; the label is but one of them."""
    meaning: tuple[Line, ...] = ()
    """What its label says, from the catalogue."""
    findings: tuple[tuple[Finding, tuple[Line, ...]], ...] = ()
    filters: tuple[str, ...] = ()
    """Of this frame, and of its conversation."""
    comments: tuple[str, ...] = ()
