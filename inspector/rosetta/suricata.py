"""What Suricata's stream engine remarks of a connection: `stream-event` names, by its rules, off our facts and states.

`EVENTS` is the table: a name, the facts that show it, and when. Suricata keeps one state per session, and asks by it;
ours before the segment are both ends', so "established" is both. With its defaults it opens no session without a SYN
(`midstream: no`), and then remarks nothing but that.

Written after its rule names and sources, and never run: no suricata could be installed where this was written,
so its words are the least certain of all here. Not here: what hangs on its windows and queues (`out_of_window`,
`synack_flood`), on timestamps, and on reassembly limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.language import said
from inspector.rosetta.model import Called, remarks_of
from inspector.tcp.facts import Fact
from inspector.tcp.states import State
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inspector.tcp.model import Connection, TracedSegment

__all__ = ["EVENTS", "called_by_suricata"]

_SYN_ACK = Flag.SYN | Flag.ACK
_RECEIVED = {State.SYN_RECEIVED, State.SYN_RECEIVED_ACTIVE}
_CLOSING = {
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSE_WAIT,
    State.CLOSING,
    State.LAST_ACK,
    State.TIME_WAIT,
}


@dataclass(frozen=True, slots=True)
class _Scene:
    """A segment, and the states of originator and responder before it."""

    traced: TracedSegment
    before: tuple[State, State]
    crossed: bool
    """Whether two SYNs have crossed: Suricata's 4-way handshake."""
    iss: int | None
    """The sender's initial sequence number."""

    def has(self, fact: int) -> bool:
        """Whether one of these facts is true of it."""
        return self.traced.facts & fact > 0

    @property
    def is_syn(self) -> bool:
        """Whether it is a SYN without ACK."""
        return self.traced.row.flags & _SYN_ACK == Flag.SYN

    @property
    def is_open(self) -> bool:
        """Whether both ends were ESTABLISHED."""
        return set(self.before) == {State.ESTABLISHED}

    @property
    def is_half_open(self) -> bool:
        """Whether the SYN,ACK was sent, and not acknowledged yet."""
        return self.before[1] in _RECEIVED and self.before[0] is not State.SYN_SENT

    @property
    def is_closing(self) -> bool:
        """Whether a FIN was sent."""
        return bool({*self.before} & _CLOSING)

    @property
    def to_client(self) -> bool:
        """Whether the responder sent it."""
        return self.traced.sender is Side.RESPONDER

    @property
    def moved(self) -> bool:
        """Whether it begins at another number than its sender's SYN."""
        return self.traced.row.seq != self.iss


def _wrong_third(scene: _Scene, *, wrong_seq: bool) -> bool:
    return scene.has(Fact.HANDSHAKE_3_WRONG_ACK) and scene.has(Fact.HANDSHAKE_3_WRONG_SEQ) is wrong_seq


def _is_repeat(scene: _Scene) -> bool:
    repeats = Fact.RETRANSMISSION | Fact.FAST_RETRANSMISSION
    return scene.has(repeats) and scene.traced.row.payload_len > 0


def _is_broken_ack(scene: _Scene) -> bool:
    row = scene.traced.row
    return not row.flags & (Flag.ACK | Flag.RST) and row.ack != 0


EVENTS: tuple[tuple[str, Callable[[_Scene], bool]], ...] = (
    ("fin_syn", lambda scene: scene.has(Fact.SYN_WITH_FIN)),
    ("pkt_broken_ack", _is_broken_ack),
    ("3whs_synack_with_wrong_ack", lambda scene: scene.has(Fact.SYN_ACK_WRONG_ACK) and not scene.crossed),
    ("4whs_synack_with_wrong_ack", lambda scene: scene.has(Fact.SYN_ACK_WRONG_ACK) and scene.crossed),
    ("3whs_synack_resend_with_diff_seq", lambda scene: scene.has(Fact.SYN_ACK_OTHER_SEQ) and not scene.is_open),
    ("est_synack_resend_with_diff_seq", lambda scene: scene.has(Fact.SYN_ACK_OTHER_SEQ) and scene.is_open),
    ("3whs_right_seq_wrong_ack_evasion", lambda scene: _wrong_third(scene, wrong_seq=False)),
    ("3whs_wrong_seq_wrong_ack", lambda scene: _wrong_third(scene, wrong_seq=True)),
    ("3whs_syn_toclient_on_syn_recv", lambda each: each.is_syn and each.is_half_open and each.to_client),
    (
        "3whs_syn_resend_diff_seq_on_syn_recv",
        lambda scene: scene.is_syn and scene.is_half_open and not scene.to_client and scene.moved,
    ),
    ("est_syn_toclient", lambda scene: scene.is_syn and scene.is_open and scene.to_client),
    ("est_syn_resend_diff_seq", lambda each: each.is_syn and each.is_open and not each.to_client and each.moved),
    ("est_syn_resend", lambda each: each.is_syn and each.is_open and not each.to_client and not each.moved),
    ("shutdown_syn_resend", lambda scene: scene.is_syn and scene.is_closing),
    ("pkt_spurious_retransmission", lambda scene: scene.has(Fact.SPURIOUS_RETRANSMISSION)),
    ("pkt_retransmission", _is_repeat),
)
"""Names as in Suricata's rules: `stream-event:NAME`."""


def called_by_suricata(connection: Connection) -> Called:
    """`session`, or `no session` where it began without a SYN, and the events."""
    first = next((traced for traced in connection.segments if not traced.facts & Fact.DUPLICATE), None)
    if first is None or first.row.flags & (_SYN_ACK | Flag.RST | Flag.FIN) != Flag.SYN:
        return Called("Suricata", said("no session"), remarks_of(_sessionless(connection)))
    return Called("Suricata", "session", remarks_of(_events(connection)))


def _sessionless(connection: Connection) -> Iterator[tuple[str, int]]:
    for traced in connection.segments:
        if traced.row.flags & Flag.RST:
            yield "rst_but_no_session", traced.row.frame
        elif traced.row.flags & Flag.FIN:
            yield "fin_but_no_session", traced.row.frame


def _events(connection: Connection) -> Iterator[tuple[str, int]]:
    before, crossed = (State.CLOSED, State.LISTEN), False
    for traced in connection.segments:
        if traced.facts & Fact.DUPLICATE:
            continue
        scene = _Scene(traced, before, crossed, connection.end(traced.sender).iss)
        yield from ((name, traced.row.frame) for name, holds in EVENTS if holds(scene))
        before, crossed = traced.states, crossed or traced.facts & Fact.SYN_CROSSING > 0
