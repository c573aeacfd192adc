"""What each end of a connection believes, segment by segment: RFC 9293's variables (section 3.3.1), as inferred.

The fold keeps what was *seen* (`tcp.records`); this walks the same segments once more for what has *arrived*: an end
knows what it sent itself, and of its peer's only what was not lost on its way and was acceptable. The laws:

1. What an end sends it knows at once; what is sent to it, it knows if the frame was not lost (`Direction.LOST`) and
   the fold found nothing in it that a receiver must refuse.
2. RCV.NXT moves with what came in order; what came beyond a hole waits, as many stretches as _MOST_BEYOND. An
   acknowledgment of its own proves that an end has more than was seen.
3. A reset, a stray segment and a zero-window probe teach no number.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inspector.explain.numbers import end_of
from inspector.tcp.facts import Fact
from inspector.tcp.sequence import ahead, plus
from inspector.tcp.states import State
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.tcp.model import Connection, TracedSegment

__all__ = ["Belief", "beliefs_at"]

_MOST_BEYOND = 64
_TEACHES_NOTHING = (
    Fact.DUPLICATE
    | Fact.SYN_IN_CONNECTION
    | Fact.SYN_ACK_OTHER_SEQ
    | Fact.NO_ACK_FLAG
    | Fact.AFTER_RESET
    | Fact.FIN_MOVED
    | Fact.DATA_AFTER_FIN
)
_REFUSED = _TEACHES_NOTHING | Fact.SYN_ACK_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_SEQ
_WRONG_ACK = Fact.ACK_BEYOND_FIN | Fact.SYN_ACK_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_ACK

_HAS_THE_FIN = frozenset({State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT})


@dataclass(slots=True)
class Belief:
    """One end's; None where it has no such number yet, or it cannot be known."""

    snd_una: int | None = None
    snd_nxt: int | None = None
    rcv_nxt: int | None = None
    rcv_wnd: int | None = None
    """The window that it offers, scaled."""
    snd_wnd: int | None = None
    """The window that it was offered, scaled."""
    beyond: list[tuple[int, int]] = field(default_factory=list)
    """What has come beyond a hole."""


def beliefs_at(connection: Connection, index: int) -> tuple[tuple[Belief, Belief], tuple[Belief, Belief]]:
    """What both ends believe before the segment at `index`, and after it has arrived."""
    itself = connection.originator.endpoint == connection.responder.endpoint
    one = Belief()
    ends = [one, one if itself else Belief()]
    segments: Sequence[TracedSegment] = connection.segments
    for each in segments[:index]:
        _step(connection, each, ends)
    before = (_copy(ends[0]), _copy(ends[1]))
    _step(connection, segments[index], ends)
    return before, (_copy(ends[0]), _copy(ends[1]))


def _copy(belief: Belief) -> Belief:
    return replace(belief, beyond=list(belief.beyond))


def _step(connection: Connection, traced: TracedSegment, ends: list[Belief]) -> None:
    me, peer = ends[traced.sender], ends[traced.sender.other]
    row = traced.row
    if row.flags & Flag.RST or traced.facts & _TEACHES_NOTHING:
        return
    window = _window(connection, traced)
    _sent(traced, me, window)
    if not traced.lost and not traced.facts & _REFUSED:
        _arrived(traced, peer, window)


def _window(connection: Connection, traced: TracedSegment) -> int | None:
    """The window that a segment offers; None where its scale is not known (RFC 7323 section 2.2)."""
    row = traced.row
    mine, other = connection.end(traced.sender), connection.end(traced.sender.other)
    if row.flags & Flag.SYN or not row.window:
        return row.window
    if mine.timestamps is None or other.timestamps is None:  # a SYN was not captured
        return None
    if mine.window_scale is None or other.window_scale is None:
        return row.window
    return row.window << mine.window_scale


def _sent(traced: TracedSegment, me: Belief, window: int | None) -> None:
    row = traced.row
    if me.snd_una is None:
        me.snd_una = row.seq
    if not traced.facts & Fact.ZERO_WINDOW_PROBE and (me.snd_nxt is None or ahead(end_of(row), me.snd_nxt) > 0):
        me.snd_nxt = end_of(row)
    me.rcv_wnd = window
    is_evidence = row.flags & Flag.ACK and not traced.facts & _WRONG_ACK
    if is_evidence and (me.rcv_nxt is None or ahead(row.ack, me.rcv_nxt) > 0):
        me.rcv_nxt = row.ack
        _close_holes(me)


def _arrived(traced: TracedSegment, me: Belief, window: int | None) -> None:
    row = traced.row
    me.snd_wnd = window
    if row.flags & Flag.ACK and not traced.facts & _WRONG_ACK:
        if me.snd_nxt is None or ahead(row.ack, me.snd_nxt) > 0:
            me.snd_nxt = row.ack  # it was sent, for it is acknowledged, and not captured
        if me.snd_una is None or ahead(row.ack, me.snd_una) > 0:
            me.snd_una = row.ack
    if traced.facts & Fact.ZERO_WINDOW_PROBE:
        return
    if row.flags & Flag.SYN:
        # What a SYN carries is taken when it is acknowledged; its FIN where the state says so (the fold delivers it).
        has_the_fin = row.flags & Flag.FIN and traced.states[traced.sender.other] in _HAS_THE_FIN
        taken = end_of(row) if has_the_fin else plus(row.seq, 1)
        if me.rcv_nxt is None or ahead(taken, me.rcv_nxt) > 0:
            me.rcv_nxt = taken
        return
    _take(row.seq, end_of(row), me)


def _take(start: int, end: int, me: Belief) -> None:
    if me.rcv_nxt is None:
        me.rcv_nxt = end
    elif start != end and ahead(end, me.rcv_nxt) > 0:
        me.beyond = [*me.beyond, (start, end)][-_MOST_BEYOND:]
        _close_holes(me)


def _close_holes(me: Belief) -> None:
    """Move RCV.NXT over all that has come."""
    moved = True
    while moved and me.rcv_nxt is not None:
        moved = False
        for start, end in me.beyond:
            if ahead(start, me.rcv_nxt) <= 0 < ahead(end, me.rcv_nxt):
                me.rcv_nxt, moved = end, True
        me.beyond = [each for each in me.beyond if ahead(each[1], me.rcv_nxt) > 0]
