"""Which segment carried what the programs of a demo said: their words beside the wire's.

A `sent` is tied to the first segment (or datagram) of its side that nobody has claimed and that has as many
bytes, one whose bytes read like the message before one that only has the size; a `received` to the first
claimed one of the other side with that size. What cannot be tied (a write cut into several segments, a
note) is told as a list, in its order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.language import marked, shown
from inspector.report.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.report.inspection import Inspection, Message
    from inspector.tcp.model import TracedSegment
    from inspector.udp.model import TracedDatagram

__all__ = ["Speech", "role_in_words", "speech_of"]

_SHOWN = 60
"""Characters of a text that differs from the payload."""


@dataclass(slots=True)
class _Carrier:
    """A segment or datagram with payload, and who claimed to have sent and received it."""

    frame: int
    sender: Side
    size: int
    payload: str
    sent_by: str = ""
    received_by: str = ""
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Speech:
    """What was said, by frame, and what no frame carried."""

    at: dict[int, list[str]]
    elsewhere: tuple[Message, ...]


def speech_of(inspection: Inspection) -> Speech:
    """Ties the messages of `inspection` to its frames. The words are hostile still: whoever shows them escapes them."""
    if not inspection.messages:
        return Speech({}, ())
    carriers = list(_carriers(inspection))
    elsewhere = [message for message in inspection.messages if not _tied(message, carriers)]
    at = {carrier.frame: _sentence(carrier) for carrier in carriers if carrier.sent_by or carrier.received_by}
    return Speech(at, tuple(elsewhere))


def _carriers(inspection: Inspection) -> Iterator[_Carrier]:
    traced: list[TracedSegment | TracedDatagram] = []
    for connection in inspection.connections:
        traced += connection.segments
    for exchange in inspection.exchanges:
        traced += exchange.datagrams
    for each in sorted(traced, key=lambda one: one.row.frame):
        if each.row.payload_len and not each.row.icmp_type:
            payload = inspection.payloads.get(each.row.frame, b"").decode("utf-8", "surrogateescape")
            yield _Carrier(each.row.frame, each.sender, each.row.payload_len, payload)


def _tied(message: Message, carriers: list[_Carrier]) -> bool:
    by_client = message.role.startswith("client")
    if message.verb == "sent":
        side = Side.ORIGINATOR if by_client else Side.RESPONDER
        free = [each for each in carriers if not each.sent_by]
    elif message.verb == "received":
        side = Side.RESPONDER if by_client else Side.ORIGINATOR
        free = [each for each in carriers if not each.received_by]
    else:
        return False
    fitting = [each for each in free if message.size in {0, each.size}]
    expected = [each for each in fitting if each.sender is side]
    alike = [each for each in (*expected, *fitting) if _alike(message.text, each.payload)]
    chosen = next(iter(alike or (expected if message.size else ())), None)
    if chosen is None:
        return False
    if message.verb == "sent":
        chosen.sent_by = message.role
    else:
        chosen.received_by = message.role
    if not _alike(message.text, chosen.payload):
        as_said = (
            marked('{role} sent it as "{text}"') if message.verb == "sent" else marked('{role} received it as "{text}"')
        )
        chosen.words.append(shown(as_said, role=role_in_words(message.role), text=message.text[:_SHOWN]))
    return True


def _alike(text: str, payload: str) -> bool:
    said, carried = text.removesuffix("…").strip(), payload.strip()
    return bool(said) and bool(carried) and (said in carried or carried in said)


def _sentence(carrier: _Carrier) -> list[str]:
    parts = []
    if carrier.sent_by:
        parts.append(shown("sent by {role}", role=_the(carrier.sent_by)))
    if carrier.received_by:
        parts.append(shown("received by {role}", role=_the(carrier.received_by)))
    return [listed(parts), *carrier.words]


def _the(role: str) -> str:
    """`the client`, `client 2`."""
    if role == "client":
        return shown("the client")
    return shown("the server") if role == "server" else role_in_words(role)


def role_in_words(role: str) -> str:
    """`client`, `server 2`."""
    name, _, number = role.partition(" ")
    if name == "client":
        return shown("client {number}", number=number) if number else shown("client")
    if name == "server":
        return shown("server {number}", number=number) if number else shown("server")
    return role
