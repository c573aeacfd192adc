"""How a connection was opened and closed, in one word each, read off the fold's record alone.

So a million connections get their outcomes without one row being kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.tcp.facts import Fact
from inspector.tcp.model import Close, Handshake
from inspector.tcp.records import Seen

if TYPE_CHECKING:
    from inspector.tcp.records import ConnectionRecord, EndRecord

__all__ = ["close_of", "handshake_of"]


def handshake_of(connection: ConnectionRecord, originator: EndRecord, responder: EndRecord) -> Handshake:
    """How it was opened.

    `complete` and `simultaneous` mean that both ends evidently reached ESTABLISHED. A handshake of which
    a segment was not captured is complete if what followed proves it.
    """
    if connection.itself:
        responder = originator  # whose record has both parts
    either = originator.seen | responder.seen
    if not either & (Seen.SYN | Seen.SYN_ACK):
        return Handshake.NOT_SEEN
    if originator.seen & responder.seen & Seen.ESTABLISHED:
        both_opened = originator.seen & responder.seen & Seen.SYN
        return Handshake.SIMULTANEOUS if both_opened or connection.itself else Handshake.COMPLETE
    if either & Seen.REFUSED:
        return Handshake.REFUSED
    if connection.last_reset >= 0 or (originator.facts | responder.facts) & Fact.RST_ANSWERS:
        return Handshake.RESET
    return Handshake.HALF_OPEN if either & Seen.SYN_ACK else Handshake.UNANSWERED


def close_of(connection: ConnectionRecord, originator: EndRecord, responder: EndRecord) -> Close:
    """How it was closed.

    A reset counts unless both FINs had been acknowledged before it; a refusal is no close, since
    nothing was open. `unanswered`: the last FIN was seen, and no acknowledgment of it.
    """
    ends = (originator,) if connection.itself else (originator, responder)
    closed = [end for end in ends if end.seen & Seen.FIN]
    acknowledged = [end for end in closed if end.seen & Seen.FIN_ACKED]
    is_orderly = len(acknowledged) == len(ends)
    if connection.last_reset >= 0 and not is_orderly:
        if handshake_of(connection, originator, responder) is Handshake.REFUSED:
            return Close.NONE
        by_responder = connection.last_reset == Side.RESPONDER
        return Close.RESET_BY_RESPONDER if by_responder else Close.RESET_BY_ORIGINATOR
    if not closed:
        return Close.NONE
    if len(acknowledged) < len(closed):
        return Close.UNANSWERED
    if len(closed) < len(ends):
        return Close.HALF_CLOSED
    return _shape(connection, originator, responder)


def _shape(connection: ConnectionRecord, originator: EndRecord, responder: EndRecord) -> Close:
    """In how many segments both FINs were sent and acknowledged."""
    if connection.itself or (originator.facts | responder.facts) & Fact.FIN_CROSSING:
        return Close.SIMULTANEOUS
    second = originator if connection.first_closer == Side.RESPONDER else responder
    return Close.FOUR_SEGMENT if second.seen & Seen.FIN_ACK_ALONE else Close.THREE_SEGMENT
