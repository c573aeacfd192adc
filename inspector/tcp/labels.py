"""A short name for every segment: its part in the handshake or the close, else its part in the transfer.

Plain Python over the facts that the fold recorded. The words are RFC 9293's, then Wireshark's.
The first name that fits is the label, so the order below is the rule: what the capture did, then
resets, then SYN, FIN and what acknowledges them, then the transfer.
"""

from __future__ import annotations

from inspector.tcp.facts import Fact
from inspector.wire.row import Flag

__all__ = ["LABELS", "label_of"]

_REPEATED = Fact.RETRANSMISSION | Fact.FAST_RETRANSMISSION | Fact.SPURIOUS_RETRANSMISSION

_RESETS = (
    (Fact.RST_REFUSES, "RST (refused)"),
    (Fact.RST_ANSWERS, "RST (answer)"),
    (Fact.RST_ABORTS, "RST (abort)"),
    (Fact.RST_WRONG_ACK | Fact.RST_CHALLENGED | Fact.RST_IGNORED, "RST (not acceptable)"),
)

_SYNS = (
    (Fact.SYN_IN_CONNECTION, "SYN (stray)"),
    (_REPEATED | Fact.OUT_OF_ORDER, "retransmission of SYN"),
    (Fact.SYN_CROSSING, "SYN (crossing)"),
    (Fact.HANDSHAKE_1, "SYN (1 of 3)"),
)

_SYN_ACKS = (
    (Fact.SYN_ACK_OTHER_SEQ, "SYN,ACK (stray)"),
    (_REPEATED | Fact.OUT_OF_ORDER, "retransmission of SYN,ACK"),
    (Fact.SYN_CROSSING, "SYN,ACK (crossing)"),
    (Fact.HANDSHAKE_2, "SYN,ACK (2 of 3)"),
)

_FINS = (
    (Fact.FIN_MOVED, "FIN (stray)"),
    (_REPEATED, "retransmission of FIN"),
    (Fact.FIN_CROSSING, "FIN (crossing)"),
    (Fact.ACKS_FIN, "FIN, ACK of FIN"),
)

_REST = (
    (Fact.NO_ACK_FLAG, "no ACK flag"),
    (Fact.HANDSHAKE_3, "ACK (3 of 3)"),
    (Fact.ACKS_FIN, "ACK of FIN"),
    (Fact.TIME_WAIT_REPLY, "ACK of FIN, repeated"),
    (Fact.CHALLENGE_ACK, "challenge ACK"),
    (Fact.KEEP_ALIVE, "keep-alive"),
    (Fact.KEEP_ALIVE_ACK, "keep-alive ACK"),
    (Fact.ZERO_WINDOW_PROBE, "zero-window probe"),
    (Fact.ZERO_WINDOW_PROBE_ACK, "zero-window probe ACK"),
    (Fact.SPURIOUS_RETRANSMISSION, "spurious retransmission"),
    (Fact.FAST_RETRANSMISSION, "fast retransmission"),
    (Fact.OUT_OF_ORDER, "out-of-order"),
    (Fact.RETRANSMISSION, "retransmission"),
    (Fact.ZERO_WINDOW, "zero window"),
    (Fact.WINDOW_FULL, "window full"),
    (Fact.DUPLICATE_ACK, "duplicate ACK"),
    (Fact.WINDOW_UPDATE, "window update"),
)

_IMPLIES_DATA = (
    "keep-alive",
    "zero-window probe",
    "spurious retransmission",
    "fast retransmission",
    "out-of-order",
    "retransmission",
    "window full",
)

_DUPLICATE = "capture duplicate"

LABELS = (
    _DUPLICATE,
    *(name for table in (_RESETS, _SYNS, _SYN_ACKS, _FINS) for _, name in table),
    "FIN",
    *(name for _, name in _REST),
    "data",
    "ACK",
)
"""Every label there is; one that carries payload without saying so ends in ` with data`."""


def label_of(flags: int, facts: int, payload_len: int) -> str:
    """The label of a segment, from its flags, its `Fact` bits and the length of its payload."""
    if facts & Fact.DUPLICATE:
        return _DUPLICATE
    if flags & Flag.RST:
        return _first(_RESETS, facts)
    label = _control_label(flags, facts) or _first(_REST, facts)
    if not label:
        return "data" if payload_len else "ACK"
    if payload_len and label not in _IMPLIES_DATA:
        return f"{label} with data"
    return label


def _control_label(flags: int, facts: int) -> str:
    if flags & Flag.SYN:
        return _first(_SYN_ACKS if flags & Flag.ACK else _SYNS, facts)
    if flags & Flag.FIN and not facts & Fact.NO_ACK_FLAG:
        return _first(_FINS, facts) or "FIN"
    return ""


def _first(table: tuple[tuple[int, str], ...], facts: int) -> str:
    return next((name for bits, name in table if facts & bits), "")
