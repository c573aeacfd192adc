"""A connection as a dialogue: what each segment says, in the first person, and what comes of it.

    client: "SYN: let us talk; my numbers begin at x (1000)."
    server: "SYN,ACK: yes; my numbers begin at y (5000). I have your SYN, and expect x+1 (1001) next."

The laws:

1. Nothing is said that is not so. A speaker has the other's SYN or FIN only where its number says so (`numbers`,
   `Fact.ACKS_FIN`); what was lost on its way is not heard; whoever asks for nothing that can be told says nothing.
2. The speakers are client and server by who opened (`roles`), and nobody is where that is not known.
3. What repeats is folded: of plain data and its acknowledgments the first is told, a longer run in one sentence.
   Copies made by the capture are left out, and counted.

How it looks is `report.narrative`'s; what a finding is, is told there in the finding's own words.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from inspector.explain.both_ends import moves_of
from inspector.explain.numbers import Past
from inspector.explain.roles import roles_of
from inspector.explain.sentences import sentences_of
from inspector.explain.turns import turns
from inspector.findings import Side
from inspector.language import Said, joined, marked, said, said_n
from inspector.tcp.facts import Fact
from inspector.tcp.model import Close, Handshake
from inspector.tcp.states import State
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from inspector.explain.roles import Roles
    from inspector.tcp.model import Connection, TracedSegment

    Number = Callable[[Side, int], str]
    """How a number of one end's stream is written."""

__all__ = ["Utterance", "dialogue_of", "ending_of"]


class Utterance(NamedTuple):
    """One turn of the dialogue, or what is told of several."""

    frames: tuple[int, int]
    side: Side | None
    """Who speaks; None for the one who tells the story."""
    text: str
    asides: tuple[str, ...] = ()
    states: tuple[State, State] | None = None
    """Of originator and responder, where one of them has changed."""
    segment: TracedSegment | None = None
    """Whose payload and findings belong here."""


def dialogue_of(connection: Connection, number: Number) -> Iterator[Utterance]:
    """The whole of it, in the order of the capture."""
    roles = roles_of(connection)
    for turn in turns(connection.segments):
        if len(turn) > 1:
            yield _told_at_once(connection, turn, roles)
        else:
            yield _turn(connection, Past(connection.segments, turn[0], roles), number)


def _turn(connection: Connection, past: Past, number: Number) -> Utterance:
    traced = past.this
    before = connection.segments[past.at - 1].states if past.at else None
    return Utterance(
        frames=(traced.row.frame, traced.row.frame),
        side=traced.sender,
        text=_in_turn(list(sentences_of(past, number))),
        asides=tuple(_asides(connection, past)),
        states=traced.states if traced.states != before else None,
        segment=traced,
    )


def _in_turn(sentences: list[str]) -> str:
    return reduce(lambda told, further: said("{told} {further}", told=told, further=further), sentences or [""])


def _told_at_once(connection: Connection, turn: Sequence[int], roles: Roles) -> Utterance:
    """A run of data and acknowledgments in one sentence; of what else there is among them, how much."""
    segments = [connection.segments[place] for place in turn]
    parts = []
    for side in Side:
        who, mine = roles.of(side), [each.row for each in segments if each.sender is side]
        control = Flag.SYN | Flag.FIN | Flag.RST
        sizes = [row.payload_len for row in mine if row.payload_len and not row.flags & control]
        bare = sum(row.flags & (control | Flag.ACK) == Flag.ACK and not row.payload_len for row in mine)
        others = len(mine) - len(sizes) - bare
        if sizes:
            parts.append(
                said_n(
                    "{who} sends {n} segment more, {bytes:,} bytes",
                    "{who} sends {n} segments more, {bytes:,} bytes",
                    len(sizes),
                    who=who,
                    bytes=sum(sizes),
                )
            )
        if bare:
            parts.append(said_n("{who} acknowledges once", "{who} acknowledges {n} times", bare, who=who))
        if others:
            parts.append(said_n("{who} sends {n} other segment", "{who} sends {n} other segments", others, who=who))
    return Utterance((segments[0].row.frame, segments[-1].row.frame), None, joined(parts, "; "))


# -------------------------------------------------------------------------------------- what comes of it


def _asides(connection: Connection, past: Past) -> Iterator[Said]:
    traced, roles = past.this, past.roles
    if traced.lost:
        yield said("lost on its way: {peer} does not hear it", peer=roles.peer_of(traced.sender))
    yield from _about(past)
    moves = moves_of(connection, past.at)
    after = {side: moves[side][1] for side in Side if moves[side][0] is not moves[side][1]}
    if after and set(traced.states) == {State.ESTABLISHED} and roles.itself:
        yield said("it is ESTABLISHED: connected to itself")
    elif after and set(traced.states) == {State.ESTABLISHED}:
        yield said("both are ESTABLISHED: the connection is open")
    for side, state in after.items():
        words = _NEW_STATES.get(state)
        if words and not (roles.itself and (side or state is State.CLOSING)):
            yield Said(words, {"who": roles.of(side), "peer": roles.peer_of(side)})
    is_abort = traced.row.flags & Flag.RST and not traced.facts & Fact.RST_REFUSES
    if is_abort and after and set(traced.states) <= {State.CLOSED, State.LISTEN}:
        yield said("what was on its way is lost, and nobody waits in TIME-WAIT")


_NEW_STATES = {
    State.CLOSE_WAIT: marked("{who} may still send: one direction is closed, not both"),
    State.CLOSING: marked("{who} has the other FIN, and no answer to its own: they crossed"),
    State.TIME_WAIT: marked("{who} waits for 2 MSL: should the last ACK be lost, it can say it again"),
}


def _about(past: Past) -> Iterator[Said]:
    """What the speaker cannot know, and an observer does."""
    facts = past.this.facts
    values = {"who": past.roles.of(past.this.sender), "peer": past.roles.peer_of(past.this.sender)}
    for fact, pattern in _ABOUT:
        if facts & fact:
            yield Said(pattern, values)
    if facts & Fact.FIN_CROSSING or (facts & Fact.SYN_CROSSING and not past.this.row.flags & Flag.ACK):
        yield said("it left before {who} had heard the other's", **values)


_ABOUT = (
    (Fact.REUSED_PORTS, marked("the same two endpoints had a connection before; this is a new one")),
    (Fact.SPURIOUS_RETRANSMISSION, marked("it was acknowledged already: sent for nothing")),
    (Fact.FAST_RETRANSMISSION, marked("after duplicate ACKs, without waiting for the timer")),
    (Fact.OUT_OF_ORDER, marked("overtaken by what was sent later")),
    (Fact.WINDOW_FULL, marked("that fills the window that {peer} has offered")),
    (Fact.KEEP_ALIVE, marked("a keep-alive: one number below the next, so that an answer is due")),
    (Fact.RST_WRONG_ACK, marked("{peer} must ignore it: it does not acknowledge its SYN")),
    (Fact.RST_CHALLENGED, marked("it resets nothing: its number is not the next one")),
    (Fact.RST_IGNORED, marked("it resets nothing: its number lies outside the window")),
)


def ending_of(connection: Connection) -> Said | None:
    """How it stands when the capture ends, where that is not told already."""
    roles = roles_of(connection)
    handshake, close = connection.handshake, connection.close
    if handshake is Handshake.UNANSWERED:
        return _unanswered(connection, roles)
    if handshake is Handshake.HALF_OPEN:
        return said("the handshake is never completed in this capture")
    if close is Close.NONE and handshake in {Handshake.COMPLETE, Handshake.SIMULTANEOUS, Handshake.NOT_SEEN}:
        return said("neither closes in this capture")
    if close is Close.HALF_CLOSED:
        last = next((each for each in reversed(connection.segments) if each.row.flags & Flag.FIN), None)
        if last is not None:
            return said("{who} does not close in this capture", who=roles.peer_of(last.sender))
    if close is Close.UNANSWERED:
        return said("the last FIN is never acknowledged in this capture")
    return None


def _unanswered(connection: Connection, roles: Roles) -> Said:
    first = connection.segments[0].sender
    if any(each.sender is not first and not each.lost for each in connection.segments):
        return said("nothing that came back may be heeded: {who} still waits for an answer", who=roles.of(first))
    return said("nobody answers: filtered, lost, or no such host; a closed port would say RST")
