"""What Zeek calls a connection: `conn_state`, `history`, and the names of what it finds weird.

`conn_state` and `history` are `tcp.zeek`'s. The weirds are the table `WEIRDS`: a name, the states of the sender in
which Zeek asks for it, and the condition. The states are those of `tcp.zeek_machine`, stepped once more here, segment
by segment, since a weird is about the moment; no transition is written twice.

Read in Zeek's TCP analyzer (TCPSessionAdapter), not run. Not here: what Zeek ignores by default since a late
capture looks like it (`unsolicited_SYN_response`, `spontaneous_FIN`, `spontaneous_RST`, `FIN_after_reset`), weirds of
options and checksums, storms, and its timers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.rosetta.model import Called, remarks_of
from inspector.tcp.facts import Fact
from inspector.tcp.sequence import ahead, plus
from inspector.tcp.zeek_machine import CLOSED, PEER_CLOSED, PEER_ESTABLISHED, RESET, STATE, TURN, ZeekState, look_up
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inspector.tcp.model import Connection
    from inspector.wire.row import Row

__all__ = ["WEIRDS", "Weird", "called_by_zeek"]

_CONTROL = Flag.SYN | Flag.FIN | Flag.RST
_UNANSWERED = (ZeekState.SYN_SENT, ZeekState.SYN_ACK_SENT)
_OPEN = (ZeekState.ESTABLISHED, ZeekState.PARTIAL)
_ANY = tuple(ZeekState.members().values())


@dataclass(slots=True)
class _End:
    """What Zeek remembers of an endpoint, as far as a weird asks."""

    state: int = ZeekState.INACTIVE
    start: int = 0
    last: int = 0


@dataclass(slots=True)
class _Scene:
    """A segment, and what was known before it."""

    row: Row
    is_originator: bool
    me: _End
    peer: _End

    def has(self, flags: int, *, without: int = 0) -> bool:
        """Whether all of `flags` are set, and none of `without`."""
        return self.row.flags & flags == flags and not self.row.flags & without

    @property
    def jumps(self) -> bool:
        """Whether a SYN has another number than this end's last one."""
        return self.row.seq != self.me.start


@dataclass(frozen=True, slots=True)
class Weird:
    """A name, the sender's states before the segment, and when Zeek says it."""

    name: str
    states: tuple[int, ...]
    flags: int
    """All of these must be set."""
    holds: Callable[[_Scene], bool] = field(default=lambda _: True)


def _acks_no_syn(scene: _Scene) -> bool:
    is_answer = not scene.is_originator and scene.peer.state not in {ZeekState.INACTIVE, ZeekState.PARTIAL}
    width = ahead(scene.peer.last, scene.peer.start)
    return is_answer and not 0 <= ahead(scene.row.ack, scene.peer.start) <= width


def _opens_as_well(scene: _Scene) -> bool:
    return not scene.is_originator and scene.has(0, without=Flag.ACK) and scene.peer.state != ZeekState.SYN_ACK_SENT


def _may_be_elsewhere(scene: _Scene) -> bool:
    return scene.peer.state == ZeekState.INACTIVE and scene.has(0, without=_CONTROL)


WEIRDS = (
    Weird("TCP_christmas", _ANY, Flag.SYN | Flag.RST),
    Weird("baroque_SYN", _ANY, Flag.SYN | Flag.URG),
    Weird("SYN_with_data", _ANY, Flag.SYN, lambda scene: scene.row.payload_len > 0),
    Weird("SYN_seq_jump", (*_UNANSWERED, *_OPEN), Flag.SYN, lambda scene: scene.jumps),
    Weird("SYN_inside_connection", _OPEN, Flag.SYN, lambda scene: ahead(scene.me.last, scene.me.start) > 1),
    Weird("possible_split_routing", (*_UNANSWERED, ZeekState.ESTABLISHED), Flag.ACK, _may_be_elsewhere),
    Weird("connection_originator_SYN_ack", (ZeekState.INACTIVE,), Flag.SYN | Flag.ACK, lambda each: each.is_originator),
    Weird("bad_SYN_ack", (ZeekState.INACTIVE,), Flag.SYN | Flag.ACK, _acks_no_syn),
    Weird("simultaneous_open", (ZeekState.INACTIVE,), Flag.SYN, _opens_as_well),
    Weird(
        "repeated_SYN_with_ack",
        (ZeekState.SYN_SENT,),
        Flag.SYN | Flag.ACK,
        lambda scene: scene.is_originator and scene.has(0, without=Flag.FIN | Flag.RST),
    ),
    Weird(
        "inappropriate_FIN",
        _UNANSWERED,
        Flag.FIN,
        lambda scene: scene.peer.state in {ZeekState.INACTIVE, ZeekState.SYN_SENT},
    ),
    Weird(
        "data_before_established",
        _UNANSWERED,
        0,
        lambda scene: scene.row.payload_len > 0 and scene.has(0, without=Flag.RST),
    ),
    Weird(
        "SYN_after_partial",
        (ZeekState.PARTIAL,),
        Flag.SYN,
        lambda scene: scene.peer.state == ZeekState.INACTIVE and scene.has(0, without=Flag.ACK),
    ),
    Weird("SYN_after_close", CLOSED, Flag.SYN),
    Weird("FIN_advanced_last_seq", CLOSED, Flag.FIN, lambda scene: ahead(_end(scene.row), scene.me.last) > 0),
    Weird("SYN_after_reset", RESET, Flag.SYN),
    Weird("data_after_reset", RESET, 0, lambda scene: scene.row.payload_len > 0 and scene.has(0, without=Flag.RST)),
)


def called_by_zeek(connection: Connection) -> Called:
    """`SF ShADadFf`, and the weirds."""
    said = connection.zeek
    return Called("Zeek", f"{said.conn_state} {said.history}".rstrip(), remarks_of(_weirds(connection)))


def _weirds(connection: Connection) -> Iterator[tuple[str, int]]:
    turned = int(connection.zeek.history.startswith("^"))
    ends = (_End(), _End())
    for traced in connection.segments:
        if traced.facts & Fact.DUPLICATE:
            continue
        row, role = traced.row, traced.sender ^ turned
        me, peer = ends[traced.sender], ends[traced.sender.other]
        scene = _Scene(row, role == 0, me, peer)
        for weird in WEIRDS:
            if me.state in weird.states and scene.has(weird.flags) and weird.holds(scene):
                yield weird.name, row.frame
        turned ^= _step(row, role, me, peer)


def _step(row: Row, role: int, me: _End, peer: _End) -> int:
    """Take the segment in; 1 where the roles turn round."""
    if me.state == ZeekState.INACTIVE:
        me.start = row.seq if row.flags & Flag.SYN else plus(row.seq, -1)
        me.last = _end(row)
    elif row.flags & Flag.SYN and me.state in {*_UNANSWERED, *_OPEN}:
        me.start, me.last = row.seq, _end(row)
    elif ahead(_end(row), me.last) > 0:
        me.last = _end(row)
    if peer.state == ZeekState.INACTIVE and row.flags & Flag.ACK:
        peer.start = peer.last = plus(row.ack, -1)
    if not row.flags & _CONTROL and me.state == ZeekState.ESTABLISHED:
        return 0
    found = look_up(me.state, peer.state, role, row.flags, row.payload_len)
    me.state = found & STATE
    if found & PEER_ESTABLISHED:
        peer.state = ZeekState.ESTABLISHED
    elif found & PEER_CLOSED:
        peer.state = ZeekState.CLOSED_EARLY
    return found & TURN > 0


def _end(row: Row) -> int:
    payload = 0 if row.flags & Flag.RST else row.payload_len
    return plus(row.seq, payload + (row.flags & Flag.SYN > 0) + (row.flags & Flag.FIN > 0))
