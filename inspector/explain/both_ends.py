"""What a segment does to both ends: the state of each before and after, what moved it, and what each now believes.

Which event moved a state is found in the table (`tcp.states`) and said in the words of `states.EVENTS`; no transition
is written here. What has arrived is `beliefs`'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.beliefs import beliefs_at
from inspector.explain.frame_model import EndBelief
from inspector.explain.roles import roles_of
from inspector.explain.states import EVENTS
from inspector.findings import Side
from inspector.language import marked
from inspector.tcp.states import Event, State, advance
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from inspector.explain.beliefs import Belief
    from inspector.tcp.model import Connection
    from inspector.wire.row import Row

__all__ = ["beliefs_of", "moves_of"]


def beliefs_of(connection: Connection, index: int) -> tuple[EndBelief, ...]:
    """What each end believes before and after the segment at `index`."""
    roles = roles_of(connection)
    before, after = beliefs_at(connection, index)
    sides = (Side.ORIGINATOR,) if roles.itself else tuple(Side)
    moves = moves_of(connection, index)
    told = []
    for side in sides:
        state_before, state_after, why = moves[side]
        has_peer = _has_heard(state_before), _has_heard(state_after)
        variables: list[tuple[str, int | str | None, int | str | None]] = [
            ("state", None if state_before is None else str(state_before), str(state_after))
        ]
        for name, field in _VARIABLES:
            old = _value(before[side], field, state_before, heard=has_peer[0])
            variables.append((name, old, _value(after[side], field, state_after, heard=has_peer[1])))
        told.append(EndBelief(str(side), roles.names[side], tuple(variables), why))
    return tuple(told)


_VARIABLES = (
    ("SND.UNA", "snd_una"),
    ("SND.NXT", "snd_nxt"),
    ("SND.WND", "snd_wnd"),
    ("RCV.NXT", "rcv_nxt"),
    ("RCV.WND", "rcv_wnd"),
)
_OF_PEER = frozenset({"snd_wnd", "rcv_nxt"})


def _has_heard(state: State | None) -> bool:
    """Whether an end in this state has its peer's numbers."""
    return state not in {None, State.CLOSED, State.LISTEN, State.SYN_SENT}


def _value(belief: Belief, name: str, state: State | None, *, heard: bool) -> int | None:
    """One variable; none in CLOSED, where there is no connection to remember (RFC 9293 section 3.3.2)."""
    if state is State.CLOSED or (name in _OF_PEER and not heard):
        return None
    value: int | None = getattr(belief, name)
    return value


def moves_of(connection: Connection, index: int) -> tuple[tuple[State | None, State, tuple[str, ...]], ...]:
    """Of both ends: the state before the segment at `index`, the one after it, and what moved it."""
    traced = connection.segments[index]
    moves = []
    for side in Side:
        after = traced.states[side]
        before = connection.segments[index - 1].states[side] if index else _at_first(connection, side)
        why: tuple[str, ...] = ()
        if before is not None and before is not after:
            sent = traced.sender is side
            found = _event_between(before, after, sent=sent, row=traced.row)
            why = (found,) if found else ()
        moves.append((before, after, why))
    return tuple(moves)


def _at_first(connection: Connection, side: Side) -> State | None:
    """The state of an end before the first segment that was seen; None where that is not known."""
    first = connection.segments[0]
    if not first.row.flags & Flag.SYN or first.row.flags & (Flag.ACK | Flag.RST):
        return None
    if first.sender is side or connection.originator.endpoint == connection.responder.endpoint:
        return State.CLOSED
    return State.CLOSED if first.states[side] is State.CLOSED else State.LISTEN


def _event_between(before: State, after: State, *, sent: bool, row: Row) -> str:
    """What in the table leads from one state to the other, by this segment."""
    for event, words in EVENTS.items():
        mine = (event < Event.RCV_RST) == sent
        if mine and advance(before, event) is after and _can_mean(row, event):
            return words
    if not sent:
        for pair, both in (
            (Event.RCV_SYN | Event.RCV_FIN, marked("a SYN arrives, and with it the peer's FIN")),
            (Event.RCV_SYN | Event.RCV_ACK_OF_SYN, marked("a SYN,ACK arrives that acknowledges its SYN")),
            (Event.RCV_ACK_OF_FIN | Event.RCV_FIN, marked("a FIN arrives that also acknowledges its own")),
            (Event.RCV_ACK_OF_SYN | Event.RCV_FIN, marked("its SYN is acknowledged, and the peer's FIN arrives")),
            (
                Event.RCV_SYN | Event.RCV_ACK_OF_SYN | Event.RCV_FIN,
                marked("a SYN,ACK arrives that acknowledges its SYN, and with it the peer's FIN"),
            ),
        ):
            if advance(before, pair) is after:
                return both
    return ""


def _can_mean(row: Row, event: int) -> bool:
    """Whether a segment with these flags can be that event; a FIN may have come before, and be delivered only now."""
    flags = {
        Event.SND_RST: Flag.RST,
        Event.RCV_RST: Flag.RST,
        Event.SND_SYN: Flag.SYN,
        Event.SND_SYN_CROSSING: Flag.SYN,
        Event.RCV_SYN: Flag.SYN,
        Event.SND_FIN: Flag.FIN,
        Event.SND_FIN_CROSSING: Flag.FIN,
        Event.RCV_FIN: row.flags,
    }
    return bool(row.flags & flags.get(event, Flag.ACK))
