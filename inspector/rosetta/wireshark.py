"""What Wireshark calls a segment and a connection: `tcp.analysis.*`, the expert's words, `tcp.completeness`.

The bridge from our facts to Wireshark's labels is the table `ANALYSIS`, and it is the only one: the cross-check
compares by it and Rosetta prints by it. The conditions themselves stand in `tcp.transfer`, once.

Where Wireshark's rule gives a segment another label than our facts do, for a reason that the facts know, it is an entry
of `TWISTS`. Reasons that hang on what came before are the cross-check's (`crosscheck.rules`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.rosetta.model import Called, remarks_of
from inspector.tcp.completeness import describe
from inspector.tcp.facts import Fact
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.tcp.model import Connection, TracedSegment

__all__ = ["ANALYSIS", "EXPERT", "TWISTS", "Sign", "analysis_of", "called_by_wireshark", "expert_of"]

_REPEATS = Fact.RETRANSMISSION | Fact.FAST_RETRANSMISSION | Fact.SPURIOUS_RETRANSMISSION
_SYN_ACK = Flag.SYN | Flag.ACK


@dataclass(frozen=True, slots=True)
class Sign:
    """A label of Wireshark's, and how our facts show it."""

    label: str
    facts: int
    """Any of these."""
    opening: int | None = None
    """What SYN and ACK must be, for the labels of Fast Open; None for any."""

    def is_on(self, facts: int, flags: int) -> bool:
        """Whether a segment with these facts and flags bears it."""
        return facts & self.facts > 0 and self.opening in {None, flags & _SYN_ACK}


ANALYSIS = (
    Sign("ack_lost_segment", Fact.ACK_LOST_SEGMENT),
    Sign("duplicate_ack", Fact.DUPLICATE_ACK),
    Sign("fast_retransmission", Fact.FAST_RETRANSMISSION),
    Sign("keep_alive", Fact.KEEP_ALIVE),
    Sign("keep_alive_ack", Fact.KEEP_ALIVE_ACK),
    Sign("lost_segment", Fact.LOST_SEGMENT),
    Sign("out_of_order", Fact.OUT_OF_ORDER),
    Sign("retransmission", _REPEATS),
    Sign("reused_ports", Fact.REUSED_PORTS),
    Sign("spurious_retransmission", Fact.SPURIOUS_RETRANSMISSION),
    Sign("tfo_ack", Fact.FAST_OPEN, _SYN_ACK),
    Sign("tfo_syn", Fact.FAST_OPEN, Flag.SYN),
    Sign("window_full", Fact.WINDOW_FULL),
    Sign("window_update", Fact.WINDOW_UPDATE),
    Sign("zero_window", Fact.ZERO_WINDOW),
    Sign("zero_window_probe", Fact.ZERO_WINDOW_PROBE),
    Sign("zero_window_probe_ack", Fact.ZERO_WINDOW_PROBE_ACK),
)
"""All of `referee.opinion.LABELS` but `tfo_ignored`, for which we have no fact."""

TWISTS = (Sign("retransmission", Fact.SYN_CROSSING, _SYN_ACK),)
"""The SYN,ACK of a simultaneous open has its SYN's number (RFC 9293 Figure 7): to Wireshark a repeat."""

EXPERT = {
    "ack_lost_segment": "Warning: ACKed segment that wasn't captured",
    "duplicate_ack": "Note: Duplicate ACK",
    "fast_retransmission": "Note: Fast retransmission (suspected)",
    "keep_alive": "Note: Keep-alive segment",
    "keep_alive_ack": "Note: ACK to a keep-alive segment",
    "lost_segment": "Warning: Previous segment(s) not captured",
    "out_of_order": "Warning: Out-of-order segment (suspected)",
    "retransmission": "Note: Retransmission (suspected)",
    "reused_ports": "Note: New session on the same ports",
    "spurious_retransmission": "Note: Spurious retransmission (suspected)",
    "tfo_ack": "Chat: accepts Fast Open data",
    "tfo_syn": "Chat: Fast Open SYN with data",
    "window_full": "Warning: Window specified by the receiver is full",
    "window_update": "Chat: Window update",
    "zero_window": "Warning: Zero Window segment",
    "zero_window_probe": "Note: Zero Window Probe",
    "zero_window_probe_ack": "Note: ACK to a Zero Window Probe",
}
"""The severity that Wireshark's expert gives a label, and what it says there, shortened."""

_CHAT = "Chat"
_RST = "Warning: Connection reset (RST)"
_OPENING = {Flag.SYN: "Chat: Connection establish request (SYN)", _SYN_ACK: "Chat: Connection establish acknowledge"}
_FIN = "Chat: Connection finish (FIN)"


def analysis_of(traced: TracedSegment, *, twisted: bool = False) -> frozenset[str]:
    """The labels that our facts give a segment; `twisted`, with those that Wireshark's own rule adds."""
    signs = (*ANALYSIS, *TWISTS) if twisted else ANALYSIS
    return frozenset(sign.label for sign in signs if sign.is_on(traced.facts, traced.row.flags))


def expert_of(traced: TracedSegment) -> Iterator[str]:
    """What Wireshark's expert remarks of a segment."""
    flags = traced.row.flags
    if flags & Flag.SYN:
        yield _OPENING[flags & _SYN_ACK]
    if flags & Flag.FIN:
        yield _FIN
    if flags & Flag.RST:
        yield _RST
    labels = analysis_of(traced, twisted=True)
    # A fast or spurious one is a retransmission as well: the more telling word suffices.
    if labels & {"fast_retransmission", "spurious_retransmission"}:
        labels -= {"retransmission"}
    yield from (EXPERT[label] for label in sorted(labels))


def called_by_wireshark(connection: Connection) -> Called:
    """`Complete, WITH_DATA (31)`, and what the expert notes or warns of."""
    said = ((words, each.row.frame) for each in connection.segments for words in expert_of(each))
    return Called(
        "Wireshark", describe(connection.completeness), remarks_of(one for one in said if not one[0].startswith(_CHAT))
    )
