"""What a second opinion is: tshark's words on one TCP segment, as a value.

Not here: how it is obtained (`referee.wireshark`), and what to think of it (`crosscheck`). So whoever compares and
draws opinions needs neither tshark nor a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.wire.row import Endpoint

__all__ = ["LABELS", "Opinion"]

LABELS = (
    "ack_lost_segment",
    "duplicate_ack",
    "fast_retransmission",
    "keep_alive",
    "keep_alive_ack",
    "lost_segment",
    "out_of_order",
    "retransmission",
    "reused_ports",
    "spurious_retransmission",
    "tfo_ack",
    "tfo_ignored",
    "tfo_syn",
    "window_full",
    "window_update",
    "zero_window",
    "zero_window_probe",
    "zero_window_probe_ack",
)
"""Wireshark's verdicts on a segment, the flags among its fields `tcp.analysis.*`."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What tshark says of one TCP segment. None where it says nothing: a field that was cut off or is malformed."""

    frame: int
    """As tshark counts, which is with a pcapng's Custom Blocks; from 1."""
    stream: int
    """`tcp.stream`, from 0."""
    source: Endpoint
    destination: Endpoint
    flags: int | None
    """The nine bits of `wire.row.Flag`; the reserved ones are left out."""
    seq: int | None
    ack: int | None
    payload_len: int | None
    completeness: int | None
    """`tcp.completeness` of the whole stream."""
    labels: frozenset[str]
    """Of `LABELS`."""
