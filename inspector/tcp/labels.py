"""A short name for every segment: its part in the handshake or the close, else its part in the transfer.

Plain Python over the facts that the fold recorded. The words are RFC 9293's, then Wireshark's.
The first name that fits is the label, so the order below is the rule: what the capture did, then
resets, then SYN, FIN and what acknowledges them, then the transfer.
"""

from __future__ import annotations

from inspector.language import said
from inspector.tcp.facts import Fact
from inspector.wire.row import Flag

__all__ = ["LABELS", "label_of"]

_REPEATED = Fact.RETRANSMISSION | Fact.FAST_RETRANSMISSION | Fact.SPURIOUS_RETRANSMISSION

_RESETS = (
    (Fact.RST_REFUSES, said("RST (refused)")),
    (Fact.RST_ANSWERS, said("RST (answer)")),
    (Fact.RST_ABORTS, said("RST (abort)")),
    (Fact.RST_WRONG_ACK | Fact.RST_CHALLENGED | Fact.RST_IGNORED, said("RST (not acceptable)")),
)

_SYNS = (
    (Fact.SYN_IN_CONNECTION, said("SYN (stray)")),
    (_REPEATED | Fact.OUT_OF_ORDER, said("retransmission of SYN")),
    (Fact.SYN_CROSSING, said("SYN (crossing)")),
    (Fact.HANDSHAKE_1, said("SYN (1 of 3)")),
)

_SYN_ACKS = (
    (Fact.SYN_ACK_OTHER_SEQ, said("SYN,ACK (stray)")),
    (_REPEATED | Fact.OUT_OF_ORDER, said("retransmission of SYN,ACK")),
    (Fact.SYN_CROSSING, said("SYN,ACK (crossing)")),
    (Fact.HANDSHAKE_2, said("SYN,ACK (2 of 3)")),
)

_FINS = (
    (Fact.FIN_MOVED, said("FIN (stray)")),
    (_REPEATED, said("retransmission of FIN")),
    (Fact.FIN_CROSSING, said("FIN (crossing)")),
    (Fact.ACKS_FIN, said("FIN, ACK of FIN")),
)

_REST = (
    (Fact.NO_ACK_FLAG, said("no ACK flag")),
    (Fact.HANDSHAKE_3, said("ACK (3 of 3)")),
    (Fact.ACKS_FIN, said("ACK of FIN")),
    (Fact.TIME_WAIT_REPLY, said("ACK of FIN, repeated")),
    (Fact.CHALLENGE_ACK, said("challenge ACK")),
    (Fact.KEEP_ALIVE, said("keep-alive")),
    (Fact.KEEP_ALIVE_ACK, said("keep-alive ACK")),
    (Fact.ZERO_WINDOW_PROBE, said("zero-window probe")),
    (Fact.ZERO_WINDOW_PROBE_ACK, said("zero-window probe ACK")),
    (Fact.SPURIOUS_RETRANSMISSION, said("spurious retransmission")),
    (Fact.FAST_RETRANSMISSION, said("fast retransmission")),
    (Fact.OUT_OF_ORDER, said("out-of-order")),
    (Fact.RETRANSMISSION, said("retransmission")),
    (Fact.ZERO_WINDOW, said("zero window")),
    (Fact.WINDOW_FULL, said("window full")),
    (Fact.DUPLICATE_ACK, said("duplicate ACK")),
    (Fact.WINDOW_UPDATE, said("window update")),
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

_DUPLICATE = said("capture duplicate")
_FIN, _DATA, _ACK = said("FIN"), said("data"), said("ACK")

LABELS = (
    _DUPLICATE,
    *(name for table in (_RESETS, _SYNS, _SYN_ACKS, _FINS) for _, name in table),
    _FIN,
    *(name for _, name in _REST),
    _DATA,
    _ACK,
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
        return _DATA if payload_len else _ACK
    if payload_len and label not in _IMPLIES_DATA:
        return said("{label} with data", label=label)
    return label


def _control_label(flags: int, facts: int) -> str:
    if flags & Flag.SYN:
        return _first(_SYN_ACKS if flags & Flag.ACK else _SYNS, facts)
    if flags & Flag.FIN and not facts & Fact.NO_ACK_FLAG:
        return _first(_FINS, facts) or _FIN
    return ""


def _first(table: tuple[tuple[int, str], ...], facts: int) -> str:
    return next((name for bits, name in table if facts & bits), "")
