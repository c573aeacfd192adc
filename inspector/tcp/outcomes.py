"""How a connection was opened and closed, in one word each, read off the fold's record alone.

So a million connections get their outcomes without one row being kept. `outcome_code` holds all that the rules of this
file look at: connections of one code have one outcome, and each code needs to be judged only once (`tcp.account`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.compiled import compilable
from inspector.findings import Side
from inspector.tcp.facts import Fact
from inspector.tcp.model import Close, Handshake
from inspector.tcp.records import Seen
from inspector.tcp.states import State

if TYPE_CHECKING:
    from inspector.tcp.records import ConnectionRecord, EndRecord

__all__ = ["close_of", "handshake_of", "outcome_code", "state_of"]

_LOOKED_AT = Seen.SYN | Seen.SYN_ACK | Seen.ESTABLISHED | Seen.REFUSED | Seen.FIN | Seen.FIN_ACKED | Seen.FIN_ACK_ALONE
"""Of `EndRecord.seen`, which is below 2^15 then."""
_FACTS_FROM = 14
_FACTS_LOOKED_AT = Fact.FIN_CROSSING | Fact.RST_ABORTS | Fact.RST_ANSWERS | Fact.SYN_WITH_RST
"""Of `EndRecord.facts`, between bit 14 and bit 28; the last but one and the first are asked by `view` alone."""


@compilable
def outcome_code(connection: ConnectionRecord, originator: EndRecord, responder: EndRecord) -> int:
    """All that the rules of this file, and `view.connection_findings`, look at: 57 bits."""
    code = (originator.seen & _LOOKED_AT) << 15 | (responder.seen & _LOOKED_AT)
    code = code << 14 | ((originator.facts | responder.facts) & _FACTS_LOOKED_AT) >> _FACTS_FROM
    code = code << 8 | originator.state << 4 | responder.state
    return code << 5 | connection.itself << 4 | (connection.last_reset + 1) << 2 | (connection.first_closer + 1)


def state_of(
    connection: ConnectionRecord, ends: tuple[EndRecord, EndRecord], side: Side, handshake: Handshake
) -> State:
    """The state of an end as it is shown: in hindsight, a port that refused was CLOSED all along."""
    if handshake is Handshake.REFUSED and side is Side.RESPONDER:
        return State.CLOSED
    return State(ends[0 if connection.itself else side].state)


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
