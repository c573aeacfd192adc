"""Zeek's machine for one endpoint of a TCP connection: a table, evaluated once.

The laws of this file:

1. A state says what was *seen* of an endpoint. Where Zeek also asks for the state before, that question is
   folded into an extra state that means the same to everybody else (RESET_CLOSED is a reset), so that the
   machine stays a table.
2. No transition depends on a number: only on state, peer's state, role, flags, and payload or none.
3. The rules are `_after`; the fold reads `look_up`, which is `_after` in all 6,400 cases.

It has nothing to do with `tcp.states`: that one is RFC 9293's and judges; this one is Zeek's and describes.
"""

from __future__ import annotations

from inspector.compiled import Constants, compilable
from inspector.wire.row import Flag

__all__ = ["CLOSED", "PEER_CLOSED", "PEER_ESTABLISHED", "RESET", "SILENT", "STATE", "TURN", "ZeekState", "look_up"]


class ZeekState(Constants):
    """What was seen of one endpoint."""

    INACTIVE = 0
    """Nothing yet."""
    SYN_SENT = 1
    SYN_ACK_SENT = 2
    """A SYN,ACK came first of all."""
    PARTIAL = 3
    """Segments, and no SYN."""
    ESTABLISHED = 4
    CLOSED = 5
    """A FIN, after ESTABLISHED."""
    CLOSED_EARLY = 6
    """A FIN, after any other state."""
    RESET = 7
    RESET_UNSEEN = 8
    """A RST was the first thing seen."""
    RESET_CLOSED = 9
    """A RST after the FIN."""


CLOSED = (ZeekState.CLOSED, ZeekState.CLOSED_EARLY)
RESET = (ZeekState.RESET, ZeekState.RESET_UNSEEN, ZeekState.RESET_CLOSED)
SILENT = (ZeekState.INACTIVE, ZeekState.PARTIAL)
"""States of an endpoint of whose handshake nothing was seen."""

STATE = 15
"""Mask of `look_up`: the sender's new state. The other bits are what happens beside it."""
PEER_ESTABLISHED = 16
PEER_CLOSED = 32
TURN = 64
"""Originator and responder change places."""

_STATES = len(ZeekState.members())
_CASES = 16
_ACK_OF_CASE = 8


def _close(state: int) -> int:
    """After the first FIN."""
    return ZeekState.CLOSED if state == ZeekState.ESTABLISHED else ZeekState.CLOSED_EARLY


def _reset(state: int) -> int:
    """After the first RST."""
    if state == ZeekState.INACTIVE:
        return ZeekState.RESET_UNSEEN
    return ZeekState.RESET_CLOSED if state in CLOSED else ZeekState.RESET


def _open(peer: int, responder: bool, ack: int) -> int:  # noqa: FBT001 - an axis of the table
    """A SYN is the first thing seen of an endpoint."""
    if not responder:
        return ZeekState.SYN_ACK_SENT if ack else ZeekState.SYN_SENT
    if peer == ZeekState.SYN_SENT:
        return ZeekState.ESTABLISHED | PEER_ESTABLISHED
    if peer == ZeekState.SYN_ACK_SENT and not ack:  # captured in the wrong order
        return ZeekState.ESTABLISHED | PEER_ESTABLISHED | TURN
    return ZeekState.ESTABLISHED


def _join(peer: int, responder: bool, ack: int, payload: bool) -> int:  # noqa: FBT001 - axes of the table
    """Something without SYN, FIN or RST is the first thing seen of an endpoint."""
    if responder and not payload and peer == ZeekState.SYN_SENT:
        return ZeekState.INACTIVE  # some stacks acknowledge a SYN before they answer it
    if ack and peer == ZeekState.ESTABLISHED:
        return ZeekState.ESTABLISHED  # only its SYN was missed
    return ZeekState.PARTIAL


def _after(state: int, peer: int, responder: bool, flags: int, payload: bool) -> int:  # noqa: FBT001 - the table's axes
    """The sender's state after a segment, with what that does to its peer and to the roles."""
    beside, ack, fin = 0, flags & Flag.ACK, flags & Flag.FIN
    if state in RESET:
        return state
    if state in CLOSED:
        return _reset(state) if flags & Flag.RST and peer not in CLOSED else state
    if state == ZeekState.INACTIVE:
        if not flags & (Flag.SYN | Flag.FIN | Flag.RST):
            return _join(peer, responder, ack, payload)
        if flags & Flag.SYN:
            opened = _open(peer, responder, ack)
            state, beside = opened & STATE, opened & ~STATE
    elif state in {ZeekState.ESTABLISHED, ZeekState.PARTIAL}:
        fin = flags & (Flag.FIN | Flag.RST) == Flag.FIN
        if fin and peer == ZeekState.RESET_CLOSED:
            beside = PEER_CLOSED  # its RST only hurried an orderly close
        if state == ZeekState.PARTIAL and peer == ZeekState.INACTIVE and flags & Flag.SYN and not ack:
            state = ZeekState.SYN_SENT
    state = _close(state) if fin else state
    return (_reset(state) if flags & Flag.RST else state) | beside


def _flags_of(case: int) -> int:
    """FIN, SYN and RST are a segment's three lowest bits; ACK moves down beside them, to keep the table small."""
    return case & (Flag.FIN | Flag.SYN | Flag.RST) | (Flag.ACK if case & _ACK_OF_CASE else 0)


_NEXT = bytes(
    _after(state, peer, bool(responder), _flags_of(case), bool(payload))
    for state in range(_STATES)
    for peer in range(_STATES)
    for responder in range(2)
    for payload in range(2)
    for case in range(_CASES)
)


@compilable
def look_up(state: int, peer: int, role: int, flags: int, payload_len: int) -> int:
    """`_after` for a sender of role 0 (Zeek's originator) or 1: STATE, PEER_ESTABLISHED, PEER_CLOSED and TURN."""
    case = flags & 7 | (flags & Flag.ACK) >> 1
    payload = 1 if payload_len else 0
    return int(_NEXT[(((state * _STATES + peer) * 2 + role) * 2 + payload) * _CASES + case])
